"""Pictures of the tables of `results`, as Altair charts. An empty table gives a note, never an error.

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

from pathlib import Path

import pandas as pd

from seriome.clones.pictures.composition import composition
from seriome.clones.pictures.fish import fish, fish_specimens, heights
from seriome.clones.pictures.growth import growth_chart
from seriome.clones.pictures.heterogeneity import heterogeneity_lines
from seriome.clones.pictures.lines import ccf_lines
from seriome.clones.pictures.parts import clone_label, clone_names, treatment_strip
from seriome.clones.pictures.tree import clone_tree
from seriome.files import write_json, write_text

__all__ = [
    "ccf_lines",
    "clone_label",
    "clone_names",
    "clone_tree",
    "composition",
    "fish",
    "fish_specimens",
    "growth_chart",
    "heights",
    "heterogeneity_lines",
    "treatment_strip",
    "write_pictures",
]


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
