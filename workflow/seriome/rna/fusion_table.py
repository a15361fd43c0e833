"""Which of the junctions are to be believed, and which are known to drive tumours: the table of fusions of a sample.

Filters, joined by `;` where several hold, PASS without any:

    few_positions    its split reads begin at one place: copies of one molecule, if it is no more than that
    trace            fewer fragments than TRACE of the depth of the shallower side, as chance joins of abundant RNA are
    not_at_exons     a side is no exon border: template switches of the enzyme, or a break within an exon
    read_through     one gene runs into the next of its strand, within NEIGHBOUR bases
    paralogues       the genes are alike: reads of one seem to be of the other
    homology         what follows the break in one gene is like what follows it in the other (or what comes before)
    low_quality      the median mapping quality of its split reads is below MAPPED
    common_artefact  genes whose abundance or rearrangement makes such reads in every library (ARTEFACTS)
    many_partners    a gene that meets more than PARTNERS others in the sample

A known driver stands in spite of read_through, common_artefact, many_partners and, from DRIVER_READS fragments on, of
not_at_exons and, at exons, of low_quality (a partner with a near paralogue), for these are found so in patients.
"""

import re

from seriome.files import write_tsv
from seriome.rna.fusions import COMPLEMENT, partners
from seriome.rna.genes import Gene

TRACE = 0.002
NEIGHBOUR = 200_000
MAPPED = 10
PARTNERS = 5
DRIVER_READS = 5
ALIKE = 0.05  # of the k-mers of the gene with fewer: paralogues share more
KMER = 25
AROUND, SAME = 60, 0.7  # bases behind a break, and the share of them that is equal in homologous genes
KINASES_3 = ("ALK", "ROS1", "RET", "NTRK1", "NTRK2", "NTRK3")  # the kinase lies behind the break
ARTEFACTS = re.compile(r"^(MT-|MTRNR|RP[LS]\d|RPLP\d|HB[ABDEGMQZ]\d?$|IG[HKL][VDJCMGAE]|TR[ABGD][VDJC]|HLA-|RN7S)")
COLUMNS = [
    *("sample", "gene5", "gene3", "exon5", "exon3", "chrom5", "pos5", "strand5", "chrom3", "pos3", "strand3"),
    *("at_exons", "frame", "fragments", "split", "spanning", "distinct", "depth5", "depth3", "share"),
    *("mapping_quality", "driver", "filter", "gene_id5", "gene_id3", "transcript5", "transcript3"),
]


def judged(rows: list[dict], genes: dict[str, Gene], sequence_of, drivers, sample: str) -> list[dict]:
    """Rows of COLUMNS, those that pass first, then by fragments.

    rows      of fusions.find
    genes     {gene id: Gene}
    drivers   names of genes and, as `BCR-ABL1`, of pairs that are known to drive tumours
    share is fragments / depth of the shallower side, both cut at 1: how much of that gene's RNA is the fusion's
    """
    count, result = partners(rows), []
    for row in rows:
        five, three = genes[row["gene_id5"]], genes[row["gene_id3"]]
        depth = max(min(row["depth5"], row["depth3"]), 1)
        driver = _driver(row, drivers)
        why = []
        if row["distinct"] < 2:
            why.append("few_positions")
        if row["fragments"] < TRACE * depth:
            why.append("trace")
        if not row["at_exons"] and not (driver and row["fragments"] >= DRIVER_READS):
            why.append("not_at_exons")
        if _read_through(five, three) and not driver:
            why.append("read_through")
        if _paralogues(five, three, sequence_of):
            why.append("paralogues")
        elif _homology(row, five, three, sequence_of):
            why.append("homology")
        sure = driver and row["at_exons"] and row["fragments"] >= DRIVER_READS
        if row["mapping_quality"] < MAPPED and not sure:
            why.append("low_quality")
        if any(ARTEFACTS.match(name) for name in (row["gene5"], row["gene3"])) and not driver:
            why.append("common_artefact")
        if max(count[row["gene_id5"]], count[row["gene_id3"]]) > PARTNERS and not driver:
            why.append("many_partners")
        shown = {"sample": sample, "share": round(min(row["fragments"] / depth, 1.0), 4)}
        result.append(row | shown | {"driver": driver, "filter": ";".join(why) or "PASS"})
    return sorted(result, key=lambda r: (r["filter"] != "PASS", -r["fragments"], r["chrom5"], r["pos5"], r["pos3"]))


