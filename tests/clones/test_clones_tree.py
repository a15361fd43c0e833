"""Trees against hand calculation, against all trees scored by sampling, and the rules of time one by one."""

import math
from itertools import product

import numpy as np
import pytest
from scipy.optimize import nnls
from scipy.stats import beta

from seriome.clones import tree as clone_tree
from seriome.clones import tree_score, tree_search
from seriome.clones.lineage import ancestors, lineages, moved
from seriome.clones.steady import LEAST, LEVELS, chains_of
from seriome.clones.tree import grow
from seriome.clones.tree_score import RETURN, SHARES, TOP, YOUNGER

RETURNING = np.array([[1, 1, 1], [0.6, 0.3, 0.6], [0.3, 0.3, 0.3]])  # 2 within 1: 1 itself has 0.3, 0, 0.3


def log_odds(found, one, other) -> float:
    """In the nats of the scores, before TRUST."""
    chance = dict(found.trees)
    return math.log(chance[one] / chance[other]) / clone_tree.TRUST


def without_course(monkeypatch):
    monkeypatch.setattr(tree_score.Scorer, "_course", lambda self, trees: 0)


@pytest.mark.parametrize(
    ("ccf", "parent"),
    [
        pytest.param([[1, 1], [0.7, 0.3], [0.6, 0.2]], [-1, 0, 1], id="0.7 + 0.6 is too much for branches"),
        pytest.param([[1, 1], [0.5, 0.3], [0.3, 0.6]], [-1, 0, 0], id="each is above the other once"),
        pytest.param([[1, 1], [0.9, 0.9], [0.5, 0.1], [0.2, 0.7]], [-1, 0, 1, 1], id="two branches within the second"),
        pytest.param([[0.4, 0.6], [0.6, 0.3]], [-1, -1], id="more than the founder: a second founder"),
        pytest.param([[0.4, 0.6], [0.6, 0.3], [0.5, 0.1]], [-1, -1, 1], id="a child of the second founder"),
        pytest.param([[1, 1]], [-1], id="founder alone"),
    ],
)
def test_tree_by_hand(ccf, parent):
    tree = grow(np.array(ccf, float), np.full(np.shape(ccf), 0.01))
    assert tree.parent.tolist() == parent == tree.best.tolist() == tree.consensus.tolist()
    assert tree.support == pytest.approx(1, abs=0.1)
    assert tree.decided.all()
    assert not len(tree.suspect)


def test_tree_that_is_open_says_so():
    """In one sample 0.6 and 0.3 may be a chain or two branches."""
    tree = grow(np.array([[1.0], [0.6], [0.3]]), np.full((3, 1), 0.01))
    assert tree.support[1] == pytest.approx(1)
    assert 0.3 < tree.support[2] < 0.7
    assert tree.decided.tolist() == [True, True, False]
    assert sum(weight for _, weight in tree.trees) == pytest.approx(1)
    assert tree.ancestor[0] == pytest.approx([0, 1, 1])
    assert tree.ancestor[1, 2] == pytest.approx(dict(tree.trees)[-1, 0, 1])


def test_probabilities_of_all_trees():
    """Against every tree of four clones, each scored by a million draws of own shares: no grid, no convolution."""
    rng = np.random.default_rng(8)
    ccf, error = np.array([[1, 1], [0.6, 0.5], [0.35, 0.3], [0.2, 0.4]]), np.full((4, 2), 0.08)
    error[0] = 0
    found = dict(grow(ccf, error).trees)
    own = rng.dirichlet(np.full(4, SHARES), 1_000_000).T
    expected = {}
    for parents in product([0, 2, 3], [0, 1, 3], [0, 1, 2]):
        tree = (-1, *parents)
        line = list(tree)
        for _ in range(4):
            line = [tree[one] if one >= 0 else -1 for one in line]
        if max(line) >= 0:
            continue  # a ring
        below = lineages(np.array([tree]))[0] | np.eye(4, dtype=bool)
        true = below @ own
        chance = 1.0
        for s in range(2):
            z = (true[1:] - ccf[1:, s, None]) / 0.08
            chance *= np.exp(-0.5 * (z**2).sum(axis=0)).mean()
        sizes = below.sum(axis=1)[1:]
        expected[tree] = (chance * (4.0**-2 + 1 / (math.factorial(3) * np.prod(sizes)))) ** clone_tree.TRUST
    total = sum(expected.values())
    assert len(expected) == 16
    for tree, chance in expected.items():
        assert found.get(tree, 0) == pytest.approx(chance / total, abs=0.01)


