"""Scores of small tables made by hand, against what a person would count."""

import json

import numpy as np
import pandas as pd
import pytest

from seriome.errors import InputError
from seriome.features import write_features
from seriome.files import write_json, write_tsv
from seriome.ledger import GAP_COLUMNS
from seriome.score import STAGES, outcome_of_run, report, score
from seriome.simulate.cohort_files import TRUTH, write_truth

# variant: (gene, name, clone, role, vaf at T0, vaf at T1, detectable at T0, at T1)
PLANTED = {
    "chr1:10:A:T": ("EGFR", "EGFR L858R", "A", "driver", 0.30, 0.02, 1, 1),
    "chr1:20:C:G": ("EGFR", "EGFR T790M", "B", "resistance", 0.00, 0.06, 0, 1),
    "chr2:30:G:C": ("TP53", "TP53 P8L", "A", "passenger", 0.30, 0.02, 1, 0),
    "chr2:40:T:A": ("TP53", "TP53 R9S", "B", "passenger", 0.00, 0.06, 0, 1),
}
CCF = {("A", "S0"): 1.0, ("A", "S1"): 1.0, ("B", "S0"): 0.0, ("B", "S1"): 0.6}


@pytest.fixture
def truth(tmp_path):
    variants = [
        {
            "patient": "P1", "sample": sample, "day": day, "variant": variant, "gene": gene, "name": name,
            "clone": clone, "ccf": CCF[clone, sample], "multiplicity": 1, "tumor_cn": 2, "purity": purity,
            "vaf": vaf[place], "role": role, "depth": 200, "detectable": shown[place],
        }
        for variant, (gene, name, clone, role, *numbers) in PLANTED.items()
        for vaf, shown in [(numbers[:2], numbers[2:])]
        for place, (sample, day, purity) in enumerate((("S0", 0, 0.6), ("S1", 50, 0.2)))
    ]  # fmt: skip
    genes = ("EGFR", "AXL", "CDH1", "TP53")
    tables = {
        "variants": variants,
        "clones": [{"patient": "P1", "clone": "A", "parent": ""}, {"patient": "P1", "clone": "B", "parent": "A"}],
        "purity": [
            {"patient": "P1", "sample": "S0", "purity": 0.6, "tumour_fraction": 0.6},
            {"patient": "P1", "sample": "S1", "purity": None, "tumour_fraction": 0.2},
        ],
        "copy_number": [
            {"patient": "P1", "sample": "S0", "gene": gene, "gene_id": f"ENSG{gene}", "total_cn": copies}
            for gene, copies in (("EGFR", 2), ("AXL", 6), ("CDH1", 0), ("TP53", 2))
        ],
        "expression": [
            {"sample": "S0", "gene_id": f"ENSG{gene}", "gene": gene, "tpm": 10.0**place}
            for place, gene in enumerate(genes)
        ],
        "proteins": [
            {"sample": "S0", "accession": gene, "gene": gene, "log2_abundance": place}
            for place, gene in enumerate(genes)
        ],
        "metabolites": [
            {"sample": sample, "compound_id": name.lower(), "name": name, "log2_level": level}
            for name, levels in (("Lactate", (20, 21, 22)), ("Taurine", (20, 21, 22)), ("Malate", (20, 21, 22)))
            for sample, level in zip(("S0", "S1", "S2"), levels, strict=True)
        ],
        "differential": [
            {"patient": "P1", "gene": "AXL", "log2_fold_change": 2.0},
            {"patient": "P1", "gene": "CDH1", "log2_fold_change": -1.5},
            {"patient": "P1", "gene": "VEGFA", "log2_fold_change": 0.2},
        ],
        "events": [
            {
                "patient": "P1", "name": "EGFR T790M", "variant": "chr1:20:C:G", "kind": "resistance",
                "day_emerged": 30, "sample_first_detectable": "S1", "day_first_detectable": 50,
            }
        ],
        "gaps": [
            {"sample": "S1", "assay": "rna", "run": "lib1", "reason": "truncated_gzip"},
            {"sample": "S2", "assay": "metabolome", "run": "inj3", "reason": "no_spectra"},
        ],
    }  # fmt: skip
    write_truth(tmp_path / "truth", tables)
    return tmp_path / "truth"


@pytest.fixture
def results(tmp_path):
    folder = tmp_path / "results"
    folder.mkdir()
    return folder


