"""Likelihood, clusters and purity against hand calculation, planted clones and public data."""

import csv
import math

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score, v_measure_score

from seriome.clones import detection
from seriome.clones.cluster import mix
from seriome.clones.copies import DOUBLED, FREE, LATE, states
from seriome.clones.counts import read_counts
from seriome.clones.fit import fit
from seriome.clones.likelihood import Counts, Grid, expected_vaf, interval, log_likelihood, outlier, tensor
from seriome.clones.mixture import data
from seriome.clones.model import CopyNumber, Settings
from seriome.clones.results import Patient, tree_of
from seriome.errors import InputError
from seriome.simulate.counts import Setting, draw

from .planted import counts

FIVE = [[1, 1, 1, 1, 1], [0.6, 0.5, 0.3, 0.1, 0.05], [0.3, 0.4, 0.6, 0.85, 0.9], [0, 0, 0.2, 0.5, 0.8]]
PURITY, DEPTH = [0.6, 0.05, 0.03, 0.1, 0.5], [200, 900, 900, 900, 200]


def diploid(mutations, samples, error):
    one = np.ones((mutations, samples))
    return states(one, one, 2 * one, error * one)


@pytest.mark.parametrize(
    ("arguments", "vaf"),
    [
        pytest.param({"ccf": 0.5, "purity": 0.6}, 0.15, id="two copies, one mutated: purity x ccf / 2"),
        pytest.param({"ccf": 0.5, "purity": 0.6, "copies": 2, "total": 4}, 0.6 / 3.2, id="two of four copies"),
        pytest.param({"ccf": 1, "purity": 0.67, "total": 3}, 0.67 / 2.67, id="one of three copies"),
        pytest.param({"ccf": 0, "purity": 0.6, "error": 0.001}, 0.001, id="absent: misread"),
    ],
)
def test_expected_vaf(arguments, vaf):
    assert expected_vaf(**arguments) == pytest.approx(vaf)


def test_log_likelihood_by_hand():
    assert math.exp(log_likelihood(3, 10, 0.15)) == pytest.approx(120 * 0.15**3 * 0.85**7)
    # beta(2, 8), one of two: 2 B(3, 9) / B(2, 8) = 2 x (2 x 8) / (10 x 11)
    assert math.exp(log_likelihood(1, 2, 0.2, precision=10)) == pytest.approx(32 / 110)
    assert log_likelihood(0, 0, 0.3) == pytest.approx(0)


def test_not_covered_says_nothing():
    counted = Counts(("a",), ("S",), np.array([[0]]), np.array([[0]]))
    assert not tensor(counted, diploid(1, 1, 0.001), [0.5], Grid()).any()


def test_more_mutated_reads_than_reads_is_refused():
    with pytest.raises(InputError, match="0 <= alt <= depth does not hold for 3, 2"):
        Counts(("a",), ("S",), np.array([[3]]), np.array([[2]]))


def test_posterior_of_one_mutation_is_the_beta_distribution():
    """300 of 1,000 reads, purity 1: VAF ~ Beta(301, 701) under a flat prior, CCF is twice that."""
    grid = Grid()
    counted = Counts(("a",), ("S",), np.array([[300]]), np.array([[1000]]))
    ways = diploid(1, 1, 1e-6)
    fitted = mix(data(tensor(counted, ways, [1.0], grid), ways, outlier(counted)), grid, founder=False)
    mean, lower, upper = interval(fitted.posterior[0, 0], grid)
    assert mean == pytest.approx(2 * 301 / 1002, abs=0.001)
    assert (lower, upper) == pytest.approx((2 * 0.2724, 2 * 0.3291), abs=0.004)  # scipy.stats.beta.ppf


def test_two_clean_clusters():
    label, drawn = counts(1, [[1, 1, 1], [0.2, 0.6, 0.4]], [12, 10], [0.7, 0.5, 0.2], [150, 150, 800])
    model = fit(drawn)
    assert model.clusters == 2
    assert adjusted_rand_score(label, model.cluster_of) == 1
    assert model.ccf[1] == pytest.approx([0.2, 0.6, 0.4], abs=0.08)
    assert model.purity == pytest.approx([0.7, 0.5, 0.2], rel=0.08)
    assert not model.warnings


def test_intervals_hold():
    """95 % intervals of CCF and purity over a few hundred planted clones and samples."""
    inside = total = pure = 0
    for seed in range(15):
        rng = np.random.default_rng(1000 + seed)
        first = rng.uniform(0.2, 0.8, 5)
        second, third = (1 - first) * rng.uniform(0.2, 0.9, 5), first * rng.uniform(0.1, 0.9, 5)
        third[:2] = 0
        truth = np.array([np.ones(5), first, second, third])
        label, drawn = counts(seed, truth, [12, 8, 8, 6], PURITY, DEPTH)
        model = fit(drawn)
        pure += ((model.purity_lower <= PURITY) & (model.purity_upper >= PURITY)).sum()
        for k in range(1, model.clusters):
            real = truth[np.bincount(label[model.cluster_of == k]).argmax()]
            inside += ((model.lower[k] <= real + 1e-9) & (model.upper[k] >= real - 1e-9)).sum()
            total += 5
    print(f"cover of 95 % intervals: CCF {inside / total:.3f} of {total}, purity {pure / 75:.2f} of 75")
    assert total >= 200
    assert 0.9 <= inside / total <= 0.99
    assert pure >= 66


