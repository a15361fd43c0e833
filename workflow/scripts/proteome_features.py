"""Read, call seriome, write. No science lives here."""

import pandas as pd

from seriome.features import write_features
from seriome.files import sha256
from seriome.intake import read_status
from seriome.logs import log_to
from seriome.proteome.fasta import read_fasta
from seriome.proteome.quantity import absent, features, peptide_intensities, protein_intensities
from seriome.proteome.tables import read_table, write_table

with log_to(snakemake.log[0]) as log:
    settings, about = dict(snakemake.params.settings), dict(snakemake.params.about)
    runs = [read_table(path) for path in snakemake.input.identified]
    peptides = peptide_intensities(pd.concat([table for table, _ in runs], ignore_index=True))
    proteins = protein_intensities(peptides, settings["quantity"])
    genes = {one.accession: one.gene for one in read_fasta(snakemake.input.proteins).values()}
    table, lod = features(proteins, genes)
    searched = any(note["searched"] for _, note in runs)
    log.info("%d proteins in %d runs, searched: %s", len(table), len(runs), searched)
    raw = {file["path"]: file["sha256"] for path in snakemake.input.status for file in read_status(path)["files"]}
    write_table(snakemake.output.proteins, proteins)
    write_features(
        snakemake.output.features,
        table,
        about=about,
        method=f"Sage search, target-decoy FDR, {settings['quantity']} of extracted ion chromatograms",
        parameters=settings,
        inputs=raw | {"proteins": sha256(snakemake.input.proteins)},
        absent=absent(searched, bool(len(table)), snakemake.params.blank, lod),
    )
