"""The pictures of one patient, drawn by the stages that know what they mean, rendered as SVG."""

from markupsafe import Markup

from seriome.report.pictures import inline, rendered, sentence

NAMES = {  # name of the file: (words for a screen reader, sentence where there is no picture)
    "course": ("Treatments, lesions, laboratory values and samples of {} by day", "Nothing of {} has a day to draw."),
    "lines": ("Cancer cell fraction of each clone of {} by day", "No clones of {} could be followed."),
    "shares": ("Share of each clone of {} by sample", "No shares of clones of {} could be computed."),
    "tree": ("Family tree of the clones of {}", "No tree of clones of {} could be built."),
}
WIDTHS = {"course": 900, "lines": 900}  # pixels of the plot; these two have the page to themselves


def patient_pictures(patient: str, course, clones: dict) -> dict[str, str | None]:
    """{name: whole SVG file, or None where the tables have nothing to draw}; names as in NAMES.

    course  the patient's table of the course stage; clones: {tree, trajectories, ...} tables of the clones stage
    """
    pictures = dict.fromkeys(NAMES)
    if len(course):
        from seriome.course.pictures import timeline

        pictures["course"] = timeline(course)
    if len(clones["trajectories"]):
        from seriome.clones.pictures import ccf_lines, clone_shares, clone_tree

        treatments = course[course["track"] == "treatment"]
        pictures["lines"] = ccf_lines(clones["trajectories"], treatments=treatments)
        pictures["shares"] = clone_shares(clones["trajectories"])
        if len(clones["tree"]):
            pictures["tree"] = clone_tree(clones["tree"], clones["trajectories"])
    return {name: rendered(picture, f"{patient}-{name}", WIDTHS.get(name)) for name, picture in pictures.items()}


def as_files(patient: str, pictures: dict) -> dict[str, str]:
    """The pictures as SVG files; one that is missing says why in a sentence."""
    return {name: pictures[name] or sentence(NAMES[name][1].format(patient)) for name in NAMES}


def as_parts(patient: str, pictures: dict) -> dict[str, Markup | None]:
    """The pictures as parts of a page, each with its words for a screen reader."""
    return {name: inline(pictures[name], NAMES[name][0].format(patient)) for name in NAMES}
