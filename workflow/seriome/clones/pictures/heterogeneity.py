"""Heterogeneity: how many clones a sample holds and how evenly its cells divide among them."""

import altair as alt
import numpy as np
import pandas as pd

from seriome.clones.pictures.parts import (
    PALETTE,
    WIDTH,
    day_axis,
    day_domain,
    note,
    stacked,
    titled,
    treatment_bands,
    treatment_strip,
)


def heterogeneity_lines(heterogeneity: pd.DataFrame, treatments=None) -> alt.VConcatChart | alt.Chart:
    """Shannon index of the own shares and number of clones of every sample over the days, with their intervals.

    heterogeneity  sample_id day specimen clones_above shannon shannon_lower shannon_upper; where it has them,
                   clones_above_lower clones_above_upper; the rest is not drawn
    """
    measured = [f"{one}{end}" for one in ("shannon", "clones_above") for end in ("", "_lower", "_upper")]
    numbers = ["day", *measured]
    table = heterogeneity.reindex(columns=["sample_id", "specimen", *numbers])
    table = table.assign(**{one: pd.to_numeric(table[one]).astype(float) for one in numbers})
    measures = [one for one in ("shannon", "clones_above") if table[one].notna().any()]
    table = table[table[["shannon", "clones_above"]].notna().any(axis=1)].sort_values(["day", "sample_id"])
    if not measures:
        return note("No heterogeneity: no sample with tumour detected.")
    first, last = day_domain(table["day"])
    room = 0.02 * (last - first)
    domain = [first - room, last + room]
    table["specimen"] = table["specimen"].astype(str)
    kinds = sorted(table["specimen"].unique())
    side = {kind: (at - (len(kinds) - 1) / 2) * room / 2 for at, kind in enumerate(kinds)}
    table["at"] = table["day"] + table["specimen"].map(side)
    strong = [one for one in PALETTE if one not in (PALETTE[0], PALETTE[3])]
    scale = alt.Scale(domain=kinds, range=[strong[at % len(strong)] for at in range(len(kinds))])
    legend = alt.Legend(title=None, symbolType="circle", symbolOpacity=1)
    colour = alt.Color("specimen:N", scale=scale, legend=legend)
    panels = [
        _measure_panel(table, one, domain, treatments, colour, "days" if one == measures[-1] else "line")
        for one in measures
    ]
    return stacked(treatment_strip(treatments, domain), panels)


def _measure_panel(table, measure, domain, treatments, colour, axis) -> alt.LayerChart:
    counts = measure == "clones_above"
    part = table[table[measure].notna()].assign(value=lambda rows: rows[measure])
    part["low"], part["high"] = part[f"{measure}_lower"], part[f"{measure}_upper"]
    words = [f"{row.value:g} clones" if counts else f"Shannon index {row.value:.3g}" for row in part.itertuples()]
    part["told"] = [
        f"{row.sample_id}, day {row.day:g}: {said}"
        + (f" ({row.low:.3g} to {row.high:.3g})" if np.isfinite([row.low, row.high]).all() else "")
        for row, said in zip(part.itertuples(), words, strict=True)
    ]
    top = 1.08 * float(part[["value", "high"]].max().max()) or 1.0
    ticks = alt.Axis(tickMinStep=1, tickCount=4, format="d") if counts else alt.Axis(tickCount=4)
    x = day_axis(domain, "at", axis)
    scale = alt.Scale(domain=[0, top], nice=False)
    y = alt.Y("value:Q", title="clones" if counts else "nats", axis=ticks, scale=scale)
    means = part.groupby(["specimen", "at"], as_index=False)["value"].mean()
    layers = [alt.Chart(means).mark_line(aria=False, opacity=0.75).encode(x=x, y=y, color=colour)]
    chart = alt.Chart(part[["specimen", "at", "value", "low", "high", "told"]])
    if part["low"].notna().any():
        rule = chart.mark_rule(aria=False, strokeWidth=2, opacity=0.55)
        layers.append(rule.encode(x=x, y="low:Q", y2="high:Q", color=colour))
    point = chart.mark_point(filled=True, size=46, opacity=1)
    layers.append(point.encode(x=x, y=y, color=colour, description="told:N"))
    bands = treatment_bands(treatments, domain, axis)
    layers = ([] if bands is None else [bands]) + layers
    title = titled("number of clones" if counts else "Shannon index of the own shares (nats)")
    return alt.layer(*layers).properties(width=WIDTH, height=110, title=title)


# Files
