"""Purity and founder: a founder cut in two is one again, a clone near to it stays apart, the prior by hand."""

import numpy as np
import pytest
from scipy.stats import beta, t

from seriome.clones.cluster import _Fit
from seriome.clones.copies import states
from seriome.clones.fit import fit
from seriome.clones.likelihood import Grid, outlier, tensor
from seriome.clones.mixture import Mixture, data
from seriome.clones.model import Settings
from seriome.clones.purity import TAIL, Stated, anchor_of

from .planted import ERROR, counts

PURITY = np.array([0.44, 0.77, 0.33, 0.89, 0.7, 0.31, 0.85, 0.87])
GRID = Grid()


def fitted(clusters, drawn, purity) -> tuple[Mixture, object]:
    """The fit in which these mutations (one bool array per cluster) are the clusters, the founder first."""
    wide = np.ones(drawn.alt.shape)
    ways = states(wide, wide, 2 * wide, ERROR * wide)
    one = data(tensor(drawn, ways, purity, GRID, None), ways, outlier(drawn))
    best = one.starts  # on one copy
    rows = np.zeros((len(one.like), len(clusters)))
    for k, mine in enumerate(clusters):
        rows[best[mine], k] = 1
    return _Fit(one, GRID, True, rows, np.zeros(len(drawn.alt))).result(), one


def test_prior_is_students_t():
    found = Stated(0.5, 0.04).log_prior(np.array([0.5, 0.6, 0.42, 0.3]))
    expected = t.logpdf([0.5, 0.6, 0.42, 0.3], TAIL, 0.5, 0.04 * np.sqrt((TAIL - 2) / TAIL))
    assert found - found[0] == pytest.approx(expected - expected[0])
    assert Stated(np.nan, 0.04).log_prior(0.3) == 0
    assert t.std(TAIL, scale=0.04 * np.sqrt((TAIL - 2) / TAIL)) == pytest.approx(0.04)


def test_founder_cut_by_its_reads_is_one_again():
    """The upper half alone asks for more purity than there is; both as one, at the true purity, are likelier."""
    _, drawn = counts(1, [[1] * 8, [0.3] * 8], [60, 60], PURITY, 60)
    high = (drawn.alt / drawn.depth / PURITY).mean(axis=1)
    upper = high > np.median(high[:60])
    founder, later = upper & (np.arange(120) < 60), ~upper & (np.arange(120) < 60)
    mixture, one = fitted([founder, later, np.arange(120) >= 60], drawn, PURITY * 1.08)
    assert anchor_of(mixture, one, GRID, PURITY * 1.08, Stated(PURITY, 0.03)) == [0, 1]


def test_two_that_the_reads_tell_apart_stay_two():
    label, drawn = counts(1, [[1] * 8, [0.7] * 8, [0.3] * 8], [60, 60, 60], PURITY, 60)
    mixture, one = fitted([label == k for k in range(3)], drawn, PURITY)
    assert anchor_of(mixture, one, GRID, PURITY, Stated(PURITY, 0.03)) == [0]


def test_clone_near_to_the_founder_is_not_taken_for_it():
    """CCF 1 and 0.87 at 60x: no mutation is told by its reads alone, the 500 together are."""
    label, drawn = counts(3, [[1] * 8, [0.87] * 8, [0.4] * 8], [250, 250, 200], PURITY, 60)
    model = fit(drawn, None, Settings(), PURITY)
    assert model.clusters == 3
    assert model.purity == pytest.approx(PURITY, rel=0.03)
    inside = (model.mutation_lower <= 0.87) & (model.mutation_upper >= 0.87)
    assert inside[label == 1].mean() > 0.9


def test_interval_of_a_purity_that_few_reads_tell():
    """Eight mutations of one clone at 20x: the pooled VAF is half the purity, with beta bounds."""
    _, drawn = counts(5, [[1, 1]], [8], [0.5, 0.7], 20)
    model = fit(drawn)
    alt, depth = drawn.alt.sum(axis=0), drawn.depth.sum(axis=0)
    assert model.purity_lower == pytest.approx(2 * beta.ppf(0.025, alt + 1, depth - alt + 1), abs=0.05)
    assert model.purity_upper == pytest.approx(2 * beta.ppf(0.975, alt + 1, depth - alt + 1), abs=0.05)
