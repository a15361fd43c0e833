"""Read, call seriome, write. No science lives here."""

from seriome.dna import consensus
from seriome.dna.tools import c_output_to
from seriome.files import write_json
from seriome.logs import log_to

with log_to(snakemake.log[0]) as log, c_output_to(snakemake.log[0]):
    source, out, params = snakemake.input, snakemake.output, snakemake.params
    numbers, sizes = consensus.write_consensus(
        *(list(source.units), out.bam, source.genome),
        sample=snakemake.wildcards.sample,
        mode=params.mode,
        min_reads=params.min_reads,
        aligner=params.aligner,
        threads=snakemake.threads,
    )
    log.info("%s", numbers)
    write_json(out.numbers, numbers)
    consensus.write_families(out.families, sizes)
