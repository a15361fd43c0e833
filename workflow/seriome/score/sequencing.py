"""Variants, resistance mutations and copies against what was planted."""

from pathlib import Path

import numpy as np
import pandas as pd

from seriome.score.figures import correlation, number, ratio
from seriome.score.tables import NotThere, results_like, truth_table

VAF_CLASSES = (
    ("0.2 to 1", 0.2, 1.01),
    ("0.05 to 0.2", 0.05, 0.2),
    ("0.01 to 0.05", 0.01, 0.05),
    ("below 0.01", 0, 0.01),
)
TISSUES = ("tumor", "pdx", "organoid")


def _calls(results: Path) -> pd.DataFrame:
    calls = pd.concat(results_like(results, "dna/variants/*.parquet").values(), ignore_index=True)
    called = calls["called"].astype(bool) & (calls["filter"].fillna("") == "PASS")
    return calls.assign(called=called, day=number(calls["day"]), vaf=number(calls["vaf"]))


def dna(results: Path, truth: Path) -> dict:
    """Planted variants against called ones.

    Recall counts (variant, sample) pairs that the truth holds to be detectable: four reads or more are expected with
    95 % probability at the depth that was simulated. Precision counts variants per patient.
    """
    calls, planted = _calls(results), truth_table(truth, "variants")
    planted = planted.merge(calls[["sample", "variant", "called", "depth"]], on=["sample", "variant"], how="left")
    seen = planted["called"].eq(True)  # not in the table at all is not seen
    recall = {}
    for name, lower, upper in VAF_CLASSES:
        within = (planted["vaf"] > 0) & (planted["vaf"] >= lower) & (planted["vaf"] < upper)
        counts = within & (planted["detectable"] == 1)
        recall[name] = {
            "planted": within.sum(),
            "detectable": counts.sum(),
            "found": (counts & seen).sum(),
            "recall": ratio((counts & seen).sum(), counts.sum()),
        }
    detectable = planted["detectable"] == 1
    keys = set(zip(planted["patient"], planted["variant"], strict=True))
    reported = calls.loc[calls["called"], ["patient", "variant"]].drop_duplicates()
    invented = [key for key in reported.itertuples(index=False, name=None) if key not in keys]
    absent = (planted["vaf"] == 0) & seen
    measured = calls.merge(planted[["sample", "variant", "vaf"]], on=["sample", "variant"], suffixes=("", "_true"))
    measured = measured[measured["vaf"].notna()]
    return {
        "detectable": detectable.sum(),
        "found": (detectable & seen).sum(),
        "recall": ratio((detectable & seen).sum(), detectable.sum()),
        "recall_by_vaf": recall,
        "missed_variants": sorted(
            {f"{p} {n}" for p, n in planted.loc[detectable & ~seen, ["patient", "name"]].itertuples(index=False)}
        ),
        "reported_variants": len(reported),
        "precision": ratio(len(reported) - len(invented), len(reported)),
        "invented_variants": [f"{patient} {variant}" for patient, variant in sorted(invented)],
        "called_where_absent": absent.sum(),
        "vaf_values": len(measured),
        "vaf_pearson": correlation(measured["vaf"], measured["vaf_true"], rank=False),
        "vaf_mean_absolute_error": (measured["vaf"] - measured["vaf_true"]).abs().mean(),
    }


