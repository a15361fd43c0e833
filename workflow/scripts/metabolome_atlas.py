"""Read, call seriome, write. No science lives here."""

import pandas as pd

from seriome.files import write_tsv
from seriome.ledger import Gaps
from seriome.logs import log_to
from seriome.metabolome import atlas, naming, openms, spectra, tables

openms.prepare(snakemake.threads)
with log_to(snakemake.log[0]) as log:
    settings, gaps = dict(snakemake.params.settings), Gaps()
    compounds = tables.read_compounds(snakemake.input.get("compounds") or None)
    pools = [run for path in snakemake.input.pools for run in tables.read_runs(path)]
    blanks = [run for path in snakemake.input.blanks for run in tables.read_runs(path)]
    ms2 = pd.concat([tables.read_table(path)[0] for path in snakemake.input.spectra] or [spectra.empty()])
    library = spectra.read_library(snakemake.input.get("library") or None, settings["fragment_da"])
    table, note, found, counts = atlas.empty(), {}, naming.empty(), {}
    with gaps.spoil(assay="metabolome", stage="metabolome"):
        table, note = atlas.learn(pools, blanks, settings)
        matches, counts = spectra.search(table, note, ms2, library, compounds, settings, snakemake.params.seed)
        found = naming.candidates(table, compounds, matches, settings)
        table = naming.name(table, found)[atlas.COLUMNS]
    about = {"learned_from": snakemake.params.learned_from, "settings": settings, "spectra": counts, "runs": note}
    log.info("%d features; %s; %s", len(table), about, list(gaps))
    tables.write_table(snakemake.output.atlas, table, about)
    write_tsv(snakemake.output.candidates, tables.rows(found), naming.COLUMNS)
    gaps.write(snakemake.output.gaps)
