"""Clones inside one another: their own shares of a tumour, and how likely a course of these is.

A clone's share of the tumour holds that of its descendants. What is its own grows exponentially on its own account: the
log of the ratio of two own shares is a straight line in time, with another slope in each phase of treatment. So all
clones together are a Gaussian process: for each a level, slopes, a random walk and scatter, as in `order`, and for each
sample an offset that all share, since shares only tell how the clones stand to one another.
A tree is needed for it. It is grown from the largest clone down, each into the clone that has most surely room for it
in all samples (the sum rule: El-Kebir et al. 2015, Bioinformatics 31:i62, doi:10.1093/bioinformatics/btv261).
"""

from itertools import product

import numpy as np
from scipy import special, stats

SLACK = 0.02  # standard deviation of a share that is not of its reads
LEVEL, OFFSET = (
    3.0,
    10.0,
)  # standard deviations of logs of own shares: of a clone's level, of what a sample's clones share
GRID = tuple(product((2.0, 4.0, 8.0), (0.1, 0.4, 1.0), (0.05, 0.2)))  # of slopes, walk and scatter


def own_shares(shares, error):
    """(log of the own shares (K + 1, S), the founder's first; their variance): clones put inside one another.

    shares, error   (K, S) of the clones but the founder, whose share is 1, descendants included; standard deviations
    """
    own = np.vstack([np.ones(shares.shape[1]), shares])
    whole, variance = own.copy(), np.vstack([np.zeros(shares.shape[1]), np.square(error)]) + SLACK**2
    left, placed = variance.copy(), [0]
    for clone in 1 + np.argsort(-shares.sum(axis=1), kind="stable"):
        room = [(own[one] - whole[clone]) / np.sqrt(left[one] + variance[clone]) for one in placed]
        parent = placed[int(np.argmax([stats.norm.logcdf(one).sum() for one in room]))]
        own[parent] -= whole[clone]
        left[parent] += variance[clone]
        placed.append(clone)
    error = np.sqrt(left)
    return np.log(np.maximum(own, error / 2)), (error / np.maximum(own, error)) ** 2


def log_likelihood(logs, variance, slopes, walk) -> np.ndarray:
    """Log likelihood (P,) of the courses of own shares in each of P orders, averaged over GRID, up to a constant.

    logs, variance   (K, P, S) of own_shares, in each order
    slopes, walk     (S, S) covariances of a slope and of a walk of standard deviation 1 over the whole time
    """
    clones, orders, samples = logs.shape
    values, reads = (one.transpose(1, 0, 2).reshape(orders, -1) for one in (logs, variance))
    shared = OFFSET**2 * np.kron(np.ones((clones, clones)), np.eye(samples))
    own, found = np.eye(clones * samples), []
    for slope, step, scatter in GRID:
        common = np.kron(np.eye(clones), LEVEL**2 + slope**2 * slopes + step**2 * walk) + shared + scatter**2 * own
        lower = np.linalg.cholesky(common + own * reads[:, None, :])
        left = np.linalg.solve(lower, values[..., None])[..., 0]
        found.append((-0.5 * left**2 - np.log(np.diagonal(lower, axis1=-2, axis2=-1))).sum(axis=-1))
    return special.logsumexp(found, axis=0) - np.log(len(GRID))
