"""Label-free quantification side by side: the stage's, OpenMS's FeatureFinderIdentification, and Sage's own.

Both are given the same accepted matches of four runs of one patient (two samples before, two after a third of the
proteins changed), and both ask every run for every ion. OpenMS: runs aligned by MapAlignmentAlgorithmIdentification,
ions that a run did not identify given at the aligned median time of the others; peak width told. It takes whatever
feature it finds there, without a rate of false transfers. Sage, where SAGE names its program, is given the files and
the proteins, for its quantification knows no matches but its own; of what it finds at q values up to 1 % the same ions
count. Areas of all go through the stage's roll-up, so that the areas alone differ. CPU seconds and highest memory are
of a process of its own each, reading of the files included, of Sage the search, too.
"""

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from seriome.proteome import modifications, sage
from seriome.simulate.proteome import write_run

from ..proteome.made import SETTINGS, as_proteins, identified, ions_of, levels_of, made_up, searched
from .parts import PROJECT

SAMPLES = ("A1", "A2", "B1", "B2")
ION = ["modified", "charge"]
WIDTH = 15.0  # s, of the simulated peaks at their base


def lfq(proteins: int = 60, minutes: float = 12, fdr: float = 0.01) -> dict:
    """Changes of ions and proteins against the planted ones; how many ions of a run are found; CPU s; GB."""
    there, rng = made_up(proteins, 2), np.random.default_rng(5)
    base, moved = rng.normal(1, 1.6, proteins), np.where(rng.random(proteins) < 0.33, rng.normal(0, 1.5, proteins), 0.0)
    planted, figures = pd.Series(moved, list(there)), {}
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        paths = {name: folder / f"{name}.mzML" for name in SAMPLES}
        for seed, (name, path) in enumerate(paths.items()):
            amounts = 2 ** (base + (moved if name[0] == "B" else 0))
            write_run(path, there, dict(zip(there, amounts, strict=True)), seed=70 + seed, minutes=minutes)
        settings = SETTINGS | {"fdr": fdr}
        table = identified(searched(paths, as_proteins(there), settings)[0], settings)
        table.to_parquet(folder / "matches.parquet")
        asked = len(table.loc[table["accepted"], ION].drop_duplicates()) * len(SAMPLES)
        (folder / "all.fasta").write_text("".join(f">{name}\n{text}\n" for name, text in sorted(there.items())))
        for name in ("seriome", "openms", "sage") if os.environ.get("SAGE") else ("seriome", "openms"):
            code = f"from tests.bench.ms_lfq import _measured; _measured({name!r}, {str(folder)!r})"
            done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=PROJECT)
            if done.returncode:
                raise RuntimeError(done.stderr)
            cost = json.loads(done.stdout.strip().splitlines()[-1])
            figures |= _compared(name, pd.read_parquet(folder / f"{name}.parquet"), planted, asked, cost)
    return figures


def _compared(name: str, ions: pd.DataFrame, planted: pd.Series, asked: int, cost: dict) -> dict:
    wide = np.log2(ions.pivot_table(index=[*ION, "group"], columns="sample", values="area")).reindex(columns=SAMPLES)
    change = (wide[["B1", "B2"]].mean(axis=1, skipna=False) - wide[["A1", "A2"]].mean(axis=1, skipna=False)).dropna()
    truth = planted.reindex(change.index.get_level_values("group")).to_numpy()
    of_ions = pd.DataFrame({"found": change.to_numpy(), "truth": truth}).dropna()
    levels = levels_of(ions, SAMPLES)
    after, before = (sum(levels[one]["level"] for one in pair) / 2 for pair in (("B1", "B2"), ("A1", "A2")))
    of_proteins = pd.DataFrame({"found": after - before, "truth": planted}).dropna()
    figures = {"found": round(len(ions) / asked, 4), "cpu_s": cost["cpu_s"], "gb": cost["gb"]}
    for what, both in (("ion", of_ions), ("protein", of_proteins)):
        figures[f"{what}_r"] = round(float(both.corr().iloc[0, 1]), 4)
        figures[f"{what}_rmse"] = round(float(np.sqrt(((both["found"] - both["truth"]) ** 2).mean())), 4)
        figures[f"{what}s"] = len(both)
    print(
        f"LFQ by {name}: {len(ions)} of {asked} values found; change of {len(of_ions)} ions r {figures['ion_r']}, rmse "
        f"{figures['ion_rmse']}; of {len(of_proteins)} proteins r {figures['protein_r']}, rmse "
        f"{figures['protein_rmse']}; {cost['cpu_s']} s cpu, {cost['gb']} GB"
    )
    return {f"lfq_{name}_{key}": value for key, value in figures.items()}


def _measured(name: str, folder: str) -> None:
    """Areas of one program as a table, its cost on stdout."""
    folder = Path(folder)
    table, start = pd.read_parquet(folder / "matches.parquet"), time.process_time()
    paths = {sample: folder / f"{sample}.mzML" for sample in SAMPLES}
    ways = {"seriome": lambda *given: ions_of(*given)[0], "openms": _openms, "sage": _sage}
    ions = ways[name](table, paths)
    theirs = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = time.process_time() - start + theirs.ru_utime + theirs.ru_stime
    ions.to_parquet(folder / f"{name}.parquet")
    gb = max(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, theirs.ru_maxrss) / 1e6
    print(json.dumps({"cpu_s": round(spent, 1), "gb": round(gb, 2)}))