def write_calls(results, called, extra=()):
    """dna/variants/P1.parquet; `called` are (variant, sample, vaf), all other planted ones are below the limit."""
    seen = {(variant, sample): vaf for variant, sample, vaf in called}
    rows = [
        {
            "patient": "P1", "sample": sample, "day": day, "variant": variant, "depth": 200,
            "vaf": seen.get((variant, sample), 0.0), "called": (variant, sample) in seen, "filter": "PASS",
        }
        for variant in [*PLANTED, *extra]
        for sample, day in (("S0", 0), ("S1", 50))
    ]  # fmt: skip
    path = results / "dna" / "variants" / "P1.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).to_parquet(path)


def features(results, assay, sample, kind, values):
    """A feature file; `values` are (feature, name, value)."""
    rows = [
        {"kind": kind, "feature": feature, "name": name, "value": value, "unit": "x", "state": "measured"}
        for feature, name, value in values
    ]
    write_features(
        results / "features" / f"assay={assay}" / "patient=P1" / f"sample={sample}.parquet",
        pd.DataFrame(rows),
        about={"patient": "P1", "sample": sample, "timepoint": "T0", "assay": assay, "day": 0},
        method="by hand",
        parameters={},
        inputs={},
    )


def ledger(results, rows):
    table = [
        dict.fromkeys(GAP_COLUMNS, "") | dict(zip(("sample", "assay", "run", "stage", "reason"), row, strict=True))
        for row in rows
    ]
    write_tsv(results / "ledger" / "gaps.tsv", table, GAP_COLUMNS)


def test_nothing_there_scores_nothing_and_says_why(results, truth):
    scores = score(results, truth)
    assert list(scores) == ["outcome", *STAGES]
    assert scores["outcome"] is None
    for name, (_, keys) in STAGES.items():
        assert set(scores[name]) == {*keys, "reason"}
        assert scores[name]["reason"]
        assert all(scores[name][key] is None for key in keys)
    assert "not scored" in report(scores)
    json.dumps(scores, allow_nan=False)


def test_a_folder_without_truth_is_refused(results, tmp_path):
    with pytest.raises(InputError, match="holds no truth"):
        score(results, tmp_path)


def test_truth_tables_have_their_columns(truth):
    assert sorted(path.stem for path in truth.glob("*.tsv")) == sorted(TRUTH)


def test_outcome(results):
    assert outcome_of_run(results) is None
    write_json(results / "outcome.json", {"outcome": "complete with gaps"})
    assert outcome_of_run(results) == "complete with gaps"


def test_gaps(results, truth):
    ledger(
        results,
        [
            ("S1", "rna", "lib1", "intake", "truncated_gzip"),
            ("S0", "dna", "L1", "intake", "empty_file"),
            ("S1", "rna", "", "rna", "no_units"),
        ],
    )
    found = score(results, truth)["gaps"]
    assert (found["planted"], found["found"]) == (2, 1)
    assert found["missed"] == ["S2 metabolome inj3 no_spectra"]
    assert found["invented"] == ["S0 dna L1 empty_file"]
    assert found["later_stages"] == {"no_units": 1}


def test_a_wrong_reason_is_missed_and_invented(results, truth):
    ledger(
        results, [("S1", "rna", "lib1", "intake", "empty_file"), ("S2", "metabolome", "inj3", "intake", "no_spectra")]
    )
    found = score(results, truth)["gaps"]
    assert found["found"] == 1
    assert found["missed"] == ["S1 rna lib1 truncated_gzip"]
    assert found["invented"] == ["S1 rna lib1 empty_file"]


