"""Read, call seriome, write. No science lives here."""

import pandas as pd

from seriome.dna.copy_number import of_patient, write_table
from seriome.logs import log_to

with log_to(snakemake.log[0]) as log:
    samples = snakemake.params.samples
    tables = {
        row["sample"]: pd.read_csv(path, sep="\t", dtype={"chrom": str, "part_bases": str, "part_depths": str})
        for row, path in zip(samples, snakemake.input, strict=True)
    }
    table = of_patient(samples, tables)
    log.info("%d rows", len(table))
    write_table(snakemake.output[0], table)
