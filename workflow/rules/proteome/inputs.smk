"""
What the rules of this folder read: settings, input and params functions.
The contract of the stage stands in ../proteome.smk.
"""

PROTEOME_FDR = {key: CONFIG["proteome"][key] for key in ["fdr", "fdr_scope", "fdr_level", "rescore", "precursor_ppm"]}
PROTEOME_QUANTITY = {
    key: CONFIG["proteome"][key]
    for key in ["xic_ppm", "xic_s", "match_between_runs", "transfer_fdr", "label", "bridge"]
}
PROTEOME_SEARCH = {
    key: value
    for key, value in CONFIG["proteome"].items()
    if key not in PROTEOME_FDR | PROTEOME_QUANTITY or key in ("label", "precursor_ppm")
}
PROTEOME_SAMPLES = COHORT.samples_with("proteome", "mzml")
PROTEOME_PATIENTS = list(dict.fromkeys(COHORT.about(sample, "proteome")["patient"] for sample in PROTEOME_SAMPLES))
PROTEOME_BLANKS = set(COHORT.samples.loc[COHORT.samples["specimen"] == "blank", "sample"])
PROTEOME_CONTAMINANTS = {
    "builtin": workflow.source_path("../../../resources/contaminants.tsv"),
    None: [],
}.get(CONFIG["proteome"]["contaminants"], CONFIG["proteome"]["contaminants"])
# of whom mutations and fusions are looked for: patients with DNA, samples of aligned RNA
PROTEOME_OWN_DNA = COHORT.patients_with("dna") if CONFIG["proteome"]["own_proteins"] else []
PROTEOME_OWN_RNA = ALIGNED if CONFIG["proteome"]["own_proteins"] else []
PROTEOME_WITH_OWN = [
    one
    for one in PROTEOME_PATIENTS
    if one in PROTEOME_OWN_DNA or any(COHORT.about(sample, "rna")["patient"] == one for sample in PROTEOME_OWN_RNA)
]


def proteome_units(wildcards):
    """Params function: the sheet's rows of all mzML units of {patient}, in the order of its samples."""
    return [
        COHORT.unit("proteome", sample, run)
        for sample in PROTEOME_SAMPLES
        if COHORT.about(sample, "proteome")["patient"] == wildcards.patient
        for run in COHORT.runs("proteome", sample)
    ]


def proteome_raw(wildcards):
    """Input function: the files of those units, and what intake says of them, in the same order."""
    units = proteome_units(wildcards)
    return {
        "raw": [COHORT.files("proteome", unit["sample"], unit["run"])[0] for unit in units],
        "status": [f"<results>/intake/proteome/{unit['sample']}/{unit['run']}.json" for unit in units],
    }


def proteome_searched(wildcards):
    """Input function: what {patient} is searched with: runs, proteins, contaminants, somatic variants and fusions."""
    files = proteome_raw(wildcards)
    files |= {"proteins": CONFIG["reference"]["proteins"] or [], "contaminants": PROTEOME_CONTAMINANTS}
    if wildcards.patient in PROTEOME_OWN_DNA:
        folder = "<results>/dna/reference"
        files |= {
            "variants": "<results>/dna/variants/{patient}.parquet",
            "fusions": "<results>/dna/fusions/{patient}.tsv",
            "identity": "<results>/dna/identity/{patient}.tsv",
        }
        files |= {"genome": f"{folder}/genome.fa", "fai": f"{folder}/genome.fa.fai", "gff": f"{folder}/genes.gff3"}
        files |= {"transcripts": f"{folder}/transcripts.tsv"}
    aligned = [one for one in PROTEOME_OWN_RNA if COHORT.about(one, "rna")["patient"] == wildcards.patient]
    if aligned:
        files |= {"rna_fusions": [f"<results>/rna/fusions/{sample}.tsv" for sample in aligned]}
        files |= {"rna_transcripts": "<results>/rna/index/transcripts.tsv"}
        files |= {"rna_sequences": "<results>/rna/index/transcripts.fa.gz"}
        if wildcards.patient in PATIENTS_OF_RNA:
            files |= {"rna_identity": "<results>/rna/identity/{patient}.tsv"}
    return files


def proteome_memory(wildcards, input, attempt):
    """Memory in MB of a search: 1.5 GB and about 0.5 MB per kB of protein sequence, semi-enzymatic six times that."""
    size = os.path.getsize(CONFIG["reference"]["proteins"]) / 1000 if CONFIG["reference"]["proteins"] else 0
    packed = 2 if str(CONFIG["reference"]["proteins"]).endswith(".gz") else 1
    times = 6 if CONFIG["proteome"]["semi_enzymatic"] else 1
    return int(1500 + 0.5 * size * packed * times) * 2 ** (attempt - 1)


def proteome_profile(wildcards):
    """Input function: the profile that {sample} is projected on: the one that is given, or its patient's own."""
    return CONFIG["reference"]["proteome_profile"] or "<results>/proteome/profiles/{patient}.parquet"
