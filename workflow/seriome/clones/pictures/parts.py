"""Parts: what the pictures of clones have in common: names, colours, days, samples, treatments."""

import altair as alt
import numpy as np
import pandas as pd

from seriome.clones.events import clone_label
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


def note(text: str) -> alt.Chart:
    chart = alt.Chart(pd.DataFrame({"text": [text]})).mark_text(aria=False, color=SOFT, fontSize=13)
    return chart.encode(text="text:N").properties(width=WIDTH, height=60)


def colour_of(cluster: int) -> str:
    return PALETTE[cluster % len(PALETTE)]


def ink_on(cluster: int) -> str:
    """Black or white, whichever is read more easily on the clone's colour."""
    red, green, blue = (int(colour_of(cluster)[at : at + 2], 16) for at in (1, 3, 5))
    return INK if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else "#ffffff"


def clone_colour(clusters, legend=True) -> alt.Color:
    known = sorted({int(one) for one in clusters})
    scale = alt.Scale(domain=[clone_label(one) for one in known], range=[colour_of(one) for one in known])
    shown = alt.Legend(symbolOpacity=1, symbolLimit=0, symbolType="square", columns=1 + len(known) // 16)
    return alt.Color("clone:N", title=None, legend=shown if legend else None, scale=scale)


def inked(labels: pd.DataFrame, **mark) -> list[alt.Chart]:
    """Text marks for labels that stand on a colour, by their column `ink`: a chart for each ink that is there."""
    return [alt.Chart(part).mark_text(aria=False, color=ink, **mark) for ink, part in labels.groupby("ink", sort=True)]


def percent(fraction) -> str:
    value = 100 * float(fraction)
    return f"{value:.0f} %" if value >= 9.95 or value == 0 else f"{value:.2g} %"


def cleaned(trajectories: pd.DataFrame) -> pd.DataFrame:
    """The trajectories with whole cluster ids and days, numbers as numbers, and the label of each clone."""
    table = trajectories.assign(
        cluster_id=trajectories["cluster_id"].astype(int), day=trajectories["day"].astype(float)
    )
    numbers = ["ccf", "ccf_lower", "ccf_upper", "share", "share_lower", "share_upper", "tumour_fraction", "lod"]
    for column in numbers:
        table[column] = pd.to_numeric(table[column]).astype(float) if column in table else np.nan
    table = table.sort_values(["day", "sample_id", "cluster_id"], ignore_index=True)
    return table.assign(clone=[clone_label(one) for one in table["cluster_id"]])


def parents_of(tree: pd.DataFrame) -> dict[int, int]:
    return dict(zip(tree["cluster_id"].astype(int), tree["parent"].astype(int), strict=True))


def preorder(parent: dict[int, int]) -> list[tuple[int, int]]:
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


def day_domain(days) -> list[float]:
    first, last = float(min(days)), float(max(days))
    return [first, last] if last > first else [first - 1, last + 1]


def day_axis(domain, field="day", axis="days") -> alt.X:
    """The axis of days: with its labels (`days`), as a line (`line`), or not drawn (`none`)."""
    drawn = {
        "days": alt.Axis(title="day", grid=False, tickCount=8, labelFlush=False, labelOverlap="greedy"),
        "line": alt.Axis(title=None, labels=False, ticks=False, grid=False),
        "none": None,
    }
    return alt.X(f"{field}:Q", axis=drawn[axis], scale=alt.Scale(domain=domain, nice=False))


def sample_marks(samples: pd.DataFrame, domain, axis) -> list[alt.Chart]:
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
    x = day_axis(domain, axis=axis)
    days = marks[["day"]].drop_duplicates()
    rule = alt.Chart(days).mark_rule(aria=False, color=INK, strokeWidth=0.8, strokeDash=[2, 3], opacity=0.7)
    layers = [rule.encode(x=x)]
    for seen, part in marks.groupby("seen", sort=True):
        point = alt.Chart(part).mark_point(
            shape="triangle-down", filled=bool(seen), size=34, color=INK, opacity=1, yOffset=-5
        )
        layers.append(point.encode(x=x, y=alt.value(0), description="told:N"))
    return layers


def panel_title(kind: str, samples: pd.DataFrame) -> alt.TitleParams:
    unseen = samples["state"].isin(["tumour_not_detected", "not_covered"]).any()
    return titled(kind, "hollow mark on top: tumour not detected" if unseen else None)


def given_treatments(treatments, domain) -> pd.DataFrame:
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
    bands = given_treatments(treatments, domain)
    if bands.empty:
        return None
    box = alt.Chart(bands).mark_rect(aria=False, opacity=0.09, color="#7b8791")
    return box.encode(x=day_axis(domain, "left", axis), x2="right:Q")


def treatment_strip(treatments, domain) -> alt.LayerChart | None:
    """The days of each treatment as labelled bars, to stand on top of plots of these days; bars never share a line
    with another's label. What goes on beyond the last day ends at the edge."""
    bands = given_treatments(treatments, domain)
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
    hidden = day_axis(domain, "left", "none")
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
            layers.append(text.encode(x=day_axis(domain, field, "none"), y="middle:Q", text="drug:N"))
    return alt.layer(*layers).properties(width=WIDTH, height=17 * len(free))


def stacked(strip, panels, spacing=10) -> alt.VConcatChart:
    rows = ([] if strip is None else [strip]) + panels
    return alt.vconcat(*rows, spacing=spacing)


def titled(text: str, below: str | list[str] | None = None) -> alt.TitleParams:
    said = {"subtitle": below, "subtitleColor": SOFT, "subtitleFontSize": 11} if below else {}
    return alt.TitleParams(text, anchor="start", frame="group", fontSize=12, offset=6, **said)


# Fish plot
