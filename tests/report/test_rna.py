"""State, changes and cohort of RNA on the page: what is told, and what is told of nothing."""

import numpy as np
import pandas as pd

from seriome.report import rna
from seriome.rna.cells import markers
from seriome.rna.cohort import CHANGES, COHORT, SPREAD

from . import synthetic
from .test_report import folder, page, page_of  # noqa: F401

SAMPLES = [{"sample": "s1", "timepoint": "T0", "day": 0}, {"sample": "s2", "timepoint": "T1", "day": 90}]


def features(rows):
    columns = ["sample", "kind", "feature", "name", "value", "lower", "upper", "state"]
    return pd.DataFrame(rows, columns=columns).assign(assay="rna")


def test_a_score_has_its_interval_and_what_was_never_measured_is_named():
    found = rna.state_tables(
        SAMPLES,
        features(
            [
                ("s1", "programme", "emt", "emt", 0.2134, 0.19, 0.23, "measured"),
                ("s2", "programme", "emt", "emt", np.nan, np.nan, np.nan, "not_measured"),
                ("s1", "programme", "hypoxia", "hypoxia", np.nan, np.nan, np.nan, "not_measured"),
                ("s1", "checkpoint", "CD274", "PD-L1 (CD274)", 0.0, 0.0, 0.4, "zero"),
            ]
        ),
    )
    programmes, checkpoints, fusions = found["lists"]
    assert (fusions["kind"], fusions["rows"]) == ("fusion", [])
    assert programmes["never"] == ["hypoxia"]
    assert programmes["rows"][0]["cells"]["s1"] == {
        "state": "measured",
        "value": "0.21",
        "lower": "0.19",
        "upper": "0.23",
    }
    assert programmes["rows"][0]["cells"]["s2"]["value"] is None
    assert checkpoints["rows"][0]["cells"]["s1"]["value"] == "0.0"
    assert [row["sample"] for row in found["columns"]] == ["s1", "s2"]


def test_cells_stand_beside_each_other_with_their_verdict():
    assert "t_cells" in markers()
    found = rna.state_tables(
        SAMPLES,
        features(
            [
                ("s1", "cell_markers", "t_cells", "t cells", 4.0, 3.5, 4.5, "measured"),
                ("s1", "cell_fraction", "T.cells", "T.cells", 0.0, 0.0, 0.01, "zero"),
                ("s2", "cell_markers", "t_cells", "t cells", 0.2, 0.1, 0.3, "measured"),
            ]
        ),
    )
    (row,) = found["cells"]
    assert row["name"] == "T cells"
    assert row["verdicts"] == {"s1": "disagree: markers alone"}
    assert row["shares"]["s1"][0]["type"] == "T.cells"
    assert set(row["levels"]) == {"s1", "s2"}


def test_changes_come_by_how_sure_they_are():
    (entry,) = rna.patient_changes(synthetic.expression()["changes"], "P1", 12)
    assert [row["name"] for row in entry["genes"]] == ["AXL", "CDH1"]
    assert [row["name"] for row in entry["others"]] == ["emt"]
    assert (entry["tested"], entry["sure"], entry["interval"]) == (2, 1, True)
    assert rna.patient_changes(synthetic.expression()["changes"], "P2", 12) == []


def test_the_page_tells_of_another_site_and_of_a_confounded_batch(page):  # noqa: F811
    assert "What changed in RNA, with intervals" in page
    assert "another site" in page
    assert "another batch" not in page  # the sheet does not say
    assert "phase or batch" in page
    assert "batch is confounded with phase[progression]" in page
    assert "two samples of one day" in page


def test_without_rna_the_page_says_so(folder):  # noqa: F811
    nothing = {
        "changes": pd.DataFrame(columns=CHANGES), "cohort": pd.DataFrame(columns=COHORT),
        "sites": pd.DataFrame(columns=SPREAD), "told": [],
    }  # fmt: skip
    found = page_of(folder, expression=nothing)
    assert "No RNA was quantified in this cohort." in found
    assert "What changed in RNA" not in found
    assert "Not measured: no RNA of this patient was quantified." in found