def test_worst_and_suspect():
    """0.9 + 0.3 within 1: 0.2 too much, by errors of 0.01 in two clones and the founder. Each child gives way."""
    tree = grow(np.array([[1, 1], [0.9, 0.3], [0.3, 0.9]]), np.full((3, 2), 0.01))
    assert tree.parent.tolist() == [-1, 0, 0]
    assert tree.worst == pytest.approx(-0.2 / (0.01 * math.sqrt(3)))
    assert tree.suspect.tolist() == [0, 1, 2]  # 0.2 shared by three, 6.7 errors each
    held = grow(np.array([[1, 1], [0.9, 0.3], [0.11, 0.2]]), np.full((3, 2), 0.01))
    assert not len(held.suspect)


def test_projection_is_the_least_squares_of_scipy():
    rng = np.random.default_rng(1)
    for _ in range(20):
        matrix, target = rng.random((6, 6)), rng.normal(size=6)
        assert tree_score._not_negative(matrix, target) == pytest.approx(nnls(matrix, target)[0], abs=1e-8)


def test_own_share_that_returns(monkeypatch):
    without_course(monkeypatch)
    error = np.full((3, 3), 0.004)
    chain, branches = (-1, 0, 1), (-1, 0, 0)
    without = log_odds(grow(RETURNING, error), chain, branches)
    for day, cost in [([0, 30, 60], RETURN), ([60, 0, 30], 0), ([0, 0, 30], 0)]:
        assert log_odds(grow(RETURNING, error, day=day), chain, branches) - without == pytest.approx(cost, abs=1e-6)


@pytest.mark.parametrize(
    ("group", "cost"),
    [
        pytest.param(["lung", "lung", "lung"], RETURN, id="one site"),
        pytest.param(["lung", "liver", "lung"], 0, id="absent at another site"),
        pytest.param(["lung", "plasma", "lung"], RETURN, id="absent in plasma, which shows all sites"),
        pytest.param(["lung", "plasma", "plasma"], RETURN, id="back in plasma"),
        pytest.param(["lung", "lung", "liver"], 0, id="back at another site"),
    ],
)
def test_time_rules_hold_within_one_site(monkeypatch, group, cost):
    without_course(monkeypatch)
    error = np.full((3, 3), 0.004)
    chain, branches = (-1, 0, 1), (-1, 0, 0)
    found, without = grow(RETURNING, error, day=[0, 30, 60], group=group), grow(RETURNING, error)
    assert log_odds(found, chain, branches) - log_odds(without, chain, branches) == pytest.approx(cost, abs=1e-6)


@pytest.mark.parametrize(
    ("group", "present", "cost"),
    [
        pytest.param(["lung", "lung"], [1, 1], YOUNGER, id="seen in the sample where its ancestor is not"),
        pytest.param(["lung", "lung"], [1, 0], 0, id="not seen either"),
        pytest.param(["plasma", "lung"], [1, 1], 2 * YOUNGER, id="plasma of that day misses the ancestor too"),
        pytest.param(["liver", "lung"], [1, 1], YOUNGER, id="another site of that day"),
    ],
)
def test_ancestor_is_not_younger(group, present, cost):
    """Clone 1 is absent in sample 1; in the third case in plasma, sample 0, of the same day, and sample 1 is unsure."""
    ccf = np.array([[1, 1], [0.3, 0.001], [0.2, 0.004]])
    seen = np.array([[1, 1], [1, 0], present], bool)
    absent = np.array([[0, 0], [0, 1], [0, 0]], bool)
    if group[0] == "plasma":
        ccf[1:, 0], seen[1, 0], absent[1] = [0.001, 0.004], False, [True, False]
    error = np.full((3, 2), 0.005)
    chain, branches = (-1, 0, 1), (-1, 0, 0)
    found = grow(ccf, error, present=seen, absent=absent, day=[0, 0], group=group)
    without = grow(ccf, error)
    assert log_odds(found, chain, branches) - log_odds(without, chain, branches) == pytest.approx(cost, abs=1e-6)


