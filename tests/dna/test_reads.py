"""From read pairs to one marked BAM: flags, mates, barcodes, duplicates, coverage."""

import pysam
import pytest

from seriome.dna import align, bwa, coverage, index, reference
from seriome.errors import DataError

from . import made


@pytest.fixture(scope="module")
def genome(tmp_path_factory):
    """The made-up genome, indexed."""
    folder = tmp_path_factory.mktemp("genome")
    source = folder / "made.fa"
    source.write_text("".join(f">{name}\n{text}\n" for name, text in made.genome().items()))
    reference.copy_genome(source, folder / "genome.fa")
    index.bwa_index(folder / "genome.fa")
    return folder / "genome.fa"


def aligned(genome, tmp_path, reads, structure="", **keys):
    files = made.write_fastq(tmp_path, "unit", reads)
    output = tmp_path / "unit.bam"
    counts = align.align_pairs(genome, files, output, sample="S", run="L1", structure=structure, **keys)
    return output, counts


def records(path):
    with pysam.AlignmentFile(path, "rb") as bam:
        return list(bam)


def test_flags_as_bwa_mem_sets_them(genome, tmp_path):
    # by hand, SAM specification 1.4: a forward read 1 of a proper pair is 1+2+32+64 = 99 and its mate 1+2+16+128 = 147;
    # with read 1 on the reverse strand 83 and 163. Both mates forward are no proper pair: 65 and 129. One mate that
    # does not map: 1+8+64 = 73 and 1+4+128 = 133. Far apart: 99 and 147 without the bit 2, 97 and 145
    text = made.genome()["c1"]
    fragments = [text[at : at + 250 + at % 7] for at in range(100, 5000, 50)]
    reads = [(f[:100], made.reverse(f)[:100], f"p{i}") for i, f in enumerate(fragments)]
    reads += [
        (made.reverse(text[400:650])[:100], text[400:500], "turned"),
        (text[400:500], text[600:700], "forward"),
        (text[400:500], "ACGT" * 25, "single"),
        (text[400:500], made.reverse(text[4000:4100]), "far"),
    ]
    bam, counts = aligned(genome, tmp_path, reads)
    flags = {}
    for record in records(bam):
        flags.setdefault(record.query_name, {})[bool(record.flag & 0x80)] = record.flag
    found = {name: (pair[False], pair[True]) for name, pair in flags.items()}
    assert counts == {"pairs": len(reads), "short": 0}
    assert {found[f"p{i}"] for i in range(len(fragments))} == {(99, 147)}
    assert found["turned"] == (83, 163)
    assert found["forward"] == (65, 129)
    assert found["single"] == (73, 133)
    assert found["far"] == (97, 145)


def test_positions_and_mates_of_a_pair(genome, tmp_path):
    text = made.genome()["c1"]
    reads = [(text[at : at + 100], made.reverse(text[at + 150 : at + 250]), f"p{at}") for at in range(100, 1100, 50)]
    bam, _ = aligned(genome, tmp_path, reads)
    for record in records(bam):
        start = int(record.query_name[1:])
        assert record.reference_start == (start + 150 if record.is_reverse else start)
        assert record.next_reference_start == (start if record.is_reverse else start + 150)
        assert record.template_length == (-250 if record.is_reverse else 250)
        assert record.get_tag("RG") == "S.L1"
        assert record.has_tag("ms")
        assert record.get_tag("MC") == "100M"


def test_equal_bytes_whatever_the_threads(genome, tmp_path, monkeypatch):
    monkeypatch.setattr(align, "BATCH_BASES", 20_000)
    reads = made.pairs([(made.genome()["c1"], 400, 0, 6000)], seed=4, error=0.01)
    content = []
    for threads in (1, 2):
        folder = tmp_path / str(threads)
        folder.mkdir()
        bam, _ = aligned(genome, folder, reads, threads=threads)
        coverage.merge_and_mark([bam], folder / "S.bam", genome, sample="S", umi=False, threads=threads)
        content.append((bam.read_bytes(), (folder / "S.bam").read_bytes(), (folder / "S.bam.bai").read_bytes()))
    assert content[0] == content[1]
    with pysam.AlignmentFile(bam, "rb") as file:
        assert str(tmp_path) not in str(file.header)


