"""Tables in, tables out: planted patients in the dna stage's form, thin patients, pictures."""

import json

import numpy as np
import pandas as pd
import pytest

from seriome.clones.likelihood import Counts
from seriome.clones.results import COLUMNS, TABLES, Patient, clone_name
from seriome.clones.tables import clones
from seriome.dna.consequence import nonsynonymous
from seriome.files import read_tsv

from .planted import counts, variants

DAYS, SPECIMENS = [0, 0, 42, 84, 120], ["tumor", "plasma", "plasma", "plasma", "tumor"]
TREATMENTS = [{"drug": "gefitinib", "start": 1, "end": 90}, {"drug": "osimertinib", "start": 91}]
TRUTH = [[1, 1, 1, 1, 1], [0.5, 0.45, 0.4, 0.2, 0.0], [0.0, 0.0, 0.0, 0.5, 0.9]]
PURITY, DEPTH = [0.6, 0.15, 0.1, 0.15, 0.5], [200, 900, 900, 900, 200]


@pytest.fixture(scope="module")
def planted():
    label, drawn = counts(11, TRUTH, [14, 10, 8], PURITY, DEPTH)
    table = variants(drawn, DAYS, SPECIMENS)
    return label, table, clones(table, None, TREATMENTS)


def test_tables_have_their_columns_and_rows(planted):
    _, _, found = planted
    for name in TABLES:
        assert list(getattr(found, name)) == COLUMNS[name]
    assert len(found.clusters) == 32 * 5, "the normal is no tumour"
    assert len(found.trajectories) == 3 * 5
    assert found.tree["parent"].tolist() == [-1, 0, 0]
    assert not found.problems
    assert {one["state"] for one in found.fit["purity"]} == {"measured"}
    assert [one["purity"] for one in found.fit["purity"]] == pytest.approx(PURITY, rel=0.15)


def test_purity_that_copies_tell_is_a_prior():
    """Four founder mutations at 60x say little of purity; what copies say of it narrows that, where it is trusted."""
    _, drawn = counts(3, [[1, 1], [0.4, 0.1]], [4, 12], [0.6, 0.4], 60)
    table = variants(drawn, [0, 60], ["tumor", "tumor"])
    told = {"state": "measured", "by_copies": "0.6", "by_copies_lower": "0.57", "by_copies_upper": "0.63"}
    rows = [told | {"sample": "S0", "trusted": "both"}, told | {"sample": "S1", "trusted": "disagree"}]
    alone, with_copies = (clones(table, purity=one).fit["purity"] for one in ((), rows))
    assert [one["stated"] for one in with_copies] == [0.6, None]
    wide, narrow = (one[0]["upper"] - one[0]["lower"] for one in (alone, with_copies))
    assert narrow < 0.7 * wide
    assert with_copies[0]["lower"] < 0.6 < with_copies[0]["upper"]
    assert abs(with_copies[0]["purity"] - 0.6) < abs(alone[0]["purity"] - 0.6)
    nothing = clones(table, purity=[one | {"state": "not_estimable"} for one in rows])
    assert nothing.fit["purity"] == alone
    assert nothing.fit["copy_number"] == {"source": "none", "changed": []}


def test_shares_add_up_and_follow_the_truth(planted):
    _, _, found = planted
    by_sample = found.trajectories.groupby("sample_id")["share"].sum()
    assert by_sample.to_numpy() == pytest.approx(1)
    founder = found.trajectories[found.trajectories["cluster_id"] == 0].set_index("sample_id")["share"]
    assert founder["S1"] == pytest.approx(0.55, abs=0.1)
    assert founder["S3"] == pytest.approx(0.3, abs=0.1)
    known = found.trajectories.dropna(subset=["share"])
    assert (known["share_lower"] <= known["share"] + 1e-9).all()
    assert (known["share"] <= known["share_upper"] + 1e-9).all()


def test_a_clone_below_detection_has_no_value_but_bounds_and_a_limit(planted):
    _, _, found = planted
    below = found.trajectories[found.trajectories["state"] == "below_lod"]
    assert len(below)
    assert below[["ccf", "share"]].isna().all().all()
    assert (below["ccf_lower"] == 0).all()
    assert below["ccf_upper"].between(0, 0.3).all()
    assert below["lod"].between(0, 0.2).all()


def test_a_mutation_has_a_number_also_where_its_clone_is_below_detection(planted):
    """Estimates of a mutation are never missing where it is covered and tumour is seen; they stay near zero."""
    label, _, found = planted
    rising = {f"chr1:{1000 + 100 * n}:A:T" for n in np.flatnonzero(label == 2)}
    absent = found.clusters[found.clusters["mutation_id"].isin(rising) & found.clusters["sample_id"].isin(["S0", "S1"])]
    assert len(absent) == 2 * len(rising)
    assert absent["cellular_prevalence"].between(0, 0.05).all()
    assert (absent["ccf_lower"] <= 1e-3).all()
    assert absent["ccf_upper"].between(0, 0.3).all()
    assert (found.clusters["ccf_lower"] <= found.clusters["cellular_prevalence"]).all()
    assert (found.clusters["cellular_prevalence"] <= found.clusters["ccf_upper"]).all()


