"""Read, call seriome, write. No science lives here."""

from seriome.dna.index import bwa_index
from seriome.dna.tools import c_output_to
from seriome.logs import log_to

with log_to(snakemake.log[0]), c_output_to(snakemake.log[0]):
    bwa_index(snakemake.input[0], snakemake.params.aligner)
