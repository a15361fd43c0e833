"""
Seriome: raw sequencing, proteomics and metabolomics of a longitudinal cohort, read as one course.

Run       snakemake --cores 2                              the demo cohort of config/
          snakemake --cores 2 --configfile mine.yaml       your cohort
          snakemake -n                                     what would run, and why
Then      results/report/seriome.html                      the report, one offline page
"""

from snakemake.utils import min_version

min_version("9.14")

if not workflow.overwrite_configfiles:  # your own file stands alone: nothing of the demo leaks into it

    configfile: "config/config.yaml"


include: "workflow/rules/common.smk"


pathvars:
    results=CONFIG["results"],
    logs=f"{CONFIG['results']}/logs",
    benchmarks=f"{CONFIG['results']}/benchmarks",


report: "workflow/report/workflow.rst"


include: "workflow/rules/intake.smk"


rule all:
    default_target: True
    input:
        collect(
            "<results>/intake/{unit.assay}/{unit.sample}/{unit.run}.json",
            unit=COHORT.assays.itertuples(),
        ),