def test_events_of_clones(planted):
    label, _, found = planted
    of_clones = found.events[found.events["mutation_id"].isna()].set_index("event")
    rising = int(found.model.cluster_of[np.flatnonzero(label == 2)[0]])
    falling = int(found.model.cluster_of[np.flatnonzero(label == 1)[0]])
    assert of_clones.loc["emerged", "cluster_id"] == rising
    assert of_clones.loc["emerged", ["first_seen_day", "last_unseen_day"]].tolist() == [84, 42]
    assert of_clones.loc["emerged", "treatment"] == "gefitinib"
    assert of_clones.loc["extinct", "cluster_id"] == falling
    assert of_clones.loc["extinct", ["last_seen_day", "last_unseen_day"]].tolist() == [84, 120]


def test_events_of_mutations(planted):
    """Every mutation of the clone that rises, dated by its own reads, and its limit is the dna stage's."""
    label, table, found = planted
    own = found.events[found.events["mutation_id"].notna()]
    assert set(own["event"]) == {"emerged"}, "none of them is known to cause resistance"
    expected = {f"chr1:{1000 + 100 * n}:A:T" for n in np.flatnonzero(label == 2)}
    assert set(own["mutation_id"]) == expected
    one = own.iloc[0]
    row = table[(table["variant"] == one["mutation_id"]) & (table["sample"] == "S2")].iloc[0]
    assert one["limit_then"] == row["lod"]
    assert one["label"].startswith("first seen day 84; at day 42 the depth could have shown 0.")


@pytest.mark.parametrize(
    ("given", "event"), [(TREATMENTS, "resistance"), ((), "emerged")], ids=["under treatment", "before any"]
)
def test_a_known_resistance_that_came_under_treatment_is_called_so(planted, given, event):
    label, table, _ = planted
    first = f"chr1:{1000 + 100 * int(np.flatnonzero(label == 2)[0])}:A:T"
    table = table.assign(name=table["name"].where(table["variant"] != first, "EGFR T790M"))
    found = clones(table, None, given).events
    assert found.loc[found["mutation_id"] == first, "event"].tolist() == [event]
    clone = found[found["mutation_id"].isna() & (found["event"] == "emerged")].iloc[0]
    assert clone["name"].startswith("EGFR T790M, "), "what is known comes first in the clone's name"


def test_rows_in_any_order_and_twice_give_the_same_bytes(planted, tmp_path):
    _, table, found = planted
    again = clones(table.sample(frac=1, random_state=1), None, TREATMENTS)
    found.results.write(tmp_path / "0")
    again.results.write(tmp_path / "1")
    for name in (*(f"{one}.tsv" for one in TABLES), "trees.json", "fit.json"):
        assert (tmp_path / "0" / name).read_bytes() == (tmp_path / "1" / name).read_bytes(), name
    assert json.dumps(found.fit) == json.dumps(again.fit)
    assert read_tsv(tmp_path / "1" / "events.tsv")[0]["event"]


def test_copy_number_is_found_by_position_and_said():
    _, drawn = counts(12, [[1, 1], [0.5, 0.2]], [12, 9], [0.6, 0.6], [300, 300])
    drawn.alt[0], drawn.depth[0] = [225, 225], [400, 400]
    table = variants(drawn, [0, 50], ["tumor", "tumor"])
    rows = [
        {"sample": sample, "gene": "ENSG1", "chrom": "chr1", "start": 900, "end": 1050, "log2_ratio": np.log2(1.6),
         "lower": 0.5, "upper": 0.85, "state": "measured"}
        for sample in ("S0", "S1")
    ]  # fmt: skip
    found = clones(table, pd.DataFrame(rows))
    assert [(one["mutation_id"], one["tumour_cn"]) for one in found.fit["copy_number"]["changed"]] == [
        ("chr1:1000:A:T", 4)
    ]
    assert found.clusters.set_index("mutation_id").loc["chr1:1000:A:T", "cluster_id"].unique().tolist() == [0]


@pytest.mark.parametrize(("specimen", "gaps"), [("plasma", []), ("tumor", [("S2", "purity_not_estimable")])])
def test_a_tumour_not_seen_is_an_answer_in_plasma_a_gap_in_tissue_and_never_an_extinction(specimen, gaps):
    _, drawn = counts(13, [[1, 1, 1], [0.4, 0.5, 0.5]], [12, 8], [0.6, 0.1, 0.0], [200, 900, 900])
    found = clones(variants(drawn, [0, 0, 60], ["tumor", "plasma", specimen]), None, TREATMENTS)
    assert [(sample, error.reason) for sample, error in found.problems] == gaps
    last = found.trajectories[found.trajectories["sample_id"] == "S2"]
    assert set(last["state"]) == {"tumour_not_detected"}
    assert last[["ccf", "share", "tumour_fraction"]].isna().all().all()
    assert "extinct" not in set(found.events["event"])
    purity = {one["sample_id"]: one for one in found.fit["purity"]}
    assert purity["S2"]["purity"] is None
    assert purity["S2"]["state"] == "not_estimable"
    assert 0 < purity["S2"]["limit"] < 0.01


