"""Segments: stretches of the genome over which no sample of a patient changes its copies, all samples together.

Two tracks are cut at once: log2 ratios of bins, and how far heterozygous SNPs are from one half. Each chromosome is cut
exactly, by dynamic programming, over blocks of bins, at the least sum of squares in all samples plus a low price per
breakpoint (Jackson et al. 2005, IEEE Signal Process Lett 12:105, doi:10.1109/LSP.2001.838216). What that cuts too fine
is joined again, the most alike neighbours first, unless the samples together speak against it; a sample counts only
with what it says beyond a threshold, so that many samples without a change do not drown the one that has it. Cuts are
then moved to the bin where they are best. The samples share the normal and so its noise, which would pass for a change
in all of them: their correlation is estimated from neighbours and taken out first.

Of a segment's SNPs it is not known which allele lies on which chromosome of the pair; but it is the same in all
samples. The sample with the clearest imbalance tells, and what it tells is used in the others: an imbalance of a few
per cent in a poor sample shows where a rich one gives the phases.

Positions are 0-based, half-open; those of SNPs 1-based.
"""

import itertools
from dataclasses import dataclass, replace

import numpy as np

BLOCKS = 300  # most blocks per chromosome
PRICE = 6.0  # of a breakpoint in the first cut, nats
JOIN, HEARD = 9.0, 2.0  # nats that keep neighbours apart; that a sample must say to be heard
SYSTEMATIC = 0.03  # log2: differences of neighbours that waves and protocols make, not copies
DELTA = np.linspace(-0.5, 0.5, 201)  # share of the allele that lies on the chromosome with more copies, less 1/2
BLUR = 0.012  # sd of the error of that share that is common to a segment's SNPs
CLIP = 4.0  # standard deviations beyond which a bin does not count
LEAST_DEPTH = 10  # reads of a SNP below which it is left out in that sample


@dataclass(frozen=True)
class Tracks:
    """What was measured of a patient: B bins, J heterozygous SNPs, S samples; sorted by chromosome and place.

    chrom, start, end   (B,) of bins;  ratio, variance  (B, S) log2 ratio to the normal, NaN where not measured
    snp_chrom, snp_pos  (J,);  alt, depth  (J, S) reads of the changed allele, of both
    bias, precision     share of the changed allele's reads where the alleles are equal; of the beta-binomial reads
    """

    samples: tuple
    chrom: np.ndarray
    start: np.ndarray
    end: np.ndarray
    ratio: np.ndarray
    variance: np.ndarray
    snp_chrom: np.ndarray
    snp_pos: np.ndarray
    alt: np.ndarray
    depth: np.ndarray
    bias: float = 0.5
    precision: float = 300.0


@dataclass(frozen=True)
class Segments:
    """G segments in S samples.

    ratio, error   (G, S) mean log2 ratio and its standard error (counting and scatter of bins; nothing systematic)
    curve          (G, S, len(DELTA)) log likelihood of the imbalance, up to a constant; in the sample with the clearest
                   it is symmetric, in the others positive means: on the same side as there
    bins, snps     (G,) how many lie within
    """

    chrom: np.ndarray
    start: np.ndarray
    end: np.ndarray
    bins: np.ndarray
    snps: np.ndarray
    ratio: np.ndarray
    error: np.ndarray
    curve: np.ndarray

    def __len__(self):
        return len(self.chrom)

    def of(self, chrom, position) -> np.ndarray:
        """Index of the segment that holds each 0-based place, or lies nearest on its chromosome; -1 without one."""
        found = np.full(len(chrom), -1)
        for name in np.unique(self.chrom):
            mine, here = np.flatnonzero(chrom == name), np.flatnonzero(self.chrom == name)
            at = np.searchsorted(self.start[here], position[mine], side="right") - 1
            found[mine] = here[np.clip(at, 0, None)]
        return found

    def part(self, samples) -> "Segments":
        """The same segments for some of the samples (indexes); positive imbalance is what these mostly have."""
        curve = self.curve[:, samples]
        turned = np.argmax(curve.sum(axis=1), axis=1) < len(DELTA) // 2
        curve = np.where(turned[:, None, None], curve[:, :, ::-1], curve)
        return replace(self, ratio=self.ratio[:, samples], error=self.error[:, samples], curve=curve)


