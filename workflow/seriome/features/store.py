"""The feature store: one Parquet file per sample and assay, long form, an absence always explained.

A row is one number about one sample. What a file does not list was either not looked for, or looked for and not
seen: the file's `absent` note says, for each kind, which state such a feature has and what could have been seen.
"""

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from seriome import __version__
from seriome.errors import InputError, did_you_mean
from seriome.files import write_parquet

ASSAYS = ("dna", "rna", "proteome", "metabolome")
STATES = ("measured", "below_lod", "zero", "not_measured", "failed_qc")
KEYS = ["patient", "sample", "timepoint", "assay", "day"]

SCHEMA = pa.schema(
    [
        pa.field("patient", pa.string(), nullable=False),
        pa.field("sample", pa.string(), nullable=False),
        pa.field("timepoint", pa.string()),
        pa.field("assay", pa.string(), nullable=False),
        pa.field("day", pa.int32()),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("feature", pa.string(), nullable=False),
        pa.field("name", pa.string()),
        pa.field("value", pa.float64()),
        pa.field("unit", pa.string(), nullable=False),
        pa.field("lower", pa.float64()),
        pa.field("upper", pa.float64()),
        pa.field("state", pa.string(), nullable=False),
        pa.field("lod", pa.float64()),
    ]
)
COLUMNS = SCHEMA.names


def write_features(path, table: pd.DataFrame, *, about: dict, method: str, parameters: dict, inputs: dict, absent=None):
    """Write the features of one sample and assay.

    table       columns `kind feature name value unit lower upper state lod` (the last five but `state` may lack);
                an empty table is a valid answer
    about       the keys of the sample: patient, sample, timepoint, assay, day (day None for a control)
    method      what made the numbers, in a few words
    parameters  settings that shaped them (JSON)
    inputs      {name: sha256} of every file that went in
    absent      {kind: {"state": ..., "lod": number or None, "unit": ...}}: what a feature of this kind that is not
                listed here was; a kind without an entry counts as not_measured
    Raises      InputError: unknown column or state, duplicate (kind, feature), a value without the state
                `measured` or `zero`, or the reverse
    """
    unknown = [column for column in table.columns if column not in COLUMNS]
    if unknown:
        raise InputError(f"{path}: unknown column {unknown[0]!r}{did_you_mean(unknown[0], COLUMNS)}")
    table = table.reindex(columns=COLUMNS).assign(**{key: about[key] for key in KEYS})
    wrong = set(table["state"]) - set(STATES)
    if wrong:
        raise InputError(f"{path}: unknown state {sorted(map(str, wrong))[0]!r}, known are {', '.join(STATES)}")
    doubled = table[table.duplicated(["kind", "feature"])]
    if len(doubled):
        raise InputError(f"{path}: {doubled.iloc[0]['kind']} {doubled.iloc[0]['feature']!r} stands twice")
    lying = table["value"].notna() != table["state"].isin(["measured", "zero"])
    if lying.any():
        row = table[lying].iloc[0]
        raise InputError(f"{path}: {row['feature']!r} has value {row['value']} and state {row['state']!r}")
    table = table.sort_values(["kind", "feature"], kind="stable")
    note = {
        "seriome": __version__,
        "method": method,
        "parameters": parameters,
        "inputs": inputs,
        "absent": absent or {},
    }
    arrow = pa.Table.from_pandas(table, schema=SCHEMA, preserve_index=False)
    write_parquet(path, arrow, note)


def read_features(paths) -> pd.DataFrame:
    """The rows of one or many feature files, in the order of the paths; columns as in SCHEMA."""
    paths = [paths] if isinstance(paths, str | Path) else list(paths)
    tables = [pq.ParquetFile(path).read() for path in paths]
    return pa.concat_tables([SCHEMA.empty_table(), *(t.replace_schema_metadata() for t in tables)]).to_pandas()


def read_note(path) -> dict:
    """What a feature file says of itself: seriome, method, parameters, inputs, absent."""
    return json.loads(pq.read_schema(path).metadata[b"seriome"])
