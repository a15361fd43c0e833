"""Read, call seriome, write. No science lives here."""

import pandas as pd

from seriome.features import TABLE_COLUMNS, read_table, write_features
from seriome.intake import read_status
from seriome.logs import log_to

with log_to(snakemake.log[0]) as log:
    unit = read_status(snakemake.input.units[0])
    whole = unit["status"] == "ok"
    table = read_table(snakemake.input.files[0]) if whole else pd.DataFrame(columns=TABLE_COLUMNS)
    log.info("%s: %d rows", unit["status"], len(table))
    write_features(
        snakemake.output[0],
        table,
        about=snakemake.params.about,
        method="taken in as it came",
        parameters={},
        inputs={file["path"]: file["sha256"] for file in unit["files"]} if whole else {},
    )
