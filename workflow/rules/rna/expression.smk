"""
Reads to abundances, or abundances that came from elsewhere; their genes, sample by sample.
The contract of the stage stands in ../rna.smk.
"""


rule rna_quant:
    input:
        files=all_files("rna"),
        units=unit_records("rna"),
        index="<results>/rna/index/kallisto.idx",
        transcripts="<results>/rna/index/transcripts.tsv",
    output:
        abundance="<results>/rna/quant/{sample}/abundance.tsv",
        info="<results>/rna/quant/{sample}/run_info.json",
        genes="<results>/rna/genes/{sample}.parquet",
        gaps="<results>/gaps/rna/{sample}.tsv",
    log:
        "<logs>/rna/quant/{sample}.log",
        kallisto="<logs>/rna/kallisto/{sample}.log",
    benchmark:
        "<benchmarks>/rna/quant/{sample}.tsv"
    wildcard_constraints:
        sample=one_of(COHORT.samples_with("rna", "fastq")),
    conda:
        "../../../envs/seriome.yaml"
    # kallisto estimates the fragment length from the pairs that its threads meet first: with one, it is always the same
    threads: 1
    resources:
        mem_mb=memory(6000),
        runtime=240,
    params:
        files=files_of_units("rna"),
        about=about("rna"),
        settings=QUANTIFYING,
        seed=CONFIG["seed"],
        stated=strand_of,
        code=fingerprint("rna/quant", "rna/kallisto", "rna/expression", "rna/transcripts", "files", "ledger/gaps"),
    message:
        "rna: quantifying {wildcards.sample}"
    script:
        "../../scripts/rna_quant.py"


rule rna_import:
    input:
        files=all_files("rna"),
        units=unit_records("rna"),
        transcripts="<results>/rna/index/transcripts.tsv",
    output:
        abundance="<results>/rna/quant/{sample}/abundance.tsv",
        info="<results>/rna/quant/{sample}/run_info.json",
        genes="<results>/rna/genes/{sample}.parquet",
        gaps="<results>/gaps/rna/{sample}.tsv",
    log:
        "<logs>/rna/import/{sample}.log",
    benchmark:
        "<benchmarks>/rna/import/{sample}.tsv"
    wildcard_constraints:
        sample=one_of(COHORT.samples_with("rna", "kallisto", "salmon", "star")),
    conda:
        "../../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=30,
    params:
        files=files_of_units("rna"),
        form=lambda wildcards: [
            COHORT.unit("rna", wildcards.sample, run)["format"] for run in COHORT.runs("rna", wildcards.sample)
        ][0],
        about=about("rna"),
        settings=QUANTIFYING,
        code=fingerprint(
            "rna/imports", "rna/quant", "rna/kallisto", "rna/expression", "rna/transcripts", "files", "ledger/gaps"
        ),
    message:
        "rna: taking in the abundances of {wildcards.sample}"
    script:
        "../../scripts/rna_import.py"
