"""Read, call seriome, write. No science lives here."""

from seriome.dna import bins
from seriome.dna.tools import c_output_to
from seriome.logs import log_to

with log_to(snakemake.log[0]) as log, c_output_to(snakemake.log[0]):
    source = snakemake.input
    reads = bins.count(source.bam, source.bins, snakemake.params.min_mapping_quality)
    log.info("%d reads in %d bins", sum(reads), len(reads))
    bins.write_counts(snakemake.output[0], bins.read_bins(source.bins), reads)
