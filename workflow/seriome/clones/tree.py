"""Tree: who descends from whom.

Sum rule: in every sample, the CCFs of a clone's children add up to no more than its own; what is left is its own share
of the cancer cells. How probable a tree is: `tree_score`, `steady`; which trees are looked at: `tree_search`.
Supports are shares of all these trees, weighted by probability to the power TRUST, without which they were too sure.
The tree given has the greatest expected F1 of ancestries, over all these trees (the estimate of least expected loss);
it need not be the most probable, nor one of them. SHARES, PACES, SEEN and TRUST were set on simulated patients
(tests/bench/trees.py says which).

Assumptions: no mutation is lost or arises twice; errors of clusters and samples are independent.
Sources: Jiao et al. 2014, doi:10.1186/1471-2105-15-35 (sum rule, trees as hidden variables); Wintersinger et al. 2022,
doi:10.1158/2643-3230.BCD-21-0092 (tree posteriors); Barbieri and Berger 2004, doi:10.1214/009053604000000238 (the
central model predicts better than the most probable).
"""

from dataclasses import dataclass, field

import numpy as np

from seriome.clones.lineage import lineages, moved
from seriome.clones.tree_score import Scorer
from seriome.clones.tree_search import BEAM, search

TRUST = 0.8  # power of the probabilities: samples and clusters err less independently than the sum has it
DECIDED = 0.8


@dataclass(frozen=True)
class Tree:
    """Trees of K clusters and what they agree on.

    parent (K,)      the tree of the greatest expected F1 of ancestries: the parent of each cluster, -1 on top
    support (K,)     probability of that edge; NaN where no sample says anything
    worst            least z of the sum rule in that tree, 0 where none is negative
    trees            (parents, probability) of the most probable, falling; at most 100
    ancestor (K, K)  probability that the first is an ancestor of the second
    consensus (K,)   the parent that has a probability of 0.5 or more, whatever the tree; -2 where none has
    decided (K,)     is the support 0.8 or more?
    best (K,)        the most probable tree
    suspect          clusters whose CCF must move by more than 2 standard errors somewhere to obey the tree's sum rule
    """

    parent: np.ndarray
    support: np.ndarray
    worst: float
    trees: list
    ancestor: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    consensus: np.ndarray = field(default_factory=lambda: np.zeros(0, int))
    decided: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    best: np.ndarray = field(default_factory=lambda: np.zeros(0, int))
    suspect: np.ndarray = field(default_factory=lambda: np.zeros(0, int))


def grow(
    ccf, error, *, draws=None, present=None, absent=None, day=None, group=None, beam: int = BEAM, seed: int = 0
) -> Tree:
    """The trees of K clusters over S samples.

    ccf, error (K, S)       means and standard errors; cluster 0 is the founder, held at 1; NaN is not covered
    present, absent (K, S)  confidently seen, confidently not seen; without them YOUNGER does not apply
    day (S,)                without it the samples have no order, and no rule of time applies but YOUNGER
    group (S,)              where a sample was taken: time rules hold within one group, 'plasma' shows all of them
    draws, seed             not used. Errors are summed over in full: an average over draws from the posteriors took ten
                            times as long on simulated patients and was no better. Nothing is random.
    """
    ccf, error = np.asarray(ccf, float), np.asarray(error, float)
    clusters = len(ccf)
    says = (np.isfinite(ccf) & np.isfinite(error))[min(clusters - 1, 1) :].any(axis=0)  # of the founder alone: nothing
    if clusters == 0 or not says.any():
        return _silent(clusters)
    present, absent = (None if one is None else np.asarray(one, bool)[:, says] for one in (present, absent))
    day, group = (None if one is None else np.asarray(one)[says] for one in (day, group))
    scorer = Scorer(ccf[:, says], error[:, says], present, absent, day, group)
    trees, score = search(scorer, beam)
    weight = np.exp(TRUST * (score - score.max()))
    weight /= weight.sum()
    ranked = np.argsort(-weight, kind="stable")
    trees, weight = trees[ranked], weight[ranked]
    above = lineages(trees)
    ancestor = np.tensordot(weight, above, 1)
    parent = _central(trees, weight, above)
    edges = np.zeros((clusters, clusters + 1))  # parent -1 is the last column
    for child in range(clusters):
        np.add.at(edges[child], trees[:, child], weight)
    support = np.minimum(edges[np.arange(clusters), parent], 1)
    likely = edges.argmax(axis=1)
    consensus = np.where(edges.max(axis=1) >= 0.5, np.where(likely == clusters, -1, likely), -2)
    kept = [(tuple(one), float(p)) for one, p in zip(trees[:100].tolist(), weight, strict=False)]
    return Tree(
        parent=parent,
        support=support,
        worst=scorer.worst(parent),
        trees=kept,
        ancestor=np.minimum(ancestor, 1),
        consensus=consensus,
        decided=support >= DECIDED,
        best=trees[0],
        suspect=scorer.suspect(parent),
    )


def _central(trees, weight, above) -> np.ndarray:
    """The tree (K,) of the greatest expected F1 of ancestries: the best of `trees`, one subtree moved while that helps.

    F1 of two trees is 2 * pairs in both / (pairs of one + pairs of the other). Trees of equally many pairs are added
    up beforehand, so that the sum over all trees costs one product.
    """
    flat = above.reshape(len(trees), -1).astype(float)
    pairs, which = np.unique(flat.sum(axis=1), return_inverse=True)
    summed = np.zeros((len(pairs), flat.shape[1]))
    for number in range(len(pairs)):
        these = which == number
        summed[number] = weight[these] @ flat[these]

    def expected(flat):
        both = flat.sum(axis=1)[:, None] + pairs
        return np.round((2 * (flat @ summed.T) / np.maximum(both, 1)).sum(axis=1), 9)

    found = expected(flat)
    parent, best = trees[found.argmax()], found.max()
    while len(near := moved(parent)):
        found = expected(lineages(near).reshape(len(near), -1).astype(float))
        if found.max() <= best:
            break
        parent, best = near[found.argmax()], found.max()
    return parent


def _silent(clusters: int) -> Tree:
    """No sample: all under the founder, and nothing known of it."""
    founder = np.arange(clusters) == 0
    parent = np.where(founder, -1, 0)
    ancestor = np.full((clusters, clusters), np.nan)
    return Tree(
        parent=parent,
        support=np.where(founder, 1.0, np.nan),
        worst=0.0,
        trees=[],
        ancestor=ancestor,
        consensus=np.where(founder, -1, -2),
        decided=founder,
        best=parent,
    )
