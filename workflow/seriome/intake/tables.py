"""Tables of work already done: kallisto's abundances and generic feature tables."""

import math

from seriome.errors import DataError
from seriome.files import read_tsv

KALLISTO = ["target_id", "length", "eff_length", "est_counts", "tpm"]


def check_kallisto(files, names):
    """(transcripts, {}) of a kallisto abundance.tsv.

    Raises  DataError malformed_table, empty_file
    """
    path, name = files[0], names[0]
    mend = "run kallisto quant again with --plaintext, or kallisto h5dump on its abundance.h5"
    try:
        rows = read_tsv(path)
    except UnicodeDecodeError as error:
        raise DataError("malformed_table", f"{name} is not text (byte {error.start})", mend) from None
    if not rows:
        raise DataError("empty_file", f"{name} has no row under its header", mend)
    missing = [column for column in KALLISTO if column not in rows[0]]
    if missing:
        raise DataError("malformed_table", f"{name} lacks the column {', '.join(missing)}", mend)
    if all(row["tpm"] in ("nan", "-nan") for row in rows):  # what kallisto writes then
        raise DataError("low_mapping", f"{name}: no read fitted a transcript", "was it the index of this species?")
    seen = {}
    for line, row in enumerate(rows, 2):
        first = seen.setdefault(row["target_id"], line)
        if first != line:
            raise DataError(
                "malformed_table", f"{name} line {line}: {row['target_id']!r} is also on line {first}", mend
            )
        for column in KALLISTO[1:]:
            try:
                value = float(row[column])
            except (TypeError, ValueError):
                value = math.nan
            if not 0 <= value < math.inf:
                raise DataError(
                    "malformed_table",
                    f"{name} line {line}, {column}: {row[column]!r} is not a number from 0 up",
                    mend,
                )
    return len(rows), {}


def check_features(files, names):
    """(features, {"measured"}) of a generic feature table. Raises DataError malformed_table, empty_file."""
    from seriome.features.tables import read_table

    table = read_table(files[0], names[0])
    return len(table), {"measured": int((table["state"] == "measured").sum())}


def check_proteins(kind: str, files, names):
    """(rows, {}) of a table of many runs. Raises DataError malformed_table, empty_file."""
    from seriome.proteome.imports import check

    return check(files[0], kind, names[0])
