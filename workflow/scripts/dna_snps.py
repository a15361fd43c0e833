"""Read, call seriome, write. No science lives here."""

from seriome.dna.snps import HET_COLUMNS, heterozygous
from seriome.dna.tools import c_output_to, has_reads
from seriome.files import write_tsv
from seriome.logs import log_to

with log_to(snakemake.log[0]) as log, c_output_to(snakemake.log[0]):
    rows = [
        row
        for bam in snakemake.input.get("bam", [])[:1]
        if has_reads(bam)
        for row in heterozygous(bam, snakemake.input.genome, snakemake.input.regions, snakemake.params.settings)
    ]
    log.info("%d heterozygous SNPs", len(rows))
    write_tsv(snakemake.output[0], rows, HET_COLUMNS)
