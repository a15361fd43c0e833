"""Pictures of the tables of `tables`, as Altair charts. An empty table gives a note, never an error.

fish                 shares of the cancer cells over the days, each clone inside the one it descends from
ccf_lines            fraction of every clone with its interval, or its limit, over the days
composition          own shares of every sample, samples of one day side by side
clone_tree           who descends from whom, and where the data leave it open
growth_chart         rate of growth of each clone under each treatment
heterogeneity_lines  how many clones a sample holds and how evenly its cells divide among them
write_pictures       the pictures as files: SVG, and the Vega-Lite spec beside it

Tables may come from a file: cluster ids may be text. Treatments are rows (dicts or a table) with drug, start and end,
or the treatment rows of the course table (item, day, day_end); one without an end goes on.
"""

from itertools import pairwise
from pathlib import Path
from textwrap import wrap

import altair as alt
import numpy as np
import pandas as pd

from seriome.files import write_json, write_text
from seriome.known import known_effects

WIDTH = 560
DECIDED = 0.8  # support of an edge below which the data leave it open, as in docs/clones.md
# The founder is grey, nine hues are told apart by colour-blind readers too (Okabe and Ito, in Wong 2011,
# doi:10.1038/nmeth.1618, and Tol's muted ones); then the same hues lighter or darker, each next one the farthest from
# all before it in the worst of normal, red-blind and green-blind vision (Machado et al. 2009,
# doi:10.1109/TVCG.2009.113)
PALETTE = [
    "#5b6672", "#d55e00", "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#882255", "#999933", "#332288",
    "#602a00", "#c7c78f", "#c6c1de", "#a04600", "#005685", "#73cab2", "#521433", "#8f85be", "#eebc4c", "#346c8c",
    "#ada7cf", "#007656", "#b8b870", "#803800", "#00446b", "#737326", "#89cbf0", "#ac6488", "#275169", "#454517",
]  # fmt: skip
INK, SOFT, PALE = "#1d2a36", "#56636f", "#d5dbe0"
LETTER = 5.9  # pixels that a letter of 11 pixels takes, on the wide side


def clone_label(cluster: int) -> str:
    return "founder" if cluster == 0 else f"clone {cluster}"


def clone_names(clusters: pd.DataFrame, most: int = 2) -> dict[int, str]:
    """{cluster_id: its mutations with a protein change by name}; those with a known effect first, at most `most`."""
    found = {}
    rows = clusters.dropna(subset=["cluster_id", "name"]).drop_duplicates("mutation_id")
    for cluster, part in rows.groupby(rows["cluster_id"].astype(int), sort=True):
        names = sorted({str(name) for name in part["name"] if ":" not in str(name)})  # a place is no name
        names.sort(key=lambda name: not known_effects(name))
        if names:
            more = f" + {len(names) - most}" if len(names) > most else ""
            found[int(cluster)] = ", ".join(names[:most]) + more
    return found


# What the pictures have in common


def _note(text: str) -> alt.Chart:
    chart = alt.Chart(pd.DataFrame({"text": [text]})).mark_text(aria=False, color=SOFT, fontSize=13)
    return chart.encode(text="text:N").properties(width=WIDTH, height=60)


def _colour_of(cluster: int) -> str:
    return PALETTE[cluster % len(PALETTE)]


def _ink_on(cluster: int) -> str:
    """Black or white, whichever is read more easily on the clone's colour."""
    red, green, blue = (int(_colour_of(cluster)[at : at + 2], 16) for at in (1, 3, 5))
    return INK if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else "#ffffff"


