"""Read, call seriome, write. No science lives here."""

import pandas as pd

from seriome.intake import usable
from seriome.ledger import Gaps
from seriome.logs import log_to
from seriome.metabolome import detect, openms, spectra, tables

openms.prepare(snakemake.threads)
with log_to(snakemake.log[0]) as log:
    about, gaps = snakemake.params.about, Gaps()
    features, runs, ms2 = [], [], spectra.empty()
    if usable(snakemake.input.unit):
        unit = {"patient": about["patient"], "sample": about["sample"], "run": snakemake.wildcards.run}
        with gaps.spoil(**unit, assay="metabolome", stage="metabolome"):
            for run in openms.load(snakemake.input.mzml[0]):
                table, found = detect.detect(run, **snakemake.params.settings)
                features.append(table.assign(polarity=run.polarity))
                runs.append(found | openms.describe(run))
            ms2 = spectra.fragments(snakemake.input.mzml[0])
    table = pd.concat(features) if features else pd.DataFrame(columns=[*detect.COLUMNS, "polarity"])
    note = {"usable": bool(runs), "runs": runs}
    log.info("%d features; %d fragment spectra; %s; %s", len(table), len(ms2), note, list(gaps))
    tables.write_table(snakemake.output.features, table, note)
    tables.write_table(snakemake.output.spectra, ms2, {})
    gaps.write(snakemake.output.gaps)
