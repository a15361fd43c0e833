"""Target-decoy competition, protein groups: by hand."""

import numpy as np
import pandas as pd
import pytest

from seriome.errors import DataError
from seriome.proteome.fdr import accept, assess, group_proteins, judge, q_values
from seriome.proteome.identify import judged_by_run, refuse_none, taken_from
from seriome.proteome.own import PREFIX
from seriome.proteome.rescore import rescored

from .made import SETTINGS as ALL

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
    mine = taken_from(pooled.assign(hyperscore=pooled["score"]), runs[1])
    assert len(mine) == 60
    assert mine["accepted"].all()


def test_no_match_at_all():
    assessed, level, problem = assess(matches([]), SETTINGS)
    assert (len(assessed), level, problem.reason) == (0, None, "too_few_matches")


def test_own_proteins_are_judged_apart():
    """What only the patient's own proteins hold is in no list of peptides or proteins, but among the matches."""
    rows = [(500 - i, False, f"PEP{i}", f"P{i}") for i in range(150)]
    rows += [(600, False, "OWNPEP", f"{PREFIX}1"), (590, True, "OWNDECOY", f"{PREFIX}2")]
    rows += [(610, False, "SHARED", f"P1;{PREFIX}1")]
    table, level, problem = assess(matches(rows), SETTINGS | {"fdr": 0.02})
    assert (level, problem) == ("protein", None)
    own = table.set_index("peptide")["own"]
    assert own[own].index.tolist() == ["OWNPEP", "OWNDECOY"]
    assert not table.loc[table["own"], "accepted"].any()
    assert table.loc[~table["own"], "accepted"].all()
    assert table.set_index("peptide").loc["OWNPEP", "psm_q"] == pytest.approx(2 / 152)


def test_runs_of_a_patient_name_their_proteins_alike():
    one = matches([(500 - i, False, f"A{i}", "P1;P2") for i in range(120)]).assign(sample="S1", run="r")
    other = matches([(500 - i, False, f"B{i}", "P2") for i in range(120)]).assign(sample="S2", run="r")
    table, told = judged_by_run(pd.concat([one, other], ignore_index=True), SETTINGS)
    assert set(table["group"]) == {"P2"}
    assert told["S1", "r"] == ("peptide", None)


def drawn_matches(rng, right, wrong):
    """Matches of which the search's score tells little and the mass error a lot; wrong ones on targets and decoys."""
    number = right + 2 * wrong
    kind = np.repeat([0, 1, 2], [right, wrong, wrong])
    peptides = ["".join(rng.choice(list("ACDEFGHILMNPQSTVWY"), 12)) + "K" for _ in range(number)]
    table = pd.DataFrame(
        {
            "score": rng.normal(np.where(kind == 0, 2.0, 0.0), 1), "decoy": kind == 2, "peptide": peptides,
            "ppm": np.where(kind == 0, rng.normal(1, 1, number), rng.uniform(-10, 10, number)),
            "rt": 100.0 * np.array([p.count("L") + p.count("F") for p in peptides]) + rng.normal(0, 10, number),
            "kind": kind,
        }
    )  # fmt: skip
    table.loc[kind > 0, "rt"] = rng.uniform(0, 600, 2 * wrong)
    rest = ["delta", "matched_peaks", "longest_b", "longest_y", "intensity_share", "poisson", "fragment_ppm"]
    return table.assign(**dict.fromkeys(rest, 1.0), isotope_error=0, charge=2, missed_cleavages=0, run="r")


def test_rescoring_finds_more_and_keeps_the_promise():
    table = drawn_matches(np.random.default_rng(1), 3000, 1500)
    again, learned = rescored(table)
    assert learned
    before, after = (q_values(one["score"], one["decoy"]) <= 0.01 for one in (table, again))
    targets = ~table["decoy"]
    assert (after & targets).sum() > 1.5 * (before & targets).sum()
    assert (table["kind"] == 1)[after & targets].mean() <= 0.015
    assert (again["hyperscore"] == table["score"]).all()


def test_rescoring_lets_few_matches_be():
    table = drawn_matches(np.random.default_rng(1), 100, 100)
    again, learned = rescored(table)
    assert not learned
    assert (again["score"] == table["score"]).all()


def test_settings_of_the_config_reach_the_rates():
    assert {"fdr", "fdr_level", "fdr_scope", "rescore"} <= set(ALL)
