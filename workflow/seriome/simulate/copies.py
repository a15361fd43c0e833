"""Copies: one patient's bins and SNPs as reads, drawn from copy numbers that are known. For copy number without files.

A tumour is a partition of 22 autosomes into pieces, each with the copies of both alleles in all cancer cells, and some
with other copies in a part of them that differs from sample to sample. Coverage is drawn as of capture: every target
catches its own share of the reads, the same in all samples; each sample adds noise of its own per bin, a curve over GC
content, waves along the chromosomes and counting. Off-target bins hold few reads. Heterozygous SNPs and somatic
mutations lie in the targets.

Of a bin, reads are proportional to  purity * copies + (1 - purity) * 2;  the share of an allele's reads at a SNP is
(purity * its copies + 1 - purity) / (purity * copies + 2 (1 - purity)).
"""

import itertools
from dataclasses import dataclass

import numpy as np

# Mb, rounded, of the chromosomes 1 to 22 of GRCh38, and of their centromeres
LENGTHS = (249, 242, 198, 190, 182, 171, 159, 145, 138, 134, 135, 133, 114, 107, 102, 90, 83, 80, 59, 64, 47, 51)
CENTROMERES = (123, 94, 91, 50, 48, 60, 60, 45, 43, 40, 53, 36, 18, 17, 19, 37, 25, 18, 26, 28, 12, 15)
ONE = {(2, 1): 0.35, (1, 0): 0.35, (2, 0): 0.2, (3, 1): 0.1}
KINDS = {  # (base, share of pieces that changed, to which copies)
    "diploid": ((1, 1), 0.15, ONE),
    "loh": ((1, 1), 0.4, {(1, 0): 0.7, (2, 0): 0.3}),
    "gains": ((1, 1), 0.4, {(2, 1): 0.65, (3, 1): 0.15, (2, 2): 0.1, (1, 0): 0.1}),
    "homozygous": ((1, 1), 0.2, ONE),
    "doubled": ((2, 2), 0.55, {(2, 1): 0.4, (2, 0): 0.25, (3, 2): 0.15, (4, 2): 0.1, (3, 1): 0.05, (1, 0): 0.05}),
    "subclonal": ((1, 1), 0.2, ONE),
    "none": ((1, 1), 0.0, ONE),
    "late": ((1, 1), 0.3, ONE),  # as diploid at first, in the last two of five samples doubled
}
AGAIN = 0.4  # share of pieces that lose a copy after a late doubling
SUBCLONAL = {"subclonal": 0.15, "doubled": 0.05}  # share of pieces with other copies in a part of the cancer cells


@dataclass(frozen=True)
class Size:
    """What was sequenced: targets and their length, off-target bins, SNPs and mutations, mean depths."""

    targets: int
    target_bases: int
    off_target_bases: int
    off_target_reads: float
    snps: int
    mutations: int
    depth: float
    plasma_depth: float
    normal_depth: float


SIZES = {
    "panel": Size(6000, 250, 150_000, 20, 300, 15, 500, 1500, 300),
    "exome": Size(25_000, 1200, 150_000, 40, 8000, 120, 120, 250, 100),
}
READ = 200  # bases of a fragment's reads: reads of a bin = depth * bases / READ
EFFICIENCY, NOISE, WAVE = (
    0.4,
    0.10,
    0.015,
)  # sd of natural logs: of targets (all samples), of bins (each its own), waves
GC_LINE, GC_BEND = 0.08, 0.04  # sd of the slope and bend of a sample's log reads over (GC - 0.45) / 0.1
PRECISION, BIAS, ERROR = 300.0, 0.49, 0.001  # of allele counts; share of the changed allele in a normal; misread bases


@dataclass(frozen=True)
class Made:
    """Counts of a patient and what is true of them; B bins, J SNPs, U mutations, S samples, P pieces.

    piece_*   pieces of the genome: chrom, start, end (0-based, half-open), copies (P, 2, 2) of (first, second
              population; allele), share (P, S) of the cancer cells that are of the second population
    """

    kind: str
    size: str
    samples: tuple
    specimens: tuple
    chrom: np.ndarray
    start: np.ndarray
    end: np.ndarray
    target: np.ndarray
    gc: np.ndarray
    reads: np.ndarray
    normal_reads: np.ndarray
    snp_chrom: np.ndarray
    snp_pos: np.ndarray
    snp_alt: np.ndarray
    snp_depth: np.ndarray
    normal_alt: np.ndarray
    normal_depth: np.ndarray
    mutation_chrom: np.ndarray
    mutation_pos: np.ndarray
    mutation_alt: np.ndarray
    mutation_depth: np.ndarray
    piece_chrom: np.ndarray
    piece_start: np.ndarray
    piece_end: np.ndarray
    copies: np.ndarray
    share: np.ndarray
    purity: np.ndarray

    @property
    def ploidy(self) -> np.ndarray:
        """(S,) mean copies of the cancer cells, by length."""
        total = self.copies.sum(axis=2)
        mean = total[:, :1] * (1 - self.share) + total[:, 1:] * self.share
        weight = self.piece_end - self.piece_start
        return weight @ mean / weight.sum()

    @property
    def changed(self) -> int:
        """Pieces whose copies differ from one of each allele in all cancer cells, in every sample."""
        return int(((self.copies[:, 0] != 1).any(axis=1) & (self.share.max(axis=1) == 0)).sum())


