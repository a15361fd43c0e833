"""HGVS descriptions of a variant on its transcript: `c.` and, for changes of length, `p.` by the 3' rule.

Numbers count along the transcript: 1 is the A of the start codon, -1 the base before it, *1 the base behind the stop
codon; introns count from the nearer exon (+ from the one before, also in the middle). An insertion or deletion that
could lie at several places of a repeat is put at the last of them along the transcript, as HGVS asks; VCF has the
leftmost of the genome. The short form of proteins is used (`L858R`).

Transcripts whose coding sequence does not begin with a start codon have no numbers: none is given.
Limits   an inversion is called delins; a repeat is called dup, ins or del, never [n]; `p.` is predicted from the
         reference transcript with this variant alone
Source   den Dunnen et al. 2016, Hum Mutat 37:564, doi:10.1002/humu.22981
"""

import re
from dataclasses import dataclass, field
from itertools import product

from seriome.dna.tools import COMPLEMENT

BASES = "TCAG"
AMINO = "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG"
CODONS = dict(zip(map("".join, product(BASES, repeat=3)), AMINO, strict=True))
FAR = 1000  # bases within which a repeat is followed


@dataclass
class Model:
    """One coding transcript; exons and coding parts 0-based, half-open, sorted by place in the genome."""

    name: str
    chrom: str
    strand: str
    exons: list = field(default_factory=list)
    cds: list = field(default_factory=list)


def read_models(gff, names) -> dict[str, Model]:
    """The named transcripts of the stage's gene models whose coding sequence begins with a whole codon."""
    wanted, found, phases = set(names), {}, {}
    parent = re.compile(r"Parent=transcript:([^;\n]+)")
    with open(gff, encoding="utf-8") as file:
        for line in file:
            match = parent.search(line)
            if match is None or match[1] not in wanted:
                continue
            chrom, _, kind, start, end, _, strand, phase, _ = line.split("\t")
            one, part = found.setdefault(match[1], Model(match[1], chrom, strand)), (int(start) - 1, int(end))
            if kind == "exon":
                one.exons.append(part)
            elif kind == "CDS":
                one.cds.append(part)
                phases[one.name, part] = phase
    for one in found.values():
        one.exons.sort()
        one.cds.sort()
    return {
        name: one
        for name, one in found.items()
        if one.cds and phases[name, one.cds[0 if one.strand == "+" else -1]] == "0"
    }


class Ruler:
    """Positions of the genome (0-based) as numbers of one transcript.

    text        the spliced transcript, in its direction
    first       bases of it before the coding sequence; last: before what follows the stop codon
    numbered    it begins with a start codon, without which numbers mean nothing
    """

    def __init__(self, model: Model, fasta):
        self.model, self.fasta, self.forward = model, fasta, model.strand == "+"
        self.exons = sorted(self._along(part) for part in model.exons)
        self.before = [0]
        for start, end in self.exons:
            self.before.append(self.before[-1] + end - start)
        coding = sorted(self._along(part) for part in model.cds)
        self.first = self._offset(coding[0][0])  # exonic bases before the coding sequence
        self.last = self._offset(coding[-1][1] - 1) + 1
        self.text = self.read("".join(fasta.fetch(model.chrom, *part) for part in model.exons).upper())
        self.numbered = self.text[self.first :].startswith("ATG")

    def _along(self, part):
        """An interval in the direction of the transcript."""
        start, end = part
        return (start, end) if self.forward else (1 - end, 1 - start)

    def _exon(self, place: int) -> int | None:
        return next((i for i, (start, end) in enumerate(self.exons) if start <= place < end), None)

    def _offset(self, place: int) -> int:
        index = self._exon(place)
        return self.before[index] + place - self.exons[index][0]

    def offset(self, position: int) -> int | None:
        """Bases of the transcript before a position of the genome; None outside of exons."""
        place = position if self.forward else -position
        return None if self._exon(place) is None else self._offset(place)

    def exon(self, position: int) -> int | None:
        """The number of the exon that a position of the genome lies in, 1 for the first; None outside."""
        index = self._exon(position if self.forward else -position)
        return None if index is None else index + 1

    def exon_beside(self, start: int, end: int) -> int | None:
        """The number of the first exon that a stretch (0-based, half-open) touches, its splice sites included."""
        low, high = self._along((start, end))
        touched = (i for i, (first, last) in enumerate(self.exons) if low < last + 2 and first - 2 < high)
        return next((index + 1 for index in touched), None)

    def _number(self, offset: int) -> str:
        if offset < self.first:
            return f"-{self.first - offset}"
        return f"{offset - self.first + 1}" if offset < self.last else f"*{offset - self.last + 1}"

    def number(self, position: int) -> str:
        """`76`, `-14`, `*6`, `88+1`, `89-2`."""
        place = position if self.forward else -position
        if place < self.exons[0][0]:
            return self._number(place - self.exons[0][0])
        if place >= self.exons[-1][1]:
            return self._number(self.before[-1] + place - self.exons[-1][1])
        if self._exon(place) is not None:
            return self._number(self._offset(place))
        after = next(i for i, (start, _) in enumerate(self.exons) if start > place)
        up, down = place - self.exons[after - 1][1] + 1, self.exons[after][0] - place
        if up <= down:
            return f"{self._number(self.before[after] - 1)}+{up}"
        return f"{self._number(self.before[after])}-{down}"

    def span(self, start: int, end: int) -> str:
        """The numbers of the bases [start, end), in the order of the transcript."""
        first, last = (start, end - 1) if self.forward else (end - 1, start)
        return self.number(first) if first == last else f"{self.number(first)}_{self.number(last)}"

    def read(self, text: str) -> str:
        """Bases of the genome as the transcript has them."""
        return text if self.forward else text.translate(COMPLEMENT)[::-1]


