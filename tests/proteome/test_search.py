"""The whole way of the stage, in memory: simulated runs with known amounts, and real ones with a known answer."""

import numpy as np
import pandas as pd
import pytest

from seriome.errors import DataError, InputError
from seriome.proteome import modifications, tmt
from seriome.proteome.fasta import CONTAMINANT, Protein, read_contaminants, read_fasta
from seriome.proteome.fdr import assess
from seriome.proteome.quantity import quality
from seriome.proteome.run import read_run
from seriome.proteome.search import Index
from seriome.proteome.tables import read_table, write_table
from seriome.proteome.transfer import labelled
from seriome.simulate.proteome import write_run

from ..conftest import PROJECT
from .made import SETTINGS, as_proteins, identified, ions_of, levels_of, made_up, searched

SAMPLES = ("A", "B")


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """Two runs of 40 proteins, ten of them at other amounts, and 120 more in the FASTA that are not in them."""
    folder = tmp_path_factory.mktemp("planted")
    there, trap = made_up(40, 2), made_up(120, 3)
    rng = np.random.default_rng(5)
    log2 = pd.DataFrame({"A": rng.normal(0, 2, 40)}, index=list(there))
    log2["B"] = log2["A"] + np.where(np.arange(40) % 4 == 0, 1.5, 0.0)
    paths = {}
    for seed, sample in enumerate(SAMPLES, 2):
        paths[sample] = folder / f"{sample}.mzML.gz"
        write_run(paths[sample], there, (2 ** log2[sample]).to_dict(), seed=seed, wrong=0.05)
    write_run(folder / "blank.mzML", there, {}, seed=1, blank=True)
    proteins = as_proteins(there | trap)
    psms, index = searched(paths, proteins)
    table = identified(psms)
    return {
        "folder": folder, "log2": log2, "proteins": proteins, "paths": paths, "trap": set(trap), "index": index,
        "psms": psms, "table": table,
    }  # fmt: skip


def test_planted_amounts_and_changes(planted):
    ions, transfers = ions_of(planted["table"], planted["paths"])
    levels = levels_of(ions, SAMPLES)
    truth, found = planted["log2"], levels["A"]["level"]
    common = found.index.intersection(truth.index)
    assert set(truth.index[truth["A"] > 0]) <= set(common)
    assert found[common].corr(truth.loc[common, "A"], method="spearman") >= 0.9
    assert np.polyfit(truth.loc[common, "A"], found[common], 1)[0] == pytest.approx(1, abs=0.2)  # log2 for log2
    change = (levels["B"]["level"] - found).dropna().reindex(truth.index).dropna()
    planned = (truth["B"] - truth["A"]).reindex(change.index)
    assert np.corrcoef(change, planned)[0, 1] >= 0.97
    assert (change - planned).abs().median() < 0.1
    assert (ions["source"] == "transferred").sum() > 50
    assert all(one["transferred"] <= one["asked"] for one in transfers.values())


def test_transfers_to_a_run_that_holds_nothing_are_few(planted):
    """A blank beside the two runs: everything is asked of it, nothing is there, and nothing can be learned from it."""
    paths = planted["paths"] | {"C": planted["folder"] / "blank.mzML"}
    ions, figures = ions_of(planted["table"], paths)
    assert (ions["sample"] == "C").sum() == 0
    assert figures["C r"]["asked"] > 500


def test_false_matches_are_as_few_as_promised(planted):
    """Three quarters of the FASTA are proteins that are not there: wrong matches fall on them three times in four."""
    targets = planted["table"][~planted["table"]["decoy"]]
    trapped = targets["proteins"].isin(planted["trap"])
    assert planted["table"]["decoy"].sum() > 0
    assert trapped[~targets["accepted"]].sum() > 0
    assert trapped[targets["accepted"]].sum() / 0.75 <= 0.02 * targets["accepted"].sum()


def test_mass_errors_and_quality(planted):
    table = planted["table"][planted["table"]["sample"] == "A"]
    run = read_run(planted["paths"]["A"])
    content = run.described() | quality(table, "peptide")
    assert abs(content["mass_error_ppm_median"]) < 4
    assert content["spectra"]["ms1"] == 360
    assert content["psms_at_fdr"] > 300
    assert content["contaminant_share"] == 0
    assert (table["isotope_error"].abs() <= 3).all()
    kept = table[table["accepted"]]
    recomputed = (kept["mass_observed"] - kept["isotope_error"] * 1.00335 - kept["mass_calculated"]).abs()
    assert (recomputed / kept["mass_calculated"] * 1e6 < SETTINGS["precursor_ppm"] + 1).all()
    assert (kept["isotope_error"] == 1).any()  # planted wrong precursors: right all the same


