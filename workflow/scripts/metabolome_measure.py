"""Read, call seriome, write. No science lives here."""

from seriome.files import write_json
from seriome.ledger import Gaps
from seriome.logs import log_to
from seriome.metabolome import measure, openms, tables

openms.prepare(snakemake.threads)
with log_to(snakemake.log[0]) as log:
    about, gaps = snakemake.params.about, Gaps()
    features, found = tables.read_table(snakemake.input.features)
    atlas, note = tables.read_table(snakemake.input.atlas)
    table, qc = measure.empty(), {}
    if found["usable"] and len(atlas):
        unit = {"patient": about["patient"], "sample": about["sample"], "run": snakemake.wildcards.run}
        with gaps.spoil(**unit, assay="metabolome", stage="metabolome"):
            run = openms.load(snakemake.input.mzml[0])
            table, qc = measure.measure(run, features, found, atlas, note, dict(snakemake.params.settings))
    qc = {"features": len(features), **found, **qc}
    log.info("%s; %s", qc, list(gaps))
    tables.write_table(snakemake.output.measured, table, {"injection": found, "qc": qc})
    write_json(snakemake.output.qc, qc)
    gaps.write(snakemake.output.gaps)
