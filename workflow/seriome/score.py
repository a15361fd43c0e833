"""Results against the truth of a simulated cohort, stage by stage.

Every stage has the same keys in every report; a stage that cannot be scored has None in all of them and says why in
`reason`. Scores are plain figures, not marks: what is good enough is for the reader to say.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from seriome.errors import InputError
from seriome.files import read_json

VAF_CLASSES = (
    ("0.2 to 1", 0.2, 1.01),
    ("0.05 to 0.2", 0.05, 0.2),
    ("0.01 to 0.05", 0.01, 0.05),
    ("below 0.01", 0, 0.01),
)
TISSUES = ("tumor", "pdx", "organoid")


class NotThere(Exception):
    """Why a stage has no score."""


def score(results, truth) -> dict:
    """The scores of every stage, nested, ready for JSON.

    results   the folder of a finished run;  truth   the folder of truth tables that `seriome simulate` wrote
    Raises    InputError when `truth` is not such a folder
    """
    results, truth = Path(results), Path(truth)
    if not (truth / "variants.tsv").is_file():
        raise InputError(f"{truth} holds no truth: name the folder `truth` of a simulated cohort (it has variants.tsv)")
    scores = {"outcome": outcome_of_run(results)}
    for name, (stage, keys) in STAGES.items():
        try:
            found = stage(results, truth)
        except NotThere as missing:
            scores[name] = dict.fromkeys(keys) | {"reason": str(missing)}
        else:
            scores[name] = {key: _plain(found[key]) for key in keys} | {"reason": None}
    return scores


def outcome_of_run(results) -> str | None:
    """`complete`, `complete with gaps` or `failed` as outcome.json says; None when the run did not get that far."""
    path = Path(results) / "outcome.json"
    return read_json(path).get("outcome") if path.is_file() else None


# ------------------------------------------------------------------------------------------------------------ reading


def _truth(folder: Path, name: str) -> pd.DataFrame:
    """A truth table; an empty one where the simulation had nothing to write. Names stay text, empty cells empty."""
    path = folder / f"{name}.tsv"
    if not path.is_file():
        raise NotThere(f"the truth has no {name}.tsv")
    text = ["patient", "sample", "clone", "parent", "gene", "name", "run", "accession", "compound_id", "variant"]
    return pd.read_csv(path, sep="\t", dtype=dict.fromkeys(text, str), keep_default_na=False, na_values={"purity": ""})


def _table(path: Path) -> pd.DataFrame:
    """A result: TSV with every cell as text, or Parquet."""
    if not path.is_file():
        raise NotThere(f"no {path.name}")
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    return pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)


def _tables(results: Path, pattern: str) -> dict[str, pd.DataFrame]:
    """Results whose path fits a pattern, by the name of their folder (clones) or file (all others)."""
    found = {path: _table(path) for path in sorted(results.glob(pattern))}
    if not found:
        raise NotThere(f"no {pattern}")
    return {path.parent.name if pattern.startswith("clones/") else path.stem: table for path, table in found.items()}


def _features(results: Path, assay: str, kind: str) -> pd.DataFrame:
    """Feature rows of one kind, all samples."""
    paths = sorted(results.glob(f"features/assay={assay}/patient=*/sample=*.parquet"))
    if not paths:
        raise NotThere(f"no features of assay {assay}")
    import pyarrow.parquet as pq

    columns = ["patient", "sample", "kind", "feature", "name", "value", "state"]
    table = pd.concat([pq.ParquetFile(path).read(columns=columns).to_pandas() for path in paths], ignore_index=True)
    return table[table["kind"] == kind]


def _number(column: pd.Series) -> pd.Series:
    return pd.to_numeric(column, errors="coerce")


def _plain(value):
    """Floats rounded to six digits, numpy types and NaN to what JSON knows."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return round(float(value), 6) if np.isfinite(value) else None
    return value


def _ratio(part, whole):
    return part / whole if whole else None


def _correlation(one, other, rank: bool):
    """Spearman's (rank) or Pearson's correlation; None for fewer than three pairs or where nothing varies."""
    pairs = pd.DataFrame({"one": np.asarray(one, float), "other": np.asarray(other, float)}).dropna()
    if rank:
        pairs = pairs.rank()
    if len(pairs) < 3 or pairs["one"].nunique() < 2 or pairs["other"].nunique() < 2:
        return None
    return float(np.corrcoef(pairs["one"], pairs["other"])[0, 1])


