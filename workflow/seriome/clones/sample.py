"""Sample: clusterings as probable as the best one, so that intervals hold what one clustering does not know.

From a variational fit a Markov chain goes on: clusters' CCFs given the mutations' labels, labels given CCFs, and
splits and merges of whole clusters. Two clones that few reads make one are one in some draws and two in others, and
the interval of a mutation's CCF holds both. Every draw is of the posterior of the same model as in `cluster`, but for
the prior of the number of clusters: Poisson here (CLONES), e^-K there (mixture.COST).
The one clustering that is told is the fit, or the optimum beside a draw, the nearest to all draws by variation of
information.
Sources: Jain and Neal 2004, doi:10.1198/1061860043001 (split-merge moves with restricted Gibbs launches); Miller and
Harrison 2018, doi:10.1080/01621459.2016.1255636 (mixtures whose number of clusters is unknown); Wade and Ghahramani
2018, doi:10.1214/17-BA1073 (a point estimate of a clustering).
"""

from dataclasses import dataclass

import numpy as np

from seriome.clones.likelihood import Grid, likelihoods, log_evidence
from seriome.clones.mixture import ALIKE, OUTLIERS, Data, Mixture
from seriome.special import gammaln, xlogy

LAUNCH = 1  # restricted sweeps that shape a split before it is proposed
CLONES = 5.0  # mean of the Poisson prior of the number of clusters, of one sample; see mixture.ALIKE for more
LOOKED_AT = 2000  # mutations that clusterings are compared on
FREE = 0.7  # share of the mutations whose label a sweep may change
HEIGHTS = np.linspace(-0.12, 0.12, 2001)  # relative changes of purity that a chain draws from
MOST = 60  # clusters that a chain may hold


@dataclass(frozen=True)
class Draws:
    """T draws. label (T, N): each mutation's cluster of that draw, -1 an outlier; ccf: T arrays (K of the draw, S).

    height (T, S): the purity of that draw over the purity that the likelihoods were made with; CCFs are of it
    """

    label: np.ndarray
    ccf: list
    height: np.ndarray

    def of_mutations(self, own: np.ndarray) -> np.ndarray:
        """(T, N, S) CCF of every mutation in every draw; `own` (N, S) stands where it was an outlier."""
        found = np.empty((len(self.label), *own.shape), np.float32)
        for t, (label, ccf) in enumerate(zip(self.label, self.ccf, strict=True)):
            found[t] = np.where(label[:, None] >= 0, ccf[label], own)
        return found


