"""Parts of the stage against hand calculation: alignment, naming, integration, replicates, the compounds table."""

import numpy as np
import pandas as pd
import pytest

from seriome.config import schema, with_defaults
from seriome.errors import DataError, InputError
from seriome.features import read_features, write_features
from seriome.metabolome import atlas as atlases
from seriome.metabolome import control, naming, openms, spectra
from seriome.metabolome.align import align, match
from seriome.metabolome.detect import detect
from seriome.metabolome.levels import levels
from seriome.metabolome.measure import empty, measure
from seriome.metabolome.tables import read_compounds

SETTINGS = with_defaults({}, schema("config")["properties"]["metabolome"])
ABOUT = {"patient": "P1", "sample": "S1", "timepoint": "T0", "assay": "metabolome", "day": 0}


def made_run(times, ions, polarity="POSITIVE"):
    """A run of given ions: [(m/z, height at each time)]; centroids of height 0 are not written."""
    import pyopenms as oms

    experiment = oms.MSExperiment()
    for number, time in enumerate(times):
        spectrum = oms.MSSpectrum()
        spectrum.setRT(float(time))
        spectrum.setMSLevel(1)
        spectrum.setType(oms.SpectrumSettings.SpectrumType.CENTROID)
        settings = spectrum.getInstrumentSettings()
        settings.setPolarity(getattr(oms.IonSource.Polarity, polarity))
        spectrum.setInstrumentSettings(settings)
        here = sorted((mz, height[number]) for mz, height in ions if height[number] > 0)
        spectrum.set_peaks(([mz for mz, _ in here], [height for _, height in here]))
        experiment.addSpectrum(spectrum)
    return experiment


def gauss(times, centre, height, fwhm):
    return height * np.exp(-4 * np.log(2) * ((times - centre) / fwhm) ** 2)


def one_feature(**changes):
    row = {"feature": "M00001", "mz": 200.0, "rt_s": 50.0, "fwhm_s": 8.0, "area": 1.0, "name": "x", "in_blank": False}
    row |= {"polarity": "positive", "compound_id": None, "pool_log2_area": 1.0}
    return pd.DataFrame([row | changes])


NOTE = {"positive": {"fwhm_s": 8.0, "rt_tolerance_s": 12.0}}
LINK = {"link_ppm": 10, "max_shift_s": 30}
NOTHING = pd.DataFrame({"mz": [], "rt_s": [], "area": []}, dtype=float)


def measured_peak(ions, times, **changes):
    run = openms.Run(made_run(times, ions), "positive", False)
    table, _ = measure(run, NOTHING, {"noise": 100.0}, one_feature(**changes), NOTE, LINK)
    return table.iloc[0]


def test_the_area_is_that_of_the_gaussian():
    times = np.arange(0, 100, 0.5)
    row = measured_peak([(200.0, gauss(times, 50, 1e5, 8.0)), (300.0, times * 0 + 50)], times)
    whole = 1e5 * 8.0 * np.sqrt(np.pi / (4 * np.log(2)))
    assert row["state"] == "measured"
    assert row["area"] == pytest.approx(0.9968 * whole, rel=0.005)  # 1.25 widths on either side: erf(2.0814)


def test_a_constant_background_is_taken_off():
    times = np.arange(0, 100, 0.5)
    alone = measured_peak([(200.0, gauss(times, 50, 1e5, 8.0))], times)
    raised = measured_peak([(200.0, gauss(times, 50, 1e5, 8.0) + 5e4)], times)
    assert raised["area"] == pytest.approx(alone["area"], rel=0.02)


def test_a_background_alone_is_below_the_limit():
    times = np.arange(0, 100, 0.5)
    noise = np.random.default_rng(0).normal(5e4, 2e3, len(times))
    row = measured_peak([(200.0, noise)], times)
    assert row["state"] == "below_lod"
    assert np.isnan(row["area"])
    assert 1.0645 * 3 * 100 * 8 < row["lod_area"] < 1.0645 * 3 * 4e3 * 8


def test_nothing_at_all_has_the_limit_of_the_noise():
    times = np.arange(0, 100, 0.5)
    row = measured_peak([(300.0, times * 0 + 50), (100.0, times * 0 + 50)], times)
    assert row["state"] == "below_lod"
    assert row["lod_area"] == pytest.approx(1.0645 * 3 * 100 * 8.0)


