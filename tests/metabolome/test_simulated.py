"""The stage against planted truth: runs whose compounds and levels are known."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from seriome.config import schema, with_defaults
from seriome.errors import DataError
from seriome.metabolome import atlas as atlases
from seriome.metabolome import control, naming, openms, spectra
from seriome.metabolome.adducts import PROTON
from seriome.metabolome.detect import detect
from seriome.metabolome.levels import levels as project
from seriome.metabolome.measure import measure
from seriome.metabolome.tables import read_compounds, read_table, write_table
from seriome.simulate.metabolome import (
    CONTAMINANTS,
    FRAGMENTED,
    NOT_NEGATIVE,
    compounds,
    reference_levels,
    write_compounds,
    write_injection,
    write_library,
)

SETTINGS = with_defaults({}, schema("config")["properties"]["metabolome"])
ABSENT = "kynurenine"


def injection(path):
    (run,) = openms.load(path)
    features, found = detect(run)
    return run, features, found | openms.describe(run)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Three pools, two blanks, two samples; all levels changed between the samples, kynurenine is in neither."""
    folder = tmp_path_factory.mktemp("study")
    reference, rng = reference_levels(), np.random.default_rng(1)
    change = {key: rng.normal(0, 1.2) for key in reference}
    levels = {
        "before": {**reference, ABSENT: 0.0},
        "after": {key: level * 2 ** change[key] for key, level in reference.items()} | {ABSENT: 0.0},
    }
    runs = {}
    for number, name in enumerate(["pool1", "before", "pool2", "after", "pool3"], start=1):
        path, pool = folder / f"{name}.mzML", name.startswith("pool")
        write_injection(path, levels.get(name, reference), seed=7, injection=number, pool=pool)
        runs[name] = injection(folder / f"{name}.mzML")
    for name in ("blank1", "blank2"):
        write_injection(folder / f"{name}.mzML", {}, seed=7, injection=6 + int(name[-1]), blank=True)
        runs[name] = injection(folder / f"{name}.mzML")
    write_compounds(folder / "compounds.tsv")
    table = read_compounds(folder / "compounds.tsv")
    pools = [runs[name][1:] for name in ("pool1", "pool2", "pool3")]
    blanks = [runs[name][1:] for name in ("blank1", "blank2")]
    atlas, note = atlases.learn(pools, blanks, SETTINGS)
    ms2 = pd.concat([spectra.fragments(folder / f"{name}.mzML") for name in ("pool1", "pool2", "pool3")])
    write_library(folder / "spectra.msp")
    library = spectra.read_library(folder / "spectra.msp", SETTINGS["fragment_da"])
    matches, _ = spectra.search(atlas, note, ms2, library, table, SETTINGS)
    atlas = naming.name(atlas, naming.candidates(atlas, table, matches, SETTINGS))
    return {
        "matches": matches,
        "runs": runs,
        "atlas": atlas,
        "note": note,
        "change": change,
        "pools": pools,
        "table": table,
    }


@pytest.fixture(scope="module")
def measured(study):
    """{sample: (features as the store takes them, by feature; qc)}"""
    result = {}
    for name in ("before", "after", "blank1"):
        table, qc = measure(*study["runs"][name], study["atlas"], study["note"], SETTINGS)
        constants, offsets, _ = control.learn(study["atlas"], [], SETTINGS)
        one = [{"batch": "", "injection": None, "table": table}]
        found, _ = project(one, study["atlas"], constants, offsets, SETTINGS | {"normalise": "none"})
        result[name] = found.set_index("feature"), qc
    return result


def test_every_compound_is_found_and_named_once(study):
    named = study["atlas"][study["atlas"]["adduct"] == "[M+H]+"]
    assert sorted(named["compound_id"]) == sorted(one.compound_id for one in compounds())
    assert set(named["msi_level"]) == {2}
    assert named["ppm_error"].abs().max() < 3


def test_names_stand_at_the_right_place(study):
    named = study["atlas"].set_index("compound_id")
    for one in compounds():
        rows = named.loc[[one.compound_id]]
        assert (rows["rt_s"] - one.rt_s).abs().max() < 5, one.name


