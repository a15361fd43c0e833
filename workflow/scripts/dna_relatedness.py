"""Read, call seriome, write. No science lives here."""

from seriome.dna import fingerprint, identity, verdicts
from seriome.files import write_tsv
from seriome.ledger import Gaps
from seriome.logs import log_to

with log_to(snakemake.log[0]) as log:
    patients, gaps = snakemake.params.patients, Gaps()
    names = [sample for samples in patients.values() for sample in samples]
    tables = fingerprint.read_all(dict(zip(names, snakemake.input, strict=True)), snakemake.params.known)
    pairs = identity.compare(identity.gather(tables), snakemake.params.known)
    for one in verdicts.findings(patients, pairs):
        log.info("%s", one)
        with gaps.spoil(patient=one.patient, sample=one.sample, assay="dna", stage="dna"):
            raise verdicts.problem(one)
    write_tsv(snakemake.output.pairs, verdicts.pair_rows(pairs, patients), verdicts.PAIR_COLUMNS)
    gaps.write(snakemake.output.gaps)
