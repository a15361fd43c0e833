"""
Transcripts of the annotation, their sequences, and kallisto's index of them: once per run.
The contract of the stage stands in ../rna.smk.
"""


rule rna_genes:
    input:
        genes=reference_file(CONFIG["reference"], "rna_genes") or [],
    output:
        "<results>/rna/index/transcripts.tsv",
    log:
        "<logs>/rna/genes.log",
    benchmark:
        "<benchmarks>/rna/genes.tsv"
    conda:
        "../../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    params:
        code=fingerprint("rna/transcripts", "files"),
    message:
        "rna: transcripts of the annotation"
    script:
        "../../scripts/rna_genes.py"


rule rna_transcripts:
    input:
        genome=reference_file(CONFIG["reference"], "rna_genome") or [],
        genes=reference_file(CONFIG["reference"], "rna_genes") or [],
    output:
        "<results>/rna/index/transcripts.fa.gz",
    log:
        "<logs>/rna/transcripts.log",
    benchmark:
        "<benchmarks>/rna/transcripts.tsv"
    conda:
        "../../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=60,
    params:
        code=fingerprint("rna/transcripts", "files"),
    message:
        "rna: splicing the transcripts from the genome"
    script:
        "../../scripts/rna_transcripts.py"


rule rna_index:
    input:
        transcripts="<results>/rna/index/transcripts.fa.gz",
        decoys=CONFIG["rna"]["decoys"] and reference_file(CONFIG["reference"], "rna_genome") or [],
    output:
        "<results>/rna/index/kallisto.idx",
    log:
        "<logs>/rna/index.log",
    benchmark:
        "<benchmarks>/rna/index.tsv"
    conda:
        "../../../envs/seriome.yaml"
    threads: 2
    resources:
        mem_mb=memory(8000),
        runtime=240,
    params:
        code=fingerprint("rna/kallisto"),
    message:
        "rna: kallisto's index"
    script:
        "../../scripts/rna_index.py"
