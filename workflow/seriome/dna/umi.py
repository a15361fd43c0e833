"""Molecular barcodes (UMIs) inside the reads, taken out by a read structure.

A read structure is written in fgbio's notation: `3M2S+T` is three bases of barcode, two to skip, the rest template;
two of them, separated by a space, for read 1 and read 2; one alone is of read 1 and read 2 is all template.
Source: fgbio, Read Structures, https://github.com/fulcrumgenomics/fgbio/wiki/Read-Structures
"""

import re

from seriome.errors import InputError

NONE = "+T"


def parse_structure(text: str) -> list[list[tuple[str, int]]]:
    """`3M2S+T 8M+T` -> [[("M", 3), ("S", 2)], [("M", 8)]]: what stands before the template of each read."""
    reads = (text or NONE).split(" ")
    if len(reads) > 2 or any(not re.fullmatch(r"(\d+[MS])*\+T", read) for read in reads):
        raise InputError(f"read structure {text!r}: not like '3M2S+T 3M2S+T' (M barcode, S skipped, +T the rest)")
    reads += [NONE] * (2 - len(reads))
    return [[(kind, int(number)) for number, kind in re.findall(r"(\d+)([MS])", read)] for read in reads]


class Cutter:
    """Takes the barcode off one read of a pair: `cut(sequence, quality)` -> (barcode, sequence, quality)."""

    def __init__(self, segments):
        self.length = sum(number for _, number in segments)
        self.slices, at = [], 0
        for kind, number in segments:
            if kind == "M":
                self.slices.append(slice(at, at + number))
            at += number

    def cut(self, sequence: str, quality: str) -> tuple[str, str, str]:
        barcode = "".join(sequence[part] for part in self.slices)
        return barcode, sequence[self.length :], quality[self.length :]


def molecule(barcode1: str, barcode2: str, swap: bool) -> str:
    """The RX tag of a pair: the barcode of the leftmost end, a hyphen, that of the rightmost end.

    Both strands of one duplex molecule so bear one name, for their read 1 starts at opposite ends.
    swap    read 2 is the leftmost
    With a barcode on one read only it stands alone, and strands are not joined.
    """
    if not barcode1 or not barcode2:
        return barcode1 or barcode2
    return f"{barcode2}-{barcode1}" if swap else f"{barcode1}-{barcode2}"
