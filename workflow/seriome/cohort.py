"""The cohort: sheets to patients, timepoints, samples and units; every problem at once, each with its line."""

import csv
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd
from jsonschema import Draft202012Validator

from seriome.config import explain, schema
from seriome.dna import umi
from seriome.errors import InputError, did_you_mean

SHEETS = ("patients", "samples", "assays", "treatments", "clinical")
OPTIONAL = ("treatments", "clinical")
CONTROLS = ("blank", "pool")
CONTROL_PATIENT = "control"  # stands for the patient of blanks and pools in paths and tables
FORMATS = {
    "dna": ("fastq", "bam", "vcf", "features"),
    "rna": ("fastq", "kallisto", "salmon", "star", "features"),
    "proteome": ("mzml", "diann", "maxquant", "fragpipe", "spectronaut", "features"),
    "metabolome": ("mzml", "features"),
}
# formats that are folders, and the file in them that is read
FOLDERS = {"kallisto": "abundance.tsv", "salmon": "quant.sf"}
NOT_YET = ("cram",)
SUFFIXES = {
    "fastq": (".fastq.gz", ".fq.gz", ".fastq", ".fq"),
    "bam": (".bam",),
    "vcf": (".vcf.gz", ".vcf", ".bcf"),
    "mzml": (".mzml", ".mzml.gz"),
    "star": (".tab", ".tab.gz"),
    "features": (".tsv", ".tsv.gz", ".parquet"),
    "diann": (".parquet", ".tsv", ".tsv.gz"),
    "maxquant": (".txt", ".txt.gz", ".tsv"),
    "fragpipe": (".tsv", ".tsv.gz"),
    "spectronaut": (".tsv", ".tsv.gz", ".csv", ".xls", ".txt"),
}
OF_MANY = ("diann", "maxquant", "fragpipe", "spectronaut")  # tables that hold many runs
PATHS = ("path1", "path2", "path3")
PARSE = {"string": str, "integer": int, "number": float}


