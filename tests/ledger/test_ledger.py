"""The ledger: what was asked, came and is missing, counted by hand; the outcome in words."""

import pandas as pd
import pytest

from seriome.features import write_features
from seriome.files import read_tsv, write_json
from seriome.ledger import Gap, Gaps, account, describe_outcome, read_gaps
from seriome.ledger.account import look_at

SAMPLES = [
    {"patient": "P1", "sample": "S1", "timepoint": "T0", "day": 0, "specimen": "tumor"},
    {"patient": "P1", "sample": "S2", "timepoint": "T1", "day": 42, "specimen": "plasma"},
    {"patient": "control", "sample": "B1", "specimen": "blank"},
]
ASSAYS = ["dna", "metabolome"]


def record(sample, assay, run, reason=""):
    return {
        "patient": {"B1": "control"}.get(sample, "P1"),
        "sample": sample,
        "assay": assay,
        "run": run,
        "format": "fastq",
        "status": "gap" if reason else "ok",
        "reason": reason,
        "detail": f"{run}.gz is broken" if reason else "",
        "way_out": "copy it again" if reason else "",
        "records": None if reason else 10,
        "files": [{"path": "a", "bytes": 3, "sha256": "x"}, {"path": "b", "bytes": 4, "sha256": "y"}],
    }


RECORDS = [
    record("S1", "dna", "L1"),
    record("S1", "dna", "L2", "truncated_gzip"),
    record("S2", "dna", "L1"),
    record("B1", "metabolome", "I1", "no_spectra"),
]
FEATURES = {
    ("S1", "dna"): {"measured": 5, "answers": True},
    ("S2", "dna"): {"measured": 0, "answers": True},
    ("B1", "metabolome"): {"measured": 0, "answers": False},
}


def test_units_samples_and_outcome_are_counted():
    found = account(RECORDS, [], SAMPLES, FEATURES, ASSAYS)
    assert [(unit["sample"], unit["run"], unit["status"], unit["reason"], unit["bytes"]) for unit in found.units] == [
        ("S1", "L1", "came", None, 7),
        ("S1", "L2", "gap", "truncated_gzip", 7),
        ("S2", "L1", "came", None, 7),
        ("B1", "I1", "gap", "no_spectra", 7),
    ]
    columns = ("sample", "assay", "status", "units", "units_came", "gaps", "features")
    assert [tuple(row[column] for column in columns) for row in found.samples] == [
        ("S1", "dna", "measured", 2, 1, 1, 5),
        ("S1", "metabolome", "not asked", 0, 0, 0, 0),
        ("S2", "dna", "measured", 1, 1, 0, 0),  # looked for and below the limit is an answer
        ("S2", "metabolome", "not asked", 0, 0, 0, 0),
        ("B1", "dna", "not asked", 0, 0, 0, 0),
        ("B1", "metabolome", "gap", 1, 0, 1, 0),
    ]
    assert found.outcome == {
        "outcome": "complete with gaps",
        "gaps": 2,
        "units": {"asked": 4, "came": 2},
        "samples": {"asked": 3, "measured": 2},
        "features": {"dna": 5, "metabolome": 0},
    }


def test_a_later_stage_may_give_a_unit_up():
    late = Gap("P1", "S2", "dna", "L1", "dna", "no_reads_on_target", "nothing on the panel")
    unit = account(RECORDS, [late], SAMPLES, FEATURES, ASSAYS).units[2]
    assert (unit["status"], unit["stage"], unit["reason"]) == ("gap", "dna", "no_reads_on_target")


def test_nothing_missing_is_complete():
    found = account(RECORDS[:1], [], SAMPLES, FEATURES, ASSAYS)
    assert (found.outcome["outcome"], found.gaps) == ("complete", [])


def test_finished_but_produced_nothing_does_not_exist():
    """Whole files, no feature and no stage that says why: the ledger says it itself."""
    found = account(RECORDS[2:3], [], SAMPLES, {("S2", "dna"): {"measured": 0, "answers": False}}, ASSAYS)
    assert [(gap.sample, gap.stage, gap.reason) for gap in found.gaps] == [("S2", "ledger", "no_features")]
    assert found.outcome["outcome"] == "complete with gaps"
    assert found.units[0]["status"] == "came"


@pytest.mark.parametrize(
    ("rows", "absent", "expected"),
    [
        ([("a", 1.0, "measured"), ("b", 0.0, "zero"), ("c", None, "below_lod")], {}, (2, True)),
        ([("c", None, "below_lod")], {}, (0, True)),
        ([], {"variant": {"state": "below_lod", "lod": 0.01, "unit": "vaf"}}, (0, True)),
        ([("c", None, "not_measured")], {"variant": {"state": "failed_qc", "lod": None, "unit": "vaf"}}, (0, False)),
        ([], {}, (0, False)),
    ],
)
def test_what_a_feature_file_answers(tmp_path, rows, absent, expected):
    table = pd.DataFrame(rows, columns=["feature", "value", "state"]).assign(kind="variant", unit="vaf")
    about = {"patient": "P", "sample": "S", "timepoint": None, "assay": "dna", "day": None}
    write_features(tmp_path / "f", table, about=about, method="x", parameters={}, inputs={}, absent=absent)
    assert look_at(tmp_path / "f") == dict(zip(("measured", "answers"), expected, strict=True))


def test_gaps_come_back_from_their_table_sorted_and_once(tmp_path):
    gaps = Gaps([Gap("P2", "S", "dna", "", "dna", "b", "two\twords"), Gap("P1", "S", "dna", "", "dna", "a", "x")])
    gaps.append(gaps[0])
    gaps.write(tmp_path / "g.tsv")
    assert read_gaps([tmp_path / "g.tsv", tmp_path / "g.tsv"]) == sorted(gaps[:2])
    assert [row["patient"] for row in read_tsv(tmp_path / "g.tsv")] == ["P1", "P2"]


def written(folder, gaps, records=RECORDS):
    found = account(records, gaps, SAMPLES, FEATURES, ASSAYS)
    found.gaps.write(folder / "ledger" / "gaps.tsv")
    write_json(folder / "outcome.json", found.outcome)
    return describe_outcome(folder)


def test_the_outcome_in_words(tmp_path):
    whole = Gap("P1", "", "", "", "clones", "one_sample", "one sample is no course", "add a timepoint")
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "seriome.html").touch()
    text = written(tmp_path, [whole])
    assert text.splitlines()[:2] == [
        "outcome: complete with gaps",
        "2 of 4 raw file sets could be used; 2 of 3 planned measurements (a sample by one assay) gave results.",
    ]
    assert "3 things are missing" in text
    assert "  S1 dna L2 of patient P1 (truncated_gzip, found by intake)\n      L2.gz is broken\n" in text
    assert "      what to do: copy it again" in text
    assert "  B1 metabolome I1 (no_spectra" in text
    assert "  P1 (one_sample, found by clones)" in text
    assert text.endswith(f"report: {tmp_path}/report/seriome.html")


def test_many_gaps_are_cut_short_and_none_are_not_mentioned(tmp_path):
    many = [Gap("P1", "S1", "dna", f"L{number}", "dna", "x", "y") for number in range(30)]
    assert "and 12 more in" in written(tmp_path, many)
    assert "missing" not in written(tmp_path, [], RECORDS[:1])
