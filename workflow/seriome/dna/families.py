"""Families: the reads of one molecule, found by where they lie and what their barcodes say.

Templates (pairs or single reads) of one molecule start, clipped bases counted, at the same place on the same strand,
at both ends. `samtools sort --template-coordinate` brings them beside each other within bounded memory; only the
templates of one place are held at a time. Among them barcodes are joined by `umi.directional`. Left and right are the
ends by their place on the genome; strand 0 has its read 1 on the left, strand 1 on the right. Two barcodes (`A-B`, the
left one first) name both strands of a duplex, which so are one molecule; with one barcode each strand is its own.
Positions are 0-based.
"""

from collections import Counter
from dataclasses import dataclass

from seriome.dna.umi import directional

COMPLEMENT = bytes.maketrans(b"ACGT", b"TGCA")


@dataclass
class Molecule:
    """The reads of one molecule.

    barcode    the commonest of the family, as in RX
    place      (contig number, 5' end, reverse) of the left end and, of pairs, of the right end
    templates  (strand, reads, barcode) with a read per end: (bases, Phred qualities, indels), bytes in the direction of
               sequencing and ((offset, operation, length), ...) of the alignment, clipped bases counted
    """

    barcode: str
    place: tuple
    templates: list


def molecules(bam, counts: Counter):
    """Molecules of a BAM sorted by template coordinate (with the tags RX, MC).

    counts    is added to: `templates`, and of these `unplaced` (an end is unmapped or missing), which are left out
    """
    place, here = None, []
    for where, *template in _templates(bam, counts):
        if where != place:
            yield from _of_place(place, here)
            place, here = where, []
        here.append(template)
    yield from _of_place(place, here)


def _of_place(place, templates):
    """Molecules of the templates at one place, in the order in which they first come."""
    if len(templates) == 1:
        yield Molecule(templates[0][2], place, templates)
        return
    counts = {}
    for strand, _, barcode in templates:
        side = counts.setdefault(2 if "-" in barcode else strand, {})
        side[barcode] = side.get(barcode, 0) + 1
    source, found = {side: directional(of_side) for side, of_side in counts.items()}, {}
    for template in templates:
        strand, _, barcode = template
        side = 2 if "-" in barcode else strand
        found.setdefault((side, source[side][barcode]), []).append(template)
    for (_, barcode), members in found.items():
        yield Molecule(barcode, place, members)


def _templates(bam, counts: Counter):
    """(place, strand, reads, barcode) of every template of which all ends are placed."""
    held = None
    for record in bam:
        flag = record.flag
        if flag & 0x900:
            continue
        if not flag & 0x1:
            counts["templates"] += 1
            if flag & 0x4:
                counts["unplaced"] += 1
                continue
            where, read = _end(record, flag)
            yield (where,), 0, (read,), _barcode(record)
            continue
        if held is None or held.query_name != record.query_name:
            counts["templates"] += 1
            counts["unplaced"] += held is not None
            held = record
            continue
        if (flag | held.flag) & 0x4:
            counts["unplaced"] += 1
        else:
            first, second = (held, record) if held.flag & 0x40 else (record, held)
            (one, read1), (two, read2) = _end(first, first.flag), _end(second, second.flag)
            if two < one:
                yield (two, one), 1, (read2, read1), _barcode(record)
            else:
                yield (one, two), 0, (read1, read2), _barcode(record)
        held = None
    counts["unplaced"] += held is not None


def _barcode(record) -> str:
    return record.get_tag("RX") if record.has_tag("RX") else ""


def _end(record, flag: int):
    """((contig number, 5' end, reverse), (bases, qualities, indels)) of one read."""
    cigar, reverse = record.cigartuples, bool(flag & 0x10)
    bases, qualities = record.query_sequence.encode(), record.query_qualities.tobytes()
    if reverse:
        bases, qualities = bases[::-1].translate(COMPLEMENT), qualities[::-1]
        clipped = cigar[-1][1] if cigar[-1][0] in (4, 5) else 0
        five = record.reference_end - 1 + clipped
    else:
        five = record.reference_start - (cigar[0][1] if cigar[0][0] in (4, 5) else 0)
    indels = ()
    if len(cigar) > 1 and any(0 < operation < 4 for operation, _ in cigar):
        indels, at = [], 0
        for operation, length in reversed(cigar) if reverse else cigar:
            if 0 < operation < 4:
                indels.append((at, operation, length))
            at += length if operation in (0, 1, 4, 7, 8) else 0
        indels = tuple(indels)
    return (record.reference_id, five, reverse), (bases, qualities, indels)
