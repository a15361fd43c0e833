"""Read, call seriome, write. No science lives here."""

import pandas as pd

from seriome.features import read_features
from seriome.files import moved_into_place
from seriome.logs import log_to
from seriome.longitudinal import compared

with log_to(snakemake.log[0]) as log:
    columns = ["sample", "patient", "day", "specimen", "site", "phase", "batch"]
    samples = pd.DataFrame(snakemake.params.samples, columns=columns)
    tables = [read_features(path).query("kind == 'protein'") for path in snakemake.input]
    about = pd.concat([pd.DataFrame(columns=["feature", "name"]), *(table[["feature", "name"]] for table in tables)])
    about = about.drop_duplicates("feature").sort_values("feature").reset_index(drop=True)
    found = compared(tables, samples, about, snakemake.params.before)
    log.info("%s", found["notes"])
    for name in ("changes", "cohort"):
        with moved_into_place(snakemake.output[name]) as temporary:
            found[name].to_parquet(temporary, index=False)
