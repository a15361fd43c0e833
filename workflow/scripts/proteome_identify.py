"""Read, call seriome, write. No science lives here."""

from seriome.files import write_json
from seriome.ledger import Gaps
from seriome.logs import log_to
from seriome.proteome.fdr import assess, refuse_none, taken_from
from seriome.proteome.quantity import quality
from seriome.proteome.tables import read_table, write_table

with log_to(snakemake.log[0]) as log:
    unit, settings, gaps = dict(snakemake.params.unit), dict(snakemake.params.settings), Gaps()
    psms, note = read_table(snakemake.input.psms)
    psms = psms.assign(run=unit["run"])
    if snakemake.input.pooled:
        pooled, pool_note = read_table(snakemake.input.pooled[0])
        table, level, problem = taken_from(pooled, psms, unit), pool_note["decided_by"], None
    else:
        table, level, problem = assess(psms, settings)
    if note["searched"] and not snakemake.params.blank:
        about = {key: unit[key] for key in ("patient", "sample", "assay", "run")}
        with gaps.spoil(**about, stage="proteome"):
            refuse_none(table, problem, settings)
    levels = {int(level): number for level, number in note["levels"].items()}
    content = quality(table, levels, level)
    log.info("%s", content)
    write_table(snakemake.output.identified, table, note | {"decided_by": level})
    write_json(snakemake.output.qc, {key: unit[key] for key in ("patient", "sample", "run")} | content)
    gaps.write(snakemake.output.gaps)
