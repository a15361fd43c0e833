"""Read, call seriome, write. No science lives here."""

from pathlib import Path

from seriome.files import read_json, write_text
from seriome.ledger import read_gaps
from seriome.logs import log_to
from seriome.report.inputs import EVIDENCE, methods_used, plain, plain_gaps, program_versions, read_table
from seriome.report.pages import whole_page

with log_to(snakemake.log[0]):
    summaries = [read_json(path) for path in snakemake.input.summaries]
    parts = {Path(path).stem: Path(path).read_text(encoding="utf-8") for path in snakemake.input.parts}
    page = whole_page(
        title=snakemake.params.title,
        outcome=read_json(snakemake.input.outcome),
        patients=snakemake.params.patients,
        account=plain(read_table(snakemake.input.account)),
        gaps=plain_gaps(read_gaps([snakemake.input.gaps])),
        summaries=summaries,
        ranking=read_table(snakemake.input.ranking),
        evidence=read_table(snakemake.input.evidence, EVIDENCE),
        differential=read_table(snakemake.input.differential),
        parts=parts,
        settings=snakemake.params.settings,
        methods=methods_used(snakemake.input.features),
        versions=program_versions(),
        ranking_shown=snakemake.params.ranking_shown,
        expression={name: read_table(snakemake.input[f"rna_{name}"]) for name in ("changes", "cohort", "sites")}
        | {"told": read_json(snakemake.input.rna_notes)["told"]},
        changes_shown=snakemake.params.changes_shown,
    )
    write_text(snakemake.output[0], page)
