"""Table: everything that has a day, of one patient, in one long form."""

import pandas as pd
import pyarrow as pa

from seriome.course.indices import indices
from seriome.course.recist import NOT_EVALUABLE, response
from seriome.files import write_parquet

SCHEMA = pa.schema(
    [
        pa.field("patient", pa.string(), nullable=False),
        pa.field("track", pa.string(), nullable=False),
        pa.field("measure", pa.string(), nullable=False),
        pa.field("item", pa.string()),
        pa.field("day", pa.int32(), nullable=False),
        pa.field("day_end", pa.int32()),
        pa.field("value", pa.float64()),
        pa.field("unit", pa.string()),
        pa.field("lower_normal", pa.float64()),
        pa.field("upper_normal", pa.float64()),
        pa.field("label", pa.string()),
        pa.field("source", pa.string(), nullable=False),
    ]
)
TRACKS = ("treatment", "sample", "lab", "index", "lesion", "response")
LESIONS = ("target_lesion", "new_lesion")
RECIST = "RECIST 1.1, doi:10.1016/j.ejca.2008.10.026"
INDEX_SOURCES = {
    "nlr": "doi:10.1093/jnci/dju124",
    "mgps": "doi:10.1016/j.ctrv.2012.08.003",
    "ldh_ratio": "doi:10.1001/jamaoncol.2017.4771",
}


def course(patient: str, samples=(), treatments=(), clinical=()) -> pd.DataFrame:
    """One patient's course, columns of SCHEMA, sorted by track, measure, day and item. An empty table is an answer.

    samples, treatments, clinical  this patient's rows of the sheets, dicts without empty cells
    """
    rows = [_treatment(row) for row in treatments] + [_sample(row) for row in samples if "day" in row]
    lesions = [row for row in clinical if row["measure"] in LESIONS]
    labs = [row for row in clinical if row["measure"] not in LESIONS]
    rows += [_lab(row) for row in labs] + [_lesion(row) for row in lesions]
    rows += [
        {"track": "index", "item": None, "unit": "1", "source": INDEX_SOURCES[row["measure"]], **row}
        for row in indices(labs)
    ]
    rows += _response(lesions, treatments)
    table = pd.DataFrame(rows, columns=[name for name in SCHEMA.names if name != "patient"])
    table.insert(0, "patient", patient)
    table["order"] = table["track"].map({track: number for number, track in enumerate(TRACKS)})
    keys = ["order", "measure", "day", "item", "day_end", "value", "label"]
    return table.sort_values(keys, kind="stable").drop(columns="order").reset_index(drop=True)


def write_course(path, table: pd.DataFrame) -> None:
    arrow = pa.Table.from_pandas(table, schema=SCHEMA, preserve_index=False)
    write_parquet(path, arrow)


def flag(value, lower=None, upper=None) -> str | None:
    """'below', 'within' or 'above' the reference interval, its bounds included; None where there is none."""
    if lower is None and upper is None:
        return None
    if lower is not None and value < lower:
        return "below"
    if upper is not None and value > upper:
        return "above"
    return "within"


def _treatment(row) -> dict:
    details = [row["dose"]] if "dose" in row else []
    details += [f"ended: {row['reason_ended']}"] if "reason_ended" in row else []
    details += [row["drug_class"]] if "drug_class" in row else []
    return {
        "track": "treatment",
        "measure": "treatment",
        "item": row["drug"],
        "day": row["start"],
        "day_end": row.get("end"),
        "label": "; ".join([row["drug"], *details]),
        "source": "treatments.tsv",
    }


def _sample(row) -> dict:
    words = [row[key] for key in ("timepoint", "site", "phase") if row.get(key)]
    return {
        "track": "sample",
        "measure": row["specimen"],
        "item": row["sample"],
        "day": row["day"],
        "label": ", ".join(words),
        "source": "samples.tsv",
    }


def _lab(row) -> dict:
    return {
        "track": "lab",
        "measure": row["measure"],
        "item": row.get("item"),
        "day": row["day"],
        "value": row["value"],
        "unit": row["unit"],
        "lower_normal": row.get("lower_normal"),
        "upper_normal": row.get("upper_normal"),
        "label": flag(row["value"], row.get("lower_normal"), row.get("upper_normal")),
        "source": "clinical.tsv",
    }


def _lesion(row) -> dict:
    return {
        "track": "lesion",
        "measure": row["measure"],
        "item": row.get("item"),
        "day": row["day"],
        "value": row["value"],
        "unit": row["unit"],
        "source": "clinical.tsv",
    }


MM = {"mm": 1.0, "cm": 10.0}


def _response(lesions, treatments) -> list[dict]:
    targets = [
        (row["day"], row.get("item", "lesion"), row["value"] * MM[row["unit"]])
        for row in lesions
        if row["measure"] == "target_lesion" and row["unit"] in MM
    ]
    new = [
        (row["day"], row.get("item", "unnamed"))
        for row in lesions
        if row["measure"] == "new_lesion" and row["value"] > 0
    ]
    first = min((row["start"] for row in treatments), default=None)
    rows = []
    for one in response(targets, new, first):
        common = {"track": "response", "day": one.day, "source": RECIST}
        evaluable = None if one.sum_mm is not None else NOT_EVALUABLE
        rows.append({**common, "measure": "sum_of_diameters", "value": one.sum_mm, "unit": "mm", "label": evaluable})
        for measure, change in (("change_from_baseline", one.from_baseline), ("change_from_nadir", one.from_nadir)):
            if change is not None:
                rows.append({**common, "measure": measure, "value": 100 * change, "unit": "%"})
        rows.append({**common, "measure": "recist", "item": one.category, "label": f"{one.category}: {one.why}"})
    return rows
