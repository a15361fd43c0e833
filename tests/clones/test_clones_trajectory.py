"""Own shares by hand, and against another program's non-negative least squares."""

import numpy as np
import pytest
from scipy.optimize import nnls

from seriome.clones.trajectory import _below, _nearest, own_shares

CHAIN, STAR = (-1, 0, 1), (-1, 0, 0)


def draws(ccf, error=0.0, count=400, seed=1):
    """(D, K, 1) about the CCFs of one sample; the founder is 1."""
    ccf = np.array(ccf, float)
    found = ccf + np.array(error) * np.random.default_rng(seed).standard_normal((count, len(ccf)))
    found[:, 0] = 1
    return np.clip(found, 0, 1)[:, :, None]


def seen(clones):
    return np.ones((clones, 1), bool)


@pytest.mark.parametrize(
    ("parents", "ccf", "expected"),
    [
        pytest.param(CHAIN, [1, 0.6, 0.2], [0.4, 0.4, 0.2], id="chain: CCF less the child's"),
        pytest.param(STAR, [1, 0.6, 0.2], [0.2, 0.6, 0.2], id="two children"),
        pytest.param(STAR, [1, 0.7, 0.5], [0, 0.6, 0.4], id="children above their parent: each gives up the same"),
        pytest.param(CHAIN, [1, 0.3, 0.5], [0.6, 0, 0.4], id="child above parent: they meet half-way"),
    ],
)
def test_own_shares_by_hand(parents, ccf, expected):
    mean, lower, upper, drawn = own_shares(draws(ccf), [(parents, 1.0)], seen(3), 7)
    assert mean[:, 0] == pytest.approx(expected, abs=1e-3)
    assert drawn.shape == (400, 3, 1)
    assert drawn.sum(axis=1) == pytest.approx(1)
    assert (drawn >= 0).all()
    assert (lower <= mean + 1e-9).all()
    assert (mean <= upper + 1e-9).all()


def test_the_less_certain_clone_gives_up_more():
    """Errors of 0.01 and 0.03: the excess of 0.2 is borne 1 to 9."""
    mean, *_ = own_shares(draws([1, 0.7, 0.5], [0, 0.01, 0.03], 4000), [(STAR, 1.0)], seen(3), 7)
    assert mean[:, 0] == pytest.approx([0, 0.68, 0.32], abs=0.003)


def test_each_draw_takes_a_tree_by_its_probability():
    mean, lower, upper, drawn = own_shares(draws([1, 0.6, 0.2]), [(CHAIN, 0.75), (STAR, 0.25)], seen(3), 7)
    assert np.isclose(drawn[:, 0, 0], 0.2).sum() == 100
    assert mean[0, 0] == pytest.approx(0.75 * 0.4 + 0.25 * 0.2)
    assert (lower[0, 0], upper[0, 0]) == pytest.approx((0.2, 0.4))


def test_projection_agrees_with_non_negative_least_squares():
    rng = np.random.default_rng(3)
    for clones in (3, 6, 10):
        parents = [-1, *[int(rng.integers(0, k)) for k in range(1, clones)]]
        below, precision = _below(parents), rng.uniform(1, 100, (clones, 4))
        ccf = rng.uniform(0, 1, (10, clones, 4))
        found = _nearest(ccf, below, precision, np.zeros((clones, 4), bool))
        for draw in range(10):
            for s, root in enumerate(np.sqrt(precision.T)):
                expected = nnls(below * root[:, None], ccf[draw, :, s] * root)[0]
                assert found[draw, :, s] == pytest.approx(expected, abs=1e-8)


def test_a_clone_that_is_not_present_has_no_mean_but_an_upper_bound():
    ccf = draws([1, 0.6, 0.01], [0, 0.01, 0.005])
    mean, lower, upper, drawn = own_shares(ccf, [(STAR, 1.0)], np.array([[True], [True], [False]]), 7)
    assert np.isnan(mean[2, 0])
    assert lower[2, 0] == 0
    assert 0.015 < upper[2, 0] < 0.025
    assert mean[:2, 0].sum() == pytest.approx(1)
    assert np.isfinite(drawn).all()


def test_an_ancestor_of_a_clone_that_is_present_is_present():
    mean, *_ = own_shares(draws([1, 0.6, 0.5]), [(CHAIN, 1.0)], np.array([[True], [False], [True]]), 7)
    assert mean[:, 0] == pytest.approx([0.4, 0.1, 0.5])


def test_without_tumour_nothing_is_known():
    ccf = np.concatenate([draws([1, 0.6, 0.2]), np.full((400, 3, 1), np.nan)], axis=2)
    mean, lower, upper, drawn = own_shares(ccf, [(CHAIN, 1.0)], np.ones((3, 2), bool), 7)
    assert np.isfinite(mean[:, 0]).all()
    assert all(np.isnan(one[..., 1]).all() for one in (mean, lower, upper, drawn))


def test_no_clone():
    mean, *_, drawn = own_shares(np.zeros((400, 0, 2)), [], np.zeros((0, 2), bool), 7)
    assert mean.shape == (0, 2)
    assert drawn.shape == (400, 0, 2)
