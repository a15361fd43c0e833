"""Families by place and barcode, consensus bases by hand, planted errors, and the way from raw reads to variants."""

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pysam
import pytest

from seriome.config import with_defaults
from seriome.dna import align, consensus, coverage, index, reference, tables
from seriome.dna.consensus import both_strands, consensus_of, consensus_reads, either, family_rows, strand_call
from seriome.dna.families import Molecule, molecules
from seriome.errors import DataError, InputError
from tests.bench.consensus import error_rates, ordered

from . import made, planted

TEXT = made.genome()["c1"]
VARIANT = (1600, TEXT[1599], "C" if TEXT[1599] == "A" else "A")
KEY = "c1:{}:{}:{}".format(*VARIANT)


def column(*reads):
    """Codes and qualities of reads of one base: ("A", 30), ..."""
    codes = np.array([["ACGTN".index(base)] for base, _ in reads], np.uint8)
    return codes, np.array([[quality] for _, quality in reads], np.uint8)


def called(*reads):
    bases, error, depth = strand_call(*column(*reads), np.array([0]))
    return "ACGTN"[bases[0, 0]], error[0, 0], int(depth[0, 0])


# ------------------------------------------------------------------------------------------------------------- by hand


def test_one_read_of_q30():
    # 0.001 + 0.0001 - 4/3 * 1e-7 = 0.00109986667 with the errors since the barcode; with those before it, 3.16228e-5:
    # 0.00109986667 + 0.0000316228 - 4/3 * 0.00109986667 * 0.0000316228 = 0.00113144308
    base, error, depth = called(("A", 30))
    assert (base, depth) == ("A", 1)
    assert error == pytest.approx(0.00113144308, rel=1e-6)


def test_two_reads_that_agree():
    # e = 0.00109986667: (1 - e)^2 = 0.997801476 against 3 (e / 3)^2 = 4.03235562e-7, 4.0412404e-7 of the sum;
    # with 3.16227766e-5: 3.20268835e-5
    base, error, depth = called(("C", 30), ("C", 30))
    assert (base, depth) == ("C", 2)
    assert error == pytest.approx(3.20268835e-5, rel=1e-6)


def test_two_against_one():
    e1, e2 = either(1e-3, 1e-4), either(1e-2, 1e-4)
    true, other = (1 - e1) ** 2 * e2 / 3, (e1 / 3) ** 2
    wrong = other * (1 - e2) + 2 * other * e2 / 3
    base, error, _ = called(("G", 30), ("T", 20), ("G", 30))
    assert base == "G"
    assert error == pytest.approx(either(wrong / (true + wrong), 10**-4.5), rel=1e-9)


def test_a_tie_and_silence_are_n():
    assert called(("A", 30), ("C", 30))[0] == "N"
    assert called(("A", 9), ("N", 40)) == ("N", pytest.approx(0.75, abs=1e-4), 0)
    assert called(("A", 9), ("C", 10))[0] == "C"


def joined(one, two, **keys):
    """Base and quality of a molecule of two strands, each of reads of one base (None: not read)."""
    layers = []
    for reads in (one, two):
        found = strand_call(*column(*reads), np.array([0])) if reads else ([[4]], [[0.75]], [[0]])
        layers.append([np.asarray(one) for one in found])
    bases, quality = both_strands(*(np.stack(pair) for pair in zip(*layers, strict=True)), **keys)
    return "ACGTN"[bases[0, 0]], int(quality[0, 0])


def test_strands_that_agree_are_wrong_only_together():
    # each 0.0101298637 (Q20): e^2 / 3 = 3.42047e-5 against (1 - e)^2 = 0.979843: 3.49071e-5, Phred 44.57
    assert joined([("A", 20)], [("A", 20)], duplex=True, min_reads=1) == ("A", 44)
    # each 0.00113144: 4.2771e-7, Phred 63.7, more than a base may have
    assert joined([("A", 30)], [("A", 30)], duplex=True, min_reads=1) == ("A", 60)


@pytest.mark.parametrize("duplex", [True, False])
def test_strands_that_disagree_are_n_however_many_reads(duplex):
    assert joined([("T", 37)] * 9, [("C", 37)], duplex=duplex, min_reads=1) == ("N", 2)