def test_a_single_spike_fills_no_gap():
    times = np.arange(0, 100, 0.5)
    spike = np.where(times == 50, 1e5, 0)
    assert measured_peak([(200.0, spike), (300.0, times * 0 + 50)], times)["state"] == "below_lod"


def test_the_slope_of_a_neighbour_fills_no_gap():
    times = np.arange(0, 100, 0.5)
    row = measured_peak([(200.0, gauss(times, 61, 1e6, 8.0)), (300.0, times * 0 + 50)], times)
    assert row["state"] == "below_lod"


def test_a_neighbour_is_cut_off_at_the_valley():
    times = np.arange(0, 100, 0.5)
    alone = measured_peak([(200.0, gauss(times, 50, 1e5, 6.0))], times, fwhm_s=6.0)
    both = gauss(times, 50, 1e5, 6.0) + gauss(times, 59, 1e5, 6.0)
    assert measured_peak([(200.0, both)], times, fwhm_s=6.0)["area"] == pytest.approx(alone["area"], rel=0.06)


@pytest.mark.parametrize("where", [{"rt_s": 97.0}, {"rt_s": 150.0}, {"mz": 900.0}])
def test_what_the_run_did_not_record_is_not_measured(where):
    times = np.arange(0, 100, 0.5)
    row = measured_peak([(200.0, gauss(times, 50, 1e5, 8.0))], times, **where)
    assert row["state"] == "not_measured"
    assert np.isnan(row["lod_area"])


@pytest.mark.parametrize(
    ("count", "kind", "within"),
    [(300, "lowess", 0.3), (15, "line", 0.01), (5, "shift", 3.0), (0, "none", 30.0)],
)
def test_alignment_undoes_a_known_shift(count, kind, within):
    rng = np.random.default_rng(3)
    fixed = pd.DataFrame({"mz": rng.uniform(100, 900, count), "rt_s": rng.uniform(0, 600, count), "area": 1.0})
    bend = 2 * np.sin(fixed["rt_s"] / 200) if kind == "lowess" else 0
    moving = fixed.assign(rt_s=fixed["rt_s"] - 12 - 0.005 * fixed["rt_s"] + bend)
    warp = align(moving, fixed, ppm=10, max_shift_s=30, fwhm_s=8)
    assert warp.kind == kind
    assert warp.anchors == pytest.approx(count, abs=0.1 * count)
    if count:
        inner = fixed["rt_s"].between(20, 580)
        assert (warp(moving["rt_s"]) - fixed["rt_s"])[inner].abs().max() < within


def test_isomers_elsewhere_do_not_pull_the_alignment():
    rng = np.random.default_rng(4)
    fixed = pd.DataFrame({"mz": np.repeat(rng.uniform(100, 900, 60), 2), "rt_s": rng.uniform(0, 600, 120), "area": 1.0})
    moving = fixed.iloc[::2].assign(rt_s=fixed["rt_s"] - 5).reset_index(drop=True)
    warp = align(moving, fixed, ppm=10, max_shift_s=30, fwhm_s=6)
    assert np.median(np.abs(warp(moving["rt_s"]) - fixed["rt_s"].iloc[::2].to_numpy())) < 0.2


def test_pairs_are_one_to_one_and_the_nearest_first():
    here = pd.DataFrame({"mz": [200.0, 200.0], "rt_s": [100.0, 104.0]})
    there = pd.DataFrame({"mz": [200.0004, 200.0], "rt_s": [105.0, 300.0]})
    pairs = match(here, there, ppm=10, rt_tolerance_s=12)
    assert pairs[["here", "there"]].to_numpy().tolist() == [[1, 0]]
    assert pairs["ppm"].iloc[0] == pytest.approx(-2.0, abs=0.01)
    assert pairs["shift_s"].iloc[0] == 1.0


def compounds_of(*rows):
    table = pd.DataFrame(rows, columns=["compound_id", "name", "formula", "mass", "rt_s"])
    return table.astype({"mass": float, "rt_s": float}).assign(inchikey="")


LEUCINE = 131.094629  # C6H14NO2 less H: leucine and isoleucine


