"""RECIST by the published thresholds, indices and flags by hand, the table, the picture."""

import pandas as pd
import pytest

from seriome.course.indices import indices
from seriome.course.pictures import timeline
from seriome.course.recist import response
from seriome.course.table import SCHEMA, course, flag, write_course


def categories(sums, **more):
    """Categories of one lesion's diameters on days 0, 50, 100, ..."""
    return [one.category for one in response([(50 * n, "liver", mm) for n, mm in enumerate(sums)], **more)]


@pytest.mark.parametrize(
    ("sums", "expected"),
    [
        pytest.param([100, 70], ["baseline", "PR"], id="30 % below is partial response"),
        pytest.param([100, 70.5], ["baseline", "SD"], id="29.5 % below is not"),
        pytest.param([100, 120], ["baseline", "PD"], id="20 % and 20 mm above"),
        pytest.param([100, 119], ["baseline", "SD"], id="19 % above is not"),
        pytest.param([20, 24], ["baseline", "SD"], id="20 % above, but 4 mm: stable"),
        pytest.param([25, 30], ["baseline", "PD"], id="20 % and exactly 5 mm above"),
        pytest.param([100, 50, 61], ["baseline", "PR", "PD"], id="against the nadir, though 39 % below the baseline"),
        pytest.param([100, 50, 59], ["baseline", "PR", "PR"], id="18 % above the nadir: still 41 % below"),
        pytest.param([100, 50, 58, 60], ["baseline", "PR", "PR", "PD"], id="nadir stays the smallest, not the last"),
        pytest.param([100, 0], ["baseline", "CR"], id="gone"),
        pytest.param([100, 0, 4], ["baseline", "CR", "PR"], id="4 mm again: below 5 mm"),
        pytest.param([100, 0, 6], ["baseline", "CR", "PD"], id="6 mm again"),
        pytest.param([100, 130, 140], ["baseline", "PD", "PD"], id="baseline is a nadir too"),
    ],
)
def test_recist(sums, expected):
    assert categories(sums) == expected


def test_changes_by_hand():
    found = response([(0, "a", 60), (0, "b", 40), (50, "a", 30), (50, "b", 20), (100, "a", 45), (100, "b", 20)])
    assert [one.sum_mm for one in found] == [100, 50, 65]
    assert found[2].from_baseline == pytest.approx(-0.35)
    assert found[2].from_nadir == pytest.approx(0.3)
    assert found[2].category == "PD"
    assert found[2].why == "30% and 15 mm above the nadir of 50 mm"


def test_a_lesion_not_measured_makes_the_day_not_evaluable():
    found = response([(0, "a", 60), (0, "b", 40), (50, "a", 10), (100, "a", 30), (100, "b", 30)])
    assert [one.category for one in found] == ["baseline", "not evaluable", "PR"]
    assert found[1].sum_mm is None
    assert found[1].why == "not measured: b"
    assert found[2].from_nadir == pytest.approx(-0.4), "10 mm of one lesion is no nadir"


def test_new_lesion_is_progression_from_its_day_on():
    found = response([(0, "a", 60), (50, "a", 30), (100, "a", 30)], [(70, "brain")])
    assert [(one.day, one.category) for one in found] == [(0, "baseline"), (50, "PR"), (70, "PD"), (100, "PD")]
    assert found[2].why == "new lesion: brain"
    assert [(one.day, one.category) for one in response([], [(70, "brain")], 1)] == [(70, "PD")], "no target lesion"
    assert response([(0, "a", 60), (50, "a", 60)], [(0, "bone")])[1].category == "SD", "there at baseline: not new"


def test_baseline_is_the_last_before_treatment():
    lesions = [(-40, "a", 50), (-5, "a", 60), (40, "a", 40)]
    found = response(lesions, first_treatment=1)
    assert [(one.day, one.category) for one in found] == [(-5, "baseline"), (40, "PR")]
    assert response(lesions, first_treatment=-90)[0].day == -40, "none before: the first"
    assert response([], first_treatment=1) == []


def lab(measure, value, unit, day=0, **bounds):
    return {"measure": measure, "day": day, "value": value, "unit": unit, **bounds}


@pytest.mark.parametrize(
    ("crp", "albumin", "score"),
    [
        pytest.param((10, "mg/L"), (30, "g/L"), 0, id="CRP of 10 is not raised, whatever the albumin"),
        pytest.param((10.1, "mg/L"), (35, "g/L"), 1, id="raised, albumin of 35 is normal"),
        pytest.param((10.1, "mg/L"), (34.9, "g/L"), 2, id="both"),
        pytest.param((1.2, "mg/dL"), (3.4, "g/dL"), 2, id="other units"),
    ],
)
def test_mgps(crp, albumin, score):
    found = indices([lab("crp", *crp), lab("albumin", *albumin)])
    assert [(one["measure"], one["value"]) for one in found] == [("mgps", score)]


