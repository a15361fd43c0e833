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
    if error.validator is None:  # a `false` schema: the value should not be there
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
