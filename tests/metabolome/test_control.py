"""Drift, batches, dilution and precision against planted truth and hand calculation."""

import numpy as np
import pandas as pd
import pytest

from seriome.config import schema, with_defaults
from seriome.metabolome import control, drift
from seriome.metabolome.levels import levels

SETTINGS = with_defaults({}, schema("config")["properties"]["metabolome"])
PLAIN = SETTINGS | {"normalise": "none"}
FEATURES = 200


def atlas_of(count=FEATURES, **changes):
    rows = {"feature": [f"MP{n:05d}" for n in range(count)], "name": "x", "polarity": "positive", "mz": 100.0}
    rows |= {"rt_s": 1.0, "msi_level": 4, "in_blank": False, "blank_ratio": 0.0, "compound_id": None}
    return pd.DataFrame(rows | {"pool_log2_area": 20.0} | changes)


def table_of(atlas, log2, lod=4.0):
    return pd.DataFrame({"feature": atlas["feature"], "area": 2.0**log2, "lod_area": lod})


def pools_of(atlas, rows, batch="b1", places=None):
    places = range(1, 1 + 8 * len(rows), 8) if places is None else places
    return [
        {"batch": batch, "injection": place, "table": table_of(atlas, row)}
        for place, row in zip(places, rows, strict=True)
    ]


@pytest.fixture(scope="module")
def drifting():
    """Ten pools, half of the features lose up to a third of their signal along a bend; noise of 0.1 in log2."""
    rng = np.random.default_rng(2)
    order = np.arange(1, 81, 8.0)
    loss = np.where(np.arange(FEATURES) % 2, 0.0, rng.uniform(0.8, 1.6, FEATURES))
    truth = 20 - loss * (1 - np.exp(-(order[:, None] - 1) / 25))
    return order, truth, truth + rng.normal(0, 0.1, truth.shape), loss > 0


@pytest.mark.parametrize("method", ["auto", "loess", "forest"])
def test_a_planted_drift_is_found_and_no_other(drifting, method):
    order, truth, values, drifts = drifting
    found = drift.fit(order, values, method=method)
    assert found.used[drifts].mean() > 0.9
    assert found.used[~drifts].mean() < 0.2
    assert np.sqrt(np.mean((found.curve - truth)[:, drifts] ** 2)) < (0.16 if method == "forest" else 0.1)


def test_a_prediction_does_not_see_its_own_pool(drifting):
    order, _, values, _ = drifting
    changed = values.copy()
    changed[4] += 5
    for method in ("loess", "none"):
        a, b = (drift.fit(order, v, method=method) for v in (values, changed))
        both = a.used == b.used if a.method == b.method else np.zeros(FEATURES, bool)
        np.testing.assert_allclose(a.left_out[4, both], b.left_out[4, both])


def test_local_lines_reproduce_a_line():
    order = np.array([1.0, 9, 17, 30, 41, 50])
    values = np.column_stack([3 + 0.1 * order, 7 - 0.2 * order])
    curve, left_out = drift._loess(order, values, 0.75)
    np.testing.assert_allclose(curve, values, atol=1e-9)
    np.testing.assert_allclose(left_out[1:-1], values[1:-1], atol=1e-9)


def test_too_few_pools_correct_nothing(drifting):
    order, _, values, _ = drifting
    found = drift.fit(order[:4], values[:4])
    assert found.method == "constant"
    assert not found.used.any()


def test_missing_values_neither_stop_nor_bend_the_curve(drifting):
    order, truth, values, drifts = drifting
    holes = values.copy()
    holes[np.random.default_rng(5).random(values.shape) < 0.15] = np.nan
    found = drift.fit(order, holes)
    assert np.isfinite(found.curve).all()
    assert np.sqrt(np.mean((found.curve - truth)[:, drifts] ** 2)) < 0.2


