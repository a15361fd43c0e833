"""Tables of work already done: abundances of kallisto and salmon, STAR's counts, generic feature tables."""

import math

from seriome.errors import DataError
from seriome.files import open_text, read_tsv

KALLISTO = ["target_id", "length", "eff_length", "est_counts", "tpm"]
SALMON = ["Name", "Length", "EffectiveLength", "NumReads", "TPM"]
STAR_LINES = ("N_unmapped", "N_multimapping", "N_noFeature", "N_ambiguous")


def check_kallisto(files, names):
    """(transcripts, {}) of a kallisto abundance.tsv.

    Raises  DataError malformed_table, empty_file
    """
    mend = "run kallisto quant again with --plaintext, or kallisto h5dump on its abundance.h5"
    return _check_abundances(files[0], names[0], KALLISTO, mend)


def check_salmon(files, names):
    """(transcripts, {}) of a salmon quant.sf. Raises DataError malformed_table, empty_file."""
    return _check_abundances(files[0], names[0], SALMON, "run salmon quant again")


def check_star(files, names):
    """(genes, {}) of STAR's ReadsPerGene.out.tab. Raises DataError malformed_table."""
    mend, genes = "run STAR again with --quantMode GeneCounts", 0
    seen = set()
    try:
        with open_text(files[0]) as file:
            for line, text in enumerate(file, 1):
                cells = text.rstrip("\r\n").split("\t")
                if len(cells) != 4 or not all(cell.isdigit() for cell in cells[1:]) or cells[0] in seen:
                    raise DataError(
                        "malformed_table", f"{names[0]} line {line}: no gene with three counts, or a second time", mend
                    )
                seen.add(cells[0])
                genes += not cells[0].startswith("N_")
    except UnicodeDecodeError as error:
        raise DataError("malformed_table", f"{names[0]} is not text (byte {error.start})", mend) from None
    if not seen.issuperset(STAR_LINES):
        raise DataError("malformed_table", f"{names[0]} lacks the lines {', '.join(STAR_LINES)}", mend)
    return genes, {}


def _check_abundances(path, name, columns, mend):
    try:
        rows = read_tsv(path)
    except UnicodeDecodeError as error:
        raise DataError("malformed_table", f"{name} is not text (byte {error.start})", mend) from None
    if not rows:
        raise DataError("empty_file", f"{name} has no row under its header", mend)
    missing = [column for column in columns if column not in rows[0]]
    if missing:
        raise DataError("malformed_table", f"{name} lacks the column {', '.join(missing)}", mend)
    if all(row[columns[-1]] in ("nan", "-nan") for row in rows):  # what kallisto writes then
        raise DataError("low_mapping", f"{name}: no read fitted a transcript", "was it the index of this species?")
    seen = {}
    for line, row in enumerate(rows, 2):
        first = seen.setdefault(row[columns[0]], line)
        if first != line:
            raise DataError("malformed_table", f"{name} line {line}: {row[columns[0]]!r} is also on line {first}", mend)
        for column in columns[1:]:
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
