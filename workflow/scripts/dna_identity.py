"""Read, call seriome, write. No science lives here."""

import pandas as pd

from seriome.dna import fingerprint, identity, verdicts
from seriome.dna.sex import sex_of
from seriome.files import read_tsv, write_json, write_tsv
from seriome.ledger import Gaps
from seriome.logs import log_to

with log_to(snakemake.log[0]) as log:
    source, out, samples, gaps = snakemake.input, snakemake.output, snakemake.params.samples, Gaps()
    names, known = [row["sample"] for row in samples], snakemake.params.known
    sites = identity.gather(fingerprint.read_all(dict(zip(names, source.fingerprints, strict=True)), known))
    sexes = {name: sex_of(read_tsv(path)) for name, path in zip(names, source.coverage, strict=True)}
    rows = verdicts.of_patient(samples, sites, sexes, known)
    held = [row["sample"] for row in rows if row["held_out"] == "yes"]
    order = verdicts.order_of(pd.read_parquet(source.variants), held, snakemake.params.treatments)
    log.info("%d samples, held out: %s; order: %s", len(rows), held, order)
    for sample, problem in verdicts.problems_of_patient(rows, order, snakemake.params.sex):
        with gaps.spoil(patient=snakemake.wildcards.patient, sample=sample, assay="dna", stage="dna"):
            raise problem
    write_tsv(out.samples, rows, verdicts.SAMPLE_COLUMNS)
    write_json(out.order, verdicts.as_json(order))
    gaps.write(out.gaps)
