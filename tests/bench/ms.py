"""Figures of mass spectrometry, proteome and metabolome: python -m tests.bench.ms [--only PARTS] [--quick]

Every part prints what it measured; all figures are kept in bench/ms.json. The parts stand in ms_proteome and
ms_metabolome, each with what it does and what it is measured against.
"""

from importlib.util import find_spec

from . import ms_proteome, parts

PARTS, QUICK = dict(ms_proteome.PARTS), dict(ms_proteome.QUICK)
if find_spec("tests.bench.ms_metabolome"):
    from . import ms_metabolome

    PARTS |= ms_metabolome.PARTS
    QUICK |= ms_metabolome.QUICK

if __name__ == "__main__":
    parts.run("ms", __doc__, PARTS, QUICK)