class _Chain:
    """The state: labels, rows and, with a founder, its height: purity over the purity of the likelihoods.

    The founder's likelihoods beside CCF 1 are those of a parabola through the grid's last points: heights differ from 1
    by a few per cent.
    """

    def __init__(self, one: Data, grid: Grid, begin: Mixture, seed: int, prior_of_height=None):
        self.data, self.grid, self.founder = one, grid, begin.founder
        drawn = prior_of_height is not None and begin.founder
        self.prior_of_height = prior_of_height(1 + HEIGHTS) if drawn else None
        self.rng = np.random.default_rng([seed, 2])
        self.up = grid.up.astype(np.float32)
        self.finer = np.ascontiguousarray(self.up.T)
        self.first = np.tile(np.arange(one.samples) * len(grid.ccf), 2)  # first point of each sample, for two clusters
        coarse = np.log(np.add.reduceat(np.exp(grid.prior), np.arange(len(grid.fine))[:: grid.refine]))
        self.coarse = coarse.astype(np.float32)
        self.label = np.where(begin.out > 0.5, -1, begin.memberships(one).argmax(axis=1))
        score = begin.rows[np.arange(len(begin.rows)), np.maximum(self.label, 0)[one.mutation]]
        self.row = self.data.best_rows(np.log(np.maximum(score, 1e-300)))
        self.count = begin.rows.shape[1]
        self.curves = self._curves()
        last = one.like.reshape(len(one.like), one.samples, -1)[:, :, -3:]
        self.at_one, self.height = last[:, :, 2].sum(axis=1, dtype=float), np.ones(one.samples)
        self.top = self.at_one  # (R,) log likelihood of each row in the founder
        if self.prior_of_height is not None:
            self.beside_one = _parabola(grid.ccf[-3:], last)

    # --- curves, evidence, CCFs

    def _fine(self, summed):
        """(K, S, F) float32 on the fine grid, from (K, S * G)."""
        shape = (len(summed), self.data.samples, len(self.grid.fine))
        return (summed.reshape(-1, len(self.finer)) @ self.finer).reshape(shape)

    def _curves(self):
        """(K, S * G) summed log likelihoods of the clusters."""
        return _summed(np.arange(self.count)[:, None] == self.label, self.data.like[self.row])

    def _picked(self, mass):
        """Places along the last axis, drawn in proportion to `mass` (..., F)."""
        below = np.cumsum(mass, axis=-1)
        return (below < self.rng.random(below.shape[:-1])[..., None] * below[..., -1:]).sum(axis=-1)

    def _draw_height(self):
        """Purity, from the reads of the founder's mutations of this draw; and what that makes of every row there."""
        if self.prior_of_height is None:
            return
        slope, bend = self.beside_one[:, self.row[self.label == 0]].sum(axis=1)[:, :, None]  # (S, 1) each
        score = slope * HEIGHTS + np.minimum(bend, 0) * HEIGHTS**2 / 2 + self.prior_of_height
        mass = np.exp(score - score.max(axis=1, keepdims=True))
        off = HEIGHTS[self._picked(mass)]
        self.height = 1 + off
        slope, bend = self.beside_one
        self.top = self.at_one + slope @ off + bend @ (off**2 / 2)

    def _draw_ccf(self, summed, founder):
        """Points (K, S) on the fine grid."""
        at = self._picked(likelihoods(self._fine(summed), self.grid)[0])
        if founder:
            at[0] = len(self.grid.fine) - 1
        return at

    def _at(self, points):
        """(K, R) log likelihood of the rows at the clusters' CCFs (points of the fine grid)."""
        return self.up[points].reshape(len(points), -1) @ self.data.like.T

    # --- moves

    def sweep(self):
        """New CCFs; new labels of some mutations, drawn anew each time, and rows of all.

        No label may empty a cluster, since no sweep could bring it back: clusters of which nobody is held in this sweep
        are closed. Splits and merges alone change the number of clusters.
        """
        one = self.data
        self._draw_height()
        points = self._draw_ccf(self.curves, self.founder)
        sizes = np.bincount(self.label[self.label >= 0], minlength=self.count)
        weight = self.rng.dirichlet(1.0 + sizes)
        total, out = len(self.label), (self.label < 0).sum()
        away = self.rng.beta(1.0 + out, OUTLIERS - 1 + total - out)
        score = self._at(points).astype(float) + (one.height + one.elsewhere)
        if self.founder:
            score[0] = self.top + one.height + one.prior
        score += np.log(weight)[:, None] + np.log1p(-away)
        free = self.rng.random(total) < FREE
        held = np.bincount(self.label[(self.label >= 0) & ~free], minlength=self.count) > 0
        held[0] |= self.founder
        stays = ~free | ((self.label >= 0) & ~held[self.label])
        within = np.where(held[:, None], score, -np.inf)
        top = np.maximum(np.maximum.reduceat(within.max(axis=0), one.starts), one.outlier + np.log(away))
        mass = np.add.reduceat(np.exp(within - top[one.mutation]), one.starts, axis=1)  # (K, N)
        below = np.cumsum(np.vstack([mass, np.exp(one.outlier + np.log(away) - top)]), axis=0)
        label = (below < self.rng.random(total) * below[-1]).sum(axis=0)
        label[label == self.count] = -1
        label = np.where(stays, self.label, label)
        mine = score[np.maximum(label, 0)[one.mutation], np.arange(len(one.mutation))]
        self.row = self.data.best_rows(mine + self.rng.gumbel(size=len(mine)))
        self.label = label
        self._tidy()

    def _tidy(self):
        """Empty clusters leave."""
        sizes = np.bincount(self.label[self.label >= 0], minlength=self.count)
        kept = sizes > 0
        if self.founder:
            kept[0] = True
        if not kept.all():
            place = np.cumsum(kept) - 1
            self.label = np.where(self.label >= 0, place[np.maximum(self.label, 0)], -1)
            self.count = int(kept.sum())
        self.curves = self._curves()

    def _price(self, more):
        """Log prior ratio of `more` clusters against one fewer, beside their sizes: Poisson, Dirichlet(1, ..., 1)."""
        total = (self.label >= 0).sum()
        return np.log(CLONES) + ALIKE * (self.data.samples - 1) + np.log(more - 1) - np.log(more - 1 + total)

    def split_or_merge(self):
        if self.count > MOST:
            return
        named = np.flatnonzero(self.label >= 0)
        if len(named) < 2:
            return
        first, step = self.rng.integers(len(named)), self.rng.integers(1, len(named))
        i, j = named[first], named[(first + step) % len(named)]
        a, b = self.label[i], self.label[j]
        if a == b:
            both = np.flatnonzero(self.label == a)
        else:
            if self.founder and b == 0:
                i, j, a, b = j, i, b, a
            both = np.flatnonzero((self.label == a) | (self.label == b))
        founder = self.founder and a == 0
        rows = self.row[both]
        like = self.data.like[rows]
        seeds = np.array([both == i, both == j])
        stay = ~np.isfinite(self.data.elsewhere[rows]) if founder else np.zeros(len(both), bool)
        if stay[seeds[1]].any():
            return
        top = self.top[rows] if founder else None
        extra = np.where(stay, -np.inf, self.data.elsewhere[rows] - self.data.prior[rows]) if founder else 0.0
        half = self._halved(self.rng.random(len(both)) < 0.5, seeds, stay)  # True: in the second
        for _ in range(LAUNCH):
            chance = self._chance(like, half, extra, top)
            half = self._halved(self.rng.random(len(both)) < chance, seeds, stay)
        chance = self._chance(like, half, extra, top)
        if a == b:
            half = self._halved(self.rng.random(len(both)) < chance, seeds, stay)
        else:
            half = self.label[both] == b
        proposal = np.where(half, np.log(np.maximum(chance, 1e-13)), np.log1p(-chance))[
            ~(seeds.any(axis=0) | stay)
        ].sum()
        parts = _summed([~half, half], like)
        fine = self._fine(np.vstack([parts, parts[0] + parts[1]]))
        evidence = log_evidence(fine, self.grid).sum(axis=1)
        if founder:
            evidence[[0, 2]] = top[~half].sum(), top.sum()
        n, m = int((~half).sum()), int(half.sum())
        gain = evidence[0] + evidence[1] - evidence[2]
        gain += gammaln(1 + n) + gammaln(1 + m) - gammaln(1 + n + m)
        if founder:
            gain += extra[half].sum() + np.log(2)  # one pair of mutations proposes the split, two the merge
        if a == b:
            if np.log(self.rng.random()) < gain + self._price(self.count + 1) - proposal:
                self.label[both[half]] = self.count
                self.count += 1
                self.curves = self._curves()
        elif np.log(self.rng.random()) < proposal - gain - self._price(self.count):
            self.label[both] = a
            last = self.count - 1
            self.label[self.label == last] = b if b != last else last
            self.count -= 1
            self.curves = self._curves()

    def _halved(self, half, seeds, stay):
        """Halves in which each seed is in its own, and what cannot leave is in the first."""
        return (half & ~seeds[0] & ~stay) | seeds[1]

    def _chance(self, like, half, extra, top):
        """Probability of the second half of each mutation, given CCFs (on the coarse grid) drawn for the two.

        top  (n,) log likelihood of each in the first half where that is the founder, else None
        """
        samples, points = self.data.samples, len(self.grid.ccf)
        summed = _summed([~half, half], like).reshape(2 * samples, points)
        at = self._picked(np.exp(summed - summed.max(axis=1, keepdims=True) + self.coarse))
        fit = like[:, at + self.first]
        odds = fit[:, samples:].sum(axis=1) - (fit[:, :samples].sum(axis=1) if top is None else top) + extra
        second = np.count_nonzero(half)
        odds += np.log((1 + second) / (1 + len(half) - second))
        return 1 / (1 + np.exp(-np.clip(odds.astype(float), -30, 30)))


