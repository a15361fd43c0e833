"""The proteome stage measured: real runs with known answers, and simulated ones whose truth is planted."""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from seriome.longitudinal import changes, within_variance
from seriome.proteome import tmt
from seriome.proteome.fasta import read_fasta
from seriome.proteome.fdr import assess
from seriome.proteome.identify import judged_by_run, prepared
from seriome.proteome.run import read_run
from seriome.proteome.search import Index
from seriome.simulate.proteome import write_run

from ..proteome.made import SETTINGS, alike, as_proteins, identified, ions_of, levels_of, made_up, searched
from .parts import PROJECT

REAL = PROJECT.parent / "shared/real"
BIOLOGY = 0.1  # log2-spread of a protein from sample to sample of one phase


def real() -> dict:
    """Four small Orbitrap runs judged together at 1 %; known with Sage: 103 matches, 82 peptides, each within 5 %.

    MS2 TMT11: the sum of channel 127N over the four scans of MetaMorpheus' test is 577226.34.
    """
    if not REAL.is_dir():
        print("real: skipped, ../shared/real is not there")
        return {}
    index = Index(read_fasta(REAL / "proteome/human_subset.fasta.gz"), SETTINGS)
    runs = [
        index.search(read_run(path)).assign(run=path.name) for path in sorted((REAL / "proteome").glob("*.mzML.gz"))
    ]
    table, _, _ = assess(pd.concat(runs, ignore_index=True), SETTINGS | {"fdr_scope": "cohort"})
    kept = table[table["accepted"]]
    figures = {"real_psms": len(kept), "real_peptides": int(kept["peptide"].nunique())}
    print(f"real runs, pooled 1 % FDR: {figures['real_psms']} matches, {figures['real_peptides']} peptides")
    run = read_run(REAL / "proteome_tmt/VA084TQ_6.mzML.gz")
    seen = tmt.reporters(run.fragments, "tmt11")
    scans = seen.index.str.extract(r"scan=(\d+)")[0].astype(int).isin([31008, 31011, 31012, 31013]).to_numpy()
    figures["tmt_127n_sum"] = round(float(seen.loc[scans, "127N"].sum()), 2)
    print(f"TMT11, sum of 127N over four scans: {figures['tmt_127n_sum']}")
    return figures


def entrapment(proteins: int = 250, silent: int = 1500, minutes: float = 20, patients: int = 2, runs: int = 4) -> dict:
    """Proteins that are there and as many foreign, wrong precursors, noise: which share of what is accepted is wrong?

    The reference holds `silent` proteins more that are not in the sample, as real ones do; the foreign one is as large.
    Two answers. By entrapment, as on real data: every hit on the foreign proteome stands for one more on the other
    (combined method, Wen et al. 2025, doi:10.1038/s41592-025-02719-x). By truth: the peptide was not fragmented in it.
    Three kinds of sets. One run of proteins that the reference holds: hardly a spectrum lacks its answer, so there are
    few decoys, and nothing to learn from. `patients` of `runs` each, amounts half as large, where every second protein
    of the sample is in no reference, as modified peptides and other species are: from these rescoring learns, by
    patient. The quarters of each of their runs have just enough to learn from; each is learned and judged by itself.
    """
    there, foreign = made_up(proteins, 2), made_up(proteins + silent, 3)
    known, rng = there | made_up(silent, 4), np.random.default_rng(1)
    index, figures = Index(as_proteins(known | foreign), SETTINGS), {}
    easy = _acquired(index, {name: 2 ** rng.normal(0, 2) for name in there}, there, range(1), minutes)
    hard = []
    for patient in range(patients):
        rng = np.random.default_rng([1, patient])
        held = {name: known[name] for name in rng.choice(list(known), proteins, replace=False)}
        held |= made_up(proteins, 5 + patient)
        amounts = {name: 2 ** rng.normal(-1, 2) for name in held}
        hard.append(_acquired(index, amounts, held, range(100 * (patient + 1), 100 * (patient + 1) + runs), minutes))
    few = [
        (psms[psms["sample"] == sample].iloc[part::4], truth)
        for psms, truth in hard
        for sample in truth
        for part in range(4)
    ]
    for prefix, what, sets in (
        ("", "a run of known proteins", [easy]),
        ("unknown_", f"{patients} x {runs} runs, half of the proteins unknown", hard),
        ("few_", "the same, each quarter of a run by itself", few),
    ):
        for name, how in (("", "auto"), ("_without_rescoring", "never")):
            counts = np.array([_errors(psms, truth, foreign, how) for psms, truth in sets])
            kept, trapped, wrong, learned = counts.sum(axis=0)
            figures[f"{prefix}entrapment_fdp{name}"] = round(2 * float(trapped / kept), 5)
            figures[f"{prefix}true_fdp{name}"] = round(float(wrong / kept), 5)
            figures[f"{prefix}entrapment_psms{name}"] = int(kept)
            print(
                f"entrapment, {what}, rescored {learned} of {len(sets)} sets: {kept} matches, wrong by entrapment "
                f"{2 * trapped / kept:.2%}, by truth {wrong / kept:.2%}"
            )
    return figures