def _median(values):
    values = [value for value in values if value is not None]
    return float(np.median(values)) if values else None


def _mean(values):
    values = [value for value in values if value is not None]
    return float(np.mean(values)) if values else None


# ------------------------------------------------------------------------------------------------------------- stages


def _gaps(results: Path, truth: Path) -> dict:
    """Planted gaps (broken files) against the ledger; what later stages add to it is counted apart."""
    ledger = _table(results / "ledger" / "gaps.tsv")
    key = ["sample", "assay", "run", "reason"]
    planted = set(_truth(truth, "gaps")[key].itertuples(index=False, name=None))
    of_files = set(ledger.loc[ledger["stage"] == "intake", key].itertuples(index=False, name=None))
    later = ledger.loc[ledger["stage"] != "intake", "reason"].value_counts()
    return {
        "planted": len(planted),
        "found": len(planted & of_files),
        "missed": [" ".join(gap) for gap in sorted(planted - of_files)],
        "invented": [" ".join(gap) for gap in sorted(of_files - planted)],
        "later_stages": dict(sorted(later.items())),
    }


def _calls(results: Path) -> pd.DataFrame:
    calls = pd.concat(_tables(results, "dna/variants/*.parquet").values(), ignore_index=True)
    called = calls["called"].astype(bool) & (calls["filter"].fillna("") == "PASS")
    return calls.assign(called=called, day=_number(calls["day"]), vaf=_number(calls["vaf"]))


def _dna(results: Path, truth: Path) -> dict:
    """Planted variants against called ones.

    Recall counts (variant, sample) pairs that the truth holds to be detectable: four reads or more are expected with
    95 % probability at the depth that was simulated. Precision counts variants per patient.
    """
    calls, planted = _calls(results), _truth(truth, "variants")
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
            "recall": _ratio((counts & seen).sum(), counts.sum()),
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
        "recall": _ratio((detectable & seen).sum(), detectable.sum()),
        "recall_by_vaf": recall,
        "missed_variants": sorted(
            {f"{p} {n}" for p, n in planted.loc[detectable & ~seen, ["patient", "name"]].itertuples(index=False)}
        ),
        "reported_variants": len(reported),
        "precision": _ratio(len(reported) - len(invented), len(reported)),
        "invented_variants": [f"{patient} {variant}" for patient, variant in sorted(invented)],
        "called_where_absent": absent.sum(),
        "vaf_values": len(measured),
        "vaf_pearson": _correlation(measured["vaf"], measured["vaf_true"], rank=False),
        "vaf_mean_absolute_error": (measured["vaf"] - measured["vaf_true"]).abs().mean(),
    }


def _resistance(results: Path, truth: Path) -> dict:
    """When each planted resistance mutation was first reported, and what was reported without being there.

    verdict: `on time` (first seen at the first sample that could show it), `early, and truly there`, `late`,
    `before it was there`, `missed`.
    """
    calls, planted, events = _calls(results), _truth(truth, "variants"), _truth(truth, "events")
    try:
        said = _tables(results, "clones/*/events.tsv")
    except NotThere:
        said = {}
    rows = []
    for event in events.to_dict("records"):
        own = calls[(calls["patient"] == event["patient"]) & (calls["variant"] == event["variant"]) & calls["called"]]
        first = own["day"].min() if len(own) else None
        there = planted[(planted["patient"] == event["patient"]) & (planted["variant"] == event["variant"])]
        days_present = set(there.loc[there["vaf"] > 0, "day"])
        due = _number(pd.Series([event["day_first_detectable"]]))[0]
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
    days = _number(own["first_seen_day"]).dropna()
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


