"""Programs that the clones stage is compared with, run on the same sets in the same run where they are installed."""

import csv
import hashlib
import json
import os
import resource
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from seriome.files import write_json, write_tsv
from seriome.simulate.counts import Drawn, table

ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")}


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
        start = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([*map(str, words)], check=True, capture_output=True, env={**os.environ, **ONE_THREAD})
        end = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime
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