def named(table, features, polarity="positive"):
    atlas = pd.DataFrame(features, columns=["mz", "rt_s"])
    atlas = atlas.assign(feature=[f"M{n}" for n in range(len(atlas))], polarity=polarity, isotope_ratio=np.nan)
    places = [f"{mz:.4f}@{rt:.0f}s" for mz, rt in zip(atlas["mz"], atlas["rt_s"], strict=True)]
    atlas = atlas.assign(name=places, compound_id=None, adduct=None, msi_level=4, ppm_error=np.nan)
    atlas = atlas.assign(spectral_score=np.nan, matched_peaks=np.nan)
    none = pd.DataFrame(columns=spectra.MATCHES)
    return naming.name(atlas, naming.candidates(atlas, table, none, SETTINGS))


def test_isomers_are_named_by_their_time():
    table = compounds_of(("ile", "Isoleucine", "", LEUCINE, 218), ("leu", "Leucine", "", LEUCINE, 230))
    found = named(table, [(LEUCINE + 1.007276, 216), (LEUCINE + 1.007276, 233), (LEUCINE + 1.007276, 260)])
    assert list(found["name"]) == ["Isoleucine", "Leucine", "132.1019@260s"]
    assert list(found["msi_level"]) == [2, 2, 4]


def test_mass_alone_names_all_candidates_and_claims_less():
    table = compounds_of(("ile", "Isoleucine", "", LEUCINE, None), ("leu", "Leucine", "", LEUCINE, None))
    found = named(table, [(LEUCINE + 1.007276, 216)])
    assert found["name"].item() == "Isoleucine or Leucine ([M+H]+, 216s)"
    assert found["compound_id"].item() == "ile;leu"
    assert found["msi_level"].item() == 3


def test_adducts_and_polarity_are_said():
    table = compounds_of(("leu", "Leucine", "", LEUCINE, 230))
    assert named(table, [(LEUCINE + 22.989221, 230)])["name"].item() == "Leucine [M+Na]+"
    assert named(table, [(LEUCINE - 1.007276, 230)], "negative")["name"].item() == "Leucine"
    assert named(table, [(LEUCINE - 1.007276, 230)])["msi_level"].item() == 4


def test_no_compounds_no_names_but_places():
    found = named(compounds_of(), [(132.101905, 216.4)])
    assert found["name"].item() == "132.1019@216s"


def measurement(*areas, lod=8.0, state=None):
    state = state or ["measured" if np.isfinite(area) else "below_lod" for area in areas]
    limit = [np.nan if one == "not_measured" else lod for one in state]
    index = [f"M{number:05d}" for number in range(1, len(areas) + 1)]
    return pd.DataFrame({"feature": index, "area": areas, "lod_area": limit, "state": state})


def combine(tables, atlas):
    constants, offsets, _ = control.learn(atlas, [], SETTINGS)
    injections = [{"batch": "", "injection": None, "table": table} for table in tables]
    return levels(injections, atlas, constants, offsets, SETTINGS)[0]


def test_injections_of_a_sample_are_averaged_on_the_log_scale(tmp_path):
    atlas = pd.concat([one_feature(feature=f"M{n:05d}", in_blank=n == 4) for n in range(1, 6)], ignore_index=True)
    nan = np.nan
    one = measurement(16.0, 64.0, nan, 99.0, nan, state=["measured"] * 2 + ["below_lod", "measured", "not_measured"])
    two = measurement(64.0, nan, nan, 99.0, nan, state=["measured"] + ["below_lod"] * 2 + ["measured", "not_measured"])
    table = combine([one, two], atlas)
    assert list(table["state"]) == ["measured", "measured", "below_lod", "failed_qc", "not_measured"]
    assert list(table["value"][:2]) == [5.0, 6.0]
    half = 12.7062 * np.sqrt(2) / np.sqrt(2)  # t(0.975, 1 degree of freedom) x sd / sqrt(n)
    assert table["lower"][0] == pytest.approx(5 - half, abs=1e-3)
    assert np.isnan(table["lower"][1])
    assert list(table["lod"][:3]) == [3.0, 3.0, 3.0]
    write_features(tmp_path / "x.parquet", table, about=ABOUT, method="", parameters={}, inputs={})
    assert len(read_features(tmp_path / "x.parquet")) == 5


