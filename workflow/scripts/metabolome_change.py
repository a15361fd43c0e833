"""Read, call seriome, write. No science lives here."""

import pandas as pd

from seriome.features import read_features
from seriome.files import moved_into_place, read_tsv, write_tsv
from seriome.logs import log_to
from seriome.metabolome import change, pathways, tables

with log_to(snakemake.log[0]) as log:
    atlas, _ = tables.read_table(snakemake.input.atlas)
    account = pd.read_csv(snakemake.input.account, sep="\t")
    candidates = pd.read_csv(snakemake.input.candidates, sep="\t")
    compounds = tables.read_compounds(snakemake.input.get("compounds") or None)
    columns = ["sample", "patient", "day", "specimen", "site", "phase", "batch"]
    samples = pd.DataFrame(snakemake.params.samples, columns=columns)
    found = change.compare(
        [read_features(path) for path in snakemake.input.features], samples, account, atlas, snakemake.params.before
    )
    log.info("%s", found["notes"])
    of_unit = pathways.units(candidates, atlas, snakemake.params.within_s)
    sets = pathways.read_pathways(snakemake.input.get("pathways") or None)
    enzymes = read_tsv(snakemake.input.enzymes) if snakemake.input.get("enzymes") else []
    by_contrast = found["cohort"].groupby("coefficient") if len(found["cohort"]) else []
    settings = {"cut": snakemake.params.cut, "seed": snakemake.params.seed}
    enriched = [
        pathways.enriched(rows, of_unit, compounds, sets, **settings).assign(coefficient=name)
        for name, rows in by_contrast
    ]
    enriched = pd.concat([pd.DataFrame(columns=pathways.COLUMNS), *enriched])
    tied = pathways.ties(found["cohort"], of_unit, enzymes)
    for name in ("changes", "cohort"):
        with moved_into_place(snakemake.output[name]) as temporary:
            found[name].to_parquet(temporary, index=False)
    write_tsv(snakemake.output.pathways, tables.rows(enriched), pathways.COLUMNS)
    write_tsv(snakemake.output.enzymes, tables.rows(tied), list(tied.columns))
