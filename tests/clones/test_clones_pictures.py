"""Pictures: bands that lie inside one another, states told apart, names that do not collide, notes for empty tables."""

import json
import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from seriome.clones import pictures
from seriome.clones.pictures import (
    ccf_lines,
    clone_names,
    clone_tree,
    composition,
    fish,
    fish_specimens,
    growth_chart,
    heights,
    heterogeneity_lines,
    parts,
    treatment_strip,
    write_pictures,
)
from seriome.clones.pictures.fish import between_days
from seriome.report.inputs import CLUSTERS, GROWTH, HETEROGENEITY, TRAJECTORIES, TREE
from seriome.report.pictures import rendered

TREATMENTS = [{"drug": "gefitinib", "start": 1, "end": 90}, {"drug": "osimertinib", "start": 91}]
COURSE = pd.DataFrame({"item": ["gefitinib", "osimertinib"], "day": [1, 91], "day_end": [90, None]})


def tables(parent, samples, shares, fractions):
    """Trajectories and tree of clones with these own shares: (sample, day, specimen), a row of shares and the tumour
    fraction per sample; None is a sample in which no tumour was detected."""
    rows = []
    for (sample, day, specimen), own, fraction in zip(samples, shares, fractions, strict=True):
        ccf = np.array(own, float)
        for clone in reversed(range(1, len(parent))):
            ccf[parent[clone]] += ccf[clone]
        for clone, (share, whole) in enumerate(zip(own, ccf, strict=True)):
            seen = fraction is not None and whole > 0
            state = "tumour_not_detected" if fraction is None else "measured" if seen else "below_lod"
            rows.append(
                {"cluster_id": clone, "sample_id": sample, "day": day, "timepoint": "T", "specimen": specimen,
                 "ccf": whole if seen else None, "ccf_lower": 0.9 * whole, "ccf_upper": 1.0 * whole + 0.02,
                 "share": share if seen else None, "share_lower": 0.5 * share, "share_upper": min(1.5 * share, 1),
                 "tumour_fraction": whole * fraction if seen else None, "state": state, "lod": 0.02}
            )  # fmt: skip
    support = [1.0, *([0.95, 0.6] * len(parent))][: len(parent)]
    tree = pd.DataFrame({"cluster_id": range(len(parent)), "parent": parent, "support": support})
    return pd.DataFrame(rows, columns=TRAJECTORIES), tree


SAMPLES = [
    ("T0-T", 0, "tumor"), ("T0-P", 0, "plasma"), ("T1-P", 40, "plasma"), ("T2-P", 80, "plasma"), ("T3-M", 100, "tumor"),
    ("T3-T", 100, "tumor"), ("T3-P", 120, "plasma"),
]  # fmt: skip
SHARES = [[0.6, 0.4, 0, 0], [0.5, 0.5, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0], [0.5, 0.1, 0.4, 0], [0.1, 0.3, 0.6, 0],
          [0.2, 0, 0.5, 0.3]]  # fmt: skip
FOUR = tables([-1, 0, 0, 2], SAMPLES, SHARES, [0.6, 0.2, 0.02, None, 0.5, 0.4, 0.1])


def many(clones=30, days=8, seed=3):
    rng = np.random.default_rng(seed)
    parent = [-1] + [int(rng.integers(max(0, one - 6), one)) for one in range(1, clones)]
    begins = rng.integers(0, days, clones)
    begins[0] = 0
    shares = rng.gamma(0.7, 1, (days, clones)) * (np.arange(days)[:, None] >= begins)
    shares /= shares.sum(axis=1, keepdims=True)
    samples = [(f"S{day}", 30 * day, "plasma") for day in range(days)]
    return tables(parent, samples, shares.tolist(), [0.3] * days)


def areas(chart):
    """The drawn bands of every panel: {title: {clone: (day, low, high) rows}}."""
    spec, found = chart.to_dict(), {}
    for panel in spec["vconcat"]:
        for layer in panel["layer"]:
            if layer["mark"]["type"] == "area":
                rows = pd.DataFrame(spec["datasets"][layer["data"]["name"]])
                found[panel["title"]["text"]] = dict(iter(rows.groupby("clone")))
    return found


