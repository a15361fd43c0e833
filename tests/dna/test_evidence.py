"""Evidence, presence and detection limits by hand."""

import math

import numpy as np
import pytest
from scipy import stats

from seriome.config import with_defaults
from seriome.dna import calling, limits

SETTINGS = with_defaults({})["dna"]
RATE, RHO = np.array([1e-3]), np.array([0.0])


def test_detection_limit_by_hand():
    # 2 reads or more of 1000 with 95 %: (1-f)^1000 + 1000 f (1-f)^999 = 0.05 -> f = 0.004735; Poisson: e^-m (1+m) =
    # 0.05 at m = 4.744. One read of 299: 1 - 0.05^(1/299) = 0.00997, the rule of three
    assert limits.detection_limit(1000, 2) == pytest.approx(0.004735, abs=5e-6)
    assert limits.detection_limit(299, 1) == pytest.approx(1 - 0.05 ** (1 / 299), rel=1e-9)
    assert limits.detection_limit(2, 2) == pytest.approx(math.sqrt(0.95))
    assert np.isnan(limits.detection_limit(1, 2))
    assert np.isnan(limits.detection_limit(0, 2))


def test_reads_that_errors_do_not_reach():
    # binomial, n = 100, e = 0.001: P(X>=1) = 0.0952, P(X>=2) = 0.0046, P(X>=3) = 0.00015
    assert calling.least_reads(100, RATE, RHO, 1e-3) == [3]
    assert calling.least_reads(100, RATE, RHO, 1e-2) == [2]
    assert calling.least_reads(0, RATE, RHO, 1e-3) == [2]


def test_overdispersed_errors_reach_further():
    # beta-binomial with a = 1 (rho = 1/(1 + 1/e)): P(X >= k) is about (n / (n + b))^k, b = 999
    rho = 1 / (1 + 1 / 1e-3)
    assert calling.beta_binomial_tail(5, 1000, 1e-3, rho) == pytest.approx((1000 / 1999) ** 5, rel=0.02)
    assert calling.beta_binomial_tail(5, 1000, 1e-3, 0.0) == pytest.approx(stats.binom.sf(4, 1000, 1e-3))
    assert calling.beta_binomial_tail(0, 10, 1e-3, rho) == 1


def test_jeffreys_interval():
    # Brown, Cai, DasGupta 2001: beta quantiles at x + 1/2, n - x + 1/2, cut to 0 and 1 at the ends
    lower, upper = limits.jeffreys([0, 5, 10, 0], [10, 10, 10, 0])
    assert lower[:3] == pytest.approx([0, stats.beta.ppf(0.025, 5.5, 5.5), stats.beta.ppf(0.025, 10.5, 0.5)])
    assert upper[:3] == pytest.approx([stats.beta.ppf(0.975, 0.5, 10.5), stats.beta.ppf(0.975, 5.5, 5.5), 1])
    assert np.isnan([lower[3], upper[3]]).all()


def test_evidence_adds_up_and_absence_costs_little():
    strong, weak, nothing, uncovered = calling.evidence([30, 4, 0, 0], [100, 400, 100, 0], 5e-4, 0.0)
    assert strong > SETTINGS["min_evidence"] > weak > 1
    assert 3 * weak > SETTINGS["min_evidence"]
    assert math.log10(0.5) <= nothing < 0
    assert uncovered == 0


def test_errors_alone_are_not_evidence():
    # 2,000,000 positions at a depth of 500 with errors of 1e-3: by Markov at most 1 in 10^6.3 reaches the threshold
    reads = np.arange(0, 30)
    chance = stats.binom.pmf(reads, 500, 1e-3)
    reached = calling.evidence(reads, 500, 1e-3, 0.0) >= SETTINGS["min_evidence"]
    assert chance[reached].sum() < 10 ** -SETTINGS["min_evidence"]
    assert reached.any()


def test_presence_by_hand():
    """Errors of 1e-3 at depth 100; real of any fraction: the chance of no read is 0.36 of that of errors, and so on."""
    fractions = np.geomspace(1e-3, 1, 40)
    real = stats.binom.pmf(3, 100, fractions + 1e-3 * (1 - fractions)).mean()
    wrong = stats.binom.pmf(3, 100, 1e-3)
    assert calling.presence(3, 100, 1e-3, 0.0) == pytest.approx(real / (real + wrong), rel=1e-3)
    assert calling.presence(0, 100, 1e-3, 0.0) < 0.5
    assert np.isnan(calling.presence(0, 0, 1e-3, 0.0))