@dataclass(frozen=True)
class Cohort:
    """The checked sheets, one table each, and the folder that relative paths start from.

    samples has the column `patient` filled for controls too (CONTROL_PATIENT); day is a nullable integer.
    assays has `path1`, `path2`, `path3` resolved against the data folder, and `patient` from samples.
    """

    patients: pd.DataFrame
    samples: pd.DataFrame
    assays: pd.DataFrame
    treatments: pd.DataFrame
    clinical: pd.DataFrame

    def samples_with(self, assay: str, *formats: str) -> list[str]:
        """Names of the samples that have this assay (in one of these formats, if any are named), sorted."""
        units = self.assays[self.assays["assay"] == assay]
        return sorted(set(units.loc[units["format"].isin(formats or FORMATS[assay]), "sample"]))

    def runs(self, assay: str, sample: str) -> list[str]:
        """Names of the units of one sample and assay, in the order of the sheet."""
        return list(self._units.get((assay, sample), {}))

    def unit(self, assay: str, sample: str, run: str) -> dict:
        """The sheet's row of one unit, a plain dict (patient, sample, assay, run, format, ...) without empty cells."""
        return dict(self._units[assay, sample][run])

    def files(self, assay: str, sample: str, run: str) -> list[str]:
        """The raw files, one to three, of one unit."""
        unit = self._units[assay, sample][run]
        return [unit[column] for column in PATHS if column in unit]

    def barcoded(self, sample: str) -> list[bool]:
        """For each dna unit of a sample, whether the sheet says where its molecular barcodes are."""
        return [bool(umi.Barcodes(unit.get("umi", ""))) for unit in self._units[("dna", sample)].values()]

    def units(self, assay: str, *formats: str, specimens=()) -> list:
        """Rows of the sheet of all units of an assay (in these formats, of these specimens, if any are named).

        Named tuples in the order of the sheet, for `collect`.
        """
        of_assay = (self.assays["assay"] == assay) & self.assays["format"].isin(formats or FORMATS[assay])
        table = self.assays[of_assay]
        if specimens:
            of = self.samples.loc[self.samples["specimen"].isin(specimens), "sample"]
            table = table[table["sample"].isin(set(of))]
        return list(table.itertuples(index=False))

    def patients_with(self, assay: str, *formats: str) -> list[str]:
        """Names of the patients of whom a sample has this assay (in one of these formats, if any are named), sorted."""
        with_it = self.samples[self.samples["sample"].isin(self.samples_with(assay, *formats))]
        return sorted(set(with_it["patient"]) - {CONTROL_PATIENT})

    def rows(self, sheet: str, patient: str | None = None) -> list[dict]:
        """Rows of a sheet (of one patient, if named), plain dicts without empty cells, in its order."""
        table = getattr(self, sheet)
        of_patient = table if patient is None else table[table["patient"] == patient]
        return [
            {key: value.item() if hasattr(value, "item") else value for key, value in row.items() if _filled(value)}
            for row in of_patient.to_dict("records")
        ]

    def samples_of(self, patient: str, assay: str, *formats: str) -> list[dict]:
        """One patient's samples with this assay, controls left out, by day and name: patient, sample, timepoint, day,
        specimen."""
        with_it, keys = set(self.samples_with(assay, *formats)), ("patient", "sample", "timepoint", "day", "specimen")
        rows = [
            {key: row[key] for key in keys}
            for row in self.rows("samples", patient)
            if row["sample"] in with_it and row["specimen"] not in CONTROLS
        ]
        return sorted(rows, key=lambda row: (row["day"], row["sample"]))

    @cached_property
    def _units(self) -> dict:
        units = {}
        for row in self.assays.to_dict("records"):
            cells = {key: int(value) if key == "injection" else value for key, value in row.items() if _filled(value)}
            units.setdefault((row["assay"], row["sample"]), {})[row["run"]] = cells
        return units

    @cached_property
    def _sample_rows(self) -> dict:
        return {row["sample"]: row for row in self.samples.to_dict("records")}

    def about(self, sample: str, assay: str) -> dict:
        """The keys of a feature table: patient, sample, timepoint, assay, day."""
        row = self._sample_rows[sample]
        return {
            "patient": row["patient"],
            "sample": sample,
            "timepoint": row["timepoint"] or None,
            "assay": assay,
            "day": int(row["day"]) if _filled(row["day"]) else None,
        }


def _filled(cell) -> bool:
    return pd.notna(cell) and cell != ""


class CohortError(InputError):
    """All problems of the sheets at once; `problems` has a line each."""

    def __init__(self, problems):
        self.problems = problems
        super().__init__(f"the cohort has {len(problems)} problem(s):\n" + "\n".join(f"  {one}" for one in problems))


@dataclass
class _Sheet:
    """One sheet as it was read: rows of typed cells, the line of each, and the problems found so far."""

    name: str
    path: Path
    rows: list = field(default_factory=list)
    lines: list = field(default_factory=list)
    problems: list = field(default_factory=list)

    def at(self, index: int, column: str, message: str) -> None:
        self.problems.append((self.lines[index], f"{self.path} line {self.lines[index]}, {column}: {message}"))

    def table(self) -> pd.DataFrame:
        kinds = {key: rule.get("type") for key, rule in schema(self.name)["properties"].items()}
        table = pd.DataFrame(self.rows, columns=list(kinds))
        for column, kind in kinds.items():
            if kind == "string":
                table[column] = table[column].astype(object).where(table[column].notna(), "")
            else:
                table[column] = table[column].astype("Int64" if kind == "integer" else "float64")
        return table


