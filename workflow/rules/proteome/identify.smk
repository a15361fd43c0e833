"""
Which matches are believed, and which of them show that a mutation is translated.
The contract of the stage stands in ../proteome.smk.
"""


rule proteome_pool:
    input:
        collect("<results>/proteome/psms/{patient}.parquet", patient=PROTEOME_PATIENTS),
    output:
        "<results>/proteome/pooled.parquet",
    log:
        "<logs>/proteome_pool.log",
    benchmark:
        "<benchmarks>/proteome_pool.tsv"
    conda:
        "../../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=30,
    params:
        settings=PROTEOME_FDR,
        code=fingerprint("proteome/identify", "proteome/fdr", "proteome/rescore", "proteome/tables", "files"),
    message:
        "proteome: judging the matches of all runs together"
    script:
        "../../scripts/proteome_pool.py"


rule proteome_identify:
    input:
        psms="<results>/proteome/psms/{patient}.parquet",
        own="<results>/proteome/own/{patient}.tsv",
        pooled=["<results>/proteome/pooled.parquet"] if CONFIG["proteome"]["fdr_scope"] == "cohort" else [],
        proteins=CONFIG["reference"]["proteins"] or [],
        contaminants=PROTEOME_CONTAMINANTS,
    output:
        identified="<results>/proteome/identified/{patient}.parquet",
        variants="<results>/proteome/variants/{patient}.tsv",
        qc="<results>/proteome/qc/{patient}.json",
        gaps="<results>/gaps/proteome/{patient}.fdr.tsv",
    log:
        "<logs>/proteome_identify/{patient}.log",
    benchmark:
        "<benchmarks>/proteome_identify/{patient}.tsv"
    wildcard_constraints:
        patient=one_of(PROTEOME_PATIENTS),
    conda:
        "../../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=30,
    params:
        units=proteome_units,
        blanks=sorted(PROTEOME_BLANKS),
        settings=PROTEOME_FDR,
        code=fingerprint(
            "proteome/identify",
            "proteome/evidence",
            "proteome/fdr",
            "proteome/rescore",
            "proteome/quantity",
            "proteome/fasta",
            "proteome/tables",
            "ledger",
            "files",
        ),
    message:
        "proteome: false discovery rates of {wildcards.patient}"
    script:
        "../../scripts/proteome_identify.py"