def test_precision_is_that_of_the_noise_and_the_drift_is_off_a_sample(drifting):
    order, truth, values, drifts = drifting
    atlas = atlas_of()
    constants, offsets, note = control.learn(atlas, pools_of(atlas, values, places=order), PLAIN)
    assert note["batches"]["b1"]["pools"] == 10
    assert np.median(constants["sd_log2"]) == pytest.approx(
        0.1 * np.sqrt(1.1), rel=0.2
    )  # a mean of the others errs too
    assert np.median(constants.loc[drifts, "cv_predicted"]) < 0.5 * np.median(constants.loc[drifts, "cv_raw"])
    between = np.where(drifts, 20 - (20 - truth[-1]) * (1 - np.exp(-19 / 25)) / (1 - np.exp(-72 / 25)), 20.0)
    sample = [{"batch": "b1", "injection": 20, "table": table_of(atlas, between)}]
    table, done = levels(sample, atlas, constants, offsets, PLAIN)
    again, _ = levels(
        [{"batch": "b1", "injection": 70, "table": table_of(atlas, truth[-1])}], atlas, constants, offsets, PLAIN
    )
    assert done[0]["drift"] == "pools before and after"
    assert np.median(np.abs(table["value"] - again["value"])[drifts]) < 0.08  # the same level, long apart in the batch
    assert (table["upper"] - table["value"]).median() == pytest.approx(2.26 * 0.105, rel=0.25)  # t, 9 degrees


def test_batches_are_brought_to_one_level():
    rng, atlas = np.random.default_rng(3), atlas_of(50)
    shift = rng.normal(0, 1, 50)
    one = pools_of(atlas, 20 + rng.normal(0, 0.02, (5, 50)), "b1")
    two = pools_of(atlas, 20 + shift + rng.normal(0, 0.02, (5, 50)), "b2")
    constants, offsets, _ = control.learn(atlas, one + two, PLAIN)
    by_batch = [
        levels([{"batch": batch, "injection": 9, "table": table_of(atlas, log2)}], atlas, constants, offsets, PLAIN)[0]
        for batch, log2 in (("b1", np.full(50, 22.0)), ("b2", 22 + shift))
    ]
    assert np.abs(by_batch[0]["value"] - by_batch[1]["value"]).max() < 0.05
    assert np.median(constants["cv_predicted"]) < 0.03


def test_a_batch_without_pools_is_left_as_it_is_and_says_so():
    atlas = atlas_of(5)
    constants, offsets, _ = control.learn(atlas, pools_of(atlas, np.full((6, 5), 20.0)), PLAIN)
    sample = [{"batch": "b9", "injection": 3, "table": table_of(atlas, np.full(5, 21.5))}]
    table, done = levels(sample, atlas, constants, offsets, PLAIN)
    assert (table["value"] == 21.5).all()
    assert done[0]["drift"] == "none: the batch has too few pools"


def test_modes_injected_apart_drift_apart():
    """Ten pools in each mode, which count their injections alike; one drifts up, the other down."""
    rng, places = np.random.default_rng(8), list(range(1, 81, 8))
    atlas = atlas_of(80, polarity=["positive"] * 40 + ["negative"] * 40)
    slope = np.where(atlas["polarity"] == "positive", 0.02, -0.02)
    controls = []
    for mode in ("positive", "negative"):
        own = (atlas["polarity"] == mode).to_numpy()
        for one in places:
            table = table_of(atlas, 20 + slope * one + rng.normal(0, 0.05, 80))
            controls.append({"batch": "b1", "injection": one + 2 * (mode == "negative"), "table": table[own]})
    constants, offsets, note = control.learn(atlas, controls, PLAIN)
    assert set(note["batches"]) == {"b1 positive", "b1 negative"}
    assert constants["drift"].mean() > 0.95
    early, late = (
        levels([{"batch": "b1", "injection": at, "table": table}], atlas, constants, offsets, PLAIN)
        for at, table in ((at, table_of(atlas, 20 + slope * at)) for at in (12, 62))
    )
    assert np.abs(early[0]["value"] - late[0]["value"]).median() < 0.05


