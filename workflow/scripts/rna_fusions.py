"""Read, call seriome, write. No science lives here."""

from seriome.logs import log_to
from seriome.rna.fusion_table import judged, write_fusions
from seriome.rna.fusions import find
from seriome.rna.genes import Genes
from seriome.rna.transcripts import genome_sequence, read_models

with log_to(snakemake.log[0]) as log:
    genes = Genes(read_models(snakemake.input.transcripts))
    sequence = genome_sequence(snakemake.input.genome)
    rows = find(snakemake.input.bam, genes, sequence, snakemake.params.least)
    by_id = {gene.gene_id: gene for gene in genes.all}
    rows = judged(rows, by_id, sequence, snakemake.params.drivers, snakemake.wildcards.sample)
    log.info("%d junctions of two genes, %d pass", len(rows), sum(row["filter"] == "PASS" for row in rows))
    write_fusions(snakemake.output[0], rows)
