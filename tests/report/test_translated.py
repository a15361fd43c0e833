"""Mutations that peptides show: what the patient's page says of them."""

import pandas as pd

from seriome.features import COLUMNS
from seriome.report.inputs import CLONE_TABLES, TRANSLATED
from seriome.report.pages import patient_part, translated_table

SAMPLES = [{"sample": "P-T0", "timepoint": "T0", "day": 0, "specimen": "tumor"}]
SAMPLES += [{"sample": "P-T1", "timepoint": "T1", "day": 84, "specimen": "tumor"}]


def matches():
    common = {"name": "EGFR L858R", "kind": "missense", "peptide": "ITDFGRAK", "start": 853, "first": 858, "last": 858}
    rows = [
        common | {"sample": "P-T1", "score": score, "class_q": q, "spectrum": f"scan={score}", "reported": reported}
        for score, q, reported in ((40, 0.002, True), (60, 0.001, True), (10, 0.5, False))
    ]
    rows.append(common | {"name": "B <b>", "sample": "P-T0", "score": 5, "class_q": 0.9, "reported": False})
    return pd.DataFrame(rows, columns=TRANSLATED)


def part(translated):
    empty = pd.DataFrame(columns=["track", "measure", "day", "item"])
    return patient_part(
        {"patient": "P"},
        SAMPLES,
        [],
        variants=None,
        clones={name: pd.DataFrame(columns=columns) for name, columns in CLONE_TABLES.items()},
        course=empty,
        features=pd.DataFrame(columns=COLUMNS),
        figures=dict.fromkeys(("course", "lines", "fish", "tree", "composition", "growth", "heterogeneity")),
        variants_shown=5,
        changes_shown=5,
        translated=translated,
    )


def test_a_row_per_peptide_and_the_best_spectrum_of_each_sample():
    table = translated_table(SAMPLES, matches())
    assert [row["sample"] for row in table["columns"]] == ["P-T1"]
    (row,) = table["rows"]
    assert row["parts"] == ("ITDFG", "R", "AK")
    assert row["cells"] == {"P-T1": {"spectra": 2, "q": 0.001, "score": 60, "spectrum": "scan=60"}}


def test_the_page_tells_what_was_seen_what_not_and_what_was_not_searched():
    shown = part(matches())
    assert "ITDFG<b>R</b>AK" in shown
    assert "2 spectra" in shown
    nothing = part(matches().assign(reported=False))
    assert "4 matches to their products did not hold" in nothing
    assert "Mutations seen in proteins" not in part(None)