def _colour(clusters, legend=True) -> alt.Color:
    known = sorted({int(one) for one in clusters})
    scale = alt.Scale(domain=[clone_label(one) for one in known], range=[_colour_of(one) for one in known])
    shown = alt.Legend(symbolOpacity=1, symbolLimit=0, symbolType="square", columns=1 + len(known) // 16)
    return alt.Color("clone:N", title=None, legend=shown if legend else None, scale=scale)


def _inked(labels: pd.DataFrame, **mark) -> list[alt.Chart]:
    """Text marks for labels that stand on a colour, by their column `ink`: a chart for each ink that is there."""
    return [alt.Chart(part).mark_text(aria=False, color=ink, **mark) for ink, part in labels.groupby("ink", sort=True)]


def _percent(fraction) -> str:
    value = 100 * float(fraction)
    return f"{value:.0f} %" if value >= 9.95 or value == 0 else f"{value:.2g} %"


def _clean(trajectories: pd.DataFrame) -> pd.DataFrame:
    """The trajectories with whole cluster ids and days, numbers as numbers, and the label of each clone."""
    table = trajectories.assign(
        cluster_id=trajectories["cluster_id"].astype(int), day=trajectories["day"].astype(float)
    )
    numbers = ["ccf", "ccf_lower", "ccf_upper", "share", "share_lower", "share_upper", "tumour_fraction", "lod"]
    for column in numbers:
        table[column] = pd.to_numeric(table[column]).astype(float) if column in table else np.nan
    table = table.sort_values(["day", "sample_id", "cluster_id"], ignore_index=True)
    return table.assign(clone=[clone_label(one) for one in table["cluster_id"]])


def _parents(tree: pd.DataFrame) -> dict[int, int]:
    return dict(zip(tree["cluster_id"].astype(int), tree["parent"].astype(int), strict=True))


def _preorder(parent: dict[int, int]) -> list[tuple[int, int]]:
    """(clone, depth), every clone right before its descendants, children by number.

    A clone whose parent is not among the clones stands at the top.
    """
    children = {}
    for one in sorted(parent):
        children.setdefault(parent[one] if parent[one] in parent else -1, []).append(one)
    found, waiting = [], [(one, 0) for one in reversed(children.get(-1, []))]
    while waiting:
        one, depth = waiting.pop()
        found.append((one, depth))
        waiting += [(child, depth + 1) for child in reversed(children.get(one, []))]
    return found


def _domain(days) -> list[float]:
    first, last = float(min(days)), float(max(days))
    return [first, last] if last > first else [first - 1, last + 1]


def _day(domain, field="day", axis="days") -> alt.X:
    """The axis of days: with its labels (`days`), as a line (`line`), or not drawn (`none`)."""
    drawn = {
        "days": alt.Axis(title="day", grid=False, tickCount=8, labelFlush=False, labelOverlap="greedy"),
        "line": alt.Axis(title=None, labels=False, ticks=False, grid=False),
        "none": None,
    }
    return alt.X(f"{field}:Q", axis=drawn[axis], scale=alt.Scale(domain=domain, nice=False))


def _sample_marks(samples: pd.DataFrame, domain, axis) -> list[alt.Chart]:
    """A dashed line on the day of every sample with a mark on top, hollow where tumour was not detected or covered."""
    samples = samples.drop_duplicates("sample_id").sort_values(["day", "sample_id"])
    unseen = {"tumour_not_detected": ": tumour not detected", "not_covered": ": not covered"}
    marks = pd.DataFrame(
        {
            "day": samples["day"],
            "told": [f"{row.sample_id}, day {row.day:g}{unseen.get(row.state, '')}" for row in samples.itertuples()],
            "seen": ~samples["state"].isin(list(unseen)),
        }
    )
    x = _day(domain, axis=axis)
    days = marks[["day"]].drop_duplicates()
    rule = alt.Chart(days).mark_rule(aria=False, color=INK, strokeWidth=0.8, strokeDash=[2, 3], opacity=0.7)
    layers = [rule.encode(x=x)]
    for seen, part in marks.groupby("seen", sort=True):
        point = alt.Chart(part).mark_point(
            shape="triangle-down", filled=bool(seen), size=34, color=INK, opacity=1, yOffset=-5
        )
        layers.append(point.encode(x=x, y=alt.value(0), description="told:N"))
    return layers


def _panel_title(kind: str, samples: pd.DataFrame) -> alt.TitleParams:
    unseen = samples["state"].isin(["tumour_not_detected", "not_covered"]).any()
    return _title(kind, "hollow mark on top: tumour not detected" if unseen else None)


def _given(treatments, domain) -> pd.DataFrame:
    """Treatments on some day of the picture: drug, start, end as given, and `left`, `right` within the picture."""
    table = pd.DataFrame(treatments if treatments is not None else [])
    table = table.rename(columns={} if "drug" in table else {"item": "drug", "day": "start", "day_end": "end"})
    if table.empty:
        return pd.DataFrame(columns=["drug", "start", "end", "left", "right"])
    ends = pd.to_numeric(table["end"]) if "end" in table else pd.Series(np.nan, index=table.index)
    bands = pd.DataFrame({"drug": table["drug"], "start": table["start"].astype(float), "end": ends.astype(float)})
    bands["left"] = bands["start"].clip(lower=domain[0])
    bands["right"] = bands["end"].fillna(domain[1]).clip(upper=domain[1])
    bands = bands[(bands["start"] < domain[1]) & (bands["right"] > domain[0])]
    return bands.sort_values(["start", "drug"]).reset_index(drop=True)


def treatment_bands(treatments, domain, axis="days") -> alt.Chart | None:
    """The days of each treatment as pale bands behind a plot of these days (first, last); None where there are none."""
    bands = _given(treatments, domain)
    if bands.empty:
        return None
    box = alt.Chart(bands).mark_rect(aria=False, opacity=0.09, color="#7b8791")
    return box.encode(x=_day(domain, "left", axis), x2="right:Q")


def treatment_strip(treatments, domain) -> alt.LayerChart | None:
    """The days of each treatment as labelled bars, to stand on top of plots of these days; bars never share a line
    with another's label. What goes on beyond the last day ends at the edge."""
    bands = _given(treatments, domain)
    if bands.empty:
        return None
    pixels = WIDTH / (domain[1] - domain[0])
    free, lanes, sides = [], [], []
    for row in bands.itertuples():
        start, end = (row.left - domain[0]) * pixels, (row.right - domain[0]) * pixels
        wide = LETTER * len(str(row.drug)) + 8
        side = "left" if start + wide <= WIDTH else "right"
        start, end = (start, max(end, start + wide)) if side == "left" else (min(start, end - wide), end)
        lane = next((one for one, until in enumerate(free) if until <= start), len(free))
        free[lane:] = [end, *free[lane + 1 :]]
        lanes.append(lane)
        sides.append(side)
    told = [
        f"{row.drug}: day {row.start:g} {'on' if np.isnan(row.end) else f'to {row.end:g}'}"
        for row in bands.itertuples()
    ]
    bands = bands.assign(lane=lanes, side=sides, told=told, low=[one + 0.9 for one in lanes])
    bands["middle"] = bands["lane"] + 0.45
    y = alt.Y("lane:Q", axis=None, scale=alt.Scale(domain=[len(free), 0], nice=False))
    hidden = _day(domain, "left", "none")
    layers = [
        alt.Chart(bands)
        .mark_rect(color=PALE, cornerRadius=2, stroke="#fff")
        .encode(x=hidden, x2="right:Q", y=y, y2="low:Q", description="told:N")
    ]
    for side, field, shift in (("left", "left", 4), ("right", "right", -4)):
        part = bands[bands["side"] == side]
        if len(part):
            text = alt.Chart(part).mark_text(
                aria=False, align=side, baseline="middle", dx=shift, color=INK, fontSize=11
            )
            layers.append(text.encode(x=_day(domain, field, "none"), y="middle:Q", text="drug:N"))
    return alt.layer(*layers).properties(width=WIDTH, height=17 * len(free))


def _stacked(strip, panels, spacing=10) -> alt.VConcatChart:
    rows = ([] if strip is None else [strip]) + panels
    return alt.vconcat(*rows, spacing=spacing)


def _title(text: str, below: str | list[str] | None = None) -> alt.TitleParams:
    said = {"subtitle": below, "subtitleColor": SOFT, "subtitleFontSize": 11} if below else {}
    return alt.TitleParams(text, anchor="start", frame="group", fontSize=12, offset=6, **said)


# Fish plot


def heights(trajectories: pd.DataFrame, tree: pd.DataFrame, scale: str = "cells") -> pd.DataFrame:
    """Height of every clone's band on every day: the clone with its descendants, index day, a column per clone.

    A height is the sum of the own shares of the clone and its descendants, the mean over the samples of a day; so that
    children never exceed their parent, and the tops add up to 1 (`cells`) or to the tumour fraction
    (`tumour_fraction`). A clone below its limit counts as nothing. A day without detected tumour is NaN in `cells`,
    where nothing is known of the shares, and 0 in `tumour_fraction`, where only a limit is known; a day that was not
    covered is in neither.
    """
    table = _clean(trajectories)
    order = [one for one, _ in _preorder(_parents(tree))]
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
    parent = _parents(tree)
    for one in reversed(order):
        if parent[one] in below:
            below[parent[one]] |= below[one]
    nested = pd.DataFrame({one: own[sorted(below[one])].sum(axis=1, skipna=False) for one in order})
    return nested.groupby(days.reindex(nested.index)).mean().sort_index()


def _between(nested: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
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
            rows.append({"clone": clone_label(one), "day": best[1], "y": best[2], "ink": _ink_on(one)})
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
    table = _clean(trajectories)
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
        return _note("No fish plot: no clones.")
    table = _clean(trajectories)
    if together:
        table = table.assign(specimen="all samples")
    kinds = fish_specimens(table, scale)
    if not kinds:
        return _note("No fish plot: it takes two days of one kind of specimen with tumour detected.")
    table = table[table["specimen"].astype(str).isin(kinds)]
    domain = _domain(table["day"])
    strip = treatment_strip(treatments, domain)
    parts = [table[table["specimen"].astype(str) == kind] for kind in kinds]
    panels = [
        _fish_panel(part, tree, kind, domain, scale, height, last=part is parts[-1])
        for kind, part in zip(kinds, parts, strict=True)
    ]
    return _stacked(strip, panels)


def _fish_panel(part, tree, kind, domain, scale, height, last) -> alt.LayerChart:
    nested = heights(part, tree, scale)
    drawn = nested.dropna()
    order, parent = list(nested.columns), _parents(tree)
    days, between = _between(drawn)
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
            x=_day(domain, axis=axis),
            y=y,
            y2="high:Q",
            color=_colour(order),
            detail="piece:N",
            description="clone:N",
        )
    ]
    veils = _veils(nested)
    if len(veils):
        box = (
            alt.Chart(veils)
            .mark_rect(aria=False, color="#fff", opacity=0.72)
            .encode(x=_day(domain, "left", axis), x2="right:Q")
        )
        layers.append(box)
    layers += _sample_marks(part, domain, axis)
    labels = _places(days, lower, between, order, parent, domain, top, height)
    for text in _inked(labels, fontSize=11, baseline="middle", align="center"):
        layers.append(text.encode(x=_day(domain, axis=axis), y="y:Q", text="clone:N"))
    return alt.layer(*layers).properties(width=WIDTH, height=height, title=_panel_title(kind, part))


