"""FASTQ: four lines a record, as long in quality as in sequence, and two mates in step.

The format is that of Cock et al. 2010, Nucleic Acids Res 38:1767, doi:10.1093/nar/gkp1137, in its four-line form.
Lines are found in blocks with numpy, since a loop over the lines of a sequencing run would take hours.
"""

from dataclasses import dataclass

import numpy as np

from seriome.errors import DataError
from seriome.intake.streams import COPY_AGAIN, blocks

NEWLINE, RETURN, SPACE, TAB, SLASH, AT, PLUS, ONE, TWO = b"\n\r \t/@+12"
LOWEST, HIGHEST = 33, 126  # quality characters, ASCII
LONGEST_NAME = 254  # characters, SAM specification 1.4: aligners write no longer name
GROUP = 1 << 22  # unpacked bytes looked at together
MEND = "export or copy the file again; intake reads records of four lines"


@dataclass
class Records:
    """Some whole records that follow each other: names (bytes, without mate suffix) and sequence lengths."""

    first: int  # number of the first record in its file, from 1
    names: np.ndarray
    lengths: np.ndarray


def check(files, names):
    """(records, {"bases", "shortest", "longest"}); records are pairs where there are two files or three.

    Raises  DataError truncated_gzip, corrupt_gzip, truncated_fastq, malformed_fastq, pairs_out_of_step, empty_file
    """
    streams = [records(file, name) for file, name in zip(files, names, strict=True)]
    total, bases, shortest, longest = 0, 0, None, 0
    for group in _in_step(streams, names) if len(streams) > 1 else ([one] for one in streams[0]):
        total += len(group[0].names)
        for one in group[:2]:  # the third file holds barcodes
            bases += int(one.lengths.sum())
            shortest = min(int(one.lengths.min()), int(one.lengths.min()) if shortest is None else shortest)
            longest = max(longest, int(one.lengths.max()))
    if not total:
        raise DataError("empty_file", f"{names[0]} has no reads", "leave the unit out of assays.tsv, or export again")
    return total, {"bases": bases, "shortest": shortest, "longest": longest}


def records(path, name: str):
    """Records of a FASTQ file in groups (Records). Raises DataError at the first record that is not one."""
    rest, done, gathered = b"", 0, []
    for block in blocks(path, name):
        gathered.append(block)
        if sum(map(len, gathered)) < GROUP:
            continue
        group, rest = _parse(rest + b"".join(gathered), done, name)
        gathered = []
        if group is not None:
            done += len(group.names)
            yield group
    last = rest + b"".join(gathered)
    text = last.rstrip(b"\r\n")
    if not text:
        return
    lines = text.count(b"\n") + 1
    if lines % 4 == 3 and text.endswith(b"\n+"):  # a last record without bases: its empty quality line was stripped
        text, lines = text + b"\n", lines + 1
    cut = lines % 4 > 0
    if not cut and not last.endswith(b"\n"):
        sequence, _, quality = text.rsplit(b"\n", 3)[1:]
        cut = len(quality) < len(sequence.rstrip(b"\r"))
    if cut:
        whole = done + (lines - 1) // 4
        raise DataError(
            "truncated_fastq",
            f"{name} ends inside record {whole + 1:,} (line {4 * done + lines:,})",
            COPY_AGAIN,
        )
    group, _ = _parse(text + b"\n", done, name)
    yield group


