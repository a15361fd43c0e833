"""The metabolome stage measured: real runs beside mzmine and asari, and a simulated study whose truth is planted."""

import gzip
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from seriome.config import schema, with_defaults
from seriome.metabolome import atlas as atlases
from seriome.metabolome import control, naming, openms, spectra
from seriome.metabolome.align import match
from seriome.metabolome.detect import detect
from seriome.metabolome.levels import levels
from seriome.metabolome.measure import measure
from seriome.metabolome.tables import read_compounds
from seriome.simulate.injections import HARD
from seriome.simulate.metabolome import (
    NOT_NEGATIVE,
    compounds,
    reference_levels,
    write_compounds,
    write_injection,
    write_library,
)

from .parts import PROJECT

REAL = PROJECT.parent / "shared/real/metabolome"
SETTINGS = with_defaults({}, schema("config")["properties"]["metabolome"])


def _injection(path):
    """Runs of one file with their features, and its fragment spectra."""
    runs = [(run, *detect(run)) for run in openms.load(path)]
    return [(run, table, found | openms.describe(run)) for run, table, found in runs], spectra.fragments(path)


def _atlas(pools, blanks, compounds_table, library):
    """The atlas of injections (as of `_injection`), named, with its note and its candidates."""
    own = [(table, found) for runs, _ in pools for _, table, found in runs]
    against = [(table, found) for runs, _ in blanks for _, table, found in runs]
    atlas, note = atlases.learn(own, against, SETTINGS)
    matches, counts = spectra.search(
        atlas, note, pd.concat([ms2 for _, ms2 in pools]), library, compounds_table, SETTINGS
    )
    found = naming.candidates(atlas, compounds_table, matches, SETTINGS)
    return naming.name(atlas, found), note, found, counts


def _against(found: pd.DataFrame, expected: pd.DataFrame, ppm=10, rt_tolerance_s=6.0):
    """Pairs of one-to-one matches and the correlation of their log2 areas (tables with mz, rt_s, area)."""
    expected, found = expected.dropna().reset_index(drop=True), found.reset_index(drop=True)
    pairs = match(found, expected, ppm=ppm, rt_tolerance_s=rt_tolerance_s)
    logs = np.log2(found["area"].to_numpy()[pairs["here"]]), np.log2(expected["area"].to_numpy()[pairs["there"]])
    areas = len(pairs) > 2 and np.ptp(logs[1]) > 0  # of the simulated ones none is known
    return len(pairs), len(expected), float(np.corrcoef(*logs)[0, 1]) if areas else float("nan")


def _mzmine(prefix="") -> pd.DataFrame:
    table = pd.read_csv(REAL / "expected_results.csv")
    return pd.DataFrame({"mz": table[f"{prefix}mz"], "rt_s": 60 * table[f"{prefix}rt"], "area": table[f"{prefix}area"]})


def real_metabolome() -> dict:
    """Two Orbitrap runs of one minute: mzmine's 120 features, and the compounds that MassBank's spectra support."""
    if not REAL.is_dir():
        print("real_metabolome: skipped, ../shared/real/metabolome is not there")
        return {}
    paths = sorted(path for path in REAL.iterdir() if ".mzML" in path.name)
    read = [_injection(path) for path in paths]
    library = spectra.read_library(REAL / "massbank_UFZ_LCSB_Athens_ccby.msp.gz", SETTINGS["fragment_da"])
    atlas, note, found, counts = _atlas(read, [], read_compounds(), library)
    features, of, _ = _against(atlas.assign(area=2 ** atlas["pool_log2_area"]), _mzmine())
    correlations = []
    for path, (runs, _) in zip(paths, read, strict=True):
        ((run, table, about),) = runs
        measured, _ = measure(run, table, about, atlas, note, SETTINGS)
        measured = measured.merge(atlas[["feature", "mz"]])[lambda t: t["state"] == "measured"]
        correlations.append(_against(measured, _mzmine(f"datafile:{path.name.removesuffix('.gz')}:"))[2])
    print(f"real runs: {features} of mzmine's {of} features; log area r {', '.join(f'{r:.4f}' for r in correlations)}")
    print(f"fragment spectra: {counts}")
    for row in found[found["spectral_score"].notna()].itertuples():
        words = f"{row.name}: score {row.spectral_score:.3f}, {row.matched_peaks:.0f} peaks, q {row.q_value:.3f}"
        print(f"  {words}, level {row.msi_level}{'' if row.chosen else ' (not named)'}; {row.library_id}")
    supported = found[found["chosen"] & found["spectral_score"].notna()]
    return {
        "real_features_of_120": features,
        "real_log_area_r": round(min(correlations), 4),
        "real_compounds": [
            {"name": row.name, "score": round(row.spectral_score, 3), "peaks": int(row.matched_peaks)}
            | {"level": int(row.msi_level), "q": round(row.q_value, 3)}
            for row in supported.itertuples()
        ],
    }


