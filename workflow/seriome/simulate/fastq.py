"""Fragments to pairs of reads: which bases of a fragment are read, what comes before and behind, errors, qualities.

Sequencing errors are those that the qualities announce. Files are byte-equal for equal arguments, and names tell
nothing of a read's origin.
"""

import re
from dataclasses import dataclass

import numpy as np

from seriome.files import gzip_writer

CHUNK = 40_000  # pairs made at once
LONGEST, SHORTEST = 600, 40  # of a fragment, bases
ADAPTERS = (  # what follows a short insert in read 1 and 2: Illumina's TruSeq adapters
    b"AGATCGGAAGAGCACACGTCTGAACTCCAGTCAC",
    b"AGATCGGAAGAGCGTCGTGTAGGGAAAGAGTGT",
)
SPACER = "TGACTGAC"  # the skipped bases of a read structure
# Qualities as a two-colour Illumina sequencer bins them, with their share of bases in the middle of a read
QUALITIES, LOW_SHARES = (37, 25, 11), (0.05, 0.007)
BASES = np.frombuffer(b"ACGT", np.uint8)

COMPLEMENT = np.zeros(256, np.uint8)
COMPLEMENT[list(b"ACGTN")] = list(b"TGCAN")
_OTHERS = np.zeros((256, 3), np.uint8)  # the three wrong bases of each base
for _base in b"ACGT":
    _OTHERS[_base] = [other for other in b"ACGT" if other != _base]


@dataclass(frozen=True)
class Fragments:
    """Lengths of the fragments: (mean, standard deviation, share) of each peak, in bases."""

    peaks: tuple[tuple[float, float, float], ...]

    def draw(self, rng, n: int) -> np.ndarray:
        means, sds, shares = map(np.array, zip(*self.peaks, strict=True))
        peak = rng.choice(len(shares), n, p=shares / shares.sum())
        return np.clip(np.rint(rng.normal(means[peak], sds[peak])), SHORTEST, LONGEST).astype(np.int64)


@dataclass(frozen=True)
class Written:
    """What went into the files: pairs of reads, the molecules they came from, how many molecules have how many pairs,
    and how many molecules have pairs of both strands. Of RNA: for each fusion the pairs that lie over its junction with
    JOINED bases or more on either side."""

    pairs: int
    molecules: int
    families: dict[int, int]
    duplex: int
    joined: tuple[int, ...] = ()


class Pool:
    """Sequences end to end, and behind them their reverse complement, so that a read of either strand is one slice."""

    def __init__(self, forward: np.ndarray):
        self.size = len(forward)
        tail = np.full(LONGEST, ord("N"), np.uint8)
        self.bases = np.concatenate([forward, COMPLEMENT[forward[::-1]], tail])

    def read(self, start, insert, from_right, length: int) -> np.ndarray:
        """n x length bases from the left end of the fragments or, reversed, from the right one."""
        first = np.where(from_right, 2 * self.size - start - insert, start)
        return np.lib.stride_tricks.sliding_window_view(self.bases, length)[first]


def write_pairs(
    path1,
    path2,
    rng,
    pool,
    start,
    insert,
    flip,
    *,
    read_length,
    seed,
    level,
    error_rate,
    prefixes=((), ()),
    barcodes=None,
    damage=None,
) -> None:
    """Write pairs; read 1 begins at the left end of a fragment or, where `flip`, at the right one.

    barcodes   for the left and the right end, n x bases; damage   (place within the insert or -1, forward base)
    """
    with gzip_writer(path1, level) as file1, gzip_writer(path2, level) as file2:
        for low in range(0, len(start), CHUNK):
            rows = slice(low, low + CHUNK)
            right, sizes = flip[rows], insert[rows]
            n = len(right)
            ends = [np.zeros((n, 0), np.uint8)] * 2 if barcodes is None else [one[rows] for one in barcodes]
            same = ends[0].shape == ends[1].shape
            for mate, file in ((0, file1), (1, file2)):
                from_right = right if mate == 0 else ~right
                # a duplex barcode belongs to an end of the molecule, a one-sided one to the read
                own = np.where(from_right[:, None], ends[1], ends[0]) if same else ends[mate]
                other = np.where(from_right[:, None], ends[0], ends[1]) if same else ends[1 - mate]
                before = _prefix(prefixes[mate], own)
                length = read_length - before.shape[1]
                body = pool.read(start[rows], sizes, from_right, length)
                if damage is not None:
                    _put_damage(body, [one[rows] for one in damage], sizes, from_right)
                short = np.flatnonzero(sizes < length)
                if len(short):
                    behind = COMPLEMENT[_prefix(prefixes[1 - mate], other[short])[:, ::-1]]
                    _put_adapter(body, short, sizes, behind, ADAPTERS[mate])
                bases = np.concatenate([before, body], axis=1)
                qualities = _sequence(rng, bases, error_rate, worse=1.25 if mate else 0.75)
                file.write(_records(bases, qualities, seed, low, mate + 1))


