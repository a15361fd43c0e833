"""Read, call seriome, write. No science lives here."""

import pandas as pd

from seriome.features import cohort_table, write_cohort_table
from seriome.logs import log_to

with log_to(snakemake.log[0]) as log:
    samples = pd.DataFrame(snakemake.params.samples, columns=["patient", "sample", "timepoint", "day"])
    table = cohort_table(snakemake.input, samples, snakemake.wildcards.assay, snakemake.threads)
    log.info("%d tables, %d rows", len(snakemake.input), table.num_rows)
    write_cohort_table(snakemake.output[0], table, snakemake.input)
