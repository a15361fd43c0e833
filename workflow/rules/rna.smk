"""
RNA: transcripts spliced from the genome, quantified with kallisto, summed up to genes.
needs  reference rna_genome and rna_genes (else genome and genes); rna units as fastq or kallisto, and intake's records
gives  <results>/rna/index/transcripts.tsv                transcript_id gene_id gene biotype chrom strand length
       <results>/rna/index/transcripts.fa.gz              their sequences, 5' to 3'
       <results>/rna/quant/{sample}/abundance.tsv         kallisto's table over all usable units of the sample
       <results>/rna/quant/{sample}/run_info.json         fragments processed and mapped, strand, state
       <results>/gaps/rna/{sample}.tsv                    low_mapping, foreign_transcripts, mixed_layout
       <results>/features/assay=rna/patient=/sample=.parquet   kinds expression (log2_tpm) and count (reads)
kallisto's own words are in <logs>/rna/kallisto/{sample}.log, for MultiQC.
"""

GAPS += collect("<results>/gaps/rna/{sample}.tsv", sample=COHORT.samples_with("rna", "fastq", "kallisto"))


rule rna_genes:
    input:
        genes=reference_file(CONFIG["reference"], "rna_genes") or [],
    output:
        "<results>/rna/index/transcripts.tsv",
    log:
        "<logs>/rna/genes.log",
    benchmark:
        "<benchmarks>/rna/genes.tsv"
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    params:
        code=fingerprint("rna/transcripts", "files"),
    message:
        "rna: transcripts of the annotation"
    script:
        "../scripts/rna_genes.py"


rule rna_transcripts:
    input:
        genome=reference_file(CONFIG["reference"], "rna_genome") or [],
        genes=reference_file(CONFIG["reference"], "rna_genes") or [],
    output:
        "<results>/rna/index/transcripts.fa.gz",
    log:
        "<logs>/rna/transcripts.log",
    benchmark:
        "<benchmarks>/rna/transcripts.tsv"
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=60,
    params:
        code=fingerprint("rna/transcripts", "files"),
    message:
        "rna: splicing the transcripts from the genome"
    script:
        "../scripts/rna_transcripts.py"


rule rna_index:
    input:
        "<results>/rna/index/transcripts.fa.gz",
    output:
        "<results>/rna/index/kallisto.idx",
    log:
        "<logs>/rna/index.log",
    benchmark:
        "<benchmarks>/rna/index.tsv"
    conda:
        "../../envs/seriome.yaml"
    threads: 2
    resources:
        mem_mb=memory(8000),
        runtime=120,
    params:
        code=fingerprint("rna/kallisto"),
    message:
        "rna: kallisto's index"
    script:
        "../scripts/rna_index.py"


rule rna_quant:
    input:
        files=all_files("rna"),
        units=unit_records("rna"),
        index="<results>/rna/index/kallisto.idx",
    output:
        abundance="<results>/rna/quant/{sample}/abundance.tsv",
        info="<results>/rna/quant/{sample}/run_info.json",
        gaps="<results>/gaps/rna/{sample}.tsv",
    log:
        "<logs>/rna/quant/{sample}.log",
        kallisto="<logs>/rna/kallisto/{sample}.log",
    benchmark:
        "<benchmarks>/rna/quant/{sample}.tsv"
    wildcard_constraints:
        sample=one_of(COHORT.samples_with("rna", "fastq")),
    conda:
        "../../envs/seriome.yaml"
    # kallisto estimates the fragment length from the pairs that its threads meet first: with one, it is always the same
    threads: 1
    resources:
        mem_mb=memory(6000),
        runtime=240,
    params:
        files=files_of_units("rna"),
        about=about("rna"),
        settings=CONFIG["rna"],
        code=fingerprint("rna", "files", "ledger/gaps"),
    message:
        "rna: quantifying {wildcards.sample}"
    script:
        "../scripts/rna_quant.py"


rule rna_import:
    input:
        files=all_files("rna"),
        units=unit_records("rna"),
        transcripts="<results>/rna/index/transcripts.tsv",
    output:
        abundance="<results>/rna/quant/{sample}/abundance.tsv",
        info="<results>/rna/quant/{sample}/run_info.json",
        gaps="<results>/gaps/rna/{sample}.tsv",
    log:
        "<logs>/rna/import/{sample}.log",
    benchmark:
        "<benchmarks>/rna/import/{sample}.tsv"
    wildcard_constraints:
        sample=one_of(COHORT.samples_with("rna", "kallisto")),
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=30,
    params:
        files=files_of_units("rna"),
        about=about("rna"),
        settings=CONFIG["rna"],
        code=fingerprint("rna", "files", "ledger/gaps"),
    message:
        "rna: taking in the abundances of {wildcards.sample}"
    script:
        "../scripts/rna_import.py"


rule rna_expression:
    input:
        abundance="<results>/rna/quant/{sample}/abundance.tsv",
        info="<results>/rna/quant/{sample}/run_info.json",
        transcripts="<results>/rna/index/transcripts.tsv",
        units=unit_records("rna"),
    output:
        "<results>/features/assay=rna/patient={patient}/sample={sample}.parquet",
    log:
        "<logs>/rna/expression/{patient}/{sample}.log",
    benchmark:
        "<benchmarks>/rna/expression/{patient}/{sample}.tsv"
    wildcard_constraints:
        sample=one_of(COHORT.samples_with("rna", "fastq", "kallisto")),
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=30,
    params:
        about=about("rna"),
        code=fingerprint("rna", "features", "files"),
    message:
        "rna: genes of {wildcards.sample}"
    script:
        "../scripts/rna_expression.py"
