"""Simulated runs: what was planted can be read back by other programs, and nothing else decides the bytes."""

import gzip

import numpy as np
import pytest
from pyteomics import mass

from seriome.intake import spectra as intake_spectra
from seriome.simulate.proteome import (
    TOP_N,
    digest,
    efficiency,
    fragments,
    isotope_pattern,
    peptide_mass,
    write_run,
)

PROTEINS = {
    # two short made-up proteins with every residue in them
    "A": "MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQAPILSRVGDGTQDNLSGAEKAVQVKVKALPDAQFEVVHSLAKWKRQTLGQHDFSAGEGLYTHMK",
    "B": "MSHHWGYGKHNGPEHWHKDFPIAKGERQSPVDIDTHTAKYDPSLKPLSVSYDQATSLRILNNGHAFNVEFDDSQDKAVLKGGPLDGTYRCMLQFWK",
}
AMOUNTS = {"A": 4.0, "B": 1.0}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    write_run(folder / "run.mzML", PROTEINS, AMOUNTS, seed=1)
    return folder


def read(path):
    import pyopenms

    experiment = pyopenms.MSExperiment()
    pyopenms.MzMLFile().load(str(path), experiment)
    return list(experiment)


def test_masses_agree_with_pyteomics():
    for peptide in digest(PROTEINS["A"] + PROTEINS["B"]):
        expected = mass.calculate_mass(sequence=peptide) + 57.02146372 * peptide.count("C")
        assert peptide_mass(peptide) == pytest.approx(expected, abs=1e-5)


def test_fragments_agree_with_pyteomics():
    peptide = "SHFSRPLEER"
    found, share = fragments(peptide, False, 2)
    b = [mass.fast_mass(peptide[:i], ion_type="b", charge=1) for i in range(1, len(peptide))]
    y = [mass.fast_mass(peptide[i:], ion_type="y", charge=1) for i in range(1, len(peptide))]
    known = np.array(b + y)
    assert len(found) > 8
    assert all(np.abs(known - one).min() < 1e-4 for one in found)
    assert share.sum() <= 1 + 1e-9


def test_isotope_pattern_is_near_the_exact_one():
    from pyteomics.mass import Composition, isotopologues

    peptide = "QISFVK"
    exact = np.zeros(4)
    for composition, abundance in isotopologues(
        Composition(sequence=peptide), report_abundance=True, overall_threshold=1e-5
    ):
        extra = sum(n for key, n in composition.items() if key in ("C[13]", "N[15]", "H[2]", "O[17]", "S[33]"))
        extra += 2 * sum(n for key, n in composition.items() if key in ("O[18]", "S[34]"))
        if extra < 4:
            exact[extra] += abundance
    assert np.array(isotope_pattern(peptide)[:4]) == pytest.approx(exact / exact.sum(), abs=0.01)


def test_digest_by_hand():
    assert digest("AAAAAAKPAARCCCCCCCKDDDDDDD") == {
        "AAAAAAKPAAR": 0,  # K before P is no site
        "CCCCCCCK": 0,
        "DDDDDDD": 0,
        "AAAAAAKPAARCCCCCCCK": 1,
        "CCCCCCCKDDDDDDD": 1,
    }
    assert digest("AAAXAAAAK") == {}  # X has no mass


def test_two_other_readers_agree_on_the_file(folder):
    from sagepy.core.spectrum import read_spectra

    ours = read(folder / "run.mzML")
    second = [one for one in ours if one.getMSLevel() == 2]
    theirs = read_spectra(str(folder / "run.mzML"), ms_level=2)
    assert len(theirs) == len(second) > 50
    assert theirs[5].mz == pytest.approx(second[5].get_peaks()[0], rel=1e-6)
    assert theirs[5].precursors[0].charge == second[5].getPrecursors()[0].getCharge()
    records, counts = intake_spectra.check([folder / "run.mzML"], ["run.mzML"])
    assert records == len(ours)
    assert counts["ms2"] == len(second)


def test_order_times_and_cycle(folder):
    times, levels = zip(*[(one.getRT(), one.getMSLevel()) for one in read(folder / "run.mzML")], strict=True)
    assert list(times) == sorted(times)
    assert "2" * (TOP_N + 1) not in "".join(map(str, levels))
    assert times[-1] < 12 * 60


def test_planted_precursors_are_there_within_ppm(folder):
    planted = np.array(
        [(peptide_mass(p) + z * 1.00727646688) / z for s in PROTEINS.values() for p in digest(s) for z in (2, 3)]
    )
    chosen = np.array([s.getPrecursors()[0].getMZ() for s in read(folder / "run.mzML") if s.getMSLevel() == 2])
    nearest = np.abs(chosen[:, None] - planted).min(axis=1) / chosen * 1e6
    assert (nearest < 6).sum() > 20


def test_intensity_is_linear_in_the_amount(tmp_path):
    import pyopenms  # noqa: F401

    peptide = max(digest(PROTEINS["A"]), key=lambda p: (digest(PROTEINS["A"])[p] == 0) * efficiency(p))
    mz = (peptide_mass(peptide) + 2 * 1.00727646688) / 2
    apex = []
    for amount in (1.0, 8.0):
        write_run(tmp_path / "x.mzML", PROTEINS, {"A": amount}, seed=5)
        peaks = [one.get_peaks() for one in read(tmp_path / "x.mzML") if one.getMSLevel() == 1]
        apex.append(max(h[np.abs(m - mz) < mz * 10e-6].sum() for m, h in peaks))
    assert apex[1] / apex[0] == pytest.approx(8, rel=0.15)


def test_equal_seeds_equal_bytes(folder, tmp_path):
    write_run(tmp_path / "run.mzML", PROTEINS, AMOUNTS, seed=1)
    write_run(tmp_path / "run.mzML.gz", PROTEINS, AMOUNTS, seed=1)
    first = (folder / "run.mzML").read_bytes()
    assert (tmp_path / "run.mzML").read_bytes() == first
    assert gzip.decompress((tmp_path / "run.mzML.gz").read_bytes()) == first
    write_run(tmp_path / "run.mzML", PROTEINS, AMOUNTS, seed=2)
    assert (tmp_path / "run.mzML").read_bytes() != first


@pytest.mark.parametrize("blank", [True, False])
def test_nothing_in_it(tmp_path, blank):
    write_run(tmp_path / "x.mzML", PROTEINS if blank else {}, AMOUNTS if blank else {}, seed=1, blank=blank)
    assert len(read(tmp_path / "x.mzML")) > 300
