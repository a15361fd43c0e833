"""The pictures of one patient, drawn by the stages that know what they mean, rendered as SVG."""

from markupsafe import Markup

from seriome.report.pictures import inline, rendered, sentence

NAMES = {  # name of the file: (words for a screen reader, sentence where there is no picture)
    "course": ("Treatments, lesions, laboratory values and samples of {} by day", "Nothing of {} has a day to draw."),
    "lines": ("Cancer cell fraction of each clone of {} by day", "No clones of {} could be followed."),
    "fish": (
        "Fish plot: shares of the clones of {} by day, each inside the one it descends from",
        "No kind of specimen of {} shows tumour on two days.",
    ),
    "tree": ("Family tree of the clones of {}", "No tree of clones of {} could be built."),
    "composition": (
        "Shares of the clones of {} in each sample, side by side",
        "No sample of {} has shares of clones that its fish plot does not show.",
    ),
    "growth": (
        "Growth rate of each clone of {} under each treatment",
        "No growth rates of clones of {} were computed.",
    ),
    "heterogeneity": (
        "Number of clones and Shannon index of the samples of {} by day",
        "No heterogeneity of samples of {} was computed.",
    ),
}
WIDTHS = {"course": 900, "lines": 900, "fish": 900}  # pixels of the plot; these have the page to themselves


def patient_pictures(patient: str, course, clones: dict) -> dict[str, str | None]:
    """{name: whole SVG file, or None where the tables have nothing to draw}; names as in NAMES.

    course  the patient's table of the course stage; clones: the tables of the clones stage, as in inputs.CLONE_TABLES
    """
    pictures = dict.fromkeys(NAMES)
    if len(course):
        from seriome.course.pictures import timeline

        pictures["course"] = timeline(course)
    if len(clones["trajectories"]):
        pictures |= _of_clones(clones, treatments=course[course["track"] == "treatment"])
    return {name: rendered(picture, f"{patient}-{name}", WIDTHS.get(name)) for name, picture in pictures.items()}


def _of_clones(clones: dict, treatments) -> dict:
    """Charts of the clones by name; those without anything to draw are left out."""
    from seriome.clones import pictures as draw

    tracks, tree, clusters = clones["trajectories"], clones["tree"], clones["clusters"]
    charts = {"lines": draw.ccf_lines(tracks, treatments)}
    swimming = draw.fish_specimens(tracks) if len(tree) else []
    if swimming:
        charts["fish"] = draw.fish(tracks, tree, treatments)
    samples = tracks[tracks["share"].notna()].drop_duplicates("sample_id")
    if samples["day"].duplicated().any() or not set(samples["specimen"]) <= set(swimming):
        charts["composition"] = draw.composition(tracks, tree)
    if len(tree):
        counted = clusters.drop_duplicates("mutation_id")["cluster_id"].dropna().astype(int).value_counts()
        charts["tree"] = draw.clone_tree(tree, tracks, draw.clone_names(clusters), dict(counted))
    if len(clones["growth"]):
        charts["growth"] = draw.growth_chart(clones["growth"])
    if len(clones["heterogeneity"]):
        charts["heterogeneity"] = draw.heterogeneity_lines(clones["heterogeneity"], treatments)
    return charts


def as_files(patient: str, pictures: dict) -> dict[str, str]:
    """The pictures as SVG files; one that is missing says why in a sentence."""
    return {name: pictures[name] or sentence(NAMES[name][1].format(patient)) for name in NAMES}


def as_parts(patient: str, pictures: dict) -> dict[str, Markup | None]:
    """The pictures as parts of a page, each with its words for a screen reader."""
    return {name: inline(pictures[name], NAMES[name][0].format(patient)) for name in NAMES}
