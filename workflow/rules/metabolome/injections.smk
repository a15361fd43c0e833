"""
Injections: their features, the atlas of the study, and every feature of the atlas in each.
The contract of the stage stands in ../metabolome.smk.
"""


rule metabolome_injection:
    input:
        unit="<results>/intake/metabolome/{sample}/{run}.json",
        mzml=lambda wildcards: COHORT.files("metabolome", wildcards.sample, wildcards.run),
    output:
        features="<results>/metabolome/injections/{sample}/{run}.parquet",
        spectra="<results>/metabolome/spectra/{sample}/{run}.parquet",
        gaps="<results>/gaps/metabolome/injection.{sample}.{run}.tsv",
    log:
        "<logs>/metabolome/injection/{sample}/{run}.log",
    benchmark:
        "<benchmarks>/metabolome/injection/{sample}/{run}.tsv"
    wildcard_constraints:
        sample=one_of(COHORT.samples_with("metabolome", "mzml")),
    conda:
        "../../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(3000),
        runtime=60,
    params:
        about=about("metabolome"),
        settings={key: CONFIG["metabolome"][key] for key in ("noise", "ppm", "fwhm_s")},
        code=fingerprint("metabolome/detect", "metabolome/openms", "metabolome/spectra", "metabolome/tables", "files"),
    message:
        "metabolome: features of {wildcards.sample} {wildcards.run}"
    script:
        "../../scripts/metabolome_injection.py"


rule metabolome_atlas:
    input:
        pools=collect("<results>/metabolome/injections/{unit.sample}/{unit.run}.parquet", unit=ATLAS_FROM),
        blanks=collect("<results>/metabolome/injections/{unit.sample}/{unit.run}.parquet", unit=BLANKS),
        spectra=collect("<results>/metabolome/spectra/{unit.sample}/{unit.run}.parquet", unit=ATLAS_FROM),
        compounds=CONFIG["reference"]["compounds"] or [],
        library=CONFIG["reference"]["spectra"] or [],
    output:
        atlas="<results>/metabolome/atlas.parquet",
        candidates="<results>/metabolome/candidates.tsv",
        gaps="<results>/gaps/metabolome/atlas.tsv",
    log:
        "<logs>/metabolome/atlas.log",
    benchmark:
        "<benchmarks>/metabolome/atlas.tsv"
    conda:
        "../../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=120,
    params:
        settings=ATLAS_SETTINGS,
        seed=CONFIG["seed"],
        learned_from="pools" if POOLS else "samples",
        code=fingerprint(
            *("metabolome/atlas", "metabolome/align", "metabolome/openms", "metabolome/tables", "files"),
            *("metabolome/adducts", "metabolome/naming", "metabolome/spectra"),
        ),
    message:
        "metabolome: the atlas, from {params.learned_from}"
    script:
        "../../scripts/metabolome_atlas.py"


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
        "../../../envs/seriome.yaml"
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
        "../../scripts/metabolome_measure.py"
