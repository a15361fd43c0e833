"""The patient's own proteins: what somatic mutations and fusions make of the reference, if it is translated.

Every somatic variant that changes a protein is put into its transcript alone, and the transcript is translated anew; of
fusions see `fusions`. The whole product is searched for; what counts are peptides that no reference protein holds
(`evidence`).

Assumes  each variant alone; germline variants are not added, so two that touch one peptide make a peptide that is
         missed, not a false one. Introns are spliced as in the reference: no product of a splice variant is made up.
Source   proteogenomics by customised databases: Wang & Zhang 2013, Bioinformatics 29:3235,
         doi:10.1093/bioinformatics/btt543; Nesvizhskii 2014, Nat Methods 11:1114, doi:10.1038/nmeth.3144
"""

from dataclasses import dataclass

import pandas as pd

from seriome.dna import hgvs
from seriome.proteome.fasta import Protein

PREFIX = "OWN_"
COLUMNS = [
    *("accession", "kind", "source", "assay", "gene", "name", "transcript", "frame", "first", "last"),
    *("sequence", "reference"),
]
KINDS = {
    "missense_variant": "missense",
    "frameshift_variant": "frameshift",
    "inframe_insertion": "indel",
    "inframe_deletion": "indel",
    "protein_altering_variant": "indel",
    "stop_lost": "stop_lost",
    "start_lost": "start_lost",
}


@dataclass(frozen=True)
class Product:
    """first, last: the residues (1-based, of the product) that are new; of a deletion, the two beside it.

    reference: the proteins that the transcripts make without the change
    assay: `dna` or `rna`, where it was seen (`dna,rna`: both); frame: of a fusion, as its table has it
    """

    kind: str
    source: str
    gene: str
    name: str
    transcript: str
    first: int
    last: int
    sequence: str
    reference: str
    assay: str = "dna"
    frame: str = ""


def translated(text: str) -> str:
    """The protein of a coding sequence, up to its first stop; codons with other letters than ACGT are X."""
    residues = []
    for start in range(0, len(text) - 2, 3):
        residue = hgvs.CODONS.get(text[start : start + 3], "X")
        if residue == "*":
            break
        residues.append(residue)
    return "".join(residues)


def changed(ruler, pos: int, ref: str, alt: str) -> tuple[str, str] | None:
    """(protein, protein with the variant) of a transcript; None where the variant lies not wholly within its exons.

    pos, ref, alt  as in VCF, 1-based, forward strand
    """
    start, gone, come = hgvs.trimmed(pos, ref, alt)
    if not ruler.numbered:
        return None
    ends = (start, start + len(gone) - 1) if gone else (start - 1, start)
    offsets = [ruler.offset(place) for place in ends]
    if None in offsets or (max(offsets) - min(offsets) != abs(ends[1] - ends[0])):
        return None
    low = min(offsets) if gone else max(offsets)
    if low < ruler.first:
        return None
    text = ruler.text[:low] + ruler.read(come) + ruler.text[low + len(gone) :]
    return translated(ruler.text[ruler.first :]), translated(text[ruler.first :])


def novel(before: str, after: str) -> tuple[int, int] | None:
    """(first, last) residues of `after`, 1-based, that differ; of a plain deletion the two beside it. None if equal or
    only cut short."""
    if before == after or before.startswith(after):
        return None
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    first, last = start + 1, len(after) - end
    return (first, last) if first <= last else (max(start, 1), min(start + 1, len(after)))


def of_variants(rows, rulers: dict) -> list[Product]:
    """Products of somatic variants.

    rows    dicts variant, pos, ref, alt, gene, transcript, consequence, name; each variant once
    rulers  {transcript: hgvs.Ruler}
    """
    products = []
    for row in rows:
        ruler, kind = rulers.get(row["transcript"]), KINDS.get(row["consequence"])
        pair = changed(ruler, row["pos"], row["ref"], row["alt"]) if ruler is not None and kind else None
        span = novel(*pair) if pair and kind != "start_lost" else None
        if span:
            products.append(
                Product(kind, row["variant"], row["gene"], row["name"], row["transcript"], *span, pair[1], pair[0])
            )
    return products


def table_of(products: list[Product]) -> list[dict]:
    """Rows of COLUMNS; accessions count from 1. Equal products of one source are one; so are equal ones of fusions,
    under the name of the first (DNA's before RNA's), with both assays."""
    rows = {}
    for one in sorted(products, key=lambda one: (one.gene, one.assay, one.source, one.name)):
        key = ("" if one.kind == "fusion" else one.source, one.sequence)
        row = rows.setdefault(
            key, {"accession": f"{PREFIX}{len(rows) + 1}"} | {name: getattr(one, name) for name in COLUMNS[1:]}
        )
        if one.assay not in row["assay"].split(","):
            row["assay"] += f",{one.assay}"
    return list(rows.values())


def proteins(rows) -> dict[str, Protein]:
    """The products as proteins to search for."""
    return {row["accession"]: Protein(row["accession"], row["gene"], row["sequence"]) for row in rows}


def typed(rows) -> list[dict]:
    """Rows as they were before they were written as a table."""
    return [row | {"first": int(row["first"]), "last": int(row["last"])} for row in rows]


def reference_text(proteins, own_rows) -> str:
    """All that is no news, in one text, I as L: reference proteins, contaminants, unmutated transcripts."""
    parts = [one.sequence for one in proteins.values()] + [row["reference"] for row in own_rows]
    return "|".join(parts).replace("I", "L")


def of_own(proteins: pd.Series) -> pd.Series:
    """Whether a match's proteins (accessions joined by `;`) are all the patient's own."""
    return pd.Series(
        [all(name.startswith(PREFIX) for name in text.split(";")) for text in proteins],
        index=proteins.index,
        dtype=bool,
    )


def speaking_for(accessions) -> list[str]:
    """The proteins a peptide speaks for, sorted: no product of the patient's where a reference protein holds it."""
    names = sorted(set(accessions))
    return [name for name in names if not name.startswith(PREFIX)] or names


def forms(rows, references, settings: dict) -> int:
    """How many peptide forms of the products no reference holds: what chance can fall on.

    rows        as from `table_of`; references: text in which I is L, as from `reference_text`
    """
    return tryptic_forms((row["sequence"] for row in rows), settings, references)


def tryptic_forms(sequences, settings: dict, references: str = "") -> int:
    """Tryptic peptides of some sequences, those that `references` holds (I as L) left out, in all oxidised forms.

    Other variable modifications are not counted: the count is low where many are searched for
    """
    from math import comb

    from pyteomics import parser

    limits = {"min_length": settings["min_length"], "max_length": settings["max_length"]}
    peptides = set()
    for sequence in sequences:
        for peptide in parser.cleave(sequence, "trypsin", settings["missed_cleavages"], **limits):
            if peptide.replace("I", "L") not in references:
                peptides.add(peptide)
    most = settings["max_variable_modifications"]
    return sum(sum(comb(peptide.count("M"), number) for number in range(most + 1)) for peptide in peptides)