@pytest.mark.parametrize("mutations", [0, 1, 2])
@pytest.mark.parametrize("samples", [1, 3])
def test_thin_patients(mutations, samples, tmp_path):
    _, drawn = counts(14, np.ones((1, samples)), [max(mutations, 1)], [0.5] * samples, 300)
    table = variants(drawn, list(range(samples)), ["tumor"] * samples)
    if not mutations:
        table = table.iloc[:0]
    found = clones(table, pd.DataFrame())
    codes = {one["warning"] for one in found.fit["warnings"]}
    assert ("no_somatic_mutations" if not mutations else "few_mutations") in codes
    assert len(found.trajectories) == (samples if mutations else 0)
    assert [error.reason for _, error in found.problems] == ([] if mutations else ["no_somatic_mutations"])
    found.results.write(tmp_path)
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted(
        [*(f"{one}.tsv" for one in TABLES), "trees.json", "fit.json"]
    )


def test_only_passing_variants_count():
    _, drawn = counts(15, [[1, 1]], [10], [0.5, 0.5], 200)
    table = variants(drawn, [0, 50], ["tumor", "tumor"])
    table.loc[table["variant"] == "chr1:1000:A:T", "filter"] = "strand_bias"
    assert clones(table).fit["mutations"] == 9


@pytest.mark.parametrize(
    ("consequence", "changes"),
    [
        ("missense", True),
        ("stop_gained", True),
        ("*missense", True),
        ("missense_variant&splice_region_variant", True),
        ("frameshift", True),
        ("splice_donor", True),
        ("synonymous", False),
        ("synonymous&splice_region", False),
        ("intron_variant", False),
        ("3_prime_utr", False),
        ("intergenic", False),
        (None, False),
        (float("nan"), False),
        ("", False),
    ],
)
def test_nonsynonymous(consequence, changes):
    assert nonsynonymous(consequence) == changes


def test_clone_name():
    mutations = [{"name": name, "gene": None} for name in "ABCDE"]
    altering, none = np.array([True] * 4 + [False]), np.zeros(5, bool)
    patient = Patient([], mutations, altering, none, None, None)
    assert clone_name(patient, [0, 4]) == "A"
    assert clone_name(patient, [0, 1, 2, 3, 4]) == "A, B, C and 1 more"
    assert clone_name(patient, [4]) == ""
    known = Patient([], mutations, altering, np.arange(5) == 2, None, None)
    assert clone_name(known, [0, 1, 2]) == "C, A, B", "what has a known effect comes first"


def test_as_many_clusters_as_a_demo_patient_has(planted):
    label, drawn = counts(16, TRUTH, [30, 16, 14], PURITY, DEPTH)
    found = clones(variants(drawn, DAYS, SPECIMENS), None, TREATMENTS)
    assert len(set(label)) == found.fit["clusters"]


def test_copies_of_both_alleles_where_they_are_known():
    """Gained and lost genes: fractions are read at the copies that the table states, and all are the founder's."""
    rng = np.random.default_rng(5)
    copies = [(1, 1)] * 20 + [(2, 1)] * 6 + [(1, 0)] * 6
    total = np.array([sum(one) for one in copies])
    purity = np.array([0.6, 0.8])
    vaf = purity / (purity * total[:, None] + (1 - purity) * 2)
    depth = np.full(vaf.shape, 800)
    drawn = Counts(tuple(f"m{n:03}" for n in range(32)), ("S0", "S1"), rng.binomial(depth, vaf), depth)
    table = variants(drawn, (0, 60), ("tumor", "tumor"))
    genes = table.drop_duplicates("variant").reset_index(drop=True)
    known = pd.DataFrame(
        {
            **{"sample": "S1", "gene": genes["gene"], "chrom": genes["chrom"], "start": genes["pos"] - 20},
            **{"end": genes["pos"] + 20, "log2_ratio": 0.0, "lower": -0.1, "upper": 0.1},
            **{"major": [one[0] for one in copies], "minor": [one[1] for one in copies]},
        }
    )
    found = clones(table, known)
    assert set(found.clusters["cluster_id"]) == {0}
    assert [one["purity"] for one in found.fit["purity"]] == pytest.approx([0.6, 0.8], rel=0.05)
    without = clones(table, known.assign(major=np.nan, minor=np.nan))
    assert len(set(without.clusters["cluster_id"])) > 1  # two copies everywhere: the lost and gained stand apart
