"""Cluster: mutations that have the same CCF in every sample, their number chosen by the model.

A mixture: each cluster has a CCF of its own in each sample, on the grid of `likelihood`; each mutation is of one
cluster; weights are Dirichlet(1, ..., 1). Start: every mutation alone, and the pair whose union raises the exact
log evidence most is joined, until none does. Then mean-field variational rounds, and merges judged by the change of
the evidence bound in closed form. No random step, unless there are more than MANY mutations.
Sources: Heard et al. 2006, doi:10.1198/016214505000000187 (agglomeration by evidence); Gillis and Roth 2020,
doi:10.1186/s12859-020-03919-2 (variational clusters on a CCF grid); Hughes and Sudderth 2013, NeurIPS 26 (merges).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, gammaln, xlogy

from seriome.clones.likelihood import Grid, States, log_evidence

MANY = 200  # above, mutations are first gathered to this many groups
CHUNK = 500  # rows looked at together on the fine grid, to spare memory


@dataclass(frozen=True)
class Mixture:
    """A fit of K clusters. With a founder, cluster 0 is at CCF 1 in every sample.

    rows       (R, K) probability of each row (mutation and copy state) in each cluster; a mutation's sum to 1
    posterior  (K, S, F) probability of each CCF of grid.fine
    bound      evidence lower bound, nats
    """

    rows: np.ndarray
    posterior: np.ndarray
    bound: float

    def memberships(self, mutation: np.ndarray) -> np.ndarray:
        """(N, K) probability of each mutation in each cluster."""
        return np.add.reduceat(self.rows, np.flatnonzero(np.r_[True, np.diff(mutation) > 0]), axis=0)


def mix(like: np.ndarray, states: States, grid: Grid, *, founder: bool, seed: int = 0, start=None) -> Mixture:
    """Fit the mixture to log likelihoods (R, S, G).

    founder  cluster 0 is fixed at CCF 1 in every sample
    start    probabilities of an earlier fit (R, K) to begin with, in place of agglomeration
    """
    _, samples, points = like.shape
    flat = like.reshape(len(like), -1)
    starts = np.flatnonzero(np.r_[True, np.diff(states.mutation) > 0])
    rows = _start(like, states, starts, grid, founder, seed) if start is None else start
    bound = -np.inf
    while True:
        for _ in range(300):
            before = rows
            curves, posterior, evidence = _clusters(rows, flat, samples, points, grid, founder)
            fit = flat @ (posterior @ grid.up).reshape(len(posterior), -1).T
            rows = _assign(fit, rows.sum(axis=0), states, starts, founder)
            rows, kept = _without_empty(rows, founder)
            if kept.all() and np.abs(rows - before).max() < 1e-4:
                break
        curves, posterior, evidence = _clusters(rows, flat, samples, points, grid, founder)
        bound = evidence.sum() + _rest(rows, states, founder)
        pair = _best_merge(rows, curves, evidence, states, grid, founder)
        if pair is None:
            return Mixture(rows, posterior, float(bound))
        rows = _joined(rows, *pair)


def _clusters(rows, flat, samples, points, grid, founder):
    """Summed log likelihoods on the fine grid (K, S, F), posteriors, and log evidence (K,)."""
    curves = (rows.T @ flat).reshape(rows.shape[1], samples, points) @ grid.up.T
    evidence = log_evidence(curves, grid)
    posterior = np.exp(curves + grid.prior - evidence[:, :, None])
    if founder:
        evidence[0] = curves[0, :, -1]
        posterior[0] = 0
        posterior[0, :, -1] = 1
    return curves, posterior, evidence.sum(axis=1)


def _prior(states: States, clusters: int, founder: bool) -> np.ndarray:
    prior = np.repeat(states.elsewhere[:, None], clusters, axis=1)
    if founder:
        prior[:, 0] = states.prior
    return prior


def _assign(fit, sizes, states, starts, founder):
    """Rows' probabilities, given the expected log likelihood of each row in each cluster."""
    score = fit + digamma(1 + sizes) - digamma((1 + sizes).sum()) + _prior(states, len(sizes), founder)
    top = np.maximum.reduceat(score.max(axis=1), starts)[_of(states.mutation)]
    raw = np.exp(score - top[:, None])
    total = np.add.reduceat(raw.sum(axis=1), starts)
    return raw / total[_of(states.mutation)][:, None]


def _of(mutation):
    """0, 0, 1, 1, ... for rows of the first mutation that has rows, the second, ..."""
    return np.cumsum(np.r_[False, np.diff(mutation) > 0])


def _without_empty(rows, founder):
    kept = rows.sum(axis=0) > 1e-3
    if founder:
        kept[0] = True
    return rows[:, kept] / np.maximum(rows[:, kept].sum(axis=1, keepdims=True), 1e-300) * rows.sum(
        axis=1, keepdims=True
    ), kept


def _rest(rows, states, founder) -> float:
    """What the bound holds beside the clusters' evidence: Dirichlet term, entropy, prior of the copy states."""
    prior = _prior(states, rows.shape[1], founder)
    expected = np.sum(np.where(rows > 0, rows * np.where(np.isfinite(prior), prior, 0), 0))
    return float(_dirichlet(rows.sum(axis=0)) - xlogy(rows, rows).sum() + expected)


def _dirichlet(sizes) -> float:
    clusters = len(sizes)
    return gammaln(1 + sizes).sum() - gammaln(clusters + sizes.sum()) + gammaln(clusters)


def _joined(rows, first, second):
    joined = np.delete(rows, second, axis=1)
    joined[:, first] += rows[:, second]
    return joined


