"""
DNA: reads to alignments, somatic variants of each patient over all samples, copy number, biomarkers.
needs  reference genome, genes (and targets); dna units as fastq, bam or vcf, and intake's records
gives  <results>/dna/reference/                      genome with its bwa index, gene models, regions; once per run
       <results>/dna/qc/{sample}.families.tsv        molecules by number of reads, where reads have barcodes
       <results>/dna/bam/{sample}.bam, .bam.bai      merged, sorted; duplicates marked, or consensus reads
       <results>/dna/qc/{sample}.json, .stats        reads, duplicates, insert size, on target; samtools stats, for MultiQC
       <results>/dna/qc/{sample}.damage.tsv          damage before PCR, by change
       <results>/dna/coverage/{sample}.tsv           depth per gene
       <results>/dna/variants/{patient}.vcf.gz, .vcf.gz.tbi, .parquet    every variant of the patient at every sample
       <results>/dna/variants/{patient}.callable.tsv    bases deep enough to call, per sample
       <results>/dna/variants/{patient}.errors.tsv    how often bases are misread, per sample and change
       <results>/dna/bins/{sample}.parquet           reads in targets and in the bins between them
       <results>/dna/snps/{patient}.tsv              heterozygous SNPs of the normal
       <results>/dna/alleles/{sample}.tsv            reads of both alleles at these
       <results>/dna/copy_number/{patient}.parquet   per gene and sample: log2 ratio against the normal, copies
       <results>/dna/segments/{patient}.tsv          the same per segment, the segments shared by all samples
       <results>/dna/purity/{patient}.tsv            purity, ploidy, altered genome per sample, or why there is none
       <results>/dna/fingerprint/{sample}.parquet    reads of each base where people differ
       <results>/dna/identity/{patient}.tsv, .order.json    do a patient's samples match, are they clean, in order
       <results>/dna/relatedness.tsv                 every pair of samples of the cohort: one person or two
       <results>/dna/host/                           the host's genome with its bwa index, where there are xenografts
       <results>/dna/fusions/{patient}.tsv           junctions of driver genes with other places
       <results>/dna/fidelity/{patient}.tsv, .variants.tsv    what xenografts and organoids share with the tumours
       <results>/dna/meaning/{patient}.tsv           drugs that variants are known to make work or fail
       <results>/dna/microsatellites/{sample}.tsv    lengths of microsatellites, in fragments
       <results>/dna/biomarkers/{patient}.msi.tsv, .loci.tsv, .signatures.tsv    instability, its loci, signatures
       <results>/features/assay=dna/patient=/sample=.parquet    kinds variant (vaf), copy_number (log2_ratio), biomarker
       <results>/gaps/dna/{unit,sample,patient}.*.tsv    bam_not_sorted, other_reference, no_barcode,
                                                     no_consensus, no_reads, no_matched_normal
       <results>/gaps/dna/identity.{patient}.tsv     contaminated, other_sex, timepoints_exchanged
       <results>/gaps/dna/relatedness.tsv            sample_of_other_patient, sample_of_nobody, samples_of_two_people,
                                                     patients_are_one_person
"""

GAPS += collect(
    "<results>/gaps/dna/unit.{unit.sample}.{unit.run}.tsv",
    unit=[unit for unit in COHORT.assays.itertuples() if unit.assay == "dna" and unit.format in ("fastq", "bam")],
)
GAPS += collect("<results>/gaps/dna/sample.{sample}.tsv", sample=COHORT.samples_with("dna", "fastq", "bam"))
GAPS += collect("<results>/gaps/dna/patient.{patient}.tsv", patient=COHORT.patients_with("dna"))
GAPS += collect("<results>/gaps/dna/identity.{patient}.tsv", patient=COHORT.patients_with("dna"))
GAPS += ["<results>/gaps/dna/relatedness.tsv"]

