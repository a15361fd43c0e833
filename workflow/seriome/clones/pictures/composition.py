"""Composition: own shares of every sample, samples of one day side by side."""

import altair as alt
import numpy as np
import pandas as pd

from seriome.clones.pictures.parts import (
    INK,
    LETTER,
    SOFT,
    WIDTH,
    cleaned,
    clone_colour,
    clone_label,
    ink_on,
    inked,
    note,
    parents_of,
    percent,
    preorder,
)


def composition(trajectories: pd.DataFrame, tree: pd.DataFrame | None = None) -> alt.LayerChart | alt.Chart:
    """How the cancer cells of each sample divide among the clones: a bar per sample, samples of one day side by side.

    The tree, where given, sets relatives beside one another. Intervals stand in the tooltips.
    Source: El-Kebir et al. 2015, doi:10.1093/bioinformatics/btv261 (own shares from CCF and tree).
    """
    if trajectories.empty:
        return note("No shares: no clones.")
    table = cleaned(trajectories)
    if table["share"].isna().all():
        return note("No shares: tumour was not detected.")
    order = [one for one, _ in preorder(parents_of(tree))] if tree is not None and len(tree) else []
    order += sorted(set(table["cluster_id"]) - set(order))
    samples = table.drop_duplicates("sample_id").sort_values(["day", "specimen", "sample_id"]).reset_index(drop=True)
    line, lines = 0.0, {}
    for at, row in enumerate(samples.itertuples()):
        line += 0 if at == 0 else 22 if row.day == samples["day"][at - 1] else 34
        lines[row.sample_id] = line
    height = line + 18
    rows = []
    for sample in samples.itertuples():
        own = table[table["sample_id"] == sample.sample_id].set_index("cluster_id")
        left = 0.0
        for one in order:
            if one not in own.index or not own["share"][one] > 0:
                continue
            share, low, high = (float(own[key][one]) for key in ("share", "share_lower", "share_upper"))
            told = f"{clone_label(one)} in {sample.sample_id}, day {sample.day:g}: {percent(share)} of cancer cells"
            told += f" ({percent(low)} to {percent(high)})" if np.isfinite([low, high]).all() else ""
            said = {"left": left, "right": left + share, "middle": left + share / 2, "ink": ink_on(one), "told": told}
            rows.append({"clone": clone_label(one), "top": lines[sample.sample_id], "shown": percent(share)} | said)
            left += share
    bars = pd.DataFrame(rows)
    bars["bottom"], bars["centre"] = bars["top"] + 18, bars["top"] + 9
    names = pd.DataFrame(
        {
            "name": [f"{row.specimen}  {row.sample_id}" for row in samples.itertuples()],
            "centre": [lines[one] + 9 for one in samples["sample_id"]],
            "why": [
                {"tumour_not_detected": "tumour not detected", "not_covered": "not covered"}.get(row.state, "")
                for row in samples.itertuples()
            ],
        }
    )
    heads = samples.drop_duplicates("day")
    heads = pd.DataFrame(
        {"head": [f"day {day:g}" for day in heads["day"]], "centre": [lines[one] + 9 for one in heads["sample_id"]]}
    )
    y = alt.Y("top:Q", axis=None, scale=alt.Scale(domain=[height, 0], nice=False))
    x = alt.X("left:Q", title="share of cancer cells", axis=alt.Axis(format="%", tickCount=5, grid=False),
              scale=alt.Scale(domain=[0, 1], nice=False))  # fmt: skip
    centre = alt.Y("centre:Q")
    wide = bars[bars["right"] - bars["left"] >= 38 / WIDTH]
    named = max(len(name) for name in names["name"])
    layers = [
        alt.Chart(bars)
        .mark_rect(stroke="#fff", strokeWidth=0.8)
        .encode(x=x, x2="right:Q", y=y, y2="bottom:Q", color=clone_colour(order), description="told:N"),
        *(text.encode(x="middle:Q", y=centre, text="shown:N") for text in inked(wide, fontSize=10, baseline="middle")),
        alt.Chart(names)
        .mark_text(aria=False, align="right", dx=-8, color=INK, fontSize=11)
        .encode(x=alt.value(0), y=centre, text="name:N"),
        alt.Chart(heads)
        .mark_text(aria=False, align="right", dx=-20 - LETTER * named, color=INK, fontSize=11, fontWeight=600)
        .encode(x=alt.value(0), y=centre, text="head:N"),
        alt.Chart(names[names["why"] != ""])
        .mark_text(aria=False, align="left", dx=4, color=SOFT, fontSize=11, fontStyle="italic")
        .encode(x=alt.value(0), y=centre, text="why:N"),
    ]
    layers = [one for one in layers if len(one.data)]
    return alt.layer(*layers).properties(width=WIDTH, height=height)


# Tree