def data(chart, *columns):
    """The first dataset of a chart that has these columns."""
    return next(pd.DataFrame(rows) for rows in chart.to_dict()["datasets"].values() if set(columns) <= set(rows[0]))


# Fish plot


def test_heights_by_hand():
    found = heights(FOUR[0][FOUR[0]["specimen"] == "tumor"], FOUR[1])
    assert list(found.index) == [0, 100]
    assert found.loc[0].tolist() == pytest.approx([1, 0.4, 0, 0])
    assert found.loc[100].tolist() == pytest.approx([1, 0.2, 0.5, 0]), "the mean of two sites"
    plasma = FOUR[0][FOUR[0]["specimen"] == "plasma"]
    found = heights(plasma, FOUR[1])
    assert found.loc[120].tolist() == pytest.approx([1, 0, 0.8, 0.3]), "a clone holds its descendants"
    assert found.loc[80].isna().all(), "without tumour nothing is known of the shares"
    found = heights(plasma, FOUR[1], "tumour_fraction")
    assert found.loc[120].tolist() == pytest.approx([0.1, 0, 0.08, 0.03])
    assert found.loc[80].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("scale", ["cells", "tumour_fraction"])
@pytest.mark.parametrize("patient", [FOUR, many(12), many(30, 10)], ids=["four", "twelve", "thirty"])
def test_every_band_lies_inside_its_parent_and_beside_its_siblings(patient, scale):
    tracks, tree = patient
    parent = dict(zip(tree["cluster_id"], tree["parent"], strict=True))
    label = {one: pictures.clone_label(one) for one in parent}
    for bands in areas(fish(tracks, tree, scale=scale)).values():
        at = {clone: rows.drop_duplicates("day").set_index("day") for clone, rows in bands.items()}
        for one, above in parent.items():
            if label[one] not in at or above < 0:
                continue
            inner = at[label[one]]
            outer = at[label[above]].reindex(inner.index)
            assert (inner["low"] <= inner["high"] + 1e-9).all()
            assert (inner["low"] >= outer["low"] - 2e-5).all(), label[one]
            assert (inner["high"] <= outer["high"] + 2e-5).all(), label[one]
        for one in parent:
            for other in parent:
                if one < other and parent[one] == parent[other] and label[one] in at and label[other] in at:
                    both = at[label[one]].join(at[label[other]], how="inner", rsuffix="_other")
                    apart = (both["high"] <= both["low_other"] + 2e-5) | (both["high_other"] <= both["low"] + 2e-5)
                    assert apart.all(), (one, other)


def test_between_samples_heights_turn_nowhere_and_a_clone_opens_half_way():
    nested = pd.DataFrame({0: [1.0, 1.0, 1.0], 1: [0.0, 0.4, 0.1]}, index=[0, 100, 140])
    days, between = between_days(nested)
    at = dict(zip(days, between[:, 1], strict=True))
    assert at[50] == 0
    assert at[75] == pytest.approx(0.2)  # half of a smooth step from day 50 to day 100
    assert at[120] == pytest.approx(0.25)
    assert (np.diff(between[days <= 100, 1]) >= 0).all()
    assert (np.diff(between[days >= 100, 1]) <= 0).all()
    assert (between[:, 0] == 1).all()


def test_fish_has_a_panel_per_specimen_or_one():
    tracks, tree = FOUR
    assert fish_specimens(tracks) == ["plasma", "tumor"]
    assert list(areas(fish(tracks, tree))) == ["plasma", "tumor"]
    assert list(areas(fish(tracks, tree, together=True))) == ["all samples"]
    lone = tracks[(tracks["specimen"] == "plasma") | (tracks["day"] == 0)]
    assert list(areas(fish(lone, tree))) == ["plasma"], "one day of tissue is no course"
    tops = {kind: float(bands["founder"]["high"].max()) for kind, bands in areas(fish(tracks, tree)).items()}
    assert tops == {"plasma": 1, "tumor": 1}
    scaled = areas(fish(tracks, tree, scale="tumour_fraction"))
    assert float(scaled["plasma"]["founder"]["high"].max()) == pytest.approx(0.2)
    assert float(scaled["tumor"]["founder"]["high"].max()) == pytest.approx(0.6)
    with pytest.raises(ValueError, match="scale is 'vaf'"):
        fish(tracks, tree, scale="vaf")


