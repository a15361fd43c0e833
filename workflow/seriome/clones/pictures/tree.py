"""Tree: who descends from whom, and where the data leave it open."""

import altair as alt
import numpy as np
import pandas as pd

from seriome.clones.pictures.parts import (
    DECIDED,
    INK,
    LETTER,
    SOFT,
    WIDTH,
    cleaned,
    clone_colour,
    clone_label,
    note,
    parents_of,
    percent,
    preorder,
)


def clone_tree(
    tree: pd.DataFrame, trajectories: pd.DataFrame, names=None, mutations=None
) -> alt.LayerChart | alt.Chart:
    """Who descends from whom: a line per clone, its descendants below it and further right.

    names      {cluster_id: mutations to name it by}, such as {1: "EGFR T790M"}
    mutations  {cluster_id: number of its mutations}
    A node's size is the clone's highest CCF. An edge is dashed where its support is below DECIDED.
    """
    if tree.empty:
        return note("No tree: no clones.")
    parent = parents_of(tree)
    support = dict(zip(tree["cluster_id"].astype(int), pd.to_numeric(tree["support"]).astype(float), strict=True))
    order = preorder(parent)
    line = {one: at for at, (one, _) in enumerate(order)}
    depth = dict(order)
    largest = cleaned(trajectories).groupby("cluster_id")["ccf"].max().to_dict() if len(trajectories) else {}
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
        seen = f", at most {percent(highest)} of cancer cells" if np.isfinite(highest) else ""
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
    colour = clone_colour(parent, legend=False)
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
