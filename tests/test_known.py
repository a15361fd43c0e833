"""The table of what is known: every row against its source, and how a variant fits a row."""

import csv
import gzip
import re

import pytest

from seriome.files import read_tsv
from seriome.known import TABLE, fit, given, known_effects, resists, rows_of, rows_of_kind

# ours: theirs, where the source calls the same thing otherwise
NAMES = {
    "amplification": r"AMPLIFICATION",
    "fusion": r".*(FUSIONS?|REARRANGEMENT|::.*)",
    "truncating": r"LOSS-OF-FUNCTION|S14FS|Q503\*",
    "exon 14 skipping": r"EXON 14 SKIPPING MUTATION",
    "T1151dup": r"EML4-ALK T1151INST",
    "exon 14 insertion": r"ITD",  # FLT3: the duplications are of the juxtamembrane part, exon 14
    "R140": r"MUTATION",  # IDH2: the two residues of which the patients of the study had mutations
    "R172": r"MUTATION",
}
CGI_LEVELS = {"guidelines": "A", "Late trials": "B", "Early trials": "B", "Clinical trials": "B"}
CGI_LEVELS |= {"Case report": "C", "Pre-clinical": "D"}
# rows of papers that neither database had on the day of the check
PAPERS = {
    ("KRAS", "34096690"): "Skoulidis 2021, N Engl J Med 384:2371",
    ("KRAS", "35658005"): "Jänne 2022, N Engl J Med 387:120",
    ("KRAS", "34161704"): "Awad 2021, N Engl J Med 384:2382",
    ("BRCA1", "30425037"): "Lin 2019, Cancer Discov 9:210",
    ("BRCA2", "30425037"): "Lin 2019, Cancer Discov 9:210",
}
ROWS = read_tsv(TABLE)


def test_a_known_resistance_is_told_with_its_sources():
    assert known_effects("EGFR C797S") == "known resistance to osimertinib (level B, PMID 25939061)"
    assert known_effects("EGFR A1B") == ""


def test_a_truncation_is_known_by_its_kind():
    assert resists("B2M K23*")
    assert resists("B2M S14fs")
    assert not resists("B2M K23N")
    assert not resists("EGFR L858R")  # known, but for sensitivity


def test_resistance_is_to_a_drug_that_was_given():
    assert resists("EGFR T790M", ["Erlotinib"])
    assert not resists("EGFR T790M", ["osimertinib"])
    assert not resists("EGFR T790M", [])
    assert resists("KRAS G12D", ["FOLFIRI and cetuximab", "bevacizumab"])
    assert not given("imatinib", "bosutinib")
    assert given("trastuzumab", "trastuzumab deruxtecan")  # which holds it
    assert not given("trastuzumab deruxtecan", "trastuzumab")


@pytest.mark.parametrize(
    ("name", "consequence", "exon", "drug", "effect", "match"),
    [
        ("EGFR E746_A750del", "inframe_deletion", 19, "erlotinib", "sensitivity", "class"),
        ("EGFR D770_N771insSVD", "inframe_insertion", 20, "erlotinib", "resistance", "class"),
        ("EGFR A763_Y764insFQEA", "inframe_insertion", 20, "erlotinib", "sensitivity", "variant"),
        ("BRAF V600R", "missense_variant", 15, "dabrafenib", "sensitivity", "codon"),
        ("BTK C481R", "missense_variant", 15, "ibrutinib", "resistance", "codon"),
        ("KIT W557_K558del", "inframe_deletion", 11, "imatinib", "sensitivity", "class"),
        ("MET splice_donor_variant 7:1 G>A", "splice_donor_variant", 14, "capmatinib", "sensitivity", "class"),
        ("BRCA2 S1982fs", "frameshift_variant", 11, "olaparib", "sensitivity", "class"),
    ],
)
def test_what_fits_best_speaks(name, consequence, exon, drug, effect, match):
    (row,) = [one for one in rows_of(name, consequence, exon) if one["drug"] == drug]
    assert (row["effect"], row["match"]) == (effect, match)


@pytest.mark.parametrize(
    ("name", "consequence", "exon"),
    [
        ("EGFR E746_A750del", "inframe_deletion", 18),
        ("EGFR E746_A750del", "inframe_deletion", None),
        ("MET splice_donor_variant 7:1 G>A", "splice_donor_variant", 13),
        ("KIT W557*", "stop_gained", 11),
        ("BRCA2 S1982N", "missense_variant", 11),
    ],
)
def test_what_does_not_fit(name, consequence, exon):
    assert rows_of(name, consequence, exon) == []


