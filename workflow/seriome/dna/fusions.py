"""Fusions of driver genes in DNA: reads that are split between such a gene and another place, pairs that span the two.

A split read (the SA tag of bwa mem) shows both breakpoints, but for bases that both sides share; those that agree
within NEAR bases at both ends are one junction. Pairs whose mates lie on its two sides, pointing at it, support it too.
What is counted are fragments, each once. A junction joins the 5' part of one gene to the 3' part of the other where the
sides that are kept and the strands of the genes say so: only then can it be read through (`fused`).
All samples of a patient are read together: a junction needs its fragments over all of them, and is then counted in
each. Its share there is that of the fragments that cover the breakpoint with ANCHOR bases on either side, which is what
bwa needs to place both parts; those that do not show the junction are counted by the same rule. Where fewer than SEEN
show it, the limit is the share that would have shown so many with 95 % power.

Assumes  breakpoints are covered: in panels that is the introns that were targeted. No junction found is no absence
Limits   two parts only (no insertion between them is looked at, no chain of junctions); breakpoints in repeats are lost
         to mapping quality; reciprocal junctions are rows of their own; where a fragment reaches over the breakpoint by
         fewer bases than bwa needs it counts on neither side
"""

import re
from collections import Counter
from dataclasses import dataclass

from seriome.dna.fused import fused, models_of
from seriome.dna.limits import detection_limit, jeffreys
from seriome.files import write_tsv

