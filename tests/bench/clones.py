"""The clones stage, measured: `make bench-clones` prints the figures and writes bench/clones.json.

Sets are drawn by `seriome.simulate.counts`, truth known; public sets with known answers are read from ../shared/real
where they are there. Where PYCLONE_VI names the program, it runs on the same sets in the same run (kept by content in
bench/pyclone_vi); else the published figures of it are printed as what they are. FASTBE, ORCHARD and CALDER do the same
for trees.

    python -m tests.bench.clones [--only groups,mixing,...] [--quick]
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from sklearn.metrics import adjusted_rand_score, v_measure_score

from seriome.clones.command import clones_of
from seriome.clones.counts import Table, read_counts
from seriome.clones.likelihood import Counts, log_likelihood
from seriome.clones.model import CopyNumber, Settings
from seriome.clones.tree import lineages
from seriome.files import read_json, write_json, write_tsv
from seriome.simulate.counts import ERROR, TABLE, Drawn, draw, table

from . import courses, trees
from .peers import pyclone_vi, pyclone_vi_on
from .sets import GROUPS, SIZES, name, setting

PROJECT = Path(__file__).parents[2]
REAL = PROJECT.parent / "shared/real/clones"
OUT = PROJECT / "bench/clones.json"
CACHE = PROJECT / "bench/pyclone_vi"
# Published and prototype figures on other sets of the same sizes: V, CCF error, seconds (idle, clustering alone)
PYCLONE = {"A": (0.820, 0.032, 6.2), "B": (0.870, 0.026, 11.3), "C": (0.837, 0.015, 271.0)}
SEEDS = {"A": 30, "B": 10, "C": 10}  # courses per group, each its own: small sets scatter more
PEER_SEEDS = {"A": 30, "B": 5, "C": 1}  # of these, those that a slow peer is run on as well
TARGET = {"A": (0.83, 0.024, 0.6, 0.83), "B": (0.94, 0.008, 1.1, 0.87), "C": (0.89, 0.005, 27.0, 0.88)}
CEILING = {"A": 0.845, "B": 0.931, "C": 0.867}


def as_table(drawn: Drawn) -> Table:
    """A drawn patient as `seriome clones` would have read it."""
    wide = np.ones(drawn.alt.shape)
    samples = [
        {"sample": one, "day": int(day), "specimen": "tumor", "timepoint": None, "site": None}
        for one, day in zip(drawn.samples, drawn.course.days, strict=True)
    ]
    return Table(
        counts=Counts(drawn.mutations, drawn.samples, drawn.alt, drawn.depth),
        copy_number=CopyNumber(drawn.major[:, None] * wide, drawn.minor[:, None] * wide, 2 * wide),
        purity=drawn.stated_purity,
        error=ERROR * wide,
        samples=samples,
        mutations=[{} for _ in drawn.mutations],
    )


def ceiling(drawn: Drawn) -> tuple[float, float]:
    """(V-measure, CCF error) of the best assignment when the true CCFs and sizes are known, copies equally likely."""
    ccf = drawn.course.ccf
    total, sizes = (drawn.major + drawn.minor)[:, None, None], np.bincount(drawn.clone[drawn.clone >= 0])
    score = np.full((len(drawn.clone), len(ccf)), -np.inf)
    for copies in range(1, int(drawn.major.max()) + 1):
        vaf = np.clip(drawn.purity * copies * ccf[None] / (drawn.purity * total + (1 - drawn.purity) * 2), 0, 1)
        vaf = vaf * (1 - ERROR) + (1 - vaf) * ERROR
        like = log_likelihood(drawn.alt[:, None], drawn.depth[:, None], vaf, drawn.setting.precision).sum(axis=2)
        score = np.where(
            (copies <= drawn.major)[:, None], np.logaddexp(score, like - np.log(drawn.major)[:, None]), score
        )
    label = (score + np.log(sizes)).argmax(axis=1)
    return v_measure_score(drawn.clone, label), float(np.nanmean(np.abs(ccf[label] - drawn.ccf)))


def ancestry_f1(true_label, true_parent, label, parent) -> float:
    """F1 of "the clone of the first mutation is an ancestor of the second's", over all ordered pairs of mutations."""
    kept = (true_label >= 0) & (label >= 0)
    counts = np.zeros((len(true_parent), len(parent)))
    np.add.at(counts, (true_label[kept], label[kept]), 1)
    true, found = (lineages(np.array([one]))[0].astype(float) for one in (true_parent, parent))
    both = np.einsum("ki,kl,ij,lj->", counts, true, found, counts)
    of_true = counts.sum(axis=1) @ true @ counts.sum(axis=1)
    of_found = counts.sum(axis=0) @ found @ counts.sum(axis=0)
    return float(2 * both / (of_true + of_found)) if of_true + of_found else 1.0


def score(drawn: Drawn, peer: str | None = None) -> dict:
    """One set: how near the truth. Artefacts have no clone and no CCF; what is said of them is counted apart."""
    start = time.process_time()
    found = clones_of(as_table(drawn), Settings())
    spent = time.process_time() - start
    ceiling_v, ceiling_mae = ceiling(drawn)
    model, label, real = found.model, found.model.cluster_of, drawn.clone >= 0
    inside = (model.mutation_lower <= drawn.ccf + 1e-6) & (drawn.ccf - 1e-6 <= model.mutation_upper)
    known = np.isfinite(model.mutation_ccf) & real[:, None]
    later = known & (drawn.clone > 0)[:, None]
    row = {
        "v_measure": v_measure_score(drawn.clone[real], label[real]),
        "ari": adjusted_rand_score(drawn.clone[real], label[real]),
        "clusters": model.clusters,
        "ccf_mae": float(np.abs(model.mutation_ccf - drawn.ccf)[known].mean()),
        "interval_cover": float(inside[known].mean()),
        "cover_subclonal": float(inside[later].mean()),
        "ancestry_f1": ancestry_f1(drawn.clone, drawn.course.parent, label, found.tree.parent),
        "ceiling_v": ceiling_v,
        "ceiling_mae": ceiling_mae,
        "library_cpu_s": spent,
        "purity_error": float(np.nanmean(np.abs(model.purity - drawn.purity))),
        "known_cells": float(known.sum() / max(real.sum() * len(drawn.samples), 1)),
        "artefacts_out": float((label[~real] < 0).mean()) if (~real).any() else None,
        "real_out": float((label[real] < 0).mean()),
        "warnings": sorted({one["warning"] for one in found.fit["warnings"]}),
    }
    if peer:
        theirs, ccf, cpu = pyclone_vi_on(peer, drawn, CACHE)
        row |= {
            "pyclone_vi_v": v_measure_score(drawn.clone[real], theirs[real]),
            "pyclone_vi_mae": float(np.nanmean(np.abs(ccf - drawn.ccf)[real])),
            "pyclone_vi_cpu_s": cpu,
        }
    return row


def _job(arguments):
    words, more, seed, peer = arguments
    return score(draw(setting(*words, **more), seed), peer)


def mean_of(rows, key):
    values = [row[key] for row in rows if row.get(key) is not None]
    return float(np.mean(values)) if values else None


MEASURE = """
import json, resource, subprocess, sys, time
start = time.perf_counter()
code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
wall = time.perf_counter() - start
print(json.dumps([code, used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024]))
"""  # from a small process: the memory of the one that starts a program counts as the program's


def whole_process(drawn: Drawn, repeats=3) -> dict:
    """CPU and wall seconds and peak memory of `seriome clones` as a process, tree included; the median."""
    with tempfile.TemporaryDirectory() as folder:
        counts, samples = Path(folder, "counts.tsv"), Path(folder, "samples.tsv")
        write_tsv(counts, table(drawn), TABLE)
        days = zip(drawn.samples, drawn.course.days, strict=True)
        write_tsv(samples, [{"sample_id": one, "day": int(day)} for one, day in days], ["sample_id", "day"])
        words = [Path(sys.executable).with_name("seriome"), "clones", "--counts", counts, "--samples", samples]
        words = [sys.executable, "-c", MEASURE, *map(str, words), "--out", f"{folder}/out"]
        runs = [json.loads(subprocess.check_output(words)) for _ in range(repeats)]
    if any(code for code, *_ in runs):
        raise RuntimeError("seriome clones failed")
    _, cpu, wall, peak = np.median(runs, axis=0).tolist()
    return {"cpu_s": cpu, "wall_s": wall, "peak_mb": peak}


def groups(peer, quick) -> list[dict]:
    """Sizes × copies × depths."""
    found = []
    print("setting          V     (ceiling) ARI clusters CCF error cover, of subclonal, ancestor F1")
    with ProcessPoolExecutor(2) as pool:
        for words in GROUPS:
            seeds = 2 if quick else SEEDS[words[0]]
            jobs = [(words, {}, seed, peer if seed < PEER_SEEDS[words[0]] else None) for seed in range(seeds)]
            rows = list(pool.map(_job, jobs))
            row = {"setting": name(*words), "size": words[0], "seeds": seeds}
            row |= {key: mean_of(rows, key) for key in rows[0] if key != "warnings"}
            same = [one for one in rows if "pyclone_vi_v" in one]
            if same:
                row |= {key: mean_of(same, key) for key in ("pyclone_vi_v", "pyclone_vi_mae", "pyclone_vi_cpu_s")}
                row |= {"v_on_the_same": mean_of(same, "v_measure"), "mae_on_the_same": mean_of(same, "ccf_mae")}
            found.append(row)
            print(
                f"{row['setting']:16s} {row['v_measure']:.3f} ({row['ceiling_v']:.3f})  {row['ari']:.3f} "
                f"{row['clusters']:5.1f}   {row['ccf_mae']:.4f}  {row['interval_cover']:.3f}  "
                f"{row['cover_subclonal']:.3f}   {row['ancestry_f1']:.3f}",
                flush=True,
            )
            if same:
                print(
                    f"   PyClone-VI on {len(same)} of these: V {row['pyclone_vi_v']:.3f} "
                    f"(ours {row['v_on_the_same']:.3f}), CCF error {row['pyclone_vi_mae']:.4f} "
                    f"(ours {row['mae_on_the_same']:.4f})",
                    flush=True,
                )
    return found


def speed(rows) -> None:
    """Whole-process cost of the first set of every group, added to its row."""
    for row, words in zip(rows, GROUPS, strict=True):
        row |= whole_process(draw(setting(*words), 0), 3 if words[0] != "C" else 1)
        theirs = row.get("pyclone_vi_cpu_s")
        ratio = f"; PyClone-VI's clustering {theirs:.1f} s cpu, {theirs / row['cpu_s']:.0f} times" if theirs else ""
        print(
            f"{row['setting']:16s} cpu {row['cpu_s']:.2f} s, wall {row['wall_s']:.2f} s, peak {row['peak_mb']:.0f} MB"
            + ratio,
            flush=True,
        )


def sizes(rows, peer) -> dict:
    found = {}
    for size in SIZES:
        mine = [row for row in rows if row["size"] == size]
        keys = (
            "v_measure",
            "ccf_mae",
            "interval_cover",
            "ancestry_f1",
            "ceiling_v",
            "ceiling_mae",
            "cpu_s",
            "wall_s",
            "clusters",
        )
        one = {key: mean_of(mine, key) for key in keys}
        v, mae, seconds, f1 = TARGET[size]
        print(
            f"{size}: V {one['v_measure']:.3f} (asked {v}), CCF error {one['ccf_mae']:.4f} ({mae}), ancestor F1 "
            f"{one['ancestry_f1']:.3f} ({f1}), wall {one['wall_s'] or 0:.2f} s ({seconds}); with the true CCFs known "
            f"V {one['ceiling_v']:.3f}, error {one['ceiling_mae'] or 0:.4f}; V of the reference's sets {CEILING[size]}"
        )
        if not peer:
            print(
                "   PyClone-VI, stored: V {:.3f}, CCF error {:.3f}, {} s on other sets of this size".format(
                    *PYCLONE[size]
                )
            )
        else:
            one["below_pyclone_vi"] = [
                r["setting"] for r in mine if r.get("pyclone_vi_v", 0) > r.get("v_on_the_same", 1)
            ]
            print(
                f"   groups in which PyClone-VI has the higher V on the same sets: {one['below_pyclone_vi'] or 'none'}"
            )
        found[size] = one
    return found


VIOLATIONS = {
    "purity error sd 0.05": ({"purity_error": 0.05}, 0.91),
    "30 % under subclonal copy changes": ({"subclonal": 0.3}, 0.89),
    "5 % artefacts": ({"artefacts": 0.05}, 0.93),
}
ROBUST = {
    "purity off by 0.1": {"purity_shift": 0.1},
    "purity off by -0.1": {"purity_shift": -0.1},
    "one copy number wrong in ten": {"wrong_copies": 0.1},
    "5 % artefacts": {"artefacts": 0.05},
    "one sample of purity 0.05": {"low_purity": 0.05},
    "half of the cells missing": {"missing": 0.5},
    "a mutation missing in half of the samples": {"missing_samples": 0.5},
}


def _violated(arguments):
    more, seed, peer = arguments
    return score(draw(setting("B", False, 200, **more), seed), peer)


def stressed(title, cases, seeds, peer=None) -> dict:
    found = {}
    print(title)
    with ProcessPoolExecutor(2) as pool:
        for case, more in cases.items():
            more, asked = more if isinstance(more, tuple) else (more, None)
            rows = list(pool.map(_violated, [(more, seed, peer) for seed in range(seeds)]))
            keys = ("v_measure", "ccf_mae", "interval_cover", "clusters", "ancestry_f1", "ceiling_v", "artefacts_out")
            keys += ("real_out", "purity_error", "pyclone_vi_v", "pyclone_vi_mae")
            one = {key: mean_of(rows, key) for key in keys}
            one["warnings"] = sorted({word for row in rows for word in row["warnings"]})
            found[case] = one
            print(
                f"  {case:42s} V {one['v_measure']:.3f}"
                + (f" (asked {asked})" if asked else "")
                + f", CCF error {one['ccf_mae']:.4f}, cover {one['interval_cover']:.3f}, clusters {one['clusters']:.1f}"
                + (f", artefacts set apart {one['artefacts_out']:.2f}" if one["artefacts_out"] is not None else "")
                + (f"; PyClone-VI V {one['pyclone_vi_v']:.3f}" if one["pyclone_vi_v"] is not None else "")
                + f"; warnings: {', '.join(one['warnings']) or 'none'}",
                flush=True,
            )
    return found


def mixing(peer) -> dict:
    """Four mixtures of DNA of four people; see ../shared/real/clones."""
    path = REAL / "mixing.tsv"
    if not path.is_file():
        print("mixing: skipped, the public data is not there")
        return {}
    read = read_counts(path)
    with open(REAL / "mixing.truth.tsv", newline="") as file:
        truth = {row["mutation_id"]: row for row in csv.DictReader(file, delimiter="\t")}
    found = clones_of(read, Settings())
    names = read.counts.mutations
    label = [int(truth[one]["clone"]) for one in names]
    real = np.array([[float(truth[one][f"ccf_{s}"]) for s in read.counts.samples] for one in names])
    model = found.model
    one = {
        "v": v_measure_score(label, model.cluster_of),
        "mae": float(np.abs(model.mutation_ccf - real).mean()),
        "clusters": model.clusters,
        "true_clusters": len(set(label)),
    }
    print(
        f"mixing: V {one['v']:.3f} (asked 0.98; PyClone-VI 0.995, stored), CCF error {one['mae']:.4f} (0.005; 0.006), "
        f"{one['clusters']} clusters of {one['true_clusters']}, {int((model.cluster_of < 0).sum())} outliers"
    )
    if peer:
        with open(path, newline="") as file:
            theirs = pyclone_vi(peer, list(csv.DictReader(file, delimiter="\t")), "beta-binomial", CACHE)
        kept = [n for n, one in enumerate(names) if one in theirs["labels"]]
        v = v_measure_score([label[n] for n in kept], [theirs["labels"][names[n]] for n in kept])
        ccf = np.array([[theirs["ccf"][names[n]][s] for s in read.counts.samples] for n in kept])
        one |= {"pyclone_vi_v": v, "pyclone_vi_mae": float(np.abs(ccf - real[kept]).mean())}
        print(f"   PyClone-VI in this run: V {v:.3f}, CCF error {one['pyclone_vi_mae']:.4f}")
    return one


def public() -> dict:
    """TRACERx 100 patients for size and speed, and the leukaemia with a published tree."""
    found = {}
    path = REAL / "tracerx.tsv.gz"
    if path.is_file():
        start = time.process_time()
        done = clones_of(read_counts(path), Settings())
        spent = time.process_time() - start
        fit = done.fit
        found["tracerx"] = {"mutations": fit["mutations"], "clusters": fit["clusters"], "cpu_s": spent}
        size = f"{fit['mutations']} mutations × {fit['samples']} samples"
        print(f"tracerx: {size}, {fit['clusters']} clusters, {spent:.1f} s cpu")
    path = REAL / "CLL003_clustered.txt"
    if path.is_file():
        header, *lines = [line.rstrip("\n").split("\t") for line in path.read_text().splitlines()]
        cells = np.array([[int(cell) for cell in line[1:]] for line in lines]).T
        ref, alt = cells[0::2], cells[1::2]
        names, samples = tuple(header[1::2]), tuple(line[0] for line in lines)
        wide = np.ones(alt.shape)
        read = Table(
            Counts(names, samples, alt, alt + ref),
            CopyNumber(wide, wide, 2 * wide),
            np.full(len(samples), np.nan),
            ERROR * wide,
            [{"sample": one, "day": n, "specimen": "blood"} for n, one in enumerate(samples)],
            [{} for _ in names],
        )
        done = clones_of(read, Settings())
        of = {one.split("_")[0]: int(k) for one, k in zip(names, done.model.cluster_of, strict=True)}
        print(f"CLL003: {of}, parents {done.tree.parent.tolist()}, support {np.round(done.tree.support, 2).tolist()}")
        found["cll003"] = {"cluster_of": of, "parent": done.tree.parent.tolist()}
    return found


def growth_of_cost() -> list[dict]:
    """Whole-process cost from 500 to 50,000 mutations in 8 samples."""
    found = []
    for mutations in (500, 2000, 5000, 20000, 50000):
        drawn = draw(setting("C", True, 200, **{"mutations": mutations}), 0)
        one = {"mutations": mutations, "samples": 8} | whole_process(drawn, 1)
        one["us_per_cell"] = 1e6 * one["cpu_s"] / mutations / 8
        found.append(one)
        print(
            f"cost: {mutations} mutations × 8 samples: cpu {one['cpu_s']:.2f} s, {one['us_per_cell']:.0f} µs per cell, "
            f"peak {one['peak_mb']:.0f} MB",
            flush=True,
        )
    return found


PARTS = ("mixing", "groups", "speed", "violations", "robust", "trees", "courses", "public", "cost")


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two courses per group: whether it runs, not how well")
    parser.add_argument("--only", default=",".join(PARTS), help="parts to run; the others keep their last figures")
    chosen = parser.parse_args(argv)
    seeds = 2 if chosen.quick else 10
    peer, parts = os.environ.get("PYCLONE_VI"), chosen.only.split(",")
    kept = read_json(OUT) if OUT.is_file() and set(parts) != set(PARTS) else {}
    if "mixing" in parts:
        kept |= {f"mixing_{key}": value for key, value in mixing(peer).items()}
    if "groups" in parts:
        kept["groups"] = groups(peer, chosen.quick)
    if "speed" in parts:
        speed(kept["groups"])
    if {"groups", "speed"} & set(parts):
        kept["sizes"] = sizes(kept["groups"], peer)
        kept["tree_f1_end_to_end"] = {size: one["ancestry_f1"] for size, one in kept["sizes"].items()}
    if "violations" in parts:
        kept["violations"] = stressed(
            "violations (8 clones × 5 samples × 500 mutations, 200x)", VIOLATIONS, seeds, peer
        )
    if "robust" in parts:
        kept["robust"] = stressed("robustness (the same size)", ROBUST, seeds)
    if "trees" in parts:
        kept["trees"] = trees.report(trees.measure(range(3 * seeds)))
        kept["tree_f1_true_clusters"] = kept["trees"]["f1"]
        kept["edge_support_right"] = kept["trees"]["support_right"]
    if "courses" in parts:
        kept["courses"] = {}
        for says in (courses.clusters_given, courses.end_to_end):
            found = courses.measure(range(4 * seeds), says)
            kept["courses"][says.__name__] = {key: share for key, (share, _) in found.items()}
            print(
                f"courses, {says.__name__}:", *(f"{k} {v:.3f} of {n};" for k, (v, n) in found.items() if n), flush=True
            )
        kept["emergence_bracket"] = kept["courses"]["end_to_end"]["emergence_bracket"]
        kept["growth_sign"] = kept["courses"]["end_to_end"]["growth_sign"]
    if "public" in parts:
        kept["public"] = public()
    if "cost" in parts:
        kept["cost"] = growth_of_cost()
    write_json(OUT, kept)
    print(f"written: {OUT.relative_to(PROJECT)}")


if __name__ == "__main__":
    main()