def _copy_number(results: Path, truth: Path) -> dict:
    """log2 ratios of tumour tissue against those that copies and purity give: log2((p*CN + 2(1-p)) / 2)."""
    found = pd.concat(_tables(results, "dna/copy_number/*.parquet").values(), ignore_index=True)
    purity = _truth(truth, "purity")
    tissue = purity.loc[purity["purity"].notna()].set_index("sample")["purity"]
    planted = _truth(truth, "copy_number")
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
    low, high = (_number(by_name[column]) for column in ("lower", "upper"))
    right = ((by_name["total_cn"] > 2) & (low > 0)) | ((by_name["total_cn"] < 2) & (high < 0))
    false = ~changed & ((low > 0.25) | (high < -0.25))
    return {
        "genes_changed": changed.sum(),
        "found": (changed & right).sum(),
        "recall": _ratio((changed & right).sum(), changed.sum()),
        "unchanged_genes": (~changed).sum(),
        "called_though_unchanged": false.sum(),
        "mean_absolute_error": (_number(by_name["log2_ratio"]) - by_name["expected"]).abs().mean(),
    }


def _rna(results: Path, truth: Path) -> dict:
    planted = _truth(truth, "expression")
    planted = planted.assign(truth=np.log2(planted["tpm"] + 1)).rename(columns={"gene_id": "feature"})
    return _per_sample(_features(results, "rna", "expression"), planted)


def _proteome(results: Path, truth: Path) -> dict:
    planted = _truth(truth, "proteins").rename(columns={"accession": "feature", "log2_abundance": "truth"})
    return _per_sample(_features(results, "proteome", "protein"), planted)


def _per_sample(found: pd.DataFrame, planted: pd.DataFrame) -> dict:
    """Spearman's correlation of values with the truth in each sample; samples without a result are not counted."""
    planted = planted[planted["sample"].isin(set(found["sample"]))]
    found = found[["sample", "feature", "value"]].dropna(subset=["value"])
    both = planted.merge(found, on=["sample", "feature"], how="left")
    by_sample = {
        sample: _correlation(rows["value"], rows["truth"], rank=True) for sample, rows in both.groupby("sample")
    }
    if not by_sample:
        raise NotThere("no sample of the results is in the truth")
    return {
        "samples": len(by_sample),
        "planted": len(both),
        "found": both["value"].notna().sum(),
        "share_found": both["value"].notna().mean(),
        "spearman_median": _median(by_sample.values()),
        "spearman_lowest": min((value for value in by_sample.values() if value is not None), default=None),
        "by_sample": by_sample,
    }


def _metabolome(results: Path, truth: Path) -> dict:
    """Spearman's correlation across samples for every compound found by name; the median over compounds."""
    found = _features(results, "metabolome", "metabolite")
    planted = _truth(truth, "metabolites")
    planted = planted[planted["sample"].isin(set(found["sample"]))]
    if not len(planted):
        raise NotThere("no sample of the results is in the truth")
    best = found.groupby(["sample", "name"], as_index=False)["value"].max()  # two features of one compound: the larger
    both = planted.merge(best, on=["sample", "name"], how="left")
    of_compound = {
        name: _correlation(rows["value"], rows["log2_level"], rank=True) for name, rows in both.groupby("name")
    }
    compounds = planted["name"].nunique()
    named = both.loc[both["value"].notna(), "name"].nunique()
    return {
        "samples": planted["sample"].nunique(),
        "compounds": compounds,
        "found_by_name": named,
        "share_found": _ratio(named, compounds),
        "spearman_median": _median(of_compound.values()),
        "compounds_above_0.8": sum(value is not None and value >= 0.8 for value in of_compound.values()),
        "not_found": sorted(name for name in set(planted["name"]) - set(both.loc[both["value"].notna(), "name"])),
    }