def test_steady_course_is_likelier():
    """Own shares of clones 1 and 2: as a chain 0.1 0.1 0.1 and 0.4 0.5 0.4; as branches 0.5 0.6 0.5 and 0.4 0.5 0.4.
    The founder's: 0.5 0.4 0.5 in the chain, and 0.1 -0.1 0.1 in branches, which is a jump to nothing and back."""
    ccf = np.array([[1, 1, 1], [0.5, 0.6, 0.5], [0.4, 0.5, 0.4]])
    error = np.full((3, 3), 0.02)
    chain, branches = (-1, 0, 1), (-1, 0, 0)
    gain = log_odds(grow(ccf, error, day=[0, 1, 2]), chain, branches) - log_odds(grow(ccf, error), chain, branches)
    assert gain > 0.5


def test_course_sums_over_all_courses():
    """Against every course of four samples, one by one; the last clone is not covered in the third."""
    ccf = np.array([[1, 1, 1, 1], [0.5, 0.3, 0.2, 0.05], [0.1, 0.1, np.nan, 0.3]])
    error = np.full(ccf.shape, 0.05)
    scorer = tree_score.Scorer(ccf, error, None, None, [0, 1, 2, 3], None)
    trees = np.array([[-1, 0, 0], [-1, 0, 1]])
    level, chance, chains = chains_of(3, SHARES)
    spacing = -math.log(LEAST) / (LEVELS - 1)
    width = level * spacing / 2
    for tree, found in zip(trees, scorer._course(trees), strict=True):
        fits = []
        for clone in range(3):
            child = np.flatnonzero(tree == clone)
            own = ccf[clone] - ccf[child].sum(axis=0)
            sd = np.sqrt(0.05**2 * (1 + len(child)) + width[:, None] ** 2)
            fit = np.exp(-(((own - level[:, None]) / sd) ** 2) / 2) / sd + 1e-4
            fits.append(np.where(np.isnan(own), 1, fit).T)
        steady = []
        for steps in chains:
            course = chance[:, None, None, None] * steps[:, :, None, None] * steps[:, :, None] * steps
            steady.append(np.prod([np.einsum("abcd,a,b,c,d", course, *fit) for fit in fits]))
        apart = np.prod([np.prod(fit @ chance) for fit in fits])
        assert found == pytest.approx(math.log(np.mean(steady) / apart), abs=1e-8)


def test_chain_leaves_each_sample_as_it_is():
    level, chance, chains = chains_of(5, 0.5)
    assert chance.sum() == pytest.approx(1)
    assert chance[level > 0.5].sum() == pytest.approx(beta.sf(0.5, 0.5, 2), abs=0.03)
    for steps in chains:
        assert steps.sum(axis=1) == pytest.approx(1, abs=1e-6)
        assert chance @ steps == pytest.approx(chance, abs=1e-6)


def test_central_tree_is_the_best_of_all():
    """Against the expected F1 of every tree of four clones with one founder, pair by pair."""
    rng = np.random.default_rng(4)
    every = [(-1, *one) for one in product(range(4), repeat=3)]
    every = np.array([one for one in every if all(0 in (clone, *ancestors_or_none(one, clone)) for clone in range(4))])
    assert len(every) == 16
    for _ in range(20):
        some = every[rng.permutation(16)[:6]]
        weight = rng.dirichlet(np.full(6, 0.5))
        found = clone_tree._central(some, weight, lineages(some))
        expected = [
            sum(p * f1(pairs_of(one), pairs_of(other)) for p, other in zip(weight, some, strict=True)) for one in every
        ]
        mine = sum(p * f1(pairs_of(found), pairs_of(other)) for p, other in zip(weight, some, strict=True))
        assert mine == pytest.approx(max(expected), abs=1e-6)


def ancestors_or_none(parent, one) -> list[int]:
    """Up to the top; nothing where that is a ring."""
    line = []
    while parent[one] >= 0:
        one = parent[one]
        if len(line) > len(parent):
            return []
        line.append(one)
    return line


def pairs_of(parent) -> set:
    return {(above, clone) for clone in range(len(parent)) for above in ancestors(parent, clone)}


def f1(one, other) -> float:
    return 2 * len(one & other) / (len(one) + len(other))


