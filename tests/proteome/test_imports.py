"""Tables of other programs: each sample's run is taken out, absences are typed, decoys and other runs stay out."""

import numpy as np
import pandas as pd
import pytest

from seriome.errors import DataError
from seriome.proteome.imports import check, features, joined, read_import, stem


def write(path, text):
    path.write_text("\n".join("\t".join(line.split("|")) for line in text.strip().splitlines()) + "\n")
    return path


DIANN = """
Run|Protein.Group|Genes|PG.MaxLFQ|Precursor.Id|Stripped.Sequence|Modified.Sequence|Precursor.Charge\
|Precursor.Quantity|Q.Value|PG.Q.Value
S1|P00533;Q1|EGFR|1024|AAK2|AAK|AAK|2|300|0.001|0.001
S1|P00533;Q1|EGFR|1024|CCK2|CCK|C(UniMod:4)CK|2|200|0.001|0.001
S1|P01116|KRAS|512|DDK2|DDK|DDK|2|50|0.2|0.001
S2|P01116|KRAS|256|DDK2|DDK|DDK|2|40|0.001|0.001
S2|P09|X|64|EEK2|EEK|EEK|2|40|0.001|0.2
"""
MATRIX = r"""
Protein.Group|Protein.Names|Genes|First.Protein.Description|C:\data\S1.raw|/home/x/S2.mzML
P00533|EGFR_HUMAN|EGFR||1024|
P01116|RASK_HUMAN|KRAS||512|256
"""
MAXQUANT = """
Protein IDs|Majority protein IDs|Gene names|LFQ intensity S1|LFQ intensity S2|Intensity S1|Reverse\
|Potential contaminant|Only identified by site
P00533;Q1|P00533|EGFR|1024|0|9|||
CON__P00761|CON__P00761||5000|5000|9||+|
REV__P1|REV__P1||77|77|9|+||
P01116|P01116|KRAS;X|0|256|9|||
P2|P2|B|8|8|9|||+
"""
FRAGPIPE = """
Protein|Protein ID|Gene|S1 Spectral Count|S1 Intensity|S2 Intensity|S1 MaxLFQ Intensity|S2 MaxLFQ Intensity
sp|P00533|EGFR_HUMAN|P00533|EGFR|3|9|9|1024|0
"""
SPECTRONAUT = """
R.FileName|PG.ProteinGroups|PG.Genes|PG.Quantity|PEP.StrippedSequence|EG.ModifiedSequence|FG.Charge|FG.Quantity|EG.Qvalue
S1.raw|P00533;Q1|EGFR|1024|AAK|_AAK_|2|300|0.001
S1.raw|P01116|KRAS|Filtered|DDK|_DDK_|2|Filtered|0.001
S2.raw|P01116|KRAS|256|DDK|_DDK_|2|9|0.001
"""
PIVOT = """
PG.ProteinGroups|PG.Genes|[1] S1.raw.PG.Quantity|[2] S2.raw.PG.Quantity
P00533|EGFR|1024|NaN
P01116|KRAS|Filtered|256
"""


