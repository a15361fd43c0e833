"""Pictures of the tables of `tables`, as Altair charts: trajectories, shares, tree. An empty table gives a note."""

import altair as alt
import pandas as pd

WIDTH = 560
# Told apart by colour-blind readers too: Okabe and Ito, in Wong 2011, doi:10.1038/nmeth.1618; grey is the founder
PALETTE = ["#5b6672", "#d55e00", "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#882255", "#999933", "#332288"]


def _note(text: str) -> alt.Chart:
    chart = alt.Chart(pd.DataFrame({"text": [text]})).mark_text(color="#666", fontSize=13)
    return chart.encode(text="text:N").properties(width=WIDTH, height=60)


def clone_label(cluster: int) -> str:
    return "founder" if cluster == 0 else f"clone {cluster}"


def _colour(clusters) -> alt.Color:
    known = sorted(int(one) for one in set(clusters))
    return alt.Color(
        "clone:N",
        title=None,
        legend=alt.Legend(symbolOpacity=1),
        scale=alt.Scale(
            domain=[clone_label(one) for one in known], range=[PALETTE[one % len(PALETTE)] for one in known]
        ),
    )


def _labelled(trajectories: pd.DataFrame) -> pd.DataFrame:
    return trajectories.assign(clone=[clone_label(int(one)) for one in trajectories["cluster_id"]])


def treatment_bands(treatments, last_day) -> alt.LayerChart | None:
    """Shaded days of each treatment.

    treatments  rows (dicts or a table) with drug, start, end; or the treatment rows of the course table (item, day,
                day_end). None goes beyond `last_day`, and one that begins on it or later is left out.
    """
    table = pd.DataFrame(treatments if treatments is not None else [])
    table = table.rename(columns={} if "drug" in table else {"item": "drug", "day": "start", "day_end": "end"})
    if table.empty:
        return None
    ends = pd.to_numeric(table["end"]) if "end" in table else pd.Series(float("nan"), index=table.index)
    bands = pd.DataFrame({"drug": table["drug"], "start": table["start"].astype(float), "end": ends.astype(float)})
    bands["end"] = bands["end"].fillna(float(last_day)).clip(upper=float(last_day))
    bands = bands[bands["start"] < last_day].sort_values(["start", "drug"])
    if bands.empty:
        return None
    base = alt.Chart(bands)
    box = base.mark_rect(opacity=0.12, color="#888", stroke="#888", strokeWidth=0.5).encode(
        x="start:Q", x2="end:Q", tooltip=["drug:N", "start:Q", "end:Q"]
    )
    text = base.mark_text(align="left", baseline="top", dx=3, dy=2, color="#666", fontSize=10).encode(
        x="start:Q", y=alt.value(0), text="drug:N"
    )
    return alt.layer(box, text)


def ccf_lines(trajectories: pd.DataFrame, treatments=None) -> alt.LayerChart | alt.Chart:
    """CCF of every clone over the days, with 95 % intervals; an open triangle is a limit: looked for, not seen."""
    known = trajectories[trajectories["state"].isin(["measured", "below_lod"])]
    if known.empty:
        return _note("No clone could be followed: tumour was not detected.")
    table = _labelled(known)
    table["limit"] = table["lod"] if "lod" in table else table["ccf_upper"]
    day = alt.X("day:Q", title="day")
    colour = _colour(table["cluster_id"])
    seen = alt.Chart(table[table["state"] == "measured"])
    tooltip = ["clone:N", "sample_id:N", "day:Q", "ccf:Q", "ccf_lower:Q", "ccf_upper:Q"]
    band = seen.mark_rule(opacity=0.5, strokeWidth=2).encode(x=day, y="ccf_lower:Q", y2="ccf_upper:Q", color=colour)
    line = seen.mark_line(opacity=0.8).encode(
        x=day, y="ccf:Q", color=colour, strokeDash=alt.StrokeDash("specimen:N", title=None)
    )
    point = seen.mark_point(filled=True, size=45, opacity=1).encode(
        x=day,
        y=alt.Y("ccf:Q", title="cancer cell fraction (CCF)", scale=alt.Scale(domain=[0, 1])),
        color=colour,
        tooltip=tooltip,
    )
    limits = alt.Chart(table[table["state"] == "below_lod"]).mark_point(shape="triangle-down", size=60, filled=False)
    limit = limits.encode(x=day, y="limit:Q", color=colour, tooltip=["clone:N", "sample_id:N", "day:Q", "limit:Q"])
    layers = [band, line, point, limit]
    bands = treatment_bands(treatments, table["day"].max())
    if bands is not None:
        layers.insert(0, bands)
    return alt.layer(*layers).properties(width=WIDTH, height=240)


