"""
Metabolome: LC-MS injections to levels of the features of one atlas; a new sample leaves the atlas as it is.
needs  metabolome units as mzml, intake's records; reference.compounds, if there is one
gives  <results>/metabolome/injections/{sample}/{run}.parquet    features found in one injection
       <results>/metabolome/atlas.parquet                        features of the study, from the pools: M-id, m/z, rt, name
       <results>/metabolome/measured/{sample}/{run}.parquet      every feature of the atlas in one injection
       <results>/metabolome/qc/{sample}/{run}.json               spectra, ion current, matched, gap-filled, mass error
       <results>/gaps/metabolome/*.tsv                           no_ms1_spectra, no_features, other_polarity, no_atlas
       <results>/features/assay=metabolome/patient=/sample=.parquet   kind metabolite (log2_area)
"""

INJECTIONS = COHORT.units("metabolome", "mzml")
BLANKS = COHORT.units("metabolome", "mzml", specimens=["blank"])
POOLS = COHORT.units("metabolome", "mzml", specimens=["pool"]) if CONFIG["metabolome"]["atlas"] == "pool" else []
ATLAS_FROM = POOLS or [unit for unit in INJECTIONS if unit.sample not in {blank.sample for blank in BLANKS}]

GAPS += collect("<results>/gaps/metabolome/injection.{unit.sample}.{unit.run}.tsv", unit=INJECTIONS)
GAPS += collect("<results>/gaps/metabolome/measured.{unit.sample}.{unit.run}.tsv", unit=INJECTIONS)
GAPS += ["<results>/gaps/metabolome/atlas.tsv"] if INJECTIONS else []


rule metabolome_injection:
    input:
        unit="<results>/intake/metabolome/{sample}/{run}.json",
        mzml=lambda wildcards: COHORT.files("metabolome", wildcards.sample, wildcards.run),
    output:
        features="<results>/metabolome/injections/{sample}/{run}.parquet",
        gaps="<results>/gaps/metabolome/injection.{sample}.{run}.tsv",
    log:
        "<logs>/metabolome/injection/{sample}/{run}.log",
    benchmark:
        "<benchmarks>/metabolome/injection/{sample}/{run}.tsv"
    wildcard_constraints:
        sample=one_of(COHORT.samples_with("metabolome", "mzml")),
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(3000),
        runtime=60,
    params:
        about=about("metabolome"),
        settings={key: CONFIG["metabolome"][key] for key in ("noise", "ppm", "fwhm_s")},
        code=fingerprint("metabolome/detect", "metabolome/openms", "metabolome/tables", "files"),
    message:
        "metabolome: features of {wildcards.sample} {wildcards.run}"
    script:
        "../scripts/metabolome_injection.py"


rule metabolome_atlas:
    input:
        pools=collect("<results>/metabolome/injections/{unit.sample}/{unit.run}.parquet", unit=ATLAS_FROM),
        blanks=collect("<results>/metabolome/injections/{unit.sample}/{unit.run}.parquet", unit=BLANKS),
        compounds=CONFIG["reference"]["compounds"] or [],
    output:
        atlas="<results>/metabolome/atlas.parquet",
        gaps="<results>/gaps/metabolome/atlas.tsv",
    log:
        "<logs>/metabolome/atlas.log",
    benchmark:
        "<benchmarks>/metabolome/atlas.tsv"
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=120,
    params:
        settings=CONFIG["metabolome"],
        learned_from="pools" if POOLS else "samples",
        code=fingerprint("metabolome/atlas", "metabolome/align", "metabolome/openms", "metabolome/tables", "files"),
    message:
        "metabolome: the atlas, from {params.learned_from}"
    script:
        "../scripts/metabolome_atlas.py"


rule metabolome_measure:
    input:
        mzml=lambda wildcards: COHORT.files("metabolome", wildcards.sample, wildcards.run),
        features="<results>/metabolome/injections/{sample}/{run}.parquet",
        atlas="<results>/metabolome/atlas.parquet",
    output:
        measured="<results>/metabolome/measured/{sample}/{run}.parquet",
        qc="<results>/metabolome/qc/{sample}/{run}.json",
        gaps="<results>/gaps/metabolome/measured.{sample}.{run}.tsv",
    log:
        "<logs>/metabolome/measure/{sample}/{run}.log",
    benchmark:
        "<benchmarks>/metabolome/measure/{sample}/{run}.tsv"
    wildcard_constraints:
        sample=one_of(COHORT.samples_with("metabolome", "mzml")),
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(3000),
        runtime=60,
    params:
        about=about("metabolome"),
        settings={key: CONFIG["metabolome"][key] for key in ("link_ppm", "max_shift_s")},
        code=fingerprint("metabolome/measure", "metabolome/align", "metabolome/openms", "metabolome/tables", "files"),
    message:
        "metabolome: the atlas in {wildcards.sample} {wildcards.run}"
    script:
        "../scripts/metabolome_measure.py"


rule metabolome_features:
    input:
        units=unit_records("metabolome"),
        measured=lambda wildcards: collect(
            "<results>/metabolome/measured/{sample}/{run}.parquet",
            sample=wildcards.sample,
            run=COHORT.runs("metabolome", wildcards.sample),
        ),
        atlas="<results>/metabolome/atlas.parquet",
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
        code=fingerprint("metabolome/measure", "metabolome/tables", "features", "files"),
    message:
        "metabolome: levels in {wildcards.sample}"
    script:
        "../scripts/metabolome_features.py"
