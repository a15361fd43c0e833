"""`bwa mem` inside `pybwa`: reads to alignments, in memory.

Batches are of a fixed number of bases (as `bwa mem -K`), so that the result does not depend on the threads; a batch is
what is held in memory. pybwa 2.3.2 leaves out the flag bits 0x2 (proper pair), 0x40 and 0x80 (first, second of pair),
and 0x20 beside an unplaced mate; they are set here, 0x2 by bwa's own rule: both ends on one contig, in an orientation
whose insert sizes could be estimated from this batch, and within its bounds (`mem_pestat` and `mem_infer_dir` of bwa
0.7.17). Of a further part of a read on the other strand than the first it keeps the bases of the wrong end; they are
taken from the whole read here.
Source: Li 2013, Aligning sequence reads, clone sequences and assembly contigs with BWA-MEM, arXiv:1303.3997
"""

import numpy as np

from seriome.dna.tools import COMPLEMENT

BATCH_BASES = 10_000_000
# bwa's bounds for insert sizes, bwamem_pair.c
MIN_RATIO, MIN_COUNT, MIN_SHARE = 0.8, 10, 0.05
OUTLIER, MAPPING, DEVIATIONS, LARGEST = 2.0, 3.0, 4.0, 10_000
FR = 1
HARD = 5  # operation of a CIGAR


def aligned(genome, batches, *, ends: int, threads: int = 1):
    """The alignments of each end of each template, in the order of the batches: lists of `ends` lists of records.

    genome    FASTA with the index of `index.bwa_index` beside it
    batches   (reads, tags): pysam.FastxRecord, mates beside each other, BATCH_BASES bases of them; for each read its
              tags (name, value, type), which its alignments get
    ends      2 for pairs, 1 for single reads
    """
    import pybwa

    options = pybwa.BwaMemOptions(threads=threads)
    options.interleaved_paired_end = ends == 2
    options.chunk_size = 2**30 // threads  # pybwa multiplies it by the threads, in 32 bits; our batches are smaller
    aligner = pybwa.BwaMem(prefix=str(genome))
    for reads, tags in batches:
        found = aligner.align(reads, options)
        if ends == 2:
            _set_pairs(found)
        for records, own in zip(found, tags, strict=True):
            _set_bases(records)
            for record in records:
                for tag in own:
                    record.set_tag(*tag)
        for first in range(0, len(found), ends):
            yield found[first : first + ends]


def _set_bases(records) -> None:
    """Bases and qualities of the parts of a read that are cut short (hard clips), from its primary alignment."""
    if len(records) < 2:
        return
    whole = primary(records)
    for record in records:
        first, last = record.cigartuples[0], record.cigartuples[-1]
        if whole is None or HARD not in (first[0], last[0]):
            continue
        bases, qualities = whole.query_sequence, whole.query_qualities
        if (record.flag ^ whole.flag) & 0x10:
            bases, qualities = bases[::-1].translate(COMPLEMENT), qualities[::-1]
        start = first[1] if first[0] == HARD else 0
        end = len(bases) - (last[1] if last[0] == HARD else 0)
        record.query_sequence, record.query_qualities = bases[start:end], qualities[start:end]


def primary(records):
    """The primary alignment of a read, or None when it is unmapped."""
    for record in records:
        if not record.flag & 0x904:
            return record
    return None


def _five_prime(record) -> int:
    """Where a read's first aligned base lies (0-based), on its own strand."""
    return record.reference_end - 1 if record.flag & 0x10 else record.reference_start


def _direction(one, two):
    """(orientation, distance) of a pair as bwa infers it: 0 FF, 1 FR, 2 RF, 3 RR; None when it has none."""
    if one is None or two is None or one.reference_id != two.reference_id:
        return None
    reverse1, reverse2 = bool(one.flag & 0x10), bool(two.flag & 0x10)
    sign = -1 if reverse1 else 1  # seen along the strand of read 1
    ahead = (_five_prime(two) - _five_prime(one)) * sign
    return (0 if reverse1 == reverse2 else 1) ^ (0 if ahead > 0 else 3), abs(ahead)


def _unique(record) -> bool:
    """Its second-best score is well below its best, so that it may speak for the insert size."""
    return record.has_tag("XS") and record.get_tag("XS") <= MIN_RATIO * record.get_tag("AS")


def insert_bounds(pairs) -> dict[int, tuple[int, int]]:
    """Bounds of the insert size of proper pairs for each orientation that has enough pairs (bwa's mem_pestat).

    pairs    (orientation, distance) of pairs whose two ends are placed uniquely
    """
    sizes = {d: sorted(size for way, size in pairs if way == d and 0 < size <= LARGEST) for d in range(4)}
    most, bounds = max(map(len, sizes.values())), {}
    for way, values in sizes.items():
        n = len(values)
        if n < MIN_COUNT or n < most * MIN_SHARE:
            continue
        quarter, three = (values[int(share * n + 0.499)] for share in (0.25, 0.75))
        low = max(1, int(quarter - OUTLIER * (three - quarter) + 0.499))
        high = int(three + OUTLIER * (three - quarter) + 0.499)
        kept = np.array([size for size in values if low <= size <= high], float)
        mean, deviation = kept.mean(), kept.std()
        low = int(quarter - MAPPING * (three - quarter) + 0.499)
        high = int(three + MAPPING * (three - quarter) + 0.499)
        low = min(low, int(mean - DEVIATIONS * deviation + 0.499))
        high = max(high, int(mean + DEVIATIONS * deviation + 0.499))
        bounds[way] = (max(1, low), high)
    return bounds


def _set_pairs(found) -> None:
    """Set the flags that pybwa leaves out."""
    mains = [primary(records) for records in found]
    pairs = [_direction(*mains[i : i + 2]) for i in range(0, len(mains), 2)]
    bounds = insert_bounds(
        [pair for i, pair in enumerate(pairs) if pair and _unique(mains[2 * i]) and _unique(mains[2 * i + 1])]
    )
    for i, pair in enumerate(pairs):
        proper = pair is not None and pair[0] in bounds and bounds[pair[0]][0] <= pair[1] <= bounds[pair[0]][1]
        for which in (0, 1):
            for record in found[2 * i + which]:
                record.flag |= 0x1 | (0x80 if which else 0x40) | (0x2 if proper else 0)
                if record.flag & 0x18 == 0x18:  # bwa lays an unplaced mate beside its read, on the same strand
                    record.flag |= 0x20
