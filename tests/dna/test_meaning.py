"""CIViC's file in both of its forms, and what of it fits a variant."""

import pandas as pd
import pytest

from seriome.dna import meaning, tables
from seriome.errors import InputError
from seriome.known import fit

OLD = (
    "gene\tvariant\tdisease\tdrugs\tevidence_type\tevidence_direction\tevidence_level\tclinical_significance\tpubmed_id"
)
OLD += "\tevidence_id\tevidence_status\n"
NEW = "molecular_profile\tmolecular_profile_id\tdisease\tdoid\tphenotypes\ttherapies\ttherapy_interaction_type"
NEW += "\tevidence_type\tevidence_direction\tevidence_level\tsignificance\tevidence_statement\tcitation_id\tsource_type"
NEW += "\tasco_abstract_id\tcitation\tnct_ids\trating\tevidence_status\tevidence_id\tvariant_origin\tlast_review_date"
NEW += "\tevidence_civic_url\tmolecular_profile_civic_url\tis_flagged\n"


def new(profile, disease, drug, level, effect, citation, number, source="PubMed", status="accepted", flagged="false"):
    """A row of CIViC's file as it is since 2023: 25 columns."""
    cells = [
        profile,
        "1",
        disease,
        "2",
        "",
        drug,
        "",
        "Predictive",
        "Supports",
        level,
        effect,
        "words",
        citation,
        source,
    ]
    cells += ["", "", "", "3", status, number, "Somatic", "2023-01-09 21:46:21 UTC", "https://e", "https://m", flagged]
    return "\t".join(cells) + "\n"


ITEM = {"gene": "EGFR", "known_as": "T790M", "drug": "Gefitinib", "disease": "Lung cancer", "effect": "Resistance"}
ITEM |= {"direction": "Supports", "level": "B", "pmid": "15728811", "evidence": "239"}


@pytest.mark.parametrize(
    "text",
    [
        OLD + "EGFR\tT790M\tLung cancer\tGefitinib\tPredictive\tSupports\tB\tResistance\t15728811\t239\taccepted\n"
        "EGFR\tT790M\tLung cancer\tGefitinib\tPrognostic\tSupports\tB\tPoor Outcome\t1\t240\taccepted\n"
        "EGFR\tT790M\tLung cancer\t\tPredictive\tSupports\tB\tResistance\t1\t241\taccepted\n",
        NEW
        + new("EGFR T790M", "Lung cancer", "Gefitinib", "B", "Resistance", "15728811", "239")
        + new("EGFR L858R AND EGFR T790M", "Cancer", "X", "B", "Resistance", "1", "2")
        + new("EGFR T790M", "Lung cancer", "X", "B", "Resistance", "1", "3", status="submitted")
        + new("EGFR T790M", "Lung cancer", "X", "B", "Resistance", "1", "4", flagged="true"),
    ],
    ids=["up to 2022", "since"],
)
def test_both_forms_of_the_file(tmp_path, text):
    (tmp_path / "civic.tsv").write_text(text)
    assert meaning.read_civic(tmp_path / "civic.tsv") == [ITEM]


def test_a_source_outside_of_pubmed_has_no_pmid(tmp_path):
    (tmp_path / "civic.tsv").write_text(NEW + new("EGFR T790M", "x", "y", "B", "Resistance", "77", "3", source="ASCO"))
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
    assert fit(change, consequence, known_as) == how


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
        ("L858R", "missense_variant", 21, "Exon 21 Mutation", "class"),
        ("L858*", "stop_gained", 21, "Exon 21 Mutation", None),
        ("", "splice_donor_variant", 14, "EXON 14 SKIPPING MUTATION", "class"),
        ("", "splice_region_variant", 14, "EXON 14 SKIPPING MUTATION", None),
    ],
)
def test_evidence_of_an_exon(change, consequence, exon, known_as, how):
    assert fit(change, consequence, known_as, exon) == how


def row(name, hgvs, consequence="missense_variant", reasons="PASS", gene="EGFR", pos=1, ref="A", alt="C"):
    about = {
        "patient": "X",
        "sample": "T",
        "variant": name,
        "chrom": "c",
        "pos": pos,
        "ref": ref,
        "alt": alt,
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
        ("seriome", "variant", "A", "26729184"),
        ("seriome", "variant", "B", "24035188"),
        ("seriome", "variant", "B", "21430269"),
        ("seriome", "variant", "B", "15728811"),
        ("civic", "variant", "B", "15728811"),
        ("civic", "codon", "A", "15728811"),
    ]
    assert meaning.of_patient(tables.typed([]), civic) == []


