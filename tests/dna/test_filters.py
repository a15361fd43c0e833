"""What speaks against an allele, by hand: the normal, strands, repeats, other normals, the blood."""

import numpy as np
import pysam
import pytest

from seriome.config import with_defaults
from seriome.dna import calling, judge, normals, pileup

SETTINGS = with_defaults({})["dna"]


@pytest.mark.parametrize(
    ("counts", "biased"),
    [
        ((50, 50, 10, 10), False),
        ((50, 50, 20, 0), True),
        ((50, 50, 19, 1), True),  # 5 % on the other strand
        ((50, 50, 16, 4), False),  # 20 %
        ((100, 0, 20, 0), False),  # an amplicon: the reference is on one strand, too
        ((50, 50, 4, 0), False),  # p = 0.12: too few reads to tell
    ],
)
def test_strand_bias(counts, biased):
    assert calling.strand_biased(*counts, 1e-3) is biased


def allele(alt, depth, ref="C", to="T", pos=100):
    alt, depth = np.array(alt), np.array(depth)
    half = alt // 2
    rest = depth - alt
    return pileup.Allele("c" if pos < 20 else "c1", pos, ref, to, rest // 2, rest - rest // 2, half, alt - half, depth)


@pytest.mark.parametrize(
    ("alt", "depth", "reasons"),
    [
        pytest.param([0, 30], [50, 100], [], id="somatic"),
        pytest.param([25, 50], [50, 100], ["germline"], id="germline"),
        pytest.param([1, 30], [50, 100], [], id="one read in the normal is an error"),
        pytest.param([2, 80], [100, 100], [], id="a trace of tumour in the normal"),
        pytest.param([8, 10], [100, 100], ["in_normal"], id="an artefact of both"),
        pytest.param([0, 30], [7, 100], ["normal_depth"], id="normal too thin"),
        pytest.param([0, 2], [50, 100], ["few_reads"], id="two reads"),
    ],
)
def test_the_normal_speaks(alt, depth, reasons):
    rate = np.array([5e-4, 5e-4])
    assert calling.filters_of(allele(alt, depth), [1], 0, rate, 0 * rate, SETTINGS) == reasons


@pytest.mark.parametrize(
    ("alt", "depth", "said"),
    [
        # Fisher: 6 of 150 against 2 of 100 is 0.31; 20 of 150 against 1 is fewer than two reads
        pytest.param([2, 6], [100, 150], True, id="as often as in the tumour"),
        pytest.param([1, 6], [100, 150], False, id="one read says nothing"),
        # a twentieth of 80 % is 4 %: 4 of 100 are a trace of the tumour, 12 are not
        pytest.param([4, 80], [100, 100], False, id="a trace of tumour"),
        pytest.param([12, 80], [100, 100], True, id="more than a trace"),
        pytest.param([2, 4, 60], [100, 150, 150], False, id="one of several tumour samples has it more often"),
    ],
)
def test_reads_in_the_normal_by_fishers_test(alt, depth, said):
    tumour = list(range(1, len(alt)))
    assert calling.shared_with_normal(np.array(alt), np.array(depth), tumour, 0, 5e-4, 0.0, 0.05) is said


def test_without_a_normal_a_half_looks_inherited():
    rate = np.array([5e-4, 5e-4])
    assert calling.filters_of(allele([50, 26], [100, 50]), [0, 1], None, rate, 0 * rate, SETTINGS) == ["germline_like"]
    assert calling.filters_of(allele([50, 5], [100, 50]), [0, 1], None, rate, 0 * rate, SETTINGS) == []


def test_repeats_at_an_indel(tmp_path):
    (tmp_path / "r.fa").write_text(">c\nGGCAAAAAAAAAATGTGTGTGTCC\n")
    pysam.faidx(str(tmp_path / "r.fa"))
    with pysam.FastaFile(str(tmp_path / "r.fa")) as fasta:
        assert judge.units_of(fasta, allele([5], [100], "CA", "C", pos=3)) == 10
        assert judge.units_of(fasta, allele([5], [100], "ATG", "A", pos=13)) == 4
        assert judge.units_of(fasta, allele([5], [100], "G", "GT", pos=1)) == 1
    rare, common = allele([5], [100], "CA", "C"), allele([30], [100], "CA", "C")
    assert calling.filters_of(rare, [0], None, np.array([1e-2]), np.array([1e-3]), SETTINGS, units=10) == ["repeat"]
    assert calling.filters_of(common, [0], None, np.array([1e-2]), np.array([1e-3]), SETTINGS, units=10) == []


def test_a_site_where_other_normals_err_alike_is_no_variant():
    rate, rho = np.array([2e-4, 2e-4]), np.zeros(2)
    one = allele([0, 9], [100, 300])
    quiet, noisy = normals.Site(1, 0, 1, 6000), normals.Site(14, 0, 150, 6000)
    ask = {"rate": rate, "rho": rho, "least": SETTINGS["min_evidence"]}
    assert calling.evidence(one.alt_count, one.depth, rate, rho)[1] > SETTINGS["min_evidence"]
    assert calling.panel_says(one, [1], True, quiet, **ask) == []
    assert calling.panel_says(one, [1], True, noisy, **ask) == ["panel_of_normals"]  # 2.5 % there, 3 % here
    assert calling.panel_says(allele([0, 150], [100, 300]), [1], True, noisy, **ask) == []
    carried = normals.Site(3, 3, 0, 6000)
    assert calling.panel_says(one, [1], True, carried, **ask) == []  # the patient's own normal decides
    assert calling.panel_says(one, [1], False, carried, **ask) == ["panel_of_normals"]


@pytest.mark.parametrize(
    ("alt", "is_chip"),
    [
        pytest.param([12, 150, 1], True, id="4 % of white cells, 5 % of plasma, not in tissue"),
        pytest.param([12, 900, 1], False, id="30 % of plasma: tumour, of which the normal has a trace"),
        pytest.param([12, 150, 90], False, id="a third of the tissue: the tumour's"),
        pytest.param([12, 0, 1], False, id="not in plasma"),
    ],
)
def test_clones_of_the_blood(alt, is_chip):
    assert calling.haematopoietic(allele(alt, [300, 3000, 300]), [1], [2], 0) is is_chip