def segment(tracks: Tracks) -> Segments:
    """The segments of a patient. The order of the samples does not matter."""
    good = np.isfinite(tracks.ratio)
    weight = np.where(good, 1 / np.where(good, tracks.variance, 1), 0)
    ratio = np.where(good, tracks.ratio, 0)
    shared = correlation(tracks, weight, ratio)
    white, white_weight, floor = _whitened(weight, ratio, shared)
    far, far_weight = _folded(tracks)
    snps = {name: np.flatnonzero(tracks.snp_chrom == name) for name in dict.fromkeys(tracks.chrom)}

    def gain(name, edges):
        at = np.searchsorted(tracks.start[edges[1:-1]], tracks.snp_pos[snps[name]] - 1, side="right")
        away = _counted(far_weight[snps[name]], far[snps[name]], at, len(edges) - 1)
        return _gain([_summed(white_weight, white, edges), away])

    cuts, width = [], {}  # (chrom, first bin, last bin + 1) of segments; bins of a block
    for name in snps:
        here = np.flatnonzero(tracks.chrom == name)
        first, last = here[0], here[-1] + 1
        blocks = np.unique(np.linspace(first, last, min(BLOCKS, last - first) + 1).round().astype(int))
        width[name] = int(np.ceil((last - first) / (len(blocks) - 1)))
        edges = blocks[_cut(gain(name, blocks))]
        cuts += [(name, int(a), int(b)) for a, b in itertools.pairwise(edges)]
    sums = tracks, white_weight, white, floor, far, far_weight
    cuts = _joined(cuts, *sums)
    for one in range(len(cuts) - 1):  # each cut to the bin at which it is best
        (name, low, at), (other, _, high) = cuts[one : one + 2]
        if name == other:
            near = np.arange(max(low + 1, at - width[name]), min(high, at + width[name] + 1))
            best = gain(name, np.concatenate([[low], near, [high]]))
            at = int(near[np.argmax(best[0, 1:-1] + best[1:-1, -1])])
            cuts[one : one + 2] = [(name, low, at), (name, at, high)]
    return _summary(_joined(cuts, *sums), tracks, weight, ratio, shared)


def correlation(tracks: Tracks, weight, ratio) -> np.ndarray:
    """(S, S) correlation of the samples' noise, from differences of neighbours: they share the normal and its noise.

    A sample without reads is correlated with none.
    """
    same = tracks.chrom[1:] == tracks.chrom[:-1]
    both = (weight[1:] > 0) & (weight[:-1] > 0)
    with np.errstate(divide="ignore"):
        sd = np.sqrt(1 / weight[1:] + 1 / weight[:-1])
    step = np.where(both, np.clip(np.diff(ratio, axis=0) / sd, -3, 3), 0)[same]
    found = step.T @ step
    size = np.sqrt(np.diag(found))
    found = np.divide(found, np.outer(size, size), out=np.eye(len(found)), where=np.outer(size, size) > 0)
    return 0.95 * found + 0.05 * np.eye(len(found))