def _veils(nested: pd.DataFrame) -> pd.DataFrame:
    """Days (left, right) around samples without detected tumour, between which nothing is known of the shares."""
    unknown = nested.isna().any(axis=1).to_numpy()
    days = nested.index.to_numpy(float)
    known = np.flatnonzero(~unknown)
    rows = [{"left": days[left], "right": days[right]} for left, right in pairwise(known) if right - left > 1]
    return pd.DataFrame(rows, columns=["left", "right"])


# Lines


def ccf_lines(trajectories: pd.DataFrame, treatments=None, height=190) -> alt.VConcatChart | alt.Chart:
    """CCF of every clone over the days with 95 % intervals, a panel per kind of specimen.

    A hollow triangle is a limit: looked for, not seen. A line joins the means of neighbouring days on which the clone
    was seen. Clones stand a little beside one another on a day, so that their intervals can be told apart.
    """
    if not trajectories["state"].isin(["measured", "below_lod"]).any():
        return _note("No clone could be followed: tumour was not detected.")
    table = _clean(trajectories)
    table["limit"] = table["lod"].fillna(table["ccf_upper"])
    clones = sorted(table["cluster_id"].unique())
    domain = _domain(table["day"])
    step = min(5, 26 / len(clones)) / WIDTH * (domain[1] - domain[0])
    shift = {one: (at - (len(clones) - 1) / 2) * step for at, one in enumerate(clones)}
    table["at"] = table["day"] + table["cluster_id"].map(shift)
    room = step * len(clones) / 2
    domain = [domain[0] - room, domain[1] + room]
    table["told"] = [
        f"{row.clone} in {row.sample_id}, day {row.day:g}: "
        + (
            f"{_percent(row.ccf)} of cancer cells ({_percent(row.ccf_lower)} to {_percent(row.ccf_upper)})"
            if row.state == "measured"
            else f"not seen; {_percent(row.limit)} could have been seen"
        )
        for row in table.itertuples()
    ]
    table["specimen"] = table["specimen"].astype(str)
    kinds = sorted(table["specimen"].unique())
    panels = [
        _line_panel(table[table["specimen"] == kind], kind, domain, treatments, clones, height, kind == kinds[-1])
        for kind in kinds
    ]
    return _stacked(treatment_strip(treatments, domain), panels)


