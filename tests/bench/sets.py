"""The sets that the clones stage is measured on: three sizes, each at three depths, diploid and with changed copies.

`seen` and `apart` are set so that the ceiling (the best assignment when the true CCFs are known) is about as high as on
the published reference points of the same sizes: equal shape, equal difficulty.
"""

from seriome.simulate.counts import Setting

SIZES = {
    "A": {"clones": 4, "samples": 2, "mutations": 50, "seen": 0.04, "apart": 0.03},
    "B": {"clones": 8, "samples": 5, "mutations": 500, "seen": 0.1, "apart": 0.15},
    "C": {"clones": 12, "samples": 8, "mutations": 5000, "seen": 0.06, "apart": 0.05},
}
DEPTHS = (60, 200, 1000)
SEEDS = {"A": 100, "B": 20, "C": 10}  # courses per group, each its own: small sets scatter more
EXACT = 0.002  # --purity-sd on these sets, whose purities are stated without error, as PyClone-VI takes all to be
GROUPS = [(size, copies, depth) for size in SIZES for copies in (False, True) for depth in DEPTHS]


def setting(size: str, copies: bool, depth: int, **more) -> Setting:
    """Diploid sets have binomial reads, sets with changed copies beta-binomial ones of precision 500."""
    return Setting(**{**SIZES[size], "depth": depth, "copies": copies, "precision": 500 if copies else None, **more})


def name(size: str, copies: bool, depth: int) -> str:
    return f"{size} {'copies' if copies else 'diploid'} {depth}x"
