"""Over the cohort: changes of every patient, the mixed model over phases, and two groups of patients."""

import numpy as np
import pandas as pd

from seriome.longitudinal import (
    Plan,
    adjusted,
    changes,
    contrasts,
    mixed_model,
    pairs_of,
    plan_of,
    precision,
    together_of,
    within_variance,
)  # fmt: skip

from .activities import COLUMNS as ACTIVITIES
from .activities import activities
from .deseq import wald
from .matrix import EXPRESSED, Reads, log_values
from .normalise import Constants, factors

IDENTITY = ["kind", "feature", "name"]
CHANGES = [
    *IDENTITY, "patient", "specimen", "early", "late", "early_day", "late_day", "same_site", "same_batch", "estimate",
    "error", "freedom", "lower", "upper", "p", "q", "shrunken", "shrunken_lower", "shrunken_upper", "lfsr", "state",
]  # fmt: skip
COHORT = [
    *IDENTITY, "model", "contrast", "estimate", "error", "freedom", "lower", "upper", "statistic", "p", "q", "samples",
    "patients", "repeated", "batch", "state",
]  # fmt: skip
SPREAD = [
    "patient", "specimen", "compared", "early", "late", "early_day", "late_day", "same_site", "distance", "expected",
    "genes", "different",
]  # fmt: skip
SURE = 0.05  # local false sign rate below which two samples differ
CHANGING = ("programme", "cell_markers", "cell_fraction")  # kinds whose changes are told besides genes'
MIN_PER_GROUP = 3  # patients; with fewer a dispersion is a guess


def sized(reads: Reads, constants: Constants):
    """(the samples whose size is known, their factors): see `normalise.factors`."""
    factor = factors(reads, constants)
    usable = np.isfinite(factor).all(axis=0) & bool(len(factor))
    return reads.columns(usable), factor[:, usable]


def gene_changes(reads: Reads, constants: Constants, pairs=pairs_of) -> pd.DataFrame:
    """Changes of every expressed gene of every patient (CHANGES), log2 of normalised reads. See `longitudinal`.

    pairs   `pairs_of`, changes over time, or `together_of`, differences between samples of one day
    A gene takes part in a pair where it has `matrix.EXPRESSED` reads in one of the two samples.
    """
    reads, factor = sized(reads, constants)
    rows = reads.expressed
    values, errors = log_values(reads.rows(rows), factor[rows])
    genes = reads.genes[rows].reset_index(drop=True)
    variance = constants.of(genes).variance
    seen = reads.count[rows]
    place, tables = {name: at for at, name in enumerate(reads.samples["sample"])}, []
    for pair in pairs(reads.samples).to_dict("records"):
        there = np.fmax(seen[:, place[pair["early"]]], seen[:, place[pair["late"]]]) >= EXPRESSED
        part = genes[there].reset_index(drop=True)
        own = type(variance)(
            variance.biological[there], variance.prior[there], variance.freedom[there], variance.residual_freedom
        )
        table = changes(values[there], errors[there], reads.samples, own, pd.DataFrame([pair]))
        tables.append(_named(table, part, "expression"))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=CHANGES)


def feature_changes(features: pd.DataFrame, samples: pd.DataFrame, kinds, specimens) -> pd.DataFrame:
    """Changes of programmes and cells (CHANGES): values with the intervals of the feature tables as their errors.

    features  rows of the feature tables; kinds: which of them; a value that is not measured takes no part
    samples   rows of the sheet
    """
    tables = []
    for kind in kinds:
        rows = features[(features["kind"] == kind) & features["value"].notna()]
        if rows.empty:
            continue
        sheet = samples[samples["sample"].isin(rows["sample"])].reset_index(drop=True)
        names = rows.drop_duplicates("feature").sort_values("feature")[["feature", "name"]].reset_index(drop=True)
        rows = rows.assign(error=(rows["upper"] - rows["lower"]) / (2 * 1.96))
        values, errors = (
            rows.pivot(index="feature", columns="sample", values=column)
            .reindex(index=names["feature"], columns=sheet["sample"])
            .to_numpy(float)
            for column in ("value", "error")
        )
        errors = np.where(np.isfinite(values), np.nan_to_num(errors), np.nan)
        chosen = sheet["specimen"].isin(list(specimens)).to_numpy()
        phases = sheet.assign(phase=sheet["phase"].fillna("").astype(str))[chosen].reset_index(drop=True)
        design = plan_of(phases, ["patient", "phase"], batch=False).matrix if chosen.any() else np.empty((0, 1))
        variance = within_variance(values[:, chosen], errors[:, chosen], design)
        table = changes(values, errors, sheet, variance)
        tables.append(_named(table, names.rename(columns={"feature": "gene_id", "name": "gene"}), kind))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=CHANGES)


