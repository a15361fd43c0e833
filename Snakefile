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
include: "workflow/rules/dna.smk"
include: "workflow/rules/rna.smk"
include: "workflow/rules/proteome.smk"
include: "workflow/rules/metabolome.smk"
include: "workflow/rules/features.smk"
include: "workflow/rules/clones.smk"
include: "workflow/rules/course.smk"
include: "workflow/rules/targets.smk"
include: "workflow/rules/ledger.smk"
include: "workflow/rules/report.smk"


rule all:
    default_target: True
    input:
        "<results>/outcome.json",
        "<results>/cohort/cohort.h5mu",
        "<results>/targets/ranking.tsv",
        "<results>/report/seriome.html",
        "<results>/report/multiqc.html",
        TABLES,


onerror:  # a run that did not reach its end has no outcome but `failed`
    Path(CONFIG["results"], "outcome.json").unlink(missing_ok=True)
