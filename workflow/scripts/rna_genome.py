"""Read, call seriome, write. No science lives here."""

from seriome.dna.tools import c_output_to
from seriome.files import moved_into_place
from seriome.logs import log_to
from seriome.rna.align import build_index

with log_to(snakemake.log[0]), c_output_to(snakemake.log[0]), moved_into_place(snakemake.output.index) as index:
    build_index(snakemake.input.genome, index, snakemake.output.genome, snakemake.threads)
