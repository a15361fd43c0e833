"""What fusions make: the 5' part of one transcript and the 3' part of another, read on from the first start codon.

DNA tells a junction (`dna/fusions`): within introns it joins whole exons; within exons of both genes it cuts them.
Where one side cuts an exon and the other does not, nothing is made: how that is spliced is not known.
RNA tells what was spliced (`rna/fusions`): it is read as it stands, in the transcripts that its table names. A side
that lies between their exons makes nothing.

Out of frame the product goes on to the first stop: its tail is as new as the junction, but it is short-lived in a cell
(nonsense-mediated decay), and only peptides that are seen count.
"""

from dataclasses import dataclass

from seriome.dna import fused
from seriome.proteome.own import Product, translated


@dataclass(frozen=True)
class Spliced:
    """A transcript of the rna stage in its own direction, with what `join` reads of a hgvs.Ruler.

    text   5' to 3';  exons (start, end) along the strand, of positions on `-` the negative;  first: bases before the
    coding ones, None where nothing is coding
    """

    name: str
    text: str
    exons: tuple
    forward: bool
    first: int | None

    @property
    def numbered(self) -> bool:
        return self.first is not None and self.text[self.first :].startswith("ATG")


def of_transcript(one, text: str) -> Spliced:
    """one: rna.transcripts.Transcript; text: its spliced sequence."""
    forward = one.strand == "+"
    exons = tuple(sorted(one.exons if forward else [(1 - end, 1 - start) for start, end in one.exons]))
    first = None
    if one.cds:
        place = one.cds[0] if forward else 1 - one.cds[1]
        first = sum(max(0, min(end, place) - start) for start, end in exons)
    return Spliced(one.transcript_id, text, exons, forward, first)


def join(five, five_end: int, three, three_start: int) -> tuple[str, int, str] | None:
    """(protein, last residue that is wholly the 5' gene's, what both make alone joined by `|`); None without one.

    five, three              hgvs.Ruler or Spliced
    five_end, three_start    last base that is kept of one, first of the other; 0-based
    """
    if not five.numbered:
        return None
    kept, dropped = _before(five, five_end, True), _before(three, three_start, False)
    if kept <= five.first or not dropped:
        return None
    after = translated(five.text[five.first : kept] + three.text[dropped:])
    last = (kept - five.first) // 3
    if last < 2 or len(after) <= last:
        return None
    alone = [translated(one.text[one.first :]) for one in (five, three) if one.first is not None]
    return after, last, "|".join(alone)


def _place(one, position: int) -> int:
    return position if one.forward else -position


def _before(one, position: int, itself: bool) -> int:
    """Bases of the transcript that lie before a position of the genome along the strand (with it, if `itself`)."""
    edge = _place(one, position) + itself
    return sum(max(0, min(end, edge) - start) for start, end in one.exons)


def _within(one, position: int) -> bool:
    """Whether a position lies in an exon."""
    return any(start <= _place(one, position) < end for start, end in one.exons)


def of_dna(rows, rulers: dict) -> list[Product]:
    """Products of rows of dna/fusions, those that join a 5' part to a 3' part.

    rulers   {gene: hgvs.Ruler of its foremost transcript, the one that the rows' exons and frame are told of}
    """
    products = []
    for row in rows:
        five, three = rulers.get(row["five"]), rulers.get(row["three"])
        if five is None or three is None:
            continue
        near, far = int(row["pos"]) - 1, int(row["partner_pos"]) - 1
        ends = (near, far) if row["gene"] == row["five"] else (far, near)
        if _within(five, ends[0]) != _within(three, ends[1]):
            continue
        source = f"{row['chrom']}:{row['pos']}-{row['partner_chrom']}:{row['partner_pos']}"
        products += _product(row["five"], row["name"], source, five.model.name, "dna", row["frame"], five, three, ends)
    return products


def of_rna(rows, transcripts: dict) -> list[Product]:
    """Products of rows of rna/fusions.

    transcripts   {transcript id: Spliced}
    """
    products = []
    for row in rows:
        five, three = transcripts.get(row["transcript5"]), transcripts.get(row["transcript3"])
        if five is None or three is None:
            continue
        ends = int(row["pos5"]) - 1, int(row["pos3"]) - 1
        if not (_within(five, ends[0]) and _within(three, ends[1])):
            continue
        name = fused.clinical_name(row["gene5"], row["gene3"], row["exon5"], row["exon3"])
        source = f"{row['chrom5']}:{row['pos5']}-{row['chrom3']}:{row['pos3']}"
        products += _product(row["gene5"], name, source, five.name, "rna", row["frame"], five, three, ends)
    return products


def _product(gene, name, source, transcript, assay, frame, five, three, ends) -> list[Product]:
    made = join(five, ends[0], three, ends[1])
    if made is None:
        return []
    after, last, alone = made
    return [Product("fusion", source, gene, name, transcript, last, last + 1, after, alone, assay, frame)]