def _parse(text: bytes, done: int, name: str):
    """(Records of the whole records in `text` or None, the bytes behind them)."""
    data = np.frombuffer(text, np.uint8)
    ends = np.flatnonzero(data == NEWLINE)
    count = len(ends) // 4
    if not count:
        return None, text
    ends = ends[: 4 * count]
    starts = np.concatenate([[0], ends[:-1] + 1])
    used = int(ends[-1]) + 1
    ends = ends - (data[np.maximum(ends - 1, 0)] == RETURN) * (ends > starts)
    starts, ends = starts.reshape(count, 4), ends.reshape(count, 4)

    def refuse(wrong, line, message):
        if wrong.any():
            at = int(np.argmax(wrong))
            number = done + at + 1
            shown = text[starts[at, 0] : min(ends[at, 0], starts[at, 0] + 60)].decode("ascii", "replace")
            where = f"{name} record {number:,} (line {4 * (number - 1) + line:,})"
            raise DataError("malformed_fastq", f"{where}: {message(at)}; its first line is {shown!r}", MEND)

    filled = ends > starts
    refuse(~filled[:, 0] | (data[starts[:, 0]] != AT), 1, lambda at: "does not begin with '@'")
    refuse(~filled[:, 2] | (data[starts[:, 2]] != PLUS), 3, lambda at: "its third line does not begin with '+'")
    lengths = ends - starts
    refuse(
        lengths[:, 1] != lengths[:, 3],
        4,
        lambda at: f"{lengths[at, 1]:,} bases, but {lengths[at, 3]:,} quality values",
    )
    odd = np.flatnonzero((data[:used] < LOWEST) | (data[:used] > HIGHEST))
    odd = odd[(data[odd] != NEWLINE) & (data[odd] != RETURN)]
    line = np.searchsorted(starts.ravel(), odd, side="right") - 1
    for column, what in ((3, "quality"), (1, "sequence")):
        wrong = np.zeros(count, bool)
        wrong[line[line % 4 == column] // 4] = True
        refuse(wrong, column + 1, lambda at, what=what: f"its {what} has a character outside of '!' to '~'")
    blanks = odd[(data[odd] == SPACE) | (data[odd] == TAB)]
    begin, end = _name_bounds(data, starts[:, 0] + 1, ends[:, 0], blanks)
    refuse(end - begin > LONGEST_NAME, 1, lambda at: f"its name has more than {LONGEST_NAME} characters")
    return Records(done + 1, _names(data, begin, end), lengths[:, 1]), text[used:]


def _name_bounds(data, starts, ends, blanks):
    """Where read names begin and end: up to the first blank, without /1 or /2 at their end."""
    if len(blanks):
        at = np.searchsorted(blanks, starts)
        blank = np.where(at < len(blanks), blanks[np.minimum(at, len(blanks) - 1)], ends)
        ends = np.minimum(ends, blank)
    mate = (ends - starts > 2) & (data[ends - 2] == SLASH) & ((data[ends - 1] == ONE) | (data[ends - 1] == TWO))
    return starts, ends - 2 * mate


def _names(data, starts, ends):
    """The names between these bounds as an array of bytes."""
    lengths = ends - starts
    width = max(int(lengths.max()), 1)
    place = starts[:, None] + np.arange(width)
    letters = np.where(np.arange(width) < lengths[:, None], data[np.minimum(place, len(data) - 1)], 0)
    return np.ascontiguousarray(letters.astype(np.uint8)).view(f"S{width}").ravel()


def _in_step(streams, names):
    """Mates (and their barcodes), Records of equal length and names, until all files end."""
    groups = [None] * len(streams)
    while True:
        groups = [
            group if group is not None and len(group.names) else next(stream, None)
            for group, stream in zip(groups, streams, strict=True)
        ]
        if any(group is None for group in groups):
            break
        count = min(len(group.names) for group in groups)
        for other, name in zip(groups[1:], names[1:], strict=True):
            differ = groups[0].names[:count] != other.names[:count]
            if differ.any():
                at = int(np.argmax(differ))
                one, two = (group.names[at].decode("ascii", "replace") for group in (groups[0], other))
                raise DataError(
                    "pairs_out_of_step",
                    f"{names[0]} and {name} part at record {groups[0].first + at:,}: {one!r} beside {two!r}",
                    "export the files together again, or restore their pairs (e.g. seqkit pair, repair.sh)",
                )
        yield [_cut(group, None, count) for group in groups]
        groups = [_cut(group, count, None) for group in groups]
    longer = next((number for number, group in enumerate(groups) if group is not None), None)
    if longer is not None:
        ended, group = next(number for number, one in enumerate(groups) if one is None), groups[longer]
        more = len(group.names) + sum(len(one.names) for one in streams[longer])
        raise DataError(
            "pairs_out_of_step",
            f"{names[longer]} has {more:,} records more than {names[ended]}, which ends after {group.first - 1:,}",
            "export the files together again, or restore their pairs (e.g. seqkit pair, repair.sh)",
        )


def _cut(group: Records, start, stop) -> Records:
    return Records(group.first + (start or 0), group.names[start:stop], group.lengths[start:stop])
