"""Normalisation against stored constants, so that a new sample is measured with the same yardstick as the old ones."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from seriome.errors import InputError
from seriome.files import write_parquet
from seriome.longitudinal import Variance, plan_of, within_variance

from .matrix import Reads, log_values

COLUMNS = ["gene_id", "gene", "log_mean", "length", "mean", "sd", "biological", "prior", "freedom"]
FEW = 10  # genes that a median of ratios needs


@dataclass
class Constants:
    """What a cohort taught: one row per gene, COLUMNS.

    log_mean    natural log of the geometric mean of its counts; NaN where a sample had none (then it is no yardstick)
    length      effective length (bp), geometric mean
    mean, sd    of log2 normalised counts over the samples that taught
    biological, prior, freedom   of `longitudinal.Variance`; NaN where no patient was sampled again
    """

    table: pd.DataFrame
    samples: list  # those that taught
    residual_freedom: int

    @property
    def variance(self) -> Variance:
        columns = (self.table[name].to_numpy(float) for name in ("biological", "prior", "freedom"))
        return Variance(*columns, self.residual_freedom)

    def of(self, genes: pd.DataFrame) -> "Constants":
        """The same for these genes, in their order; a gene that taught nothing has NaN."""
        table = self.table.set_index("gene_id").reindex(genes["gene_id"]).reset_index()
        return Constants(table, self.samples, self.residual_freedom)


def learn(reads: Reads, specimens=("tumor",)) -> Constants:
    """Constants from a cohort: all samples give the yardstick, and those of `specimens` the variance within patients.

    Source  median of ratios: Anders and Huber 2010, doi:10.1186/gb-2010-11-10-r106; lengths as offsets: tximport,
            Soneson et al. 2015, doi:10.12688/f1000research.7563.2
    """
    genes = reads.genes
    with np.errstate(divide="ignore", invalid="ignore"):
        log_mean = np.log(reads.count).mean(axis=1) if reads.count.shape[1] else np.full(len(genes), np.nan)
        length = np.exp(np.log(reads.length).mean(axis=1)) if reads.count.shape[1] else log_mean
    log_mean = np.where(np.isfinite(log_mean), log_mean, np.nan)
    table = genes.assign(log_mean=log_mean, length=length).reindex(columns=COLUMNS)
    constants = Constants(table, list(reads.samples["sample"]), 0)
    factor = factors(reads, constants)
    usable = np.isfinite(factor).any(axis=0)
    values, errors = log_values(reads.columns(usable), factor[:, usable])
    if values.shape[1]:
        table["mean"] = values.mean(axis=1)
    if values.shape[1] > 1:
        table["sd"] = values.std(axis=1, ddof=1)
    samples = reads.samples[usable].reset_index(drop=True)
    chosen = samples["specimen"].isin(list(specimens)).to_numpy()
    if chosen.sum() > 1 and reads.expressed.any():
        sheet = samples[chosen].assign(phase=samples.loc[chosen, "phase"].fillna("").astype(str))
        design = plan_of(sheet, ["patient", "phase"], batch=False).matrix
        rows = reads.expressed
        found = within_variance(values[np.ix_(rows, chosen)], errors[np.ix_(rows, chosen)], design)
        for name in ("biological", "prior", "freedom"):
            table.loc[rows, name] = getattr(found, name)
        constants.residual_freedom = found.residual_freedom
    return constants


def factors(reads: Reads, constants: Constants):
    """Normalising factors (genes, samples): the sample's size times the gene's relative length; NaN without a size.

    A sample's size is the median over the yardstick's genes of its count over the stored mean, both per length. It
    depends on this sample and the constants alone.
    """
    own = constants.of(reads.genes).table
    log_mean = own["log_mean"].to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = reads.length / own["length"].to_numpy(float)[:, None]
        relative = np.where(np.isfinite(relative) & (relative > 0), relative, 1.0)
        ratios = np.log(reads.count / relative) - log_mean[:, None]
    good = np.isfinite(ratios)
    enough = good.sum(axis=0) >= FEW
    sizes = np.full(reads.count.shape[1], np.nan)
    for at in np.flatnonzero(enough):
        sizes[at] = np.exp(np.median(ratios[good[:, at], at]))
    return relative * sizes


def write_constants(path, constants: Constants) -> None:
    import pyarrow as pa

    note = {"samples": constants.samples, "residual_freedom": constants.residual_freedom}
    schema = pa.schema([(name, pa.string() if name.startswith("gene") else pa.float64()) for name in COLUMNS])
    write_parquet(path, pa.Table.from_pandas(constants.table[COLUMNS], schema, preserve_index=False), note)


def read_constants(path) -> Constants:
    """Raises InputError when the file is not one that `write_constants` made."""
    import json

    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(path).read()
        note = json.loads((table.schema.metadata or {}).get(b"seriome", b"{}"))
        return Constants(table.to_pandas()[COLUMNS], note["samples"], note["residual_freedom"])
    except (OSError, pa.ArrowInvalid, KeyError) as error:
        raise InputError(
            f"rna.constants: {path} is not the table of constants of an earlier run "
            f"(results/rna/constants.parquet): {str(error).splitlines()[0]}"
        ) from None
