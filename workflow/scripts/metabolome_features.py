"""Read, call seriome, write. No science lives here."""

from seriome.features import write_features
from seriome.files import sha256
from seriome.intake import read_status
from seriome.logs import log_to
from seriome.metabolome import measure, tables

with log_to(snakemake.log[0]) as log:
    atlas, note = tables.read_table(snakemake.input.atlas)
    read = [tables.read_table(path) for path in snakemake.input.measured]
    used = [(table, about["qc"]) for table, about in read if len(table)]
    table = measure.combine([table for table, _ in used], atlas)
    log.info("%d of %d injections, %d features", len(used), len(read), len(table))
    raw = {file["path"]: file["sha256"] for path in snakemake.input.units for file in read_status(path)["files"]}
    write_features(
        snakemake.output[0],
        table,
        about=snakemake.params.about,
        method="OpenMS features, linked to an atlas, re-extracted; log2 of the areas, not normalised",
        parameters={
            "injections": len(used),
            "unlinked_features": [qc["unlinked_features"] for _, qc in used],
            "gap_filled": [qc["gap_filled"] for _, qc in used],
            "in_blank": int(atlas["in_blank"].sum()),
            "atlas": note,
        },
        inputs=raw | {"atlas": sha256(snakemake.input.atlas)},
        absent={"metabolite": {"state": "not_measured", "lod": None, "unit": "log2_area"}},
    )
