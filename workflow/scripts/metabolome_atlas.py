"""Read, call seriome, write. No science lives here."""

from seriome.ledger import Gaps
from seriome.logs import log_to
from seriome.metabolome import atlas, openms, tables

openms.prepare(snakemake.threads)
with log_to(snakemake.log[0]) as log:
    settings, gaps = dict(snakemake.params.settings), Gaps()
    compounds = tables.read_compounds(snakemake.input.get("compounds") or None)
    pools = [tables.read_table(path) for path in snakemake.input.pools]
    blanks = [tables.read_table(path) for path in snakemake.input.blanks]
    table, note = atlas.empty(), {}
    with gaps.spoil(assay="metabolome", stage="metabolome"):
        table, note = atlas.learn(pools, blanks, compounds, settings)
    note |= {"learned_from": snakemake.params.learned_from, "settings": settings}
    log.info("%d features; %s; %s", len(table), note, list(gaps))
    tables.write_table(snakemake.output.atlas, table, note)
    gaps.write(snakemake.output.gaps)
