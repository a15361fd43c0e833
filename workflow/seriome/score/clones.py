"""Clones, their trees and the purity of samples against what was planted."""

from pathlib import Path

import pandas as pd

from seriome.files import read_json
from seriome.score.figures import mean, number
from seriome.score.tables import NotThere, result, results_like, truth_table


def clones(results: Path, truth: Path) -> dict:
    """Clusters against clones, cancer cell fractions and their intervals, edges of the tree."""
    from sklearn.metrics import adjusted_rand_score, v_measure_score

    variants, parents = truth_table(truth, "variants"), truth_table(truth, "clones")
    by_patient, errors, covered, edges = {}, [], [], []
    for patient, table in results_like(results, "clones/*/clusters.tsv").items():
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
        prevalence, low, high = (number(rows[c]) for c in ("cellular_prevalence", "ccf_lower", "ccf_upper"))
        errors += (prevalence - rows["ccf"]).abs().dropna().tolist()
        inside = (low <= rows["ccf"] + 1e-9) & (rows["ccf"] <= high + 1e-9)
        covered += inside[low.notna() & high.notna()].tolist()
        edges += _edges(results / "clones" / patient / "tree.tsv", one, other, parents[parents["patient"] == patient])
    scored = by_patient.values()
    return {
        "patients": len(by_patient),
        "adjusted_rand": mean(one["adjusted_rand"] for one in scored),
        "v_measure": mean(one["v_measure"] for one in scored),
        "ccf_mean_absolute_error": mean(errors),
        "ccf_interval_cover": mean(covered),
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
    tree = result(path)
    said = dict(zip(tree["cluster_id"], tree["parent"], strict=True))
    return [
        stands.get(said.get(cluster, "-1"), "") in (true_parent.get(clone, ""), clone)
        for cluster, clone in stands.items()
    ]


def purity(results: Path, truth: Path) -> dict:
    """Shares of cancer cells of the samples, as clones/{patient}/fit.json gives them."""
    paths = sorted(results.glob("clones/*/fit.json"))
    if not paths:
        raise NotThere("no clones/*/fit.json")
    found = {}
    for path in paths:
        found |= {row["sample_id"]: row["purity"] for row in read_json(path).get("purity") or []}
    planted = truth_table(truth, "purity").set_index("sample")
    rows = {sample: value for sample, value in found.items() if value is not None and sample in planted.index}
    error = {sample: value - planted.loc[sample, "tumour_fraction"] for sample, value in rows.items()}
    tissue = [abs(one) for sample, one in error.items() if pd.notna(planted.loc[sample, "purity"])]
    plasma = [abs(one) for sample, one in error.items() if pd.isna(planted.loc[sample, "purity"])]
    return {
        "planted": len(planted),
        "estimated": len(rows),
        "tissue_mean_absolute_error": mean(tissue),
        "plasma_mean_absolute_error": mean(plasma),
        "error": dict(sorted(error.items())),
    }
