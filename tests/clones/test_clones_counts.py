"""The front door: tables of read counts as people have them, every mistake in them, and `seriome clones` end to end."""

import csv
import gzip
import os
import subprocess
import sys

import numpy as np
import pytest

from seriome.cli import main
from seriome.clones.counts import ERROR_RATE, read_counts
from seriome.clones.results import COLUMNS, TABLES
from seriome.errors import InputError
from seriome.files import read_json, read_tsv, write_tsv
from seriome.simulate import counts as simulated
from seriome.simulate.counts import Setting, draw

FILES = sorted([*(f"{name}.tsv" for name in TABLES), "trees.json", "fit.json"])
SMALL = Setting(clones=3, samples=3, mutations=30, depth=300, seen=0.2, apart=0.3, born_late=0)


def row(mutation="m1", sample="S1", ref=70, alt=30, **more):
    return {"mutation_id": mutation, "sample_id": sample, "ref_counts": ref, "alt_counts": alt, "major_cn": 1,
            "minor_cn": 1, "normal_cn": 2, "tumour_content": 0.6, "error_rate": 0.001} | more  # fmt: skip


def grid_of(mutations=("m1", "m2"), samples=("S1", "S2"), **more):
    return [row(mutation, sample, **more) for mutation in mutations for sample in samples]


def written(path, rows, delimiter="\t"):
    columns = list(dict.fromkeys(column for one in rows for column in one))
    with gzip.open(path, "wt", newline="") if path.suffix == ".gz" else open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, columns, delimiter=delimiter, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


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


# --- the command, end to end


def rows_of(drawn):
    return list(simulated.table(drawn))


@pytest.fixture(scope="module")
def patient(tmp_path_factory):
    """(drawn, folder with counts.tsv, samples.tsv, treatments.tsv and the results in out)."""
    folder = tmp_path_factory.mktemp("patient")
    drawn = draw(SMALL, 4)
    write_tsv(folder / "counts.tsv", simulated.table(drawn), simulated.TABLE)
    sheet = [{"sample_id": one, "day": int(day)} for one, day in zip(drawn.samples, drawn.course.days, strict=True)]
    write_tsv(folder / "samples.tsv", sheet, ["sample_id", "day"])
    write_tsv(folder / "treatments.tsv", [{"drug": "gefitinib", "start": 5, "end": ""}], ["drug", "start", "end"])
    assert run(folder / "counts.tsv", folder / "out", *dated(folder)) == 0
    return drawn, folder


def dated(folder):
    return "--samples", folder / "samples.tsv", "--treatments", folder / "treatments.tsv"


def run(counts, out, *more) -> int:
    return main([str(one) for one in ("clones", "--counts", counts, "--out", out, *more)])


def contents(folder):
    return {name: (folder / name).read_bytes() for name in FILES}


def test_files_and_columns(patient):
    drawn, folder = patient
    assert sorted(one.name for one in (folder / "out").iterdir()) == FILES
    for name in TABLES:
        with open(folder / "out" / f"{name}.tsv") as file:
            assert file.readline().rstrip("\n").split("\t") == COLUMNS[name], name
    fit = read_json(folder / "out" / "fit.json")
    assert (fit["mutations"], fit["samples"], fit["clusters"]) == (30, 3, 3)
    clusters = read_tsv(folder / "out" / "clusters.tsv")
    assert len(clusters) == 30 * 3
    assert [one["purity"] for one in fit["purity"]] == pytest.approx(drawn.purity.tolist(), abs=0.06)
    found = np.array([float(one["cellular_prevalence"]) for one in clusters]).reshape(30, 3)
    assert np.abs(found - drawn.ccf).max() < 0.15
    assert read_tsv(folder / "out" / "tree.tsv")[0]["parent"] == "-1"
    growth = read_tsv(folder / "out" / "growth.tsv")
    assert {"no treatment", "gefitinib"} >= {one["phase"] for one in growth} > set()


def test_shuffled_rows_and_a_second_run_give_equal_bytes(patient, tmp_path):
    drawn, folder = patient
    rows = rows_of(drawn)
    order = np.random.default_rng(1).permutation(len(rows))
    write_tsv(tmp_path / "counts.tsv.part", [rows[one] for one in order], simulated.TABLE[::-1])
    (tmp_path / "counts.tsv.gz").write_bytes(gzip.compress((tmp_path / "counts.tsv.part").read_bytes()))
    assert run(tmp_path / "counts.tsv.gz", tmp_path / "shuffled", *dated(folder)) == 0
    assert run(folder / "counts.tsv", tmp_path / "again", *dated(folder)) == 0
    assert contents(tmp_path / "shuffled") == contents(folder / "out")
    assert contents(tmp_path / "again") == contents(folder / "out")