def _acquired(index, amounts: dict, sequences: dict, seeds, minutes: float) -> tuple[pd.DataFrame, dict]:
    """(matches, {sample: {spectrum: peptides}}) of a patient's runs, one per seed, a third of the precursors wrong."""
    tables, truth = [], {}
    with tempfile.TemporaryDirectory() as folder:
        for seed in seeds:
            path = Path(folder) / f"{seed}.mzML"
            truth[f"S{seed}"] = write_run(path, sequences, amounts, seed=seed, minutes=minutes, top_n=8, wrong=0.3)
            tables.append(index.search(read_run(path)).assign(sample=f"S{seed}", run="r"))
    return pd.concat(tables, ignore_index=True), truth


def _errors(psms, truth: dict, foreign: dict, how: str) -> tuple[int, int, int, bool]:
    """(accepted matches, those on foreign proteins alone, those to a peptide that was not there, was it rescored)."""
    settings = SETTINGS | {"rescore": how, "fdr_level": "psm"}
    scored, learned = prepared(psms, settings)
    kept = judged_by_run(scored, settings)[0].query("accepted")
    trapped = sum(foreign.keys() >= set(names.split(";")) for names in kept["proteins"])
    wrong = [alike(one.peptide) not in map(alike, truth[one.sample][one.spectrum]) for one in kept.itertuples()]
    return len(kept), trapped, sum(wrong), learned


