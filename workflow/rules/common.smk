"""
What the other files of this folder may use: the checked configuration, the cohort, and a few names.
needs  the configuration, the sheets
gives  CONFIG, COHORT, GAPS; fingerprint, unit_files, unit_row, about, batch_of, one_of, memory, threads_for,
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

from seriome.cohort import FORMATS, OF_MANY, load_cohort
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


def batch_of(assay, sample):
    """The batches of a sample's units in one name, empty where the sheet has none: `run3`, `run3+run4`."""
    batches = {COHORT.unit(assay, sample, run).get("batch", "") for run in COHORT.runs(assay, sample)}
    return "+".join(sorted(batches - {""}))


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
        files["meaning"] = f"<results>/dna/meaning/{wildcards.patient}.tsv"
        for table in ("clusters", "tree", "trajectories", "events", "growth", "heterogeneity"):
            files[table] = f"<results>/clones/{wildcards.patient}/{table}.tsv"
    if wildcards.patient in PROTEOME_WITH_OWN:
        files["translated"] = f"<results>/proteome/variants/{wildcards.patient}.tsv"
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
