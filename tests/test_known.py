from seriome.files import read_tsv
from seriome.known import TABLE, known_effects, resists


def test_a_known_resistance_is_told_with_its_sources():
    assert known_effects("EGFR C797S") == "known resistance to osimertinib (CIViC level B, PMID 25939061)"
    assert known_effects("EGFR A1B") == ""


def test_a_truncation_is_known_by_its_kind():
    assert resists("B2M K23*")
    assert resists("B2M S14fs")
    assert not resists("B2M K23N")
    assert not resists("EGFR L858R")  # known, but for sensitivity


def test_every_row_has_a_source_and_stands_once_in_order():
    rows = read_tsv(TABLE)
    keys = [(row["gene"], row["protein_change"], row["drug"]) for row in rows]
    assert keys == sorted(set(keys))
    for row in rows:
        assert row["effect"] in ("resistance", "sensitivity")
        assert row["level"] in "ABCDE"
        assert row["pmid"].isdigit()
        assert row["civic_evidence"].isdigit()
        assert row["checked"]


def test_the_table_agrees_with_civic(shared_real):
    import csv
    import gzip

    path = shared_real.parent / "reference/fetched/civic_predictive_slim.tsv.gz"
    with gzip.open(path, "rt") as file:
        civic = {row["evidence_id"]: row for row in csv.DictReader(file, delimiter="\t")}
    meaning = {"resistance": "Resistance", "sensitivity": "Sensitivity/Response"}
    for row in read_tsv(TABLE):
        item = civic[row["civic_evidence"]]
        assert item["gene"] == row["gene"]
        change = {"truncating": "FS"}.get(row["protein_change"], row["protein_change"])
        assert change in item["variant"]
        assert row["drug"] in item["drugs"].lower()
        assert (item["pmid"], item["evidence_level"]) == (row["pmid"], row["level"])
        assert (item["evidence_direction"], item["clinical_significance"]) == ("Supports", meaning[row["effect"]])
