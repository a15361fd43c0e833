"""
What the other files of this folder may use: the checked configuration, the cohort, and a few names.
needs  the configuration, the sheets
gives  CONFIG, COHORT, GAPS; fingerprint, unit_files, unit_row, about, one_of, memory, threads_for,
       features_of, report_inputs
"""

import os
import shlex
import sys
from pathlib import Path

if not sys.executable.startswith("'"):  # Snakemake hands this path to a shell as it is: quoted, it may hold a space
    sys.executable = shlex.quote(sys.executable)

LIBRARY = str(Path(workflow.basedir) / "workflow")  # the package seriome, here and in the jobs
sys.path.insert(0, LIBRARY)
os.environ.update(PYTHONPATH=LIBRARY)

from seriome.cohort import FORMATS, load_cohort
from seriome.config import checked, reference_file, reference_problems
from seriome.errors import InputError
from seriome.provenance import fingerprint

try:
    CONFIG = checked(config)
    COHORT = load_cohort(CONFIG["sheets"], CONFIG["data"], CONFIG["data_roots"])
    if problems := reference_problems(CONFIG, COHORT):
        raise InputError("the configuration has problems:\n" + "\n".join(f"  {one}" for one in problems))
except InputError as error:
    raise WorkflowError(str(error)) from None

ACTIONABILITY = workflow.source_path("../../resources/actionability.tsv")  # an input of what reads it

# The gap tables of all stages; the file of each stage adds its own, GAPS += collect("<results>/gaps/dna/{p}.tsv", ...)
GAPS = []

# Tables that no later stage reads: what `all` asks for besides the report, added to by the files of the stages
TABLES = []


def one_of(names):
    """A wildcard constraint that takes exactly these names; without any it matches nothing."""
    return "|".join(names) or "(?!)"


def unit_files(wildcards):
    """Input function: the raw files, one or two, of the unit {assay} {sample} {run}."""
    return COHORT.files(wildcards.assay, wildcards.sample, wildcards.run)


def unit_row(wildcards):
    """Params function: the sheet's row of the unit {assay} {sample} {run}, a dict without its empty cells."""
    return COHORT.unit(wildcards.assay, wildcards.sample, wildcards.run)


def about(assay):
    """Params function: the keys of {sample} in its feature table (patient, sample, timepoint, assay, day)."""
    return lambda wildcards: COHORT.about(wildcards.sample, assay)


def memory(mb):
    """Memory in MB that doubles with every further attempt."""
    return lambda wildcards, attempt: mb * 2 ** (attempt - 1)


def threads_for(assay, most, mb=100):
    """Threads by the size of the raw files of {sample} (and {run}), or of {patient}: one per `mb` MB, up to `most`.

    Small files are better read side by side than each by many threads.
    """

    def threads(wildcards):
        if "patient" in wildcards.keys():
            samples = [row["sample"] for row in COHORT.samples_of(wildcards.patient, assay, "fastq", "bam")]
        else:
            samples = [wildcards.sample]
        units = [(sample, run) for sample in samples for run in COHORT.runs(assay, sample)]
        if "run" in wildcards.keys():
            units = [(wildcards.sample, wildcards.run)]
        files = [file for sample, run in units for file in COHORT.files(assay, sample, run)]
        return max(1, min(most, int(sum(map(os.path.getsize, files)) / 1e6 // mb)))

    return threads


def report_inputs(wildcards):
    """Input function: what the report shows of {patient} and exists for this patient."""
    assays = ("dna", "rna", "proteome", "metabolome")
    files = {"features": [file for assay in assays for file in features_of(assay, wildcards.patient)]}
    if wildcards.patient in COHORT.patients_with("dna"):
        files["variants"] = f"<results>/dna/variants/{wildcards.patient}.parquet"
        for table in ("clusters", "tree", "trajectories", "events", "growth", "heterogeneity"):
            files[table] = f"<results>/clones/{wildcards.patient}/{table}.tsv"
    return files


def unit_records(assay):
    """Input function: what intake says of the units of {sample}, in the order of the sheet."""
    return lambda wildcards: [
        f"<results>/intake/{assay}/{wildcards.sample}/{run}.json" for run in COHORT.runs(assay, wildcards.sample)
    ]


def all_files(assay):
    """Input function: the raw files of all units of {sample}, in the order of the sheet."""
    return lambda wildcards: [
        file for run in COHORT.runs(assay, wildcards.sample) for file in COHORT.files(assay, wildcards.sample, run)
    ]


def files_of_units(assay):
    """Params function: {run: its raw files} of {sample}, in the order of the sheet."""
    return lambda wildcards: {
        run: COHORT.files(assay, wildcards.sample, run) for run in COHORT.runs(assay, wildcards.sample)
    }


def features_of(assay, patient=None):
    """The feature tables of all samples (of one patient, if named) that have this assay, in the order of their names.

    Controls are among them; their patient is `control`.
    """
    return [
        "<results>/features/assay={assay}/patient={patient}/sample={sample}.parquet".format(**about)
        for about in (COHORT.about(sample, assay) for sample in COHORT.samples_with(assay))
        if patient in (None, about["patient"])
    ]


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
    return multiext("<results>/dna/host/genome", ".fa", ".fa.fai", ".dict", *(f".fa.{end}" for end in INDEX))


INDEX = ("amb", "ann", "bwt", "pac", "sa")  # endings of bwa's index


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
