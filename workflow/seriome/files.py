"""Files: moved into place whole, byte-equal for equal content, known by their sha256."""

import csv
import gzip
import hashlib
import io
import json
import os
import shutil
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def moved_into_place(path):
    """A temporary path beside `path`; what is written to it is moved to `path` when the block ends well.

    The temporary name keeps the suffixes of the real one, for tools that look at them.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary)
        else:
            temporary.unlink(missing_ok=True)


def sha256(path) -> str:
    """Hex digest of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_text(path, text: str) -> None:
    with moved_into_place(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path, content) -> None:
    write_text(path, json.dumps(content, indent=1, sort_keys=True, allow_nan=False) + "\n")


def read_json(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))


def write_tsv(path, rows, columns) -> None:
    """Rows (dicts) as a tab-separated table, gzipped by its name; a missing value is an empty cell."""
    with text_writer(path) as file:
        writer = csv.DictWriter(file, columns, delimiter="\t", lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows({key: "" if value is None else value for key, value in row.items()} for row in rows)


def read_tsv(path) -> list[dict[str, str]]:
    """Rows of a tab-separated table as dicts of strings; plain or gzip."""
    with open_text(path) as file:
        return list(csv.DictReader(file, delimiter="\t"))


def write_parquet(path, table, note: dict | None = None) -> None:
    """An Arrow table as Parquet; its metadata holds the note (JSON) and nothing else: equal rows give equal bytes."""
    import pyarrow.parquet as pq

    metadata = None if note is None else {"seriome": json.dumps(note, sort_keys=True, allow_nan=False)}
    with moved_into_place(path) as temporary:
        pq.write_table(table.replace_schema_metadata(metadata), temporary, compression="zstd")


def open_text(path):
    """A text file to read, plain or gzip by its name."""
    encoding = "utf-8-sig"  # a byte order mark, as spreadsheets write it, is no part of the first column's name
    opener = gzip.open if str(path).endswith(".gz") else open
    return opener(path, "rt", newline="", encoding=encoding)


@contextmanager
def text_writer(path):
    """A text file to write, plain or gzip by its name."""
    if str(path).endswith(".gz"):
        with gzip_writer(path) as raw, io.TextIOWrapper(raw, encoding="utf-8", newline="") as file:
            yield file
    else:
        with moved_into_place(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
            yield file


@contextmanager
def gzip_writer(path, level: int = 4):
    """A binary gzip file without name or time in its header, so that equal content gives equal bytes."""
    with (
        moved_into_place(path) as temporary,
        open(temporary, "wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=level, mtime=0) as file,
    ):
        yield file
