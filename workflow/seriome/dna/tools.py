"""What several modules of this stage use: quiet C libraries, samtools and bcftools as functions, intervals, bases."""

import os
import sys
from bisect import bisect_right
from contextlib import contextmanager

COMPLEMENT = str.maketrans("ACGTNacgtn", "TGCANtgcan")


@contextmanager
def c_output_to(path):
    """Send what C libraries (bwa, htslib) print in this process to the end of the file `path`."""
    saved = [os.dup(1), os.dup(2)]
    with open(path, "a") as file:
        try:
            for number in (1, 2):
                os.dup2(file.fileno(), number)
            yield
        finally:
            sys.stdout.flush()
            for number, original in zip((1, 2), saved, strict=True):
                os.dup2(original, number)
                os.close(original)


def samtools(command: str, *arguments) -> None:
    """One samtools command that writes its own output file. Raises pysam.SamtoolsError with its words."""
    import pysam.samtools

    getattr(pysam.samtools, command)(*map(str, arguments), catch_stdout=False)


def bcftools(command: str, *arguments) -> None:
    """One bcftools command that writes its own output file. Raises pysam.SamtoolsError with its words."""
    import pysam.bcftools

    getattr(pysam.bcftools, command)(*map(str, arguments), catch_stdout=False)


def has_reads(bam) -> bool:
    """True when a BAM has an alignment on the genome."""
    import pysam

    with pysam.AlignmentFile(str(bam), "rb") as file:
        return file.mapped > 0


def read_contigs(fai) -> dict[str, int]:
    """Contig names and lengths, in the order of the FASTA index."""
    with open(fai, encoding="utf-8") as file:
        return {name: int(length) for name, length, *_ in (line.split("\t") for line in file)}


def read_bed(path) -> list[tuple]:
    """Rows of a BED file (0-based, half-open): (chrom, start, end, further columns...); plain or gzip.

    Raises InputError naming the line that is no BED line.
    """
    from seriome.errors import InputError
    from seriome.files import open_text

    rows = []
    with open_text(path) as file:
        for number, line in enumerate(file, 1):
            if not line.strip() or line.startswith(("#", "track", "browser")):
                continue
            cells = line.rstrip("\r\n").split("\t")
            try:
                chrom, start, end = cells[0], int(cells[1]), int(cells[2])
            except (IndexError, ValueError):
                raise InputError(
                    f"{path} line {number}: not BED (chrom, start, end, tab-separated): {line!r}"
                ) from None
            if not 0 <= start < end:
                raise InputError(f"{path} line {number}: start {start} and end {end} span nothing")
            rows.append((chrom, start, end, *cells[3:]))
    return rows


def merged(intervals) -> list[tuple[int, int]]:
    """Intervals (start, end) of one contig, sorted, those that overlap or touch joined."""
    result = []
    for start, end in sorted(intervals):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


class Regions:
    """Intervals on contigs that can be asked whether positions lie within."""

    def __init__(self, rows):
        by_contig = {}
        for chrom, start, end, *_ in rows:
            by_contig.setdefault(chrom, []).append((start, end))
        self.intervals = {chrom: merged(pairs) for chrom, pairs in by_contig.items()}
        self._ends = {chrom: [end for pair in pairs for end in pair] for chrom, pairs in self.intervals.items()}

    def __contains__(self, place) -> bool:
        """`(chrom, position)`, 0-based."""
        chrom, position = place
        ends = self._ends.get(chrom)
        return ends is not None and bisect_right(ends, position) % 2 == 1

    @property
    def bases(self) -> int:
        return sum(end - start for pairs in self.intervals.values() for start, end in pairs)
