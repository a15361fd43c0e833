"""The table of biomarkers on a patient's page: units in words, three kinds of empty apart."""

import pandas as pd

from seriome.report.pages import biomarker_table

SAMPLES = [
    {"sample": "A", "timepoint": "T0", "day": 0, "specimen": "tumor"},
    {"sample": "B", "timepoint": "T1", "day": 30, "specimen": "plasma"},
    {"sample": "N", "timepoint": "T0", "day": 0, "specimen": "normal"},
]


def row(sample, feature, name, unit, state, value=None, lower=None, upper=None, lod=None, kind="biomarker"):
    about = {"sample": sample, "assay": "dna", "kind": kind, "feature": feature, "name": name, "unit": unit}
    return about | {"value": value, "lower": lower, "upper": upper, "lod": lod, "state": state}


def test_what_is_known_and_what_is_not():
    features = pd.DataFrame(
        [
            row("A", "purity", "tumour purity", "fraction", "measured", 0.594, 0.55, 0.64),
            row("B", "purity", "tumour purity", "fraction", "below_lod", lod=0.02),
            row("A", "tmb", "tumour mutational burden", "mutations_per_mb", "measured", 12.25, 4.0, 28.0),
            row("B", "tmb", "tumour mutational burden", "mutations_per_mb", "not_measured"),
            row("A", "msi", "microsatellite instability", "share_of_loci", "not_measured"),
            row("A", "1:2:A:T", "EGFR L858R", "vaf", "measured", 0.3, kind="variant"),
        ]
    )
    table = biomarker_table(SAMPLES, features)
    assert [one["sample"] for one in table["columns"]] == ["A", "B"]
    assert table["never"] == ["microsatellite instability"]
    purity, burden = table["rows"]
    assert purity["cells"]["A"]["value"] == "59\u2009%"
    assert (purity["cells"]["B"]["state"], purity["cells"]["B"]["value"]) == ("below_lod", None)
    assert purity["cells"]["B"]["lod"] == "2.0\u2009%"
    assert burden["cells"]["A"]["value"] == "12.2"
    assert burden["cells"]["B"] == {"state": "not_measured", "value": None, "lower": None, "upper": None, "lod": None}
