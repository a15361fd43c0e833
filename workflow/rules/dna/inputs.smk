"""
What the rules of this folder read: input and params functions.
The contract of the stage stands in ../dna.smk.
"""

from seriome.dna.index import SUFFIXES

# Samples whose molecules get consensus reads: all of their dna units have barcodes
WITH_CONSENSUS = [
    sample
    for sample in COHORT.samples_with("dna", "fastq", "bam")
    if CONFIG["dna"]["consensus"] and all(COHORT.barcoded(sample))
]


def dna_units(wildcards):
    """Input function: the alignments of the units of {sample}."""
    return [f"<results>/dna/units/{wildcards.sample}/{run}.bam" for run in COHORT.runs("dna", wildcards.sample)]


def dna_alignments(wildcards):
    """Input function: the alignments of {sample}, of its consensus reads (and their numbers) where it has them."""
    if wildcards.sample not in WITH_CONSENSUS:
        return {"units": dna_units(wildcards)}
    made = f"<results>/dna/consensus/{wildcards.sample}"
    return {"units": [f"{made}.bam"], "numbers": f"{made}.json"}


def dna_of_patient(wildcards):
    """Input function: reference, alignments and called variants of {patient}; nothing for one without either."""
    reads = [row["sample"] for row in COHORT.samples_of(wildcards.patient, "dna", "fastq", "bam")]
    calls = called_units(wildcards)
    files = {
        "bams": [f"<results>/dna/bam/{sample}.bam" for sample in reads],
        "indexes": [f"<results>/dna/bam/{sample}.bam.bai" for sample in reads],
        "vcfs": [file for _, _, file in calls],
        "records": [f"<results>/intake/dna/{sample}/{run}.json" for sample, run, _ in calls],
    }
    if reads or calls:
        folder = "<results>/dna/reference"
        files |= {"genome": f"{folder}/genome.fa", "fai": f"{folder}/genome.fa.fai", "gff": f"{folder}/genes.gff3"}
        files |= {"transcripts": f"{folder}/transcripts.tsv", "regions": f"{folder}/regions.bed"}
        for key in ("targets", "panel_of_normals", "population"):
            files |= {key: CONFIG["reference"][key] or []}
    return files


def normals_of_patient(wildcards):
    """Params function: the normal samples of {patient} that have reads."""
    rows = COHORT.samples_of(wildcards.patient, "dna", "fastq", "bam")
    return [row["sample"] for row in rows if row["specimen"] == "normal"]


def mutect2_of_patient(wildcards):
    """Input function: Mutect2's variants of {patient}, where the configuration asks for them."""
    if not CONFIG["dna"]["mutect2"] or not COHORT.samples_of(wildcards.patient, "dna", "fastq", "bam"):
        return []
    return [f"<results>/dna/mutect2/{wildcards.patient}.vcf.gz"]


def shares_of_patient(wildcards):
    """Input function: counts of {patient} in the shares of the regions, where jobs of their own count them."""
    parts = CONFIG["dna"]["scatter"]
    if parts == 1 or not COHORT.samples_of(wildcards.patient, "dna", "fastq", "bam"):
        return []
    return [f"<results>/dna/counts/{wildcards.patient}.{part}.pickle.gz" for part in range(1, parts + 1)]


# What alignments rest on
ALIGNING = ("dna/align", "dna/bwa", "dna/bwa_mem2", "dna/tools", "files")

# What a share of the counts rests on
COUNTING = (
    "dna/tables",
    "dna/scatter",
    "dna/pileup",
    "dna/background",
    "dna/imports",
    "dna/mutect2",
    "dna/tools",
    "files",
)