def test_dna_by_hand(results, truth):
    """Five pairs are detectable: L858R twice, P8L once, T790M and R9S once. Called: L858R at T0, P8L at T0 and (not
    asked for) at T1, T790M at T1, and one that is not planted, so four variants, three of them true."""
    write_calls(
        results,
        [
            ("chr1:10:A:T", "S0", 0.28),
            ("chr2:30:G:C", "S0", 0.34),
            ("chr2:30:G:C", "S1", 0.02),
            ("chr1:20:C:G", "S1", 0.05),
            ("chr9:99:A:C", "S0", 0.10),
        ],
        extra=["chr9:99:A:C"],
    )
    found = score(results, truth)["dna"]
    assert (found["detectable"], found["found"], found["recall"]) == (5, 3, 0.6)
    assert found["recall_by_vaf"]["0.2 to 1"] == {"planted": 2, "detectable": 2, "found": 2, "recall": 1.0}
    assert found["recall_by_vaf"]["0.05 to 0.2"] == {"planted": 2, "detectable": 2, "found": 1, "recall": 0.5}
    assert found["recall_by_vaf"]["0.01 to 0.05"] == {"planted": 2, "detectable": 1, "found": 0, "recall": 0.0}
    assert found["recall_by_vaf"]["below 0.01"]["recall"] is None
    assert (found["reported_variants"], found["precision"]) == (4, 0.75)
    assert found["invented_variants"] == ["P1 chr9:99:A:C"]
    assert found["missed_variants"] == ["P1 EGFR L858R", "P1 TP53 R9S"]
    assert found["called_where_absent"] == 0
    # eight planted cells: errors 0.02, 0.02, 0, 0.01, 0.04, 0, 0, 0.06
    assert found["vaf_values"] == 8
    assert found["vaf_mean_absolute_error"] == pytest.approx((0.02 + 0.02 + 0 + 0.01 + 0.04 + 0 + 0 + 0.06) / 8)


def test_a_variant_that_failed_a_filter_is_not_called(results, truth):
    write_calls(results, [("chr1:10:A:T", "S0", 0.3)])
    path = results / "dna" / "variants" / "P1.parquet"
    pd.read_parquet(path).assign(filter="strand_bias").to_parquet(path)
    assert score(results, truth)["dna"]["found"] == 0


@pytest.mark.parametrize(
    ("called", "verdict", "dated"),
    [
        pytest.param([("chr1:20:C:G", "S1", 0.06)], "on time", 1, id="at the sample that can show it"),
        pytest.param([("chr1:20:C:G", "S0", 0.01)], "before it was there", 0, id="where it was not yet"),
        pytest.param([], "missed", 0, id="never"),
    ],
)
def test_resistance(results, truth, called, verdict, dated):
    write_calls(results, called)
    found = score(results, truth)["resistance"]
    assert found["mutations"][0]["verdict"] == verdict
    assert found["dated_right"] == dated
    assert found["dated_right_in_events"] is None


def test_resistance_in_events(results, truth):
    write_calls(results, [("chr1:20:C:G", "S1", 0.06)])
    write_tsv(
        results / "clones" / "P1" / "events.tsv",
        [
            {"event": "emerged", "cluster_id": 1, "mutation_id": "", "name": "", "first_seen_day": 50},
            {"event": "resistance", "cluster_id": 1, "mutation_id": "chr1:20:C:G", "name": "x", "first_seen_day": 50},
            {"event": "resistance", "cluster_id": 1, "mutation_id": "q", "name": "KRAS G12D", "first_seen_day": 50},
            {"event": "resistance", "cluster_id": 1, "mutation_id": "chr2:40:T:A", "name": "R9S", "first_seen_day": 50},
            {"event": "resistance", "cluster_id": 0, "mutation_id": "chr2:30:G:C", "name": "P8L", "first_seen_day": 50},
        ],
        ["event", "cluster_id", "mutation_id", "name", "first_seen_day", "last_unseen_day"],
    )
    found = score(results, truth)["resistance"]
    assert found["dated_right_in_events"] == 1
    assert found["mutations"][0]["day_in_events"] == 50
    assert found["passengers"] == ["P1 R9S"], "it came with the clone"
    assert found["invented"] == ["P1 KRAS G12D", "P1 P8L"], "not planted; there from the start"


