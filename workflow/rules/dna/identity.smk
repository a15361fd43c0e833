"""
Who a sample is of: by patient, and every sample against every other.
The contract of the stage stands in ../dna.smk.
"""


rule dna_identity:
    input:
        fingerprints=lambda wildcards: of_samples("<results>/dna/fingerprint/{sample}.parquet", wildcards),
        coverage=lambda wildcards: of_samples("<results>/dna/coverage/{sample}.tsv", wildcards),
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
        "../../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=30,
    params:
        samples=lambda wildcards: COHORT.samples_of(wildcards.patient, "dna", "fastq", "bam"),
        sex=lambda wildcards: COHORT.rows("patients", wildcards.patient)[0].get("sex"),
        known=CONFIG["dna"]["identity_sites"] is not None,
        treatments=lambda wildcards: COHORT.rows("treatments", wildcards.patient),
        code=fingerprint(
            *("dna/fingerprint", "dna/identity", "dna/verdicts", "dna/contamination", "dna/order", "dna/nested"),
            *("dna/sex", "files", "ledger"),
        ),
    message:
        "dna: do the samples of {wildcards.patient} match?"
    script:
        "../../scripts/dna_identity.py"


rule dna_relatedness:
    input:
        [f"<results>/dna/fingerprint/{sample}.parquet" for samples in READ_BY_PATIENT.values() for sample in samples],
        rna=[f"<results>/rna/fingerprint/{sample}.parquet" for sample in RNA_COMPARED],
    output:
        pairs="<results>/dna/relatedness.tsv",
        gaps="<results>/gaps/dna/relatedness.tsv",
    log:
        "<logs>/dna/relatedness.log",
    benchmark:
        "<benchmarks>/dna/relatedness.tsv"
    conda:
        "../../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=60,
    params:
        patients=READ_BY_PATIENT,
        rna={sample: COHORT.about(sample, "rna")["patient"] for sample in RNA_COMPARED},
        known=CONFIG["dna"]["identity_sites"] is not None,
        code=fingerprint("dna/fingerprint", "dna/identity", "dna/verdicts", "files", "ledger"),
    message:
        "dna: who is whom in the cohort"
    script:
        "../../scripts/dna_relatedness.py"
