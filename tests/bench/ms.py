"""Figures of mass spectrometry, proteome and metabolome: python -m tests.bench.ms [--only PARTS] [--quick]

Every part prints what it measured; all figures are kept in bench/ms.json. The parts stand in ms_proteome, ms_own,
ms_lfq and ms_metabolome, each with what it does and what it is measured against.
"""

from importlib.util import find_spec

from . import ms_lfq, ms_own, ms_proteome, parts

PARTS = ms_proteome.PARTS | ms_own.PARTS | ms_lfq.PARTS
QUICK = ms_proteome.QUICK | ms_own.QUICK | ms_lfq.QUICK
if find_spec("tests.bench.ms_metabolome"):
    from . import ms_metabolome

    PARTS |= ms_metabolome.PARTS
    QUICK |= ms_metabolome.QUICK

if __name__ == "__main__":
    parts.run("ms", __doc__, PARTS, QUICK)
