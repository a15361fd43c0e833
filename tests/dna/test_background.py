"""The background of errors by hand: kinds of change, rates and spread with variants among the positions."""

import numpy as np
import pytest
from scipy import stats

from seriome.dna.background import (
    CONTEXTS,
    PRIOR_RATE,
    REPEATS,
    Background,
    ErrorModel,
    at_site,
    fit,
    kind_of,
    log_error,
    substitution,
    units_behind,
)


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


def counted(text: str, at: int) -> int:
    """Units behind a base, one by one."""
    most = 1
    for size in (1, 2, 3):
        unit, number = text[at + 1 : at + 1 + size], 0
        while len(unit) == size and text[at + 1 + number * size : at + 1 + (number + 1) * size] == unit:
            number += 1
        most = max(most, number)
    return most


def test_units_behind_a_base():
    found = units_behind("GGCAAAAAAAAAATGTGTGTGTCC")
    assert (found[2], found[12], found[0]) == (10, 4, 1)
    rng = np.random.default_rng(1)
    for _ in range(50):
        text = "".join(rng.choice(list("AC"), 60))
        assert units_behind(text).tolist() == [min(counted(text, at), 40) for at in range(60)]


def test_indels_are_measured_where_there_are_places_enough():
    """2,000 places in repeats of 8 units err at 2 %, one in a hundred is heterozygous; nothing else is known."""
    rng, found = np.random.default_rng(7), Background(1)
    found.depth[0, :, 0], found.depth[0, :, 1] = 100 * found.edges, 100
    reads = np.where(rng.random(2000) < 0.01, rng.binomial(200, 0.5, 2000), rng.binomial(200, 0.02, 2000))
    found.add_indels(np.full(2000, 8), reads[:, None], np.full((2000, 1), 200))
    model = ErrorModel(found)
    (long, _), (none, spread) = model.of("CA", "C", units=9), model.of("CA", "C", units=1)
    assert long[0] == pytest.approx(0.02, rel=0.1)
    assert (none[0], spread[0]) == (REPEATS[0][1], REPEATS[0][2])  # no place of this kind: what stands there


def test_a_place_where_the_normal_errs():
    # a beta distribution of mean 1e-3 and rho 1e-3 has seen 999 reads; 4 of 101 more: (0.999 + 4) / 1100
    rate, rho = at_site(np.array([1e-3, 1e-2]), np.array([1e-3, 1e-3]), 4, 101)
    assert rate == pytest.approx([4.999 / 1100, (9.99 + 4) / 1100])
    assert rho == pytest.approx([1 / 1101, 1 / 1101])
    rate, rho = at_site(np.array([1e-3]), np.array([1e-3]), 0, 1000)
    assert (rate[0], rho[0]) == (1e-3, 1e-3)
