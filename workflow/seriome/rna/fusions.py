"""Fusions in RNA: reads that are split between two genes, pairs whose mates lie in two genes.

A split read shows both breakpoints, but for bases that both sides share: within NEAR bases they are laid on exon
borders where both fit. Then every read that is clipped at such a border is asked whether its clipped bases go on in the
other gene, so that short overhangs count, too. A pair supports a junction when its mates lie on the two kept sides and
point at it, introns included. What is counted are fragments, each once; `distinct` says at how many places their reads
begin, since copies of one molecule begin at one.

The 5' gene is the one whose kept side ends in its own direction, the 3' gene the one whose kept side begins; junctions
that join two 5' or two 3' parts are no transcript and are left out.
Positions are 0-based here and 1-based in tables.
Compare Haas et al. 2019, Genome Biol 20:213, doi:10.1186/s13059-019-1842-9 (how such evidence is read and filtered)
"""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import numpy as np

from seriome.rna.genes import Genes, cut, frame, nearest

NEAR = 10  # bases by which a split read's breakpoint may lie off an exon border, or off another read's
OVERHANG = 10  # clipped bases, at least, that must go on in the other gene and not in its own, at most one in ten wrong
REACH = 200_000  # bases, introns included, from a mate to the junction that it points at
PRODUCTS = 2_500  # pairs of exon borders asked of two genes at most
LEAST_QUALITY = 5  # mapping quality of each part of a split read, and of each mate of a pair
COMPLEMENT = str.maketrans("ACGTN", "TGCAN")


@dataclass(frozen=True, order=True)
class Junction:
    """gene ids, and the last base of the 5' gene's part and the first of the 3' gene's, 0-based."""

    gene5: str
    gene3: str
    pos5: int
    pos3: int


@dataclass
class Support:
    """Names of the fragments, the places where their reads begin, and the least mapping quality of each split read."""

    split: set = field(default_factory=set)
    spanning: set = field(default_factory=set)
    begins: set = field(default_factory=set)
    qualities: list = field(default_factory=list)


def find(bam, genes: Genes, sequence_of, least: int) -> list[dict]:
    """Junctions of two genes with `least` fragments or more, one of them split: rows as in `row`, not filtered yet.

    bam          path, sorted and indexed
    sequence_of  function (contig, start, end) -> bases of the genome, upper case
    """
    import pysam

    with pysam.AlignmentFile(str(bam), "rb") as file:
        split, pairs = _evidence(file, genes)
        found = defaultdict(Support)
        for key, name, begin, quality in split:
            found[key].split.add(name)
            found[key].begins.add(begin)
            found[key].qualities.append(quality)
        found = _merged(found)
        by_id = {gene.gene_id: gene for gene in genes.all}
        _bridge(file, found, pairs, by_id, sequence_of)
        rows = []
        for key, support in sorted(found.items()):
            five, three = by_id[key.gene5], by_id[key.gene3]
            support.spanning = _spanning(pairs.get((key.gene5, key.gene3), ()), key, five, three) - support.split
            if support.split and len(support.split) + len(support.spanning) >= least:
                rows.append(_row(file, key, support, five, three))
    return rows


def _evidence(file, genes):
    """([(junction, name, begin, least quality)] of split reads, {(gene5, gene3): [(end5, end3, name)]} of pairs).

    Ends are the inner ends of mates: positions that point at the junction.
    """
    split, pairs, known = [], defaultdict(list), {}
    for read in file.fetch(until_eof=True):
        if read.flag & 0x904:
            continue
        joins = _of_introns(read, genes, known)
        if not (joins or read.has_tag("SA") or read.flag & 0xB == 0x1):
            continue
        split += [(key, read.query_name, _begin(read), read.mapping_quality) for key in joins]
        if read.has_tag("SA"):
            others = read.get_tag("SA").rstrip(";").split(";")
            if len(others) == 1:
                for key, quality in _of_split(read, others[0], genes):
                    split.append((key, read.query_name, _begin(read), quality))
        if read.flag & 0xB == 0x1 and read.mapping_quality >= LEAST_QUALITY:
            here = (read.reference_name, _inner_end(read), not read.is_reverse)
            if read.is_read1:
                pairs[read.query_name].insert(0, here)
            else:
                pairs[read.query_name].append(here)
    by_genes = defaultdict(list)
    for name, ends in pairs.items():
        if len(ends) == 2:
            for five, three in _oriented(*ends, genes):
                by_genes[five[0].gene_id, three[0].gene_id].append((five[1], three[1], name))
    return split, by_genes


