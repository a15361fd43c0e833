"""
What the rules of this folder read: input and params functions.
The contract of the stage stands in ../rna.smk.
"""


def genome_memory(base):
    """Memory in MB for minimap2's index of RNA's genome, 8 bytes per base, besides `base`."""
    genome = reference_file(CONFIG["reference"], "rna_genome")
    size = os.path.getsize(genome) * (4 if genome.endswith(".gz") else 1) if genome else 0
    return memory(base + int(8 * size / 1e6))


def aligned_of(wildcards, pattern):
    """The file of {sample}, where its reads are aligned."""
    return [pattern.replace("{sample}", sample) for sample in ALIGNED if sample == wildcards.sample]


def fusions_of(wildcards):
    """Input function: the fusions of {sample}, where its reads are aligned."""
    return aligned_of(wildcards, "<results>/rna/fusions/{sample}.tsv")


# Patients of whose RNA it is asked whether it is theirs
PATIENTS_OF_RNA = list(dict.fromkeys(COHORT.about(sample, "rna")["patient"] for sample in RNA_COMPARED))
# Patients whose somatic variants are looked for in RNA
PATIENTS_COMPARED = [
    patient for patient in COHORT.patients_with("dna", "fastq", "bam", "vcf") if patient in PATIENTS_OF_RNA
]


def compared_of(patient):
    """The samples of a patient whose RNA is compared with DNA."""
    return [sample for sample in RNA_COMPARED if COHORT.about(sample, "rna")["patient"] == patient]


def rna_variants_of(wildcards):
    """Input function: the variants in RNA of {patient}, where {sample} takes part."""
    here = wildcards.patient in PATIENTS_COMPARED and wildcards.sample in RNA_COMPARED
    return [f"<results>/rna/variants/{wildcards.patient}.tsv"] if here else []


def strand_of(wildcards):
    """Params function: the strand that the sheet says of the units of {sample}; None without one, or with several."""
    said = {COHORT.unit("rna", wildcards.sample, run).get("strand") for run in COHORT.runs("rna", wildcards.sample)}
    return said.pop() if len(said) == 1 else None
