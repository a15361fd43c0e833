"""Parquet tables of this stage: equal content, equal bytes; a note beside the rows lies in the metadata."""

import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from seriome.files import write_parquet


def write_table(path, table: pd.DataFrame, note: dict | None = None) -> None:
    """Write a table and a note (JSON) about it."""
    arrow = pa.Table.from_pandas(table.reset_index(drop=True), preserve_index=False)
    write_parquet(path, arrow, note or {})


def plain(table: pd.DataFrame) -> list[dict]:
    """Rows as dicts, a missing value as None."""
    return table.astype(object).where(table.notna(), None).to_dict("records")


def read_table(path) -> tuple[pd.DataFrame, dict]:
    """The table and the note."""
    arrow = pq.ParquetFile(path).read()
    note = json.loads((arrow.schema.metadata or {}).get(b"seriome", b"{}"))
    return arrow.replace_schema_metadata().to_pandas(), note