def resistance(results: Path, truth: Path) -> dict:
    """When each planted resistance mutation was first reported, and what was reported without being there.

    verdict: `on time` (first seen at the first sample that could show it), `early, and truly there`, `late`,
    `before it was there`, `missed`.
    """
    calls, planted, events = _calls(results), truth_table(truth, "variants"), truth_table(truth, "events")
    try:
        said = results_like(results, "clones/*/events.tsv")
    except NotThere:
        said = {}
    rows = []
    for event in events.to_dict("records"):
        own = calls[(calls["patient"] == event["patient"]) & (calls["variant"] == event["variant"]) & calls["called"]]
        first = own["day"].min() if len(own) else None
        there = planted[(planted["patient"] == event["patient"]) & (planted["variant"] == event["variant"])]
        days_present = set(there.loc[there["vaf"] > 0, "day"])
        due = number(pd.Series([event["day_first_detectable"]]))[0]
        if first is None:
            verdict = "missed" if due == due else "not seen, as expected"
        elif first not in days_present:
            verdict = "before it was there"
        elif first == due:
            verdict = "on time"
        else:
            verdict = "late" if first > due else "early, and truly there"
        rows.append(
            {
                "patient": event["patient"],
                "name": event["name"],
                "day_first_detectable": due,
                "day_first_reported": first,
                "day_in_events": _day_in_events(said.get(event["patient"]), event),
                "verdict": verdict,
            }
        )
    return {
        "planted": len(rows),
        "reported": sum(row["day_first_reported"] is not None for row in rows),
        "dated_right": sum(row["verdict"] in ("on time", "early, and truly there") for row in rows),
        "dated_right_in_events": sum(row["day_in_events"] == row["day_first_reported"] is not None for row in rows)
        if said
        else None,
        **_other_resistance(said, planted, events),
        "mutations": rows,
    }


def _same_mutation(table: pd.DataFrame, event: dict) -> pd.Series:
    return (table["mutation_id"] == event["variant"]) | (table["name"] == event["name"])


def _day_in_events(table, event: dict):
    """First day that clones/{patient}/events.tsv gives the mutation in any event, or None."""
    if table is None:
        return None
    own = table[_same_mutation(table, event) & table["event"].isin(["emerged", "resistance"])]
    days = number(own["first_seen_day"]).dropna()
    return float(days.min()) if len(days) else None


def _other_resistance(said: dict, planted: pd.DataFrame, events: pd.DataFrame) -> dict[str, list[str]]:
    """Mutations reported as resistance that were not planted as such: `passengers` that truly emerged (no method can
    tell them from the driver of their clone by when they came) and `invented` ones, absent or there from the start."""
    found = {"passengers": [], "invented": []}
    for patient, table in said.items():
        rows = table[(table["event"] == "resistance") & (table["mutation_id"] != "")]
        known = np.zeros(len(rows), bool)
        for event in events[events["patient"] == patient].to_dict("records"):
            known |= _same_mutation(rows, event).to_numpy()
        own = planted[planted["patient"] == patient]
        at_first = own[own["day"] == own["day"].min()]
        emerged = set(at_first.loc[at_first["vaf"] == 0, "variant"])
        for row in rows[~known].drop_duplicates("mutation_id").itertuples():
            found["passengers" if row.mutation_id in emerged else "invented"].append(f"{patient} {row.name}")
    return {kind: sorted(names) for kind, names in found.items()}


def copy_number(results: Path, truth: Path) -> dict:
    """log2 ratios of tumour tissue against those that copies and purity give: log2((p*CN + 2(1-p)) / 2)."""
    found = pd.concat(results_like(results, "dna/copy_number/*.parquet").values(), ignore_index=True)
    purity = truth_table(truth, "purity")
    tissue = purity.loc[purity["purity"].notna()].set_index("sample")["purity"]
    planted = truth_table(truth, "copy_number")
    planted = planted[planted["sample"].isin(tissue.index)]
    share = planted["sample"].map(tissue)
    planted = planted.assign(expected=np.log2((share * planted["total_cn"] + (1 - share) * 2) / 2))
    found = found.assign(gene=found["gene"].astype(str))
    by_name = planted.merge(found, on=["sample", "gene"])
    if not len(by_name):
        found = found.rename(columns={"gene": "gene_id"})
        by_name = planted.merge(found, on=["sample", "gene_id"])
    if not len(by_name):
        raise NotThere("no tumour tissue with copy number")
    changed = by_name["total_cn"] != 2
    low, high = (number(by_name[column]) for column in ("lower", "upper"))
    right = ((by_name["total_cn"] > 2) & (low > 0)) | ((by_name["total_cn"] < 2) & (high < 0))
    false = ~changed & ((low > 0.25) | (high < -0.25))
    return {
        "genes_changed": changed.sum(),
        "found": (changed & right).sum(),
        "recall": ratio((changed & right).sum(), changed.sum()),
        "unchanged_genes": (~changed).sum(),
        "called_though_unchanged": false.sum(),
        "mean_absolute_error": (number(by_name["log2_ratio"]) - by_name["expected"]).abs().mean(),
    }