def _line_panel(part, kind, domain, treatments, clones, height, last) -> alt.LayerChart:
    axis, colour = "days" if last else "line", _colour(clones)
    x = _day(domain, "at", axis)
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
    layers = ([] if bands is None else [bands]) + _sample_marks(part, domain, axis)
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
    return alt.layer(*layers).properties(width=WIDTH, height=height, title=_panel_title(kind, part))


# Composition of samples


def composition(trajectories: pd.DataFrame, tree: pd.DataFrame | None = None) -> alt.LayerChart | alt.Chart:
    """How the cancer cells of each sample divide among the clones: a bar per sample, samples of one day side by side.

    The tree, where given, sets relatives beside one another. Intervals stand in the tooltips.
    Source: El-Kebir et al. 2015, doi:10.1093/bioinformatics/btv261 (own shares from CCF and tree).
    """
    if trajectories.empty:
        return _note("No shares: no clones.")
    table = _clean(trajectories)
    if table["share"].isna().all():
        return _note("No shares: tumour was not detected.")
    order = [one for one, _ in _preorder(_parents(tree))] if tree is not None and len(tree) else []
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
            told = f"{clone_label(one)} in {sample.sample_id}, day {sample.day:g}: {_percent(share)} of cancer cells"
            told += f" ({_percent(low)} to {_percent(high)})" if np.isfinite([low, high]).all() else ""
            said = {"left": left, "right": left + share, "middle": left + share / 2, "ink": _ink_on(one), "told": told}
            rows.append({"clone": clone_label(one), "top": lines[sample.sample_id], "shown": _percent(share)} | said)
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
        .encode(x=x, x2="right:Q", y=y, y2="bottom:Q", color=_colour(order), description="told:N"),
        *(text.encode(x="middle:Q", y=centre, text="shown:N") for text in _inked(wide, fontSize=10, baseline="middle")),
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


