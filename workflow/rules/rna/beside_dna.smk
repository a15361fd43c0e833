"""
RNA beside DNA: reads of each base where people differ, whether RNA is its patient's, and the somatic variants of the patient in RNA.
The contract of the stage stands in ../rna.smk.
"""


rule rna_fingerprint:
    input:
        bam="<results>/rna/bam/{sample}.bam",
        index="<results>/rna/bam/{sample}.bam.bai",
        genome="<results>/dna/reference/genome.fa",
        fai="<results>/dna/reference/genome.fa.fai",
        regions="<results>/dna/reference/regions.bed",
        sites=CONFIG["dna"]["identity_sites"] or [],
    output:
        "<results>/rna/fingerprint/{sample}.parquet",
    log:
        "<logs>/rna/fingerprint/{sample}.log",
    benchmark:
        "<benchmarks>/rna/fingerprint/{sample}.tsv"
    wildcard_constraints:
        sample=one_of(RNA_COMPARED),
    conda:
        "../../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=120,
    params:
        settings=PILEUP,
        code=fingerprint("dna/fingerprint", "dna/pileup", "dna/tools", "files"),
    message:
        "rna: fingerprint of {wildcards.sample}"
    script:
        "../../scripts/dna_fingerprint.py"


rule rna_identity:
    input:
        lambda wildcards: [
            f"<results>/dna/fingerprint/{sample}.parquet" for sample in READ_BY_PATIENT.get(wildcards.patient, [])
        ],
        lambda wildcards: [f"<results>/rna/fingerprint/{sample}.parquet" for sample in compared_of(wildcards.patient)],
    output:
        "<results>/rna/identity/{patient}.tsv",
    log:
        "<logs>/rna/identity/{patient}.log",
    benchmark:
        "<benchmarks>/rna/identity/{patient}.tsv"
    wildcard_constraints:
        patient=one_of(PATIENTS_OF_RNA),
    conda:
        "../../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=30,
    params:
        dna=lambda wildcards: READ_BY_PATIENT.get(wildcards.patient, []),
        rna=lambda wildcards: compared_of(wildcards.patient),
        known=CONFIG["dna"]["identity_sites"] is not None,
        code=fingerprint("dna/fingerprint", "dna/identity", "dna/verdicts", "files"),
    message:
        "rna: is the RNA of {wildcards.patient} the patient's?"
    script:
        "../../scripts/rna_identity.py"


rule rna_variants:
    input:
        identity="<results>/rna/identity/{patient}.tsv",
        bams=lambda wildcards: [f"<results>/rna/bam/{sample}.bam" for sample in compared_of(wildcards.patient)],
        indexes=lambda wildcards: [f"<results>/rna/bam/{sample}.bam.bai" for sample in compared_of(wildcards.patient)],
        variants="<results>/dna/variants/{patient}.parquet",
    output:
        "<results>/rna/variants/{patient}.tsv",
    log:
        "<logs>/rna/variants/{patient}.log",
    benchmark:
        "<benchmarks>/rna/variants/{patient}.tsv"
    wildcard_constraints:
        patient=one_of(PATIENTS_COMPARED),
    conda:
        "../../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=120,
    params:
        samples=lambda wildcards: [COHORT.about(sample, "rna") for sample in compared_of(wildcards.patient)],
        settings=PILEUP,
        code=fingerprint("rna/variants", "dna/verdicts", "files"),
    message:
        "rna: variants of {wildcards.patient} in RNA"
    script:
        "../../scripts/rna_variants.py"
