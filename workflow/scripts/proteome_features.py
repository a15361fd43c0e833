"""Read, call seriome, write. No science lives here."""

import pandas as pd

from seriome.features import write_features
from seriome.files import sha256
from seriome.intake import read_status
from seriome.logs import log_to
from seriome.proteome import evidence
from seriome.proteome.fasta import read_fasta
from seriome.proteome.quantity import absent, features, for_levels, regrouped, sample_proteins
from seriome.proteome.tables import read_table, write_table
from seriome.report.inputs import read_table as read_rows

with log_to(snakemake.log[0]) as log:
    settings, about, given = dict(snakemake.params.settings), dict(snakemake.params.about), snakemake.input
    _, note = read_table(given.identified)
    searched = any(one["searched"] for name, one in note["runs"].items() if name.split(" ")[0] == about["sample"])
    ions = regrouped(read_table(given.ions)[0])
    ions = ions[ions["sample"] == about["sample"]]
    profile = read_table(given.profile)[0]
    genes = {one.accession: one.gene for one in read_fasta(given.proteins).values()}
    proteins, learned = sample_proteins(for_levels(ions), profile, genes)
    table, smallest = features(proteins, learned, profile, genes)
    variants = read_rows(given.variants, evidence.COLUMNS)
    variants = variants[(variants["sample"] == about["sample"])]
    table = pd.concat([table, evidence.features(variants, ions.groupby("modified")["area"].sum())], ignore_index=True)
    log.info("%d proteins, shift %.3f (log2), searched: %s", len(proteins), learned["shift"], searched)
    raw = {file["path"]: file["sha256"] for path in given.status for file in read_status(path)["files"]}
    write_table(snakemake.output.proteins, proteins)
    write_table(snakemake.output.peptides, ions.reset_index(drop=True))
    write_features(
        snakemake.output.features,
        table if searched and len(proteins) else table.iloc[:0],
        about=about,
        method="Sage search, target-decoy FDR, extracted ion chromatograms, additive model of ions",
        parameters=settings,
        inputs=raw | {"proteins": sha256(given.proteins)},
        absent=absent(searched, bool(len(proteins)), snakemake.params.blank, smallest),
    )
