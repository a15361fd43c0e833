"""Read, call seriome, write. No science lives here."""

from seriome.dna.snps import ALLELE_COLUMNS, alleles
from seriome.dna.tools import c_output_to
from seriome.files import read_tsv, write_tsv
from seriome.logs import log_to

with log_to(snakemake.log[0]), c_output_to(snakemake.log[0]):
    source = snakemake.input
    rows = alleles(source.bam, source.genome, read_tsv(source.snps), snakemake.params.settings)
    write_tsv(snakemake.output[0], rows, ALLELE_COLUMNS)
