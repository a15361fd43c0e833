"""Hidden: clones too near one another for reads to tell them apart, in the intervals of what looks like one cluster.

The mean CCF of a cluster of many mutations is known sharply; that all of its mutations lie there is known far less
well. Two clones that differ by less than the reads of one mutation scatter leave the mean alone and widen the scatter
only. Labels summed out, a second clone at a distance d, with a share s of the mutations, changes the log likelihood by

    s (1 - s) / 2 * d' A d,    A = sum over mutations of (g g' + H),

with g and H the first and second derivatives of a mutation's log likelihood at the cluster's CCF (second order in d:
the score test of overdispersion). CCFs stand for their square roots here, in which reads scatter alike. Distances are
normal of some width, the same in all samples, wider ones as much likelier as they are wider; evidence and posterior of
d are then in closed form. At a width at which the reads of one mutation would tell the two apart, the clustering has
looked already: there is none. Draws of the posterior hold a second clone as often as it is probable.
Assumption: ONE_MORE, the prior probability that a cluster hides a second clone. Sources: Liang 1987,
doi:10.1093/biomet/74.2.259 (the test for mixtures by the second order of the log likelihood); Louis 1982,
doi:10.1111/j.2517-6161.1982.tb01203.x. Limits: the founder, at CCF 1, is left as it is; where the second order no
longer holds, and where a few mutations that belong elsewhere make the scatter, evidence and distances are kept within
a bound (FLOOR).
"""

import numpy as np

from seriome.clones.likelihood import Grid
from seriome.special import expit

ONE_MORE = 0.1  # prior probability that a cluster hides a second clone
WIDTHS = (0.01, 0.02, 0.04, 0.08)  # of the distance between two clones that look like one, in roots of CCF
SHARES = (0.1, 0.25, 0.5)
TOLD = 4.0  # width, squared, times what one mutation's reads know of its CCFs, beyond which they tell two clones apart
ANY = 0.02  # chance of being in the cluster above which a mutation has a say
FLOOR = 0.26  # of the precision of a distance, against that of its prior
FEW = 6  # mutations below which a cluster is not asked
LEAST = 1e-4  # CCF below which a cluster is taken as absent


def offsets(like, chance, ccf, grid: Grid, draws: int, rng):
    """(draws, n, S) CCF of each mutation less that of its cluster; all zero in draws without a second clone.

    like    (n, S, G) log likelihoods of the mutations that may be of the cluster, each in its likeliest state
    chance  (n,) probability that they are;  ccf (S,) of the cluster
    """
    n, samples, _ = like.shape
    found = np.zeros((draws, n, samples), np.float32)
    present = np.flatnonzero((ccf > LEAST) & (like != 0).any(axis=(0, 2)))
    if chance.sum() < FEW or not len(present):
        return found
    slope, bend = derivatives(like[:, present], ccf[present], grid)
    of_one = -(chance @ bend).sum() / chance.sum()  # Fisher information, over all samples
    widths = [width for width in WIDTHS if width**2 * of_one <= TOLD]
    if not widths:
        return found
    odds, weights, factors, shares = _ways((slope * chance[:, None]).T @ slope + np.diag(chance @ bend), widths)
    root = np.sqrt(ccf[present])
    hidden = rng.random(draws) < expit(np.log(ONE_MORE / (1 - ONE_MORE)) + odds)
    for t in np.flatnonzero(hidden):
        way = rng.choice(len(weights), p=weights)
        share, apart = shares[way], factors[way] @ rng.standard_normal(len(present))
        logit = np.log(share / (1 - share)) + slope @ apart + bend @ (apart**2 * (1 - 2 * share) / 2)
        second = rng.random(n) < expit(logit)
        two = np.clip(root + np.array([[-share], [1 - share]]) * apart, 0, 1) ** 2 - ccf[present]
        found[t][:, present] = two[second.astype(int)]
    return found


def derivatives(like, ccf, grid: Grid):
    """First and second derivative (n, S) of log likelihoods (n, S, G), by the square root of the CCF, at CCFs (S,)."""
    root = np.sqrt(ccf)
    step = np.sqrt(grid.ccf[1])
    at = np.clip(np.rint(root / step).astype(int), 2, len(grid.ccf) - 3)
    columns = at + np.arange(-2, 3)[:, None]  # (5, S)
    values = np.stack([like[:, np.arange(len(at)), one] for one in columns]).astype(float)
    x = columns * step - root  # a parabola in the root through five points
    design = np.stack([np.ones_like(x), x, x**2], axis=2).transpose(1, 0, 2)  # (S, 5, 3)
    fit = np.einsum("spv,vns->pns", np.linalg.pinv(design), values)
    return fit[1], 2 * fit[2]


def _ways(more, widths):
    """(log odds of two against one, weights (W,), factors (W, S, S) of the distances' covariances, shares (W,)).

    Each of W is a share with one of `widths`, which are those of the prior that are still open.
    """
    gains, factors, shares = [], [], []
    for width in widths:
        for share in SHARES:
            inverse = np.eye(len(more)) / width**2 - share * (1 - share) * more
            values, vectors = np.linalg.eigh(inverse)
            kept = np.maximum(values * width**2, FLOOR)
            gains.append(np.log(width / sum(WIDTHS) / len(SHARES)) - 0.5 * np.log(kept).sum())
            factors.append(vectors * width / np.sqrt(kept))
            shares.append(share)
    gains = np.array(gains)
    top = gains.max()
    total = np.exp(gains - top)
    return float(top + np.log(total.sum())), total / total.sum(), factors, shares