def _plan(folder: Path, patients: int, every: int, batches: int, seed: int, polarity: str):
    """Files of a study: (batch, injection, kind, patient or None, after, path); all levels change from before to
    after by the same factors in every patient, patients differ too."""
    rng, reference = np.random.default_rng(seed), reference_levels()
    change = {key: rng.normal(0, 1) for key in reference}
    person = [{key: rng.normal(0, 0.5) for key in reference} for _ in range(patients)]
    samples = [(patient, after) for patient in range(patients) for after in (False, True)]
    levels_of = {
        (patient, after): {
            key: level * 2 ** (person[patient][key] + change[key] * after) for key, level in reference.items()
        }
        for patient, after in samples
    }
    pool = {key: float(np.mean([one[key] for one in levels_of.values()])) for key in reference}
    order, planned = rng.permutation(len(samples)), []
    for batch, places in enumerate(np.array_split(order, batches), start=1):
        queue = [("blank", None, None)]
        for number, place in enumerate(places):
            queue += [("pool", None, None)] if number % every == 0 else []
            queue.append(("sample", *samples[place]))
        queue.append(("pool", None, None))
        for injection, (kind, patient, after) in enumerate(queue, start=1):
            path = folder / f"{polarity[:3]}-{batch}-{injection:03d}-{kind}.mzML"
            planned.append((batch, injection, kind, patient, after, path))
            own = {"sample": levels_of.get((patient, after)), "pool": pool, "blank": {}}[kind]
            about = {"batch": batch, "injection": injection, "polarity": polarity, "blank": kind == "blank"}
            write_injection(path, own, seed=seed, pool=kind == "pool", study=HARD, **about)
    return planned, change


def _study(folder: Path, patients: int, every: int, batches: int, polarity: str, seed: int = 11) -> dict:
    """One polarity of a study from raw files to levels; see `metabolome_study`."""
    planned, change = _plan(folder, patients, every, batches, seed, polarity)
    write_compounds(folder / "compounds.tsv")
    write_library(folder / "spectra.msp")
    table = read_compounds(folder / "compounds.tsv")
    began, read = time.process_time(), {}
    for *_, path in planned:
        read[path] = _injection(path)
    pools = [read[path] for _, _, kind, *_, path in planned if kind == "pool"]
    blanks = [read[path] for _, _, kind, *_, path in planned if kind == "blank"]
    library = spectra.read_library(folder / "spectra.msp", SETTINGS["fragment_da"])
    atlas, note, _, _ = _atlas(pools, blanks, table, library)
    injections = {}
    for batch, injection, *_, path in planned:
        ((run, features, found),) = read[path][0]
        measured, _ = measure(run, features, found, atlas, note, SETTINGS)
        injections[path] = {"batch": str(batch), "injection": injection, "table": measured}
    learned = control.learn(atlas, [injections[p] for _, _, kind, *_, p in planned if kind == "pool"], SETTINGS)
    constants, offsets, about = learned
    seconds = time.process_time() - began
    main = atlas[atlas["adduct"].isin(["[M+H]+", "[M-H]-"]) & atlas["compound_id"].notna()].set_index("feature")
    planted = [one.compound_id for one in compounds() if polarity == "positive" or one.compound_id not in NOT_NEGATIVE]
    values = {}
    raw_settings = SETTINGS | {"normalise": "none"}
    for *_, kind, patient, after, path in planned:
        if kind == "sample":
            done = levels([injections[path]], atlas, constants, offsets, SETTINGS)[0]
            raw = levels([injections[path]], atlas, constants, offsets.iloc[:0], raw_settings)[0]
            for name, one in (("corrected", done), ("raw", raw)):
                rows = one.set_index("feature").reindex(main.index)
                values[name, patient, after] = rows["value"].set_axis(main["compound_id"])
                covered = (rows["upper"] - rows["lower"]).set_axis(main["compound_id"])
                values["width", patient, after] = covered
    truth = pd.Series(change).reindex(main["compound_id"].unique())
    errors = {
        name: pd.concat([values[name, p, True] - values[name, p, False] - truth for p in range(patients)]).dropna()
        for name in ("corrected", "raw")
    }
    off, half = (
        pd.DataFrame({p: one(p) for p in range(patients)}).reindex(truth.index)
        for one in (
            lambda p: (values["corrected", p, True] - values["corrected", p, False] - truth).abs(),
            lambda p: np.hypot(values["width", p, False], values["width", p, True]) / 2,
        )
    )
    known = (off.notna() & half.notna()).to_numpy()
    cover = float((off.to_numpy() <= half.to_numpy())[known].mean())
    ratio = (constants["cv_predicted"] / constants["cv_raw"])[constants["removed"] == ""].dropna()
    named = set(main["compound_id"])
    spectral = atlas[atlas["spectral_score"] >= SETTINGS["min_score"]]
    print(
        f"{polarity}: {len(planned)} injections in {batches} batches, {len(pools)} pools; {len(atlas)} features, "
        f"{len(named & set(planted))} of {len(planted)} compounds named; {len(spectral)} names with a spectrum; "
        f"{seconds / len(planned):.1f} CPU s per injection"
    )
    print(f"  batches: {about['batches']}")
    print(f"  removed: {constants['removed'].value_counts().to_dict()}")
    print(
        f"  CV of pools {about['median_cv_raw']:.3f} raw, {about['median_cv']:.3f} corrected, "
        f"{about['median_cv_predicted']:.3f} predicted; ratio {ratio.median():.3f}"
    )
    for name, one in errors.items():
        print(f"  fold change of one patient, {name}: median error {one.abs().median():.3f} log2")
    print(f"  95 % intervals of these changes hold {cover:.3f}")
    return {
        "planted": len(planted),
        "named": len(named & set(planted)),
        "ratio": float(ratio.median()),
        "error": float(errors["corrected"].abs().median()),
        "raw_error": float(errors["raw"].abs().median()),
        "cover": cover,
    }


