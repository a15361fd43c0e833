"""
Course: a patient's treatments, laboratory values, lesions, response and samples on one axis of days.
needs  the patient's rows of samples.tsv, treatments.tsv and clinical.tsv
gives  <results>/course/{patient}.parquet     long: a row per treatment, sample, value, lesion, index, response
"""


rule course:
    output:
        "<results>/course/{patient}.parquet",
    log:
        "<logs>/course/{patient}.log",
    benchmark:
        "<benchmarks>/course/{patient}.tsv"
    wildcard_constraints:
        patient=one_of(COHORT.patients["patient"]),
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=10,
    params:
        samples=lambda wildcards: COHORT.rows("samples", wildcards.patient),
        treatments=lambda wildcards: COHORT.rows("treatments", wildcards.patient),
        clinical=lambda wildcards: COHORT.rows("clinical", wildcards.patient),
        code=fingerprint("course", "files"),
    message:
        "course: {wildcards.patient}"
    script:
        "../scripts/course.py"