def _named(table: pd.DataFrame, genes: pd.DataFrame, kind: str) -> pd.DataFrame:
    at = table["row"].to_numpy(int)
    return table.assign(
        kind=kind, feature=genes["gene_id"].to_numpy()[at], name=genes["gene"].to_numpy()[at]
    )[CHANGES]  # fmt: skip


def phase_model(reads: Reads, constants: Constants, specimens, before: str) -> tuple[pd.DataFrame, list[str]]:
    """`~ phase + batch + (1 | patient)` over the samples of `specimens`: (COHORT, what is to be told).

    before  the phase that the others are compared with
    """
    reads, factor = sized(reads, constants)
    sheet = reads.samples
    chosen = sheet["specimen"].isin(list(specimens)).to_numpy() & sheet["phase"].fillna("").ne("").to_numpy()
    reads, factor = reads.columns(chosen), factor[:, chosen]
    sheet = reads.samples
    empty = pd.DataFrame(columns=COHORT)
    if before not in set(sheet["phase"]):
        return empty, [f"no sample of phase {before} has usable RNA: phases are not compared"]
    if sheet["phase"].nunique() < 2:
        return empty, [f"all usable RNA is of phase {before}: phases are not compared"]
    plan = plan_of(sheet, ["phase"], {"phase": before})
    rows = reads.expressed
    values, errors = log_values(reads.rows(rows), factor[rows])
    variance = constants.of(reads.genes[rows]).variance
    weights = precision(errors, variance)
    fit = mixed_model(values, plan.matrix, sheet["patient"], weights)
    table = contrasts(fit, plan)
    at = table["row"].to_numpy(int)
    genes = reads.genes[rows].reset_index(drop=True)
    how = _batch(plan)
    table = table.assign(
        kind="expression", feature=genes["gene_id"].to_numpy()[at], name=genes["gene"].to_numpy()[at],
        model="mixed: ~ phase" + (" + batch" if how == "covariate" else "") + " + (1 | patient)",
        contrast=table["coefficient"].str.extract(r"\[(.*)\]")[0] + f" against {before}",
        statistic=table["t"], samples=table["observations"], batch=how,
    )  # fmt: skip
    return table[COHORT], plan.told


def group_model(reads: Reads, groups: dict, specimens, before: str) -> tuple[pd.DataFrame, list[str]]:
    """DESeq2 of two groups of patients at their last sample of phase `before`: (COHORT, what is to be told).

    groups  {patient: group}; patients without one take no part
    """
    sheet = reads.samples.assign(column=range(len(reads.samples)))
    sheet = sheet[sheet["specimen"].isin(list(specimens)) & (sheet["phase"] == before)]
    sheet = sheet.sort_values(["patient", "day", "sample"]).groupby("patient").tail(1)
    sheet = sheet.assign(group=sheet["patient"].map(groups)).dropna(subset="group").reset_index(drop=True)
    sizes = sheet["group"].value_counts().sort_index()
    told = ", ".join(f"{name} {size}" for name, size in sizes.items()) or "none"
    if len(sizes) != 2 or sizes.min() < MIN_PER_GROUP:
        said = (
            f"two groups of at least {MIN_PER_GROUP} patients are needed to compare them; with RNA at {before}: {told}"
        )
        return pd.DataFrame(columns=COHORT), [said]
    base, other = sizes.index
    plan = plan_of(sheet, ["group"], {"group": base})
    with_batch = any(name.startswith("batch") for name in plan.names)
    rows = reads.expressed
    counts = pd.DataFrame(
        np.nan_to_num(reads.count[np.ix_(rows, sheet["column"])]).round().astype(int).T, index=sheet["sample"],
        columns=reads.genes.loc[rows, "gene_id"],
    )  # fmt: skip
    kept = counts.columns[counts.sum() >= EXPRESSED]
    formula = "~batch + group" if with_batch else "~group"
    design = sheet.set_index("sample")[["batch", "group"] if with_batch else ["group"]].fillna("none").astype(str)
    found = wald(counts[kept], design, formula, ["group", other, base])
    names = reads.genes.set_index("gene_id")["gene"]
    p = found["pvalue"].to_numpy(float)
    table = pd.DataFrame(
        {
            "kind": "expression", "feature": found.index, "name": names.reindex(found.index).to_numpy(),
            "model": f"DESeq2: {formula}", "contrast": f"{other} against {base}",
            "estimate": found["log2FoldChange"], "error": found["lfcSE"], "freedom": np.nan,
            "lower": found["log2FoldChange"] - 1.96 * found["lfcSE"],
            "upper": found["log2FoldChange"] + 1.96 * found["lfcSE"],
            "statistic": found["stat"], "p": p, "q": adjusted(p), "samples": len(sheet), "patients": len(sheet),
            "repeated": 0,
            "batch": _batch(plan),
            "state": np.where(np.isfinite(p), "tested", "not_estimable"),
        }
    ).reset_index(drop=True)  # fmt: skip
    return table[COHORT], plan.told


