"""Read, call seriome, write. No science lives here."""

from seriome.dna import fingerprint, identity, verdicts
from seriome.files import write_tsv
from seriome.ledger import Gaps
from seriome.logs import log_to

with log_to(snakemake.log[0]) as log:
    patients, gaps = {key: list(names) for key, names in snakemake.params.patients.items()}, Gaps()
    names = [sample for samples in patients.values() for sample in samples]
    rna = {f"{sample} (RNA)": sample for sample in snakemake.params.rna}  # a specimen may have both
    for label, sample in rna.items():
        patients.setdefault(snakemake.params.rna[sample], []).append(label)
    tables = fingerprint.read_all(dict(zip([*names, *rna], snakemake.input, strict=True)), snakemake.params.known)
    pairs = identity.compare(identity.gather(tables, rna), snakemake.params.known)
    for one in verdicts.findings(patients, pairs, rna):
        log.info("%s", one)
        about = {"assay": "rna", "stage": "rna"} if one.rna else {"assay": "dna", "stage": "dna"}
        with gaps.spoil(patient=one.patient, sample=rna.get(one.sample, one.sample), **about):
            raise verdicts.problem(one)
    write_tsv(snakemake.output.pairs, verdicts.pair_rows(pairs, patients), verdicts.PAIR_COLUMNS)
    gaps.write(snakemake.output.gaps)