NEAR = 10  # bases by which split reads of one junction may differ: the two sides may share some
FAR = 5_000  # bases between the two sides on one contig; nearer is a deletion or a duplication within a neighbourhood
REACH = 1_000  # bases from a junction within which a pair's mates may lie
LEAST_SPLIT = 2  # split reads without which there are no breakpoints to name
ANCHOR = 30  # bases on either side of a breakpoint: bwa mem reports no alignment with a score below 30
SEEN = 2  # fragments that show a known junction in a sample
COLUMNS = [
    *("sample", "fusion", "name", "gene", "partner", "five", "five_exon", "three", "three_exon", "frame", "drives"),
    *("chrom", "pos", "partner_chrom", "partner_pos", "gene_part", "partner_part", "readable"),
    *("fragments", "split", "spanning", "depth", "share", "lower", "upper", "lod", "state"),
    *("normal_fragments", "normal_depth", "filter"),
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
    split, pairs, copies = [], [], set()

    def leaves(chrom, position, here):
        return not (chrom == gene_chrom and (low <= position < high or abs(position - here) < FAR))

    for read in bam.fetch(gene_chrom, low, high):
        if read.flag & 0x400:
            copies.add(read.query_name)  # its second part is not flagged
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
    return tuple([one for one in rows if one[2] not in copies] for rows in (split, pairs))


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


def _around(side: Side, genes: dict) -> str | None:
    inside = [
        (end - start, name)
        for name, (chrom, start, end, _) in genes.items()
        if chrom == side.chrom and start <= side.position < end
    ]
    return min(inside)[1] if inside else None


def intact(file, side: Side, min_mapping_quality: int) -> int:
    """Fragments that go through a breakpoint unbroken, ANCHOR bases on either side; duplicates do not count."""
    middle = side.position + 1 if side.left else side.position  # the junction lies before this base
    start, end, names = middle - ANCHOR, middle + ANCHOR, set()
    for read in file.fetch(side.chrom, max(0, start - REACH), end):
        proper = read.flag & 0xF06 == 0x2 and read.mapping_quality >= min_mapping_quality and not read.has_tag("SA")
        over = read.reference_start <= start and read.reference_start + read.template_length >= end
        if proper and over and read.template_length <= REACH:
            names.add(read.query_name)
    return len(names)


def of_patient(samples, bams: dict, transcripts, gff, settings: dict) -> list[dict]:
    """Rows of COLUMNS: every junction of the patient at every sample but the normal; positions 1-based.

    samples       rows {sample, specimen, ...}
    bams          {sample: path}, indexed, duplicates flagged
    transcripts   rows of the stage's table of transcripts;  gff: its gene models
    settings      the config's `dna` section
    state is `measured`, `below_lod` or `not_measured` (fewer than SEEN fragments over the breakpoint); filter is
    `in_normal` where the matched normal has a fragment of the same junction, else PASS
    """
    import pysam

    drivers, genes = genes_of(transcripts, set(settings["fusion_genes"])), genes_of(transcripts, None)
    quality = settings["min_mapping_quality"]
    named = [row for row in samples if row["sample"] in bams]
    normal = next((row["sample"] for row in named if row["specimen"] == "normal"), None)
    tumours = [row["sample"] for row in named if row["specimen"] != "normal"]
    files = {name: pysam.AlignmentFile(str(bams[name]), "rb") for name in [*([normal] if normal else []), *tumours]}
    try:
        junctions = [
            one for gene, place in drivers.items() for one in _junctions(gene, place, files, tumours, genes, settings)
        ]
        models = models_of(transcripts, gff, {gene for one in junctions for gene in (one["gene"], one["partner"])})
        rows = []
        for one in _once(junctions):
            near, far, support = one.pop("near"), one.pop("far"), one.pop("support")
            one |= fused(
                one["gene"], one["gene_part"], near.position, one["partner"], one["partner_part"], far.position, models
            ).row()
            one |= {"chrom": near.chrom, "pos": near.position + 1}
            one |= {"partner_chrom": far.chrom, "partner_pos": far.position + 1, "filter": "PASS"}
            ends = f"{near.chrom}:{near.position + 1}::{far.chrom}:{far.position + 1}"
            one["fusion"] = f"{one['five'] or one['gene']}::{one['three'] or one['partner'] or ''}:{ends}"
            if normal:
                split, spans = support[normal]
                one["normal_fragments"] = len(split | spans)
                one["normal_depth"] = one["normal_fragments"] + intact(files[normal], near, quality)
                one["filter"] = "in_normal" if one["normal_fragments"] else "PASS"
            for sample in tumours:
                split, spans = support[sample]
                through = intact(files[sample], near, quality)
                rows.append({"sample": sample} | one | counted(len(split), len(spans), through))
    finally:
        for file in files.values():
            file.close()
    order = {sample: number for number, sample in enumerate(tumours)}
    return sorted(rows, key=lambda row: (row["gene"], row["fusion"], order[row["sample"]]))


def counted(split: int, spanning: int, through: int) -> dict:
    """Share of a junction in a sample with interval, limit and state, from its fragments and those without it."""
    fragments, depth = split + spanning, split + spanning + through
    row = {"fragments": fragments, "split": split, "spanning": spanning, "depth": depth}
    limit = float(detection_limit(depth, SEEN))
    if limit != limit:
        return row | {"state": "not_measured"}
    lower, upper = (float(bound) for bound in jeffreys(fragments, depth))
    seen = {"share": fragments / depth, "lower": lower, "upper": upper} if fragments >= SEEN else {}
    numbers = {key: f"{value:.6g}" for key, value in (seen | {"lod": limit}).items()}
    return row | numbers | {"state": "measured" if seen else "below_lod"}


def _junctions(gene: str, place: tuple, files: dict, tumours, genes: dict, settings: dict) -> list[dict]:
    """Junctions of a driver that the tumour samples show together, with the fragments of each sample:

    support   {sample: (fragments by split reads, those by pairs alone)}
    """
    quality, found = settings["min_mapping_quality"], {}
    for sample, file in files.items():
        split, pairs = evidence(file, place, quality)
        found[sample] = (
            [(*rest, (sample, name)) for *rest, name in split],
            [(*rest, (sample, name)) for *rest, name in pairs],
        )
    rows = []
    for near, far, names in clustered([one for sample in tumours for one in found[sample][0]]):
        support = {}
        for sample, (split, pairs) in found.items():
            own = {name for a, b, name in split if _close(a, near) and _close(b, far)}
            own |= {name for name in names if name[0] == sample}
            support[sample] = own, spanning(pairs, near, far) - own
        splits = sum(len(support[sample][0]) for sample in tumours)
        everything = splits + sum(len(support[sample][1]) for sample in tumours)
        if splits < LEAST_SPLIT or everything < settings["fusion_min_fragments"]:
            continue
        partner, part = _around(far, genes), kept_part(near, place[3])
        other = kept_part(far, genes[partner][3]) if partner else None
        rows.append(
            {"gene": gene, "partner": partner, "near": near, "far": far, "gene_part": part, "partner_part": other}
            | {"readable": int(other is not None and other != part), "support": support}
        )
    return rows


def _once(junctions):
    """Of a junction of two drivers, which both find, the first one's."""
    kept = []
    for one in junctions:
        if not any(_close(one["near"], other["far"]) and _close(one["far"], other["near"]) for other in kept):
            kept.append(one)
    return kept


def write_fusions(path, rows) -> None:
    write_tsv(path, rows, COLUMNS)