def _parabola(x, y):
    """(2, ...) slope and bend at the last of three points x (3,), of values y (..., 3)."""
    first = (y[..., 2] - y[..., 1]) / (x[2] - x[1])
    bend = 2 * (first - (y[..., 1] - y[..., 0]) / (x[1] - x[0])) / (x[2] - x[0])
    return np.stack([first + bend * (x[2] - x[1]) / 2, bend]).astype(float)


def _summed(groups, like):
    """(K, S * G) summed log likelihoods of the rows `like` that are of each of `groups` (K, R)."""
    return np.array(groups, np.float32) @ like


def sample(
    one: Data, grid: Grid, begin: Mixture, *, draws=200, burn=50, moves=2, every=1, seed=0, prior_of_height=None
) -> Draws:
    """Draws of the posterior, beginning at a fit. `moves` splits or merges are tried between two sweeps.

    prior_of_height  log prior (S, ...) of purities over those that the likelihoods were made with; None holds them
    """
    chain = _Chain(one, grid, begin, seed, prior_of_height)
    labels, ccf, height = [], [], []
    for step in range(burn + draws * every):
        for _ in range(moves):
            chain.split_or_merge()
        chain.sweep()
        if step >= burn and (step - burn) % every == 0:
            points = chain._draw_ccf(chain.curves, chain.founder)
            labels.append(chain.label.astype(np.int16))
            ccf.append(np.minimum(grid.fine[points] / chain.height, 1).astype(np.float32))
            if chain.founder:
                ccf[-1][0] = 1
            height.append(chain.height)
    return Draws(np.array(labels), ccf, np.array(height))