def test_a_stop_in_our_own_table_is_a_class():
    (one,) = meaning.of_patient(tables.typed([row("B2M S14fs", "p.S14fs", "frameshift_variant", gene="B2M")]))
    assert (one["match"], one["known_as"], one["drug"]) == ("class", "truncating", "pembrolizumab")


FUSION = {"fusion": "EML4::ALK", "name": "EML4-ALK E13;A20", "five": "EML4", "three": "ALK"}
FUSION |= {"drives": "1", "filter": "PASS"}


@pytest.mark.parametrize(
    ("gene", "known_as", "how"),
    [
        ("ALK", "ALK FUSIONS", "class"),
        ("ALK", "EML4::ALK", "variant"),
        ("ALK", "CAD::ALK", None),
        ("ALK", "REARRANGEMENT", "class"),
        ("ALK", "EML4-ALK G1202R", None),
        ("v::ALK", "Fusion", "class"),
        ("EML4::ALK", "Fusion", "variant"),
        ("ALK::v", "Fusion", None),  # the other way round
        ("ALK", "Amplification", None),
    ],
)
def test_evidence_of_fusions(gene, known_as, how):
    assert meaning.joins({"gene": gene, "known_as": known_as}, "EML4", "ALK") == how


def test_a_fusion_has_its_drugs():
    civic = [ITEM | {"gene": "v::ALK", "known_as": "Fusion", "drug": "Ensartinib", "effect": "Sensitivity/Response"}]
    found = meaning.of_patient(tables.typed([]), civic, [FUSION, FUSION | {"sample": "again"}])
    assert {one["name"] for one in found} == {"EML4-ALK E13;A20"}
    drugs = [one["drug"] for one in found]
    assert len(drugs) == len(set(drugs))
    assert {"alectinib", "lorlatinib", "Ensartinib"} <= set(drugs)
    for other in ({"drives": "0"}, {"filter": "in_normal"}):
        assert meaning.of_patient(tables.typed([]), civic, [FUSION | other]) == []


@pytest.mark.parametrize(
    ("copies", "lower", "state", "amplified"),
    [
        (6.0, 0.4, "measured", True),
        (5.9, 1.5, "measured", False),  # purity is stated: copies decide
        (None, 1.0, "measured", True),
        (None, 0.9, "measured", False),
        (8.0, 1.5, "not_measured", False),
    ],
)
def test_amplified(copies, lower, state, amplified):
    table = pd.DataFrame([{"gene": "ERBB2", "total_copies": copies, "lower": lower, "state": state}])
    table["total_copies"] = table["total_copies"].astype(float)
    assert meaning.amplified(table) == ({"ERBB2"} if amplified else set())
    found = meaning.of_patient(tables.typed([]), copy_number=table)
    assert ("ERBB2 amplification" in {one["name"] for one in found}) == amplified


@pytest.mark.parametrize(
    ("other", "restored"),
    [
        (row("BRCA2 B", "p.K60fs", "frameshift_variant", gene="BRCA2", pos=130, ref="A", alt="AT"), True),
        (row("BRCA2 B", "p.K60fs", "frameshift_variant", gene="BRCA2", pos=130, ref="AT", alt="A"), False),  # -2
        (row("BRCA2 B", "p.K60fs", "frameshift_variant", gene="BRCA2", pos=300, ref="A", alt="AT"), False),  # far
        (row("BRCA2 B", "p.K60_K69del", "inframe_deletion", gene="BRCA2", pos=90, ref="A" * 31, alt="A"), True),
        (row("BRCA2 B", "p.K60_K61del", "inframe_deletion", gene="BRCA2", pos=110, ref="A" * 7, alt="A"), False),
        (row("BRCA2 B", "p.K60N", gene="BRCA2", pos=100), False),
    ],
)
def test_reversions_by_hand(other, restored):
    lost = row("BRCA2 A", "p.K50fs", "frameshift_variant", "germline", "BRCA2", 100, "AT", "A")
    found = meaning.reversions(tables.typed([lost, other]))
    assert found == ({"BRCA2 B": "BRCA2 A"} if restored else {})
    rows = meaning.of_patient(tables.typed([lost, other]))
    said = {(one["known_as"], one["drug"], one["effect"]) for one in rows}
    assert (("reversion of BRCA2 A", "rucaparib", "resistance") in said) == restored


def test_a_stop_is_undone_by_another_change_of_its_residue():
    lost = row("BRCA1 A", "p.Q50*", "stop_gained", gene="BRCA1")
    assert meaning.reversions(tables.typed([lost, row("BRCA1 B", "p.Q50E", gene="BRCA1", pos=1)])) == {
        "BRCA1 B": "BRCA1 A"
    }
    assert meaning.reversions(tables.typed([lost, row("BRCA1 B", "p.Q51E", gene="BRCA1", pos=4)])) == {}


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
