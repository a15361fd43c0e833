"""Consensus reads of planted families: errors per base, speed, memory.

    python -m tests.bench.consensus [--molecules 25000] [--seed 7]

Errors are counted against the planted truth over all called bases, raw reads first. Speed and memory are those of a
process of its own for each size, one thread: ordering by template and grouping with consensus; alignment of the
consensus reads is measured apart, at the smaller size.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

from seriome.dna import consensus, index, reference
from seriome.dna.tools import c_output_to, samtools
from tests.dna import planted

MODES = {"single": (False, 1), "single, 3 or more": (False, 3), "duplex": (True, 1), "duplex, 2 or more": (True, 2)}
LENGTH = 1_000_000  # of the made-up contig
COLUMNS = (
    f"{'':20s}{'molecules':>10s}{'called bases':>14s}{'N':>8s}{'errors':>8s}{'per base':>11s}{'per base Q>=20':>16s}"
)


def ordered(source, folder) -> str:
    """The BAM sorted by template, as `write_consensus` does it."""
    output = f"{folder}/ordered.bam"
    samtools(
        "sort", "--no-PG", "--template-coordinate", "-l", 1, "-m", "256M", "-T", f"{folder}/p", "-o", output, source
    )
    return output


def error_rates(path, genome, *, duplex: bool, min_reads: int) -> dict:
    """Errors of the consensus reads of a template-sorted BAM against the contig that its reads were made from."""
    import pysam

    count = Counter()
    with pysam.AlignmentFile(path, "rb") as bam:
        for group in consensus.consensus_reads(bam, Counter(), Counter(), duplex=duplex, min_reads=min_reads):
            for _, one in group:
                count["molecules"] += 1
                for place, (text, quality, *_) in zip(
                    one.molecule.place[:: -1 if one.strand else 1], one.reads, strict=True
                ):
                    _, five, reverse = place
                    steps = np.arange(len(text))
                    truth = 3 - genome[five - steps] if reverse else genome[five + steps]
                    codes = consensus.CODES[np.frombuffer(text.encode(), np.uint8)]
                    sure = np.frombuffer(quality, np.uint8) >= 20
                    called, wrong = codes < 4, (codes < 4) & (codes != truth)
                    count["called"] += int(called.sum())
                    count["n"] += int((~called).sum())
                    count["errors"] += int(wrong.sum())
                    count["sure"] += int((called & sure).sum())
                    count["sure_errors"] += int((wrong & sure).sum())
    return count


def measured(path) -> dict:
    """CPU seconds and peak memory (MB) of ordering, grouping and consensus (single, 1) of a BAM, in this process."""
    import pysam

    with tempfile.TemporaryDirectory() as folder:
        start = time.process_time()
        source = ordered(path, folder)
        sorted_at, peak_of_order = time.process_time(), _peak()
        numbers, kept = Counter(), 0
        with pysam.AlignmentFile(source, "rb") as bam:
            for group in consensus.consensus_reads(bam, numbers, Counter(), duplex=False, min_reads=1):
                kept += len(group)
        end = time.process_time()
    found = {"reads": 2 * numbers["templates"], "kept": kept, "order_s": sorted_at - start}
    return found | {"consensus_s": end - sorted_at, "order_mb": peak_of_order, "consensus_mb": _peak()}


def _peak() -> float:
    """Most memory (MB) that this process has held since its last call."""
    with open("/proc/self/status") as file:  # getrusage would count what the parent had before this program began
        peak = next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmHWM"))
    Path("/proc/self/clear_refs").write_text("5")
    return peak


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.consensus", description=__doc__.split("\n")[0])
    parser.add_argument("--molecules", type=int, default=25_000, help="of the smaller size; the larger has ten times")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.measure:
        print(json.dumps(measured(args.measure)))
        return
    with tempfile.TemporaryDirectory() as folder:
        genome = planted.contig(LENGTH, args.seed)
        small = Path(folder, "1x.bam")
        totals = planted.write_bam(small, genome, args.molecules, args.seed)
        print(COLUMNS)
        row = f"{'raw reads':20s}{args.molecules:10,d}{totals['bases']:14,d}{0:8d}{totals['errors']:8,d}"
        print(row + f"{totals['errors'] / totals['bases']:11.2e}")
        source = ordered(small, folder)
        for name, (duplex, least) in MODES.items():
            one = error_rates(source, genome, duplex=duplex, min_reads=least)
            row = f"{name:20s}{one['molecules']:10,d}{one['called']:14,d}{one['n']:8,d}{one['errors']:8,d}"
            print(row + f"{one['errors'] / one['called']:11.2e}{one['sure_errors'] / one['sure']:16.2e}")
        large = Path(folder, "10x.bam")
        planted.write_bam(large, genome, 10 * args.molecules, args.seed + 1)
        print(f"\n{'':8s}{'reads':>12s}{'reads/s':>12s}{'CPU s per million reads: order':>32s}", end="")
        print(f"{'consensus':>12s}{'peak MB: order':>16s}{'consensus':>12s}")
        for name, path in (("1x", small), ("10x", large)):
            words = [sys.executable, "-m", "tests.bench.consensus", "--measure", str(path)]
            one = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
            million, cpu = one["reads"] / 1e6, one["order_s"] + one["consensus_s"]
            row = f"{name:8s}{one['reads']:12,d}{one['reads'] / cpu:12,.0f}{one['order_s'] / million:32.1f}"
            print(row + f"{one['consensus_s'] / million:12.1f}{one['order_mb']:16.0f}{one['consensus_mb']:12.0f}")
        text = planted.BASES[genome].tobytes().decode()
        Path(folder, "made.fa").write_text(f">c1\n{text}\n")
        with c_output_to(f"{folder}/log"):
            reference.copy_genome(f"{folder}/made.fa", f"{folder}/genome.fa")
            index.bwa_index(f"{folder}/genome.fa")
            start = time.process_time()
            consensus.write_consensus(
                [small], f"{folder}/S.bam", f"{folder}/genome.fa", sample="S", mode="single", min_reads=1
            )
            end = time.process_time()
        cost = (end - start) / (2 * totals["templates"] / 1e6)
        print(f"with alignment of the consensus reads, 1x: {cost:.1f} CPU s per million raw reads")


if __name__ == "__main__":
    main()
