"""Alignments by pybwa, with the flags set here, against the programs `bwa mem` and `bwa-mem2`; on real reads."""

import shutil
import subprocess
from collections import Counter

import pysam
import pytest

from seriome.dna import align, index, reference
from seriome.dna.bwa import BATCH_BASES
from seriome.errors import DataError, InputError

from . import made

pytestmark = pytest.mark.slow

COMPARED = (
    "flag",
    "reference_name",
    "pos",
    "mapping_quality",
    "cigarstring",
    "next_reference_start",
    "template_length",
    "query_sequence",
    "qual",
)


def records(path) -> Counter:
    """Every alignment as a row, with its read's name, end and whether it is the main one."""
    found = Counter()
    with pysam.AlignmentFile(str(path)) as file:
        for one in file:
            found[(one.query_name, *(getattr(one, key) for key in COMPARED))] += 1
    return found


@pytest.fixture(scope="module")
def real(shared_real, tmp_path_factory):
    """A part of the real genome, and the real tumour's pairs of files."""
    folder = tmp_path_factory.mktemp("bwa")
    reference.copy_genome(shared_real / "reference/minigenome.grch38.fa.gz", folder / "whole.fa")
    with open(folder / "whole.fa") as source, open(folder / "cut.fa", "w") as target:
        keep = False
        for line in source:
            if line.startswith(">"):
                keep = line[1:].startswith(("chr4_5", "chr7_1", "chr9_2", "chr12", "chr17_7"))
            if keep:
                target.write(line)
    reference.copy_genome(folder / "cut.fa", folder / "genome.fa")
    first = sorted((shared_real / "dna/tumor").glob("*L001_R1_*.fastq.gz"))
    return folder / "genome.fa", [[str(file), str(file).replace("_R1_", "_R2_")] for file in first]


@pytest.fixture(scope="module")
def ours(real):
    genome, pairs = real
    index.bwa_index(genome)
    return aligned(genome, pairs, "bwa")


def aligned(genome, pairs, aligner: str, **words) -> Counter:
    found = Counter()
    for number, files in enumerate(pairs):
        bam = genome.parent / f"{aligner}.{number}.bam"
        align.align_pairs(genome, files, bam, sample="T", run="L1", aligner=aligner, **words)
        found += records(bam)
    return found


def test_as_bwa_mem_places_and_flags_them(real, ours, tmp_path):
    bwa = shutil.which("bwa")
    if bwa is None:
        pytest.skip("the program bwa is not on PATH (Debian: apt install bwa)")
    genome, pairs = real
    theirs = Counter()
    for number, files in enumerate(pairs):
        sam = tmp_path / f"{number}.sam"
        words = [bwa, "mem", "-K", str(BATCH_BASES), "-o", str(sam), str(genome), *files]
        subprocess.run(words, check=True, capture_output=True)
        theirs += records(sam)
    compared(theirs, ours, "bwa mem")


def test_as_bwa_mem2_places_and_flags_them(real, ours):
    if shutil.which("bwa-mem2") is None:
        pytest.skip("the program bwa-mem2 is not on PATH (bioconda has it)")
    genome, pairs = real
    index.bwa_index(genome, "bwa-mem2")
    theirs = aligned(genome, pairs, "bwa-mem2")
    compared(theirs, ours, "bwa-mem2")
    assert theirs == aligned(genome, pairs, "bwa-mem2", threads=2)


def test_parts_of_a_read_that_goes_on_elsewhere_keep_their_own_bases(tmp_path):
    """By hand: 60 bases, then 40 of another place, on the same or the other strand, from either end of the fragment."""
    text = made.genome()["c1"]
    places = made.places(tmp_path, {"c1": text})
    here, there = text[2000:2060], text[5000:5040]
    broken = [here + there, here + made.reverse(there), made.reverse(here) + there, there + made.reverse(here)]
    reads = [(one, made.reverse(text[2100:2200])) for one in broken] + made.pairs([(text, 200, 0, 6000)], seed=3)
    bam = tmp_path / "parts.bam"
    align.align_pairs(places["genome"], made.write_fastq(tmp_path, "unit", reads), bam, sample="S", run="L1")
    with pysam.AlignmentFile(str(bam)) as found:
        parts = [one for one in found if one.flag & 0x800]
    assert len(parts) == 4
    assert {one.is_reverse for one in parts} == {False, True}
    for one in parts:
        assert one.query_sequence == text[one.reference_start : one.reference_end], one.cigarstring
        assert len(one.query_qualities) == len(one.query_sequence)


def compared(theirs, ours, name: str) -> None:
    total = sum(theirs.values())
    apart = sum((theirs - ours).values())
    print(f"{total} alignments of {name}, {apart} differ ({apart / total:.2%})")
    assert total > 10_000
    assert sum(ours.values()) == total
    assert apart <= 0.001 * total


def test_bwa_mem2_that_is_not_there_is_said(real, monkeypatch):
    genome, pairs = real
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match="no program of this name is on PATH"):
        aligned(genome, pairs, "bwa-mem2")


def test_barcodes_and_what_is_wrong_with_them_pass_through_bwa_mem2(tmp_path):
    if shutil.which("bwa-mem2") is None:
        pytest.skip("the program bwa-mem2 is not on PATH (bioconda has it)")
    places = made.places(tmp_path, made.genome())
    index.bwa_index(places["genome"], "bwa-mem2")
    molecules = made.pairs([(made.genome()["c1"], 300, 0, 6000)], seed=3)
    reads = [(f"AACC{one}", f"GGTT{two}") for one, two in molecules]
    files, tags = made.write_fastq(tmp_path, "unit", reads), {}
    words = {"sample": "S", "run": "L1", "structure": "4M+T 4M+T"}
    for aligner in align.ALIGNERS:
        bam = tmp_path / f"{aligner}.bam"
        assert align.align_pairs(places["genome"], files, bam, aligner=aligner, **words)["pairs"] == 300
        with pysam.AlignmentFile(str(bam)) as found:
            tags[aligner] = [(r.query_name, r.flag, *map(r.get_tag, ("RX", "RG", "ms", "NM", "AS"))) for r in found]
    assert tags["bwa"] == tags["bwa-mem2"]
    assert {row[2] for row in tags["bwa"]} == {"AACC-GGTT", "GGTT-AACC"}
    with pytest.raises(DataError, match="does not end in a barcode"):
        align.align_pairs(
            *(places["genome"], files, tmp_path / "no.bam"), sample="S", run="L1", structure="name:", aligner="bwa-mem2"
        )