def _begin(read) -> tuple:
    """Strand and place of a read's first base, clipped ones counted."""
    left, right = (size if kind in (4, 5) else 0 for kind, size in (read.cigartuples[0], read.cigartuples[-1]))
    return read.is_reverse, read.reference_end + right if read.is_reverse else read.reference_start - left


def _inner_end(read) -> int:
    """The last aligned base of a read in its own direction."""
    return read.reference_start if read.is_reverse else read.reference_end - 1


def _of_introns(read, genes, known: dict) -> list[Junction]:
    """Junctions of two genes that an alignment leaps over as if they were an intron; `known` keeps those looked at."""
    found, place = [], read.reference_start
    if read.mapping_quality < LEAST_QUALITY:
        return found
    for kind, size in read.cigartuples:
        if kind == 3:
            key = read.reference_name, place, size
            if key not in known:
                sides = (key[0], place - 1, True), (key[0], place + size, False)
                known[key] = [_settled(*ends, 0) for ends in _oriented(*sides, genes)]
            found += known[key]
        if kind in (0, 2, 3, 7, 8):
            place += size
    return found


def _oriented(one, other, genes):
    """((5' gene, place), (3' gene, place)) of two sides (contig, position, left), as strands of genes allow.

    left: what lies left of the place is kept. Nothing where one gene holds both places
    """
    if {gene.gene_id for gene in genes.at(*one[:2])} & {gene.gene_id for gene in genes.at(*other[:2])}:
        return
    for first, second in ((one, other), (other, one)):
        fives = [gene for gene in genes.at(*first[:2]) if first[2] == (gene.strand == "+")]
        threes = [gene for gene in genes.at(*second[:2]) if second[2] == (gene.strand == "-")]
        for five in fives:
            for three in threes:
                if not _overlap(five, three):
                    yield (five, first[1]), (three, second[1])


def _overlap(one, other) -> bool:
    return one.chrom == other.chrom and one.span[0] < other.span[1] and other.span[0] < one.span[1]


def _of_split(read, text: str, genes):
    """(junction, least mapping quality) of one split read: none, or one for each pair of genes that fits it."""
    chrom, pos, strand, cigar, quality, _ = text.split(",")
    quality = min(int(quality), read.mapping_quality)
    if quality < LEAST_QUALITY:
        return
    other = [(int(size), kind) for size, kind in re.findall(r"(\d+)([MIDNSHP=X])", cigar)]
    own = [(size, "MIDNSHP=X"[kind]) for kind, size in read.cigartuples]
    parts = []
    for where, start, reverse, cigar in (
        (read.reference_name, read.reference_start, read.is_reverse, own),
        (chrom, int(pos) - 1, strand == "-", other),
    ):
        end = start + sum(size for size, kind in cigar if kind in "MDN=X")
        left, right = (size if kind in "SH" else 0 for size, kind in (cigar[0], cigar[-1]))
        used = sum(size for size, kind in cigar if kind in "MI=X")
        begin = right if reverse else left  # in the read's own direction
        parts.append((begin, begin + used, where, start, end, reverse))
    parts.sort()
    (_, until, chrom1, start1, end1, back1), (since, _, chrom2, start2, end2, back2) = parts
    gap = since - until  # bases of the read between the parts; below 0: shared by both
    if abs(gap) > NEAR:
        return
    # shared or lost bases: the first part is told as the read has it, the second gives way
    one = (chrom1, start1 if back1 else end1 - 1, not back1)
    inner = end2 - 1 if back2 else start2
    other = (chrom2, inner + (gap if back2 else -gap) if gap < 0 else inner, back2)
    for five, three in _oriented(one, other, genes):
        yield _settled(five, three, gap), quality


