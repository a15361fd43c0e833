"""Files, errors, logs, provenance: the small things that everything stands on."""

import gzip

import numpy as np
import pytest

from seriome.errors import DataError, InputError, did_you_mean, require
from seriome.files import gzip_writer, moved_into_place, read_tsv, sha256, write_json, write_tsv
from seriome.logs import log_to
from seriome.provenance import fingerprint


def test_what_fails_midway_leaves_nothing_behind(tmp_path):
    with pytest.raises(RuntimeError), moved_into_place(tmp_path / "a.tsv") as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_what_ends_well_is_there_whole_with_its_suffix_kept_meanwhile(tmp_path):
    with moved_into_place(tmp_path / "deep" / "a.vcf.gz") as temporary:
        assert temporary.name.endswith(".vcf.gz")
        temporary.write_text("x")
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["a.vcf.gz"]


def test_gzip_of_equal_content_is_equal(tmp_path):
    for name in ("a.gz", "b.gz"):
        with gzip_writer(tmp_path / name) as file:
            file.write(b"reads")
    assert sha256(tmp_path / "a.gz") == sha256(tmp_path / "b.gz")
    assert gzip.decompress((tmp_path / "a.gz").read_bytes()) == b"reads"


def test_a_table_comes_back_as_it_went_and_none_is_empty(tmp_path):
    write_tsv(tmp_path / "t.tsv", [{"a": 1, "b": None}, {"a": "x y"}], ["a", "b"])
    assert read_tsv(tmp_path / "t.tsv") == [{"a": "1", "b": ""}, {"a": "x y", "b": ""}]


def test_json_refuses_what_is_no_number(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "x.json", {"a": float("nan")})
    assert list(tmp_path.iterdir()) == []


def test_require_names_the_first_offender_and_passes_missing_values():
    require(np.array([0.5, np.nan]) <= 1, "share <= 1", np.array([0.5, np.nan]))
    with pytest.raises(InputError, match=r"share <= 1 does not hold for 2\.5 \(the first of 2\)"):
        require(np.array([0.5, 2.5, 3.0]) <= 1, "share <= 1", np.array([0.5, 2.5, 3.0]))


def test_did_you_mean_helps_only_when_something_is_near():
    assert did_you_mean("specimn", ["specimen", "day"]) == ", did you mean 'specimen'?"
    assert did_you_mean("xyz", ["specimen", "day"]) == ""


def test_a_log_takes_what_is_said_and_a_mistake_in_one_line(tmp_path, capsys):
    with pytest.raises(SystemExit), log_to(tmp_path / "a.log") as log:
        log.info("reading")
        print("a word")
        raise InputError("day is missing")
    text = (tmp_path / "a.log").read_text()
    assert "INFO reading" in text
    assert "a word" in text
    assert "Traceback" not in text
    assert capsys.readouterr().err == "error: day is missing\n"


def test_a_bug_is_a_traceback_in_the_log(tmp_path, capsys):
    with pytest.raises(SystemExit), log_to(tmp_path / "a.log"):
        raise KeyError("oops")
    assert "Traceback" in (tmp_path / "a.log").read_text()
    assert f"whole traceback: {tmp_path / 'a.log'}" in capsys.readouterr().err


def test_a_data_error_carries_reason_detail_and_way_out():
    error = DataError("truncated_gzip", "a.fastq.gz ends early", "copy it again")
    assert (error.reason, error.way_out) == ("truncated_gzip", "copy it again")


def test_fingerprint_differs_between_modules_and_refuses_unknown_ones():
    assert fingerprint("cohort") != fingerprint("cohort", "features")
    assert len(fingerprint("features")) == 16
    with pytest.raises(FileNotFoundError):
        fingerprint("no_such_module")
