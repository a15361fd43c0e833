"""
Targets: what changed between two phases of the course, and which genes have the most evidence.
needs  <results>/cohort/{assay}.parquet, <results>/dna/{variants,copy_number}/{patient}.parquet, <results>/clones/{patient}/events.tsv
gives  <results>/targets/differential.parquet   features that differ between the phases, paired by patient
       <results>/targets/evidence.tsv           one row per statement about a gene
       <results>/targets/ranking.tsv            genes by their evidence, with the range of ranks
"""


rule targets_differential:
    input:
        rna="<results>/cohort/rna.parquet",
        proteome="<results>/cohort/proteome.parquet",
        metabolome="<results>/cohort/metabolome.parquet",
    output:
        report(
            "<results>/targets/differential.parquet",
            caption="../report/differential.rst",
            category="Targets",
            labels={"table": "differential features"},
        ),
    log:
        "<logs>/targets/differential.log",
    benchmark:
        "<benchmarks>/targets/differential.tsv"
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=60,
    params:
        samples=COHORT.rows("samples"),
        before=CONFIG["targets"]["before"],
        after=CONFIG["targets"]["after"],
        specimens=CONFIG["targets"]["specimens"],
        code=fingerprint("targets", "longitudinal", "rna/deseq"),
    message:
        "targets: features that differ between the phases"
    script:
        "../scripts/targets_differential.py"


rule targets_ranking:
    input:
        known=ACTIONABILITY,
        differential="<results>/targets/differential.parquet",
        enzymes="<results>/metabolome/enzymes.tsv" if COHORT.samples_with("metabolome", "mzml") else [],
        variants=collect("<results>/dna/variants/{patient}.parquet", patient=COHORT.patients_with("dna")),
        copy_number=collect("<results>/dna/copy_number/{patient}.parquet", patient=COHORT.patients_with("dna")),
        events=collect("<results>/clones/{patient}/events.tsv", patient=COHORT.patients_with("dna")),
    output:
        evidence="<results>/targets/evidence.tsv",
        ranking=report(
            "<results>/targets/ranking.tsv",
            caption="../report/ranking.rst",
            category="Targets",
            labels={"table": "ranking"},
        ),
    log:
        "<logs>/targets/ranking.log",
    benchmark:
        "<benchmarks>/targets/ranking.tsv"
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=30,
    params:
        fdr=CONFIG["targets"]["fdr"],
        after=CONFIG["targets"]["after"],
        copy_number=CONFIG["targets"]["copy_number_log2"],
        code=fingerprint("targets", "known", "dna/consequence"),
    message:
        "targets: evidence and ranking"
    script:
        "../scripts/targets_ranking.py"