def test_one_strand_alone():
    assert joined([("A", 30)], None, duplex=False, min_reads=1) == ("A", 29)  # 0.00113144 is 29.46, rounded down
    assert joined(None, [("A", 30), ("A", 30)], duplex=False, min_reads=1) == ("A", 44)
    assert joined([("A", 30)], None, duplex=True, min_reads=1) == ("N", 2)


def test_least_number_of_reads():
    assert joined([("A", 30)] * 2, [("A", 30)], duplex=False, min_reads=3)[0] == "A"
    assert joined([("A", 30)] * 2, [("A", 9)], duplex=False, min_reads=3)[0] == "N"
    assert joined([("A", 30)] * 2, [("A", 30)], duplex=True, min_reads=2)[0] == "N"
    assert joined([("A", 30)] * 2, [("A", 30)] * 2, duplex=True, min_reads=2)[0] == "A"


def read(text, indels=(), quality=30):
    return text.encode(), bytes([quality]) * len(text), indels


def single(*reads):
    return Molecule("ACGT", ((0, 100, False),), [(0, (one,), "ACGT") for one in reads])


def texts(found):
    return [one[0] for one in found.reads]


def test_reads_with_the_commonest_indels_speak():
    deleted = ((4, 2, 1),)
    family = single(read("ACGTACGT"), read("ACGTCGTA", deleted), read("ACGTCGTA", deleted))
    (found,) = consensus_of([family], duplex=False, min_reads=1)
    assert texts(found) == ["ACGTCGTA"]
    assert found.reads[0][2:] == (2, 2, 0.0)  # the third read says nothing
    (found,) = consensus_of([single(read("ACGTCGTA", deleted), read("ACGTACGT"))], duplex=False, min_reads=1)
    assert texts(found) == ["ACGTACGT"]


def test_depth_and_errors_of_a_read():
    (found,) = consensus_of([single(read("ACGTAC"), read("ACGTA"), read("ACTTA"))], duplex=False, min_reads=1)
    assert found.reads[0][0] == "ACGTAC"
    assert found.reads[0][2:] == (3, 1, pytest.approx(1 / 16))  # 16 bases, one differs


def test_ends_without_a_call_are_cut_and_a_molecule_without_any_is_none():
    family = [single(read("ACGTA"), read("ACGTC"), read("ACGT")), single(read("NNN")), single(read("AC"))]
    found = list(consensus_of(family, duplex=False, min_reads=1))
    assert [texts(one) for one in found] == [["ACGT"], ["AC"]]


def test_a_molecule_of_the_second_strand_keeps_its_direction():
    # read 1 of strand 1 is the right end
    pair = Molecule("A-C", ((0, 9, False), (0, 99, True)), [(1, (read("AAAA"), read("CCCC")), "A-C")])
    both = Molecule("A-C", pair.place, [*pair.templates, (0, (read("AAAA"), read("CCCT")), "A-C")])
    first, second = consensus_of([pair, both], duplex=False, min_reads=1)
    assert (first.strand, texts(first)) == (1, ["CCCC", "AAAA"])
    assert (second.strand, texts(second)) == (0, ["AAAA", "CCC"])


def test_bases_and_qualities_as_another_program_gives_them():
    with open(Path(__file__).with_name("fgumi_simplex.tsv")) as file:
        assert "fgumi 0.9.0" in next(file)
        next(file)
        rows = [line.rstrip("\n").split("\t") for line in file]
    families, theirs = {}, {}
    for family, what, bases, qualities in rows:
        phred = bytes(ord(one) - 33 for one in qualities)
        if what == "read":
            families.setdefault(family, []).append((bases.encode(), phred, ()))
        else:
            theirs[family] = bases, phred
    found = list(consensus_of([single(*reads) for reads in families.values()], duplex=False, min_reads=1))
    assert len(found) == len(families) == len(theirs) == 30
    differ = Counter()
    for one, (bases, phred) in zip(found, theirs.values(), strict=True):
        ours = one.reads[0]
        assert ours[0] == bases.rstrip("N")  # we cut off what nothing was called of
        differ.update(b - a for base, a, b in zip(*ours[:2], phred, strict=False) if base != "N")
    # it leaves out the smaller of two errors that lie far apart, and one of its rates where a read stands alone
    assert set(differ) <= {0, 1}
    assert differ[0] > differ[1]