CALLING = {  # what the variants rest on: any other key may change without calling them anew
    key: CONFIG["dna"][key]
    for key in (
        *("min_mapping_quality", "min_base_quality", "max_depth", "min_alt_reads", "min_evidence", "call_error"),
        *("germline_vaf", "tumor_in_normal", "population_af", "strand_bias", "callable_depth"),
    )
}
READ_BY_PATIENT = {
    patient: [row["sample"] for row in COHORT.samples_of(patient, "dna", "fastq", "bam")]
    for patient in COHORT.patients_with("dna")
}
PATIENTS_WITH_MODELS = [
    patient
    for patient in COHORT.patients_with("dna")
    if {"pdx", "organoid"} & {row["specimen"] for row in COHORT.samples_of(patient, "dna", "fastq", "bam", "vcf")}
]
TABLES += collect("<results>/dna/fidelity/{patient}.tsv", patient=PATIENTS_WITH_MODELS)
TABLES += collect("<results>/dna/fusions/{patient}.tsv", patient=COHORT.patients_with("dna"))
TABLES += collect("<results>/dna/meaning/{patient}.tsv", patient=COHORT.patients_with("dna"))
PILEUP = {key: CONFIG["dna"][key] for key in ("min_mapping_quality", "min_base_quality", "max_depth")}


rule dna_reference:
    input:
        genome=CONFIG["reference"]["genome"] or [],
        genes=CONFIG["reference"]["genes"] or [],
        targets=CONFIG["reference"]["targets"] or [],
    output:
        genome="<results>/dna/reference/genome.fa",
        fai="<results>/dna/reference/genome.fa.fai",
        dict="<results>/dna/reference/genome.dict",
        gff="<results>/dna/reference/genes.gff3",
        transcripts="<results>/dna/reference/transcripts.tsv",
        parts="<results>/dna/reference/parts.bed",
        regions="<results>/dna/reference/regions.bed",
        bins="<results>/dna/reference/bins.bed",
    log:
        "<logs>/dna/reference.log",
    benchmark:
        "<benchmarks>/dna/reference.tsv"
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=60,
    params:
        padding=CONFIG["dna"]["padding"],
        code=fingerprint("dna/reference", "dna/bins", "dna/tools", "files"),
    message:
        "dna: genome, gene models, regions"
    script:
        "../scripts/dna_reference.py"


rule dna_index:
    input:
        "<results>/dna/reference/genome.fa",
    output:
        multiext("<results>/dna/reference/genome.fa", ".amb", ".ann", ".bwt", ".pac", ".sa"),
    log:
        "<logs>/dna/index.log",
    benchmark:
        "<benchmarks>/dna/index.tsv"
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(6000),
        runtime=240,
    params:
        code=fingerprint("dna/index"),
    message:
        "dna: bwa's index of the genome"
    script:
        "../scripts/dna_index.py"


rule dna_host:
    input:
        CONFIG["reference"]["host_genome"] or [],
    output:
        genome="<results>/dna/host/genome.fa",
        beside=multiext("<results>/dna/host/genome", ".fa.fai", ".dict"),
        index=multiext("<results>/dna/host/genome.fa", ".amb", ".ann", ".bwt", ".pac", ".sa"),
    log:
        "<logs>/dna/host.log",
    benchmark:
        "<benchmarks>/dna/host.tsv"
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(6000),
        runtime=240,
    params:
        code=fingerprint("dna/index", "dna/reference"),
    message:
        "dna: the host's genome and bwa's index of it"
    script:
        "../scripts/dna_host.py"