def load_cohort(sheets, data, data_roots=()) -> Cohort:
    """Read and check the sheets in folder `sheets`.

    data        folder that relative paths of assays.tsv start from
    data_roots  further folders that absolute paths may lie in
    Raises      CohortError with every problem of every sheet, each with its file, line and column
    """
    read = {name: _read(name, Path(sheets) / f"{name}.tsv") for name in SHEETS}
    if not any(sheet.problems and not sheet.rows for sheet in read.values()):
        _check_patients(read)
        _check_samples(read)
        _check_assays(read, Path(data), [Path(root) for root in data_roots])
        _check_days(read)
    problems = [text for sheet in read.values() for _, text in sorted(sheet.problems)]
    if problems:
        raise CohortError(problems)
    tables = {name: sheet.table() for name, sheet in read.items()}
    samples, assays = tables["samples"], tables["assays"]
    samples["patient"] = samples["patient"].where(samples["patient"] != "", CONTROL_PATIENT)
    for column in PATHS:
        assays[column] = [str(Path(data) / path) if path else "" for path in assays[column]]
    patient_of = samples.set_index("sample")["patient"]
    assays.insert(0, "patient", assays["sample"].map(patient_of))
    return Cohort(**tables)


def _read(name: str, path: Path) -> _Sheet:
    """A sheet with typed cells; rows that break the schema are noted, not dropped."""
    sheet, rules = _Sheet(name, path), schema(name)
    if not path.is_file():
        if name not in OPTIONAL:
            sheet.problems.append((0, f"{path} is missing: write it, or set `sheets` to the folder where it is"))
        return sheet
    validator = Draft202012Validator(rules)
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, delimiter="\t")
            header = next(reader, [])
            if not _check_header(sheet, header, rules):
                return sheet
            for cells in reader:
                if not any(cell.strip() for cell in cells) or cells[0].startswith("#"):
                    continue
                sheet.lines.append(reader.line_num)
                sheet.rows.append({})
                index = len(sheet.rows) - 1
                if len(cells) > len(header):
                    sheet.at(index, "row", f"{len(cells)} cells under {len(header)} headers")
                    continue
                row = {
                    c: _typed(rules, c, cell.strip()) for c, cell in zip(header, cells, strict=False) if cell.strip()
                }
                sheet.rows[index] = row
                for error in validator.iter_errors(row):
                    sheet.at(index, error.path[0] if error.path else "row", explain(error))
    except UnicodeDecodeError as error:
        sheet.problems.append((0, f"{path} is not UTF-8 text (byte {error.start}): save it as tab-separated UTF-8"))
        return sheet
    if not sheet.rows and name not in OPTIONAL:
        sheet.problems.append((1, f"{path} has a header but no rows"))
    return sheet


def _check_header(sheet: _Sheet, header: list, rules: dict) -> bool:
    """Every column known, each once, none of the required absent; False when the rows cannot be read."""
    known, before = list(rules["properties"]), len(sheet.problems)
    if not header:
        sheet.problems.append((1, f"{sheet.path} is empty: its first line must name the columns {', '.join(known)}"))
        return False
    for column in header:
        if column not in known:
            hint = did_you_mean(column, known) or f", known are {', '.join(known)}"
            sheet.problems.append((1, f"{sheet.path} line 1: unknown column {column!r}{hint}"))
    for column in sorted({column for column in header if header.count(column) > 1}):
        sheet.problems.append((1, f"{sheet.path} line 1: column {column!r} stands twice"))
    misspelt = [column for column in header if column not in known]
    for column in rules["required"]:
        if column not in header and not any(did_you_mean(wrong, [column]) for wrong in misspelt):
            sheet.problems.append((1, f"{sheet.path} line 1: column {column!r} is missing"))
    return len(sheet.problems) == before


def _typed(rules: dict, column: str, text: str):
    """`text` as its column's type or, if it is not of it, as it stands: the schema refuses it."""
    try:
        value = PARSE[rules["properties"][column]["type"]](text)
    except ValueError:
        return text
    return value if value == value and value not in (float("inf"), float("-inf")) else text


