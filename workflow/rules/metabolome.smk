"""
Metabolome: LC-MS injections to levels of the features of one atlas; a new sample leaves the atlas as it is.
needs  metabolome units as mzml with batch and order of injection, intake's records; reference.compounds,
       spectra, pathways and enzymes, where there are any
gives  <results>/metabolome/injections/{sample}/{run}.parquet    features found in one injection
       <results>/metabolome/spectra/{sample}/{run}.parquet       its fragment spectra
       <results>/metabolome/atlas.parquet                        features of the study, from the pools: id, m/z, rt, name
       <results>/metabolome/candidates.tsv                       every compound that a feature may be, and on what evidence
       <results>/metabolome/measured/{sample}/{run}.parquet      every feature of the atlas in one injection
       <results>/metabolome/qc/{sample}/{run}.json               spectra, ion current, matched, gap-filled, mass error
       <results>/metabolome/constants.parquet, offsets.parquet   what the pools say: precision, reference level, drift
       <results>/metabolome/control.tsv                          what was kept and what was removed, and why
       <results>/metabolome/changes.parquet, cohort.parquet      what changed in each patient, and with the phase
       <results>/metabolome/pathways.tsv, enzymes.tsv            pathways that changed, genes tied to what changed
       <results>/gaps/metabolome/*.tsv                           no_ms1_spectra, no_features, other_polarity, no_atlas
       <results>/features/assay=metabolome/patient=/sample=.parquet   kind metabolite (log2_area)
"""

INJECTIONS = COHORT.units("metabolome", "mzml")
BLANKS = COHORT.units("metabolome", "mzml", specimens=["blank"])
POOLS = COHORT.units("metabolome", "mzml", specimens=["pool"])
CONTROLS = {unit.sample for unit in BLANKS + POOLS}
MEASURED_SAMPLES = [sample for sample in COHORT.samples_with("metabolome", "mzml") if sample not in CONTROLS]
NO_BLANKS = [unit for unit in INJECTIONS if unit.sample not in {blank.sample for blank in BLANKS}]
ATLAS_FROM = POOLS if POOLS and CONFIG["metabolome"]["atlas"] == "pool" else NO_BLANKS
CONTROL_KEYS = ("drift", "normalise", "standards", "min_pools", "min_detection", "max_cv", "max_d_ratio")
CONTROL_SETTINGS = {key: CONFIG["metabolome"][key] for key in CONTROL_KEYS}
ATLAS_SETTINGS = {key: value for key, value in CONFIG["metabolome"].items() if key not in (*CONTROL_KEYS, "pathway_p")}
COMPARED = [
    row
    | {"batch": COHORT.unit("metabolome", row["sample"], COHORT.runs("metabolome", row["sample"])[0]).get("batch", "")}
    for row in COHORT.rows("samples")
    if row["sample"] in MEASURED_SAMPLES and row["specimen"] in CONFIG["targets"]["specimens"]["metabolome"]
]

GAPS += collect("<results>/gaps/metabolome/injection.{unit.sample}.{unit.run}.tsv", unit=INJECTIONS)
GAPS += collect("<results>/gaps/metabolome/measured.{unit.sample}.{unit.run}.tsv", unit=INJECTIONS)
GAPS += ["<results>/gaps/metabolome/atlas.tsv"] if INJECTIONS else []
TABLES += collect("<results>/metabolome/{table}", table=["changes.parquet", "pathways.tsv"]) if INJECTIONS else []


include: "metabolome/injections.smk"
include: "metabolome/control.smk"
include: "metabolome/change.smk"


rule metabolome_features:
    input:
        units=unit_records("metabolome"),
        measured=lambda wildcards: collect(
            "<results>/metabolome/measured/{sample}/{run}.parquet",
            sample=wildcards.sample,
            run=COHORT.runs("metabolome", wildcards.sample),
        ),
        atlas="<results>/metabolome/atlas.parquet",
        constants="<results>/metabolome/constants.parquet",
        offsets="<results>/metabolome/offsets.parquet",
    output:
        "<results>/features/assay=metabolome/patient={patient}/sample={sample}.parquet",
    log:
        "<logs>/metabolome/features/{patient}/{sample}.log",
    benchmark:
        "<benchmarks>/metabolome/features/{patient}/{sample}.tsv"
    wildcard_constraints:
        sample=one_of(COHORT.samples_with("metabolome", "mzml")),
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=15,
    params:
        about=about("metabolome"),
        sheet=lambda wildcards: [
            COHORT.unit("metabolome", wildcards.sample, run) for run in COHORT.runs("metabolome", wildcards.sample)
        ],
        settings=CONTROL_SETTINGS,
        code=fingerprint("metabolome/levels", "metabolome/control", "metabolome/tables", "features", "files"),
    message:
        "metabolome: levels in {wildcards.sample}"
    script:
        "../scripts/metabolome_features.py"
