"""
Control: what pools and blanks say of every feature, and the table of what was removed.
The contract of the stage stands in ../metabolome.smk.
"""


rule metabolome_control:
    input:
        atlas="<results>/metabolome/atlas.parquet",
        pools=collect("<results>/metabolome/measured/{unit.sample}/{unit.run}.parquet", unit=POOLS),
    output:
        constants="<results>/metabolome/constants.parquet",
        offsets="<results>/metabolome/offsets.parquet",
    log:
        "<logs>/metabolome/control.log",
    benchmark:
        "<benchmarks>/metabolome/control.tsv"
    conda:
        "../../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=60,
    params:
        units=[COHORT.unit("metabolome", unit.sample, unit.run) for unit in POOLS],
        settings=CONTROL_SETTINGS,
        seed=CONFIG["seed"],
        code=fingerprint("metabolome/control", "metabolome/drift", "metabolome/tables", "files"),
    message:
        "metabolome: drift, batches and precision, from the pools"
    script:
        "../../scripts/metabolome_control.py"


rule metabolome_account:
    input:
        atlas="<results>/metabolome/atlas.parquet",
        constants="<results>/metabolome/constants.parquet",
        features=[
            "<results>/features/assay=metabolome/patient={patient}/sample={sample}.parquet".format(
                **COHORT.about(sample, "metabolome")
            )
            for sample in MEASURED_SAMPLES
        ],
    output:
        report(
            "<results>/metabolome/control.tsv",
            caption="../../report/metabolome_control.rst",
            category="Quality",
            labels={"table": "metabolome: what was kept and removed"},
        ),
    log:
        "<logs>/metabolome/account.log",
    benchmark:
        "<benchmarks>/metabolome/account.tsv"
    conda:
        "../../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=30,
    params:
        settings=CONTROL_SETTINGS,
        code=fingerprint("metabolome/control", "metabolome/tables", "features/store", "files"),
    message:
        "metabolome: what was kept and removed, and why"
    script:
        "../../scripts/metabolome_account.py"
