"""Programs that the clones stage is compared with, run on the same sets in the same run where they are installed.

Clustering: PyClone-VI. Trees of given clusters: fastBE, Orchard, CALDER; all three get the same frequencies, in the
form that each asks for. Their programs are command lines, as the shell would split them.
"""

import csv
import hashlib
import json
import os
import re
import resource
import shlex
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from seriome.files import write_json, write_tsv
from seriome.simulate.counts import Drawn, table

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
FASTBE = ("-t", "1")  # its default beam
ORCHARD = ("-k", "20", "-f", "100", "-n", "8", "-s", "1", "-p")  # as it advises below 50 clones; -p: one founder
CALDER_SECONDS = 60  # of one tree, by the clock


def timed(words, may_end=(0,)) -> float:
    """CPU seconds of a command, its children's too. No thread of its libraries but one; another end is an error."""
    start = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([*map(str, words)], capture_output=True, text=True, env={**os.environ, **ONE_THREAD})
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in may_end:
        raise RuntimeError(f"{words[0]} ended with {done.returncode}: {done.stderr[-2000:]}")
    return end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime


def pyclone_vi(program: str, rows: list[dict], density: str, cache: Path) -> dict:
    """{labels, ccf, cpu_s} of PyClone-VI (`fit -c 40 -r 10`) on rows in its format; kept in `cache` by content.

    labels {mutation: cluster}; ccf {mutation: {sample: CCF}}; mutations that it drops are in neither
    """
    key = hashlib.sha256(json.dumps([rows, density], sort_keys=True).encode()).hexdigest()[:20]
    kept = cache / f"{key}.json"
    if kept.is_file():
        return json.loads(kept.read_text())
    with tempfile.TemporaryDirectory() as folder:
        counts, fit, out = (Path(folder, name) for name in ("counts.tsv", "fit.h5", "out.tsv"))
        write_tsv(counts, rows, list(rows[0]))
        words = [program, "fit", "-i", counts, "-o", fit, "-c", "40", "-d", density, "-r", "10", "--seed", "1"]
        cpu = timed(words)
        subprocess.run([program, "write-results-file", "-i", str(fit), "-o", str(out)], check=True, capture_output=True)
        labels, ccf = {}, {}
        with open(out, newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                labels[row["mutation_id"]] = int(row["cluster_id"])
                ccf.setdefault(row["mutation_id"], {})[row["sample_id"]] = float(row["cellular_prevalence"])
    found = {"labels": labels, "ccf": ccf, "cpu_s": cpu}
    write_json(kept, found)
    return found


def pyclone_vi_on(program: str, drawn: Drawn, cache: Path) -> tuple[np.ndarray, np.ndarray, float]:
    """(label (N,), CCF (N, S), seconds) of PyClone-VI on a drawn patient, the density as it was drawn."""
    density = "beta-binomial" if drawn.setting.precision else "binomial"
    found = pyclone_vi(program, list(table(drawn)), density, cache)
    labels = np.array([found["labels"].get(one, -1) for one in drawn.mutations])
    ccf = np.array([[found["ccf"].get(one, {}).get(s, np.nan) for s in drawn.samples] for one in drawn.mutations])
    return labels, ccf, found["cpu_s"]


def kept_tree(grow):
    """`grow(words, folder, *arrays)` with its program split into words and what it found kept in `cache` by content."""

    def run(program: str, *arrays, cache: Path) -> dict:
        arrays = [np.asarray(one) for one in arrays]
        said = [grow.__name__, FASTBE, ORCHARD, CALDER_SECONDS, *(one.tolist() for one in arrays)]
        kept = cache / grow.__name__ / f"{hashlib.sha256(json.dumps(said).encode()).hexdigest()[:20]}.json"
        if not kept.is_file():
            with tempfile.TemporaryDirectory() as folder:
                write_json(kept, grow(shlex.split(program), Path(folder), *arrays))
        return json.loads(kept.read_text())

    run.__doc__, run.__name__ = grow.__doc__, grow.__name__
    return run


@kept_tree
def fastbe(words, folder: Path, ccf) -> dict:
    """{parent, cpu_s} of fastBE (`search`, its own beam) on CCF (K, S), cluster 0 its root (so it is by default)."""
    np.savetxt(folder / "frequencies.txt", ccf.T, fmt="%.6f")
    cpu = timed([*words, "search", folder / "frequencies.txt", "-o", folder / "out", *FASTBE])
    parent = [-1] * len(ccf)
    for line in (folder / "out_tree.txt").read_text().splitlines():
        above, *below = map(int, line.split())
        for clone in below:
            parent[clone] = above
    return {"parent": parent, "cpu_s": cpu}


@kept_tree
def orchard(words, folder: Path, alt, depth, share) -> dict:
    """{parent, cpu_s} of Orchard's likeliest tree on pooled reads (K, S); a mutated cell's read is mutated with `share`

    (S,): purity / 2 where nobody's copies changed.
    """
    names = [f"s{cluster}" for cluster in range(len(alt))]
    columns = ("id", "name", "var_reads", "total_reads", "var_read_prob")
    rows = [
        dict(
            zip(columns, (name, name, *(",".join(map(str, one.tolist())) for one in (some, all_, share))), strict=True)
        )
        for name, some, all_ in zip(names, alt, depth, strict=True)
    ]
    write_tsv(folder / "counts.ssm", rows, columns)
    samples = [f"sample {one}" for one in range(alt.shape[1])]
    write_json(folder / "params.json", {"samples": samples, "clusters": [[name] for name in names], "garbage": []})
    out = folder / "out.npz"
    cpu = timed([*words, folder / "counts.ssm", folder / "params.json", out, *ORCHARD])
    with np.load(out) as found:
        return {"parent": (found["struct"][0] - 1).tolist(), "cpu_s": cpu}


@kept_tree
def calder(words, folder: Path, alt, depth) -> dict:
    """{parent, cpu_s, left_out} of CALDER on pooled reads (K, S) of tumour cells, the samples in order of time.

    It takes the largest tree that it finds feasible: clusters left out of it (their number is returned) are put under
    the founder, as are all where it finds none or takes longer than CALDER_SECONDS.
    """
    names = [f"c{cluster}" for cluster in range(len(alt))]
    lines = ["\t".join(["", *(name for name in names for _ in range(2))])]
    for sample, (some, all_) in enumerate(zip(alt.T, depth.T, strict=True)):
        reads = np.column_stack([all_ - some, some]).ravel()
        lines.append("\t".join([f"t{sample}", *map(str, reads.tolist())]))
    (folder / "counts.txt").write_text("\n".join(lines) + "\n")
    limited = ["timeout", CALDER_SECONDS, *words, "-i", folder / "counts.txt", "-o", folder / "out"]
    cpu = timed(limited, may_end=(0, 124))
    parent, seen = [-1] + [0] * (len(alt) - 1), set()
    for dot in sorted((folder / "out").glob("*_tree1.dot")):
        seen = {int(clone) for clone in re.findall(r"^v(\d+) \[", dot.read_text(), re.M)}
        edges = [tuple(map(int, edge)) for edge in re.findall(r"v(\d+) -> v(\d+)", dot.read_text())]
        for top in seen - {below for _, below in edges}:
            parent[top] = -1
        for above, below in edges:
            parent[below] = above
    return {"parent": parent, "cpu_s": cpu, "left_out": len(alt) - len(seen)}
