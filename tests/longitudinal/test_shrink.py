"""Adaptive shrinkage: the convex problem solved, the posterior by hand, and planted effects."""

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from seriome.longitudinal.shrink import NULL_PRIOR, _mixture, shrink


def test_the_mixture_is_the_best_there_is():
    rng = np.random.default_rng(5)
    x = np.where(rng.random(400) < 0.6, 0, rng.normal(size=400) * 2) + rng.normal(size=400)
    spread = np.array([0, 0.5, 1, 2, 4])
    likelihood = stats.norm.pdf(x[:, None], 0, np.sqrt(1 + spread**2))

    def height(free):  # softmax, so that nothing bounds the search
        weights = np.exp(free - free.max()) / np.exp(free - free.max()).sum()
        return -np.log(likelihood @ weights).sum() - (NULL_PRIOR - 1) * np.log(weights[0])

    best = optimize.minimize(height, np.zeros(5), method="BFGS", options={"gtol": 1e-8})
    assert height(np.log(np.maximum(_mixture(likelihood), 1e-300))) <= best.fun + 1e-4


def test_posterior_is_that_of_the_prior_it_tells():
    rng = np.random.default_rng(6)
    estimate = np.where(rng.random(300) < 0.5, 0, rng.normal(size=300) * 2) + rng.normal(size=300) * 0.5
    found = shrink(estimate, np.full(300, 0.5))
    at = int(np.argmax(np.abs(estimate)))
    wide = found.deviations > 0

    def density(effect):
        prior = (found.weights[wide] * stats.norm.pdf(effect, 0, found.deviations[wide])).sum()
        return prior * stats.norm.pdf(estimate[at], effect, 0.5)

    whole = integrate.quad(density, -12, 12, points=[0, estimate[at]])[0]
    whole += found.weights[~wide].sum() * stats.norm.pdf(estimate[at], 0, 0.5)
    mean = integrate.quad(lambda effect: effect * density(effect), -12, 12, points=[0, estimate[at]])[0] / whole
    below = integrate.quad(density, -12, found.lower[at], points=[0])[0] / whole
    assert found.mean[at] == pytest.approx(mean, rel=1e-6)
    assert below == pytest.approx(0.025, abs=1e-4)


def test_planted_effects_are_covered_and_signs_are_as_sure_as_told():
    rng = np.random.default_rng(8)
    effect = np.where(rng.random(5000) < 0.8, 0, rng.normal(size=5000))
    error = rng.gamma(5, 0.06, size=5000)
    estimate = effect + error * rng.normal(size=5000)
    found = shrink(estimate, error)
    assert ((found.lower <= effect) & (effect <= found.upper)).mean() == pytest.approx(0.96, abs=0.015)
    assert found.weights[0] == pytest.approx(0.8, abs=0.05)
    sure = found.lfsr < 0.05
    assert (np.sign(found.mean[sure]) != np.sign(effect[sure])).mean() <= 0.05
    assert np.square(found.mean - effect).mean() < 0.4 * np.square(estimate - effect).mean()


def test_few_degrees_of_freedom_widen_the_error_to_the_same_p_value():
    # t with 3 degrees of freedom at 4 has the p value of a normal at 2.19
    one, other = shrink([4.0], [1.0], 3), shrink([4.0], [4 / stats.norm.isf(stats.t.sf(4, 3))])
    assert one.mean[0] == pytest.approx(other.mean[0])
    assert one.lower[0] == pytest.approx(other.lower[0])


def test_where_everything_changed_the_search_still_ends():
    rng = np.random.default_rng(9)
    for size in (5, 300, 3000):
        estimate = rng.normal(size=size) * 5 + 40
        found = shrink(estimate, np.full(size, 0.01))
        assert found.mean == pytest.approx(estimate, rel=0.01)
        assert found.weights[0] < 1.1 * NULL_PRIOR / (size + NULL_PRIOR)


def test_nothing_given_nothing_said():
    found = shrink([np.nan, 1.0], [1.0, np.nan])
    assert np.isnan(found.mean).all()
    assert np.isnan(found.lfsr).all()
