"""Channels by hand, refits of planted mixtures, what is refused."""

import numpy as np
import pandas as pd
import pysam
import pytest

from seriome.dna import signatures
from seriome.errors import InputError


def matrix(seed=1, count=6):
    """Made-up signatures, peaked as the real ones are: gamma-distributed frequencies."""
    table = np.random.default_rng(seed).gamma(0.15, size=(96, count))
    names = [f"S{i}" for i in range(count)]
    return pd.DataFrame(table / table.sum(0), index=signatures.CHANNELS, columns=names)


@pytest.mark.parametrize(
    ("before", "ref", "after", "alt", "name"),
    [
        ("A", "C", "G", "T", "A[C>T]G"),
        ("C", "G", "T", "A", "A[C>T]G"),  # the same change on the other strand: ACG, read backwards CGT
        ("T", "A", "C", "G", "G[T>C]A"),
        ("N", "C", "G", "T", None),
    ],
)
def test_channel_is_seen_from_the_pyrimidine(before, ref, after, alt, name):
    assert signatures.channel(before, ref, after, alt) == name


def test_there_are_96_channels():
    assert len(set(signatures.CHANNELS)) == 96
    assert len(set(signatures.TRINUCLEOTIDES)) == 32
    found = {signatures.channel(b, r, a, x) for b in "ACGT" for r in "ACGT" for a in "ACGT" for x in "ACGT" if x != r}
    assert found == set(signatures.CHANNELS)


@pytest.fixture
def genome(tmp_path):
    (tmp_path / "g.fa").write_text(">c\nTACGTNCCGAtt\n")
    pysam.faidx(str(tmp_path / "g.fa"))
    return tmp_path / "g.fa"


def test_spectra_count_called_single_bases_that_pass(genome):
    columns = ["sample", "chrom", "pos", "ref", "alt", "filter", "called"]
    rows = [
        ("T", "c", 3, "C", "T", "PASS", True),  # A[C>T]G
        ("T", "c", 4, "G", "A", "PASS", True),  # C[G>A]T is A[C>T]G
        ("P", "c", 3, "C", "T", "PASS", False),
        ("T", "c", 3, "C", "A", "germline", True),
        ("T", "c", 8, "CG", "C", "PASS", True),
        ("T", "c", 7, "C", "T", "PASS", True),  # an N before it
        ("T", "c", 1, "T", "C", "PASS", True),  # nothing before it
        ("T", "c", 12, "T", "C", "PASS", True),
    ]
    found = signatures.spectra(pd.DataFrame(rows, columns=columns), ["T", "P"], genome)
    assert found.loc["A[C>T]G", "T"] == 2
    assert found.to_numpy().sum() == 2


def test_trinucleotides_by_hand(genome):
    # TACGT|N|CCGATT: TAC=GTA, ACG, CGT=ACG; CCG, CGA=TCG, GAT=ATC, ATT
    whole, inside = (
        dict(zip(signatures.TRINUCLEOTIDES, counts.tolist(), strict=True))
        for counts in signatures.trinucleotides(genome, [("c", 0, 3), ("c", 9, 12)])
    )
    assert {name: n for name, n in whole.items() if n} == {
        **{"GTA": 1, "ACG": 2, "CCG": 1, "TCG": 1, "ATC": 1, "ATT": 1}
    }
    # middle bases 1 and 2 of the first interval (TAC, ACG), 9 and 10 of the second (GAT, ATT)
    assert {name: n for name, n in inside.items() if n} == {"GTA": 1, "ACG": 1, "ATC": 1, "ATT": 1}


def test_trinucleotides_are_kept(tmp_path):
    genome, regions = np.arange(32) * 7, np.arange(32)
    signatures.write_trinucleotides(tmp_path / "t.tsv", genome, regions)
    again = signatures.read_trinucleotides(tmp_path / "t.tsv")
    assert [one.tolist() for one in again] == [genome.tolist(), regions.tolist()]


def test_a_planted_mixture_is_found_again():
    table = matrix()
    truth = np.array([0.5, 0.0, 0.3, 0.0, 0.2, 0.0])
    counts = np.random.default_rng(4).multinomial(1000, table.to_numpy() @ truth)
    rows = signatures.shares_of(counts, table, 200)
    assert [row["state"] for row in rows] == ["measured", "zero"] * 3
    for row, share in zip(rows, truth, strict=True):
        assert row["share"] == pytest.approx(share, abs=0.06)
        assert row["lower"] <= share <= row["upper"]
    assert sum(row["share"] for row in rows) == pytest.approx(1, abs=1e-5)
    assert rows[0]["cosine"] > 0.97


