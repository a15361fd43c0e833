"""
Reads to one file of alignments per sample: aligned by unit, made one per molecule, merged, measured.
The contract of the stage stands in ../dna.smk.
"""


rule dna_align:
    input:
        files=lambda wildcards: COHORT.files("dna", wildcards.sample, wildcards.run),
        record="<results>/intake/dna/{sample}/{run}.json",
        genome="<results>/dna/reference/genome.fa",
        fai="<results>/dna/reference/genome.fa.fai",
        dict="<results>/dna/reference/genome.dict",
        index=multiext("<results>/dna/reference/genome.fa", *INDEX),
        host=host_of_unit,
    output:
        bam=temp("<results>/dna/units/{sample}/{run}.bam"),
        counts=temp("<results>/dna/units/{sample}/{run}.json"),
        gaps="<results>/gaps/dna/unit.{sample}.{run}.tsv",
    log:
        "<logs>/dna/align/{sample}/{run}.log",
    benchmark:
        "<benchmarks>/dna/align/{sample}/{run}.tsv"
    wildcard_constraints:
        sample=one_of(COHORT.samples_with("dna", "fastq", "bam")),
    conda:
        ALIGNER_ENV
    threads: threads_for("dna", 8)
    resources:
        mem_mb=memory(ALIGN_MB),
        runtime=720,
    params:
        unit=lambda wildcards: COHORT.unit("dna", wildcards.sample, wildcards.run),
        trim=TRIM,
        aligner=ALIGNER,
        code=fingerprint(*ALIGNING, "dna/umi", "dna/host", "dna/trim"),
    message:
        "dna: aligning {wildcards.sample} {wildcards.run}"
    script:
        "../../scripts/dna_align.py"


rule dna_consensus:
    input:
        units=dna_units,
        genome="<results>/dna/reference/genome.fa",
        fai="<results>/dna/reference/genome.fa.fai",
        dict="<results>/dna/reference/genome.dict",
        index=multiext("<results>/dna/reference/genome.fa", *INDEX),
    output:
        bam=temp("<results>/dna/consensus/{sample}.bam"),
        numbers=temp("<results>/dna/consensus/{sample}.json"),
        families="<results>/dna/qc/{sample}.families.tsv",
    log:
        "<logs>/dna/consensus/{sample}.log",
    benchmark:
        "<benchmarks>/dna/consensus/{sample}.tsv"
    wildcard_constraints:
        sample=one_of(WITH_CONSENSUS),
    conda:
        ALIGNER_ENV
    threads: threads_for("dna", 8)
    resources:
        mem_mb=memory(ALIGN_MB),
        runtime=720,
    params:
        aligner=ALIGNER,
        mode=CONFIG["dna"]["consensus"],
        min_reads=CONFIG["dna"]["consensus_min_reads"],
        code=fingerprint(*ALIGNING, "dna/consensus", "dna/families", "dna/umi"),
    message:
        "dna: consensus reads of {wildcards.sample}"
    script:
        "../../scripts/dna_consensus.py"


rule dna_sample:
    input:
        unpack(dna_alignments),
        counts=lambda wildcards: [
            f"<results>/dna/units/{wildcards.sample}/{run}.json" for run in COHORT.runs("dna", wildcards.sample)
        ],
        genome="<results>/dna/reference/genome.fa",
        fai="<results>/dna/reference/genome.fa.fai",
        parts="<results>/dna/reference/parts.bed",
        targets=CONFIG["reference"]["targets"] or [],
    output:
        bam="<results>/dna/bam/{sample}.bam",
        index="<results>/dna/bam/{sample}.bam.bai",
        stats="<results>/dna/qc/{sample}.stats",
        quality="<results>/dna/qc/{sample}.json",
        damage="<results>/dna/qc/{sample}.damage.tsv",
        coverage="<results>/dna/coverage/{sample}.tsv",
        targets="<results>/dna/coverage/{sample}.targets.tsv.gz",
        gaps="<results>/gaps/dna/sample.{sample}.tsv",
    log:
        "<logs>/dna/sample/{sample}.log",
    benchmark:
        "<benchmarks>/dna/sample/{sample}.tsv"
    wildcard_constraints:
        sample=one_of(COHORT.samples_with("dna", "fastq", "bam")),
    conda:
        "../../../envs/seriome.yaml"
    threads: threads_for("dna", 8)
    resources:
        mem_mb=memory(3000),
        runtime=360,
    params:
        about=about("dna"),
        umi=lambda wildcards: any(COHORT.barcoded(wildcards.sample)),
        mark=lambda wildcards: wildcards.sample not in WITH_CONSENSUS,
        min_mapping_quality=CONFIG["dna"]["min_mapping_quality"],
        min_base_quality=CONFIG["dna"]["min_base_quality"],
        code=fingerprint(
            "dna/coverage",
            "dna/damage",
            "dna/evenness",
            "dna/align",
            "dna/host",
            "dna/trim",
            "dna/tools",
            "files",
            "ledger",
        ),
    message:
        "dna: duplicates, quality and coverage of {wildcards.sample}"
    script:
        "../../scripts/dna_sample.py"


rule dna_measure:
    input:
        bam="<results>/dna/bam/{sample}.bam",
        index="<results>/dna/bam/{sample}.bam.bai",
        genome="<results>/dna/reference/genome.fa",
        fai="<results>/dna/reference/genome.fa.fai",
        regions="<results>/dna/reference/regions.bed",
        bins="<results>/dna/reference/bins.bed",
        loci="<results>/dna/reference/microsatellites.bed",
        sites=CONFIG["dna"]["identity_sites"] or [],
    output:
        bins="<results>/dna/bins/{sample}.parquet",
        lengths="<results>/dna/microsatellites/{sample}.tsv",
        fingerprint="<results>/dna/fingerprint/{sample}.parquet",
    log:
        "<logs>/dna/measure/{sample}.log",
    benchmark:
        "<benchmarks>/dna/measure/{sample}.tsv"
    wildcard_constraints:
        sample=one_of(COHORT.samples_with("dna", "fastq", "bam")),
    conda:
        "../../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=180,
    params:
        settings=PILEUP,
        code=fingerprint("dna/bins", "dna/msi", "dna/fingerprint", "dna/pileup", "dna/tools", "files"),
    message:
        "dna: reads of {wildcards.sample} in bins, at microsatellites, where people differ"
    script:
        "../../scripts/dna_measure.py"
