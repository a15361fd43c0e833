"""The console command `seriome`: check, clones, normals, simulate, score, outcome."""

import argparse
import json
import sys
from pathlib import Path

from seriome import __version__
from seriome.errors import InputError

DEFAULT_CONFIG = "config/config.yaml"
SIMULATION = {
    "seed": "equal seeds give equal bytes (default: 7)",
    "patients": "number of patients; the five stories repeat (default: 5)",
    "genes": "genes of the genome, at least 16 (default: 45)",
    "depth": "mean depth of tumour DNA, reads (default: 160)",
    "normal-depth": "mean depth of normal DNA, reads (default: 90)",
    "plasma-depth": "mean depth of plasma DNA before deduplication, reads (default: 450)",
    "rna-pairs": "read pairs of an RNA sample (default: 80000)",
    "lcms-batches": "batches of the metabolome; from 2 on both modes, pools and drift of every compound (default: 1)",
    "cores": "processes to use; the result is the same (default: 2)",
}


def main(argv=None) -> int:
    """Run one subcommand; a user's mistake is told on stderr and gives exit code 1."""
    arguments = _parser().parse_args(argv)
    try:
        return arguments.run(arguments)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader of our output, such as `head`, has gone
        sys.stderr.close()
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="seriome",
        description="Longitudinal multi-omics in oncology. The workflow itself is run with `snakemake --cores N`; "
        "this command checks its input, makes cohorts with known truth, and reads its results.",
        epilog="A first look: `make demo`. Each subcommand explains itself: `seriome check --help`.",
    )
    parser.add_argument("--version", action="version", version=f"seriome {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_check(commands)
    _add_clones(commands)
    _add_normals(commands)
    _add_simulate(commands)
    _add_score(commands)
    _add_outcome(commands)
    return parser


def _command(commands, name, run, help_text, description, epilog):
    command = commands.add_parser(
        name,
        help=help_text,
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(run=run)
    return command


def _add_check(commands) -> None:
    command = _command(
        commands,
        "check",
        _check,
        "validate the config and the sheets; print every problem at once",
        "Validate a configuration and the sheets that it names. Every problem is printed at once,\n"
        "each with its file, line and column, what was found and what would do. Nothing is run and\n"
        "nothing is written. The raw files are looked for, not read: whether they are whole is the\n"
        "workflow's first step.",
        "examples:\n"
        "  seriome check                              the demo cohort, config/config.yaml\n"
        "  seriome check --configfile mine.yaml       your cohort\n\n"
        "exit code: 0 sound, 1 problems",
    )
    command.add_argument("--configfile", default=DEFAULT_CONFIG, help=f"YAML file (default: {DEFAULT_CONFIG})")


def _check(arguments) -> int:
    from seriome.cohort import CohortError, load_cohort
    from seriome.config import config_problems, read_config, reference_problems, with_defaults

    config = read_config(arguments.configfile)
    problems = [f"{arguments.configfile}, {problem}" for problem in config_problems(config)]
    cohort = None
    if isinstance(config, dict) and {"sheets", "data"} <= set(config):
        filled = with_defaults(config)
        try:
            cohort = load_cohort(filled["sheets"], filled["data"], filled["data_roots"])
        except CohortError as error:
            problems += error.problems
        if cohort is not None and not problems:
            problems += [f"{arguments.configfile}, {one}" for one in reference_problems(filled, cohort)]
    if problems:
        print(f"{len(problems)} problem(s):", *problems, sep="\n  ", file=sys.stderr)
        return 1
    units = cohort.assays.groupby("assay").size()
    patients, samples = len(cohort.patients), len(cohort.samples)
    print(f"sound: {patients} patients, {samples} samples, " + ", ".join(f"{n} {a} units" for a, n in units.items()))
    return 0


def _add_clones(commands) -> None:
    command = _command(
        commands,
        "clones",
        _clones,
        "clones, trees and their course from a table of read counts",
        "Cluster the mutations of one patient over all samples, place the clusters in a tree, follow them over\n"
        "the days and date what emerged. The table of counts has PyClone-VI's format, a row per mutation and\n"
        "sample, tab-separated, plain or gzip:\n"
        "  mutation_id sample_id ref_counts alt_counts major_cn minor_cn normal_cn\n"
        "  tumour_content   purity, one number per sample; without the column the founder's reads say it\n"
        "  error_rate       of a base (default 0.001);  chrom gene name  of the mutation, all optional\n"
        "  major_cn_2 minor_cn_2 fraction_2   a second population of cancer cells with other copies, optional\n"
        "A mutation without a row in some sample is kept: it is not covered there. The sheet of samples has\n"
        "sample_id and day and, if known, specimen (tumor, plasma, ...), timepoint, site, burden; without it\n"
        "nothing is dated.",
        "examples:\n"
        "  seriome clones --counts counts.tsv --out clones\n"
        "  seriome clones --counts counts.tsv --samples samples.tsv --out clones --pictures\n\n"
        "writes clusters.tsv, tree.tsv, trees.json, trajectories.tsv, events.tsv, growth.tsv, heterogeneity.tsv,\n"
        "sites.tsv and fit.json; docs/clones.md says what every column means",
    )
    command.add_argument("--counts", required=True, metavar="TABLE.tsv", help="read counts")
    command.add_argument("--out", required=True, metavar="DIR", help="folder to write to; made if it is not there")
    command.add_argument("--samples", metavar="SAMPLES.tsv", help="days and specimens of the samples")
    command.add_argument("--treatments", metavar="FILE.tsv", help="drug, start, end (days), a row per treatment")
    command.add_argument(
        "--phased",
        metavar="FILE.tsv",
        help="mutation_id, other_mutation_id, phase (cis, trans) of pairs that reads span",
    )
    command.add_argument(
        "--pictures", action="store_true", help="draw them too: fish plot, tree, CCF lines, composition"
    )
    command.add_argument("--seed", type=_whole, default=7, help="equal seeds give equal bytes (default: 7)")
    command.add_argument(
        "--threads", type=int, default=1, metavar="N", help="starts side by side; the result is the same (default: 1)"
    )
    command.add_argument("--starts", type=int, default=1, metavar="N", help="starts of the clustering (default: 1)")
    command.add_argument(
        "--purity-sd", type=float, default=0.03, metavar="SD", help="error of tumour_content (default: 0.03)"
    )


def _whole(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, 0 or more")
    return int(text)


def _clones(arguments) -> int:
    from seriome.clones.command import run
    from seriome.clones.model import Settings

    if not arguments.purity_sd > 0:
        raise InputError(f"--purity-sd is {arguments.purity_sd:g}, not above 0")
    settings = Settings(
        seed=arguments.seed,
        starts=max(arguments.starts, 1),
        threads=max(arguments.threads, 1),
        purity_sd=arguments.purity_sd,
    )
    words = arguments
    results = run(words.counts, words.out, words.samples, words.treatments, words.phased, words.pictures, settings)
    fit = results.fit
    for warning in fit["warnings"]:
        print(f"warning: {warning['warning']}: {warning['detail']}", file=sys.stderr)
    known = f", {fit['outliers']} fit none" if fit["outliers"] else ""
    counted = f"{fit['mutations']} mutations in {fit['samples']} samples: {fit['clusters']} clones{known}"
    print(f"{counted}; see {arguments.out}")
    return 0


def _add_normals(commands) -> None:
    command = _command(
        commands,
        "normals",
        _normals,
        "a panel of normals from the alignments of normal samples",
        "Sum up what normal samples show of every allele, so that errors of a site that one patient cannot tell\n"
        "are known: `reference.panel_of_normals` of the config. One sample per person, of the kit and sequencer\n"
        "that the tumours have; ten are useful, more are better. The workflow does not make it by itself, so that\n"
        "a new patient changes no other's variants.",
        "example, with the results of a run:\n"
        "  seriome normals --genome results/dna/reference/genome.fa --regions results/dna/reference/regions.bed \\\n"
        "      --out normals.tsv.gz results/dna/bam/*-normal.bam",
    )
    command.add_argument("bams", nargs="+", metavar="BAM", help="sorted, indexed, duplicates flagged")
    command.add_argument("--genome", required=True, metavar="FASTA", help="what they were aligned to, with its .fai")
    command.add_argument("--regions", required=True, metavar="BED", help="where variants are looked for (0-based)")
    command.add_argument("--out", required=True, metavar="TABLE.tsv.gz", help="the panel")
    command.add_argument("--configfile", help="YAML file whose dna section sets the qualities (default: its defaults)")


def _normals(arguments) -> int:
    from seriome.config import checked, read_config, with_defaults
    from seriome.dna.normals import panel, write_panel

    for path in (arguments.genome, arguments.regions, *arguments.bams):
        if not Path(path).is_file():
            raise InputError(f"{path} is not there")
    config = checked(read_config(arguments.configfile)) if arguments.configfile else with_defaults({"dna": {}})
    rows = panel(arguments.bams, arguments.genome, arguments.regions, config["dna"])
    write_panel(arguments.out, rows)
    print(f"{arguments.out}: {len(rows)} alleles that two or more of {len(arguments.bams)} normals show")
    return 0


def _add_simulate(commands) -> None:
    command = _command(
        commands,
        "simulate",
        _simulate,
        "make a cohort with known truth, raw files included",
        "Write a cohort whose truth is known: a mini-genome with real gene names and hotspot codons,\n"
        "paired FASTQ of tumour, matched normal and UMI-tagged plasma, RNA FASTQ, proteome and\n"
        "metabolome mzML, the sheets, a config, and the truth as tables in OUT/truth. Patients tell\n"
        "stories: a resistance mutation that emerges under treatment, a fusion, resistance without any\n"
        "mutation, a deep response, an immunotherapy. Equal seeds give equal bytes.",
        "examples:\n"
        "  seriome simulate --out demo --seed 7                          the demo cohort\n"
        "  snakemake --cores 2 --configfile demo/config/config.yaml      run it\n"
        "  seriome score --results results --truth demo/truth            compare with the truth\n"
        "  seriome simulate --out big --seed 1 --patients 20 --depth 500 something larger",
    )
    command.add_argument("--out", required=True, help="folder to make; refused when it holds anything else")
    for option, meaning in SIMULATION.items():  # what is not given has the simulator's own default
        command.add_argument(f"--{option}", type=int, default=argparse.SUPPRESS, metavar="N", help=meaning)
    command.add_argument("--whole", action="store_true", help="plant no broken files")
    command.add_argument("--force", action="store_true", help="make it again even if it is there")


def _simulate(arguments) -> int:
    from seriome.simulate import simulate

    names = [option.replace("-", "_") for option in SIMULATION]
    given = {name: getattr(arguments, name) for name in names if hasattr(arguments, name)}
    simulate(arguments.out, spoil=not arguments.whole, force=arguments.force, **given)
    return 0


def _add_score(commands) -> None:
    command = _command(
        commands,
        "score",
        _score,
        "compare results with a simulated truth, stage by stage",
        "Compare the results of a run on a simulated cohort with what was planted: gaps, variants and\n"
        "when they emerged, expression, proteins, metabolites, clones, targets. A stage without results\n"
        "has no score and says why.",
        "examples:\n"
        "  seriome score                                              the demo: results against demo/truth\n"
        "  seriome score --results out --truth big/truth --json       for machines",
    )
    command.add_argument("--results", default="results", help="folder of the run's results (default: results)")
    command.add_argument("--truth", default="demo/truth", help="folder of the truth tables (default: demo/truth)")
    command.add_argument("--json", action="store_true", help="print JSON with stable keys")


def _score(arguments) -> int:
    from seriome.score import report, score

    for folder in (arguments.results, arguments.truth):
        if not Path(folder).is_dir():
            raise InputError(f"{folder} is no folder: run the workflow on a simulated cohort first (`make demo`)")
    scores = score(arguments.results, arguments.truth)
    print(json.dumps(scores, indent=1, sort_keys=True) if arguments.json else report(scores))
    return 0


def _add_outcome(commands) -> None:
    command = _command(
        commands,
        "outcome",
        _outcome,
        "how a run ended: complete, complete with gaps (and which), or failed",
        "Say how a run ended.\n"
        "  complete             everything that the sheets ask for is there\n"
        "  complete with gaps   finished; each missing thing is listed with its reason and way out\n"
        "  failed               the run did not reach its end",
        "example:\n  seriome outcome --results results\n\nexit code: 0 complete or complete with gaps, 1 failed",
    )
    command.add_argument("--results", default="results", help="folder of the run's results (default: results)")


def _outcome(arguments) -> int:
    from seriome.ledger import describe_outcome
    from seriome.report.findings import findings

    if not (Path(arguments.results) / "outcome.json").is_file():
        print(f"outcome: failed\n{arguments.results}/outcome.json is not there: the run did not reach its end.")
        print("Run `snakemake --cores 2` again: it goes on where it stopped, and names the log of a failing step.")
        return 1
    print(describe_outcome(arguments.results), findings(arguments.results), sep="\n")
    return 0