def test_intervals_hold_what_another_signature_could_explain():
    # two signatures that differ a little in one channel of 96: whichever was planted, neither is sure
    table = matrix(count=3)
    twin = table["S0"].copy()
    twin.iloc[:1] += 0.002
    table["twin"] = twin / twin.sum()
    rows = signatures.shares_of(np.random.default_rng(2).multinomial(300, table["S0"]), table, 200)
    found = {row["signature"]: row for row in rows}
    assert found["S0"]["lower"] < 0.5
    assert found["twin"]["upper"] > 0.3
    assert found["S1"]["upper"] < 0.1


def test_a_bound_by_hand():
    # one signature over two channels, 75 to 25, and 300 and 100 variants seen: it explains all; chi-squared of an
    # amount t is (400 - t)^2 / 400, 3.84 at t = 400 -+ 39.2
    one = np.zeros((96, 1))
    one[:2, 0] = 0.75, 0.25
    counts = np.zeros(96)
    counts[:2] = 300, 100
    lower, upper = signatures.bounds(counts, one)
    assert lower[0] == pytest.approx(1 - 39.2 / 400, abs=1e-3)
    assert upper[0] == 1  # cut


def test_only_signatures_that_are_named_are_fitted(tmp_path):
    matrix().to_csv(tmp_path / "m.txt", sep="\t", index_label="Type")
    assert list(signatures.read_signatures(tmp_path / "m.txt", ["S3", "S1"])) == ["S3", "S1"]
    with pytest.raises(InputError, match=r"signatures_used: 'S9' is not in"):
        signatures.read_signatures(tmp_path / "m.txt", ["S9"])


def test_signatures_of_a_patient_leave_the_normal_out(genome):
    columns = ["sample", "chrom", "pos", "ref", "alt", "filter", "called"]
    table = pd.DataFrame([("T", "c", 3, "C", "T", "PASS", True)] * 10, columns=columns)
    samples = [{"sample": "N", "specimen": "normal"}, {"sample": "T", "specimen": "tumor"}]
    rows = signatures.of_patient(samples, table, genome, matrix(), {"signature_min_mutations": 10})
    assert {row["sample"] for row in rows} == {"T"}
    assert {row["mutations"] for row in rows} == {10}
    assert sum(row["share"] for row in rows) == pytest.approx(1, abs=1e-5)


def test_too_few_variants_are_refused_with_the_reason():
    (row, *rest) = signatures.shares_of(np.eye(96, dtype=int)[3] * 199, matrix(), 200)
    assert (row["state"], row["share"], row["upper"]) == ("not_measured", None, None)
    assert row["reason"] == "199 single-base variants, 200 needed"
    assert len(rest) == 5


def test_regions_rich_in_a_trinucleotide_raise_its_channels():
    table = pd.DataFrame({"flat": np.full(96, 1 / 96)}, index=signatures.CHANNELS)
    genome, regions = np.full(32, 1000), np.full(32, 10)
    regions[signatures.TRINUCLEOTIDES.index("ACG")] = 30
    found = signatures.fit_for(table, genome, regions)["flat"]
    # three of 96 channels weigh three times as much: 1 / (93 + 9) each of the others
    assert found["A[C>T]G"] == pytest.approx(3 / 102)
    assert found["A[C>T]A"] == pytest.approx(1 / 102)
    assert found.sum() == pytest.approx(1)


def test_a_matrix_is_read_in_any_order_of_its_rows(tmp_path):
    table = matrix()
    table.iloc[::-1].to_csv(tmp_path / "m.txt", sep="\t", index_label="Type")
    pd.testing.assert_frame_equal(signatures.read_signatures(tmp_path / "m.txt"), table, check_names=False)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda text: text.replace("A[C>A]A", "A[C>A]C"), r"A\[C>A\]A stands there 0 times"),
        (lambda text: text.replace("Type", "Channel"), "not the 96 channels"),
        (lambda text: text.replace("0.5", "x"), "no number"),
        (lambda text: text.replace("0.5", "-0.5"), "negative"),
    ],
)
def test_a_wrong_matrix_is_the_users_mistake(tmp_path, spoil, message):
    table = pd.DataFrame({"S": [0.5] * 96}, index=signatures.CHANNELS)
    (tmp_path / "m.txt").write_text(spoil(table.to_csv(sep="\t", index_label="Type")))
    with pytest.raises(InputError, match=message):
        signatures.read_signatures(tmp_path / "m.txt")
