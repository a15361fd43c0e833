"""Growth rates by hand, by a grid, and on noise of which they should hold 95 %."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import log_ndtr

from seriome.clones import growth
from seriome.clones.growth import odds, phases_of, rates
from seriome.simulate.counts import Setting, draw
from tests.bench.courses import measure

DAYS = np.array([0, 42, 84, 126, 168])
PHASE = [{"name": "gefitinib", "start": 0, "end": 168}]


def shares(*log_sizes, error=0.02, count=400, seed=1):
    """Draws (D, K, S) of own shares of clones with these log sizes, each with this error of its log."""
    size = np.array(log_sizes, float)
    size = size + error * np.random.default_rng(seed).standard_normal((count, *size.shape))
    return np.exp(size) / np.exp(size).sum(axis=1, keepdims=True)


def all_seen(draws):
    return np.full(draws.shape[1:], 1e-3), np.full(draws.shape[1:], "measured", object)


def of(rows, cluster, phase="gefitinib", scale="relative"):
    (row,) = [r for r in rows if (r["cluster_id"], r["phase"], r["scale"]) == (cluster, phase, scale)]
    return row


def test_phases_are_cut_where_a_drug_begins_or_ends():
    treatments = [
        {"drug": "osimertinib", "start": 84},
        {"drug": "gefitinib", "start": 1, "end": 90},
        {"drug": "cisplatin", "start": -60, "end": -20},
    ]
    assert phases_of(treatments, 0, 200) == [
        {"name": "no treatment", "start": 0, "end": 1},
        {"name": "gefitinib", "start": 1, "end": 84},
        {"name": "gefitinib + osimertinib", "start": 84, "end": 91},
        {"name": "osimertinib", "start": 91, "end": 200},
    ]
    assert phases_of([], 0, 100) == [{"name": "no treatment", "start": 0, "end": 100}]


def test_tumour_dna_per_normal_dna():
    assert odds(np.array([0.5, 0.2, 0.0])) == pytest.approx([1, 0.25, 0])


def test_a_straight_line_of_two_clones():
    """The log odds rise by 0.02 a day: they double in ln 2 / 0.02 = 34.7 days; the other clone mirrors it."""
    draws = shares(0 * DAYS, 0.02 * DAYS - 2)
    rows = rates(draws, DAYS, ["plasma"] * 5, None, PHASE, *all_seen(draws))
    falls, rises = of(rows, 0), of(rows, 1)
    assert rises["rate_per_day"] == pytest.approx(0.02, abs=0.001)
    assert rises["lower"] < 0.02 < rises["upper"] < 0.024
    assert rises["doubling_days"] == pytest.approx(34.66, abs=1.5)
    assert falls["rate_per_day"] == pytest.approx(-rises["rate_per_day"], abs=1e-6)
    assert falls["doubling_days"] < 0
    assert rises["p_positive"] > 0.99 > 0.01 > falls["p_positive"]
    assert (rises["samples_used"], rises["reason"], rises["start"], rises["end"]) == (5, None, 0, 168)
    assert rows == rates(draws, DAYS, ["plasma"] * 5, None, PHASE, *all_seen(draws)), "equal seeds, equal rows"


def test_against_the_rest_is_not_against_each():
    """Rates 0, 0.02 and 0.02 from equal sizes: the mean slope of the log odds of the first, by the formula."""
    draws = shares(0 * DAYS, 0.02 * DAYS, 0.02 * DAYS)
    row = of(rates(draws, DAYS, ["plasma"] * 5, None, PHASE, *all_seen(draws)), 0)
    assert row["rate_per_day"] == pytest.approx(-0.02, abs=0.001)
    row = of(rates(draws, DAYS, ["plasma"] * 5, None, PHASE, *all_seen(draws)), 1)
    rest = (math.log(1 + math.exp(0.02 * 168)) - math.log(2)) / 168
    assert row["rate_per_day"] == pytest.approx(0.02 - rest, abs=0.001)


def test_a_rate_per_phase_without_a_jump_between():
    phases = [{"name": "A", "start": 0, "end": 84}, {"name": "B", "start": 84, "end": 168}]
    line = np.where(DAYS <= 84, 0.02 * DAYS, 0.02 * 84 - 0.03 * (DAYS - 84.0))
    draws = shares(0 * DAYS, line)
    rows = rates(draws, DAYS, ["plasma"] * 5, None, phases, *all_seen(draws))
    assert of(rows, 1, "A")["rate_per_day"] == pytest.approx(0.02, abs=0.002)
    assert of(rows, 1, "B")["rate_per_day"] == pytest.approx(-0.03, abs=0.002)


def test_no_change_has_no_doubling_time():
    draws = shares(0 * DAYS, 0 * DAYS)
    row = of(rates(draws, DAYS, ["plasma"] * 5, None, PHASE, *all_seen(draws)), 1)
    assert row["lower"] < 0 < row["upper"]
    assert row["doubling_days"] is None
    assert row["p_positive"] == pytest.approx(0.5, abs=0.3)


def test_the_net_rate_where_the_burden_is_known():
    """Both clones shrink, the second less: against the rest it grows, in cells it does not."""
    log_sizes = np.array([-0.03 * DAYS, -0.01 * DAYS - 2])
    burden = np.tile(np.exp(log_sizes).sum(axis=0), (400, 1)) * 0.1
    draws = shares(*log_sizes)
    rows = rates(draws, DAYS, ["plasma"] * 5, burden, PHASE, *all_seen(draws))
    assert of(rows, 1)["rate_per_day"] == pytest.approx(0.02, abs=0.002)
    for cluster, rate in ((0, -0.03), (1, -0.01)):
        row = of(rows, cluster, scale="absolute")
        assert row["rate_per_day"] == pytest.approx(rate, abs=0.004)
        assert row["lower"] < rate < row["upper"]
    assert of(rows, 0, scale="absolute")["doubling_days"] == pytest.approx(-math.log(2) / 0.03, rel=0.15)


def test_burdens_of_two_kinds_are_not_compared():
    draws = shares(0 * DAYS, 0 * DAYS)
    burden = np.tile([500.0, 0.1, 0.1, 0.1, 700.0], (400, 1))
    specimens = ["tissue", "plasma", "plasma", "plasma", "tissue"]
    row = of(rates(draws, DAYS, specimens, burden, PHASE, *all_seen(draws)), 0, scale="absolute")
    assert row["samples_used"] == 3
    assert abs(row["rate_per_day"]) < 0.005


def test_a_censored_slope_by_a_grid(monkeypatch):
    """One clone, seen at log size 0 (error 0.1) on day 0, missed on day 42 with a limit of 0.05."""
    monkeypatch.setattr(growth, "SCATTERS", np.array([0.2]))
    monkeypatch.setattr(growth, "RATES", np.array([0.03]))
    monkeypatch.setattr(growth, "RATE", 0.04)
    monkeypatch.setattr(growth, "CHAINS", 20000)
    rng = np.random.default_rng(1)
    draws = np.ones((2000, 1, 2))
    burden = np.exp(0.1 * rng.standard_normal((2000, 2)))
    burden /= np.exp(np.log(burden).mean(axis=0))
    burden[:, 0] = np.exp(np.log(burden[:, 0]) / np.log(burden[:, 0]).std(ddof=1) * 0.1)
    states, limits = np.array([["measured", "below_lod"]], object), np.array([[0.01, 0.05]])
    phase = [{"name": "A", "start": 0, "end": 42}]
    row = of(rates(draws, [0, 42], ["plasma"] * 2, burden, phase, limits, states), 0, "A", "absolute")

    level, slope = np.meshgrid(np.linspace(-2, 2, 401), np.linspace(-0.3, 0.1, 2001), indexing="ij")
    other = growth.SHED**2  # of each sample's level, summed over by adding its variance
    score = -0.5 * level**2 / 10**2 - 0.5 * level**2 / (0.1**2 + 0.2**2 + other)
    score -= 0.5 * slope**2 / (0.03**2 + 0.04**2)
    half = math.log(0.05) - 1.645 * 0.5  # missed with a probability of one half; 5 % at the limit
    score += log_ndtr((half - level - 42 * slope) / math.sqrt(0.5**2 + 0.2**2 + other))
    mass = np.exp(score - score.max()).sum(axis=0)
    below = np.cumsum(mass) / mass.sum()
    for name, probability in (("lower", 0.025), ("rate_per_day", 0.5), ("upper", 0.975)):
        assert row[name] == pytest.approx(slope[0, np.argmax(below >= probability)], abs=0.003), name
    assert row["reason"].startswith("a bound"), "one day seen, the other missed"
    assert row["upper"] < 0


def test_what_is_not_estimable_says_why():
    draws = shares(0 * DAYS, 0 * DAYS - 1, 0 * DAYS - 1, 0 * DAYS - 1)
    limits, states = all_seen(draws)
    states[1] = "below_lod"
    states[2, 3:] = "below_lod"
    states[3, 1:] = "not_covered"
    phases = [{"name": "A", "start": 0, "end": 84}, {"name": "B", "start": 105, "end": 168}]
    rows = rates(draws, DAYS, ["plasma"] * 5, None, phases, limits, states)
    assert of(rows, 0, "A")["rate_per_day"] is not None
    for cluster, phase, words in (
        (1, "A", "seen in no sample"),
        (2, "B", "below detection throughout"),
        (3, "A", "one day"),
        (3, "B", "no day"),
    ):
        row = of(rows, cluster, phase)
        assert row["rate_per_day"] is row["lower"] is row["upper"] is row["p_positive"] is row["doubling_days"] is None
        assert row["reason"].startswith("not estimable")
        assert words in row["reason"]
    alone = rates(np.ones((400, 1, 5)), DAYS, ["plasma"] * 5, None, PHASE, limits[:1], states[:1])
    assert "no other clone" in of(alone, 0)["reason"]


def test_tumour_that_was_not_seen_bounds_the_burden():
    """The tumour fraction falls from 0.1 to less than 0.001 in 42 days: more than ln 100 / 42 = 0.11 a day."""
    draws = shares(0 * DAYS[:3], 0 * DAYS[:3])
    draws[:, :, 1:] = np.nan
    limits, states = all_seen(draws)
    states[:, 1:] = "tumour_not_detected"
    burden = np.tile([0.1, np.nan, np.nan], (400, 1))
    phases = [{"name": "A", "start": 0, "end": 84}]
    rows = rates(draws, DAYS[:3], ["plasma"] * 3, burden, phases, limits, states, burden_limits=[np.nan, 0.001, 0.001])
    assert "one day" in of(rows, 0, "A")["reason"]
    assert of(rows, 0, "A", "absolute")["upper"] < -0.05


def test_a_share_that_may_be_none_is_no_number():
    """Of three draws in ten nothing is left of the founder beside its child: the slope is open downwards."""
    rng = np.random.default_rng(2)
    draws = shares(0 * DAYS, 0.0 * DAYS)
    for s in (3, 4):
        draws[:, 0, s] = np.maximum(0.01 + 0.02 * rng.standard_normal(400), 0)
        draws[:, 1, s] = 1 - draws[:, 0, s]
    row = of(rates(draws, DAYS, ["plasma"] * 5, None, PHASE, *all_seen(draws)), 0)
    assert row["upper"] < 0
    assert np.isfinite(row["lower"])


def test_intervals_hold_the_truth():
    """Sixty patients, three clones, noise of 0.3 in each log share: of 180 intervals 0.9 or more hold the true rate."""
    rng, held = np.random.default_rng(5), []
    for _ in range(60):
        rate = rng.normal(0, 0.015, 3)
        line = rng.normal(0, 1, (3, 1)) + rate[:, None] * DAYS
        noisy = line + 0.3 * rng.standard_normal(line.shape)
        draws = shares(*noisy, error=0.1, seed=int(rng.integers(1e9)))
        for row in rates(draws, DAYS, ["plasma"] * 5, None, PHASE, *all_seen(draws)):
            k = row["cluster_id"]
            ends = line[:, [0, -1]]
            truth = np.diff(ends[k] - np.logaddexp.reduce(np.delete(ends, k, axis=0), axis=0))[0] / 168
            held.append(row["lower"] <= truth <= row["upper"])
    assert np.mean(held) >= 0.9


def test_simulated_plasma_shows_the_burden():
    """Tumour fractions at the changes of treatment lie in the range asked for; shares are those of the same tissue."""
    setting = Setting(clones=4, samples=8, mutations=60, interval=42, plasma=(0.02, 0.4))
    for seed in range(5):
        drawn, tissue = draw(setting, seed), draw(replace(setting, plasma=()), seed)
        assert drawn.course.share == pytest.approx(tissue.course.share)
        assert drawn.specimens == ("tissue", *["plasma"] * 6, "tissue")
        burden = np.exp(
            np.logaddexp.reduce(drawn.course.log_size([*drawn.course.starts, drawn.course.days[-1]]), axis=0)
        )
        fraction = burden / (1 + burden)
        assert ((fraction > 0.0199) & (fraction < 0.4001)).all()
        assert drawn.depth[:, 1:7].mean() == pytest.approx(2000, rel=0.02)
        day = drawn.course.days[3]
        total = np.exp(drawn.course.log_size(day)).sum()
        assert drawn.purity[3] == pytest.approx(total / (1 + total))


def test_dates_and_signs_of_simulated_courses():
    """Six patients of the bench, the clusters given: of what is said of them, 95 % is right."""
    right = measure(range(6))
    for statement in ("emergence_bracket", "extinction", "growth_sign", "absolute_sign"):
        share, number = right[statement]
        assert number, statement
        assert share >= 0.95, statement
