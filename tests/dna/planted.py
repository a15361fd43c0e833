"""Families of reads with planted errors: damage of one strand, PCR by its cycles, the sequencer by its qualities.

Written as a BAM as the aligner would write it (every read at its true place, RX set), so that what is measured is the
consensus alone. A family's reads of one strand stem from the first three cycles of PCR by a tree of eight leaves: an
error of cycle k is in all reads of one of the 2^k branches. Later cycles err in single reads.
"""

from dataclasses import dataclass

import numpy as np

BASES = np.frombuffer(b"ACGT", np.uint8)
QUALITIES, SHARES = np.array([37, 25, 12], np.uint8), (0.9, 0.07, 0.03)


@dataclass(frozen=True)
class Rates:
    """Errors per base: damage of one strand before barcodes, one cycle of PCR; and of a barcode's base per read."""

    damage: float = 5e-5
    cycle: float = 1e-5
    cycles: int = 12
    barcode: float = 1e-3


def contig(length: int, seed: int) -> np.ndarray:
    """Codes 0 to 3 of a random contig."""
    return np.random.default_rng(seed).integers(0, 4, length).astype(np.uint8)


def both_ends(genome, start, insert, read: int):
    """(left, right) reads (n, read) in the direction of sequencing, without errors, as codes."""
    left = genome[start[:, None] + np.arange(read)]
    right = 3 - genome[(start + insert - 1)[:, None] - np.arange(read)]
    return left, right


def write_bam(path, genome, molecules: int, seed: int, *, family: float = 4.0, read: int = 100, rates=Rates()) -> dict:
    """Write the reads of so many duplex molecules, sorted by place; barcodes of six bases at each end.

    family    mean pairs per molecule (gamma-Poisson, at least one), each from either strand by a fair coin
    Returns   {"templates", "errors", "bases"}: pairs written, wrong bases among all of their bases
    """
    import pysam

    rng, totals = np.random.default_rng(seed), {"templates": 0, "errors": 0, "bases": 0}
    top = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": "c1", "LN": len(genome)}]}
    top["RG"] = [{"ID": "L1", "SM": "S", "LB": "S"}]
    unsorted = f"{path}.unsorted.bam"
    with pysam.AlignmentFile(unsorted, "wb", header=top, format_options=[b"level=1"]) as bam:
        for first in range(0, molecules, 5000):
            _write(bam, rng, genome, min(5000, molecules - first), first, family, read, rates, totals)
    pysam.sort("--no-PG", "-l", "1", "-o", str(path), unsorted)
    return totals


def _write(bam, rng, genome, molecules, first, family, read, rates, totals):
    start = rng.integers(0, len(genome) - 400, molecules)
    insert = np.clip(rng.normal(170, 20, molecules), read, 350).astype(int)
    size = 1 + rng.poisson(rng.gamma(2.0, (family - 1) / 2, molecules))
    owner = np.repeat(np.arange(molecules), size)
    strand = rng.integers(0, 2, len(owner))
    leaf = rng.integers(0, 8, len(owner))
    barcode = rng.integers(0, 4, (molecules, 12))[owner]
    barcode = (barcode + _wrong(rng, barcode.shape, rates.barcode)) % 4
    truth = np.stack(both_ends(genome, start, insert, read), 1)  # molecule, end, base
    # errors of a branch: (molecule, strand, branch of cycle 0 (the strand itself) to 3)
    raw = truth[owner].copy()
    for cycle, rate in enumerate((rates.damage, *[rates.cycle] * 3)):
        hits = rng.poisson(molecules * 2 * 2**cycle * 2 * read * rate)
        where = [rng.integers(0, top, hits) for top in (molecules, 2, 2**cycle, 2, read)]
        order = np.argsort(where[0], kind="stable")
        begins = np.searchsorted(owner, where[0][order])
        ends = np.searchsorted(owner, where[0][order], "right")
        for hit, begin, end in zip(order.tolist(), begins.tolist(), ends.tolist(), strict=True):
            rows = np.arange(begin, end)
            rows = rows[(strand[rows] == where[1][hit]) & (leaf[rows] >> (3 - cycle) == where[2][hit])]
            at = where[3][hit], where[4][hit]
            raw[rows, at[0], at[1]] = (raw[rows, at[0], at[1]] + 1 + hit % 3) % 4
    quality = rng.choice(QUALITIES, raw.shape, p=SHARES)
    single = 10.0 ** (-quality.astype(float) / 10) + (rates.cycles - 3) * rates.cycle
    raw = (raw + (rng.random(raw.shape) < single) * rng.integers(1, 4, raw.shape)) % 4
    totals["templates"] += len(owner)
    totals["errors"] += int((raw != truth[owner]).sum())
    totals["bases"] += raw.size
    for number, one in enumerate(owner.tolist()):
        text = BASES[barcode[number]].tobytes().decode()
        _pair(
            bam, f"m{first + one}r{number}", start[one], insert[one], strand[number], raw[number], quality[number], text
        )


def _wrong(rng, shape, rate):
    return (rng.random(shape) < rate) * rng.integers(1, 4, shape)


def _pair(bam, name, start, insert, strand, codes, quality, barcode):
    import pysam

    length = codes.shape[1]
    starts = (int(start), int(start + insert - length))
    texts = (BASES[codes[0]], BASES[3 - codes[1]][::-1])
    qualities = (quality[0], quality[1][::-1])
    for end in (0, 1):
        record = pysam.AlignedSegment(bam.header)
        record.query_name, record.reference_id, record.reference_start = name, 0, starts[end]
        record.flag = 0x3 | (0x10 if end else 0x20) | (0x40 if end == strand else 0x80)
        record.query_sequence = texts[end].tobytes().decode()
        record.query_qualities_str = (qualities[end] + 33).astype(np.uint8).tobytes().decode()
        record.cigarstring, record.mapping_quality = f"{length}M", 60
        record.next_reference_id, record.next_reference_start = 0, starts[1 - end]
        record.template_length = int(insert) * (-1 if end else 1)
        record.set_tags([("RG", "L1", "Z"), ("MC", f"{length}M", "Z"), ("RX", f"{barcode[:6]}-{barcode[6:]}", "Z")])
        bam.write(record)
