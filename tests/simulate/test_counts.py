"""Drawn counts: what is true of them by hand, and that each violation is the one that its setting names."""

import numpy as np
import pytest

from seriome.simulate.counts import CHANGED, ERROR, LOST, TABLE, Course, Setting, draw, reads, table

CHAIN = {"parent": np.array([-1, 0, 1]), "starts": np.array([0.0]), "days": np.array([0, 50])}


def course(size=(0.0, 0.0, 0.0), rate=(0.0, 0.0, 0.0), born=(-np.inf,) * 3, **more):
    return Course(born=np.array(born), rate=np.array(rate)[:, None], size=np.array(size), **{**CHAIN, **more})


def drawn(one=None, seed=1, **more):
    setting = Setting(**{"clones": 3, "samples": 2, "mutations": 3000, "depth": 1000, **more})
    return reads(setting, one or course(), np.random.default_rng(seed))


def vaf_of(found, mutations):
    return found.alt[mutations].sum(axis=0) / found.depth[mutations].sum(axis=0)


def test_shares_and_ccf_by_hand():
    """Equal sizes in a chain of three: own shares 1/3, CCF 1, 2/3 and 1/3."""
    even = course()
    assert even.share == pytest.approx(np.full((3, 2), 1 / 3))
    assert even.ccf == pytest.approx(np.array([[1, 1], [2 / 3, 2 / 3], [1 / 3, 1 / 3]]))
    assert even.below.tolist() == [[True, True, True], [False, True, True], [False, False, True]]


def test_growth_by_hand():
    """The last is born on day 20 at e^-1 and grows by 0.1 a day, then by -0.2: -1 + 1 - 4 on day 50."""
    one = course(born=(-np.inf, -np.inf, 20), size=(0, 0, -1.0), rate=(0, 0, 0))
    one = Course(
        one.parent, one.born, np.array([[0, 0], [0, 0], [0.1, -0.2]]), np.array([0.0, 30.0]), one.days, one.size
    )
    assert one.log_size([10, 20, 30, 50])[2] == pytest.approx([-np.inf, -1, 0, -4])
    assert one.shares([10])[:, 0] == pytest.approx([0.5, 0.5, 0])
    assert one.shares([30])[:, 0] == pytest.approx([1 / 3] * 3)
    gone = course(size=(0, 0, np.log(LOST / 4)))
    assert gone.share[2].tolist() == [0, 0]


def test_equal_seeds_equal_counts():
    setting = Setting(copies=True, precision=500, artefacts=0.1, subclonal=0.1)
    one, same, other = draw(setting, 3), draw(setting, 3), draw(setting, 4)
    for name in ("alt", "depth", "clone", "major", "minor", "purity", "stated_purity"):
        assert (getattr(one, name) == getattr(same, name)).all(), name
    assert list(table(one)) == list(table(same))
    assert (one.alt != other.alt).any()


@pytest.mark.parametrize("seed", range(6))
def test_truth_keeps_the_sum_rule_and_every_clone_can_be_found(seed):
    setting = Setting(clones=6, samples=4, mutations=60)
    one = draw(setting, seed)
    ccf, parent = one.course.ccf, one.course.parent
    assert ccf[0] == pytest.approx(1)
    assert one.course.share.sum(axis=0) == pytest.approx(1)
    for clone in range(6):
        assert (ccf[parent == clone].sum(axis=0) <= ccf[clone] + 1e-9).all()
    assert (one.course.share.max(axis=1) >= setting.seen).all()
    for a in range(6):
        for b in range(a):
            assert np.abs(ccf[a] - ccf[b]).max() >= setting.apart
            assert not one.course.below[a, b], "a parent comes before its children"
    assert np.bincount(one.clone, minlength=6).min() >= 3
    assert one.ccf == pytest.approx(ccf[one.clone])
    assert (one.alt <= one.depth).all()


def test_vaf_of_a_diploid_clone_by_hand():
    """purity x CCF / 2, misread either way; depth is Poisson."""
    found = drawn()
    for clone, ccf in enumerate([1, 2 / 3, 1 / 3]):
        expected = found.purity * ccf / 2
        expected = expected * (1 - ERROR) + (1 - expected) * ERROR
        assert vaf_of(found, found.clone == clone) == pytest.approx(expected, abs=0.003)
    assert found.depth.mean() == pytest.approx(1000, abs=3)
    assert found.depth.var() == pytest.approx(1000, rel=0.08)
    assert (found.major == 1).all()
    assert (found.minor == 1).all()
    assert found.stated_purity.tolist() == found.purity.tolist()
    assert ((found.purity >= 0.3) & (found.purity <= 0.9)).all()


def test_vaf_of_changed_copies_by_hand():
    """Half of the mutations lie on changed copies; outside the founder on one of them: purity x CCF / all copies."""
    found = drawn(copies=True, mutations=6000)
    changed = (found.major != 1) | (found.minor != 1)
    assert changed.mean() == pytest.approx(0.5, abs=0.03)
    assert set(zip(found.major[changed], found.minor[changed], strict=True)) == set(CHANGED)
    rho = found.purity
    mine = (found.major == 3) & (found.clone == 1)
    assert vaf_of(found, mine) == pytest.approx(rho * (2 / 3) / (rho * 4 + (1 - rho) * 2), abs=0.005)
    founder = (found.major == 2) & (found.minor == 0) & (found.clone == 0)
    one = found.alt[founder, 0] / found.depth[founder, 0]
    expected = np.array([1, 2]) * rho[0] / 2
    near = np.abs(one[:, None] - expected).argmin(axis=1)
    assert near.mean() == pytest.approx(0.5, abs=0.12), "half of the founder's came before the change, and lie on both"
    assert np.abs(one - expected[near]).max() < 0.1


