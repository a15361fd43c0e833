"""Read, call seriome, write. No science lives here."""

from seriome.dna import mutect2, scatter
from seriome.dna.imports import variants_of
from seriome.dna.tables import count_patient
from seriome.dna.tools import c_output_to
from seriome.ledger import Gaps
from seriome.logs import log_to

with log_to(snakemake.log[0]) as log, c_output_to(snakemake.log[0]):
    source, words = snakemake.input, snakemake.params
    bams = dict(zip(words.reads, source.bams, strict=True))
    # a VCF that cannot be read is a gap of dna_call
    vcfs = variants_of(words.called, source.records, source.genome, Gaps(), snakemake.wildcards.patient)
    vcfs |= mutect2.candidates(source.mutect2, source.genome)
    reference = {"genome": source.genome, "regions": source.regions, "targets": source.get("targets") or None}
    share = {"part": int(snakemake.wildcards.part) - 1, "parts": words.parts, "threads": snakemake.threads}
    found = count_patient(words.samples, bams, vcfs, reference, words.settings, **share)
    log.info("%d alleles", len(found.alleles))
    scatter.write(snakemake.output[0], found)
