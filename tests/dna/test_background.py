"""The background of errors by hand: kinds of change, rates and spread with variants among the positions."""

import numpy as np
import pytest
from scipy import stats

from seriome.dna.background import CONTEXTS, PRIOR_RATE, Background, ErrorModel, fit, kind_of, log_error, substitution


@pytest.mark.parametrize(("ref", "alt", "kind"), [("C", "T", "C>T"), ("G", "A", "C>T"), ("A", "C", "T>G")])
def test_both_strands_of_a_substitution_are_one_type(ref, alt, kind):
    assert substitution(ref, alt) == kind


def test_kinds_by_hand():
    assert kind_of("ACA", "A") == 0  # C>A between A and A, the first
    assert kind_of("TCG", "T") == 2 * CONTEXTS + 4 * 3 + 2  # T[C>T]G
    assert kind_of("CGA", "A") == kind_of("TCG", "T")  # the same seen from the other strand
    assert kind_of("NCA", "A") is None
    assert kind_of("CA", "T") is None
    assert sorted(
        {kind_of(a + b + c, d) for a in "ACGT" for b in "ACGT" for c in "ACGT" for d in "ACGT" if d != b}
    ) == [*range(96)]


def test_log_of_errors_against_scipy():
    k, n = np.array([0.0, 3, 7]), np.array([100.0, 100, 2000])
    assert log_error(k, n, 1e-3, 0.0) == pytest.approx(stats.binom.logpmf(k, n, 1e-3))
    size = 1 / 2e-3 - 1
    assert log_error(k, n, 1e-3, 2e-3) == pytest.approx(stats.betabinom.logpmf(k, n, 1e-3 * size, 0.999 * size))


def drawn(rng, positions, depth, rate, rho=0.0):
    site = rng.beta(rate * (1 / rho - 1), (1 - rate) * (1 / rho - 1), positions) if rho else rate
    return rng.binomial(depth, site, positions)


def background(reads, depth, around="ACA", alt="T"):
    found = Background(1)
    kinds = np.array([[kind_of(around, one) for one in (alt, *(b for b in "AGT" if b != alt))]] * len(reads))
    counts = np.zeros((len(reads), 3, 1), int)
    counts[:, 0, 0] = reads
    found.add(kinds, counts, np.full((len(reads), 1), depth))
    return found


def test_rate_and_spread_of_errors():
    reads = drawn(np.random.default_rng(3), 40_000, 500, 2e-3, 1e-3)
    rate, rho = background(reads, 500).fitted()
    assert rate[0, kind_of("ACA", "T")] == pytest.approx(2e-3, rel=0.05)
    assert rho[0, 2] == pytest.approx(1e-3, rel=0.15)


def test_variants_of_low_fraction_are_no_errors():
    """80 variants at 0.3 % to 10 % among 7,000 positions would make the rate twice and the spread a hundred times."""
    rng = np.random.default_rng(4)
    errors = drawn(rng, 7000, 1000, 2e-4)
    real = rng.binomial(1000, np.geomspace(0.003, 0.1, 80))
    rate, rho = background(np.concatenate([errors, real]), 1000).fitted()
    assert rate[0, kind_of("ACA", "T")] == pytest.approx(2e-4, rel=0.15)
    assert rho[0, 2] < 2e-4
    raw = np.concatenate([errors, real])
    assert raw.mean() / 1000 > 4e-4  # what it would be with them


def test_kinds_differ_and_thin_ones_lean_on_their_type():
    rng = np.random.default_rng(5)
    found = background(drawn(rng, 20_000, 300, 1e-3), 300, "ACG")
    other = background(drawn(rng, 20_000, 300, 1e-4), 300, "ACA")
    found.counts += other.counts
    found.depth += other.depth
    model = ErrorModel(found)
    (high, _), (low, _), (none, _) = (model.of("C", "T", around) for around in ("ACG", "ACA", "TCT"))
    assert high[0] == pytest.approx(1e-3, rel=0.1)
    assert low[0] == pytest.approx(1e-4, rel=0.2)
    assert none[0] == pytest.approx(5.5e-4, rel=0.1)  # no position of its own: the mean of the type's positions


def test_without_positions_the_prior_stands():
    rates, rho = fit(np.zeros((16, 3, 101), int), np.zeros(3))
    assert (rates == PRIOR_RATE).all()
    assert rho == 0


def test_rates_are_told_by_type():
    model = ErrorModel(background(drawn(np.random.default_rng(6), 20_000, 500, 1e-3), 500))
    found = {row["change"]: row for row in model.rows(["T"])}
    assert set(found) == {"C>A", "C>G", "C>T", "T>A", "T>C", "T>G"}
    assert found["C>T"]["rate"] == pytest.approx(1e-3, rel=0.05)
    assert found["C>T"]["sample"] == "T"
