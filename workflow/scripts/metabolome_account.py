"""Read, call seriome, write. No science lives here."""

import pandas as pd

from seriome.features import read_features
from seriome.files import write_tsv
from seriome.logs import log_to
from seriome.metabolome import control, tables

with log_to(snakemake.log[0]) as log:
    atlas, _ = tables.read_table(snakemake.input.atlas)
    constants, note = tables.read_table(snakemake.input.constants)
    rows = [read_features(path).set_index("feature")["value"] for path in snakemake.input.features]
    levels = pd.DataFrame(rows, columns=atlas["feature"])
    table = control.account(constants, atlas, levels, dict(snakemake.params.settings))
    log.info("%s; %s", note, table["verdict"].value_counts().to_dict())
    write_tsv(snakemake.output[0], tables.rows(table), list(table.columns))
