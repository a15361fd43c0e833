"""Read, call seriome, write. No science lives here."""

from seriome.dna import bins, fingerprint, msi
from seriome.dna.tools import c_output_to, has_reads, read_bed
from seriome.logs import log_to

with log_to(snakemake.log[0]) as log, c_output_to(snakemake.log[0]):
    source, out, settings = snakemake.input, snakemake.output, snakemake.params.settings
    reads = bins.count(source.bam, source.bins, settings["min_mapping_quality"])
    log.info("%d reads in %d bins", sum(reads), len(reads))
    bins.write_counts(out.bins, bins.read_bins(source.bins), reads)
    loci = read_bed(source.loci)
    lengths = msi.lengths_at(source.bam, loci, settings["min_mapping_quality"])
    log.info("%d fragments at %d loci", sum(sum(one.values()) for one in lengths), len(loci))
    msi.write_lengths(out.lengths, loci, lengths)
    sites = fingerprint.read_sites(source.sites) if source.get("sites") else None
    where = fingerprint.places(read_bed(source.regions), sites) if has_reads(source.bam) else []
    found = fingerprint.count(source.bam, source.genome, where, settings)
    log.info("%d places with reads, %d with another allele", len(found), fingerprint.alternative(found).sum())
    fingerprint.write(out.fingerprint, found)
