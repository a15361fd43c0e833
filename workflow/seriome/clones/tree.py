"""Tree: who descends from whom.

Sum rule: in every sample, the CCFs of a clone's children add up to no more than its own. Clones are placed in falling
CCF; each picks its parent among those placed; a tree's score is the sum over clones and samples of
log Phi((CCF - sum of the children's) / standard error), plus a symmetric Dirichlet(0.8) on the clones' own shares.
The beam keeps BEAM trees at each step: all trees, up to seven clones. Edges have the share of the trees, weighted by
their score, that hold them; the tree given is the one whose edges have the highest support together.
Sources: Jiao et al. 2014, doi:10.1186/1471-2105-15-35 (sum rule); Myers et al. 2019, doi:10.1016/j.cels.2019.05.010
(longitudinal trees); Kulman et al. 2024, Orchard, doi:10.1371/journal.pcbi.1012653 (beam of partial trees).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr

BEAM = 2000
FLOOR = 0.01  # the least standard error of a CCF
SHARES = 0.8  # Dirichlet of the clones' own shares: below 1, few clones hold most of a sample


@dataclass(frozen=True)
class Tree:
    """parent[k]: the parent of cluster k, -1 at the top; support[k] of that edge; worst: the least z of the sum rule.

    trees: the trees kept, (parents, probability), falling; at most 100 are listed.
    """

    parent: np.ndarray
    support: np.ndarray
    worst: float
    trees: list


def grow(ccf, error) -> Tree:
    """The tree of K clusters with CCF and standard error (K, S); cluster 0 is the founder, on top."""
    clusters, samples = ccf.shape
    if clusters == 0 or samples == 0:
        parent = np.where(np.arange(clusters) == 0, -1, 0)
        return Tree(parent, np.where(parent < 0, 1.0, np.nan), 0.0, [])
    variance = np.maximum(error, FLOOR) ** 2
    order = [0, *(1 + np.argsort(-ccf[1:].sum(axis=1), kind="stable"))]
    parents = np.full((1, clusters), -1)
    load, spread = np.zeros((1, clusters, samples)), np.zeros((1, clusters, samples))
    score = np.zeros(1)
    for placed in range(1, clusters):
        child = order[placed]
        hosts = np.array(order[:placed])
        old = log_ndtr((ccf[hosts] - load[:, hosts]) / np.sqrt(variance[hosts] + spread[:, hosts]))
        old = np.where(load[:, hosts] > 0, old, 0)  # a clone without children breaks no rule
        new_load, new_spread = load[:, hosts] + ccf[child], spread[:, hosts] + variance[child]
        new = log_ndtr((ccf[hosts] - new_load) / np.sqrt(variance[hosts] + new_spread))
        total = score[:, None] + (new - old).sum(axis=2)
        best = np.argsort(-total, axis=None, kind="stable")[:BEAM]
        tree, host = np.unravel_index(best, total.shape)
        parents, load, spread, score = parents[tree].copy(), load[tree].copy(), spread[tree].copy(), total.flat[best]
        each = np.arange(len(best))
        parents[each, child] = hosts[host]
        load[each, hosts[host]] += ccf[child]
        spread[each, hosts[host]] += variance[child]
    own = np.clip(ccf - load, 0.01, 1)
    score = score + (SHARES - 1) * np.log(own).sum(axis=(1, 2))
    weight = np.exp(score - score.max())
    weight /= weight.sum()
    edges = np.zeros((clusters, clusters + 1))
    for child in range(clusters):
        np.add.at(edges[child], parents[:, child], weight)  # parent -1 is the last column
    together = edges[np.arange(clusters), parents].sum(axis=1)
    chosen = int(np.lexsort((-weight, -np.round(together, 9)))[0])
    parent = parents[chosen]
    slack = (ccf - load[chosen]) / np.sqrt(variance + spread[chosen])
    has_child = np.isin(np.arange(clusters), parent)
    ranked = np.argsort(-weight, kind="stable")[:100]
    kept = [(tuple(int(p) for p in parents[one]), float(weight[one])) for one in ranked if weight[one] > 1e-3]
    return Tree(parent, edges[np.arange(clusters), parent], float(slack[has_child].min(initial=0)), kept)


def ancestors(parent, one: int) -> list[int]:
    """From the parent of `one` up to the top."""
    line = []
    while parent[one] >= 0:
        one = int(parent[one])
        line.append(one)
    return line
