"""The configuration: checked against its closed schema, defaults filled in from there."""

from copy import deepcopy
from functools import cache
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator

from seriome.errors import InputError, did_you_mean

SCHEMAS = Path(__file__).parents[1] / "schemas"


@cache
def schema(name: str) -> dict:
    """The schema `workflow/schemas/{name}.schema.yaml`."""
    return yaml.safe_load((SCHEMAS / f"{name}.schema.yaml").read_text(encoding="utf-8"))


def explain(error) -> str:
    """One validation error as a person would say it, with a hint where a word is misspelt."""
    if error.validator == "additionalProperties":
        known = list(error.schema.get("properties", {}))
        extra = [key for key in error.instance if key not in known]
        return "; ".join(f"unknown key {key!r}{did_you_mean(key, known)}" for key in extra)
    if error.validator == "enum":
        known = error.validator_value
        hint = did_you_mean(error.instance, known) or f", known are {', '.join(map(str, known))}"
        return f"{error.instance!r} is not known{hint}"
    if error.validator == "pattern":
        return f"{error.instance!r} does not look like {error.validator_value} ({error.schema.get('description', '')})"
    if error.validator == "required":
        missing = [key for key in error.validator_value if key not in error.instance]
        return f"{', '.join(missing)} missing"
    if error.validator == "not":
        return f"{error.instance!r} should be empty here"
    return error.message


def config_problems(config: dict) -> list[str]:
    """Every problem of a configuration, each with the key's path; empty when it is sound."""
    problems = []
    for error in sorted(
        Draft202012Validator(schema("config")).iter_errors(config), key=lambda e: list(map(str, e.path))
    ):
        where = ".".join(map(str, error.path))
        problems.append(f"{where}: {explain(error)}" if where else explain(error))
    return problems


def with_defaults(config: dict, of: dict | None = None) -> dict:
    """A copy of the configuration in which every key that was left out has the schema's default."""
    of = of or schema("config")
    filled = deepcopy(config)
    for key, rule in of.get("properties", {}).items():
        if key not in filled and "default" in rule:
            filled[key] = deepcopy(rule["default"])
        if rule.get("type") == "object" and isinstance(filled.get(key), dict):
            filled[key] = with_defaults(filled[key], rule)
    return filled


def checked(config: dict, source: str = "the configuration") -> dict:
    """The configuration with defaults. Raises InputError with all problems at once."""
    problems = config_problems(config)
    if problems:
        raise InputError(f"{source} has {len(problems)} problem(s):\n" + "\n".join(f"  {one}" for one in problems))
    return with_defaults(config)


def read_config(path) -> dict:
    """A YAML file as a dict. Raises InputError when it is not there or not YAML, with the place."""
    try:
        config = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path} is not there: name your file with --configfile") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" line {mark.line + 1}" if mark else ""
        raise InputError(f"{path}{place} is not YAML: {getattr(error, 'problem', error)}") from None
    if not isinstance(config, dict):
        raise InputError(f"{path} holds no keys: start from config/config.yaml")
    return config


NEEDS = {  # reference files without which an assay in these formats cannot be read
    ("dna", "fastq"): ("genome", "genes"),
    ("dna", "bam"): ("genome", "genes"),
    ("dna", "vcf"): ("genome", "genes"),
    ("rna", "fastq"): ("rna_genome", "rna_genes"),
    ("rna", "kallisto"): ("rna_genes",),
    ("rna", "salmon"): ("rna_genes",),
    ("rna", "star"): ("rna_genes",),
    ("proteome", "mzml"): ("proteins",),
}


def reference_file(reference: dict, key: str):
    """A reference file of the config; RNA's own genome and genes fall back to those of DNA."""
    return reference[key] or (reference[key.removeprefix("rna_")] if key.startswith("rna_") else None)


def reference_problems(config: dict, cohort) -> list[str]:
    """Reference files that the cohort's assays need and the config does not name, or that are not there; and samples

    of `dna.pool` that are no normals with reads.
    """
    problems, reference = [], config["reference"]
    for key, path in reference.items():
        if path and not Path(path).is_file():
            problems.append(f"reference.{key}: {path} is not there")
    for path in config["dna"]["msi_normals"]:
        if not Path(path).is_file():
            problems.append(f"dna.msi_normals: {path} is not there")
    for key in ("constants", "cell_signature", "network", "programmes"):
        named = config["rna"][key] or []
        problems += [
            f"rna.{key}: {path} is not there"
            for path in ([named] if isinstance(named, str) else named)
            if not Path(path).is_file()
        ]
    groups = config["rna"]["groups"]
    if groups and groups not in cohort.patients.columns:
        problems.append(
            f"rna.groups: patients.tsv has no column {groups!r}{did_you_mean(groups, cohort.patients.columns)}"
        )
    sites = config["dna"]["identity_sites"]
    if sites and not Path(sites).is_file():
        problems.append(f"dna.identity_sites: {sites} is not there")
    for (assay, kind), keys in NEEDS.items():
        if not cohort.samples_with(assay, kind):
            continue
        for key in keys:
            if reference_file(reference, key) is None:
                problems.append(f"reference.{key}: missing, {assay} as {kind} needs it")
    if units := [row for row in cohort.rows("assays") if (row["assay"], row["format"]) == ("proteome", "mzml")]:
        from seriome.proteome.checks import problems as of_proteome

        problems += of_proteome(config["proteome"], units)
    normals = {row["sample"] for row in cohort.rows("samples") if row["specimen"] == "normal"}
    normals &= set(cohort.samples_with("dna", "fastq", "bam"))
    problems += [
        f"dna.pool: {sample!r} is no normal with DNA reads in the sheets{did_you_mean(sample, normals)}"
        for sample in config["dna"]["pool"]
        if sample not in normals
    ]
    return list(dict.fromkeys(problems))
