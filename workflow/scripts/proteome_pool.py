"""Read, call seriome, write. No science lives here."""

import pandas as pd

from seriome.logs import log_to
from seriome.proteome.fdr import JUDGED, assess
from seriome.proteome.tables import read_table, write_table

with log_to(snakemake.log[0]) as log:
    tables = [
        read_table(path)[0].assign(sample=sample, run=run)
        for path, (sample, run) in zip(snakemake.input, snakemake.params.units, strict=True)
    ]
    pooled, level, problem = assess(pd.concat(tables, ignore_index=True), dict(snakemake.params.settings))
    log.info("%d matches of %d runs judged together at the level %s", len(pooled), len(tables), level)
    if problem:
        log.info("%s", problem)
    write_table(snakemake.output[0], pooled[["sample", "run", "spectrum", *JUDGED]], {"decided_by": level})
