"""Charts as plain SVG: rendered here, without script, without a link to anywhere, safe side by side in one page."""

import re
from xml.etree import ElementTree

from markupsafe import Markup

SVG = "http://www.w3.org/2000/svg"
FONT = "Helvetica Neue, Helvetica, Arial, Liberation Sans, sans-serif"
STYLE = {
    "background": "transparent",
    "font": FONT,
    "view": {"stroke": "transparent"},
    "axis": {
        "labelColor": "#4a5661",
        "titleColor": "#4a5661",
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "domainColor": "#b8c1c9",
        "tickColor": "#b8c1c9",
        "gridColor": "#eceff2",
    },
    "legend": {"labelColor": "#1d2a36", "titleColor": "#4a5661", "labelFontSize": 11, "titleFontSize": 11},
    "header": {"labelColor": "#1d2a36", "titleColor": "#4a5661", "labelFontSize": 11},
    "title": {"color": "#1d2a36", "fontSize": 12, "fontWeight": 600, "anchor": "start"},
}
SILENT = ("axis", "legend", "group mark container", "title", "rule mark container")

ElementTree.register_namespace("", SVG)


def rendered(picture, ident: str, width: int | None = None) -> str | None:
    """A chart (Altair chart, Vega-Lite dict, or SVG text) as a whole SVG file; None for no picture.

    width  of the plot in pixels where the picture states one, the same for all of its parts; None leaves it
    ident  begins every id of the picture, so that two pictures in one page cannot take each other's clips
    The description of a mark becomes its tooltip (`<title>`), which works without script. Scripts, event handlers and
    links that lead outside are dropped, whoever drew the picture.
    """
    if picture is None:
        return None
    if isinstance(picture, str):
        text = picture
    else:
        import vl_convert

        spec = picture if isinstance(picture, dict) else picture.to_dict()
        spec = {**spec, "config": _merged(spec.get("config", {}), STYLE)}
        spec = _widened(spec, width) if width else spec
        text = vl_convert.vegalite_to_svg(spec)
    root = ElementTree.fromstring(text)
    own = dict.fromkeys(node.get("id") for node in root.iter() if node.get("id"))
    names = {name: f"{ident}-{index}" for index, name in enumerate(own)}  # Vega counts its clips over all charts
    _clean(root, names)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def inline(svg: str | None, label: str) -> Markup | None:
    """A whole SVG file as a part of an HTML page: it shrinks with the page and has a name for screen readers."""
    if svg is None:
        return None
    root = ElementTree.fromstring(svg)
    width, height = (float(re.sub(r"[^0-9.]", "", root.get(side, "")) or 0) for side in ("width", "height"))
    if "viewBox" not in root.attrib and width:
        root.set("viewBox", f"0 0 {width:g} {height:g}")
    for side in ("width", "height", "class"):
        root.attrib.pop(side, None)
    root.set("style", f"max-width:{width:g}px" if width else "max-width:100%")
    root.set("role", "img")
    root.set("aria-label", label)
    text = ElementTree.tostring(root, encoding="unicode")
    return Markup(text.replace(f' xmlns="{SVG}"', "", 1))


def sentence(text: str, width: int = 720) -> str:
    """An SVG file that says why there is no picture."""
    root = ElementTree.Element(f"{{{SVG}}}svg", width=str(width), height="60", viewBox=f"0 0 {width} 60")
    node = ElementTree.SubElement(root, f"{{{SVG}}}text", {"x": "12", "y": "34", "fill": "#4a5661"})
    node.set("font-family", FONT)
    node.set("font-size", "14")
    node.text = text
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _merged(below: dict, above: dict) -> dict:
    """Settings of `above` over those of `below`, branch by branch."""
    both = dict(below)
    for key, value in above.items():
        both[key] = _merged(both[key], value) if isinstance(value, dict) and isinstance(both.get(key), dict) else value
    return both


def _widened(spec, width: int):
    """The Vega-Lite spec with the width of every plot that states one as a number set to `width`."""
    if isinstance(spec, list):
        return [_widened(part, width) for part in spec]
    parts = ("layer", "vconcat", "spec")
    changed = {key: _widened(value, width) if key in parts else value for key, value in spec.items()}
    return changed | {"width": width} if isinstance(spec.get("width"), int | float) else changed


def _clean(node, names) -> None:
    for child in list(node):
        if child.tag.rsplit("}", 1)[-1] in ("script", "foreignObject", "image", "use", "a", "iframe"):
            node.remove(child)
        else:
            _clean(child, names)
    for key, value in list(node.attrib.items()):
        bare = key.rsplit("}", 1)[-1]
        if bare.startswith("on") or (bare in ("href", "src") and not value.startswith("#")):
            del node.attrib[key]
        elif bare == "id":
            node.set(key, names[value])
        elif bare == "href" and value[1:] in names:
            node.set(key, f"#{names[value[1:]]}")
        elif "url(" in value:
            node.set(key, re.sub(r"url\(['\"]?#([^)'\"]+)['\"]?\)", lambda m: f"url(#{names.get(m[1], m[1])})", value))
    role = node.get("aria-roledescription")
    if role and "container" not in role and role not in SILENT:
        label = node.attrib.pop("aria-label", None)
        del node.attrib["aria-roledescription"]
        node.attrib.pop("role", None)
        if label and node.find(f"{{{SVG}}}title") is None:
            title = ElementTree.Element(f"{{{SVG}}}title")
            title.text = label
            node.insert(0, title)
    elif role:
        for key in ("aria-roledescription", "role", "aria-label"):
            node.attrib.pop(key, None)
