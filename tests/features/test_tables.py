"""Feature tables made elsewhere: what passes, and the words and places of what does not."""

import gzip

import pandas as pd
import pytest

from seriome.errors import DataError
from seriome.features import read_features, read_table, write_features

HEADER = "kind\tfeature\tvalue\tunit\tstate\tlod\n"
GOOD = HEADER + "protein\tQ1\t20.5\tlog2_intensity\t\t\nprotein\tQ2\tNA\tlog2_intensity\tbelow_lod\t12\n"


def test_tsv_gzip_and_parquet_say_the_same(tmp_path):
    (tmp_path / "a.tsv").write_text(GOOD)
    (tmp_path / "a.tsv.gz").write_bytes(gzip.compress(GOOD.encode()))
    table = read_table(tmp_path / "a.tsv")
    table.to_parquet(tmp_path / "a.parquet")
    for name in ("a.tsv.gz", "a.parquet"):
        pd.testing.assert_frame_equal(read_table(tmp_path / name), table)
    assert table[["feature", "name", "state"]].to_numpy().tolist() == [
        ["Q1", "Q1", "measured"],
        ["Q2", "Q2", "below_lod"],
    ]


def test_a_table_goes_into_the_store(tmp_path):
    (tmp_path / "a.tsv").write_text(GOOD)
    about = {"patient": "P1", "sample": "S1", "timepoint": "T0", "assay": "proteome", "day": 3}
    table = read_table(tmp_path / "a.tsv")
    write_features(tmp_path / "f.parquet", table, about=about, method="x", parameters={}, inputs={})
    rows = read_features(tmp_path / "f.parquet")
    assert rows[["value", "lod"]].fillna(-1).to_numpy().tolist() == [[20.5, -1], [-1, 12]]
    assert set(rows["patient"]) == {"P1"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kind\tfeatures\tvalue\tunit\n", "unknown column 'features', did you mean 'feature'?"),
        ("kind\tfeature\tunit\n", "column value is missing"),
        (HEADER, "no row under its header"),
        (GOOD + "protein\tQ3\thigh\tx\t\t\n", "line 4, value: 'high' is not a finite number"),
        (GOOD + "protein\tQ3\tinf\tx\t\t\n", "line 4, value: 'inf' is not a finite number"),
        (GOOD + "protein\tQ3\t1\t\t\t\n", "line 4, unit: is empty"),
        (GOOD + "protein\tQ1\t1\tx\t\t\n", "line 4, feature: protein 'Q1' stands twice"),
        (GOOD + "protein\tQ3\t1\tx\tmesured\t\n", "line 4, state: unknown state 'mesured', did you mean 'measured'?"),
        (GOOD + "protein\tQ3\t1\tx\tbelow_lod\t\n", "line 4, state: 'below_lod' does not go with the value 1.0"),
        (GOOD + "protein\tQ3\t1\n", "line 4: 3 cells under 6 headers"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path, text, message):
    (tmp_path / "a.tsv").write_text(text)
    with pytest.raises(DataError) as error:
        read_table(tmp_path / "a.tsv", "raw/a.tsv")
    assert "raw/a.tsv" in error.value.detail
    assert message in error.value.detail


def test_a_broken_parquet(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(DataError, match="malformed_table: raw is not a whole Parquet file"):
        read_table(tmp_path / "a.parquet", "raw")
