"""
Genome, gene models, regions, indexes: once per run.
The contract of the stage stands in ../dna.smk.
"""


rule dna_reference:
    input:
        genome=CONFIG["reference"]["genome"] or [],
        genes=CONFIG["reference"]["genes"] or [],
        targets=CONFIG["reference"]["targets"] or [],
    output:
        genome="<results>/dna/reference/genome.fa",
        fai="<results>/dna/reference/genome.fa.fai",
        dict="<results>/dna/reference/genome.dict",
        gff="<results>/dna/reference/genes.gff3",
        transcripts="<results>/dna/reference/transcripts.tsv",
        parts="<results>/dna/reference/parts.bed",
        regions="<results>/dna/reference/regions.bed",
        bins="<results>/dna/reference/bins.bed",
    log:
        "<logs>/dna/reference.log",
    benchmark:
        "<benchmarks>/dna/reference.tsv"
    conda:
        "../../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=60,
    params:
        padding=CONFIG["dna"]["padding"],
        code=fingerprint("dna/reference", "dna/bins", "dna/tools", "files"),
    message:
        "dna: genome, gene models, regions"
    script:
        "../../scripts/dna_reference.py"


rule dna_index:
    input:
        "<results>/dna/reference/genome.fa",
    output:
        multiext("<results>/dna/reference/genome.fa", *INDEX),
    log:
        "<logs>/dna/index.log",
    benchmark:
        "<benchmarks>/dna/index.tsv"
    conda:
        ALIGNER_ENV
    threads: 1
    resources:
        mem_mb=memory(INDEX_MB),
        runtime=240,
    params:
        aligner=ALIGNER,
        code=fingerprint("dna/index", "dna/bwa_mem2"),
    message:
        "dna: the aligner's index of the genome"
    script:
        "../../scripts/dna_index.py"


rule dna_host:
    input:
        CONFIG["reference"]["host_genome"] or [],
    output:
        genome="<results>/dna/host/genome.fa",
        beside=multiext("<results>/dna/host/genome", ".fa.fai", ".dict"),
        index=multiext("<results>/dna/host/genome.fa", *INDEX),
    log:
        "<logs>/dna/host.log",
    benchmark:
        "<benchmarks>/dna/host.tsv"
    conda:
        ALIGNER_ENV
    threads: 1
    resources:
        mem_mb=memory(INDEX_MB),
        runtime=240,
    params:
        aligner=ALIGNER,
        code=fingerprint("dna/index", "dna/bwa_mem2", "dna/reference"),
    message:
        "dna: the host's genome and the aligner's index of it"
    script:
        "../../scripts/dna_host.py"


rule dna_context:
    input:
        genome="<results>/dna/reference/genome.fa",
        fai="<results>/dna/reference/genome.fa.fai",
        regions="<results>/dna/reference/regions.bed",
    output:
        loci="<results>/dna/reference/microsatellites.bed",
        trinucleotides="<results>/dna/reference/trinucleotides.tsv",
    log:
        "<logs>/dna/context.log",
    benchmark:
        "<benchmarks>/dna/context.tsv"
    conda:
        "../../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(6000),
        runtime=60,
    params:
        most=CONFIG["dna"]["msi_max_loci"],
        code=fingerprint("dna/msi", "dna/signatures", "dna/background", "files"),
    message:
        "dna: microsatellites and trinucleotides of the regions"
    script:
        "../../scripts/dna_context.py"
