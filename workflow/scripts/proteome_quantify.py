"""Read, call seriome, write. No science lives here."""

from functools import partial

from seriome.logs import log_to
from seriome.proteome import tmt
from seriome.proteome.quantity import for_levels, regrouped
from seriome.proteome.rollup import learn
from seriome.proteome.run import read_run
from seriome.proteome.search import calibration
from seriome.proteome.tables import read_table, write_table
from seriome.proteome.transfer import identified_ions, labelled, quantified

with log_to(snakemake.log[0]) as log:
    settings, given = dict(snakemake.params.settings), snakemake.input
    psms, note = read_table(given.identified)
    psms["unit"] = psms["sample"] + " " + psms["run"]
    files = {
        f"{unit['sample']} {unit['run']}": (raw, unit)
        for unit, raw in zip(snakemake.params.units, given.raw, strict=True)
    }
    runs = {name: partial(read_run, raw) for name, (raw, _) in files.items() if note["runs"][name]["searched"]}
    if settings["label"]:
        matrix = tmt.read_impurities(given.impurities, settings["label"]) if given.impurities else None
        channels = {name: unit.get("channel", "") for name, (_, unit) in files.items()}
        ions, figures = labelled(runs, psms, channels, matrix, settings), {}
    else:
        shifts = {name: calibration(table) for name, table in psms.groupby("unit")}
        ions, figures = quantified(runs, identified_ions(psms), shifts, settings, snakemake.params.seed)
    log.info("%d areas of ions in %d runs; transfers: %s", len(ions), len(runs), figures)
    ions[["sample", "run"]] = ions["unit"].str.split(" ", n=1, expand=True).reindex(columns=[0, 1]).astype("str")
    write_table(snakemake.output.ions, ions, {"transfers": figures})
    write_table(
        snakemake.output.profile, learn(for_levels(regrouped(ions[~ions["sample"].isin(snakemake.params.blanks)])))
    )
