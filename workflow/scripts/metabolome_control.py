"""Read, call seriome, write. No science lives here."""

from seriome.logs import log_to
from seriome.metabolome import control, tables

with log_to(snakemake.log[0]) as log:
    atlas, _ = tables.read_table(snakemake.input.atlas)
    read = [tables.read_table(path)[0] for path in snakemake.input.pools]
    pools = [
        {"batch": unit.get("batch") or "", "injection": unit.get("injection"), "table": table}
        for unit, table in zip(snakemake.params.units, read, strict=True)
        if len(table)
    ]
    constants, offsets, note = control.learn(atlas, pools, dict(snakemake.params.settings), snakemake.params.seed)
    log.info("%s", note)
    tables.write_table(snakemake.output.constants, constants, note)
    tables.write_table(snakemake.output.offsets, offsets, {})