def test_fusions(results, truth):
    """Planted at both samples in DNA, seen at one; in RNA at one, seen there. Beside them: the reciprocal junction,
    which drives nothing, one that failed a filter, and one in DNA and RNA each that is not planted."""
    key = {"patient": "P1", "gene5": "EML4", "exon5": 13, "gene3": "ALK", "exon3": 20}
    rows = [key | {"sample": sample, "share": share} for sample, share in (("S0", 0.2), ("S1", 0.01))]
    write_truth(truth, {"junctions": rows, "fusions": [key | {"sample": "S0", "tpm": 9.0}]})
    cells = ["sample", "five", "five_exon", "three", "three_exon", "share", "state", "drives", "filter"]
    table = [
        ("S0", "EML4", 13, "ALK", 20, 0.23, "measured", 1, "PASS"),
        ("S1", "EML4", 13, "ALK", 20, 0.0, "below_lod", 1, "PASS"),
        ("S0", "ALK", 19, "EML4", 14, 0.2, "measured", 0, "PASS"),
        ("S0", "KIF5B", 15, "RET", 12, 0.2, "measured", 1, "in_normal"),
        ("S0", "CD74", 6, "ROS1", 34, 0.1, "measured", 1, "PASS"),
    ]
    write_tsv(results / "dna/fusions/P1.tsv", [dict(zip(cells, row, strict=True)) for row in table], cells)
    cells = ["sample", "gene5", "exon5", "gene3", "exon3", "share", "filter"]
    table = [("S0", "EML4", 13, "ALK", 20, 0.3, "PASS"), ("S0", "TP53", 1, "AXL", 2, 0.1, "PASS")]
    write_tsv(results / "rna/fusions/S0.tsv", [dict(zip(cells, row, strict=True)) for row in table], cells)
    found = score(results, truth)["fusions"]
    assert (found["dna_planted"], found["dna_found"]) == (2, 1)
    assert found["dna_share_error"] == pytest.approx(0.03)
    assert (found["rna_planted"], found["rna_found"]) == (1, 1)
    assert found["invented"] == ["P1 CD74-ROS1", "S0 TP53-AXL"]


def test_copy_number(results, truth):
    """Purity 0.6: six copies give log2((3.6+0.8)/2) = 1.1375, none log2(0.4) = -1.3219, two 0."""
    path = results / "dna" / "copy_number" / "P1.parquet"
    path.parent.mkdir(parents=True)
    rows = [("AXL", 1.1375, 1.0, 1.2), ("CDH1", -0.1, -0.3, 0.1), ("EGFR", 0.5, 0.4, 0.6), ("TP53", 0.0, -0.1, 0.1)]
    columns = ["gene", "log2_ratio", "lower", "upper"]
    pd.DataFrame(rows, columns=columns).assign(sample="S0").to_parquet(path)
    found = score(results, truth)["copy_number"]
    assert (found["genes_changed"], found["found"], found["called_though_unchanged"]) == (2, 1, 1)
    assert found["mean_absolute_error"] == pytest.approx((1.2219 + 0.5) / 4, abs=1e-4)


def test_expression_and_proteins(results, truth):
    features(
        results,
        "rna",
        "S0",
        "expression",
        [(f"ENSG{g}", g, v) for g, v in zip(("EGFR", "AXL", "CDH1", "TP53"), (0, 1, 3, 2), strict=True)],
    )
    features(results, "proteome", "S0", "protein", [("EGFR", "EGFR", 5.0), ("AXL", "AXL", 6.0), ("TP53", "TP53", 7.0)])
    scores = score(results, truth)
    assert scores["rna"]["spearman_median"] == pytest.approx(0.8)  # ranks 1 2 4 3 against 1 2 3 4
    assert scores["rna"]["share_found"] == 1
    assert scores["proteome"]["spearman_median"] == pytest.approx(1)
    assert scores["proteome"]["share_found"] == 0.75


def test_mutations_and_fusions_in_peptides(results, truth):
    rows = [
        {"sample": "S0", "gene": "EGFR", "change": change, "share": share}
        for change, share in (("L858R", 0.3), ("T790M", 0))
    ]
    pd.DataFrame(rows).to_csv(truth / "variant_proteins.tsv", sep="\t", index=False)
    fused = {"gene5": "EML4", "exon5": 13, "gene3": "ALK", "exon3": 20, "log2_abundance": 1.0}
    rows = [{"sample": sample, **fused} for sample in ("S0", "S1")]
    pd.DataFrame(rows).to_csv(truth / "fusion_proteins.tsv", sep="\t", index=False)
    peptides = [
        ("2:5-2:9|LPK", "EML4-ALK E13;A20", 5.0),
        ("1:2:A:T|AAK", "EGFR L858R", 5.0),
        ("1:2:A:T|AAKR", "EGFR L858R", 4.0),
        ("1:3:A:T|CCK", "EGFR T790M", 5.0),
    ]
    features(results, "proteome", "S0", "variant_peptide", peptides)
    found = score(results, truth)["translated"]
    assert (found["planted"], found["reported"], found["right"]) == (3, 3, 2)
    assert (found["fusions_planted"], found["fusions_right"]) == (2, 1)
    assert found["invented"] == [["S0", "EGFR T790M"]]


