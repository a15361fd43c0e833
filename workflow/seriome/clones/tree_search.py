"""The search for trees: a beam over placements in falling CCF, then the neighbours of the best.

Each clone is placed under any clone placed before, and the BEAM best are kept by a quick score (log Phi of what the sum
rule leaves over, in standard errors); the best of them are scored in full, and so are the neighbours of the best (one
subtree moved elsewhere), for noise may break the order of CCFs. Up to seven clones all trees of that order with one
founder pass the beam. Trees of the beam that are not scored in full count with their quick score, put on the scale of
the least of those that are; without them supports are too high where much is open.
Source: Kulman et al. 2024, doi:10.1371/journal.pcbi.1012653 (beam of partial trees, subtrees moved)
"""

import numpy as np

from seriome.clones.lineage import moved
from seriome.clones.tree_score import LARGE, TOP, YOUNGER, log_tail

BEAM = 2000
SCORED = 400  # trees of the beam that are scored in full; of LARGE an eighth
ROUNDS, TOGETHER, AROUND = 3, 8, 100  # of neighbours: rounds, trees whose neighbours are looked at, neighbours scored
NEAR, NEIGHBOURS, FAR = 15, 8, 4  # nats below the best: the beam's and neighbours still scored, still looked around


def search(scorer, beam: int):
    """Trees (N, K) and their scores (N,): the best of a beam, then the neighbours of the best, then the beam's others.

    The last are not scored in full: they get the quick score plus what the full one is higher by, on average over the
    lower half of those that are, and no more than the best.
    """
    clusters, samples = scorer.ccf.shape
    large = clusters > LARGE or samples > LARGE
    trees = _beam(scorer, max(beam // 4, 1) if large else beam)
    quick = scorer.quick(trees)
    best = np.argsort(-quick, kind="stable")
    best = best[quick[best] > quick.max() - NEAR]
    scored = SCORED // 8 if large else SCORED
    rest, rough = trees[best[scored:]], quick[best[scored:]]
    trees, quick = trees[best[:scored]], quick[best[:scored]]
    score = scorer.full(trees)
    lower = (score - quick)[len(score) // 2 :]
    rough = rough + np.logaddexp.reduce(lower) - np.log(len(lower))
    known = {tuple(one): value for one, value in zip(trees.tolist(), score.tolist(), strict=True)}
    done = set()
    for _ in range(ROUNDS):
        open_ = sorted((one for one in known if one not in done), key=known.get, reverse=True)[:TOGETHER]
        best = max(known.values())
        open_ = [one for one in open_ if known[one] > best - FAR]
        if not open_:
            break
        done.update(open_)
        near = np.unique(np.vstack([moved(np.array(one)) for one in open_]), axis=0)
        near = near[[tuple(one) not in known for one in near.tolist()]]
        if not len(near):
            continue
        quick = scorer.quick(near)
        shift = best - scorer.quick(np.array(open_)).max()
        take = np.argsort(-quick, kind="stable")[:AROUND]
        near = near[take[quick[take] + shift > best - NEIGHBOURS]]
        known.update(zip(map(tuple, near.tolist()), scorer.full(near).tolist(), strict=True))
    best = max(known.values())
    for one, value in zip(map(tuple, rest.tolist()), rough.tolist(), strict=True):
        known.setdefault(one, min(value, best))
    return np.array(list(known)), np.array(list(known.values()))


def _beam(scorer, beam: int) -> np.ndarray:
    """The `beam` trees (N, K) whose sum rule is broken least, built clone by clone in falling CCF."""
    ccf, variance, covered = scorer.filled, scorer.variance, scorer.covered
    clusters, samples = ccf.shape
    size = np.where(covered, ccf, 0).sum(axis=1) / np.maximum(covered.sum(axis=1), 1)
    order = [0, *(1 + np.argsort(-size[1:], kind="stable"))]
    # the last host is the top: CCF 1, the founder on it
    have = np.vstack([ccf + ~covered, np.ones(samples)])  # of what is not covered all that is known is that it is <= 1
    noise = np.vstack([np.where(covered, variance, 0), np.zeros(samples)]) + 1e-12
    parents = np.full((1, clusters), -1)
    load, spread = np.zeros((1, clusters + 1, samples)), np.zeros((1, clusters + 1, samples))
    load[0, -1], spread[0, -1] = np.where(covered[0], ccf[0], 0), np.where(covered[0], variance[0], 0)
    term, score = np.zeros((1, clusters + 1)), np.zeros(1)
    line = np.zeros((1, clusters + 1, clusters))  # itself and its ancestors, of each clone placed
    line[0, 0, 0] = 1
    for placed in range(1, clusters):
        child = order[placed]
        hosts = np.array([*order[:placed], clusters])
        add, more = np.where(covered[child], ccf[child], 0), np.where(covered[child], variance[child], 0)
        z = (have[hosts] - load[:, hosts] - add) / np.sqrt(noise[hosts] + spread[:, hosts] + more)
        new = log_tail(z).sum(axis=2)
        total = score[:, None] + new - term[:, hosts] + YOUNGER * (line[:, hosts] @ scorer.younger[:, child])
        total[:, -1] += TOP
        best = np.argsort(-total, axis=None, kind="stable")[:beam]
        tree, host = np.unravel_index(best, total.shape)
        chosen, each = hosts[host], np.arange(len(best))
        score, gained = total[tree, host], new[tree, host]
        parents, load, spread, term, line = parents[tree], load[tree], spread[tree], term[tree], line[tree]
        parents[each, child] = np.where(chosen == clusters, -1, chosen)
        load[each, chosen] += add
        spread[each, chosen] += more
        term[each, chosen] = gained
        line[each, child] = line[each, chosen]
        line[each, child, child] = 1
    return parents
