"""
Ledger: what was asked, what came, what is missing and why.
needs  intake's record of every unit, the gap tables of all stages (GAPS), every sample's feature tables
gives  <results>/ledger/gaps.tsv      one row per thing that did not come: its reason, the place, the way out
       <results>/ledger/units.tsv     every unit of the sheet: came or gap
       <results>/ledger/samples.tsv   every sample × assay: measured, gap or not asked, with the number of features
       <results>/outcome.json         complete, or complete with gaps, and how much of everything
"""


rule ledger:
    input:
        units=collect("<results>/intake/{unit.assay}/{unit.sample}/{unit.run}.json", unit=COHORT.assays.itertuples()),
        gaps=lambda wildcards: GAPS,
        features=[file for assay in FORMATS for file in features_of(assay)],
    output:
        gaps=report(
            "<results>/ledger/gaps.tsv", caption="../report/gaps.rst", category="Ledger", labels={"table": "gaps"}
        ),
        units="<results>/ledger/units.tsv",
        samples="<results>/ledger/samples.tsv",
        outcome="<results>/outcome.json",
    log:
        "<logs>/ledger.log",
    benchmark:
        "<benchmarks>/ledger.tsv"
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=30,
    params:
        samples=COHORT.rows("samples"),
        assays=list(FORMATS),
        code=fingerprint("ledger", "features", "files"),
    message:
        "ledger: what came and what is missing"
    script:
        "../scripts/ledger.py"
