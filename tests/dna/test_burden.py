"""Burden by hand, its intervals' coverage, and the rows of biomarkers in the feature table."""

import math

import numpy as np
import pandas as pd
import pytest

from seriome.dna import burden, copy_number, features, msi, signatures, tables
from seriome.features import STATES, write_features
from seriome.files import read_tsv, write_tsv


def test_the_exact_interval_by_hand():
    # no event: exp(-m) = 0.025 at m = 3.689; ten: the published table of Garwood gives 4.795 and 18.39
    assert burden.garwood(0) == (0.0, pytest.approx(3.689, abs=1e-3))
    assert burden.garwood(10) == (pytest.approx(4.795, abs=1e-3), pytest.approx(18.39, abs=5e-3))


def test_burden_of_an_exome():
    found = burden.burden(300, 30_000_000)
    assert (found["value"], found["state"]) == (10.0, "measured")
    assert found["lower"] < 9 < 11 < found["upper"] < 11.3
    assert burden.burden(0, 1_000_000) == {
        **{"value": 0.0, "lower": 0.0, "upper": pytest.approx(3.689, abs=1e-3), "state": "zero", "lod": 1.0}
    }
    assert burden.burden(0, 9_999)["state"] == "not_measured"


def test_prediction_by_hand():
    # nothing in 1 of 30 Mb: y mutations elsewhere all miss it with (29/30)^y, above 0.025 up to y = 108
    assert burden.predicted_rest(0, 1.0, 29.0) == (0, 108)
    # half and half, 4 seen: the largest y that P(X <= 4 | n = 4 + y) > 0.025 allows, summed here term by term
    low, high = burden.predicted_rest(4, 1.0, 1.0)
    assert sum(math.comb(4 + high, k) for k in range(5)) / 2 ** (4 + high) > 0.025
    assert sum(math.comb(5 + high, k) for k in range(5)) / 2 ** (5 + high) <= 0.025
    assert sum(math.comb(4 + low, k) for k in range(4, 5 + low)) / 2 ** (4 + low) > 0.025
    assert low == 0  # P(X >= 4 | n = 4) = 1/16
    assert burden.predicted_rest(7, 1.0, 0.0) == (0, 0)


@pytest.mark.parametrize("rate", [1.0, 5.0, 20.0])
def test_the_exomes_burden_lies_within_the_prediction(rate):
    rng, inside, wide, narrow = np.random.default_rng(1), [], [], []
    for _ in range(400):
        panel, rest = rng.poisson(rate * 1.2), rng.poisson(rate * 28.8)
        found = burden.exome_burden(int(panel), 1_200_000)
        inside.append(found["lower"] <= (panel + rest) / 30 <= found["upper"])
        wide.append(found["upper"] - found["lower"])
        narrow.append(np.subtract(*burden.garwood(int(panel))[::-1]) / 1.2)
    assert np.mean(inside) >= 0.94
    assert np.mean(wide) > 0.9 * np.mean(narrow)


def test_small_panels_say_nothing_of_the_exome_and_exomes_only_themselves():
    assert burden.exome_burden(5, 666_999)["state"] == "not_measured"
    whole = burden.exome_burden(330, 33_000_000)
    assert whole["value"] == whole["lower"] == whole["upper"] == 10.0


def changes(*names):
    rows = [
        {"patient": "X", "sample": "T", "variant": f"c1:{i}:A:C", "chrom": "c1", "pos": i, "ref": "A", "alt": "C"}
        | {"name": name, "consequence": "missense_variant", "called": True, "state": "measured", "filter": "PASS"}
        | {"tumor_only": False, "vaf": 0.3, "vaf_lower": 0.2, "vaf_upper": 0.4, "lod": 0.01}
        for i, name in enumerate(names, 1)
    ]
    return tables.typed(rows)


def test_rows_of_biomarkers_fit_the_store(tmp_path):
    score = msi.score([msi.Locus(50, 1e-9, 0.4)] * 5 + [msi.Locus(50, 0.9, 0.0)] * 20, 20)
    write_tsv(tmp_path / "msi.tsv", [{"sample": "T", "against": "N"} | score], msi.SCORE_COLUMNS)
    table = pd.DataFrame(np.random.default_rng(1).gamma(0.1, size=(96, 3)), signatures.CHANNELS, ["S1", "S2", "S3"])
    counts = np.random.default_rng(2).multinomial(300, table["S1"] / table["S1"].sum())
    shares = [{"sample": "T"} | row for row in signatures.shares_of(counts, table / table.sum(), 200)]
    write_tsv(tmp_path / "s.tsv", shares, signatures.SIGNATURE_COLUMNS)
    rows = features.features_of(
        *("T", changes("EGFR L858R", "A1 P2Q", "A2 P3Q"), pd.DataFrame(columns=copy_number.COLUMNS), 2_000_000),
        **{"tumour": True, "msi": read_tsv(tmp_path / "msi.tsv"), "signatures": read_tsv(tmp_path / "s.tsv")},
    )
    about = {"patient": "X", "sample": "T", "timepoint": "D0", "assay": "dna", "day": 0}
    write_features(tmp_path / "f.parquet", rows, about=about, method="x", parameters={}, inputs={})
    found = pd.read_parquet(tmp_path / "f.parquet").query("kind == 'biomarker'").set_index("feature")
    assert found.loc["tmb", "value"] == 1.5
    assert found.loc["tmb_exome", "value"] == 1.0  # EGFR L858R is known to matter: the panel was built for it
    assert found.loc["msi", ["value", "unit", "state"]].tolist() == [0.2, "share_of_loci", "measured"]
    assert found.loc["msi", "lower"] < 0.2 < found.loc["msi", "upper"]
    assert found.loc["signature_S1", "value"] > 0.9
    assert found.loc["signature_S2", "state"] == "zero"
    assert set(found["state"]) <= set(STATES)


@pytest.mark.parametrize(("share", "state"), [(0.2, "measured"), (0.0, "zero"), (None, "not_measured")])
def test_a_xenograft_has_a_fraction_of_its_host(share, state):
    quality = {"host_share": share, "host_share_lower": share and 0.1, "host_share_upper": share and 0.3}
    none = pd.DataFrame(columns=copy_number.COLUMNS)
    found = features.features_of("T", changes(), none, 0, tumour=True, quality=quality, xenograft=True)
    row = found.set_index("feature").loc["host_fraction"]
    assert (row["state"], row["unit"]) == (state, "share_of_pairs")
    assert row["value"] == share or (share is None and np.isnan(row["value"]))


def test_without_reads_or_matrix_msi_is_not_measured():
    none = pd.DataFrame(columns=copy_number.COLUMNS)
    found = features.features_of("T", changes(), none, 0, tumour=True).set_index("feature")
    assert set(found["state"]) == {"not_measured"}
    assert found["value"].isna().all()
    of_the_tumour = ["genome_altered", "genome_doubled", "genome_loh", "ploidy", "purity"]
    assert sorted(found.index) == sorted(["msi", "tmb", "tmb_exome", *of_the_tumour])
