"""Cohort tables: every absence explained; the MuData holds the same numbers and writes the same bytes."""

import hashlib
import time

import numpy as np
import pandas as pd
import pytest

from seriome.errors import InputError
from seriome.features import STATES, cohort_table, read_cohort_table, write_cohort_table, write_features
from seriome.features.multimodal import as_mudata, write_mudata

SAMPLES = pd.DataFrame(
    [
        {"patient": "P1", "sample": "S1", "timepoint": "T0", "day": 0, "specimen": "tumor", "phase": "baseline"},
        {"patient": "P1", "sample": "S2", "timepoint": "T1", "day": 42, "specimen": "plasma"},
        {"patient": "P2", "sample": "S3", "timepoint": "T0", "day": -7, "specimen": "tumor"},
        {"patient": "control", "sample": "B1", "specimen": "blank"},
    ]
)


def feature(path, sample, assay, rows, absent=None):
    table = pd.DataFrame(rows, columns=["kind", "feature", "name", "value", "unit", "state", "lod"])
    about = {"patient": "P", "sample": sample, "timepoint": "T", "assay": assay, "day": 1}
    keys = SAMPLES.set_index("sample").loc[sample]
    about |= {"patient": keys["patient"], "timepoint": None, "day": None}
    file = path / f"assay={assay}" / f"patient={keys['patient']}" / f"sample={sample}.parquet"
    write_features(file, table, about=about, method="test", parameters={}, inputs={}, absent=absent)
    return file


@pytest.fixture
def proteome(tmp_path):
    seen = {"protein": {"state": "below_lod", "lod": 12.5, "unit": "log2_intensity"}}
    failed = {"protein": {"state": "failed_qc", "lod": None, "unit": "log2_intensity"}}
    return [
        feature(
            tmp_path,
            "S1",
            "proteome",
            [("protein", "Q1", "AAA", 20.0, "log2_intensity", "measured", 12.0)],
            seen | {"biomarker": {"state": "zero", "lod": 1.0, "unit": "x"}},
        ),
        feature(tmp_path, "S2", "proteome", [("protein", "Q2", "BBB", 18.0, "log2_intensity", "measured", None)], seen),
        feature(tmp_path, "B1", "proteome", [], failed),
    ]


def test_every_absence_is_explained(proteome, tmp_path):
    table = cohort_table(proteome, SAMPLES, "proteome")
    write_cohort_table(tmp_path / "proteome.parquet", table, proteome)
    rows = read_cohort_table(tmp_path / "proteome.parquet").set_index(["feature", "sample"])
    assert list(rows.index) == [(feature, sample) for feature in ("Q1", "Q2") for sample in ("S1", "S2", "S3", "B1")]
    found = rows[["value", "state", "lod"]].astype(object).where(rows[["value", "state", "lod"]].notna(), None)
    assert found.loc["Q1"].to_dict("index") == {
        "S1": {"value": 20.0, "state": "measured", "lod": 12.0},
        "S2": {"value": None, "state": "below_lod", "lod": 12.5},
        "S3": {"value": None, "state": "not_measured", "lod": None},
        "B1": {"value": None, "state": "failed_qc", "lod": None},
    }
    assert found.loc["Q2", "S1"].tolist() == [None, "below_lod", 12.5]
    assert rows.loc[("Q2", "S3"), ["patient", "timepoint", "day", "name", "unit"]].tolist() == [
        "P2", "T0", -7, "BBB", "log2_intensity",
    ]  # fmt: skip
    assert pd.isna(rows.loc[("Q2", "B1"), "day"])


def test_an_assay_without_files_is_an_empty_table(tmp_path):
    table = cohort_table([], SAMPLES, "rna")
    write_cohort_table(tmp_path / "rna.parquet", table, [])
    assert read_cohort_table(tmp_path / "rna.parquet").empty


def test_two_units_of_one_feature_are_refused(tmp_path):
    files = [
        feature(tmp_path, sample, "rna", [("expression", "G1", "A", 1.0, unit, "measured", None)])
        for sample, unit in (("S1", "log2_tpm"), ("S2", "tpm"))
    ]
    with pytest.raises(InputError, match="rna expression 'G1' comes in two units"):
        cohort_table(files, SAMPLES, "rna")


@pytest.fixture
def tables(proteome, tmp_path):
    rna = [
        feature(
            tmp_path,
            "S1",
            "rna",
            [
                ("expression", "G1", "A", 3.0, "log2_tpm", "measured", 0.1),
                ("expression", "G2", "B", 0.0, "log2_tpm", "zero", 0.1),
                ("count", "G1", "A", 7.0, "reads", "measured", None),
                ("count", "G2", "B", 0.0, "reads", "zero", None),
            ],
        )
    ]
    paths = {}
    for assay, files in {"rna": rna, "proteome": proteome, "metabolome": []}.items():
        paths[assay] = tmp_path / f"{assay}.parquet"
        write_cohort_table(paths[assay], cohort_table(files, SAMPLES, assay), files)
    return paths


def test_mudata_opens_with_samples_features_states_and_layers(tables, tmp_path):
    import mudata

    write_mudata(tmp_path / "c.h5mu", as_mudata(tables, SAMPLES))
    cohort = mudata.read_h5mu(tmp_path / "c.h5mu")
    assert list(cohort.mod) == ["rna", "proteome"]
    assert list(cohort.obs_names) == ["S1", "S2", "S3", "B1"]
    assert cohort.obs["specimen"].tolist() == ["tumor", "plasma", "tumor", "blank"]
    assert cohort.obs["day"].tolist()[:3] == [0, 42, -7]
    assert pd.isna(cohort.obs["day"].iloc[3])
    rna, proteome = cohort["rna"], cohort["proteome"]
    assert rna.var.loc["G2"].to_dict() == {"name": "B", "kind": "expression", "unit": "log2_tpm"}
    np.testing.assert_array_equal(rna["S1"].X, [[3.0, 0.0]])
    np.testing.assert_array_equal(rna["S1"].layers["counts"], [[7.0, 0.0]])
    assert np.isnan(rna["S2"].X).all()
    states = [[STATES[code] for code in row] for row in proteome.layers["state"]]
    assert states == [
        ["measured", "below_lod"], ["below_lod", "measured"], ["not_measured"] * 2, ["failed_qc"] * 2,
    ]  # fmt: skip
    assert list(proteome.uns["states"]) == list(STATES)
    assert proteome["S2", "Q1"].layers["lod"][0, 0] == 12.5


def test_mudata_and_tables_are_byte_equal_when_written_later(tables, proteome, tmp_path):
    digests = set()
    for name in ("a", "b"):
        write_mudata(tmp_path / name / "c.h5mu", as_mudata(tables, SAMPLES))
        write_cohort_table(tmp_path / name / "p.parquet", cohort_table(proteome, SAMPLES, "proteome"), proteome)
        digests.add(
            tuple(hashlib.sha256((tmp_path / name / file).read_bytes()).hexdigest() for file in ("c.h5mu", "p.parquet"))
        )
        time.sleep(1.1)
    assert len(digests) == 1


def test_a_cohort_without_any_feature_is_still_a_file(tables, tmp_path):
    import mudata

    write_mudata(tmp_path / "c.h5mu", as_mudata({"metabolome": tables["metabolome"]}, SAMPLES))
    assert list(mudata.read_h5mu(tmp_path / "c.h5mu").mod) == []
