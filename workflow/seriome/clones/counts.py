"""Counts: a table of read counts that people already have, in PyClone-VI's format, and the sheet of its samples.

Every problem is told at once, each with its file and line. A mutation without a row in some sample is kept and counts
as not covered there; the order of rows does not matter.
Source of the format: Gillis and Roth 2020, doi:10.1186/s12859-020-03919-2, and the program's README.
"""

import csv
import zlib
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from seriome.clones.likelihood import Counts
from seriome.clones.model import CopyNumber
from seriome.errors import InputError, did_you_mean
from seriome.files import read_tsv

WHOLE = ("ref_counts", "alt_counts", "major_cn", "minor_cn", "normal_cn")
NEEDED = ("mutation_id", "sample_id", *WHOLE)
SECOND = ("major_cn_2", "minor_cn_2", "fraction_2")  # a second population of cancer cells with other copies
TOLD = ("chrom", "gene", "name")  # of the mutation
NUMBERS = ("tumour_content", "error_rate", *SECOND)
OPTIONAL = (*NUMBERS, *TOLD)
SAMPLE_COLUMNS = ("sample_id", "day", "specimen", "timepoint", "site", "burden")
ERROR_RATE = 0.001
MOST_COPIES, MOST_READS = 100, 1e7  # beyond these a number is a mistake
SHOWN = 20  # problems that are printed


@dataclass
class Table:
    """What was read: counts, copies, purities, and what the samples and mutations are called.

    purity (S,) NaN where it is not stated;  error (N, S);  samples: dicts with sample, day (None without a sheet),
    specimen, timepoint, site;  mutations: dicts with name, gene, chrom
    """

    counts: Counts
    copy_number: CopyNumber
    purity: np.ndarray
    error: np.ndarray
    samples: list
    mutations: list
    warnings: list = field(default_factory=list)


class _Problems(list):
    def say(self, path, line, text):
        self.append((line, f"{path}, line {line}: {text}"))

    def stop(self):
        if self:
            told = [text for _, text in sorted(self, key=lambda one: one[0])]
            more = [f"… and {len(told) - SHOWN} more"] if len(told) > SHOWN else []
            raise InputError("\n  ".join([f"{len(told)} problem(s):", *told[:SHOWN], *more]))


def read_counts(path, samples_path=None) -> Table:
    """The table at `path`, plain or gzip, and the sheet of its samples. Raises InputError with every problem."""
    problems, warnings = _Problems(), []
    rows = _rows(path, NEEDED, OPTIONAL, problems, warnings)
    problems.stop()
    if not rows:
        raise InputError(f"{path} has no rows below a header: each is a mutation in a sample")
    names = _names(rows, path, problems)
    values = {column: _numbers(rows, column, path, problems) for column in (*WHOLE, *NUMBERS)}
    _check(values, [sample for _, sample in names], path, problems)
    problems.stop()
    mutations, samples = (sorted(set(one)) for one in zip(*names, strict=True))
    sheet = _samples(samples_path, path, samples, problems)
    problems.stop()
    samples = [one["sample"] for one in sheet]
    place = {one: n for n, one in enumerate(mutations)}
    column_of = {one: s for s, one in enumerate(samples)}
    at = [place[mutation] for mutation, _ in names], [column_of[sample] for _, sample in names]
    arrays = {key: np.full((len(mutations), len(samples)), np.nan) for key in values}
    for key, column in values.items():
        arrays[key][at] = column
    absent = int(np.isnan(arrays["ref_counts"]).sum())
    if absent:
        detail = (
            f"{absent} of {arrays['ref_counts'].size} cells (a mutation in a sample) have no row: taken as not covered"
        )
        warnings.append({"warning": "cells_without_row", "detail": detail})
    purity = _purity(arrays["tumour_content"], samples, path)
    if (arrays["major_cn"] == 0).any():
        none = int((arrays["major_cn"] == 0).any(axis=1).sum())
        detail = f"{none} mutation(s) where no copy is left (major_cn 0)"
        warnings.append({"warning": "no_copies", "detail": f"{detail}: taken as on one copy"})
    for key in ("major_cn", "minor_cn", "normal_cn"):
        arrays[key] = _filled(arrays[key])
    second = None
    if np.nansum(arrays["fraction_2"]) > 0:
        arrays["fraction_2"][np.isfinite(arrays["ref_counts"]) & np.isnan(arrays["fraction_2"])] = 0
        second = tuple(_filled(arrays[key]) for key in SECOND)
    alt, ref = (np.nan_to_num(arrays[key]).astype(int) for key in ("alt_counts", "ref_counts"))
    told = {}
    for row in rows:
        if row["mutation_id"] not in told:
            told[row["mutation_id"]] = {key: row.get(key) or None for key in TOLD}
    return Table(
        counts=Counts(tuple(mutations), tuple(samples), alt, alt + ref),
        copy_number=CopyNumber(arrays["major_cn"], arrays["minor_cn"], arrays["normal_cn"], second),
        purity=purity,
        error=np.where(np.isnan(arrays["error_rate"]), ERROR_RATE, arrays["error_rate"]),
        samples=sheet,
        mutations=[told[one] for one in mutations],
        warnings=warnings,
    )


