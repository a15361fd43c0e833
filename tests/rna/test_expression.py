"""Genes are the sums of their transcripts; absences and limits are explained."""

import math

import pandas as pd
import pytest

from seriome.errors import DataError
from seriome.rna.expression import as_features, judge_mapping, sum_to_genes

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