def biomarkers_of_patient(wildcards):
    """Input function: what microsatellite instability and signatures of {patient} are read from."""
    reads = [row["sample"] for row in COHORT.samples_of(wildcards.patient, "dna", "fastq", "bam")]
    files = {
        "variants": f"<results>/dna/variants/{wildcards.patient}.parquet",
        "lengths": [f"<results>/dna/microsatellites/{sample}.tsv" for sample in reads],
        "pool": CONFIG["dna"]["msi_normals"] if reads else [],
        "signatures": CONFIG["reference"]["signatures"] or [],
    }
    if COHORT.samples_of(wildcards.patient, "dna", "fastq", "bam", "vcf"):
        folder = "<results>/dna/reference"
        files |= {"genome": f"{folder}/genome.fa", "fai": f"{folder}/genome.fa.fai"}
        files |= {"trinucleotides": f"{folder}/trinucleotides.tsv"}
    return files


def host_of_unit(wildcards):
    """Input function: the host's genome and its index, where {sample} is a xenograft with reads to tell apart."""
    unit = COHORT.unit("dna", wildcards.sample, wildcards.run)
    specimen = {row["sample"]: row["specimen"] for row in COHORT.rows("samples")}[wildcards.sample]
    if specimen != "pdx" or unit["format"] != "fastq" or not CONFIG["reference"]["host_genome"]:
        return []
    return multiext("<results>/dna/host/genome", ".fa", ".fa.fai", ".dict", *(f".fa{end}" for end in INDEX))


ALIGNER = CONFIG["dna"]["aligner"]
INDEX = SUFFIXES[ALIGNER]  # endings of its index
ALIGNER_ENV = {"bwa": "../../../envs/seriome.yaml", "bwa-mem2": "../../../envs/bwa-mem2.yaml"}[ALIGNER]

# Memory: what grows with the genome (bytes per base to align and to index; bwa-mem2's of its authors), and a batch of
# reads with the parts of a sort
GENOMES = [file for key in ("genome", "host_genome") if (file := CONFIG["reference"][key])]
MEGABASES = max((int(os.path.getsize(file) / 1e6 * (4 if file.endswith("gz") else 1)) for file in GENOMES), default=0)
ALIGN_MB, INDEX_MB = (3000 + MEGABASES * size for size in {"bwa": (2, 2), "bwa-mem2": (7, 28)}[ALIGNER])
TRIM = {key: CONFIG["dna"][name] for key, name in (("adapter", "trim"), ("quality", "trim_quality"))}
TRIM = TRIM | {"two_colour": CONFIG["dna"]["trim_two_colour"]} if any(TRIM.values()) else None


def of_samples(pattern, wildcards):
    """The file of every sample of {patient} with reads, in the order of COHORT.samples_of."""
    return [
        pattern.replace("{sample}", row["sample"])
        for row in COHORT.samples_of(wildcards.patient, "dna", "fastq", "bam")
    ]


def normal_of_patient(wildcards):
    """Input function: alignments of the normal of {patient} and the reference; nothing without one."""
    samples = COHORT.samples_of(wildcards.patient, "dna", "fastq", "bam")
    bams = [f"<results>/dna/bam/{row['sample']}.bam" for row in samples if row["specimen"] == "normal"][:1]
    if not bams:
        return {}
    folder = "<results>/dna/reference"
    files = {"genome": f"{folder}/genome.fa", "fai": f"{folder}/genome.fa.fai", "regions": f"{folder}/regions.bed"}
    return {"bam": bams, "index": [f"{bams[0]}.bai"]} | files


def called_units(wildcards):
    """Params function: (sample, run, file) of every unit of {patient} that is a VCF."""
    return [
        (row["sample"], run, COHORT.files("dna", row["sample"], run)[0])
        for row in COHORT.samples_of(wildcards.patient, "dna", "vcf")
        for run in COHORT.runs("dna", row["sample"])
    ]


# Samples whose RNA is compared with DNA: aligned to the genome of the DNA
RNA_COMPARED = [
    sample
    for sample in COHORT.samples_with("rna", "fastq")
    if CONFIG["rna"]["align"]
    and not CONFIG["reference"]["rna_genome"]
    and COHORT.about(sample, "rna")["patient"] in COHORT.patients_with("rna")
]
