"""
What changed, over all samples at once: normalisation, changes within patients, phases and groups over the cohort.
The contract of the stage stands in ../rna.smk.
"""

RNA_CONSTANTS = CONFIG["rna"]["constants"] or "<results>/rna/constants.parquet"
RNA_SHEET = [
    row | {"batch": batch_of("rna", row["sample"])}
    for row in COHORT.rows("samples")
    if row["sample"] in COHORT.samples_with("rna")
]
TABLES += [f"<results>/rna/{name}" for name in ("changes.parquet", "cohort.parquet", "sites.tsv", "activities.tsv")]


rule rna_constants:
    input:
        collect("<results>/rna/genes/{sample}.parquet", sample=QUANTIFIED),
    output:
        "<results>/rna/constants.parquet",
    log:
        "<logs>/rna/constants.log",
    benchmark:
        "<benchmarks>/rna/constants.tsv"
    conda:
        "../../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=60,
    params:
        samples=RNA_SHEET,
        quantified=QUANTIFIED,
        specimens=CONFIG["targets"]["specimens"]["rna"],
        code=fingerprint("rna/matrix", "rna/normalise", "rna/expression", "longitudinal", "files"),
    message:
        "rna: constants of normalisation"
    script:
        "../../scripts/rna_constants.py"


rule rna_change:
    input:
        genes=collect("<results>/rna/genes/{sample}.parquet", sample=QUANTIFIED),
        features=features_of("rna"),
        constants=RNA_CONSTANTS,
        network=CONFIG["rna"]["network"] or [],
    output:
        changes="<results>/rna/changes.parquet",
        cohort="<results>/rna/cohort.parquet",
        sites="<results>/rna/sites.tsv",
        activities="<results>/rna/activities.tsv",
        notes="<results>/rna/notes.json",
    log:
        "<logs>/rna/change.log",
    benchmark:
        "<benchmarks>/rna/change.tsv"
    conda:
        "../../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(8000),
        runtime=240,
    params:
        samples=RNA_SHEET,
        quantified=QUANTIFIED,
        specimens=CONFIG["targets"]["specimens"]["rna"],
        before=CONFIG["targets"]["before"],
        groups={row["patient"]: row.get(CONFIG["rna"]["groups"]) for row in COHORT.rows("patients")},
        seed=CONFIG["seed"],
        code=fingerprint("rna", "longitudinal", "features/store", "files"),
    message:
        "rna: what changed within patients and over the cohort"
    script:
        "../../scripts/rna_change.py"
