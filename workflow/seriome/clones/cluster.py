"""Cluster: mutations that have the same CCF in every sample, their number chosen by the model.

A mixture: each cluster has a CCF of its own in each sample, on the grid of `likelihood`; each mutation is of one
cluster or an outlier, whose VAF is anything in each sample; weights are Dirichlet(1, ..., 1). With a founder, cluster 0
is at CCF 1 in every sample. Mean-field variational rounds, every update a matrix product; merges, splits and the
giving up of small clusters are judged by the change of the evidence bound.
Sources: Gillis and Roth 2020, doi:10.1186/s12859-020-03919-2 (variational clusters on a CCF grid); Hughes and Sudderth
2013, NeurIPS 26 (merges in closed form, births); Ueda et al. 2000, doi:10.1162/089976600300015088 (split and merge).
"""

import numpy as np

from seriome.clones.likelihood import Grid, log_evidence, posteriors
from seriome.clones.mixture import (
    OUTLIERS,
    Data,
    Mixture,
    cost,
    entropy_of_joining,
    log_dirichlet,
    prior_of_joining,
)
from seriome.special import digamma, gammaln, xlogy

START = 40  # groups that a fit begins with; they merge
STRUCTURE = 1500  # mutations that clusters are sought with; the others are assigned and all are fitted again
NEAR = 1e-3  # change of the responsibilities at which rounds end