def test_pools_without_an_order_still_give_the_batch_its_level():
    atlas, rng = atlas_of(5), np.random.default_rng(1)
    pools = [one | {"injection": None} for one in pools_of(atlas, 20 + rng.normal(0, 0.1, (6, 5)))]
    constants, offsets, note = control.learn(atlas, pools, PLAIN)
    assert note["batches"]["b1"]["why"] == "the order of injection is not in the sheet"
    assert not constants["drift"].any()
    sample = [{"batch": "b1", "injection": 4, "table": table_of(atlas, np.full(5, 21.5))}]
    assert levels(sample, atlas, constants, offsets, PLAIN)[0]["value"].tolist() == pytest.approx([21.5] * 5)


def test_dilution_is_the_median_quotient_and_nothing_within_its_error():
    rng, atlas = np.random.default_rng(4), atlas_of(100)
    constants, _, _ = control.learn(atlas, pools_of(atlas, np.full((6, 100), 20.0)), SETTINGS)
    changed = np.where(np.arange(100) < 20, 3.0, 0.0) + rng.normal(0, 0.1, 100)  # a fifth rises eightfold
    factor, error, count = control.dilution(20 - 1.0 + changed, constants, SETTINGS)
    assert factor == pytest.approx(-1.0, abs=0.1)
    assert count == 100
    assert 0 < error < 0.1
    assert control.dilution(20 + rng.normal(0, 1, 100), constants, SETTINGS)[0] == 0.0
    assert control.dilution(np.full(100, np.nan), constants, SETTINGS) == (0.0, 0.0, 0)


def test_internal_standards_carry_the_factor_and_are_no_features():
    atlas = atlas_of(40, compound_id=["d3-carnitine", *[None] * 39])
    settings = SETTINGS | {"normalise": "standards", "standards": ["d3-carnitine"]}
    constants, offsets, _ = control.learn(atlas, pools_of(atlas, np.full((6, 40), 20.0)), settings)
    log2 = np.full(40, 21.0)
    log2[0] = 19.5
    sample = [{"batch": "b1", "injection": 3, "table": table_of(atlas, log2)}]
    table, done = levels(sample, atlas, constants, offsets, settings)
    assert done[0]["dilution_log2"] == -0.5
    assert table["state"].value_counts().to_dict() == {"measured": 39, "failed_qc": 1}
    assert table["value"].dropna().unique() == [21.5]


def test_the_account_says_what_was_removed_and_why():
    rng, atlas = np.random.default_rng(6), atlas_of(5, in_blank=[True, False, False, False, False])
    values = 20 + rng.normal(0, 0.05, (8, 5))
    values[3:, 1] = np.nan  # seen in 3 of 8
    values[:, 2] += rng.normal(0, 2, 8)
    constants, _, _ = control.learn(atlas, pools_of(atlas, values), PLAIN)
    samples = 20 + np.column_stack([rng.normal(0, sd, 30) for sd in (1, 1, 1, 0.05, 1)])
    table = control.account(constants, atlas, pd.DataFrame(samples, columns=atlas["feature"]), PLAIN)
    assert list(table["verdict"]) == ["removed", "removed", "removed", "not_compared", "kept"]
    assert list(table["why"]) == [
        "blanks have it too",
        "seen in too few of the pools",
        "scatters too much in the pools",
        "more noise than biology",
        "",
    ]
    assert table["d_ratio"].iloc[4] == pytest.approx(
        np.std(values[:, 4], ddof=1) / np.std(samples[:, 4], ddof=1), rel=0.3
    )


def test_coefficient_of_variation_of_a_log_normal():
    values = np.random.default_rng(1).normal(20, 0.4, 200_000)
    assert control.cv(0.4) == pytest.approx(np.std(2**values) / np.mean(2**values), rel=0.01)
