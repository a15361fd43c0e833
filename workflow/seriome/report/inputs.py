"""Reading what the stages wrote: any table may have a header only, and any patient may lack any of them."""

import sys
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from seriome import __version__
from seriome.features import ASSAYS, read_note

PROGRAMS = [
    "snakemake", "numpy", "scipy", "pandas", "pyarrow", "duckdb", "scikit-learn", "pysam", "pybwa", "kb-python",
    "pydeseq2", "pyopenms", "pyteomics", "sagepy", "altair", "vl-convert-python", "jinja2", "multiqc",
]  # fmt: skip
VARIANTS = [
    "patient", "sample", "timepoint", "day", "specimen", "variant", "chrom", "pos", "ref", "alt", "gene",
    "transcript", "consequence", "hgvs_p", "name", "ref_count", "alt_count", "depth", "vaf", "vaf_lower", "vaf_upper",
    "lod", "state", "called", "filter",
]  # fmt: skip
CLUSTERS = [
    "mutation_id", "sample_id", "cluster_id", "cellular_prevalence", "ccf_lower", "ccf_upper",
    "cluster_assignment_prob", "state", "name", "gene",
]  # fmt: skip
TREE = ["cluster_id", "parent", "support"]
TRAJECTORIES = [
    "cluster_id", "sample_id", "day", "timepoint", "specimen", "ccf", "ccf_lower", "ccf_upper", "share",
    "share_lower", "share_upper", "tumour_fraction", "state", "lod",
]  # fmt: skip
EVENTS = [
    "event", "cluster_id", "mutation_id", "name", "first_seen_day", "last_unseen_day", "limit_then", "unit",
    "treatment", "label",
]  # fmt: skip
COURSE = [
    "patient", "track", "measure", "item", "day", "day_end", "value", "unit", "lower_normal", "upper_normal", "label",
    "source",
]  # fmt: skip
EVIDENCE = ["gene", "layer", "patient", "feature", "value", "unit", "weight", "statement"]
GROWTH = [
    "cluster_id", "phase", "start", "end", "scale", "rate_per_day", "lower", "upper", "doubling_days", "p_positive",
    "reason",
]  # fmt: skip
HETEROGENEITY = [
    "sample_id", "day", "specimen", "clones_above", "shannon", "shannon_lower", "shannon_upper", "simpson", "math",
]  # fmt: skip
TRANSLATED = ["sample", "name", "kind", "peptide", "start", "first", "last", "score", "class_q", "spectrum", "reported"]
CLONE_TABLES = {
    "clusters": CLUSTERS, "tree": TREE, "trajectories": TRAJECTORIES, "events": EVENTS, "growth": GROWTH,
    "heterogeneity": HETEROGENEITY,
}  # fmt: skip


def read_table(path, columns=()) -> pd.DataFrame:
    """A Parquet or tab-separated table with at least these columns; no path, or an empty file, is an empty table.

    Columns that the file lacks are added without values.
    """
    if not path or (Path(path).suffix != ".parquet" and not Path(path).stat().st_size):
        return pd.DataFrame(columns=list(columns))
    if Path(path).suffix == ".parquet":
        table = pq.ParquetFile(path).read().to_pandas()
    else:
        text = {"run": str, "sample": str, "sample_id": str, "timepoint": str}  # `01` is a name, not a number
        table = pd.read_csv(path, sep="\t", keep_default_na=False, na_values=[""], dtype=text)
    return table.reindex(columns=[*table.columns, *(column for column in columns if column not in table)])


def plain(table: pd.DataFrame) -> list[dict]:
    """Rows as dicts of Python values, a missing value as None, so that templates test for nothing else."""
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    return [{str(key): getattr(value, "item", lambda v=value: v)() for key, value in row.items()} for row in rows]


def methods_used(paths) -> list[dict]:
    """What the feature tables say of how they were made: assay, method, parameters, and of how many samples.

    Parameters that differ between the samples are left out; so are values that are paths.
    """
    groups = {}
    for path in sorted(map(str, paths)):
        assay = next(part[6:] for part in Path(path).parts if part.startswith("assay="))
        note = read_note(path)
        groups.setdefault((ASSAYS.index(assay), assay, note["method"]), []).append(note["parameters"] or {})
    rows = []
    for (_, assay, method), parameters in sorted(groups.items()):
        common = {
            key: value
            for key, value in sorted(parameters[0].items())
            if all(other.get(key) == value for other in parameters) and not str(value).startswith("/")
        }
        rows.append({"assay": assay, "method": method, "samples": len(parameters), "parameters": common})
    return rows


def plain_gaps(gaps) -> list[dict]:
    """The gap ledger's records as dicts."""
    return [asdict(gap) for gap in gaps]


def program_versions() -> list[tuple[str, str]]:
    """(package, version) of what does the work, as installed."""
    found = [("seriome", __version__), ("python", ".".join(map(str, sys.version_info[:3])))]
    for name in PROGRAMS:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            continue
    return found
