"""Read, call seriome, write. No science lives here."""

from pathlib import Path

from seriome.files import write_json, write_tsv
from seriome.intake import read_status
from seriome.ledger import account, read_gaps
from seriome.ledger.account import SAMPLE_COLUMNS, UNIT_COLUMNS, look_at
from seriome.logs import log_to

with log_to(snakemake.log[0]) as log:
    features = {}
    for path in map(Path, snakemake.input.features):  # assay={assay}/patient={patient}/sample={sample}.parquet
        features[path.stem.removeprefix("sample="), path.parts[-3].removeprefix("assay=")] = look_at(path)
    found = account(
        [read_status(path) for path in snakemake.input.units],
        read_gaps(snakemake.input.gaps),
        snakemake.params.samples,
        features,
        snakemake.params.assays,
    )
    log.info("%s", found.outcome)
    found.gaps.write(snakemake.output.gaps)
    write_tsv(snakemake.output.units, found.units, UNIT_COLUMNS)
    write_tsv(snakemake.output.samples, found.samples, SAMPLE_COLUMNS)
    write_json(snakemake.output.outcome, found.outcome)
