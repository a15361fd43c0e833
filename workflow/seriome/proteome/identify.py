"""From the matches of a patient's runs to what is believed of them: scores, groups, rates, products of mutations."""

import pandas as pd

from seriome.errors import DataError
from seriome.proteome import evidence
from seriome.proteome.fdr import JUDGED, assess, group_proteins
from seriome.proteome.own import of_own
from seriome.proteome.rescore import rescored

UNIT = ["sample", "run"]


def prepared(psms: pd.DataFrame, settings: dict) -> tuple[pd.DataFrame, bool]:
    """(matches with the score that decides, whether it was learned from them)."""
    if settings["rescore"] == "auto" and len(psms):
        return rescored(psms)
    return psms.assign(hyperscore=psms["score"]), False


def judged_by_run(psms: pd.DataFrame, settings: dict) -> tuple[pd.DataFrame, dict]:
    """(matches with JUDGED, {(sample, run): (the level that decided, what stood against it)}).

    Runs are judged one by one; proteins are grouped over all of them, so that a patient's samples name them alike.
    """
    if not len(psms):
        return psms.assign(**dict.fromkeys(JUDGED, False)), {}
    plain = psms[~of_own(psms["proteins"])]
    groups = group_proteins(plain, settings["fdr"])
    tables, told = [], {}
    for unit, own in psms.groupby(UNIT, sort=True):
        table, level, problem = assess(own, settings, groups)
        tables.append(table)
        told[unit] = (level, problem)
    return pd.concat(tables).loc[psms.index], told


def taken_from(pooled: pd.DataFrame, psms: pd.DataFrame) -> pd.DataFrame:
    """The matches of a patient with what was judged over all patients together; joined by run and spectrum."""
    judged = pooled[[*UNIT, "spectrum", "score", "hyperscore", *JUDGED]]
    return psms.drop(columns="score").merge(judged, on=[*UNIT, "spectrum"], how="left", validate="one_to_one")


def refuse_none(table: pd.DataFrame, problem: DataError | None, settings: dict) -> None:
    """Raise what stood against the run, or DataError too_few_matches where none of its matches was accepted."""
    if problem:
        raise problem
    if not table["accepted"].any():
        raise DataError(
            "too_few_matches",
            f"none of {len(table)} matches is within an FDR of {settings['fdr']:g}",
            "look at the run's spectra: is it another species, an empty injection, another fragmentation?",
        )


def with_variants(table, own_rows, reference: str, share: float, settings: dict) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(matches with `reported`, the table of evidence for the patient's own proteins)."""
    rows = evidence.judged(table, own_rows, reference, share, settings)
    kept = rows.loc[rows["reported"].astype(bool), [*UNIT, "spectrum"]]
    said = pd.MultiIndex.from_frame(table[[*UNIT, "spectrum"]]).isin(pd.MultiIndex.from_frame(kept))
    return table.assign(reported=said & table["own"].astype(bool)), rows
