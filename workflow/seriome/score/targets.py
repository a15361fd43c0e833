"""Differential features and the ranking of targets against what was planted."""

from pathlib import Path

import numpy as np

from seriome.score.figures import correlation, median, number
from seriome.score.tables import NotThere, result, truth_table


def differential(results: Path, truth: Path) -> dict:
    """Planted changes at progression against targets/differential.parquet, layer by layer.

    Planted is the mean of the patients' changes; changes smaller than 0.5 (log2) are left out of `right_direction`.
    """
    table = result(results / "targets" / "differential.parquet")
    scores = {}
    for layer, name, key in (
        ("rna", "differential", "gene"),
        ("proteome", "differential_proteins", "gene"),
        ("metabolome", "differential_metabolites", "name"),
    ):
        try:
            planted = truth_table(truth, name)
        except NotThere:
            continue
        mean = planted.groupby(key)["log2_fold_change"].sum() / max(planted["patient"].nunique(), 1)
        own = table[table["layer"] == layer].drop_duplicates("name").set_index("name")["log2_fold_change"].dropna()
        strong = mean[mean.abs() >= 0.5].index.intersection(own.index)
        scores[layer] = {
            "planted": (mean.abs() >= 0.5).sum(),
            "tested": len(strong),
            "right_direction": (np.sign(own[strong]) == np.sign(mean[strong])).sum(),
            "spearman": correlation(own, mean.reindex(own.index).fillna(0), rank=True),
        }
    return {"layers": scores}


def targets(results: Path, truth: Path) -> dict:
    """Ranks of the genes whose drivers, resistance mutations or changes of expression were planted."""
    ranking = result(results / "targets" / "ranking.tsv")
    variants, changes = truth_table(truth, "variants"), truth_table(truth, "differential")
    drivers = set(variants.loc[variants["role"] != "passenger", "gene"])
    fusions = truth_table(truth, "fusions")
    drivers |= set(fusions["gene3"]) if len(fusions) else set()
    strong = changes.groupby("gene")["log2_fold_change"].agg(lambda x: x.abs().max())
    changed = set(strong[strong >= 1].index) - drivers
    rank = dict(zip(ranking["gene"], number(ranking["rank"]), strict=True))
    first = {gene for gene, place in rank.items() if place <= len(drivers)}
    return {
        "ranked": len(rank),
        "drivers": {gene: rank.get(gene) for gene in sorted(drivers)},
        "drivers_median_rank": median([rank.get(gene) for gene in drivers]),
        "drivers_among_first": f"{len(first & drivers)} of {len(drivers)}",
        "changed_genes": {gene: rank.get(gene) for gene in sorted(changed)},
        "changed_genes_median_rank": median([rank.get(gene) for gene in changed]),
    }
