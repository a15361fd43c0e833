"""Bins: reads in targets and, in wide bins, between them; their log2 ratios to the normal, GC content corrected for.

Capture lets through some reads from everywhere, so that the space between targets tells copy number too, coarsely
(Talevich et al. 2016, CNVkit, PLoS Comput Biol 12:e1004873, doi:10.1371/journal.pcbi.1004873, whose two kinds of bins
these are). Tumour and normal share most of what makes a target catch more or fewer reads; what is left with GC content
(Benjamini & Speed 2012, Nucleic Acids Res 40:e72, doi:10.1093/nar/gks001) is taken off by a line with bends that is
fitted within windows, so that copies of GC-rich chromosomes stay.
Coordinates are 0-based, half-open.
"""

import itertools

import numpy as np

MOST_BASES = 400  # of a target bin: longer targets are cut
OFF_TARGET = 150_000  # bases of an off-target bin
AWAY = 500  # bases around a target that belong to no off-target bin: reads of fragments that it caught
LEAST_BASES = 0.5  # share of an off-target bin that must be neither N nor near a target
COLUMNS = ["chrom", "start", "end", "target", "gc"]
LEAST_READS = 20  # in the reference, below which a target bin is not measured
WANTED_READS = 100  # off-target bins are joined until their median reads reach this
MOST_JOINED = 20
SURROUNDINGS = 10_000_000  # bases over which a bin's surroundings reach
KNOTS, CLIP = 10, 3.0  # of the line over GC content; standard deviations


