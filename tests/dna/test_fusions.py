"""Planted junctions found again, on both strands; a known fusion in real reads."""

import random
from collections import Counter

import pysam
import pytest

from seriome.dna import align, coverage, fusions, index, reference
from seriome.dna.fusions import Side

from . import made


@pytest.mark.parametrize(
    ("start", "cigar", "side"),
    [
        (100, [(0, 60), (4, 40)], Side("c", 159, True)),
        (100, [(4, 40), (0, 60)], Side("c", 100, False)),
        (100, [(4, 2), (0, 30), (2, 5), (0, 30), (5, 38)], Side("c", 164, True)),
    ],
)
def test_breakpoint_of_an_alignment(start, cigar, side):
    assert fusions._side("c", start, cigar) == side


def test_an_sa_tag_by_hand():
    (part,) = fusions._parts("c2,401,-,40S60M,60,0;")
    assert part == ("c2", 400, [(4, 40), (0, 60)], 60)


@pytest.mark.parametrize(
    ("left", "strand", "part"), [(True, "+", "5'"), (True, "-", "3'"), (False, "+", "3'"), (False, "-", "5'")]
)
def test_which_part_of_a_gene_is_kept(left, strand, part):
    assert fusions.kept_part(Side("c", 5, left), strand) == part


def test_split_reads_that_differ_by_shared_bases_are_one_junction():
    def read(near, far, name):
        return Side("a", near, True), Side("b", far, False), name

    split = [read(100, 500, "r1"), read(100, 500, "r2"), read(103, 503, "r3"), read(300, 500, "r4")]
    found = fusions.clustered(split)
    assert [(near.position, far.position, sorted(names)) for near, far, names in found] == [
        (100, 500, ["r1", "r2", "r3"]),
        (300, 500, ["r4"]),
    ]


def test_pairs_must_point_at_the_junction():
    near, far = Side("a", 1000, True), Side("b", 2000, False)
    pairs = [
        (Side("a", 900, True), Side("b", 2050, False), "both"),
        (Side("a", 900, False), Side("b", 2050, False), "away"),
        (Side("a", 900, True), Side("b", 3500, False), "far"),
        (Side("a", 1100, True), Side("b", 2050, False), "behind"),
    ]
    assert fusions.spanning(pairs, near, far) == {"both"}


# ------------------------------------------------------------------------------------------------------------- planted

SETTINGS = {"fusion_genes": ["DRV"], "min_mapping_quality": 20, "fusion_min_fragments": 4}
TRANSCRIPTS = [
    {"gene": gene, "chrom": chrom, "start": str(start), "end": str(end), "strand": strand}
    for gene, chrom, start, end, strand in (
        *(("DRV", "c1", 2000, 5000, "+"), ("PAR", "c2", 1000, 6000, "+"), ("INV", "c2", 8000, 11000, "-")),
        ("NEA", "c1", 5500, 7000, "+"),
    )
]


@pytest.fixture(scope="module")
def contigs():
    rng = random.Random(11)
    return {name: "".join(rng.choice("ACGT") for _ in range(12_000)) for name in ("c1", "c2")}


@pytest.fixture(scope="module")
def found(contigs, tmp_path_factory):
    """Rows of a tumour (both junctions at one in four), of the same without the normal, and of a germline junction."""
    folder, (one, two) = tmp_path_factory.mktemp("fusions"), contigs.values()
    (folder / "x.fa").write_text("".join(f">{name}\n{text}\n" for name, text in contigs.items()))
    reference.copy_genome(folder / "x.fa", folder / "genome.fa")
    index.bwa_index(folder / "genome.fa")
    # PAR's 5' part (up to 3000) before DRV's 3' part (from 4000); DRV's 5' part (up to 3000) before INV read backwards
    # from 9500 down, INV's 3' part; and a loss of 1,500 bases near DRV, which is no fusion
    planted = [two[:3000] + one[4000:], one[:3000] + made.reverse(two[:9500]), one[:4400] + one[5900:]]
    wild = [(one, 1500, 0, 12_000), (two, 1500, 0, 12_000)]
    mixtures = {
        "N": wild,
        "T": [*wild, *((text, 500, 0, len(text)) for text in planted)],
        "G": [*wild, (planted[0], 700, 0, len(planted[0]))],
    }
    bams = {}
    for seed, (sample, mixture) in enumerate(mixtures.items()):
        files = made.write_fastq(folder, sample, made.pairs(mixture, seed=seed, error=2e-3))
        align.align_pairs(folder / "genome.fa", files, folder / f"{sample}.unit.bam", sample=sample, run="L1")
        bams[sample] = folder / f"{sample}.bam"
        coverage.merge_and_mark(
            [folder / f"{sample}.unit.bam"], bams[sample], folder / "genome.fa", sample=sample, umi=False
        )

    def rows(normal, tumour):
        samples = [{"sample": normal, "specimen": "normal"}, {"sample": tumour, "specimen": "tumor"}]
        return fusions.of_patient([s for s in samples if s["sample"]], bams, TRANSCRIPTS, SETTINGS)

    return {"T": rows("N", "T"), "alone": rows(None, "T"), "germline": rows("G", "T"), "N": rows(None, "N")}


