"""Copy number per gene: its coverage against the matched normal's.

    log2( (gene's depth in the tumour / middle gene's) / (gene's depth in the normal / middle gene's) )

The middle is the median over genes of the ratio tumour / normal, so that 0 is the state of most genes, whatever the
sequencing depth; purity and ploidy do not enter: a log2 ratio of a gene lost once is -1 only in a pure diploid tumour
(whole copies come from `copies`). The interval holds the counting of reads in both samples and, where a gene has three
parts or more, how much its parts disagree, whichever is wider. GC content is not corrected for: both samples are taken
to share it, which holds for one protocol and fails between, for example, tissue and plasma of different kits.
Source: Talevich et al. 2016 (CNVkit, whose idea of log2 ratios against a reference this follows in its simplest form),
PLoS Comput Biol 12:e1004873, doi:10.1371/journal.pcbi.1004873
"""

import numpy as np
import pandas as pd

from seriome.dna.copies import Copies, copies_of_genes
from seriome.files import write_parquet

COLUMNS = [
    *("patient", "sample", "timepoint", "day", "specimen", "gene_id", "gene", "chrom", "start", "end"),
    *("log2_ratio", "lower", "upper", "state", "major", "minor", "copies_probability", "total_copies"),
]
LEAST_READS = 20  # in the normal, below which a gene is not measured
LEAST_GENES = 5  # covered genes without which no middle can be told
OVERDISPERSION = 2.0  # variance of read counts per gene over Poisson's, for duplicates left and capture noise


def log2_ratios(tumour: pd.DataFrame, normal: pd.DataFrame | None) -> pd.DataFrame:
    """Log2 ratio of every gene with its 95 % interval.

    tumour, normal   tables of coverage.gene_coverage with the same genes in the same order
    Returns          gene_id gene chrom start end log2_ratio lower upper state; state `not_measured` without a normal
                     or where too few reads lie; `below_lod` where the tumour has no read of a gene that the normal has
    """
    table = tumour[["gene_id", "gene", "chrom", "start", "end"]].copy()
    columns = ["log2_ratio", "lower", "upper"]
    table[columns] = np.nan
    table["state"] = "not_measured"
    if normal is None or not len(table):
        return table
    pair = tumour.merge(normal, on=["gene_id", "chrom"], how="left", suffixes=("", "_normal"), validate="one_to_one")
    reads, reads_normal = pair["reads"].to_numpy(float), pair["reads_normal"].fillna(0).to_numpy(float)
    depth, depth_normal = pair["mean_depth"].to_numpy(float), pair["mean_depth_normal"].fillna(0).to_numpy(float)
    known = (reads_normal >= LEAST_READS) & (depth_normal > 0)
    seen = known & (reads > 0) & (depth > 0)
    if seen.sum() < LEAST_GENES:
        return table
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log2(depth / depth_normal)
    middle = np.median(ratio[seen])
    error = np.full(len(table), np.nan)
    error[seen] = np.sqrt(OVERDISPERSION * (1 / reads[seen] + 1 / reads_normal[seen])) / np.log(2)
    for index in np.flatnonzero(seen):
        sizes, parts, parts_normal = (
            np.array(str(pair[column].iloc[index]).split(","), float)
            for column in ("part_bases", "part_depths", "part_depths_normal")
        )
        both = (parts > 0) & (parts_normal > 0)
        if both.sum() >= 3:
            values, weights = np.log2(parts[both] / parts_normal[both]), sizes[both] * parts_normal[both]
            weights = weights / weights.sum()
            mean = (weights * values).sum()
            spread = (weights * (values - mean) ** 2).sum() * (weights**2).sum() / (1 - (weights**2).sum())
            error[index] = max(error[index], float(np.sqrt(spread)))
    table.loc[seen, "log2_ratio"] = (ratio - middle)[seen]
    table.loc[seen, "lower"] = (ratio - middle - 1.96 * error)[seen]
    table.loc[seen, "upper"] = (ratio - middle + 1.96 * error)[seen]
    table.loc[seen, "state"] = "measured"
    table.loc[known & ~seen, "state"] = "below_lod"
    return table


def of_patient(samples, coverage: dict, copies: Copies | None = None) -> pd.DataFrame:
    """Copy number of every gene in every sample of a patient but the normal; columns COLUMNS.

    samples    rows {patient sample timepoint day specimen}
    coverage   {sample: table of coverage.gene_coverage}
    copies     what `copies.of_patient` found; major, minor, copies_probability and total_copies are missing without it,
               in samples whose purity is not stated and outside of autosomes
    """
    normals = [row["sample"] for row in samples if row["specimen"] == "normal"]
    normal = coverage[normals[0]] if normals else None
    if normal is not None and not normal["reads"].sum():
        normal = None
    tables = []
    for row in samples:
        if row["specimen"] != "normal":
            table = log2_ratios(coverage[row["sample"]], normal)
            about = {key: row[key] for key in ("patient", "sample", "timepoint", "day", "specimen")}
            tables.append(table.assign(**about))
    if not tables:
        return pd.DataFrame(columns=COLUMNS)
    return copies_of_genes(pd.concat(tables, ignore_index=True), copies or Copies([], []))[COLUMNS]


def write_table(path, table: pd.DataFrame) -> None:
    """The table as Parquet, its columns typed even where it has no rows."""
    import pyarrow as pa

    kinds = dict.fromkeys(COLUMNS, pa.string()) | {"day": pa.int32(), "start": pa.int64(), "end": pa.int64()}
    kinds |= dict.fromkeys(("log2_ratio", "lower", "upper", "copies_probability", "total_copies"), pa.float64())
    kinds |= dict.fromkeys(("major", "minor"), pa.int32())
    table = table.astype({"major": "Int32", "minor": "Int32"})
    arrow = pa.Table.from_pandas(table, schema=pa.schema(list(kinds.items())), preserve_index=False)
    write_parquet(path, arrow)
