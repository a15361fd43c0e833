"""Read, call seriome, write. No science lives here."""

import pandas as pd

from seriome.intake import usable
from seriome.ledger import Gaps
from seriome.logs import log_to
from seriome.metabolome import detect, openms, tables

openms.prepare(snakemake.threads)
with log_to(snakemake.log[0]) as log:
    about, gaps = snakemake.params.about, Gaps()
    table, note = pd.DataFrame(columns=detect.COLUMNS), {"usable": False}
    if usable(snakemake.input.unit):
        unit = {"patient": about["patient"], "sample": about["sample"], "run": snakemake.wildcards.run}
        with gaps.spoil(**unit, assay="metabolome", stage="metabolome"):
            run = openms.load(snakemake.input.mzml[0])
            table, found = detect.detect(run, **snakemake.params.settings)
            note = found | openms.describe(run) | {"usable": True}
    log.info("%d features; %s; %s", len(table), note, list(gaps))
    tables.write_table(snakemake.output.features, table, note)
    gaps.write(snakemake.output.gaps)
