"""
Microsatellites, signatures, and how true models are to the tumour.
The contract of the stage stands in ../dna.smk.
"""


rule dna_biomarkers:
    input:
        unpack(biomarkers_of_patient),
    output:
        msi="<results>/dna/biomarkers/{patient}.msi.tsv",
        loci="<results>/dna/biomarkers/{patient}.loci.tsv",
        signatures="<results>/dna/biomarkers/{patient}.signatures.tsv",
    log:
        "<logs>/dna/biomarkers/{patient}.log",
    benchmark:
        "<benchmarks>/dna/biomarkers/{patient}.tsv"
    wildcard_constraints:
        patient=one_of(sorted(set(COHORT.assays.loc[COHORT.assays["assay"] == "dna", "patient"]))),
    conda:
        "../../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=60,
    params:
        samples=lambda wildcards: COHORT.samples_of(wildcards.patient, "dna", "fastq", "bam", "vcf"),
        reads=lambda wildcards: [row["sample"] for row in COHORT.samples_of(wildcards.patient, "dna", "fastq", "bam")],
        settings=CONFIG["dna"],
        code=fingerprint("dna/msi", "dna/signatures", "dna/background", "dna/calling", "dna/limits", "files"),
    message:
        "dna: microsatellite instability and signatures of {wildcards.patient}"
    script:
        "../../scripts/dna_biomarkers.py"


rule dna_fidelity:
    input:
        "<results>/dna/variants/{patient}.parquet",
    output:
        variants="<results>/dna/fidelity/{patient}.variants.tsv",
        summary="<results>/dna/fidelity/{patient}.tsv",
    log:
        "<logs>/dna/fidelity/{patient}.log",
    benchmark:
        "<benchmarks>/dna/fidelity/{patient}.tsv"
    wildcard_constraints:
        patient=one_of(PATIENTS_WITH_MODELS),
    conda:
        "../../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=20,
    params:
        code=fingerprint("dna/fidelity", "dna/limits", "files"),
    message:
        "dna: what the models of {wildcards.patient} share with its tumours"
    script:
        "../../scripts/dna_fidelity.py"