def _openms(table: pd.DataFrame, paths: dict) -> pd.DataFrame:
    """Ions as `ions_of` gives them, their areas by pyOpenMS."""
    import pyopenms

    kept = table[table["accepted"]].sort_values("score", ascending=False, kind="stable")
    best = kept.drop_duplicates(["sample", *ION])
    described = kept.drop_duplicates(ION).set_index(ION)
    lists = [_listed(best[best["sample"] == name]) for name in paths]
    ways = pyopenms.MapAlignmentAlgorithmIdentification().align(lists, 0)
    common = {  # time of each ion on the scale of the first run
        (one.sample, one.modified, one.charge): ways[list(paths).index(one.sample)].apply(one.rt)
        for one in best.itertuples()
    }
    middle = pd.Series(common).groupby(level=[1, 2]).median()
    parts = []
    for number, (sample, path) in enumerate(paths.items()):
        own = best[best["sample"] == sample].set_index(ION)
        back = pyopenms.TransformationDescription(ways[number])
        back.invert()
        rows = described.assign(
            rt=[own["rt"].get(key, back.apply(middle[key])) for key in described.index],
            source=["identified" if key in own.index else "transferred" for key in described.index],
        ).reset_index()
        rows["area"] = _features(pyopenms, path, rows)
        parts.append(
            rows.assign(sample=sample, unit=f"{sample} r", run="r", plex="", matches=1, mass=rows["mass_calculated"])
        )
    return pd.concat(parts, ignore_index=True).query("area > 0")


def _sage(table: pd.DataFrame, paths: dict) -> pd.DataFrame:
    """Ions as `ions_of` gives them, their areas by Sage's quantification; `all.fasta` lies beside the files."""
    folder = next(iter(paths.values())).parent
    told = sage.parameters(SETTINGS, folder) | {
        "mzml_paths": [str(path) for path in paths.values()],
        "predict_rt": True,
    }
    precision = {"ppm_tolerance": SETTINGS["xic_ppm"], "combine_charge_states": False}
    told["quant"] = {"lfq": True, "lfq_settings": precision}
    (folder / "settings.json").write_text(json.dumps(told))
    words = [os.environ["SAGE"], folder / "settings.json", "--disable-telemetry-i-dont-want-to-improve-sage"]
    subprocess.run(words, check=True, capture_output=True, env=os.environ | {"RAYON_NUM_THREADS": "1"})
    found = pd.read_csv(folder / "lfq.tsv", sep="\t")
    found = found[found["q_value"] <= 0.01]
    fixed, variable = modifications.chosen(SETTINGS)
    taken = [sage.taken_apart(text) for text in found["peptide"]]
    found["modified"] = [modifications.written(*one, fixed + variable) for one in taken]
    described = table[table["accepted"]].sort_values("score", ascending=False, kind="stable").drop_duplicates(ION)
    parts = []
    for sample, path in paths.items():
        areas = found.groupby(ION)[path.name].sum()
        rows = described.assign(area=areas.reindex(pd.MultiIndex.from_frame(described[ION])).to_numpy())
        about = {"sample": sample, "unit": f"{sample} r", "run": "r", "plex": "", "matches": 1, "source": "identified"}
        parts.append(rows.assign(**about, mass=rows["mass_calculated"]))
    return pd.concat(parts, ignore_index=True).query("area > 0")


def _listed(rows: pd.DataFrame):
    """Matches as OpenMS's identifications."""
    import pyopenms

    result = pyopenms.PeptideIdentificationList()
    for at, one in enumerate(rows.itertuples()):
        hit = pyopenms.PeptideHit()
        hit.setSequence(pyopenms.AASequence.fromString(re.sub(r"\[UNIMOD:(\d+)\]", r"(UniMod:\1)", one.modified)))
        hit.setCharge(int(one.charge))
        hit.setScore(float(one.score))
        hit.setMetaValue("target_decoy", "target")
        hit.setMetaValue("row", at)
        identification = pyopenms.PeptideIdentification()
        identification.setIdentifier("run")
        identification.setScoreType("hyperscore")
        identification.setHigherScoreBetter(True)
        identification.setRT(float(one.rt))
        identification.setMZ(float(one.mass_calculated) / one.charge + 1.00727646688)
        identification.setHits([hit])
        result.push_back(identification)
    return result


def _features(pyopenms, path, rows: pd.DataFrame) -> np.ndarray:
    """Intensity of the feature of each row (s x counts), NaN without one."""
    experiment = pyopenms.MSExperiment()
    options = pyopenms.PeakFileOptions()
    options.setMSLevels([1])
    reader = pyopenms.MzMLFile()
    reader.setOptions(options)
    reader.load(str(path), experiment)
    finder = pyopenms.FeatureFinderIdentificationAlgorithm()
    given = finder.getParameters()
    given.setValue("extract:mz_window", 2.0 * SETTINGS["xic_ppm"])
    given.setValue("detect:peak_width", WIDTH)
    finder.setParameters(given)
    finder.setMSData(experiment)
    proteins, features = pyopenms.ProteinIdentification(), pyopenms.FeatureMap()
    proteins.setIdentifier("run")
    finder.run(_listed(rows), [proteins], features, pyopenms.FeatureMap(), str(path))
    areas = np.full(len(rows), np.nan)
    for feature in features:
        for one in feature.getPeptideIdentifications():
            at = int(one.getHits()[0].getMetaValue("row"))
            areas[at] = np.nanmax([areas[at], feature.getIntensity()])
    return areas


PARTS = {"lfq": lfq}
QUICK = {"lfq": {"proteins": 15, "minutes": 4, "fdr": 0.05}}
