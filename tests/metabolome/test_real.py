"""Two Orbitrap runs of a pooled quality control against what mzmine found in them (../shared/real/metabolome)."""

import numpy as np
import pandas as pd
import pytest

from seriome.config import schema, with_defaults
from seriome.metabolome import atlas as atlases
from seriome.metabolome import openms
from seriome.metabolome.align import match
from seriome.metabolome.detect import detect
from seriome.metabolome.measure import measure

SETTINGS = with_defaults({}, schema("config")["properties"]["metabolome"])

RUNS = {"04": "171103_PMA_TK_QC_04-4to5min.mzML", "05": "171103_PMA_TK_QC_05-4to5min.mzML"}


@pytest.fixture(scope="module")
def real(shared_real):
    folder = shared_real / "metabolome"
    if not folder.is_dir():
        pytest.skip("../shared/real/metabolome is not there: public data that the project does not ship")
    runs = {}
    for key, name in RUNS.items():
        path = folder / name if (folder / name).exists() else folder / f"{name}.gz"
        (run,) = openms.load(path)
        features, found = detect(run)
        runs[key] = run, features, found | openms.describe(run)
    atlas, note = atlases.learn([run[1:] for run in runs.values()], [], SETTINGS)
    expected = pd.read_csv(folder / "expected_results.csv")
    return runs, atlas, note, expected


def against(found, expected, mz="mz", rt="rt", area="area"):
    """Pairs within 10 ppm and 0.1 min, and the correlation of their log2 areas."""
    theirs = pd.DataFrame({"mz": expected[mz], "rt_s": 60 * expected[rt], "area": expected[area]}).dropna()
    theirs, found = theirs.reset_index(drop=True), found.reset_index(drop=True)
    pairs = match(found, theirs, ppm=10, rt_tolerance_s=6)
    logs = np.log2(found["area"].to_numpy()[pairs["here"]]), np.log2(theirs["area"].to_numpy()[pairs["there"]])
    return len(pairs), len(theirs), np.corrcoef(*logs)[0, 1]


def test_the_atlas_has_the_features_that_mzmine_found(real):
    _, atlas, _, expected = real
    found, of, correlation = against(atlas.assign(area=2 ** atlas["pool_log2_area"]), expected)
    print(f"atlas: {found} of {of} features, log area r {correlation:.3f}")
    assert found >= 115
    assert correlation >= 0.98


@pytest.mark.parametrize("key", RUNS)
def test_extraction_from_the_raw_spectra_gives_the_same_areas(real, key):
    runs, atlas, note, expected = real
    table, qc = measure(*runs[key], atlas, note, SETTINGS)
    table = table.assign(mz=atlas["mz"].to_numpy())[(table["state"] == "measured").to_numpy()]
    prefix = f"datafile:{RUNS[key]}"
    found, of, correlation = against(table, expected, f"{prefix}:mz", f"{prefix}:rt", f"{prefix}:area")
    print(f"run {key}: {found} of {of} features, log area r {correlation:.3f}; {qc}")
    assert found >= 110
    assert correlation >= 0.98
    assert abs(qc["median_ppm_error"]) < 2