def test_two_threads_give_the_bytes_of_one(tmp_path):
    """A process each: the number of threads is read where numpy starts. Large enough for threads to be used."""
    drawn = draw(Setting(clones=4, samples=4, mutations=300, depth=200, copies=True), 2)
    write_tsv(tmp_path / "counts.tsv", simulated.table(drawn), simulated.TABLE)
    environment = {key: value for key, value in os.environ.items() if not key.endswith("_NUM_THREADS")}
    for threads in ("1", "2"):
        command = [sys.executable, "-c", "import sys; from seriome.cli import main; sys.exit(main())", "clones"]
        command += ["--counts", tmp_path / "counts.tsv", "--out", tmp_path / threads, "--threads", threads]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
    assert contents(tmp_path / "1") == contents(tmp_path / "2")


def test_pictures(patient, tmp_path):
    _, folder = patient
    assert run(folder / "counts.tsv", tmp_path, *dated(folder), "--pictures") == 0
    assert contents(tmp_path) == contents(folder / "out")
    drawn = list(tmp_path.glob("*.svg"))
    assert len(drawn) >= 4
    assert all(one.read_text().startswith("<svg") for one in drawn)


def test_pictures_without_days(patient, tmp_path):
    """Nothing is dated, and what needs no day is drawn."""
    _, folder = patient
    assert run(folder / "counts.tsv", tmp_path, "--pictures") == 0
    assert list(tmp_path.glob("*tree*.svg"))


def test_without_purity_the_founder_says_it(patient, tmp_path):
    drawn, _ = patient
    rows = [{key: value for key, value in one.items() if key != "tumour_content"} for one in rows_of(drawn)]
    assert run(written(tmp_path / "counts.tsv", rows), tmp_path / "out") == 0
    fit = read_json(tmp_path / "out" / "fit.json")
    assert fit["founder"] is True
    assert [one["purity"] for one in fit["purity"]] == pytest.approx(drawn.purity.tolist(), abs=0.06)
    assert fit["clusters"] == 3
    assert read_tsv(tmp_path / "out" / "events.tsv") == [], "without days nothing is dated"


def test_a_mistake_is_one_clear_message_and_exit_code_1(tmp_path, capsys):
    assert run(tmp_path / "absent.tsv", tmp_path / "out") == 1
    assert capsys.readouterr().err == f"error: {tmp_path / 'absent.tsv'} is not there\n"
    assert not (tmp_path / "out").exists()
    counts = written(tmp_path / "counts.tsv", grid_of())
    assert run(counts, tmp_path / "out", "--samples", tmp_path / "absent.tsv") == 1
    assert "is not there" in capsys.readouterr().err
    assert run(counts, tmp_path / "out", "--treatments", tmp_path / "absent.tsv") == 1
    assert "is not there" in capsys.readouterr().err


@pytest.mark.parametrize(
    "sheet",
    [
        pytest.param("drug\tstart\tend\ngefitinib\tsoon\t\n", id="no day"),
        pytest.param("drug\tstart\tend\ngefitinib\n", id="short row"),
        pytest.param("drug\tbegin\tend\ngefitinib\t1\t2\n", id="no column"),
    ],
)
def test_a_bad_sheet_of_treatments(tmp_path, capsys, sheet):
    path = tmp_path / "treatments.tsv"
    path.write_text(sheet)
    assert run(written(tmp_path / "counts.tsv", grid_of()), tmp_path / "out", "--treatments", path) == 1
    assert f"{path}, line 2: needs drug, start and end" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["0", "-1", "nan"])
def test_a_purity_error_of_nothing_is_refused(tmp_path, capsys, value):
    assert run(written(tmp_path / "counts.tsv", grid_of()), tmp_path / "out", "--purity-sd", value) == 1
    assert capsys.readouterr().err.startswith("error: --purity-sd")


THIN = {
    "one mutation": (grid_of(["m1"]), "few_mutations"),
    "two mutations": (grid_of(["m1", "m2"]), "few_mutations"),
    "one sample": (grid_of([f"m{n}" for n in range(8)], ["S1"]), "one_sample"),
    "one cell": ([row()], "few_mutations"),
    "all in every cancer cell": (grid_of([f"m{n}" for n in range(20)]), None),
    "depth 0 everywhere": (grid_of([f"m{n}" for n in range(6)], ref=0, alt=0), "no_somatic_mutations"),
    "never seen": (grid_of([f"m{n}" for n in range(6)], ref=100, alt=0), "no_tumour_signal"),
    "every read mutated": (grid_of([f"m{n}" for n in range(6)], ref=0, alt=100), None),
    "every read mutated, no purity": (grid_of([f"m{n}" for n in range(6)], ref=0, alt=100, tumour_content=""), None),
    "no copy left": (grid_of([f"m{n}" for n in range(6)], major_cn=0, minor_cn=0), "no_copies"),
    "a sample without tumour": (
        [row(f"m{n}", s, 300 if s == "S3" else 210, 0 if s == "S3" else 90) for n in range(12) for s in ("S1", "S3")],
        "tumour_not_detected",
    ),
    "one read each": (grid_of([f"m{n}" for n in range(6)], ref=0, alt=1), None),
    "odd ids": (grid_of(["../m 1", "chr1:5:A>T/x", "m|3", "ä \"quoted\"", "'", "."], ["S 1/left", "../S2"]), None),
}  # fmt: skip


