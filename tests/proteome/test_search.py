"""The whole way of the stage, in memory: simulated runs with known amounts, and real ones with a known answer."""

import numpy as np
import pandas as pd
import pytest

from seriome.config import with_defaults
from seriome.errors import DataError, InputError
from seriome.proteome.fasta import Protein, read_fasta
from seriome.proteome.fdr import assess
from seriome.proteome.quantity import features, peptide_intensities, protein_intensities, quality
from seriome.proteome.run import read_run
from seriome.proteome.search import search
from seriome.proteome.tables import read_table, write_table
from seriome.simulate.proteome import write_run

SETTINGS = with_defaults({"sheets": "", "data": ""})["proteome"]
RESIDUES, SHARES = list("ACDEFGHIKLMNPQRSTVWY"), [8, 2, 5, 7, 4, 7, 2, 5, 6, 10, 2, 4, 5, 4, 5, 7, 5, 7, 1, 4]


def made_up(number, seed):
    rng = np.random.default_rng(seed)
    shares = np.array(SHARES) / sum(SHARES)
    return {
        f"{'PQ'[seed % 2]}{i:05}": "M" + "".join(rng.choice(RESIDUES, int(rng.integers(250, 1200)), p=shares))
        for i in range(number)
    }


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """A run of 40 proteins, and 120 more in the FASTA that are not in it."""
    folder = tmp_path_factory.mktemp("planted")
    there, trap = made_up(40, 2), made_up(120, 3)
    log2 = dict(zip(there, np.random.default_rng(5).normal(0, 2, 40), strict=True))
    write_run(folder / "run.mzML.gz", there, {name: 2**level for name, level in log2.items()}, seed=2)
    write_run(folder / "blank.mzML", there, {}, seed=1, blank=True)
    proteins = {name: Protein(name, f"G{name}", sequence) for name, sequence in (there | trap).items()}
    run = read_run(folder / "run.mzML.gz")
    return {"folder": folder, "log2": pd.Series(log2), "proteins": proteins, "run": run, "trap": set(trap)}


@pytest.fixture(scope="module")
def found(planted):
    return search(planted["run"], planted["proteins"], SETTINGS).assign(run="r1")


def test_planted_proteins_and_amounts(planted, found):
    table, level, problem = assess(found, SETTINGS)
    assert (level, problem) == ("peptide", None)
    proteins = protein_intensities(peptide_intensities(table))
    values = features(proteins, {})[0].set_index("feature")["value"]
    common = [name for name, level in planted["log2"].items() if level > 0]
    assert set(common) <= set(values.index)
    right = values[values.index.isin(planted["log2"].index)]
    assert right.corr(planted["log2"][right.index], method="spearman") >= 0.9
    assert np.polyfit(planted["log2"][right.index], right, 1)[0] == pytest.approx(1, abs=0.2)  # log2 for log2


def test_false_matches_are_as_few_as_promised(planted, found):
    """Three quarters of the FASTA are proteins that are not there: wrong matches fall on them three times in four."""
    table, _, _ = assess(found, SETTINGS)
    targets = table[~table["decoy"]]
    trapped = targets["proteins"].isin(planted["trap"])
    assert table["decoy"].sum() > 0
    assert trapped[~targets["accepted"]].sum() > 0
    assert trapped[targets["accepted"]].sum() / 0.75 <= 0.02 * targets["accepted"].sum()
    accepted = set(targets.loc[targets["accepted"], "group"])
    assert len(accepted & planted["trap"]) <= 2


def test_mass_errors_and_quality(planted, found):
    table, level, _ = assess(found, SETTINGS)
    content = quality(table, planted["run"].levels, level)
    assert abs(content["mass_error_ppm_median"]) < 4
    assert content["spectra"]["ms1"] == 360
    assert content["psms_at_fdr"] > 300
    assert (table["isotope_error"].abs() <= 3).all()
    kept = table[table["accepted"]]
    recomputed = (kept["mass_observed"] - kept["isotope_error"] * 1.00335 - kept["mass_calculated"]).abs()
    assert (recomputed / kept["mass_calculated"] * 1e6 < SETTINGS["precursor_ppm"] + 1).all()