def test_metabolites_across_samples(results, truth):
    """Lactate rises as planted, taurine falls, malate is never named; of two lactate features the larger counts."""
    for place, sample in enumerate(("S0", "S1", "S2")):
        rows = [("M1", "Lactate", 10.0 + place), ("M2", "Taurine", 10.0 - place), ("M3", "Lactate", 1.0 - place)]
        features(results, "metabolome", sample, "metabolite", [*rows, ("M4", "123.4@56", 9.0)])
    found = score(results, truth)["metabolome"]
    assert (found["compounds"], found["found_by_name"]) == (3, 2)
    assert found["spearman_median"] == 0
    assert found["compounds_above_0.8"] == 1
    assert found["not_found"] == ["Malate"]


def write_clusters(results, clusters):
    rows = [
        {
            "mutation_id": variant, "sample_id": sample, "cluster_id": clusters[variant],
            "cellular_prevalence": round(CCF[PLANTED[variant][2], sample] - 0.1, 3), "ccf_lower": 0.0,
            "ccf_upper": 0.9, "state": "measured",
        }
        for variant in clusters
        for sample in ("S0", "S1")
    ]  # fmt: skip
    write_tsv(results / "clones" / "P1" / "clusters.tsv", rows, list(rows[0]))


def test_clones(results, truth):
    write_clusters(results, {"chr1:10:A:T": "0", "chr2:30:G:C": "0", "chr1:20:C:G": "1", "chr2:40:T:A": "1"})
    write_tsv(
        results / "clones" / "P1" / "tree.tsv",
        [{"cluster_id": 0, "parent": -1, "support": 1}, {"cluster_id": 1, "parent": 0, "support": 1}],
        ["cluster_id", "parent", "support"],
    )
    found = score(results, truth)["clones"]
    assert (found["v_measure"], found["adjusted_rand"]) == (1, 1)
    assert found["ccf_mean_absolute_error"] == pytest.approx(0.1)
    assert found["ccf_interval_cover"] == 0.5  # 1.0 lies beyond 0.9
    assert (found["tree_edges"], found["tree_edges_right"]) == (2, 2)


def test_clones_mixed_up(results, truth):
    """Each cluster holds one mutation of each clone: worse than chance, ARI -0.5 (by hand: (0 - 2/3) / (2 - 2/3))."""
    write_clusters(results, {"chr1:10:A:T": "0", "chr2:30:G:C": "1", "chr1:20:C:G": "0", "chr2:40:T:A": "1"})
    found = score(results, truth)["clones"]
    assert found["adjusted_rand"] == pytest.approx(-0.5)
    assert found["v_measure"] == pytest.approx(0)


def test_purity(results, truth):
    write_json(
        results / "clones" / "P1" / "fit.json",
        {
            "purity": [
                {"sample_id": "S0", "purity": 0.5},
                {"sample_id": "S1", "purity": 0.25},
                {"sample_id": "S2", "purity": None},
            ]
        },
    )
    found = score(results, truth)["purity"]
    assert found["estimated"] == 2
    assert found["tissue_mean_absolute_error"] == pytest.approx(0.1)
    assert found["plasma_mean_absolute_error"] == pytest.approx(0.05)


def test_targets_and_differential(results, truth):
    order = ["EGFR", "VIM", "AXL", "TP53"]
    rows = [{"rank": place, "gene": gene} for place, gene in enumerate(order, 1)]
    write_tsv(results / "targets" / "ranking.tsv", rows, ["rank", "gene"])
    pd.DataFrame({"layer": "rna", "name": ["AXL", "CDH1", "EGFR"], "log2_fold_change": [1.5, 0.3, np.nan]}).to_parquet(
        results / "targets" / "differential.parquet"
    )
    scores = score(results, truth)
    assert scores["targets"]["drivers"] == {"EGFR": 1}
    assert scores["targets"]["drivers_among_first"] == "1 of 1"
    assert scores["targets"]["changed_genes"] == {"AXL": 3, "CDH1": None}
    rna = scores["differential"]["layers"]["rna"]
    assert (rna["planted"], rna["tested"], rna["right_direction"]) == (2, 2, 1)


def test_report_reads_well(results, truth):
    write_calls(results, [("chr1:10:A:T", "S0", 0.28), ("chr1:20:C:G", "S1", 0.05)])
    write_json(results / "outcome.json", {"outcome": "complete"})
    text = report(score(results, truth))
    assert text.startswith("run")
    assert "2 of 5, 40.0 %" in text
    assert "on time: day 50 (could be seen: day 50)" in text
    assert "no clones/*/fit.json" in text
    assert max(map(len, text.splitlines())) < 140
