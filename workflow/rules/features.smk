"""
Features: tables made elsewhere, the cohort's tables, and the cohort as one MuData.
needs  units of format features and intake's records; the feature table of every sample and assay
gives  <results>/features/assay=/patient=/sample=.parquet   for samples whose assay comes as a feature table
       <results>/cohort/{assay}.parquet   all samples × all features of an assay, every absence explained
       <results>/cohort/cohort.h5mu       the same as matrices, one modality per assay
A feature table that cannot be read is a gap of intake; its sample then has an empty table.
"""

for ASSAY in FORMATS:

    rule:
        name:
            f"features_import_{ASSAY}"
        input:
            files=all_files(ASSAY),
            units=unit_records(ASSAY),
        output:
            f"<results>/features/assay={ASSAY}/patient={{patient}}/sample={{sample}}.parquet",
        log:
            f"<logs>/features/import/{ASSAY}/{{patient}}/{{sample}}.log",
        benchmark:
            f"<benchmarks>/features/import/{ASSAY}/{{patient}}/{{sample}}.tsv"
        wildcard_constraints:
            sample=one_of(COHORT.samples_with(ASSAY, "features")),
        conda:
            "../../envs/seriome.yaml"
        threads: 1
        resources:
            mem_mb=memory(2000),
            runtime=30,
        params:
            about=about(ASSAY),
            code=fingerprint("features", "files", "intake/streams"),
        message:
            "features: taking in the table of {wildcards.sample}"
        script:
            "../scripts/features_import.py"


rule features_cohort:
    input:
        branch(lambda wildcards: wildcards.assay, cases={assay: features_of(assay) for assay in FORMATS}),
    output:
        "<results>/cohort/{assay}.parquet",
    log:
        "<logs>/features/cohort/{assay}.log",
    benchmark:
        "<benchmarks>/features/cohort/{assay}.tsv"
    wildcard_constraints:
        assay=one_of(FORMATS),
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=60,
    params:
        samples=COHORT.rows("samples"),
        code=fingerprint("features", "files"),
    message:
        "features: all samples' {wildcards.assay}"
    script:
        "../scripts/features_cohort.py"


rule features_mudata:
    input:
        **{assay: f"<results>/cohort/{assay}.parquet" for assay in FORMATS},
    output:
        "<results>/cohort/cohort.h5mu",
    log:
        "<logs>/features/mudata.log",
    benchmark:
        "<benchmarks>/features/mudata.tsv"
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=60,
    params:
        samples=COHORT.rows("samples"),
        code=fingerprint("features", "files"),
    message:
        "features: the cohort as one MuData"
    script:
        "../scripts/features_mudata.py"