def _whitened(weight, ratio, shared):
    """Ratios turned so that their noise is independent in each column, near the sample it stems from; their weights

    (B, S), and what SYSTEMATIC is in them (S,). The symmetric root of the inverse does not know the samples' order.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.sqrt([1 / np.median(w[w > 0]) if (w > 0).any() else 1.0 for w in weight.T])
        part = np.median(np.where(weight > 0, weight * scale**2, np.nan), axis=1) if len(weight) else weight[:, 0]
    values, vectors = np.linalg.eigh(shared)
    root = vectors / np.sqrt(values) @ vectors.T
    measured = (weight > 0).any(axis=0)
    part = np.where(((weight > 0) == measured).all(axis=1), np.nan_to_num(part), 0)
    floor = np.sqrt((root**2) @ (SYSTEMATIC / scale) ** 2)
    return ratio / scale @ root, part[:, None] * measured, floor


def _folded(tracks: Tracks):
    """(J, S) distance of the SNPs from equal alleles, less what noise alone gives, and its weight."""
    alt, other = tracks.alt / tracks.bias, (tracks.depth - tracks.alt) / (1 - tracks.bias)
    covered = tracks.depth >= LEAST_DEPTH
    share = np.divide(alt, alt + other, out=np.full(alt.shape, 0.5), where=covered)
    variance = 0.25 * (1 / np.maximum(tracks.depth, 1) + 1 / tracks.precision)
    return np.abs(share - 0.5) - np.sqrt(variance * 2 / np.pi), np.where(covered, 1 / variance, 0)


def _summed(weight, value, blocks):
    """Running sums over blocks (m + 1, S) of weights and weighted values."""
    zero = np.zeros((1, weight.shape[1]))
    return tuple(np.vstack([zero, np.cumsum(x, axis=0)])[blocks - blocks[0]] for x in (
        weight[blocks[0] : blocks[-1]], (weight * value)[blocks[0] : blocks[-1]]
    ))  # fmt: skip


def _counted(weight, value, block, blocks):
    """The same from values that each lie in one of the blocks."""
    sums = np.zeros((2, blocks + 1, weight.shape[1]))
    np.add.at(sums[0], block + 1, weight)
    np.add.at(sums[1], block + 1, weight * value)
    return tuple(np.cumsum(sums, axis=1))


def _gain(sums) -> np.ndarray:
    """(m + 1, m + 1) of edges a < b: what a mean of its own for the bins between them gains, in nats."""
    found = 0.0
    for weight, weighted in sums:
        below = weight[None] - weight[:, None]
        part = weighted[None] - weighted[:, None]
        found = found + 0.5 * np.divide(part**2, below, out=np.zeros_like(part), where=below > 0).sum(axis=2)
    return found


def _cut(gain) -> list[int]:
    """Edges of the best partition of the blocks, exactly."""
    blocks = len(gain) - 1
    best, before = np.zeros(blocks + 1), np.zeros(blocks + 1, int)
    for end in range(1, blocks + 1):
        total = best[:end] + gain[:end, end] - PRICE
        before[end] = np.argmax(total)
        best[end] = total[before[end]]
    edges = [blocks]
    while edges[-1]:
        edges.append(int(before[edges[-1]]))
    return edges[::-1]


def _joined(edges, tracks, weight, ratio, systematic, far, far_weight) -> list:
    """Neighbours that no sample tells apart made one, the most alike first."""
    rows = []
    for name, first, last in edges:
        a, b = _snps_of(tracks, name, first, last, first == 0 or tracks.chrom[first - 1] != name)
        rows.append(
            [
                name,
                first,
                last,
                weight[first:last].sum(0),
                (weight * ratio)[first:last].sum(0),
                far_weight[a:b].sum(0),
                (far_weight * far)[a:b].sum(0),
            ]
        )

    def apart(one, two):
        if one[0] != two[0]:
            return np.inf
        said = 0.0
        for (w, x), floor in (((3, 4), systematic), ((5, 6), BLUR)):
            both = (one[w] > 0) & (two[w] > 0)
            u, v = np.where(both, one[w], 1), np.where(both, two[w], 1)
            said = said + np.where(both, 0.5 * (one[x] / u - two[x] / v) ** 2 / (1 / u + 1 / v + 2 * floor**2), 0)
        return np.maximum(said - HEARD, 0).sum()

    gaps = [apart(one, two) for one, two in itertools.pairwise(rows)]
    while gaps and min(gaps) < JOIN:
        at = int(np.argmin(gaps))
        one, two = rows[at], rows.pop(at + 1)
        rows[at] = [one[0], one[1], two[2], *(x + y for x, y in zip(one[3:], two[3:], strict=True))]
        gaps.pop(at)
        for near in (at - 1, at):
            if 0 <= near < len(gaps):
                gaps[near] = apart(rows[near], rows[near + 1])
    return [tuple(row[:3]) for row in rows]


def _snps_of(tracks, name, first, last, leads) -> tuple[int, int]:
    """Range of the SNPs from a segment's first bin to the next segment's; the first one takes those before it, too."""
    here = np.flatnonzero(tracks.snp_chrom == name)
    if not len(here):
        return 0, 0
    low = -1 if leads else tracks.start[first]
    ends = last == len(tracks.chrom) or tracks.chrom[last] != name
    high = np.inf if ends else tracks.start[last]
    a, b = np.searchsorted(tracks.snp_pos[here] - 1, [low, high], side="left")
    return int(here[0] + a), int(here[0] + b)


def _summary(edges, tracks, weight, ratio, shared) -> Segments:
    """Segments with means and curves. Where samples share noise, their errors are widened until the sum over samples

    of what they say may be taken as if they did not: by the mean row of their correlation.
    """
    groups, samples = len(edges), len(tracks.samples)
    measured = (weight > 0).any(axis=0)
    widen = np.sqrt(np.clip(shared[measured][:, measured].sum() / max(measured.sum(), 1), 1, None))
    mean, error = np.full((groups, samples), np.nan), np.full((groups, samples), np.nan)
    member = np.full(len(tracks.snp_pos), -1)
    for g, (name, first, last) in enumerate(edges):
        w, x = weight[first:last], ratio[first:last]
        with np.errstate(invalid="ignore", divide="ignore"):
            middle = np.nanmedian(np.where(w > 0, x, np.nan), axis=0) if (w > 0).any() else np.full(samples, np.nan)
            w = np.where(np.abs(x - middle) * np.sqrt(w) <= CLIP, w, 0) if last - first > 4 else w
            mean[g] = (w * x).sum(0) / w.sum(0)
            spread = (w * (x - mean[g]) ** 2).sum(0) / np.maximum((w > 0).sum(0) - 1, 1)
            error[g] = widen * np.sqrt(np.maximum(spread, 1) / w.sum(0))
        a, b = _snps_of(tracks, name, first, last, g == 0 or edges[g - 1][0] != name)
        member[a:b] = g
    place = np.array([[first, last - 1] for _, first, last in edges]).reshape(-1, 2)
    return Segments(
        np.array([name for name, _, _ in edges]),
        tracks.start[place[:, 0]],
        np.maximum.accumulate(tracks.end)[place[:, 1]] if groups == 0 else tracks.end[place[:, 1]],
        place[:, 1] - place[:, 0] + 1,
        np.bincount(member[member >= 0], minlength=groups),
        mean,
        error,
        imbalance(tracks, member, groups),
    )


def imbalance(tracks: Tracks, member, groups: int) -> np.ndarray:
    """Curves of `Segments`. Reads of an allele are taken as normal around their expected share, variance as of the

    beta-binomial; the phases that samples seen before told enter at the likeliest imbalance of each.
    member  (J,) the segment of every SNP, -1 for none
    """
    samples = len(tracks.samples)
    curve = np.zeros((groups, samples, len(DELTA)))
    kept = np.flatnonzero(member >= 0)
    if not len(kept):
        return curve
    group, alt, depth = member[kept], tracks.alt[kept], tracks.depth[kept]
    starts = np.flatnonzero(np.append(True, group[1:] != group[:-1]))
    present = group[starts]

    def plus(s):  # (J', D) log likelihood of each imbalance where the changed allele is on the chromosome with more
        share = np.clip(0.5 + DELTA, 0.002, 0.998)
        share = share * tracks.bias / (share * tracks.bias + (1 - share) * (1 - tracks.bias))
        reads = np.maximum(depth[:, s, None], 1).astype(np.float32)
        variance = (share * (1 - share)).astype(np.float32) * (1 / reads + np.float32(1 / tracks.precision))
        variance += 0.25 / reads**2
        miss = (alt[:, s, None] / reads - share.astype(np.float32)) ** 2 / variance
        like = -0.5 * (np.minimum(miss, 25) + np.log(variance))  # far out it is the SNP that is wrong
        return np.where(depth[:, s, None] >= LEAST_DEPTH, like, 0)

    likely = [plus(s) for s in range(samples)]
    alone = np.stack([np.add.reduceat(np.logaddexp(one, one[:, ::-1]), starts) for one in likely], axis=1)
    middle = len(DELTA) // 2
    clear = alone.max(axis=2) - alone[:, :, middle]
    order = np.argsort(-clear, axis=1, kind="stable")
    blur = np.exp(-0.5 * ((DELTA[:, None] - DELTA) / BLUR) ** 2)
    blur /= blur.sum(axis=0)
    odds = np.zeros(len(kept))
    lookup = np.searchsorted(present, group)
    for rank in range(samples):
        of = order[lookup, rank]
        mine = np.empty_like(likely[0])
        for s in range(samples):
            mine[of == s] = likely[s][of == s]
        right, wrong = -np.logaddexp(0, -odds)[:, None], -np.logaddexp(0, odds)[:, None]
        found = np.add.reduceat(np.logaddexp(right + mine, wrong + mine[:, ::-1]), starts)
        if rank == 0:
            found[:, :middle] = found[:, :middle:-1]
        best = np.argmax(found[:, middle:], axis=1) + middle if rank == 0 else np.argmax(found, axis=1)
        top = found.max(axis=1, keepdims=True)
        with np.errstate(divide="ignore"):
            found = np.log(np.maximum(np.exp(found - top) @ blur, 1e-30))
        curve[present, order[:, rank]] = found
        at = best[lookup]
        odds = odds + mine[np.arange(len(kept)), at] - mine[np.arange(len(kept)), len(DELTA) - 1 - at]
    return curve
