"""
Reads to spliced alignments on the genome, and the fusions that they show.
The contract of the stage stands in ../rna.smk.
"""


rule rna_genome:
    input:
        genome=reference_file(CONFIG["reference"], "rna_genome") or [],
    output:
        index="<results>/rna/index/genome.mmi",
        genome="<results>/rna/index/genome.fa",
        beside=multiext("<results>/rna/index/genome", ".fa.fai", ".dict"),
    log:
        "<logs>/rna/genome.log",
    benchmark:
        "<benchmarks>/rna/genome.tsv"
    conda:
        "../../../envs/seriome.yaml"
    threads: 2
    resources:
        mem_mb=genome_memory(2000),
        runtime=120,
    params:
        code=fingerprint("rna/align", "dna/reference", "dna/tools", "files"),
    message:
        "rna: minimap2's index of the genome"
    script:
        "../../scripts/rna_genome.py"


rule rna_align:
    input:
        files=all_files("rna"),
        units=unit_records("rna"),
        index="<results>/rna/index/genome.mmi",
        fai="<results>/rna/index/genome.fa.fai",
    output:
        bam="<results>/rna/bam/{sample}.bam",
        bai="<results>/rna/bam/{sample}.bam.bai",
        counts="<results>/rna/bam/{sample}.json",
    log:
        "<logs>/rna/align/{sample}.log",
    benchmark:
        "<benchmarks>/rna/align/{sample}.tsv"
    wildcard_constraints:
        sample=one_of(ALIGNED),
    conda:
        "../../../envs/seriome.yaml"
    threads: threads_for("rna", 8)
    resources:
        mem_mb=genome_memory(2000),
        runtime=720,
    params:
        files=files_of_units("rna"),
        code=fingerprint("rna/align", "rna/quant", "dna/align", "dna/tools", "files"),
    message:
        "rna: aligning {wildcards.sample}"
    script:
        "../../scripts/rna_align.py"


rule rna_fusions:
    input:
        bam="<results>/rna/bam/{sample}.bam",
        bai="<results>/rna/bam/{sample}.bam.bai",
        transcripts="<results>/rna/index/transcripts.tsv",
        genome="<results>/rna/index/genome.fa",
        fai="<results>/rna/index/genome.fa.fai",
    output:
        "<results>/rna/fusions/{sample}.tsv",
    log:
        "<logs>/rna/fusions/{sample}.log",
    benchmark:
        "<benchmarks>/rna/fusions/{sample}.tsv"
    wildcard_constraints:
        sample=one_of(ALIGNED),
    conda:
        "../../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=240,
    params:
        least=CONFIG["rna"]["fusion_min_fragments"],
        drivers=CONFIG["rna"]["fusion_drivers"],
        code=fingerprint("rna/fusions", "rna/fusion_table", "rna/genes", "rna/transcripts", "files"),
    message:
        "rna: fusions of {wildcards.sample}"
    script:
        "../../scripts/rna_fusions.py"


rule rna_library:
    input:
        files=all_files("rna"),
        abundance="<results>/rna/quant/{sample}/abundance.tsv",
        info="<results>/rna/quant/{sample}/run_info.json",
        transcripts="<results>/rna/index/transcripts.tsv",
        bam=lambda wildcards: aligned_of(wildcards, "<results>/rna/bam/{sample}.bam"),
        bai=lambda wildcards: aligned_of(wildcards, "<results>/rna/bam/{sample}.bam.bai"),
        foreign=CONFIG["reference"]["rna_foreign"] or [],
        index="<results>/rna/index/genome.mmi" if CONFIG["reference"]["rna_foreign"] else [],
    output:
        "<results>/rna/library/{sample}.json",
    log:
        "<logs>/rna/library/{sample}.log",
    benchmark:
        "<benchmarks>/rna/library/{sample}.tsv"
    wildcard_constraints:
        sample=one_of(COHORT.samples_with("rna", "fastq")),
    conda:
        "../../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=genome_memory(2000) if CONFIG["reference"]["rna_foreign"] else memory(2000),
        runtime=120,
    params:
        files=files_of_units("rna"),
        code=fingerprint("rna/library", "rna/align", "rna/transcripts", "files"),
    message:
        "rna: quality of the library of {wildcards.sample}"
    script:
        "../../scripts/rna_library.py"
