"""Read, call seriome, write. No science lives here."""

import pandas as pd

from seriome.dna import copies
from seriome.dna.copy_number import of_patient, write_table
from seriome.files import write_tsv
from seriome.logs import log_to

with log_to(snakemake.log[0]) as log:
    source, out, samples = snakemake.input, snakemake.output, snakemake.params.samples
    names = [row["sample"] for row in samples]
    coverage = {
        name: pd.read_csv(path, sep="\t", dtype={"chrom": str, "part_bases": str, "part_depths": str})
        for name, path in zip(names, source.coverage, strict=True)
    }
    found = copies.of_patient(
        samples,
        {name: pd.read_parquet(path) for name, path in zip(names, source.bins, strict=True)},
        pd.read_csv(source.snps, sep="\t", dtype={"chrom": str}),
        {
            name: pd.read_csv(path, sep="\t", dtype={"chrom": str})
            for name, path in zip(names, source.alleles, strict=True)
        },
        pd.read_parquet(source.variants),
        [pd.read_parquet(path) for path in source.pool],
    )
    table = of_patient(samples, coverage, found)
    log.info("%d rows, %d segments of all samples", len(table), len(found.segments))
    write_table(out.genes, table)
    write_tsv(out.segments, found.segments, copies.SEGMENT_COLUMNS)
    write_tsv(out.purity, found.purity, copies.PURITY_COLUMNS)
