"""Read, call seriome, write. No science lives here."""

import pandas as pd

from seriome.logs import log_to
from seriome.rna.matrix import SHEET, read_cohort
from seriome.rna.normalise import learn, write_constants

with log_to(snakemake.log[0]) as log:
    sheet = pd.DataFrame(snakemake.params.samples, columns=SHEET)
    reads = read_cohort(dict(zip(snakemake.params.quantified, snakemake.input, strict=True)), sheet)
    constants = learn(reads, snakemake.params.specimens)
    log.info("%d genes, %d samples", len(reads.genes), len(reads.samples))
    log.info("%d residual degrees of freedom within patients and phases", constants.residual_freedom)
    write_constants(snakemake.output[0], constants)
