"""
RNA: transcripts spliced from the genome, quantified with kallisto, summed up to genes; reads aligned, fusions.
needs  reference rna_genome and rna_genes (else genome and genes); rna units as fastq or kallisto, and intake's records
gives  <results>/rna/index/transcripts.tsv                transcript_id gene_id gene biotype chrom strand length
       <results>/rna/index/transcripts.fa.gz              their sequences, 5' to 3'
       <results>/rna/quant/{sample}/abundance.tsv         kallisto's table over all usable units of the sample
       <results>/rna/quant/{sample}/run_info.json         fragments processed and mapped, strand, state
       <results>/rna/genes/{sample}.parquet               genes: reads, TPM, effective length, inferential variance
       <results>/rna/bam/{sample}.bam, .bam.bai           alignments on the genome, unless rna.align is false
       <results>/rna/fusions/{sample}.tsv                 junctions of two genes, with what speaks against them
       <results>/gaps/rna/{sample}.tsv                    low_mapping, foreign_transcripts, mixed_layout
       <results>/features/assay=rna/patient=/sample=.parquet   kinds expression (log2_tpm), count (reads), fusion
kallisto's own words are in <logs>/rna/kallisto/{sample}.log, for MultiQC.
"""

QUANTIFIED = COHORT.samples_with("rna", "fastq", "kallisto")
ALIGNED = COHORT.samples_with("rna", "fastq") if CONFIG["rna"]["align"] else []
GAPS += collect("<results>/gaps/rna/{sample}.tsv", sample=QUANTIFIED)
QUANTIFYING = {  # what the abundances rest on: any other key may change without quantifying anew
    key: CONFIG["rna"][key]
    for key in ("strand", "strand_fragments", "min_mapped", "fragment_length", "fragment_sd", "bootstraps")
}


include: "rna/inputs.smk"
include: "rna/reference.smk"
include: "rna/expression.smk"
include: "rna/alignment.smk"


rule rna_features:
    input:
        genes="<results>/rna/genes/{sample}.parquet",
        fusions=fusions_of,
        transcripts="<results>/rna/index/transcripts.tsv",
        units=unit_records("rna"),
    output:
        "<results>/features/assay=rna/patient={patient}/sample={sample}.parquet",
    log:
        "<logs>/rna/features/{patient}/{sample}.log",
    benchmark:
        "<benchmarks>/rna/features/{patient}/{sample}.tsv"
    wildcard_constraints:
        sample=one_of(QUANTIFIED),
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=30,
    params:
        about=about("rna"),
        fusion_min_fragments=CONFIG["rna"]["fusion_min_fragments"],
        code=fingerprint("rna/expression", "rna/fusion_table", "features/store", "files"),
    message:
        "rna: features of {wildcards.sample}"
    script:
        "../scripts/rna_features.py"
