"""The features of one sample: its variants, copy number per gene, biomarkers."""

import numpy as np
import pandas as pd

from seriome.dna.burden import burden, exome_burden
from seriome.dna.consequence import NONSYNONYMOUS
from seriome.dna.limits import detection_limit
from seriome.known import known_effects

TUMOURS = ("tumor", "plasma", "pdx", "organoid", "serum")  # specimens that have copy number and tmb
TUMOUR_FEATURES = {  # column of the table of purity: feature, name, unit
    "purity": ("purity", "tumour purity", "fraction"),
    "ploidy": ("ploidy", "tumour ploidy", "copies"),
    "altered": ("genome_altered", "fraction of the genome with changed copies", "fraction"),
    "loh": ("genome_loh", "fraction of the genome with loss of heterozygosity", "fraction"),
    "doubled": ("genome_doubled", "probability of a doubled genome", "fraction"),
}


def features_of(
    sample: str,
    variants,
    copy_number,
    callable_bases: int,
    *,
    tumour: bool,
    msi=(),
    signatures=(),
    quality=None,
    xenograft: bool = False,
    purity=None,
    fusions=(),
) -> pd.DataFrame:
    """The rows of one sample's feature table: its passed variants, copy number per gene, fusions, and biomarkers.

    tmb is the number of changes of the protein that pass and are seen in this sample, per Mb of target with enough
    depth; tmb_exome what it says of the whole exome (burden.py).
    tumour       False for a normal: it has no copy number and no biomarkers
    msi          rows of msi.SCORE_COLUMNS of the patient
    signatures   rows of signatures.SIGNATURE_COLUMNS of the patient
    quality      the sample's numbers with those of host.summary; xenograft: it has a host_fraction
    purity       the sample's row of copies.PURITY_COLUMNS as strings or numbers, None without one
    fusions      rows of fusions.COLUMNS of the patient; those that pass and can be read through are features
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
    changes = mine[mine["called"] & mine["consequence"].isin(NONSYNONYMOUS)]
    unknown = [one for one in changes.itertuples() if not known_effects(str(one.name), one.consequence, one.exon)]
    mutations = {"kind": "biomarker", "unit": "mutations_per_mb"}
    biomarkers = [
        mutations | {"feature": "tmb", "name": "tumour mutational burden"} | burden(len(changes), callable_bases),
        mutations
        | {"feature": "tmb_exome", "name": "tumour mutational burden of the exome, predicted"}
        | exome_burden(len(unknown), callable_bases),
        _instability([row for row in msi if row["sample"] == sample]),
        *(_signature(row) for row in signatures if row["sample"] == sample),
        *([_host(quality or {})] if xenograft else []),
        *_of_tumour(purity or {}),
    ]
    joined = pd.DataFrame([_fusion(row) for row in fusions if row["sample"] == sample and _readable(row)])
    parts = [part for part in (rows, copies, joined, pd.DataFrame(biomarkers)) if len(part)]
    return pd.concat(parts, ignore_index=True)


def _readable(row: dict) -> bool:
    return row["filter"] == "PASS" and str(row["readable"]) == "1"


def _fusion(row: dict) -> dict:
    """The share of fragments over the breakpoint that show the junction; zero is never said, as few are looked at."""
    about = {"kind": "fusion", "feature": row["fusion"], "name": row["name"], "unit": "share_of_fragments"}
    return about | _numbers(row, "share")


def _instability(rows) -> dict:
    """The biomarker `msi` from the row of its score; not measured without one."""
    about = {"kind": "biomarker", "feature": "msi", "name": "microsatellite instability", "unit": "share_of_loci"}
    row = rows[0] if rows else {"state": "not_measured"}
    return about | _numbers(row, "score")


def _signature(row: dict) -> dict:
    about = {"kind": "biomarker", "feature": f"signature_{row['signature']}", "name": f"signature {row['signature']}"}
    return about | {"unit": "share_of_mutations"} | _numbers(row, "share")


def _host(quality: dict) -> dict:
    """The biomarker `host_fraction`; not measured where the host's reads were not told apart."""
    about = {"kind": "biomarker", "feature": "host_fraction", "name": "reads of the host", "unit": "share_of_pairs"}
    share = quality.get("host_share")
    row = {"value": share, "lower": quality.get("host_share_lower"), "upper": quality.get("host_share_upper")}
    return about | _numbers(
        row | {"state": "not_measured" if share is None else "measured" if share else "zero"}, "value"
    )


def _numbers(row: dict, value: str) -> dict:
    """value, lower, upper, lod and state from a row read from a table: an empty cell is NaN."""
    keys = {"value": value, "lower": "lower", "upper": "upper", "lod": "lod"}
    cells = {key: row.get(column) for key, column in keys.items()}
    return {key: np.nan if cell in (None, "") else float(cell) for key, cell in cells.items()} | {"state": row["state"]}


def _of_tumour(row) -> list[dict]:
    """Rows of purity, ploidy and what the genome went through; not measured where it is not estimable.

    A purity below the detection limit carries the largest that the reads allow as its limit.
    """
    rows = []
    for column, (feature, name, unit) in TUMOUR_FEATURES.items():
        below = column == "purity" and row.get("state") == "below_lod"
        lower, upper = ("lower", "upper") if column == "purity" else (f"{column}_lower", f"{column}_upper")
        value, low, high = (
            float(row[key]) if row.get(key) not in (None, "") else np.nan for key in (column, lower, upper)
        )
        known = value == value
        one = {"kind": "biomarker", "feature": feature, "name": name, "unit": unit}
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
        "fusion": none | {"unit": "share_of_fragments"},
        "biomarker": none | {"unit": "mutations_per_mb"},
    }
