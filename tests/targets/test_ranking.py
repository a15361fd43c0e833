import numpy as np
import pandas as pd
import pytest

from seriome.targets.evidence import COLUMNS, copy_number_evidence, emergence_evidence, mutation_evidence
from seriome.targets.ranking import rank_targets

VARIANTS = pd.DataFrame(
    [
        ("P1", "P1-T0", "T0", 0, "7:10:A:G", "EGFR", "EGFR L858R", "missense_variant", 0.30, True, "PASS"),
        ("P1", "P1-T1", "T1", 84, "7:10:A:G", "EGFR", "EGFR L858R", "missense_variant", 0.20, True, "PASS"),
        ("P1", "P1-T1", "T1", 84, "7:20:C:T", "EGFR", "EGFR T790M", "missense_variant", 0.05, True, "PASS"),
        ("P1", "P1-T0", "T0", 0, "17:5:C:T", "TP53", "TP53 R175H", "missense_variant", 0.28, True, "PASS"),
        ("P1", "P1-T0", "T0", 0, "17:9:C:T", "TP53", "TP53 p.10", "synonymous_variant", 0.28, True, "PASS"),
        ("P2", "P2-T0", "T0", 0, "17:7:C:T", "TP53", "TP53 R248Q", "missense_variant", 0.40, True, "strand_bias"),
    ],
    columns="patient sample timepoint day variant gene name consequence vaf called filter".split(),  # noqa: SIM905
)


def test_a_mutation_weighs_by_what_is_known_of_it_or_by_the_number_of_mutated_genes_of_its_patient():
    found = mutation_evidence(VARIANTS)
    assert sorted(found["feature"]) == ["17:5:C:T", "7:10:A:G", "7:20:C:T"]  # not silent, not filtered
    weight = found.set_index("feature")["weight"].to_dict()
    assert weight == {"7:10:A:G": 1, "7:20:C:T": 1, "17:5:C:T": 1 / 2}  # L858R and T790M are known; two genes of P1
    said = found.set_index("feature").loc["7:10:A:G", "statement"]
    assert (
        said == "EGFR L858R in P1, first seen day 0; highest VAF 0.300 (T0), known sensitivity to "
        "afatinib (level A, PMID 23982599), erlotinib (level A, PMID 24868098), dacomitinib (level B, PMID 26768165), "
        "gefitinib (level B, PMID 20038723), osimertinib (level D, PMID 24893891)"
    )


def test_an_emerged_mutation_is_told_with_its_date_and_treatment():
    events = pd.DataFrame(
        [
            ("emerged", "7:20:C:T", 84, "erlotinib", "first seen day 84; under erlotinib", "P1"),
            ("emerged", np.nan, 84, "", "", "P1"),
        ],
        columns=["event", "mutation_id", "first_seen_day", "treatment", "label", "patient"],
    )
    found = emergence_evidence(events, VARIANTS)
    assert list(found["statement"]) == ["EGFR T790M emerged in P1: first seen day 84; under erlotinib"]
    assert list(found["weight"]) == [1.0]


def test_a_copy_number_change_needs_its_whole_interval_beyond_the_threshold():
    table = pd.DataFrame(
        [
            ("P1", "P1-T0", "MET", 1.5, 1.2, 1.8, "measured"),
            ("P1", "P1-T0", "KRAS", 0.6, 0.2, 1.0, "measured"),
            ("P1", "P1-T0", "RB1", np.nan, np.nan, np.nan, "not_measured"),
        ],
        columns=["patient", "sample", "gene", "log2_ratio", "lower", "upper", "state"],
    )
    assert list(copy_number_evidence(table, 0.4)["gene"]) == ["MET"]


def _evidence(rows):
    return pd.DataFrame([(g, layer, p, "f", 1.0, "u", w, f"{g} {layer}") for g, layer, p, w in rows], columns=COLUMNS)


def test_ranking_by_hand():
    evidence = _evidence([("A", "mutation", "P1", 0.5), ("B", "mutation", "P1", 0.2), ("A", "rna", "", 5.0)])
    looked_at = {"mutation": {"A", "B"}, "rna": {"A", "B"}}
    found = rank_targets(evidence, looked_at).set_index("gene")
    assert found.loc["A", "score"] == pytest.approx(1.0)  # (1 + 1) / 2
    assert found.loc["B", "score"] == pytest.approx(0.25)  # (0.5 + 0) / 2
    assert list(found["rank"]) == [1, 2]
    assert found.loc["B", "layers"] == 1


def test_a_layer_that_does_not_know_a_gene_does_not_count_against_it():
    evidence = _evidence([("A", "mutation", "P1", 0.5), ("B", "mutation", "P2", 0.5)])
    found = rank_targets(evidence, {"mutation": {"A", "B"}, "rna": {"B"}}).set_index("gene")
    assert np.isnan(found.loc["A", "rna"])
    assert found.loc["B", "rna"] == 0
    assert found.loc["A", "rank"] == 1
    assert found.loc["A", "score"] > found.loc["B", "score"]


def test_the_range_of_ranks_is_what_leaving_out_one_layer_does():
    evidence = _evidence([("A", "rna", "", 9.0), ("B", "mutation", "P1", 1.0), ("B", "rna", "", 1.0)])
    looked_at = {"mutation": {"A", "B"}, "rna": {"A", "B"}}
    found = rank_targets(evidence, looked_at).set_index("gene")
    assert (found.loc["A", "rank_lower"], found.loc["A", "rank_upper"]) == (1, 2)


def test_no_evidence_is_an_empty_table():
    assert len(rank_targets(_evidence([]), {})) == 0