def clone_tree(
    tree: pd.DataFrame, trajectories: pd.DataFrame, names=None, mutations=None
) -> alt.LayerChart | alt.Chart:
    """Who descends from whom: a line per clone, its descendants below it and further right.

    names      {cluster_id: mutations to name it by}, such as {1: "EGFR T790M"}
    mutations  {cluster_id: number of its mutations}
    A node's size is the clone's highest CCF. An edge is dashed where its support is below DECIDED.
    """
    if tree.empty:
        return _note("No tree: no clones.")
    parent = _parents(tree)
    support = dict(zip(tree["cluster_id"].astype(int), pd.to_numeric(tree["support"]).astype(float), strict=True))
    order = _preorder(parent)
    line = {one: at for at, (one, _) in enumerate(order)}
    depth = dict(order)
    largest = _clean(trajectories).groupby("cluster_id")["ccf"].max().to_dict() if len(trajectories) else {}
    names, mutations = names or {}, mutations or {}
    step = min(34.0, 200.0 / max(1, *depth.values()))
    rows, edges, open_edges = [], [], 0
    for one, deep in order:
        above = parent[one] if parent[one] in parent else None
        said = [f"{mutations[one]} mutation{'' if mutations[one] == 1 else 's'}"] if one in mutations else []
        open_edge = above is not None and not support[one] >= DECIDED
        if above is not None and np.isfinite(support[one]):
            said.append(f"support {support[one]:.2f}" + (", not decided" if open_edge else ""))
        name = names.get(one, "")
        x = 10 + step * deep
        room = int(
            (WIDTH - x - 24 - LETTER * (len(clone_label(one)) + len("  ")) - LETTER * len(" · ".join(said))) / LETTER
        )
        short = name if len(name) <= room else name[: max(room - 1, 0)].rstrip(" ,") + "…"
        highest = float(largest.get(one, np.nan))
        seen = f", at most {_percent(highest)} of cancer cells" if np.isfinite(highest) else ""
        rows.append(
            {
                "clone": clone_label(one),
                "label": clone_label(one),
                "name": short,
                "named": x + 20 + LETTER * len(clone_label(one)) + 4,
                "x": x,
                "y": line[one],
                "end": WIDTH,
                "detail": " · ".join(said),
                "highest": highest if np.isfinite(highest) else 0.0,
                "told": f"{clone_label(one)}{f' ({name})' if name else ''}{seen}"
                + "".join(f", {part}" for part in said),
            }
        )
        if above is not None:
            open_edges += open_edge
            edges.append({"x": 10 + step * depth[above], "x2": x, "y": line[above], "y2": line[one], "open": open_edge})
    nodes = pd.DataFrame(rows)
    across = alt.Scale(domain=[0, WIDTH], nice=False)
    down = alt.Scale(domain=[-0.5, len(order) - 0.5], nice=False, reverse=True)
    x, named, end = (alt.X(f"{one}:Q", axis=None, scale=across) for one in ("x", "named", "end"))
    y, y2 = (alt.Y(f"{one}:Q", axis=None, scale=down) for one in ("y", "y2"))
    layers = []
    if edges:
        edges = pd.DataFrame(edges)
        line = {"aria": False, "color": "#7b8791", "strokeWidth": 1.4}
        layers.append(alt.Chart(edges).mark_rule(**line).encode(x=x, y=y, y2="y2:Q"))
        for is_open, part in edges.groupby("open", sort=True):
            across_to = alt.Chart(part).mark_rule(**line, strokeDash=[4, 3] if is_open else [1, 0])
            layers.append(across_to.encode(x=x, x2="x2:Q", y=y2))
    base = alt.Chart(nodes)
    size = alt.Size("highest:Q", legend=None, scale=alt.Scale(domain=[0, 1], range=[40, 230]))
    colour = _colour(parent, legend=False)
    layers += [
        base.mark_circle(opacity=1).encode(x=x, y=y, size=size, color=colour, description="told:N"),
        base.mark_text(aria=False, dx=14, align="left", fontSize=12, fontWeight=600, color=INK).encode(
            x=x, y=y, text="label:N"
        ),
        base.mark_text(aria=False, align="left", fontSize=12, color=INK).encode(x=named, y=y, text="name:N"),
        base.mark_text(aria=False, align="right", fontSize=11, color=SOFT).encode(x=end, y=y, text="detail:N"),
    ]
    chart = alt.layer(*layers).properties(width=WIDTH, height=26 * len(order))
    if open_edges:
        said = f"Dashed: support below {DECIDED:g}, the data leave open where the clone stands."
        chart = chart.properties(
            title=alt.TitleParams(said, anchor="start", fontSize=11, fontWeight="normal", color=SOFT)
        )
    return chart