class _Fit:
    """One run of the mixture: the state and its moves."""

    def __init__(self, one: Data, grid: Grid, founder: bool, rows, out):
        self.data, self.grid, self.founder, self.rows, self.out = one, grid, founder, rows, out
        self.up = grid.up.astype(np.float32)
        self.clusters()

    # --- the two updates

    def clusters(self):
        self.curves, self.posterior, self.evidence = self.of(self.rows, self.founder)

    def of(self, rows, founder):
        """Curves (K, S, F), posteriors and log evidence (K,) of clusters made of these rows."""
        one, grid = self.data, self.grid
        summed = rows.T.astype(np.float32) @ one.like
        curves = (summed.reshape(-1, len(grid.ccf)) @ self.up.T).reshape(rows.shape[1], one.samples, -1).astype(float)
        posterior, evidence = posteriors(curves, grid)
        if founder and len(curves):
            evidence[0] = curves[0, :, -1]
            posterior[0] = 0
            posterior[0, :, -1] = 1
        return curves, posterior, evidence.sum(axis=1)

    def fit_of_rows(self):
        """(R, K) expected log likelihood of each row in each cluster, prior of the row included."""
        one = self.data
        weights = (self.posterior.reshape(-1, len(self.grid.fine)).astype(np.float32) @ self.up).reshape(
            len(self.posterior), -1
        )
        score = (one.like @ weights.T).astype(float) + one.height[:, None]
        score += one.elsewhere[:, None]
        if self.founder:
            score[:, 0] += np.where(np.isfinite(one.elsewhere), one.prior - one.elsewhere, 0)
            hidden = ~np.isfinite(one.elsewhere)
            if hidden.any():
                score[hidden, 0] = (
                    (one.like[hidden] @ weights[0]).astype(float) + one.height[hidden] + one.prior[hidden]
                )
        return score

    def assign(self):
        one, sizes = self.data, self.rows.sum(axis=0)
        total, out = len(one.outlier), self.out.sum()
        score = self.fit_of_rows() + digamma(1 + sizes) - digamma(len(sizes) + sizes.sum())
        score += digamma(OUTLIERS - 1 + total - out) - digamma(OUTLIERS + total)
        away = one.outlier + digamma(1 + out) - digamma(OUTLIERS + total)
        top = np.maximum(np.maximum.reduceat(score.max(axis=1), one.starts), away)
        raw = np.exp(score - top[one.mutation][:, None])
        none = np.exp(away - top)
        all_of = np.add.reduceat(raw.sum(axis=1), one.starts) + none
        self.rows, self.out = raw / all_of[one.mutation][:, None], none / all_of

    def rounds(self, most, near=NEAR):
        for _ in range(most):
            before = self.rows
            self.assign()
            moved = np.abs(self.rows - before).max()
            self.drop_empty()
            self.clusters()
            if moved < near:
                break
        return self

    def drop_empty(self):
        kept = self.rows.sum(axis=0) > 0.05
        if self.founder:
            kept[0] = True
        if not kept.all():
            self.rows = self.rows[:, kept]
            if not self.rows.shape[1]:
                self.rows = np.zeros((len(self.rows), 1))
            self.clusters()
            self.assign()

    # --- the bound

    def bound(self, rows=None, evidence=None, out=None):
        """Evidence lower bound, less the cost of every cluster."""
        rows = self.rows if rows is None else rows
        evidence = self.evidence if evidence is None else evidence
        out = self.out if out is None else out
        return evidence.sum() + self.rest(rows, out)

    def rest(self, rows, out):
        one, founder = self.data, self.founder
        total, gone = len(one.outlier), out.sum()
        found = log_dirichlet(rows.sum(axis=0)) - xlogy(rows, rows).sum() - xlogy(out, out).sum()
        found += gammaln(1 + gone) + gammaln(OUTLIERS - 1 + total - gone) - gammaln(OUTLIERS + total)
        found += gammaln(OUTLIERS) - gammaln(OUTLIERS - 1) + out @ one.outlier
        mass = rows.sum(axis=1)
        first = rows[:, 0] if founder and rows.shape[1] else np.zeros(len(rows))
        later = np.where(np.isfinite(one.elsewhere), one.elsewhere, -1e3)
        found += mass @ one.height + first @ one.prior + (mass - first) @ later
        return found - cost(one.samples) * rows.shape[1] + gammaln(rows.shape[1] + 1)

    # --- moves

    def merge(self):
        """Join the pairs that raise the bound, best first, until none does. True if any was joined."""
        any_joined = False
        while self.rows.shape[1] > 1:
            count, sizes = self.rows.shape[1], self.rows.sum(axis=0)
            first, second = np.triu_indices(count, 1)
            change = np.empty(len(first))
            for block in range(0, len(first), 200):
                a, b = first[block : block + 200], second[block : block + 200]
                both = self.curves[a] + self.curves[b]
                joint = log_evidence(both, self.grid).sum(axis=1)
                if self.founder:
                    joint = np.where(a == 0, both[:, :, -1].sum(axis=1), joint)
                change[block : block + 200] = joint - self.evidence[a] - self.evidence[b]
            change += prior_of_joining(sizes[first], sizes[second], count, sizes.sum(), self.data.samples)
            order = np.argsort(-change, kind="stable")  # entropy can only be lost, and is counted below
            used, pairs = set(), []
            for index in order[: 4 * count]:
                a, b = int(first[index]), int(second[index])
                if change[index] < -20:
                    break
                if a in used or b in used:
                    continue
                x, y = self.rows[:, a], self.rows[:, b]
                gain = change[index] + entropy_of_joining(x, y)
                if self.founder and a == 0:
                    allowed = np.isfinite(self.data.elsewhere)
                    gain += y[allowed] @ (self.data.prior - self.data.elsewhere)[allowed]
                if gain > 1e-6:
                    pairs.append((a, b))
                    used |= {a, b}
            if not pairs:
                return any_joined
            any_joined = True
            rows = self.rows.copy()
            for a, b in pairs:
                rows[:, a] += rows[:, b]
            self.rows = np.delete(rows, [b for _, b in pairs], axis=1)
            self.clusters()
        return any_joined

    def split(self):
        """Cut every cluster along the direction in which its mutations scatter most; keep what raises the bound."""
        any_cut, count = False, self.rows.shape[1]
        for k in range(count):
            mine = np.flatnonzero(self.memberships()[:, k] > 0.3) if k < self.rows.shape[1] else ()
            if len(mine) < 4:
                continue
            cut = self._cut(k, mine)
            if cut is None:
                continue
            before = self.bound()
            kept = self.rows, self.out, self.curves, self.posterior, self.evidence
            self.rows = np.column_stack([self.rows, cut])
            self.rows[:, k] -= cut
            self.clusters()
            self.rounds(4, 0.01)
            if self.bound() > before + 1e-3:
                any_cut = True
            else:
                self.rows, self.out, self.curves, self.posterior, self.evidence = kept
        return any_cut

    def _cut(self, k, mine):
        """(R,) the part of cluster k's rows that goes to a new cluster, after a few rounds of the two alone."""
        part = self.data.some(mine) if len(mine) < len(self.data.starts) else self.data
        keep = np.isin(self.data.mutation, mine)
        share = self.rows[keep, k]
        grid = self.grid
        # displacement of each mutation from the cluster's CCF: first derivative of its log likelihood, in its own units
        like = part.like.reshape(len(part.like), part.samples, -1)
        at = np.rint(self.posterior[k].argmax(axis=1) / grid.refine).astype(int).clip(2, len(grid.ccf) - 3)
        slope = np.stack([like[:, s, at[s] + 2] - like[:, s, at[s] - 2] for s in range(part.samples)], axis=1)
        weight = np.maximum(share, 1e-9)
        slope = np.add.reduceat(slope * weight[:, None], part.starts) / np.add.reduceat(weight, part.starts)[:, None]
        spread = slope.std(axis=0)
        if not (spread > 0).any():
            return None
        scaled = (slope - slope.mean(axis=0)) / np.maximum(spread, 1e-9)
        axis = np.linalg.svd(scaled, full_matrices=False)[2][0]
        side = scaled @ axis > 0
        if self.founder and k == 0 and slope[side].sum() >= slope[~side].sum():
            side = ~side  # what leaves the founder is the side that lies lower
        local = np.zeros((len(part.like), 2))
        local[:, 0], local[:, 1] = share * ~side[part.mutation], share * side[part.mutation]
        two = _Fit(part, grid, self.founder and k == 0, local, 1 - np.add.reduceat(local.sum(axis=1), part.starts))
        for _ in range(8):
            if two.rows.shape[1] < 2:
                return None
            two.assign_within(share)
            two.clusters()
        if (two.rows.sum(axis=0) < 0.5).any():
            return None
        cut = np.zeros(len(self.rows))
        cut[keep] = two.rows[:, 1]
        return np.minimum(cut, self.rows[:, k])

    def assign_within(self, share):
        """Divide the share that the cluster had in each mutation between its two halves; nothing leaves."""
        one, sizes = self.data, self.rows.sum(axis=0)
        score = self.fit_of_rows() + digamma(1 + sizes)
        top = np.maximum.reduceat(score.max(axis=1), one.starts)
        raw = np.exp(score - top[one.mutation][:, None])
        had = np.add.reduceat(share, one.starts)
        self.rows = raw * (had / np.add.reduceat(raw.sum(axis=1), one.starts))[one.mutation][:, None]

    def give_up(self):
        """Give up a small cluster when its mutations, set free, raise the bound elsewhere. True if any was."""
        any_gone, k = False, int(self.founder)
        while k < self.rows.shape[1] and self.rows.shape[1] > 1:
            if self.rows[:, k].sum() > max(3.0, 0.02 * len(self.data.outlier)):
                k += 1
                continue
            before = self.bound()
            kept = self.rows, self.out, self.curves, self.posterior, self.evidence
            self.rows = np.delete(self.rows, k, axis=1)
            self.clusters()
            self.rounds(3, 0.01)
            if self.bound() > before:
                any_gone = True
            else:
                self.rows, self.out, self.curves, self.posterior, self.evidence = kept
                k += 1
        return any_gone

    def memberships(self):
        return np.add.reduceat(self.rows, self.data.starts, axis=0)

    def search(self, most=8):
        """Rounds, merges, splits, until nothing raises the bound."""
        self.rounds(6, 0.01)
        self.merge()
        self.rounds(10, 0.01)
        for _ in range(most):
            moved = self.merge()
            moved |= self.split()
            self.rounds(20, 0.01)
            moved |= self.merge()
            moved |= self.give_up()
            if not moved:
                break
        return self.rounds(200)

    def result(self) -> Mixture:
        self.clusters()
        return Mixture(self.rows, self.out, self.curves, self.posterior, float(self.bound()), self.founder)