def _clones(results: Path, truth: Path) -> dict:
    """Clusters against clones, cancer cell fractions and their intervals, edges of the tree."""
    from sklearn.metrics import adjusted_rand_score, v_measure_score

    variants, parents = _truth(truth, "variants"), _truth(truth, "clones")
    by_patient, errors, covered, edges = {}, [], [], []
    for patient, table in _tables(results, "clones/*/clusters.tsv").items():
        own = variants[variants["patient"] == patient]
        clone_of = own.drop_duplicates("variant").set_index("variant")["clone"]
        cluster_of = table.drop_duplicates("mutation_id").set_index("mutation_id")["cluster_id"]
        common = clone_of.index.intersection(cluster_of.index)
        one, other = clone_of[common], cluster_of[common]
        by_patient[patient] = {
            "mutations": len(common),
            "planted": len(clone_of),
            "clones": clone_of.nunique(),
            "clusters": other.nunique(),
            "adjusted_rand": adjusted_rand_score(one, other) if len(common) > 1 else None,
            "v_measure": v_measure_score(one, other) if len(common) > 1 else None,
        }
        rows = table[table["state"] == "measured"].merge(
            own[own["purity"].fillna(0) > 0], left_on=["mutation_id", "sample_id"], right_on=["variant", "sample"]
        )
        prevalence, low, high = (_number(rows[c]) for c in ("cellular_prevalence", "ccf_lower", "ccf_upper"))
        errors += (prevalence - rows["ccf"]).abs().dropna().tolist()
        inside = (low <= rows["ccf"] + 1e-9) & (rows["ccf"] <= high + 1e-9)
        covered += inside[low.notna() & high.notna()].tolist()
        edges += _edges(results / "clones" / patient / "tree.tsv", one, other, parents[parents["patient"] == patient])
    scored = by_patient.values()
    return {
        "patients": len(by_patient),
        "adjusted_rand": _mean(one["adjusted_rand"] for one in scored),
        "v_measure": _mean(one["v_measure"] for one in scored),
        "ccf_mean_absolute_error": _mean(errors),
        "ccf_interval_cover": _mean(covered),
        "ccf_values": len(errors),
        "tree_edges": len(edges),
        "tree_edges_right": sum(edges),
        "by_patient": by_patient,
    }


def _edges(path: Path, clone_of: pd.Series, cluster_of: pd.Series, parents: pd.DataFrame) -> list[bool]:
    """For every cluster with mutations: does its parent stand for the parent of the clone that it stands for?

    A cluster stands for the clone of most of its mutations. Clusters that share a clone are right as siblings of one
    parent or as each other's parent.
    """
    if not path.is_file() or not len(cluster_of):
        return []
    stands = {cluster: clone_of[rows.index].mode().iloc[0] for cluster, rows in cluster_of.groupby(cluster_of)}
    true_parent = dict(zip(parents["clone"], parents["parent"], strict=True))
    tree = _table(path)
    said = dict(zip(tree["cluster_id"], tree["parent"], strict=True))
    return [
        stands.get(said.get(cluster, "-1"), "") in (true_parent.get(clone, ""), clone)
        for cluster, clone in stands.items()
    ]


def _purity(results: Path, truth: Path) -> dict:
    """Shares of cancer cells of the samples, as clones/{patient}/fit.json gives them."""
    paths = sorted(results.glob("clones/*/fit.json"))
    if not paths:
        raise NotThere("no clones/*/fit.json")
    found = {}
    for path in paths:
        found |= {row["sample_id"]: row["purity"] for row in read_json(path).get("purity") or []}
    planted = _truth(truth, "purity").set_index("sample")
    rows = {sample: value for sample, value in found.items() if value is not None and sample in planted.index}
    error = {sample: value - planted.loc[sample, "tumour_fraction"] for sample, value in rows.items()}
    tissue = [abs(one) for sample, one in error.items() if pd.notna(planted.loc[sample, "purity"])]
    plasma = [abs(one) for sample, one in error.items() if pd.isna(planted.loc[sample, "purity"])]
    return {
        "planted": len(planted),
        "estimated": len(rows),
        "tissue_mean_absolute_error": _mean(tissue),
        "plasma_mean_absolute_error": _mean(plasma),
        "error": dict(sorted(error.items())),
    }


def _differential(results: Path, truth: Path) -> dict:
    """Planted changes at progression against targets/differential.parquet, layer by layer.

    Planted is the mean of the patients' changes; changes smaller than 0.5 (log2) are left out of `right_direction`.
    """
    table = _table(results / "targets" / "differential.parquet")
    scores = {}
    for layer, name, key in (
        ("rna", "differential", "gene"),
        ("proteome", "differential_proteins", "gene"),
        ("metabolome", "differential_metabolites", "name"),
    ):
        try:
            planted = _truth(truth, name)
        except NotThere:
            continue
        mean = planted.groupby(key)["log2_fold_change"].sum() / max(planted["patient"].nunique(), 1)
        own = table[table["layer"] == layer].drop_duplicates("name").set_index("name")["log2_fold_change"].dropna()
        strong = mean[mean.abs() >= 0.5].index.intersection(own.index)
        scores[layer] = {
            "planted": (mean.abs() >= 0.5).sum(),
            "tested": len(strong),
            "right_direction": (np.sign(own[strong]) == np.sign(mean[strong])).sum(),
            "spearman": _correlation(own, mean.reindex(own.index).fillna(0), rank=True),
        }
    return {"layers": scores}


