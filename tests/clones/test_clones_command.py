"""`seriome clones` end to end: its files, equal bytes, thin and odd tables, mistakes."""

import gzip
import os
import subprocess
import sys

import numpy as np
import pytest

from seriome.cli import main
from seriome.clones.results import COLUMNS, TABLES
from seriome.files import read_json, read_tsv, write_tsv
from seriome.simulate import counts as simulated
from seriome.simulate.counts import Setting, draw

from .written import grid_of, row, written

FILES = sorted([*(f"{name}.tsv" for name in TABLES), "trees.json", "fit.json"])
SMALL = Setting(clones=3, samples=3, mutations=30, depth=300, seen=0.2, apart=0.3, born_late=0)


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