def test_the_histogram_of_families():
    rows = family_rows({(1, False, True): 5, (3, True, True): 2, (3, False, True): 1, (3, True, False): 4})
    assert rows == [
        {"reads": 1, "molecules": 5, "both_strands": 0, "consensus": 5},
        {"reads": 3, "molecules": 7, "both_strands": 6, "consensus": 3},
    ]


# ------------------------------------------------------------------------------------------------------------ families


def bam_of(path, reads):
    """A BAM by template of (name, 5' end, reverse, barcode, clipped, mate: (5' end, reverse) or None, second)."""
    top = {"HD": {"VN": "1.6", "SO": "unsorted"}, "SQ": [{"SN": "c1", "LN": 10_000}]}
    with pysam.AlignmentFile(f"{path}.raw.bam", "wb", header=top) as bam:
        for name, five, reverse, barcode, clipped, mate, second in reads:
            record = pysam.AlignedSegment(bam.header)
            record.query_name, record.reference_id, record.mapping_quality = name, 0, 60
            record.reference_start = five - 49 if reverse else five + clipped
            left, right = ("", f"{clipped}S") if reverse else (f"{clipped}S", "")
            record.cigarstring = f"{left if clipped else ''}{50 - clipped}M{right if clipped else ''}"
            record.query_sequence, record.query_qualities_str = "A" * 50, "I" * 50
            record.flag = 0x10 if reverse else 0
            if mate:
                record.flag |= 0x1 | (0x80 if second else 0x40) | (0x20 if mate[1] else 0)
                record.next_reference_id = 0
                record.next_reference_start = mate[0] - 49 if mate[1] else mate[0]
                record.set_tag("MC", "50M")
            record.set_tag("RX", barcode)
            bam.write(record)
    pysam.sort("--no-PG", "--template-coordinate", "-o", str(path), f"{path}.raw.bam")
    return path


def families(path, numbers=None):
    """(place, barcode, number of templates) of the molecules of a template-sorted BAM."""
    with pysam.AlignmentFile(path, "rb") as bam:
        found = molecules(bam, Counter() if numbers is None else numbers)
        return [(one.place, one.barcode, len(one.templates)) for one in found]


def test_families_as_umi_tools_groups_made_up_reads(tmp_path):
    # single reads, a third of them clipped at their start: the place is where they would start unclipped
    with open(Path(__file__).with_name("umi_tools_group.tsv")) as file:
        next(file)
        rows = list(csv.DictReader(file, delimiter="\t"))
    reads, expected = [], Counter()
    for row in rows:
        five, reverse = int(row["five_prime"]), row["reverse"] == "1"
        for copy in range(int(row["reads"])):
            reads.append((f"r{len(reads)}", five, reverse, row["barcode"], 3 if copy % 3 == 2 else 0, None, False))
            expected[((0, five, reverse),), row["final_umi"]] += 1
    found = families(bam_of(tmp_path / "made.bam", reads))
    assert {(place, barcode): size for place, barcode, size in found} == dict(expected)
    assert len(found) == len(expected) == 117


def pair(name, barcode, *, left=100, right=300, second_left=False, clipped=0):
    one = (name, left, False, barcode, clipped, (right, True), second_left)
    return [one, (name, right, True, barcode, 0, (left, False), not second_left)]


def test_strands_of_pairs(tmp_path):
    reads = [
        *pair("top1", "AAC-GGT"),
        *pair("top2", "AAC-GGT", clipped=4),
        *pair("bottom", "AAC-GGT", second_left=True),
        *pair("misread", "AAC-GGA", second_left=True),
        *pair("other end", "AAC-GGT", right=301),
        *pair("single1", "TTTT", left=500, right=700),
        *pair("single2", "TTTT", left=500, right=700, second_left=True),  # one barcode: each strand its own molecule
    ]
    found = families(bam_of(tmp_path / "made.bam", reads))
    here, there = ((0, 100, False), (0, 300, True)), ((0, 500, False), (0, 700, True))
    assert sorted(found) == [
        (here, "AAC-GGT", 4),
        (((0, 100, False), (0, 301, True)), "AAC-GGT", 1),
        (there, "TTTT", 1),
        (there, "TTTT", 1),
    ]


def test_single_reads_and_pairs_do_not_mix(tmp_path):
    path = bam_of(tmp_path / "made.bam", [*pair("pair", "AAC-GGT"), ("single", 900, False, "AAC", 0, None, False)])
    with pysam.AlignmentFile(path, "rb") as bam, pytest.raises(InputError, match="single reads and pairs"):
        list(consensus_reads(bam, Counter(), Counter(), duplex=False, min_reads=1))


