"""Indels counted read by read, against molecules of known share; and those that only clipped reads show."""

import numpy as np
import pysam
import pytest

from seriome.config import with_defaults
from seriome.dna import align, clips, coverage, pileup, realign, tables

from . import made

SETTINGS = with_defaults({})["dna"]
TEXT = made.genome(1, 9000)["c1"]
NOVEL = "GATTACATTGCGTCCAGATA"
DELETED, INSERTED, REPEATED = (1600, 2600, 3900), (4600,), (5600, 6600)
PLANTED = {
    "one base deleted": (1600, TEXT[1599:1601], TEXT[1599]),
    "12 deleted": (2600, TEXT[2599:2612], TEXT[2599]),
    "40 deleted": (3900, TEXT[3899:3940], TEXT[3899]),
    "20 inserted": (4600, TEXT[4599], TEXT[4599] + NOVEL),
    "30 repeated": (5600, TEXT[5599], TEXT[5599] + TEXT[5600:5630]),
    "60 repeated": (6600, TEXT[6599], TEXT[6599] + TEXT[6600:6660]),
    "90 repeated": (7600, TEXT[7599], TEXT[7599] + TEXT[7600:7690]),  # no read of 100 bases spans it
}


@pytest.fixture(scope="module")
def reads(tmp_path_factory):
    """(places, {sample: BAM}): a normal, and a tumour of which half of the molecules bear all of PLANTED."""
    folder = tmp_path_factory.mktemp("indels")
    places, bams = made.places(folder, {"c1": TEXT}), {}
    somatic = made.changed(TEXT, PLANTED.values())
    for sample, mixture in (
        ("N", [(TEXT, 3000, 0, len(TEXT))]),
        ("T", [(TEXT, 3000, 0, len(TEXT)), (somatic, 3000, 0, len(somatic))]),
    ):
        pairs = made.pairs(mixture, seed=len(mixture), error=1e-3)
        unit, bams[sample] = folder / f"{sample}.unit.bam", folder / f"{sample}.bam"
        align.align_pairs(places["genome"], made.write_fastq(folder, sample, pairs), unit, sample=sample, run="L1")
        coverage.merge_and_mark([unit], bams[sample], places["genome"], sample=sample, umi=False)
    return places, bams


@pytest.fixture(scope="module")
def called(reads):
    places, bams = reads
    about = {"patient": "X", "timepoint": "D0", "day": 0}
    rows = [about | {"sample": "N", "specimen": "normal"}, about | {"sample": "T", "specimen": "tumor"}]
    table, *_ = tables.call_patient(rows, bams, {}, places, SETTINGS)
    return table.set_index(["variant", "sample"])


@pytest.mark.parametrize("name", PLANTED)
def test_half_of_the_molecules_are_half_of_the_reads(reads, called, tmp_path, name):
    places, _ = reads
    ((chrom, pos, ref, alt),) = pileup.normalised([("c1", *PLANTED[name])], places["genome"], tmp_path)
    tumour, normal = (called.loc[(f"{chrom}:{pos}:{ref}:{alt}", sample)] for sample in "TN")
    assert tumour["filter"] == "PASS"
    assert tumour["vaf"] == pytest.approx(0.5, abs=0.17)  # 3 standard deviations at the depth of 80
    assert (normal["alt_count"], normal["state"]) == (0, "below_lod")
    assert normal["depth"] > 15


def test_nothing_else_is_called(called):
    """Reads that end a base or two inside a repeat show a substitution; it is listed, with its reason, not passed."""
    passed = called[called["filter"] == "PASS"]
    assert passed.index.get_level_values("variant").nunique() == len(PLANTED)
    others = called.drop(passed.index)
    assert set(others["filter"]) <= {"read_end"}
    assert others["alt_count"].max() < 10


def test_the_pileup_alone_counts_too_few(reads, tmp_path):
    """The reason for all this: at 40 deleted bases a third of the reads at most is seen, at 60 repeated ones none."""
    places, bams = reads
    pileup.pileup([bams["T"]], places["genome"], places["regions"], tmp_path / "p.tsv", SETTINGS)
    limits = {"min_alt_reads": 3, "targets": None, "callable_depth": 20}
    found = pileup.read_pileup(tmp_path / "p.tsv", places["genome"], ["T"], [True], **limits).alleles
    share = {len(one.alt) - len(one.ref): one.alt_count[0] / one.depth[0] for one in found if not one.snv}
    assert share[-1] == pytest.approx(0.5, abs=0.17)
    assert share.get(-40, 0) < 0.45
    assert 60 not in share


