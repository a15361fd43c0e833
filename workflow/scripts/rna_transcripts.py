"""Read, call seriome, write. No science lives here."""

from seriome.files import gzip_writer
from seriome.logs import log_to
from seriome.rna.transcripts import read_transcripts, spliced

with log_to(snakemake.log[0]), gzip_writer(snakemake.output[0]) as file:
    for name, sequence in spliced(read_transcripts(snakemake.input.genes), snakemake.input.genome):
        file.write(f">{name}\n{sequence}\n".encode())
