"""Purity: which cluster is the founder, and the share of cancer cells that its reads speak for.

Sources: the founder as the anchor of purity, Carter et al. 2012, doi:10.1038/nbt.2203, and Tarabichi et al. 2021,
doi:10.1038/s41592-020-01013-2 (what goes wrong when the anchor does). In what follows `settings` are the model's.
"""

from dataclasses import dataclass, replace

import numpy as np

from seriome.clones import detection, scatter
from seriome.clones.cluster import mix
from seriome.clones.copies import states
from seriome.clones.likelihood import (
    Counts,
    Grid,
    expected_vaf,
    interval,
    log_evidence,
    log_likelihood,
    outlier,
    tensor,
)
from seriome.clones.mixture import Mixture, data, entropy_of_joining, prior_of_joining
from seriome.clones.sample import bounds
from seriome.special import betaincinv, log_ndtr

# Which cluster is the founder: costs in nats. A mutation above it in some sample may lie on more copies than thought or
# be an artefact; a founder with few of many mutations is unlikely.
ABOVE_COST, SMALL_COST, SMALL, FOUNDER_MANY = 3.0, 8.0, 0.15, 6
RULED_OUT = 4.0  # standard deviations between the purity stated and the one that the founder asks for
TOO_LOW = 0.7  # and the part of the stated purity below which the founder's reads speak for two founders
MOVED = 0.1  # difference between the two that is worth a warning
EMPTY = 0.01  # share of the mutations below which a founder holds next to nothing
TAIL = 3  # degrees of freedom of a stated purity's error: mostly small, sometimes the wrong solution of a caller
ANCHORS = 400  # founder mutations that a first look at purity rests on


@dataclass(frozen=True)
class Stated:
    """Purities as they were stated, each (S,): value, NaN where none was, and sd, its standard deviation."""

    value: np.ndarray
    sd: np.ndarray

    def of(self, samples) -> "Stated":
        return Stated(self.value[samples], self.sd[samples])

    @property
    def all(self) -> bool:
        return bool(np.isfinite(self.value).all())

    def log_prior(self, purity):
        """Log prior of purities (..., S) or, of one sample, (n,), Student's t, without its constant; 0 without one."""
        scale = self.sd * np.sqrt((TAIL - 2) / TAIL)
        found = -0.5 * (TAIL + 1) * np.log1p(((purity - self.value) / scale) ** 2 / TAIL)
        return np.where(np.isfinite(self.value), found, 0.0)


def founder_of(counts, copy_number, error, grid, settings, stated: Stated, warnings):
    """(mutation, weight, copies, total, normal, samples) of the cluster that is highest in every sample."""
    mutations, samples = counts.alt.shape
    index, everywhere = np.arange(mutations), np.arange(samples)
    if copy_number.changed is not None and copy_number.changed.any():
        if copy_number.changed.all():
            detail = "every mutation lies in a gene of changed copy number: two copies were assumed to find the founder"
            warnings.say("no_diploid_mutation", detail)
        else:
            index = np.flatnonzero(~copy_number.changed)
    if len(index) > 2 * ANCHORS:
        index = np.sort(np.random.default_rng(settings.seed).permutation(index)[: 2 * ANCHORS])
    part = Counts(tuple(counts.mutations[one] for one in index), counts.samples, counts.alt[index], counts.depth[index])
    scale, wide = stated.value, np.ones(part.alt.shape)
    if not stated.all:
        least = betaincinv(part.alt + 0.5, part.depth - part.alt + 0.5, 0.05)
        highest = np.where((part.depth > 0) & (part.alt > 0), least, 0).max(axis=0)
        scale = np.clip(2.6 * highest, 2e-4, 1)  # a ceiling on 2 x VAF, and so on purity
    if not stated.all or copy_number.major is None:
        ways = states(wide, wide, 2 * wide, error[index])
        ways = ways.rows(np.isfinite(ways.elsewhere))
    else:
        cells = (x[index] for x in (copy_number.major, copy_number.minor, copy_number.normal))
        second = None if copy_number.part is None else tuple(x[index] for x in copy_number.part)
        ways = states(*cells, error[index], second)
    one = data(tensor(part, ways, scale, grid, scatter.START), ways, outlier(part))
    mixture = mix(one, grid, founder=False, seed=settings.seed)
    if mixture.out.mean() > 0.5:  # reads beyond what any clone of this purity could show: the founder's, all the same
        one = replace(one, outlier=np.full(len(index), -1e9))
        mixture = mix(one, grid, founder=False, seed=settings.seed)
    member = mixture.memberships(one)
    mean, lower, upper = interval(mixture.posterior, grid)
    spread = (upper - lower) / 3.92
    sizes = member.sum(axis=0)
    price = np.where((sizes >= SMALL * len(index)) | (len(index) < FOUNDER_MANY), 0.0, SMALL_COST)
    for k in range(len(sizes)):
        gap = (mean[k] - mean) / np.sqrt(spread[k] ** 2 + spread**2 + 0.02**2)
        others = np.delete(np.minimum(-log_ndtr(gap).sum(axis=1), ABOVE_COST * sizes), k)
        price[k] += others.sum()
    best = int(np.argmin(price))
    above = [
        part.samples[s]
        for _, s in zip(*np.nonzero(mean - 1.96 * spread > mean[best] + 1.96 * spread[best] + 0.05), strict=True)
    ]
    if above:
        warnings.say(
            "founder_not_highest",
            f"in {', '.join(sorted(set(above)))} some mutations lie above the founder cluster: more than one founder, "
            "or a copy number that was not seen",
        )
    return index[ways.mutation], mixture.rows[:, best], np.abs(ways.copies), ways.total, ways.normal, everywhere


