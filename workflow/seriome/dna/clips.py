"""Clips: indels that the aligner shows in no read, only as reads that are clipped at one base.

`bwa mem` clips a read rather than open a gap of some twenty-five bases or more. Where several reads are clipped at one
base, what they agree on is sought nearby: what continues behind the break tells a deletion, what stands before it a
tandem duplication, what is new an insertion. The reads of what is found are counted by `realign`.

Positions are 0-based, but in the alleles that come of them, as in VCF. Limits: indels of up to NEAR bases; insertions
of new sequence that two clips span together; nothing in repeats, where a clip fits several places.
Source: Ye et al. 2009 (Pindel, breakpoints from reads that align in part), Bioinformatics 25:2865,
doi:10.1093/bioinformatics/btp394
"""

import tempfile
from collections import Counter, defaultdict

from seriome.dna.realign import SKIPPED
from seriome.dna.tools import Regions, samtools

CLIP, JUNCTION, NEAR = 12, 3, 400  # bases of a clip; clipped reads at one place; bases within which the rest is sought
MOST = 200  # clips at one place that are looked at
TAIL, OVERLAP, HOMOLOGY = 8, 10, 10  # bases of the genome at a clip's end, that two clips share, between two breaks
_SOFT = 4


def clipped(bams, genome, regions, min_mapping_quality: int) -> list[tuple]:
    """Indels (chrom, pos, ref, alt), not left-aligned, that several clipped reads of the samples agree on; sorted.

    Where at least JUNCTION reads of one sample are clipped at one base, what most of them say is sought in the genome
    nearby. Found behind the break it is a deletion; before it, a tandem duplication; and where the genome behind the
    break comes within the clip, or clips of both sides overlap, an insertion.

    bams, regions   indexed alignment files; Regions within which a break must lie
    """
    import pysam

    found = set()
    with pysam.FastaFile(str(genome)) as fasta:
        for bam in bams:
            sides = {1: {}, -1: {}}
            for (chrom, at, side), clips in _breaks(bam, regions, min_mapping_quality).items():
                clip = sides[side][chrom, at] = _agreed(clips, side)
                found.add(_resolved(fasta, chrom, at, side, clip))
            for (chrom, at), clip in sides[1].items():
                for shift in range(-HOMOLOGY, HOMOLOGY + 1):
                    if other := sides[-1].get((chrom, at + shift)):
                        found.add(_joined(fasta, chrom, at, clip, at + shift, other))
    return sorted(found - {None})


def _breaks(bam, regions: Regions, min_mapping_quality: int) -> dict:
    """{(chrom, position behind the break, side of the clip): clips, MOST at most} of JUNCTION reads or more."""
    import pysam

    found = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        part = f"{folder}/clipped.bam"
        samtools(
            *("view", "-b", "-q", min_mapping_quality, "-F", SKIPPED, "-e", f"sclen >= {CLIP}", "-o", part, bam),
        )
        with pysam.AlignmentFile(part, "rb") as file:
            for record in file.fetch(until_eof=True):
                operations, text = record.cigartuples, record.query_sequence
                ends = ((-1, operations[0], record.reference_start), (1, operations[-1], record.reference_end))
                for side, (operation, length), at in ends:
                    if operation != _SOFT or length < CLIP or (record.reference_name, at) not in regions:
                        continue
                    clips = found[record.reference_name, at, side]
                    if len(clips) < MOST:
                        clips.append(text[-length:] if side > 0 else text[:length])
    return {place: clips for place, clips in found.items() if len(clips) >= JUNCTION}


def _agreed(clips, side: int) -> str:
    """What most clips say at each base from the break on, as far as two clips reach."""
    rows = [clip[::side] for clip in clips]
    reach = sorted(map(len, rows))[-2]
    columns = (Counter(row[at] for row in rows if at < len(row)) for at in range(reach))
    return "".join(max(sorted(column), key=column.get) for column in columns)[::side]


def _resolved(fasta, chrom: str, at: int, side: int, clip: str) -> tuple | None:
    """The indel that a clip at a break speaks of; None where the genome nearby does not explain it.

    at   0-based: first base behind the aligned part (side 1), or first base of it (side -1)
    """
    start, end = max(1, at - NEAR), min(at + NEAR, fasta.get_reference_length(chrom))
    text = fasta.fetch(chrom, start, end).upper()
    if side < 0:  # seen from the other end all is the same: mirror it, resolve, mirror back
        mirrored = _spoken_of(text[::-1], end - at, clip[::-1])
        if mirrored is None:
            return None
        first, removed, added = len(text) - mirrored[0] - mirrored[1], mirrored[1], mirrored[2][::-1]
    else:
        spoken = _spoken_of(text, at - start, clip)
        if spoken is None:
            return None
        first, removed, added = spoken
    if first < 1 or not set(text[first - 1 : first + removed] + added) <= set("ACGT"):
        return None
    before = text[first - 1]
    return chrom, start + first, before + text[first : first + removed], before + added


def _joined(fasta, chrom: str, at: int, clip: str, other_at: int, other: str) -> tuple | None:
    """The insertion between the genome before `at` and from `other_at` on, from overlapping clips of both sides."""
    left = fasta.fetch(chrom, max(0, at - len(other)), at).upper()
    right = fasta.fetch(chrom, other_at, other_at + len(clip)).upper()
    one, two = left + clip, other + right  # each clip with the genome that it is clipped from
    for place in range(1, len(one) - OVERLAP + 1):
        shared = min(len(one) - place, len(two))
        if one.startswith(two[:shared], place):
            whole = one[:place] + two if shared < len(two) else one
            added = whole[len(left) : len(whole) - len(right)]
            again = fasta.fetch(chrom, other_at, at).upper() if other_at < at else ""
            before = fasta.fetch(chrom, at - 1, max(at, other_at)).upper()
            sound = len(added) > 0 and set(before + added + again) <= set("ACGT")
            return (chrom, at, before, before[0] + added + again) if sound else None
    return None


def _spoken_of(text: str, at: int, clip: str) -> tuple[int, int, str] | None:
    """(place, bases removed, bases added) of a clip that follows text[:at]."""
    head = clip[: 2 * CLIP]
    places = [place for place in _all(text, head) if place != at]
    if len(places) == 1:
        return (at, places[0] - at, "") if places[0] > at else (at, 0, text[places[0] : at])
    if places or len(text) < at + len(clip):
        return None
    behind = clip.find(text[at : at + CLIP], 1)
    if behind < 0:  # fewer bases of it, at the very end
        behind = next((b for b in range(1, len(clip) - TAIL + 1) if text.startswith(clip[b:], at)), -1)
    return (at, 0, clip[:behind]) if behind > 0 else None


def _all(text: str, what: str) -> list[int]:
    places, at = [], text.find(what)
    while at >= 0:
        places.append(at)
        at = text.find(what, at + 1)
    return places
