"""Target-decoy competition, protein groups: by hand."""

import numpy as np
import pandas as pd
import pytest

from seriome.errors import DataError
from seriome.proteome.fdr import accept, assess, group_proteins, judge, q_values, refuse_none, taken_from

SETTINGS = {"fdr": 0.01, "fdr_level": "strictest", "fdr_scope": "run"}


def matches(rows):
    table = pd.DataFrame(rows, columns=["score", "decoy", "peptide", "proteins"])
    return table.assign(spectrum=[f"scan={i}" for i in range(len(table))])


def test_q_values_by_hand():
    # (D+1)/T down the list: 1/1 1/2 1/3 | decoy 2/3 | 2/4 2/5
    q = q_values([10, 9, 8, 7, 6, 5], [False, False, False, True, False, False])
    assert q == pytest.approx([1 / 3, 1 / 3, 1 / 3, 2 / 5, 2 / 5, 2 / 5])


def test_equal_scores_pass_together():
    assert q_values([5, 5, 5], [False, True, False]) == pytest.approx([1, 1, 1])  # 2 / 2
    assert q_values([5, 5, 5, 5], [False, True, False, False]) == pytest.approx([2 / 3] * 4)


def test_one_percent_needs_a_hundred_targets():
    scores = np.arange(100, 0, -1)
    assert q_values(scores, np.zeros(100, bool)).max() == pytest.approx(0.01)
    assert q_values(scores[:99], np.zeros(99, bool)).min() > 0.01


def test_order_of_rows_does_not_matter():
    rng = np.random.default_rng(1)
    score, decoy = rng.integers(0, 30, 200).astype(float), rng.random(200) < 0.3
    shuffled = rng.permutation(200)
    assert (q_values(score, decoy)[shuffled] == q_values(score[shuffled], decoy[shuffled])).all()


def test_plus_one_holds_the_promise_on_planted_errors():
    """Wrong targets and decoys are drawn alike; over many lists the mean false share stays within the FDR."""
    rng, shares = np.random.default_rng(7), []
    for _ in range(300):
        right, wrong, decoy = rng.normal(4, 1, 150), rng.normal(0, 1, 100), rng.normal(0, 1, 100)
        score = np.concatenate([right, wrong, decoy])
        kept = q_values(score, np.repeat([False, False, True], [150, 100, 100])) <= 0.05
        shares.append(kept[150:250].sum() / max(kept[:250].sum(), 1))
    assert np.mean(shares) < 0.05


def test_groups_by_hand():
    table = matches(
        [
            (90, False, "PEPA", "P1;P2"),
            (80, False, "PEPB", "P1"),
            (70, False, "PEPC", "P3;P4"),
            (60, False, "PEPD", "P5"),
            (50, False, "PEPE", "P1;P5"),
        ]
    )
    groups = group_proteins(table, fdr=1.0)
    assert groups.loc["P1;P2"].tolist() == ["P1", "P1;P2", True]  # P2's only peptide is also P1's
    assert groups.loc["P3;P4"].tolist() == ["P3", "P3;P4", True]  # no telling them apart
    assert groups.loc["P5"].tolist() == ["P5", "P5", True]
    assert groups.loc["P1;P5"].tolist() == ["P1", "P1;P2", False]  # shared: P1 has more, P5 has its own


def test_poor_matches_do_not_choose_the_leader():
    good = [(100 - i / 1000, False, f"GOOD{i}", "P2;P9") for i in range(120)]
    poor = [(1.0, False, f"POOR{i}", "P9") for i in range(3)] + [(1.5, True, "RUIN", "P9")] * 5
    groups = group_proteins(matches(good + poor), fdr=0.01)
    assert groups.loc["P2;P9", "group"] == "P2"
    assert groups.loc["P9", "group"] == "P2"  # P9 was taken into the group by the good ones


def test_picked_proteins():
    rows = [(100 + i, False, f"T{i}", f"P{i:03}") for i in range(30)]
    rows += [(90 + i, True, f"D{i}", f"P{i:03}") for i in range(10)]  # decoys of winners: not picked
    table = matches(rows)
    judged = judge(table, group_proteins(table, 0.05))
    assert judged.loc[~judged["decoy"], "protein_q"].to_numpy() == pytest.approx(np.full(30, 1 / 30))
    assert (judged.loc[judged["decoy"], "protein_q"] == 1).all()


def test_strictest_level_that_can_be_judged():
    rows = [
        (500 - i, False, f"PEP{i % 60}", f"P{i % 60 % 8}") for i in range(150)
    ]  # 150 matches, 60 peptides, 8 proteins
    table = matches(rows)
    judged = judge(table, group_proteins(table, 0.01))
    accepted, level = accept(judged, 0.01)
    assert level == "psm"
    assert accepted["accepted"].all()
    assert accept(judged, 0.02)[1] == "peptide"
    assert accept(judged, 0.2)[1] == "protein"


def test_too_few_matches_has_a_way_out():
    table = matches([(50 - i, False, f"PEP{i}", "P1") for i in range(40)])
    assessed, level, problem = assess(table, SETTINGS)
    assert level is None
    assert not assessed["accepted"].any()
    assert problem.reason == "too_few_matches"
    assert "40 target and 0 decoy" in problem.detail
    assert "proteome.fdr_scope: cohort" in problem.way_out
    with pytest.raises(DataError, match="too_few_matches"):
        refuse_none(assessed, problem, SETTINGS)


def test_cohort_scope_reaches_what_runs_cannot():
    runs = [
        matches([(50 - i, False, f"PEP{i}", f"P{i}") for i in range(60)]).assign(sample=sample, run="r1")
        for sample in ("S1", "S2")
    ]
    pooled, level, problem = assess(pd.concat(runs, ignore_index=True), SETTINGS | {"fdr_scope": "cohort"})
    assert (level, problem) == ("psm", None)
    mine = taken_from(pooled, runs[1].drop(columns=["sample", "run"]), {"sample": "S2", "run": "r1"})
    assert len(mine) == 60
    assert mine["accepted"].all()


def test_no_match_at_all():
    assessed, level, problem = assess(matches([]), SETTINGS)
    assert (len(assessed), level, problem.reason) == (0, None, "too_few_matches")
