"""Dates and their limits by hand: first seen, could have been seen, gone, under which treatment."""

import numpy as np
import pytest

from seriome.clones import detection
from seriome.clones.events import emergence, expansion, extinction, first_seen, percent, treatments_between, two_hits

TREATMENTS = [
    {"drug": "gefitinib", "start": 1, "end": 90},
    {"drug": "osimertinib", "start": 84},
    {"drug": "cisplatin", "start": -60, "end": 20},
]


def test_emergence_names_the_bracket_the_limit_and_the_treatment():
    seen = [
        (0, "A", "below_lod", 0.03),
        (42, "B", "below_lod", 0.004),
        (42, "C", "below_lod", 0.02),
        (84, "D", "measured", 0.004),
    ]
    event = emergence("resistance", seen, TREATMENTS, "vaf", name="EGFR T790M")
    assert event == {
        "name": "EGFR T790M",
        "event": "resistance",
        "first_seen_day": 84,
        "last_unseen_day": 42,
        "limit_then": 0.004,
        "unit": "vaf",
        "treatment": "gefitinib",  # osimertinib began on the day it was seen, cisplatin had ended before day 43
        "label": "first seen day 84; at day 42 the depth could have shown 0.4 % (VAF); under gefitinib",
    }


@pytest.mark.parametrize(
    ("observations", "found"),
    [
        pytest.param([(0, "A", "measured", 0.01), (42, "B", "measured", 0.01)], (0, None, None, None), id="always"),
        pytest.param([(0, "A", "below_lod", 0.01), (42, "B", "below_lod", 0.01)], None, id="never"),
        pytest.param(
            [(0, "A", "below_lod", 0.01), (42, "B", "not_covered", 1), (84, "C", "measured", 0.01)],
            (84, 0, 0.01, "A"),
            id="a day without depth says nothing",
        ),
        pytest.param(
            [(0, "A", "below_lod", 0.01), (42, "B", "tumour_not_detected", 1), (84, "C", "measured", 0.01)],
            (84, 0, 0.01, "A"),
            id="a day without tumour says nothing of a clone",
        ),
        pytest.param(
            [(0, "A", "below_lod", 0.01), (0, "B", "measured", 0.1)], (0, None, None, None), id="one of a day will do"
        ),
        pytest.param([], None, id="no sample"),
    ],
)
def test_first_seen(observations, found):
    assert first_seen(observations) == found


def test_extinct_needs_a_limit_that_is_low_enough():
    course = [(0, "A", "measured", 0.01), (42, "B", "below_lod", 0.05), (84, "C", "below_lod", 0.012)]
    event = extinction(course, TREATMENTS, 0.02, cluster_id=2)
    assert (event["last_seen_day"], event["last_unseen_day"], event["limit_then"]) == (0, 84, 0.012)
    assert event["label"] == (
        "last seen day 0; at day 84, with tumour seen, the depth could have shown 1.2 % (CCF); "
        "under cisplatin, gefitinib"
    )
    assert extinction(course, [], 0.01) is None, "the limit was never below 1 %"
    assert extinction([*course, (120, "D", "measured", 0.01)], [], 0.02) is None, "it came back"
    gone = [(0, "A", "measured", 0.01), (42, "B", "tumour_not_detected", float("nan"))]
    assert extinction(gone, [], 0.02) is None, "without tumour nothing is known of a clone"


@pytest.mark.parametrize(
    ("after", "until", "drugs"),
    [
        (None, 10, ["cisplatin", "gefitinib"]),
        (None, 84, ["gefitinib"]),
        (84, 120, ["gefitinib", "osimertinib"]),
        (90, 120, ["osimertinib"]),
        (-90, -60, []),
    ],
)
def test_treatments_between(after, until, drugs):
    assert treatments_between(TREATMENTS, after, until) == drugs


@pytest.mark.parametrize(
    ("fraction", "text"), [(0.004, "0.4 %"), (0.0123, "1.2 %"), (0.00042, "0.042 %"), (0.5, "50 %"), (0.0, "0 %")]
)
def test_percent(fraction, text):
    assert percent(fraction) == text


def test_q_values_of_the_published_example():
    """The 15 p values of Benjamini and Hochberg 1995, section 3.2: at 0.05 the first four are rejected."""
    p = [
        0.0001,
        0.0004,
        0.0019,
        0.0095,
        0.0201,
        0.0278,
        0.0298,
        0.0344,
        0.0459,
        0.3240,
        0.4262,
        0.5719,
        0.6528,
        0.7590,
        1,
    ]
    q = detection.q_values(p)
    assert (q < 0.05).sum() == 4
    assert q[3] == pytest.approx(0.0095 * 15 / 4)
    assert detection.q_values(p[::-1]) == pytest.approx(q[::-1])
    assert np.isnan(detection.q_values([0.01, np.nan])[1])
    assert detection.q_values([0.01, np.nan])[0] == 0.01, "what is no test does not count"
    assert detection.q_values([]).shape == (0,)


