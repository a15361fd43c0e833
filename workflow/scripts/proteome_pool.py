"""Read, call seriome, write. No science lives here."""

import pandas as pd

from seriome.logs import log_to
from seriome.proteome.fdr import JUDGED, assess
from seriome.proteome.identify import UNIT, prepared
from seriome.proteome.tables import read_table, write_table

with log_to(snakemake.log[0]) as log:
    settings = dict(snakemake.params.settings)
    psms = pd.concat([read_table(path)[0] for path in snakemake.input], ignore_index=True)
    psms, learned = prepared(psms, settings)
    pooled, level, problem = assess(psms, settings)
    log.info("%d matches judged together at the level %s, rescored: %s", len(pooled), level, learned)
    if problem:
        log.info("%s", problem)
    columns = [*UNIT, "spectrum", "score", "hyperscore", *JUDGED]
    write_table(snakemake.output[0], pooled[columns], {"decided_by": level, "rescored": learned})
