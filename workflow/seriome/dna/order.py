"""Are two timepoints of a patient exchanged? Clones that grow and shrink tell, where enough of them do.

Mutations whose fractions go together are taken as one clone. Its share in a sample is its fraction over that of the
mutations seen most often (the tumour's own), so that purity drops out; FLOOR is added for what is below detection.
From one timepoint to the next the log of a share takes a step; steps are normal, of a size that is fitted, measurement
included (BLUR). So the likelihood of an order is that of a random walk, and log10 of the ratio of two orders is

    effective clones x (timepoints - 1) / 2 x log10(squared steps of the one / squared steps of the other)

Clones of one tumour are no independent witnesses: the effective number is the participation ratio of their courses
(1 where all go together). The stated order is held against every exchange of two samples of different days; an exchange
is named from DECIDES on, when the course is then SMOOTH: squared steps against the spread around the mean (von Neumann
1941, doi:10.1214/aoms/1177731677; 2 for values in random order), so that places of one body that differ are not taken
for time. A stricter model, in which every clone is there for one stretch of time only, was tried and told less: clones
fall below detection under treatment and return.

Limits: an order and its mirror image look alike. Below LEAST_TIMES timepoints no exchange reached DECIDES when planted
(python -m tests.bench.identity); neighbours in time that are alike cannot be told at all.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import stats

LEAST_TIMES = 5
FLOOR = 0.02  # share of the tumour's fraction that is added before the logarithm
ERROR = 5e-4  # fraction that misreadings show
BLUR = 0.15  # standard deviation of the log of a share that is measurement
TOGETHER = 1e-3  # p value above which a mutation's fractions are a clone's
MEMBERS = 3  # mutations of a clone: fewer may be artefacts
CHANGES = np.log(2)  # by which the log of some clone's share must differ between two samples
DECIDES, SMOOTH = 1.0, 0.8
TUMOUR = 2e-3  # fraction of reads of the tumour's commonest mutations from which a sample speaks
COVERED = 0.8  # share of the mutations that a sample must cover to speak


@dataclass(frozen=True)
class Order:
    """status as_stated (nothing speaks against it), exchanged, not_estimable (`why`); first, second: what is

    ratio   log10 likelihood of the best exchange against the order as stated; NaN where not estimable
    clones  how many of them take part
    others  further pairs of samples whose exchange is as likely as the best within a factor of two
    """

    status: str
    why: str = ""
    ratio: float = np.nan
    clones: int = 0
    first: str = ""
    second: str = ""
    others: tuple = ()


def check_order(samples, days, alt, depth, called) -> Order:
    """The order of a patient's tumour and plasma samples.

    samples, days        names and days (S,)
    alt, depth, called   reads, and whether the mutation counts as seen (V, S); somatic mutations only
    """
    days, alt, depth, called = np.asarray(days), *(np.asarray(one) for one in (alt, depth, called))
    if len(set(days.tolist())) < LEAST_TIMES:
        return Order("not_estimable", f"fewer than {LEAST_TIMES} timepoints")
    if not len(alt) or called.sum(axis=1).max() < LEAST_TIMES:
        return Order("not_estimable", f"no mutation is seen in {LEAST_TIMES} samples")
    often = called.sum(axis=1) == called.sum(axis=1).max()
    reads = depth[often].sum(axis=0)
    tumour = np.divide(alt[often].sum(axis=0), reads, out=np.zeros(len(days)), where=reads > 0)
    use = np.flatnonzero((tumour >= TUMOUR) & ((depth > 0).mean(axis=0) >= COVERED))
    if len(set(days[use].tolist())) < LEAST_TIMES:
        return Order("not_estimable", f"fewer than {LEAST_TIMES} timepoints show the tumour")
    days, alt, depth, tumour, names = days[use], alt[:, use], depth[:, use], tumour[use], [samples[one] for one in use]
    clones = _clones(alt, depth)
    shares = [np.clip(reads / np.maximum(depths, 1) - ERROR, 0, 1) / tumour for reads, depths in clones]
    course = np.log(np.array(shares).reshape(-1, len(use)) + FLOOR)
    course -= course.mean(axis=1, keepdims=True)
    if not len(course) or np.ptp(course, axis=1).max() < CHANGES:
        return Order("not_estimable", f"no clone of {MEMBERS} or more mutations changes by half")
    strength = np.linalg.svd(course, compute_uv=False) ** 2
    effective = strength.sum() ** 2 / (strength**2).sum()
    stated, found = _steps(course, days), []
    for i, j in combinations(range(len(names)), 2):
        if days[i] != days[j]:
            other = days.copy()
            other[[i, j]] = days[[j, i]]
            steps = _steps(course, other)
            gain = effective * (len(set(days.tolist())) - 1) / 2 * np.log10(stated / steps)
            found.append((float(gain), names[i], names[j], steps))
    found.sort(key=lambda one: (-one[0], one[1:3]))
    ratio, first, second, steps = found[0]
    spread = (course**2).sum() + BLUR**2 * course.size
    if ratio < DECIDES or steps / spread > SMOOTH:
        return Order("as_stated", "", ratio, len(course))
    others = tuple(f"{a} and {b}" for one, a, b, _ in found[1:] if one > ratio - np.log10(2))
    return Order("exchanged", "", ratio, len(course), first, second, others)


def _clones(alt, depth) -> list[tuple]:
    """(alt, depth), summed over its mutations, of each group of mutations whose fractions go together."""
    groups, furthest = [], stats.chi2.isf(TOGETHER, alt.shape[1])
    for one in np.argsort(-depth.sum(axis=1), kind="stable"):
        best = (furthest, None)
        for number, (reads, depths, _) in enumerate(groups):
            both = (reads + alt[one] + 0.5) / (depths + depth[one] + 1)
            variance = both * (1 - both) * (1 / np.maximum(depths, 1) + 1 / np.maximum(depth[one], 1))
            apart = alt[one] / np.maximum(depth[one], 1) - reads / np.maximum(depths, 1)
            best = min(best, ((apart**2 / variance)[depth[one] > 0].sum(), number), key=lambda pair: pair[0])
        if best[1] is None:
            groups.append((alt[one], depth[one], 1))
        else:
            reads, depths, size = groups[best[1]]
            groups[best[1]] = (reads + alt[one], depths + depth[one], size + 1)
    return [(reads, depths) for reads, depths, size in groups if size >= MEMBERS]


def _steps(course, days) -> float:
    """Squared steps from day to day, summed over the clones, measurement included; samples of one day are averaged."""
    times, column = np.unique(days, return_inverse=True)
    by_day = np.array([course[:, column == day].mean(axis=1) for day in range(len(times))])
    return float((np.diff(by_day, axis=0) ** 2).sum() + BLUR**2 * len(course) * (len(times) - 1))
