"""Designs: factors against a reference, and batches that can and cannot be told apart from what is asked."""

import numpy as np
import pandas as pd

from seriome.longitudinal import plan_of


def sheet(phases, batches, patients=None):
    return pd.DataFrame(
        {"phase": list(phases), "batch": list(batches), "patient": list(patients or range(len(phases)))}
    )


def test_levels_stand_against_the_reference():
    plan = plan_of(sheet("abcab", "     "), ["phase"], {"phase": "b"})
    assert plan.names == ["intercept", "phase[a]", "phase[c]"]
    assert plan.matrix.tolist() == [[1, 1, 0], [1, 0, 0], [1, 0, 1], [1, 1, 0], [1, 0, 0]]


def test_a_batch_across_the_phases_is_a_covariate():
    plan = plan_of(sheet("ababab", "xxyyxy"), ["phase"])
    assert plan.names == ["intercept", "phase[b]", "batch[y]"]
    assert plan.told == []
    assert not plan.batch_left_out


def test_a_batch_that_is_the_phase_is_left_out_and_told():
    plan = plan_of(sheet("aaabbb", "xxxyyy"), ["phase"])
    assert plan.names == ["intercept", "phase[b]"]
    assert plan.batch_left_out
    assert "batch is confounded with phase[b]" in plan.told[0]


def test_many_batches_of_which_some_combination_is_the_phase_count_as_confounded():
    plan = plan_of(sheet("aaabbb", "xxyzzw"), ["phase"])
    assert plan.batch_left_out
    assert plan.names == ["intercept", "phase[b]"]


def test_only_the_phase_that_a_batch_hides_is_named():
    plan = plan_of(sheet("aabbcc", "xyxyzz"), ["phase"], {"phase": "a"})
    assert plan.batch_left_out
    assert "phase[c]" in plan.told[0]
    assert "phase[b]" not in plan.told[0]


def test_nearly_confounded_is_taken_in_and_told():
    phases, batches = "a" * 20 + "b" * 20, "x" * 20 + "y" * 19 + "x"
    plan = plan_of(sheet(phases, batches), ["phase"])
    assert "batch[y]" in plan.names
    assert "nearly confounded with phase[b]" in plan.told[0]
    assert not plan.batch_left_out


def test_every_sample_its_own_batch_is_no_covariate():
    plan = plan_of(sheet("ab", "xy"), ["phase"])
    assert plan.names == ["intercept", "phase[b]"]
    assert plan.batch_left_out


def test_unknown_batches_are_told():
    plan = plan_of(sheet("ababab", ["x", "x", "", "", "x", ""]), ["phase"])
    assert "no batch in the sheet" in plan.told[0]


def test_numbers_are_taken_as_they_are():
    plan = plan_of(pd.DataFrame({"purity": [0.1, 0.5, 0.9]}), ["purity"])
    assert plan.names == ["intercept", "purity"]
    assert np.allclose(plan.matrix[:, 1], [0.1, 0.5, 0.9])
