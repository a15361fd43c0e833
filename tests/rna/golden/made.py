"""The made-up counts that golden.R tests: run this, then `Rscript golden.R` in this folder."""

from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def main():
    rng = np.random.default_rng(7)
    genes, patients = 120, 6
    mean = np.exp(rng.normal(5, 1.4, size=genes))
    dispersion = 0.02 + 2 / mean * rng.gamma(6, 1 / 6, size=genes) + 0.05 * rng.gamma(4, 0.25, size=genes)
    own = rng.normal(0, 0.4, size=(genes, patients))
    effect = np.where(np.arange(genes) < 24, rng.choice([-1, 1], size=genes) * rng.uniform(0.5, 1.6, size=genes), 0)
    size = rng.uniform(0.6, 1.6, size=2 * patients)
    late = np.arange(2 * patients) >= patients
    level = mean[:, None] * size * np.exp(np.tile(own, 2)) * 2 ** (effect[:, None] * late)
    counts = rng.negative_binomial(1 / dispersion[:, None], 1 / (1 + dispersion[:, None] * level))
    counts[5, 3] *= 30  # an outlier, as Cook's distance finds it
    samples = [f"P{at % patients + 1}-{'late' if at >= patients else 'early'}" for at in range(2 * patients)]
    lines = ["\t".join(["gene", *samples])]
    lines += ["\t".join([f"g{at}", *map(str, row)]) for at, row in enumerate(counts)]
    (HERE / "counts.tsv").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