def change(patients: int = 3, proteins: int = 100) -> dict:
    """Patients sampled twice before and twice after a change of a third of the proteins: found as planted?

    Biology of every sample: log2-spread BIOLOGY. A run per sample; a patient's runs are searched, matched, rolled up
    together; levels go with their errors into the stage `longitudinal`, which learns from all patients what two samples
    of one phase differ by. Each last sample is compared with the patient's first.
    """
    there, rng = made_up(proteins, 2), np.random.default_rng(11)
    names, figures = list(there), {}
    common = rng.normal(1, 1.6, proteins)
    found, errors, samples, planted, held = [], [], [], {}, {}
    start = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        for patient in range(patients):
            moved = np.where(rng.random(proteins) < 0.33, rng.normal(0, 1.5, proteins), 0.0)
            planted[f"P{patient}"] = pd.Series(moved, names)
            base, paths = common + rng.normal(0, 0.35, proteins), {}
            for visit in range(4):
                sample = f"P{patient}T{visit}"
                level = base + (visit >= 2) * moved + rng.normal(0, BIOLOGY, proteins)
                held[sample] = level
                paths[sample] = Path(folder) / f"{sample}.mzML"
                write_run(
                    paths[sample], there, dict(zip(names, 2**level, strict=True)), seed=int(rng.integers(1 << 30))
                )
                samples.append(
                    {"sample": sample, "patient": f"P{patient}", "day": visit * 30, "specimen": "tumor", "site": "lung"}
                    | {"phase": "baseline" if visit < 2 else "progression", "batch": ""}
                )
            psms, _ = searched(paths, as_proteins(there))
            levels = levels_of(ions_of(identified(psms), paths)[0], paths)
            for sample in paths:
                one = levels[sample].reindex(names)
                found.append(one["level"].to_numpy(float))
                errors.append(one["se"].to_numpy(float))
    values, errors = np.array(found).T, np.nan_to_num(np.array(errors).T)
    samples = pd.DataFrame(samples)
    cells = pd.get_dummies(samples["patient"] + samples["phase"]).to_numpy(float)
    variance = within_variance(values, errors, cells)
    table = changes(values, errors, samples, variance)
    table = table[table["early"].str.endswith("T0") & table["late"].str.endswith("T3")]
    table["planted"] = [planted[one.patient].iloc[one.row] for one in table.itertuples()]
    table["held"] = [(held[one.late] - held[one.early])[one.row] for one in table.itertuples()]
    told = table[table["state"] == "estimated"]
    figures["measured_change_r"] = round(float(np.corrcoef(told["estimate"], told["held"])[0, 1]), 4)
    figures["measured_change_rmse"] = round(float(np.sqrt(((told["estimate"] - told["held"]) ** 2).mean())), 4)
    figures["fold_change_r"] = round(float(np.corrcoef(told["estimate"], told["planted"])[0, 1]), 4)
    figures["fold_change_median_error"] = round(float((told["estimate"] - told["planted"]).abs().median()), 4)
    figures["interval_cover"] = round(float(told["planted"].between(told["lower"], told["upper"]).mean()), 4)
    figures["changes_told"] = round(len(told) / len(table), 4)
    print(
        f"{patients} patients x 4 runs, {proteins} proteins: change r {figures['fold_change_r']}, median error "
        f"{figures['fold_change_median_error']} log2 (biology alone {BIOLOGY * np.sqrt(2) * 0.6745:.3f}), 95 % "
        f"intervals hold {figures['interval_cover']:.1%}, told for {figures['changes_told']:.1%}; "
        f"{time.process_time() - start:.0f} s cpu; against what the samples hold: r {figures['measured_change_r']}, "
        f"rmse {figures['measured_change_rmse']}"
    )
    return figures


