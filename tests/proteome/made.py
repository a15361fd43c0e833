"""Proteins, runs and the stage's whole way in memory, for the tests and benchmarks of the proteome."""

from functools import partial

import numpy as np
import pandas as pd

from seriome.config import with_defaults
from seriome.proteome.fasta import Protein
from seriome.proteome.identify import judged_by_run, prepared
from seriome.proteome.quantity import for_levels, regrouped, sample_proteins
from seriome.proteome.rollup import learn
from seriome.proteome.run import read_run
from seriome.proteome.search import Index, calibration
from seriome.proteome.transfer import identified_ions, quantified

SETTINGS = with_defaults({"sheets": "", "data": ""})["proteome"]
RESIDUES, SHARES = list("ACDEFGHIKLMNPQRSTVWY"), [8, 2, 5, 7, 4, 7, 2, 5, 6, 10, 2, 4, 5, 4, 5, 7, 5, 7, 1, 4]


def made_up(number: int, seed: int, residues=(250, 1200)) -> dict[str, str]:
    """Sequences of usual composition: accession -> sequence; other seeds, other accessions."""
    rng = np.random.default_rng(seed)
    shares = np.array(SHARES) / sum(SHARES)
    return {
        f"{chr(65 + seed % 26)}{i:05}": "M" + "".join(rng.choice(RESIDUES, int(rng.integers(*residues)), p=shares))
        for i in range(number)
    }


def as_proteins(sequences: dict[str, str]) -> dict[str, Protein]:
    return {name: Protein(name, f"G{name}", sequence) for name, sequence in sequences.items()}


def alike(peptide: str) -> str:
    """A peptide as its mass tells it: I and L are one."""
    return peptide.replace("I", "L")


def searched(paths: dict, proteins: dict, settings: dict = SETTINGS) -> tuple[pd.DataFrame, Index]:
    """Matches of runs {sample: path}, one run `r` each."""
    index = Index(proteins, settings)
    tables = [index.search(read_run(path)).assign(sample=sample, run="r") for sample, path in paths.items()]
    return pd.concat(tables, ignore_index=True), index


def identified(psms: pd.DataFrame, settings: dict = SETTINGS) -> pd.DataFrame:
    """The matches judged by run, nothing of the patient's own."""
    table, _ = judged_by_run(prepared(psms, settings)[0], settings)
    return table.assign(reported=False, unit=table["sample"] + " r")


def ions_of(table: pd.DataFrame, paths: dict, settings: dict = SETTINGS) -> tuple[pd.DataFrame, dict]:
    """Ions of one patient's runs, and the figures of the transfers."""
    runs = {f"{sample} r": partial(read_run, path) for sample, path in paths.items()}
    shifts = {unit: calibration(own) for unit, own in table.groupby("unit")}
    ions, figures = quantified(runs, identified_ions(table), shifts, settings, 7)
    return ions.assign(sample=ions["unit"].str.split(" ").str[0], run="r"), figures


def levels_of(ions: pd.DataFrame, samples) -> dict[str, pd.DataFrame]:
    """Proteins of each sample, on the profile of all of them."""
    ions = for_levels(regrouped(ions))
    profile = learn(ions)
    return {
        name: sample_proteins(ions[ions["sample"] == name], profile, {})[0].set_index("accession") for name in samples
    }
