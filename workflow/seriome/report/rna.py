"""What RNA says of a tumour's state: programmes, cells told twice, checkpoint genes; and what changed."""

import pandas as pd

from seriome.report import words
from seriome.report.inputs import plain
from seriome.rna.cells import also_known_as, squeezed, verdicts
from seriome.rna.programmes import called

HEADINGS = {
    "programme": "Programmes",
    "checkpoint": "Checkpoint and HLA genes",
    "fusion": "Fusions in RNA, in fragments",
}
DIGITS = {"programme": 2, "checkpoint": 1, "fusion": 0, "cell_markers": 1}
SURE = 0.05  # local false sign rate, or q, from which a row is printed black


def state_tables(samples: list[dict], features: pd.DataFrame) -> dict:
    """Tables of a patient's RNA: columns (samples with any), lists (heading, rows, never) and cells (rows).

    A cell of a table has state, value, lower, upper in words; a row of `cells` has `shares`, `levels` and `verdict` by
    sample, the shares summed over the types of the matrix that are one of ours.
    """
    own = features[(features["assay"] == "rna") & features["kind"].isin([*DIGITS, "cell_fraction"])]
    seen = set(own["sample"])
    looked = _looked_at(features)
    lists = []
    for kind, heading in HEADINGS.items():
        rows, never = [], []
        for _, one in own[own["kind"] == kind].groupby("feature", sort=True):
            name = one.iloc[0]["name"]
            if one["value"].isna().all():
                never.append(name)
            else:
                absent = {key: {"state": "below_lod", "value": None} for key in (looked if kind == "fusion" else ())}
                rows.append({"name": name, "cells": absent | _cells(one, words.number, DIGITS[kind])})
        lists.append({"kind": kind, "heading": heading, "rows": rows, "never": never})
    return {
        "columns": [row for row in samples if row["sample"] in seen], "lists": lists, "cells": _cell_rows(own),
    }  # fmt: skip


def _looked_at(features: pd.DataFrame) -> list[str]:
    """Samples with measured expression: in these, a fusion that is not listed was not seen."""
    measured = (features["assay"] == "rna") & (features["kind"] == "expression") & features["value"].notna()
    return sorted(set(features.loc[measured, "sample"]))


def _cells(rows: pd.DataFrame, said, *digits) -> dict:
    return {
        row["sample"]: {"state": row["state"]}
        | {key: said(row[key], *digits) if words.known(row[key]) else None for key in ("value", "lower", "upper")}
        for row in plain(rows)
    }


def _cell_rows(own: pd.DataFrame) -> list[dict]:
    ours, rows = also_known_as(), {}
    own = own[own["kind"].isin(["cell_markers", "cell_fraction"])]
    for sample, table in own.groupby("sample", sort=True):
        for row, verdict in zip(plain(table), verdicts(table), strict=True):
            cell = (
                row["feature"] if row["kind"] == "cell_markers" else ours.get(squeezed(row["feature"]), row["feature"])
            )
            of = rows.setdefault(cell, {"name": called(cell), "shares": {}, "levels": {}, "verdicts": {}})
            if verdict:
                of["verdicts"][sample] = verdict
            if not words.known(row["value"]):
                continue
            if row["kind"] == "cell_markers":
                of["levels"][sample] = {key: words.number(row[key]) for key in ("value", "lower", "upper")}
            else:
                of["shares"].setdefault(sample, []).append(
                    {"type": row["name"], **{key: words.percent(row[key]) for key in ("value", "lower", "upper")}}
                )
    kept = [row for row in rows.values() if row["levels"] or row["shares"]]
    return sorted(kept, key=lambda row: row["name"].lower())


def patient_changes(changes: pd.DataFrame, patient: str, shown: int) -> list[dict]:
    """One entry per pair of the patient's samples, the widest span first: genes by lfsr, and programmes and cells.

    early, late, early_day, late_day, specimen, same_site, same_batch; genes, others: rows; tested, sure; interval
    """
    entries = []
    own = changes[(changes["patient"] == patient) & changes["estimate"].notna()]
    keys = ["specimen", "early", "late", "early_day", "late_day"]
    for pair, rows in own.groupby(keys, sort=True) if len(own) else []:
        rows = rows.assign(size=-rows["shrunken"].fillna(rows["estimate"]).abs(), raw=-rows["estimate"].abs())
        genes = rows[rows["kind"] == "expression"].sort_values(["lfsr", "p", "size", "feature"])
        others = rows[rows["kind"] != "expression"].sort_values(["p", "raw", "feature"])
        best, shared = genes.head(shown), bool(genes["lfsr"].notna().any())
        entries.append(
            dict(zip(keys, pair, strict=True))
            | {
                "same_site": plain(rows.head(1))[0]["same_site"], "same_batch": plain(rows.head(1))[0]["same_batch"],
                "genes": plain(best), "others": plain(others.head(shown)), "tested": len(genes),
                "sure": int((genes["lfsr" if shared else "q"] < SURE).sum()), "shared": shared,
                "interval": bool(genes["error"].notna().any()),
                "top": float(best["estimate"].abs().max()) or 1.0,
            }
        )  # fmt: skip
    return sorted(entries, key=lambda entry: (entry["early_day"] - entry["late_day"], entry["late"], entry["early"]))


def cohort_lists(cohort: pd.DataFrame, shown: int = 12) -> list[dict]:
    """Per model and contrast: how many were tested and pass q < 0.05, and the best rows."""
    lists = []
    for (model, contrast), rows in cohort.groupby(["model", "contrast"], sort=True) if len(cohort) else []:
        tested = rows[rows["state"] == "tested"]
        best = tested.assign(size=-tested["estimate"].abs()).sort_values(["q", "p", "size", "feature"]).head(shown)
        lists.append(
            {
                "model": model, "contrast": contrast, "batch": rows["batch"].iloc[0], "tested": len(tested),
                "samples": int(rows["samples"].max()), "patients": int(rows["patients"].max()),
                "repeated": int(rows["repeated"].max()), "found": int((tested["q"] < SURE).sum()), "rows": plain(best),
                "top": float(best["estimate"].abs().max()) if len(best) else 1.0,
            }
        )  # fmt: skip
    return lists


def site_rows(sites: pd.DataFrame, patient: str) -> list[dict]:
    """Pairs of the patient's samples and how far they are apart; empty where no day has two samples."""
    own = sites[sites["patient"] == patient]
    return plain(own) if (own["compared"] == "sites").any() else []
