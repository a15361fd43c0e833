"""Fusions of driver genes in DNA: reads that are split between such a gene and another place, pairs that span the two.

A split read (the SA tag of bwa mem) shows both breakpoints, but for bases that both sides share; those that agree
within NEAR bases at both ends are one junction. Pairs whose mates lie on its two sides, pointing at it, support it too.
What is counted are fragments, each once. A junction joins the 5' part of one gene to the 3' part of the other where the
sides that are kept and the strands of the genes say so: only then can it be read through.

Assumes  breakpoints are covered: in panels that is the introns that were targeted. No junction found is no absence
Limits   two parts only (no insertion between them is looked at, no chain of junctions); neither exons nor the reading
         frame are told; breakpoints in repeats are lost to mapping quality; reciprocal junctions are rows of their own
"""

import re
from collections import Counter
from dataclasses import dataclass

from seriome.files import write_tsv

NEAR = 10  # bases by which split reads of one junction may differ: the two sides may share some
FAR = 5_000  # bases between the two sides on one contig; nearer is a deletion or a duplication within a neighbourhood
REACH = 1_000  # bases from a junction within which a pair's mates may lie
LEAST_SPLIT = 2  # split reads without which there are no breakpoints to name
COLUMNS = [
    *("sample", "gene", "partner", "chrom", "pos", "partner_chrom", "partner_pos", "gene_part", "partner_part"),
    *("readable", "fragments", "split", "spanning", "depth", "normal_fragments", "normal_depth", "filter"),
]


@dataclass(frozen=True)
class Side:
    """One end of a junction: position 0-based; `left` when what lies left of it is kept, it included."""

    chrom: str
    position: int
    left: bool


def genes_of(transcripts, names) -> dict[str, tuple]:
    """{gene: (chrom, start, end, strand)} around all transcripts of the named genes (None: of all)."""
    found = {}
    for row in transcripts:
        if names is None or row["gene"] in names:
            start, end = int(row["start"]), int(row["end"])
            chrom, low, high, strand = found.get(row["gene"], (row["chrom"], start, end, row["strand"]))
            if chrom == row["chrom"]:
                found[row["gene"]] = (chrom, min(low, start), max(high, end), strand)
    return found


def _side(chrom: str, start: int, cigar) -> Side:
    """The end of an alignment at which more of the read is clipped. cigar: (operation, length) pairs of pysam."""
    clips = [size if kind in (4, 5) else 0 for kind, size in (cigar[0], cigar[-1])]
    end = start + sum(size for kind, size in cigar if kind in (0, 2, 3, 7, 8))
    return Side(chrom, end - 1, True) if clips[1] >= clips[0] else Side(chrom, start, False)


def _parts(text: str):
    """(chrom, start, cigar, mapping quality) of each other alignment in an SA tag."""
    for one in text.rstrip(";").split(";"):
        chrom, pos, _, cigar, quality, _ = one.split(",")
        pairs = [("MIDNSHP=X".index(kind), int(size)) for size, kind in re.findall(r"(\d+)([MIDNSHP=X])", cigar)]
        yield chrom, int(pos) - 1, pairs, int(quality)


def evidence(bam, place: tuple, min_mapping_quality: int) -> tuple[list, list]:
    """What leaves a gene: ([(near Side, far Side, fragment)] of split reads, the same of pairs, their sides rough).

    bam      an open pysam.AlignmentFile
    place    (chrom, start, end, ...) of the gene
    """
    gene_chrom, low, high = place[:3]
    split, pairs = [], []

    def leaves(chrom, position, here):
        return not (chrom == gene_chrom and (low <= position < high or abs(position - here) < FAR))

    for read in bam.fetch(gene_chrom, low, high):
        if read.flag & 0x704 or read.mapping_quality < min_mapping_quality:
            continue
        if read.has_tag("SA"):
            near = _side(gene_chrom, read.reference_start, read.cigartuples)
            others = list(_parts(read.get_tag("SA")))
            if len(others) == 1 and others[0][3] >= min_mapping_quality and low <= near.position < high:
                far = _side(*others[0][:3])
                if leaves(far.chrom, far.position, near.position):
                    split.append((near, far, read.query_name))
        if read.flag & 0x80B == 0x1 and leaves(
            read.next_reference_name, read.next_reference_start, read.reference_start
        ):
            near = Side(
                gene_chrom, read.reference_start if read.is_reverse else read.reference_end - 1, not read.is_reverse
            )
            far = Side(read.next_reference_name, read.next_reference_start, not read.mate_is_reverse)
            pairs.append((near, far, read.query_name))
    return split, pairs


