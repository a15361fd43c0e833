"""Read, call seriome, write. No science lives here."""

from seriome.dna import msi
from seriome.dna.tools import read_bed
from seriome.logs import log_to

with log_to(snakemake.log[0]) as log:
    loci = read_bed(snakemake.input.loci)
    lengths = msi.lengths_at(snakemake.input.bam, loci, snakemake.params.min_mapping_quality)
    log.info("%d fragments at %d loci", sum(sum(one.values()) for one in lengths), len(loci))
    msi.write_lengths(snakemake.output[0], loci, lengths)