def test_what_is_not_placed_is_counted_and_left_out(tmp_path):
    path = bam_of(tmp_path / "made.bam", [*pair("whole", "AAC-GGT"), pair("half", "AAC-GGT")[0]])
    numbers = Counter()
    assert [size for *_, size in families(path, numbers)] == [1]
    assert numbers == {"templates": 2, "unplaced": 1}


# ------------------------------------------------------------------------------------------------------- planted errors


def test_planted_errors_fall_from_raw_to_single_to_duplex(tmp_path):
    genome = planted.contig(100_000, 1)
    totals = planted.write_bam(tmp_path / "made.bam", genome, 1500, 3)
    source, raw = ordered(tmp_path / "made.bam", tmp_path), totals["errors"] / totals["bases"]
    rates = {"raw": raw}
    for name, duplex, least in (("single", False, 1), ("single of 3", False, 3), ("duplex", True, 1)):
        one = error_rates(source, genome, duplex=duplex, min_reads=least)
        rates[name] = one["errors"] / one["called"]
        assert one["n"] < 0.01 * one["called"]
    print({name: f"{rate:.1e}" for name, rate in rates.items()})
    assert raw == pytest.approx(2.4e-3, rel=0.1)  # 0.9 * 10^-3.7 + 0.07 * 10^-2.5 + 0.03 * 10^-1.2, and PCR
    assert rates["single"] < raw / 3  # a fifth of the molecules was read once
    assert rates["single of 3"] < raw / 50
    assert rates["duplex"] < raw / 200


def test_damage_of_one_strand_is_seen_by_the_other_only(tmp_path):
    genome, damage = planted.contig(100_000, 2), 2e-3
    rates = planted.Rates(damage=damage, cycle=0, barcode=0)
    planted.write_bam(tmp_path / "made.bam", genome, 1500, 4, family=8, rates=rates)
    source = ordered(tmp_path / "made.bam", tmp_path)
    single, duplex = (error_rates(source, genome, duplex=mode, min_reads=2) for mode in (False, True))
    assert duplex["errors"] / duplex["called"] < damage / 100
    assert duplex["n"] / duplex["called"] == pytest.approx(2 * damage, rel=0.2)  # either strand's damage is an N
    only = 1 - duplex["molecules"] / single["molecules"]
    assert 0 < single["errors"] / single["called"] < 3 * only * damage


def test_every_molecule_is_found_once(tmp_path):
    genome, sizes, numbers = planted.contig(100_000, 5), Counter(), Counter()
    totals = planted.write_bam(tmp_path / "made.bam", genome, 1000, 6)
    with pysam.AlignmentFile(ordered(tmp_path / "made.bam", tmp_path), "rb") as bam:
        groups = list(consensus_reads(bam, numbers, sizes, duplex=False, min_reads=1))
    assert numbers["templates"] == totals["templates"]
    assert sum(size * times for (size, _, _), times in sizes.items()) == totals["templates"]
    # a barcode misread twice in a family of two or more is a molecule of its own: few
    assert 1000 <= sum(sizes.values()) <= 1005
    assert [number for group in groups for number, _ in group] == list(range(1, sum(sizes.values()) + 1))


# ------------------------------------------------------------------------------------------ from raw reads to variants


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    return made.places(tmp_path_factory.mktemp("genome"), {"c1": TEXT})


def raw_families(number, seed, *, share=0.0, error=2e-3):
    """Duplex pairs with barcodes (STRUCTURE) in families of 1 to 6; `share` of the molecules carry VARIANT."""
    rng = np.random.default_rng(seed)
    tumour, reads = made.changed(TEXT, [VARIANT]), []
    for one in range(number):
        text = tumour if rng.random() < share else TEXT
        start, size = int(rng.integers(1450, 1600)), int(rng.integers(140, 200))
        left, right = text[start : start + 80], made.reverse(text[start + size - 80 : start + size])
        barcodes = ["".join(rng.choice(list("ACGT"), 6)) for _ in (0, 1)]
        for copy in range(int(rng.integers(1, 7))):
            ends = [barcodes[0] + "A" + left, barcodes[1] + "A" + right]
            ends = ["".join(rng.choice(list("ACGT")) if rng.random() < error else b for b in end) for end in ends]
            reads.append((*(ends[::-1] if rng.random() < 0.5 else ends), f"m{one}c{copy}"))
    return reads