def test_intervals_of_mutations_hold():
    """95 % intervals of the CCF of every mutation that is not the founder's, over 20 planted patients."""
    inside, total = 0, 0
    for seed in range(20):
        drawn = draw(Setting(clones=4, samples=3, mutations=60, depth=200), seed)
        cells = (np.ones((60, 3)), np.ones((60, 3)), np.full((60, 3), 2.0))
        counted = Counts(drawn.mutations, drawn.samples, drawn.alt, drawn.depth)
        model = fit(counted, CopyNumber(*cells), None, drawn.purity, np.full((60, 3), 0.001))
        mine = drawn.clone > 0
        held = (model.mutation_lower <= drawn.ccf + 1e-3) & (drawn.ccf - 1e-3 <= model.mutation_upper)
        inside, total = inside + held[mine].sum(), total + held[mine].size
    print(f"cover of 95 % intervals of mutations: {inside / total:.3f} of {total}")
    assert total > 800
    assert 0.9 <= inside / total <= 0.99


def test_order_of_rows_and_samples_does_not_matter():
    _, drawn = counts(3, FIVE, [15, 10, 10, 8], PURITY, DEPTH)
    turned = Counts(drawn.mutations[::-1], drawn.samples, drawn.alt[::-1], drawn.depth[::-1])
    one, other = fit(drawn), fit(turned)
    assert one.ccf == pytest.approx(other.ccf, abs=1e-3, nan_ok=True)
    assert (one.cluster_of == other.cluster_of[::-1]).all()


def test_cleared_plasma_has_no_purity_and_no_clones():
    truth = [[1, 1, 1, 1], [0.4, 0.4, 0.4, 0.8]]
    label, drawn = counts(4, truth, [14, 10], [0.6, 0.1, 0.0, 0.1], [200, 900, 900, 900])
    model = fit(drawn)
    assert adjusted_rand_score(label, model.cluster_of) == 1
    assert np.isnan(model.purity[2])
    assert list(model.state[:, 2]) == ["tumour_not_detected"] * 2
    assert np.isnan(model.ccf[:, 2]).all()
    assert 0.0001 < model.purity_limit[2] < 0.005
    assert [one["warning"] for one in model.warnings] == ["tumour_not_detected"]


def test_limit_of_detection_by_hand():
    """Without misreading two reads are needed; P(2 or more) = 0.95 at 4.744 expected reads; CCF 1 would give 100."""
    assert detection.needed(0.0) == 2
    assert detection.limit(100, 0.0) == pytest.approx(0.04744, abs=1e-4)
    # 0.5 expected misreadings: P(3 or more) = 0.0144, P(4 or more) = 0.0018, so four reads are needed; 7.754 expected
    assert detection.needed(0.5) == 4
    assert detection.limit(100, 0.5) == pytest.approx((7.754 - 0.5) / 100, abs=1e-4)
    assert detection.probability_by_error(3, 0.5) == pytest.approx(1 - math.exp(-0.5) * (1 + 0.5 + 0.125), abs=1e-9)
    assert detection.limit(0, 0.0) == math.inf


def test_copy_number_rows_are_summed_over():
    """A founder mutation on three of four copies: VAF 0.6 x 3 / 3.2; without its state it would be no CCF at all."""
    _, drawn = counts(5, [[1, 1], [0.5, 0.2]], [10, 8], [0.6, 0.6], [400, 400])
    drawn.alt[0], drawn.depth[0] = [225, 225], [400, 400]  # 0.5625
    ratio = np.ones(drawn.alt.shape)
    ratio[0] = 1.6  # 0.6 x 4 / 2 + 0.4
    changed = np.arange(18) == 0
    model = fit(drawn, CopyNumber(ratio=ratio, error=np.full(ratio.shape, 0.05), changed=changed))
    assert model.tumour_cn == {0: 4}
    assert model.cluster_of[0] == 0
    assert model.out[0] < 0.02, "an outlier only as far as one mutation in a hundred is"
    assert model.member[0, 0] / model.member[0].sum() > 0.99
    assert model.purity == pytest.approx([0.6, 0.6], abs=0.04)


