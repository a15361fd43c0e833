"""Is a model still its tumour? Variants that a xenograft or organoid shares with the patient's tumour samples, has
lost, or has for itself.

Absence is only said where presence would have been seen:
    shared      called in both
    lost        called in the tumour, not in the model, whose detection limit lies below the tumour's fraction
    private     called in the model, in no tumour sample, and this one's limit lies below the model's fraction
    elsewhere   called in the model and in another tumour sample, but not in this one, whose limit would have shown it
    undecided   not measured in one of the two, or the limit lies above the fraction
A model has no normal cells of the patient (the host's reads are taken out), so that a clonal variant's fraction is
higher in it than in the tumour: asking of it only what the tumour showed is the careful side.

Limits   a variant lost with a lost chromosome arm, or kept in a clone that grew, looks like any other; a share of
         fewer than all variants says nothing of expression or of drugs
"""

import pandas as pd

from seriome.dna.limits import jeffreys
from seriome.files import write_tsv

MODELS, TUMOUR = ("pdx", "organoid"), "tumor"
COLUMNS = ["model", "tumor", "variant", "name", "verdict", "model_vaf", "model_lod", "tumor_vaf", "tumor_lod"]
SUMMARY_COLUMNS = [
    *("model", "tumor", "shared", "lost", "private", "elsewhere", "undecided"),
    *("kept", "kept_lower", "kept_upper"),
]


def verdict(model: dict, tumour: dict, elsewhere: bool) -> str | None:
    """The word for one variant in a model and a tumour sample; None where it is called in neither.

    model, tumour    called, vaf, lod, state; NaN where there is none
    elsewhere        called in another tumour sample of the patient
    """
    if model["called"] and tumour["called"]:
        return "shared"
    if not (model["called"] or tumour["called"]):
        return None
    seen, unseen = (model, tumour) if model["called"] else (tumour, model)
    if unseen["state"] == "not_measured" or not unseen["lod"] <= seen["vaf"]:
        return "undecided"
    if tumour["called"]:
        return "lost"
    return "elsewhere" if elsewhere else "private"


def of_patient(variants: pd.DataFrame) -> list[dict]:
    """Rows of COLUMNS: each model of a patient against each tumour sample, every passed variant called in one of them.

    variants    table of variants of the patient
    """
    passed = variants[variants["filter"] == "PASS"]
    specimen = variants.drop_duplicates("sample").set_index("sample")["specimen"].to_dict()
    models = [sample for sample, kind in specimen.items() if kind in MODELS]
    tumours = [sample for sample, kind in specimen.items() if kind == TUMOUR]
    if not models or not tumours:
        return []
    rows = []
    by_variant = [
        (variant, {row["sample"]: row for row in group.to_dict("records")})
        for variant, group in passed.groupby("variant", sort=False)
    ]
    for model in models:
        for tumour in tumours:
            for variant, at in by_variant:
                elsewhere = any(at[other]["called"] for other in tumours if other != tumour)
                word = verdict(at[model], at[tumour], elsewhere)
                if word is not None:
                    about = {"model": model, "tumor": tumour, "variant": variant, "name": at[model]["name"]}
                    numbers = {
                        f"{kind}_{key}": None if pd.isna(at[sample][key]) else round(float(at[sample][key]), 6)
                        for kind, sample in (("model", model), ("tumor", tumour))
                        for key in ("vaf", "lod")
                    }
                    rows.append(about | {"verdict": word} | numbers)
    return rows


def summary(rows) -> list[dict]:
    """Rows of SUMMARY_COLUMNS: how many of each verdict; kept is shared of shared and lost, with Jeffreys' interval."""
    pairs = list(dict.fromkeys((row["model"], row["tumor"]) for row in rows))
    result = []
    for model, tumour in pairs:
        words = [row["verdict"] for row in rows if (row["model"], row["tumor"]) == (model, tumour)]
        counts = {word: words.count(word) for word in SUMMARY_COLUMNS[2:7]}
        decided = counts["shared"] + counts["lost"]
        kept = dict.fromkeys(("kept", "kept_lower", "kept_upper"))
        if decided:
            lower, upper = (round(float(bound), 4) for bound in jeffreys(counts["shared"], decided))
            kept = {"kept": round(counts["shared"] / decided, 4), "kept_lower": lower, "kept_upper": upper}
        result.append({"model": model, "tumor": tumour} | counts | kept)
    return result


def write_fidelity(variants, totals, rows) -> None:
    """The rows of of_patient to the path `variants`, their summary to `totals`."""
    write_tsv(variants, rows, COLUMNS)
    write_tsv(totals, summary(rows), SUMMARY_COLUMNS)
