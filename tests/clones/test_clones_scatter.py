"""Scatter: precisions that were drawn are found; two clones do not hide behind reads that seem to scatter."""

import numpy as np
import pytest
from scipy.stats import norm

from seriome.clones import scatter
from seriome.clones.fit import fit
from seriome.clones.likelihood import Counts
from seriome.clones.model import Settings
from seriome.simulate.counts import Setting, draw

from .planted import counts

PURITY = np.array([0.5, 0.7, 0.8])


@pytest.mark.parametrize("precision", [None, 500])
def test_precision_that_was_drawn_is_found(precision):
    _, drawn = counts(5, [[1, 1, 1], [0.6, 0.2, 0.4], [0.1, 0.5, 0.3]], [30, 30, 30], PURITY, 1000, precision)
    found = fit(drawn, None, Settings(), PURITY).precision
    assert found in (250, 500, 1000) if precision else found is None or found >= 8000


def test_two_clones_are_not_one_whose_reads_scatter():
    """CCFs 0.124 and 0.053 in one of two samples, 35 mutations, 1,000x, binomial: ten standard errors apart in all."""
    drawn = draw(Setting(clones=4, samples=2, mutations=50, depth=1000, seen=0.04, apart=0.03), 18)
    reads = Counts(drawn.mutations, drawn.samples, drawn.alt, drawn.depth)
    model = fit(reads, None, Settings(), drawn.stated_purity)
    assert model.clusters == 4
    assert all(len(set(model.label[drawn.clone == clone])) == 1 for clone in range(4))


def test_prior_is_log_normal():
    centre, width = scatter.PRIOR
    expected = norm.logpdf(np.log([500.0, 4000.0]), centre, width)
    assert scatter.log_prior(500.0) - scatter.log_prior(4000.0) == pytest.approx(expected[0] - expected[1])


def test_scatter_matters_where_it_widens_reads():
    _, drawn = counts(1, [[1, 1, 1], [0.5, 0.5, 0.5]], [20, 20], PURITY, 200)
    assert scatter.matters(drawn, 500.0)
    assert not scatter.matters(drawn, 8000.0)
    assert not scatter.matters(drawn, None)