def draw(
    kind: str, size: str, seed: int, *, samples=5, purity=(0.1, 0.9), plasma=False, mutations=True, rough=1.0
) -> Made:
    """A patient. Equal arguments give equal counts.

    kind     one of KINDS;  size  one of SIZES;  purity  range it is drawn from
    plasma   all samples but the first are plasma, tumour fractions log-uniform from 0.01 to 0.5
    rough    times the curves over GC content, the waves and, by its root, the noise of bins
    """
    rng = np.random.default_rng([seed, list(KINDS).index(kind), list(SIZES).index(size), samples, plasma])
    what = SIZES[size]
    pieces, copies = _pieces(kind, rng)
    share = np.zeros((len(pieces), samples))
    for piece in np.flatnonzero(rng.random(len(pieces)) < SUBCLONAL.get(kind, 0.0)):
        step = np.zeros(2, int)
        step[rng.integers(2)] = rng.choice([-1, 1])
        copies[piece, 1] = np.maximum(copies[piece, 0] + step, 0)
        share[piece] = rng.beta(1, 1, samples) * (rng.random(samples) < 0.7)
    if kind == "late":
        copies[:, 1] *= 2
        lost = np.flatnonzero(rng.random(len(pieces)) < AGAIN)
        side = rng.integers(0, 2, len(lost))
        copies[lost, 1, side] = np.maximum(copies[lost, 1, side] - 1, 0)
        share[:, round(0.6 * samples) :] = 1
    rho = rng.uniform(*purity, samples)
    specimens = ("tumor",) * samples
    if plasma:
        specimens = ("tumor",) + ("plasma",) * (samples - 1)
        rho[1:] = np.exp(rng.uniform(np.log(0.01), np.log(0.5), samples - 1))
    liquid = np.array(specimens) == "plasma"
    chrom, start, end, target, gc = _bins(what, rng)
    where = _piece_of(pieces, chrom, (start + end) // 2)
    alleles = copies[:, 0, :, None] * (1 - share[:, None]) + copies[:, 1, :, None] * share[:, None]  # (P, 2, S)
    cells = rho * alleles.sum(axis=1) + (1 - rho) * 2
    depth = np.where(liquid, what.plasma_depth, what.depth)
    efficiency = np.where(target, rng.normal(0, EFFICIENCY, len(chrom)), rng.normal(0, 0.2, len(chrom)))

    def counted(level, mean_depth, relative):
        mean = np.where(target, mean_depth * (end - start) / READ, what.off_target_reads * level)
        curve = rng.normal(0, GC_LINE) * (gc - 0.45) / 0.1 + rng.normal(0, GC_BEND) * ((gc - 0.45) / 0.1) ** 2
        curve = rough * curve
        wave = sum(
            np.sqrt(2 / 3)
            * rough
            * WAVE
            * np.sin(2 * np.pi * ((start / 1e6) / period + rng.random() + chrom * rng.random()))
            for period in rng.uniform(8, 60, 3)
        )
        log = efficiency + curve + wave + rng.normal(0, NOISE * np.sqrt(rough), len(chrom))
        return rng.poisson(mean * relative * np.exp(log))

    normal_reads = counted(1.0, what.normal_depth, 1.0)
    mean_cells = (cells[where] * np.where(target, 1, 0)[:, None]).sum(axis=0) / target.sum()
    reads = np.stack(
        [counted(d / what.depth, d, c / m) for d, c, m in zip(depth, cells[where].T, mean_cells, strict=True)], axis=1
    )
    snp = np.sort(rng.choice(np.flatnonzero(target), what.snps, replace=False))
    snp_pos = start[snp] + 1 + rng.integers(0, 100, len(snp))
    side, here = rng.integers(0, 2, len(snp)), where[snp]
    changed = rho * alleles[here, side] + 1 - rho  # DNA of the changed allele per cell
    other = rho * alleles[here, 1 - side] + 1 - rho
    level = cells[here] / mean_cells * np.exp(efficiency[snp])[:, None]
    snp_alt, snp_depth = _alleles(BIAS * changed, (1 - BIAS) * other, depth * level, rng)
    normal = _alleles(np.full((len(snp), 1), BIAS), 1 - BIAS, what.normal_depth * np.exp(efficiency[snp])[:, None], rng)
    count = what.mutations if mutations else 0
    hit = np.sort(rng.choice(np.flatnonzero(target), count, replace=False))
    mutated = _mutated(copies, share, where[hit], rng)
    level = cells[where[hit]] / mean_cells * np.exp(efficiency[hit])[:, None]
    vaf = rho * mutated / cells[where[hit]]
    vaf = vaf * (1 - ERROR) + (1 - vaf) * ERROR
    mutation_alt, mutation_depth = _alleles(vaf, 1 - vaf, depth * level, rng)
    return Made(
        kind, size, tuple(f"S{number}" for number in range(samples)), specimens,
        chrom, start, end, target, gc, reads, normal_reads,
        chrom[snp], snp_pos, snp_alt, snp_depth, normal[0][:, 0], normal[1][:, 0],
        chrom[hit], start[hit] + 1 + rng.integers(0, 100, count), mutation_alt, mutation_depth,
        pieces[:, 0], pieces[:, 1], pieces[:, 2], copies, share, rho,
    )  # fmt: skip


def _pieces(kind, rng):
    """(P, 3) chrom, start, end; copies (P, 2, 2) with equal populations. A tumour that changes has a change."""
    base, rate, to = KINDS[kind]
    rows = []
    for number, (length, centre) in enumerate(zip(LENGTHS, CENTROMERES, strict=True), 1):
        for low, high in ((0, centre), (centre, length)):
            cuts = [low, high]
            if high - low > 30 and rng.random() < 0.4:
                cuts.insert(1, int(rng.integers(low + 8, high - 8)))
            rows += [(number, a * 1_000_000, b * 1_000_000) for a, b in itertools.pairwise(cuts)]
    choices, weights = list(to), np.array(list(to.values()))
    states = np.tile(base, (len(rows), 1))
    changed = rng.random(len(rows)) < rate
    large = np.flatnonzero([high - low > 40_000_000 for _, low, high in rows])
    if rate and not changed[large].any():
        changed[rng.choice(large)] = True
    for row in np.flatnonzero(changed):
        states[row] = choices[rng.choice(len(choices), p=weights / weights.sum())]
        if rng.random() < 0.5:
            states[row] = states[row][::-1]
    if kind == "homozygous":
        for row in rng.choice(large, 2, replace=False):
            number, low, high = rows[row]
            at, width = int(rng.integers(low + 12_000_000, high - 22_000_000)), int(rng.integers(3, 10)) * 1_000_000
            rows[row] = (number, low, at)
            rows += [(number, at, at + width), (number, at + width, high)]
            states = np.vstack([states, (0, 0), states[row]])
    order = sorted(range(len(rows)), key=rows.__getitem__)
    return np.array(rows)[order], np.repeat(states[order][:, None], 2, axis=1)


def _bins(what: Size, rng):
    """chrom, start, end, target, gc of all bins in order; targets cluster in genes, off-target bins tile the rest."""
    lengths = np.array(LENGTHS) * 1_000_000
    genes = what.targets // 10
    home = rng.choice(len(LENGTHS), genes, p=lengths / lengths.sum())
    at = (rng.random(genes) * (lengths[home] - 200_000)).astype(int)
    chrom = np.repeat(home + 1, 10)
    start = np.repeat(at, 10) + np.tile(np.arange(10) * 8000, genes)
    targets = np.stack([chrom, start, start + what.target_bases, np.ones_like(start)], axis=1)
    tiles = [
        (number, low, low + what.off_target_bases, 0)
        for number, length in enumerate(lengths, 1)
        for low in range(0, length - what.off_target_bases, what.off_target_bases)
    ]
    rows = np.vstack([targets, tiles])
    rows = rows[np.lexsort((rows[:, 2], rows[:, 1], rows[:, 0]))]
    region = 0.42 + 0.04 * np.sin(rows[:, 1] / 7e6 + rows[:, 0])
    gc = np.clip(region + np.where(rows[:, 3] == 1, rng.normal(0.05, 0.09, len(rows)), 0), 0.2, 0.8)
    return rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3] == 1, gc


