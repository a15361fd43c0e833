"""The rna stage, measured: `make bench-rna` prints the figures and writes bench/rna.json.

Samples are drawn by `seriome.simulate`, truth known, and go from raw reads through the stage's own steps.

    python -m tests.bench.rna [--only expression,genome,...] [--quick]
"""

from . import rna_cells, rna_change
from .decoys import decoys
from .expression import cost, expression
from .fusions import genome
from .parts import run

PARTS = {"expression": expression, "decoys": decoys, "genome": genome, "cost": cost}
PARTS |= rna_change.PARTS | rna_cells.PARTS
QUICK = {
    "expression": {"samples": 1, "pairs": 50_000},
    "decoys": {"fragments": 10_000},
    "genome": {"samples": 2, "swaps": 2},
    "cost": {"pairs": 50_000},
    **rna_change.QUICK,
    **rna_cells.QUICK,
}


if __name__ == "__main__":
    run("rna", __doc__, PARTS, QUICK)
