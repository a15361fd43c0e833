"""What a clinician reads first: changes that are known to make a drug work or fail, and where they stand now."""

import pandas as pd

from seriome.known import given
from seriome.report import words
from seriome.report.inputs import plain

DRUGS = 6  # drugs named in a cell
SHARES = {"vaf": "VAF", "share_of_fragments": "share of fragments"}


def actionable(meaning: list[dict], features: pd.DataFrame, samples: list[dict], treatments: list[dict]) -> list[dict]:
    """A row per change that is known: name, works, fails, highest, latest; what resists a drug that was given first.

    meaning      rows of dna/meaning
    features     rows of the patient's feature tables
    works, fails lists of drugs: drug, level, disease, match, given (the patient had it) and `more` beyond DRUGS
    highest      value, sample and day of the sample with the most of it; latest: of the last sample that was measured
    """
    days = {row["sample"]: row for row in samples}
    rows, taken = [], [row["drug"] for row in treatments]
    for change, known in _by_change(meaning).items():
        works, fails = (_drugs(known, effect, taken) for effect in ("sens", "resist"))
        if not works and not fails:
            continue
        seen = _seen(change, known[0]["name"], features, days)
        levels = [drug["level"] for drug in works + fails]
        rows.append(
            {"change": change, "name": known[0]["name"], "works": works[:DRUGS], "fails": fails[:DRUGS], **seen}
            | {"works_more": max(len(works) - DRUGS, 0), "fails_more": max(len(fails) - DRUGS, 0)}
            | {"order": (not any(drug["given"] for drug in fails), min(levels), known[0]["name"])}
        )
    return sorted(rows, key=lambda row: row["order"])


def _by_change(meaning) -> dict:
    found = {}
    for row in meaning:
        if row["direction"] in ("", "Supports"):
            found.setdefault(row["variant"], []).append(row)
    return found


def _drugs(known, effect: str, taken) -> list[dict]:
    """The drugs of an effect, each once with its closest and then best row; those that were given first, then by level.

    effect    how the words of the effect begin: `sensitivity`, `Sensitivity/Response`, `resistance`
    """
    found = {}
    for row in known:
        if row["effect"].lower().startswith(effect):
            found.setdefault(row["drug"].lower(), row)
    drugs = [
        {key: row[key] for key in ("level", "disease", "match")}
        | {"drug": drug, "given": any(given(drug, one) for one in taken), "pmid": row["pmid"].replace(";", ", ")}
        for drug, row in found.items()
    ]
    return sorted(drugs, key=lambda drug: (not drug["given"], drug["level"], drug["drug"]))


def _seen(change: str, name: str, features: pd.DataFrame, days: dict) -> dict:
    """Where the change is largest, and what the last sample that was looked at says."""
    own = features[(features["feature"] == change) & features["kind"].isin(["variant", "fusion"])]
    if name.endswith(" amplification"):
        own = features[(features["name"] == change) & (features["kind"] == "copy_number")]
    rows = [row | days[row["sample"]] for row in plain(own) if row["sample"] in days]
    rows = [row for row in rows if row["state"] in ("measured", "below_lod") and row["specimen"] != "normal"]
    measured = [row for row in rows if row["state"] == "measured"]
    highest = max(measured, key=lambda row: (row["value"], row["sample"]), default=None)
    latest = max(rows, key=lambda row: (row["day"], row["state"] == "measured", row["sample"]), default=None)
    return {"highest": highest and _told(highest), "latest": latest and _told(latest)}


def _told(row: dict) -> dict:
    copies = row["unit"] == "log2_ratio"
    said = words.signed if copies else words.percent
    below = row["state"] == "below_lod"
    return {
        "value": said(row["lod"] if below else row["value"]),
        "below": below,
        "unit": "log2 of reads against the normal" if copies else SHARES.get(row["unit"], ""),
        "where": row.get("timepoint") or row["sample"],
        "day": row["day"],
        "specimen": row["specimen"],
    }
