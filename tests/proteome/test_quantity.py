"""Chromatograms, Top3, features: by hand."""

import numpy as np
import pandas as pd
import pytest

from seriome.proteome.quantity import absent, features, peptide_intensities, protein_intensities, quality
from seriome.proteome.run import Run
from seriome.proteome.xic import PROTON, areas


def run_of(traces, rt):
    """traces: {m/z: intensity per scan}"""
    points = sorted((mz, scan, height) for mz, trace in traces.items() for scan, height in enumerate(trace) if height)
    mz, scan, height = (np.array(column) for column in zip(*points, strict=True)) if points else (np.zeros(0),) * 3
    return Run(np.asarray(rt, float), mz.astype(float), height.astype(float), scan.astype(np.int32), [], {})


MASS = 1000.0
MZ2, MZ3 = (MASS + 2 * PROTON) / 2, (MASS + 3 * PROTON) / 3


def test_area_of_a_gaussian():
    rt = np.arange(0, 200, 2.0)
    gauss = 1e6 * np.exp(-0.5 * ((rt - 100) / 6) ** 2)
    found = areas(run_of({MZ2: gauss}, rt), [MASS], [95.0], [2], ppm=10, window=60)
    assert found[0] == pytest.approx(1e6 * 6 * np.sqrt(2 * np.pi), rel=0.02)


def test_charges_add_up_and_far_peaks_do_not():
    rt = np.arange(0, 400, 2.0)
    one = 100 * np.exp(-0.5 * ((rt - 100) / 4) ** 2)
    other = 900 * np.exp(-0.5 * ((rt - 300) / 4) ** 2)
    both = areas(run_of({MZ2: one + other, MZ3: one}, rt), [MASS], [101.0], [2], ppm=10, window=60)
    single = areas(run_of({MZ2: one}, rt), [MASS], [101.0], [2], ppm=10, window=60)
    assert both[0] == pytest.approx(2 * single[0], rel=1e-6)


def test_outside_the_ppm_window_or_without_ms1_is_null():
    rt = np.arange(0, 200, 2.0)
    away = run_of({MZ2 * (1 + 15e-6): np.full(len(rt), 5.0)}, rt)
    assert np.isnan(areas(away, [MASS], [100.0], [2], ppm=10, window=60)[0])
    assert np.isnan(areas(run_of({}, []), [MASS], [100.0], [2], ppm=10, window=60)[0])


def test_one_scan_is_a_peak_of_one_cycle():
    rt = np.arange(0, 100, 2.0)
    trace = np.zeros(len(rt))
    trace[25] = 7.0
    assert areas(run_of({MZ2: trace}, rt), [MASS], [49.0], [2], ppm=10, window=60)[0] == pytest.approx(14.0)


def accepted(rows):
    columns = ["group", "peptide", "modified", "run", "area", "accepted", "unique"]
    return pd.DataFrame(rows, columns=columns).assign(
        members=lambda t: t["group"], score=10.0, protein_q=0.01, decoy=False
    )


def test_top3_by_hand():
    psms = accepted(
        [
            ("P1", "A", "A", "r1", 8.0, True, True),
            ("P1", "A", "A", "r1", 6.0, True, True),  # the same elution peak: the larger counts
            ("P1", "A", "A[UNIMOD:35]", "r1", 2.0, True, True),  # another form: added
            ("P1", "B", "B", "r1", 20.0, True, True),
            ("P1", "C", "C", "r1", 30.0, True, True),
            ("P1", "D", "D", "r1", 1.0, True, True),
            ("P1", "E", "E", "r1", 500.0, True, False),  # shared
            ("P1", "F", "F", "r1", 500.0, False, True),  # not accepted
            ("P2", "G", "G", "r1", 4.0, True, True),
            ("P2", "G", "G", "r2", 6.0, True, True),  # a second injection
            ("P3", "H", "H", "r1", np.nan, True, True),  # no MS1 signal
        ]
    )
    top3 = protein_intensities(peptide_intensities(psms)).set_index("accession")
    assert top3["intensity"].to_dict() == pytest.approx({"P1": 20.0, "P2": 5.0, "P3": np.nan}, nan_ok=True)
    assert top3["peptides"].tolist() == [4, 1, 1]
    assert protein_intensities(peptide_intensities(psms), "all").set_index("accession").loc["P1", "intensity"] == 61.0
    table, lod = features(top3.reset_index(), {"P1": "EGFR"})
    assert lod == pytest.approx(np.log2(5))
    assert table["name"].tolist() == ["EGFR", "P2", "P3"]
    assert table["state"].tolist() == ["measured", "measured", "below_lod"]


def test_nothing_accepted_gives_empty_tables():
    psms = accepted([("P1", "A", "A", "r1", 8.0, False, True)])
    table, lod = features(protein_intensities(peptide_intensities(psms)), {})
    assert (len(table), lod) == (0, None)


@pytest.mark.parametrize(
    ("searched", "found", "blank", "state"),
    [
        (False, False, False, "not_measured"),
        (True, False, False, "failed_qc"),
        (True, False, True, "below_lod"),
        (True, True, False, "below_lod"),
    ],
)
def test_three_kinds_of_absence(searched, found, blank, state):
    assert absent(searched, found, blank, 3.0)["protein"]["state"] == state


def test_quality_of_nothing_is_null_not_zero():
    psms = accepted([]).assign(ppm=[], rt=[], missed_cleavages=[]).astype({"accepted": bool, "decoy": bool})
    content = quality(psms, {}, None)
    assert content["mass_error_ppm_median"] is None
    assert content["identified_share"] is None
    assert content["psms_at_fdr"] == 0
