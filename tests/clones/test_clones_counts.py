"""The tables that `seriome clones` reads: what stands in them, and every mistake, told with its line."""

import gzip

import numpy as np
import pytest

from seriome.clones.counts import ERROR_RATE, read_counts
from seriome.errors import InputError

from .written import grid_of, row, written

# --- tables that are read


@pytest.mark.parametrize("name", ["counts.tsv", "counts.tsv.gz"])
def test_a_table_plain_or_gzip_in_any_order(tmp_path, name):
    rows = [row(f"m{n}", f"S{s}", 10 * n + s, n) for n in range(3) for s in range(2)]
    table = read_counts(written(tmp_path / name, [rows[place] for place in (3, 0, 5, 2, 4, 1)]))
    assert table.counts.mutations == ("m0", "m1", "m2")
    assert table.counts.samples == ("S0", "S1")
    assert table.counts.alt.tolist() == [[0, 0], [1, 1], [2, 2]]
    assert table.counts.depth.tolist() == [[0, 1], [11, 12], [22, 23]]
    assert table.purity.tolist() == [0.6, 0.6]
    assert (table.error == 0.001).all()
    assert (table.copy_number.major == 1).all()
    assert (table.copy_number.minor == 1).all()
    assert (table.copy_number.normal == 2).all()
    assert table.copy_number.part is None
    assert not table.warnings
    assert [(one["sample"], one["day"], one["specimen"]) for one in table.samples] == [
        ("S0", None, "tumor"), ("S1", None, "tumor")
    ]  # fmt: skip


def test_a_missing_row_is_not_covered_and_said(tmp_path):
    """Zero, missing and not covered: m1 has no row in S2, where its copies are taken as in its other samples."""
    rows = [row("m1", "S1", 50, 0, major_cn=3), row("m2", "S1"), row("m2", "S2", 0, 0)]
    table = read_counts(written(tmp_path / "counts.tsv", rows))
    assert table.counts.depth.tolist() == [[50, 0], [100, 0]]
    assert table.counts.alt.tolist() == [[0, 0], [30, 0]]
    assert table.copy_number.major.tolist() == [[3, 3], [1, 1]]
    (warning,) = table.warnings
    assert warning["warning"] == "cells_without_row"
    assert "1 of 4 cells" in warning["detail"]


def test_optional_columns(tmp_path):
    plain = [{key: value for key, value in one.items() if key not in ("tumour_content", "error_rate")}
             for one in grid_of()]  # fmt: skip
    table = read_counts(written(tmp_path / "plain.tsv", plain))
    assert np.isnan(table.purity).all()
    assert (table.error == ERROR_RATE).all()
    assert table.mutations == [{"chrom": None, "gene": None, "name": None}] * 2
    told = grid_of(chrom="chr7", gene="EGFR", name="EGFR T790M", error_rate=0.01, caller="mutect")
    told[0]["error_rate"] = ""
    table = read_counts(written(tmp_path / "told.tsv", told))
    assert table.mutations == [{"chrom": "chr7", "gene": "EGFR", "name": "EGFR T790M"}] * 2
    assert table.error.tolist() == [[ERROR_RATE, 0.01], [0.01, 0.01]]
    (warning,) = table.warnings
    assert warning["warning"] == "column_ignored"
    assert "'caller'" in warning["detail"]


def test_subclonal_columns(tmp_path):
    rows = grid_of()
    rows[0] |= {"major_cn_2": 2, "minor_cn_2": 1, "fraction_2": 0.3}
    rows[1] |= {"major_cn_2": 2, "minor_cn_2": 0, "fraction_2": 0.4}
    rows[2] |= {"fraction_2": 0}
    major, minor, fraction = read_counts(written(tmp_path / "counts.tsv", rows)).copy_number.part
    assert major[0].tolist() == [2, 2]
    assert minor[0].tolist() == [1, 0]
    assert fraction.tolist() == [[0.3, 0.4], [0, 0]]
    none = [one | {"major_cn_2": "", "minor_cn_2": "", "fraction_2": ""} for one in grid_of()]
    assert read_counts(written(tmp_path / "none.tsv", none)).copy_number.part is None


def test_an_empty_fraction_is_no_second_population(tmp_path):
    """Only a missing row takes its copies from the other samples; an empty cell of a row that is there says none."""
    rows = grid_of(["m1"])
    rows[0] |= {"major_cn_2": 2, "minor_cn_2": 1, "fraction_2": 0.3}
    _, _, fraction = read_counts(written(tmp_path / "counts.tsv", rows)).copy_number.part
    assert fraction.tolist() == [[0.3, 0]]


def test_no_copy_left_is_said(tmp_path):
    table = read_counts(written(tmp_path / "counts.tsv", grid_of(major_cn=0, minor_cn=0)))
    assert [one["warning"] for one in table.warnings] == ["no_copies"]


