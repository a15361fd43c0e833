"""
Spectra to the best match of each, per patient: the index is made once for all of its runs.
The contract of the stage stands in ../proteome.smk.
"""


rule proteome_search:
    input:
        unpack(proteome_searched),
    output:
        psms="<results>/proteome/psms/{patient}.parquet",
        own="<results>/proteome/own/{patient}.tsv",
        gaps="<results>/gaps/proteome/{patient}.search.tsv",
    log:
        "<logs>/proteome_search/{patient}.log",
    benchmark:
        "<benchmarks>/proteome_search/{patient}.tsv"
    wildcard_constraints:
        patient=one_of(PROTEOME_PATIENTS),
    conda:
        "../../../envs/sage.yaml" if CONFIG["proteome"]["engine"] == "sage-binary" else "../../../envs/seriome.yaml"
    threads: 2
    resources:
        mem_mb=proteome_memory,
        runtime=240,
    params:
        units=proteome_units,
        settings=PROTEOME_SEARCH,
        code=fingerprint(
            "proteome/search",
            "proteome/openms",
            "proteome/sage",
            "proteome/modifications",
            "proteome/own",
            "proteome/own_sources",
            "proteome/fusions",
            "proteome/run",
            "proteome/fasta",
            "proteome/tables",
            "dna/hgvs",
            "dna/verdicts",
            "dna/fused",
            "rna/transcripts",
            "ledger",
            "files",
        ),
    message:
        "proteome: searching the runs of {wildcards.patient}"
    script:
        "../../scripts/proteome_search.py"