def _rows(path, needed, optional, problems, warnings) -> list[dict]:
    try:
        rows = read_tsv(path)
    except FileNotFoundError:
        raise InputError(f"{path} is not there") from None
    except (OSError, UnicodeDecodeError, EOFError, csv.Error, zlib.error) as error:
        raise InputError(f"{path} cannot be read as a tab-separated table ({error})") from None
    header = list(rows[0]) if rows else []
    if rows and None in rows[0]:
        problems.say(path, 2, "has more cells than the header: is the table tab-separated?")
    for column in needed:
        if rows and column not in header:
            hint = did_you_mean(column, [str(one) for one in header])
            problems.say(
                path, 1, f"column {column} is missing" + hint.replace("did you mean", "is it") + _comma(header)
            )
    for column in header:
        if column is None or column in needed or column in optional:
            continue
        hint = did_you_mean(column, [one for one in optional if one not in header])
        if hint:
            problems.say(path, 1, f"column {column!r} is not known{hint}")
        else:
            warnings.append(
                {"warning": "column_ignored", "detail": f"{path}: column {column!r} is not known and not used"}
            )
    return rows


def _comma(header) -> str:
    return "; the table does not look tab-separated" if len(header) == 1 and "," in str(header[0]) else ""


def _names(rows, path, problems) -> list[tuple]:
    """(mutation, sample) of each row, none empty, none twice."""
    names, seen = [(row["mutation_id"], row["sample_id"]) for row in rows], {}
    for line, name in enumerate(names, start=2):
        for column, one in zip(("mutation_id", "sample_id"), name, strict=True):
            if not one:
                problems.say(path, line, f"{column} is empty")
        if name in seen:
            problems.say(path, line, f"mutation {name[0]!r} in sample {name[1]!r} is also on line {seen[name]}")
        seen.setdefault(name, line)
    return names


def _numbers(rows, column, path, problems) -> np.ndarray:
    """A column as numbers; NaN for an empty optional cell, infinite where there is a problem."""
    if column not in rows[0]:
        return np.full(len(rows), np.nan)
    try:
        values = np.array([float(row[column]) for row in rows])
    except (TypeError, ValueError):
        values = np.full(len(rows), np.nan)
    sound = np.isfinite(values)
    if column in WHOLE:
        sound &= (values >= 0) & (values <= _most(column)) & (values == np.floor(values))
    for n in np.flatnonzero(~sound):
        value = _number(rows[n][column], column, path, n + 2, problems)
        values[n] = np.inf if value is None else value
    return values


