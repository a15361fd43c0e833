"""The usual question to feature tables: what changed within each patient, and with the phase over the cohort."""

import numpy as np
import pandas as pd

from .change import changes, pairs_of
from .design import plan_of
from .mixed import contrasts, mixed_model
from .variance import precision, within_variance


def matrix(tables: list[pd.DataFrame], features) -> tuple[np.ndarray, np.ndarray]:
    """Values and their standard errors (features x samples, log2) of feature tables of one kind, in the order given.

    The error of a value is half its 95 % interval over 1.96: a little large where the interval rests on few words,
    whose t quantile is wider. 0 where there is no interval (it is then not known).
    """
    values, errors = np.full((2, len(features), len(tables)), np.nan)
    for at, table in enumerate(tables):
        rows = table.set_index("feature").reindex(features)
        values[:, at] = rows["value"]
        errors[:, at] = (rows["upper"] - rows["lower"]) / (2 * 1.959964)
    return values, np.where(np.isfinite(values), np.nan_to_num(errors), np.nan)


def compared(tables, samples: pd.DataFrame, about: pd.DataFrame, before: str) -> dict:
    """Changes of features within patients, and with the phase over the cohort.

    tables   feature tables of the samples, in their order, one kind in each
    samples  sample, patient, day, specimen, site, phase, batch
    about    the features that are compared, a row each, `feature` and what else should stand beside them
    before   phase that others are compared with
    Returns  changes: `changes` with the columns of `about` in the place of `row`
             cohort: `contrasts` of ~ phase (+ specimen, batch) + (1 | patient), likewise
             notes: what could not be told apart, samples, features
    """
    columns = list(about.columns)
    values, errors = matrix(tables, about["feature"])
    some = np.isfinite(values).any(0) if len(about) else np.zeros(len(tables), bool)
    samples, values, errors = samples[some].reset_index(drop=True), values[:, some], errors[:, some]
    notes = {"features": len(about), "samples": len(samples), "told": []}
    empty = {"changes": pd.DataFrame(columns=columns), "cohort": pd.DataFrame(columns=columns), "notes": notes}
    if not len(samples) or not len(about):
        return empty
    errors = np.nan_to_num(errors)
    within = pd.get_dummies(samples["patient"] + "/" + samples["specimen"], dtype=float)
    phases = pd.get_dummies(samples["phase"].fillna(""), dtype=float)
    variance = within_variance(values, errors, np.column_stack([within, phases]))
    found = {"changes": _named(changes(values, errors, samples, variance, pairs_of(samples)), about)}
    phased = samples["phase"].notna().to_numpy()
    rows = samples[phased].reset_index(drop=True)
    factors = ["phase"] + (["specimen"] if len(set(rows["specimen"])) > 1 else [])
    reference = {"phase": before} if (rows["phase"] == before).any() else None
    if len(set(rows["phase"])) < 2:
        notes["told"].append("fewer than two phases: no model over the cohort")
        return found | {"cohort": empty["cohort"], "notes": notes}
    plan = plan_of(rows, factors, reference)
    weights = precision(errors[:, phased], variance)
    fit = mixed_model(values[:, phased], plan.matrix, rows["patient"], weights)
    asked = [name for name in plan.asked if name.startswith("phase")]
    found["cohort"] = _named(contrasts(fit, plan, asked), about)
    notes["told"] += plan.told
    return found | {"notes": notes}


def _named(table: pd.DataFrame, about: pd.DataFrame) -> pd.DataFrame:
    """The table with what is said about each feature in front, in the place of its row number."""
    if "row" not in table:
        return pd.DataFrame(columns=[*about.columns, *table.columns])
    front = about.iloc[table["row"].to_numpy(int)].reset_index(drop=True)
    return pd.concat([front, table.drop(columns="row").reset_index(drop=True)], axis=1)