rule dna_align:
    input:
        files=lambda wildcards: COHORT.files("dna", wildcards.sample, wildcards.run),
        record="<results>/intake/dna/{sample}/{run}.json",
        genome="<results>/dna/reference/genome.fa",
        fai="<results>/dna/reference/genome.fa.fai",
        dict="<results>/dna/reference/genome.dict",
        index=multiext("<results>/dna/reference/genome.fa", ".amb", ".ann", ".bwt", ".pac", ".sa"),
        host=host_of_unit,
    output:
        bam=temp("<results>/dna/units/{sample}/{run}.bam"),
        counts=temp("<results>/dna/units/{sample}/{run}.json"),
        gaps="<results>/gaps/dna/unit.{sample}.{run}.tsv",
    log:
        "<logs>/dna/align/{sample}/{run}.log",
    benchmark:
        "<benchmarks>/dna/align/{sample}/{run}.tsv"
    wildcard_constraints:
        sample=one_of(COHORT.samples_with("dna", "fastq", "bam")),
    conda:
        "../../envs/seriome.yaml"
    threads: threads_for("dna", 8)
    resources:
        mem_mb=lambda wildcards, attempt: memory(8000 if host_of_unit(wildcards) else 4000)(wildcards, attempt),
        runtime=720,
    params:
        unit=lambda wildcards: COHORT.unit("dna", wildcards.sample, wildcards.run),
        code=fingerprint("dna/align", "dna/umi", "dna/host", "dna/tools", "files"),
    message:
        "dna: aligning {wildcards.sample} {wildcards.run}"
    script:
        "../scripts/dna_align.py"


rule dna_consensus:
    input:
        units=dna_units,
        genome="<results>/dna/reference/genome.fa",
        fai="<results>/dna/reference/genome.fa.fai",
        dict="<results>/dna/reference/genome.dict",
        index=multiext("<results>/dna/reference/genome.fa", ".amb", ".ann", ".bwt", ".pac", ".sa"),
    output:
        bam=temp("<results>/dna/consensus/{sample}.bam"),
        numbers=temp("<results>/dna/consensus/{sample}.json"),
        families="<results>/dna/qc/{sample}.families.tsv",
    log:
        "<logs>/dna/consensus/{sample}.log",
    benchmark:
        "<benchmarks>/dna/consensus/{sample}.tsv"
    wildcard_constraints:
        sample=one_of(WITH_CONSENSUS),
    conda:
        "../../envs/seriome.yaml"
    threads: threads_for("dna", 8)
    resources:
        mem_mb=memory(4000),
        runtime=720,
    params:
        mode=CONFIG["dna"]["consensus"],
        min_reads=CONFIG["dna"]["consensus_min_reads"],
        code=fingerprint("dna/consensus", "dna/families", "dna/umi", "dna/align", "dna/tools", "files"),
    message:
        "dna: consensus reads of {wildcards.sample}"
    script:
        "../scripts/dna_consensus.py"


rule dna_sample:
    input:
        unpack(dna_alignments),
        counts=lambda wildcards: [
            f"<results>/dna/units/{wildcards.sample}/{run}.json" for run in COHORT.runs("dna", wildcards.sample)
        ],
        genome="<results>/dna/reference/genome.fa",
        fai="<results>/dna/reference/genome.fa.fai",
        parts="<results>/dna/reference/parts.bed",
        targets=CONFIG["reference"]["targets"] or [],
    output:
        bam="<results>/dna/bam/{sample}.bam",
        index="<results>/dna/bam/{sample}.bam.bai",
        stats="<results>/dna/qc/{sample}.stats",
        quality="<results>/dna/qc/{sample}.json",
        damage="<results>/dna/qc/{sample}.damage.tsv",
        coverage="<results>/dna/coverage/{sample}.tsv",
        gaps="<results>/gaps/dna/sample.{sample}.tsv",
    log:
        "<logs>/dna/sample/{sample}.log",
    benchmark:
        "<benchmarks>/dna/sample/{sample}.tsv"
    wildcard_constraints:
        sample=one_of(COHORT.samples_with("dna", "fastq", "bam")),
    conda:
        "../../envs/seriome.yaml"
    threads: threads_for("dna", 8)
    resources:
        mem_mb=memory(3000),
        runtime=360,
    params:
        about=about("dna"),
        umi=lambda wildcards: any(COHORT.barcoded(wildcards.sample)),
        mark=lambda wildcards: wildcards.sample not in WITH_CONSENSUS,
        min_mapping_quality=CONFIG["dna"]["min_mapping_quality"],
        min_base_quality=CONFIG["dna"]["min_base_quality"],
        code=fingerprint("dna/coverage", "dna/damage", "dna/align", "dna/host", "dna/tools", "files", "ledger"),
    message:
        "dna: duplicates, quality and coverage of {wildcards.sample}"
    script:
        "../scripts/dna_sample.py"