STRUCTURE = "6M1S+T 6M1S+T"


def test_from_raw_families_to_a_variant(places, tmp_path):
    bams, rows, numbers = {"consensus": {}, "best pair": {}}, [], {}
    for seed, (sample, specimen, share) in enumerate((("N", "normal", 0.0), ("P", "plasma", 0.02)), 1):
        unit, made_of = (tmp_path / f"{sample}.{step}.bam" for step in ("unit", "consensus"))
        files = made.write_fastq(tmp_path, sample, raw_families(1500, seed, share=share))
        align.align_pairs(places["genome"], files, unit, sample=sample, run="L1", structure=STRUCTURE)
        numbers[sample], sizes = consensus.write_consensus(
            [unit], made_of, places["genome"], sample=sample, mode="single", min_reads=1
        )
        assert sum(row["molecules"] for row in family_rows(sizes)) == numbers[sample]["molecules"]
        for way, source in (("consensus", made_of), ("best pair", unit)):
            bams[way][sample] = tmp_path / f"{sample}.{way}.bam"
            keys = {"sample": sample, "umi": True, "mark": way == "best pair"}
            coverage.merge_and_mark([source], bams[way][sample], places["genome"], **keys)
        rows.append({"patient": "X", "sample": sample, "timepoint": "T0", "day": 0, "specimen": specimen})
    assert 1480 <= numbers["P"]["molecules"] <= 1520  # misread barcodes of small families stay apart
    assert numbers["P"]["mean_family_size"] == pytest.approx(3.5, abs=0.2)
    with pysam.AlignmentFile(bams["consensus"]["P"], "rb") as bam:
        reads = list(bam)
        assert {group["SM"] for group in bam.header.to_dict()["RG"]} == {"P"}
    assert len({read.get_tag("MI") for read in reads}) == numbers["P"]["consensus_molecules"]
    assert not any(read.is_duplicate for read in reads)
    assert all(read.has_tag(tag) for read in reads for tag in ("RX", "cD", "cM", "cE"))
    found = {}
    for way in bams:
        table, *_ = tables.call_patient(rows, bams[way], {}, places, with_defaults({})["dna"])
        assert set(table.loc[table["filter"] == "PASS", "variant"]) == {KEY}
        found[way] = table.set_index(["variant", "sample"])
    plasma = found["consensus"].loc[(KEY, "P")]
    assert plasma["vaf"] == pytest.approx(0.02, abs=0.008)
    assert plasma["state"] == "measured"
    assert found["consensus"].loc[(KEY, "N"), "state"] == "below_lod"
    # fewer errors: the same reads say more, and less could have been seen
    other = found["best pair"].loc[(KEY, "P")]
    assert plasma["lod"] < 0.9 * other["lod"]
    assert plasma["evidence"] > 1.2 * other["evidence"]


def test_equal_bytes_whatever_the_threads_and_lanes_join(places, tmp_path, monkeypatch):
    monkeypatch.setattr(consensus, "BATCH", 50)
    reads, content = raw_families(60, 3), []
    lanes = []
    for lane in (0, 1):
        files = made.write_fastq(tmp_path, f"lane{lane}", reads[lane::2])
        lanes.append(tmp_path / f"lane{lane}.bam")
        align.align_pairs(places["genome"], files, lanes[-1], sample="S", run=f"L{lane}", structure=STRUCTURE)
    for threads in (1, 2):
        output = tmp_path / f"{threads}.bam"
        numbers, _ = consensus.write_consensus(
            lanes, output, places["genome"], sample="S", mode="duplex", min_reads=1, threads=threads
        )
        content.append(output.read_bytes())
    assert content[0] == content[1]
    assert numbers["raw_templates"] == len(reads)
    assert 0 < numbers["consensus_molecules"] == round(numbers["duplex_share"] * numbers["molecules"])


def test_a_unit_without_reads_has_numbers_and_no_share(places, tmp_path):
    align.empty_bam(tmp_path / "none.bam", places["genome"], "S", "L1")
    numbers, sizes = consensus.write_consensus(
        [tmp_path / "none.bam"], tmp_path / "out.bam", places["genome"], sample="S", mode="single", min_reads=1
    )
    assert (numbers["molecules"], numbers["mean_family_size"], numbers["duplex_share"]) == (0, None, None)
    assert family_rows(sizes) == []


