"""Feature tables made elsewhere: a TSV or Parquet of one sample, checked and brought into the store's form."""

import pandas as pd
import pyarrow as pa

from seriome.errors import DataError, did_you_mean
from seriome.features.store import COLUMNS, KEYS, STATES

TABLE_COLUMNS = [column for column in COLUMNS if column not in KEYS]
REQUIRED = ("kind", "feature", "value", "unit")
TEXTS = ("kind", "feature", "name", "unit", "state")
NUMBERS = ("value", "lower", "upper", "lod")
MISSING = ("", "NA", "NaN", "nan", "null", "None")
MEND = "docs/features.md says what a feature table looks like"


def read_table(path, name: str | None = None) -> pd.DataFrame:
    """A feature table made elsewhere, with all of TABLE_COLUMNS.

    path     TSV (plain or .gz) or Parquet; columns kind, feature, value, unit, and if you like name, lower, upper,
             state, lod. A cell that is empty or NA has no value. Without a state, a row with a value is `measured`
             and one without is `not_measured`.
    name     what to call the file in messages
    Raises   DataError malformed_table (with the line, or the row of a Parquet), empty_file, truncated_gzip
    """
    name = name or str(path)
    parquet = str(path).lower().endswith(".parquet")
    table = _read(path, name, parquet)
    unknown = [column for column in table.columns if column not in TABLE_COLUMNS]
    if unknown:
        hint = did_you_mean(unknown[0], TABLE_COLUMNS) or f", known are {', '.join(TABLE_COLUMNS)}"
        raise DataError("malformed_table", f"{name}: unknown column {unknown[0]!r}{hint}", MEND)
    missing = [column for column in REQUIRED if column not in table.columns]
    if missing:
        raise DataError("malformed_table", f"{name}: column {', '.join(missing)} is missing", MEND)
    if table.empty:
        raise DataError("empty_file", f"{name} has no row under its header", MEND)
    table = table.reindex(columns=TABLE_COLUMNS)

    def refuse(wrong, column, message):
        if wrong.any():
            at = int(wrong.to_numpy().argmax())
            where = f"row {at + 1}" if parquet else f"line {at + 2}"
            raise DataError("malformed_table", f"{name} {where}, {column}: {message(table.iloc[at])}", MEND)

    for column in TEXTS:
        table[column] = table[column].astype(object).where(table[column].notna(), None)
        refuse(
            table[column].map(lambda cell: cell is not None and not isinstance(cell, str)),
            column,
            lambda row, column=column: f"{row[column]!r} is not text",
        )
    for column in NUMBERS:
        number = pd.to_numeric(table[column], errors="coerce").astype("float64")
        wrong = (number.isna() & table[column].notna()) | number.isin([float("inf"), float("-inf")])
        refuse(wrong, column, lambda row, column=column: f"{row[column]!r} is not a finite number")
        table[column] = number
    for column in ("kind", "feature", "unit"):
        refuse(table[column].isna(), column, lambda row: "is empty")
    given = table["value"].notna()
    table["state"] = table["state"].where(table["state"].notna(), given.map({True: "measured", False: "not_measured"}))
    refuse(
        ~table["state"].isin(STATES),
        "state",
        lambda row: f"unknown state {row['state']!r}{did_you_mean(row['state'], STATES)}",
    )
    refuse(
        given != table["state"].isin(["measured", "zero"]),
        "state",
        lambda row: f"{row['state']!r} does not go with the value {row['value']}",
    )
    refuse(
        table.duplicated(["kind", "feature"]), "feature", lambda row: f"{row['kind']} {row['feature']!r} stands twice"
    )
    table["name"] = table["name"].where(table["name"].notna(), table["feature"])
    return table


def _read(path, name: str, parquet: bool) -> pd.DataFrame:
    if parquet:
        try:
            return pd.read_parquet(path)
        except (pa.ArrowInvalid, OSError) as error:
            said = str(error).replace(str(path), name)
            raise DataError("malformed_table", f"{name} is not a whole Parquet file: {said}", MEND) from None
    from seriome.intake.streams import blocks

    text = b"".join(blocks(path, name))
    try:
        lines = text.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise DataError("malformed_table", f"{name} is not UTF-8 text (byte {error.start})", MEND) from None
    cells = [line.split("\t") for line in lines if line]
    if not cells:
        raise DataError("empty_file", f"{name} has no line", MEND)
    for number, row in enumerate(cells, 1):
        if len(row) != len(cells[0]):
            raise DataError(
                "malformed_table", f"{name} line {number}: {len(row)} cells under {len(cells[0])} headers", MEND
            )
    table = pd.DataFrame(cells[1:], columns=cells[0], dtype=object)
    return table.where(~table.isin(MISSING), None)
