"""Read, call seriome, write. No science lives here."""

import pandas as pd

from seriome.dna.verdicts import held
from seriome.files import read_tsv
from seriome.logs import log_to
from seriome.rna.variants import in_rna, write_variants

with log_to(snakemake.log[0]) as log:
    bams = {about["sample"]: bam for about, bam in zip(snakemake.params.samples, snakemake.input.bams, strict=True)}
    variants = pd.read_parquet(snakemake.input.variants)
    others = held(read_tsv(snakemake.input.identity))  # of another person
    samples = [about for about in snakemake.params.samples if about["sample"] not in others]
    rows = in_rna(variants, samples, bams, snakemake.params.settings)
    log.info("%d variants in %d samples of RNA", len(rows), len(samples))
    write_variants(snakemake.output[0], rows)
