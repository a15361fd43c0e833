"""Small figures that the scores are made of; None where there is nothing to count."""

import numpy as np
import pandas as pd


def number(column: pd.Series) -> pd.Series:
    return pd.to_numeric(column, errors="coerce")


def ratio(part, whole):
    return part / whole if whole else None


def correlation(one, other, rank: bool):
    """Spearman's (rank) or Pearson's correlation; None for fewer than three pairs or where nothing varies."""
    pairs = pd.DataFrame({"one": np.asarray(one, float), "other": np.asarray(other, float)}).dropna()
    if rank:
        pairs = pairs.rank()
    if len(pairs) < 3 or pairs["one"].nunique() < 2 or pairs["other"].nunique() < 2:
        return None
    return float(np.corrcoef(pairs["one"], pairs["other"])[0, 1])


def median(values):
    values = [value for value in values if value is not None]
    return float(np.median(values)) if values else None


def mean(values):
    values = [value for value in values if value is not None]
    return float(np.mean(values)) if values else None
