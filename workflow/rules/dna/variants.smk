"""
Variants of a patient over all samples, fusions of driver genes, and what is known of them.
The contract of the stage stands in ../dna.smk.
"""


rule dna_mutect2:
    input:
        bams=lambda wildcards: of_samples("<results>/dna/bam/{sample}.bam", wildcards),
        indexes=lambda wildcards: of_samples("<results>/dna/bam/{sample}.bam.bai", wildcards),
        genome="<results>/dna/reference/genome.fa",
        beside=multiext("<results>/dna/reference/genome", ".fa.fai", ".dict"),
        regions="<results>/dna/reference/regions.bed",
        population=CONFIG["reference"]["population"] or [],
    output:
        vcf="<results>/dna/mutect2/{patient}.vcf.gz",
        index="<results>/dna/mutect2/{patient}.vcf.gz.tbi",
    log:
        "<logs>/dna/mutect2/{patient}.log",
    benchmark:
        "<benchmarks>/dna/mutect2/{patient}.tsv"
    wildcard_constraints:
        patient=one_of(COHORT.patients_with("dna")),
    conda:
        "../../../envs/gatk.yaml"
    threads: threads_for("dna", 4)
    resources:
        mem_mb=memory(8000),
        runtime=2880,
    params:
        reads=lambda wildcards: READ_BY_PATIENT[wildcards.patient],
        normals=normals_of_patient,
        code=fingerprint("dna/mutect2"),
    message:
        "dna: Mutect2 over the samples of {wildcards.patient}"
    script:
        "../../scripts/dna_mutect2.py"


rule dna_count:
    input:
        unpack(dna_of_patient),
        mutect2=mutect2_of_patient,
    output:
        temp("<results>/dna/counts/{patient}.{part}.pickle.gz"),
    log:
        "<logs>/dna/count/{patient}.{part}.log",
    benchmark:
        "<benchmarks>/dna/count/{patient}.{part}.tsv"
    wildcard_constraints:
        patient=one_of(COHORT.patients_with("dna")),
        part=r"\d+",
    conda:
        "../../../envs/seriome.yaml"
    threads: threads_for("dna", 8, mb=500 * CONFIG["dna"]["scatter"])
    resources:
        mem_mb=memory(4000),
        runtime=1440,
    params:
        samples=lambda wildcards: COHORT.samples_of(wildcards.patient, "dna", "fastq", "bam", "vcf"),
        reads=lambda wildcards: [row["sample"] for row in COHORT.samples_of(wildcards.patient, "dna", "fastq", "bam")],
        called=called_units,
        settings=CALLING,
        parts=CONFIG["dna"]["scatter"],
        code=fingerprint(*COUNTING),
    message:
        "dna: counting in part {wildcards.part} of the regions of {wildcards.patient}"
    script:
        "../../scripts/dna_count.py"


rule dna_call:
    input:
        unpack(dna_of_patient),
        mutect2=mutect2_of_patient,
        counts=shares_of_patient,
    output:
        vcf=report(
            "<results>/dna/variants/{patient}.vcf.gz",
            caption="../../report/variants.rst",
            category="Patients",
            subcategory="{patient}",
            labels={"table": "variants"},
        ),
        index="<results>/dna/variants/{patient}.vcf.gz.tbi",
        table="<results>/dna/variants/{patient}.parquet",
        callable="<results>/dna/variants/{patient}.callable.tsv",
        errors="<results>/dna/variants/{patient}.errors.tsv",
        phased="<results>/dna/variants/{patient}.phased.tsv",
        gaps="<results>/gaps/dna/patient.{patient}.tsv",
    log:
        "<logs>/dna/call/{patient}.log",
    benchmark:
        "<benchmarks>/dna/call/{patient}.tsv"
    wildcard_constraints:
        patient=one_of(sorted(set(COHORT.assays.loc[COHORT.assays["assay"] == "dna", "patient"]))),
    conda:
        "../../../envs/seriome.yaml"
    threads: threads_for("dna", 8, mb=500)
    resources:
        mem_mb=memory(4000),
        runtime=1440,
    params:
        samples=lambda wildcards: COHORT.samples_of(wildcards.patient, "dna", "fastq", "bam", "vcf"),
        reads=lambda wildcards: [row["sample"] for row in COHORT.samples_of(wildcards.patient, "dna", "fastq", "bam")],
        called=called_units,
        settings=CALLING,
        code=fingerprint(
            *(
                *COUNTING,
                "dna/vcf",
                "dna/calling",
                "dna/judge",
                "dna/clips",
                "dna/realign",
                "dna/neighbours",
                "dna/phase",
            ),
            *("dna/normals", "dna/limits", "dna/consequence", "dna/hgvs", "ledger"),
        ),
    message:
        "dna: variants of {wildcards.patient} over all samples"
    script:
        "../../scripts/dna_call.py"


rule dna_meaning:
    input:
        known=ACTIONABILITY,
        civic=CONFIG["reference"]["civic"] or [],
        variants="<results>/dna/variants/{patient}.parquet",
        copy_number="<results>/dna/copy_number/{patient}.parquet",
        fusions="<results>/dna/fusions/{patient}.tsv",
    output:
        "<results>/dna/meaning/{patient}.tsv",
    log:
        "<logs>/dna/meaning/{patient}.log",
    benchmark:
        "<benchmarks>/dna/meaning/{patient}.tsv"
    wildcard_constraints:
        patient=one_of(COHORT.patients_with("dna")),
    conda:
        "../../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=20,
    params:
        code=fingerprint("dna/meaning", "known", "dna/consequence", "files"),
    message:
        "dna: what is known of the changes of {wildcards.patient}"
    script:
        "../../scripts/dna_meaning.py"


rule dna_fusions:
    input:
        unpack(dna_of_patient),
    output:
        "<results>/dna/fusions/{patient}.tsv",
    log:
        "<logs>/dna/fusions/{patient}.log",
    benchmark:
        "<benchmarks>/dna/fusions/{patient}.tsv"
    wildcard_constraints:
        patient=one_of(COHORT.patients_with("dna")),
    conda:
        "../../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=120,
    params:
        samples=lambda wildcards: COHORT.samples_of(wildcards.patient, "dna", "fastq", "bam"),
        settings=CONFIG["dna"],
        code=fingerprint("dna/fusions", "dna/fused", "dna/hgvs", "dna/limits", "files"),
    message:
        "dna: fusions of driver genes in {wildcards.patient}"
    script:
        "../../scripts/dna_fusions.py"
