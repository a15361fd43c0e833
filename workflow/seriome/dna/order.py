"""Are two timepoints of a patient exchanged? Clones that grow and shrink tell, where enough of them do.

Mutations whose fractions go together are taken as one clone. Its share in a sample is its fraction over that of the
mutations seen most often (the tumour's own), so that purity drops out. While two populations grow exponentially, the
log of the ratio of their sizes is a straight line in time; a treatment gives it another slope, the emergence of a clone
bends it. So the log odds of a clone's share are a Gaussian process in time:

    a level, a slope per phase of treatment, a random walk (what grows within the clone and beside it), and noise:
    that of the reads, and a scatter between samples that no read count explains (places of the body, copy number)

Slopes, walk and scatter are not known: the probability of the clones' courses is averaged over GRID. The same is asked
of the clones' own shares, without their descendants (`nested`): these are straight lines indeed, but rest on a tree
that may be wrong. Each view errs where the other does not, and the mean of both log ratios counts. The stated order is
held against every exchange of two samples of different days; an exchange is named from DECIDES on (ALONE without
phases), chosen so that of 200 courses as stated none is named (two). What hardly happens, a clone that vanishes in one
sample and is back in the next, or one that turns without a new treatment, then costs an order its probability, without
a rule of its own.
Rasmussen and Williams 2006, Gaussian Processes for Machine Learning, chapter 2 and 5 (marginal likelihood)

Limits: an order and its mirror image look alike. Samples that are alike cannot be told apart by any method. Phases come
from the sheet of treatments; without it there is one phase and fewer exchanges are told. Fewer than LEAST_TIMES
timepoints say nothing (python -m tests.bench.identity).
"""

from dataclasses import dataclass
from itertools import combinations, pairwise, product

import numpy as np
from scipy import special, stats

from seriome.dna import nested

LEAST_TIMES = 5
ERROR = 5e-4  # fraction that misreadings show
TOGETHER = 1e-3  # p value above which a mutation's fractions are a clone's
MEMBERS = 3  # mutations of a clone: fewer may be artefacts
ROUNDS = 3
CHANGES = np.log(2)  # by which the log odds of some clone's share must differ between two samples
DECIDES, ALONE = 1.25, 2.0  # log10 of the ratio of likelihoods; ALONE where no change of treatment is known
TUMOUR = 2e-3  # fraction of reads of the tumour's commonest mutations from which a sample speaks
COVERED = 0.8  # share of the mutations that a sample must cover to speak
LEVEL, SPREAD = -1.5, 5.0  # log odds of a clone's share, mean and standard deviation, before anything is seen
SLOPES, WALKS, SCATTERS = (1.0, 3.0, 6.0), (0.3, 1.0, 2.0), (0.1, 0.3)
GRID = tuple(product(SLOPES, WALKS, SCATTERS))  # standard deviations of log odds: over the whole time, and of a sample


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


