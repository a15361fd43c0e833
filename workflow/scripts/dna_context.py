"""Read, call seriome, write. No science lives here."""

from seriome.dna import msi, signatures
from seriome.dna.reference import write_bed
from seriome.dna.tools import read_bed
from seriome.logs import log_to

with log_to(snakemake.log[0]) as log:
    genome, regions, out = snakemake.input.genome, read_bed(snakemake.input.regions), snakemake.output
    loci = msi.loci_of(genome, regions, snakemake.params.most)
    log.info("%d microsatellites", len(loci))
    write_bed(out.loci, loci)
    signatures.write_trinucleotides(out.trinucleotides, *signatures.trinucleotides(genome, regions))