def test_no_injection_or_no_atlas_gives_an_empty_table_that_can_be_written(tmp_path):
    for number, table in enumerate([combine([], one_feature()), combine([empty()], atlases.empty())]):
        path = tmp_path / f"{number}.parquet"
        write_features(path, table, about=ABOUT, method="", parameters={}, inputs={})
        assert len(read_features(path)) == 0


def test_no_features_no_atlas():
    with pytest.raises(DataError, match="no_atlas"):
        atlases.learn([(NOTHING, {"polarity": "positive"})], [], {})


def test_an_injection_without_peaks_is_a_gap():
    times = np.arange(0, 50, 1.0)
    run = openms.Run(made_run(times, [(200.0, times * 0 + 100.0)]), "positive", False)
    with pytest.raises(DataError, match="no_features: no chromatographic peak among 50 centroids of 50 MS1 spectra"):
        detect(run)


def switching(path, ions):
    import pyopenms as oms

    experiment = made_run(np.arange(9.0), ions)
    for spectrum in made_run(np.arange(9.0) + 0.5, ions, "NEGATIVE"):
        experiment.addSpectrum(spectrum)
    oms.MzMLFile().store(str(path), experiment)


def test_a_file_without_peaks_says_so(tmp_path):
    switching(tmp_path / "run.mzML", [])
    with pytest.raises(DataError, match="no_ms1_spectra"):
        openms.load(tmp_path / "run.mzML")


def test_a_file_that_switches_polarity_is_two_runs(tmp_path):
    switching(tmp_path / "run.mzML", [(200.0, np.full(9, 5.0))])
    runs = openms.load(tmp_path / "run.mzML")
    assert [run.polarity for run in runs] == ["positive", "negative"]
    assert [run.times[0] for run in runs] == [0.0, 0.5]


def test_profile_spectra_are_centroided(tmp_path):
    import pyopenms as oms

    experiment = oms.MSExperiment()
    grid = np.arange(199.9, 200.1, 0.001)
    for time in range(5):
        spectrum = oms.MSSpectrum()
        spectrum.setRT(float(time))
        spectrum.setMSLevel(1)
        spectrum.setType(oms.SpectrumSettings.SpectrumType.PROFILE)
        spectrum.set_peaks((grid, 1e5 * np.exp(-0.5 * ((grid - 200.0) / 0.004) ** 2)))
        experiment.addSpectrum(spectrum)
    oms.MzMLFile().store(str(tmp_path / "run.mzML"), experiment)
    (run,) = openms.load(tmp_path / "run.mzML")
    assert run.picked
    assert len(run.peaks[0]) == 5
    assert run.peaks[0] == pytest.approx(200.0, abs=1e-4)


def test_compounds_without_mass_take_that_of_their_formula(tmp_path):
    path = tmp_path / "compounds.tsv"
    path.write_text("compound_id\tname\tformula\tmass\trt_s\nglc\tGlucose\tC6H12O6\t\t\nx\tX\t\t100.5\t12\n")
    table = read_compounds(path)
    assert table["mass"].tolist() == pytest.approx([180.063388, 100.5], abs=1e-5)
    assert np.isnan(table["rt_s"][0])
    assert len(read_compounds()) == 0


def test_every_problem_of_the_compounds_table_is_told_at_once(tmp_path):
    path = tmp_path / "compounds.tsv"
    path.write_text(
        "compound_id\tname\tformula\tmass\trt_s\n"
        "glc\tGlucose\tC6H12O6\t181.07\t\n"
        "glc\tGlucose\tC6H12O6\t\tsoon\n"
        "y\tY\tCxx!\t\t\n"
        "z\tZ\t\t\t\n"
    )
    with pytest.raises(InputError) as caught:
        read_compounds(path)
    assert str(caught.value).splitlines()[1:] == [
        "  line 2: mass 181.07 is not that of C6H12O6, 180.06339 (neutral, monoisotopic)",
        "  line 3: rt_s 'soon' is no number",
        "  line 3: compound_id 'glc' is also on line 2",
        "  line 4: formula 'Cxx!' cannot be read: write it as C6H12O6",
        "  line 5: a mass above 0 or a formula is needed",
    ]
    path.write_text("compund_id\tname\tmass\n1\tA\t3\n")
    with pytest.raises(InputError, match="unknown column 'compund_id', did you mean 'compound_id'"):
        read_compounds(path)
