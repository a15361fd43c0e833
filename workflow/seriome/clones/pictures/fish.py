"""Fish: shares of the cancer cells over the days, each clone inside the one it descends from."""

from itertools import pairwise

import altair as alt
import numpy as np
import pandas as pd

from seriome.clones.pictures.parts import (
    LETTER,
    WIDTH,
    cleaned,
    clone_colour,
    clone_label,
    day_axis,
    day_domain,
    ink_on,
    inked,
    note,
    panel_title,
    parents_of,
    preorder,
    sample_marks,
    stacked,
    treatment_strip,
)


def heights(trajectories: pd.DataFrame, tree: pd.DataFrame, scale: str = "cells") -> pd.DataFrame:
    """Height of every clone's band on every day: the clone with its descendants, index day, a column per clone.

    A height is the sum of the own shares of the clone and its descendants, the mean over the samples of a day; so that
    children never exceed their parent, and the tops add up to 1 (`cells`) or to the tumour fraction
    (`tumour_fraction`). A clone below its limit counts as nothing. A day without detected tumour is NaN in `cells`,
    where nothing is known of the shares, and 0 in `tumour_fraction`, where only a limit is known; a day that was not
    covered is in neither.
    """
    table = cleaned(trajectories)
    order = [one for one, _ in preorder(parents_of(tree))]
    table = table[table["cluster_id"].isin(order) & (table["state"] != "not_covered")]
    whole = table.groupby("sample_id")["tumour_fraction"].max()
    unseen = table.loc[table["state"] == "tumour_not_detected", "sample_id"].unique()
    days = table.drop_duplicates("sample_id").set_index("sample_id")["day"]
    own = table.pivot_table(index="sample_id", columns="cluster_id", values="share", aggfunc="mean")
    own = own.reindex(index=sorted(days.index), columns=order).fillna(0.0)
    total = own.sum(axis=1)
    own = own.div(total.where(total > 0), axis=0)
    if scale == "tumour_fraction":
        own = own.mul(whole.reindex(own.index), axis=0)
        own.loc[own.index.isin(unseen)] = 0.0
    below = {one: {one} for one in order}
    parent = parents_of(tree)
    for one in reversed(order):
        if parent[one] in below:
            below[parent[one]] |= below[one]
    nested = pd.DataFrame({one: own[sorted(below[one])].sum(axis=1, skipna=False) for one in order})
    return nested.groupby(days.reindex(nested.index)).mean().sort_index()


