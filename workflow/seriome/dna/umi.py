"""Molecular barcodes (UMIs): where they stand, how they are taken out, which of them belong to one molecule.

The sheet's column `umi` says where the barcodes of a unit are, in one of three ways:

    3M2S+T 3M2S+T    in the reads: fgbio's read structures of read 1 and, after a space, of read 2 (alone: of read 1,
                     read 2 is all template). M barcode, S skipped, +T the rest is template
    +T +T 8M         in the third file, path3: its structure comes third; +M takes all of it
    name: or name_   in the read's name, behind its last colon (as Illumina's programs write it) or its last underscore
                     (as `umi_tools extract` does); two barcodes with + or - between them are those of read 1 and read 2

Sources: fgbio, Read Structures, https://github.com/fulcrumgenomics/fgbio/wiki/Read-Structures; barcodes with errors:
Smith, Heger, Sudbery 2017, Genome Research 27:491, doi:10.1101/gr.209601.116 (the directional method)
"""

import re
from operator import ne

from seriome.errors import DataError, InputError

NONE = "+T"
NAMED = {"name:": ":", "name_": "_"}
HELP = "like '3M2S+T 3M2S+T' (M barcode, S skipped, +T the rest), '+T +T 8M' (barcodes in path3), 'name:' or 'name_'"


class Cutter:
    """Takes the barcode off one read: `cut(sequence, quality)` -> (barcode, sequence, quality)."""

    def __init__(self, structure: str = NONE):
        self.slices, self.length = [], 0
        for number, kind in re.findall(r"(\d+|\+)([MS])", structure):
            end = None if number == "+" else self.length + int(number)
            if kind == "M":
                self.slices.append(slice(self.length, end))
            self.length = self.length if end is None else end

    def cut(self, sequence: str, quality: str) -> tuple[str, str, str]:
        barcode = "".join(sequence[part] for part in self.slices)
        return barcode, sequence[self.length :], quality[self.length :]


class Barcodes:
    """Where the barcodes of one unit are, from the text of the sheet (empty: nowhere).

    cutters    one per read, two
    third      cutter of the reads of path3, or None
    separator  character of the read's name behind which they are, or None
    Raises     InputError for a text of another form
    """

    def __init__(self, text: str = ""):
        self.separator, self.third, structures = NAMED.get(text), None, [NONE, NONE]
        if text and not self.separator:
            structures = text.split(" ")
            if len(structures) > 3 or any(not re.fullmatch(r"(\d+[MS])*\+T", one) for one in structures[:2]):
                raise InputError(f"{text!r} does not say where barcodes are: {HELP}")
            if len(structures) == 3:
                third = structures.pop()
                if not re.fullmatch(r"(\d+[MS])*(\+[MS])?", third) or "M" not in third:
                    raise InputError(f"{third!r} is no structure of reads that hold barcodes only, like '8M' or '+M'")
                if "M" in "".join(structures):
                    raise InputError(f"{text!r} has barcodes both in the reads and in path3: only one is taken")
                self.third = Cutter(third)
        structures += [NONE] * (2 - len(structures))
        self.cutters = [Cutter(one) for one in structures]

    def __bool__(self) -> bool:
        return bool(self.separator or self.third or any(one.slices for one in self.cutters))

    @property
    def untouched(self) -> bool:
        """Reads and names stay as they are."""
        return not self and not any(one.length for one in self.cutters)

    def in_name(self, name: str) -> list[str]:
        """The barcodes of read 1 and read 2 in a read's name. Raises DataError `no_barcode`."""
        first, _, second = name.rpartition(self.separator)[2].replace("+", "-").partition("-")
        if not first or set(first + second) - set("ACGTN"):
            raise DataError(
                "no_barcode",
                f"the read's name {name!r} does not end in a barcode behind its last {self.separator!r}",
                "correct the column umi of this unit, or leave it empty",
            )
        return [first, second]


def problem(text: str, paths: int) -> str | None:
    """What is wrong with a cell `umi` of a unit with so many files of reads (1 to 3), or None."""
    try:
        barcodes = Barcodes(text)
    except InputError as error:
        return str(error)
    if barcodes.third and paths < 3:
        return f"{text!r} names the structure of a third file, but path3 is empty"
    if paths == 3 and not barcodes.third:
        return "path3 holds barcodes, so that umi needs a third read structure, like '+T +T 8M'"
    return None


def molecule(barcode1: str, barcode2: str, swap: bool) -> str:
    """The RX tag of a pair: the barcode of the leftmost end, a hyphen, that of the rightmost end.

    Both strands of one duplex molecule so bear one name, for their read 1 starts at opposite ends.
    swap    read 2 is the leftmost
    With a barcode on one read only it stands alone, and strands are not joined.
    """
    if not barcode1 or not barcode2:
        return barcode1 or barcode2
    return f"{barcode2}-{barcode1}" if swap else f"{barcode1}-{barcode2}"


def directional(counts: dict[str, int]) -> dict[str, str]:
    """{barcode: the barcode it was read from} of the barcodes at one place, by the directional method.

    counts    {barcode: reads}
    A barcode with b reads is an erroneous copy of one with a reads when they differ in one base and a >= 2 b - 1;
    copies of copies count as copies. Where several barcodes may be its source it is the one with most reads, then the
    first of the alphabet. An N differs from every base. Barcodes of unequal length are never joined.
    """
    if len(counts) == 1:
        return {one: one for one in counts}
    source = {}
    for first in sorted(counts, key=lambda one: (-counts[one], one)):
        if first in source:
            continue
        source[first], queue = first, [first]
        for one in queue:
            most = (counts[one] + 1) // 2
            for other in _neighbours(one, counts):
                if other not in source and counts[other] <= most:
                    source[other] = first
                    queue.append(other)
    return source


def _neighbours(one: str, known) -> list[str]:
    """Those of the known barcodes that differ in one base: by comparing, or of many by looking up."""
    if len(known) < 2 * len(one):
        return [other for other in known if len(other) == len(one) and sum(map(ne, one, other)) == 1]
    changed = (
        f"{one[:at]}{base}{one[at + 1 :]}"
        for at, own in enumerate(one)
        if own != "-"
        for base in "ACGTN"
        if base != own
    )
    return [other for other in changed if other in known]