def test_barcodes_from_a_third_file_and_from_names(places, tmp_path):
    text = [(TEXT[1500:1580], made.reverse(TEXT[1600:1680]))] * 2
    files = made.write_fastq(tmp_path, "third", text)
    barcodes = tmp_path / "barcodes.fastq"
    barcodes.write_text("@r0\nTTACGT\n+\nIIIIII\n@r1\nTTAAAA\n+\nIIIIII\n")
    align.align_pairs(
        places["genome"], [*files, str(barcodes)], tmp_path / "third.bam", sample="S", run="L", structure="+T +T 2S4M"
    )
    named = made.write_fastq(tmp_path, "named", [(*text[0], "x:1:ACG+TTT"), (*text[0][::-1], "x:2:TTT+ACG")])
    align.align_pairs(places["genome"], named, tmp_path / "named.bam", sample="S", run="L", structure="name:")
    found = {}
    for name in ("third", "named"):
        with pysam.AlignmentFile(tmp_path / f"{name}.bam", "rb") as bam:
            found[name] = {(read.query_name, read.get_tag("RX")) for read in bam}
    assert found["third"] == {("r0", "ACGT"), ("r1", "AAAA")}
    assert found["named"] == {("x:1:ACG+TTT", "ACG-TTT"), ("x:2:TTT+ACG", "ACG-TTT")}  # two strands, one molecule
    with pytest.raises(DataError, match="no_barcode"):
        align.align_pairs(places["genome"], files, tmp_path / "x.bam", sample="S", run="L", structure="name_")
    assert not (tmp_path / "x.bam").exists()


# ---------------------------------------------------------------------------------------------------------- real reads


def test_pik3ca_h1047r_in_real_reads(shared_real, tmp_path):
    # SiMSen-Seq, single reads of one amplicon, 12 bases of barcode and 16 of a stem; known: 562 barcodes, 277 of them
    # in three or more reads, H1047R (chr3:179234297 A>G) in 6 of 276 consensus reads of such families
    slices = shared_real.parent / "reference/fetched/genomic_slices.GRCh38.fa.gz"
    if not slices.is_file():
        pytest.skip("genomic_slices.GRCh38.fa.gz is not there")
    first, place = 179148357, 179234297  # 1-based: the slice's first base, the variant
    with pysam.FastxFile(str(slices)) as records:
        (text,) = [one.sequence for one in records if one.name.startswith("PIK3CA")]
    (tmp_path / "slice.fa").write_text(f">PIK3CA\n{text}\n")
    reference.copy_genome(tmp_path / "slice.fa", tmp_path / "genome.fa")
    index.bwa_index(tmp_path / "genome.fa")
    raw, genome = tmp_path / "raw.bam", tmp_path / "genome.fa"
    files = [str(shared_real / "umi/test_R1.fastq.gz")]
    counts = align.align_single(genome, files, raw, sample="S", run="L", structure="12M16S+T")
    assert counts == {"reads": 1938, "short": 0}
    with pysam.AlignmentFile(raw, "rb") as bam:
        barcodes = Counter(read.get_tag("RX") for read in bam if not read.flag & 0x900)
    assert (len(barcodes), sum(times >= 3 for times in barcodes.values())) == (562, 277)

    def bases(path, quality):
        pysam.index(str(path))
        with pysam.AlignmentFile(path, "rb") as bam:
            counted = bam.count_coverage("PIK3CA", place - first, place - first + 1, quality_threshold=quality)
        return {base: int(one[0]) for base, one in zip("ACGT", counted, strict=True) if one[0]}

    seen = bases(raw, 20)
    assert seen["G"] / (seen["A"] + seen["G"]) == pytest.approx(52 / 1894, abs=0.002)
    numbers, _ = consensus.write_consensus(
        [raw], tmp_path / "three.bam", genome, sample="S", mode="single", min_reads=3
    )
    # joining misread barcodes loses a few families, and gains as many from parts below three reads
    assert numbers["consensus_molecules"] == pytest.approx(277, abs=5)
    found = bases(tmp_path / "three.bam", 20)
    assert found["G"] == 6
    assert found["A"] + found["G"] == pytest.approx(276, abs=5)
    assert set(found) == {"A", "G"}