def between_days(nested: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """(days, heights of all clones on them): the heights between the samples, each rising or falling without turning.

    Between two samples all heights follow one smooth step; a clone that comes up from nothing opens half-way, as all
    that is known is that it was not seen on the one day and seen on the other. As a late step is never above the
    common one, children stay within their parent.
    """
    days, known = nested.index.to_numpy(float), nested.to_numpy(float)
    clones = max(known.shape[1], 1)
    steps = int(np.clip(4800 // (clones * max(len(days) - 1, 1)) // 2 * 2, 4, 24))  # a chart takes 5000 rows
    along = np.linspace(0, 1, steps + 1)[:, None]
    step = along**2 * (3 - 2 * along)
    late = np.clip(2 * along - 1, 0, 1)
    late = late**2 * (3 - 2 * late)
    at, found = [days[:1]], [known[:1]]
    for left in range(len(days) - 1):
        low, high = known[left], known[left + 1]
        weight = np.where((low == 0) & (high > 0), late, step)
        at.append(days[left] + along[1:, 0] * (days[left + 1] - days[left]))
        found.append((low + (high - low) * weight)[1:])
    return np.concatenate(at), np.concatenate(found)


def _bands(between: np.ndarray, order: list[int], parent: dict[int, int]) -> np.ndarray:
    """Lower edge of every clone's band: children stand in their parent with equal room below, between and above them.

    between  heights (points, clones in `order`), every clone after its parent
    """
    column = {one: at for at, one in enumerate(order)}
    lower = np.zeros_like(between)
    for top in [None, *order]:
        children = [one for one in order if (parent[one] if parent[one] in column else None) == top]
        within = between[:, [column[one] for one in children]]
        if top is None:
            edge, room = np.zeros(len(between)), np.zeros(len(between))
        else:
            edge = lower[:, column[top]].copy()
            room = np.maximum(between[:, column[top]] - within.sum(axis=1), 0) / (len(children) + 1)
        for at, one in enumerate(children):
            edge = edge + room
            lower[:, column[one]] = edge
            edge = edge + within[:, at]
    return lower


def _places(days, lower, between, order, parent, domain, top, height) -> pd.DataFrame:
    """Where the label of a clone fits into what is seen of its band: clone, day, y; left out where it does not fit."""
    column = {one: at for at, one in enumerate(order)}
    even = np.linspace(*domain, WIDTH // 2 + 1)  # every second pixel
    even = even[(even >= days[0]) & (even <= days[-1])]
    low = np.array([np.interp(even, days, lower[:, at]) for at in range(len(order))])
    high = low + np.array([np.interp(even, days, between[:, at]) for at in range(len(order))])
    rows = []
    for one in order:
        children = [child for child in order if parent[child] == one]
        edges = [low[column[one]]]
        for child in children:
            edges += [low[column[child]], high[column[child]]]
        edges.append(high[column[one]])
        half = int(np.ceil(LETTER * len(clone_label(one)) / 4)) + 4
        best = (15 / height * top, None, None)
        for floor, ceiling in zip(edges[::2], edges[1::2], strict=True):
            if len(even) <= 2 * half:
                continue
            window = np.lib.stride_tricks.sliding_window_view
            floors, ceilings = window(floor, 2 * half + 1).max(axis=1), window(ceiling, 2 * half + 1).min(axis=1)
            at = int(np.argmax(ceilings - floors))
            if ceilings[at] - floors[at] > best[0]:
                best = (ceilings[at] - floors[at], even[at + half], (ceilings[at] + floors[at]) / 2)
        if best[1] is not None:
            rows.append({"clone": clone_label(one), "day": best[1], "y": best[2], "ink": ink_on(one)})
    return pd.DataFrame(rows, columns=["clone", "day", "y", "ink"])


def _pieces(days, lower, between, order) -> pd.DataFrame:
    """The bands as rows: clone, piece, day, low, high; only where there is height, and the point before and after."""
    rows = []
    for at, one in enumerate(order):
        there = between[:, at] > 1e-9
        shown = there.copy()
        shown[1:] |= there[:-1]
        shown[:-1] |= there[1:]
        begins = shown & ~np.concatenate([[False], shown[:-1]])
        for point in np.flatnonzero(shown):
            floor = round(float(lower[point, at]), 5)
            rows.append(
                {
                    "clone": clone_label(one),
                    "piece": f"{one}.{int(begins[: point + 1].sum())}",
                    "day": round(float(days[point]), 3),
                    "low": floor,
                    "high": round(float(lower[point, at] + between[point, at]), 5),
                }
            )
    return pd.DataFrame(rows, columns=["clone", "piece", "day", "low", "high"])


def fish_specimens(trajectories: pd.DataFrame, scale: str = "cells") -> list[str]:
    """The kinds of specimen with at least two days on which the fish plot knows a height."""
    if trajectories.empty:
        return []
    table = cleaned(trajectories)
    seen = table["share"].notna() & table["tumour_fraction" if scale == "tumour_fraction" else "share"].notna()
    known = seen | (table["state"] == "tumour_not_detected") if scale == "tumour_fraction" else seen
    days = table[known].groupby(table["specimen"].astype(str))["day"].nunique()
    return sorted(
        one for one, number in days.items() if number >= 2 and seen[table["specimen"].astype(str) == one].any()
    )


def fish(
    trajectories, tree, treatments=None, scale="cells", together=False, height=190
) -> alt.VConcatChart | alt.Chart:
    """Fish plot: the clones of the cancer cells over the days, each inside the clone it descends from.

    trajectories, tree  tables of the clones stage
    scale     `cells`: the whole height is all cancer cells of the sample; `tumour_fraction`: it is the share of all
              cells (in plasma, of all genomes) that are cancer cells
    together  one panel of all samples; else one per kind of specimen with two days or more, as tissue and plasma do
              not hold one population
    Source    Miller et al. 2016, BMC Genomics 17:880, doi:10.1186/s12864-016-3195-z; own shares: El-Kebir et al. 2015,
              doi:10.1093/bioinformatics/btv261
    """
    if scale not in ("cells", "tumour_fraction"):
        raise ValueError(f"scale is {scale!r}, not 'cells' or 'tumour_fraction'")
    if trajectories.empty or tree.empty:
        return note("No fish plot: no clones.")
    table = cleaned(trajectories)
    if together:
        table = table.assign(specimen="all samples")
    kinds = fish_specimens(table, scale)
    if not kinds:
        return note("No fish plot: it takes two days of one kind of specimen with tumour detected.")
    table = table[table["specimen"].astype(str).isin(kinds)]
    domain = day_domain(table["day"])
    strip = treatment_strip(treatments, domain)
    parts = [table[table["specimen"].astype(str) == kind] for kind in kinds]
    panels = [
        _fish_panel(part, tree, kind, domain, scale, height, last=part is parts[-1])
        for kind, part in zip(kinds, parts, strict=True)
    ]
    return stacked(strip, panels)


def _fish_panel(part, tree, kind, domain, scale, height, last) -> alt.LayerChart:
    nested = heights(part, tree, scale)
    drawn = nested.dropna()
    order, parent = list(nested.columns), parents_of(tree)
    days, between = between_days(drawn)
    lower = _bands(between, order, parent)
    top = 1.0 if scale == "cells" else float(between.sum(axis=1, where=[parent[o] not in parent for o in order]).max())
    axis = "days" if last else "line"
    title = "share of cancer cells" if scale == "cells" else "tumour fraction"
    scaled = alt.Scale(domain=[0, top], nice=False)
    y = alt.Y("low:Q", title=title, axis=alt.Axis(format="%", tickCount=5, grid=False), scale=scaled)
    pieces = _pieces(days, lower, between, order)
    area = alt.Chart(pieces).mark_area(stroke="#fff", strokeWidth=0.8, opacity=1, interpolate="linear")
    layers = [
        area.encode(
            x=day_axis(domain, axis=axis),
            y=y,
            y2="high:Q",
            color=clone_colour(order),
            detail="piece:N",
            description="clone:N",
        )
    ]
    veils = _veils(nested)
    if len(veils):
        box = (
            alt.Chart(veils)
            .mark_rect(aria=False, color="#fff", opacity=0.72)
            .encode(x=day_axis(domain, "left", axis), x2="right:Q")
        )
        layers.append(box)
    layers += sample_marks(part, domain, axis)
    labels = _places(days, lower, between, order, parent, domain, top, height)
    for text in inked(labels, fontSize=11, baseline="middle", align="center"):
        layers.append(text.encode(x=day_axis(domain, axis=axis), y="y:Q", text="clone:N"))
    return alt.layer(*layers).properties(width=WIDTH, height=height, title=panel_title(kind, part))


def _veils(nested: pd.DataFrame) -> pd.DataFrame:
    """Days (left, right) around samples without detected tumour, between which nothing is known of the shares."""
    unknown = nested.isna().any(axis=1).to_numpy()
    days = nested.index.to_numpy(float)
    known = np.flatnonzero(~unknown)
    rows = [{"left": days[left], "right": days[right]} for left, right in pairwise(known) if right - left > 1]
    return pd.DataFrame(rows, columns=["left", "right"])


# Lines
