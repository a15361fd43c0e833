"""Read, call seriome, write. No science lives here."""

from seriome.dna import fingerprint, identity, verdicts
from seriome.files import write_tsv
from seriome.logs import log_to

with log_to(snakemake.log[0]) as log:
    dna, known = list(snakemake.params.dna), snakemake.params.known
    rna = {f"{sample} (RNA)": sample for sample in snakemake.params.rna}  # a specimen may have both
    tables = fingerprint.read_all(dict(zip([*dna, *rna], snakemake.input, strict=True)), known)
    pairs = identity.compare(identity.gather(tables, rna), known)
    rows = verdicts.of_rna(snakemake.wildcards.patient, dna, rna, pairs)
    log.info("held out: %s", verdicts.held(rows))
    write_tsv(snakemake.output[0], rows, verdicts.RNA_COLUMNS)
