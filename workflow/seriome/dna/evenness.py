"""How evenly the targets are covered: what deeper sequencing would cost, as Picard's CollectHsMetrics counts it.

Depth of a base: reads that are primary and no duplicates, of mapping quality 20 and base quality 20 or more, mates that
overlap counted once; bases of targets that overlap or touch are counted once. Picard cuts depths at COVERAGE_CAP (200)
for its percentiles, here they are whole.

fold_80         mean depth over the depth that 80 % of the bases reach at least (the 20th percentile): so many times
                more reads would bring 80 % of the bases to today's mean; 1 is perfectly even. None where a fifth of the
                bases has no reads: no number of reads would do
share_fifth     share of the bases with at least 0.2 times the mean depth
Source: Picard, CollectHsMetrics, FOLD_80_BASE_PENALTY, https://broadinstitute.github.io/picard/
"""

import tempfile
from pathlib import Path

import numpy as np

from seriome.dna.tools import samtools
from seriome.files import write_tsv

MIN_MAPPING, MIN_BASE = 20, 20  # Picard's defaults
REACHED, FIFTH = 0.2, 0.2  # bases below the depth of fold_80; of the mean depth
COLUMNS = ["chrom", "start", "end", "name", "mean_depth", "relative_depth", "share_fifth", "least_depth"]


def evenness(bam, targets, contigs, *, threads: int = 1) -> tuple[dict, list[dict]]:
    """Numbers of a sample, and a row per target.

    bam       indexed;  targets: rows (chrom, start, end, name or nothing, ...), 0-based;  contigs: names, in order
    Returns   {target_bases, target_mean_depth, target_median_depth, fold_80, share_fifth}, rows of COLUMNS:
              relative_depth to the mean over all targets. Without reads on targets depths are 0, the others None
    """
    places = united(targets, contigs)
    histogram, found = np.zeros(1, np.int64), []
    with tempfile.TemporaryDirectory() as folder:
        for chrom, rows in places.items():
            depth = _depth(bam, chrom, rows, folder, threads)
            counted = np.bincount(depth, minlength=len(histogram))
            counted[: len(histogram)] += histogram
            histogram = counted
            ends = np.cumsum([end - start for start, end, _ in rows])[:-1]
            found += [(chrom, *row, part) for row, part in zip(rows, np.split(depth, ends), strict=True)]
    numbers = summary(histogram)
    mean = numbers["target_mean_depth"]
    return numbers, [_row(*one, mean) for one in found]


def united(targets, contigs) -> dict[str, list[tuple]]:
    """{chrom: [(start, end, names), ...]} in the order of the contigs: those that overlap or touch are one."""
    found = {}
    for chrom, start, end, *more in targets:
        found.setdefault(chrom, []).append((start, end, more[0] if more else ""))
    result = {}
    for chrom in (name for name in contigs if name in found):
        rows = []
        for start, end, name in sorted(found[chrom]):
            if rows and start <= rows[-1][1]:
                rows[-1][1] = max(rows[-1][1], end)
                rows[-1][2] |= {name: None}
            else:
                rows.append([start, end, {name: None}])
        result[chrom] = [(start, end, ",".join(filter(None, names))) for start, end, names in rows]
    return result


def _depth(bam, chrom, rows, folder, threads: int) -> np.ndarray:
    """Depth of every base of the rows of one contig, in their order: int (bases,). A contig at a time is in memory."""
    bed, text = Path(folder, "targets.bed"), Path(folder, "depth.tsv")
    bed.write_text("".join(f"{chrom}\t{start}\t{end}\n" for start, end, _ in rows), encoding="utf-8")
    limits = ("-aa", "-s", "-q", MIN_BASE, "-Q", MIN_MAPPING, "-@", max(0, threads - 1))
    samtools("depth", *limits, "-b", bed, "-r", chrom, "-o", text, bam)
    with open(text, "rb") as file:
        depth = np.fromiter((int(line[line.rindex(b"\t") :]) for line in file), np.int64)
    bases = sum(end - start for start, end, _ in rows)
    if len(depth) != bases:
        raise RuntimeError(f"samtools depth told {len(depth)} of {bases} bases of {chrom}")
    return depth


def summary(histogram) -> dict:
    """Evenness from how many bases have each depth: histogram[depth], int."""
    bases, depths = int(histogram.sum()), np.arange(len(histogram))
    if not bases:
        return {"target_bases": 0} | dict.fromkeys(
            ("target_mean_depth", "target_median_depth", "fold_80", "share_fifth")
        )
    mean, below = float(histogram @ depths) / bases, np.cumsum(histogram)
    low = int(np.searchsorted(below, REACHED * bases))
    return {
        "target_bases": bases,
        "target_mean_depth": round(mean, 4),
        "target_median_depth": int(np.searchsorted(below, 0.5 * bases)),
        "fold_80": round(mean / low, 6) if low else None,
        "share_fifth": round(float(histogram[depths >= FIFTH * mean].sum()) / bases, 6) if mean else None,
    }


def _row(chrom, start, end, name, depth, mean) -> dict:
    relative = f"{depth.mean() / mean:.4f}" if mean else ""
    enough = f"{(depth >= FIFTH * mean).mean():.4f}" if mean else ""
    numbers = (f"{depth.mean():.4f}", relative, enough, int(depth.min()))
    return dict(zip(COLUMNS, (chrom, start, end, name, *numbers), strict=True))


def write_targets(path, rows) -> None:
    write_tsv(path, rows, COLUMNS)
