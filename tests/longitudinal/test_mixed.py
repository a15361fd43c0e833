"""Mixed models against lme4 and lmerTest (golden/golden.R; versions.txt says with what), and by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from seriome.longitudinal import contrasts, mixed_model, plan_of

GOLDEN = Path(__file__).parent / "golden"
IN_R = {"intercept": "(Intercept)", "phase[progression]": "phaseprogression", "phase[response]": "phaseresponse"}


def golden(name):
    return pd.read_csv(GOLDEN / f"{name}.tsv", sep="\t", skipinitialspace=True)


@pytest.fixture(scope="module")
def cohort():
    samples = golden("samples")
    values, weights = (golden(name).set_index("feature").to_numpy(float) for name in ("values", "weights"))
    return samples, values, weights, plan_of(samples, ["phase"], {"phase": "baseline"})


@pytest.mark.parametrize("weighted", [False, True])
def test_reml_and_satterthwaite_agree_with_lme4_and_lmertest(cohort, weighted):
    samples, values, weights, plan = cohort
    fit = mixed_model(values, plan.matrix, samples["patient"], weights if weighted else None)
    table = contrasts(fit, plan, plan.names).set_index(["coefficient", "row"])
    expected = golden("lmer")
    for name, in_r in IN_R.items():
        theirs = expected[(expected["coefficient"] == in_r) & (expected["weighted"] == weighted)]
        ours = table.loc[name]
        for column in ("estimate", "error", "freedom", "p"):
            assert ours[column].to_numpy() == pytest.approx(theirs[column].to_numpy(), rel=2e-6, abs=1e-12), column
        assert fit.sigma == pytest.approx(theirs["sigma"].to_numpy(), rel=1e-6)
        assert fit.theta == pytest.approx(theirs["theta"].to_numpy(), abs=1e-6)


def test_the_golden_set_has_what_is_hard(cohort):
    samples, values, _weights, plan = cohort
    theta = mixed_model(values, plan.matrix, samples["patient"]).theta
    assert (theta == 0).any()
    assert (theta > 2).any()
    assert np.isnan(values).any()


def test_balanced_pairs_are_the_paired_t_test():
    # two phases, each patient in both: generalised least squares is the mean difference, Satterthwaite n - 1
    rng = np.random.default_rng(3)
    patient = np.repeat(np.arange(9), 2)
    values = rng.normal(size=(1, 9)).repeat(2, axis=1) * 2 + rng.normal(size=(1, 18)) * 0.3
    samples = pd.DataFrame({"patient": patient, "phase": ["a", "b"] * 9})
    plan = plan_of(samples, ["phase"], {"phase": "a"})
    found = contrasts(mixed_model(values, plan.matrix, patient), plan).iloc[0]
    paired = stats.ttest_rel(values[0, 1::2], values[0, ::2])
    assert found["t"] == pytest.approx(paired.statistic, rel=1e-6)
    assert found["freedom"] == pytest.approx(8, rel=1e-4)
    assert found["p"] == pytest.approx(paired.pvalue, rel=1e-4)


def test_a_feature_without_enough_values_is_not_estimable_and_spoils_no_other():
    rng = np.random.default_rng(3)
    values = rng.normal(size=(4, 12))
    values[1, 2:] = np.nan  # two values
    values[2] = np.nan
    values[3, 1::2] = np.nan  # one phase only
    samples = pd.DataFrame({"patient": np.repeat(list("abcdef"), 2), "phase": ["x", "y"] * 6})
    plan = plan_of(samples, ["phase"])
    table = contrasts(mixed_model(values, plan.matrix, samples["patient"]), plan)
    assert list(table["state"]) == ["tested", "not_estimable", "not_estimable", "not_estimable"]
    alone = contrasts(mixed_model(values[:1], plan.matrix, samples["patient"]), plan)
    assert table.loc[0, "p"] == alone.loc[0, "p"] == table.loc[0, "q"]


def test_constant_features_and_empty_matrices_have_no_test():
    samples = pd.DataFrame({"patient": list("aabb"), "phase": list("xyxy")})
    plan = plan_of(samples, ["phase"])
    assert contrasts(mixed_model(np.full((1, 4), 3.2), plan.matrix, samples["patient"]), plan)["p"].isna().all()
    assert len(contrasts(mixed_model(np.empty((0, 4)), plan.matrix, samples["patient"]), plan)) == 0


def test_p_values_of_no_effect_are_uniform():
    rng = np.random.default_rng(11)
    patient = np.repeat(np.arange(8), 3)
    values = rng.normal(size=(3000, 8))[:, patient] + rng.normal(size=(3000, 24))
    samples = pd.DataFrame({"patient": patient, "phase": ["a", "b", "c"] * 8})
    plan = plan_of(samples, ["phase"])
    p = contrasts(mixed_model(values, plan.matrix, patient), plan)["p"]
    assert (p < 0.05).mean() == pytest.approx(0.05, abs=0.01)
    assert (p < 0.001).mean() < 0.003