def test_states_with_copy_number():
    """Two copies, three of which any number may be mutated, two again; a copy-neutral loss has a row of its own."""
    major, minor = (np.outer(one, np.ones(2)) for one in ([1, 3, 1], [1, 0, 1]))
    ways = states(major, minor, 2 * np.ones((3, 2)), 0.001 * np.ones((3, 2)))
    assert list(ways.mutation) == [0, 0, 1, 1, 1, 1, 2, 2]
    assert ways.copies[:, 0].tolist() == [1, 2, 1, 2, 3, -3, 1, 2], (
        "the last of the second: any, in each sample its own"
    )
    assert ways.total[:, 1].tolist() == [2, 2, 3, 3, 3, 3, 2, 2]
    assert np.exp(ways.prior[2:6]).sum() == pytest.approx(1)
    assert np.exp(ways.elsewhere[2:5]) / (1 - FREE) == pytest.approx([1 - LATE, LATE / 2, LATE / 2])
    assert (LATE, DOUBLED) == (0.05, 0.02)


@pytest.mark.parametrize(
    ("mutations", "samples", "depth", "alt", "clusters", "warning"),
    [
        pytest.param(0, 2, 100, 20, 0, "no_somatic_mutations", id="no mutation"),
        pytest.param(1, 1, 100, 20, 1, "few_mutations", id="one mutation in one sample"),
        pytest.param(2, 3, 100, 20, 1, "few_mutations", id="two mutations"),
        pytest.param(5, 2, 0, 0, 0, "no_somatic_mutations", id="depth 0 everywhere"),
        pytest.param(5, 2, 100, 0, 0, "no_tumour_signal", id="no tumour anywhere"),
        pytest.param(30, 1, 100, 100, 1, "purity_at_one", id="every read mutated"),
        pytest.param(30, 2, 200, 60, 1, None, id="all of one CCF"),
    ],
)
def test_thin_data(mutations, samples, depth, alt, clusters, warning):
    shape = (mutations, samples)
    names = tuple(f"m{n:02}" for n in range(mutations)), tuple(f"S{s}" for s in range(samples))
    model = fit(Counts(*names, np.full(shape, alt), np.full(shape, depth)))
    assert model.clusters == clusters
    assert model.member.shape == (mutations, clusters)
    codes = [one["warning"] for one in model.warnings]
    assert warning in codes if warning else not codes


def test_leukaemia_tree_keeps_the_sum_rule(shared_real):
    """CLL003 (Schuh et al. 2012), five times in one patient: the published tree has AMTN… and the rest as branches."""
    file = shared_real / "clones" / "CLL003_clustered.txt"
    if not file.is_file():
        pytest.skip("CLL003_clustered.txt is not there")
    header, *rows = [line.rstrip("\n").split("\t") for line in file.read_text().splitlines()]
    names = header[1::2]
    table = np.array([[int(cell) for cell in row[1:]] for row in rows]).T
    ref, alt = table[0::2], table[1::2]
    model = fit(Counts(tuple(names), tuple(row[0] for row in rows), alt, alt + ref))
    samples = [{"sample": row[0], "day": None, "specimen": "tumor"} for row in rows]
    tree = tree_of(model, Patient(samples, [], None, None, None, None))
    print({names[n]: int(k) for n, k in enumerate(model.cluster_of)}, tree.parent, np.round(tree.support, 2))
    for k in range(model.clusters):
        children = np.flatnonzero(tree.parent == k)
        if len(children):
            assert model.draws.mean(axis=0)[children].sum(axis=0).max() < 1.1
            spread = np.nan_to_num(model.ccf[children]).sum(axis=0) - np.nan_to_num(model.ccf[k])
            assert spread.max() < 0.1
    cluster = {name.split("_")[0]: int(k) for name, k in zip(names, model.cluster_of, strict=True)}
    assert cluster["ADAD1"] == 0
    assert cluster["AMTN"] != cluster["MUSK"]
    assert tree.parent[cluster["AMTN"]] == 0
    assert tree.parent[cluster["MUSK"]] == 0


def test_mixing_data(shared_real):
    """Four mixtures of four people's DNA: clusters against the truth, purity known, no founder."""
    file = shared_real / "clones" / "mixing.tsv"
    if not file.is_file():
        pytest.skip("mixing.tsv is not there")
    with open(file.with_name("mixing.truth.tsv")) as opened:
        truth = {row["mutation_id"]: int(row["clone"]) for row in csv.DictReader(opened, delimiter="\t")}
    table = read_counts(file)
    model = fit(table.counts, table.copy_number, None, table.purity, table.error)
    v = v_measure_score([truth[name] for name in table.counts.mutations], model.cluster_of)
    print(f"mixing: V {v:.3f}, {model.clusters} clusters of {len(set(truth.values()))}")
    assert v >= 0.98


def test_settings_reach_the_fit():
    _, drawn = counts(6, [[1.0], [0.3]], [6, 6], [0.5], 300)
    assert fit(drawn, settings=Settings(error_rate=0.01)).lod[1, 0] > fit(drawn).lod[1, 0]