def clone_shares(trajectories: pd.DataFrame) -> alt.VConcatChart | alt.Chart:
    """How the cancer cells of each sample divide among the clones: an area over the days, a bar for a lone day."""
    known = trajectories[trajectories["share"].notna()]
    if known.empty:
        return _note("No shares: tumour was not detected.")
    table = _labelled(known)
    table = table.groupby(["specimen", "day", "cluster_id", "clone"], as_index=False)["share"].mean()
    domain = [int(trajectories["day"].min()), int(trajectories["day"].max())]
    if domain[0] == domain[1]:
        domain = [domain[0] - 1, domain[1] + 1]
    colour = _colour(trajectories["cluster_id"])
    rows = []
    for specimen, part in table.groupby("specimen", sort=True):
        days = sorted(part["day"].unique())
        grid = pd.MultiIndex.from_product([days, sorted(part["cluster_id"].unique())], names=["day", "cluster_id"])
        part = part.set_index(["day", "cluster_id"])["share"].reindex(grid, fill_value=0).reset_index()
        base = alt.Chart(_labelled(part)).encode(
            x=alt.X("day:Q", title="day", scale=alt.Scale(domain=domain)),
            y=alt.Y("share:Q", title="share of cancer cells", stack="zero", scale=alt.Scale(domain=[0, 1])),
            color=colour,
            order="cluster_id:O",
            tooltip=["clone:N", "day:Q", "share:Q"],
        )
        shape = base.mark_area(opacity=0.85, line=False) if len(days) > 1 else base.mark_bar(size=24)
        marks = alt.Chart(pd.DataFrame({"day": days})).mark_rule(strokeDash=[2, 2], color="#fff").encode(x="day:Q")
        rows.append(alt.layer(shape, marks).properties(width=WIDTH, height=140, title=str(specimen)))
    return alt.vconcat(*rows)


def clone_tree(tree: pd.DataFrame, trajectories: pd.DataFrame) -> alt.LayerChart | alt.Chart:
    """Who descends from whom. A node's size is its highest CCF; an edge says its support, dashed below 0.8."""
    if tree.empty:
        return _note("No tree: no clones.")
    tree = tree.assign(cluster_id=tree["cluster_id"].astype(int), parent=tree["parent"].astype(int))
    parent = {int(row.cluster_id): int(row.parent) for row in tree.itertuples()}
    children = {one: sorted(c for c in parent if parent[c] == one) for one in [-1, *parent]}
    place, leaves = {}, iter(range(len(parent)))

    def lay(one, depth):
        for child in children[one]:
            lay(child, depth + 1)
        below = [place[child][0] for child in children[one]]
        place[one] = (sum(below) / len(below) if below else float(next(leaves)), -float(depth))

    for top in children[-1]:
        lay(top, 0)
    largest = trajectories.groupby(trajectories["cluster_id"].astype(int))["ccf"].max().to_dict()
    nodes = pd.DataFrame(
        {
            "cluster_id": list(place),
            "clone": [clone_label(one) for one in place],
            "x": [place[one][0] for one in place],
            "y": [place[one][1] for one in place],
            "highest": [float(largest.get(one, float("nan"))) for one in place],
        }
    )
    x = alt.X("x:Q", axis=None, scale=alt.Scale(padding=70))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(padding=25))
    colour = _colour(nodes["cluster_id"]).legend(None)
    base = alt.Chart(nodes)
    layers = [
        base.mark_circle(opacity=1).encode(
            x=x,
            y=y,
            color=colour,
            size=alt.Size("highest:Q", legend=None, scale=alt.Scale(domain=[0, 1], range=[80, 900])),
            tooltip=["clone:N", alt.Tooltip("highest:Q", title="highest CCF", format=".2f")],
        ),
        base.mark_text(dx=20, align="left", fontSize=11).encode(x=x, y=y, text="clone:N"),
    ]
    edges = [
        {
            "x": place[one][0],
            "y": place[one][1],
            "x2": place[above][0],
            "y2": place[above][1],
            "xm": (place[one][0] + place[above][0]) / 2,
            "ym": (place[one][1] + place[above][1]) / 2,
            "support": float(support),
            "decided": bool(support >= 0.8),
        }
        for one, above, support in zip(tree["cluster_id"], tree["parent"], tree["support"], strict=True)
        if above >= 0
    ]
    if edges:
        lines = alt.Chart(pd.DataFrame(edges))
        dash = alt.condition("datum.decided", alt.value([1, 0]), alt.value([4, 4]))
        layers = [
            lines.mark_rule(color="#999").encode(x=x, y=y, x2="x2:Q", y2="y2:Q", strokeDash=dash),
            lines.mark_text(dx=14, color="#777", fontSize=9).encode(
                x=alt.X("xm:Q", axis=None), y=alt.Y("ym:Q", axis=None), text=alt.Text("support:Q", format=".2f")
            ),
            *layers,
        ]
    height = 60 + 70 * int(-nodes["y"].min())
    return alt.layer(*layers).properties(width=WIDTH, height=height)
