"""The dna stage, measured: `make bench-dna` prints the figures and writes bench/dna.json.

Patients are drawn by `seriome.simulate`, truth known, and go from raw reads through the stage's own steps. Where
freebayes is on PATH, and where GATK names a folder of its jars (mutect2.py), they call the same alignments.

    python -m tests.bench.dna [--only calling,normals,...] [--quick]
"""

from .calling import calling
from .copynumber import measured
from .cost import cost
from .identity import report as identity
from .indels import indels
from .normals import normals
from .parts import run


def copies(seeds: int = 3) -> dict:
    """Purity of drawn tumours, on seeds that no setting was chosen on."""
    return {key: value for key, value in measured(seeds, first=100).items() if key != "rows"}


PARTS = {"calling": calling, "indels": indels, "normals": normals, "copies": copies, "identity": identity, "cost": cost}
QUICK = {
    "calling": {"patients": 2, "plasma_depth": 500},
    "indels": {"lengths": (100,), "shares": (0.33,)},
    "normals": {"people": 2, "libraries": 2, "megabases": 0.5},
    "copies": {"seeds": 1},
    "identity": {"number": 3},
    "cost": {"depths": (100,)},
}


if __name__ == "__main__":
    run("dna", __doc__, PARTS, QUICK)
