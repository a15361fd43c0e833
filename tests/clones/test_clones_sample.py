"""The sampler against all set partitions of a few mutations, each scored by the model's exact evidence.

Prior of a partition into K clusters of sizes n, from Dirichlet(1, ..., 1) weights, K! orders and a Poisson number of
clusters of mean CLONES: CLONES^K (K-1)! / (K-1+N)! x product of n!; more where there are more samples (ALIKE).
"""

from collections import Counter
from itertools import product

import numpy as np
import pytest
from scipy.special import gammaln, logsumexp

from seriome.clones import sample as sampler
from seriome.clones.cluster import mix, optimum
from seriome.clones.copies import states
from seriome.clones.likelihood import Counts, Grid, log_evidence, outlier, tensor
from seriome.clones.mixture import ALIKE, data
from seriome.clones.sample import CLONES, Draws, nearest, representative, sample

from .planted import ERROR, counts

GRID = Grid()
NEVER = -1e6  # log likelihood of an outlier that none is
CASES = {
    "five mutations, one sample": ([[30], [33], [45], [20], [24]], 1),
    "five mutations, two samples": ([[30, 12], [38, 10], [45, 25], [28, 20], [40, 30]], 1),
    "four mutations on one or two of three copies": ([[30], [50], [25], [60]], 2),
}
FOUNDER_CASES = {
    "four mutations, one sample": ([[44], [45], [38], [36]], 1),
    "four mutations on one or two of three copies": ([[42], [60], [45], [38]], 2),
}


def prepared(alt, major, founder=False, depth=100):
    """Mutations at purity 1 and equal depth, without outliers."""
    alt = np.array(alt)
    names = tuple(f"m{n}" for n in range(len(alt))), tuple(f"S{s}" for s in range(alt.shape[1]))
    counted = Counts(*names, alt, np.full(alt.shape, depth))
    one = np.ones(alt.shape)
    ways = states(major * one, one, 2 * one, 0.001 * one)
    if not founder:
        ways = ways.rows(np.isfinite(ways.elsewhere))
    like = tensor(counted, ways, np.ones(alt.shape[1]), GRID)
    return data(like, ways, np.full(len(alt), NEVER))


def labellings(mutations, founder):
    """Every partition once: clusters numbered as they first come, or from 1 on where 0 is the founder's."""
    found = [()]
    for _ in range(mutations):
        found = [(*one, k) for one in found for k in range(max(one, default=0 if founder else -1) + 2)]
    return found


def exact(one, founder=False) -> dict:
    """{labels: probability}, rows of copies summed over."""
    mutations, ends = len(one.starts), np.append(one.starts[1:], len(one.mutation))
    choices = [np.array(rows) for rows in product(*map(range, one.starts, ends))]
    scores = {}
    for labels in labellings(mutations, founder):
        label = np.array(labels)
        count = int(label.max()) + 1
        sizes = np.bincount(label, minlength=count)
        prior = gammaln(count) - gammaln(count + mutations)
        prior += gammaln(1 + sizes).sum() + (np.log(CLONES) + ALIKE * (one.samples - 1)) * count
        each = []
        for rows in choices:
            first = founder & (label == 0)
            copies = np.where(first, one.prior[rows], one.elsewhere[rows]).sum() + one.height[rows].sum()
            if not np.isfinite(copies):
                continue
            summed = np.stack([one.like[rows[label == k]].astype(float).sum(axis=0) for k in range(count)])
            fine = (summed.reshape(count * one.samples, -1) @ GRID.up.T).reshape(count, one.samples, -1)
            evidence = log_evidence(fine, GRID).sum(axis=1)
            if founder:
                evidence[0] = fine[0, :, -1].sum()
            each.append(copies + evidence.sum())
        if each:
            scores[labels] = prior + logsumexp(each)
    total = logsumexp(list(scores.values()))
    return {labels: float(np.exp(score - total)) for labels, score in scores.items()}


def frequencies(chain_labels, founder=False) -> dict:
    def numbered(label):
        seen = {0: 0} if founder else {}
        return tuple(seen.setdefault(int(k), len(seen)) for k in label)

    found = Counter(map(numbered, chain_labels))
    return {labels: count / len(chain_labels) for labels, count in found.items()}


def together(distribution, mutations):
    """(N, N) probability of two mutations in one cluster."""
    return sum(p * np.equal.outer(labels, labels) for labels, p in ((np.array(x), p) for x, p in distribution.items()))


def number(distribution):
    """Mean number of clusters."""
    return sum(p * (max(labels) + 1) for labels, p in distribution.items())


@pytest.mark.parametrize("name", CASES)
def test_all_moves_against_all_partitions(name):
    one = prepared(*CASES[name])
    expected = exact(one)
    assert sum(expected.values()) == pytest.approx(1)
    drawn = sample(one, GRID, mix(one, GRID, founder=False), draws=3500, burn=100, moves=2, seed=1)
    found = frequencies(drawn.label)
    assert (drawn.label >= 0).all(), "none is an outlier"
    size = len(one.starts)
    assert together(found, size) == pytest.approx(together(expected, size), abs=0.04)
    assert number(found) == pytest.approx(number(expected), abs=0.08)


