"""Counting in parts: side by side in processes of one machine, or as jobs of a cluster, with the same result.

The regions are always cut at the same places; a job takes a run of these parts, and what parts found
is added up in their order. All of it are whole numbers, so that neither the number of jobs nor of processes shows.
"""

import gzip
import pickle
import tempfile
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from seriome.dna import pileup
from seriome.dna.background import Background
from seriome.files import moved_into_place

PART, PARTS = 50_000, 64  # bases of a part at least; parts at most, since each costs some time to begin


def divided(regions, bases: int = PART) -> list[list[tuple]]:
    """Regions (chrom, start, end, ...) in order, in parts of so many bases or more, at most PARTS of them."""
    bases = max(bases, -(-sum(end - start for _, start, end, *_ in regions) // PARTS))
    parts, size = [[]], 0
    for chrom, start, end, *_ in regions:
        while start < end:
            until = min(end, start + bases - size)
            parts[-1].append((chrom, start, until))
            size, start = size + until - start, until
            if size >= bases:
                parts.append([])
                size = 0
    return [part for part in parts if part]


def empty(samples) -> pileup.Pileup:
    """What no place says of samples."""
    none = pileup.Pileup(list(samples), background=Background(len(samples)))
    none.callable_bases = np.zeros(len(samples), int)
    return none


def count(bams, genome, regions, settings: dict, reading: dict, *, part: int = 0, parts: int = 1, threads: int = 1):
    """Counts of every allele in one of so many shares of the regions, as a pileup.Pileup.

    regions   rows (chrom, start, end, ...)
    settings  of the config's `dna` section: pileup.LIMITS
    reading   arguments of pileup.read_pileup: samples, tumour, ...
    part, parts   which share, 0-based, of how many;  threads: processes that count side by side
    """
    rows = divided(regions)
    first, after = (len(rows) * at // parts for at in (part, part + 1))
    total = empty(reading["samples"])
    with tempfile.TemporaryDirectory() as folder:
        work = partial(_count, [str(bam) for bam in bams], str(genome), settings, reading, folder)
        for found in each(work, list(enumerate(rows[first:after])), threads):
            add(total, found)
    return total


def each(function, jobs, threads: int):
    """Results of the jobs, in their order, from so many processes."""
    if threads > 1 and len(jobs) > 1:
        with ProcessPoolExecutor(min(threads, len(jobs))) as pool:
            yield from pool.map(function, jobs)
    else:
        yield from map(function, jobs)


def _count(bams, genome, settings, reading, folder, job) -> pileup.Pileup:
    """One part of the regions; runs in a process of its own."""
    number, rows = job
    bed, text = Path(folder, f"{number}.bed"), Path(folder, f"{number}.tsv")
    bed.write_text("".join(f"{chrom}\t{start}\t{end}\n" for chrom, start, end in rows), encoding="utf-8")
    pileup.pileup(bams, genome, bed, text, settings)
    found = pileup.read_pileup(text, genome, **reading)
    text.unlink()
    return found


def add(total: pileup.Pileup, more: pileup.Pileup) -> None:
    """What a further part found joins what those before it have."""
    total.alleles += more.alleles
    total.depth_at |= more.depth_at
    total.callable_bases += more.callable_bases
    total.background.join(more.background)


def gathered(files) -> pileup.Pileup | None:
    """What all shares found together, from the files of `write` in their order; of no files None."""
    total = None
    for found in map(read, files):
        if total is None:
            total = found
        else:
            add(total, found)
    return total


def write(path, found: pileup.Pileup) -> None:
    """One share's counts, for a job of the same run (its code is that of the job that reads them)."""
    with moved_into_place(path) as temporary, gzip.GzipFile(temporary, "wb", compresslevel=1, mtime=0) as file:
        pickle.dump(found, file)


def read(path) -> pileup.Pileup:
    """What `write` wrote; only files of this run's own jobs may be read, as pickles hold code."""
    with gzip.open(path, "rb") as file:
        return pickle.load(file)
