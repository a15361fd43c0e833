"""CIViC's file in both of its forms, and what of it fits a variant."""

import pytest

from seriome.dna import meaning, tables
from seriome.errors import InputError

OLD = (
    "gene\tvariant\tdisease\tdrugs\tevidence_type\tevidence_direction\tevidence_level\tclinical_significance\tpubmed_id"
)
OLD += "\tevidence_id\tevidence_status\n"
NEW = "molecular_profile\tdisease\ttherapies\tevidence_type\tevidence_direction\tevidence_level\tsignificance"
NEW += "\tcitation_id\tsource_type\tevidence_id\tevidence_status\tis_flagged\n"
ITEM = {"gene": "EGFR", "known_as": "T790M", "drug": "Gefitinib", "disease": "Lung cancer", "effect": "Resistance"}
ITEM |= {"direction": "Supports", "level": "B", "pmid": "15728811", "evidence": "239"}


@pytest.mark.parametrize(
    "text",
    [
        OLD + "EGFR\tT790M\tLung cancer\tGefitinib\tPredictive\tSupports\tB\tResistance\t15728811\t239\taccepted\n"
        "EGFR\tT790M\tLung cancer\tGefitinib\tPrognostic\tSupports\tB\tPoor Outcome\t1\t240\taccepted\n"
        "EGFR\tT790M\tLung cancer\t\tPredictive\tSupports\tB\tResistance\t1\t241\taccepted\n",
        NEW + "EGFR T790M\tLung cancer\tGefitinib\tPredictive\tSupports\tB\tResistance\t15728811\tPubMed\t239\taccepted"
        "\tfalse\n"
        "EGFR L858R AND EGFR T790M\tCancer\tX\tPredictive\tSupports\tB\tResistance\t1\tPubMed\t2\taccepted\tfalse\n"
        "EGFR T790M\tLung cancer\tX\tPredictive\tSupports\tB\tResistance\t1\tPubMed\t3\tsubmitted\tfalse\n"
        "EGFR T790M\tLung cancer\tX\tPredictive\tSupports\tB\tResistance\t1\tPubMed\t4\taccepted\ttrue\n",
    ],
    ids=["up to 2022", "since"],
)
def test_both_forms_of_the_file(tmp_path, text):
    (tmp_path / "civic.tsv").write_text(text)
    assert meaning.read_civic(tmp_path / "civic.tsv") == [ITEM]


def test_a_source_outside_of_pubmed_has_no_pmid(tmp_path):
    row = "EGFR T790M\tx\ty\tPredictive\tSupports\tB\tResistance\t77\tASCO\t3\taccepted\tfalse\n"
    (tmp_path / "civic.tsv").write_text(NEW + row)
    assert meaning.read_civic(tmp_path / "civic.tsv")[0]["pmid"] == ""


@pytest.mark.parametrize("text", ["", "gene\tvariant\nA\tB\n"])
def test_another_file_is_the_users_mistake(tmp_path, text):
    (tmp_path / "civic.tsv").write_text(text)
    with pytest.raises(InputError, match="not CIViC's file of evidence items"):
        meaning.read_civic(tmp_path / "civic.tsv")


@pytest.mark.parametrize(
    ("change", "consequence", "known_as", "how"),
    [
        ("L858R", "missense_variant", "L858R", "variant"),
        ("L858R", "missense_variant", "L858R (c.2573T>G)", "variant"),
        ("V600K", "missense_variant", "V600", "codon"),
        ("V600E", "missense_variant", "V60", None),
        ("V600_K601delinsE", "protein_altering_variant", "V600", None),
        ("R213*", "stop_gained", "TRUNCATING MUTATION", "class"),
        ("Q69fs", "frameshift_variant", "Frameshift Mutation", "class"),
        ("R213*", "stop_gained", "Frameshift Mutation", None),
        ("R213Q", "missense_variant", "Truncating Mutation", None),
        ("R213Q", "missense_variant", "MUTATION", None),
        ("", "splice_donor_variant", "Mutation", None),
        ("L858R", "missense_variant", "Exon 21 Mutation", None),
    ],
)
def test_what_fits(change, consequence, known_as, how):
    assert meaning.match(change, consequence, known_as) == how


@pytest.mark.parametrize(
    ("change", "consequence", "exon", "known_as", "how"),
    [
        ("E746_A750del", "inframe_deletion", 19, "EXON 19 DELETION", "class"),
        ("L747_A750delinsP", "protein_altering_variant", 19, "Exon 19 Deletion", "class"),
        ("E746_A750del", "inframe_deletion", 18, "Exon 19 Deletion", None),
        ("E746_A750del", "inframe_deletion", None, "Exon 19 Deletion", None),
        ("E746fs", "frameshift_variant", 19, "Exon 19 Deletion", None),
        ("D770_N771insG", "inframe_insertion", 20, "Exon 20 Insertion", "class"),
        ("D770_N771insG", "inframe_insertion", 20, "Exon 20 Deletion", None),
        ("L858R", "missense_variant", 21, "Exon 21 Mutation", None),
    ],
)
def test_evidence_of_an_exon(change, consequence, exon, known_as, how):
    assert meaning.match(change, consequence, known_as, exon) == how


def row(name, hgvs, consequence="missense_variant", reasons="PASS", gene="EGFR"):
    about = {
        "patient": "X",
        "sample": "T",
        "variant": name,
        "chrom": "c",
        "pos": 1,
        "ref": "A",
        "alt": "C",
        "gene": gene,
    }
    about |= {"hgvs_p": hgvs, "name": name, "consequence": consequence, "filter": reasons, "called": True}
    return about | {"tumor_only": False, "state": "measured"}


def test_both_sources_stand_side_by_side():
    civic = [ITEM, ITEM | {"known_as": "T790", "level": "A", "evidence": "9"}]
    table = tables.typed([row("EGFR T790M", "p.T790M"), row("EGFR A1B", None, reasons="germline")])
    found = meaning.of_patient(table, civic)
    assert {one["name"] for one in found} == {"EGFR T790M"}
    assert [(one["source"], one["match"], one["level"], one["pmid"]) for one in found] == [
        ("seriome", "variant", "A", "25668228"),
        ("seriome", "variant", "B", "15728811"),
        ("civic", "variant", "B", "15728811"),
        ("civic", "codon", "A", "15728811"),
    ]
    assert meaning.of_patient(tables.typed([]), civic) == []


def test_a_stop_in_our_own_table_is_a_class():
    (one,) = meaning.of_patient(tables.typed([row("B2M S14fs", "p.S14fs", "frameshift_variant", gene="B2M")]))
    assert (one["match"], one["known_as"], one["drug"]) == ("class", "truncating", "pembrolizumab")


def test_the_public_file(shared_real):
    path = shared_real.parent / "reference/fetched/civic_predictive_slim.tsv.gz"
    if not path.is_file():
        pytest.skip("../shared/reference is not there")
    civic = meaning.read_civic(path)
    assert len(civic) > 2000
    found = meaning.of_patient(tables.typed([row("EGFR T790M", "p.T790M")]), civic)
    theirs = {(one["drug"], one["effect"], one["pmid"]) for one in found if one["source"] == "civic"}
    assert ("Gefitinib", "Resistance", "15728811") in theirs
    assert {one["known_as"] for one in found if one["match"] == "variant"} == {"T790M"}