def _check(values, samples, path, problems) -> None:
    """What the numbers of a row, each sound by itself, have to be to one another."""
    sound = ~np.isinf(list(values.values())).any(axis=0)

    def refuse(wrong, text):
        for n in np.flatnonzero(sound & wrong):
            row = {column: value[n] for column, value in values.items()}
            problems.say(path, int(n) + 2, text(n, row))

    refuse(
        values["minor_cn"] > values["major_cn"],
        lambda n, row: f"minor_cn {row['minor_cn']:g} exceeds major_cn {row['major_cn']:g}: exchange them",
    )
    for column, low, high in (("tumour_content", 0, 1), ("error_rate", 0, 0.5), ("fraction_2", 0, 1)):
        value = values[column]
        wrong = (value <= low) | (value > high)
        if column == "fraction_2":
            wrong &= value != 0
        refuse(wrong, lambda n, row, c=column, a=low, b=high: f"{c} {row[c]:g} is not above {a} and at most {b:g}")
    refuse(
        (values["fraction_2"] > 0) & np.isnan(values["major_cn_2"] + values["minor_cn_2"]),
        lambda n, row: "fraction_2 needs major_cn_2 and minor_cn_2, the copies of that part of the cells",
    )
    content, seen = np.where(sound, values["tumour_content"], np.nan), {}
    first = [seen.setdefault(one, n) if fine else n for n, (one, fine) in enumerate(zip(samples, sound, strict=True))]
    refuse(
        np.abs(content[first] - content) > 1e-6,
        lambda n, row: (
            f"tumour_content of sample {samples[n]} is {content[n]:g}, on line {first[n] + 2} "
            f"{content[first[n]]:g}: it is one number per sample (copies that differ between cells go to major_cn_2, "
            "minor_cn_2 and fraction_2)"
        ),
    )


def _most(column) -> float:
    return MOST_COPIES if column.endswith("_cn") else MOST_READS


def _number(text, column, path, line, problems):
    """A number; NaN for an empty optional cell; None, and a problem, for anything else."""
    if text is None or text == "":
        if column in NUMBERS:
            return np.nan
        problems.say(path, line, f"{column} is empty")
        return None
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    most = _most(column)
    if column in WHOLE and value > most:
        problems.say(
            path,
            line,
            f"{column} {text} is above {most:g}, which is no number of {'copies' if most < 1e6 else 'reads'}",
        )
        return None
    if not np.isfinite(value) or (column in WHOLE and (value < 0 or value != int(value))):
        kind = "a whole number, 0 or more" if column in WHOLE else "a number"
        problems.say(path, line, f"{column} is {text!r}, not {kind}")
        return None
    return value


def _filled(values):
    """Copies where a mutation has no row: the commonest of its other samples."""
    values = values.copy()
    for n in np.flatnonzero(np.isnan(values).any(axis=1)):
        known = values[n][np.isfinite(values[n])]
        values[n, np.isnan(values[n])] = Counter(known.tolist()).most_common(1)[0][0] if len(known) else 0
    return values


def _purity(content, samples, path):
    if np.isnan(content).all():
        return np.full(content.shape[1], np.nan)
    low = np.fmin.reduce(content, axis=0)
    if np.isnan(low).any():
        names = ", ".join(samples[s] for s in np.flatnonzero(np.isnan(low)))
        raise InputError(f"{path}: tumour_content is stated for some samples and not for {names}; state all or none")
    return low


def _samples(path, counts_path, samples, problems) -> list[dict]:
    if path is None:
        return [{"sample": one, "day": None, "specimen": "tumor", "timepoint": None, "site": None} for one in samples]
    rows, warnings = _rows(path, ("sample_id", "day"), SAMPLE_COLUMNS[2:], problems, []), []
    found = {}
    for line, row in enumerate([] if problems else rows, start=2):
        name = row["sample_id"]
        if name in found:
            problems.say(path, line, f"sample {name!r} stands twice")
        try:
            day = int(row["day"])
        except (ValueError, TypeError):
            problems.say(path, line, f"day is {row['day']!r}, not a whole number of days")
            continue
        try:
            burden = float(row["burden"]) if row.get("burden") else None
        except ValueError:
            problems.say(path, line, f"burden is {row['burden']!r}, not a number")
            continue
        one = {"sample": name, "day": day, "specimen": row.get("specimen") or "tumor", "burden": burden}
        found[name] = one | {"timepoint": row.get("timepoint") or None, "site": row.get("site") or None}
        if name not in samples:
            warnings.append(name)
    missing = [one for one in samples if one not in found]
    if missing and not problems:
        hint = did_you_mean(missing[0], list(found))
        problems.say(path, len(rows) + 2, f"no row for sample {', '.join(map(repr, missing))} of {counts_path}{hint}")
    return sorted((found[one] for one in samples if one in found), key=lambda one: (one["day"], one["sample"]))