@pytest.mark.parametrize("name", list(CASES)[:2])
def test_splits_and_merges_alone(name):
    one = prepared(*CASES[name])
    expected = exact(one)
    chain = sampler._Chain(one, GRID, mix(one, GRID, founder=False), 3)
    labels = []
    for _ in range(6000):
        chain.split_or_merge()
        labels.append(chain.label.copy())
    found, size = frequencies(labels), len(one.starts)
    assert together(found, size) == pytest.approx(together(expected, size), abs=0.05)
    assert number(found) == pytest.approx(number(expected), abs=0.1)


@pytest.mark.parametrize("name", FOUNDER_CASES)
def test_all_moves_with_a_founder(name):
    """Cluster 0 is at CCF 1 and there also when it is empty; mutations there have priors of copies of their own."""
    one = prepared(*FOUNDER_CASES[name], founder=True)
    expected = exact(one, founder=True)
    drawn = sample(one, GRID, mix(one, GRID, founder=True), draws=3500, burn=100, moves=2, seed=1)
    found, size = frequencies(drawn.label, founder=True), len(one.starts)
    assert together(found, size) == pytest.approx(together(expected, size), abs=0.04)
    assert number(found) == pytest.approx(number(expected), abs=0.08)

    def in_founder(distribution):
        return sum(p * (np.array(labels) == 0) for labels, p in distribution.items())

    assert in_founder(found) == pytest.approx(in_founder(expected), abs=0.04)
    assert all((ccf[0] == 1).all() for ccf in drawn.ccf)


def test_ccfs_are_of_the_clusters_posterior():
    """300 of 1,000 reads at purity 1: the CCF is twice a Beta(301, 701)."""
    one = prepared([[300], [300]], 1, depth=1000)
    drawn = sample(one, GRID, mix(one, GRID, founder=False), draws=1500, seed=2)
    ccf = drawn.of_mutations(np.zeros((2, 1)))[:, 0, 0]
    assert ccf.mean() == pytest.approx(2 * 301 / 1002, abs=0.004)
    assert 0.018 < ccf.std() < 0.03, "between that of 2,000 reads together and of 1,000 alone"


def test_outliers_are_drawn():
    """A mutation that fits nothing at equal copies and certain counts is an outlier in most draws."""
    alt = np.array([[150, 150, 150]] * 12 + [[900, 5, 900]])
    names = tuple(f"m{n:02}" for n in range(13)), ("A", "B", "C")
    counted, one = Counts(*names, alt, np.full(alt.shape, 1000)), np.ones(alt.shape)
    ways = states(one, one, 2 * one, 0.001 * one)
    prepared_data = data(tensor(counted, ways, np.full(3, 0.3), GRID), ways, outlier(counted))
    drawn = sample(prepared_data, GRID, mix(prepared_data, GRID, founder=True), draws=100, seed=1)
    assert (drawn.label[:, -1] == -1).mean() > 0.95
    assert (drawn.label[:, :-1] == 0).mean() > 0.95


def test_of_mutations_by_hand():
    drawn = Draws(np.array([[0, 1, -1], [0, 0, 0]]), [np.array([[1.0], [0.5]]), np.array([[0.75]])], np.ones((2, 1)))
    assert drawn.of_mutations(np.array([[0.1], [0.2], [0.3]]))[:, :, 0].tolist() == [
        pytest.approx([1.0, 0.5, 0.3]), pytest.approx([0.75, 0.75, 0.75])
    ]  # fmt: skip


def test_equal_seeds_equal_draws():
    one = prepared(*CASES["five mutations, one sample"])
    begin = mix(one, GRID, founder=False)
    first, second, third = (sample(one, GRID, begin, draws=30, seed=seed) for seed in (1, 1, 2))
    assert (first.label == second.label).all()
    assert all((a == b).all() for a, b in zip(first.ccf, second.ccf, strict=True))
    assert any(a.shape != b.shape or (a != b).any() for a, b in zip(first.ccf, third.ccf, strict=True))


def test_strays_of_a_draw_are_taken_back():
    """Three mutations on their own and one with the others: rounds and merges lead back to the two clones."""
    truth, drawn = counts(2, [[1, 1], [0.4, 0.1]], [10, 10], [0.8, 0.8], 100)
    wide = np.ones(drawn.alt.shape)
    ways = states(wide, wide, 2 * wide, ERROR * wide)
    one = data(tensor(drawn, ways, np.array([0.8, 0.8]), GRID), ways, outlier(drawn))
    draw = truth.copy()
    draw[[0, 12, 14, 16]] = 1, 2, 3, 4
    assert optimum(one, GRID, True, draw).labels(one).tolist() == truth.tolist()


def test_what_stands_for_the_draws_is_settled():
    """The fit has one cluster, draws have two and each a stray: told is the clustering beside the nearest draw."""
    truth = np.repeat([0, 1], 6)
    draws = np.tile(truth, (12, 1))
    draws[np.arange(12), np.arange(12)] = 2
    told = representative(draws, np.zeros(12, int), lambda label: np.where(label == 2, truth, label))
    assert told.tolist() == truth.tolist()
    assert nearest(draws, [np.zeros(12, int), truth]) == 1