def transfer(proteins: int = 120) -> dict:
    """False transfers: a run that lacks half of the proteins of the other two. What is carried over of these is wrong.

    Told apart: transfers of matches that were right, whose peak is another ion's; and wrong matches of the donors
    (their 1 %), carried over to the very ion they were taken from, which no decoy of the transfer can see.
    """
    there, rng = made_up(proteins, 2), np.random.default_rng(3)
    names, level, truth = list(there), rng.normal(1, 1.5, proteins), {}
    with tempfile.TemporaryDirectory() as folder:
        paths = {}
        for number in range(3):
            kept = names[: proteins // 2] if number == 2 else names
            paths[f"S{number}"] = Path(folder) / f"{number}.mzML"
            amounts = {name: 2 ** level[names.index(name)] for name in kept}
            truth[f"S{number}"] = write_run(paths[f"S{number}"], there, amounts, seed=50 + number)
        psms, _ = searched(paths, as_proteins(there))
        table = identified(psms)
        ions, told = ions_of(table, paths)
    kept = table[table["accepted"]]
    right = [alike(one.peptide) in map(alike, truth[one.sample][one.spectrum]) for one in kept.itertuples()]
    sound = set(map(tuple, kept.loc[right, ["modified", "charge"]].to_numpy().tolist()))
    moved = ions[(ions["sample"] == "S2") & (ions["source"] == "transferred")]
    false = moved["group"].isin(names[proteins // 2 :]).to_numpy()
    carried = np.array([key not in sound for key in map(tuple, moved[["modified", "charge"]].to_numpy().tolist())])
    figures = {
        "transferred": len(moved),
        "transfer_false_share": round(float((false & ~carried).mean()), 4),
        "transfer_of_wrong_matches": round(float(carried.mean()), 4),
    }
    print(
        f"transfers between runs of the same proteins: {told['S0 r']['transferred']} of {told['S0 r']['asked']} asked\n"
        f"transfers to a run without half of the proteins: {len(moved)} of {told['S2 r']['asked']} asked; "
        f"false {figures['transfer_false_share']:.1%}, wrong matches carried over "
        f"{figures['transfer_of_wrong_matches']:.1%}"
    )
    return figures


def scale(few: int = 6, many: int = 60) -> dict:
    """CPU seconds per file of search, rates, areas and profile, for few and many small runs, six to a patient."""
    there, seconds = made_up(12, 2), {}
    with tempfile.TemporaryDirectory() as folder:
        paths = {}
        for number in range(many):
            paths[f"S{number:02}"] = Path(folder) / f"{number}.mzML"
            write_run(paths[f"S{number:02}"], there, dict.fromkeys(there, 4.0), seed=number, minutes=2)
        settings = SETTINGS | {"fdr": 0.05}
        for count in (few, many):
            start, parts = time.process_time(), []
            names = sorted(paths)[:count]
            for first in range(0, count, 6):
                mine = {name: paths[name] for name in names[first : first + 6]}
                psms, _ = searched(mine, as_proteins(there), settings)
                parts.append(ions_of(identified(psms, settings), mine, settings)[0])
            levels_of(pd.concat(parts, ignore_index=True), names)
            seconds[count] = (time.process_time() - start) / count
    ratio = round(seconds[many] / seconds[few], 3)
    print(f"CPU s per file: {seconds[few]:.2f} of {few}, {seconds[many]:.2f} of {many}; ratio {ratio}")
    return {"cpu_s_per_file_6": round(seconds[few], 2), "cpu_s_per_file_60": round(seconds[many], 2), "growth": ratio}


def memory(proteins: int = 20_000) -> dict:
    """Index of 20,000 proteins and search of one run, in a process of its own: CPU seconds and highest memory."""
    code = "import sys; from tests.bench.ms_proteome import _index_and_search; _index_and_search(int(sys.argv[1]))"
    done = subprocess.run([sys.executable, "-c", code, str(proteins)], capture_output=True, text=True, cwd=PROJECT)
    if done.returncode:
        raise RuntimeError(done.stderr)
    gb, index_s, search_s, forms = map(float, done.stdout.split())
    print(
        f"{proteins} proteins: {forms / 1e6:.2f} M forms, index {index_s:.0f} s, search {search_s:.0f} s, {gb:.2f} GB"
    )
    return {"index_gb_20000": round(gb, 3), "index_s_20000": round(index_s, 1), "search_s_20000": round(search_s, 1)}


def _index_and_search(number: int) -> None:
    rng = np.random.default_rng(1)
    there = made_up(40, 2)
    proteins = as_proteins(there | made_up(number - 40, 3, (60, 900)))
    with tempfile.TemporaryDirectory() as folder:
        write_run(Path(folder) / "a.mzML", there, dict(zip(there, 2 ** rng.normal(1, 1, 40), strict=True)), seed=1)
        start = time.process_time()
        index = Index(proteins, SETTINGS)
        made = time.process_time()
        index.search(read_run(Path(folder) / "a.mzML"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(peak, made - start, time.process_time() - made, index.forms)


PARTS = {
    "real": real,
    "entrapment": entrapment,
    "change": change,
    "transfer": transfer,
    "scale": scale,
    "memory": memory,
}
QUICK = {
    "entrapment": {"proteins": 60, "silent": 100, "minutes": 12, "patients": 1, "runs": 2},
    "change": {"patients": 2, "proteins": 30},
    "transfer": {"proteins": 40},
    "scale": {"few": 6, "many": 12},
    "memory": {"proteins": 2000},
}