def metabolome_study(patients=10, every=2, batches=2, polarities=("positive", "negative")) -> dict:
    """A study in two batches where every compound drifts in its own way, batches differ and samples are diluted."""
    figures = []
    for polarity in polarities:
        with tempfile.TemporaryDirectory() as folder:
            figures.append(_study(Path(folder), patients, every, batches, polarity))
    total = sum(one["planted"] for one in figures)
    return {
        "metabolite_recall": round(sum(one["named"] for one in figures) / total, 4),
        "qc_cv_ratio": round(max(one["ratio"] for one in figures), 3),
        "metabolite_fold_error": round(max(one["error"] for one in figures), 3),
        "metabolite_fold_error_raw": round(max(one["raw_error"] for one in figures), 3),
        "metabolite_interval_cover": round(min(one["cover"] for one in figures), 3),
    }


def metabolome_cost(features=3000, counts=(6, 20, 60)) -> dict:
    """CPU time of the steps that see many files, over their number: linking of pools, and control."""
    rng = np.random.default_rng(5)
    truth = pd.DataFrame({"mz": rng.uniform(80, 900, features), "rt_s": rng.uniform(20, 900, features)})
    truth["area"] = 2 ** rng.normal(20, 3, features)
    seconds = {}
    for count in (counts[0], *counts):  # the first twice: what is imported then is not counted
        tables = []
        for number in range(count):
            seen = truth[rng.random(features) > 0.1]
            extra = pd.DataFrame({"mz": rng.uniform(80, 900, 300), "rt_s": rng.uniform(20, 900, 300), "area": 2.0**14})
            table = pd.concat([seen, extra], ignore_index=True)
            table["mz"] *= 1 + rng.normal(0, 1e-6, len(table))
            table["rt_s"] += rng.normal(0, 0.5, len(table)) + 2 * np.sin(number)
            table["area"] *= np.exp(rng.normal(0, 0.1, len(table)))
            table = table.assign(fwhm_s=6.0, charge=0, isotopes=[[1.0]] * len(table))
            tables.append((table, {"polarity": "positive", "fwhm_s": 6.0}))
        began = time.process_time()
        atlas, _ = atlases.learn(tables, [], SETTINGS)
        linking = time.process_time() - began
        log2 = np.log2(rng.lognormal(0, 0.1, (count, len(atlas)))) + 20
        pools = [
            {
                "batch": "1",
                "injection": 1 + 8 * n,
                "table": pd.DataFrame({"feature": atlas["feature"], "area": 2.0**row, "lod_area": 1.0}),
            }
            for n, row in enumerate(log2)
        ]
        began = time.process_time()
        control.learn(atlas, pools, SETTINGS)
        controlling = time.process_time() - began
        seconds[count] = linking, controlling
        print(
            f"{count} pools of {features} features: atlas {linking:.1f} s, control {controlling:.1f} s CPU, "
            f"{len(atlas)} features"
        )
    growth = np.log(sum(seconds[counts[-1]]) / sum(seconds[counts[0]])) / np.log(counts[-1] / counts[0])
    print(f"grows as the number of files to the power {growth:.2f}")
    return {"metabolome_growth_exponent": round(float(growth), 2)}


