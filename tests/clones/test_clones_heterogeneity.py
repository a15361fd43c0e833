"""Indices by their definitions, drivers and sites by hand."""

import math

import numpy as np
import pytest

from seriome.clones.heterogeneity import between_sites, math_score, shannon, simpson, summary


@pytest.mark.parametrize(
    ("share", "nats", "different"),
    [
        pytest.param([1.0], 0, 0, id="one clone"),
        pytest.param([0.5, 0.5], math.log(2), 0.5, id="two of equal share"),
        pytest.param([0.25] * 4, math.log(4), 0.75, id="four of equal share"),
        pytest.param([0.5, 0.5, 0.0], math.log(2), 0.5, id="a clone that is not there adds nothing"),
        pytest.param([0.75, 0.25], 0.5623, 0.375, id="0.75 ln 4/3 + 0.25 ln 4"),
    ],
)
def test_shannon_and_simpson(share, nats, different):
    assert shannon(np.array(share)) == pytest.approx(nats, abs=1e-4)
    assert simpson(np.array(share)) == pytest.approx(different)


def test_math_by_hand():
    """Median 0.2; deviations 0.1, 0.1, 0, 0.1, 0.2, their median 0.1."""
    assert math_score([0.1, 0.1, 0.2, 0.3, 0.4]) == pytest.approx(100 * 1.4826 * 0.1 / 0.2)
    assert math_score([0.1, 0.1, 0.2, 0.3, 0.4, 0.0, np.nan]) == pytest.approx(74.13), "not seen, not covered"
    assert math_score([0.2, 0.2, 0.2]) == 0
    assert math_score([0.3]) is None


SAMPLES = [
    {"sample_id": "A", "day": 0, "specimen": "tissue"},
    {"sample_id": "B", "day": 42, "specimen": "plasma"},
]


def test_summary():
    rng = np.random.default_rng(1)
    ccf, share = np.full((200, 3, 2), np.nan), np.full((200, 3, 2), np.nan)
    second = 0.96 + 0.01 * rng.standard_normal(200)  # above 0.95 in five draws of six
    ccf[:, :, 0] = np.stack([np.ones(200), second, np.full(200, 0.04)], axis=1)
    share[:, :, 0] = np.stack([1 - second, second - 0.04, np.full(200, 0.04)], axis=1)
    states = np.array([["measured"] * 2, ["measured"] * 2, ["below_lod"] * 2], object)
    states[:, 1] = "tumour_not_detected"
    limits = np.array([[0.01, 1], [0.01, 1], [0.08, 1]])
    vaf = np.array([[0.4, 0], [0.38, 0], [0.2, np.nan], [0.001, 0], [0.3, 0]])
    cluster_of, drivers = [0, 1, 1, 2, -1], [True, True, False, True, True]
    first, cleared = summary(ccf, share, vaf, cluster_of, drivers, SAMPLES, states, limits)
    assert (first["sample_id"], first["day"], first["specimen"]) == ("A", 0, "tissue")
    assert (first["clones_above"], first["clones_above_lower"], first["clones_above_upper"]) == (1, 1, 2)
    assert first["clones_open"] == 1, "the third is not seen, but 0.08 is above 0.05"
    assert first["shannon_lower"] < first["shannon"] < first["shannon_upper"]
    assert first["shannon"] == pytest.approx(-(0.04 * math.log(0.04) * 2 + 0.92 * math.log(0.92)), abs=0.02)
    assert first["simpson"] == pytest.approx(1 - 0.92**2 - 2 * 0.04**2, abs=0.02)
    assert first["math"] == pytest.approx(100 * 1.4826 * 0.02 / 0.38), "0.4, 0.38, 0.2 of clones that are seen"
    assert (first["drivers"], first["clonal_drivers"]) == (2, 2)
    assert cleared["shannon"] is cleared["math"] is cleared["drivers"] is cleared["clones_above"] is None


def test_a_driver_below_ninety_five_per_cent_is_not_clonal():
    ccf = np.tile([[1.0], [0.9]], (50, 1, 1))
    states = np.full((2, 1), "measured", object)
    vaf, limits = np.full((2, 1), 0.3), np.full((2, 1), 0.01)
    (row,) = summary(ccf, np.tile([[0.1], [0.9]], (50, 1, 1)), vaf, [0, 1], [True, True], SAMPLES[:1], states, limits)
    assert (row["drivers"], row["clonal_drivers"]) == (2, 1)


def test_between_sites():
    samples = [
        {"sample_id": "lung", "day": 0, "specimen": "tissue", "site": "lung"},
        {"sample_id": "liver", "day": 10, "specimen": "tissue", "site": "liver"},
        {"sample_id": "plasma", "day": 14, "specimen": "plasma"},
        {"sample_id": "lung again", "day": 5, "specimen": "tissue", "site": "lung"},
        {"sample_id": "late", "day": 60, "specimen": "plasma"},
    ]
    seen, not_seen, nothing = "measured", "below_lod", "not_covered"
    clones = np.full((4, 5), seen, object)
    clones[1, 1] = not_seen  # in the lung, not in the liver
    clones[2, 0] = not_seen  # in the liver, not in the lung
    clones[3, 1] = nothing
    mutations = np.full((2, 5), seen, object)
    mutations[1, 0] = not_seen
    rows = {(row["sample_id"], row["other_sample_id"]): row for row in between_sites(clones, mutations, samples)}
    assert set(rows) == {
        ("lung", "liver"),
        ("lung", "plasma"),
        ("liver", "plasma"),
        ("liver", "lung again"),
        ("plasma", "lung again"),
    }, "not the same site twice, not 60 days apart"
    assert rows["lung", "liver"] == {
        "sample_id": "lung",
        "other_sample_id": "liver",
        "day": 0,
        "other_day": 10,
        "clusters_shared": 1,
        "clusters_first": 1,
        "clusters_second": 1,
        "clusters_open": 1,
        "mutations_shared": 1,
        "mutations_first": 0,
        "mutations_second": 1,
        "mutations_open": 0,
    }
    limits = np.full((4, 5), 0.01)
    limits[1, 1] = 0.2  # too shallow to say that it is not in the liver
    row = between_sites(clones, mutations, samples, limits)[0]
    assert (row["clusters_first"], row["clusters_open"]) == (0, 2)
    clones[:, 0] = "tumour_not_detected"
    assert ("lung", "liver") not in {
        (r["sample_id"], r["other_sample_id"]) for r in between_sites(clones, mutations, samples)
    }
