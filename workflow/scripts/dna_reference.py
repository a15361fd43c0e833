"""Read, call seriome, write. No science lives here."""

import pysam

from seriome.dna import bins, reference
from seriome.dna.tools import c_output_to, read_contigs
from seriome.files import write_text
from seriome.logs import log_to

with log_to(snakemake.log[0]) as log, c_output_to(snakemake.log[0]):
    out = snakemake.output
    reference.copy_genome(snakemake.input.genome, out.genome)
    contigs = read_contigs(out.fai)
    targets = reference.read_targets(snakemake.input.targets, contigs) if snakemake.input.get("targets") else None
    transcripts = reference.read_transcripts(snakemake.input.genes, out.genome)
    log.info("%d contigs, %d transcripts, targets: %s", len(contigs), len(transcripts), targets and len(targets))
    write_text(out.gff, reference.gff3(transcripts))
    reference.write_transcripts(out.transcripts, transcripts)
    reference.write_bed(out.parts, reference.gene_parts(transcripts, targets))
    reference.write_bed(out.regions, reference.calling_regions(contigs, targets, snakemake.params.padding))
    with pysam.FastaFile(out.genome) as fasta:
        reference.write_bed(out.bins, bins.bins_of(contigs, targets, fasta.fetch))
