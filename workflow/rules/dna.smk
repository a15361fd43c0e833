"""
DNA: reads to alignments, somatic variants of each patient over all samples, copy number, biomarkers.
needs  reference genome, genes (and targets); dna units as fastq, bam or vcf, and intake's records
gives  <results>/dna/reference/                      genome with its bwa index, gene models, regions; once per run
       <results>/dna/bam/{sample}.bam, .bam.bai      merged, sorted, duplicates marked
       <results>/dna/qc/{sample}.json, .stats        reads, duplicates, insert size, on target; samtools stats, for MultiQC
       <results>/dna/coverage/{sample}.tsv           depth per gene
       <results>/dna/variants/{patient}.vcf.gz, .vcf.gz.tbi, .parquet    every variant of the patient at every sample
       <results>/dna/variants/{patient}.callable.tsv    bases deep enough to call, per sample
       <results>/dna/copy_number/{patient}.parquet   log2 ratio per gene and sample against the matched normal
       <results>/dna/fingerprint/{sample}.parquet    reads of each base where people differ
       <results>/dna/identity/{patient}.tsv, .order.json    do a patient's samples match, are they clean, in order
       <results>/dna/relatedness.tsv                 every pair of samples of the cohort: one person or two
       <results>/features/assay=dna/patient=/sample=.parquet    kinds variant (vaf), copy_number (log2_ratio), biomarker
       <results>/gaps/dna/{unit,sample,patient}.*.tsv    bam_not_sorted, other_reference, no_reads, no_matched_normal
       <results>/gaps/dna/identity.{patient}.tsv     contaminated, other_sex, timepoints_exchanged
       <results>/gaps/dna/relatedness.tsv            sample_of_other_patient, sample_of_nobody, samples_of_two_people,
                                                     patients_are_one_person
"""

GAPS += collect(
    "<results>/gaps/dna/unit.{unit.sample}.{unit.run}.tsv",
    unit=[unit for unit in COHORT.assays.itertuples() if unit.assay == "dna" and unit.format in ("fastq", "bam")],
)
GAPS += collect("<results>/gaps/dna/sample.{sample}.tsv", sample=COHORT.samples_with("dna", "fastq", "bam"))
GAPS += collect("<results>/gaps/dna/patient.{patient}.tsv", patient=COHORT.patients_with("dna"))
GAPS += collect("<results>/gaps/dna/identity.{patient}.tsv", patient=COHORT.patients_with("dna"))
GAPS += ["<results>/gaps/dna/relatedness.tsv"]

CALLING = {key: value for key, value in CONFIG["dna"].items() if key != "identity_sites"}
READ_BY_PATIENT = {
    patient: [row["sample"] for row in COHORT.samples_of(patient, "dna", "fastq", "bam")]
    for patient in COHORT.patients_with("dna")
}


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
    log:
        "<logs>/dna/reference.log",
    benchmark:
        "<benchmarks>/dna/reference.tsv"
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=60,
    params:
        padding=CONFIG["dna"]["padding"],
        code=fingerprint("dna/reference", "dna/tools", "files"),
    message:
        "dna: genome, gene models, regions"
    script:
        "../scripts/dna_reference.py"


rule dna_index:
    input:
        "<results>/dna/reference/genome.fa",
    output:
        multiext("<results>/dna/reference/genome.fa", ".amb", ".ann", ".bwt", ".pac", ".sa"),
    log:
        "<logs>/dna/index.log",
    benchmark:
        "<benchmarks>/dna/index.tsv"
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(6000),
        runtime=240,
    params:
        code=fingerprint("dna/index"),
    message:
        "dna: bwa's index of the genome"
    script:
        "../scripts/dna_index.py"


rule dna_align:
    input:
        files=lambda wildcards: COHORT.files("dna", wildcards.sample, wildcards.run),
        record="<results>/intake/dna/{sample}/{run}.json",
        genome="<results>/dna/reference/genome.fa",
        fai="<results>/dna/reference/genome.fa.fai",
        dict="<results>/dna/reference/genome.dict",
        index=multiext("<results>/dna/reference/genome.fa", ".amb", ".ann", ".bwt", ".pac", ".sa"),
    output:
        bam=temp("<results>/dna/units/{sample}/{run}.bam"),
        gaps="<results>/gaps/dna/unit.{sample}.{run}.tsv",
    log:
        "<logs>/dna/align/{sample}/{run}.log",
    benchmark:
        "<benchmarks>/dna/align/{sample}/{run}.tsv"
    wildcard_constraints:
        sample=one_of(COHORT.samples_with("dna", "fastq", "bam")),
    conda:
        "../../envs/seriome.yaml"
    threads: threads_for("dna", 8)
    resources:
        mem_mb=memory(4000),
        runtime=720,
    params:
        unit=lambda wildcards: COHORT.unit("dna", wildcards.sample, wildcards.run),
        code=fingerprint("dna/align", "dna/umi", "dna/tools", "files"),
    message:
        "dna: aligning {wildcards.sample} {wildcards.run}"
    script:
        "../scripts/dna_align.py"


