"""A cohort of counts with planted changes, for tests and benchmarks of what is read from counts.

Counts are negative binomial around size x level, where a gene's log2 level is its own, plus what the patient is born
with, plus planted changes per phase. Sizes, dispersions and every change are known.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from seriome.rna.matrix import Reads

PHASES = ("baseline", "response", "progression")


@dataclass
class Planted:
    reads: Reads
    level: np.ndarray  # (genes, samples) log2 of what is expected at size 1
    effect: np.ndarray  # (genes,) planted log2 change from baseline to progression
    size: np.ndarray  # (samples,)
    dispersion: np.ndarray  # (genes,)


def planted(
    seed: int = 1, genes: int = 2000, patients: int = 10, changed: float = 0.1, effects=(0.5, 1.0, 2.0),
    between: float = 0.5, dispersion: float = 0.08, depth: float = 5.0, batches=None,
) -> Planted:  # fmt: skip
    """`patients` with a sample in each of PHASES; `changed` of the genes differ at progression by `effects`.

    between  standard deviation of the patients' own levels (log2); dispersion: its mean over genes at high counts
    batches  names by sample; None: all one
    """
    rng = np.random.default_rng(seed)
    samples = pd.DataFrame(
        [
            {
                "sample": f"P{patient:02d}-{phase}", "patient": f"P{patient:02d}", "timepoint": f"T{at}",
                "day": 90 * at, "specimen": "tumor", "site": "lung", "phase": phase,
            }
            for patient in range(patients)
            for at, phase in enumerate(PHASES)
        ]
    )  # fmt: skip
    samples["batch"] = batches if batches is not None else "b1"
    n = len(samples)
    base = rng.normal(depth, 2.0, size=genes) / np.log(2)
    alpha = dispersion * rng.gamma(4, 0.25, size=genes) + 1.0 / np.maximum(2**base, 1)
    size = rng.uniform(0.6, 1.7, size=n)
    effect = np.where(
        np.arange(genes) < round(changed * genes),
        rng.choice(effects, size=genes) * rng.choice([-1, 1], size=genes), 0.0,
    )  # fmt: skip
    own = rng.normal(0, between, size=(genes, patients))
    level = base[:, None] + np.repeat(own, 3, axis=1) + np.outer(effect, samples["phase"].eq("progression"))
    mean = 2**level * size
    count = rng.negative_binomial(1 / alpha[:, None], 1 / (1 + alpha[:, None] * mean)).astype(float)
    names = pd.DataFrame(
        {"gene_id": [f"ENSG{at:05d}" for at in range(genes)], "gene": [f"G{at}" for at in range(genes)]}
    )
    length = np.full(count.shape, 1000.0)
    return Planted(Reads(names, samples, count, count + 0.5, length), level, effect, size, alpha)
