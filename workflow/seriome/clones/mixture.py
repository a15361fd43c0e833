"""Mixture: what clusters are fitted to, what a fit is, and what its priors are.

Each mutation is of one cluster or an outlier, whose VAF is anything in each sample; weights are Dirichlet(1, ..., 1);
a cluster has a CCF of its own in each sample. `cluster` finds such fits, `sample` draws them.
"""

from dataclasses import dataclass

import numpy as np

from seriome.clones.copies import States
from seriome.special import gammaln, xlogy

OUTLIERS = 100.0  # mutations that the prior of one outlier in a hundred counts for
COST = 1.0  # nats that one more cluster has to gain beyond the bound: clones are few; in many samples less, since
ALIKE = 0.5  # for each further sample: a clone's CCFs there are like those beside, and uniform priors ask too much


@dataclass(frozen=True)
class Data:
    """What clusters are fitted to: R rows of N mutations.

    like     (R, S * G) float32, each row's highest value taken off in each sample
    height   (R,) what was taken off
    mutation (R,) 0, 0, 1, ...: the row's mutation;  starts (N,) its first row
    prior, elsewhere  (R,) log prior of the row in the founder and in any other cluster
    outlier  (N,) log likelihood as an outlier
    """

    like: np.ndarray
    height: np.ndarray
    mutation: np.ndarray
    starts: np.ndarray
    prior: np.ndarray
    elsewhere: np.ndarray
    outlier: np.ndarray
    samples: int

    @property
    def alone(self) -> np.ndarray:
        """(R,) what each row can reach by itself: its highest likelihood, and its prior where it is allowed."""
        return self.height + np.where(np.isfinite(self.elsewhere), self.elsewhere, self.prior)

    def best_rows(self, score) -> np.ndarray:
        """(N,) the row of each mutation with the highest score (R,), the first of equals."""
        best = np.flatnonzero(score == np.maximum.reduceat(score, self.starts)[self.mutation])
        return best[np.searchsorted(self.mutation[best], np.arange(len(self.starts)))]

    def some(self, mutations) -> "Data":
        """Rows of some of the mutations (rising)."""
        keep = np.isin(self.mutation, mutations)
        mutation = np.searchsorted(mutations, self.mutation[keep])
        return Data(
            self.like[keep],
            self.height[keep],
            mutation,
            np.flatnonzero(np.r_[True, np.diff(mutation) > 0]),
            self.prior[keep],
            self.elsewhere[keep],
            self.outlier[mutations],
            self.samples,
        )


def data(like: np.ndarray, states: States, outlier: np.ndarray) -> Data:
    """From log likelihoods (R, S, G)."""
    top = like.max(axis=2)
    flat = (like - top[:, :, None]).reshape(len(like), -1).astype(np.float32)
    starts = np.flatnonzero(np.r_[True, np.diff(states.mutation) > 0])
    mutation = np.cumsum(np.r_[False, np.diff(states.mutation) > 0])
    height = top.sum(axis=1, dtype=float)
    return Data(flat, height, mutation, starts, states.prior, states.elsewhere, outlier, like.shape[1])


@dataclass(frozen=True)
class Mixture:
    """A fit of K clusters.

    rows       (R, K) probability of each row (mutation and copy state) in each cluster
    out        (N,) probability of being an outlier; a mutation's rows and this sum to 1
    curves     (K, S, F) summed log likelihoods on grid.fine, less their constants
    posterior  (K, S, F) probability of each CCF of grid.fine
    bound      evidence lower bound, nats
    """

    rows: np.ndarray
    out: np.ndarray
    curves: np.ndarray
    posterior: np.ndarray
    bound: float
    founder: bool

    def memberships(self, one: Data) -> np.ndarray:
        """(N, K) probability of each mutation in each cluster."""
        return np.add.reduceat(self.rows, one.starts, axis=0)

    def labels(self, one: Data) -> np.ndarray:
        """(N,) the likeliest cluster of each mutation, -1 of an outlier."""
        return np.where(self.out > 0.5, -1, self.memberships(one).argmax(axis=1))


# --- priors


def cost(samples: int) -> float:
    """Nats that one more cluster has to gain beyond the bound."""
    return COST - ALIKE * (samples - 1)


def entropy_of_joining(first, second):
    """Nats that entropy changes by, at most 0, when two clusters are one: which of them each row (R,) is of is lost."""
    both = first + second
    return (xlogy(first, first) + xlogy(second, second) - xlogy(both, both)).sum()


def prior_of_joining(first, second, count, total, samples):
    """Log prior gained when two clusters of these sizes are one; `count` clusters and `total` mutations before."""
    gain = gammaln(1 + first + second) - gammaln(1 + first) - gammaln(1 + second)
    gain += gammaln(count - 1) - gammaln(count) - gammaln(count - 1 + total) + gammaln(count + total)
    return gain + cost(samples) - np.log(count)


def log_dirichlet(sizes) -> float:
    clusters = len(sizes)
    return gammaln(1 + sizes).sum() - gammaln(clusters + sizes.sum()) + gammaln(clusters)