@pytest.mark.parametrize("name", THIN)
def test_thin_and_odd_tables_give_clear_results(tmp_path, capsys, name):
    rows, warning = THIN[name]
    (tmp_path / "in").mkdir()
    out = tmp_path / "out"
    samples = sorted({one["sample_id"] for one in rows})
    sheet = written(tmp_path / "in" / "samples.tsv", [{"sample_id": one, "day": n} for n, one in enumerate(samples)])
    assert run(written(tmp_path / "in" / "counts.tsv", rows), out, "--samples", sheet, "--pictures") == 0
    told = capsys.readouterr()
    assert "Traceback" not in told.err
    if warning:
        assert f"warning: {warning}: " in told.err
    fit = read_json(out / "fit.json")
    ids = {one["mutation_id"] for one in rows}
    assert (fit["mutations"], fit["samples"]) == (len(ids), len(samples))
    clusters = read_tsv(out / "clusters.tsv")
    if fit["clusters"]:
        assert {one["mutation_id"] for one in clusters} == ids
        assert {one["sample_id"] for one in clusters} == set(samples)
        assert len(read_tsv(out / "trajectories.tsv")) == fit["clusters"] * len(samples)
        numbers = [float(one["cellular_prevalence"]) for one in clusters if one["cellular_prevalence"]]
        assert all(0 <= one <= 1 for one in numbers)
    else:
        assert fit["warnings"], "no clone: it is said why"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["in", "out"], "ids are values, never paths"
    assert {one.name for one in out.iterdir()} >= set(FILES)


def test_a_sample_without_tumour_has_no_ccf(tmp_path):
    rows, _ = THIN["a sample without tumour"]
    assert run(written(tmp_path / "counts.tsv", rows), tmp_path / "out") == 0
    for one in read_tsv(tmp_path / "out" / "trajectories.tsv"):
        assert (one["state"] == "tumour_not_detected") == (one["ccf"] == "") == (one["sample_id"] == "S3")


def test_every_read_mutated_is_not_called_undetected(tmp_path, capsys):
    rows, _ = THIN["every read mutated, no purity"]
    assert run(written(tmp_path / "counts.tsv", rows), tmp_path / "out") == 0
    assert "no_tumour_signal" not in capsys.readouterr().err, "every read shows the mutations"


def test_missing_cells(tmp_path):
    """Three in ten cells have no row: all mutations are kept, and the clones are found."""
    drawn = draw(SMALL, 4)
    absent = np.random.default_rng(5).random(90) < 0.3
    rows = [one for one, gone in zip(rows_of(drawn), absent, strict=True) if not gone]
    assert run(written(tmp_path / "counts.tsv", rows), tmp_path / "out") == 0
    fit = read_json(tmp_path / "out" / "fit.json")
    assert fit["mutations"] == len({one["mutation_id"] for one in rows}) == 30
    assert fit["clusters"] == 3
    assert fit["warnings"][0]["warning"] == "cells_without_row"
    clusters = read_tsv(tmp_path / "out" / "clusters.tsv")
    assert sum(one["state"] == "not_covered" for one in clusters) == absent.sum()


def test_subclonal_copies_end_to_end(tmp_path):
    """A gain on the mutated allele in 0.4 of the cells: (0.6 x 1 + 0.4 x 2) / 2.4 of the reads are CCF 1."""
    rows = [row(f"m{n}", s, 500, 500, tumour_content=1.0) for n in range(10) for s in ("S1", "S2")]
    gain = {"major_cn_2": 2, "minor_cn_2": 1, "fraction_2": 0.4}
    rows += [row("gain", s, 1000 - 583, 583, tumour_content=1.0) | gain for s in ("S1", "S2")]
    assert run(written(tmp_path / "counts.tsv", rows), tmp_path / "out") == 0
    (found,) = {
        (one["cluster_id"], one["cellular_prevalence"])
        for one in read_tsv(tmp_path / "out" / "clusters.tsv")
        if one["mutation_id"] == "gain"
    }
    assert found[0] == "0"
    assert float(found[1]) == pytest.approx(1, abs=0.02)