def test_fragment_spectra_support_what_was_fragmented(study):
    best = study["matches"].drop_duplicates("feature").set_index("compound_id")
    assert set(FRAGMENTED) <= set(best.index)
    assert (best.loc[list(FRAGMENTED), "spectral_score"] >= SETTINGS["min_score"]).all()
    assert (best.loc[list(FRAGMENTED), "matched_peaks"] >= 3).all()
    named = study["atlas"].dropna(subset=["spectral_score"])
    assert set(FRAGMENTED) <= set(named["compound_id"])


def test_unnamed_features_are_level_4_and_called_by_their_place(study):
    unknown = study["atlas"][study["atlas"]["msi_level"] == 4]
    assert len(unknown) >= 20
    assert unknown["compound_id"].isna().all()
    first = unknown.iloc[0]
    assert first["name"] == f"{first['mz']:.4f}@{first['rt_s']:.0f}s"


def test_no_isotope_stands_as_a_feature_of_its_own(study):
    atlas = study["atlas"]
    for one in compounds():
        mz = one.mass + PROTON + 1.0033548
        near = (atlas["mz"] / mz - 1).abs() < 3e-6
        assert not (near & ((atlas["rt_s"] - one.rt_s).abs() < 6)).any(), one.name


def test_contaminants_and_they_alone_are_in_the_blanks(study):
    found = study["atlas"][study["atlas"]["in_blank"]]
    assert len(found) == len(CONTAMINANTS)
    for name, mz, rt, _ in CONTAMINANTS:
        near = found[((found["mz"] / mz - 1).abs() < 5e-6) & ((found["rt_s"] - rt).abs() < 10)]
        assert len(near) == 1, name
        assert near["blank_ratio"].iloc[0] == pytest.approx(1, abs=0.3)


def test_fold_changes_are_recovered(study, measured):
    named = study["atlas"][study["atlas"]["adduct"] == "[M+H]+"].set_index("feature")["compound_id"]
    difference = (measured["after"][0]["value"] - measured["before"][0]["value"]).reindex(named.index).dropna()
    truth = np.array([study["change"][named[feature]] for feature in difference.index])
    assert len(difference) == len(named) - 1
    assert spearmanr(difference, truth).statistic >= 0.97
    assert np.median(np.abs(difference - truth)) < 0.2


def test_an_absent_compound_is_below_its_limit_and_no_zero(study, measured):
    feature = study["atlas"].set_index("compound_id").loc[ABSENT, "feature"]
    for name in ("before", "after"):
        row = measured[name][0].loc[feature]
        assert row["state"] == "below_lod"
        assert np.isnan(row["value"])
        pool = study["atlas"].set_index("compound_id").loc[ABSENT, "pool_log2_area"]
        assert 10 < row["lod"] < pool


def test_contamination_has_no_value_in_a_sample(study, measured):
    blank = study["atlas"].loc[study["atlas"]["in_blank"], "feature"]
    rows = measured["before"][0].loc[blank]
    assert set(rows["state"]) == {"failed_qc"}
    assert rows["value"].isna().all()


def test_compounds_are_below_the_limit_in_a_blank(study, measured):
    named = study["atlas"][study["atlas"]["compound_id"].notna()]["feature"]
    assert set(measured["blank1"][0].loc[named, "state"]) == {"below_lod"}


def test_quality_of_an_injection_says_how_it_went(measured):
    qc = measured["before"][1]
    assert qc["atlas_features"] == qc["measured"] + qc["below_lod"] + qc["not_measured"]
    assert qc["matched"] >= 0.95 * (qc["atlas_features"] - 1)
    assert abs(qc["median_ppm_error"]) < 3
    assert qc["alignment"] == "lowess"


def test_what_peak_detection_missed_is_filled_from_the_raw_spectra(study):
    run, features, found = study["runs"]["before"]
    mz = study["atlas"].set_index("compound_id").loc["tryptophan", "mz"]
    less = features[(features["mz"] / mz - 1).abs() > 5e-6].reset_index(drop=True)
    whole, _ = measure(run, features, found, study["atlas"], study["note"], SETTINGS)
    filled, qc = measure(run, less, found, study["atlas"], study["note"], SETTINGS)
    row = (study["atlas"]["compound_id"] == "tryptophan").to_numpy()
    assert qc["gap_filled"] >= 1
    assert not filled.loc[row, "detected"].item()
    assert filled.loc[row, "area"].item() == pytest.approx(whole.loc[row, "area"].item(), rel=0.05)