def read_structure(umi: str | None) -> list[list[tuple[int, str]]]:
    """[(size, kind), ...] before the template of read 1 and of read 2."""
    prefixes = [[(int(n), kind) for n, kind in re.findall(r"(\d+)([MS])", one)] for one in (umi or "+T").split()]
    return prefixes if len(prefixes) == 2 else [prefixes[0], []]


def barcode_length(prefix) -> int:
    return sum(size for size, kind in prefix if kind == "M")


def _prefix(structure, barcode: np.ndarray) -> np.ndarray:
    """The bases before the template: barcode bases and skipped ones, as the read structure has them."""
    columns, at = [barcode[:, :0]], 0
    for size, kind in structure:
        if kind == "M":
            columns.append(barcode[:, at : at + size])
            at += size
        else:
            skipped = np.frombuffer((SPACER * (size // len(SPACER) + 1))[:size].encode(), np.uint8)
            columns.append(np.broadcast_to(skipped, (len(barcode), size)))
    return np.concatenate(columns, axis=1)


def _put_damage(body, damage, sizes, from_right) -> None:
    place, base = damage
    column = np.where(from_right, sizes - 1 - place, place)
    hit = np.flatnonzero((place >= 0) & (column < body.shape[1]))
    body[hit, column[hit]] = np.where(from_right[hit], COMPLEMENT[base[hit]], base[hit])


def _put_adapter(body, short, sizes, behind, adapter) -> None:
    """Behind a short insert: the barcode of its other end, the adapter, then G, which is no signal in two colours."""
    tail = np.full((len(short), body.shape[1]), ord("G"), np.uint8)
    fixed = np.frombuffer(adapter, np.uint8)
    tail[:, : behind.shape[1]] = behind[:, : tail.shape[1]]
    room = tail[:, behind.shape[1] : behind.shape[1] + len(fixed)]
    room[:] = fixed[: room.shape[1]]
    column = np.arange(body.shape[1]) - sizes[short][:, None]
    rows = np.take_along_axis(tail, np.maximum(column, 0), axis=1)
    body[short] = np.where(column >= 0, rows, body[short])


def _sequence(rng, bases, error_rate: float, worse: float) -> np.ndarray:
    """Qualities (ASCII) of the bases; errors are put into `bases` in place.

    A base has one of three qualities, the low ones more often towards the end of a read; it is wrong with just the
    chance that its quality states. The share of low qualities is set so that `error_rate` comes out on average.
    """
    n, length = bases.shape
    ramp = np.linspace(0.4, 1.6, length) * worse
    chance = np.array([10 ** (-quality / 10) for quality in QUALITIES])
    low = np.array(LOW_SHARES)
    scale = max((error_rate - chance[0]) / float((low * (chance[1:] - chance[0])).sum()), 0.0)
    best = min(chance[0], error_rate)
    worst_share = np.minimum(low[1] * scale * ramp, 0.3).astype(np.float32)
    low_share = np.minimum((low[0] + low[1]) * scale * ramp, 0.9).astype(np.float32)
    drawn = rng.random((n, length), np.float32)
    poor, fair = drawn < worst_share, drawn < low_share
    qualities = np.full((n, length), QUALITIES[0] + 33, np.uint8)
    qualities[fair] = QUALITIES[1] + 33
    qualities[poor] = QUALITIES[2] + 33
    wrong = (drawn < worst_share * np.float32(chance[2])) | (
        ~poor & (drawn < worst_share + (low_share - worst_share) * np.float32(chance[1]))
    )
    wrong |= ~fair & (drawn < low_share + (1 - low_share) * np.float32(best))
    places = np.flatnonzero(wrong)
    flat = bases.reshape(-1)
    flat[places] = _OTHERS[flat[places], rng.integers(0, 3, len(places))]
    return qualities


def _records(bases, qualities, seed: int, first: int, mate: int) -> bytes:
    """FASTQ records of one length, numbered from `first`; bases before qualities, each n x length."""
    n, length = bases.shape
    head = f"@SIM:1:F{seed % 10**10:010d}:1:1101:00000:00000 {mate}:N:0:1\n".encode()
    row = head + bytes(length) + b"\n+\n" + bytes(length) + b"\n"
    block = np.tile(np.frombuffer(row, np.uint8), (n, 1))
    number = np.arange(first, first + n)
    at = head.index(b"00000:00000 ")
    for column, power in zip((at, *range(at + 1, at + 5), *range(at + 6, at + 11)), range(9, -1, -1), strict=True):
        block[:, column] = number // 10**power % 10 + ord("0")
    block[:, len(head) : len(head) + length] = bases
    block[:, len(head) + length + 3 : -1] = qualities
    return block.tobytes()