rule dna_call:
    input:
        unpack(dna_of_patient),
    output:
        vcf=report(
            "<results>/dna/variants/{patient}.vcf.gz",
            caption="../report/variants.rst",
            category="Patients",
            subcategory="{patient}",
            labels={"table": "variants"},
        ),
        index="<results>/dna/variants/{patient}.vcf.gz.tbi",
        table="<results>/dna/variants/{patient}.parquet",
        callable="<results>/dna/variants/{patient}.callable.tsv",
        errors="<results>/dna/variants/{patient}.errors.tsv",
        gaps="<results>/gaps/dna/patient.{patient}.tsv",
    log:
        "<logs>/dna/call/{patient}.log",
    benchmark:
        "<benchmarks>/dna/call/{patient}.tsv"
    wildcard_constraints:
        patient=one_of(sorted(set(COHORT.assays.loc[COHORT.assays["assay"] == "dna", "patient"]))),
    conda:
        "../../envs/seriome.yaml"
    threads: threads_for("dna", 8, mb=500)
    resources:
        mem_mb=memory(4000),
        runtime=1440,
    params:
        samples=lambda wildcards: COHORT.samples_of(wildcards.patient, "dna", "fastq", "bam", "vcf"),
        reads=lambda wildcards: [row["sample"] for row in COHORT.samples_of(wildcards.patient, "dna", "fastq", "bam")],
        called=called_units,
        settings=CALLING,
        code=fingerprint(
            *("dna/tables", "dna/vcf", "dna/calling", "dna/background", "dna/normals", "dna/limits", "dna/pileup"),
            *("dna/consequence", "dna/hgvs", "dna/imports", "dna/tools", "files", "ledger"),
        ),
    message:
        "dna: variants of {wildcards.patient} over all samples"
    script:
        "../scripts/dna_call.py"


rule dna_bins:
    input:
        bam="<results>/dna/bam/{sample}.bam",
        index="<results>/dna/bam/{sample}.bam.bai",
        bins="<results>/dna/reference/bins.bed",
    output:
        "<results>/dna/bins/{sample}.parquet",
    log:
        "<logs>/dna/bins/{sample}.log",
    benchmark:
        "<benchmarks>/dna/bins/{sample}.tsv"
    wildcard_constraints:
        sample=one_of(COHORT.samples_with("dna", "fastq", "bam")),
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=60,
    params:
        min_mapping_quality=CONFIG["dna"]["min_mapping_quality"],
        code=fingerprint("dna/bins", "files"),
    message:
        "dna: reads of {wildcards.sample} in bins"
    script:
        "../scripts/dna_bins.py"


rule dna_snps:
    input:
        unpack(normal_of_patient),
    output:
        "<results>/dna/snps/{patient}.tsv",
    log:
        "<logs>/dna/snps/{patient}.log",
    benchmark:
        "<benchmarks>/dna/snps/{patient}.tsv"
    wildcard_constraints:
        patient=one_of(sorted(set(COHORT.assays.loc[COHORT.assays["assay"] == "dna", "patient"]))),
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=480,
    params:
        settings=PILEUP,
        code=fingerprint("dna/snps", "dna/pileup", "dna/tools", "files"),
    message:
        "dna: heterozygous SNPs of {wildcards.patient}"
    script:
        "../scripts/dna_snps.py"


rule dna_alleles:
    input:
        bam="<results>/dna/bam/{sample}.bam",
        index="<results>/dna/bam/{sample}.bam.bai",
        genome="<results>/dna/reference/genome.fa",
        fai="<results>/dna/reference/genome.fa.fai",
        snps=lambda wildcards: f"<results>/dna/snps/{COHORT.about(wildcards.sample, 'dna')['patient']}.tsv",
    output:
        "<results>/dna/alleles/{sample}.tsv",
    log:
        "<logs>/dna/alleles/{sample}.log",
    benchmark:
        "<benchmarks>/dna/alleles/{sample}.tsv"
    wildcard_constraints:
        sample=one_of(COHORT.samples_with("dna", "fastq", "bam")),
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=240,
    params:
        settings=PILEUP,
        code=fingerprint("dna/snps", "dna/pileup", "dna/tools", "files"),
    message:
        "dna: alleles of {wildcards.sample} at heterozygous SNPs"
    script:
        "../scripts/dna_alleles.py"


