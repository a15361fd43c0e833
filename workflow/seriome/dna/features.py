"""The features of one sample: its variants, copy number per gene, mutational burden."""

import numpy as np
import pandas as pd
from scipy import special

from seriome.dna.consequence import NONSYNONYMOUS
from seriome.dna.limits import detection_limit

TMB_LEAST_BASES = 10_000
TUMOURS = ("tumor", "plasma", "pdx", "organoid", "serum")  # specimens that have copy number and tmb


def features_of(sample: str, variants, copy_number, callable_bases: int, *, tumour: bool) -> pd.DataFrame:
    """The rows of one sample's feature table: its passed variants, copy number per gene, and `tmb`.

    tmb is the number of changes of the protein that pass and are seen in this sample, per Mb of target with enough
    depth, with the exact Poisson interval (Garwood 1936, Biometrika 28:437); not measured below 10 kb of such bases.
    tumour    False for a normal: it has no copy number and no tmb
    """
    mine = variants[(variants["sample"] == sample) & (variants["filter"] == "PASS")]
    measured = mine["state"] == "measured"
    rows = pd.DataFrame(
        {
            "kind": "variant",
            "feature": mine["variant"],
            "name": mine["name"],
            "value": mine["vaf"].where(measured),
            "unit": "vaf",
            "lower": mine["vaf_lower"].where(measured),
            "upper": mine["vaf_upper"].where(measured),
            "state": mine["state"],
            "lod": mine["lod"],
        }
    )
    if not tumour:
        return rows
    genes = copy_number[copy_number["sample"] == sample].drop_duplicates("gene_id")
    copies = pd.DataFrame(
        {
            "kind": "copy_number",
            "feature": genes["gene_id"],
            "name": genes["gene"],
            "value": genes["log2_ratio"],
            "unit": "log2_ratio",
            "lower": genes["lower"],
            "upper": genes["upper"],
            "state": genes["state"],
            "lod": np.nan,
        }
    )
    count = int((mine["called"] & mine["consequence"].isin(NONSYNONYMOUS)).sum())
    megabases = callable_bases / 1e6
    burden = {"kind": "biomarker", "feature": "tmb", "name": "tumour mutational burden", "unit": "mutations_per_mb"}
    if callable_bases >= TMB_LEAST_BASES:
        burden |= {
            "value": count / megabases,
            "lower": special.gammaincinv(count, 0.025) / megabases if count else 0.0,
            "upper": special.gammaincinv(count + 1, 0.975) / megabases,
            "state": "measured" if count else "zero",
            "lod": 1 / megabases,
        }
    else:
        burden |= {"value": np.nan, "lower": np.nan, "upper": np.nan, "state": "not_measured", "lod": np.nan}
    parts = [part for part in (rows, copies, pd.DataFrame([burden])) if len(part)]
    return pd.concat(parts, ignore_index=True)


def absent_notes(coverage, settings: dict) -> dict:
    """What a feature that a sample's table does not list was, for features.write_features.

    A variant of another patient, at a place this sample's reads cover, was looked for and not found; its limit is given
    for the mean depth over all genes (an approximation: the depth at that place is not kept). Without reads, as where
    only a VCF was given, nothing can be said.
    coverage    rows of the sample's table of coverage per gene; empty without reads
    """
    bases = sum(int(row["bases"]) for row in coverage)
    depth = sum(float(row["mean_depth"]) * int(row["bases"]) for row in coverage) / bases if bases else 0.0
    limit = float(detection_limit(depth, settings["min_alt_reads"]))
    seen = limit == limit
    none = {"state": "not_measured", "lod": None}
    return {
        "variant": {"state": "below_lod", "lod": limit, "unit": "vaf"} if seen else none | {"unit": "vaf"},
        "copy_number": none | {"unit": "log2_ratio"},
        "biomarker": none | {"unit": "mutations_per_mb"},
    }