rule dna_sample:
    input:
        units=lambda wildcards: [
            f"<results>/dna/units/{wildcards.sample}/{run}.bam" for run in COHORT.runs("dna", wildcards.sample)
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
        coverage="<results>/dna/coverage/{sample}.tsv",
        gaps="<results>/gaps/dna/sample.{sample}.tsv",
    log:
        "<logs>/dna/sample/{sample}.log",
    benchmark:
        "<benchmarks>/dna/sample/{sample}.tsv"
    wildcard_constraints:
        sample=one_of(COHORT.samples_with("dna", "fastq", "bam")),
    conda:
        "../../envs/seriome.yaml"
    threads: threads_for("dna", 8)
    resources:
        mem_mb=memory(3000),
        runtime=360,
    params:
        about=about("dna"),
        umi=lambda wildcards: any(
            "M" in COHORT.unit("dna", wildcards.sample, run).get("umi", "")
            for run in COHORT.runs("dna", wildcards.sample)
        ),
        min_mapping_quality=CONFIG["dna"]["min_mapping_quality"],
        code=fingerprint("dna/coverage", "dna/align", "dna/tools", "files", "ledger"),
    message:
        "dna: duplicates, quality and coverage of {wildcards.sample}"
    script:
        "../scripts/dna_sample.py"


rule dna_call:
    input:
        unpack(dna_of_patient),
    output:
        vcf=report(
            "<results>/dna/variants/{patient}.vcf.gz",
            caption="../report/variants.rst",
            category="Patients",
            subcategory="{patient}",
            labels={"table": "variants"},
        ),
        index="<results>/dna/variants/{patient}.vcf.gz.tbi",
        table="<results>/dna/variants/{patient}.parquet",
        callable="<results>/dna/variants/{patient}.callable.tsv",
        gaps="<results>/gaps/dna/patient.{patient}.tsv",
    log:
        "<logs>/dna/call/{patient}.log",
    benchmark:
        "<benchmarks>/dna/call/{patient}.tsv"
    wildcard_constraints:
        patient=one_of(sorted(set(COHORT.assays.loc[COHORT.assays["assay"] == "dna", "patient"]))),
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=1440,
    params:
        samples=lambda wildcards: COHORT.samples_of(wildcards.patient, "dna", "fastq", "bam", "vcf"),
        reads=lambda wildcards: [row["sample"] for row in COHORT.samples_of(wildcards.patient, "dna", "fastq", "bam")],
        called=called_units,
        settings=CALLING,
        code=fingerprint(
            *("dna/tables", "dna/calling", "dna/limits", "dna/pileup", "dna/consequence", "dna/imports", "dna/tools"),
            *("files", "ledger"),
        ),
    message:
        "dna: variants of {wildcards.patient} over all samples"
    script:
        "../scripts/dna_call.py"


rule dna_copy_number:
    input:
        lambda wildcards: [
            f"<results>/dna/coverage/{row['sample']}.tsv"
            for row in COHORT.samples_of(wildcards.patient, "dna", "fastq", "bam")
        ],
    output:
        "<results>/dna/copy_number/{patient}.parquet",
    log:
        "<logs>/dna/copy_number/{patient}.log",
    benchmark:
        "<benchmarks>/dna/copy_number/{patient}.tsv"
    wildcard_constraints:
        patient=one_of(sorted(set(COHORT.assays.loc[COHORT.assays["assay"] == "dna", "patient"]))),
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=30,
    params:
        samples=lambda wildcards: COHORT.samples_of(wildcards.patient, "dna", "fastq", "bam"),
        code=fingerprint("dna/copy_number", "files"),
    message:
        "dna: copy number of {wildcards.patient}"
    script:
        "../scripts/dna_copy_number.py"


rule dna_fingerprint:
    input:
        bam="<results>/dna/bam/{sample}.bam",
        index="<results>/dna/bam/{sample}.bam.bai",
        genome="<results>/dna/reference/genome.fa",
        fai="<results>/dna/reference/genome.fa.fai",
        regions="<results>/dna/reference/regions.bed",
        sites=CONFIG["dna"]["identity_sites"] or [],
    output:
        "<results>/dna/fingerprint/{sample}.parquet",
    log:
        "<logs>/dna/fingerprint/{sample}.log",
    benchmark:
        "<benchmarks>/dna/fingerprint/{sample}.tsv"
    wildcard_constraints:
        sample=one_of(COHORT.samples_with("dna", "fastq", "bam")),
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=120,
    params:
        settings={key: CONFIG["dna"][key] for key in ("min_mapping_quality", "min_base_quality", "max_depth")},
        code=fingerprint("dna/fingerprint", "dna/pileup", "dna/tools", "files"),
    message:
        "dna: fingerprint of {wildcards.sample}"
    script:
        "../scripts/dna_fingerprint.py"


rule dna_identity:
    input:
        fingerprints=lambda wildcards: [
            f"<results>/dna/fingerprint/{sample}.parquet" for sample in READ_BY_PATIENT[wildcards.patient]
        ],
        coverage=lambda wildcards: [
            f"<results>/dna/coverage/{sample}.tsv" for sample in READ_BY_PATIENT[wildcards.patient]
        ],
        variants="<results>/dna/variants/{patient}.parquet",
    output:
        samples="<results>/dna/identity/{patient}.tsv",
        order="<results>/dna/identity/{patient}.order.json",
        gaps="<results>/gaps/dna/identity.{patient}.tsv",
    log:
        "<logs>/dna/identity/{patient}.log",
    benchmark:
        "<benchmarks>/dna/identity/{patient}.tsv"
    wildcard_constraints:
        patient=one_of(COHORT.patients_with("dna")),
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=30,
    params:
        samples=lambda wildcards: COHORT.samples_of(wildcards.patient, "dna", "fastq", "bam"),
        sex=lambda wildcards: COHORT.rows("patients", wildcards.patient)[0].get("sex"),
        known=CONFIG["dna"]["identity_sites"] is not None,
        code=fingerprint(
            *("dna/fingerprint", "dna/identity", "dna/verdicts", "dna/contamination", "dna/order", "dna/sex"),
            *("files", "ledger"),
        ),
    message:
        "dna: do the samples of {wildcards.patient} match?"
    script:
        "../scripts/dna_identity.py"


rule dna_relatedness:
    input:
        [f"<results>/dna/fingerprint/{sample}.parquet" for samples in READ_BY_PATIENT.values() for sample in samples],
    output:
        pairs="<results>/dna/relatedness.tsv",
        gaps="<results>/gaps/dna/relatedness.tsv",
    log:
        "<logs>/dna/relatedness.log",
    benchmark:
        "<benchmarks>/dna/relatedness.tsv"
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=60,
    params:
        patients=READ_BY_PATIENT,
        known=CONFIG["dna"]["identity_sites"] is not None,
        code=fingerprint("dna/fingerprint", "dna/identity", "dna/verdicts", "files", "ledger"),
    message:
        "dna: who is whom in the cohort"
    script:
        "../scripts/dna_relatedness.py"


rule dna_features:
    input:
        variants="<results>/dna/variants/{patient}.parquet",
        callable="<results>/dna/variants/{patient}.callable.tsv",
        copy_number="<results>/dna/copy_number/{patient}.parquet",
        coverage=lambda wildcards: [
            f"<results>/dna/coverage/{sample}.tsv"
            for sample in COHORT.samples_with("dna", "fastq", "bam")
            if sample == wildcards.sample
        ],
        records=unit_records("dna"),
    output:
        "<results>/features/assay=dna/patient={patient}/sample={sample}.parquet",
    log:
        "<logs>/dna/features/{patient}.{sample}.log",
    benchmark:
        "<benchmarks>/dna/features/{patient}.{sample}.tsv"
    wildcard_constraints:
        sample=one_of(COHORT.samples_with("dna", "fastq", "bam", "vcf")),
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=20,
    params:
        about=about("dna"),
        specimen=lambda wildcards: next(
            row["specimen"] for row in COHORT.rows("samples") if row["sample"] == wildcards.sample
        ),
        settings=CALLING,
        code=fingerprint("dna/features", "dna/consequence", "dna/limits", "features/store", "files"),
    message:
        "dna: features of {wildcards.sample}"
    script:
        "../scripts/dna_features.py"