def bins_of(contigs, targets, fetch) -> list[tuple]:
    """Rows of COLUMNS, target as 1 or 0: targets in pieces of at most MOST_BASES, off-target bins between them.

    contigs   {name: length};  targets  (chrom, start, end) of what was captured, None for a whole genome: then every
              bin is of the wide kind
    fetch     (chrom, start, end) -> sequence
    gc        share of G and C among the bases that are no N; a bin without any is left out
    """
    from seriome.dna.tools import merged

    near = {}
    for chrom, start, end, *_ in targets or ():
        near.setdefault(chrom, []).append((start, end))
    rows = []
    for chrom, length in contigs.items():
        mine = merged(near.get(chrom, []))
        found = []
        for start, end in mine:
            parts = -(-(end - start) // MOST_BASES)
            cuts = [start + (end - start) * part // parts for part in range(parts + 1)]
            found += [(a, b, 1) for a, b in itertools.pairwise(cuts)]
        edges = [0] + [x for start, end in mine for x in (start - AWAY, end + AWAY)] + [length]
        for low, high in zip(edges[::2], edges[1::2], strict=True):
            if high - low >= OFF_TARGET * LEAST_BASES:
                parts = max(1, round((high - low) / OFF_TARGET))
                cuts = [low + (high - low) * part // parts for part in range(parts + 1)]
                found += [(a, b, 0) for a, b in itertools.pairwise(cuts)]
        for start, end, target in sorted(found):
            text = fetch(chrom, start, end).upper()
            strong, weak = text.count("G") + text.count("C"), text.count("A") + text.count("T")
            if strong + weak >= max(1, (end - start) * (0 if target else LEAST_BASES)):
                rows.append((chrom, start, end, target, f"{strong / (strong + weak):.4f}"))
    return rows


def count(bam, bed, min_mapping_quality: int) -> list[int]:
    """Reads that touch each interval of a BED, in its order; duplicates, secondary and failed reads do not count."""
    import pysam.samtools

    text = pysam.samtools.bedcov("-Q", str(min_mapping_quality), "-c", str(bed), str(bam))
    return [int(line.rsplit("\t", 1)[1]) for line in text.splitlines()]


def read_bins(path):
    """The bins of a BED that `bins_of` gave, as a table of COLUMNS."""
    import pandas as pd

    return pd.read_csv(path, sep="\t", names=COLUMNS, dtype={"chrom": str, "target": bool, "gc": float})


def write_counts(path, bins, reads) -> None:
    """The bins with the reads of one sample, as Parquet."""
    import pyarrow as pa

    from seriome.files import write_parquet

    write_parquet(path, pa.Table.from_pandas(bins.assign(reads=reads), preserve_index=False))


def joined(chrom, start, end, target, gc, reads, normal):
    """The same arrays with off-target bins joined to neighbours until they hold enough reads in every sample.

    reads (B, S);  normal (B, N) of the references. Returns chrom, start, end, target, gc, reads, normal
    """
    away = np.flatnonzero(~target)
    both = np.hstack([reads, normal])[away]
    least = np.median(both, axis=0)[both.sum(axis=0) > 0] if len(away) else np.array([])
    size = int(np.clip(np.ceil(WANTED_READS / max(least.min(initial=WANTED_READS), 1e-9)), 1, MOST_JOINED))
    group = np.zeros(len(away), int)
    for name in np.unique(chrom[away]):
        mine = np.flatnonzero(chrom[away] == name)
        group[mine] = np.arange(len(mine)) // size
    _, lead, label = np.unique(
        np.array([np.unique(chrom, return_inverse=True)[1][away], group]),
        axis=1,
        return_index=True,
        return_inverse=True,
    )
    label, number = label.ravel(), len(lead)
    sums = [np.zeros((number, x.shape[1])) for x in (reads, normal)]
    for total, x in zip(sums, (reads, normal), strict=True):
        np.add.at(total, label, x[away])
    last, mean_gc = np.zeros(number, int), np.bincount(label, gc[away], number) / np.maximum(np.bincount(label), 1)
    np.maximum.at(last, label, end[away])
    on = np.flatnonzero(target)
    columns = [np.append(x[on], x[away][lead]) for x in (chrom, start)]
    columns += [np.append(end[on], last), np.append(target[on], np.zeros(number, bool)), np.append(gc[on], mean_gc)]
    columns += [np.vstack([x[on], total]) for x, total in zip((reads, normal), sums, strict=True)]
    rank = {name: number for number, name in enumerate(dict.fromkeys(chrom))}
    order = np.lexsort((columns[1], [rank[name] for name in columns[0]]))
    return tuple(x[order] for x in columns)


def log_ratios(chrom, start, target, gc, reads, normal):
    """Log2 ratios of bins to the reference, and their variances.

    reads    (B, S);  normal  (B, N) reads of the matched normal and of what else makes the reference; each weighs by
             its reads
    Returns  ratio, variance  (B, S): the mean of 2^ratio is about 1; NaN where the reference has too few reads, or
             the sample none at all
    The variance holds the counting of reads and what bins scatter beyond it, told by neighbours.
    """
    samples = reads.shape[1]
    ratio, variance = np.full(reads.shape, np.nan), np.full(reads.shape, np.nan)
    scaled = [one / max(np.median(one[target if target.any() else ~target]), 1) for one in normal.T if one.sum()]
    if not scaled:
        return ratio, variance
    depth = normal.sum(axis=1).astype(float)
    weight = np.array([one.sum() for one in normal.T if one.sum()], float)
    reference = np.average(scaled, axis=0, weights=weight)
    kinds = [kind for kind in (target, ~target) if kind.any()]
    good = np.where(target, depth >= LEAST_READS, depth >= LEAST_READS / 2) & (reference > 0)
    window = np.unique(np.array([np.unique(chrom, return_inverse=True)[1], start // SURROUNDINGS]), axis=1,
                       return_inverse=True)[1].ravel()  # fmt: skip
    for s in range(samples):
        if not reads[:, s].sum():
            continue
        raw = np.full(len(chrom), np.nan)
        raw[good] = np.log2((reads[good, s] + 0.5) / reference[good])
        for kind in kinds:
            kind = kind & good
            if not kind.any():
                continue
            raw[kind] -= np.median(raw[kind])
            raw[kind] -= _over_gc(gc[kind], raw[kind], window[kind])
        if len(kinds) == 2:
            raw[~target] += _between(raw, target & good, ~target & good, window)
        raw[good] -= np.log2(np.average(2.0 ** raw[good], weights=depth[good]))
        ratio[:, s] = raw
        counting = (1 / np.maximum(reads[:, s], 1) + 1 / np.maximum(depth, 1)) / np.log(2) ** 2
        for kind in kinds:
            here = np.flatnonzero(kind & good)
            step = np.diff(raw[here])[chrom[here][1:] == chrom[here][:-1]]
            scatter = (1.4826 * np.median(np.abs(step))) ** 2 / 2 if len(step) else 0.0
            extra = max(scatter - float(np.median(counting[here])), 0.0) if len(here) else 0.0
            variance[here, s] = counting[here] + extra
    return ratio, variance


def _over_gc(gc, value, window):
    """What GC content adds to the value of every bin: a line with bends at KNOTS, mean 0.

    By least squares within windows, whose own means are free, so that copies that go with GC content over longer
    stretches stay; bins far off the line do not count in the second round.
    """
    if len(value) < 20 * KNOTS:
        return np.zeros(len(value))
    knots = np.unique(np.quantile(gc, np.linspace(0.02, 0.98, KNOTS)))
    hats = np.stack([np.interp(gc, knots, one) for one in np.eye(len(knots))], axis=1)
    label = np.unique(window, return_inverse=True)[1]
    ridge = 1e-3 * np.sqrt(len(value)) * np.diff(np.eye(len(knots)), 2, axis=0)  # against bends that no bin asks for
    height, weight = np.zeros(len(knots)), np.ones(len(value))
    for _ in range(2):
        size = np.maximum(np.bincount(label, weight), 1e-9)
        free = [x - (np.bincount(label, weight * x) / size)[label] for x in (value, *hats.T)]
        inside = np.stack(free[1:], axis=1)
        rows = np.vstack([inside * weight[:, None], ridge, np.full((1, len(knots)), 1e-3)])
        height = np.linalg.lstsq(rows, np.append(free[0] * weight, np.zeros(len(ridge) + 1)), rcond=None)[0]
        left = free[0] - inside @ height
        weight = (np.abs(left) <= CLIP * 1.4826 * np.median(np.abs(left)) + 1e-9).astype(float)
    found = hats @ height
    return found - found.mean()


def _between(raw, on, off, window) -> float:
    """What off-target ratios must be lifted by to agree with the targets of the same surroundings."""
    gaps, weights = [], []
    for name in np.intersect1d(window[on], window[off]):
        a, b = raw[on & (window == name)], raw[off & (window == name)]
        gaps.append(np.median(a) - np.median(b))
        weights.append(min(len(a), len(b)))
    if not gaps:
        return 0.0
    order = np.argsort(gaps, kind="stable")
    below = np.cumsum(np.array(weights)[order])
    return float(np.array(gaps)[order][np.searchsorted(below, below[-1] / 2)])
