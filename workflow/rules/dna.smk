"""
DNA: reads to alignments, somatic variants of each patient over all samples, copy number, biomarkers.
needs  reference genome, genes (and targets); dna units as fastq, bam or vcf, and intake's records
gives  <results>/dna/reference/                      genome with its bwa index, gene models, regions; once per run
       <results>/dna/qc/{sample}.families.tsv        molecules by number of reads, where reads have barcodes
       <results>/dna/bam/{sample}.bam, .bam.bai      merged, sorted; duplicates marked, or consensus reads
       <results>/dna/qc/{sample}.json, .stats        reads, duplicates, insert size, on target; samtools stats, for MultiQC
       <results>/dna/qc/{sample}.damage.tsv          damage before PCR, by change
       <results>/dna/coverage/{sample}.tsv, .targets.tsv.gz    depth per gene, per target
       <results>/dna/variants/{patient}.vcf.gz, .vcf.gz.tbi, .parquet    every variant of the patient at every sample
       <results>/dna/mutect2/{patient}.vcf.gz, .vcf.gz.tbi    with dna.mutect2: what Mutect2 finds over all samples
       <results>/dna/counts/{patient}.{part}.pickle.gz    with dna.scatter: counts of a part of the regions, until called
       <results>/dna/variants/{patient}.callable.tsv    bases deep enough to call, per sample
       <results>/dna/variants/{patient}.phased.tsv    which mutations of a gene stand on one copy of it
       <results>/dna/variants/{patient}.errors.tsv    how often bases are misread, per sample and change
       <results>/dna/bins/{sample}.parquet           reads in targets and in the bins between them
       <results>/dna/snps/{patient}.tsv              heterozygous SNPs of the normal
       <results>/dna/alleles/{sample}.tsv            reads of both alleles at these
       <results>/dna/copy_number/{patient}.parquet   per gene and sample: log2 ratio against the normal, copies
       <results>/dna/segments/{patient}.tsv          the same per segment, the segments shared by all samples
       <results>/dna/purity/{patient}.tsv            purity, ploidy, altered genome per sample, or why there is none
       <results>/dna/fingerprint/{sample}.parquet    reads of each base where people differ
       <results>/dna/identity/{patient}.tsv, .order.json    do a patient's samples match, are they clean, in order
       <results>/dna/relatedness.tsv                 every pair of samples of the cohort, RNA too: one person or two
       <results>/dna/host/                           the host's genome with its bwa index, where there are xenografts
       <results>/dna/fusions/{patient}.tsv           junctions of driver genes: exons, frame, share at every sample
       <results>/dna/fidelity/{patient}.tsv, .variants.tsv    what xenografts and organoids share with the tumours
       <results>/dna/meaning/{patient}.tsv           drugs that changes are known to make work or fail
       <results>/dna/microsatellites/{sample}.tsv    lengths of microsatellites, in fragments
       <results>/dna/biomarkers/{patient}.msi.tsv, .loci.tsv, .signatures.tsv    instability, its loci, signatures
       <results>/features/assay=dna/patient=/sample=.parquet    kinds variant, copy_number, fusion, biomarker
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


include: "dna/inputs.smk"
include: "dna/reference.smk"
include: "dna/reads.smk"
include: "dna/variants.smk"
include: "dna/copies.smk"
include: "dna/identity.smk"
include: "dna/biomarkers.smk"


rule dna_features:
    input:
        known=ACTIONABILITY,
        variants="<results>/dna/variants/{patient}.parquet",
        msi="<results>/dna/biomarkers/{patient}.msi.tsv",
        signatures="<results>/dna/biomarkers/{patient}.signatures.tsv",
        fusions="<results>/dna/fusions/{patient}.tsv",
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