@pytest.mark.parametrize(
    ("kind", "text", "run", "amounts", "peptides"),
    [
        pytest.param("diann", DIANN, "S1", {"P00533": 1024, "P01116": None}, 2, id="diann: above the FDR is not seen"),
        pytest.param("diann", DIANN, "S2.raw", {"P00533": None, "P01116": 256}, 1, id="diann: the other run"),
        pytest.param("diann", MATRIX, "S2", {"P00533": None, "P01116": 256}, 0, id="diann matrix: paths are stripped"),
        pytest.param(
            "maxquant", MAXQUANT, "S1", {"P00533": 1024, "P01116": None, "CON__P00761": 5000}, 0, id="maxquant"
        ),
        pytest.param("spectronaut", SPECTRONAUT, "S1", {"P00533": 1024, "P01116": None}, 1, id="spectronaut: Filtered"),
        pytest.param("spectronaut", PIVOT, "S2", {"P00533": None, "P01116": 256}, 0, id="spectronaut pivoted"),
    ],
)
def test_one_run_out_of_a_table_of_many(tmp_path, kind, text, run, amounts, peptides):
    path = write(tmp_path / "t.tsv", text)
    proteins, own, _ = read_import(path, kind, [run])
    found = proteins.set_index("accession")["intensity"]
    assert {name: None if np.isnan(value) else value for name, value in found.items()} == amounts
    assert len(own) == peptides
    assert check(path, kind, "t.tsv")[0] == len(text.strip().splitlines()) - 1
    rows, lod = features(proteins)
    told = rows.set_index("feature")
    assert not told.index.str.startswith("CON").any()
    assert lod == np.log2(min(value for name, value in amounts.items() if value and not name.startswith("CON")))
    for name, value in amounts.items():
        if not name.startswith("CON"):
            assert told.loc[name, "state"] == ("measured" if value else "below_lod")
            assert told.loc[name, "lod"] == pytest.approx(np.nan if value else lod, nan_ok=True)


def test_fragpipe_takes_maxlfq_and_zero_is_an_absence(tmp_path):
    header, row = FRAGPIPE.strip().splitlines()
    path = tmp_path / "combined_protein.tsv"
    path.write_text(
        header.replace("|", "\t") + "\nsp|P00533|EGFR_HUMAN\t" + row.split("|", 3)[3].replace("|", "\t") + "\n"
    )
    proteins, _, amount = read_import(path, "fragpipe", ["S1"])
    assert proteins[["accession", "gene", "intensity"]].to_numpy().tolist() == [["P00533", "EGFR", 1024]]
    assert amount == "MaxLFQ Intensity"
    rows, lod = features(read_import(path, "fragpipe", ["S2"])[0])
    assert (rows["state"].tolist(), lod) == (["failed_qc"], None)


def test_parquet_reports_and_groups(tmp_path):
    text = [line.split("|") for line in DIANN.strip().splitlines()]
    table = pd.DataFrame(text[1:], columns=text[0])
    table.to_parquet(tmp_path / "report.parquet")
    proteins, peptides, amount = read_import(tmp_path / "report.parquet", "diann", ["S1"])
    assert amount == "PG.MaxLFQ"
    assert proteins.set_index("accession").loc["P00533", ["members", "gene"]].tolist() == ["P00533;Q1", "EGFR"]
    assert peptides[["peptide", "group", "area"]].to_numpy().tolist() == [
        ["AAK", "P00533", 300.0],
        ["CCK", "P00533", 200.0],
    ]


def test_runs_of_a_sample_are_their_mean(tmp_path):
    path = write(tmp_path / "t.tsv", MATRIX)
    both = joined([read_import(path, "diann", [run])[0] for run in ("S1", "S2")])
    assert both.set_index("accession")["intensity"].to_dict() == {"P00533": 1024, "P01116": 384}


def test_what_cannot_be_read_says_why(tmp_path):
    path = write(tmp_path / "t.tsv", DIANN)
    with pytest.raises(DataError, match=r"run_not_in_table: t\.tsv has no run 'S_1', did you mean 'S1'") as error:
        read_import(path, "diann", ["S_1"], shown="t.tsv")
    assert "column" in error.value.way_out
    with pytest.raises(DataError, match=r"malformed_table: t\.tsv is not MaxQuant's"):
        read_import(path, "maxquant", ["S1"], shown="t.tsv")
    (tmp_path / "e.tsv").write_text("")
    with pytest.raises(DataError, match="empty_file"):
        check(tmp_path / "e.tsv", "diann", "e.tsv")
    (tmp_path / "e.parquet").write_text("no parquet")
    with pytest.raises(DataError, match="malformed_table"):
        check(tmp_path / "e.parquet", "diann", "e.parquet")


def test_names_of_runs_lose_folder_and_ending():
    names = (r"C:\data\a b\run_1.raw", "/x/run_1.mzML.gz", "run_1.d", "run_1.htrms", "run_1")
    assert {stem(name) for name in names} == {"run_1"}
