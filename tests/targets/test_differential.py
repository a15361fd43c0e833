import numpy as np
import pandas as pd
import pytest
from scipy import stats

from seriome.targets.differential import (
    differential_counts,
    differential_values,
    moderated_paired_test,
    paired_samples,
)

SAMPLES = pd.DataFrame(
    [
        ("P1-T0", "P1", 0, "tumor", "baseline"),
        ("P1-T2", "P1", 90, "tumor", "progression"),
        ("P1-T3", "P1", 120, "tumor", "progression"),
        ("P1-L0", "P1", 0, "plasma", "baseline"),
        ("P2-T0", "P2", 0, "tumor", "baseline"),
        ("P3-T9", "P3", 50, "tumor", "progression"),
    ],
    columns=["sample", "patient", "day", "specimen", "phase"],
)


def test_a_pair_is_the_last_sample_before_and_the_first_after_of_one_specimen():
    pairs = paired_samples(SAMPLES, "baseline", "progression", ["tumor"])
    assert pairs.to_dict("records") == [{"patient": "P1", "before": "P1-T0", "after": "P1-T2"}]


def test_one_feature_alone_borrows_nothing_and_is_the_ordinary_paired_t_test():
    differences = np.array([[0.8, 1.1, 1.9, 0.4]])
    found = moderated_paired_test(differences)
    assert found["p"][0] == pytest.approx(stats.ttest_1samp(differences[0], 0).pvalue)
    reach = stats.t.ppf(0.975, 3) * differences[0].std(ddof=1) / 2
    assert found["upper"][0] - found["mean"][0] == pytest.approx(reach)


def test_equal_variances_are_pooled_into_one():
    # rows of one and the same spread: limma's prior degrees of freedom are infinite and its variance, exp of the mean
    # of log s2 - digamma(d/2) + log(d/2) with d = 2, is exp(-digamma(1)) = 1.781; all rows together have 6 degrees
    differences = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [-1.0, 0.0, 1.0]])
    found = moderated_paired_test(differences)
    error = np.sqrt(np.exp(np.euler_gamma) / 3)
    assert found["mean"] == pytest.approx([2, 5, 0])
    assert found["p"] == pytest.approx([2 * stats.t.sf(mean / error, 6) for mean in (2, 5, 0)])


def test_fewer_than_three_pairs_are_not_tested():
    found = moderated_paired_test(np.array([[1.0, 1.1, np.nan], [1.0, 1.1, 1.2]]))
    assert np.isnan(found["p"][0])
    assert list(found["pairs"]) == [2, 3]


def test_false_positives_keep_their_rate_under_the_null():
    rng = np.random.default_rng(1)
    spread = np.sqrt(1 / rng.gamma(3, 1 / 3, size=(4000, 1)))
    found = moderated_paired_test(rng.normal(0, 1, (4000, 4)) * spread)
    assert (found["p"] < 0.05).mean() == pytest.approx(0.05, abs=0.012)


def test_only_measured_values_take_part():
    pairs = pd.DataFrame({"patient": list("abc"), "before": ["a0", "b0", "c0"], "after": ["a1", "b1", "c1"]})
    samples = ["a0", "b0", "c0", "a1", "b1", "c1"]
    rows = [(s, "F1", "one", 10.0 + ("1" in s) + 0.01 * i, "measured") for i, s in enumerate(samples)]
    rows += [(s, "F2", "two", np.nan, "below_lod") for s in samples]
    table = pd.DataFrame(rows, columns=["sample", "feature", "name", "value", "state"])
    found = differential_values(table, pairs, layer="protein", contrast="x").set_index("feature")
    assert found.loc["F1", "log2_fold_change"] == pytest.approx(1.03)
    assert found.loc["F2", "state"] == "too_few_pairs"


def test_planted_genes_are_found_from_counts():
    rng = np.random.default_rng(3)
    patients, genes = [f"P{i}" for i in range(5)], 60
    base, planted = rng.uniform(100, 3000, genes), {"G3": 2.0, "G7": -2.0}
    rows = []
    for patient in patients:
        own = rng.normal(0, 0.5, genes)
        for suffix in "01":
            for g in range(genes):
                change = planted.get(f"G{g}", 0.0) * (suffix == "1")
                mean = base[g] * 2 ** (own[g] + change)
                rows.append((patient + suffix, f"G{g}", f"N{g}", float(rng.negative_binomial(20, 20 / (20 + mean)))))
    table = pd.DataFrame(rows, columns=["sample", "feature", "name", "value"])
    pairs = pd.DataFrame(
        {"patient": patients, "before": [p + "0" for p in patients], "after": [p + "1" for p in patients]}
    )
    found = differential_counts(table, pairs, layer="rna", contrast="x").set_index("feature")
    significant = set(found.index[found["q"] < 0.01])
    assert set(planted) <= significant
    assert len(significant - set(planted)) <= 1
    for gene, change in planted.items():
        assert found.loc[gene, "lower"] < change < found.loc[gene, "upper"]
