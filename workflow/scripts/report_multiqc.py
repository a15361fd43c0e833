"""Read, call seriome, write. No science lives here."""

from pathlib import Path

from seriome.files import read_json, read_tsv, write_text
from seriome.logs import log_to
from seriome.metabolome.tables import read_table
from seriome.report.quality import assay_section, gene_body_section, pools_section, quality_page, units_section
from seriome.report.quality_dna import dna_sections

with log_to(snakemake.log[0]):
    sections = [units_section([read_json(path) for path in snakemake.input.intake])]
    runs = {name: record for path in snakemake.input.proteome for name, record in read_json(path).items()}
    sections.append(assay_section("proteome", runs))
    records = {f"{Path(path).parent.name} {Path(path).stem}": read_json(path) for path in snakemake.input.metabolome}
    sections.append(assay_section("metabolome", records))
    if snakemake.input.pools:
        constants, note = read_table(snakemake.input.pools)
        removed = constants.loc[constants["removed"] != "", "removed"].value_counts().to_dict()
        sections.append(pools_section(note, removed))
    sections += dna_sections(
        {Path(path).stem: read_json(path) for path in snakemake.input.dna},
        {Path(path).name.removesuffix(".families.tsv"): read_tsv(path) for path in snakemake.input.families},
        [row for path in snakemake.input.errors for row in read_tsv(path)],
        [row for path in snakemake.input.identity for row in read_tsv(path)],
    )
    libraries = {Path(path).stem: read_json(path) for path in snakemake.input.rna}
    sections += [assay_section("rna", libraries), gene_body_section(libraries)]
    files = {Path(path).name: path for path in [*snakemake.input.stats, *snakemake.input.kallisto]}
    write_text(snakemake.output[0], quality_page(sections, files))
