"""
Proteome: spectra to peptides, peptides to proteins.
needs  mzML of assays.tsv, <results>/intake/proteome/{sample}/{run}.json, the protein FASTA
gives  <results>/proteome/psms/{sample}/{run}.parquet        best match of every spectrum, targets and decoys
       <results>/proteome/pooled.parquet                     q-values over all runs (fdr_scope: cohort only)
       <results>/proteome/identified/{sample}/{run}.parquet  the same matches with groups, q-values, accepted or not
       <results>/proteome/qc/{sample}/{run}.json             a run's quality in a few numbers
       <results>/proteome/proteins/{patient}.{sample}.parquet  protein groups, linear intensity, evidence
       <results>/features/assay=proteome/patient={patient}/sample={sample}.parquet
"""

PROTEOME_SEARCH = {
    key: CONFIG["proteome"][key]
    for key in [
        "missed_cleavages",
        "min_length",
        "max_length",
        "max_variable_modifications",
        "precursor_ppm",
        "fragment_ppm",
        "min_isotope_error",
        "max_isotope_error",
        "min_matched_peaks",
        "xic_ppm",
        "xic_s",
    ]
}
PROTEOME_FDR = {key: CONFIG["proteome"][key] for key in ["fdr", "fdr_scope", "fdr_level"]}
PROTEOME_SAMPLES = COHORT.samples_with("proteome", "mzml")
PROTEOME_UNITS = [(sample, run) for sample in PROTEOME_SAMPLES for run in COHORT.runs("proteome", sample)]
PROTEOME_BLANKS = set(COHORT.samples.loc[COHORT.samples["specimen"] == "blank", "sample"])

GAPS += [f"<results>/gaps/proteome/{sample}.{run}.search.tsv" for sample, run in PROTEOME_UNITS]
GAPS += [f"<results>/gaps/proteome/{sample}.{run}.fdr.tsv" for sample, run in PROTEOME_UNITS]


rule proteome_search:
    input:
        raw=lambda wildcards: COHORT.files("proteome", wildcards.sample, wildcards.run),
        status="<results>/intake/proteome/{sample}/{run}.json",
        proteins=CONFIG["reference"]["proteins"] or [],
    output:
        psms="<results>/proteome/psms/{sample}/{run}.parquet",
        gaps="<results>/gaps/proteome/{sample}.{run}.search.tsv",
    log:
        "<logs>/proteome_search/{sample}/{run}.log",
    benchmark:
        "<benchmarks>/proteome_search/{sample}/{run}.tsv"
    wildcard_constraints:
        sample=one_of(PROTEOME_SAMPLES),
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(3000),
        runtime=60,
    params:
        unit=lambda wildcards: COHORT.unit("proteome", wildcards.sample, wildcards.run),
        settings=PROTEOME_SEARCH,
        code=fingerprint(
            "proteome/search", "proteome/run", "proteome/xic", "proteome/fasta", "proteome/tables", "ledger", "files"
        ),
    message:
        "proteome: searching {wildcards.sample} {wildcards.run}"
    script:
        "../scripts/proteome_search.py"


rule proteome_pool:
    input:
        [f"<results>/proteome/psms/{sample}/{run}.parquet" for sample, run in PROTEOME_UNITS],
    output:
        "<results>/proteome/pooled.parquet",
    log:
        "<logs>/proteome_pool.log",
    benchmark:
        "<benchmarks>/proteome_pool.tsv"
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=30,
    params:
        units=PROTEOME_UNITS,
        settings=PROTEOME_FDR,
        code=fingerprint("proteome/fdr", "proteome/tables", "files"),
    message:
        "proteome: judging the matches of all runs together"
    script:
        "../scripts/proteome_pool.py"


rule proteome_identify:
    input:
        psms="<results>/proteome/psms/{sample}/{run}.parquet",
        pooled=["<results>/proteome/pooled.parquet"] if CONFIG["proteome"]["fdr_scope"] == "cohort" else [],
    output:
        identified="<results>/proteome/identified/{sample}/{run}.parquet",
        qc="<results>/proteome/qc/{sample}/{run}.json",
        gaps="<results>/gaps/proteome/{sample}.{run}.fdr.tsv",
    log:
        "<logs>/proteome_identify/{sample}/{run}.log",
    benchmark:
        "<benchmarks>/proteome_identify/{sample}/{run}.tsv"
    wildcard_constraints:
        sample=one_of(PROTEOME_SAMPLES),
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=15,
    params:
        unit=lambda wildcards: COHORT.unit("proteome", wildcards.sample, wildcards.run),
        blank=lambda wildcards: wildcards.sample in PROTEOME_BLANKS,
        settings=PROTEOME_FDR,
        code=fingerprint("proteome/fdr", "proteome/quantity", "proteome/tables", "ledger", "files"),
    message:
        "proteome: false discovery rate of {wildcards.sample} {wildcards.run}"
    script:
        "../scripts/proteome_identify.py"


rule proteome_features:
    input:
        identified=lambda wildcards: [
            f"<results>/proteome/identified/{wildcards.sample}/{run}.parquet"
            for run in COHORT.runs("proteome", wildcards.sample)
        ],
        status=lambda wildcards: [
            f"<results>/intake/proteome/{wildcards.sample}/{run}.json"
            for run in COHORT.runs("proteome", wildcards.sample)
        ],
        proteins=CONFIG["reference"]["proteins"] or [],
    output:
        features="<results>/features/assay=proteome/patient={patient}/sample={sample}.parquet",
        proteins="<results>/proteome/proteins/{patient}.{sample}.parquet",
    log:
        "<logs>/proteome_features/{patient}.{sample}.log",
    benchmark:
        "<benchmarks>/proteome_features/{patient}.{sample}.tsv"
    wildcard_constraints:
        sample=one_of(PROTEOME_SAMPLES),
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=15,
    params:
        about=about("proteome"),
        blank=lambda wildcards: wildcards.sample in PROTEOME_BLANKS,
        settings=PROTEOME_SEARCH | PROTEOME_FDR | {"quantity": CONFIG["proteome"]["quantity"]},
        code=fingerprint("proteome/quantity", "proteome/fasta", "proteome/tables", "features", "files"),
    message:
        "proteome: proteins of {wildcards.sample}"
    script:
        "../scripts/proteome_features.py"