def test_planted_junctions_are_found_and_nothing_else(found):
    rows = {row["partner"]: row for row in found["T"]}
    assert sorted(rows) == ["INV", "PAR"]
    assert len(found["T"]) == 2
    par, inv = rows["PAR"], rows["INV"]
    # 1-based: the first base kept of DRV is 4001, the last of PAR 3000; bases that both sides share count on both
    assert par["pos"] == pytest.approx(4001, abs=4)
    assert par["partner_pos"] == pytest.approx(3000, abs=4)
    assert (par["gene_part"], par["partner_part"], par["readable"]) == ("3'", "5'", 1)
    assert inv["pos"] == pytest.approx(3000, abs=4)
    assert inv["partner_pos"] == pytest.approx(9500, abs=4)
    assert (inv["gene_part"], inv["partner_part"], inv["readable"]) == ("5'", "3'", 1)
    for row in rows.values():
        assert row["split"] >= 5
        assert row["spanning"] >= 2
        assert row["fragments"] == row["split"] + row["spanning"]
        assert (row["filter"], row["normal_fragments"]) == ("PASS", 0)
        assert row["normal_depth"] > 10


def test_a_junction_of_the_normal_is_not_somatic(found):
    filters = {row["partner"]: row["filter"] for row in found["germline"]}
    assert filters == {"PAR": "in_normal", "INV": "PASS"}


def test_without_a_normal_nothing_speaks_against(found):
    assert {row["filter"] for row in found["alone"]} == {"PASS"}
    assert all("normal_fragments" not in row for row in found["alone"])
    assert found["N"] == []


@pytest.mark.slow
def test_the_known_fusion_of_a_breast_cancer_line(shared_real, tmp_path):
    # HCC1395, RNA: PLA2R1 joined to RBMS1 at minichr2:272580 and 599999; TANK and MARCH7 are not fused. Reads of RNA
    # are split at introns, too, but within a gene
    reference.copy_genome(shared_real / "rna/minichr2.fa.gz", tmp_path / "genome.fa")
    index.bwa_index(tmp_path / "genome.fa")
    files = [str(shared_real / f"rna/HCC1395-miniplus_{mate}.fastq.gz") for mate in (1, 2)]
    align.align_pairs(tmp_path / "genome.fa", files, tmp_path / "u.bam", sample="H", run="L1")
    pysam.index(str(tmp_path / "u.bam"))
    transcripts = reference.read_transcripts(shared_real / "rna/minichr2.gtf", tmp_path / "genome.fa")
    rows = [
        {"gene": one.gene, "chrom": one.chrom, "start": one.start, "end": one.end, "strand": one.strand}
        for one in transcripts
    ]
    settings = SETTINGS | {"fusion_genes": ["PLA2R1", "TANK", "MARCH7"], "fusion_min_fragments": 20}
    found = fusions.of_patient([{"sample": "H", "specimen": "tumor"}], {"H": tmp_path / "u.bam"}, rows, settings)
    assert Counter((row["gene"], row["partner"]) for row in found) == {("PLA2R1", "RBMS1"): 1}
    (row,) = found
    assert (row["pos"], row["partner_pos"]) == (pytest.approx(272580, abs=3), pytest.approx(599999, abs=3))
    assert row["split"] >= 60
    assert row["readable"] == 1
