"""Lines: the fraction of every clone with its interval, or its limit, over the days."""

import altair as alt
import pandas as pd

from seriome.clones.pictures.parts import (
    WIDTH,
    cleaned,
    clone_colour,
    clone_label,
    day_axis,
    day_domain,
    note,
    panel_title,
    percent,
    sample_marks,
    stacked,
    treatment_bands,
    treatment_strip,
)


def ccf_lines(trajectories: pd.DataFrame, treatments=None, height=190) -> alt.VConcatChart | alt.Chart:
    """CCF of every clone over the days with 95 % intervals, a panel per kind of specimen.

    A hollow triangle is a limit: looked for, not seen. A line joins the means of neighbouring days on which the clone
    was seen. Clones stand a little beside one another on a day, so that their intervals can be told apart.
    """
    if not trajectories["state"].isin(["measured", "below_lod"]).any():
        return note("No clone could be followed: tumour was not detected.")
    table = cleaned(trajectories)
    table["limit"] = table["lod"].fillna(table["ccf_upper"])
    clones = sorted(table["cluster_id"].unique())
    domain = day_domain(table["day"])
    step = min(5, 26 / len(clones)) / WIDTH * (domain[1] - domain[0])
    shift = {one: (at - (len(clones) - 1) / 2) * step for at, one in enumerate(clones)}
    table["at"] = table["day"] + table["cluster_id"].map(shift)
    room = step * len(clones) / 2
    domain = [domain[0] - room, domain[1] + room]
    table["told"] = [
        f"{row.clone} in {row.sample_id}, day {row.day:g}: "
        + (
            f"{percent(row.ccf)} of cancer cells ({percent(row.ccf_lower)} to {percent(row.ccf_upper)})"
            if row.state == "measured"
            else f"not seen; {percent(row.limit)} could have been seen"
        )
        for row in table.itertuples()
    ]
    table["specimen"] = table["specimen"].astype(str)
    kinds = sorted(table["specimen"].unique())
    panels = [
        _line_panel(table[table["specimen"] == kind], kind, domain, treatments, clones, height, kind == kinds[-1])
        for kind in kinds
    ]
    return stacked(treatment_strip(treatments, domain), panels)


def _line_panel(part, kind, domain, treatments, clones, height, last) -> alt.LayerChart:
    axis, colour = "days" if last else "line", clone_colour(clones)
    x = day_axis(domain, "at", axis)
    ticks = alt.Axis(values=[0, 0.25, 0.5, 0.75, 1], format=".2f")
    y = alt.Y("ccf:Q", title="CCF", axis=ticks, scale=alt.Scale(domain=[0, 1.02], nice=False))
    runs = []
    for one, rows in part.groupby("cluster_id", sort=True):
        run = 0
        for at, same in rows.groupby("at", sort=True):
            seen = same.loc[same["state"] == "measured", "ccf"]
            run += seen.empty
            if len(seen):
                runs.append({"clone": clone_label(one), "at": at, "ccf": seen.mean(), "run": f"{one}.{run}"})
    columns = ["clone", "at", "ccf", "ccf_lower", "ccf_upper", "limit", "told"]
    seen, limits = (part.loc[part["state"] == state, columns] for state in ("measured", "below_lod"))
    bands = treatment_bands(treatments, domain, axis)
    layers = ([] if bands is None else [bands]) + sample_marks(part, domain, axis)
    if len(seen):
        line = alt.Chart(pd.DataFrame(runs)).mark_line(aria=False, strokeWidth=2, opacity=0.75)
        points = alt.Chart(seen)
        layers += [
            line.encode(x=x, y=y, color=colour, detail="run:N"),
            points.mark_rule(aria=False, opacity=0.55, strokeWidth=2).encode(
                x=x, y="ccf_lower:Q", y2="ccf_upper:Q", color=colour
            ),
            points.mark_point(filled=True, size=42, opacity=1).encode(x=x, y=y, color=colour, description="told:N"),
        ]
    if len(limits):
        hollow = alt.Chart(limits).mark_point(shape="triangle-down", size=40, filled=False, opacity=1, strokeWidth=1.4)
        limit = alt.Y("limit:Q", title="CCF", axis=ticks, scale=alt.Scale(domain=[0, 1.02], nice=False))
        layers.append(hollow.encode(x=x, y=limit, color=colour, description="told:N"))
    return alt.layer(*layers).properties(width=WIDTH, height=height, title=panel_title(kind, part))


# Composition of samples
