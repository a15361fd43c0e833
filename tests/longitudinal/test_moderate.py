"""Moderated variances against limma's squeezeVar (golden/golden.R)."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from seriome.longitudinal import squeeze

GOLDEN = Path(__file__).parent / "golden"
MANY = pd.read_csv(GOLDEN / "many.tsv", sep="\t")
LIMMA = pd.read_csv(GOLDEN / "limma.tsv", sep="\t", skipinitialspace=True)


def test_posterior_variances_are_limmas():
    posterior, _, freedom = squeeze(MANY["variance"], MANY["freedom"])
    assert posterior == pytest.approx(LIMMA["posterior"].to_numpy(), rel=1e-9)
    assert freedom == pytest.approx(LIMMA["prior_freedom"][0], rel=1e-9)


def test_with_a_trend_they_are_limmas_too():
    posterior, prior, freedom = squeeze(MANY["variance"], MANY["freedom"], MANY["level"])
    assert posterior == pytest.approx(LIMMA["posterior_trend"].to_numpy(), rel=1e-9)
    assert prior == pytest.approx(LIMMA["prior_trend"].to_numpy(), rel=1e-9)
    assert freedom == pytest.approx(LIMMA["prior_freedom_trend"][0], rel=1e-9)


def test_a_feature_without_a_variance_of_its_own_has_the_prior():
    variance = MANY["variance"].to_numpy(copy=True)
    variance[0] = np.nan
    posterior, prior, _ = squeeze(variance, MANY["freedom"].where(np.isfinite(variance), 0))
    assert posterior[0] == pytest.approx(prior[0])


def test_variances_of_few_degrees_of_freedom_do_not_upset_the_prior():
    rng = np.random.default_rng(4)
    freedom = np.where(rng.random(2000) < 0.2, 1, 12)
    true = 0.3 * 8 / rng.chisquare(8, size=2000)
    variance = true * rng.chisquare(freedom) / freedom
    _, prior, found = squeeze(variance, freedom)
    assert found == pytest.approx(8, rel=0.2)
    assert prior[0] == pytest.approx(0.3, rel=0.05)


def test_two_features_are_too_few_to_borrow_from():
    posterior, prior, freedom = squeeze([1.0, 2.0], [3, 3])
    assert list(posterior) == [1.0, 2.0]
    assert freedom == 0
    assert np.isnan(prior).all()
