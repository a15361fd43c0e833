"""Read, call seriome, write. No science lives here."""

from seriome.files import write_json, write_tsv
from seriome.intake import usable
from seriome.ledger import Gaps
from seriome.logs import log_to
from seriome.rna.expression import write_genes
from seriome.rna.imports import import_sample
from seriome.rna.kallisto import ABUNDANCE
from seriome.rna.transcripts import read_table

with log_to(snakemake.log[0]) as log:
    gaps, files = Gaps(), snakemake.params.files
    units = {run: files[run] for run, record in zip(files, snakemake.input.units, strict=True) if usable(record)}
    rows, info, genes = import_sample(
        units,
        snakemake.params.form,
        read_table(snakemake.input.transcripts),
        dict(snakemake.params.settings),
        gaps=gaps,
        about=snakemake.params.about,
    )
    log.info("%s", info)
    write_tsv(snakemake.output.abundance, rows, ABUNDANCE)
    write_json(snakemake.output.info, info)
    write_genes(snakemake.output.genes, genes, info)
    gaps.write(snakemake.output.gaps)