def check_order(samples, days, alt, depth, called, changes=()) -> Order:
    """The order of a patient's tumour and plasma samples.

    samples, days        names and days (S,)
    alt, depth, called   reads, and whether the mutation counts as seen (V, S); somatic mutations only
    changes              days on which a treatment began or ended
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
    odds, variance = _log_odds(clones, tumour)
    if not len(odds) or np.ptp(odds, axis=1).max() < CHANGES:
        return Order("not_estimable", f"no clone of {MEMBERS} or more mutations changes by half")
    pairs = [(i, j) for i, j in combinations(range(len(names)), 2) if days[i] != days[j]]
    orders = np.tile(np.arange(len(names)), (len(pairs) + 1, 1))
    for row, (i, j) in zip(orders[1:], pairs, strict=True):
        row[[i, j]] = j, i
    told = log_likelihood(odds[:, orders], variance[:, orders], days, changes)
    shares, error = _shares(clones, tumour)
    if len(shares):
        logs, spread = nested.own_shares(shares, error)
        told = (told + nested.log_likelihood(logs[:, orders], spread[:, orders], *covariances(days, changes))) / 2
    told /= np.log(10)
    found = sorted(((gain, *pair) for gain, pair in zip(told[1:] - told[0], pairs, strict=True)), reverse=True)
    ratio, i, j = found[0]
    if ratio < (DECIDES if any(days.min() < day < days.max() for day in changes) else ALONE):
        return Order("as_stated", "", float(ratio), len(odds))
    others = tuple(f"{names[a]} and {names[b]}" for one, a, b in found[1:] if one > ratio - np.log10(2))
    return Order("exchanged", "", float(ratio), len(odds), names[i], names[j], others)


def _log_odds(clones, tumour) -> tuple:
    """(log odds of each clone's share of the tumour, their variance by the reads), each (K, S)."""
    odds, variance = np.zeros((len(clones), len(tumour))), np.ones((len(clones), len(tumour)))
    for k, (reads, depths) in enumerate(clones):
        expected = depths * tumour  # reads of a mutation that all cancer cells have
        own = np.clip(reads - ERROR * depths, 0, None)
        rest = np.clip(expected - own, 0, None) + 0.02 * expected + 0.5  # the founder's fraction errs by some per cent
        odds[k], variance[k] = np.log((own + 0.5) / rest), 1 / (own + 0.5) + 1 / rest
    return odds, variance


def _shares(clones, tumour) -> tuple:
    """(share of each clone but the largest, taken for the founder; its standard deviation by reads), (K - 1, S)."""
    shares = np.array([np.clip(reads / np.maximum(depths, 1) - ERROR, 0, None) / tumour for reads, depths in clones])
    error = np.array([np.sqrt(reads + 1) / np.maximum(depths, 1) / tumour for reads, depths in clones])
    founder = int(np.argmax(shares.sum(axis=1)))
    return np.delete(shares, founder, axis=0), np.delete(error, founder, axis=0)


def covariances(days, changes=()) -> tuple:
    """(of a slope in each phase, of a random walk), (S, S), of standard deviation 1 over the whole time."""
    first, last = days.min(), days.max()
    since = (days - first) / (last - first)
    knots = [0.0, *sorted({(day - first) / (last - first) for day in changes if first < day < last}), np.inf]
    passed = np.array([np.clip(np.minimum(since, end) - start, 0, None) for start, end in pairwise(knots)])
    return passed.T @ passed, np.minimum.outer(since, since)


def log_likelihood(odds, variance, days, changes=()) -> np.ndarray:
    """Log likelihood (P,) of the clones' courses in each of P orders, averaged over GRID, up to a constant.

    odds, variance   (K, P, S) log odds of the clones' shares, in each order; days (S,)
    """
    (slopes, walk), own, found = covariances(days, changes), np.eye(len(days)), []
    for slope, step, scatter in GRID:
        common = SPREAD**2 + slope**2 * slopes + step**2 * walk + scatter**2 * own
        lower = np.linalg.cholesky(common + own * variance[..., None])
        left = np.linalg.solve(lower, (odds - LEVEL)[..., None])[..., 0]
        logs = np.log(np.diagonal(lower, axis1=-2, axis2=-1))
        found.append((-0.5 * left**2 - logs).sum(axis=(0, -1)))
    return special.logsumexp(found, axis=0) - np.log(len(GRID))


def _clones(alt, depth) -> list[tuple]:
    """(alt, depth), summed over its mutations, of each group of mutations whose fractions go together.

    Grown one mutation at a time; then each goes to the group that its reads fit best, ROUNDS times.
    """
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
    clones = [(reads, depths) for reads, depths, size in groups if size >= MEMBERS]
    for _ in range(ROUNDS if clones else 0):
        share = np.array([np.clip((reads + 0.5) / (depths + 1), 1e-3, 1 - 1e-3) for reads, depths in clones])
        fits = alt @ np.log(share).T + (depth - alt) @ np.log1p(-share).T
        nearest = fits.argmax(axis=1)
        members = [nearest == one for one in range(len(clones))]
        clones = [(alt[own].sum(axis=0), depth[own].sum(axis=0)) for own in members if own.sum() >= MEMBERS]
    return clones