def bounds(draws, mass=0.95):
    """Equal-tailed bounds over the first axis."""
    ordered = np.sort(draws, axis=0)
    cut = max(int(np.floor((len(draws) + 1) * (1 - mass) / 2)) - 1, 0)
    return ordered[cut], ordered[-1 - cut]


def nearest(labels: np.ndarray, candidates) -> int:
    """Which of the clusterings `candidates`, (N,) each, has the least mean variation of information to draws (T, N)."""
    step = max(1, labels.shape[1] // LOOKED_AT)
    small = [one[::step] for one in candidates]
    hot, sizes = _hot(labels[:, ::step])
    count = len(hot)
    entropy = -xlogy(sizes / count, sizes / count).sum(axis=1)
    best, least = 0, np.inf
    for place, label in enumerate(small):
        own = (np.arange(label.max() + 2)[:, None] == label + 1).astype(np.float32)
        joint = ((own @ hot) / count).reshape(len(own), len(labels), -1)
        mine = own.sum(axis=1) / count
        apart = (-2 * xlogy(joint, joint).sum(axis=(0, 2)) - entropy).mean() + xlogy(mine, mine).sum()
        if apart < least - 1e-9:
            best, least = place, apart
    return best


def representative(labels: np.ndarray, fit: np.ndarray, settle) -> np.ndarray:
    """(N,) the clustering that stands for the draws (T, N): the fit's, or that of a draw, the nearest to all draws.

    A draw holds stray mutations, each where chance put it then. `settle` takes the nearest draw to the optimum beside
    it, and that is compared with the fit.
    """
    draw = nearest(labels, [fit, *labels])
    if draw == 0:
        return fit.astype(int)
    candidates = [fit, settle(labels[draw - 1].astype(int))]
    return candidates[nearest(labels, candidates)].astype(int)


def together(labels: np.ndarray, label: np.ndarray) -> np.ndarray:
    """(N, K) probability over the draws that a mutation is of one clone with the mutations of a cluster of `label`."""
    own = (label[:, None] == np.arange(max(label.max() + 1, 1))).astype(np.float32)
    own /= np.maximum(own.sum(axis=0), 1)
    found = np.zeros(own.shape)
    for draw in labels:
        hot = (draw[:, None] == np.arange(draw.max() + 1)).astype(np.float32)
        found += hot @ (hot.T @ own)
    return found / len(labels)


def _hot(labels):
    """(N, T * K) one column per draw and cluster, the outliers' first; sizes (T, K)."""
    draws, count = labels.shape
    clusters = int(labels.max()) + 2
    hot = np.zeros((count, draws * clusters), np.float32)
    for t, label in enumerate(labels):
        hot[np.arange(count), t * clusters + label + 1] = 1
    return hot, hot.sum(axis=0).reshape(draws, clusters)