def _unique(sheet: _Sheet, columns: list[str]) -> None:
    seen = {}
    for index, row in enumerate(sheet.rows):
        key = tuple(str(row.get(column, "")).casefold() for column in columns)
        if not all(key):
            continue
        first = seen.setdefault(key, sheet.lines[index])
        if first != sheet.lines[index]:
            shown = " ".join(str(row[column]) for column in columns)
            sheet.at(index, columns[-1], f"{shown!r} is also on line {first} (upper and lower case count as equal)")


def _known(sheet: _Sheet, column: str, of: _Sheet) -> None:
    known = [row[column] for row in of.rows if isinstance(row.get(column), str)]
    for index, row in enumerate(sheet.rows):
        if column in row and row[column] not in known:
            sheet.at(index, column, f"{row[column]!r} is not in {of.path.name}{did_you_mean(row[column], known)}")


def _check_patients(read) -> None:
    _unique(read["patients"], ["patient"])
    for index, row in enumerate(read["patients"].rows):
        if row.get("patient") == CONTROL_PATIENT:
            read["patients"].at(index, "patient", f"{CONTROL_PATIENT!r} is reserved for blanks and pools")
    for name in ("samples", "treatments", "clinical"):
        _known(read[name], "patient", read["patients"])
    for index, row in enumerate(read["treatments"].rows):
        if isinstance(row.get("end"), int) and isinstance(row.get("start"), int) and row["end"] < row["start"]:
            read["treatments"].at(index, "end", f"day {row['end']} is before the start, day {row['start']}")


def _check_samples(read) -> None:
    samples = read["samples"]
    _unique(samples, ["sample"])
    dna = {row.get("sample") for row in read["assays"].rows if row.get("assay") == "dna"}
    normals = {}
    for index, row in enumerate(samples.rows):
        if row.get("specimen") == "normal" and row.get("sample") in dna and row.get("patient"):
            first = normals.setdefault(row["patient"], row["sample"])
            if first != row["sample"]:
                samples.at(
                    index, "specimen", f"{row['patient']!r} has two normals with dna, {first!r} and {row['sample']!r}"
                )


def _check_days(read) -> None:
    """A timepoint has one day per patient, and labels that end in a number come in the order of their days."""
    samples, day_of = read["samples"], {}
    for index, row in enumerate(samples.rows):
        patient, label, day = row.get("patient"), row.get("timepoint"), row.get("day")
        if not patient or not label or not isinstance(day, int):
            continue
        first_day, line = day_of.setdefault((patient, label), (day, samples.lines[index]))
        if first_day != day:
            samples.at(
                index, "day", f"timepoint {label!r} of {patient!r} is day {day} here and day {first_day} on line {line}"
            )
            continue
        stem, number = _numbered(label)
        for (other_patient, other), (other_day, line) in day_of.items():
            if other_patient != patient or number is None or _numbered(other)[0] != stem:
                continue
            other_number = _numbered(other)[1]
            if (number - other_number) * (day - other_day) < 0:
                samples.at(
                    index,
                    "day",
                    f"{label!r} is day {day}, but {other!r} on line {line} is day {other_day}: order reversed",
                )


def _numbered(label: str):
    """('T', 10) of 'T10'; (label, None) where no number ends it."""
    digits = label[len(label.rstrip("0123456789")) :]
    return (label[: -len(digits)], int(digits)) if digits else (label, None)


