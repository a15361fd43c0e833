"""Changes against planted ones, and pathways by hand, by exact counting and with uncertain names."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import hypergeom

from seriome.errors import InputError
from seriome.metabolome import change, pathways
from seriome.targets.evidence import metabolite_evidence

COMPOUNDS = pd.DataFrame({"compound_id": [f"c{n}" for n in range(60)]}).assign(
    name=lambda t: t["compound_id"].str.upper()
)
COMPOUNDS = COMPOUNDS.assign(inchikey="")


def candidates_of(pairs, level=3):
    table = pd.DataFrame(pairs, columns=["feature", "compound_id"])
    return table.assign(name=table["compound_id"].str.upper(), msi_level=level)


def atlas_of(features, rt_s=100.0):
    return pd.DataFrame({"feature": features}).assign(rt_s=rt_s)


def contrast(p):
    return pd.DataFrame({"feature": [f"f{n}" for n in range(len(p))], "p": p})


def test_with_sure_names_the_p_value_is_the_hypergeometric():
    of_unit = pathways.units(
        candidates_of([(f"f{n}", f"c{n}") for n in range(40)]), atlas_of([f"f{n}" for n in range(40)]), 5
    )
    p = np.where(np.isin(np.arange(40), [0, 1, 2, 3, 20, 21, 22]), 0.001, 0.9)
    sets = {"five": ("", {f"c{n}" for n in range(5)}), "other": ("", {f"C{n}".casefold() for n in range(30, 36)})}
    found = pathways.enriched(contrast(p), of_unit, COMPOUNDS, sets).set_index("pathway")
    assert found.loc["five", ["units", "changed", "weight"]].tolist() == [5, 4, 4]
    assert found.loc["five", "expected"] == pytest.approx(5 * 7 / 40)
    assert found.loc["five", "p"] == pytest.approx(hypergeom.sf(3, 40, 5, 7), rel=0.2)
    assert found.loc["other", "p"] == 1
    assert found.loc["five", "names"] == "C0; C1; C2; C3"


def test_an_uncertain_name_weighs_less_and_adducts_count_once():
    pairs = [
        ("f0", "c0"),
        ("f1", "c0"),
        ("f2", "c1"),
        ("f2", "c2"),
        ("f2", "c3"),
        ("f3", "c0"),
        *[(f"f{n}", f"c{n}") for n in range(4, 20)],
    ]
    atlas = atlas_of([f"f{n}" for n in range(20)])
    atlas.loc[3, "rt_s"] = 300.0  # the same mass far away is another compound
    of_unit = pathways.units(candidates_of(pairs), atlas, 5.0)
    unit = of_unit.drop_duplicates("feature").set_index("feature")["unit"]
    assert unit["f0"] == unit["f1"] != unit["f3"]
    assert len(set(unit)) == 19
    p = np.full(20, 0.9)
    p[:3] = 0.01
    found = pathways.enriched(contrast(p), of_unit, COMPOUNDS, {"x": ("", {"c0", "c1", "c5"})})
    assert found["changed"].item() == 2
    assert found["weight"].item() == pytest.approx(1 + 1 / 3)


def test_p_values_are_even_where_nothing_is_planted():
    rng, of_chance = np.random.default_rng(1), []
    pairs = [(f"f{n}", f"c{m}") for n in range(50) for m in rng.choice(60, rng.integers(1, 4), replace=False)]
    of_unit = pathways.units(candidates_of(pairs), atlas_of([f"f{n}" for n in range(50)], np.arange(50) * 50.0), 5)
    sets = {f"s{k}": ("", {f"c{m}" for m in rng.choice(60, 12, replace=False)}) for k in range(20)}
    for _ in range(8):
        of_chance += list(pathways.enriched(contrast(rng.random(50)), of_unit, COMPOUNDS, sets, cut=0.3)["p"])
    assert np.mean(np.array(of_chance) <= 0.05) <= 0.08


def test_a_better_level_puts_worse_candidates_aside():
    pairs = pd.concat([candidates_of([("f0", "c0")], 2), candidates_of([("f0", "c1"), ("f1", "c1")], 3)])
    of_unit = pathways.units(pairs, atlas_of(["f0", "f1"]), 5)
    assert list(of_unit["compound_id"]) == ["c0", "c1"]


def test_pathways_are_read_and_a_bad_line_is_named(tmp_path):
    (tmp_path / "a.gmt").write_text("P1\tfirst\tLactate\tPyruvate\n")
    assert pathways.read_pathways(tmp_path / "a.gmt") == {"P1": ("first", {"lactate", "pyruvate"})}
    (tmp_path / "a.gmt").write_text("P1\tfirst\tLactate\nP2\n")
    with pytest.raises(InputError, match="line 2"):
        pathways.read_pathways(tmp_path / "a.gmt")
    assert pathways.read_pathways(None) == {}


@pytest.fixture(scope="module")
def compared():
    """Six patients, three samples each; a third of 90 features rise by 1.5 in log2 at progression."""
    rng, rows, tables = np.random.default_rng(8), [], []
    features = [f"MP{n:05d}" for n in range(90)]
    risen = np.arange(90) < 30
    level = rng.normal(20, 2, 90)
    for patient in range(6):
        person = rng.normal(0, 1, 90)
        for day, phase in ((0, "baseline"), (30, "baseline"), (90, "progression")):
            sample = f"P{patient}-{day}"
            rows.append((sample, f"P{patient}", day, "plasma", "blood", phase, "b1"))
            value = level + person + 1.5 * risen * (phase == "progression") + rng.normal(0, 0.25, 90)
            value[risen.size - 1] = np.nan
            tables.append(
                pd.DataFrame({"feature": features, "value": value, "lower": value - 0.2, "upper": value + 0.2})
            )
    columns = ["sample", "patient", "day", "specimen", "site", "phase", "batch"]
    atlas = pd.DataFrame({"feature": features}).assign(name="x", compound_id=None, msi_level=4)
    account = pd.DataFrame({"feature": features, "verdict": np.where(np.arange(90) == 5, "not_compared", "kept")})
    return change.compare(tables, pd.DataFrame(rows, columns=columns), account, atlas, "baseline"), risen, features


def test_planted_changes_are_found_over_the_cohort_and_in_a_patient(compared):
    found, risen, features = compared
    cohort = found["cohort"].set_index("feature")
    assert "MP00005" not in cohort.index  # more noise than biology
    planted = cohort.loc[[f for f, one in zip(features, risen, strict=True) if one and f != "MP00005"]]
    assert planted["estimate"].median() == pytest.approx(1.5, abs=0.1)
    assert (planted["q"] <= 0.05).mean() == 1
    rest = cohort.drop(planted.index)
    assert (rest["q"] <= 0.05).sum() <= 5
    assert cohort.loc["MP00089", "state"] == "not_estimable"
    one = found["changes"].query("patient == 'P2' and early_day == 0 and late_day == 90").set_index("feature")
    covered = (one["lower"] <= 1.5) & (one["upper"] >= 1.5)
    assert covered.reindex(planted.index).mean() > 0.85


def test_nothing_to_compare_is_empty_tables():
    atlas = pd.DataFrame({"feature": [], "name": [], "compound_id": [], "msi_level": []})
    samples = pd.DataFrame(columns=["sample", "patient", "day", "specimen", "site", "phase", "batch"])
    found = change.compare([], samples, pd.DataFrame({"feature": [], "verdict": []}), atlas, "baseline")
    assert len(found["changes"]) == len(found["cohort"]) == 0


def test_enzymes_of_what_changed():
    cohort = pd.DataFrame({"coefficient": "phase[progression]", "feature": ["f0", "f1"], "name": ["C0", "C1"]})
    cohort = cohort.assign(compound_id="", estimate=[1.0, 2.0], lower=0.5, upper=1.5, p=[0.01, 0.5], q=[0.01, 0.5])
    of_unit = pathways.units(candidates_of([("f0", "c0"), ("f0", "c9"), ("f1", "c1")]), atlas_of(["f0", "f1"]), 5)
    enzymes = [{"compound_id": "c0", "gene": "IDO1", "relation": "makes"}]
    enzymes += [{"compound_id": "c1", "gene": "X", "relation": "uses"}]
    found = pathways.ties(cohort, of_unit, enzymes)
    assert found[["gene", "feature", "sure"]].to_numpy().tolist() == [["IDO1", "f0", 0.5], ["X", "f1", 1.0]]
    said = metabolite_evidence(found, "progression", 0.05)
    assert said[["gene", "layer", "value"]].to_numpy().tolist() == [["IDO1", "metabolome", 1.0]]
    assert said["weight"].item() == pytest.approx(0.5 * 2)  # -log10 p, halved: it is one of two compounds
    assert len(metabolite_evidence(found, "response", 0.05)) == 0
