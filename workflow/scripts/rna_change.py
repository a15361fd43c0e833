"""Read, call seriome, write. No science lives here."""

import pandas as pd

from seriome.features import read_features
from seriome.files import moved_into_place, write_json
from seriome.logs import log_to
from seriome.rna.activities import read_network
from seriome.rna.cohort import compare
from seriome.rna.matrix import SHEET, read_cohort
from seriome.rna.normalise import read_constants

with log_to(snakemake.log[0]) as log:
    sheet = pd.DataFrame(snakemake.params.samples, columns=SHEET)
    found = compare(
        read_cohort(dict(zip(snakemake.params.quantified, snakemake.input.genes, strict=True)), sheet),
        read_constants(snakemake.input.constants),
        read_features(snakemake.input.features),
        specimens=snakemake.params.specimens,
        before=snakemake.params.before,
        groups={patient: group for patient, group in snakemake.params.groups.items() if group},
        network=read_network(snakemake.input.network[0]) if snakemake.input.network else None,
        seed=snakemake.params.seed,
    )
    for name in ("changes", "cohort", "sites", "activities"):
        log.info("%s: %d rows", name, len(found[name]))
        with moved_into_place(snakemake.output[name]) as temporary:
            if temporary.suffix == ".parquet":
                found[name].to_parquet(temporary, index=False)
            else:
                found[name].to_csv(temporary, sep="\t", index=False)
    write_json(snakemake.output.notes, found["notes"])
