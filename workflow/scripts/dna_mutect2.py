"""Read, call seriome, write. No science lives here."""

from seriome.dna import mutect2
from seriome.dna.tools import c_output_to
from seriome.logs import log_to

with log_to(snakemake.log[0]), c_output_to(snakemake.log[0]):
    source, words = snakemake.input, snakemake.params
    mutect2.call(
        *(dict(zip(words.reads, source.bams, strict=True)), words.normals),
        *(source.genome, source.regions, snakemake.output.vcf),
        population=next(iter(source.population), None),
        threads=snakemake.threads,
        memory_mb=snakemake.resources.mem_mb - 1000,
    )
