"""Expression: transcripts summed up to genes with what is uncertain about them, and genes as features."""

import numpy as np
import pandas as pd
from scipy import special

from seriome.errors import DataError
from seriome.files import write_parquet
from seriome.rna.transcripts import without_version

THREE = -np.log(0.05)  # reads expected where seeing none has a probability of 5 % (Poisson), 2.996
KNOWN = 0.5  # share of an imported table's ids that the annotation must know
GENES = {  # columns of rna/genes/{sample}.parquet, described in docs/rna.md
    **{"gene_id": "string", "gene": "string", "count": "float64", "tpm": "float64", "length": "float64"},
    **{"count_variance": "float64", "tpm_variance": "float64"},
    **{"count_lower": "float64", "count_upper": "float64", "tpm_lower": "float64", "tpm_upper": "float64"},
    "lod": "float64",
}


def sum_to_genes(abundance: pd.DataFrame, transcripts: pd.DataFrame, draws=None) -> pd.DataFrame:
    """Counts and TPM of genes as sums over their transcripts.

    abundance    target_id, eff_length (bp), est_counts (reads), tpm
    transcripts  transcript_id, gene_id, gene; targets are joined by transcript_id, and where an id does not fit, by
                 what stands before its first `|` (GENCODE's FASTA headers) or without its version
    draws        estimated reads of bootstraps, (bootstraps, rows of abundance); none or one: no variance, no interval
    Returns      the columns GENES: one row per gene of which a transcript was a target, sorted by gene_id.
                 count (reads) and tpm are sums, length (bp) is the mean effective length of the transcripts weighted by
                 their TPM. count_variance and tpm_variance are those of the bootstraps, the 95 % intervals `interval`.
                 lod is the TPM at which 3 reads are expected, so that a gene without reads lies below it with
                 95 % confidence (rule of three, Hanley and Lippman-Hand 1983, doi:10.1001/jama.1983.03330370053031)
    Raises       DataError foreign_transcripts when the annotation knows too few of the targets
    Source       tximport: Soneson, Love and Robinson 2015, F1000Research 4:1521, doi:10.12688/f1000research.7563.2
    Limit        counts are not scaled for a change of a gene's mean transcript length between samples
    """
    abundance = abundance.reset_index(drop=True)
    own = known_as(abundance["target_id"], transcripts["transcript_id"], "transcripts")
    table = abundance.assign(transcript_id=own, row=np.arange(len(abundance)))
    table = table.dropna(subset="transcript_id").merge(
        transcripts[["transcript_id", "gene_id", "gene"]], on="transcript_id", validate="many_to_one"
    )
    table["weighted"] = table["tpm"] * table["eff_length"]
    genes = table.groupby("gene_id", sort=True).agg(
        gene=("gene", "first"),
        count=("est_counts", "sum"),
        tpm=("tpm", "sum"),
        weighted=("weighted", "sum"),
        plain=("eff_length", "mean"),
    )
    length = np.where(genes["tpm"] > 0, genes["weighted"] / genes["tpm"].where(genes["tpm"] > 0, 1), genes["plain"])
    per_base = (abundance["est_counts"] / abundance["eff_length"]).sum()
    genes["length"] = length
    if draws is not None and len(draws) > 1 and len(genes):
        of, place = genes.index.get_indexer(table["gene_id"]), table["row"].to_numpy()
        rates = draws / abundance["eff_length"].to_numpy()
        for column, drawn in (("count", draws), ("tpm", 1e6 * rates / rates.sum(axis=1, keepdims=True))):
            sums = np.zeros((len(draws), len(genes)))
            for one, values in zip(sums, drawn, strict=True):
                np.add.at(one, of, values[place])
            genes[f"{column}_variance"] = sums.var(axis=0, ddof=1)
    return with_intervals(genes.reset_index(), per_base)


def with_intervals(genes: pd.DataFrame, per_base: float) -> pd.DataFrame:
    """GENES of a table with gene_id, gene, count, tpm, length and, where they are known, the variances.

    per_base  reads per base of effective length, over all transcripts
    """
    genes = genes.copy()
    genes["lod"] = THREE / genes["length"] / per_base * 1e6 if per_base > 0 else np.nan
    one_read = np.where(genes["count"] > 0, genes["tpm"] / genes["count"].where(genes["count"] > 0, 1), np.nan)
    one_read = np.where(genes["count"] > 0, one_read, genes["lod"] / THREE)
    for column, unit in (("count", 1.0), ("tpm", one_read)):
        if f"{column}_variance" in genes:
            bounds = interval(genes["count"], genes[f"{column}_variance"] / unit**2)
            genes[f"{column}_lower"], genes[f"{column}_upper"] = (one * unit for one in bounds)
    return genes.reindex(columns=list(GENES))