def test_bytes_do_not_depend_on_threads(planted, tmp_path):
    run = read_run(planted["paths"]["A"])
    for name, threads in (("a", 1), ("b", 2)):
        write_table(tmp_path / name, planted["index"].search(run, threads), {"searched": True})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert read_table(tmp_path / "a")[1] == {"searched": True}


def test_blank_run_shows_no_protein(planted):
    run = read_run(planted["folder"] / "blank.mzML")
    table, _, problem = assess(planted["index"].search(run).assign(run="r1"), SETTINGS)
    assert problem.reason == "too_few_matches"
    assert not table["accepted"].any()


def test_labels_are_searched_and_reporters_read(tmp_path):
    """Six channels of 15 proteins: those of channel 129N hold twice as much of every third protein."""
    there, channels = made_up(15, 4), tuple(tmt.CHANNELS["tmt6"])
    amounts = {name: [3, 3, 3, 6 if at % 3 == 0 else 3, 3, 3] for at, name in enumerate(there)}
    write_run(tmp_path / "plex.mzML", there, amounts, seed=1, channels=channels)
    run, settings = read_run(tmp_path / "plex.mzML"), SETTINGS | {"label": "tmt6", "fdr": 0.05}
    table, _, problem = assess(Index(as_proteins(there), settings).search(run), settings)
    assert problem is None
    kept = table[table["accepted"]]
    assert kept["modified"].str.startswith("[UNIMOD:737]-").all()
    assert kept.loc[kept["peptide"].str.endswith("K"), "modified"].str.endswith("K[UNIMOD:737]").all()
    seen = tmt.reporters(run.fragments, "tmt6").loc[kept["spectrum"]]
    ratio = np.log2(seen["129N"] / seen["126"]).groupby(kept["group"].to_numpy()).median()
    doubled = ratio.index.isin([name for at, name in enumerate(there) if at % 3 == 0])
    assert ratio[doubled].median() == pytest.approx(1, abs=0.15)
    assert ratio[~doubled].median() == pytest.approx(0, abs=0.1)
    # the samples of the plex through the rest of the stage, each its own channel of the one file
    channels = {"S1 plex": "126", "S2 plex": "129N", "S3 plex": "130C"}
    units = pd.concat([table.assign(sample=unit.split(" ")[0], run="plex", unit=unit) for unit in channels])
    runs = dict.fromkeys(channels, lambda: run)
    ions = labelled(runs, units.assign(reported=False), channels, None, {"label": "tmt6", "bridge": None})
    assert set(ions["plex"]) == {"plex"}
    levels = levels_of(ions.assign(sample=ions["unit"].str.split(" ").str[0]), ("S1", "S2", "S3"))
    change = (levels["S2"]["level"] - levels["S1"]["level"]).dropna()
    doubled = change.index.isin([name for at, name in enumerate(there) if at % 3 == 0])
    assert change[doubled].median() - change[~doubled].median() == pytest.approx(1, abs=0.15)
    bridged = labelled(runs, units.assign(reported=False), channels, None, {"label": "tmt6", "bridge": "126"})
    assert set(bridged["plex"]) == {""}
    of_bridge = bridged.loc[bridged["unit"] == "S1 plex", "area"]
    assert of_bridge.nunique() <= of_bridge.size / 2  # the bridge against itself: its median, times the matches


def test_modifications_by_name():
    found = modifications.parse("Oxidation@M")
    assert (found.unimod, found.target) == (35, "M")
    assert modifications.parse("Acetyl@protein_n").target == "["
    with pytest.raises(InputError, match="did you mean 'Oxidation'"):
        modifications.parse("Oxydation@M")
    with pytest.raises(InputError, match="its site is"):
        modifications.parse("Oxidation@met")
    known = [modifications.parse(text) for text in ("TMT6plex@K", "Carbamidomethyl@C")]
    masses = [0.0, 57.021465, 229.16293, 1.5]
    assert (
        modifications.written("ACKW", masses, 229.162933, known) == "[UNIMOD:737]-AC[UNIMOD:4]K[UNIMOD:737]W[+1.5000]"
    )


def test_semi_enzymatic_and_variable_modifications(planted):
    few = dict(list(planted["proteins"].items())[:3])
    plain = Index(few, SETTINGS).forms
    assert Index(few, SETTINGS | {"semi_enzymatic": True}).forms > 5 * plain
    assert Index(few, SETTINGS | {"variable": ["Oxidation@M", "Phospho@S"]}).forms > 1.5 * plain


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


