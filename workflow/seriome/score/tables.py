"""Truth tables and results as tables; what is not there says so."""

from pathlib import Path

import pandas as pd


class NotThere(Exception):
    """Why a stage has no score."""


def truth_table(folder: Path, name: str) -> pd.DataFrame:
    """A truth table; an empty one where the simulation had nothing to write. Names stay text, empty cells empty."""
    path = folder / f"{name}.tsv"
    if not path.is_file():
        raise NotThere(f"the truth has no {name}.tsv")
    text = ["patient", "sample", "clone", "parent", "gene", "name", "run", "accession", "compound_id", "variant"]
    return pd.read_csv(path, sep="\t", dtype=dict.fromkeys(text, str), keep_default_na=False, na_values={"purity": ""})


def result(path: Path) -> pd.DataFrame:
    """A result: TSV with every cell as text, or Parquet."""
    if not path.is_file():
        raise NotThere(f"no {path.name}")
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    return pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)


def results_like(results: Path, pattern: str) -> dict[str, pd.DataFrame]:
    """Results whose path fits a pattern, by the name of their folder (clones) or file (all others)."""
    found = {path: result(path) for path in sorted(results.glob(pattern))}
    if not found:
        raise NotThere(f"no {pattern}")
    return {path.parent.name if pattern.startswith("clones/") else path.stem: table for path, table in found.items()}


def features(results: Path, assay: str, kind: str) -> pd.DataFrame:
    """Feature rows of one kind, all samples."""
    paths = sorted(results.glob(f"features/assay={assay}/patient=*/sample=*.parquet"))
    if not paths:
        raise NotThere(f"no features of assay {assay}")
    import pyarrow.parquet as pq

    columns = ["patient", "sample", "kind", "feature", "name", "value", "state"]
    table = pd.concat([pq.ParquetFile(path).read(columns=columns).to_pandas() for path in paths], ignore_index=True)
    return table[table["kind"] == kind]