def _driver(row: dict, drivers) -> str:
    """The entry of `drivers` that a fusion is, or nothing; kinases that need their end must be the 3' gene."""
    pair = f"{row['gene5']}-{row['gene3']}"
    if pair in drivers:
        return pair
    if row["gene3"] in drivers:
        return row["gene3"]
    return row["gene5"] if row["gene5"] in drivers and row["gene5"] not in KINASES_3 else ""


def _read_through(five: Gene, three: Gene) -> bool:
    if (five.chrom, five.strand) != (three.chrom, three.strand):
        return False
    gap = three.span[0] - five.span[1] if five.strand == "+" else five.span[0] - three.span[1]
    return 0 <= gap <= NEIGHBOUR


def _transcript(gene: Gene, sequence_of) -> str:
    longest = max(gene.transcripts, key=lambda one: (one.length, one.transcript_id))
    bases = "".join(sequence_of(gene.chrom, start, end) for start, end in longest.exons)
    return bases if gene.strand == "+" else bases.translate(COMPLEMENT)[::-1]


def _paralogues(five: Gene, three: Gene, sequence_of) -> bool:
    sets = []
    for gene in (five, three):
        bases = _transcript(gene, sequence_of)
        sets.append({bases[at : at + KMER] for at in range(len(bases) - KMER + 1)})
    least = min(map(len, sets))
    return least > 0 and len(sets[0] & sets[1]) > ALIKE * least


def _homology(row: dict, five: Gene, three: Gene, sequence_of) -> bool:
    """True when the genome on one side of the break reads alike in both genes, so that reads may be misplaced."""

    def around(gene, position, after: bool):
        ahead = after == (gene.strand == "+")
        start, end = (position, position + AROUND) if ahead else (position - AROUND, position)
        bases = sequence_of(gene.chrom, max(start, 0), end)
        return bases if gene.strand == "+" else bases.translate(COMPLEMENT)[::-1]

    # 0-based bounds of the break: behind the last base of the 5' part, before the first base of the 3' part
    at5 = row["pos5"] if five.strand == "+" else row["pos5"] - 1
    at3 = row["pos3"] - 1 if three.strand == "+" else row["pos3"]
    for after in (True, False):
        pair = around(five, at5, after), around(three, at3, after)
        size = min(map(len, pair))
        if size >= AROUND // 2 and sum(a == b for a, b in zip(*pair, strict=False)) >= SAME * size:
            return True
    return False


def write_fusions(path, rows) -> None:
    write_tsv(path, ({column: row.get(column) for column in COLUMNS} for row in rows), COLUMNS)


def called(row: dict) -> str:
    """What a person calls a fusion: `EML4-ALK, exon 13 to 20, in frame`."""
    words = [f"{row['gene5']}-{row['gene3']}"]
    if row["exon5"] and row["exon3"]:
        words.append(f"exon {row['exon5']} to {row['exon3']}")
    if row["frame"] in ("in_frame", "out_of_frame"):
        words.append(row["frame"].replace("_", " "))
    return ", ".join(words)


def as_features(rows):
    """Rows for the feature store: kind `fusion`, of those that pass, the fragments that show each."""
    import pandas as pd

    return pd.DataFrame(
        [
            {
                "kind": "fusion",
                "feature": f"{row['chrom5']}:{row['pos5']}:{row['chrom3']}:{row['pos3']}",
                "name": called(row),
                "value": float(row["fragments"]),
                "unit": "fragments",
                "state": "measured",
            }
            for row in rows
            if row["filter"] == "PASS"
        ]
    )
