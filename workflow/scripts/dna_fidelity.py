"""Read, call seriome, write. No science lives here."""

import pandas as pd

from seriome.dna import fidelity
from seriome.logs import log_to

with log_to(snakemake.log[0]) as log:
    rows = fidelity.of_patient(pd.read_parquet(snakemake.input[0]))
    log.info("%d rows", len(rows))
    fidelity.write_fidelity(snakemake.output.variants, snakemake.output.summary, rows)