# Growth and heterogeneity


SCALES = {"relative": "against the rest of the tumour", "absolute": "net growth of its cells"}


def growth_chart(growth: pd.DataFrame) -> alt.VConcatChart | alt.Chart:
    """Rate of growth of each clone in each phase of treatment with its 95 % interval; right of the line it grows.

    growth  cluster_id phase start end scale rate_per_day lower upper doubling_days p_positive reason; rows without a
            rate are listed as not estimable with their reason, a rate with a reason (it rests on little) is hollow
    """
    if growth.empty:
        return _note("No growth rates: no clone was followed over two samples of a treatment.")
    table = growth.assign(cluster_id=growth["cluster_id"].astype(int))
    for column in ("start", "end", "rate_per_day", "lower", "upper", "doubling_days", "p_positive"):
        table[column] = pd.to_numeric(table[column]).astype(float) if column in table else np.nan
    for column in ("phase", "scale", "reason"):
        table[column] = table[column].fillna("").astype(str).str.replace("_", " ") if column in table else ""
    table["clone"] = [clone_label(one) for one in table["cluster_id"]]
    known = table["rate_per_day"].notna()
    ends = table.loc[known, ["rate_per_day", "lower", "upper"]].to_numpy()
    reach = 1.05 * float(np.nanmax(np.abs(ends))) if known.any() else 1.0
    groups = [
        (phase, scale, part.sort_values("cluster_id"))
        for (_, phase, scale), part in table.groupby(["start", "phase", "scale"], sort=True, dropna=False)
    ]
    plots = [at for at, (_, _, part) in enumerate(groups) if part["rate_per_day"].notna().any()]
    colour = _colour(table["cluster_id"], legend=False)
    panels = [
        _growth_panel(part, _growth_title(phase, scale, part), reach or 1.0, colour, last=[at] == plots[-1:])
        for at, (phase, scale, part) in enumerate(groups)
    ]
    return alt.vconcat(*panels, spacing=14)


