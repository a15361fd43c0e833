"""
Change: within patients and over the cohort, pathways, and genes tied to what changed.
The contract of the stage stands in ../metabolome.smk.
"""


rule metabolome_change:
    input:
        atlas="<results>/metabolome/atlas.parquet",
        candidates="<results>/metabolome/candidates.tsv",
        account="<results>/metabolome/control.tsv",
        features=[
            "<results>/features/assay=metabolome/patient={patient}/sample={sample}.parquet".format(**row)
            for row in COMPARED
        ],
        compounds=CONFIG["reference"]["compounds"] or [],
        pathways=CONFIG["reference"]["pathways"] or [],
        enzymes=CONFIG["reference"]["enzymes"] or [],
    output:
        changes="<results>/metabolome/changes.parquet",
        cohort="<results>/metabolome/cohort.parquet",
        pathways="<results>/metabolome/pathways.tsv",
        enzymes="<results>/metabolome/enzymes.tsv",
    log:
        "<logs>/metabolome/change.log",
    benchmark:
        "<benchmarks>/metabolome/change.tsv"
    conda:
        "../../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=60,
    params:
        samples=COMPARED,
        before=CONFIG["targets"]["before"],
        within_s=CONFIG["metabolome"]["name_rt_s"] / 3,
        cut=CONFIG["metabolome"]["pathway_p"],
        seed=CONFIG["seed"],
        code=fingerprint("metabolome/change", "metabolome/pathways", "metabolome/tables", "longitudinal", "files"),
    message:
        "metabolome: what changed within patients and over the cohort"
    script:
        "../../scripts/metabolome_change.py"