def test_a_sample_without_tumour_is_marked_and_veiled():
    spec = fish(*FOUR).to_dict()
    plasma = next(panel for panel in spec["vconcat"] if panel["title"]["text"] == "plasma")
    assert "hollow mark" in plasma["title"]["subtitle"]
    rows = [spec["datasets"][layer["data"]["name"]] for layer in plasma["layer"]]
    assert [{"left": 40.0, "right": 120.0}] in rows
    assert "T2-P, day 80: tumour not detected" in json.dumps(rows)


# Lines


def test_a_limit_is_no_point_of_the_line():
    drawn = data(ccf_lines(*FOUR[:1]), "run", "ccf")
    one = drawn[drawn["clone"] == "clone 2"]
    assert one["ccf"].tolist() == pytest.approx([0.8]), "seen on one day of plasma"
    founder = drawn[drawn["clone"] == "founder"]
    assert founder["run"].nunique() == 2, "broken where tumour was not detected"


def test_lines_tell_the_limit_and_the_interval():
    text = rendered(ccf_lines(FOUR[0], TREATMENTS), "p")
    assert "clone 3 in T0-P, day 0: not seen; 2 % could have been seen" in text
    assert "clone 1 in T0-P, day 0: 50 % of cancer cells (45 % to 52 %)" in text
    assert "T2-P, day 80: tumour not detected" in text


@pytest.mark.parametrize("treatments", [None, TREATMENTS, COURSE])
def test_text_ids_and_treatments_of_the_course(treatments):
    tracks, tree = FOUR
    read = tracks.astype({"cluster_id": str})
    tree = tree.astype({"cluster_id": str, "parent": str})
    for chart in (ccf_lines(read, treatments), fish(read, tree, treatments)):
        assert len(chart.to_dict()["vconcat"]) == (2 if treatments is None else 3)
    assert ccf_lines(read.drop(columns="lod")).to_dict()
    assert "clone 2" in json.dumps(clone_tree(tree, read).to_dict())
    assert composition(read, tree).to_dict()


def test_treatments_share_no_line_with_the_name_of_another():
    given = [{"drug": f"drug number {one}", "start": 10 * one, "end": 10 * one + 5} for one in range(12)]
    rows = data(treatment_strip([*given, {"drug": "before", "start": -90, "end": -5}], [0, 120]), "drug", "lane")
    assert "before" not in set(rows["drug"])
    pixels = parts.WIDTH / 120
    for _, lane in rows.groupby("lane"):
        free = -1.0
        for row in lane.sort_values("left").itertuples():
            name = parts.LETTER * len(row.drug)
            begins = row.left * pixels if row.side == "left" else min(row.left * pixels, row.right * pixels - name)
            assert begins >= free
            free = max(row.right * pixels, row.left * pixels + name) if row.side == "left" else row.right * pixels
    assert treatment_strip([], [0, 120]) is None
    assert treatment_strip(None, [0, 120]) is None


# Composition


def test_bars_add_up_and_samples_of_a_day_stand_together():
    chart = composition(*FOUR)
    bars = data(chart, "left", "right", "told")
    for _, bar in bars.groupby("top"):
        bar = bar.sort_values("left")
        assert bar["left"].iloc[0] == 0
        assert bar["right"].iloc[-1] == pytest.approx(1)
        assert bar["left"].iloc[1:].tolist() == pytest.approx(bar["right"].iloc[:-1].tolist())
    assert "clone 2 in T3-T, day 100: 60 % of cancer cells (30 % to 90 %)" in set(bars["told"])
    names = data(chart, "name", "why").set_index("name")
    assert names["why"]["plasma  T2-P"] == "tumour not detected"
    gaps = np.diff(names["centre"])
    assert gaps.tolist() == [22, 34, 34, 34, 22, 34]


# Tree


