"""
RNA: transcripts spliced from the genome, quantified with kallisto, summed up to genes; reads aligned, fusions.
needs  reference rna_genome and rna_genes (else genome and genes); rna units as fastq, kallisto, salmon or star, and intake's records
gives  <results>/rna/index/transcripts.tsv                transcript_id gene_id gene biotype chrom strand length
       <results>/rna/index/transcripts.fa.gz              their sequences, 5' to 3'
       <results>/rna/quant/{sample}/abundance.tsv         kallisto's table over all usable units of the sample
       <results>/rna/quant/{sample}/run_info.json         fragments processed and mapped, strand, state
       <results>/rna/genes/{sample}.parquet               genes: reads, TPM, effective length, inferential variance
       <results>/rna/bam/{sample}.bam, .bam.bai           alignments on the genome, unless rna.align is false
       <results>/rna/library/{sample}.json                quality of the library, for MultiQC
       <results>/rna/fusions/{sample}.tsv                 junctions of two genes, with what speaks against them
       <results>/rna/fingerprint/{sample}.parquet         reads of each base where people differ, for dna/relatedness
       <results>/rna/identity/{patient}.tsv               is the patient's RNA of the patient
       <results>/rna/variants/{patient}.tsv               the patient's somatic variants in RNA: expressed or silent
       <results>/gaps/rna/{sample}.tsv                    low_mapping, foreign_transcripts, mixed_layout, other_strand
       <results>/features/assay=rna/patient=/sample=.parquet   kinds expression (log2_tpm), count (reads), programme,
                                                          cell_markers, cell_fraction, checkpoint, fusion, rna_variant
       <results>/rna/state/{patient}/{sample}.tsv         the last four with the genes they rest on, verdicts and reasons
       <results>/rna/constants.parquet                    what normalisation and variance rest on, unless the config has it
       <results>/rna/changes.parquet                      changes of every patient: genes, programmes, cells
       <results>/rna/cohort.parquet                       phases by a mixed model, two groups by DESeq2
       <results>/rna/sites.tsv                            how far samples are apart: places on one day, and days
       <results>/rna/activities.tsv                       transcription factors and pathways, where there is a network
       <results>/rna/notes.json                           what the report must tell: batches, what could not be compared
kallisto's own words are in <logs>/rna/kallisto/{sample}.log, for MultiQC.
"""

QUANTIFIED = COHORT.samples_with("rna", "fastq", "kallisto", "salmon", "star")
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
include: "rna/beside_dna.smk"
include: "rna/change.smk"


rule rna_features:
    input:
        genes="<results>/rna/genes/{sample}.parquet",
        fusions=fusions_of,
        variants=rna_variants_of,
        transcripts="<results>/rna/index/transcripts.tsv",
        units=unit_records("rna"),
        programmes=workflow.source_path("../../resources/programmes.tsv"),
        markers=workflow.source_path("../../resources/cell_markers.tsv"),
        gmt=CONFIG["rna"]["programmes"],
        signature=CONFIG["rna"]["cell_signature"] or [],
    output:
        features="<results>/features/assay=rna/patient={patient}/sample={sample}.parquet",
        state="<results>/rna/state/{patient}/{sample}.tsv",
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
        seed=CONFIG["seed"],
        code=fingerprint(
            *("rna/expression", "rna/fusion_table", "rna/variants", "rna/state", "rna/programmes", "rna/cells"),
            *("features/store", "files"),
        ),
    message:
        "rna: features of {wildcards.sample}"
    script:
        "../scripts/rna_features.py"