def clustered(split) -> list[tuple[Side, Side, set]]:
    """Junctions of split reads: (near, far, fragments), most fragments first; each read belongs to the most frequent
    pair of breakpoints within NEAR bases."""
    counts = Counter((near, far) for near, far, _ in set(split))
    junctions = []
    for (near, far), _ in sorted(counts.items(), key=lambda item: (-item[1], _order(item[0]))):
        for one_near, one_far, members in junctions:
            if _close(near, one_near) and _close(far, one_far):
                members.add((near, far))
                break
        else:
            junctions.append((near, far, {(near, far)}))
    return [
        (near, far, {name for one_near, one_far, name in split if (one_near, one_far) in members})
        for near, far, members in junctions
    ]


def _order(sides) -> tuple:
    return tuple((side.chrom, side.position, side.left) for side in sides)


def _close(one: Side, other: Side) -> bool:
    return (one.chrom, one.left) == (other.chrom, other.left) and abs(one.position - other.position) <= NEAR


def spanning(pairs, near: Side, far: Side) -> set:
    """Fragments whose mates lie on the two kept sides of a junction, pointing at it."""

    def points(mate: Side, side: Side) -> bool:
        ahead = side.position - mate.position if side.left else mate.position - side.position
        return (mate.chrom, mate.left) == (side.chrom, side.left) and -NEAR <= ahead <= REACH

    return {name for one, other, name in pairs if points(one, near) and points(other, far)}


def kept_part(side: Side, strand: str) -> str:
    """`5'` or `3'`: which part of a gene on this strand a junction keeps."""
    return "5'" if side.left == (strand == "+") else "3'"


def of_sample(bam, drivers: dict, genes: dict, min_mapping_quality: int, least: int) -> list[dict]:
    """Junctions of driver genes in one sample with `least` fragments or more; rows of COLUMNS but the normal's.

    bam       path, indexed, duplicates flagged
    drivers   genes_of the driver genes; genes: of all, for the partner's name (the smallest around the place)
    """
    import pysam

    rows = []
    with pysam.AlignmentFile(str(bam), "rb") as file:
        for gene, place in drivers.items():
            split, pairs = evidence(file, place, min_mapping_quality)
            for near, far, names in clustered(split):
                beside = spanning(pairs, near, far) - names
                if len(names) < LEAST_SPLIT or len(names) + len(beside) < least:
                    continue
                partner = _around(far, genes)
                part = kept_part(near, place[3])
                other = kept_part(far, genes[partner][3]) if partner else None
                rows.append(
                    {"gene": gene, "partner": partner, "near": near, "far": far, "gene_part": part}
                    | {"partner_part": other, "readable": int(other is not None and other != part)}
                    | {"fragments": len(names) + len(beside), "split": len(names), "spanning": len(beside)}
                    | {"depth": _depth(file, near)}
                )
    return rows


def _around(side: Side, genes: dict) -> str | None:
    inside = [
        (end - start, name)
        for name, (chrom, start, end, _) in genes.items()
        if chrom == side.chrom and start <= side.position < end
    ]
    return min(inside)[1] if inside else None


def _depth(file, side: Side) -> int:
    """Fragments over a breakpoint; duplicates and secondary alignments do not count."""
    reads = file.fetch(side.chrom, side.position, side.position + 1)
    return len({read.query_name for read in reads if not read.flag & 0x704})


def of_patient(samples, bams: dict, transcripts, settings: dict) -> list[dict]:
    """Rows of COLUMNS for a patient's samples but the normal; positions 1-based.

    samples       rows {sample, specimen, ...}
    bams          {sample: path}
    transcripts   rows of the stage's table of transcripts
    settings      the config's `dna` section
    filter is `in_normal` where the matched normal has a fragment of the same junction, else PASS
    """
    import pysam

    drivers, genes = genes_of(transcripts, set(settings["fusion_genes"])), genes_of(transcripts, None)
    quality, least = settings["min_mapping_quality"], settings["fusion_min_fragments"]
    normals = [row["sample"] for row in samples if row["specimen"] == "normal" and row["sample"] in bams]
    result = []
    for row in samples:
        if row["specimen"] == "normal" or row["sample"] not in bams:
            continue
        for one in of_sample(bams[row["sample"]], drivers, genes, quality, least):
            near, far = one.pop("near"), one.pop("far")
            one |= {"sample": row["sample"], "chrom": near.chrom, "pos": near.position + 1}
            one |= {"partner_chrom": far.chrom, "partner_pos": far.position + 1, "filter": "PASS"}
            if normals:
                with pysam.AlignmentFile(str(bams[normals[0]]), "rb") as file:
                    split, pairs = evidence(file, drivers[one["gene"]], quality)
                    same = {name for a, b, name in split if _close(a, near) and _close(b, far)}
                    one["normal_fragments"] = len(same | spanning(pairs, near, far))
                    one["normal_depth"] = _depth(file, near)
                one["filter"] = "in_normal" if one["normal_fragments"] else "PASS"
            result.append(one)
    return result


def write_fusions(path, rows) -> None:
    write_tsv(path, rows, COLUMNS)
