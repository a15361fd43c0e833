"""The small made-up matrices that golden.R fits: run this, then `Rscript golden.R` in this folder."""

from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
KINDS = [(0, 0), (0, 1), (0.3, 0), (0.3, 0.5), (1, 0), (1, 1), (3, 0.5), (0.1, 0), (0.6, -1), (2, 0)]


def write(path, header, rows):
    path.write_text("\n".join(["\t".join(header), *("\t".join(map(str, row)) for row in rows)]) + "\n")


def main():
    rng = np.random.default_rng(7)
    patients = [f"P{1 + at // 3}" for at in range(24)]
    phases = [("baseline", "response", "progression")[at % 3] for at in range(24)]
    patients, phases = patients[:-1], phases[:-1]  # one patient lacks a sample
    write(
        HERE / "samples.tsv",
        ["sample", "patient", "phase"],
        zip([f"s{at}" for at in range(23)], patients, phases, strict=True),
    )
    member = np.array([int(name[1:]) - 1 for name in patients])
    late = np.array([phase == "progression" for phase in phases])
    values = np.array(
        [
            8 + spread * rng.normal(size=8)[member] + effect * late + rng.normal(size=23) * 0.5
            for spread, effect in KINDS
        ]
    ).round(4)
    weights = rng.gamma(4, 0.25, size=values.shape).round(4)
    holes = rng.random(values.shape) < 0.1
    holes[:5] = False
    cells = lambda matrix, empty=None: [  # noqa: E731
        [f"g{at}", *("NA" if empty is not None and empty[at, column] else matrix[at, column] for column in range(23))]
        for at in range(len(matrix))
    ]
    head = ["feature", *(f"s{at}" for at in range(23))]
    write(HERE / "values.tsv", head, cells(values, holes))
    write(HERE / "weights.tsv", head, cells(weights))
    n = 60
    error = rng.gamma(5, 0.06, size=n)
    true = np.where(rng.random(n) < 0.7, 0, rng.normal(size=n) * 1.5)
    freedom = np.full(n, 6)
    level = rng.uniform(2, 12, size=n)
    variance = np.exp(-0.2 * level) * rng.chisquare(freedom) / freedom * rng.gamma(5, 0.2, size=n)
    rows = zip(
        (true + error * rng.normal(size=n)).round(4),
        error.round(4),
        freedom,
        level.round(3),
        variance.round(5),
        strict=True,
    )
    write(HERE / "many.tsv", ["estimate", "error", "freedom", "level", "variance"], rows)


if __name__ == "__main__":
    main()