def test_the_sheet_of_samples_gives_days_and_their_order(tmp_path):
    counts = written(tmp_path / "counts.tsv", grid_of(samples=("A", "B")))
    sheet = [
        {"sample_id": "A", "day": 40, "specimen": "plasma", "timepoint": "T1", "site": "", "burden": "2.5"},
        {"sample_id": "B", "day": -3, "specimen": "", "timepoint": "", "site": "lung", "burden": ""},
        {"sample_id": "another", "day": 0},
    ]
    table = read_counts(counts, written(tmp_path / "samples.tsv", sheet))
    assert table.counts.samples == ("B", "A")
    assert table.samples == [
        {"sample": "B", "day": -3, "specimen": "tumor", "burden": None, "timepoint": None, "site": "lung"},
        {"sample": "A", "day": 40, "specimen": "plasma", "burden": 2.5, "timepoint": "T1", "site": None},
    ]


# --- tables that are refused


def refusal(path, samples=None) -> str:
    with pytest.raises(InputError) as error:
        read_counts(path, samples)
    return str(error.value)


def without(column):
    return [{key: value for key, value in one.items() if key != column} for one in grid_of()]


def renamed(column, other):
    return [{other if key == column else key: value for key, value in one.items()} for one in grid_of()]


def spoilt(**cells):
    rows = grid_of()
    rows[1] |= cells
    return rows


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        pytest.param(without("alt_counts"), ["line 1", "column alt_counts is missing"], id="missing column"),
        pytest.param(
            renamed("alt_counts", "alt_count"),
            ["line 1", "column alt_counts is missing, is it 'alt_count'?"],
            id="misspelt column",
        ),
        pytest.param(
            renamed("tumour_content", "tumor_content"),
            ["line 1", "column 'tumor_content' is not known, did you mean 'tumour_content'?"],
            id="misspelt optional column",
        ),
        pytest.param(
            spoilt(alt_counts=-3), ["line 3", "alt_counts is '-3', not a whole number, 0 or more"], id="negative"
        ),
        pytest.param(spoilt(ref_counts=2.5), ["line 3", "ref_counts is '2.5', not a whole number"], id="half a read"),
        pytest.param(spoilt(ref_counts="many"), ["line 3", "ref_counts is 'many'"], id="a word"),
        pytest.param(spoilt(ref_counts="nan"), ["line 3", "ref_counts is 'nan'"], id="nan"),
        pytest.param(spoilt(tumour_content="high"), ["line 3", "tumour_content is 'high', not a number"], id="purity"),
        pytest.param(spoilt(ref_counts=""), ["line 3", "ref_counts is empty"], id="empty cell"),
        pytest.param(spoilt(mutation_id=""), ["line 3", "mutation_id is empty"], id="no id"),
        pytest.param(
            [*grid_of(), row("m1", "S2")], ["line 6", "'m1' in sample 'S2' is also on line 3"], id="duplicate"
        ),
        pytest.param(
            spoilt(minor_cn=3), ["line 3", "minor_cn 3 exceeds major_cn 1: exchange them"], id="minor above major"
        ),
        pytest.param(grid_of(tumour_content=0), ["line 2", "tumour_content 0 is not above 0 and at most 1"], id="0"),
        pytest.param(grid_of(tumour_content=60), ["line 5", "tumour_content 60 is not above 0"], id="per cent"),
        pytest.param(
            grid_of(["m1", "m2"], ["S1"])[:1] + grid_of(["m2"], ["S1"], tumour_content=0.7),
            ["line 3", "tumour_content of sample S1 is 0.7, on line 2 0.6", "major_cn_2"],
            id="purity varies",
        ),
        pytest.param(
            [row("m1", "S1"), row("m1", "S2", tumour_content="")],
            ["tumour_content is stated for some samples and not for S2; state all or none"],
            id="purity of one sample only",
        ),
        pytest.param(spoilt(error_rate=0.9), ["line 3", "error_rate 0.9 is not above 0 and at most 0.5"], id="error"),
        pytest.param(
            spoilt(major_cn_2=2, minor_cn_2=1, fraction_2=1.5), ["line 3", "fraction_2 1.5 is not"], id="fraction"
        ),
    ],
)
def test_a_bad_table_is_refused_with_its_line_and_the_way_out(tmp_path, rows, words):
    path = written(tmp_path / "counts.tsv", rows)
    text = refusal(path)
    for one in [str(path), *words]:
        assert one in text


def test_all_problems_at_once(tmp_path):
    rows = grid_of(["m1", "m2", "m3"])
    rows[0]["alt_counts"] = "x"
    rows[2]["minor_cn"] = 4
    rows[3]["ref_counts"] = -1
    rows[5] |= {"mutation_id": "m1", "sample_id": "S1"}
    text = refusal(written(tmp_path / "counts.tsv", rows))
    assert text.startswith("4 problem(s):")
    assert [line.split(", line ")[1][0] for line in text.splitlines()[1:]] == ["2", "4", "5", "7"]
    text = refusal(written(tmp_path / "counts.tsv", grid_of([f"m{n}" for n in range(30)], ["S1"], alt_counts="?")))
    assert text.startswith("30 problem(s):")
    assert text.endswith("… and 10 more")


