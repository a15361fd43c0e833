"""Read, call seriome, write. No science lives here."""

from seriome.dna.index import bwa_index
from seriome.dna.reference import copy_genome
from seriome.dna.tools import c_output_to
from seriome.logs import log_to

with log_to(snakemake.log[0]), c_output_to(snakemake.log[0]):
    copy_genome(snakemake.input[0], snakemake.output.genome)
    bwa_index(snakemake.output.genome, snakemake.params.aligner)
