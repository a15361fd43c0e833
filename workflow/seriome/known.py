"""What is known of a variant: the project's small table of sensitivity and resistance, each row with its source."""

from functools import cache
from pathlib import Path

from seriome.files import read_tsv

TABLE = Path(__file__).parents[2] / "resources" / "actionability.tsv"


@cache
def _by_name() -> dict[str, list[dict]]:
    known = {}
    for row in read_tsv(TABLE):
        known.setdefault(f"{row['gene']} {row['protein_change']}", []).append(row)
    return known


def rows_of(name: str) -> list[dict]:
    """Rows of the table for "GENE change"; a stop or a frameshift is also `truncating`."""
    gene, _, change = name.partition(" ")
    truncating = change.endswith("*") or "fs" in change
    return _by_name().get(name, []) + (_by_name().get(f"{gene} truncating", []) if truncating else [])


def resists(name: str) -> bool:
    """Whether the table knows a variant such as "EGFR T790M" to cause resistance to some drug."""
    return any(row["effect"] == "resistance" for row in rows_of(name))


def known_effects(name: str) -> str:
    """What the table knows of a variant such as "EGFR T790M", in words with sources; empty when it knows nothing.

    "known resistance to erlotinib (CIViC level A, PMID 25668228), gefitinib (...)"
    """
    said = []
    for effect in ("resistance", "sensitivity"):
        drugs = [
            f"{row['drug']} (CIViC level {row['level']}, PMID {row['pmid']})"
            for row in rows_of(name)
            if row["effect"] == effect
        ]
        said += [f"known {effect} to {', '.join(drugs)}"] if drugs else []
    return "; ".join(said)
