"""Read, call seriome, write. No science lives here."""

import pandas as pd

from seriome.logs import log_to
from seriome.proteome.quantity import for_levels, regrouped
from seriome.proteome.rollup import learn
from seriome.proteome.tables import read_table, write_table

with log_to(snakemake.log[0]) as log:
    ions = pd.concat([read_table(path)[0] for path in snakemake.input], ignore_index=True)
    ions = for_levels(regrouped(ions[~ions["sample"].isin(snakemake.params.blanks)]))
    profile = learn(ions)
    log.info("%d ions of %d proteins in %d samples", len(profile), profile["group"].nunique(), ions["sample"].nunique())
    write_table(snakemake.output[0], profile)
