"""Read, call seriome, write. No science lives here."""

import pandas as pd

from seriome.files import write_json
from seriome.ledger import Gaps
from seriome.logs import log_to
from seriome.metabolome import measure, openms, tables

openms.prepare(snakemake.threads)
with log_to(snakemake.log[0]) as log:
    about, gaps = snakemake.params.about, Gaps()
    atlas, note = tables.read_table(snakemake.input.atlas)
    by_polarity = {found["polarity"]: (table, found) for table, found in tables.read_runs(snakemake.input.features)}
    parts, qc = [measure.empty()], {polarity: found for polarity, (_, found) in by_polarity.items()}
    if by_polarity and len(atlas):
        unit = {"patient": about["patient"], "sample": about["sample"], "run": snakemake.wildcards.run}
        with gaps.spoil(**unit, assay="metabolome", stage="metabolome"):
            for run in openms.load(snakemake.input.mzml[0]):
                features, found = by_polarity[run.polarity]
                settings = dict(snakemake.params.settings)
                table, counts = measure.measure(run, features, found, atlas, note["runs"], settings)
                parts.append(table)
                qc[run.polarity] = {"features": len(features), **found, **counts}
    table = pd.concat(parts, ignore_index=True).astype({"detected": bool})
    flat = next(iter(qc.values())) if len(qc) == 1 else qc or {"usable": False}
    log.info("%s; %s", qc, list(gaps))
    tables.write_table(snakemake.output.measured, table, {"qc": qc})
    write_json(snakemake.output.qc, flat)
    gaps.write(snakemake.output.gaps)
