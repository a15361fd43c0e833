"""The cohort's reads as matrices: counts, effective lengths and what measuring is uncertain by."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .expression import read_genes

LN2 = np.log(2)
HALF = 0.5  # reads added before the logarithm, so that a gene without a read has one
SHEET = ["sample", "patient", "timepoint", "day", "specimen", "site", "phase", "batch"]
EXPRESSED = 10  # reads a gene needs in some sample to take part in comparisons


@dataclass
class Reads:
    """Matrices (genes, samples) of the samples that were measured; rows by gene id, columns in the sheet's order."""

    genes: pd.DataFrame  # gene_id, gene (name)
    samples: pd.DataFrame  # the sheet's rows of the columns: sample, patient, day, specimen, site, phase, batch
    count: np.ndarray  # estimated reads; NaN where a sample's table lacks the gene
    variance: np.ndarray  # of the count as a measurement; at least a Poisson count's
    length: np.ndarray  # effective length in bp; NaN where it is not known

    def rows(self, chosen) -> "Reads":
        return Reads(
            self.genes[chosen].reset_index(drop=True), self.samples, self.count[chosen], self.variance[chosen],
            self.length[chosen],
        )  # fmt: skip

    def columns(self, chosen) -> "Reads":
        return Reads(
            self.genes, self.samples[chosen].reset_index(drop=True), self.count[:, chosen], self.variance[:, chosen],
            self.length[:, chosen],
        )  # fmt: skip

    @property
    def expressed(self):
        """(genes,) whether some sample has EXPRESSED reads."""
        return np.nan_to_num(self.count).max(axis=1, initial=0) >= EXPRESSED


def read_cohort(paths: dict, samples: pd.DataFrame) -> Reads:
    """Gene tables of many samples side by side.

    paths    {sample: rna/genes/{sample}.parquet}; a table without rows (not measured, failed) is left out
    samples  rows of the sheet
    """
    tables = {name: read_genes(paths[name]) for name in samples["sample"] if name in paths}
    tables = {name: table.set_index("gene_id") for name, table in tables.items() if len(table)}
    kept = samples[samples["sample"].isin(list(tables))].reset_index(drop=True)
    names = pd.concat([table["gene"] for table in tables.values()]) if tables else pd.Series(dtype=object)
    names = names[~names.index.duplicated()].sort_index()
    genes = pd.DataFrame({"gene_id": names.index, "gene": names.to_numpy()})

    def side_by_side(column):
        columns = [tables[name][column].reindex(names.index).to_numpy(float) for name in kept["sample"]]
        return np.column_stack(columns) if columns else np.empty((len(genes), 0))

    count, drawn = side_by_side("count"), side_by_side("count_variance")
    variance = np.fmax(drawn, count + HALF)  # few bootstraps, or none, never say less than counting does
    return Reads(genes, kept, count, variance, side_by_side("length"))


def log_values(reads: Reads, factors):
    """(values, errors), both (genes, samples): log2 of normalised reads, and their standard error as measurements.

    factors  float (genes, samples) or (samples,), what the counts are divided by (`normalise.factors`)
    Values are log2((count + 1/2) / factor); errors follow from the count's variance (delta method), so that a gene
    without a read has a value far below the others and an error of about 2.
    """
    values = np.log2((reads.count + HALF) / factors)
    errors = np.sqrt(reads.variance + HALF) / (reads.count + HALF) / LN2
    return values, np.where(np.isfinite(values), errors, np.nan)
