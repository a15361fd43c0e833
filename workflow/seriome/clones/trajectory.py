"""Trajectory: each clone's CCF and own share in every sample, in the order of days.

A clone's own share is its CCF less its children's: the cancer cells that are of it and of no descendant. Shares of a
sample add up to 1. They are means over draws from the CCF posteriors, purity's error included, each draw made to obey
the sum rule from the top down (children that exceed their parent are scaled to it).
Source: El-Kebir et al. 2015, doi:10.1093/bioinformatics/btv261 (own shares from CCF and tree).
"""

import numpy as np

from seriome.clones.lineage import ancestors

LEAST_ERROR, FIXED_ERROR = 3e-3, 1e-4  # standard error of a CCF: the least, and of one that is held


def own_shares(draws, trees, present, rng_seed: int):
    """Own share of each clone over CCF posterior and tree posterior: mean, 95 % bounds (K, S), and draws (D, K, S).

    Each draw takes a tree by its probability, and the CCFs nearest to it (squared distance by the precision of each)
    that obey the sum rule there. A clone that is not present counts as 0 in the means of all, and its mean is NaN; its
    upper bound and its draws are what the reads leave possible. Means of a sample with a founder at 1 add up to 1.

    draws    (D, K, S) CCF, 0 to 1; NaN where there was no tumour
    trees    [(parents, probability)], parents[k] the parent of clone k, -1 at the top
    present  (K, S) is the clone's own signal there? An ancestor of one that is present is present
    Source   the projection of Jia et al. 2018, NeurIPS 31, "Efficient projection onto the perfect phylogeny model",
             here by block pivoting (Kim and Park 2011, doi:10.1137/110821172), all draws at once
    """
    count, clones, samples = draws.shape
    mean, lower, upper = (np.full((clones, samples), np.nan) for _ in range(3))
    own, counted, here = np.full(draws.shape, np.nan), np.full(draws.shape, np.nan), np.zeros(present.shape, bool)
    if not count or not clones or not samples:
        return mean, lower, upper, own
    tumour = np.isfinite(draws).any(axis=(0, 1))
    ccf = np.nan_to_num(draws)
    known = np.isfinite(draws).all(axis=0)
    precision = np.where(known, 1 / np.maximum(ccf.var(axis=0), LEAST_ERROR**2), 1e-3)
    held = known & (ccf.var(axis=0) == 0) & (ccf.mean(axis=0) > 0)
    rng = np.random.default_rng(rng_seed)
    for parents, mine in _draws_of_trees(trees, count, rng):
        below = _below(parents)
        there = (below.astype(float) @ present) > 0  # seen, or an ancestor of what is seen
        fixed = held & (np.array(parents) < 0)[:, None]
        weight = np.where(fixed, 1 / FIXED_ERROR**2, precision)
        own[mine] = counted[mine] = _nearest(ccf[mine], below, weight, fixed)
        some = tumour & ~there.all(axis=0)
        if some.any():
            certain = np.where(there, weight, 1 / FIXED_ERROR**2)[:, some]
            without = _nearest(np.where(there, ccf[mine], 0)[:, :, some], below, certain, fixed[:, some])
            counted[np.ix_(mine, range(clones), some)] = without * there[:, some]
        here |= there
    own[:, :, ~tumour] = np.nan
    own[:, ~known] = np.nan
    mean[:, tumour] = counted[:, :, tumour].mean(axis=0)
    lower[:, tumour], upper[:, tumour] = np.quantile(own[:, :, tumour], (0.025, 0.975), axis=0)
    lower[~here & tumour] = 0
    mean[~here | ~known] = np.nan
    return mean, lower, upper, own


def _draws_of_trees(trees, count, rng):
    """[(parents, indices of the draws that take this tree)]; each tree has its share of draws to within one."""
    weight = np.array([probability for _, probability in trees], float)
    edges = np.cumsum(weight) / weight.sum()
    taken = np.searchsorted(edges, (np.arange(count) + 0.5) / count).clip(max=len(trees) - 1)
    taken = rng.permutation(taken)
    return [(trees[one][0], np.flatnonzero(taken == one)) for one in np.unique(taken)]


def _below(parents) -> np.ndarray:
    """(K, K): is the second clone the first or a descendant of it?"""
    below = np.eye(len(parents), dtype=bool)
    for clone in range(len(parents)):
        below[ancestors(parents, clone), clone] = True
    return below


def _nearest(ccf, below, precision, fixed):
    """Own shares (D, K, S), none negative, whose sums over descendants are nearest to `ccf` (D, K, S).

    precision (K, S) of each CCF;  fixed (K, S) those on top that are to be met exactly
    """
    clones, above = len(below), below.astype(float)
    own = np.linalg.inv(above) @ ccf  # CCF less the children's
    draw, sample = np.nonzero((own < -1e-12).any(axis=1))
    if len(draw):
        weight = (precision / precision.max(axis=0)).T
        gram = np.einsum("ki,sk,kj->sij", above, weight, above)
        right = (ccf[draw, :, sample] * weight[sample]) @ above
        free, best = np.ones(right.shape, bool), np.full(len(draw), clones + 1)
        tries, found, todo = np.full(len(draw), 3), np.zeros(right.shape), np.arange(len(draw))
        for _ in range(10 * clones):
            on, here = free[todo], gram[sample[todo]]
            system = here * (on[:, :, None] & on[:, None, :]) + np.eye(clones) * ~on[:, :, None]
            value = np.linalg.solve(system, (right[todo] * on)[:, :, None])[:, :, 0]
            slope = (here @ value[:, :, None])[:, :, 0] - right[todo]
            wrong = (on & (value < -1e-12)) | (~on & (slope < -1e-12))
            found[todo] = value
            still = wrong.any(axis=1)
            todo, wrong = todo[still], wrong[still]
            if not len(todo):
                break
            number = wrong.sum(axis=1)
            fewer = number < best[todo]
            best[todo] = np.where(fewer, number, best[todo])
            tries[todo] = np.where(fewer, 3, tries[todo] - 1)
            last = np.zeros_like(wrong)  # where exchanging all does not help, one at a time does
            last[np.arange(len(todo)), clones - 1 - wrong[:, ::-1].argmax(axis=1)] = True
            free[todo] ^= np.where((tries[todo] >= 0)[:, None], wrong, last)
        own[draw, :, sample] = found
    own = np.maximum(own, 0)
    for top in np.flatnonzero(fixed.any(axis=1)):  # a founder is what it is said to be, to the last digit
        total = own[:, below[top]].sum(axis=1)
        off = np.where(fixed[top], ccf[:, top] / np.maximum(total, 1e-300), 1)
        own[:, below[top]] *= off[:, None]
    return own
