"""Read structures and the names of molecules."""

import pytest

from seriome.dna.umi import Barcodes, directional, molecule, problem
from seriome.errors import InputError


def test_barcode_skip_and_template_by_hand():
    first, second = Barcodes("3M2S+T 2S4M+T").cutters
    assert first.cut("AACTGGATTACA", "ABCDEFGHIJKL") == ("AAC", "GATTACA", "FGHIJKL")
    assert second.cut("TGCCCCGATT", "ABCDEFGHIJ") == ("CCCC", "GATT", "GHIJ")


def test_structure_of_one_read_leaves_the_other_whole():
    first, second = Barcodes("8M+T").cutters
    assert first.length == 8
    assert second.cut("GATTACA", "IIIIIII") == ("", "GATTACA", "IIIIIII")


def test_no_structure_changes_nothing():
    assert [one.length for one in Barcodes("").cutters] == [0, 0]


def test_a_misspelt_structure_is_named():
    with pytest.raises(InputError, match="3M2X"):
        Barcodes("3M2X+T")


def test_both_strands_of_a_duplex_share_one_name():
    # top strand: read 1 is the left end (AAC); bottom strand: read 2 is
    assert molecule("AAC", "GGT", swap=False) == "AAC-GGT"
    assert molecule("GGT", "AAC", swap=True) == "AAC-GGT"


def test_one_barcode_stands_alone():
    assert molecule("AAC", "", swap=True) == "AAC"