def purity_of(counts, anchor, error_rate, precision, stated: Stated) -> dict:
    """Per sample: purity (posterior mean, 95 % interval), whether the founder is detected.

    Prior: that of the stated purity, uniform without one.
    """
    mutation, weight, copies, total, normal, columns = anchor
    keep = np.flatnonzero(weight > 0.02)  # not the surest alone: those are the ones whose reads lie high by chance
    mutation, weight, copies, total, normal = (x[keep] for x in (mutation, weight, copies, total, normal))
    sure = weight > 0.5 if (weight > 0.5).any() else weight >= weight.max(initial=0)
    samples = len(counts.samples)
    place = {int(s): column for column, s in enumerate(columns)}
    found = {key: np.full(samples, np.nan) for key in ("value", "lower", "upper", "limit", "own")}
    found |= {"detected": np.zeros(samples, bool), "reads": np.zeros(samples, int), "depth": np.zeros(samples, int)}
    for s in range(samples):
        column = place.get(s, 0)  # copies of a sample without tumour are not known; those of another say the limit
        alt, depth, errors = counts.alt[mutation, s], counts.depth[mutation, s], error_rate[mutation, s]
        covered = depth > 0
        pooled, at_depth = int(alt[sure].sum()), int(depth[sure].sum())
        found["reads"][s], found["depth"][s] = pooled, at_depth
        background = float((depth * errors)[sure].sum())
        least = min(2, int((covered & sure).sum()))
        here = copies[:, column]
        found["limit"][s] = detection.limit(float((depth * here / 2)[sure].sum()), background, max(least, 1))
        seen = int(((alt > 0) & sure).sum())
        by_error = float(detection.probability_by_error(pooled, background))
        if not covered.any() or seen < least or by_error >= detection.ALPHA:
            continue
        found["detected"][s] = True
        points, rows = np.geomspace(1e-5, 1, 200), np.flatnonzero(covered)
        for some in (rows[:: 1 + len(rows) // ANCHORS], rows):
            cells = (x[some, column, None] for x in (total, normal))
            vaf = expected_vaf(1, points, here[some, None], *cells, errors[some, None])
            curve = log_likelihood(alt[some, None], depth[some, None], vaf, precision)
            curve = (weight[some, None] * curve).sum(axis=0) + np.log(np.gradient(points))
            found["own"][s] = points[np.argmax(curve - np.log(np.gradient(points)))]
            curve = curve + stated.of(s).log_prior(points)
            mass = np.exp(curve - curve.max())
            mass /= mass.sum()
            likely = np.flatnonzero(mass > 1e-7 * mass.max())
            last = points
            points = np.linspace(points[max(likely[0] - 1, 0)], points[min(likely[-1] + 1, len(points) - 1)], 100)
        below = np.cumsum(mass)
        found["value"][s] = mass @ last
        found["lower"][s] = last[np.argmax(below >= 0.025)]
        found["upper"][s] = last[np.argmax(below >= 0.975)]
    return found


def ruled_out(found, stated: Stated, counts, warnings) -> bool:
    """Does the cluster that would be the founder ask for a purity that the stated one rules out?"""
    seen = found["detected"]
    apart = np.abs(found["own"] - stated.value)
    spread = np.hypot(stated.sd, (found["upper"] - found["lower"]) / 3.92)
    out = seen & (apart > RULED_OUT * spread) & (found["own"] < TOO_LOW * stated.value)
    if out.any():
        worst = ", ".join(
            f"{counts.samples[s]} (purity {stated.value[s]:.2f}, the highest cluster asks for {found['own'][s]:.2f})"
            for s in np.flatnonzero(out)
        )
        warnings.say(
            "no_founder",
            f"no cluster is at CCF 1 in {worst}: several founders, or a wrong purity; CCFs are as the stated purity "
            "has them",
        )
        return True
    for s in np.flatnonzero(seen & (apart > MOVED)):
        warnings.say(
            "purity_moved",
            f"{counts.samples[s]}: purity stated {stated.value[s]:.2f}, the founder's reads ask for "
            f"{found['own'][s]:.2f}; {found['value'][s]:.2f} was used",
        )
    return False


def as_stated(counts, stated: Stated, found) -> dict:
    """Purities as they were stated, where no founder can correct them. Covered samples with purity take part."""
    part = (counts.depth > 0).any(axis=0) & (stated.value > 0)
    kept = {key: np.where(part, stated.value, np.nan) for key in ("value", "lower", "upper")}
    return found | kept | {"detected": part}


def anchor_of(mixture: Mixture, one, grid: Grid, purity, stated: Stated) -> list[int]:
    """The clusters that are the founder, 0 among them: those that at another purity fit better as one with it.

    Where the fit cuts the founder in two, its upper part alone would pull purity up, and more so each round. Joined,
    the reads choose one CCF per sample, which is then 1 at a purity lower by that factor (its prior included).
    """
    sizes = mixture.rows.sum(axis=0)
    height = (mixture.posterior @ grid.fine).mean(axis=1)
    evidence = log_evidence(mixture.curves, grid).sum(axis=1)
    evidence[0] = mixture.curves[0, :, -1].sum()
    away = stated.log_prior(purity * grid.fine[:, None]).T  # (S, F)
    away = away - away[:, -1:]
    joined = [0]
    for k in 1 + np.argsort(-height[1:], kind="stable"):
        curve = mixture.curves[[*joined, k]].sum(axis=0)
        apart = (mixture.curves[joined].sum(axis=0) + away).max(axis=1).sum() + evidence[k]
        n, left = sizes[joined].sum(), len(sizes) - len(joined) + 1
        gain = (curve + away).max(axis=1).sum() - apart
        gain += prior_of_joining(n, sizes[k], left, sizes.sum(), one.samples)
        gain += entropy_of_joining(mixture.rows[:, joined].sum(axis=1), mixture.rows[:, k])
        if gain <= 0 and n >= EMPTY * sizes.sum():
            break
        joined.append(int(k))
    return joined


def drawn_purity(purity, informative, height) -> dict:
    """The purities with mean and bounds of the draws (T, S of the samples that inform).

    Bounds hold those of before, too: draws stay near the fit (`sample.HEIGHTS`), and few reads leave more open.
    """
    drawn = purity["value"][informative] * height
    new = {key: purity[key].copy() for key in ("value", "lower", "upper")}
    lower, upper = bounds(drawn)
    new["value"][informative] = drawn.mean(axis=0)
    new["lower"][informative] = np.minimum(lower, purity["lower"][informative])
    new["upper"][informative] = np.maximum(upper, purity["upper"][informative])
    return purity | new
