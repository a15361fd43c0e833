"""Cells of several populations, and their copies of each gene: what a sample is made of before it is read.

From these follow allele fraction, copy number and purity, as they would in a tube. Positions are 0-based.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from seriome.errors import InputError
from seriome.simulate.reference import Germline, Reference, Variant, reverse_complement

NORMAL_COPIES = ((0, frozenset()), (1, frozenset()))
BREAK = 40  # bases before an exon at which a copy of its gene may be broken


@dataclass(frozen=True)
class Junction:
    """A break of one copy of `gene3` before exon `exon3`, joined to what comes after exon `exon5` of `gene5`.

    Exons are numbered from 1 in the transcripts' order. The break of gene3 lies BREAK bases within the intron before
    its exon, where a capture of exons still reaches it, that of gene5 in the middle of the intron behind its exon.
    """

    gene5: str
    exon5: int
    gene3: str
    exon3: int

    def breaks(self, reference: Reference) -> tuple[int, int]:
        """Places on the contigs (0-based): the last base that is kept of gene5, the first that is kept of gene3."""
        five, three = reference.gene(self.gene5), reference.gene(self.gene3)
        left, right = _exon(five, self.exon5), _exon(five, self.exon5 + 1)
        middle = (max(left[0], right[0]) + min(left[1], right[1])) // 2
        start, end = _exon(three, self.exon3)
        return middle, start - BREAK if three.strand == "+" else end - 1 + BREAK


def _exon(gene, number: int) -> tuple[int, int]:
    """(start, end) on the contig of an exon, numbered from 1 in the transcript's order."""
    return gene.exons[number - 1 if gene.strand == "+" else len(gene.exons) - number]


@dataclass(frozen=True)
class Population:
    """Cells that are alike. `weight` is their share of the cells of a sample.

    copies      gene name to its copies in one cell, each (germline haplotype 0 or 1, frozenset of somatic Variants);
                a gene that is not listed has one copy of each haplotype, an empty tuple is a homozygous deletion
    junctions   gene name to (haplotype, Junction): its first copy of this haplotype is broken
    """

    weight: float
    copies: Mapping[str, tuple] = field(default_factory=dict)
    junctions: Mapping[str, tuple] = field(default_factory=dict)

    def of(self, gene: str) -> tuple:
        return self.copies.get(gene, NORMAL_COPIES)

    def broken(self, gene: str) -> int | None:
        """The place among the gene's copies of the one that is broken; None where none is."""
        side = self.junctions[gene][0] if gene in self.junctions else None
        return next((place for place, (one, _) in enumerate(self.of(gene)) if one == side), None)


def shares(populations) -> list[float]:
    """Weights of the populations, made to sum to 1."""
    total = sum(one.weight for one in populations)
    if not total > 0 or any(one.weight < 0 for one in populations):
        raise InputError("weights of populations must not be negative and must not all be zero")
    return [one.weight / total for one in populations]


def expected_copies(populations, gene: str) -> float:
    """Mean copies of a gene per cell of the sample."""
    return sum(share * len(one.of(gene)) for share, one in zip(shares(populations), populations, strict=True))


def expected_vaf(populations, gene: str, variant: Variant, germline: Germline | None = None) -> float:
    """Share of the copies of a gene that carry a variant: the allele fraction that reads scatter around.

    germline   needed for an inherited variant only
    NaN where no cell has a copy of the gene.
    """
    inherited = [
        germline is not None and variant in germline.within(variant.chrom, variant.start, variant.end, side)
        for side in (0, 1)
    ]
    with_it = 0.0
    for share, one in zip(shares(populations), populations, strict=True):
        with_it += share * sum(variant in somatic or inherited[side] for side, somatic in one.of(gene))
    copies = expected_copies(populations, gene)
    return with_it / copies if copies else float("nan")


def expected_junction(populations, gene: str) -> float:
    """Share of the copies of a gene that are broken; NaN where no cell has a copy."""
    broken = sum(
        share * (one.broken(gene) is not None) for share, one in zip(shares(populations), populations, strict=True)
    )
    copies = expected_copies(populations, gene)
    return broken / copies if copies else float("nan")


def applied(sequence: str, start: int, variants) -> str:
    """`sequence`, which begins at `start` (0-based) of a contig, with variants that lie within it put in."""
    rows = sorted(variants, key=lambda one: one.start, reverse=True)
    for right, left in pairwise(rows):
        if left.end > right.start:
            raise InputError(f"{left} and {right} overlap on one copy")
    for one in rows:
        at = one.start - start
        if sequence[at : at + len(one.ref)] != one.ref:
            raise InputError(f"{one}: the genome has {sequence[at : at + len(one.ref)]!r} there")
        sequence = sequence[:at] + one.alt + sequence[at + len(one.ref) :]
    return sequence


def haplotype(reference, germline, chrom, start, end, side, somatic) -> str:
    """One copy of start..end: inherited variants of one side, and somatic ones, which win where the two overlap."""
    inner = [one for one in somatic if one.chrom == chrom and start <= one.start and one.end <= end]
    inherited = [
        one
        for one in germline.within(chrom, start, end, side)
        if not any(one.start < other.end and other.start < one.end for other in inner)
    ]
    return applied(reference.contigs[chrom][start:end], start, [*inner, *inherited])


def broken_copy(reference, germline, start: int, end: int, side: int, somatic, junction: Junction) -> str | None:
    """start..end of gene3 on a broken copy, as long as on a whole one; None where the break lies elsewhere.

    What lies in the middle stays: the exons behind the break follow gene5, those before it are followed by what gene5
    has lost (the reciprocal junction).
    """
    five, three = reference.gene(junction.gene5), reference.gene(junction.gene3)
    last, first = junction.breaks(reference)
    forward = three.strand == "+"
    cut = first if forward else first + 1  # the break lies before this base of the contig
    if not start < cut < end:
        return None
    behind = ((start + end) // 2 >= cut) == forward  # are the exons in the middle those behind the break?
    kept = (cut, end) if behind == forward else (start, cut)
    size = end - start - (kept[1] - kept[0])
    edge = last + 1 if five.strand == "+" else last  # the same for gene5
    lower = (edge - size, edge) if behind == (five.strand == "+") else (edge, edge + size)
    other = haplotype(reference, germline, five.chrom, *lower, side, ())
    own = haplotype(reference, germline, three.chrom, *kept, side, somatic)
    other = other if five.strand == three.strand else reverse_complement(other)
    return other + own if kept[1] == end else own + other
