"""Sex from the depth of X and Y against the other chromosomes, where the targets have genes on them.

Female: Y without reads and X as deep as the others; male: Y with reads and X half as deep. Anything else (a Y lost from
old blood, an X lost from a tumour, too few genes) is not estimable. Genes whose X and Y copies look alike blur it.
"""

import numpy as np

X, Y = ("X", "chrX"), ("Y", "chrY")
LEAST_GENES, LEAST_DEPTH = {"X": 5, "Y": 1, "other": 10}, 10.0
Y_ABSENT, Y_PRESENT = 0.03, 0.15  # depth over that of the other chromosomes
X_ONE, X_TWO = (0.3, 0.7), (0.75, 1.4)


def sex_of(coverage) -> str:
    """female, male or not_estimable from a sample's rows of coverage per gene: dicts with chrom, mean_depth."""
    depths = {"X": [], "Y": [], "other": []}
    for row in coverage:
        kind = "X" if row["chrom"] in X else "Y" if row["chrom"] in Y else "other"
        depths[kind].append(float(row["mean_depth"]))
    if any(len(depths[kind]) < LEAST_GENES[kind] for kind in ("Y", "other")):
        return "not_estimable"
    middle = np.median(depths["other"])
    if middle < LEAST_DEPTH:
        return "not_estimable"
    y = np.median(depths["Y"]) / middle
    x = np.median(depths["X"]) / middle if len(depths["X"]) >= LEAST_GENES["X"] else None
    if y <= Y_ABSENT and x is not None and X_TWO[0] <= x <= X_TWO[1]:
        return "female"
    if y >= Y_PRESENT and (x is None or X_ONE[0] <= x <= X_ONE[1]):
        return "male"
    return "not_estimable"