def asari(samples=6) -> dict:
    """asari beside this stage on the same files: what it finds of mzmine's 120 and of the planted compounds.

    ASARI names its command. CPU seconds and memory are of a process of its own for each.
    """
    command = os.environ.get("ASARI")
    if not command:
        print("asari: skipped, ASARI does not name its command")
        return {}
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "study").mkdir()
        for number in range(1, samples + 1):
            path = folder / "study" / f"run{number}.mzML"
            write_injection(path, reference_levels(), seed=3, injection=number, pool=True, study=HARD)
        truth = pd.DataFrame({"mz": [c.mass + 1.0072765 for c in compounds()], "rt_s": [c.rt_s for c in compounds()]})
        sets = {"simulated": (folder / "study", truth.assign(area=1.0), 10.0)}
        if REAL.is_dir():
            (folder / "real").mkdir()
            for path in REAL.glob("*.mzML*"):
                text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
                (folder / "real" / path.name.removesuffix(".gz")).write_bytes(text)
            sets["real"] = folder / "real", _mzmine(), 6.0
        for name, (where, expected, tolerance) in sets.items():
            for tool in ("asari", "ours"):
                found, seconds, megabytes = (_run_asari if tool == "asari" else _run_ours)(command, where, folder)
                hits, of, r = _against(found, expected, rt_tolerance_s=tolerance)
                alike = "" if np.isnan(r) else f", log area r {r:.3f}"
                print(
                    f"{name}, {tool}: {len(found)} features, {hits} of {of}{alike}; {seconds:.1f} CPU s, "
                    f"{megabytes:.0f} MB"
                )
                figures |= {f"{tool}_{name}_found": hits, f"{tool}_{name}_cpu_s": round(seconds, 1)}
                figures |= {f"{tool}_{name}_mb": round(megabytes)}
    return figures


def _child(words, cwd) -> tuple[float, float]:
    """CPU seconds and peak memory (MB) of a command."""
    with subprocess.Popen(words, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        print(said.decode()[-2000:])
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def _run_asari(command, where: Path, folder: Path):
    name = "beside"
    words = [command, "process", "-i", str(where), "-o", str(folder / f"{name}-{where.name}"), "-j", "zq7", "-m", "pos"]
    seconds, megabytes = _child([*words, "-c", "1"], folder)
    tables = sorted(folder.glob(f"{name}-{where.name}*/**/full_Feature_table.tsv"))
    if not tables:
        return pd.DataFrame({"mz": [], "rt_s": [], "area": []}), seconds, megabytes
    table = pd.read_csv(tables[0], sep="\t")
    area = table[[c for c in table if c.startswith(("run", "1711"))]].replace(0, np.nan).median(axis=1)
    found = pd.DataFrame({"mz": table["mz"], "rt_s": table["rtime"], "area": area})
    return found.dropna(), seconds, megabytes


def _run_ours(_, where: Path, folder: Path):
    out = folder / f"ours-{where.name}.parquet"
    code = "import sys; from tests.bench.ms_metabolome import alone; alone(*sys.argv[1:])"
    seconds, megabytes = _child([sys.executable, "-c", code, str(where), str(out)], PROJECT)
    return pd.read_parquet(out), seconds, megabytes


def alone(where, out) -> None:
    """Features of all files of a folder, linked and measured again in each: what asari does too."""
    openms.prepare(1)
    runs = [openms.load(path)[0] for path in sorted(Path(where).glob("*.mzML"))]
    read = [(run, *detect(run)) for run in runs]
    read = [(run, table, found | openms.describe(run)) for run, table, found in read]
    atlas, note = atlases.learn([(table, found) for _, table, found in read], [], SETTINGS)
    areas = [measure(run, table, found, atlas, note, SETTINGS)[0]["area"] for run, table, found in read]
    atlas = atlas.assign(area=pd.concat(areas, axis=1).median(axis=1))
    atlas[["mz", "rt_s", "area"]].dropna().to_parquet(out)


PARTS = {
    "real_metabolome": real_metabolome,
    "metabolome_study": metabolome_study,
    "metabolome_cost": metabolome_cost,
    "asari": asari,
}
QUICK = {
    "metabolome_study": {"patients": 3, "every": 2, "batches": 1, "polarities": ("positive",)},
    "metabolome_cost": {"features": 500, "counts": (6, 12)},
    "asari": {"samples": 3},
}
