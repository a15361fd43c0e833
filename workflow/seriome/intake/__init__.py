"""Intake: every raw file opened and read to its end before anything is computed from it.

Nothing here stops a run: what is wrong with a file becomes the status `gap` of its unit, with a reason, the place and
the way out. Reasons are stable words, listed in docs/intake.md.
"""

from functools import partial
from pathlib import Path

from seriome.cohort import FOLDERS, OF_MANY
from seriome.errors import DataError
from seriome.files import read_json, sha256

KEYS = ("patient", "sample", "assay", "run", "format")
GAP_FIELDS = ("patient", "sample", "assay", "run")


def check_unit(unit: dict, files) -> dict:
    """Read the files of one unit through and say what they hold.

    unit     the sheet's row: patient sample assay run format path1 [path2] [path3]; its paths are the names that the
             record shows, so that its bytes do not depend on the machine
    files    where the files are, one to three, in the order of the row
    Returns  {patient sample assay run format status reason detail way_out records counts files}
             status   `ok` or `gap`; reason, detail and way_out are empty when ok
             records  read pairs (fastq with mates), reads, alignments, variants, spectra or rows; None for a gap
             counts   further numbers of that format, such as {"bases": ...} or {"ms1": ..., "ms2": ...}
             files    [{path bytes sha256}]; of a folder, the file in it that is read
    """
    names = [str(unit[column]) for column in ("path1", "path2", "path3") if unit.get(column)]
    files = [Path(file) for file in files]
    if inner := FOLDERS.get(unit["format"]):
        names, files = [f"{name}/{inner}" for name in names], [file / inner for file in files]
    record = {key: unit.get(key, "") for key in KEYS}
    record |= {"status": "ok", "reason": "", "detail": "", "way_out": "", "records": None, "counts": {}}
    listed = [
        {"path": name, "bytes": file.stat().st_size, "sha256": sha256(file)}
        for name, file in zip(names, files, strict=True)
    ]
    try:
        _refuse_empty(listed)
        record["records"], record["counts"] = _checker(unit["format"])(files, names)
    except DataError as error:
        record |= {"status": "gap", "reason": error.reason, "detail": error.detail, "way_out": error.way_out}
    return record | {"files": listed}


def read_status(path) -> dict:
    """The record that intake wrote about one unit."""
    return read_json(path)


def usable(path) -> bool:
    """True when intake found the unit whole."""
    return read_status(path)["status"] == "ok"


def _refuse_empty(listed) -> None:
    for file in listed:
        if file["bytes"] == 0:
            raise DataError("empty_file", f"{file['path']} has no bytes", "copy the file again from where it was made")
    if len(listed) > 1 and listed[0]["sha256"] == listed[1]["sha256"]:
        raise DataError(
            "pairs_out_of_step",
            f"{listed[0]['path']} and {listed[1]['path']} have the same bytes: first reads given twice",
            "put the file of the second reads into path2",
        )


def _checker(kind: str):
    """The function (files, names) -> (records, counts) that reads this format."""
    from seriome.intake import alignments, fastq, spectra, tables

    return {
        "fastq": fastq.check,
        "bam": alignments.check_bam,
        "vcf": alignments.check_vcf,
        "mzml": spectra.check,
        "kallisto": tables.check_kallisto,
        "salmon": tables.check_salmon,
        "star": tables.check_star,
        "features": tables.check_features,
        **{kind: partial(tables.check_proteins, kind) for kind in OF_MANY},
    }[kind]