def _batch(plan: Plan) -> str:
    """What became of the batches: `one` (or none known), `covariate`, or `confounded` and not taken out."""
    if plan.batch_left_out:
        return "confounded"
    return "covariate" if any(name.startswith("batch") for name in plan.names) else "one"


def spread(table: pd.DataFrame, what: str) -> pd.DataFrame:
    """How far apart two samples of a patient are in all genes: one row per pair of a table of CHANGES.

    what     `sites`, samples of one day, or `time`
    Returns  patient, specimen, compared (what), early, late, early_day, late_day, same_site, distance, expected, genes,
             different. distance: root mean square of the log2 differences with the measured and biological variance
             taken off, 0 where nothing is left; expected: what two samples that differ by biology alone show before it
             is taken off; different: genes with a local false sign rate below 0.05, where
             there is one
    """
    keys = ["patient", "specimen", "early", "late", "early_day", "late_day"]
    rows = []
    for pair, own in table[table["state"] == "estimated"].groupby(keys, sort=True):
        rows.append(
            dict(zip(keys, pair, strict=True))
            | {
                "compared": what,
                "same_site": own["same_site"].iloc[0],
                "distance": float(np.sqrt(max((own["estimate"] ** 2 - own["error"] ** 2).mean(), 0.0))),
                "expected": float(np.sqrt((own["error"] ** 2).mean())),
                "genes": len(own),
                "different": int((own["lfsr"] < SURE).sum()) if own["lfsr"].notna().any() else np.nan,
            }
        )
    return pd.DataFrame(rows, columns=SPREAD)


def compare(
    reads: Reads, constants: Constants, features: pd.DataFrame, *, specimens, before, groups, network, seed: int
) -> dict:
    """All of the above for one cohort: {changes, cohort, sites, activities: tables; notes: for the report}.

    features  rows of the feature tables, for programmes and cells
    groups    {patient: group}, empty where none are compared; network: of `activities.read_network`, or None
    notes     told (lines), samples (that took part), constants_of (samples that taught), residual_freedom, models
    """
    over_time = gene_changes(reads, constants)
    tables = [over_time, feature_changes(features, reads.samples, CHANGING, specimens)]
    apart = gene_changes(reads, constants, together_of)
    mixed, told = phase_model(reads, constants, specimens, before)
    compared, said = group_model(reads, groups, specimens, before) if groups else (pd.DataFrame(columns=COHORT), [])
    if not constants.variance.estimable:
        told = ["no patient has two samples in one design: changes within patients have no interval", *told]
    active = (
        _activities(reads, constants, mixed, network, seed) if network is not None else pd.DataFrame(columns=ACTIVITIES)
    )
    return {
        "changes": _joined(tables, CHANGES),
        "cohort": _joined([mixed, compared], COHORT),
        "sites": _joined([spread(apart, "sites"), spread(over_time, "time")], SPREAD),
        "activities": active,
        "notes": {
            "told": [*told, *said],
            "samples": list(reads.samples["sample"]),
            "constants_of": constants.samples,
            "residual_freedom": constants.residual_freedom,
        },
    }


def _joined(tables, columns) -> pd.DataFrame:
    tables = [table for table in tables if len(table)]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def _activities(reads, constants, mixed, network, seed) -> pd.DataFrame:
    """Activities of every sample against the mean of the samples that taught, and of every contrast of the phases."""
    reads, factor = sized(reads, constants)
    rows = reads.expressed
    values, errors = log_values(reads.rows(rows), factor[rows])
    names = reads.genes.loc[rows, "gene"]
    mean = constants.of(reads.genes[rows]).table["mean"].to_numpy(float)
    tables = [activities(values - mean[:, None], errors, names, network, "sample", reads.samples["sample"], seed)]
    for contrast, own in mixed.groupby("contrast", sort=True):
        statistic = own["statistic"].to_numpy(float)[:, None]
        tables.append(activities(statistic, np.zeros_like(statistic), own["name"], network, "phase", [contrast], seed))
    return _joined(tables, ACTIVITIES)