def trimmed(pos: int, ref: str, alt: str) -> tuple[int, str, str]:
    """(first base 0-based, what goes, what comes) of a VCF allele (pos 1-based) without the bases both share."""
    start = pos - 1
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while ref and alt and ref[0] == alt[0]:
        start, ref, alt = start + 1, ref[1:], alt[1:]
    return start, ref, alt


def shifted(start: int, gone: str, come: str, around: str, offset: int, forward: bool) -> tuple[int, str, str]:
    """The same deletion or insertion at the last place of its repeat, along the strand.

    around    sequence of the genome from `offset` (0-based) on, wide enough
    """
    text = gone or come
    at = start - offset
    if forward:
        behind = at + len(gone)
        while behind < len(around) and around[behind] == text[0]:
            text, behind = text[1:] + text[0], behind + 1
        at = behind - len(gone)
    else:
        while at > 0 and around[at - 1] == text[-1]:
            text, at = text[-1] + text[:-1], at - 1
    return (at + offset, text, "") if gone else (at + offset, "", text)


def coding_change(ruler: Ruler, pos: int, ref: str, alt: str) -> str | None:
    """`c.2573T>G`, `c.2236_2250del`, `c.88+1G>A`, `c.5266dup`; None where nothing changes.

    pos, ref, alt    as in VCF, 1-based, on the forward strand
    """
    start, gone, come = trimmed(pos, ref, alt)
    if not ruler.numbered or not (gone or come):
        return None
    if bool(gone) != bool(come):
        low = max(0, start - FAR)
        around = ruler.fasta.fetch(ruler.model.chrom, low, start + len(gone) + FAR).upper()
        start, gone, come = shifted(start, gone, come, around, low, ruler.forward)
        if come:
            size = len(come)
            left, right = around[max(0, start - low - size) : start - low], around[start - low : start - low + size]
            if ruler.forward and left == come:
                return f"c.{ruler.span(start - size, start)}dup"
            if not ruler.forward and right == come:
                return f"c.{ruler.span(start, start + size)}dup"
            return f"c.{ruler.span(start - 1, start + 1)}ins{ruler.read(come)}"
        return f"c.{ruler.span(start, start + len(gone))}del"
    if len(gone) == len(come) == 1:
        return f"c.{ruler.number(start)}{ruler.read(gone)}>{ruler.read(come)}"
    return f"c.{ruler.span(start, start + len(gone))}delins{ruler.read(come)}"


def translate(text: str) -> str:
    """Amino acids up to the first stop codon, which is `*`; X for a codon with an unknown base."""
    protein = "".join(CODONS.get(text[i : i + 3], "X") for i in range(0, len(text) - 2, 3))
    return protein.split("*", 1)[0] + "*" if "*" in protein else protein


def protein_change_of_length(ruler: Ruler, pos: int, ref: str, alt: str) -> str | None:
    """What an insertion or deletion within the coding part of one exon does to the protein: `E746_A750del`, `Q69fs`.

    None where it is not within, or the protein stays as it is or changes
    in a way that needs more words (a stop codon gained or lost in frame, the start codon).
    """
    start, gone, come = trimmed(pos, ref, alt)
    first, last = start - (not gone), start + max(len(gone) - 1, 0)  # an insertion: the bases on both sides
    ends = ruler.offset(first), ruler.offset(last)
    if None in ends or abs(ends[1] - ends[0]) != last - first:
        return None
    low, high = min(ends), max(ends)
    if low < ruler.first or high >= ruler.last:
        return None
    text, before, after = ruler.text, ruler.text[: low + (not gone)], ruler.text[high + bool(gone) :]
    old, new = translate(text[ruler.first :]), translate((before + ruler.read(come) + after)[ruler.first :])
    if not ruler.numbered or old == new or new[:1] != old[:1]:
        return None
    return described(old, new, frame=(len(come) - len(gone)) % 3 == 0)


def described(old: str, new: str, frame: bool) -> str | None:
    """The change from one protein to another in HGVS's short form; the last place of a repeat (3' rule)."""
    same = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    if not frame:
        if same >= len(old) - 1:
            return None  # the change begins at the stop codon
        return f"{old[same]}{same + 1}" + ("*" if new[same : same + 1] == "*" else "fs")
    if not (old.endswith("*") and new.endswith("*")):
        return None
    tail = 0
    while tail < min(len(old), len(new)) - same and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    if tail == 0:
        return None
    gone, come = old[same : len(old) - tail], new[same : len(new) - tail]
    if tail == 1 and len(gone) > 1 and len(new) < len(old) and not come:
        return None  # cut off by a new stop codon
    if not gone:
        if old[same - len(come) : same] == come and same >= len(come):
            return f"{_residues(old, same - len(come), same)}dup"
        return f"{old[same - 1]}{same}_{old[same]}{same + 1}ins{come}"
    span = _residues(old, same, same + len(gone))
    if not come:
        return f"{span}del"
    if len(gone) == len(come) == 1:
        return f"{gone}{same + 1}{come}"
    return f"{span}delins{come}"


def _residues(protein: str, start: int, end: int) -> str:
    first = f"{protein[start]}{start + 1}"
    return first if end - start == 1 else f"{first}_{protein[end - 1]}{end}"
