"""Chromatograms, alignment, the additive model, absences: by hand, and on drawn errors."""

import numpy as np
import pandas as pd
import pytest

from seriome.proteome.fasta import CONTAMINANT
from seriome.proteome.quantity import absent, features, quality, regrouped, sample_proteins
from seriome.proteome.rollup import detection, learn, limits, projected
from seriome.proteome.run import Run
from seriome.proteome.transfer import aligned
from seriome.proteome.xic import NEUTRON, PROTON, isotope_shares, measure


def run_of(traces, rt):
    """traces: {m/z: intensity per scan}"""
    points = sorted((mz, scan, height) for mz, trace in traces.items() for scan, height in enumerate(trace) if height)
    mz, scan, height = (np.array(column) for column in zip(*points, strict=True)) if points else (np.zeros(0),) * 3
    return Run(np.asarray(rt, float), mz.astype(float), height.astype(float), scan.astype(np.int32), [], {})


MASS = 1000.0
MZ2 = (MASS + 2 * PROTON) / 2
SHARES = isotope_shares(MASS)


def area(traces, rt, time=100.0, ppm=10):
    return measure(run_of(traces, rt), [MASS], [2], [time], 5.0, ppm, 60).iloc[0]


def gauss(rt, height, middle, sigma=6.0):
    return height * np.exp(-0.5 * ((rt - middle) / sigma) ** 2)


def test_isotopes_of_averagine():
    """A peptide of 1,000 Da: 57 % monoisotopic, 31 % with one neutron, 9 % with two (Senko et al. 1995: 0.57, 0.30)."""
    assert pytest.approx([0.57, 0.31, 0.10], abs=0.02) == SHARES


def test_area_of_a_gaussian_with_its_isotopes():
    rt = np.arange(0, 200, 2.0)
    traces = {MZ2 + i * NEUTRON / 2: gauss(rt, 1e6 * share, 100) for i, share in enumerate(SHARES)}
    found = area(traces, rt, 95.0)
    assert found["area"] == pytest.approx(1e6 * 6 * np.sqrt(2 * np.pi), rel=0.02)
    assert (found["apex_rt"], found["before"]) == (100.0, 0.0)
    assert found["isotope_cosine"] == pytest.approx(1.0, abs=1e-6)
    assert found["ppm"] == pytest.approx(0.0, abs=1e-6)


def test_an_isotope_lost_in_noise_leaves_no_dent():
    rt = np.arange(0, 200, 2.0)
    whole = {MZ2 + i * NEUTRON / 2: gauss(rt, 1e6 * share, 100) for i, share in enumerate(SHARES)}
    less = dict(list(whole.items())[:1])
    assert area(less, rt)["area"] == pytest.approx(area(whole, rt)["area"], rel=1e-6)
    assert area(less, rt)["isotope_cosine"] < 0.95


def test_a_peak_one_neutron_below_is_told():
    rt = np.arange(0, 200, 2.0)
    found = area({MZ2: gauss(rt, 1.0, 100), MZ2 - NEUTRON / 2: gauss(rt, 2.0, 100)}, rt)
    assert found["before"] == pytest.approx(2.0)


def test_far_peaks_do_not_count():
    rt = np.arange(0, 400, 2.0)
    both = area({MZ2: gauss(rt, 100, 100, 4) + gauss(rt, 900, 300, 4)}, rt)
    assert both["area"] == pytest.approx(area({MZ2: gauss(rt, 100, 100, 4)}, rt)["area"], rel=1e-6)


def test_outside_the_ppm_window_or_without_ms1_is_null():
    rt = np.arange(0, 200, 2.0)
    assert np.isnan(area({MZ2 * (1 + 15e-6): np.full(len(rt), 5.0)}, rt)["area"])
    assert np.isnan(area({}, [])["area"])


def test_one_scan_is_a_peak_of_one_cycle():
    rt = np.arange(0, 100, 2.0)
    trace = np.zeros(len(rt))
    trace[25] = 7.0
    assert area({MZ2: trace}, rt, 49.0)["area"] == pytest.approx(14.0 / SHARES[0])


