"""Read, call seriome, write. No science lives here."""

import pandas as pd

from seriome.features import read_note, write_features
from seriome.files import read_tsv, sha256
from seriome.intake import read_status
from seriome.logs import log_to
from seriome.rna import fusion_table
from seriome.rna.expression import as_features, read_genes

with log_to(snakemake.log[0]) as log:
    info = read_note(snakemake.input.genes)
    measured = info["state"] == "measured"
    table = as_features(read_genes(snakemake.input.genes))
    if measured and snakemake.input.fusions:
        table = pd.concat([table, fusion_table.as_features(read_tsv(snakemake.input.fusions[0]))], ignore_index=True)
    log.info("%s: %d rows", info["state"], len(table))
    units = [read_status(record) for record in snakemake.input.units]
    raw = {file["path"]: file["sha256"] for unit in units if unit["run"] in info["units"] for file in unit["files"]}
    state = "not_measured" if measured else info["state"]
    least = {"state": "below_lod", "lod": snakemake.params.fusion_min_fragments, "unit": "fragments"}
    kept = ("strand", "strand_share", "k-mer length", "n_bootstraps")
    write_features(
        snakemake.output[0],
        table,
        about=snakemake.params.about,
        method=f"kallisto {info.get('kallisto_version', 'of unknown version')}, transcripts summed to genes",
        parameters={key: info[key] for key in kept if key in info},
        inputs=raw | {"annotation": sha256(snakemake.input.transcripts)},
        absent={
            "expression": {"state": state, "lod": None, "unit": "log2_tpm"},
            "count": {"state": state, "lod": None, "unit": "reads"},
            "fusion": least if measured and snakemake.input.fusions else least | {"state": state, "lod": None},
        },
    )
