"""The clones stage on public sets: a mixture whose clones are known, tumours for size, a leukaemia with its tree.

They lie in ../shared/real/clones; where they do not, nothing is measured.
"""

import csv
import os
import time

import numpy as np
from sklearn.metrics import v_measure_score

from seriome.clones.command import clones_of
from seriome.clones.counts import Table, read_counts
from seriome.clones.likelihood import Counts
from seriome.clones.model import CopyNumber, Settings
from seriome.simulate.counts import ERROR

from .parts import PROJECT
from .peers import pyclone_vi
from .scored import CACHE

REAL = PROJECT.parent / "shared/real/clones"


def mixing() -> dict:
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
    if peer := os.environ.get("PYCLONE_VI"):
        with open(path, newline="") as file:
            theirs = pyclone_vi(peer, list(csv.DictReader(file, delimiter="\t")), "beta-binomial", CACHE)
        kept = [n for n, one in enumerate(names) if one in theirs["labels"]]
        v = v_measure_score([label[n] for n in kept], [theirs["labels"][names[n]] for n in kept])
        ccf = np.array([[theirs["ccf"][names[n]][s] for s in read.counts.samples] for n in kept])
        one |= {"pyclone_vi_v": v, "pyclone_vi_mae": float(np.abs(ccf - real[kept]).mean())}
        print(f"   PyClone-VI in this run: V {v:.3f}, CCF error {one['pyclone_vi_mae']:.4f}")
    return {f"mixing_{key}": value for key, value in one.items()}


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
    return {"public": found}
