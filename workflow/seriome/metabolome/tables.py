"""The stage's own files: Parquet tables with a note in their metadata, and the compounds table."""

import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from seriome.errors import InputError, did_you_mean
from seriome.files import read_tsv, write_parquet

TYPES = {
    pa.int32(): ["charge", "n_traces", "n_pools", "msi_level", "pools", "injection"],
    pa.string(): [*("feature", "name", "compound_id", "adduct", "state", "polarity", "library_id"), "batch", "removed"],
    pa.bool_(): ["in_blank", "detected", "drift", "dilution", "chosen", "with_main_ion"],
    pa.list_(pa.float64()): ["isotopes", "fragment_mz", "fragment_intensity"],
}  # all other columns are numbers
TYPE_OF = {column: kind for kind, columns in TYPES.items() for column in columns}
COMPOUND_COLUMNS = ["compound_id", "name", "formula", "mass", "rt_s", "inchikey"]


def write_table(path, table: pd.DataFrame, note: dict) -> None:
    """A table of this stage, each column of its fixed type, with a note (JSON) in the metadata."""
    schema = pa.schema([pa.field(column, TYPE_OF.get(column, pa.float64())) for column in table.columns])
    arrow = pa.Table.from_pandas(table, schema=schema, preserve_index=False)
    write_parquet(path, arrow, note)


def read_table(path) -> tuple[pd.DataFrame, dict]:
    """A table of this stage and its note."""
    arrow = pq.ParquetFile(path).read()
    return arrow.to_pandas(), json.loads(arrow.schema.metadata[b"seriome"])


def read_runs(path) -> list[tuple[pd.DataFrame, dict]]:
    """Features of an injection and what was found in it, one pair per polarity; none of an unusable injection."""
    table, note = read_table(path)
    return [
        (table[table["polarity"] == found["polarity"]].reset_index(drop=True), found) for found in note.get("runs", [])
    ]


def rows(table: pd.DataFrame) -> list[dict]:
    """The rows of a table for a TSV: numbers with eight digits that count, empty cells where there is none."""
    return [
        {key: "" if pd.isna(cell) else f"{cell:.8g}" if isinstance(cell, float) else cell for key, cell in row.items()}
        for row in table.to_dict("records")
    ]


def read_compounds(path=None) -> pd.DataFrame:
    """The compounds table (TSV; compound_id name formula mass rt_s inchikey), empty without a path.

    mass  neutral monoisotopic, Da; computed from the formula where its cell is empty
    rt_s  retention time, s; may be empty, or the column may lack
    inchikey  by which spectra of a library are known to be the compound's; the same holds
    Raises  InputError with all problems at once: unknown or missing columns, no number where one should be, a mass
            that is not its formula's, an id that stands twice
    """
    rows = read_tsv(path) if path else []
    columns = list(rows[0]) if rows else COMPOUND_COLUMNS
    problems = [
        f"unknown column {c!r}{did_you_mean(c, COMPOUND_COLUMNS)}" for c in columns if c not in COMPOUND_COLUMNS
    ]
    problems += [f"column {column!r} is missing" for column in COMPOUND_COLUMNS[:2] if column not in columns]
    if not {"formula", "mass"} & set(columns):
        problems.append("column 'mass' or 'formula' is needed")
    parsed, seen = [], {}
    for line, row in enumerate(rows if not problems else [], start=2):
        try:
            parsed.append(_compound(row))
        except InputError as error:
            problems.append(f"line {line}: {error}")
        first = seen.setdefault(row["compound_id"], line)
        if first != line:
            problems.append(f"line {line}: compound_id {row['compound_id']!r} is also on line {first}")
    if problems:
        raise InputError(f"{path} has {len(problems)} problem(s):\n" + "\n".join(f"  {one}" for one in problems))
    return pd.DataFrame(parsed, columns=COMPOUND_COLUMNS).astype({"mass": "float64", "rt_s": "float64"})


def _compound(row: dict) -> dict:
    """One row with its numbers."""
    if not row["compound_id"] or not row["name"]:
        raise InputError("compound_id and name must not be empty")
    mass, rt_s = (_number(row, column) for column in ("mass", "rt_s"))
    formula = row.get("formula") or ""
    if formula:
        from pyteomics import mass as chemistry

        try:
            computed = chemistry.calculate_mass(formula=formula)
        except Exception as error:  # pyteomics raises its own kind, without a common base for all of them
            raise InputError(f"formula {formula!r} cannot be read: write it as C6H12O6") from error
        if mass is not None and abs(mass - computed) > 0.01:
            raise InputError(f"mass {mass} is not that of {formula}, {computed:.5f} (neutral, monoisotopic)")
        mass = computed if mass is None else mass
    if mass is None or mass <= 0:
        raise InputError("a mass above 0 or a formula is needed")
    text = {"compound_id": row["compound_id"], "name": row["name"], "formula": formula}
    return text | {"mass": mass, "rt_s": rt_s, "inchikey": row.get("inchikey") or ""}


def _number(row: dict, column: str):
    text = (row.get(column) or "").strip()
    try:
        return float(text) if text else None
    except ValueError:
        raise InputError(f"{column} {text!r} is no number") from None