def test_bounds_of_the_insert_size_by_hand():
    # quartiles of 100 ... 199: bwa takes elements int(0.25*100+0.499)=25 and 75 -> 125 and 175; spread 50
    # low: min(125-150, mean 149.5 - 4*28.87 = 34.0) -> below 1 -> 1; high: max(175+150, 264.98) = 325
    pairs = [(bwa.FR, size) for size in range(100, 200)] + [(2, 300)] * 4
    assert bwa.insert_bounds(pairs) == {bwa.FR: (1, 325)}
    assert bwa.insert_bounds([(bwa.FR, 200)] * 9) == {}


def test_barcodes_go_into_the_tag_and_both_strands_are_one_molecule(genome, tmp_path):
    text = made.genome()["c1"]

    def pair(left, right, top, barcodes, name, qualities=None):
        start, end = text[left : left + 80], made.reverse(text[right - 80 : right])
        one, two = (start, end) if top else (end, start)
        return barcodes[0] + "GT" + one, barcodes[1] + "GT" + two, name

    reads = [
        pair(500, 700, True, ("AAC", "TTG"), "top1"),
        pair(500, 700, True, ("AAC", "TTG"), "top2"),  # a copy
        pair(500, 700, False, ("TTG", "AAC"), "bottom"),  # the other strand of the same molecule
        pair(500, 700, True, ("AAC", "CCC"), "other"),  # another molecule at the same place
        pair(501, 700, True, ("AAC", "TTG"), "shifted"),  # another place
    ]
    bam, _ = aligned(genome, tmp_path, reads, structure="3M2S+T 3M2S+T")
    assert {r.query_name: r.get_tag("RX") for r in records(bam)} == {
        "top1": "AAC-TTG",
        "top2": "AAC-TTG",
        "bottom": "AAC-TTG",
        "other": "AAC-CCC",
        "shifted": "AAC-TTG",
    }
    assert {r.query_length for r in records(bam)} == {80}
    kept = {}
    for umi in (True, False):
        marked = tmp_path / f"{umi}.bam"
        coverage.merge_and_mark([bam], marked, genome, sample="S", umi=umi)
        kept[umi] = sorted({r.query_name for r in records(marked) if not r.is_duplicate})
    assert len(kept[True]) == 3
    assert {"other", "shifted"} < set(kept[True])
    assert len(kept[False]) == 2  # without barcodes the two molecules at one place look like one


def test_adapter_behind_a_short_insert_is_clipped(genome, tmp_path):
    text = made.genome()["c1"]
    insert, adapters = (
        text[800:860],
        ("AGATCGGAAGAGCACACGTCTGAACTCCAGTCACAGATCGG", "AGATCGGAAGAGCGTCGTGTAGGGAAAGAGTGTCCATGACT"),
    )
    reads = [((insert + adapters[0])[:100], (made.reverse(insert) + adapters[1])[:100], "short")]
    bam, _ = aligned(genome, tmp_path, reads)
    for record in records(bam):
        assert (record.reference_start, record.reference_end) == (800, 860)
        assert record.cigartuples[-1 if not record.is_reverse else 0] == (4, 40)


def test_lanes_merge_and_an_empty_unit_does_no_harm(genome, tmp_path):
    reads = made.pairs([(made.genome()["c1"], 60, 0, 6000)], seed=5)
    first, _ = aligned(genome, tmp_path, reads)
    align.empty_bam(tmp_path / "empty.bam", genome, "S", "L2")
    output = tmp_path / "S.bam"
    coverage.merge_and_mark([first, tmp_path / "empty.bam"], output, genome, sample="S", umi=False)
    with pysam.AlignmentFile(output, "rb") as bam:
        assert bam.count(until_eof=True) == 120
        assert [group["ID"] for group in bam.header.to_dict()["RG"]] == ["S.L1", "S.L2"]
        assert {group["SM"] for group in bam.header.to_dict()["RG"]} == {"S"}
    text = coverage.stats_text(output)
    assert str(tmp_path) not in text
    quality = coverage.quality(output, text)
    assert (quality["reads"], quality["mapped"], quality["on_target_share"]) == (120, 120, None)
    assert 230 < quality["insert_size_median"] < 270


