"""What is known of a variant: the project's small table of sensitivity and resistance, each row with its source."""

from functools import cache
from pathlib import Path

from seriome.files import read_tsv

TABLE = Path(__file__).parents[3] / "resources" / "actionability.tsv"


@cache
def _by_name() -> dict[str, list[dict]]:
    known = {}
    for row in read_tsv(TABLE):
        known.setdefault(f"{row['gene']} {row['protein_change']}", []).append(row)
    return known


def known_effects(name: str) -> str:
    """What the table knows of a variant such as "EGFR T790M", in words with sources; empty when it knows nothing.

    "known resistance to erlotinib (CIViC level A, PMID 25668228), gefitinib (...)"
    """
    said = []
    for effect in ("resistance", "sensitivity"):
        drugs = [
            f"{row['drug']} (CIViC level {row['level']}, PMID {row['pmid']})"
            for row in _by_name().get(name, [])
            if row["effect"] == effect
        ]
        said += [f"known {effect} to {', '.join(drugs)}"] if drugs else []
    return "; ".join(said)
