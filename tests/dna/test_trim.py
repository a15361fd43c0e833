"""Trimming: cutadapt's functions against the program cutadapt; what is counted; barcodes behind short inserts."""

import random
import subprocess
import sys

import pysam
import pytest

from seriome.dna import align, trim
from seriome.errors import InputError

from . import made


def noisy_reads(seed: int, number: int = 400) -> list[tuple]:
    """Pairs of (sequence, quality) of 100 bases; inserts of 0 to 150 with adapters behind them, with errors."""
    rng, found = random.Random(seed), []
    for _ in range(number):
        insert = "".join(rng.choice("ACGT") for _ in range(rng.choice((0, 3, 30, 70, 95, 98, 150))))
        pair = []
        for text, adapter in zip((insert, made.reverse(insert)), trim.KNOWN["truseq"], strict=True):
            tail = "".join(rng.choice("ACGT") for _ in range(120))
            read = "".join(rng.choice("ACGTN") if rng.random() < 0.02 else base for base in text + adapter + tail)
            good = rng.randrange(40, 101)
            read = read[: good + 5] + "G" * 100 if rng.random() < 0.3 else read
            quality = "".join(
                chr(33 + (rng.randrange(25, 41) if i < good else rng.randrange(2, 30))) for i in range(100)
            )
            pair.append((read[:100], quality))
        found.append(tuple(pair))
    return found


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"adapter": "truseq"}, ["-a", trim.KNOWN["truseq"][0], "-A", trim.KNOWN["truseq"][1]]),
        ({"adapter": "nextera", "quality": 20}, ["-a", "CTGTCTCTTATACACATCT", "-A", "CTGTCTCTTATACACATCT", "-q", "20"]),
        ({"quality": 25}, ["-q", "25"]),
        (
            {"adapter": "AGATCGGAAGAGC", "quality": 20, "two_colour": True},
            ["-a", "AGATCGGAAGAGC", "-A", "AGATCGGAAGAGC", "--nextseq-trim", "20"],
        ),
    ],
)
def test_the_same_bytes_as_the_program_cutadapt(tmp_path, words, told):
    pairs, trimmer = noisy_reads(5), trim.Trimmer(**words)
    ours, files = ["", ""], [tmp_path / f"R{mate}.fastq" for mate in (1, 2)]
    for mate, file in enumerate(files):
        file.write_text("".join(f"@r{i}\n{one[mate][0]}\n+\n{one[mate][1]}\n" for i, one in enumerate(pairs)))
        for i, one in enumerate(pairs):
            sequence, quality = trimmer.trim(mate, f"r{i}", *one[mate])
            ours[mate] += f"@r{i}\n{sequence}\n+\n{quality}\n"
    theirs = [tmp_path / f"T{mate}.fastq" for mate in (1, 2)]
    command = [sys.executable, "-m", "cutadapt", *told, "-o", str(theirs[0]), "-p", str(theirs[1]), *map(str, files)]
    subprocess.run(command, check=True, capture_output=True)
    assert ours == [file.read_text() for file in theirs]
    counts = trimmer.counts
    assert counts["reads"] == 800
    left = sum(len(line) for text in ours for line in text.split("\n")[1::4])
    assert counts["bases"] - counts["adapter_bases"] - counts["low_quality_bases"] == left
    assert (counts["adapter_reads"] > 300) == (words.get("adapter") in ("truseq", "AGATCGGAAGAGC"))


def test_adapters_are_known_or_given():
    assert trim.adapters(None) == (None, None)
    assert trim.adapters("ACGTACGT TTTTTGGG") == ("ACGTACGT", "TTTTTGGG")
    assert trim.adapters("ACGTACGT") == ("ACGTACGT", "ACGTACGT")
    with pytest.raises(InputError, match="illumina"):
        trim.adapters("illumina")
    assert not trim.Trimmer()


def test_shares_by_hand():
    unit = {"reads": 10, "bases": 1000, "adapter_reads": 2, "adapter_bases": 50, "low_quality_bases": 10}
    found = trim.summary([unit, unit])
    assert found == {"adapter_share": 0.2, "trimmed_adapter_share": 0.05, "trimmed_quality_share": 0.01}
    assert set(trim.summary([unit, {"pairs": 3}]).values()) == {None}  # one unit was not trimmed


def test_reads_are_trimmed_while_they_are_aligned(tmp_path):
    # a fragment of 60 bases between two barcodes of 4: read 1 is barcode, fragment, the other barcode, adapter
    places = made.places(tmp_path, made.genome())
    text = made.genome()["c1"][2000:2060]
    one, two = trim.KNOWN["truseq"]
    short = f"AACC{text}{made.reverse('GGTT')}{one}", f"GGTT{made.reverse(text)}{made.reverse('AACC')}{two}"
    files = made.write_fastq(tmp_path, "short", [short, (f"AACC{one}", f"GGTT{two}")])
    words = {"sample": "S", "run": "L1", "structure": "4M+T 4M+T"}
    counts = align.align_pairs(places["genome"], files, tmp_path / "a.bam", trim={"adapter": "truseq"}, **words)
    with pysam.AlignmentFile(str(tmp_path / "a.bam")) as bam:
        found = [(one.reference_start, one.cigarstring, one.get_tag("RX")) for one in bam if not one.is_unmapped]
    assert found == [(2000, "60M", "AACC-GGTT")] * 2
    assert (counts["pairs"], counts["short"], counts["adapter_reads"]) == (2, 1, 4)