def _targets(results: Path, truth: Path) -> dict:
    """Ranks of the genes whose drivers, resistance mutations or changes of expression were planted."""
    ranking = _table(results / "targets" / "ranking.tsv")
    variants, changes = _truth(truth, "variants"), _truth(truth, "differential")
    drivers = set(variants.loc[variants["role"] != "passenger", "gene"])
    fusions = _truth(truth, "fusions")
    drivers |= set(fusions["gene3"]) if len(fusions) else set()
    strong = changes.groupby("gene")["log2_fold_change"].agg(lambda x: x.abs().max())
    changed = set(strong[strong >= 1].index) - drivers
    rank = dict(zip(ranking["gene"], _number(ranking["rank"]), strict=True))
    first = {gene for gene, place in rank.items() if place <= len(drivers)}
    return {
        "ranked": len(rank),
        "drivers": {gene: rank.get(gene) for gene in sorted(drivers)},
        "drivers_median_rank": _median([rank.get(gene) for gene in drivers]),
        "drivers_among_first": f"{len(first & drivers)} of {len(drivers)}",
        "changed_genes": {gene: rank.get(gene) for gene in sorted(changed)},
        "changed_genes_median_rank": _median([rank.get(gene) for gene in changed]),
    }


STAGES = {
    "gaps": (_gaps, ("planted", "found", "missed", "invented", "later_stages")),
    "dna": (
        _dna,
        (
            "detectable", "found", "recall", "recall_by_vaf", "missed_variants", "reported_variants", "precision",
            "invented_variants", "called_where_absent", "vaf_values", "vaf_pearson", "vaf_mean_absolute_error",
        ),
    ),
    "resistance": (
        _resistance,
        ("planted", "reported", "dated_right", "dated_right_in_events", "passengers", "invented", "mutations"),
    ),
    "copy_number": (
        _copy_number,
        ("genes_changed", "found", "recall", "unchanged_genes", "called_though_unchanged", "mean_absolute_error"),
    ),
    "rna": (
        _rna, ("samples", "planted", "found", "share_found", "spearman_median", "spearman_lowest", "by_sample"),
    ),
    "proteome": (
        _proteome, ("samples", "planted", "found", "share_found", "spearman_median", "spearman_lowest", "by_sample"),
    ),
    "metabolome": (
        _metabolome,
        (
            "samples", "compounds", "found_by_name", "share_found", "spearman_median", "compounds_above_0.8",
            "not_found",
        ),
    ),
    "clones": (
        _clones,
        (
            "patients", "adjusted_rand", "v_measure", "ccf_mean_absolute_error", "ccf_interval_cover", "ccf_values",
            "tree_edges", "tree_edges_right", "by_patient",
        ),
    ),
    "purity": (
        _purity, ("planted", "estimated", "tissue_mean_absolute_error", "plasma_mean_absolute_error", "error"),
    ),
    "differential": (_differential, ("layers",)),
    "targets": (
        _targets,
        (
            "ranked", "drivers", "drivers_median_rank", "drivers_among_first", "changed_genes",
            "changed_genes_median_rank",
        ),
    ),
}  # fmt: skip


# ------------------------------------------------------------------------------------------------------------- report


def report(scores: dict) -> str:
    """The scores as a short table for people: stage, what was asked, the figure."""
    rows = [("run", "outcome", scores.get("outcome") or "no outcome.json")]
    for stage in STAGES:
        found = scores[stage]
        if found["reason"] is not None:
            rows.append((stage, "not scored", found["reason"]))
        else:
            rows += [(stage, what, value) for what, value in _LINES[stage](found)]
    width = [max(len(row[column]) for row in rows) for column in (0, 1)]
    lines, before = [], None
    for stage, what, value in rows:
        lines.append(f"{stage if stage != before else '':<{width[0]}}  {what:<{width[1]}}  {value}".rstrip())
        before = stage
    return "\n".join(lines)


