"""Fragment spectra: libraries as others write them, similarity by hand, decoys, error rates."""

import gzip

import numpy as np
import pandas as pd
import pytest

from seriome.config import schema, with_defaults
from seriome.errors import InputError
from seriome.metabolome import naming, spectra
from seriome.metabolome.adducts import ADDUCTS, PROTON, ions, isotope_ratio

SETTINGS = with_defaults({}, schema("config")["properties"]["metabolome"])
MSP = """NAME: Carbazole
DB#: MSBNK-UFZ-UA000103
PRECURSORMZ: 168.0808
PRECURSORTYPE: [M+H]+
IONMODE: Positive
INCHIKEY: UJOBWOGCFQCDNV-UHFFFAOYSA-N
Num Peaks: 3
141.06990 2764.4
167.07270 2191.9
168.08080 1.72357e+06

Name: Lactic acid
Precursor_type: [M-H]-
PrecursorMZ: 89.0244
Num Peaks: 2
43.0189 100; 45.0345 50
"""
MGF = """BEGIN IONS
PEPMASS=182.0812 0
IONMODE=Positive
NAME=Tyrosine
ADDUCT=[M+H]+
SPECTRUMID=CCMSLIB1
INCHIAUX=OUYCCCASQSFEME-UHFFFAOYSA-N
136.0757\t1000
119.0491\t500
123.0441\t300
END IONS
"""


def entropy(p):
    p = np.asarray(p) / np.sum(p)
    return float(-(p[p > 0] * np.log(p[p > 0])).sum())


def test_libraries_are_read_as_they_are_written(tmp_path):
    (tmp_path / "a.msp").write_text(MSP)
    with gzip.open(tmp_path / "b.mgf.gz", "wt") as file:
        file.write(MGF)
    carbazole, lactate = spectra.read_library(tmp_path / "a.msp", 0.01)
    assert (carbazole.name, carbazole.polarity, carbazole.adduct) == ("Carbazole", "positive", "[M+H]+")
    assert carbazole.library_id == "MSBNK-UFZ-UA000103"
    assert carbazole.peaks[:, 0] == pytest.approx(
        [141.0699]
    )  # what is less than 1.6 Da below the precursor is left out
    assert (lactate.polarity, len(lactate.peaks)) == ("negative", 2)
    (tyrosine,) = spectra.read_library(tmp_path / "b.mgf.gz", 0.01)
    assert (tyrosine.library_id, tyrosine.inchikey[:14]) == ("CCMSLIB1", "OUYCCCASQSFEME")
    assert len(tyrosine.peaks) == 3


@pytest.mark.parametrize(("name", "text"), [("a.txt", MSP), ("a.msp", "NAME: x\n")])
def test_a_file_that_is_no_library_is_refused(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=name):
        spectra.read_library(tmp_path / name, 0.01)


def test_similarity_is_that_of_the_paper():
    """1 - (2 S_AB - S_A - S_B) / ln 4 after intensities of a spectrum of entropy S < 3 are raised to 0.25 + 0.25 S."""
    a, b = np.array([[100.0, 0.5], [120.0, 0.3], [140.0, 0.2]]), np.array([[100.0, 0.6], [120.0, 0.4]])
    p, q = a[:, 1], np.append(b[:, 1], 0)
    p = p ** (0.25 + 0.25 * entropy(p))
    q = np.where(q > 0, q, 1) ** (0.25 + 0.25 * entropy(q)) * (q > 0)
    p, q = p / p.sum(), q / q.sum()
    expected = 1 - (2 * entropy((p + q) / 2) - entropy(p) - entropy(q)) / np.log(4)
    score, shared = spectra.similarity(a.astype(np.float32), b.astype(np.float32), 0.01)
    assert score == pytest.approx(expected, abs=1e-5)
    assert shared == 2


def test_nothing_shared_is_nothing():
    a, b = np.array([[100.0, 1.0]], np.float32), np.array([[100.05, 1.0]], np.float32)
    assert spectra.similarity(a, b, 0.01) == (0.0, 0)
    assert spectra.similarity(a, b[:0], 0.01) == (0.0, 0)


def test_decoys_look_like_spectra_and_match_by_chance_only():
    rng = np.random.default_rng(0)
    library = [entry(rng, number) for number in range(60)]
    pool, draw = spectra._Pool(library, 0.01), np.random.default_rng(1)
    scores = []
    for one in library:
        decoy = pool.decoy(one, draw)
        assert len(decoy) <= len(one.peaks)
        assert decoy[:, 1].sum() == pytest.approx(1, abs=1e-5)
        assert (decoy[:, 0] < one.precursor_mz - 1.5).all()
        scores.append(spectra.similarity(one.peaks, decoy, 0.01)[0])
    assert np.mean(scores) < 0.5


