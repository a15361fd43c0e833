from seriome.files import write_json, write_tsv
from seriome.report.findings import findings


def test_findings_count_and_name_what_resists(tmp_path):
    event = {"event": "resistance", "what": "EGFR T790M", "rest": "first seen day 84", "patient": "P1", "order": 84}
    other = event | {"event": "emerged", "what": "Clone 1"}
    write_json(tmp_path / "report/patients/P1.json", {"clones": 3, "variants": 20, "events": [event, other]})
    write_json(tmp_path / "report/patients/P2.json", {"clones": 2, "variants": 5, "events": []})
    write_tsv(tmp_path / "targets/ranking.tsv", [{"gene": "EGFR"}, {"gene": "AXL"}], ["gene"])
    assert findings(tmp_path).splitlines() == [
        "found: 25 somatic variants and 5 clones in 2 patients",
        "  P1  EGFR T790M: first seen day 84",
        "  first of 2 ranked genes: EGFR, AXL",
    ]


def test_nothing_is_said_before_there_is_a_report(tmp_path):
    assert findings(tmp_path) == ""
