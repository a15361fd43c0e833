"""Indels counted anew: reads held against the genome without and with them.

A pileup counts a read for an indel where the aligner put one. Near a read's end it puts mismatches or clips instead,
and an insertion of more than some twenty bases is clipped in every read. So each read near an indel is laid on the
genome without it and with it, ungapped, from the base before the indel (reaching right) and from the base behind it
(reaching left), clipped bases included. A match counts 1, a mismatch -4, as in `bwa mem`; the better of both anchors is
the score of a haplotype. A read is of the haplotype that is at least DECIDED ahead; one that fits both, ending within a
repeat, say, tells nothing and counts for neither. Mates that overlap count once.

Reads that can tell are not equally many for both haplotypes: one that repeats 60 bases is told by any read across its
junction, the genome without it only by reads across all of the 60 bases. The reads of the genome are scaled to what
they would be if they could be told as often (`reach`), so that alt / depth is the share of molecules. Where no read
spans what is repeated, reads across its end are the depth: every molecule has one end of it, repeated or not.

Positions are 1-based in alleles, 0-based elsewhere. Limits: a repeat of which one copy less is left cannot be
counted where reads do not span it; a second indel within the reach of a read weakens it for both haplotypes.
Source: Narzisi et al. 2014 (indels need local haplotypes), Nat Methods 11:1033, doi:10.1038/nmeth.3069
"""

from dataclasses import dataclass

import numpy as np

from seriome.dna.pileup import Allele, Carrier

MISMATCH, DECIDED = -4, 5  # score of a mismatch; lead of a haplotype from which a read is of it
FLANK = 400  # bases of the genome on either side
OPENED = 20  # bases of an insertion up to which the aligner opens a gap for it
LEAST_REACH = 0.15  # share of the starts of a read from which the genome must be told for an indel to be counted
AT_ONCE = 5_000  # reads that are scored at once, which bounds the memory
SKIPPED = 0x4 | 0x100 | 0x200 | 0x400 | 0x800  # unmapped, secondary, failed, duplicate, supplementary
_MATCH, _INSERTION, _DELETION, _SKIP, _SOFT = (0, 7, 8), 1, 2, 3, 4


@dataclass(frozen=True)
class Told:
    """What the reads of one sample tell of an indel.

    ref, alt   fragments on the forward and on the reverse strand; ref scaled, see above
    carriers   the reads of the indel
    """

    ref: tuple[int, int]
    alt: tuple[int, int]
    carriers: list[Carrier]


@dataclass(frozen=True)
class Haplotypes:
    """The genome around an indel, without and with it; `start` is the genome's position (0-based) of the first base.

    before   bases from the left that both share; behind: bases from the right
    """

    start: int
    ref: np.ndarray
    alt: np.ndarray
    before: int
    behind: int

    @property
    def slide(self) -> int:
        """How far the indel can be moved to the right without another sequence coming of it."""
        return self.before + self.behind - min(len(self.ref), len(self.alt))

    def reach(self, length: int) -> tuple[int, int]:
        """Starts from which a read of so many bases tells the genome, and the indel.

        A read across either end of what only one haplotype has tells it. Where the aligner clips an insertion, half of
        the read must fit the genome on one side for it to be placed there (as seen of `bwa mem`).
        """
        longer = abs(len(self.alt) - len(self.ref))
        plain = length - 2 * DECIDED - self.slide
        if len(self.alt) < len(self.ref):
            return min(plain + longer, 2 * plain), plain
        return plain, plain + longer if longer <= OPENED else min(plain + longer, length - 2 * DECIDED)


def haplotypes(fasta, chrom: str, pos: int, ref: str, alt: str) -> Haplotypes:
    """Of an indel (1-based, with its anchor base)."""
    start = max(0, pos - 1 - FLANK)
    end = min(pos - 1 + len(ref) + FLANK, fasta.get_reference_length(chrom))
    text = fasta.fetch(chrom, start, end).upper()
    at = pos - 1 - start
    plain, changed = (_codes(one) for one in (text, text[:at] + alt + text[at + len(ref) :]))
    return Haplotypes(start, plain, changed, _shared(plain, changed), _shared(plain[::-1], changed[::-1]))


