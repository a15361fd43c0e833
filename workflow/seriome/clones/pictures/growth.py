"""Growth: the rate of each clone under each treatment."""

from textwrap import wrap

import altair as alt
import numpy as np
import pandas as pd

from seriome.clones.pictures.parts import SOFT, WIDTH, clone_colour, clone_label, note, titled

SCALES = {"relative": "against the rest of the tumour", "absolute": "net growth of its cells"}


def growth_chart(growth: pd.DataFrame) -> alt.VConcatChart | alt.Chart:
    """Rate of growth of each clone in each phase of treatment with its 95 % interval; right of the line it grows.

    growth  cluster_id phase start end scale rate_per_day lower upper doubling_days p_positive reason; rows without a
            rate are listed as not estimable with their reason, a rate with a reason (it rests on little) is hollow
    """
    if growth.empty:
        return note("No growth rates: no clone was followed over two samples of a treatment.")
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
    colour = clone_colour(table["cluster_id"], legend=False)
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
    return titled(phase or "no treatment", said)


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
