"""Read, call seriome, write. No science lives here."""

from seriome.features import read_note, write_features
from seriome.files import sha256
from seriome.intake import read_status
from seriome.logs import log_to
from seriome.rna.expression import as_features, read_genes

with log_to(snakemake.log[0]) as log:
    info = read_note(snakemake.input.genes)
    measured = info["state"] == "measured"
    table = as_features(read_genes(snakemake.input.genes))
    log.info("%s: %d rows", info["state"], len(table))
    units = [read_status(record) for record in snakemake.input.units]
    raw = {file["path"]: file["sha256"] for unit in units if unit["run"] in info["units"] for file in unit["files"]}
    state = "not_measured" if measured else info["state"]
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
        },
    )
