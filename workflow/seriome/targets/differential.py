"""Differential features between two phases of the course, paired by patient."""

import logging

import numpy as np
import pandas as pd

from seriome.longitudinal import squeeze
from seriome.rna.deseq import wald

log = logging.getLogger("seriome")

COLUMNS = [
    "layer", "contrast", "feature", "name", "log2_fold_change", "lower", "upper",
    "p", "q", "pairs", "method", "state",
]  # fmt: skip
MIN_PAIRS = 3  # with two pairs one degree of freedom is left: no test that could be trusted


def paired_samples(samples: pd.DataFrame, before: str, after: str, specimens) -> pd.DataFrame:
    """One row per patient with a sample of `specimens` in both phases: patient, before, after (sample names).

    The last sample of the earlier phase and the first of the later one are taken, by day.
    """
    chosen = samples[samples["specimen"].isin(list(specimens))].sort_values(["patient", "day", "sample"])
    first = chosen[chosen["phase"] == before].groupby("patient")["sample"].last()
    second = chosen[chosen["phase"] == after].groupby("patient")["sample"].first()
    return pd.DataFrame({"before": first, "after": second}).dropna().rename_axis("patient").reset_index()


def moderated_paired_test(differences: np.ndarray):
    """Moderated t-test of mean difference 0 for each row, variances borrowed from all rows.

    differences  float (features, pairs), log2 units; NaN where a pair lacks a value
    Returns      dict of float (features,): mean, lower, upper (95 %), p, and int pairs; NaN where fewer than
                 MIN_PAIRS pairs have a value
    Source       Smyth 2004, Stat Appl Genet Mol Biol 3:3, doi:10.2202/1544-6115.1027 (limma's eBayes: the prior's
                 degrees of freedom and variance by the moments of log variance)
    Assumes      differences are roughly normal, pairs independent, variances draw from one scaled inverse chi-square
    """
    from scipy import stats

    pairs = np.isfinite(differences).sum(axis=1)
    tested = pairs >= MIN_PAIRS
    result = {key: np.full(len(differences), np.nan) for key in ("mean", "lower", "upper", "p")} | {"pairs": pairs}
    if not tested.any():
        return result
    values, n = differences[tested], pairs[tested]
    mean, variance, freedom = np.nanmean(values, axis=1), np.nanvar(values, axis=1, ddof=1), n - 1.0
    posterior, _, prior_freedom = squeeze(variance, freedom)
    error = np.sqrt(posterior / n)
    total = np.minimum(prior_freedom + freedom, freedom.sum())
    reach = stats.t.ppf(0.975, total) * error
    with np.errstate(divide="ignore", invalid="ignore"):
        result["p"][tested] = np.where(error > 0, 2 * stats.t.sf(np.abs(mean / error), total), np.nan)
    result["mean"][tested], result["lower"][tested], result["upper"][tested] = mean, mean - reach, mean + reach
    return result


def differential_values(table: pd.DataFrame, pairs: pd.DataFrame, *, layer: str, contrast: str) -> pd.DataFrame:
    """Differential proteins or metabolites from log2 values.

    table   rows of a cohort table: sample feature name value state (one kind); only measured values take part
    pairs   patient, before, after
    Returns COLUMNS, one row per feature; state `tested` or `too_few_pairs`
    """
    measured = table[table["state"] == "measured"]
    wide = measured.pivot(index="feature", columns="sample", values="value")
    wide = wide.reindex(index=sorted(table["feature"].unique()), columns=[*pairs["before"], *pairs["after"]])
    differences = wide[list(pairs["after"])].to_numpy(float) - wide[list(pairs["before"])].to_numpy(float)
    test = moderated_paired_test(differences)
    return _table(
        wide.index, table, test["mean"], test["lower"], test["upper"], test["p"], test["pairs"],
        layer=layer, contrast=contrast, method="moderated paired t-test (limma)",
    )  # fmt: skip


def differential_counts(counts: pd.DataFrame, pairs: pd.DataFrame, *, layer: str, contrast: str) -> pd.DataFrame:
    """Differential genes from read counts, negative binomial model `~ patient + phase`.

    counts  rows of a cohort table: sample feature name value state, kind `count`, unit reads
    Returns COLUMNS; state `tested`, `too_few_pairs` or `not_expressed`
    Source  DESeq2: Love et al. 2014, Genome Biol 15:550, doi:10.1186/s13059-014-0550-8, through PyDESeq2:
            Muzellec et al. 2023, Bioinformatics 39:btad547, doi:10.1093/bioinformatics/btad547
    """
    order = [*pairs["before"], *pairs["after"]]
    wide = counts.pivot(index="sample", columns="feature", values="value").reindex(order)
    wide = wide.dropna(axis=0, how="all")
    complete = pairs[pairs["before"].isin(wide.index) & pairs["after"].isin(wide.index)]
    features = sorted(counts["feature"].unique())
    nothing = np.full(len(features), np.nan)
    method = "PyDESeq2, ~ patient + phase"
    settings = {"layer": layer, "contrast": contrast, "method": method}
    if len(complete) < MIN_PAIRS:
        return _table(features, counts, *[nothing] * 4, np.full(len(features), len(complete)), **settings)
    wide = wide.loc[[*complete["before"], *complete["after"]]].dropna(axis=1).round().astype(int)
    wide = wide.loc[:, wide.sum() >= 10]
    design = pd.DataFrame(
        {
            "patient": list(complete["patient"]) * 2,
            "phase": ["before"] * len(complete) + ["after"] * len(complete),
        },
        index=wide.index,
    )
    found = wald(wide, design, "~patient + phase", ["phase", "after", "before"]).reindex(features)
    change, error = found["log2FoldChange"].to_numpy(float), found["lfcSE"].to_numpy(float)
    return _table(
        features, counts, change, change - 1.96 * error, change + 1.96 * error, found["pvalue"].to_numpy(float),
        np.full(len(features), len(complete)), **settings,
    )  # fmt: skip


def _table(features, source, change, lower, upper, p, pairs, *, layer, contrast, method) -> pd.DataFrame:
    from scipy.stats import false_discovery_control

    names = source.drop_duplicates("feature").set_index("feature")["name"]
    table = pd.DataFrame(
        {
            "layer": layer, "contrast": contrast, "feature": list(features), "name": names.reindex(features).to_numpy(),
            "log2_fold_change": change, "lower": lower, "upper": upper, "p": p, "q": np.nan,
            "pairs": np.asarray(pairs, int), "method": method,
        }
    )  # fmt: skip
    tested = table["p"].notna()
    if tested.any():
        table.loc[tested, "q"] = false_discovery_control(table.loc[tested, "p"])
    few = table["pairs"] < MIN_PAIRS
    table["state"] = np.select([tested, few], ["tested", "too_few_pairs"], "not_expressed")
    return table[COLUMNS]
