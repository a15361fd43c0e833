"""A mutation whose reads are off by a factor is of its clone; one whose fractions are at random is of none."""

import numpy as np
import pytest

from seriome.clones.fit import fit
from seriome.clones.likelihood import Counts

from .planted import counts

TRUTH = [[1, 1, 1, 1, 1, 1], [0.7, 0.2, 0.6, 0.1, 0.4, 0.3], [0.2, 0.7, 0.1, 0.4, 0.5, 0.1]]
PURITY = [0.8, 0.6, 0.7, 0.8, 0.5, 0.7]


def with_one_more(fractions, samples=6, seed=3):
    """(true clone of each, counts) of three clones and a mutation, the last, with these VAFs at depth 1,000."""
    ccf = [one[:samples] for one in TRUTH]
    label, drawn = counts(seed, ccf, [12, 10, 10], PURITY[:samples], 1000)
    alt = np.rint(1000 * np.array(fractions[:samples])).astype(int)[None]
    alt, depth = np.vstack([drawn.alt, alt]), np.vstack([drawn.depth, np.full((1, samples), 1000)])
    return label, Counts((*drawn.mutations, "odd"), drawn.samples, alt, depth)


def odds_times(factor, clone):
    vaf = np.array(PURITY) * np.array(TRUTH[clone]) / 2
    return vaf * factor / (1 - vaf + vaf * factor)


def codes(model):
    return [one["warning"] for one in model.warnings]


@pytest.mark.parametrize("factor", [0.5, 2.0], ids=["half of the odds", "twice the odds"])
@pytest.mark.parametrize("clone", [1, 2])
def test_one_factor_in_all_samples(clone, factor):
    label, drawn = with_one_more(odds_times(factor, clone))
    model = fit(drawn)
    others = model.cluster_of[:-1]
    (home,) = set(others[label == clone])
    assert model.clusters == 3
    assert model.cluster_of[-1] == home
    assert "biased_reads" in codes(model)
    (detail,) = [one["detail"] for one in model.warnings if one["warning"] == "biased_reads"]
    assert detail.endswith("odd")
    assert model.mutation_ccf[-1] == pytest.approx(TRUTH[clone], abs=0.08), "its CCF is its clone's"


def test_it_does_not_move_its_clone():
    label, drawn = with_one_more(odds_times(0.5, 1))
    alone = Counts(drawn.mutations[:-1], drawn.samples, drawn.alt[:-1], drawn.depth[:-1])
    with_it, without = fit(drawn), fit(alone)
    (home,) = set(with_it.cluster_of[:-1][label == 1])
    (before,) = set(without.cluster_of[label == 1])
    assert with_it.ccf[home] == pytest.approx(without.ccf[before], abs=0.01)


def test_fractions_at_random_are_of_no_clone():
    label, drawn = with_one_more([0.05, 0.35, 0.3, 0.02, 0.12, 0.4])
    model = fit(drawn)
    assert "biased_reads" not in codes(model)
    of_others = set(model.cluster_of[:-1])
    assert model.cluster_of[-1] not in of_others, "an outlier, or a cluster of its own"
    assert len(set(zip(label, model.cluster_of[:-1], strict=True))) == 3


def test_two_samples_cannot_tell():
    _, drawn = with_one_more(odds_times(0.5, 1), samples=2)
    assert "biased_reads" not in codes(fit(drawn))
