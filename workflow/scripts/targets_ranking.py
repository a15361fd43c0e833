"""Read, call seriome, write. No science lives here."""

from pathlib import Path

import pandas as pd

from seriome.files import moved_into_place
from seriome.logs import log_to
from seriome.targets import evidence, ranking

with log_to(snakemake.log[0]) as log:
    variants = pd.concat([pd.DataFrame(), *map(pd.read_parquet, snakemake.input.variants)])
    copy_number = pd.concat([pd.DataFrame(), *map(pd.read_parquet, snakemake.input.copy_number)])
    differential = pd.read_parquet(snakemake.input.differential)
    events = pd.concat(
        [
            pd.DataFrame(),
            *(pd.read_csv(f, sep="\t").assign(patient=Path(f).parent.name) for f in snakemake.input.events),
        ]
    )
    enzymes = pd.read_csv(snakemake.input.enzymes, sep="\t") if snakemake.input.enzymes else pd.DataFrame()
    fdr, threshold = snakemake.params.fdr, snakemake.params.copy_number
    found = pd.concat(
        [
            *([evidence.mutation_evidence(variants)] if len(variants) else []),
            *([evidence.emergence_evidence(events, variants)] if len(events) and len(variants) else []),
            *([evidence.copy_number_evidence(copy_number, threshold)] if len(copy_number) else []),
            evidence.expression_evidence(differential, "rna", fdr),
            evidence.expression_evidence(differential, "proteome", fdr),
            *([evidence.metabolite_evidence(enzymes, snakemake.params.after, fdr)] if len(enzymes) else []),
        ]
    )
    tested = differential[differential["state"] == "tested"].groupby("layer")["name"].agg(set)
    covered = set(copy_number["gene"]) if len(copy_number) else set()
    looked_at = dict.fromkeys(("mutation", "emergence", "copy_number"), covered) | tested.to_dict()
    looked_at["metabolome"] = set(enzymes["gene"]) if len(enzymes) else set()
    log.info("%d statements about %d genes", len(found), found["gene"].nunique())
    for path, table in (
        (snakemake.output.evidence, found.sort_values(["gene", "layer", "patient", "feature"])),
        (snakemake.output.ranking, ranking.rank_targets(found, looked_at)),
    ):
        with moved_into_place(path) as temporary:
            table.to_csv(temporary, sep="\t", index=False, lineterminator="\n", float_format="%.6g")
