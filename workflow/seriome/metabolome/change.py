"""What changed: within each patient, and with the phase over the cohort. The models are those of every assay."""

import pandas as pd

from seriome.longitudinal import compared

ABOUT = ["feature", "name", "compound_id", "msi_level"]


def compare(tables, samples: pd.DataFrame, account: pd.DataFrame, atlas: pd.DataFrame, before: str) -> dict:
    """Changes of every kept feature within patients, and with the phase over the cohort: `longitudinal.compared`.

    tables   feature tables of the samples, in their order
    samples  sample, patient, day, specimen, site, phase, batch
    account  `control.account`: features that are removed or not_compared are left out
    before   phase that others are compared with
    """
    kept = account.loc[account["verdict"] == "kept", "feature"]
    about = atlas[atlas["feature"].isin(kept)][ABOUT].reset_index(drop=True)
    return compared(tables, samples, about, before)