def _growth_title(phase, scale, part) -> alt.TitleParams:
    """The phase, its days and scale, and the clones without a rate, those of one reason together."""
    start, end = part["start"].iloc[0], part["end"].max()
    days = f"day {start:g} {f'to {end:g}' if np.isfinite(end) else 'on'}" if np.isfinite(start) else ""
    said = [", ".join(one for one in (days, SCALES.get(scale, scale)) if one)]
    for reason, rows in part[part["rate_per_day"].isna()].groupby("reason", sort=True):
        why = reason.removeprefix("not estimable").removeprefix(": ")
        text = f"not estimable: {', '.join(rows['clone'])}" + (f" ({why})" if why else "")
        said += wrap(text, 100)
    return _title(phase or "no treatment", said)


def _growth_panel(part, title, reach, colour, last) -> alt.LayerChart | alt.Chart:
    part = part[part["rate_per_day"].notna()]
    if part.empty:
        nothing = alt.Chart(pd.DataFrame({"text": [" "]})).mark_text(aria=False).encode(text="text:N")
        return nothing.properties(width=WIDTH - 250, height=1, title=title)
    shown, told, little = [], [], []
    for row in part.itertuples():
        verb = "doubles" if row.rate_per_day > 0 else "halves"
        against = " against the rest" if row.scale == "relative" else ""
        twice = f"{verb}{against} in {abs(row.doubling_days):.0f} days" if np.isfinite(row.doubling_days) else ""
        chance = f", probability of growth {row.p_positive:.2f}" if np.isfinite(row.p_positive) else ""
        shown.append(", ".join(one for one in (twice, row.reason.split(":")[0]) if one))
        told.append(
            f"{row.clone}: {row.rate_per_day:+.3f} per day ({row.lower:+.3f} to {row.upper:+.3f})"
            + "".join(f", {one}" for one in (twice, row.reason) if one)
            + chance
        )
        little.append(bool(row.reason))
    rows = part[["clone", "rate_per_day", "lower", "upper"]].assign(shown=shown, told=told, little=little)
    axis = {"title": "growth rate per day"} if last else {"title": None, "labels": False, "ticks": False}
    across = alt.Scale(domain=[-reach, reach], nice=False)
    rate, lower = (
        alt.X(f"{one}:Q", axis=alt.Axis(tickCount=5, **axis), scale=across) for one in ("rate_per_day", "lower")
    )
    y = alt.Y("clone:N", title=None, sort=list(rows["clone"]), scale=alt.Scale(domain=list(rows["clone"])))
    base = alt.Chart(rows)
    zero = alt.Chart(pd.DataFrame({"rate_per_day": [0.0]})).mark_rule(aria=False, color="#7b8791")
    layers = [
        zero.encode(x=rate),
        base.mark_rule(aria=False, strokeWidth=3, opacity=0.6).encode(x=lower, x2="upper:Q", y=y, color=colour),
    ]
    for hollow, some in rows.groupby("little", sort=True):
        point = alt.Chart(some).mark_point(
            filled=not hollow, fill="#fff" if hollow else alt.Undefined, size=60, opacity=1
        )
        layers.append(point.encode(x=rate, y=y, color=colour, description="told:N"))
    text = base.mark_text(aria=False, align="left", dx=10, color=SOFT, fontSize=11)
    layers.append(text.encode(x=alt.value(WIDTH - 250), y=y, text="shown:N"))
    return alt.layer(*layers).properties(width=WIDTH - 250, height=22 * len(rows), title=title)


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
        return _note("No heterogeneity: no sample with tumour detected.")
    first, last = _domain(table["day"])
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
    return _stacked(treatment_strip(treatments, domain), panels)


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
    x = _day(domain, "at", axis)
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
    title = _title("number of clones" if counts else "Shannon index of the own shares (nats)")
    return alt.layer(*layers).properties(width=WIDTH, height=110, title=title)


