"""Microsatellites: found in a sequence, lengths read from alignments, planted instability found again."""

import random

import numpy as np
import pytest
from scipy import stats

from seriome.config import with_defaults
from seriome.dna import align, coverage, index, msi, reference
from seriome.errors import InputError

from . import made

SETTINGS = with_defaults({})["dna"] | {"msi_min_loci": 10}


@pytest.mark.parametrize(
    ("text", "loci"),
    [
        pytest.param("CG" + "A" * 10 + "GC", [(2, 12, "A")], id="ten of one base"),
        pytest.param("CG" + "A" * 9 + "GC", [], id="nine are too few"),
        pytest.param("GG" + "CA" * 5 + "GG", [(2, 12, "CA")], id="five of two"),
        pytest.param("GG" + "CA" * 5 + "CGG", [(2, 13, "CA")], id="the run ends with half a unit"),
        pytest.param("TG" + "ACC" * 5 + "TG", [(2, 17, "ACC")], id="five of three"),
        pytest.param("G" + "N" * 20 + "G", [], id="unknown bases are no repeat"),
        pytest.param("G" + "t" * 12 + "G", [(1, 13, "T")], id="lower case"),
        pytest.param("G" + "A" * 60 + "G", [], id="longer than a read can span"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_loci_of_a_sequence(text, loci):
    assert msi.find_loci(text) == loci


@pytest.mark.parametrize(
    ("cigar", "change"),
    [
        ([(0, 100)], 0),
        ([(0, 20), (2, 2), (0, 80)], -2),  # the two first bases of the locus are deleted
        ([(0, 20), (1, 3), (0, 80)], 3),  # left-aligned insertion
        ([(0, 32), (1, 1), (0, 80)], 1),  # at the locus' end
        ([(0, 33), (1, 1), (0, 80)], 0),  # behind it
        ([(0, 31), (2, 4), (0, 80)], -1),  # a deletion that leaves the locus
        ([(4, 9), (0, 15), (2, 3), (0, 80)], 0),  # before it
    ],
)
def test_length_from_an_alignment(cigar, change):
    assert msi._change(cigar, 100, 120, 132) == change


def test_the_test_by_hand():
    # chi-squared of [[30, 20], [40, 10]]: 100 * (30 * 10 - 20 * 40)^2 / (70 * 30 * 50 * 50) = 4.762, p = 0.0291; total
    # variation |0.6 - 0.8| = 0.2
    p, shift = msi.compare({12: 30, 11: 20}, {12: 40, 11: 10})
    assert (p, shift) == (pytest.approx(0.02909, abs=1e-5), pytest.approx(0.2))
    assert msi.compare({12: 30}, {12: 50}) == (1.0, 0.0)
    # one of two inherited lengths is lost, no new one came
    assert msi.compare({12: 50}, {12: 26, 9: 24}) == (1.0, 0.0)


@pytest.mark.parametrize("depth", [(20, 20), (60, 30), (500, 100)])
def test_equal_lengths_are_rarely_called_different(depth):
    # 4,000 stable loci with slippage as of a homopolymer of 12, half of them with a second inherited allele
    rng = np.random.default_rng(1)
    p = []
    for i in range(4000):
        slip = np.array([0.02, 0.10, 0.85, 0.03])
        shares = np.concatenate([slip, np.zeros(4)])
        shares = (shares + np.roll(shares, 4)) / 2 if i % 2 else shares
        sample, normal = (dict(enumerate(rng.multinomial(n, shares).tolist())) for n in depth)
        p.append(msi.compare({k: v for k, v in sample.items() if v}, {k: v for k, v in normal.items() if v})[0])
    assert np.mean(np.array(p) < 0.05) < 0.065
    assert np.mean(np.array(p) < 0.001) < 0.003
    if min(depth) >= 100:  # nor is the test blunt
        assert np.mean(np.array(p) < 0.05) > 0.03


def test_scores_by_hand():
    loci = [msi.Locus(50, p, 0.3) for p in [1e-6] * 3 + [0.9] * 17] + [msi.Locus(5, np.nan, np.nan)] * 4
    found = msi.score(loci, 20)
    assert (found["tested"], found["unstable"], found["score"], found["state"]) == (20, 3, 0.15, "measured")
    assert (found["lower"], found["upper"]) == pytest.approx(stats.beta.ppf([0.025, 0.975], 3.5, 17.5))
    none = msi.score([msi.Locus(50, 0.5, 0.0)] * 20, 20)
    assert (none["score"], none["lower"], none["state"]) == (0.0, 0.0, "zero")
    assert none["lod"] == pytest.approx(1 - 0.05 ** (1 / 20))
    few = msi.score(loci, 21)
    assert (few["score"], few["lod"], few["state"]) == (None, None, "not_measured")
    assert few["reason"] == "20 loci could be tested, 21 needed"
    # sure, yet small: slippage of two libraries differs a little, and depth makes it significant
    assert not msi.unstable([msi.Locus(9000, 1e-9, 0.02)]).any()


def test_a_pool_of_normals_instead_of_the_matched_one():
    rng = np.random.default_rng(2)

    def normal(n):
        away = rng.binomial(n, rng.beta(8, 92))
        return {12: int(n - away), 11: int(away)}

    pool = [normal(200) for _ in range(20)]
    stable = [msi.against_pool(normal(200), pool, 20)[0] for _ in range(300)]
    assert np.mean(np.array(stable) < 0.05) < 0.12
    p, shift = msi.against_pool({12: 120, 9: 80}, pool, 20)
    assert p < 1e-4
    assert shift == pytest.approx(0.32, abs=0.02)
    assert np.isnan(msi.against_pool({12: 100}, pool[:4], 20)).all()
    assert np.isnan(msi.against_pool({12: 100}, [*pool, {12: 50, 10: 50}], 20)).all()


# -------------------------------------------------------------------------------------------- planted and found again

UNITS = ("A", "T", "CA", "AAG")
NUMBER = {"A": 14, "T": 13, "CA": 9, "AAG": 7}


def planted(lengths):
    """A contig with 40 loci between spacers, repeat i changed by lengths.get(i, 0) units."""
    rng, parts = random.Random(5), []
    for i in range(40):
        unit = UNITS[i % 4]
        parts += ["C" + "".join(rng.choice("ACGT") for _ in range(148)) + "G"]
        parts += [unit * (NUMBER[unit] + lengths.get(i, 0))]
    return "".join(parts) + "G" + "".join(rng.choice("ACGT") for _ in range(150))


@pytest.fixture(scope="module")
def lengths(tmp_path_factory):
    """Rows of read_lengths: N normal, S stable, U with 16 of 40 loci shorter by one to three units at purity 0.6."""
    folder = tmp_path_factory.mktemp("msi")
    (folder / "x.fa").write_text(f">c1\n{planted({})}\n")
    reference.copy_genome(folder / "x.fa", folder / "genome.fa")
    index.bwa_index(folder / "genome.fa")
    loci = msi.loci_of(folder / "genome.fa", [("c1", 0, len(planted({})))], 10_000)
    inherited = {3: -1, 8: -1, 21: 1}
    shorter = {i: -1 - i % 3 for i in range(0, 32, 2)}
    other, tumour = planted(inherited), planted(inherited | shorter)
    mixtures = {"N": [(planted({}), 1500), (other, 1500)], "S": [(planted({}), 2500), (other, 2500)]}
    mixtures["U"] = [(planted({}), 1000), (other, 1000), (tumour, 3000)]
    found = {}
    for seed, (sample, mixture) in enumerate(mixtures.items()):
        reads = made.pairs([(text, n, 0, len(text)) for text, n in mixture], seed=seed, read=125, error=1e-3)
        files = made.write_fastq(folder, sample, reads)
        align.align_pairs(folder / "genome.fa", files, folder / f"{sample}.unit.bam", sample=sample, run="L1")
        coverage.merge_and_mark(
            [folder / f"{sample}.unit.bam"], folder / f"{sample}.bam", folder / "genome.fa", sample=sample, umi=False
        )
        counts = msi.lengths_at(folder / f"{sample}.bam", loci, 20)
        msi.write_lengths(folder / f"{sample}.tsv", loci, counts)
        found[sample] = msi.read_lengths(folder / f"{sample}.tsv")
    return found, set(shorter)


def test_planted_instability_is_found_and_nothing_else(lengths):
    found, shorter = lengths
    assert len(found["N"]) >= 40
    samples = [{"sample": s, "specimen": "normal" if s == "N" else "tumor"} for s in "NSU"]
    scores, details = msi.of_patient(samples, found, [], SETTINGS)
    stable, moved = scores
    assert (stable["sample"], stable["unstable"], stable["state"]) == ("S", 0, "zero")
    assert stable["tested"] >= 36
    assert stable["against"] == "N"
    places = {(row["start"], row["end"]) for row in details if row["sample"] == "U" and row["unstable"]}
    wanted, at = set(), 0
    for i in range(40):
        at += 150
        size = NUMBER[UNITS[i % 4]] * len(UNITS[i % 4])
        if i in shorter:
            wanted |= {place for place in places if abs(place[0] - at) <= 2}
        at += size
    assert places == wanted  # the tumour lost one allele of loci 3 and 21: not among them
    assert len(places) >= 15
    assert moved["lower"] < len(shorter) / 40 < moved["upper"]


def test_without_normal_or_pool_nothing_is_said(lengths):
    found, _ = lengths
    (row,), details = msi.of_patient([{"sample": "U", "specimen": "tumor"}], {"U": found["U"]}, [], SETTINGS)
    assert (row["state"], row["score"], details) == ("not_measured", None, [])
    assert row["reason"].startswith("no normal")


def test_a_pool_of_other_loci_is_the_users_mistake(lengths, tmp_path):
    found, _ = lengths
    msi.write_lengths(tmp_path / "n.tsv", [("c1", 5, 20, "A")], [{15: 9}])
    with pytest.raises(InputError, match="other microsatellites"):
        msi.read_pool([tmp_path / "n.tsv"], found)
    assert msi.read_pool([], found) == []


def test_a_normal_without_reads_is_no_normal(lengths):
    found, _ = lengths
    empty = [row | {"lengths": {}} for row in found["N"]]
    samples = [{"sample": "N", "specimen": "normal"}, {"sample": "U", "specimen": "tumor"}]
    (row,), _ = msi.of_patient(samples, {"N": empty, "U": found["U"]}, [], SETTINGS)
    assert row["state"] == "not_measured"
