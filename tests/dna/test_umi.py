"""Where barcodes stand, the names of molecules, and which barcodes are misread copies of others."""

import csv
from pathlib import Path

import pytest

from seriome.dna.umi import Barcodes, directional, molecule, problem
from seriome.errors import DataError, InputError


def test_barcode_skip_and_template_by_hand():
    first, second = Barcodes("3M2S+T 2S4M+T").cutters
    assert first.cut("AACTGGATTACA", "ABCDEFGHIJKL") == ("AAC", "GATTACA", "FGHIJKL")
    assert second.cut("TGCCCCGATT", "ABCDEFGHIJ") == ("CCCC", "GATT", "GHIJ")


def test_structure_of_one_read_leaves_the_other_whole():
    first, second = Barcodes("8M+T").cutters
    assert first.length == 8
    assert second.cut("GATTACA", "IIIIIII") == ("", "GATTACA", "IIIIIII")


def test_no_structure_changes_nothing():
    none = Barcodes("")
    assert [one.length for one in none.cutters] == [0, 0]
    assert none.untouched
    assert not none
    assert not Barcodes("5S+T")
    assert not Barcodes("5S+T").untouched


def test_a_third_file_holds_barcodes():
    where = Barcodes("+T +T 2S4M")
    assert [one.length for one in where.cutters] == [0, 0]
    assert where.third.cut("GGACGTTT", "")[0] == "ACGT"
    assert Barcodes("+T +T +M").third.cut("GGACGT", "")[0] == "GGACGT"
    assert where


@pytest.mark.parametrize(
    ("text", "name", "found"),
    [
        pytest.param("name:", "A01:1:FC:1:1101:1000:2000:ACGTAC", ["ACGTAC", ""], id="Illumina, one barcode"),
        pytest.param("name:", "A01:1:FC:1:1101:1000:2000:ACG+TTG", ["ACG", "TTG"], id="Illumina, two"),
        pytest.param("name:", "A01:1:FC:1:1101:1000:2000:ACG-TTG", ["ACG", "TTG"], id="with a hyphen"),
        pytest.param("name_", "A01:1:FC:1:1101:1000:2000_ACGTTG", ["ACGTTG", ""], id="umi_tools extract"),
    ],
)
def test_barcodes_in_names(text, name, found):
    assert Barcodes(text).in_name(name) == found


def test_a_name_without_a_barcode_is_a_problem_of_the_data():
    with pytest.raises(DataError, match=r"no_barcode.*1101:1000:2000'.*last ':'"):
        Barcodes("name:").in_name("A01:1:FC:1:1101:1000:2000")
    with pytest.raises(DataError, match="no_barcode"):
        Barcodes("name_").in_name("A01:1:FC")


def test_a_misspelt_structure_is_named():
    with pytest.raises(InputError, match="3M2X"):
        Barcodes("3M2X+T")


@pytest.mark.parametrize(
    ("text", "paths", "words"),
    [
        ("3M2S+T 3M2S+T", 2, None),
        ("12M16S+T", 1, None),
        ("name:", 2, None),
        ("+T +T +M", 3, None),
        ("name", 2, "does not say where barcodes are"),
        ("8M", 2, "does not say where barcodes are"),
        ("+T +T 8M", 2, "path3 is empty"),
        ("3M+T +T", 3, "umi needs a third read structure"),
        ("", 3, "umi needs a third read structure"),
        ("+T +T 8S", 3, "no structure of reads that hold barcodes only"),
        ("3M+T +T 8M", 3, "only one is taken"),
    ],
)
def test_what_is_wrong_with_a_cell_is_said(text, paths, words):
    found = problem(text, paths)
    assert (found is None) if words is None else words in found


def test_both_strands_of_a_duplex_share_one_name():
    # top strand: read 1 is the left end (AAC); bottom strand: read 2 is
    assert molecule("AAC", "GGT", swap=False) == "AAC-GGT"
    assert molecule("GGT", "AAC", swap=True) == "AAC-GGT"


def test_one_barcode_stands_alone():
    assert molecule("AAC", "", swap=True) == "AAC"


def test_directional_by_hand_in_a_chain():
    # ACAT belongs to ACGT (456 >= 2 * 72 - 1) and ACAG to ACAT; AAAT is one base from ACAT only, and 72 < 2 * 90 - 1
    counts = {"ACGT": 456, "TCGT": 2, "CCGT": 2, "ACAT": 72, "ACAG": 1, "AAAT": 90}
    assert directional(counts) == {
        **dict.fromkeys(("ACGT", "TCGT", "CCGT", "ACAT", "ACAG"), "ACGT"),
        "AAAT": "AAAT",
    }


def test_directional_by_hand_at_its_limit():
    assert directional({"AAA": 5, "AAC": 3})["AAC"] == "AAA"  # 5 >= 2 * 3 - 1
    assert directional({"AAA": 4, "AAC": 3})["AAC"] == "AAC"
    assert directional({"AAA": 1, "AAC": 1}) == {"AAA": "AAA", "AAC": "AAA"}  # 1 >= 1
    assert directional({"AAA": 9, "AA": 1, "ACC": 1}) == {"AAA": "AAA", "AA": "AA", "ACC": "ACC"}
    assert directional({"AAC-GGT": 9, "AAC-GGN": 1, "AACAGGT": 1})["AAC-GGN"] == "AAC-GGT"


def test_the_two_ways_to_find_neighbours_agree():
    few = {"ACGTACGT": 9, "ACGTACGA": 2, "ACGTACCA": 1, "TTTTTTTT": 3}
    many = few | {f"GG{number:06b}".replace("0", "G").replace("1", "C"): 50 for number in range(64)}
    found = directional(many)
    assert {one: found[one] for one in few} == directional(few)


def test_directional_as_umi_tools_groups_made_up_reads():
    with open(Path(__file__).with_name("umi_tools_group.tsv")) as file:
        assert "UMI-tools 1.1.6" in next(file)
        rows = list(csv.DictReader(file, delimiter="\t"))
    places = {}
    for row in rows:
        places.setdefault((row["five_prime"], row["reverse"]), []).append(row)
    assert len(places) == 10
    for members in places.values():
        found = directional({row["barcode"]: int(row["reads"]) for row in members})
        assert found == {row["barcode"]: row["final_umi"] for row in members}
