"""Change of one patient: pairs, intervals by hand, planted truth, and what is said where nothing can be."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from seriome.longitudinal import changes, pairs_of, plan_of, precision, within_variance
from seriome.longitudinal.variance import patterns

SAMPLES = pd.DataFrame(
    [
        ("a0", "A", 0, "tumor", "lung", "b1"),
        ("a1", "A", 90, "tumor", "liver", "b1"),
        ("a1x", "A", 90, "tumor", "lung", "b2"),
        ("a2", "A", 200, "tumor", "lung", ""),
        ("ap", "A", 90, "plasma", "blood", "b1"),
        ("b0", "B", 0, "tumor", "lung", "b1"),
    ],
    columns=["sample", "patient", "day", "specimen", "site", "batch"],
)


def test_pairs_go_back_to_the_first_day_and_to_the_day_before_and_keep_to_the_site():
    pairs = pairs_of(SAMPLES)
    assert list(zip(pairs["early"], pairs["late"], pairs["same_site"], pairs["same_batch"], strict=True)) == [
        ("a0", "a1", False, True),
        ("a0", "a1x", True, False),
        ("a0", "a2", True, None),
        ("a1x", "a2", True, None),
    ]


def test_one_change_by_hand():
    values, errors = np.array([[5.0, 6.5]]), np.array([[0.3, 0.4]])
    samples = SAMPLES.iloc[[0, 1]]
    variance = within_variance(np.ones((1, 2)), errors, np.ones((2, 1)))  # no variance to learn: replaced below
    variance.biological, variance.freedom = np.array([0.02]), np.array([7.0])
    found = changes(values, errors, samples, variance).iloc[0]
    error = np.sqrt(0.09 + 0.16 + 0.04)
    assert found["error"] == pytest.approx(error)
    assert found["upper"] == pytest.approx(1.5 + stats.t.ppf(0.975, 7) * error)
    assert found["p"] == pytest.approx(2 * stats.t.sf(1.5 / error, 7))
    assert np.isnan(found["shrunken"])  # of one feature no prior can be learnt


def cohort(seed=1, features=1500, patients=12):
    """Values of three phases per patient with planted changes; measured and biological variance known."""
    rng = np.random.default_rng(seed)
    samples = pd.DataFrame(
        {
            "sample": [f"{at}-{t}" for at in range(patients) for t in range(3)],
            "patient": np.repeat([f"P{at}" for at in range(patients)], 3), "specimen": "tumor",
            "day": [0, 60, 200] * patients, "phase": ["baseline", "response", "progression"] * patients,
        }
    )  # fmt: skip
    biological = 0.15 * rng.chisquare(8, size=features) / 8
    errors = rng.gamma(4, 0.05, size=(features, 3 * patients))
    late = (
        np.array([0, 0, 1] * patients)
        * np.where(rng.random(features) < 0.2, rng.normal(size=features) * 1.5, 0)[:, None]
    )
    level = rng.uniform(2, 12, size=(features, 1)) + rng.normal(size=(features, patients)).repeat(3, axis=1)
    truth = level + late
    values = truth + rng.normal(size=errors.shape) * np.sqrt(biological[:, None] + errors**2)
    return samples, values, errors, truth, biological


def test_intervals_cover_planted_changes_and_the_biological_variance_is_found():
    samples, values, errors, truth, biological = cohort()
    design = plan_of(samples, ["patient", "phase"]).matrix
    variance = within_variance(values, errors, design)
    assert variance.residual_freedom == 22
    assert np.median(variance.biological) == pytest.approx(np.median(biological), rel=0.1)
    found = changes(values, errors, samples, variance, pairs_of(samples).iloc[:6])
    place = list(samples["sample"])
    true = np.concatenate(
        [
            truth[:, place.index(late)] - truth[:, place.index(early)]
            for early, late in found[["early", "late"]].drop_duplicates().itertuples(index=False)
        ]
    )
    covered = (found["lower"] <= true) & (true <= found["upper"])
    assert covered.mean() == pytest.approx(0.95, abs=0.01)
    shrunken = (found["shrunken_lower"] <= true) & (true <= found["shrunken_upper"])
    assert 0.93 <= shrunken.mean() <= 0.99
    assert np.square(found["shrunken"] - true).mean() < 0.5 * np.square(found["estimate"] - true).mean()


def test_without_repeated_samples_a_change_has_no_interval():
    values = np.random.default_rng(2).normal(size=(50, 2))
    variance = within_variance(values, np.zeros((50, 2)), np.eye(2))
    found = changes(values, np.zeros((50, 2)), SAMPLES.iloc[[0, 1]], variance)
    assert not variance.estimable
    assert set(found["state"]) == {"no_interval"}
    assert found["estimate"].notna().all()
    assert found[["lower", "upper", "p", "shrunken"]].isna().all(axis=None)


def test_an_absence_is_told_by_its_side():
    values = np.array([[1.0, np.nan], [np.nan, 2.0], [np.nan, np.nan], [1.0, 2.0]])
    variance = within_variance(np.random.default_rng(0).normal(size=(4, 9)), np.zeros((4, 9)), np.ones((9, 1)))
    found = changes(values, np.zeros((4, 2)), SAMPLES.iloc[[0, 1]], variance)
    assert list(found["state"]) == ["missing_late", "missing_early", "missing_both", "estimated"]


def test_missing_values_change_nothing_for_other_features():
    samples, values, errors, _, _ = cohort(features=40)
    design = plan_of(samples, ["patient", "phase"]).matrix
    whole = within_variance(values, errors, design, level=np.zeros(40))
    holed = values.copy()
    holed[3, :30] = np.nan
    without = within_variance(holed, errors, design, level=np.zeros(40))
    keep = np.arange(40) != 3
    assert without.biological[keep] == pytest.approx(whole.biological[keep], rel=0.1)
    assert np.isfinite(without.biological[3])  # six samples of two patients: borrowed


def test_weights_are_of_measured_and_biological_variance():
    samples, values, errors, _, _ = cohort(features=100)
    variance = within_variance(values, errors, plan_of(samples, ["patient", "phase"]).matrix)
    weights = precision(errors, variance)
    ratio = weights[0, 0] / weights[0, 1]
    assert ratio == pytest.approx((variance.prior[0] + errors[0, 1] ** 2) / (variance.prior[0] + errors[0, 0] ** 2))
    assert weights.mean(axis=1) == pytest.approx(1)
    variance.prior[1] = np.nan
    assert set(precision(errors, variance)[1]) == {1.0}


def test_rows_of_one_pattern_are_found_together():
    there = np.array([[True, False], [True, True], [True, False]])
    assert [(list(rows), list(mask)) for rows, mask in patterns(there)] == [
        ([0, 2], [True, False]),
        ([1], [True, True]),
    ]