rule dna_copy_number:
    input:
        coverage=lambda wildcards: of_samples("<results>/dna/coverage/{sample}.tsv", wildcards),
        bins=lambda wildcards: of_samples("<results>/dna/bins/{sample}.parquet", wildcards),
        alleles=lambda wildcards: of_samples("<results>/dna/alleles/{sample}.tsv", wildcards),
        snps="<results>/dna/snps/{patient}.tsv",
        variants="<results>/dna/variants/{patient}.parquet",
        pool=lambda wildcards: [
            f"<results>/dna/bins/{sample}.parquet"
            for sample in CONFIG["dna"]["pool"]
            if COHORT.about(sample, "dna")["patient"] != wildcards.patient
        ],
    output:
        genes="<results>/dna/copy_number/{patient}.parquet",
        segments="<results>/dna/segments/{patient}.tsv",
        purity="<results>/dna/purity/{patient}.tsv",
    log:
        "<logs>/dna/copy_number/{patient}.log",
    benchmark:
        "<benchmarks>/dna/copy_number/{patient}.tsv"
    wildcard_constraints:
        patient=one_of(sorted(set(COHORT.assays.loc[COHORT.assays["assay"] == "dna", "patient"]))),
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=60,
    params:
        samples=lambda wildcards: COHORT.samples_of(wildcards.patient, "dna", "fastq", "bam"),
        code=fingerprint(
            *("dna/copy_number", "dna/copies", "dna/purity", "dna/segments", "dna/bins", "dna/snps"),
            *("files", "special"),
        ),
    message:
        "dna: copy number, purity and ploidy of {wildcards.patient} over all samples"
    script:
        "../scripts/dna_copy_number.py"


rule dna_fingerprint:
    input:
        bam="<results>/dna/bam/{sample}.bam",
        index="<results>/dna/bam/{sample}.bam.bai",
        genome="<results>/dna/reference/genome.fa",
        fai="<results>/dna/reference/genome.fa.fai",
        regions="<results>/dna/reference/regions.bed",
        sites=CONFIG["dna"]["identity_sites"] or [],
    output:
        "<results>/dna/fingerprint/{sample}.parquet",
    log:
        "<logs>/dna/fingerprint/{sample}.log",
    benchmark:
        "<benchmarks>/dna/fingerprint/{sample}.tsv"
    wildcard_constraints:
        sample=one_of(COHORT.samples_with("dna", "fastq", "bam")),
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=120,
    params:
        settings=PILEUP,
        code=fingerprint("dna/fingerprint", "dna/pileup", "dna/tools", "files"),
    message:
        "dna: fingerprint of {wildcards.sample}"
    script:
        "../scripts/dna_fingerprint.py"


rule dna_identity:
    input:
        fingerprints=lambda wildcards: of_samples("<results>/dna/fingerprint/{sample}.parquet", wildcards),
        coverage=lambda wildcards: of_samples("<results>/dna/coverage/{sample}.tsv", wildcards),
        variants="<results>/dna/variants/{patient}.parquet",
    output:
        samples="<results>/dna/identity/{patient}.tsv",
        order="<results>/dna/identity/{patient}.order.json",
        gaps="<results>/gaps/dna/identity.{patient}.tsv",
    log:
        "<logs>/dna/identity/{patient}.log",
    benchmark:
        "<benchmarks>/dna/identity/{patient}.tsv"
    wildcard_constraints:
        patient=one_of(COHORT.patients_with("dna")),
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=30,
    params:
        samples=lambda wildcards: COHORT.samples_of(wildcards.patient, "dna", "fastq", "bam"),
        sex=lambda wildcards: COHORT.rows("patients", wildcards.patient)[0].get("sex"),
        known=CONFIG["dna"]["identity_sites"] is not None,
        code=fingerprint(
            *("dna/fingerprint", "dna/identity", "dna/verdicts", "dna/contamination", "dna/order", "dna/sex"),
            *("files", "ledger"),
        ),
    message:
        "dna: do the samples of {wildcards.patient} match?"
    script:
        "../scripts/dna_identity.py"