def test_bytes_do_not_depend_on_threads(planted, found, tmp_path):
    again = search(planted["run"], planted["proteins"], SETTINGS, threads=2).assign(run="r1")
    for name, table in (("a", found), ("b", again)):
        write_table(tmp_path / name, table, {"searched": True})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert read_table(tmp_path / "a")[1] == {"searched": True}


def test_blank_run_shows_no_protein(planted):
    run = read_run(planted["folder"] / "blank.mzML")
    table, _, problem = assess(search(run, planted["proteins"], SETTINGS).assign(run="r1"), SETTINGS)
    assert problem.reason == "too_few_matches"
    assert not table["accepted"].any()


def test_run_without_fragment_spectra_is_a_data_problem(tmp_path):
    path = tmp_path / "x.mzML"
    spectra = (
        '<run id="x" defaultInstrumentConfigurationRef="y"><spectrumList count="0" defaultDataProcessingRef="z"/></run>'
    )
    path.write_text(f'<mzML xmlns="http://psi.hupo.org/ms/mzml">{spectra}</mzML>')
    with pytest.raises(DataError, match="no_fragment_spectra"):
        read_run(path)
    path.write_text("not xml")
    with pytest.raises(DataError, match="malformed_mzml"):
        read_run(path)


def test_fasta(tmp_path):
    path = tmp_path / "p.fa"
    path.write_text(">sp|P00533|EGFR_HUMAN Receptor OS=Homo sapiens GN=EGFR PE=1\nMRPS\ngtag*\n>ENSP1 no gene\nMKAA\n")
    proteins = read_fasta(path)
    assert proteins["P00533"] == Protein("P00533", "EGFR", "MRPSGTAG")
    assert proteins["ENSP1"].gene == "ENSP1"
    path.write_text(">A\nMK\n>A\nMR\n")
    with pytest.raises(InputError, match="'A' stands twice"):
        read_fasta(path)
    path.write_text("")
    with pytest.raises(InputError, match="holds no protein"):
        read_fasta(path)


def test_odd_residues_and_empty_sequences_do_not_panic():
    odd = {
        "A": Protein("A", "A", "MKXXPEPTIDEXLKAAAAAAABBBKGGGGUGGGKZZZZZZZZK"),
        "B": Protein("B", "B", "MSAMPLERPEPTIDEK"),
    }
    from seriome.proteome.search import _database

    assert any(peptide.sequence == "MSAMPLERPEPTIDEK" for peptide in _database(odd, SETTINGS)._peptides)


def test_real_runs_pooled(shared_real, capsys):
    """Four Orbitrap runs together: 103 PSMs, 82 peptides, 80 proteins at 1 % FDR (A549 66, HeLa 34, Jurkat 3)."""
    proteins = read_fasta(shared_real / "proteome/human_subset.fasta.gz")
    assert len(proteins) == 1211
    tables = []
    for path in sorted((shared_real / "proteome").glob("*.mzML.gz")):
        cell = next(name for name in ("Jurkat", "A549", "HeLa") if name in path.name)
        tables.append(search(read_run(path), proteins, SETTINGS).assign(run=path.name, cell=cell))
    table, level, problem = assess(pd.concat(tables, ignore_index=True), SETTINGS | {"fdr_scope": "cohort"})
    kept = table[table["accepted"]]
    cells = kept["cell"].value_counts().to_dict()
    with capsys.disabled():
        print(f"\n{len(kept)} PSMs, {kept['peptide'].nunique()} peptides, {kept['group'].nunique()} groups, {cells}")
    assert (level, problem) == ("psm", None)
    assert len(kept) == pytest.approx(103, rel=0.05)
    assert kept["peptide"].nunique() == pytest.approx(82, rel=0.1)
    assert kept["group"].nunique() == pytest.approx(80, rel=0.1)
    assert cells["A549"] == pytest.approx(66, rel=0.1)
    assert cells["HeLa"] == pytest.approx(34, rel=0.1)
    assert all(assess(one, SETTINGS)[2] is not None for one in tables)  # no run gets there by itself
