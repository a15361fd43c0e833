"""The small course of one variant, drawn by hand: a mark per sample, and every kind of empty its own mark."""

from math import sqrt

from markupsafe import Markup, escape

from seriome.report.words import STATE_WORDS, count, known, percent

WIDTH, HEIGHT, PAD = 132, 38, 7
COLOURS = {"tumor": "#0b5d7a", "plasma": "#b04a00", "pdx": "#6b4c9a", "organoid": "#6b4c9a"}
OTHER = "#55606b"


def shape(state: str, x: float, y: float, colour: str) -> str:
    """One mark as SVG. measured: full disc; below_lod: hollow triangle that points down; zero: short full bar;
    failed_qc: hollow diamond; not measured: a grey cross."""
    if state == "measured":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'
    if state == "below_lod":
        points = f"{x - 3.6:.1f},{y - 3:.1f} {x + 3.6:.1f},{y - 3:.1f} {x:.1f},{y + 3.4:.1f}"
        return f'<polygon points="{points}" fill="#fff" stroke="{colour}" stroke-width="1.3"/>'
    if state == "zero":
        return f'<rect x="{x - 3.5:.1f}" y="{y - 1.5:.1f}" width="7" height="3" fill="{colour}"/>'
    if state == "failed_qc":
        points = f"{x:.1f},{y - 4:.1f} {x + 4:.1f},{y:.1f} {x:.1f},{y + 4:.1f} {x - 4:.1f},{y:.1f}"
        return f'<polygon points="{points}" fill="#fff" stroke="#b04a00" stroke-width="1.3"/>'
    cross = f"M{x - 2.5:.1f},{y - 2.5:.1f}l5,5m0,-5l-5,5"
    return f'<path d="{cross}" stroke="#9aa4ad" stroke-width="1.3" fill="none"/>'


def glyph(state: str) -> Markup:
    """The mark of a state alone, for legends and table cells."""
    body = shape(state, 7, 7, COLOURS["tumor"])
    words = escape(STATE_WORDS.get(state, state))
    return Markup(
        f'<svg class="glyph" data-state="{escape(state)}" viewBox="0 0 14 14" width="14" height="14" role="img" '
        f'aria-label="{words}">{body}</svg>'
    )


def spark(points: list[dict], treatments: list[dict], first: float, last: float, top: float) -> Markup:
    """The course of one variant over days `first` to `last`, height the square root of the VAF up to `top`.

    points      dicts with sample, day, specimen, state, vaf, lod, depth; lines join measured samples of one specimen
    treatments  dicts with drug, start, end (None while it goes on): a light band each
    """
    span = max(last - first, 1)

    def x_of(day):
        return PAD + (WIDTH - 2 * PAD) * (min(max(day, first), last) - first) / span

    def y_of(value):
        return HEIGHT - PAD - (HEIGHT - 2 * PAD) * sqrt(min(max(value, 0) / top, 1))

    parts = []
    for index, treatment in enumerate(treatments):
        start, end = treatment["start"], last if treatment["end"] is None else treatment["end"]
        if end >= first and start <= last:
            left, right = x_of(start), x_of(end)
            tone = ("#eaf1f4", "#f5efe6")[index % 2]
            parts.append(
                f'<rect x="{left:.1f}" y="1" width="{max(right - left, 1):.1f}" height="{HEIGHT - 2}" fill="{tone}"/>'
            )
    parts.append(f'<path d="M{PAD},{HEIGHT - PAD}H{WIDTH - PAD}" stroke="#d5dbe0" stroke-width="1"/>')
    marks, lines = [], {}
    for point in points:
        if not known(point["day"]):
            continue
        colour, state = COLOURS.get(point["specimen"], OTHER), point["state"]
        shown = point["vaf"] if state in ("measured", "zero") else point["lod"] if state == "below_lod" else 0
        x, y = x_of(point["day"]), y_of(shown if known(shown) else 0)
        if state in ("measured", "zero"):
            lines.setdefault(point["specimen"], []).append((x, y))
        marks.append(f"<g>{shape(state, x, y, colour)}<title>{escape(told(point))}</title></g>")
    for specimen, places in lines.items():
        if len(places) > 1:
            path = "L".join(f"{x:.1f},{y:.1f}" for x, y in places)
            colour = COLOURS.get(specimen, OTHER)
            parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="1" opacity="0.55"/>')
    words = escape("; ".join(told(point) for point in points))
    return Markup(
        f'<svg class="spark" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" '
        f'aria-label="{words}">{"".join(parts + marks)}</svg>'
    )


def told(point: dict) -> str:
    """One sample of a variant in words."""
    where = f"{point['timepoint'] or point['sample']}, day {point['day']}, {point['specimen']}"
    depth = f" at depth {count(point['depth'])}" if known(point["depth"]) else ""
    if point["state"] == "measured":
        return f"{where}: {percent(point['vaf'])}{depth}"
    if point["state"] == "below_lod":
        return f"{where}: not seen{depth}, could have shown {percent(point['lod'])}"
    return f"{where}: {STATE_WORDS.get(point['state'], point['state'])}{depth}"
