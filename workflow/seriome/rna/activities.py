"""Activity of transcription factors and pathways, from the genes that they are known to move."""

import numpy as np
import pandas as pd

from seriome.errors import InputError, did_you_mean
from seriome.longitudinal import adjusted

COLUMNS = ["scope", "of", "source", "score", "lower", "upper", "p", "q", "targets"]
MIN_TARGETS = 5  # genes of a source that must be measured
DRAWS = 50
NAMES = {"source": ("source", "tf", "pathway"), "target": ("target", "gene"), "weight": ("weight", "mor")}


def read_network(path) -> pd.DataFrame:
    """source, target (gene symbols), weight (1 where there is none) of a TSV, plain or .gz, as decoupler and PROGENy

    write it: columns source or tf or pathway; target or gene; weight or mor. Raises InputError.
    """
    try:
        table = pd.read_csv(path, sep="\t")
    except (OSError, ValueError) as error:
        raise InputError(f"rna.network: {path} cannot be read: {error}") from None
    found = {}
    for column, names in NAMES.items():
        found[column] = next((name for name in names if name in table.columns), None)
        if found[column] is None and column != "weight":
            hint = did_you_mean(names[0], table.columns)
            raise InputError(f"rna.network: {path} has no column {' or '.join(names)}{hint}")
    network = table[[found["source"], found["target"]]].set_axis(["source", "target"], axis=1).astype(str)
    network["weight"] = pd.to_numeric(table[found["weight"]], errors="coerce") if found["weight"] else 1.0
    network = network.dropna().drop_duplicates(["source", "target"])
    return network[network["weight"] != 0].reset_index(drop=True)


def activities(values, errors, genes, network: pd.DataFrame, scope: str, of, seed: int) -> pd.DataFrame:
    """Activities by a univariate linear model: is what a source moves moved, in the way its weights say?

    values, errors  (genes, columns): log2 differences to a baseline, or test statistics; errors are their standard
                    errors, NaN genes are left out
    genes           symbols of the rows
    scope, of       what the columns are, and their names
    Returns         COLUMNS: score is the t value of the slope of values over weights (genes that are no target have
                    weight 0); its interval, from `errors` drawn anew, says what measuring is uncertain by; p and q
                    (BH within a column) are of no slope at all
    Source          decoupler: Badia-i-Mompel et al. 2022, doi:10.1093/bioadv/vbac016
    """
    import decoupler

    rng = np.random.default_rng(seed)
    tables = []
    for at, name in enumerate(of):
        known = np.isfinite(values[:, at])
        symbols = pd.Index(np.asarray(genes, object)[known])
        first = ~symbols.duplicated()
        symbols, value = symbols[first], values[known, at][first]
        error = np.nan_to_num(errors[known, at][first])
        net = network[network["target"].isin(symbols)]
        counts = net["source"].value_counts()
        if not (counts >= MIN_TARGETS).any():
            continue
        drawn = value + error * rng.standard_normal((DRAWS, len(value)))
        data = pd.DataFrame(
            np.vstack([value, drawn]), columns=symbols, index=[f"{row:04d}" for row in range(DRAWS + 1)]
        )
        score, _ = decoupler.mt.ulm(data, net, tmin=MIN_TARGETS)
        sources = sorted(score.columns)
        spread = score.iloc[1:][sources].std(axis=0, ddof=1).to_numpy()
        own = score.iloc[0][sources].to_numpy(float)
        from scipy import stats

        p = 2 * stats.t.sf(np.abs(own), len(symbols) - 2)
        tables.append(
            pd.DataFrame(
                {
                    "scope": scope, "of": name, "source": sources, "score": own, "lower": own - 1.96 * spread,
                    "upper": own + 1.96 * spread, "p": p, "q": adjusted(p),
                    "targets": counts.reindex(sources).to_numpy(),
                }
            )
        )  # fmt: skip
    return pd.concat(tables, ignore_index=True)[COLUMNS] if tables else pd.DataFrame(columns=COLUMNS)