def entry(rng, number, precursor=400.0):
    common = rng.choice(np.arange(60, 380, 20.0), 4, replace=False) + 0.0333
    mz = np.sort(np.concatenate([common, rng.uniform(60, 390, 4)]))
    peaks = np.column_stack([mz, rng.uniform(1, 10, 8)])
    peaks = spectra.clean(peaks, precursor, 0.01)
    return spectra.Entry(f"L{number}", f"C{number}", "", "[M+H]+", "positive", precursor, peaks)


def test_the_stated_error_rate_is_that_of_false_names():
    """Half of the features are compounds of the library, half are none of it, all of one precursor mass each."""
    rng = np.random.default_rng(7)
    library, rows, ms2, truth = [], [], [], {}
    for number in range(80):
        precursor = 300.0 + number * 1.5
        known = entry(rng, number, precursor)
        library.append(known)
        other = entry(rng, 1000 + number, precursor)
        source = known if number % 2 else other
        truth[f"MP{number}"] = bool(number % 2)
        height = source.peaks[:, 1] * np.exp(rng.normal(0, 0.25, len(source.peaks)))
        rows.append((f"MP{number}", "positive", precursor, 10.0 * number))
        ms2.append(("positive", precursor, 10.0 * number, source.peaks[:, 0].astype(float), height.astype(float)))
    atlas = pd.DataFrame(rows, columns=["feature", "polarity", "mz", "rt_s"])
    compounds = pd.DataFrame({"compound_id": [], "name": [], "inchikey": []})
    note = {"positive": {"rt_tolerance_s": 3.0}}
    found, counts = spectra.search(
        atlas, note, pd.DataFrame(ms2, columns=spectra.FRAGMENTS), library, compounds, SETTINGS
    )
    assert counts["features_compared"] == 80
    right = found["feature"].map(truth)
    accepted = found["q_value"] <= 0.05
    assert (accepted & right).sum() >= 36  # of 40
    assert (accepted & ~right).sum() <= 3


def test_isotopes_of_a_formula_by_hand():
    assert isotope_ratio("C6H12O6") == pytest.approx(6 * 0.010816 + 12 * 0.000115 + 6 * 0.000381, abs=1e-5)
    assert isotope_ratio("C6H12O6", 2) == pytest.approx(2 * isotope_ratio("C6H12O6"))
    assert np.isnan(isotope_ratio(""))


def test_ions_of_glucose():
    """m/z of the Fiehn laboratory's table of adducts for 180.06339 Da."""
    glucose = pd.DataFrame({"compound_id": ["glc"], "mass": [180.063388]})
    found = pd.concat([ions(glucose, polarity) for polarity in ADDUCTS]).set_index("adduct")["mz"]
    by_hand = {"[M+H]+": 181.070664, "[M+Na]+": 203.052606, "[M+NH4]+": 198.097213, "[M+K]+": 219.026544}
    by_hand |= {"[2M+H]+": 361.134052, "[M+2H]2+": 91.038970, "[M+H-H2O]+": 163.060100}
    by_hand |= {"[M-H]-": 179.056112, "[M+Cl]-": 215.032789, "[M+HCOO]-": 225.061591, "[2M-H]-": 359.119500}
    for adduct, mz in by_hand.items():
        assert found[adduct] == pytest.approx(mz, abs=2e-4), adduct


def test_evidence_sets_the_level():
    """Mass alone is 3, with a spectrum 2, with a retention time 2, and 1 only where the table is of standards."""
    mass = 180.063388
    feature = {"feature": "MP1", "polarity": "positive", "mz": mass + PROTON, "rt_s": 100.0, "isotope_ratio": 0.065}
    atlas = pd.DataFrame([feature])
    table = pd.DataFrame({"compound_id": ["glc"], "name": ["Glucose"], "formula": ["C6H12O6"], "mass": [mass]})
    table = table.assign(rt_s=np.nan, inchikey="WQZGKKKJIJFFOK-GASJEMHNSA-N")
    none = pd.DataFrame(columns=spectra.MATCHES)
    match = ["MP1", "glc", "Glucose", "[M+H]+", 0.1, 0.9, 4, 1, 0.01, "L1"]
    matched = pd.DataFrame([match], columns=spectra.MATCHES)

    def level(table, matches, **settings):
        return naming.candidates(atlas, table, matches, SETTINGS | settings)["msi_level"].tolist()

    assert level(table, none) == [3]
    assert level(table, matched) == [2]
    assert level(table, matched.assign(spectral_score=0.5)) == [3]
    assert level(table, matched.assign(matched_peaks=2)) == [3]
    assert level(table.assign(rt_s=103.0), none) == [2]
    assert level(table.assign(rt_s=103.0), none, compounds_are_standards=True) == [1]
    assert level(table.assign(rt_s=140.0), none) == []
    assert level(table.assign(rt_s=140.0), matched) == [4]  # a good spectrum at another compound's time
    assert level(table.assign(formula="C10H12O6"), none) == [3]  # 0.11 expected, 0.065 seen: within a factor of two
    assert level(table.assign(formula="C20H12"), none) == [4]  # 0.22 expected
    assert level(table[:0], matched) == [2]