def _best_merge(rows, curves, evidence, states, grid, founder):
    """The pair (first < second) whose union raises the bound most, or None."""
    best, gain = None, 1e-6
    now = _rest(rows, states, founder)
    for first in range(len(evidence)):
        for second in range(first + 1, len(evidence)):
            both = curves[first] + curves[second]
            merged = both[:, -1].sum() if founder and first == 0 else log_evidence(both, grid).sum()
            change = merged - evidence[first] - evidence[second]
            if change < -500:
                continue
            joined = _joined(rows, first, second)
            if founder and first == 0:
                forbidden = joined[:, 0] * ~np.isfinite(states.prior)
                if forbidden.sum() > 1e-6:
                    continue
            change += _rest(joined, states, founder) - now
            if change > gain:
                best, gain = (first, second), change
    return best


def _start(like, states, starts, grid, founder, seed) -> np.ndarray:
    """Hard memberships: agglomeration by exact evidence, each mutation in its likeliest copy state."""
    prior = np.where(np.isfinite(states.elsewhere), states.elsewhere, -1e9)
    parts = [log_evidence(like[at : at + CHUNK] @ grid.up.T, grid).sum(axis=1) for at in range(0, len(like), CHUNK)]
    alone = np.concatenate(parts) + prior
    if founder:
        alone = np.maximum(alone, like[:, :, -1].sum(axis=1) + states.prior)
    ends = np.r_[starts[1:], len(like)]
    chosen = np.array([a + int(np.argmax(alone[a:b])) for a, b in zip(starts, ends, strict=True)])
    curves = like[chosen]
    groups = [[one] for one in range(len(chosen))]
    if len(groups) > MANY:
        groups = _gather(curves, grid, seed)
        curves = np.stack([curves[group].sum(axis=0) for group in groups])
    curves = curves @ grid.up.T
    if founder:
        groups = [[], *groups]
        curves = np.concatenate([np.zeros((1, *curves.shape[1:])), curves])
    groups = _agglomerate(groups, curves, len(chosen), grid, founder)
    rows = np.zeros((len(like), len(groups)))
    for cluster, group in enumerate(groups):
        rows[chosen[group], cluster] = 1
    return rows


def _agglomerate(groups, curves, total, grid, founder):
    """Join the pair that raises the log evidence of the partition most, until none does."""
    curves, groups = curves.copy(), [list(group) for group in groups]
    alive = np.ones(len(groups), bool)
    sizes = np.array([len(group) for group in groups], float)
    evidence = log_evidence(curves, grid).sum(axis=1)
    if founder:
        evidence[0] = curves[0, :, -1].sum()
    gains = np.full((len(groups), len(groups)), -np.inf)

    def gain(one):
        others = np.flatnonzero(alive)
        others = others[others != one]
        both = curves[one] + curves[others]
        joint = log_evidence(both, grid).sum(axis=1)
        if founder:
            at_one = both[:, :, -1].sum(axis=1)
            joint = at_one if one == 0 else np.where(others == 0, at_one, joint)
        values = joint - evidence[one] - evidence[others]
        values += gammaln(1 + sizes[one] + sizes[others]) - gammaln(1 + sizes[one]) - gammaln(1 + sizes[others])
        gains[np.minimum(one, others), np.maximum(one, others)] = values

    for one in range(len(groups)):
        gain(one)
    while alive.sum() > 1:
        clusters = alive.sum()
        first, second = np.unravel_index(np.argmax(gains), gains.shape)
        if gains[first, second] + np.log(total + clusters - 1) - np.log(clusters - 1) <= 0:
            break
        curves[first] += curves[second]
        groups[first] += groups[second]
        sizes[first] += sizes[second]
        alive[second] = False
        gains[second], gains[:, second] = -np.inf, -np.inf
        at_one = founder and first == 0
        evidence[first] = curves[0, :, -1].sum() if at_one else log_evidence(curves[first], grid).sum()
        gain(first)
    return [groups[one] for one in np.flatnonzero(alive)]


def _gather(like, grid, seed):
    """Groups of mutations with near modes, by k-means with k-means++ starts."""
    modes = np.sqrt(grid.ccf)[np.argmax(like + 1e-9 * np.arange(like.shape[2]), axis=2)]
    rng = np.random.default_rng(seed)
    centres = [modes[int(rng.integers(len(modes)))]]
    distance = ((modes - centres[0]) ** 2).sum(axis=1)
    for _ in range(MANY - 1):
        if distance.sum() <= 0:
            break
        centres.append(modes[int(rng.choice(len(modes), p=distance / distance.sum()))])
        distance = np.minimum(distance, ((modes - centres[-1]) ** 2).sum(axis=1))
    centres = np.array(centres)
    for _ in range(10):
        label = np.argmin(((modes[:, None] - centres[None]) ** 2).sum(axis=2), axis=1)
        centres = np.array(
            [modes[label == k].mean(axis=0) if (label == k).any() else centres[k] for k in range(len(centres))]
        )
    return [list(np.flatnonzero(label == k)) for k in range(len(centres)) if (label == k).any()]


def interval(posterior, grid: Grid, mass=0.95):
    """Mean and equal-tailed credible bounds of CCF posteriors (..., F)."""
    below = np.cumsum(posterior, axis=-1)
    tail = (1 - mass) / 2
    lower = grid.fine[np.argmax(below >= tail - 1e-12, axis=-1)]
    upper = grid.fine[np.argmax(below >= 1 - tail - 1e-12, axis=-1)]
    return posterior @ grid.fine, lower, upper