def test_tree_has_a_line_for_every_clone_and_says_what_is_open():
    tracks, tree = many(30)
    chart = clone_tree(tree, tracks, {3: "EGFR T790M", 4: "A very long list of mutations, " * 9}, {3: 1, 4: 12})
    nodes = data(chart, "label", "detail").set_index("label")
    assert nodes["y"].tolist() == list(range(30))
    assert nodes["name"]["clone 3"] == "EGFR T790M"
    assert nodes["name"]["clone 4"].endswith("…")
    parent = dict(zip(tree["cluster_id"], tree["parent"], strict=True))
    for row in nodes.itertuples():
        assert row.named + parts.LETTER * (len(row.name) + len(row.detail)) <= parts.WIDTH + 1, row.Index
    for one, above in parent.items():
        if above >= 0:
            child, mother = nodes.loc[pictures.clone_label(one)], nodes.loc[pictures.clone_label(above)]
            assert child["y"] > mother["y"]
            assert child["x"] > mother["x"]
    assert nodes["detail"]["clone 3"] == "1 mutation · support 0.95"
    assert nodes["detail"]["clone 4"] == "12 mutations · support 0.60, not decided"
    spec = chart.to_dict()
    assert "Dashed: support below 0.8" in spec["title"]["text"]
    dashes = {tuple(layer["mark"]["strokeDash"]) for layer in spec["layer"] if "strokeDash" in layer["mark"]}
    assert dashes == {(1, 0), (4, 3)}
    decided = clone_tree(tree.assign(support=1.0), tracks).to_dict()
    assert "title" not in decided
    chain = pd.DataFrame({"cluster_id": range(30), "parent": range(-1, 29), "support": 1.0})
    assert data(clone_tree(chain, tracks), "label")["x"].max() < parts.WIDTH / 2