def test_indices_need_values_of_one_day_in_known_units():
    assert indices([lab("neutrophils", 6, "10*9/L"), lab("lymphocytes", 1.5, "10*9/L")])[0]["value"] == 4
    assert indices([lab("neutrophils", 6, "10*9/L"), lab("lymphocytes", 1.5, "10*9/L", day=1)]) == []
    assert indices([lab("neutrophils", 6, "10*9/L"), lab("lymphocytes", 25, "%")]) == []
    assert indices([lab("neutrophils", 6, "10*9/L"), lab("lymphocytes", 0, "10*9/L")]) == []
    assert indices([lab("crp", 3, "nmol/L"), lab("albumin", 40, "g/L")]) == []
    assert indices([lab("ldh", 300, "U/L")]) == []
    assert indices([lab("ldh", 300, "U/L", upper_normal=240.0)])[0]["value"] == 1.25
    twice = [lab("neutrophils", 6, "1"), lab("neutrophils", 9, "1"), lab("lymphocytes", 2, "1")]
    assert indices(twice) == [], "two values of one day: which one is not known"


@pytest.mark.parametrize(
    ("value", "lower", "upper", "said"),
    [(5, 4, 6, "within"), (4, 4, 6, "within"), (3, 4, 6, "below"), (7, None, 6, "above"), (7, None, None, None)],
)
def test_flag(value, lower, upper, said):
    assert flag(value, lower, upper) == said


SAMPLES = [
    {"sample": "P1-T0-T", "patient": "P1", "timepoint": "T0", "day": -7, "specimen": "tumor", "phase": "baseline"},
    {"sample": "P1-T1-P", "patient": "P1", "timepoint": "T1", "day": 42, "specimen": "plasma"},
]
TREATMENTS = [
    {"patient": "P1", "drug": "gefitinib", "start": 1, "end": 84, "dose": "250 mg", "reason_ended": "progression"},
    {"patient": "P1", "drug": "osimertinib", "start": 90},
]
CLINICAL = [
    {"patient": "P1", "day": -7, "measure": "target_lesion", "item": "lung", "value": 40.0, "unit": "mm"},
    {"patient": "P1", "day": 42, "measure": "target_lesion", "item": "lung", "value": 2.0, "unit": "cm"},
    {"patient": "P1", "day": 84, "measure": "new_lesion", "item": "brain", "value": 1.0, "unit": "1"},
    {"patient": "P1", "day": 42, "measure": "ldh", "value": 300.0, "unit": "U/L", "lower_normal": 120.0,
     "upper_normal": 240.0},
]  # fmt: skip


def test_course_table(tmp_path):
    table = course("P1", SAMPLES, TREATMENTS, CLINICAL)
    assert list(table) == SCHEMA.names
    assert list(dict.fromkeys(table["track"])) == ["treatment", "sample", "lab", "index", "lesion", "response"]
    recist = table[table["measure"] == "recist"]
    assert dict(zip(recist["day"], recist["item"], strict=True)) == {-7: "baseline", 42: "PR", 84: "PD"}
    sums = table[table["measure"] == "sum_of_diameters"].set_index("day")
    assert sums.loc[[-7, 42], "value"].tolist() == [40, 20], "centimetres are counted as such"
    assert sums.loc[84, "label"] == "not evaluable"
    ldh = table[table["measure"] == "ldh"].iloc[0]
    assert (ldh["label"], ldh["upper_normal"]) == ("above", 240)
    assert pd.isna(table.loc[table["item"] == "osimertinib", "day_end"].iloc[0])
    assert table.loc[table["item"] == "gefitinib", "label"].iloc[0] == "gefitinib; 250 mg; ended: progression"
    write_course(tmp_path / "a.parquet", table)
    write_course(tmp_path / "b.parquet", course("P1", SAMPLES[::-1], TREATMENTS[::-1], CLINICAL[::-1]))
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    read = pd.read_parquet(tmp_path / "a.parquet")
    assert timeline(read).to_dict()["vconcat"]


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"samples": SAMPLES}, id="samples alone"),
        pytest.param({"treatments": TREATMENTS}, id="treatments alone"),
        pytest.param({"clinical": CLINICAL[:1]}, id="one lesion"),
        pytest.param({"clinical": CLINICAL[2:3]}, id="a new lesion without target lesions"),
        pytest.param({"clinical": CLINICAL[3:]}, id="one laboratory value"),
    ],
)
def test_thin_patients(parts, tmp_path):
    table = course("P9", **parts)
    write_course(tmp_path / "a.parquet", table)
    assert timeline(pd.read_parquet(tmp_path / "a.parquet")).to_dict()
