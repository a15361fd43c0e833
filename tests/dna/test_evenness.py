"""Evenness of coverage: by hand, on reads whose depth is known, and against Picard where it is there."""

import os
import shutil
import subprocess

import numpy as np
import pysam
import pytest

from seriome.dna import align, coverage, evenness

from . import made

TEXT = made.genome()["c1"]
TARGETS = [("c1", 2500, 2700, "B"), ("c1", 1000, 1200, "A"), ("c1", 1150, 1300, "A2"), ("c1", 5000, 5100)]


def test_fold_80_by_hand():
    # 100 bases: 10 of depth 0, 10 of 5, 80 of 30: mean 24.5; a fifth of the bases reaches no more than 5
    histogram = np.zeros(31, int)
    histogram[[0, 5, 30]] = 10, 10, 80
    found = evenness.summary(histogram)
    assert found == {
        **{"target_bases": 100, "target_mean_depth": 24.5, "target_median_depth": 30},
        **{"fold_80": 4.9, "share_fifth": 0.9},
    }
    histogram[[0, 5]] = 20, 0
    assert evenness.summary(histogram)["fold_80"] is None  # a fifth without reads
    assert evenness.summary(np.array([50]))["share_fifth"] is None  # no reads at all
    assert evenness.summary(np.array([0]))["target_mean_depth"] is None  # no targets


def test_targets_that_overlap_or_touch_are_one():
    found = evenness.united([*TARGETS, ("c1", 1300, 1310, "A"), ("c0", 5, 9, "G", "more")], ["c0", "c1", "c2"])
    assert found == {
        "c0": [(5, 9, "G")],
        "c1": [(1000, 1310, "A,A2"), (2500, 2700, "B"), (5000, 5100, "")],
    }


@pytest.fixture(scope="module")
def bam(tmp_path_factory):
    """Pairs of 100 bases from fragments of some 250; of some 120, which overlap; and of low quality."""
    folder = tmp_path_factory.mktemp("even")
    places = made.places(folder, made.genome())
    pairs = made.pairs([(TEXT, 400, 0, 4000)], seed=1)
    short = [(TEXT[at : at + 100], made.reverse(TEXT[at + 20 : at + 120])) for at in range(1000, 1200, 4)]
    files = made.write_fastq(folder, "S", pairs + short)
    unit, bam = folder / "unit.bam", folder / "S.bam"
    align.align_pairs(places["genome"], files, unit, sample="S", run="L1")
    coverage.merge_and_mark([unit], bam, places["genome"], sample="S", umi=False)
    return bam, places["genome"]


def test_depth_of_a_base_counts_a_pair_once(bam):
    numbers, rows = evenness.evenness(bam[0], TARGETS, ["c1"])
    ends = {}
    with pysam.AlignmentFile(str(bam[0])) as file:
        for read in file:
            if not read.is_duplicate and not read.is_unmapped and read.mapping_quality >= 20:
                ends.setdefault(read.query_name, set()).update(read.get_reference_positions())
    depth = np.zeros(6000, int)
    for covered in ends.values():
        depth[list(covered)] += 1
    expected = np.concatenate([depth[1000:1300], depth[2500:2700], depth[5000:5100]])
    assert numbers["target_mean_depth"] == round(expected.mean(), 4)
    assert numbers["share_fifth"] == round((expected >= 0.2 * expected.mean()).mean(), 6)
    assert [(row["start"], row["name"], row["least_depth"]) for row in rows] == [
        (1000, "A,A2", depth[1000:1300].min()),
        (2500, "B", depth[2500:2700].min()),
        (5000, "", 0),
    ]
    assert float(rows[0]["relative_depth"]) == pytest.approx(depth[1000:1300].mean() / expected.mean(), abs=1e-4)


def test_without_reads_nothing_is_estimated(bam, tmp_path):
    align.empty_bam(tmp_path / "no.bam", bam[1], "S", None)
    pysam.index(str(tmp_path / "no.bam"))
    numbers, rows = evenness.evenness(tmp_path / "no.bam", TARGETS, ["c1"])
    assert numbers["target_mean_depth"] == 0
    assert numbers["fold_80"] is numbers["share_fifth"] is None
    assert [row["relative_depth"] for row in rows] == [""] * 3


@pytest.mark.slow
def test_as_picard_counts_it(bam, tmp_path):
    jars = os.environ.get("PICARD")
    if not jars or shutil.which("java") is None:
        pytest.skip("PICARD names no folder with the jars of com.github.broadinstitute:picard, or there is no java")
    file, _ = bam
    targets = [one for one in TARGETS if one[1] < 4000]
    with pysam.AlignmentFile(str(file)) as opened:
        header = f"@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:c1\tLN:{opened.lengths[0]}\n"
    listed = "".join(f"{chrom}\t{start + 1}\t{end}\t+\t{name}\n" for chrom, start, end, name in targets)
    (tmp_path / "targets.interval_list").write_text(header + listed)
    words = ["-I", file, "-O", tmp_path / "hs.txt", "-COVERAGE_CAP", "1000", "-SAMPLE_SIZE", "1"]
    words += ["-TI", tmp_path / "targets.interval_list", "-BI", tmp_path / "targets.interval_list"]
    java = ["java", "-Xmx1g", "-cp", f"{jars}/*", "picard.cmdline.PicardCommandLine", "CollectHsMetrics"]
    subprocess.run([*java, *map(str, words)], check=True, capture_output=True)
    lines = [line.split("\t") for line in (tmp_path / "hs.txt").read_text().split("\n") if line and line[0] != "#"]
    theirs = dict(zip(*lines[:2], strict=True))
    ours, _ = evenness.evenness(file, targets, ["c1"])
    assert ours["target_bases"] == int(theirs["TARGET_TERRITORY"])
    assert ours["target_mean_depth"] == pytest.approx(float(theirs["MEAN_TARGET_COVERAGE"]), rel=1e-3)
    assert ours["fold_80"] == pytest.approx(float(theirs["FOLD_80_BASE_PENALTY"]), rel=1e-3)
