"""State of one sample: programmes, cells and checkpoint genes, with intervals and the reason where there is none."""

import numpy as np
import pandas as pd

from .cells import cell_features
from .programmes import score_programmes

CHECKPOINTS = {  # gene: what a clinician calls it
    "CD274": "PD-L1", "PDCD1LG2": "PD-L2", "PDCD1": "PD-1", "CTLA4": "CTLA-4", "LAG3": "LAG-3", "TIGIT": "TIGIT",
    "HAVCR2": "TIM-3", "B2M": "B2M", "HLA-A": "HLA-A", "HLA-B": "HLA-B", "HLA-C": "HLA-C", "HLA-DRA": "HLA-DRA",
    "HLA-E": "HLA-E",
}  # fmt: skip
KINDS = {
    "programme": "rank_score",
    "cell_markers": "log2_tpm",
    "cell_fraction": "share_of_rna",
    "checkpoint": "log2_tpm",
}
STATE = [
    "kind", "feature", "name", "value", "unit", "lower", "upper", "state", "genes", "measured", "verdict", "reason",
]  # fmt: skip


def state_of(genes: pd.DataFrame, programmes, signature, seed: int) -> pd.DataFrame:
    """Everything that a sample's genes say of its state: columns STATE, sorted by kind.

    genes       of `expression.read_genes`; without rows the table has none
    programmes  of `programmes.shipped` and `read_gmt`; signature: of `cells.read_signature`, or None
    """
    if genes.empty:
        return pd.DataFrame(columns=STATE)
    parts = [checkpoints(genes), cell_features(genes, signature, seed), score_programmes(genes, programmes, seed)]
    table = pd.concat([part.reindex(columns=STATE) for part in parts], ignore_index=True)
    text = table[["verdict", "reason"]].fillna("")
    return table.assign(verdict=text["verdict"], reason=text["reason"]).sort_values(
        ["kind", "feature"], kind="stable", ignore_index=True
    )


def checkpoints(genes: pd.DataFrame) -> pd.DataFrame:
    """Expression of checkpoint and HLA genes, log2(TPM + 1) with the gene's interval."""
    table = genes.sort_values("tpm").drop_duplicates("gene", keep="last").set_index("gene")
    rows = []
    for gene, called in CHECKPOINTS.items():
        row = {
            "kind": "checkpoint",
            "feature": gene,
            "unit": "log2_tpm",
            "genes": 1,
            "measured": int(gene in table.index),
        }
        row["name"] = gene if called == gene else f"{called} ({gene})"
        if gene in table.index and np.isfinite(table.loc[gene, "tpm"]):
            own = table.loc[gene]
            bounds = {one: np.log2(own[f"tpm_{one}"] + 1) for one in ("lower", "upper")}
            row |= {"value": np.log2(own["tpm"] + 1), **bounds, "state": "measured" if own["tpm"] > 0 else "zero"}
        else:
            row |= {"value": np.nan, "state": "not_measured", "reason": "not in the annotation"}
        rows.append(row)
    return pd.DataFrame(rows)