rule dna_relatedness:
    input:
        [f"<results>/dna/fingerprint/{sample}.parquet" for samples in READ_BY_PATIENT.values() for sample in samples],
    output:
        pairs="<results>/dna/relatedness.tsv",
        gaps="<results>/gaps/dna/relatedness.tsv",
    log:
        "<logs>/dna/relatedness.log",
    benchmark:
        "<benchmarks>/dna/relatedness.tsv"
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=60,
    params:
        patients=READ_BY_PATIENT,
        known=CONFIG["dna"]["identity_sites"] is not None,
        code=fingerprint("dna/fingerprint", "dna/identity", "dna/verdicts", "files", "ledger"),
    message:
        "dna: who is whom in the cohort"
    script:
        "../scripts/dna_relatedness.py"


rule dna_context:
    input:
        genome="<results>/dna/reference/genome.fa",
        fai="<results>/dna/reference/genome.fa.fai",
        regions="<results>/dna/reference/regions.bed",
    output:
        loci="<results>/dna/reference/microsatellites.bed",
        trinucleotides="<results>/dna/reference/trinucleotides.tsv",
    log:
        "<logs>/dna/context.log",
    benchmark:
        "<benchmarks>/dna/context.tsv"
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(6000),
        runtime=60,
    params:
        most=CONFIG["dna"]["msi_max_loci"],
        code=fingerprint("dna/msi", "dna/signatures", "dna/background", "files"),
    message:
        "dna: microsatellites and trinucleotides of the regions"
    script:
        "../scripts/dna_context.py"


rule dna_microsatellites:
    input:
        bam="<results>/dna/bam/{sample}.bam",
        index="<results>/dna/bam/{sample}.bam.bai",
        loci="<results>/dna/reference/microsatellites.bed",
    output:
        "<results>/dna/microsatellites/{sample}.tsv",
    log:
        "<logs>/dna/microsatellites/{sample}.log",
    benchmark:
        "<benchmarks>/dna/microsatellites/{sample}.tsv"
    wildcard_constraints:
        sample=one_of(COHORT.samples_with("dna", "fastq", "bam")),
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=120,
    params:
        min_mapping_quality=CONFIG["dna"]["min_mapping_quality"],
        code=fingerprint("dna/msi", "files"),
    message:
        "dna: lengths of microsatellites in {wildcards.sample}"
    script:
        "../scripts/dna_microsatellites.py"


rule dna_biomarkers:
    input:
        unpack(biomarkers_of_patient),
    output:
        msi="<results>/dna/biomarkers/{patient}.msi.tsv",
        loci="<results>/dna/biomarkers/{patient}.loci.tsv",
        signatures="<results>/dna/biomarkers/{patient}.signatures.tsv",
    log:
        "<logs>/dna/biomarkers/{patient}.log",
    benchmark:
        "<benchmarks>/dna/biomarkers/{patient}.tsv"
    wildcard_constraints:
        patient=one_of(sorted(set(COHORT.assays.loc[COHORT.assays["assay"] == "dna", "patient"]))),
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=60,
    params:
        samples=lambda wildcards: COHORT.samples_of(wildcards.patient, "dna", "fastq", "bam", "vcf"),
        reads=lambda wildcards: [row["sample"] for row in COHORT.samples_of(wildcards.patient, "dna", "fastq", "bam")],
        settings=CONFIG["dna"],
        code=fingerprint("dna/msi", "dna/signatures", "dna/background", "dna/calling", "dna/limits", "files"),
    message:
        "dna: microsatellite instability and signatures of {wildcards.patient}"
    script:
        "../scripts/dna_biomarkers.py"


