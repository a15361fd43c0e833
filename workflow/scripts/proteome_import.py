"""Read, call seriome, write. No science lives here."""

import pandas as pd

from seriome.features import write_features
from seriome.intake import read_status
from seriome.ledger import Gaps
from seriome.logs import log_to
from seriome.proteome.imports import PEPTIDES, PROTEINS, features, joined, read_import
from seriome.proteome.quantity import absent
from seriome.proteome.tables import write_table

with log_to(snakemake.log[0]) as log:
    gaps, about = Gaps(), dict(snakemake.params.about)
    proteins, peptides, inputs, told = [pd.DataFrame(columns=PROTEINS)], [pd.DataFrame(columns=PEPTIDES)], {}, {}
    for unit, file, path in zip(
        map(dict, snakemake.params.rows), snakemake.input.files, snakemake.input.units, strict=True
    ):
        status = read_status(path)
        if status["status"] != "ok":
            continue
        with gaps.spoil(**{key: unit[key] for key in ("patient", "sample", "assay", "run")}, stage="proteome"):
            names = [unit["column"]] if unit.get("column") else [unit["run"], unit["sample"]]
            shown = status["files"][0]["path"]
            one, own, amount = read_import(file, unit["format"], names, snakemake.params.fdr, shown)
            proteins.append(one)
            peptides.append(own.assign(run=unit["run"]))
            inputs |= {entry["path"]: entry["sha256"] for entry in status["files"]}
            told[unit["run"]] = f"{unit['format']} {amount}"
            log.info("%s: %s, %d proteins, %d peptides", unit["run"], amount, len(one), len(own))
    table = joined(proteins) if told else proteins[0]
    rows, lod = features(table)
    write_table(snakemake.output.proteins, table)
    write_table(snakemake.output.peptides, pd.concat(peptides, ignore_index=True))
    write_features(
        snakemake.output.features,
        rows,
        about=about,
        method="taken from a table of proteins",
        parameters={"amounts": told},
        inputs=inputs,
        absent=absent(bool(told), lod is not None, False, lod),
    )
    gaps.write(snakemake.output.gaps)
