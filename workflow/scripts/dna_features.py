"""Read, call seriome, write. No science lives here."""

import pandas as pd

from seriome.dna.features import TUMOURS, absent_notes, features_of
from seriome.features import write_features
from seriome.files import read_json, read_tsv
from seriome.intake import read_status
from seriome.logs import log_to

with log_to(snakemake.log[0]) as log:
    source, about, settings = snakemake.input, snakemake.params.about, snakemake.params.settings
    callable_bases = {row["sample"]: int(row["callable_bases"]) for row in read_tsv(source.callable)}
    table = features_of(
        about["sample"],
        pd.read_parquet(source.variants),
        pd.read_parquet(source.copy_number),
        callable_bases.get(about["sample"], 0),
        tumour=snakemake.params.specimen in TUMOURS,
        msi=read_tsv(source.msi),
        signatures=read_tsv(source.signatures),
        quality=read_json(source.quality[0]) if source.quality else None,
        xenograft=snakemake.params.specimen == "pdx",
        fusions=read_tsv(source.fusions),
        purity=next((row for row in read_tsv(source.purity) if row["sample"] == about["sample"]), None),
    )
    log.info("%d rows", len(table))
    units = [read_status(record) for record in source.records]
    write_features(
        snakemake.output[0],
        table,
        about=about,
        method="bwa mem, bcftools mpileup, joint somatic and copy number models over the patient's samples",
        parameters=dict(settings),
        inputs={file["path"]: file["sha256"] for unit in units if unit["status"] == "ok" for file in unit["files"]},
        absent=absent_notes(read_tsv(source.coverage[0]) if source.coverage else [], settings),
    )
