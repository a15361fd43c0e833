"""The features of one sample: its variants, copy number per gene, mutational burden, purity and ploidy."""

import numpy as np
import pandas as pd
from scipy import special

from seriome.dna.consequence import NONSYNONYMOUS
from seriome.dna.limits import detection_limit

TMB_LEAST_BASES = 10_000
TUMOURS = ("tumor", "plasma", "pdx", "organoid", "serum")  # specimens that have copy number and tmb


TUMOUR_FEATURES = {  # column of the table of purity: name, unit
    "purity": ("tumour purity", "fraction"),
    "ploidy": ("tumour ploidy", "copies"),
    "altered": ("fraction of the genome with changed copies", "fraction"),
    "loh": ("fraction of the genome with loss of heterozygosity", "fraction"),
    "doubled": ("probability of a doubled genome", "fraction"),
}
TUMOUR_IDS = {"altered": "genome_altered", "loh": "genome_loh", "doubled": "genome_doubled"}


def features_of(sample: str, variants, copy_number, callable_bases: int, *, tumour: bool, purity=None) -> pd.DataFrame:
    """The rows of one sample's feature table: its passed variants, copy number per gene, and biomarkers.

    tmb is the number of changes of the protein that pass and are seen in this sample, per Mb of target with enough
    depth, with the exact Poisson interval (Garwood 1936, Biometrika 28:437); not measured below 10 kb of such bases.
    tumour    False for a normal: it has no copy number and no biomarkers
    purity    the sample's row of copies.PURITY_COLUMNS as strings or numbers, None without one
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
    parts = [part for part in (rows, copies, pd.DataFrame([burden, *_of_tumour(purity or {})])) if len(part)]
    return pd.concat(parts, ignore_index=True)


def _of_tumour(row) -> list[dict]:
    """Rows of purity, ploidy and what the genome went through; not measured where it is not estimable.

    A purity below the detection limit carries the largest that the reads allow as its limit.
    """
    rows = []
    for column, (name, unit) in TUMOUR_FEATURES.items():
        below = column == "purity" and row.get("state") == "below_lod"
        lower, upper = ("lower", "upper") if column == "purity" else (f"{column}_lower", f"{column}_upper")
        value, low, high = (
            float(row[key]) if row.get(key) not in (None, "") else np.nan for key in (column, lower, upper)
        )
        known = value == value
        one = {"kind": "biomarker", "feature": TUMOUR_IDS.get(column, column), "name": name, "unit": unit}
        one |= {"value": value, "lower": low if known else np.nan, "upper": high if known else np.nan}
        one |= {"state": "measured" if value > 0 else "zero" if known else "below_lod" if below else "not_measured"}
        rows.append(one | {"lod": high if below else np.nan})
    return rows


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
