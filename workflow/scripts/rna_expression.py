"""Read, call seriome, write. No science lives here."""

import pandas as pd

from seriome.features import write_features
from seriome.files import read_json, sha256
from seriome.intake import read_status
from seriome.logs import log_to
from seriome.rna.expression import as_features, sum_to_genes

with log_to(snakemake.log[0]) as log:
    info = read_json(snakemake.input.info)
    abundance = pd.read_csv(snakemake.input.abundance, sep="\t", dtype={"target_id": str})
    transcripts = pd.read_csv(snakemake.input.transcripts, sep="\t", dtype=str, keep_default_na=False)
    measured = info["state"] == "measured"
    table = as_features(sum_to_genes(abundance, transcripts)) if measured else pd.DataFrame()
    log.info("%s: %d rows", info["state"], len(table))
    units = [read_status(record) for record in snakemake.input.units]
    raw = {file["path"]: file["sha256"] for unit in units if unit["run"] in info["units"] for file in unit["files"]}
    state = "not_measured" if measured else info["state"]
    write_features(
        snakemake.output[0],
        table,
        about=snakemake.params.about,
        method=f"kallisto {info.get('kallisto_version', 'of unknown version')}, transcripts summed to genes",
        parameters={key: info[key] for key in sorted(info) if key in ("strand", "strand_share", "k-mer length")},
        inputs=raw | {"annotation": sha256(snakemake.input.transcripts)},
        absent={
            "expression": {"state": state, "lod": None, "unit": "log2_tpm"},
            "count": {"state": state, "lod": None, "unit": "reads"},
        },
    )
