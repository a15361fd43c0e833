"""One drawn patient of the clones stage: how near the truth, and at what cost."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from sklearn.metrics import adjusted_rand_score, v_measure_score

from seriome.clones.command import clones_of
from seriome.clones.counts import Table
from seriome.clones.likelihood import Counts, log_likelihood
from seriome.clones.lineage import lineages
from seriome.clones.model import CopyNumber, Settings
from seriome.files import write_tsv
from seriome.simulate.counts import ERROR, TABLE, Drawn, draw, table

from .parts import PROJECT
from .peers import pyclone_vi_on
from .sets import setting

CACHE = PROJECT / "bench/pyclone_vi"


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


def score(drawn: Drawn, peer: str | None = None, settings: Settings | None = None) -> dict:
    """One set: how near the truth. Artefacts have no clone and no CCF; what is said of them is counted apart."""
    start = time.process_time()
    found = clones_of(as_table(drawn), settings or Settings())
    spent = time.process_time() - start
    ceiling_v, ceiling_mae = ceiling(drawn)
    model, label, real = found.model, found.model.cluster_of, drawn.clone >= 0
    inside = (model.mutation_lower <= drawn.ccf + 1e-6) & (drawn.ccf - 1e-6 <= model.mutation_upper)
    known = np.isfinite(model.mutation_ccf) & real[:, None]
    later = known & (drawn.clone > 0)[:, None] & (drawn.ccf > 0)  # the founder is 1, what is not born 0, by definition
    row = {
        "v_measure": v_measure_score(drawn.clone[real], label[real]),
        "ari": adjusted_rand_score(drawn.clone[real], label[real]),
        "clusters": model.clusters,
        "ccf_mae": float(np.abs(model.mutation_ccf - drawn.ccf)[known].mean()),
        "interval_cover": float(inside[known].mean()),
        "cover_later": float(inside[later].mean()),
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


def scored(arguments) -> dict:
    """`score` of the set drawn by (words of the setting, further ones, seed, peer, settings): for a pool."""
    words, more, seed, peer, settings = arguments
    return score(draw(setting(*words, **more), seed), peer, settings)


def mean_of(rows, key):
    """Mean of a column over the rows that have it, None where none has."""
    values = [row[key] for row in rows if row.get(key) is not None]
    return float(np.mean(values)) if values else None


def error_of(rows, key, less=None):
    """Standard error of the mean of a column, or of its difference from another on the same sets; None of one row."""
    rows = [row for row in rows if row.get(key) is not None and (less is None or row.get(less) is not None)]
    values = [row[key] - (row[less] if less else 0) for row in rows]
    return float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else None


def of_size(groups, keys) -> dict:
    """Means of the groups of a size, each group alike, and of `keys` that have `key_error` the standard error."""
    found = {key: mean_of(groups, key) for key in keys}
    for key in keys:
        errors = [one[f"{key}_error"] for one in groups if one.get(f"{key}_error") is not None]
        if len(errors) == len(groups):
            found[f"{key}_error"] = float(np.sqrt(np.square(errors).sum()) / len(groups))
    return found


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