def interval(count, variance) -> tuple:
    """95 % interval of the number of reads that is expected of a gene, given those seen: (lower, upper).

    count, variance   reads and their variance over bootstraps, (n,)
    Jeffreys' interval of a Poisson rate, Gamma(count + 1/2), stretched by variance / count. Where that lies
    below 1 less the gene's share of all reads, which is what sampling alone gives, it is an accident of few bootstraps.
    The lower end of a gene without a read is 0.
    Source  Brown, Cai and DasGupta 2003, Statistica Sinica 13:19 (Poisson); scaled as a quasi-Poisson
    Limit   bias of the library (position, GC) and variation between specimens are not in it
    """
    count, variance = np.asarray(count, float), np.asarray(variance, float)
    total = count.sum()
    least = 1 - count / total if total > 0 else np.ones(len(count))
    dispersion = np.maximum(np.divide(variance, count, out=np.ones(len(count)), where=count > 0), least)
    dispersion = np.maximum(dispersion, 1e-9)
    shape = (count + 0.5) / dispersion
    lower, upper = (dispersion * special.gammaincinv(shape, share) for share in (0.025, 0.975))
    return np.where(count > 0, np.minimum(lower, count), 0.0), np.maximum(upper, count)


def known_as(given: pd.Series, known: pd.Series, what: str) -> pd.Series:
    """The annotation's id of each one given, or missing. Raises DataError foreign_transcripts where few are known."""
    exact, plain = set(known), {}
    for one in known:
        plain.setdefault(without_version(one), one)

    def find(target):
        for name in (target, target.split("|")[0]):
            if name in exact:
                return name
        return plain.get(without_version(target.split("|")[0]))

    found = given.map(find)
    share = found.notna().mean() if len(found) else 1.0
    if share < KNOWN:
        raise DataError(
            "foreign_transcripts",
            f"{share:.0%} of the {len(found):,} {what} are in the annotation, e.g. not {given[found.isna()].iloc[0]!r}",
            "set reference.rna_genes to the annotation that they were quantified with",
        )
    return found


def write_genes(path, genes: pd.DataFrame | None, note: dict) -> None:
    """Genes of one sample as Parquet; a sample without any (None) has no row, its note says why (`state`)."""
    import pyarrow as pa

    genes = pd.DataFrame() if genes is None else genes
    kinds = {"string": pa.string(), "float64": pa.float64()}
    schema = pa.schema([(name, kinds[kind]) for name, kind in GENES.items()])
    write_parquet(path, pa.Table.from_pandas(genes.reindex(columns=list(GENES)), schema, preserve_index=False), note)


def read_genes(path) -> pd.DataFrame:
    """The table that `write_genes` wrote."""
    return pd.read_parquet(path).astype({name: kind for name, kind in GENES.items() if kind == "float64"})


def as_features(genes: pd.DataFrame) -> pd.DataFrame:
    """Rows for the feature store: kind `expression` (log2(TPM + 1)) and kind `count` (estimated reads) of every gene.

    A gene without a read has state `zero` and value 0.0; its lod says which expression would have been seen.
    """
    shared = {"feature": genes["gene_id"], "name": genes["gene"]}
    zero = np.where(genes["count"] > 0, "measured", "zero")
    level = {
        name: np.log2(genes[column] + 1)
        for name, column in (("value", "tpm"), ("lower", "tpm_lower"), ("upper", "tpm_upper"), ("lod", "lod"))
    }
    level["value"] = np.where(genes["count"] > 0, level["value"], 0.0)
    expression = pd.DataFrame(shared | {"kind": "expression", "unit": "log2_tpm", "state": zero} | level)
    reads = {"value": genes["count"], "lower": genes["count_lower"], "upper": genes["count_upper"], "lod": np.nan}
    count = pd.DataFrame(shared | {"kind": "count", "unit": "reads", "state": zero} | reads)
    return pd.concat([expression, count], ignore_index=True)


def judge_mapping(info: dict, least: float, mend: str = "") -> None:
    """Raise DataError low_mapping when fewer than `least` (a share, 0 to 1) of the fragments pseudoaligned."""
    processed, mapped = info["n_processed"], info["n_pseudoaligned"]
    if mapped == 0 or mapped < least * processed:
        share = mapped / processed if processed else 0.0
        raise DataError(
            "low_mapping",
            f"{mapped:,} of {processed:,} fragments ({share:.1%}) fit a transcript, {least:.0%} are asked for",
            mend
            or "is it RNA of this species? the reference can be changed with reference.rna_genome and rna_genes, "
            "the bound with rna.min_mapped",
        )


def method_of(info: dict) -> str:
    """What made the genes of a sample, in a few words, from its run_info."""
    if "salmon_version" in info:
        return f"salmon {info['salmon_version']}, transcripts summed to genes"
    if info.get("form") == "star":
        return "STAR's counts of genes"
    return f"kallisto {info.get('kallisto_version', 'of unknown version')}, transcripts summed to genes"
