"""What is known of a patient's changes, as the page tells it first."""

import pandas as pd

from seriome.report.actionable import actionable

from .test_biomarkers import SAMPLES
from .test_biomarkers import row as feature


def known(variant, name, drug, effect, level="B", match="variant", direction="Supports"):
    about = {"variant": variant, "name": name, "drug": drug, "effect": effect, "level": level, "match": match}
    return about | {"direction": direction, "disease": "lung cancer", "pmid": "1;2"}


FEATURES = pd.DataFrame(
    [
        feature("A", "v1", "EGFR T790M", "vaf", "measured", 0.2, kind="variant"),
        feature("B", "v1", "EGFR T790M", "vaf", "below_lod", lod=0.004, kind="variant"),
        feature("N", "v1", "EGFR T790M", "vaf", "below_lod", lod=0.03, kind="variant"),
        feature("A", "v2", "EGFR L858R", "vaf", "measured", 0.3, kind="variant"),
        feature("B", "v2", "EGFR L858R", "vaf", "not_measured", kind="variant"),
        feature("B", "f", "EML4-ALK E13;A20", "share_of_fragments", "measured", 0.05, kind="fusion"),
        feature("A", "ENSG1", "ERBB2", "log2_ratio", "measured", 2.1, kind="copy_number"),
    ]
)
MEANING = [
    known("v2", "EGFR L858R", "erlotinib", "sensitivity", "A"),
    known("v1", "EGFR T790M", "Osimertinib", "Sensitivity/Response", "A"),
    known("v1", "EGFR T790M", "erlotinib", "resistance", "C"),
    known("v1", "EGFR T790M", "erlotinib", "resistance", "B", "codon"),  # less close: not told
    known("v1", "EGFR T790M", "afatinib", "resistance"),
    known("v1", "EGFR T790M", "lapatinib", "resistance", direction="Does Not Support"),
    known("f", "EML4-ALK E13;A20", "alectinib", "sensitivity", "A", "class"),
    known("ERBB2", "ERBB2 amplification", "trastuzumab", "sensitivity", "B", "class"),
]


def test_what_resists_a_given_drug_comes_first():
    rows = actionable(MEANING, FEATURES, SAMPLES, [{"drug": "Erlotinib 150 mg", "start": 0}])
    assert [row["name"] for row in rows] == [*("EGFR T790M", "EGFR L858R", "EML4-ALK E13;A20", "ERBB2 amplification")]
    told = rows[0]
    assert [(one["drug"], one["level"], one["given"]) for one in told["fails"]] == [
        ("erlotinib", "C", True),
        ("afatinib", "B", False),
    ]
    assert [one["drug"] for one in told["works"]] == ["osimertinib"]
    assert told["fails"][0]["pmid"] == "1, 2"


def test_where_a_change_stands_now():
    rows = {row["name"]: row for row in actionable(MEANING, FEATURES, SAMPLES, [])}
    told = rows["EGFR T790M"]
    assert (told["highest"]["value"], told["highest"]["where"]) == ("20\u2009%", "T0")
    assert (told["latest"]["value"], told["latest"]["below"]) == ("0.40\u2009%", True)
    told = rows[
        "EGFR L858R"
    ]  # the later sample was not measured there: the earlier one is the latest that says anything
    assert (told["latest"]["where"], told["latest"]["below"]) == ("T0", False)
    assert rows["EML4-ALK E13;A20"]["highest"]["value"] == "5.0\u2009%"
    assert rows["ERBB2 amplification"]["highest"]["value"].startswith("+2.1")


def test_nothing_known_is_no_row():
    assert actionable([], FEATURES, SAMPLES, []) == []