def test_a_sample_without_reads_has_numbers_and_no_share(genome, tmp_path):
    output = tmp_path / "none.bam"
    coverage.merge_and_mark([], output, genome, sample="S", umi=False)
    quality = coverage.quality(output, coverage.stats_text(output))
    assert quality["reads"] == 0
    assert quality["mapped_share"] is None
    assert quality["insert_size_median"] is None


def test_coverage_of_a_gene_by_hand(genome, tmp_path):
    text = made.genome()["c1"]
    # two pairs cover 1000-1100 and 1150-1250: over the parts 1000-1100 and 1200-1300 that is depth 2 and 1
    reads = [(text[1000 : 1000 + 100 - i], made.reverse(text[1150:1250]), f"p{i}") for i in (0, 1)]
    bam, _ = aligned(genome, tmp_path, reads)
    output = tmp_path / "S.bam"
    coverage.merge_and_mark([bam], output, genome, sample="S", umi=False)
    for record in records(output):  # same outer ends: one of the two pairs is a duplicate
        assert record.is_duplicate == (record.query_name == "p1")
    reference.write_bed(tmp_path / "parts.bed", [("c1", 1000, 1100, "G", "g"), ("c1", 1200, 1300, "G", "g")])
    (row,) = coverage.gene_coverage(output, tmp_path / "parts.bed", 0)
    assert (row["bases"], row["mean_depth"], row["part_bases"]) == (200, "0.7500", "100,100")
    assert row["part_depths"] == "1.000,0.500"
    assert (row["start"], row["end"], row["reads"], row["share_20x"]) == (1000, 1300, 2, "0.0000")


def test_alignments_from_elsewhere(genome, tmp_path):
    reads = made.pairs([(made.genome()["c1"], 50, 0, 6000)], seed=6)
    bam, _ = aligned(genome, tmp_path, reads)
    align.adopt_bam(genome, bam, tmp_path / "ours.bam", sample="other", run="x", name="their.bam")
    with pysam.AlignmentFile(tmp_path / "ours.bam", "rb") as file:
        assert file.header.to_dict()["RG"] == [{"ID": "other.x", "SM": "other", "LB": "other", "PL": "ILLUMINA"}]
        theirs = list(file)
    assert {record.get_tag("RG") for record in theirs} == {"other.x"}
    # there the mate tags come from `samtools fixmate -m`, at alignment we set them: they agree
    tags = [
        {(r.query_name, r.flag): (r.get_tag("ms"), r.get_tag("MC"), r.get_tag("MQ")) for r in reads}
        for reads in (records(bam), theirs)
    ]
    assert tags[0] == tags[1]


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"HD": {"VN": "1.6", "SO": "queryname"}, "SQ": [{"SN": "c1", "LN": 6000}]}, "bam_not_sorted"),
        ({"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": "c1", "LN": 5999}]}, "other_reference"),
        ({"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": "chr1", "LN": 6000}]}, "other_reference"),
    ],
)
def test_a_bam_that_does_not_fit_is_a_gap_with_a_way_out(genome, tmp_path, header, reason):
    path = tmp_path / "theirs.bam"
    with pysam.AlignmentFile(path, "wb", header=header):
        pass
    with pytest.raises(DataError, match=reason) as caught:
        align.adopt_bam(genome, path, tmp_path / "ours.bam", sample="S", run="x", name="raw/theirs.bam")
    assert "raw/theirs.bam" in caught.value.detail
    assert caught.value.way_out
