"""Read, call seriome, write. No science lives here."""

import sys

from seriome.files import moved_into_place
from seriome.logs import log_to
from seriome.rna.kallisto import build_index

with log_to(snakemake.log[0]), moved_into_place(snakemake.output[0]) as temporary:
    decoys = snakemake.input.decoys or None
    build_index(snakemake.input.transcripts, temporary, snakemake.threads, words=sys.stdout, decoys=decoys)
