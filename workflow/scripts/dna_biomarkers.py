"""Read, call seriome, write. No science lives here."""

import pandas as pd

from seriome.dna import msi, signatures
from seriome.files import write_tsv
from seriome.logs import log_to

with log_to(snakemake.log[0]) as log:
    source, out = snakemake.input, snakemake.output
    samples, settings = snakemake.params.samples, snakemake.params.settings
    lengths = dict(zip(snakemake.params.reads, map(msi.read_lengths, source.get("lengths", [])), strict=True))
    pool = msi.read_pool(source.get("pool", []), lengths)
    scores, loci = msi.of_patient(samples, lengths, pool, settings)
    log.info("%s", scores)
    write_tsv(out.msi, scores, msi.SCORE_COLUMNS)
    write_tsv(out.loci, loci, msi.DETAIL_COLUMNS)
    shares = []
    if samples and source.get("signatures"):
        matrix = signatures.read_signatures(source.signatures, settings["signatures_used"])
        if settings["signatures_of"] == "genome":
            matrix = signatures.fit_for(matrix, *signatures.read_trinucleotides(source.trinucleotides))
        shares = signatures.of_patient(samples, pd.read_parquet(source.variants), source.genome, matrix, settings)
    write_tsv(out.signatures, shares, signatures.SIGNATURE_COLUMNS)
