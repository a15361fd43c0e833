"""The account of a run: every unit and every sample × assay that was asked for, and what became of it."""

from collections import Counter
from dataclasses import dataclass

from seriome.ledger.gaps import Gap, Gaps, outcome_of

UNIT_COLUMNS = [
    "patient", "sample", "assay", "run", "format", "status", "stage", "reason", "detail", "records", "bytes",
]  # fmt: skip
SAMPLE_COLUMNS = [
    "patient", "sample", "timepoint", "day", "specimen", "assay", "status", "units", "units_came", "gaps", "features",
]  # fmt: skip
ANSWERS = ("measured", "zero", "below_lod")  # states that answer the question whether a feature is there


@dataclass
class Account:
    """gaps, sorted; rows of units.tsv and samples.tsv; the content of outcome.json."""

    gaps: Gaps
    units: list
    samples: list
    outcome: dict


def account(records, gaps, samples, features, assays) -> Account:
    """Hold what was asked against what came.

    records   intake's records, one per unit of the sheet
    gaps      the gaps of all other stages
    samples   rows of the sheet of samples: patient sample timepoint day specimen
    features  {(sample, assay): {"measured": rows with a value, "answers": whether any feature, listed or not, has a
              state of ANSWERS}} of every feature table
    assays    all assays, in the order of the table

    A unit came when intake found it whole and no stage gave it up. A sample × assay is
        measured    something can be said of its features, be it that they are not there
        gap         asked for, and nothing can be said; when no stage says why, the ledger adds the gap no_features
        not asked   the sheet has no unit of it
    """
    gaps = Gaps(gaps)
    for record in records:
        if record["status"] != "ok":
            keys = {key: record[key] for key in ("patient", "sample", "assay", "run", "reason", "detail", "way_out")}
            gaps.append(Gap(stage="intake", **keys))
    asked = Counter((record["sample"], record["assay"]) for record in records)
    missing = {(gap.sample, gap.assay) for gap in gaps}
    patient_of = {row["sample"]: row["patient"] for row in samples}
    for sample, assay in sorted(asked):
        if not features.get((sample, assay), {}).get("answers") and (sample, assay) not in missing:
            gaps.append(
                Gap(
                    patient_of[sample],
                    sample,
                    assay,
                    "",
                    "ledger",
                    "no_features",
                    f"the files of {sample} are whole, but no {assay} feature came of them",
                    f"look at the {assay} logs of this sample, and at its quality in the report",
                )
            )
    gaps = Gaps(sorted(set(gaps)))
    units = [_unit(record, gaps) for record in records]
    rows = [_sample(row, assay, asked, units, gaps, features) for row in samples for assay in assays]
    outcome = {
        "outcome": outcome_of(gaps),
        "gaps": len(gaps),
        "units": {"asked": len(units), "came": sum(unit["status"] == "came" for unit in units)},
        "samples": {
            "asked": sum(row["status"] != "not asked" for row in rows),
            "measured": sum(row["status"] == "measured" for row in rows),
        },
        "features": {assay: sum(row["features"] for row in rows if row["assay"] == assay) for assay in assays},
    }
    return Account(gaps, units, rows, outcome)


def _unit(record: dict, gaps: Gaps) -> dict:
    key = tuple(record[key] for key in ("patient", "sample", "assay", "run"))
    own = [gap for gap in gaps if (gap.patient, gap.sample, gap.assay, gap.run) == key]
    row = {column: record.get(column) for column in UNIT_COLUMNS}
    row |= {"status": "gap" if own else "came", "bytes": sum(file["bytes"] for file in record["files"])}
    row |= {name: getattr(own[0], name) if own else None for name in ("stage", "reason", "detail")}
    return row


def _sample(row: dict, assay: str, asked, units, gaps, features) -> dict:
    sample, found = row["sample"], features.get((row["sample"], assay), {})
    own = [unit for unit in units if (unit["sample"], unit["assay"]) == (sample, assay)]
    status = "not asked" if not asked[sample, assay] else "measured" if found.get("answers") else "gap"
    return {key: row.get(key) for key in ("patient", "sample", "timepoint", "day", "specimen")} | {
        "assay": assay,
        "status": status,
        "units": len(own),
        "units_came": sum(unit["status"] == "came" for unit in own),
        "gaps": sum((gap.sample, gap.assay) == (sample, assay) for gap in gaps),
        "features": found.get("measured", 0),
    }


def look_at(path) -> dict:
    """What `account` wants to know of one feature file: {"measured", "answers"}."""
    import pyarrow.parquet as pq

    from seriome.features import read_note

    states = pq.ParquetFile(path).read(columns=["state"])["state"].to_pandas()
    unlisted = (note["state"] for note in read_note(path)["absent"].values())
    return {
        "measured": int(states.isin(["measured", "zero"]).sum()),
        "answers": bool(states.isin(ANSWERS).any()) or any(state in ANSWERS for state in unlisted),
    }
