"""Read, call seriome, write. No science lives here."""

from seriome.intake import usable
from seriome.ledger import Gaps
from seriome.logs import log_to
from seriome.proteome.fasta import read_fasta
from seriome.proteome.run import read_run
from seriome.proteome.search import empty, search
from seriome.proteome.tables import write_table

with log_to(snakemake.log[0]) as log:
    unit, gaps = dict(snakemake.params.unit), Gaps()
    psms, note = empty(), {"searched": False, "levels": {}}
    if usable(snakemake.input.status):
        about = {key: unit[key] for key in ("patient", "sample", "assay", "run")}
        with gaps.spoil(**about, stage="proteome"):
            run = read_run(snakemake.input.raw[0])
            note["levels"] = {str(level): number for level, number in sorted(run.levels.items())}
            log.info("spectra by level: %s", note["levels"])
            proteins = read_fasta(snakemake.input.proteins)
            psms = search(run, proteins, dict(snakemake.params.settings), snakemake.threads)
            note["searched"] = True
            log.info("%d matches, %d of them decoys", len(psms), psms["decoy"].sum())
    else:
        log.info("intake found the unit not whole: nothing is searched")
    write_table(snakemake.output.psms, psms, note)
    gaps.write(snakemake.output.gaps)