def test_profiles_are_centroided_and_counted(tmp_path):
    import pyopenms

    experiment = pyopenms.MSExperiment()
    mz = np.arange(499.9, 500.1, 0.002)
    for level in (1, 2):
        spectrum = pyopenms.MSSpectrum()
        spectrum.setMSLevel(level)
        spectrum.setRT(float(level))
        spectrum.setNativeID(f"scan={level}")
        spectrum.setType(pyopenms.SpectrumSettings.SpectrumType.PROFILE)
        spectrum.set_peaks((mz, (1e5 * np.exp(-0.5 * ((mz - 500) / 0.01) ** 2)).astype(np.float32)))
        if level == 2:
            precursor = pyopenms.Precursor()
            precursor.setMZ(500.0)
            spectrum.setPrecursors([precursor])
        experiment.addSpectrum(spectrum)
    pyopenms.MzMLFile().store(str(tmp_path / "p.mzML"), experiment)
    run = read_run(tmp_path / "p.mzML")
    assert run.picked == 2
    assert run.ms1_mz == pytest.approx([500.0], abs=1e-3)
    assert run.fragments[0].mz == pytest.approx([500.0], abs=1e-3)


def test_fasta(tmp_path):
    path = tmp_path / "p.fa"
    path.write_text(">sp|P00533|EGFR_HUMAN Receptor OS=Homo sapiens GN=EGFR PE=1\nMRPS\ngtag*\n>ENSP1 no gene\nMKAA\n")
    proteins = read_fasta(path)
    assert proteins["P00533"] == Protein("P00533", "EGFR", "MRPSGTAG")
    assert proteins["ENSP1"].gene == "ENSP1"
    assert set(read_contaminants(path)) == {f"{CONTAMINANT}P00533", f"{CONTAMINANT}ENSP1"}
    path.write_text(">A\nMK\n>A\nMR\n")
    with pytest.raises(InputError, match="'A' stands twice"):
        read_fasta(path)
    path.write_text("")
    with pytest.raises(InputError, match="holds no protein"):
        read_fasta(path)


def test_the_project_s_contaminants_are_found_as_peptides():
    listed = read_contaminants(PROJECT / "resources/contaminants.tsv")
    peptides = {peptide.sequence for peptide in Index(listed, SETTINGS).database._peptides}
    assert {"VATVSLPR", "LGEHNIDVLEGNEQFINAAK", "LVNELTEFAK", "SLDLDSIIAEVK"} <= peptides


def test_odd_residues_and_empty_sequences_do_not_panic():
    odd = {
        "A": Protein("A", "A", "MKXXPEPTIDEXLKAAAAAAABBBKGGGGUGGGKZZZZZZZZK"),
        "B": Protein("B", "B", "MSAMPLERPEPTIDEK"),
    }
    assert any(peptide.sequence == "MSAMPLERPEPTIDEK" for peptide in Index(odd, SETTINGS).database._peptides)


def test_the_other_engine_agrees(planted):
    """OpenMS's engine on one run: of what both believe, nearly all is the same peptide."""
    from seriome.proteome.openms import OpenMS

    path, few = planted["paths"]["A"], dict(list(planted["proteins"].items())[:80])
    run = read_run(path)
    tables = []
    for made in (Index(few, SETTINGS), OpenMS(few, SETTINGS)):
        table, _, problem = assess(made.search(run, path=path), SETTINGS)
        assert problem is None
        tables.append(table[table["accepted"]].set_index("spectrum"))
    sage, openms = tables
    common = sage.index.intersection(openms.index)
    assert len(common) > 0.8 * len(sage)
    assert (sage.loc[common, "modified"] == openms.loc[common, "modified"]).mean() > 0.98
    assert (sage.loc[common, "ppm"] - openms.loc[common, "ppm"]).abs().median() < 0.2
    shared = [
        len(set(a.split()) & set(b.split())) / len(a.split())
        for a, b in zip(sage.loc[common, "ions"], openms.loc[common, "ions"], strict=True)
    ]
    assert np.median(shared) > 0.8


def test_real_runs_pooled(shared_real, capsys):
    """Four Orbitrap runs together: 103 PSMs, 82 peptides, 80 proteins at 1 % FDR (A549 66, HeLa 34, Jurkat 3)."""
    proteins = read_fasta(shared_real / "proteome/human_subset.fasta.gz")
    assert len(proteins) == 1211
    tables, index = [], Index(proteins, SETTINGS)
    for path in sorted((shared_real / "proteome").glob("*.mzML.gz")):
        cell = next(name for name in ("Jurkat", "A549", "HeLa") if name in path.name)
        tables.append(index.search(read_run(path)).assign(run=path.name, cell=cell))
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
