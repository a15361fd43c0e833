"""The patient's own proteins: what somatic mutations and fusions make of the reference, if it is translated.

Every somatic variant that changes a protein is put into its transcript alone, and the transcript is translated anew; a
fusion is the 5' part of one transcript and the 3' part of the other, read on from the first start codon. The whole
product is searched for; what counts are peptides that no reference protein holds (`evidence`).

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
COLUMNS = ["accession", "kind", "source", "gene", "name", "transcript", "first", "last", "sequence", "reference"]
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


def of_fusions(rows, best: dict, rulers: dict) -> list[Product]:
    """Products of junctions of genes, those that join a 5' part to a 3' part.

    rows    dicts gene, partner, chrom, pos, partner_chrom, partner_pos (1-based, the last base that is kept),
            gene_part, partner_part (`5'`, `3'`)
    best    {gene: transcript that speaks for it}
    A junction within introns joins whole exons; one within exons cuts them. Where one side cuts an exon and the other
    does not, nothing is made: how that is spliced is not known.
    """
    products = []
    for row in rows:
        sides = {
            row["gene_part"]: (row["gene"], row["pos"] - 1),
            row["partner_part"]: (row["partner"], row["partner_pos"] - 1),
        }
        if set(sides) != {"5'", "3'"}:
            continue
        (head, head_at), (tail, tail_at) = sides["5'"], sides["3'"]
        one, other = (rulers.get(best.get(gene)) for gene in (head, tail))
        if one is None or other is None or not one.numbered:
            continue
        cut = [ruler.offset(at) is not None for ruler, at in ((one, head_at), (other, tail_at))]
        if cut[0] != cut[1]:
            continue
        kept, dropped = _before(one, head_at, True), _before(other, tail_at, False)
        if kept <= one.first or not dropped:
            continue
        after = translated(one.text[one.first : kept] + other.text[dropped:])
        before = [translated(ruler.text[ruler.first :]) for ruler in (one, other)]
        last = (kept - one.first) // 3  # residues that stem wholly from the 5' gene
        if last < 2 or len(after) <= last:
            continue
        name = f"{head}::{tail}"
        source = f"{row['chrom']}:{row['pos']}-{row['partner_chrom']}:{row['partner_pos']}"
        products.append(Product("fusion", source, head, name, best[head], last, last + 1, after, "|".join(before)))
    return products


def _before(ruler, position: int, itself: bool) -> int:
    """Bases of the transcript that lie before a position of the genome along the strand (with it, if `itself`)."""
    place = position if ruler.forward else -position
    edge = place + 1 if itself else place
    return sum(max(0, min(end, edge) - start) for start, end in ruler.exons)


def table_of(products: list[Product]) -> list[dict]:
    """Rows of COLUMNS; equal products of one source are one; accessions count from 1."""
    rows, seen = [], set()
    for one in sorted(products, key=lambda one: (one.gene, one.source, one.name)):
        if (one.source, one.sequence) in seen:
            continue
        seen.add((one.source, one.sequence))
        rows.append({"accession": f"{PREFIX}{len(rows) + 1}"} | {key: getattr(one, key) for key in COLUMNS[1:]})
    return rows


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


def read_sources(variants, fusions, transcripts, gff, genome) -> list[dict]:
    """Rows of `table_of` from the tables of the stage dna.

    variants     path of dna/variants/{patient}.parquet; fusions: path of dna/fusions/{patient}.tsv, or None
    transcripts, gff, genome  dna/reference/transcripts.tsv, genes.gff3, genome.fa
    """
    import pysam

    from seriome.files import read_tsv

    columns = ["variant", "pos", "ref", "alt", "gene", "transcript", "consequence", "name", "filter", "called"]
    table = pd.read_parquet(variants, columns=columns)
    table = table[(table["filter"] == "PASS") & table["called"]].drop_duplicates("variant").sort_values("variant")
    rows = table[table["consequence"].isin(KINDS)].to_dict("records")
    junctions = [
        row | {key: int(row[key]) for key in ("pos", "partner_pos")}
        for row in (read_tsv(fusions) if fusions else [])
        if row["filter"] == "PASS" and row["partner"]
    ]
    best = _best_transcripts(read_tsv(transcripts), {row[key] for row in junctions for key in ("gene", "partner")})
    names = {row["transcript"] for row in rows if row["transcript"]} | set(best.values())
    with pysam.FastaFile(str(genome)) as fasta:
        rulers = {name: hgvs.Ruler(model, fasta) for name, model in hgvs.read_models(gff, names).items()}
    return table_of(of_variants(rows, rulers) + of_fusions(junctions, best, rulers))


def _best_transcripts(rows, genes) -> dict[str, str]:
    """{gene: its foremost coding transcript}, as the variants' own: by rank, then the longer coding sequence."""
    best = {}
    for row in rows:
        if row["gene"] in genes and int(row["cds_bases"]):
            key = (int(row["rank"]), -int(row["cds_bases"]), row["transcript"])
            best[row["gene"]] = min(best.get(row["gene"], key), key)
    return {gene: key[2] for gene, key in best.items()}