def test_present_of_many_at_once():
    """3 reads where 0.3 are expected have p = 0.0036: enough alone, not among ten where no other clone is seen."""
    assert detection.probability_by_error(3, 0.3) == pytest.approx(0.0036, abs=1e-4)
    alone = np.array([[3]]), np.array([[0.3]])
    assert detection.present(*alone).all()
    many = np.array([[3] + [0] * 9]), np.full((1, 10), 0.3)
    assert not detection.present(*many).any()
    among_seen = np.array([[3, 90, 90, 90, 90, 90]]), np.full((1, 6), 0.3)
    assert detection.present(*among_seen).all()
    assert not detection.present(np.array([[0]]), np.array([[0.0]])).any(), "not covered"
    assert detection.alpha_of_one_more(*many) == pytest.approx(0.001)
    assert detection.alpha_of_one_more(*among_seen) == pytest.approx(0.01)
    assert detection.limit(1000, 0.3, alpha=0.001) > detection.limit(1000, 0.3)


def test_false_calls_are_few():
    """Half of 2,000 clones are absent; of those called at most 1 % are expected to be."""
    rng = np.random.default_rng(1)
    background = rng.uniform(0.01, 5, (2000, 1))
    there = rng.random((2000, 1)) < 0.5
    called = detection.present(rng.poisson(background + 20 * there), background)
    assert called[there].mean() > 0.95
    assert (called & ~there).sum() / called.sum() < 0.015


def rate(cluster, rate, half, p, phase="gefitinib", scale="relative"):
    return {"cluster_id": cluster, "phase": phase, "start": 1, "end": 90, "scale": scale, "rate_per_day": rate,
            "lower": rate - half, "upper": rate + half, "p_positive": p}  # fmt: skip


def test_expansion_needs_an_interval_without_zero_and_a_low_false_discovery_rate():
    rows = [
        rate(1, 0.02, 0.01, 0.999),
        rate(2, -0.03, 0.01, 0.001),
        rate(3, 0.01, 0.02, 0.8),
        rate(4, 0.02, 0.019, 0.975),
        rate(5, 0.03, 0.01, 0.999, scale="absolute"),
        {**rate(6, 0, 0, 0), "rate_per_day": None},
    ]
    up, down = expansion(rows, {1: "EGFR T790M"})
    assert (up["event"], up["cluster_id"], up["name"], up["treatment"]) == ("expanded", 1, "EGFR T790M", "gefitinib")
    assert up["q_value"] == pytest.approx(0.001 * 4), "four relative rates were tested"
    assert up["label"] == (
        "expanded from day 1 to 90: grew 2 % a day faster than the rest of the tumour (1 to 3); under gefitinib"
    )
    assert (down["event"], down["cluster_id"]) == ("regressed", 2)
    assert [row["cluster_id"] for row in expansion([rate(4, 0.02, 0.019, 0.975)])] == [4], "alone, 0.025 is enough"
    assert expansion([]) == []


TP53 = [
    {"mutation_id": "m1", "gene": "TP53", "cluster_id": 0, "name": "TP53 R175H"},
    {"mutation_id": "m2", "gene": "TP53", "cluster_id": 1},
    {"mutation_id": "m3", "gene": "KRAS", "cluster_id": 1},
    {"mutation_id": "m4", "gene": None, "cluster_id": 1},
]


@pytest.mark.parametrize(
    ("ancestor", "phased", "event", "together", "words"),
    [
        pytest.param(1.0, None, "two_hits", 1.0, "on one branch, phase unknown", id="ancestor and descendant"),
        pytest.param(1.0, {("m2", "m1"): "trans"}, "two_hits", 1.0, "one on each copy of the gene", id="trans"),
        pytest.param(0.9, {("m1", "m2"): "trans"}, "two_hits", 0.9, "one on each copy of the gene", id="trans, 0.9"),
        pytest.param(0.0, None, "convergent", 0.0, "two branches, in different cells", id="two branches"),
        pytest.param(0.0, {("m1", "m2"): "cis"}, "two_hits", 1.0, "on one copy", id="one read with both: one branch"),
        pytest.param(0.5, None, "two_hits_open", 0.5, "with probability 0.50", id="the tree leaves it open"),
    ],
)
def test_two_hits(ancestor, phased, event, together, words):
    (row,) = two_hits(TP53, np.array([[0, ancestor], [0, 0]]), phased)
    assert (row["event"], row["gene"], row["mutation_id"], row["other_mutation_id"]) == (event, "TP53", "m1", "m2")
    assert row["same_branch"] == pytest.approx(together)
    assert words in row["label"]
    assert row["label"].startswith("TP53 R175H and m2")


def test_two_hits_of_one_clone():
    same = [dict(one, cluster_id=1) for one in TP53]
    (row,) = two_hits(same, np.zeros((2, 2)))
    assert (row["event"], row["same_branch"], row["phase"]) == ("two_hits", 1.0, "unknown")
