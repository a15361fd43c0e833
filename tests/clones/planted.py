"""Patients with known clones: counts drawn from CCF, purity and depth, in the form that the dna stage writes."""

import numpy as np
import pandas as pd

from seriome.clones.likelihood import Counts

ERROR = 0.0005


def counts(seed, ccf, sizes, purity, depth, precision=None):
    """(true cluster of each mutation, Counts); ccf (K, S), depth (S,) or a number, all loci on two copies."""
    rng = np.random.default_rng(seed)
    ccf = np.array(ccf, float)
    label = np.repeat(np.arange(len(ccf)), sizes)
    depths = rng.poisson(np.broadcast_to(depth, (len(label), ccf.shape[1])))
    vaf = np.array(purity) / 2 * ccf[label]
    vaf = vaf * (1 - ERROR) + (1 - vaf) * ERROR
    if precision:
        vaf = rng.beta(np.maximum(vaf * precision, 1e-9), (1 - vaf) * precision)
    samples = tuple(f"S{number}" for number in range(ccf.shape[1]))
    mutations = tuple(f"m{number:03}" for number in range(len(label)))
    return label, Counts(mutations, samples, rng.binomial(depths, vaf), depths)


def variants(drawn: Counts, days, specimens, consequence="missense", normal=True) -> pd.DataFrame:
    """The dna stage's table of these counts; a mutation counts as called from three reads on."""
    rows = []
    for n, _ in enumerate(drawn.mutations):
        for s, sample in enumerate(drawn.samples):
            alt, depth = int(drawn.alt[n, s]), int(drawn.depth[n, s])
            called = alt >= 3
            rows.append(
                {
                    "patient": "P1",
                    "sample": sample,
                    "timepoint": f"T{s}",
                    "day": days[s],
                    "specimen": specimens[s],
                    "variant": f"chr1:{1000 + 100 * n}:A:T",
                    "chrom": "chr1",
                    "pos": 1000 + 100 * n,
                    "gene": f"GENE{n}",
                    "consequence": consequence,
                    "name": f"GENE{n} A{n}T",
                    "ref_count": depth - alt,
                    "alt_count": alt,
                    "depth": depth,
                    "lod": 6.3 / depth if depth else None,
                    "state": "not_measured" if not depth else "measured" if called else "below_lod",
                    "called": called,
                    "filter": "PASS" if called else "not_called",
                }
            )
    table = pd.DataFrame(rows)
    if normal and len(table):
        blood = table.drop_duplicates("variant").assign(
            sample="N", day=0, timepoint="T0", specimen="normal", ref_count=100, alt_count=0, depth=100, called=False,
            state="below_lod", filter="not_called",
        )  # fmt: skip
        table = pd.concat([table, blood], ignore_index=True)
    return table
