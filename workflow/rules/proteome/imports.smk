"""
Tables of proteins made elsewhere: each sample's own run out of a table of many.
The contract of the stage stands in ../proteome.smk.
"""

PROTEOME_IMPORTED = COHORT.samples_with("proteome", *OF_MANY)
GAPS += [
    "<results>/gaps/proteome/{patient}.{sample}.import.tsv".format(**COHORT.about(sample, "proteome"))
    for sample in PROTEOME_IMPORTED
]


rule proteome_import:
    input:
        files=all_files("proteome"),
        units=unit_records("proteome"),
    output:
        features="<results>/features/assay=proteome/patient={patient}/sample={sample}.parquet",
        proteins="<results>/proteome/proteins/{patient}.{sample}.parquet",
        peptides="<results>/proteome/peptides/{patient}.{sample}.parquet",
        gaps="<results>/gaps/proteome/{patient}.{sample}.import.tsv",
    log:
        "<logs>/proteome_import/{patient}.{sample}.log",
    benchmark:
        "<benchmarks>/proteome_import/{patient}.{sample}.tsv"
    wildcard_constraints:
        sample=one_of(PROTEOME_IMPORTED),
    conda:
        "../../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    params:
        about=about("proteome"),
        rows=lambda wildcards: [
            COHORT.unit("proteome", wildcards.sample, run) for run in COHORT.runs("proteome", wildcards.sample)
        ],
        fdr=CONFIG["proteome"]["fdr"],
        code=fingerprint("proteome/imports", "proteome/quantity", "proteome/tables", "features", "ledger", "files"),
    message:
        "proteome: taking in the tables of {wildcards.sample}"
    script:
        "../../scripts/proteome_import.py"
