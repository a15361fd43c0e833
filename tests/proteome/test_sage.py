"""Sage's own program: what it is told, how its tables are read, and that it finds what sagepy finds."""

import shutil

import numpy as np
import pandas as pd
import pytest

from seriome.errors import InputError
from seriome.proteome import modifications, sage
from seriome.proteome.run import FragmentSpectrum, Run, read_run
from seriome.proteome.search import COLUMNS, Index, engine
from seriome.simulate.proteome import write_run

from .made import SETTINGS, as_proteins, made_up

HEADER = [*sage.NEEDED, "num_proteins", "rank", "expmass", "rt", "delta_best", "scored_candidates"]


def run_of(*names):
    spectra = [FragmentSpectrum(name, 60.0 + i, 500.0, 2, 0.0, np.ones(1), np.ones(1)) for i, name in enumerate(names)]
    return Run(np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0, np.int32), spectra, {2: len(spectra)})


def test_settings_are_handed_over(tmp_path):
    told = sage.parameters(SETTINGS | {"label": "tmt6", "semi_enzymatic": True}, tmp_path)
    assert told["database"]["static_mods"] == {"C": 57.021464, "K": 229.162932, "^": 229.162932}
    assert told["database"]["variable_mods"] == {"M": [15.994915]}
    assert told["database"]["enzyme"]["semi_enzymatic"] is True
    assert told["isotope_errors"] == [-1, 3]
    assert told["precursor_tol"] == {"ppm": [-10, 10]}
    none = sage.parameters(SETTINGS | {"max_variable_modifications": 0}, tmp_path)
    assert none["database"]["variable_mods"] == {}  # Sage takes 0 for 1


def test_tables_are_read_by_hand():
    """Two matches in the program's order, a spectrum without any; a neutron off; a decoy of two proteins."""
    one = dict.fromkeys(HEADER, 0) | {
        "psm_id": 7, "peptide": "[+42.010565]-AC[+57.021465]M[+15.994915]K", "proteins": "P2;OWN_1", "scannr": "scan=3",
        "label": 1, "calcmass": 996.0, "charge": 2, "isotope_error": 1.00335, "hyperscore": 40.5, "delta_next": 8.0,
        "longest_y": 3, "matched_intensity_pct": 55.0, "poisson": -9.5, "fragment_ppm": 1.5, "matched_peaks": 5,
    }  # fmt: skip
    two = one | {"psm_id": 9, "peptide": "PEPTIDEK", "proteins": "rev_P9;rev_P1", "scannr": "scan=1", "label": -1}
    pieces = pd.DataFrame(
        [[7, "y", 3], [7, "b", 2], [7, "y", 3], [9, "y", 10], [9, "y", 2]],
        columns=["psm_id", "fragment_type", "fragment_ordinals"],
    )
    known = [modifications.parse(text) for text in ("Acetyl@protein_n", "Carbamidomethyl@C", "Oxidation@M")]
    found = sage.read_matches(pd.DataFrame([one, two]), pieces, run_of("scan=1", "scan=2", "scan=3"), known)
    assert list(found) == list(COLUMNS)
    assert found["spectrum"].tolist() == ["scan=1", "scan=3"]
    assert found["rt"].tolist() == [60.0, 62.0]
    assert found["decoy"].tolist() == [True, False]
    assert found["proteins"].tolist() == ["P1;P9", "P2"]
    assert found["modified"].tolist() == ["PEPTIDEK", "[UNIMOD:1]-AC[UNIMOD:4]M[UNIMOD:35]K"]
    assert found["peptide"].tolist() == ["PEPTIDEK", "ACMK"]
    assert found["ions"].tolist() == ["y2 y10", "b2 y3"]
    assert found["isotope_error"].tolist() == [1, 1]
    observed = (500 - 1.00727646688) * 2
    assert found["mass_observed"].tolist() == pytest.approx([observed] * 2)
    assert found["ppm"].iloc[1] == pytest.approx((observed - 1.00335 - 996) / 996 * 1e6)
    assert found["precursor_intensity"].isna().all()
    with pytest.raises(RuntimeError, match="no column poisson"):
        sage.read_matches(pd.DataFrame([one]).drop(columns="poisson"), pieces, run_of("scan=3"), known)


def test_what_is_not_sage_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="no program sage is on PATH"):
        engine(as_proteins(made_up(1, 2)), SETTINGS | {"engine": "sage-binary"})
    other = tmp_path / "sage"
    other.write_text("#!/bin/sh\necho SageMath version 10.4\n")
    other.chmod(0o755)
    with pytest.raises(InputError, match="is not Sage"):
        sage.program()
    other.write_text("#!/bin/sh\n[ $1 = --version ] && echo sage 0.14.7 && exit\necho out of memory >&2\nexit 101\n")
    with pytest.raises(RuntimeError, match="sage ended with 101: out of memory"):
        sage.Sage(as_proteins(made_up(1, 2)), SETTINGS).search(run_of("scan=1"))


def test_the_program_finds_what_sagepy_finds(tmp_path):
    """One run of 30 proteins, 40 more in the FASTA, all columns; the scores differ by their formula before 0.15."""
    if shutil.which("sage") is None:
        pytest.skip("no program sage on PATH")
    there = made_up(30, 2)
    write_run(tmp_path / "a.mzML", there, dict.fromkeys(there, 4.0), seed=1, wrong=0.05)
    run, proteins = read_run(tmp_path / "a.mzML"), as_proteins(there | made_up(40, 3))
    ours = Index(proteins, SETTINGS).search(run).set_index("spectrum")
    made = sage.Sage(proteins, SETTINGS)
    table = made.search(run, 1)
    pd.testing.assert_frame_equal(table, made.search(run, 2))
    theirs = table.set_index("spectrum")
    common = ours.index.intersection(theirs.index)
    assert len(common) >= 0.99 * max(len(ours), len(theirs))
    same = ours.loc[common, "modified"] == theirs.loc[common, "modified"]
    strong = ours.loc[common, "delta"] > 2
    assert same[strong].mean() > 0.99
    ours, theirs = (one.loc[common][same] for one in (ours, theirs))
    for column in ("proteins", "decoy", "charge", "isotope_error", "missed_cleavages", "peptide"):
        assert (ours[column] == theirs[column]).all(), column
    assert (ours["ions"] == theirs["ions"]).mean() > 0.99
    for column in ("rt", "ppm", "mass_calculated", "longest_y", "longest_b", "matched_peaks"):
        assert np.allclose(ours[column], theirs[column], atol=0.1), column
    assert np.corrcoef(ours["score"], theirs["score"])[0, 1] > 0.95
