"""Read, call seriome, write. No science lives here."""

from seriome.dna import fingerprint
from seriome.dna.tools import c_output_to, has_reads, read_bed
from seriome.logs import log_to

with log_to(snakemake.log[0]) as log, c_output_to(snakemake.log[0]):
    source = snakemake.input
    sites = fingerprint.read_sites(source.sites) if source.get("sites") else None
    where = fingerprint.places(read_bed(source.regions), sites) if has_reads(source.bam) else []
    found = fingerprint.count(source.bam, source.genome, where, snakemake.params.settings)
    log.info("%d places with reads, %d with another allele", len(found), fingerprint.alternative(found).sum())
    fingerprint.write(snakemake.output[0], found)
