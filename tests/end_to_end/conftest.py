"""A small simulated cohort and its first run, shared by all end-to-end tests."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from seriome.simulate import simulate

from ..conftest import PROJECT

LATER = "P1-T4"  # the timepoint that comes a week after the others


def snakemake(folder, *arguments, check=True):
    """Run the project's workflow in `folder`, which holds config.yaml; what it says, on both streams."""
    command = [str(Path(sys.executable).with_name("snakemake")), "--snakefile", str(PROJECT / "Snakefile")]
    command += ["--configfile", "config.yaml", "--cores", "2", "--scheduler", "greedy", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=os.environ | {"MPLBACKEND": "Agg"})
    said = done.stdout + done.stderr
    assert not check or done.returncode == 0, said[-5000:]
    return said


@pytest.fixture(scope="session")
def cohort(tmp_path_factory):
    """Two simulated patients in a folder with a space in its name; P1's last timepoint is not in the sheets yet."""
    folder = tmp_path_factory.mktemp("a cohort")
    here = Path.cwd()
    os.chdir(folder)
    try:
        simulate(
            "demo", seed=3, patients=2, depth=100, normal_depth=60, plasma_depth=150, rna_pairs=20_000, progress=str
        )
    finally:
        os.chdir(here)
    sheets = folder / "sheets"
    sheets.mkdir()
    for sheet in (folder / "demo/config").glob("*.tsv"):
        lines = sheet.read_text().splitlines(keepends=True)
        (sheets / sheet.name).write_text("".join(line for line in lines if not line.startswith(LATER)))
    config = yaml.safe_load((folder / "demo/config/config.yaml").read_text()) | {"sheets": "sheets"}
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    return folder


@pytest.fixture(scope="session")
def finished(cohort):
    """The cohort after its first run."""
    snakemake(cohort)
    return cohort
