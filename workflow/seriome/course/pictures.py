"""Pictures: a patient's course as one chart, every part on the same axis of days."""

import altair as alt
import pandas as pd

WIDTH = 560
# Told apart by colour-blind readers too: Okabe and Ito, in Wong 2011, doi:10.1038/nmeth.1618
RESPONSES = {
    "baseline": "#888888",
    "CR": "#0072b2",
    "PR": "#56b4e9",
    "SD": "#e69f00",
    "PD": "#d55e00",
    "not evaluable": "#bbbbbb",
}
FLAGS = {"above": "#d55e00", "below": "#0072b2", "within": "#5b6672", "no interval": "#888888"}
LAB_HEIGHT = 54

NAMES = {  # what a clinic calls them; any other measure stands as the sheet writes it
    "ldh": "LDH", "crp": "CRP", "cea": "CEA", "nlr": "neutrophils / lymphocytes (NLR)",
    "mgps": "modified Glasgow prognostic score (mGPS)", "ldh_ratio": "LDH / upper normal",
}  # fmt: skip


def timeline(course: pd.DataFrame) -> alt.VConcatChart | alt.Chart:
    """Treatment bars, samples, sum of target lesions with the response, laboratory values and indices; one day axis.

    course  the table of `table.course`, or any part of it; parts without rows are left out
    """
    if course.empty:
        note = alt.Chart(pd.DataFrame({"text": ["Nothing with a day is known of this patient."]}))
        return note.mark_text(color="#666", fontSize=13).encode(text="text:N").properties(width=WIDTH, height=60)
    table = course.assign(day=course["day"].astype(float), day_end=pd.to_numeric(course["day_end"]).astype(float))
    low = min(table["day"].min(), 0.0)
    high = max(table["day"].max(), table["day_end"].max() if table["day_end"].notna().any() else low)
    room = max(1.0, 0.02 * (high - low))
    scale = alt.Scale(domain=[low - room, high + room], nice=False)
    parts = [
        _treatments(table[table["track"] == "treatment"], scale, high + room),
        _samples(table[table["track"] == "sample"], scale),
        _lesions(table[table["track"] == "response"], scale),
    ]
    for track in ("lab", "index"):
        for measure, rows in table[(table["track"] == track) & table["value"].notna()].groupby("measure", sort=True):
            parts.append(_values(rows, measure, scale))
    parts = [part for part in parts if part is not None]
    for part in parts[:-1]:
        _without_labels(part)
    return alt.vconcat(*parts, spacing=6).resolve_scale(color="independent", shape="independent")


def _without_labels(part) -> None:
    """Take the days' labels from a part's axis: the lowest part has them for all."""
    for chart in getattr(part, "layer", [part]):
        if isinstance(chart.encoding.x, alt.X):
            chart.encoding.x.axis = alt.Axis(labels=False, ticks=False)


def _day(scale, title=None) -> alt.X:
    return alt.X("day:Q", scale=scale, title=title)


def _treatments(rows, scale, until):
    if rows.empty:
        return None
    bars = pd.DataFrame(
        {
            "drug": rows["item"],
            "day": rows["day"],
            "end": rows["day_end"].fillna(until),
            "goes_on": rows["day_end"].isna(),
            "label": rows["label"],
        }
    ).sort_values(["day", "drug"])
    order = list(dict.fromkeys(bars["drug"]))
    base = alt.Chart(bars).encode(y=alt.Y("drug:N", sort=order, title=None))
    bar = base.mark_bar(height=12, cornerRadius=2).encode(
        x=_day(scale),
        x2="end:Q",
        color=alt.Color("drug:N", legend=None, sort=order, scale=alt.Scale(scheme="tableau20")),
        opacity=alt.condition("datum.goes_on", alt.value(0.55), alt.value(0.9)),
        tooltip=["label:N", "day:Q", "end:Q"],
    )
    return bar.properties(width=WIDTH, height=20 * len(order), title=_title("treatment (pale: goes on)"))


def _samples(rows, scale):
    if rows.empty:
        return None
    ticks = alt.Chart(rows[["day", "measure", "item", "label"]]).mark_tick(thickness=2, size=12, color="#4c566a")
    kinds = rows["measure"].nunique()
    return ticks.encode(
        x=_day(scale), y=alt.Y("measure:N", title=None), tooltip=["item:N", "measure:N", "day:Q", "label:N"]
    ).properties(width=WIDTH, height=18 * kinds, title=_title("samples"))


def _lesions(rows, scale):
    sums = rows[(rows["measure"] == "sum_of_diameters") & rows["value"].notna()][["day", "value"]]
    judged = rows[rows["measure"] == "recist"][["day", "item", "label"]].rename(columns={"item": "response"})
    if sums.empty and judged.empty:
        return None
    points = judged.merge(sums, on="day", how="outer").sort_values("day")
    points["response"] = points["response"].fillna("no category")
    points["at"] = points["value"].fillna(0.0)
    known = [one for one in RESPONSES if one in set(points["response"])]
    colour = alt.Color("response:N", title=None, scale=alt.Scale(domain=known, range=[RESPONSES[one] for one in known]))
    base = alt.Chart(points)
    line = alt.Chart(sums).mark_line(color="#4c566a").encode(x=_day(scale), y="value:Q")
    point = base.mark_point(filled=True, size=70, opacity=1).encode(
        x=_day(scale),
        y=alt.Y("at:Q", title="mm", scale=alt.Scale(zero=True)),
        color=colour,
        tooltip=["day:Q", "value:Q", "label:N"],
    )
    text = base.mark_text(dy=-11, fontSize=10).encode(x=_day(scale), y="at:Q", text="response:N")
    return alt.layer(line, point, text).properties(
        width=WIDTH, height=110, title=_title("sum of target lesions, response (RECIST 1.1)")
    )


def _values(rows, measure, scale):
    rows = rows.assign(flag=rows["label"].where(rows["label"].isin(list(FLAGS)), "no interval"))
    unit = next((str(one) for one in rows["unit"].dropna()), "")
    axis = alt.Y("value:Q", title=None, scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=3))
    layers = []
    bounds = rows[rows["lower_normal"].notna() & rows["upper_normal"].notna()]
    if len(bounds):
        band = alt.Chart(bounds.head(1)).mark_rect(color="#5b6672", opacity=0.12)
        layers.append(band.encode(y="lower_normal:Q", y2="upper_normal:Q"))
    base = alt.Chart(rows[["day", "value", "flag", "label"]].sort_values("day"))
    known = [one for one in FLAGS if one in set(rows["flag"])]
    layers += [
        base.mark_line(color="#999", strokeWidth=1).encode(x=_day(scale), y=axis),
        base.mark_point(filled=True, size=36, opacity=1).encode(
            x=_day(scale),
            y=axis,
            color=alt.Color("flag:N", legend=None, scale=alt.Scale(domain=known, range=[FLAGS[one] for one in known])),
            tooltip=["day:Q", "value:Q", "label:N"],
        ),
    ]
    title = _title(f"{NAMES.get(measure, measure.replace('_', ' '))}{f' ({unit})' if unit not in ('', '1') else ''}")
    return alt.layer(*layers).properties(width=WIDTH, height=LAB_HEIGHT, title=title)


def _title(text) -> alt.TitleParams:
    return alt.TitleParams(
        text, anchor="start", frame="group", fontSize=11, fontWeight="normal", color="#444", offset=2
    )
