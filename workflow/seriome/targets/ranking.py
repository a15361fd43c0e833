"""Ranking: genes by the evidence of all layers, with the range of ranks when any one layer is left out."""

import numpy as np
import pandas as pd

from seriome.targets.evidence import LAYERS

COLUMNS = ["rank", "rank_lower", "rank_upper", "gene", "score", "layers", "patients", *LAYERS, "evidence"]


def rank_targets(evidence: pd.DataFrame, looked_at: dict[str, set]) -> pd.DataFrame:
    """Genes with any evidence, best first.

    evidence   rows of seriome.targets.evidence
    looked_at  {layer: genes that were measured there}: a gene counts as 0 in a layer in which it was looked at and
               nothing was found, and as missing (NaN, left out of its mean) in one that does not know it
    Returns    COLUMNS; a layer's column is the gene's standing among the genes with evidence there, (0, 1]; score is
               the mean over the layers that looked at it; rank_lower and rank_upper are the best and worst rank when
               each layer in turn is left out
    Source     a mean of normalised ranks, the simplest of the rank aggregations compared in Lin 2010, WIREs Comput
               Stat 2:555, doi:10.1002/wics.111.  It weighs all layers alike: a first ranking, to be read with its
               evidence, not a prediction of what a drug would do.
    """
    genes = sorted(evidence["gene"].dropna().unique())
    if not genes:
        return pd.DataFrame(columns=COLUMNS)
    standing = pd.DataFrame(index=genes, columns=list(LAYERS), dtype=float)
    for layer in LAYERS:
        weight = evidence[evidence["layer"] == layer].groupby("gene")["weight"].sum()
        known = [gene for gene in genes if gene in looked_at.get(layer, ()) or gene in weight.index]
        standing.loc[known, layer] = 0.0
        standing.loc[weight.index, layer] = weight.rank(pct=True)
    score = standing.mean(axis=1)
    without = pd.DataFrame({layer: _ranks(standing.drop(columns=layer).mean(axis=1)) for layer in LAYERS})
    by_gene = evidence.groupby("gene")
    table = pd.DataFrame(
        {
            "rank": _ranks(score),
            "rank_lower": without.min(axis=1).astype(int),
            "rank_upper": without.max(axis=1).astype(int),
            "gene": genes,
            "score": score.round(6),
            "layers": by_gene["layer"].nunique(),
            "patients": by_gene["patient"].agg(lambda names: len(set(names) - {""})),
            **{layer: standing[layer].round(6) for layer in LAYERS},
            "evidence": by_gene["statement"].agg("; ".join),
        },
        index=genes,
    )
    return table.sort_values(["rank", "gene"])[COLUMNS]


def _ranks(score: pd.Series) -> pd.Series:
    """1 for the best; equal scores share the better rank; a gene without any score comes last."""
    return score.fillna(-np.inf).rank(ascending=False, method="min").astype(int)
