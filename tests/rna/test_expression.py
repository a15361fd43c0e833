"""Genes are the sums of their transcripts; absences and limits are explained."""

import math

import numpy as np
import pandas as pd
import pytest

from seriome.errors import DataError
from seriome.rna.expression import as_features, interval, judge_mapping, sum_to_genes

TRANSCRIPTS = pd.DataFrame(
    {"transcript_id": ["a1", "a2", "ENST1.4", "c1"], "gene_id": ["A", "A", "B", "C"], "gene": ["AA", "AA", "BB", "CC"]}
)


def abundance(ids=("a1", "a2", "ENST1.4", "c1")):
    """By hand: reads per base 0.1, 0.4, 0.5 and 0, so that TPM are 100,000, 400,000, 500,000 and 0."""
    return pd.DataFrame(
        {
            "target_id": ids,
            "eff_length": [100.0, 200.0, 400.0, 50.0],
            "est_counts": [10.0, 80.0, 200.0, 0.0],
            "tpm": [1e5, 4e5, 5e5, 0.0],
        }
    )


def test_counts_and_tpm_of_a_gene_are_sums_of_its_transcripts():
    genes = sum_to_genes(abundance(), TRANSCRIPTS).set_index("gene_id")
    assert genes["count"].to_dict() == {"A": 90, "B": 200, "C": 0}
    assert genes["tpm"].to_dict() == {"A": 5e5, "B": 5e5, "C": 0}
    # A: mean effective length (1e5 * 100 + 4e5 * 200) / 5e5 = 180; three reads are 2.996 / 180 per base of 1.0 in all
    assert genes["lod"]["A"] == pytest.approx(-math.log(0.05) / 180 / 1.0 * 1e6)
    assert genes["lod"]["C"] == pytest.approx(-math.log(0.05) / 50 / 1.0 * 1e6)


def test_a_silent_gene_is_zero_with_its_limit_and_not_missing():
    rows = as_features(sum_to_genes(abundance(), TRANSCRIPTS)).set_index(["kind", "feature"])
    silent, heard = rows.loc[("expression", "C")], rows.loc[("expression", "A")]
    assert (silent["value"], silent["state"], silent["unit"], silent["name"]) == (0.0, "zero", "log2_tpm", "CC")
    assert silent["lod"] == pytest.approx(math.log2(-math.log(0.05) / 50 * 1e6 + 1))
    assert (heard["value"], heard["state"]) == (pytest.approx(math.log2(5e5 + 1)), "measured")
    assert rows.loc[("count", "B"), ["value", "unit", "state"]].tolist() == [200, "reads", "measured"]
    assert rows.loc[("count", "C"), ["value", "state"]].tolist() == [0, "zero"]


def test_variance_and_intervals_of_genes_come_from_the_bootstraps():
    # by hand: gene A is the sum of two transcripts that share reads; its sums are 90 and 94, the variance 8
    draws = [[10.0, 80.0, 200.0, 0.0], [34.0, 60.0, 196.0, 0.0]]
    genes = sum_to_genes(abundance(), TRANSCRIPTS, draws=np.array(draws)).set_index("gene_id")
    assert genes["count_variance"].to_dict() == {"A": 8, "B": 8, "C": 0}
    # TPM of A: 500,000 in the first; in the second reads per base are 0.34, 0.30, 0.49, of which A has 0.64 / 1.13
    assert genes["tpm_variance"]["A"] == pytest.approx((0.64 / 1.13 - 0.5) ** 2 / 2 * 1e12)
    # C has no read: Jeffreys' interval of 0 (Brown, Cai and DasGupta 2003: 0 to 2.51)
    assert genes.loc["C", ["count_lower", "count_upper"]].tolist() == pytest.approx([0, 2.512], abs=0.001)
    assert genes.loc["C", "tpm_upper"] == pytest.approx(2.512 / 50 / 1.0 * 1e6, rel=1e-3)
    rows = as_features(genes.reset_index()).set_index(["kind", "feature"])
    assert (rows["lower"] <= rows["value"]).all()
    assert (rows["upper"] >= rows["value"]).all()
    bare = sum_to_genes(abundance(), TRANSCRIPTS)
    assert bare[["count_variance", "tpm_lower", "tpm_upper"]].isna().all(axis=None)


def test_the_interval_is_jeffreys_own_where_reads_scatter_as_poisson():
    # 10 of very many reads, by R: qgamma(c(.025, .975), 10.5) = 5.141, 17.739; with a dispersion of 4 it is wider
    count = np.array([10.0, 10.0, 1e9])
    lower, upper = interval(count, np.array([10.0, 40.0, 1e9]))
    assert [lower[0], upper[0]] == pytest.approx([5.141, 17.739], abs=0.001)
    assert lower[1] < 2.5
    assert upper[1] > 23


def test_targets_are_joined_by_id_by_gencode_header_and_without_version():
    genes = sum_to_genes(abundance(["a1|x|", "a2", "ENST1", "c1"]), TRANSCRIPTS)
    assert genes["count"].tolist() == [90, 200, 0]
    with pytest.raises(DataError, match=r"foreign_transcripts: 25% of the 4 .* 'x1'"):
        sum_to_genes(abundance(["a1", "x1", "x2", "x3"]), TRANSCRIPTS)


def test_low_mapping():
    judge_mapping({"n_processed": 100, "n_pseudoaligned": 10}, 0.1)
    for processed, mapped in [(100, 9), (100, 0), (0, 0)]:
        with pytest.raises(DataError, match=rf"low_mapping: {mapped} of {processed} fragments"):
            judge_mapping({"n_processed": processed, "n_pseudoaligned": mapped}, 0.1 if mapped else 0.0)
