"""What is known of a change of a gene: the project's table of sensitivity and resistance, each row with its source.

What a row is of (`alteration`), and what fits it:
    L858R, A763_Y764insFQEA   variant  the same change of the protein
    V600                      codon    any change of that residue to another
    exon 19 deletion          class    a loss in frame of the exon; `exon 20 insertion`: a gain in frame
    exon 11 mutation          class    any change of the protein within the exon that keeps the frame
    exon 14 skipping          class    a change of the exon's splice sites
    truncating                class    a stop or a frameshift
    fusion, amplification     class    told by other tables than that of variants, see `rows_of_kind`
    reversion                 class    see `restores`
What is known of the change itself overrules what is known of its residue, and that what is known of its class, drug by
drug: KIT V654A resists imatinib, whatever exon 13 does. Exons are counted as in the gene's transcript of the reference,
codons too, so that both hold for the MANE transcript; other transcripts may count otherwise.
"""

import re
from functools import cache
from pathlib import Path

import pandas as pd

from seriome.dna.consequence import SPLICE
from seriome.files import read_tsv

TABLE = Path(__file__).parents[2] / "resources" / "actionability.tsv"
MATCHES = ("variant", "codon", "class")
CUT = ("stop_gained", "frameshift_variant")
IN_FRAME = {"deletion": "inframe_deletion", "insertion": "inframe_insertion"}
OF_EXON = ("missense_variant", "protein_altering_variant", *IN_FRAME.values())
# words of CIViC and CGI for a class, in lower case
TRUNCATING = {"truncating mutation", "truncating", "loss-of-function", "loss of function", "frameshift truncation"}
FRAMESHIFT = {"frameshift", "frameshift mutation"}


@cache
def _by_gene() -> dict[str, list[dict]]:
    known = {}
    for row in read_tsv(TABLE):
        known.setdefault(row["gene"], []).append(row)
    return known


def fit(change: str, consequence: str | None, alteration: str, exon: int | None = None) -> str | None:
    """How a change of the protein (`L858R`) fits what a row is of (`V600`, `exon 19 deletion`): one of MATCHES or None.

    consequence    Sequence Ontology term; None where only the name is known: it is then read from the change
    alteration     in words of the table, of CIViC or of CGI; a remark in brackets does not count
    exon           its number in the transcript, missing where it is not known or the change lies outside
    """
    text = re.sub(r"\s*\(.*\)$", "", alteration).strip()
    consequence = _consequence(change) if pd.isna(consequence) else consequence
    if change and text == change:
        return "variant"
    if re.fullmatch(r"[A-Z]\d+", text) and re.fullmatch(rf"{text}[A-Z]", change):
        return "codon"
    word = text.lower()
    of_exon = re.fullmatch(r"exon (\d+) (deletion|insertion|mutation|skipping)(?: mutation)?", word)
    if of_exon and not pd.isna(exon) and int(of_exon[1]) == int(exon):
        return "class" if _in_exon(of_exon[2], change, consequence) else None
    if (word in TRUNCATING and consequence in CUT) or (word in FRAMESHIFT and consequence == "frameshift_variant"):
        return "class"
    return None


def _in_exon(kind: str, change: str, consequence: str | None) -> bool:
    if kind == "skipping":
        return consequence in SPLICE
    if kind == "mutation":
        return consequence in OF_EXON
    shorter = kind == "deletion" and "delins" in change and consequence == "protein_altering_variant"
    return shorter or consequence == IN_FRAME[kind]


def _consequence(change: str) -> str | None:
    """The term that the protein's change alone tells: enough to know a truncation or a change in frame."""
    if change.endswith("*") or "fs" in change:
        return "stop_gained" if change.endswith("*") and "fs" not in change else "frameshift_variant"
    if "delins" in change:
        return "protein_altering_variant"
    if change.endswith("del"):
        return "inframe_deletion"
    if "ins" in change or change.endswith("dup"):
        return "inframe_insertion"
    return "missense_variant" if re.fullmatch(r"[A-Z]\d+[A-Z]", change) else None


def rows_of(name: str, consequence: str | None = None, exon: int | None = None) -> list[dict]:
    """Rows of the table for "GENE change", each with `match`; closest first, no row that a closer one overrules."""
    gene, _, change = name.partition(" ")
    found = []
    for row in _by_gene().get(gene, ()):
        how = fit(change, consequence, row["alteration"], exon)
        if how:
            found.append(row | {"match": how})
    closest = {}
    for row in found:
        place = MATCHES.index(row["match"])
        closest[row["drug"]] = min(place, closest.get(row["drug"], place))
    kept = [row for row in found if MATCHES.index(row["match"]) == closest[row["drug"]]]
    return sorted(kept, key=lambda row: (MATCHES.index(row["match"]), row["level"], row["drug"]))


def rows_of_kind(gene: str, kind: str) -> list[dict]:
    """Rows for a `fusion`, an `amplification` or a `reversion` of a gene, best level first."""
    rows = [row | {"match": "class"} for row in _by_gene().get(gene, ()) if row["alteration"] == kind]
    return sorted(rows, key=lambda row: (row["level"], row["drug"]))


def resists(name: str, drugs=None, consequence: str | None = None, exon: int | None = None) -> bool:
    """Whether a variant such as "EGFR T790M" is known to cause resistance to one of `drugs` (None: to any drug).

    drugs    as the sheet of treatments names them: `carboplatin and pemetrexed`, `Osimertinib 80 mg`
    """
    resisted = {row["drug"] for row in rows_of(name, consequence, exon) if row["effect"] == "resistance"}
    if drugs is None:
        return bool(resisted)
    return any(given(drug, text) for drug in resisted for text in drugs)


def given(drug: str, text: str) -> bool:
    """Whether a drug, by its generic name, is among those that a cell of the sheet of treatments names."""
    return re.search(rf"(?<![a-z]){re.escape(drug.lower())}(?![a-z])", text.lower()) is not None


def known_effects(name: str, consequence: str | None = None, exon: int | None = None) -> str:
    """What the table knows of a variant such as "EGFR T790M", in words with sources; empty when it knows nothing.

    "known resistance to erlotinib (level A, PMID 25668228), gefitinib (...)"
    """
    said, rows = [], rows_of(name, consequence, exon)
    for effect in ("resistance", "sensitivity"):
        drugs = [
            f"{row['drug']} (level {row['level']}, PMID {row['pmid'].replace(';', ', ')})"
            for row in rows
            if row["effect"] == effect
        ]
        said += [f"known {effect} to {', '.join(drugs)}"] if drugs else []
    return "; ".join(said)
