"""What changed most between an early and a late sample of one patient: differences of log2 values, no test.

One sample against one sample has no error to test against; the list says where to look. The test over patients is
in the cohort's targets.
"""

import pandas as pd

KINDS = {  # kind of feature: (assay, heading, what the value is, smallest late or early value worth a line)
    "expression": ("rna", "Gene expression", "log2(TPM + 1)", 3.0),
    "protein": ("proteome", "Proteins", "log2 intensity", None),
    "metabolite": ("metabolome", "Metabolites", "log2 area", None),
}


def pair_of(samples: pd.DataFrame) -> tuple[dict, dict] | None:
    """The two samples to compare: the baseline and the last progression of one specimen, or the first and the last.

    samples  columns sample, day, specimen, phase; the specimen with a progression comes first, then the one with the
             longest span; None where no specimen was taken twice
    """
    best = None
    for specimen, rows in samples[samples["specimen"] != "normal"].groupby("specimen", sort=True):
        rows = rows.sort_values(["day", "sample"])
        if rows["day"].nunique() < 2:
            continue
        baseline, progression = rows[rows["phase"] == "baseline"], rows[rows["phase"] == "progression"]
        early = (baseline if len(baseline) else rows).iloc[0]
        late = (progression if len(progression) else rows).iloc[-1]
        if late["day"] <= early["day"]:
            early, late = rows.iloc[0], rows.iloc[-1]
        rank = (len(progression) > 0, specimen == "tumor", late["day"] - early["day"])
        if best is None or rank > best[0]:
            best = (rank, early.to_dict(), late.to_dict())
    return best[1:] if best else None


def largest_changes(features: pd.DataFrame, early: str, late: str, kind: str, shown: int) -> list[dict]:
    """The `shown` largest differences late - early of one kind, both measured; dicts name, early, late, change.

    The value 0 of expression counts as measured. Ties go by name, so that the order never depends on the files.
    """
    floor = KINDS[kind][3]
    rows = features[(features["kind"] == kind) & features["state"].isin(["measured", "zero"])]
    wide = rows.pivot_table(index=["feature", "name"], columns="sample", values="value", aggfunc="first", dropna=False)
    if early not in wide or late not in wide:
        return []
    wide = wide[[early, late]].dropna().set_axis(["early", "late"], axis=1).reset_index()
    if floor is not None:
        wide = wide[wide[["early", "late"]].max(axis=1) >= floor]
    wide["change"] = wide["late"] - wide["early"]
    wide = wide[wide["change"].abs() > 0]
    wide["size"] = -wide["change"].abs()
    wide["name"] = wide["name"].where(wide["name"].notna() & (wide["name"] != ""), wide["feature"])
    return wide.sort_values(["size", "name", "feature"]).head(shown).drop(columns="size").to_dict("records")


def newly_seen(features: pd.DataFrame, early: str, late: str, kind: str) -> tuple[int, int]:
    """How many features were measured late but not early, and the reverse (below the limit there, or not listed)."""
    rows = features[(features["kind"] == kind) & (features["state"] == "measured")]
    there = {sample: set(rows.loc[rows["sample"] == sample, "feature"]) for sample in (early, late)}
    return len(there[late] - there[early]), len(there[early] - there[late])
