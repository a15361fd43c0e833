"""House rules: what must stay true of the project as a whole."""

import re
import tomllib
from importlib.metadata import version

import pytest
import yaml
from packaging.requirements import Requirement

from seriome import __version__
from seriome.config import checked, schema

from .conftest import PROJECT

STAGES = [
    "intake",
    "dna",
    "rna",
    "proteome",
    "metabolome",
    "features",
    "clones",
    "course",
    "targets",
    "ledger",
    "report",
]
RULES = sorted((PROJECT / "workflow/rules").rglob("*.smk"))
WITHOUT_RULES = {"common", "inputs"}  # functions that the rules call


@pytest.mark.parametrize("stage", STAGES)
def test_rule_file_library_tests_and_docs_of_a_stage_bear_one_name(stage):
    library = PROJECT / "workflow/seriome" / stage
    assert library.is_dir() or library.with_suffix(".py").is_file()
    assert (PROJECT / f"workflow/rules/{stage}.smk").is_file()
    assert (PROJECT / f"docs/{stage}.md").is_file()
    assert list((PROJECT / "tests" / stage).glob("test_*.py"))


def test_no_rule_file_without_a_stage():
    folder = PROJECT / "workflow/rules"
    assert {path.stem for path in folder.glob("*.smk")} == {*STAGES, "common"}
    assert {path.name for path in folder.iterdir() if path.is_dir()} <= {*STAGES}


@pytest.mark.parametrize("path", [path for path in RULES if path.stem not in WITHOUT_RULES], ids=str)
def test_every_rule_has_what_a_person_and_a_cluster_need(path):
    text = path.read_text()
    assert text.startswith('"""'), "a rule file opens with its contract"
    for name, body in re.findall(r"^rule (\w+):\n((?:(?:    .*)?\n)+)", text, flags=re.MULTILINE):
        for directive in ("log", "benchmark", "conda", "threads", "resources", "message", "script"):
            assert f"    {directive}:" in body, f"{name} has no {directive}"
        assert "mem_mb" in body, name
        assert "runtime" in body, name
        assert "fingerprint(" in body, f"{name} would not notice that its code has changed"


def test_every_script_belongs_to_a_rule_and_every_rule_finds_its_script():
    named = {name for path in RULES for name in re.findall(r'"(?:\.\./)+scripts/(\w+\.py)"', path.read_text())}
    assert named == {path.name for path in (PROJECT / "workflow/scripts").glob("*.py")}


def test_the_explained_config_shows_every_key_at_its_default():
    shown = yaml.safe_load((PROJECT / "config/config.yaml").read_text())
    needed = {key: shown[key] for key in ("sheets", "data")}
    by_default = checked(needed)
    by_default["reference"] = shown["reference"]
    by_default["report"] = shown["report"]
    assert checked(shown) == shown, "a key is left out of config/config.yaml"
    assert shown == by_default


def test_every_config_key_is_explained():
    lines = (PROJECT / "config/config.yaml").read_text().splitlines()
    keys = [line for line in lines if re.match(r"^ *[a-z_0-9]+:", line)]
    bare = [line.strip() for line in keys if "#" not in line]
    assert bare == [], "these keys have no word beside them"
    assert len(keys) >= len(schema("config")["properties"])


def test_conda_pins_are_those_of_the_lock():
    lock = {}
    for package in tomllib.loads((PROJECT / "uv.lock").read_text())["package"]:
        lock.setdefault(package["name"], set()).add(package.get("version"))
    env = yaml.safe_load((PROJECT / "envs/seriome.yaml").read_text())
    pins = dict(pin.split("==") for pin in env["dependencies"][-1]["pip"])
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    assert set(pins) == {Requirement(line).name for line in project["dependencies"]}
    assert {name: pin for name, pin in pins.items() if pin not in lock[name]} == {}


def test_conda_pins_of_single_tools_are_those_of_the_lock():
    pinned = yaml.safe_load((PROJECT / "envs/seriome.yaml").read_text())["dependencies"][-1]["pip"]
    for path in sorted((PROJECT / "envs").glob("*.yaml")):
        env = yaml.safe_load(path.read_text())
        assert all("=" in line for line in env["dependencies"] if isinstance(line, str) and line != "pip"), path.name
        for line in env["dependencies"]:
            if isinstance(line, dict):
                assert set(line["pip"]) <= set(pinned), path.name


def test_one_version_everywhere():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    assert project["version"] == __version__ == version("seriome")
    assert f"## {__version__}" in (PROJECT / "CHANGELOG.md").read_text()


def test_links_between_the_pages_lead_somewhere():
    for page in [PROJECT / "README.md", *(PROJECT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text()):
            if not target.startswith(("http", "mailto")):
                assert (page.parent / target).exists(), f"{page.name} links to {target}"