def test_a_new_sample_changes_no_feature_of_the_atlas(study):
    again, note = atlases.learn(study["pools"], [], SETTINGS)
    pd.testing.assert_series_equal(again["feature"], study["atlas"]["feature"])
    assert again["blank_ratio"].isna().all()
    assert not again["in_blank"].any()
    assert note["positive"]["blanks"] == 0


def test_an_injection_cut_short_measured_only_what_it_reached(study, tmp_path):
    run, features, found = study["runs"]["before"]
    import pyopenms as oms

    first = oms.MSExperiment()
    for spectrum in run.experiment:
        if spectrum.getRT() < 300:
            first.addSpectrum(spectrum)
    half = openms.Run(first, "positive", False)
    table, _ = measure(half, features[features["rt_s"] < 295], found, study["atlas"], study["note"], SETTINGS)
    late = (study["atlas"]["rt_s"] > 310).to_numpy()
    early = (study["atlas"]["rt_s"] < 280).to_numpy()
    assert set(table.loc[late, "state"]) == {"not_measured"}
    assert "not_measured" not in set(table.loc[early, "state"])


def test_the_other_polarity_is_a_gap(study):
    run, features, found = study["runs"]["before"]
    negative = openms.Run(run.experiment, "negative", False)
    with pytest.raises(DataError, match="other_polarity"):
        measure(negative, features, found, study["atlas"], study["note"], SETTINGS)


def test_tables_come_back_as_they_were_written(study, tmp_path):
    write_table(tmp_path / "one.parquet", study["atlas"], study["note"])
    write_table(tmp_path / "two.parquet", study["atlas"], study["note"])
    table, note = read_table(tmp_path / "one.parquet")
    assert note == study["note"]
    assert list(table["name"]) == list(study["atlas"]["name"])
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_detection_does_the_same_twice(study):
    run, features, _ = study["runs"]["pool1"]
    pd.testing.assert_frame_equal(detect(run)[0], features)


def test_both_polarities_are_one_atlas_and_one_sample(study, tmp_path):
    runs = []
    for number in (1, 2):
        path = tmp_path / f"n{number}.mzML"
        write_injection(path, reference_levels(), seed=7, injection=number, polarity="negative", pool=True)
        runs.append(injection(path))
    atlas, note = atlases.learn(study["pools"] + [run[1:] for run in runs], [], SETTINGS)
    atlas = naming.name(
        atlas, naming.candidates(atlas, study["table"], pd.DataFrame(columns=spectra.MATCHES), SETTINGS)
    )
    assert list(atlas["polarity"].unique()) == ["positive", "negative"]
    assert atlas["feature"].str.startswith("MN").sum() == (atlas["polarity"] == "negative").sum() > 40
    negative = atlas[atlas["adduct"] == "[M-H]-"]
    expected = {one.compound_id for one in compounds()} - set(NOT_NEGATIVE)
    assert set(negative["compound_id"]) == expected
    mass = {one.compound_id: one.mass for one in compounds()}
    off = [row.mz / (mass[row.compound_id] - PROTON) - 1 for row in negative.itertuples()]
    assert np.abs(off).max() < 3e-6
    tables = [measure(*runs[0], atlas, note, SETTINGS)[0], measure(*study["runs"]["before"], atlas, note, SETTINGS)[0]]
    constants, offsets, _ = control.learn(atlas, [], SETTINGS)
    batch = {"batch": "", "injection": None}
    one, _ = project([batch | {"table": tables[0]}], atlas, constants, offsets, SETTINGS)
    both, _ = project([batch | {"table": table} for table in tables], atlas, constants, offsets, SETTINGS)
    positive = (atlas["polarity"] == "positive").to_numpy()
    assert set(one.loc[positive, "state"]) == {"not_measured"}
    assert "not_measured" not in set(both["state"])