def _check_assays(read, data: Path, roots: list[Path]) -> None:
    assays = read["assays"]
    _unique(assays, ["sample", "assay", "run"])
    _known(assays, "sample", read["samples"])
    _one_family(assays)
    used = {}
    for index, row in enumerate(assays.rows):
        assay, kind = row.get("assay"), row.get("format")
        if kind in NOT_YET:
            can = ", ".join(FORMATS.get(assay, ()))
            assays.at(index, "format", f"{kind!r} cannot be read yet; {assay} comes as {can} today")
        elif assay in FORMATS and kind in {**SUFFIXES, **FOLDERS} and kind not in FORMATS[assay]:
            assays.at(
                index, "format", f"{kind!r} is not a format of {assay}, which comes as {', '.join(FORMATS[assay])}"
            )
        if kind == "fastq" and assay == "dna" and not row.get("path2"):
            assays.at(index, "path2", "dna reads come in pairs: the second file is missing")
        if kind != "fastq" and row.get("path2"):
            assays.at(index, "path2", f"only fastq has a second file, {kind} has one")
        if (row.get("umi") or row.get("path3")) and (assay, kind) != ("dna", "fastq"):
            assays.at(index, "umi" if row.get("umi") else "path3", "barcodes are taken from dna reads as fastq only")
        elif wrong := umi.problem(row.get("umi", ""), 3 if row.get("path3") else 2):
            assays.at(index, "umi", wrong)
        if row.get("column") and kind not in OF_MANY:
            assays.at(index, "column", f"only tables of many runs have one ({', '.join(OF_MANY)})")
        if row.get("channel") and (assay, kind) != ("proteome", "mzml"):
            assays.at(index, "channel", "only labelled runs of the proteome (mzml) have one")
        if row.get("strand") and (assay, kind) != ("rna", "fastq"):
            assays.at(index, "strand", "the strand is said of rna reads as fastq only")
        fits = kind if kind in FORMATS.get(assay, ()) else None
        for column in PATHS:
            if isinstance(row.get(column), str):
                _check_path(assays, index, column, row[column], fits, data, roots)
                shared = row.get("channel") or (kind in OF_MANY and f"{row['sample']} {row.get('run')}") or ""
                first = used.setdefault((row[column], shared), (assays.lines[index], column))
                if first != (assays.lines[index], column):
                    assays.at(index, column, f"{row[column]!r} is also on line {first[0]}, {first[1]}")


def _one_family(assays: _Sheet) -> None:
    """Reads of one sample may come in lanes, but raw files and finished results do not mix in one sample and assay."""
    first_of = {}
    for index, row in enumerate(assays.rows):
        key, kind = (row.get("sample"), row.get("assay")), row.get("format")
        family = "reads" if kind in ("fastq", "bam") else kind
        first, line = first_of.setdefault(key, (family, assays.lines[index]))
        if first != family:
            assays.at(
                index, "format", f"{kind!r} beside {first} on line {line}: one sample's {key[1]} comes in one way"
            )
        elif line != assays.lines[index] and family in ("kallisto", "salmon", "star", "features"):
            assays.at(index, "run", f"a second {kind} unit for {key[0]!r} (first on line {line}): only one is taken")


def _check_path(assays: _Sheet, index: int, column: str, text: str, kind, data: Path, roots: list[Path]) -> None:
    path = Path(text)
    if any(ord(character) < 32 or character in "{}<>*?\"'`$;|&\\" for character in text):
        return assays.at(index, column, f"{text!r} has a character that does not belong in a path here")
    if ".." in path.parts:
        return assays.at(index, column, f"{text!r} climbs out of the data folder: write it without '..'")
    if path.is_absolute() and not any(path.is_relative_to(root.absolute()) for root in [data, *roots]):
        return assays.at(index, column, f"{text!r} lies outside the data folder {data}: add its folder to `data_roots`")
    endings = SUFFIXES.get(kind, ())
    if endings and not text.lower().endswith(endings):
        assays.at(index, column, f"{text!r} does not end as {kind} does ({', '.join(endings)})")
    found = data / path
    if kind in FOLDERS:
        if not (found / FOLDERS[kind]).is_file():
            assays.at(index, column, f"{found} is no {kind} folder: it has no {FOLDERS[kind]}")
    elif not found.is_file():
        assays.at(
            index, column, f"{found} is not there; relative paths start from the config's `data`, now {str(data)!r}"
        )
