"""Read, call seriome, write. No science lives here."""

from seriome.dna import fusions
from seriome.files import read_tsv
from seriome.logs import log_to

with log_to(snakemake.log[0]) as log:
    source, samples = snakemake.input, snakemake.params.samples
    bams = dict(zip([row["sample"] for row in samples], source.get("bams", []), strict=True))
    rows = []
    if bams:
        rows = fusions.of_patient(samples, bams, read_tsv(source.transcripts), source.gff, snakemake.params.settings)
    log.info("%d junctions", len({row["fusion"] for row in rows}))
    fusions.write_fusions(snakemake.output[0], rows)