def joined(mixture: Mixture, one: Data, grid: Grid, clusters: list[int]) -> Mixture:
    """The fit with these clusters as one, in the place of the first."""
    rows = mixture.rows.copy()
    rows[:, clusters[0]] = rows[:, clusters].sum(axis=1)
    return _Fit(one, grid, mixture.founder, np.delete(rows, clusters[1:], axis=1), mixture.out).result()


def optimum(one: Data, grid: Grid, founder: bool, label) -> Mixture:
    """The optimum of the bound that rounds, merges and the giving up of clusters reach from a clustering.

    label  (N,) cluster of each mutation, -1 an outlier; 0 is the founder's where there is one
    """
    clustered = label >= 0
    rows = np.zeros((len(one.like), label.max(initial=0) + 1))
    rows[one.best_rows(one.alone)[clustered], label[clustered]] = 1
    fit = _Fit(one, grid, founder, rows, (~clustered).astype(float))
    fit.rounds(3, 0.01)
    fit.merge()
    fit.rounds(10, 0.01)
    fit.give_up()
    return fit.rounds(20, 0.01).result()


def mix(
    one: Data,
    grid: Grid,
    *,
    founder: bool,
    seed: int = 0,
    starts: int = 1,
    threads: int = 1,
    begin: Mixture | None = None,
) -> Mixture:
    """Fit the mixture. The best bound of `starts` starts, or goes on from an earlier fit `begin` of the same rows."""
    if begin is not None:
        rows = begin.rows if begin.founder == founder else np.column_stack([np.zeros(len(begin.rows)), begin.rows])
        return _Fit(one, grid, founder, rows, begin.out).search().result()
    total = len(one.outlier)
    if total > 4 * STRUCTURE // 3:
        return _grown(one, grid, founder, seed, starts, threads)
    if starts == 1:
        return _search(one, grid, founder, seed)
    from concurrent.futures import ThreadPoolExecutor  # a single start does without

    with ThreadPoolExecutor(threads) as pool:
        fits = list(pool.map(lambda start: _search(one, grid, founder, seed + start), range(starts)))
    return max(fits, key=lambda fit: fit.bound)  # the first of equals