def test_every_sample_whose_purity_varies_is_told(tmp_path):
    rows = grid_of()
    rows[2]["tumour_content"] = rows[3]["tumour_content"] = 0.7
    text = refusal(written(tmp_path / "counts.tsv", rows))
    assert "S1" in text
    assert "S2" in text


def test_no_table(tmp_path):
    assert refusal(tmp_path / "absent.tsv") == f"{tmp_path / 'absent.tsv'} is not there"
    header = tmp_path / "header.tsv"
    header.write_text("\t".join(row()) + "\n")
    assert refusal(header) == f"{header} has no rows below a header: each is a mutation in a sample"
    empty = tmp_path / "empty.tsv"
    empty.write_text("")
    assert refusal(empty) == f"{empty} has no rows below a header: each is a mutation in a sample"
    assert refusal(tmp_path), "a folder"
    binary = tmp_path / "binary.tsv"
    binary.write_bytes(bytes(range(256)))
    assert str(binary) in refusal(binary)
    fake = tmp_path / "plain.tsv.gz"
    fake.write_text("not gzip")
    assert str(fake) in refusal(fake)
    whole = gzip.compress("\n".join(["\t".join(row()), *["x\t1"] * 500]).encode())
    for number, torn in enumerate((whole[:-20], whole[:30] + b"torn" + whole[34:])):
        (tmp_path / f"{number}.tsv.gz").write_bytes(torn)
        assert "cannot be read" in refusal(tmp_path / f"{number}.tsv.gz")


def test_a_wrong_header_is_named_though_no_row_follows(tmp_path):
    path = tmp_path / "header.tsv"
    path.write_text("mutation\tsample\n")
    assert str(path) in refusal(path)


def test_commas_instead_of_tabs(tmp_path):
    text = refusal(written(tmp_path / "counts.csv", grid_of(), ","))
    assert "column mutation_id is missing" in text
    assert "does not look tab-separated" in text


def test_more_cells_than_the_header(tmp_path):
    path = written(tmp_path / "counts.tsv", grid_of())
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], lines[1] + "\t1", *lines[2:]]) + "\n")
    text = refusal(path)
    assert "line 2" in text
    assert "more cells than the header" in text


def test_fewer_cells_than_the_header(tmp_path):
    path = written(tmp_path / "counts.tsv", grid_of())
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:2], "m1\tS2\t3", *lines[3:]]) + "\n")
    text = refusal(path)
    assert "line 3: alt_counts is empty" in text


GOOD_SHEET = [{"sample_id": "S1", "day": 0, "burden": ""}, {"sample_id": "S2", "day": 40, "burden": ""}]


@pytest.mark.parametrize(
    ("sheet", "words"),
    [
        pytest.param(GOOD_SHEET[:1], ["no row for sample 'S2' of", "counts.tsv"], id="lacks a sample"),
        pytest.param(
            [GOOD_SHEET[0], {"sample_id": "S-2", "day": 1}], ["'S2'", "did you mean 'S-2'?"], id="sample misspelt"
        ),
        pytest.param([GOOD_SHEET[0] | {"day": "x"}, GOOD_SHEET[1]], ["line 2", "day is 'x', not a whole"], id="day"),
        pytest.param([GOOD_SHEET[0], GOOD_SHEET[1] | {"day": ""}], ["line 3", "day is ''"], id="no day"),
        pytest.param([GOOD_SHEET[0] | {"burden": "big"}, GOOD_SHEET[1]], ["line 2", "burden is 'big'"], id="burden"),
        pytest.param([*GOOD_SHEET, GOOD_SHEET[0]], ["line 4", "sample 'S1' stands twice"], id="twice"),
        pytest.param([{"sample_id": "S1"}, {"sample_id": "S2"}], ["line 1", "column day is missing"], id="no days"),
        pytest.param(
            [one | {"specimn": "x"} for one in GOOD_SHEET], ["'specimn' is not known, did you mean"], id="column"
        ),
    ],
)
def test_a_bad_sheet_of_samples(tmp_path, sheet, words):
    counts, path = written(tmp_path / "counts.tsv", grid_of()), written(tmp_path / "samples.tsv", sheet)
    text = refusal(counts, path)
    for one in [str(path), *words]:
        assert one in text


def test_all_problems_of_the_sheet_at_once(tmp_path):
    counts = written(tmp_path / "counts.tsv", grid_of())
    sheet = written(tmp_path / "samples.tsv", [one | {"day": "?"} for one in GOOD_SHEET])
    assert refusal(counts, sheet).startswith("2 problem(s):")


def test_a_short_row_of_the_sheet(tmp_path):
    sheet = tmp_path / "samples.tsv"
    sheet.write_text("sample_id\tday\nS1\t0\nS2\n")
    text = refusal(written(tmp_path / "counts.tsv", grid_of()), sheet)
    assert "line 3" in text