def test_trees_not_scored_in_full_count(monkeypatch):
    """Six clones of one sample: most is open. Supports with 60 trees scored in full are near those with all."""
    ccf, error = np.array([[1], [0.5], [0.3], [0.2], [0.12], [0.08]]), np.full((6, 1), 0.03)
    full = grow(ccf, error)
    monkeypatch.setattr(tree_search, "SCORED", 60)
    monkeypatch.setattr(tree_search, "ROUNDS", 0)
    assert grow(ccf, error).ancestor == pytest.approx(full.ancestor, abs=0.07)


def test_founder_at_one_leaves_no_room_for_a_second():
    found = dict(grow(np.array([[1.0, 1.0], [0.3, 0.4]]), np.full((2, 2), 0.01)).trees)
    assert found[-1, 0] == pytest.approx(1)


def test_second_founder_costs_its_prior():
    """0.5 + 0.3 fit on top as well as one within the other; own shares 0.2 and 0.3 or 0.5 and 0.3."""
    found = grow(np.array([[0.5], [0.3]]), np.full((2, 1), 0.01))
    gain = (SHARES - 1) * math.log(0.5 / 0.2)
    assert log_odds(found, (-1, -1), (-1, 0)) == pytest.approx(TOP + gain, abs=0.1)


def test_not_covered_says_nothing():
    rng = np.random.default_rng(3)
    ccf = np.vstack([np.ones(3), rng.uniform(0.05, 0.6, (4, 3))])
    error = np.full(ccf.shape, 0.02)
    plain = grow(ccf, error)
    wider = grow(np.hstack([ccf, np.full((5, 1), np.nan)]), np.hstack([error, np.full((5, 1), np.nan)]))
    assert wider.parent.tolist() == plain.parent.tolist()
    assert wider.support.tolist() == plain.support.tolist()
    one = np.array([[1, 1], [0.5, 0.3], [0.3, np.nan]])  # only the first sample speaks of clone 2, and it is open
    partly, first = grow(one, np.full((3, 2), 0.01)), grow(one[:, :1], np.full((3, 1), 0.01))
    assert partly.ancestor[1, 2] == pytest.approx(first.ancestor[1, 2], abs=0.15)
    assert np.isfinite(partly.support).all()


def test_nothing_to_grow():
    for clusters, samples in [(0, 2), (0, 0), (3, 0), (1, 0)]:
        tree = grow(np.zeros((clusters, samples)), np.zeros((clusters, samples)))
        assert tree.parent.tolist() == [-1, 0, 0][:clusters]
        assert tree.trees == []
        assert tree.decided.tolist() == [True, False, False][:clusters]
        assert np.isnan(tree.support[1:]).all()
        assert tree.consensus.tolist() == [-1, -2, -2][:clusters]
    alone = grow(np.ones((1, 2)), np.full((1, 2), 0.01))
    assert (alone.parent.tolist(), alone.support.tolist(), alone.worst) == ([-1], [1], 0)


def test_equal_input_equal_trees():
    rng = np.random.default_rng(2)
    ccf = np.vstack([np.ones(4), rng.uniform(0.02, 0.5, (8, 4))])
    error = np.full(ccf.shape, 0.02)
    one, other = (grow(ccf, error, day=[0, 1, 2, 3], seed=seed) for seed in (0, 1))
    assert one.trees == other.trees
    assert (one.support == other.support).all()
    assert len(one.trees) <= 100
    assert [chance for _, chance in one.trees] == sorted((chance for _, chance in one.trees), reverse=True)


def test_many_clones_in_many_samples():
    """Thirty planted clones in fifty samples leave no doubt."""
    rng = np.random.default_rng(3)
    parent = np.array([-1, *[int(rng.integers(0, clone)) for clone in range(1, 30)]])
    below = lineages(parent[None])[0] | np.eye(30, dtype=bool)
    ccf = below @ rng.dirichlet(np.full(30, 0.3), 50).T
    seen = np.clip(ccf + rng.normal(0, 0.015, ccf.shape), 0, 1)
    seen[0] = 1
    tree = grow(seen, np.full(ccf.shape, 0.015), day=np.arange(50))
    assert tree.parent.tolist() == parent.tolist()


def test_lineages():
    parents = [-1, 0, 1, 0, 3, -1]
    above = lineages(np.array([parents]))[0]
    for clone in range(6):
        assert sorted(np.flatnonzero(above[:, clone])) == sorted(ancestors(parents, clone))
    near = moved(np.array([-1, 0, 1]))
    assert sorted(near.tolist()) == [[-1, -1, 1], [-1, 0, -1], [-1, 0, 0]]