def _settled(five, three, gap: int) -> Junction:
    """The junction, laid on exon borders of both genes where they lie within NEAR bases of what the read shows."""
    (gene5, pos5), (gene3, pos3) = five, three
    near5 = nearest(gene5.exon_ends, pos5, NEAR)
    near3 = nearest(gene3.exon_starts, pos3, NEAR)
    if near5 is not None and near3 is not None:
        moved5 = (near5 - pos5) * (1 if gene5.strand == "+" else -1)
        moved3 = (near3 - pos3) * (1 if gene3.strand == "+" else -1)
        if abs(moved5 - moved3) <= max(gap, 0):  # bases that one part gives the other takes
            return Junction(gene5.gene_id, gene3.gene_id, near5, near3)
    return Junction(gene5.gene_id, gene3.gene_id, pos5, pos3)


def _merged(found: dict) -> dict:
    """Junctions within NEAR bases of a more frequent one of the same genes join it."""
    merged, by_genes = {}, defaultdict(list)
    for key, support in sorted(found.items(), key=lambda item: (-len(item[1].split), item[0])):
        same = by_genes[key.gene5, key.gene3]
        home = next((one for one in same if max(abs(one.pos5 - key.pos5), abs(one.pos3 - key.pos3)) <= NEAR), None)
        if home is None:
            same.append(key)
            merged[key] = support
        else:
            merged[home].split |= support.split
            merged[home].begins |= support.begins
            merged[home].qualities += support.qualities
    return merged


def _bridge(file, found: dict, pairs: dict, by_id: dict, sequence_of) -> None:
    """Add the reads that are clipped at a junction and go on behind it.

    Asked are the junctions that split reads showed, and of two genes with two pairs or more but no split read every
    exon border that the pairs point at.
    """
    asked = set(found)
    shown = {(key.gene5, key.gene3) for key in found}
    for ids, members in sorted(pairs.items()):
        if len(members) >= 2 and ids not in shown:
            five, three = (by_id[one] for one in ids)
            ends = [at for at in five.exon_ends if any(_ahead(at, one[0], five.strand, True) for one in members)]
            starts = [at for at in three.exon_starts if any(_ahead(at, one[1], three.strand, False) for one in members)]
            if len(ends) * len(starts) <= PRODUCTS:
                asked |= {Junction(*ids, a, b) for a in ends for b in starts}
    around = defaultdict(list)
    for key in asked:
        around[key.gene5, key.pos5, True].append(key)
        around[key.gene3, key.pos3, False].append(key)
    for (gene_id, position, is_five), keys in sorted(around.items()):
        gene = by_id[gene_id]
        keep_left = is_five == (gene.strand == "+")
        clips = list(_clipped(file, gene.chrom, position, keep_left))
        if not clips:
            continue
        own = [  # what an ordinary transcript, or an intron, goes on with
            _turned(gene, _beyond(sequence_of, gene, at, not is_five))
            for at in (gene.exon_starts if is_five else gene.exon_ends)
        ]
        start, end = (position + 1, position + 151) if keep_left else (position - 150, position)
        own.append(sequence_of(gene.chrom, max(start, 0), end))
        clips = [one for one in clips if not any(_goes_on(one[3], form, keep_left) for form in own)]
        for key in keys:
            other = by_id[key.gene3 if is_five else key.gene5]
            theirs = key.pos3 if is_five else key.pos5
            beyond = _turned(gene, _beyond(sequence_of, other, theirs, not is_five))
            for name, begin, quality, bases in clips:
                if _goes_on(bases, beyond, keep_left):
                    support = found.setdefault(key, Support())
                    support.split.add(name)
                    support.begins.add(begin)
                    support.qualities.append(quality)
    for key in [key for key, support in found.items() if not support.split]:
        del found[key]


def _ahead(border: int, place: int, strand: str, five: bool) -> bool:
    """True when a border lies ahead of a mate that points at the junction."""
    ahead = border - place if five == (strand == "+") else place - border
    return -NEAR <= ahead <= REACH


