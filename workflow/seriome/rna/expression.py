"""Expression: transcripts summed up to genes, and genes as features."""

import numpy as np
import pandas as pd

from seriome.errors import DataError
from seriome.rna.transcripts import without_version

THREE = -np.log(0.05)  # reads expected where seeing none has a probability of 5 % (Poisson), 2.996
KNOWN = 0.5  # share of an imported table's transcripts that the annotation must know


def sum_to_genes(abundance: pd.DataFrame, transcripts: pd.DataFrame) -> pd.DataFrame:
    """Counts and TPM of genes as sums over their transcripts.

    abundance    target_id, eff_length (bp), est_counts (reads), tpm
    transcripts  transcript_id, gene_id, gene; targets are joined by transcript_id, and where an id does not fit, by
                 what stands before its first `|` (GENCODE's FASTA headers) or without its version
    Returns      gene_id, gene, count (reads), tpm, lod (TPM): one row per gene of which a transcript was a target,
                 sorted. lod is the TPM at which 3 reads are expected, so that a gene without reads lies below it with
                 95 % confidence (rule of three, Hanley and Lippman-Hand 1983, doi:10.1001/jama.1983.03330370053031),
                 from the mean effective length of the gene's transcripts weighted by their TPM.
    Raises       DataError foreign_transcripts when the annotation knows too few of the targets
    Source       tximport: Soneson, Love and Robinson 2015, F1000Research 4:1521, doi:10.12688/f1000research.7563.2
    Limit        counts are not scaled for a change of a gene's mean transcript length between samples
    """
    table = abundance.assign(transcript_id=_known_as(abundance["target_id"], transcripts["transcript_id"]))
    known = table["transcript_id"].notna().mean() if len(table) else 1.0
    if known < KNOWN:
        raise DataError(
            "foreign_transcripts",
            f"{known:.0%} of the {len(table):,} transcripts are in the annotation, e.g. not "
            f"{table.loc[table['transcript_id'].isna(), 'target_id'].iloc[0]!r}",
            "set reference.rna_genes to the annotation that the transcripts were quantified with",
        )
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
    genes["lod"] = THREE / length / per_base * 1e6 if per_base > 0 else np.nan
    return genes.reset_index()[["gene_id", "gene", "count", "tpm", "lod"]]


def _known_as(targets: pd.Series, known: pd.Series) -> pd.Series:
    """The annotation's id of each target, or missing."""
    exact, plain = set(known), {}
    for one in known:
        plain.setdefault(without_version(one), one)

    def find(target):
        for name in (target, target.split("|")[0]):
            if name in exact:
                return name
        return plain.get(without_version(target.split("|")[0]))

    return targets.map(find)


def as_features(genes: pd.DataFrame) -> pd.DataFrame:
    """Rows for the feature store: kind `expression` (log2(TPM + 1)) and kind `count` (estimated reads) of every gene.

    A gene without a read has state `zero` and value 0.0; its lod says which expression would have been seen.
    """
    shared = {"feature": genes["gene_id"], "name": genes["gene"]}
    zero = np.where(genes["count"] > 0, "measured", "zero")
    level = np.where(genes["count"] > 0, np.log2(genes["tpm"] + 1), 0.0)
    expression = pd.DataFrame(
        shared
        | {"kind": "expression", "value": level, "unit": "log2_tpm", "state": zero, "lod": np.log2(genes["lod"] + 1)}
    )
    count = pd.DataFrame(shared | {"kind": "count", "value": genes["count"], "unit": "reads", "state": zero})
    return pd.concat([expression, count.assign(lod=np.nan)], ignore_index=True)


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