def _codes(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("ascii"), np.uint8)


def _shared(one, other) -> int:
    size = min(len(one), len(other))
    differ = np.flatnonzero(one[:size] != other[:size])
    return int(differ[0]) if len(differ) else size


def told(bam, fasta, one: Allele, min_base_quality: int, min_mapping_quality: int) -> Told | None:
    """Reads of an allele in an open alignment file; None where reads are too short to tell."""
    pair = haplotypes(fasta, one.chrom, one.pos, one.ref, one.alt)
    found = _placed(bam, pair, one.chrom, min_mapping_quality)
    if not found:
        return Told((0, 0), (0, 0), [])
    records, left, right = zip(*found, strict=True)
    parts = (slice(first, first + AT_ONCE) for first in range(0, len(found), AT_ONCE))
    lead = np.concatenate([_lead(records[one], left[one], right[one], pair, min_base_quality) for one in parts])
    length = float(np.median([record.query_length for record in records]))
    plain, changed = pair.reach(length)
    spanned = plain >= LEAST_REACH * length
    if changed < LEAST_REACH * length or not (spanned or len(pair.alt) > len(pair.ref)):
        return None
    best = {}
    for number, record in enumerate(records):  # of two mates the one that tells more
        if abs(lead[number]) >= DECIDED:
            before = best.get(record.query_name)
            if before is None or abs(lead[number]) > abs(lead[before]):
                best[record.query_name] = number
    strands, carriers = np.zeros((2, 2)), []
    for number in best.values():
        record, changed_read = records[number], int(lead[number] > 0)
        strands[changed_read, int(record.is_reverse)] += 1
        if changed_read:
            nearest = _to_end(record, left[number], right[number], pair)
            carriers.append(Carrier(record.query_name, nearest, record.mapping_quality))
    plain_reads = strands[0] * changed / plain if spanned else np.maximum(_across(records, pair) - strands[1], 0)
    ref, alt = (tuple(np.rint(one).astype(int).tolist()) for one in (plain_reads, strands[1]))
    return Told(ref, alt, carriers)


def _across(records, pair: Haplotypes) -> np.ndarray:
    """Fragments on each strand that lie across the end of what a repeat repeats: of every molecule, with it or not."""
    point, strands, seen = pair.start + pair.before, np.zeros(2), set()
    for record in records:
        if record.reference_start <= point - DECIDED and record.reference_end >= point + DECIDED:
            strands[int(record.is_reverse)] += record.query_name not in seen
            seen.add(record.query_name)
    return strands


def count_anew(one: Allele, bams, fasta, settings: dict) -> list[list[Carrier]] | None:
    """Put what the reads tell of an indel in place of its counts; the carriers at each sample.

    bams       open alignment files, one per sample
    settings   the config's `dna` section
    None, and nothing changed, where the reads of a sample are too short to tell
    """
    limits = settings["min_base_quality"], settings["min_mapping_quality"]
    found = []
    for bam in bams:
        found.append(told(bam, fasta, one, *limits))
        if found[-1] is None:
            return None
    one.ref_forward, one.ref_reverse = np.array([each.ref for each in found]).T
    one.alt_forward, one.alt_reverse = np.array([each.alt for each in found]).T
    one.depth = one.ref_count + one.alt_count
    return [each.carriers for each in found]


