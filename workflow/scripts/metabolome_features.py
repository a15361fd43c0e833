"""Read, call seriome, write. No science lives here."""

from seriome.features import write_features
from seriome.files import sha256
from seriome.intake import read_status
from seriome.logs import log_to
from seriome.metabolome import levels, tables

with log_to(snakemake.log[0]) as log:
    atlas, note = tables.read_table(snakemake.input.atlas)
    constants, learned = tables.read_table(snakemake.input.constants)
    offsets, _ = tables.read_table(snakemake.input.offsets)
    read = [tables.read_table(path) for path in snakemake.input.measured]
    injections = [
        {"batch": unit.get("batch") or "", "injection": unit.get("injection"), "table": table}
        for unit, (table, _) in zip(snakemake.params.sheet, read, strict=True)
        if len(table)
    ]
    settings = dict(snakemake.params.settings)
    table, done = levels.levels(injections, atlas, constants, offsets, settings)
    log.info("%d of %d injections, %d features; %s", len(injections), len(read), len(table), done)
    raw = {file["path"]: file["sha256"] for path in snakemake.input.units for file in read_status(path)["files"]}
    modes = [mode for _, about in read for mode in about["qc"].values() if "unlinked_features" in mode]
    learned_from = {name: sha256(snakemake.input[name]) for name in ("atlas", "constants", "offsets")}
    write_features(
        snakemake.output[0],
        table,
        about=snakemake.params.about,
        method="OpenMS features, linked to an atlas, re-extracted; log2 areas corrected by pooled quality controls",
        parameters={
            "injections": len(injections),
            "corrections": done,
            "unlinked_features": [mode["unlinked_features"] for mode in modes],
            "gap_filled": [mode["gap_filled"] for mode in modes],
            "in_blank": int(atlas["in_blank"].sum()),
            "removed": int((constants["removed"] != "").sum()),
            "controls": learned,
            "atlas": note,
        },
        inputs=raw | learned_from,
        absent={"metabolite": {"state": "not_measured", "lod": None, "unit": levels.UNIT}},
    )
