"""Reporter ions: read, unmixed, put against a bridge; by hand and against the known sum of a real run."""

import numpy as np
import pandas as pd
import pytest

from seriome.errors import InputError
from seriome.proteome import tmt
from seriome.proteome.run import FragmentSpectrum, read_run


def spectrum(low, name="scan=1"):
    mz, heights = (np.array(column, float) for column in zip(*sorted(low.items()), strict=True))
    return FragmentSpectrum(name, 1.0, 500.0, 2, 0.0, mz, heights, (mz, heights))


def test_reporters_by_hand():
    one = spectrum({126.1277: 10.0, 127.1248: 20.0, 127.1311: 30.0, 128.0: 99.0})
    found = tmt.reporters([one], "tmt10").iloc[0]
    assert found[["126", "127N", "127C", "128N"]].tolist() == [10.0, 20.0, 30.0, 0.0]


def test_neighbours_are_a_neutron_in_nitrogen_or_carbon_apart():
    assert tmt.MASSES["127N"] - tmt.MASSES["126"] == pytest.approx(0.997035, abs=1e-5)  # 15N - 14N
    assert tmt.MASSES["127C"] - tmt.MASSES["126"] == pytest.approx(1.003355, abs=1e-5)  # 13C - 12C
    assert [len(tmt.CHANNELS[label]) for label in tmt.CHANNELS] == [6, 10, 11, 16, 18]
    assert tmt.moved("127C", -1) == "126"
    assert tmt.moved("128N", 1) == "129N"


def test_impurities_are_taken_out(tmp_path):
    rows = "".join(f"{channel}\t0\t2\t4\t0\n" for channel in tmt.CHANNELS["tmt10"])
    (tmp_path / "lot.tsv").write_text("channel\t-2\t-1\t+1\t+2\n" + rows)
    matrix = tmt.read_impurities(tmp_path / "lot.tsv", "tmt10")
    pure = np.array([100.0, 0, 50, 0, 0, 0, 10, 0, 0, 5])
    seen = pd.DataFrame([matrix @ pure], columns=tmt.CHANNELS["tmt10"])
    assert seen["128C"].iloc[0] == pytest.approx(50 * 0.04 + 10 * 0.02)  # of 127C one up, of 129C one down
    assert tmt.corrected(seen, matrix).iloc[0].to_numpy() == pytest.approx(pure, abs=1e-6)
    (tmp_path / "lot.tsv").write_text("channel\t-1\n126\t2\n")
    with pytest.raises(InputError, match="no row of channel 127N"):
        tmt.read_impurities(tmp_path / "lot.tsv", "tmt10")


def test_bridge_puts_spectra_on_one_scale():
    table = pd.DataFrame({"126": [10.0, 20.0, 0.0], "127N": [5.0, 30.0, 7.0]})
    found = tmt.against_bridge(table, "126")["127N"]
    assert found.iloc[:2].tolist() == pytest.approx([7.5, 22.5])  # ratios 0.5 and 1.5, times the median bridge, 15
    assert np.isnan(found.iloc[2])


def test_known_sum_of_a_real_run(shared_real):
    """MetaMorpheus' TMT11 test data: 127N over its four matches, scans 31008, 31011, 31012, 31013, is 577226.34."""
    run = read_run(shared_real / "proteome_tmt/VA084TQ_6.mzML.gz")
    table = tmt.reporters(run.fragments, "tmt11")
    scans = table.index.str.extract(r"scan=(\d+)")[0].astype(int)
    kept = scans.isin([31008, 31011, 31012, 31013]).to_numpy()
    assert kept.sum() == 4
    assert round(float(table.loc[kept, "127N"].sum()), 2) == 577226.34
