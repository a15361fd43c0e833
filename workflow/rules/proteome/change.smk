"""
What changed within patients and over the cohort.
The contract of the stage stands in ../proteome.smk.
"""

PROTEOME_COMPARED = [
    row | {"batch": batch_of("proteome", row["sample"])}
    for row in COHORT.rows("samples")
    if row["sample"] in COHORT.samples_with("proteome") and row["specimen"] not in ("blank", "pool")
]
TABLES += [f"<results>/proteome/{name}.parquet" for name in ("changes", "cohort")]


rule proteome_change:
    input:
        [
            "<results>/features/assay=proteome/patient={patient}/sample={sample}.parquet".format(**row)
            for row in PROTEOME_COMPARED
        ],
    output:
        changes="<results>/proteome/changes.parquet",
        cohort="<results>/proteome/cohort.parquet",
    log:
        "<logs>/proteome_change.log",
    benchmark:
        "<benchmarks>/proteome_change.tsv"
    conda:
        "../../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=60,
    params:
        samples=PROTEOME_COMPARED,
        before=CONFIG["targets"]["before"],
        code=fingerprint("longitudinal", "features", "files"),
    message:
        "proteome: what changed within patients and over the cohort"
    script:
        "../../scripts/proteome_change.py"