def test_alignment_is_a_shift_until_the_gradient_bends():
    rng = np.random.default_rng(1)
    rt = np.sort(rng.uniform(0, 3000, 200))
    function, spread = aligned(rt, rt + 20 + rng.normal(0, 2, 200))
    assert function([100.0, 2000.0]) == pytest.approx([120, 2020], abs=1.5)
    assert spread == pytest.approx(2, abs=0.6)
    bent = rt + 60 * np.sin(rt / 1000)
    function, spread = aligned(rt, bent + rng.normal(0, 2, 200))
    assert function([500.0, 1500.0]) == pytest.approx([500 + 60 * np.sin(0.5), 1500 + 60 * np.sin(1.5)], abs=4)
    assert spread < 8
    few = aligned(rt[:10], rt[:10] + 5)
    assert few[0]([1.0]) == pytest.approx([6.0])
    assert aligned([], [])[1] == 30.0


def ions(rows):
    table = pd.DataFrame(rows, columns=["sample", "group", "peptide", "ion", "area"])
    return table.assign(members=table["group"], proteins=table["group"], matches=1, score=10.0, protein_q=0.0)


def drawn(rng, proteins=60, samples=4, peptides=(1, 8), noise=0.2, loss=0.0):
    """(ions with area, true log2 levels: proteins x samples) of the additive model."""
    level = rng.normal(24, 2, proteins)[:, None] + np.where(rng.random((proteins, samples)) < 0.2, 1.0, 0.0)
    rows = []
    for protein in range(proteins):
        for peptide in range(rng.integers(*peptides)):
            offset = rng.normal(-1, 1.2)
            for sample in range(samples):
                value = level[protein, sample] + offset + rng.normal(0, noise)
                if rng.random() >= loss:
                    rows.append(
                        (f"S{sample}", f"P{protein:03}", f"p{protein}.{peptide}", f"{protein}.{peptide}", 2**value)
                    )
    return ions(rows), level


def test_changes_are_those_planted_and_intervals_hold_them():
    """Errors of every ion drawn: 95 % intervals hold the truth 95 times in 100 (of changes, which the
    offsets' anchor cannot touch; freedom by Welch)."""
    held, errors = [], []
    for seed in range(4):
        table, truth = drawn(np.random.default_rng(seed), peptides=(2, 8), loss=0.2)
        profile = learn(table)
        levels = [
            projected(table[table["sample"] == f"S{sample}"], profile)[0].set_index("group") for sample in range(4)
        ]
        for group, true in zip([f"P{protein:03}" for protein in range(60)], truth, strict=True):
            if all(group in one.index for one in levels):
                first, last = levels[0].loc[group], levels[3].loc[group]
                change, planted = last["level"] - first["level"], true[3] - true[0]
                error = np.hypot(first["se"], last["se"])
                held.append(abs(change - planted) <= 2.1 * error)
                errors.append(change - planted)
    assert np.mean(held) == pytest.approx(0.95, abs=0.035)
    assert abs(np.median(errors)) < 0.03


def test_an_ion_that_is_missing_leaves_the_level_where_it_was():
    table, _ = drawn(np.random.default_rng(3), noise=0.0, peptides=(3, 6))
    profile = learn(table)
    whole = projected(table[table["sample"] == "S0"], profile)[0].set_index("group")["level"]
    best = profile.sort_values("offset").drop_duplicates("group", keep="last")["ion"]
    less = table[(table["sample"] == "S0") & ~table["ion"].isin(best)]
    found = projected(less, profile)[0].set_index("group")["level"]
    assert found.to_numpy() == pytest.approx(whole[found.index].to_numpy(), abs=1e-6)


