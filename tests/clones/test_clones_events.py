"""Dates and their limits by hand: first seen, could have been seen, gone, under which treatment."""

import pytest

from seriome.clones.events import emergence, extinction, first_seen, percent, treatments_between

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
