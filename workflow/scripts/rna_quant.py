"""Read, call seriome, write. No science lives here."""

from seriome.files import write_json, write_tsv
from seriome.intake import usable
from seriome.ledger import Gaps
from seriome.logs import log_to
from seriome.rna.expression import write_genes
from seriome.rna.kallisto import ABUNDANCE
from seriome.rna.quant import quantify_sample
from seriome.rna.transcripts import read_table

with log_to(snakemake.log[0]) as log, open(snakemake.log.kallisto, "w") as words:
    gaps, files = Gaps(), snakemake.params.files
    units = {run: files[run] for run, record in zip(files, snakemake.input.units, strict=True) if usable(record)}
    log.info("%d of %d units are usable", len(units), len(files))
    rows, info, genes = quantify_sample(
        units,
        snakemake.input.index,
        read_table(snakemake.input.transcripts),
        dict(snakemake.params.settings),
        threads=snakemake.threads,
        seed=snakemake.params.seed,
        stated=snakemake.params.stated,
        gaps=gaps,
        about=snakemake.params.about,
        words=words,
    )
    log.info("%s", info)
    write_tsv(snakemake.output.abundance, rows, ABUNDANCE)
    write_json(snakemake.output.info, info)
    write_genes(snakemake.output.genes, genes, info)
    gaps.write(snakemake.output.gaps)
