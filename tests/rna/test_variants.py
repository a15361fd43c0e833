"""Somatic variants in RNA: counted over spliced alignments, and what the counts say."""

import numpy as np
import pandas as pd
import pysam
import pytest

from seriome.rna.variants import as_features, counted, in_rna, limit, verdict

LIMITS = {"min_mapping_quality": 20, "min_base_quality": 30}
#         0         1         2         3
#         0123456789012345678901234567890123456789
GENOME = "ACGTACGTACGGGTTTAAACCCACGTACGTACGTACGTAC"


def write(path, reads):
    """reads: (name, start, cigar, bases[, flag[, quality]])."""
    header = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": "c", "LN": len(GENOME)}]}
    with pysam.AlignmentFile(path, "wb", header=header) as bam:
        for name, start, cigar, bases, *more in sorted(reads, key=lambda one: one[1]):
            read = pysam.AlignedSegment(bam.header)
            read.query_name, read.reference_id, read.reference_start = name, 0, start
            read.mapping_quality, read.cigarstring, read.query_sequence = 60, cigar, bases
            read.flag = more[0] if more else 0
            read.query_qualities = pysam.qualitystring_to_array((more[1] if more[1:] else "I") * len(bases))
            bam.write(read)
    pysam.index(str(path))
    return path


@pytest.fixture
def bam(tmp_path):
    reads = [
        ("alt", 8, "6M", "ACGAGT"),  # 11 G>A
        ("ref", 8, "6M", "ACGGGT"),
        ("spliced", 8, "2M6N2M", "ACTA"),  # an intron over the place says nothing of it
        ("poor", 8, "6M", "ACGAGT", 0, "#"),
        ("both", 8, "6M", "ACGAGT", 0x1 | 0x40),  # mates that agree count once
        ("both", 10, "6M", "GAGTTT", 0x1 | 0x80),
        ("odd", 8, "6M", "ACGAGT", 0x1 | 0x40),  # and not where they disagree
        ("odd", 10, "6M", "GGGTTT", 0x1 | 0x80),
        ("deleted", 8, "3M2D5M", "ACGTTTAA"),  # 11-12 GG are missing
        ("again", 8, "6M", "ACGAGT", 0x400),
    ]
    return write(tmp_path / "x.bam", reads)


@pytest.mark.parametrize(
    ("pos", "ref", "alt", "found"),
    [
        pytest.param(12, "G", "A", (2, 3), id="substitution: alt, both; ref"),
        pytest.param(11, "GGG", "G", (1, 5), id="deletion: deleted; alt, ref, both, odd"),
        pytest.param(30, "G", "A", (0, 0), id="nothing there"),
    ],
)
def test_fragments_are_counted_by_hand(bam, pos, ref, alt, found):
    with pysam.AlignmentFile(bam) as file:
        assert counted(file, "c", pos, ref, alt, LIMITS) == found
        assert counted(file, "other", pos, ref, alt, LIMITS) == (0, 0)


@pytest.mark.parametrize(
    ("alt", "depth", "expected", "said"),
    [
        (2, 9, 0.5, "expressed"),
        (0, 0, 0.5, "not_covered"),
        (0, 8, 0.5, "silent"),  # by hand: P(0 or 1 of 8) = 9 / 256 = 0.035
        (0, 7, 0.5, "undecided"),  # 8 / 128 = 0.0625
        (1, 8, 0.5, "silent"),
        (0, 100, None, "undecided"),
        (1, 100, 0.0, "not_expected"),
    ],
)
def test_verdicts_by_hand(alt, depth, expected, said):
    assert verdict(alt, depth, expected) == said


def test_rows_and_features(bam):
    variant = {"variant": "c:12:G:A", "chrom": "c", "pos": 12, "ref": "G", "alt": "A", "gene": "X", "name": "X A1B"}
    variant |= {"consequence": "missense", "filter": "PASS", "specimen": "tumor"}
    rows = [
        variant | {"sample": "other", "timepoint": "T1", "vaf": 0.9},
        variant | {"sample": "S", "timepoint": "T0", "vaf": 0.4},
        variant | {"sample": "N", "timepoint": "T0", "vaf": 0.0, "specimen": "normal"},
        variant | {"variant": "c:30:G:A", "pos": 30, "sample": "S", "timepoint": "T0", "vaf": 0.4},
        variant | {"variant": "c:31:T:A", "pos": 31, "sample": "S", "timepoint": "T0", "vaf": 0.4, "filter": "chip"},
    ]
    about = [{"patient": "P", "sample": "S", "timepoint": "T0", "day": 0}]
    one, none = in_rna(pd.DataFrame(rows), about, {"S": bam}, LIMITS)
    assert (one["dna_sample"], one["dna_vaf"], one["alt_count"], one["depth"]) == ("S", 0.4, 2, 3)
    assert (one["rna_vaf"], one["verdict"]) == (0.66667, "expressed")
    assert (none["rna_vaf"], none["verdict"]) == (None, "not_covered")
    # Jeffreys: 2.5 % of Beta(2.5, 1.5) lie below and above, integrated here
    grid = (np.arange(100_000) + 0.5) / 100_000
    density = grid**1.5 * (1 - grid) ** 0.5
    below = [density[grid < one[key]].sum() / density.sum() for key in ("rna_vaf_lower", "rna_vaf_upper")]
    assert below == pytest.approx([0.025, 0.975], abs=1e-4)
    (feature,) = as_features([one, none], "S").to_dict("records")
    assert (feature["kind"], feature["value"], feature["state"]) == ("rna_variant", pytest.approx(2 / 3), "measured")
    # the limit: a fraction f with P(2 or more of 3) = 3 f^2 (1 - f) + f^3 = 0.95
    assert 3 * limit(3) ** 2 * (1 - limit(3)) + limit(3) ** 3 == pytest.approx(0.95)
