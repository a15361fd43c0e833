"""Where genes lie: which are at a place, where their exons begin and end, what of them is coding.

Positions are 0-based. A breakpoint's side is the last base of what is kept of the 5' gene (`end`), or the first base of
what is kept of the 3' gene (`start`), in the direction of the gene.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

BIN = 1 << 14


@dataclass(frozen=True, eq=False)
class Gene:
    """A gene with its transcripts, all on one contig and strand."""

    gene_id: str
    name: str
    biotype: str
    chrom: str
    strand: str
    transcripts: tuple

    @cached_property
    def span(self) -> tuple[int, int]:
        return min(one.exons[0][0] for one in self.transcripts), max(one.exons[-1][1] for one in self.transcripts)

    @cached_property
    def exon_ends(self) -> list[int]:
        """Last bases of exons that another exon follows, sorted: where a 5' part may end."""
        return self._borders(last=True)

    @cached_property
    def exon_starts(self) -> list[int]:
        """First bases of exons that follow another exon, sorted: where a 3' part may begin."""
        return self._borders(last=False)

    def _borders(self, last: bool) -> list[int]:
        right = (self.strand == "+") == last  # the border is the exon's right end in the genome
        exons = {exon for one in self.transcripts for exon in (one.exons[:-1] if right else one.exons[1:])}
        return sorted({end - 1 if right else start for start, end in exons})


class Genes:
    """All genes, to be asked by place."""

    def __init__(self, transcripts):
        of = defaultdict(list)
        for one in transcripts:
            of[one.gene_id].append(one)
        self.all, self._bins = [], defaultdict(list)
        for gene_id, own in sorted(of.items()):
            own = [one for one in own if (one.chrom, one.strand) == (own[0].chrom, own[0].strand)]
            first = own[0]
            gene = Gene(gene_id, first.gene, first.biotype, first.chrom, first.strand, tuple(own))
            self.all.append(gene)
            low, high = gene.span
            for number in range(low // BIN, (high - 1) // BIN + 1):
                self._bins[gene.chrom, number].append(gene)

    def at(self, chrom: str, position: int) -> list[Gene]:
        """Genes whose span holds a place, in the order of their ids."""
        return [
            gene for gene in self._bins.get((chrom, position // BIN), ()) if gene.span[0] <= position < gene.span[1]
        ]


def nearest(borders: list[int], position: int, within: int) -> int | None:
    """The border next to a position, if one lies `within` so many bases."""
    at = bisect_left(borders, position)
    near = [border for border in borders[max(at - 1, 0) : at + 1] if abs(border - position) <= within]
    return min(near, key=lambda border: (abs(border - position), border), default=None)


@dataclass(frozen=True)
class Break:
    """A gene cut at one place, in the transcript that says most of it.

    exon      number of the exon that the place lies in, from 1 in the transcript's direction, None between exons
    border    the place is this exon's end (of a 5' part) or beginning (of a 3' part)
    coding    coding bases before the cut, None where the transcript is not coding
    region    5utr, cds, 3utr, noncoding, or intron
    """

    transcript_id: str
    exon: int | None
    border: bool
    coding: int | None
    region: str


def cut(gene: Gene, position: int, five: bool) -> Break:
    """Where a gene is cut: after `position` of a 5' part, before it of a 3' part.

    Of the transcripts, one of which the place is an exon's border, then one that is coding there, then the longest.
    """
    found = [_cut(one, position, five) for one in gene.transcripts]
    rank = [
        (one.border, one.exon is not None, one.coding is not None, transcript.length, transcript.transcript_id)
        for one, transcript in zip(found, gene.transcripts, strict=True)
    ]
    return found[rank.index(max(rank))]


def _cut(transcript, position: int, five: bool) -> Break:
    forward = transcript.strand == "+"
    starts = [start for start, _ in transcript.exons]
    at = bisect_right(starts, position) - 1
    inside = at >= 0 and position < transcript.exons[at][1]
    exon, border = None, False
    if inside:
        exon = at + 1 if forward else len(starts) - at
        start, end = transcript.exons[at]
        border = position == (end - 1 if five == forward else start)
        border = border and exon != (len(starts) if five else 1)
    if transcript.cds is None:
        return Break(transcript.transcript_id, exon, border, None, "noncoding" if inside else "intron")
    low, high = transcript.cds
    before = _before(transcript, position, five)
    total = sum(max(0, min(end, high) - max(start, low)) for start, end in transcript.exons)
    region = "cds" if 0 < before < total else "5utr" if before == 0 else "3utr"
    return Break(transcript.transcript_id, exon, border, before, region if inside else "intron")


def _before(transcript, position: int, five: bool) -> int:
    """Coding bases before the cut, in the transcript's direction."""
    low, high = transcript.cds
    if transcript.strand == "+":
        high = min(high, position + five)
    else:
        low = max(low, position + (not five))
    return sum(max(0, min(end, high) - max(start, low)) for start, end in transcript.exons)


def frame(five: Break, three: Break) -> str:
    """What a fusion of two cut genes says to the ribosome.

    in_frame, out_of_frame   both are cut in their coding bases
    whole_protein            nothing coding of the 5' gene, all that is coding of the 3' gene
    not_coding               else, where both cuts are known; unknown where one lies between exons
    """
    if "intron" in (five.region, three.region):
        return "unknown"
    if five.region == three.region == "cds":
        return "in_frame" if five.coding % 3 == three.coding % 3 else "out_of_frame"
    if five.region in ("5utr", "noncoding") and three.region == "5utr":
        return "whole_protein"
    return "not_coding"