rule dna_meaning:
    input:
        known=ACTIONABILITY,
        civic=CONFIG["reference"]["civic"] or [],
        variants="<results>/dna/variants/{patient}.parquet",
    output:
        "<results>/dna/meaning/{patient}.tsv",
    log:
        "<logs>/dna/meaning/{patient}.log",
    benchmark:
        "<benchmarks>/dna/meaning/{patient}.tsv"
    wildcard_constraints:
        patient=one_of(COHORT.patients_with("dna")),
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=20,
    params:
        code=fingerprint("dna/meaning", "known", "dna/consequence", "files"),
    message:
        "dna: what is known of the variants of {wildcards.patient}"
    script:
        "../scripts/dna_meaning.py"


rule dna_fidelity:
    input:
        "<results>/dna/variants/{patient}.parquet",
    output:
        variants="<results>/dna/fidelity/{patient}.variants.tsv",
        summary="<results>/dna/fidelity/{patient}.tsv",
    log:
        "<logs>/dna/fidelity/{patient}.log",
    benchmark:
        "<benchmarks>/dna/fidelity/{patient}.tsv"
    wildcard_constraints:
        patient=one_of(PATIENTS_WITH_MODELS),
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=20,
    params:
        code=fingerprint("dna/fidelity", "dna/limits", "files"),
    message:
        "dna: what the models of {wildcards.patient} share with its tumours"
    script:
        "../scripts/dna_fidelity.py"


rule dna_fusions:
    input:
        unpack(dna_of_patient),
    output:
        "<results>/dna/fusions/{patient}.tsv",
    log:
        "<logs>/dna/fusions/{patient}.log",
    benchmark:
        "<benchmarks>/dna/fusions/{patient}.tsv"
    wildcard_constraints:
        patient=one_of(COHORT.patients_with("dna")),
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=120,
    params:
        samples=lambda wildcards: COHORT.samples_of(wildcards.patient, "dna", "fastq", "bam"),
        settings=CONFIG["dna"],
        code=fingerprint("dna/fusions", "files"),
    message:
        "dna: fusions of driver genes in {wildcards.patient}"
    script:
        "../scripts/dna_fusions.py"


rule dna_features:
    input:
        known=ACTIONABILITY,
        variants="<results>/dna/variants/{patient}.parquet",
        msi="<results>/dna/biomarkers/{patient}.msi.tsv",
        signatures="<results>/dna/biomarkers/{patient}.signatures.tsv",
        callable="<results>/dna/variants/{patient}.callable.tsv",
        copy_number="<results>/dna/copy_number/{patient}.parquet",
        purity="<results>/dna/purity/{patient}.tsv",
        coverage=lambda wildcards: [
            f"<results>/dna/coverage/{sample}.tsv"
            for sample in COHORT.samples_with("dna", "fastq", "bam")
            if sample == wildcards.sample
        ],
        quality=lambda wildcards: [
            f"<results>/dna/qc/{sample}.json"
            for sample in COHORT.samples_with("dna", "fastq", "bam")
            if sample == wildcards.sample
        ],
        records=unit_records("dna"),
    output:
        "<results>/features/assay=dna/patient={patient}/sample={sample}.parquet",
    log:
        "<logs>/dna/features/{patient}.{sample}.log",
    benchmark:
        "<benchmarks>/dna/features/{patient}.{sample}.tsv"
    wildcard_constraints:
        sample=one_of(COHORT.samples_with("dna", "fastq", "bam", "vcf")),
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=20,
    params:
        about=about("dna"),
        specimen=lambda wildcards: next(
            row["specimen"] for row in COHORT.rows("samples") if row["sample"] == wildcards.sample
        ),
        settings=CONFIG["dna"],
        code=fingerprint(
            "dna/features", "dna/burden", "known", "dna/consequence", "dna/limits", "features/store", "files"
        ),
    message:
        "dna: features of {wildcards.sample}"
    script:
        "../scripts/dna_features.py"