def test_clones_are_named_by_what_is_known_of_their_mutations():
    names = ["AAA1 G1D", "EGFR T790M", "ZZZ3 R5*", "BRCA2 intron_variant 13:100 A>G"]
    rows = [{"mutation_id": f"m{at}", "cluster_id": at // 3, "name": name} for at, name in enumerate(names)]
    clusters = pd.DataFrame(rows * 2, columns=CLUSTERS)
    assert clone_names(clusters) == {0: "EGFR T790M, AAA1 G1D + 1"}


# Growth and heterogeneity


def growth_rows():
    first = {"phase": "gefitinib", "start": 0, "end": 90}
    later = {"phase": "osimertinib", "start": 91, "end": None}
    rate = {"lower": -0.05, "upper": -0.01, "doubling_days": -23.1, "p_positive": 0.002}
    bound = {"rate_per_day": 0.02, "lower": 0.01, "upper": 0.03, "doubling_days": 34.66, "reason": "a bound: one day"}
    return pd.DataFrame(
        [
            first | {"scale": "absolute", "cluster_id": 0, "rate_per_day": -0.03} | rate,
            first | {"scale": "absolute", "cluster_id": 1, "reason": "not estimable: one day"},
            first | {"scale": "absolute", "cluster_id": 2, "reason": "not estimable: one day"},
            later | {"scale": "relative", "cluster_id": 1} | bound,
            later | {"scale": "relative", "cluster_id": 2, "rate_per_day": 0.001, "lower": -0.01, "upper": 0.012},
        ],
        columns=GROWTH,
    )


def test_growth_names_the_rate_and_what_is_not_estimable():
    chart = growth_chart(growth_rows())
    panels = chart.to_dict()["vconcat"]
    assert [(one["title"]["text"], one["title"]["subtitle"]) for one in panels] == [
        ("gefitinib", ["day 0 to 90, net growth of its cells", "not estimable: clone 1, clone 2 (one day)"]),
        ("osimertinib", ["day 91 on, against the rest of the tumour"]),
    ]
    assert data(chart, "shown")["shown"].tolist() == ["halves in 23 days"]
    text = rendered(chart, "p")
    assert "founder: -0.030 per day (-0.050 to -0.010), halves in 23 days, probability of growth 0.00" in text
    assert "clone 1: +0.020 per day (+0.010 to +0.030), doubles against the rest in 35 days, a bound: one day" in text
    assert "clone 2: +0.001 per day (-0.010 to +0.012)<" in text, "no doubling where the direction is open"
    assert "not estimable: clone 1 (one day)" in rendered(growth_chart(growth_rows().iloc[[1]]), "p")


def heterogeneity_rows():
    rows = [
        ("T0-T", 0, "tumor", 2, 0.67, 0.5, 0.69), ("T0-P", 0, "plasma", 2, 0.69, 0.6, 0.69),
        ("T2-P", 80, "plasma", None, None, None, None), ("T3-P", 120, "plasma", 3, 1.03, 0.9, 1.09),
    ]  # fmt: skip
    return pd.DataFrame([dict(zip(HETEROGENEITY, row, strict=False)) for row in rows], columns=HETEROGENEITY)


def test_heterogeneity_with_intervals_and_without():
    text = rendered(heterogeneity_lines(heterogeneity_rows(), TREATMENTS), "p")
    assert "T3-P, day 120: Shannon index 1.03 (0.9 to 1.09)" in text
    assert "T3-P, day 120: 3 clones" in text
    assert "T2-P" not in text
    bounded = heterogeneity_rows().assign(clones_above_lower=2, clones_above_upper=4)
    assert "T3-P, day 120: 3 clones (2 to 4)" in rendered(heterogeneity_lines(bounded), "p")
    bare = heterogeneity_rows().drop(columns=["clones_above", "shannon_lower", "shannon_upper"])
    assert "T3-P, day 120: Shannon index 1.03<" in rendered(heterogeneity_lines(bare), "p")


# All of them


def test_thirty_clones_have_thirty_colours():
    assert len(set(parts.PALETTE)) == 30
    values = np.array([[int(one[at : at + 2], 16) for at in (1, 3, 5)] for one in parts.PALETTE])
    apart = np.abs(values[:, None] - values[None]).sum(axis=2) + 999 * np.eye(30, dtype=int)
    assert apart.min() > 25


def test_empty_tables_give_a_note():
    tracks, tree = pd.DataFrame(columns=TRAJECTORIES), pd.DataFrame(columns=TREE)
    unseen = tables([-1, 0], SAMPLES[:2], [[1, 0]] * 2, [None, None])
    charts = [
        fish(tracks, tree), ccf_lines(tracks), composition(tracks, tree), clone_tree(tree, tracks), fish(*unseen),
        fish(*unseen, scale="tumour_fraction"), ccf_lines(unseen[0]), composition(*unseen),
        growth_chart(pd.DataFrame(columns=GROWTH)), heterogeneity_lines(pd.DataFrame(columns=HETEROGENEITY)),
        heterogeneity_lines(heterogeneity_rows().iloc[[2]]),
    ]  # fmt: skip
    for chart in charts:
        assert re.search(r">No [^<]+\.<", rendered(chart, "p"))
    assert clone_tree(unseen[1], unseen[0]).to_dict()
    assert clone_tree(unseen[1], tracks).to_dict()
    assert clone_names(pd.DataFrame(columns=CLUSTERS)) == {}
    assert fish_specimens(tracks) == []


@pytest.mark.parametrize("given", ["all", "empty"])
def test_files_are_equal_for_equal_tables_and_need_nothing_else(tmp_path, given):
    tracks, tree = FOUR
    clusters = pd.DataFrame(
        [{"mutation_id": "m", "sample_id": "T0-T", "cluster_id": 2, "name": "EGFR T790M"}], columns=CLUSTERS
    )
    full = {"trajectories": tracks, "tree": tree, "clusters": clusters, "growth": growth_rows()}
    full["heterogeneity"] = heterogeneity_rows()
    if given == "empty":
        full = {name: table.iloc[:0] for name, table in full.items()}
    written = write_pictures(tmp_path / "one", full, TREATMENTS)
    shuffled = full | {"trajectories": full["trajectories"].sample(frac=1, random_state=1)}
    again = write_pictures(tmp_path / "two", shuffled, TREATMENTS)
    names = ["fish", "tree", "ccf", "composition", "growth", "heterogeneity"]
    assert [path.name for path in written] == [f"{name}.{kind}" for name in names for kind in ("svg", "json")]
    for one, two in zip(written, again, strict=True):
        assert one.read_bytes() == two.read_bytes(), one.name
        if one.suffix == ".svg":
            assert ElementTree.parse(one).getroot().tag.endswith("svg")
            assert "http" not in one.read_text().replace("http://www.w3.org/", "")
        else:
            assert json.loads(one.read_text())["$schema"].startswith("https://vega.github.io/schema/vega-lite/")
    assert len(write_pictures(tmp_path / "three", {"trajectories": tracks, "tree": tree})) == 8