def test_one_sample_is_its_top3_and_has_no_interval():
    table = ions(
        [("S0", "P1", peptide, peptide, area) for peptide, area in zip("ABCD", (20.0, 30.0, 10.0, 1.0), strict=True)]
    )
    levels, shift = projected(table, learn(table))
    assert levels["level"].tolist() == pytest.approx([np.log2(20)])
    assert (shift, levels["se"].isna().all()) == (pytest.approx(0.0), True)


def test_projection_does_not_depend_on_who_else_is_there():
    table, _ = drawn(np.random.default_rng(5))
    profile = learn(table[table["sample"] != "S3"])
    new, shift = projected(table[table["sample"] == "S3"].assign(area=lambda t: 4 * t["area"]), profile)
    assert shift == pytest.approx(2.0, abs=0.2)  # twice as much injected, twice: taken off
    again, _ = projected(table[table["sample"] == "S3"], profile)
    assert new["level"].to_numpy() == pytest.approx(again["level"].to_numpy())
    extra = pd.concat([table[table["sample"] == "S3"], ions([("S3", "NEW", "q", "q", 2.0**20)])])
    added = projected(extra, profile)[0].set_index("group")
    assert added.loc["NEW", "outside"]
    assert added.loc["NEW", "level"] == pytest.approx(20 - projected(extra, profile)[1])


def test_lod_is_where_ions_begin_to_be_seen():
    """Every ion above log2 20 is seen, none below: the lod of a protein is where its best ion passes 20."""
    rng = np.random.default_rng(2)
    table, _ = drawn(rng, proteins=200, noise=0.05, peptides=(4, 9))
    profile = learn(table)
    seen = table[(table["sample"] == "S0") & (np.log2(table["area"]) > 20)]
    levels, shift = projected(seen, profile)
    found = limits(detection(seen, levels, shift, profile), shift, profile)
    best = profile.groupby("group")["offset"].max()
    assert (found + shift + best).median() == pytest.approx(20, abs=0.3)
    assert detection(seen.iloc[:10], levels.iloc[:2], shift, profile) is None


def test_absences_are_rows_with_their_lod_and_contaminants_are_none():
    table, _ = drawn(np.random.default_rng(2), proteins=200, noise=0.05, peptides=(4, 9))
    table.loc[table["group"] == "P000", "proteins"] = f"{CONTAMINANT}P000;P000"
    profile = learn(table)
    mine = table[(table["sample"] == "S0") & (np.log2(table["area"]) > 21)]
    proteins, learned = sample_proteins(mine, profile, {"P001": "EGFR"})
    rows, smallest = features(proteins, learned, profile, {"P001": "EGFR"})
    told = rows.set_index("feature")
    assert "P000" not in told.index or not proteins.set_index("accession").loc["P000", "contaminant"]
    missing = told[told["state"] == "below_lod"]
    assert len(missing) > 3
    assert missing["value"].isna().all()
    assert missing["lod"].notna().all()
    assert set(missing.index).isdisjoint(proteins["accession"])
    assert told["value"].min() == pytest.approx(smallest)
    assert (told.loc[told["state"] == "measured", "lower"] < told.loc[told["state"] == "measured", "value"]).all()
    assert proteins.loc[proteins["accession"] == "P001", "gene"].tolist() in (["EGFR"], [])


def test_samples_that_name_a_protein_differently_are_grouped_anew():
    table = ions([("S0", "P2", "A", "A", 1.0), ("S1", "P1", "A", "A", 1.0), ("S1", "P1", "B", "B", 1.0)])
    table["proteins"] = ["P1;P2", "P1;P2", "P1"]
    table["unique"] = True
    found = regrouped(table)
    assert found["group"].tolist() == ["P1", "P1", "P1"]
    assert found["members"].tolist() == ["P1;P2"] * 3


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
    columns = ["accepted", "decoy", "peptide", "group", "ppm", "fragment_ppm", "rt", "missed_cleavages", "proteins"]
    psms = pd.DataFrame(columns=columns).astype({"accepted": bool, "decoy": bool, "proteins": "str"})
    content = quality(psms, None)
    assert content["mass_error_ppm_median"] is None
    assert content["psms_at_fdr"] == 0
