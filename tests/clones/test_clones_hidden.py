"""Hidden clones: derivatives and evidence against numbers computed the long way, intervals against a planted pair."""

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import norm

from seriome.clones import hidden
from seriome.clones.likelihood import Grid, expected_vaf, log_likelihood

GRID = Grid()
ERROR = 0.001


def reads(ccf, number, depth, seed):
    """(log likelihood function of CCF, (n, S, G) on the grid) of mutations at a CCF (S,), purity 0.8, two copies."""
    rng = np.random.default_rng(seed)
    alt = rng.binomial(depth, expected_vaf(np.array(ccf), 0.8, 1, 2, 2, ERROR), (number, len(ccf)))

    def at(points):  # (n, S, points)
        vaf = expected_vaf(np.asarray(points, float), 0.8, 1, 2, 2, ERROR)
        return log_likelihood(alt[..., None], depth, vaf)

    return at, at(GRID.ccf)


def test_derivatives_against_differences():
    at, like = reads([0.3, 0.7], 5, 200, 1)
    ccf, step = np.array([0.31, 0.68]), 1e-3
    slope, bend = hidden.derivatives(like, ccf, GRID)
    for s in range(2):
        below, here, above = at((np.sqrt(ccf[s]) + np.array([-step, 0, step])) ** 2)[:, s].T
        assert slope[:, s] == pytest.approx((above - below) / (2 * step), rel=0.02, abs=0.5)
        assert bend[:, s] == pytest.approx((above - 2 * here + below) / step**2, rel=0.05)


def test_evidence_against_an_integral():
    """One sample: the likelihood of two, integrated over their distance; mean over shares and, by width, widths."""
    at, like = reads([0.4], 60, 100, 2)
    ccf = (np.array([at(np.array([c]))[:, 0, 0].sum() for c in GRID.fine]).argmax()) * np.ones(1)
    ccf = GRID.fine[ccf.astype(int)]
    slope, bend = hidden.derivatives(like, ccf, GRID)
    odds, *_ = hidden._ways(slope.T @ slope + np.diag(bend.sum(axis=0)), hidden.WIDTHS)
    distance = np.linspace(-0.4, 0.4, 401)
    root, lone, each = np.sqrt(ccf[0]), at(ccf)[:, 0].sum(), []
    for share in hidden.SHARES:
        two = np.logaddexp(
            np.log(1 - share) + at((root - share * distance) ** 2)[:, 0],
            np.log(share) + at((root + (1 - share) * distance) ** 2)[:, 0],
        ).sum(axis=0)
        for width in hidden.WIDTHS:
            prior = np.log(width / sum(hidden.WIDTHS) / len(hidden.SHARES) * (distance[1] - distance[0]))
            each.append(logsumexp(two - lone + norm.logpdf(distance, 0, width)) + prior)
    assert odds == pytest.approx(logsumexp(each), abs=0.3)


def test_a_pair_that_no_mutation_tells_apart_widens_the_intervals():
    truth = np.array([[0.40, 0.30, 0.50], [0.52, 0.24, 0.60]])
    pair = np.concatenate([reads(one, 200, 60, seed)[1] for seed, one in enumerate(truth)])
    middle = truth.mean(axis=0)
    lone = reads(middle, 400, 60, 4)[1]
    draw = {name: offsets_of(like, middle) for name, like in (("pair", pair), ("lone", lone))}
    share = {name: (one != 0).any(axis=(1, 2)).mean() for name, one in draw.items()}
    width = {name: np.ptp(np.quantile(one, (0.025, 0.975), axis=0), axis=0).mean() for name, one in draw.items()}
    assert share["pair"] > hidden.ONE_MORE > share["lone"]
    assert width["pair"] > 2 * width["lone"]
    assert abs(draw["pair"].mean()) < 0.005, "the mean stays"


def test_too_few_mutations_are_not_asked():
    assert not offsets_of(reads([0.4], 5, 200, 4)[1], np.array([0.4])).any()


def test_reads_that_tell_every_mutation_leave_nothing_hidden():
    assert offsets_of(reads([0.4], 20, 1000, 4)[1], np.array([0.4])).any()
    assert not offsets_of(reads([0.4], 20, 100_000, 4)[1], np.array([0.4])).any()


def offsets_of(like, ccf):
    return hidden.offsets(like, np.ones(len(like)), ccf, GRID, 1000, np.random.default_rng(3))
