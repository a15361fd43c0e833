"""Read, call seriome, write. No science lives here."""

from seriome.dna.tools import c_output_to, read_contigs
from seriome.files import write_json
from seriome.intake import usable
from seriome.logs import log_to
from seriome.rna.align import align_sample, open_index
from seriome.rna.quant import one_layout

with log_to(snakemake.log[0]) as log, c_output_to(snakemake.log[0]):
    files = snakemake.params.files
    units = {run: files[run] for run, record in zip(files, snakemake.input.units, strict=True) if usable(record)}
    counts = align_sample(
        open_index(snakemake.input.index, snakemake.threads),
        read_contigs(snakemake.input.fai),
        one_layout(units),
        snakemake.output.bam,
        sample=snakemake.wildcards.sample,
        threads=snakemake.threads,
    )
    log.info("%s", counts)
    write_json(snakemake.output.counts, counts)
