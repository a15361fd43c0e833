"""The proteome stage measured: real runs with known answers, and simulated ones whose truth is planted."""

import pandas as pd

from seriome.config import with_defaults
from seriome.proteome.fasta import read_fasta
from seriome.proteome.fdr import assess
from seriome.proteome.run import read_run
from seriome.proteome.search import search

from .parts import PROJECT

REAL = PROJECT.parent / "shared/real"
SETTINGS = with_defaults({"sheets": "", "data": ""})["proteome"]


def real() -> dict:
    """Four small Orbitrap runs judged together at 1 %; known with Sage: 103 matches, 82 peptides, each within 5 %."""
    if not REAL.is_dir():
        print("real: skipped, ../shared/real is not there")
        return {}
    proteins = read_fasta(REAL / "proteome/human_subset.fasta.gz")
    runs = [
        search(read_run(path), proteins, SETTINGS).assign(run=path.name)
        for path in sorted((REAL / "proteome").glob("*.mzML.gz"))
    ]
    table, _, _ = assess(pd.concat(runs, ignore_index=True), SETTINGS | {"fdr_scope": "cohort"})
    kept = table[table["accepted"]]
    figures = {"real_psms": len(kept), "real_peptides": int(kept["peptide"].nunique())}
    print(f"real runs, pooled 1 % FDR: {figures['real_psms']} matches, {figures['real_peptides']} peptides")
    return figures


PARTS = {"real": real}
QUICK = {}
