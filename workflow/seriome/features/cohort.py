"""The cohort's tables: every sample of the sheet × every feature of an assay, long, no absence unexplained.

a row of a sample's feature file                   as it stands there
a feature that the sample's file does not list     the state, and the lod, that the file's `absent` note gives for
                                                   its kind; not_measured when the note has no such kind
a sample without a file (the assay was not done)   not_measured
"""

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from seriome import __version__
from seriome.errors import InputError
from seriome.features.store import KEYS, SCHEMA, read_note
from seriome.files import sha256, write_parquet

JOIN = """
    with wanted as (
        select kind, feature, min(name) as name, min(unit) as unit, count(distinct unit) as units
        from rows group by kind, feature
    )
    select
        s.patient, s.sample, s.timepoint, s.assay, s.day,
        w.kind, w.feature, w.name,
        r.value, w.unit, r.lower, r.upper,
        coalesce(r.state, n.state, 'not_measured') as state,
        case when r.state is null then n.lod else r.lod end as lod,
        w.units
    from wanted w cross join samples s
    left join rows r on r.sample = s.sample and r.kind = w.kind and r.feature = w.feature
    left join notes n on n.sample = s.sample and n.kind = w.kind
    order by w.kind, w.feature, s.place
"""


def cohort_table(files, samples: pd.DataFrame, assay: str, threads: int = 1) -> pa.Table:
    """All samples × all features of one assay.

    files    feature files of this assay, one per sample that has it
    samples  one row per sample of the sheet: patient, sample, timepoint, day
    Returns  a table with the columns of the feature store, sorted by kind, feature and the samples' order;
             without any feature it has no row
    Raises   InputError when a feature has two units, or a file is of a sample that the sheet does not know
    """
    files, notes = list(files), []
    place = samples.reset_index(drop=True).assign(assay=assay, place=range(len(samples)))
    for file in files:
        own = pq.ParquetFile(file).read(columns=["sample"])["sample"].unique().to_pylist()
        sample = own[0] if own else _sample_of(file)
        if sample not in set(place["sample"]):
            raise InputError(f"{file} is of sample {sample!r}, which the sheet of samples does not have")
        for kind, note in read_note(file)["absent"].items():
            notes.append({"sample": sample, "kind": kind, "state": note["state"], "lod": note.get("lod")})
    rows = pa.concat_tables(
        [SCHEMA.empty_table(), *(pq.ParquetFile(file).read().replace_schema_metadata() for file in files)]
    )
    with duckdb.connect(config={"threads": threads}) as base:
        base.register("rows", rows)
        base.register(
            "samples", _arrow(place, [(key, SCHEMA.field(key).type) for key in KEYS] + [("place", pa.int32())])
        )
        base.register(
            "notes",
            pa.Table.from_pylist(
                notes,
                schema=pa.schema(
                    [("sample", pa.string()), ("kind", pa.string()), ("state", pa.string()), ("lod", pa.float64())]
                ),
            ),
        )
        joined = base.sql(JOIN).to_arrow_table()
    mixed = joined.filter(pa.compute.greater(joined["units"], 1)) if joined.num_rows else joined
    if mixed.num_rows:
        first = mixed.slice(0, 1).to_pylist()[0]
        raise InputError(f"{assay} {first['kind']} {first['feature']!r} comes in two units: give it one in every file")
    return joined.drop_columns("units").cast(SCHEMA)


def write_cohort_table(path, table: pa.Table, files) -> None:
    """Write a cohort table; its note has the sha256 of the feature files, by sample."""
    note = {"seriome": __version__, "inputs": {_sample_of(file): sha256(file) for file in files}}
    write_parquet(path, table, note)


def read_cohort_table(path, kind: str | None = None) -> pd.DataFrame:
    """The rows of a cohort table, of one kind if it is named."""
    filters = None if kind is None else [("kind", "=", kind)]
    return pq.read_table(path, filters=filters, partitioning=None).replace_schema_metadata().to_pandas()


def _sample_of(file) -> str:
    return str(file).rpartition("sample=")[2].removesuffix(".parquet")


def _arrow(table: pd.DataFrame, fields) -> pa.Table:
    rows = table.astype(object).where(table.notna() & (table != ""), None).to_dict("records")
    return pa.Table.from_pylist(rows, schema=pa.schema(fields))
