"""
How much of each peptide ion in every run, and of each protein in every sample.
The contract of the stage stands in ../proteome.smk.
"""


rule proteome_quantify:
    input:
        unpack(proteome_raw),
        identified="<results>/proteome/identified/{patient}.parquet",
        impurities=CONFIG["proteome"]["impurities"] or [],
    output:
        ions="<results>/proteome/ions/{patient}.parquet",
        profile="<results>/proteome/profiles/{patient}.parquet",
    log:
        "<logs>/proteome_quantify/{patient}.log",
    benchmark:
        "<benchmarks>/proteome_quantify/{patient}.tsv"
    wildcard_constraints:
        patient=one_of(PROTEOME_PATIENTS),
    conda:
        "../../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(3000),
        runtime=120,
    params:
        units=proteome_units,
        settings=PROTEOME_QUANTITY,
        seed=CONFIG["seed"],
        blanks=sorted(PROTEOME_BLANKS),
        code=fingerprint(
            "proteome/rollup",
            "proteome/quantity",
            "proteome/transfer",
            "proteome/xic",
            "proteome/tmt",
            "proteome/run",
            "proteome/fdr",
            "proteome/tables",
            "files",
        ),
    message:
        "proteome: areas of peptides of {wildcards.patient}"
    script:
        "../../scripts/proteome_quantify.py"


rule proteome_profile:
    input:
        collect("<results>/proteome/ions/{patient}.parquet", patient=PROTEOME_PATIENTS),
    output:
        "<results>/proteome/profile.parquet",
    log:
        "<logs>/proteome_profile.log",
    benchmark:
        "<benchmarks>/proteome_profile.tsv"
    conda:
        "../../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(3000),
        runtime=60,
    params:
        blanks=sorted(PROTEOME_BLANKS),
        code=fingerprint("proteome/rollup", "proteome/quantity", "proteome/fdr", "proteome/tables", "files"),
    message:
        "proteome: what the cohort's ions have in common"
    script:
        "../../scripts/proteome_profile.py"


rule proteome_features:
    input:
        ions="<results>/proteome/ions/{patient}.parquet",
        variants="<results>/proteome/variants/{patient}.tsv",
        identified="<results>/proteome/identified/{patient}.parquet",
        profile=proteome_profile,
        status=unit_records("proteome"),
        proteins=CONFIG["reference"]["proteins"] or [],
    output:
        features="<results>/features/assay=proteome/patient={patient}/sample={sample}.parquet",
        proteins="<results>/proteome/proteins/{patient}.{sample}.parquet",
        peptides="<results>/proteome/peptides/{patient}.{sample}.parquet",
    log:
        "<logs>/proteome_features/{patient}.{sample}.log",
    benchmark:
        "<benchmarks>/proteome_features/{patient}.{sample}.tsv"
    wildcard_constraints:
        sample=one_of(PROTEOME_SAMPLES),
    conda:
        "../../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=30,
    params:
        about=about("proteome"),
        blank=lambda wildcards: wildcards.sample in PROTEOME_BLANKS,
        settings=PROTEOME_SEARCH | PROTEOME_FDR | PROTEOME_QUANTITY,
        code=fingerprint(
            "proteome/quantity",
            "proteome/rollup",
            "proteome/evidence",
            "proteome/fasta",
            "proteome/tables",
            "features",
        ),
    message:
        "proteome: proteins of {wildcards.sample}"
    script:
        "../../scripts/proteome_features.py"
