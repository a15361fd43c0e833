"""
Copies of both alleles, purity and ploidy, over all samples of a patient.
The contract of the stage stands in ../dna.smk.
"""


rule dna_snps:
    input:
        unpack(normal_of_patient),
    output:
        "<results>/dna/snps/{patient}.tsv",
    log:
        "<logs>/dna/snps/{patient}.log",
    benchmark:
        "<benchmarks>/dna/snps/{patient}.tsv"
    wildcard_constraints:
        patient=one_of(sorted(set(COHORT.assays.loc[COHORT.assays["assay"] == "dna", "patient"]))),
    conda:
        "../../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=480,
    params:
        settings=PILEUP,
        code=fingerprint("dna/snps", "dna/background", "dna/pileup", "dna/tools", "files"),
    message:
        "dna: heterozygous SNPs of {wildcards.patient}"
    script:
        "../../scripts/dna_snps.py"


rule dna_alleles:
    input:
        bam="<results>/dna/bam/{sample}.bam",
        index="<results>/dna/bam/{sample}.bam.bai",
        genome="<results>/dna/reference/genome.fa",
        fai="<results>/dna/reference/genome.fa.fai",
        snps=lambda wildcards: f"<results>/dna/snps/{COHORT.about(wildcards.sample, 'dna')['patient']}.tsv",
    output:
        "<results>/dna/alleles/{sample}.tsv",
    log:
        "<logs>/dna/alleles/{sample}.log",
    benchmark:
        "<benchmarks>/dna/alleles/{sample}.tsv"
    wildcard_constraints:
        sample=one_of(COHORT.samples_with("dna", "fastq", "bam")),
    conda:
        "../../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=240,
    params:
        settings=PILEUP,
        code=fingerprint("dna/snps", "dna/background", "dna/pileup", "dna/tools", "files"),
    message:
        "dna: alleles of {wildcards.sample} at heterozygous SNPs"
    script:
        "../../scripts/dna_alleles.py"


rule dna_copy_number:
    input:
        coverage=lambda wildcards: of_samples("<results>/dna/coverage/{sample}.tsv", wildcards),
        bins=lambda wildcards: of_samples("<results>/dna/bins/{sample}.parquet", wildcards),
        alleles=lambda wildcards: of_samples("<results>/dna/alleles/{sample}.tsv", wildcards),
        snps="<results>/dna/snps/{patient}.tsv",
        variants="<results>/dna/variants/{patient}.parquet",
        pool=lambda wildcards: [
            f"<results>/dna/bins/{sample}.parquet"
            for sample in CONFIG["dna"]["pool"]
            if COHORT.about(sample, "dna")["patient"] != wildcards.patient
        ],
    output:
        genes="<results>/dna/copy_number/{patient}.parquet",
        segments="<results>/dna/segments/{patient}.tsv",
        purity="<results>/dna/purity/{patient}.tsv",
    log:
        "<logs>/dna/copy_number/{patient}.log",
    benchmark:
        "<benchmarks>/dna/copy_number/{patient}.tsv"
    wildcard_constraints:
        patient=one_of(sorted(set(COHORT.assays.loc[COHORT.assays["assay"] == "dna", "patient"]))),
    conda:
        "../../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=60,
    params:
        samples=lambda wildcards: COHORT.samples_of(wildcards.patient, "dna", "fastq", "bam"),
        code=fingerprint(
            *("dna/copy_number", "dna/copies", "dna/copy_states", "dna/clonality"),
            *("dna/purity", "dna/segments", "dna/bins", "dna/snps"),
            *("files", "special"),
        ),
    message:
        "dna: copy number, purity and ploidy of {wildcards.patient} over all samples"
    script:
        "../../scripts/dna_copy_number.py"
