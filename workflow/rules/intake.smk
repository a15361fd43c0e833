"""
Intake: is every raw file whole?
needs  the raw files of assays.tsv
gives  <results>/intake/{assay}/{sample}/{run}.json   status ok or gap with its reason; records, bytes, sha256
A broken file is no error of this job: it is a gap of its unit, and the stages behind go on without that unit.
"""


rule intake:
    input:
        files=unit_files,
    output:
        record="<results>/intake/{assay}/{sample}/{run}.json",
    log:
        "<logs>/intake/{assay}/{sample}/{run}.log",
    benchmark:
        "<benchmarks>/intake/{assay}/{sample}/{run}.tsv"
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=60,
    params:
        unit=unit_row,
        data=CONFIG["data"],
        code=fingerprint("intake", "files", "features/tables"),
    message:
        "intake: reading {wildcards.assay} {wildcards.sample} {wildcards.run}"
    script:
        "../scripts/intake.py"