def _search(one: Data, grid: Grid, founder, seed) -> Mixture:
    return _Fit(one, grid, founder, *_start(one, grid, founder, seed)).search().result()


def _grown(one: Data, grid: Grid, founder, seed, starts, threads) -> Mixture:
    """Of many mutations: clusters of a sample of them, then all."""
    total = len(one.outlier)
    some = np.sort(np.random.default_rng(seed).permutation(total)[:STRUCTURE])
    small = mix(one.some(some), grid, founder=founder, seed=seed, starts=starts, threads=threads)
    all_of = _Fit(one, grid, founder, np.zeros((len(one.like), len(small.posterior))), np.zeros(total))
    all_of.posterior = small.posterior
    all_of.rows[np.isin(one.mutation, some)] = small.rows
    all_of.out = np.full(total, small.out.mean())
    scale = total / STRUCTURE
    all_of.rows *= scale  # the sizes that the first assignment goes by
    all_of.assign()
    all_of.clusters()
    all_of.rounds(3, 0.01)
    all_of.split()
    all_of.merge()
    all_of.rounds(15, 0.01)
    all_of.merge()
    all_of.give_up()
    return all_of.rounds(20, 0.01).result()


def _start(one: Data, grid: Grid, founder, seed):
    """Groups of mutations with near modes, by k-means from k-means++ centres, in each mutation's likeliest state."""
    like = one.like.reshape(len(one.like), one.samples, -1)
    best = one.best_rows(one.alone)
    modes = np.sqrt(grid.ccf)[like[best].argmax(axis=2)]
    rng = np.random.default_rng([seed, 1])
    groups = min(START, len(modes))
    centres = [modes.max(axis=0) if founder else modes[int(rng.integers(len(modes)))]]
    distance = ((modes - centres[0]) ** 2).sum(axis=1)
    for _ in range(groups - 1):
        if distance.sum() <= 0:
            break
        centres.append(modes[int(rng.choice(len(modes), p=distance / distance.sum()))])
        distance = np.minimum(distance, ((modes - centres[-1]) ** 2).sum(axis=1))
    centres = np.array(centres)
    for _ in range(5):
        label = ((modes[:, None] - centres[None]) ** 2).sum(axis=2).argmin(axis=1)
        centres = np.array([modes[label == k].mean(axis=0) if (label == k).any() else c for k, c in enumerate(centres)])
    rows = np.zeros((len(one.like), len(centres) + founder))
    rows[best, label + founder] = 0.99
    if founder:
        rows[:, 0] = 1e-6
        at_one = like[best][:, :, -1].sum(axis=1) > -2.0 * one.samples
        rows[best[at_one]] = 0
        rows[best[at_one], 0] = 0.99
    return rows[:, rows.sum(axis=0) > 1e-9], np.full(len(one.outlier), 0.01)