def _show(value, unit: str = "") -> str:
    if value is None:
        return "none"
    return f"{value:.3g}{unit}" if isinstance(value, float) else f"{value}{unit}"


def _percent(value) -> str:
    return "none" if value is None else f"{100 * value:.1f} %"


def _some(names, most: int = 4) -> str:
    names = list(names)
    return (", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")) or "none"


def _lines_gaps(s):
    yield "broken files found", f"{s['found']} of {s['planted']}"
    yield "missed; invented", f"{_some(s['missed'])}; {_some(s['invented'])}"


def _lines_dna(s):
    yield "detectable variants found", f"{s['found']} of {s['detectable']}, {_percent(s['recall'])}"
    for name, one in s["recall_by_vaf"].items():
        yield f"  VAF {name}", f"{one['found']} of {one['detectable']} ({one['planted']} planted)"
    yield "precision of variants", f"{_percent(s['precision'])} of {s['reported_variants']}"
    yield "called in a sample without", str(s["called_where_absent"])
    yield "VAF: correlation, mean error", f"{_show(s['vaf_pearson'])}, {_show(s['vaf_mean_absolute_error'])}"


def _lines_resistance(s):
    yield "mutations reported", f"{s['reported']} of {s['planted']}, dated right {s['dated_right']}"
    for one in s["mutations"]:
        day = "never" if one["day_first_reported"] is None else f"day {one['day_first_reported']:g}"
        due = "never" if one["day_first_detectable"] is None else f"day {one['day_first_detectable']:g}"
        yield f"  {one['patient']} {one['name']}", f"{one['verdict']}: {day} (could be seen: {due})"
    yield "invented", _some(s["invented"])


def _lines_copy_number(s):
    yield "changed genes found", f"{s['found']} of {s['genes_changed']}"
    yield "called though unchanged", f"{s['called_though_unchanged']} of {s['unchanged_genes']}"
    yield "log2 ratio, mean error", _show(s["mean_absolute_error"])


def _lines_per_sample(s):
    yield "found", f"{s['found']} of {s['planted']} values in {s['samples']} samples"
    yield "rank correlation, median", f"{_show(s['spearman_median'])} (lowest {_show(s['spearman_lowest'])})"


def _lines_metabolome(s):
    yield "compounds found by name", f"{s['found_by_name']} of {s['compounds']} in {s['samples']} samples"
    yield "rank correlation, median", f"{_show(s['spearman_median'])}; {s['compounds_above_0.8']} at 0.8 or more"


def _lines_clones(s):
    yield "clusters: V-measure, ARI", f"{_show(s['v_measure'])}, {_show(s['adjusted_rand'])} ({s['patients']} patients)"
    yield "CCF: mean error, cover", f"{_show(s['ccf_mean_absolute_error'])}, {_percent(s['ccf_interval_cover'])}"
    yield "edges of trees right", f"{s['tree_edges_right']} of {s['tree_edges']}"


def _lines_purity(s):
    yield "samples estimated", f"{s['estimated']} of {s['planted']}"
    yield (
        "mean error: tissue, plasma",
        (f"{_show(s['tissue_mean_absolute_error'])}, {_show(s['plasma_mean_absolute_error'])}"),
    )


def _lines_differential(s):
    for layer, one in s["layers"].items():
        yield f"{layer}: right direction", f"{one['right_direction']} of {one['planted']} ({_show(one['spearman'])})"


def _lines_targets(s):
    ranks = ", ".join(f"{gene} {_show(rank and int(rank))}" for gene, rank in s["drivers"].items())
    yield "drivers among the first", f"{s['drivers_among_first']} (of {s['ranked']} ranked)"
    yield "ranks of drivers", ranks or "none"
    yield "changed genes, median rank", _show(s["changed_genes_median_rank"])


_LINES = {
    "gaps": _lines_gaps,
    "dna": _lines_dna,
    "resistance": _lines_resistance,
    "copy_number": _lines_copy_number,
    "rna": _lines_per_sample,
    "proteome": _lines_per_sample,
    "metabolome": _lines_metabolome,
    "clones": _lines_clones,
    "purity": _lines_purity,
    "differential": _lines_differential,
    "targets": _lines_targets,
}