def test_scatter_of_reads_by_hand():
    """Beta-binomial: the variance of alt / depth is v (1 - v) / depth x (1 + (depth - 1) / (precision + 1))."""
    for precision, factor in [(None, 1.0), (99, 1 + 999 / 100)]:
        found = drawn(precision=precision)
        one = (found.alt / found.depth)[found.clone == 0, 0]
        mean = one.mean()
        assert one.var() == pytest.approx(mean * (1 - mean) / 1000 * factor, rel=0.15)


def test_artefacts_are_of_no_clone():
    found = drawn(artefacts=0.1)
    false = found.clone < 0
    assert false.sum() == 300
    assert np.isnan(found.ccf[false]).all()
    assert np.isfinite(found.ccf[~false]).all()
    vaf = found.alt[false] / found.depth[false]
    wide = np.abs(vaf[:, 0] - vaf[:, 1]) > 0.06
    assert 0.3 < wide.mean() < 0.6, "half have a fraction of their own in each sample, half a low one in all"
    assert vaf.max() < 0.57
    assert (draw(Setting(), 1).clone >= 0).all()


def test_missing_cells_have_no_reads():
    found = drawn(missing=0.3)
    assert (found.depth == 0).mean() == pytest.approx(0.3, abs=0.02)
    assert (found.alt[found.depth == 0] == 0).all()


def test_missing_samples():
    found = drawn(missing_samples=0.5)
    gone = found.depth == 0
    assert gone[:, 0].mean() == 0.5
    assert not gone[:, 1].any()


def test_stated_purity():
    found = drawn(purity_shift=-0.1)
    assert found.stated_purity == pytest.approx(found.purity - 0.1)
    many = Setting(clones=1, samples=400, mutations=1, purity=(0.5, 0.6), purity_error=0.05)
    one = course(parent=np.array([-1]), born=(-np.inf,), rate=(0.0,), size=(0.0,), days=np.arange(400))
    found = reads(many, one, np.random.default_rng(1))
    assert (found.stated_purity - found.purity).std() == pytest.approx(0.05, rel=0.1)
    assert drawn(purity_shift=2).stated_purity.tolist() == [1, 1]


def test_low_purity_is_of_the_last_sample():
    found = drawn(low_purity=0.08)
    assert found.purity[-1] == 0.08
    assert found.purity[0] >= 0.3


def test_wrong_copies_are_stated_and_not_true():
    right, wrong = drawn(), drawn(wrong_copies=0.3)
    other = (wrong.major != 1) | (wrong.minor != 1)
    assert other.mean() == pytest.approx(0.3 * len(CHANGED) / (len(CHANGED) + 1), abs=0.03)
    for clone in range(3):
        mine = other & (wrong.clone == clone)
        assert vaf_of(wrong, mine) == pytest.approx(vaf_of(right, right.clone == clone), abs=0.01), "reads are diploid"


def test_subclonal_copies_state_the_commoner():
    """Clone 2, a tenth of the cells, or clones 1 and 2 have the change: nine in ten of the cells are as stated."""
    few = course(size=(0.0, np.log(0.05), np.log(0.05)))
    found = drawn(few, subclonal=0.5)
    assert (found.major == 1).all()
    assert (found.minor == 1).all()
    most = drawn(course(size=(np.log(0.05), 0.0, 0.0)), subclonal=0.5, seed=2)
    assert set(zip(most.major, most.minor, strict=True)) == {(1, 1), (2, 1), (1, 0)}

    def scatter(one):  # of founder mutations in the first sample, as a multiple of chance
        vaf = (one.alt / one.depth)[one.clone == 0, 0]
        return vaf.var() / (vaf.mean() * (1 - vaf.mean()) / 1000)

    assert scatter(drawn()) == pytest.approx(1, abs=0.15)
    assert scatter(drawn(subclonal=0.5)) > 1.5, "reads are not those of two copies"


def test_plasma_lies_between_two_tissues():
    one = draw(Setting(samples=5, mutations=300, plasma=(0.01, 0.2)), 2)
    assert one.specimens == ("tissue", "plasma", "plasma", "plasma", "tissue")
    burden = np.exp(np.logaddexp.reduce(one.course.log_size(one.course.days), axis=0))
    assert one.purity[1:4] == pytest.approx((burden / (1 + burden))[1:4])
    assert one.depth[:, 1:4].mean() == pytest.approx(2000, rel=0.02)
    assert one.depth[:, [0, 4]].mean() == pytest.approx(200, rel=0.02)
    at_changes = one.course.log_size(np.append(one.course.starts, one.course.days[-1]))
    fraction = 1 / (1 + np.exp(-np.logaddexp.reduce(at_changes, axis=0)))
    assert ((fraction > 0.0099) & (fraction < 0.201)).all()


def test_table():
    one = draw(Setting(mutations=8), 1)
    rows = list(table(one))
    assert len(rows) == 8 * 2
    assert list(rows[0]) == TABLE
    last = rows[-1]
    assert (last["mutation_id"], last["sample_id"]) == (one.mutations[-1], one.samples[-1])
    assert last["alt_counts"] == one.alt[-1, -1]
    assert last["alt_counts"] + last["ref_counts"] == one.depth[-1, -1]
    assert float(last["tumour_content"]) == pytest.approx(one.stated_purity[-1], abs=1e-5)
