"""Read, call seriome, write. No science lives here."""

from seriome.files import write_tsv
from seriome.logs import log_to
from seriome.rna.transcripts import COLUMNS, as_row, read_transcripts

with log_to(snakemake.log[0]) as log:
    transcripts = read_transcripts(snakemake.input.genes)
    log.info("%d transcripts of %d genes", len(transcripts), len({one.gene_id for one in transcripts}))
    write_tsv(snakemake.output[0], map(as_row, transcripts), COLUMNS)
