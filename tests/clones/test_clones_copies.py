"""Rows of copies by hand: which numbers of mutated copies are thought of, and how likely each is."""

import numpy as np
import pytest

from seriome.clones.copies import BETWEEN, DOUBLED, FREE, LATE, PRIOR, rates, states


def ways(major, minor, normal=2, part=None, samples=1, **more):
    """Rows of one mutation; major and minor are numbers or a list by sample."""
    one = np.ones((1, samples))
    return states(major * one, minor * one, normal * one, 0.001 * one, part and tuple(x * one for x in part), **more)


@pytest.mark.parametrize(
    ("major", "minor", "copies", "founder", "elsewhere"),
    [
        pytest.param(1, 1, [1, 2], [1 - DOUBLED, DOUBLED], [1, 0], id="diploid, or a loss that no caller saw"),
        pytest.param(1, 0, [1], [1], [1], id="one copy"),
        pytest.param(0, 0, [1], [1], [1], id="no copy left counts as one"),
        pytest.param(2, 1, [1, 2, -2], [0.485, 0.485, 0.03], [0.97 * 0.95, 0.97 * 0.05, 0.03], id="gain"),
        pytest.param(2, 0, [1, 2, -2], [0.485, 0.485, 0.03], [0.97 * 0.95, 0.97 * 0.05, 0.03], id="copy-neutral loss"),
        pytest.param(
            3, 0, [1, 2, 3, -3], [0.97 / 2.2, 0.97 * 0.2 / 2.2, 0.97 / 2.2, 0.03],
            [0.97 * 0.95, 0.97 * 0.025, 0.97 * 0.025, 0.03], id="two of three needs two changes",
        ),
        pytest.param(
            4, 2, [1, 2, 3, 4, -4], [0.97 / 3.2, 0.97 / 3.2, 0.97 * 0.2 / 3.2, 0.97 / 3.2, 0.03],
            [0.97 * 0.95, *[0.97 * 0.05 / 3] * 3, 0.03], id="the minor number counts as one change",
        ),
    ],
)  # fmt: skip
def test_rows_by_hand(major, minor, copies, founder, elsewhere):
    assert (BETWEEN, DOUBLED, FREE, LATE) == (0.2, 0.02, 0.03, 0.05)
    found = ways(major, minor)
    assert found.copies[:, 0].tolist() == copies
    assert np.exp(found.prior) == pytest.approx(founder)
    assert np.exp(found.elsewhere) == pytest.approx(elsewhere)
    assert (found.total == max(major + minor, 1)).all()
    assert found.free.tolist() == [one < 0 for one in copies]


def test_x_of_a_man():
    found = ways(1, 0, normal=1)
    assert (found.copies.tolist(), found.total.tolist(), found.normal.tolist()) == ([[1]], [[1]], [[1]])


def test_copies_that_differ_between_samples():
    """3 + 1 and 1 + 1: one copy, the major, the minor, or any number in each sample of its own."""
    found = ways(np.array([[3, 1]]), np.array([[1, 1]]), samples=2)
    assert found.copies.tolist() == [[1, 1], [3, 1], [1, 1], [-3, -1]]
    assert found.free.tolist() == [False, False, False, True]
    assert found.total[0].tolist() == [4, 2]
    assert np.exp(found.prior) == pytest.approx([0.97 / 3] * 3 + [0.03])
    assert np.exp(found.elsewhere) == pytest.approx([0.97 * 0.95, 0.97 * 0.025, 0.97 * 0.025, 0.03])


def test_rates_of_a_fit_stand_in_the_rows():
    found = ways(2, 1, late=0.2, free=0.1)
    assert np.exp(found.prior) == pytest.approx([0.45, 0.45, 0.1])
    assert np.exp(found.elsewhere) == pytest.approx([0.9 * 0.8, 0.9 * 0.2, 0.1])


def test_a_second_population_by_hand():
    """1 + 1, but 2 + 1 in 0.3 of the cells: 2.3 copies; on both new copies the mutation has 0.7 + 0.3 x 2 = 1.3."""
    found = ways(1, 1, part=(2, 1, 0.3))
    assert found.total == pytest.approx(2.3)
    assert 1.3 in found.copies[:, 0].round(9)
    assert 1.0 in found.copies[:, 0]
    lost = ways(2, 1, part=(1, 1, 0.4))
    assert lost.total == pytest.approx(0.6 * 3 + 0.4 * 2)
    assert 0.6 * 2 + 0.4 * 1 in lost.copies[:, 0].round(9), "on the major allele before either change"


def test_a_fraction_of_zero_is_no_second_population():
    assert ways(2, 1, part=(3, 1, 0.0)).copies.tolist() == ways(2, 1).copies.tolist()
    assert ways(2, 1, part=(np.nan, np.nan, np.nan)).total.tolist() == ways(2, 1).total.tolist()


def many(part):
    rng = np.random.default_rng(2)
    minor = rng.integers(0, 3, (60, 3))
    major = minor + rng.integers(0, 4, (60, 3))
    major[:40], minor[:40] = major[:40, :1], minor[:40, :1]
    fraction = np.where(rng.random((60, 3)) < 0.4, rng.uniform(0.1, 0.5, (60, 3)), 0)
    two = np.full((60, 3), 2.0)
    return states(major, minor, two, 0.001 * two, (major + 1, minor, fraction) if part else None)


@pytest.mark.parametrize("part", [False, True], ids=["one population", "two"])
def test_priors_sum_to_one(part):
    found = many(part)
    assert (np.diff(found.mutation) >= 0).all()
    assert set(found.mutation) == set(range(60))
    assert np.bincount(found.mutation, np.exp(found.prior)) == pytest.approx(1)
    assert np.bincount(found.mutation, np.exp(found.elsewhere)) == pytest.approx(1)
    assert (found.total > 0).all()
    assert (np.abs(found.copies) > 0).all()


def test_some_samples_and_some_rows():
    found = ways(np.array([[3, 1]]), np.array([[1, 1]]), samples=2)
    assert found.samples([1]).copies.tolist() == [[1], [1], [1], [-1]]
    assert found.rows(~found.free).copies.tolist() == found.copies[:3].tolist()
    assert (found.samples([1]).prior == found.prior).all()


def test_rates_by_hand():
    """Two mutations on 2 + 1: one on both copies outside the founder, one free in it. 40 more at the rates of before.

    A diploid mutation could not be either and says nothing.
    """
    assert PRIOR == 40
    major, two = np.array([[2.0], [2.0], [1.0]]), np.full((3, 1), 2.0)
    found = states(major, np.ones((3, 1)), two, 0.001 * two)
    assert found.copies[:, 0].tolist() == [1, 2, -2, 1, 2, -2, 1, 2]
    rows = np.zeros((8, 2))
    rows[1, 1] = rows[5, 0] = rows[7, 0] = 1
    late, free = rates(found, rows, founder=True)
    assert free == pytest.approx((1 + 40 * 0.03) / (2 + 40))
    assert late == pytest.approx((1 + 40 * 0.05) / (1 + 40))
    nothing = rates(found, np.zeros((8, 2)), founder=True)
    assert nothing == pytest.approx((LATE, FREE))
    late, free = rates(found, rows[:, ::-1], founder=False)
    assert late == pytest.approx((1 + 40 * 0.05) / (1 + 40)), "without a founder all clusters are outside it"