# Files


def write_pictures(folder, tables: dict[str, pd.DataFrame], treatments=None, scale="cells") -> list[Path]:
    """The pictures as files: fish, tree, ccf, composition; growth and heterogeneity where their tables are given.

    tables  {trajectories, tree, and as far as they are known clusters, growth, heterogeneity}; without days only the
            tree is drawn
    Returns the paths written: {name}.svg, which needs nothing else, and {name}.json, its Vega-Lite spec. Equal tables
    give equal bytes.
    """
    from seriome.report.pictures import rendered

    trajectories, tree, clusters = tables["trajectories"], tables["tree"], tables.get("clusters")
    named = clusters is not None and len(clusters)
    counted = clusters.drop_duplicates("mutation_id")["cluster_id"].astype(int).value_counts() if named else {}
    undated = len(trajectories) and trajectories["day"].isna().all()
    charts = {} if undated else {"fish": fish(trajectories, tree, treatments, scale)}
    charts["tree"] = clone_tree(tree, trajectories, clone_names(clusters) if named else {}, dict(counted))
    if not undated:
        charts["ccf"] = ccf_lines(trajectories, treatments)
        charts["composition"] = composition(trajectories, tree)
    if tables.get("growth") is not None and not undated:
        charts["growth"] = growth_chart(tables["growth"])
    if tables.get("heterogeneity") is not None and not undated:
        charts["heterogeneity"] = heterogeneity_lines(tables["heterogeneity"], treatments)
    written = []
    for name, chart in charts.items():
        spec = chart.to_dict()
        write_json(Path(folder) / f"{name}.json", spec)
        write_text(Path(folder) / f"{name}.svg", rendered(spec, name))
        written += [Path(folder) / f"{name}.svg", Path(folder) / f"{name}.json"]
    return written
