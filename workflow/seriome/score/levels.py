"""Levels of genes, proteins and metabolites against what was planted."""

from pathlib import Path

import numpy as np
import pandas as pd

from seriome.dna.fused import clinical_name
from seriome.score.figures import correlation, median, ratio
from seriome.score.tables import NotThere, features, truth_table


def rna(results: Path, truth: Path) -> dict:
    planted = truth_table(truth, "expression")
    planted = planted.assign(truth=np.log2(planted["tpm"] + 1)).rename(columns={"gene_id": "feature"})
    return _per_sample(features(results, "rna", "expression"), planted)


def proteome(results: Path, truth: Path) -> dict:
    planted = truth_table(truth, "proteins").rename(columns={"accession": "feature", "log2_abundance": "truth"})
    return _per_sample(features(results, "proteome", "protein"), planted)


def translated(results: Path, truth: Path) -> dict:
    """Mutations and fusions whose peptides are reported in a sample, against those whose protein was put into the run.

    Most mutant proteins show no peptide of their own that an instrument picks, so what was planted is no yardstick of
    recall; what is reported and was not planted is wrong.
    """
    planted, fused = truth_table(truth, "variant_proteins"), truth_table(truth, "fusion_proteins")
    planted = planted[planted["share"] > 0]
    joined = {(one.sample, clinical_name(one.gene5, one.gene3, one.exon5, one.exon3)) for one in fused.itertuples()}
    there = set(zip(planted["sample"], planted["gene"] + " " + planted["change"], strict=True)) | joined
    seen = features(results, "proteome", "variant_peptide")
    said = set(zip(seen["sample"], seen["name"], strict=True))
    return {
        "planted": len(there),
        "reported": len(said),
        "right": len(said & there),
        "invented": sorted(said - there),
        "fusions_planted": len(joined),
        "fusions_right": len(said & joined),
    }


def _per_sample(found: pd.DataFrame, planted: pd.DataFrame) -> dict:
    """Spearman's correlation of values with the truth in each sample; samples without a result are not counted."""
    planted = planted[planted["sample"].isin(set(found["sample"]))]
    found = found[["sample", "feature", "value"]].dropna(subset=["value"])
    both = planted.merge(found, on=["sample", "feature"], how="left")
    by_sample = {
        sample: correlation(rows["value"], rows["truth"], rank=True) for sample, rows in both.groupby("sample")
    }
    if not by_sample:
        raise NotThere("no sample of the results is in the truth")
    return {
        "samples": len(by_sample),
        "planted": len(both),
        "found": both["value"].notna().sum(),
        "share_found": both["value"].notna().mean(),
        "spearman_median": median(by_sample.values()),
        "spearman_lowest": min((value for value in by_sample.values() if value is not None), default=None),
        "by_sample": by_sample,
    }


def metabolome(results: Path, truth: Path) -> dict:
    """Spearman's correlation across samples for every compound found by name; the median over compounds."""
    found = features(results, "metabolome", "metabolite")
    planted = truth_table(truth, "metabolites")
    planted = planted[planted["sample"].isin(set(found["sample"]))]
    if not len(planted):
        raise NotThere("no sample of the results is in the truth")
    best = found.groupby(["sample", "name"], as_index=False)["value"].max()  # two features of one compound: the larger
    both = planted.merge(best, on=["sample", "name"], how="left")
    of_compound = {
        name: correlation(rows["value"], rows["log2_level"], rank=True) for name, rows in both.groupby("name")
    }
    compounds = planted["name"].nunique()
    named = both.loc[both["value"].notna(), "name"].nunique()
    return {
        "samples": planted["sample"].nunique(),
        "compounds": compounds,
        "found_by_name": named,
        "share_found": ratio(named, compounds),
        "spearman_median": median(of_compound.values()),
        "compounds_above_0.8": sum(value is not None and value >= 0.8 for value in of_compound.values()),
        "not_found": sorted(name for name in set(planted["name"]) - set(both.loc[both["value"].notna(), "name"])),
    }
