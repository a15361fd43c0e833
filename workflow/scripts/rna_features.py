"""Read, call seriome, write. No science lives here."""

import pandas as pd

from seriome.features import read_note, write_features
from seriome.files import moved_into_place, read_tsv, sha256
from seriome.intake import read_status
from seriome.logs import log_to
from seriome.rna import fusion_table, variants
from seriome.rna.cells import read_signature
from seriome.rna.expression import as_features, method_of, read_genes
from seriome.rna.programmes import read_gmt, shipped
from seriome.rna.state import KINDS, state_of

with log_to(snakemake.log[0]) as log:
    info = read_note(snakemake.input.genes)
    measured = info["state"] == "measured"
    genes = read_genes(snakemake.input.genes)
    programmes = shipped(snakemake.input.programmes) + [one for gmt in snakemake.input.gmt for one in read_gmt(gmt)]
    signature = read_signature(snakemake.input.signature[0]) if snakemake.input.signature else None
    own = state_of(genes, programmes, signature, snakemake.params.seed)
    with moved_into_place(snakemake.output.state) as temporary:
        own.to_csv(temporary, sep="\t", index=False)
    tables = [as_features(genes), own.drop(columns=["genes", "measured", "verdict", "reason"])]
    if measured and snakemake.input.fusions:
        tables.append(fusion_table.as_features(read_tsv(snakemake.input.fusions[0])))
    if measured and snakemake.input.variants:
        tables.append(variants.as_features(read_tsv(snakemake.input.variants[0]), snakemake.params.about["sample"]))
    table = pd.concat([one for one in tables if len(one)] or tables, ignore_index=True)
    log.info("%s: %d rows, %d of state", info["state"], len(table), len(own))
    units = [read_status(record) for record in snakemake.input.units]
    raw = {file["path"]: file["sha256"] for unit in units if unit["run"] in info["units"] for file in unit["files"]}
    state = "not_measured" if measured else info["state"]
    least = {"state": "below_lod", "lod": snakemake.params.fusion_min_fragments, "unit": "fragments"}
    kept = ("strand", "strand_share", "k-mer length", "n_bootstraps")
    units_of = {"expression": "log2_tpm", "count": "reads"} | KINDS
    absent = {kind: {"state": state, "lod": None, "unit": unit} for kind, unit in units_of.items()}
    absent["fusion"] = least if measured and snakemake.input.fusions else least | {"state": state, "lod": None}
    write_features(
        snakemake.output.features,
        table,
        about=snakemake.params.about,
        method=method_of(info),
        parameters={key: info[key] for key in kept if key in info},
        inputs=raw
        | {"annotation": sha256(snakemake.input.transcripts), "programmes": sha256(snakemake.input.programmes)},
        absent=absent,
    )