def _placed(bam, pair: Haplotypes, chrom: str, min_mapping_quality: int) -> list:
    """(record, left anchor, right anchor) of the reads around an indel; an anchor is (position, base of the read)."""
    first, last = pair.start + len(pair.ref) - pair.behind, pair.start + pair.before  # what both share begins, ends
    removed = max(0, len(pair.ref) - len(pair.alt))
    low, high = first - removed, last + removed
    found = []
    for record in bam.fetch(chrom, max(0, low - 1), high + 1):
        if record.flag & SKIPPED or record.mapping_quality < min_mapping_quality or not record.query_length:
            continue
        blocks = _blocks(record)
        if not blocks:
            continue
        left = next((one for one in reversed(blocks) if one[0] < low), blocks[0])
        right = next((one for one in blocks if one[0] + one[2] > high), blocks[-1])
        left = (left[0], left[1]) if left[0] < pair.start + pair.before else None
        right_end = right[0] + right[2] - 1
        right = (right_end, right[1] + right[2] - 1) if right_end >= pair.start + len(pair.ref) - pair.behind else None
        if left or right:
            found.append((record, left, right))
    return found


def _blocks(record) -> list[tuple]:
    """(position in the genome, base of the read, length) of each stretch that is aligned without a gap."""
    at, base, found = record.reference_start, 0, []
    for operation, length in record.cigartuples or ():
        if operation in _MATCH:
            if found and found[-1][0] + found[-1][2] == at and found[-1][1] + found[-1][2] == base:
                found[-1] = (*found[-1][:2], found[-1][2] + length)
            else:
                found.append((at, base, length))
            at, base = at + length, base + length
        elif operation in (_DELETION, _SKIP):
            at += length
        elif operation in (_INSERTION, _SOFT):
            base += length
    return found


def _lead(records, left, right, pair: Haplotypes, min_base_quality: int) -> np.ndarray:
    """By how much each read fits the genome with the indel better than without it."""
    bases, masked = _matrix(records, min_base_quality)
    alt, ref = (_score(bases, masked, left, right, pair, one) for one in (pair.alt, pair.ref))
    return alt - ref


def _matrix(records, min_base_quality: int) -> tuple[np.ndarray, np.ndarray]:
    """(bases, those that count nothing: of low quality or beyond the read), reads x longest read."""
    size = max(record.query_length for record in records)
    bases, masked = np.zeros((len(records), size), np.uint8), np.ones((len(records), size), bool)
    for number, record in enumerate(records):
        length = record.query_length
        bases[number, :length] = _codes(record.query_sequence)
        qualities = record.query_qualities
        masked[number, :length] = False if qualities is None else np.asarray(qualities) < min_base_quality
    return bases, masked


def _score(bases, masked, left, right, pair: Haplotypes, haplotype) -> np.ndarray:
    """The better score of each read on a haplotype, from its left or its right anchor outwards."""
    column = np.arange(bases.shape[1])
    grown = len(haplotype) - len(pair.ref)
    result = np.zeros(len(bases), int)
    for anchors, towards, shift in ((left, 1, 0), (right, -1, grown)):
        rows = np.array([number for number, one in enumerate(anchors) if one is not None], int)
        if not len(rows):
            continue
        place, base = np.array([anchors[number] for number in rows]).T
        at = place[:, None] - pair.start + shift + column - base[:, None]
        beyond = (at < 0) | (at >= len(haplotype)) | masked[rows]
        same = haplotype[np.clip(at, 0, len(haplotype) - 1)] == bases[rows]
        points = np.where(same, 1, MISMATCH)
        points[beyond | ((column - base[:, None]) * towards < 0)] = 0
        steps = np.cumsum(points if towards > 0 else points[:, ::-1], axis=1)
        result[rows] = np.maximum(result[rows], steps.max(axis=1))
    return result


def _to_end(record, left, right, pair: Haplotypes) -> int:
    """Bases from the indel to the nearest end of a read, by the anchor that leaves more."""
    places = []
    if left is not None:
        places.append(left[1] + pair.start + pair.before - left[0])
    if right is not None:
        places.append(right[1] - (right[0] - (pair.start + len(pair.ref) - pair.behind)))
    return max(0, *(min(at, record.query_length - at) for at in places))
