"""Alignments by pybwa, with the flags that are set here, against the program `bwa mem` on the same real reads."""

import shutil
import subprocess
from collections import Counter

import pysam
import pytest

from seriome.dna import align, index, reference

pytestmark = pytest.mark.slow

COMPARED = (
    "flag",
    "reference_name",
    "pos",
    "mapping_quality",
    "cigarstring",
    "next_reference_start",
    "template_length",
)


def records(path) -> Counter:
    """Every alignment as a row, with its read's name, end and whether it is the main one."""
    found = Counter()
    with pysam.AlignmentFile(str(path)) as file:
        for one in file:
            found[(one.query_name, *(getattr(one, key) for key in COMPARED))] += 1
    return found


def test_as_bwa_mem_places_and_flags_them(shared_real, tmp_path):
    bwa = shutil.which("bwa")
    if bwa is None:
        pytest.skip("the program bwa is not on PATH (Debian: apt install bwa)")
    reference.copy_genome(shared_real / "reference/minigenome.grch38.fa.gz", tmp_path / "whole.fa")
    with open(tmp_path / "whole.fa") as source, open(tmp_path / "cut.fa", "w") as target:
        keep = False
        for line in source:
            if line.startswith(">"):
                keep = line[1:].startswith(("chr4_5", "chr7_1", "chr9_2", "chr12", "chr17_7"))
            if keep:
                target.write(line)
    reference.copy_genome(tmp_path / "cut.fa", tmp_path / "genome.fa")
    index.bwa_index(tmp_path / "genome.fa")
    first = sorted((shared_real / "dna/tumor").glob("*L001_R1_*.fastq.gz"))
    ours, theirs = Counter(), Counter()
    for number, file in enumerate(first):
        files = [str(file), str(file).replace("_R1_", "_R2_")]
        align.align_pairs(tmp_path / "genome.fa", files, tmp_path / f"{number}.bam", sample="T", run="L1")
        ours += records(tmp_path / f"{number}.bam")
        sam = tmp_path / f"{number}.sam"
        words = [bwa, "mem", "-K", str(align.BATCH_BASES), "-o", str(sam), str(tmp_path / "genome.fa"), *files]
        subprocess.run(words, check=True, capture_output=True)
        theirs += records(sam)
    total = sum(theirs.values())
    apart = sum((theirs - ours).values())
    print(f"{total} alignments of bwa mem, {apart} differ ({apart / total:.2%})")
    assert total > 10_000
    assert sum(ours.values()) == total
    assert apart <= 0.001 * total
