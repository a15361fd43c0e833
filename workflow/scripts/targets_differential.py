"""Read, call seriome, write. No science lives here."""

import pandas as pd

from seriome.files import moved_into_place
from seriome.logs import log_to
from seriome.targets.differential import COLUMNS, differential_counts, differential_values, paired_samples

with log_to(snakemake.log[0]) as log:
    samples = pd.DataFrame(snakemake.params.samples, columns=["sample", "patient", "day", "specimen", "phase"])
    before, after = snakemake.params.before, snakemake.params.after
    contrast, tables = f"{after} against {before}", []
    for layer, kind, compare in (
        ("rna", "count", differential_counts),
        ("proteome", "protein", differential_values),
        ("metabolome", "metabolite", differential_values),
    ):
        table = pd.read_parquet(snakemake.input[layer])
        table = table[table["kind"] == kind]
        pairs = paired_samples(
            samples[samples["sample"].isin(table.loc[table["value"].notna(), "sample"])],
            before, after, snakemake.params.specimens[layer],
        )  # fmt: skip
        log.info("%s: %d features, %d patients with both phases", layer, table["feature"].nunique(), len(pairs))
        if len(table):
            tables.append(compare(table, pairs, layer=layer, contrast=contrast))
    found = pd.concat(tables) if tables else pd.DataFrame(columns=COLUMNS)
    with moved_into_place(snakemake.output[0]) as temporary:
        found.to_parquet(temporary, index=False)