def _piece_of(pieces, chrom, middle):
    """Index of the piece that each place lies in; the last of its chromosome for what lies behind all."""
    first = pieces[:, 0] * 10**10 + pieces[:, 1]
    return np.searchsorted(first, chrom * 10**10 + middle, side="right") - 1


def _mutated(copies, share, piece, rng):
    """Mutated copies per cancer cell (U, S): clonal ones on one copy or, early, all of an allele; others in a part."""
    samples = share.shape[1]
    rows = np.zeros((len(piece), samples))
    parts = rng.beta(1.5, 2.5, (3, samples))  # of three subclones, each its own course
    for number, here in enumerate(piece):
        side = rng.integers(2)
        first, second = copies[here, :, side]
        if rng.random() < 0.6:  # in all cancer cells
            if rng.random() < 0.5 and first > 0:  # before the copies changed
                rows[number] = first * (1 - share[here]) + second * share[here]
            else:
                rows[number] = min(copies[here, 0].sum(), 1)
        elif copies[here, 0].sum() > 0:
            rows[number] = parts[rng.integers(3)]
    return rows


def _alleles(one, other, depth, rng):
    """Reads of one of two alleles and depth, beta-binomial of PRECISION; arrays that broadcast to (N, S)."""
    one, other, depth = np.broadcast_arrays(np.asarray(one, float), other, depth)
    part = np.clip(np.divide(one, one + other, out=np.full(one.shape, 0.5), where=one + other > 0), 1e-4, 1 - 1e-4)
    reads = rng.poisson(depth)
    return rng.binomial(reads, rng.beta(part * PRECISION, (1 - part) * PRECISION)), reads