def _clipped(file, chrom: str, position: int, keep_left: bool):
    """(name, begin, mapping quality, bases behind the border as the genome runs) of reads that are clipped at it.

    Main alignments without another part only; up to NEAR bases behind the border may look aligned.
    """
    for read in file.fetch(chrom, max(0, position - 1), position + 2):
        if read.flag & 0x904 or read.has_tag("SA") or read.mapping_quality < LEAST_QUALITY:
            continue
        kind, size = read.cigartuples[-1 if keep_left else 0]
        if kind != 4:
            continue
        extra = read.reference_end - 1 - position if keep_left else position - read.reference_start
        if not 0 <= extra <= NEAR or size + extra < OVERHANG:
            continue
        bases = read.query_sequence[-(size + extra) :] if keep_left else read.query_sequence[: size + extra]
        yield read.query_name, _begin(read), read.mapping_quality, bases


def _beyond(sequence_of, gene, position: int, five: bool, size: int = 150) -> str:
    """Bases of a gene from a border on into what is kept of it, along its exons, in the gene's direction (of a 5' part:
    those before the border, ending in it)."""
    place = cut(gene, position, five)
    exons = next(one.exons for one in gene.transcripts if one.transcript_id == place.transcript_id)
    left = five == (gene.strand == "+")  # what lies left of the border is kept
    pieces, got = [], 0
    for start, end in exons[::-1] if left else exons:
        start, end = (start, min(end, position + 1)) if left else (max(start, position), end)
        if start >= end:
            continue
        start, end = (max(start, end - size + got), end) if left else (start, min(end, start + size - got))
        pieces.append(sequence_of(gene.chrom, start, end))
        got += end - start
        if got >= size:
            break
    bases = "".join(pieces[::-1] if left else pieces)
    return bases if gene.strand == "+" else bases.translate(COMPLEMENT)[::-1]


def _turned(gene, bases: str) -> str:
    """Bases in a gene's direction as the genome runs there."""
    return bases if gene.strand == "+" else bases.translate(COMPLEMENT)[::-1]


def _goes_on(bases: str, beyond: str, keep_left: bool) -> bool:
    """True when clipped bases are those of the other gene; both in the direction of the genome at the clipped gene."""
    there = beyond[: len(bases)] if keep_left else beyond[-len(bases) :]
    if len(there) < max(OVERHANG, len(bases) - 2):
        return False
    pair = zip(bases, there, strict=False) if keep_left else zip(bases[::-1], there[::-1], strict=False)
    return sum(a == b for a, b in pair) >= 0.9 * len(bases)


def _spanning(members, key: Junction, five, three) -> set:
    """Names of the pairs whose mates point at a junction from both kept sides."""
    return {
        name
        for end5, end3, name in members
        if _ahead(key.pos5, end5, five.strand, True) and _ahead(key.pos3, end3, three.strand, False)
    }


def _row(file, key: Junction, support: Support, five, three) -> dict:
    """What is known of a junction; see fusion_table.COLUMNS. Positions 1-based."""
    cut5, cut3 = cut(five, key.pos5, True), cut(three, key.pos3, False)
    fragments = len(support.split) + len(support.spanning)
    depths = [_depth(file, gene.chrom, pos) for gene, pos in ((five, key.pos5), (three, key.pos3))]
    return {
        **{"gene5": five.name, "gene3": three.name, "gene_id5": five.gene_id, "gene_id3": three.gene_id},
        **{"chrom5": five.chrom, "pos5": key.pos5 + 1, "strand5": five.strand, "exon5": cut5.exon},
        **{"chrom3": three.chrom, "pos3": key.pos3 + 1, "strand3": three.strand, "exon3": cut3.exon},
        **{"at_exons": int(cut5.border and cut3.border), "frame": frame(cut5, cut3)},
        **{"transcript5": cut5.transcript_id, "transcript3": cut3.transcript_id},
        **{"fragments": fragments, "split": len(support.split), "spanning": len(support.spanning)},
        **{"distinct": len(support.begins), "depth5": depths[0], "depth3": depths[1]},
        "mapping_quality": int(np.median(support.qualities)),
    }


def _depth(file, chrom: str, position: int) -> int:
    """Fragments over a base."""
    names = {
        read.query_name
        for read in file.fetch(chrom, position, position + 1)
        if not read.flag & 0x904 and read.get_overlap(position, position + 1)
    }
    return len(names)


def partners(rows) -> Counter:
    """In how many junctions each gene takes part: a gene with many partners is an artefact of its abundance."""
    sides = {(row["gene_id5"], row["gene_id3"]) for row in rows}
    return Counter(gene for pair in sides for gene in pair)
