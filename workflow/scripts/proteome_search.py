"""Read, call seriome, write. No science lives here."""

import pandas as pd

from seriome.files import write_tsv
from seriome.intake import usable
from seriome.ledger import Gaps
from seriome.logs import log_to
from seriome.proteome import own
from seriome.proteome.fasta import read_contaminants, read_fasta
from seriome.proteome.own_sources import read_sources
from seriome.proteome.run import read_run
from seriome.proteome.search import empty, engine
from seriome.proteome.tables import write_table

with log_to(snakemake.log[0]) as log:
    settings, given, gaps = dict(snakemake.params.settings), snakemake.input, Gaps()
    rows = read_sources(given)
    proteins = read_fasta(given.proteins)
    contaminants = read_contaminants(given.contaminants) if given.contaminants else {}
    log.info("%d proteins, %d contaminants, %d of the patient's own", len(proteins), len(contaminants), len(rows))
    whole = [usable(path) for path in given.status]
    index = engine(proteins | contaminants | own.proteins(rows), settings) if any(whole) else None
    tables, note = [empty().assign(sample="", run="")], {"runs": {}, "share": 0.0}
    if index:
        known = own.reference_text(proteins | contaminants, rows)
        note["share"] = own.forms(rows, known, settings) / index.forms
    for unit, raw, good in zip(map(dict, snakemake.params.units), given.raw, whole, strict=True):
        about = {key: unit[key] for key in ("patient", "sample", "assay", "run")}
        told = {"searched": False}
        if good:
            with gaps.spoil(**about, stage="proteome"):
                run = read_run(raw)
                tables.append(index.search(run, snakemake.threads, raw).assign(sample=unit["sample"], run=unit["run"]))
                told = {"searched": True} | run.described()
                log.info("%s %s: %d matches", unit["sample"], unit["run"], len(tables[-1]))
        note["runs"][f"{unit['sample']} {unit['run']}"] = told
    write_table(snakemake.output.psms, pd.concat(tables, ignore_index=True), note)
    write_tsv(snakemake.output.own, rows, own.COLUMNS)
    gaps.write(snakemake.output.gaps)
