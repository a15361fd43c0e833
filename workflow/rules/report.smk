"""
Report: one offline page, made of a part per patient, and a page on the quality of the raw data.
needs  <results>/dna/variants/{patient}.parquet, <results>/clones/{patient}/*.tsv, <results>/course/{patient}.parquet,
       <results>/features/..., <results>/ledger/gaps.tsv, <results>/outcome.json, <results>/targets/*, <results>/rna/*
gives  <results>/report/seriome.html               the report, one file that opens without a network
       <results>/report/patients/{patient}.html    a patient's part of it; .json: its numbers and events
       <results>/report/figures/{patient}/*.svg    its pictures as files
       <results>/report/multiqc.html               quality of reads, quantification and injections
"""


rule report_patient:
    input:
        unpack(report_inputs),
        course="<results>/course/{patient}.parquet",
    output:
        part="<results>/report/patients/{patient}.html",
        summary="<results>/report/patients/{patient}.json",
        course=report(
            "<results>/report/figures/{patient}/course.svg",
            caption="../report/course.rst",
            category="Patients",
            subcategory="{patient}",
            labels={"figure": "course"},
        ),
        lines=report(
            "<results>/report/figures/{patient}/clones.svg",
            caption="../report/clones.rst",
            category="Patients",
            subcategory="{patient}",
            labels={"figure": "clones"},
        ),
        fish=report(
            "<results>/report/figures/{patient}/fish.svg",
            caption="../report/fish.rst",
            category="Patients",
            subcategory="{patient}",
            labels={"figure": "fish plot of clones"},
        ),
        tree=report(
            "<results>/report/figures/{patient}/tree.svg",
            caption="../report/tree.rst",
            category="Patients",
            subcategory="{patient}",
            labels={"figure": "tree of clones"},
        ),
        composition=report(
            "<results>/report/figures/{patient}/composition.svg",
            caption="../report/composition.rst",
            category="Patients",
            subcategory="{patient}",
            labels={"figure": "clones by sample"},
        ),
        growth=report(
            "<results>/report/figures/{patient}/growth.svg",
            caption="../report/growth.rst",
            category="Patients",
            subcategory="{patient}",
            labels={"figure": "growth of clones"},
        ),
        heterogeneity=report(
            "<results>/report/figures/{patient}/heterogeneity.svg",
            caption="../report/heterogeneity.rst",
            category="Patients",
            subcategory="{patient}",
            labels={"figure": "heterogeneity"},
        ),
    log:
        "<logs>/report/patients/{patient}.log",
    benchmark:
        "<benchmarks>/report/patients/{patient}.tsv"
    wildcard_constraints:
        patient=one_of(COHORT.patients["patient"]),
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=20,
    params:
        patient=lambda wildcards: COHORT.rows("patients", wildcards.patient)[0],
        samples=lambda wildcards: COHORT.rows("samples", wildcards.patient),
        treatments=lambda wildcards: COHORT.rows("treatments", wildcards.patient),
        variants_shown=CONFIG["report"]["variants_shown"],
        changes_shown=CONFIG["report"]["changes_shown"],
        code=fingerprint("report", "clones", "course", "known", "rna/cells", "rna/programmes"),
    message:
        "report: the part of {wildcards.patient}"
    script:
        "../scripts/report_patient.py"


rule report_page:
    input:
        parts=collect("<results>/report/patients/{patient}.html", patient=COHORT.patients["patient"]),
        summaries=collect("<results>/report/patients/{patient}.json", patient=COHORT.patients["patient"]),
        features=[file for assay in FORMATS for file in features_of(assay)],
        gaps="<results>/ledger/gaps.tsv",
        account="<results>/ledger/samples.tsv",
        outcome="<results>/outcome.json",
        ranking="<results>/targets/ranking.tsv",
        evidence="<results>/targets/evidence.tsv",
        differential="<results>/targets/differential.parquet",
        rna_changes="<results>/rna/changes.parquet",
        rna_cohort="<results>/rna/cohort.parquet",
        rna_sites="<results>/rna/sites.tsv",
        rna_notes="<results>/rna/notes.json",
    output:
        report(
            "<results>/report/seriome.html",
            caption="../report/cohort.rst",
            category="Report",
            labels={"page": "the whole report"},
        ),
    log:
        "<logs>/report/page.log",
    benchmark:
        "<benchmarks>/report/page.tsv"
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=20,
    params:
        title=CONFIG["report"]["title"],
        patients=COHORT.rows("patients"),
        settings={"run": {"seed": CONFIG["seed"]}}
        | {stage: keys for stage, keys in CONFIG.items() if isinstance(keys, dict) and stage != "reference"},
        ranking_shown=CONFIG["report"]["ranking_shown"],
        changes_shown=CONFIG["report"]["changes_shown"],
        code=fingerprint("report", "rna/cells", "rna/programmes"),
    message:
        "report: assembling the page"
    script:
        "../scripts/report_page.py"


rule report_multiqc:
    input:
        intake=collect("<results>/intake/{unit.assay}/{unit.sample}/{unit.run}.json", unit=COHORT.assays.itertuples()),
        dna=collect("<results>/dna/qc/{sample}.json", sample=COHORT.samples_with("dna", "fastq", "bam")),
        families=collect("<results>/dna/qc/{sample}.families.tsv", sample=WITH_CONSENSUS),
        errors=collect("<results>/dna/variants/{patient}.errors.tsv", patient=COHORT.patients_with("dna")),
        identity=collect("<results>/dna/identity/{patient}.tsv", patient=COHORT.patients_with("dna")),
        stats=collect("<results>/dna/qc/{sample}.stats", sample=COHORT.samples_with("dna", "fastq", "bam")),
        rna=collect("<results>/rna/library/{sample}.json", sample=COHORT.samples_with("rna", "fastq")),
        kallisto=collect("<logs>/rna/kallisto/{sample}.log", sample=COHORT.samples_with("rna", "fastq")),
        proteome=collect("<results>/proteome/qc/{patient}.json", patient=PROTEOME_PATIENTS),
        metabolome=[
            f"<results>/metabolome/qc/{unit.sample}/{unit.run}.json"
            for unit in COHORT.assays.query("assay == 'metabolome' and format == 'mzml'").itertuples()
        ],
        pools="<results>/metabolome/constants.parquet" if COHORT.samples_with("metabolome", "mzml") else [],
    output:
        report(
            "<results>/report/multiqc.html",
            caption="../report/multiqc.rst",
            category="Report",
            labels={"page": "quality of the raw data"},
        ),
    log:
        "<logs>/report/multiqc.log",
    benchmark:
        "<benchmarks>/report/multiqc.tsv"
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=30,
    params:
        code=fingerprint("report", "metabolome/tables"),
    message:
        "report: quality of the raw data"
    script:
        "../scripts/report_multiqc.py"