def test_slide_and_reach_by_hand(tmp_path):
    # a unit of GT is lost from four: the indel can stand at 7 places; 7 = slide 6 + 1
    text = "ACCTGCA" * 60 + "GTGTGTGT" + "CCATGAC" * 60
    (tmp_path / "r.fa").write_text(f">c\n{text}\n")
    pysam.faidx(str(tmp_path / "r.fa"))
    with pysam.FastaFile(str(tmp_path / "r.fa")) as fasta:
        pair = realign.haplotypes(fasta, "c", 420, "AGT", "A")
        long = realign.haplotypes(fasta, "c", 100, text[99], text[99] + "T" * 50)
    assert pair.slide == 6
    # 100 bases, 5 decide on either side: 90 starts, less the slide; two more tell the genome, which has two bases more
    assert pair.reach(100) == (86, 84)
    assert long.reach(100) == (90 - long.slide, 90)  # half of a read on one side places it: 2 (50 - 5)


def test_what_a_clip_speaks_of():
    before, middle, behind = "ACGTTGCAACTGACCTGATTA", "CCGGATATCGGCATTAGACCA", "TTGACCAGTAGGCATACGTCA"
    text = before + middle + behind
    at = len(before)
    assert clips._spoken_of(text, at, behind) == (at, len(middle), "")  # what follows stands further behind
    assert clips._spoken_of(text, at + 21, middle) == (at + 21, 0, middle)  # it stands before: a repeat
    assert clips._spoken_of(text, at, NOVEL + middle) == (at, 0, NOVEL)  # the genome goes on within the clip
    assert clips._spoken_of(text, at, NOVEL) is None  # nothing is known of where it ends
    assert clips._spoken_of(text, at, "AC" * 6) is None


def test_clips_of_both_sides_that_overlap_are_an_insertion(tmp_path):
    (tmp_path / "r.fa").write_text(f">c\n{TEXT}\n")
    pysam.faidx(str(tmp_path / "r.fa"))
    whole = ("c", 3000, TEXT[2999], TEXT[2999] + NOVEL)
    with pysam.FastaFile(str(tmp_path / "r.fa")) as fasta:
        assert clips._joined(fasta, "c", 3000, NOVEL[:16], 3000, NOVEL[5:]) == whole
        # clips that reach beyond the insertion, and a break two bases on, which repeat what stands before it
        assert clips._joined(fasta, "c", 3000, NOVEL + TEXT[3000:3005], 3000, TEXT[2990:3000] + NOVEL) == whole
        shifted = clips._joined(fasta, "c", 3002, NOVEL[2:], 3000, NOVEL)
        assert shifted is None or shifted[3].endswith(NOVEL[2:] + TEXT[3000:3002])
        assert clips._joined(fasta, "c", 3000, NOVEL[:9], 3000, NOVEL[11:]) is None  # they do not meet


def test_a_clip_on_the_left_is_the_mirror_of_one_on_the_right(tmp_path):
    (tmp_path / "r.fa").write_text(f">c\n{TEXT}\n")
    pysam.faidx(str(tmp_path / "r.fa"))
    with pysam.FastaFile(str(tmp_path / "r.fa")) as fasta:
        # 30 bases from 2000 are lost: reads end at 2000 and go on at 2030
        right = clips._resolved(fasta, "c", 2000, 1, TEXT[2030:2060])
        left = clips._resolved(fasta, "c", 2030, -1, TEXT[1970:2000])
        assert right == left == ("c", 2000, TEXT[1999:2030], TEXT[1999])
        # they are there twice
        assert clips._resolved(fasta, "c", 2030, 1, TEXT[2000:2030]) == (
            "c",
            2030,
            TEXT[2029],
            TEXT[2029:2030] + TEXT[2000:2030],
        )
        assert clips._resolved(fasta, "c", 2000, -1, TEXT[2000:2030]) == ("c", 2000, TEXT[1999], TEXT[1999:2030])


def test_counts_stay_where_reads_are_too_short(reads):
    """A unit of 95 bases of two is lost: reads of 100 bases tell neither."""
    places, bams = reads
    unit = TEXT[100:195]
    text = TEXT[:100] + unit + unit + TEXT[195:]
    folder = places["genome"].parent / "short"
    folder.mkdir()
    (folder / "s.fa").write_text(f">c1\n{text}\n")
    pysam.faidx(str(folder / "s.fa"))
    one = pileup.Allele("c1", 100, text[99:195], text[99], *np.full((4, 1), 7), np.array([28]))
    with pysam.AlignmentFile(str(bams["T"])) as bam, pysam.FastaFile(str(folder / "s.fa")) as fasta:
        assert realign.count_anew(one, [bam], fasta, SETTINGS) is None
    assert one.depth.tolist() == [28]