def test_a_name_alone_tells_less():
    assert rows_of("EGFR E746_A750del") == []  # the exon is not known
    assert fit("W557_K558del", None, "exon 11 mutation", 11) == "class"


def test_fusions_and_amplifications_by_gene():
    assert "crizotinib" in {row["drug"] for row in rows_of_kind("ALK", "fusion")}
    assert {row["effect"] for row in rows_of_kind("ERBB2", "amplification")} == {"sensitivity", "resistance"}
    assert rows_of_kind("TP53", "fusion") == []


def test_every_row_has_a_source_and_stands_once_in_order():
    keys = [(row["gene"], row["alteration"], row["drug"], row["effect"]) for row in ROWS]
    assert keys == sorted(set(keys))
    for row in ROWS:
        assert row["effect"] in ("resistance", "sensitivity")
        assert row["level"] in "ABCDE"
        assert all(one.isdigit() for one in row["pmid"].split(";"))
        assert row["checked"]
        if row["source"] == "paper":
            assert (row["gene"], row["pmid"]) in PAPERS
        else:
            assert re.fullmatch(r"CIViC \d+|CGI \S.*", row["source"])


def test_all_genes_that_were_asked_for_are_there():
    genes = {row["gene"] for row in ROWS}
    asked = (
        "EGFR ALK ROS1 RET MET BRAF KRAS KIT ERBB2 FGFR1 FGFR2 FGFR3 ABL1 AR ESR1 PIK3CA NTRK1 NTRK2 NTRK3 IDH1 IDH2"
    )
    assert set(f"{asked} PDGFRA FLT3 BTK BRCA1 BRCA2".split()) <= genes


def sources(shared_real, name):
    path = shared_real.parent / "reference/fetched" / name
    if not path.is_file():
        pytest.skip("../shared/reference is not there")
    with gzip.open(path, "rt") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def same(ours: str, theirs: str) -> bool:
    theirs = re.sub(r"^.*-(ALK|ABL|ROS1|NTRK3|PDGFRA)  ?|^ALK FUSION (?=[A-Z]\d)", "", theirs)
    return ours.upper() == theirs.upper() or bool(re.fullmatch(NAMES.get(ours, "(?!)"), theirs, re.IGNORECASE))


def test_the_table_agrees_with_civic(shared_real):
    civic = {row["evidence_id"]: row for row in sources(shared_real, "civic_predictive_slim.tsv.gz")}
    effects = {"resistance": "Resistance", "sensitivity": "Sensitivity/Response"}
    for row in (one for one in ROWS if one["source"].startswith("CIViC")):
        item = civic[row["source"].split()[1]]
        assert item["gene"] == row["gene"]
        assert same(row["alteration"], item["variant"]) or row["alteration"] == "T1151dup", (row, item["variant"])
        drugs = [one.strip().lower().removesuffix(" mesylate") for one in item["drugs"].split(",")]
        assert row["drug"] in drugs
        assert drugs == [row["drug"]] or item["drug_interaction_type"] == "Substitutes"  # no part of a combination
        assert row["disease"] == item["disease"].lower()
        assert (item["pmid"], item["evidence_level"]) == (row["pmid"], row["level"])
        assert (item["evidence_direction"], item["clinical_significance"]) == ("Supports", effects[row["effect"]])


def test_the_table_agrees_with_cgi(shared_real):
    cgi = [row for row in sources(shared_real, "resistance_civic_cgi.tsv.gz") if row["source"] == "CGI"]
    for row in (one for one in ROWS if one["source"].startswith("CGI")):
        variant = row["source"].removeprefix("CGI ")
        (item,) = [
            one
            for one in cgi
            if (one["gene"], one["variant"], one["disease"].lower()) == (row["gene"], variant, row["disease"])
            and row["drug"] in one["drugs"].lower()
            and row["pmid"] == ";".join(dict.fromkeys(re.findall(r"PMID:(\d+)", one["ref"])))
        ]
        parts = [one.strip(".") for one in re.split("[,;]", variant)]
        ours = row["alteration"]
        assert any(ours in (one, f"{one}") or one.endswith(ours) or ours.endswith(one) for one in parts), row
        assert CGI_LEVELS[re.sub(r".* (?=guidelines)|,.*", "", item["level"])] == row["level"]
        assert (item["significance"], row["effect"]) == ("Resistance", "resistance")
