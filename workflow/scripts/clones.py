"""Read, call seriome, write. No science lives here."""

import pandas as pd

from seriome.clones.command import read_phased
from seriome.clones.model import Settings
from seriome.clones.tables import clones
from seriome.dna.verdicts import hold_out
from seriome.files import read_tsv
from seriome.ledger import Gaps
from seriome.logs import log_to

with log_to(snakemake.log[0]) as log:
    variants, failed = hold_out(pd.read_parquet(snakemake.input.variants), read_tsv(snakemake.input.identity))
    found = clones(
        variants,
        pd.read_parquet(snakemake.input.copy_number),
        snakemake.params.treatments,
        Settings(**snakemake.params.settings),
        read_tsv(snakemake.input.purity),
        read_phased(snakemake.input.phased),
    )
    found.results.write(dict(snakemake.output.items()))
    gaps = Gaps()
    for sample, problem in [("", failed)] if failed else found.problems:
        with gaps.spoil(patient=snakemake.wildcards.patient, sample=sample, assay="dna", stage="clones"):
            raise problem
    gaps.write(snakemake.output.gaps)
    log.info("%d mutations, %d samples, %d clusters", *(found.fit[key] for key in ("mutations", "samples", "clusters")))
    for warning in found.fit["warnings"]:
        log.warning("%s: %s", warning["warning"], warning["detail"])
