"""Alignments are records as minimap2 writes them; fusions planted in a made-up genome are found at their exons."""

import gzip
import shutil
from pathlib import Path

import pytest

from seriome.dna.tools import read_contigs
from seriome.rna.align import Hit, align_sample, build_index, open_index, records
from seriome.rna.fusion_table import as_features, judged
from seriome.rna.fusions import find
from seriome.rna.genes import Genes, cut, frame
from seriome.rna.transcripts import Transcript, as_row, genome_sequence, read_models, read_transcripts
from seriome.simulate.genome import build_reference
from seriome.simulate.rna import Fusion, write_rna

REAL = Path(__file__).parents[2].parent / "shared" / "real" / "rna"


def hit(ctg, start, cigar, q_st, q_en, strand, mapq=60, nm=0):
    span = q_en - q_st
    return Hit(ctg, start, start + span, q_st, q_en, strand, mapq, cigar, nm, span - nm, 0)


def fields(line):
    flag, ctg, pos, _, cigar, mate, mate_pos, size, bases = line.split("\t")[1:10]
    return int(flag), ctg, int(pos), cigar, mate, int(mate_pos), int(size), bases


def test_a_proper_pair():
    reads = ("A" * 6 + "C" * 4, "I" * 10), ("G" * 10, "I" * 10)
    lines, proper = records("r", reads, [[hit("c", 100, "10M", 0, 10, 1)], [hit("c", 140, "10M", 0, 10, -1)]])
    # flags by the SAM specification: 0x1 0x2 0x20 0x40 = 99, 0x1 0x2 0x10 0x80 = 147; TLEN from 101 to 150
    assert proper
    assert fields(lines[0]) == (99, "c", 101, "10M", "=", 141, 50, "AAAAAACCCC")
    assert fields(lines[1]) == (147, "c", 141, "10M", "=", 101, -50, "CCCCCCCCCC")


def test_a_split_read_and_its_unplaced_mate():
    reads = ("ACGTACGTAC", "0123456789"), ("N", "!")
    lines, proper = records("r", reads, [[hit("c", 50, "6M", 0, 6, 1), hit("d", 9, "4M", 6, 10, -1)], []])
    assert not proper
    assert fields(lines[0])[:5] == (0x1 | 0x8 | 0x40, "c", 51, "6M4S", "=")
    assert "SA:Z:d,10,-,4M6S,60,0;" in lines[0]
    flag, ctg, pos, cigar, *_, bases = fields(lines[1])
    assert (flag, ctg, pos, cigar, bases) == (0x1 | 0x8 | 0x10 | 0x40 | 0x800, "d", 10, "4M6H", "GTAC")
    assert fields(lines[2])[:6] == (0x1 | 0x4 | 0x80, "c", 51, "*", "=", 51)


def test_mates_that_do_not_point_at_each_other_are_no_proper_pair():
    reads = ("A" * 10, "I" * 10), ("A" * 10, "I" * 10)
    apart = [[hit("c", 140, "10M", 0, 10, 1)], [hit("c", 100, "10M", 0, 10, -1)]]
    assert records("r", reads, apart)[1] is False
    far = [[hit("c", 0, "10M", 0, 10, 1)], [hit("c", 300_000, "10M", 0, 10, -1)]]
    assert records("r", reads, far)[1] is False


# one gene on each strand, three exons of 10, coding from the fourth base of the first to the sixth of the last
FORWARD = Transcript("f", "F", "F", "", "c", "+", [(100, 110), (200, 210), (300, 310)], (103, 306))
BACKWARD = Transcript("b", "B", "B", "", "c", "-", [(500, 510), (600, 610), (700, 710)], (504, 707))


@pytest.mark.parametrize(
    ("transcript", "position", "five", "exon", "border", "coding", "region"),
    [
        (FORWARD, 109, True, 1, True, 7, "cds"),  # bases 103 to 109
        (FORWARD, 200, False, 2, True, 7, "cds"),
        (FORWARD, 204, False, 2, False, 11, "cds"),
        (FORWARD, 101, True, 1, False, 0, "5utr"),
        (FORWARD, 309, True, 3, False, 23, "3utr"),
        (FORWARD, 150, True, None, False, 7, "intron"),
        (BACKWARD, 700, True, 1, True, 7, "cds"),  # bases 706 down to 700
        (BACKWARD, 609, False, 2, True, 7, "cds"),
        (BACKWARD, 600, True, 2, True, 17, "cds"),
        (BACKWARD, 709, False, 1, False, 0, "5utr"),
    ],
)
def test_where_a_gene_is_cut(transcript, position, five, exon, border, coding, region):
    (gene,) = Genes([transcript]).all
    found = cut(gene, position, five)
    assert (found.exon, found.border, found.coding, found.region) == (exon, border, coding, region)


def test_the_frame_of_a_fusion():
    genes = {gene.gene_id: gene for gene in Genes([FORWARD, BACKWARD]).all}
    first, second = cut(genes["F"], 109, True), cut(genes["F"], 209, True)  # 7 and 17 coding bases
    assert frame(first, cut(genes["B"], 609, False)) == "in_frame"  # 7 come before exon 2
    assert frame(second, cut(genes["B"], 609, False)) == "out_of_frame"
    assert frame(cut(genes["F"], 101, True), cut(genes["B"], 708, False)) == "whole_protein"
    assert frame(first, cut(genes["B"], 650, False)) == "unknown"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("genome")
    reference = build_reference(11, 45)
    reference.write(folder)
    build_index(folder / "genome.fa", folder / "genome.mmi", folder / "plain.fa")
    return folder, reference


def test_the_table_of_transcripts_holds_the_models(place, tmp_path):
    from seriome.files import write_tsv
    from seriome.rna.transcripts import COLUMNS

    transcripts = read_transcripts(place[0] / "genes.gtf")
    write_tsv(tmp_path / "t.tsv", map(as_row, transcripts), COLUMNS)
    assert read_models(tmp_path / "t.tsv") == transcripts
    # the simulator's own coding span, without the stop codon that GTF leaves out
    coding = {gene.transcript_id: gene for gene in place[1].genes}
    for one in transcripts:
        gene = coding[one.transcript_id]
        low, high = gene.cds
        assert one.cds[0] >= low
        assert one.cds[1] <= high


def fusions_of(place, files, least=3, drivers=()):
    folder = place[0]
    genes, sequence = Genes(read_transcripts(folder / "genes.gtf")), genome_sequence(folder / "plain.fa")
    aligner, contigs = open_index(folder / "genome.mmi"), read_contigs(folder / "plain.fa.fai")
    counts = align_sample(aligner, contigs, {"L1": files}, folder / "x.bam", sample="S")
    rows = find(folder / "x.bam", genes, sequence, least)
    return judged(rows, {gene.gene_id: gene for gene in genes.all}, sequence, drivers, "S"), counts


def test_a_planted_fusion_is_found_at_its_exons_in_frame(place):
    folder, reference = place
    files = [folder / f"r_{mate}.fastq.gz" for mate in (1, 2)]
    tpm = dict.fromkeys((gene.name for gene in reference.genes), 100.0)
    written = write_rna(
        *files, reference, reference.germline(1), tpm, 8_000, seed=3, fusions=[Fusion("EML4", 13, "ALK", 20, 0.5)]
    )
    rows, counts = fusions_of(place, files, drivers=["ALK"])
    assert counts["mapped"] > 0.99 * 8_000
    (row,) = [one for one in rows if one["filter"] == "PASS"]
    assert (row["gene5"], row["exon5"], row["gene3"], row["exon3"]) == ("EML4", 13, "ALK", 20)
    assert (row["frame"], row["driver"], row["at_exons"]) == ("in_frame", "ALK", 1)  # Soda et al. 2007, variant 1
    assert 0.7 * written.joined[0] <= row["fragments"] <= 1.3 * written.joined[0]
    eml4, alk = reference.gene("EML4"), reference.gene("ALK")
    assert row["pos5"] == eml4.positions[eml4.exon_in_transcript(13)[1] - 1] + 1
    assert row["pos3"] == alk.positions[alk.exon_in_transcript(20)[0]] + 1
    (feature,) = as_features(rows).to_dict("records")
    assert (feature["kind"], feature["name"], feature["value"]) == (
        "fusion",
        "EML4-ALK, exon 13 to 20, in frame",
        row["fragments"],
    )


def test_no_fusion_is_found_where_none_is(place):
    folder, reference = place
    files = [folder / f"c_{mate}.fastq.gz" for mate in (1, 2)]
    tpm = dict.fromkeys((gene.name for gene in reference.genes), 100.0) | {"ACTB": 9_000.0, "ACTG1": 5_000.0}
    write_rna(*files, reference, reference.germline(2), tpm, 10_000, seed=4, chimeras=0.01)
    rows, _ = fusions_of(place, files, least=2)
    assert [one for one in rows if one["filter"] == "PASS"] == []


@pytest.mark.skipif(not REAL.is_dir(), reason=f"no real data at {REAL}")
def test_hcc1395_breast_cancer_line(tmp_path):
    with gzip.open(REAL / "minichr2.fa.gz") as source, open(tmp_path / "genome.fa", "wb") as target:
        shutil.copyfileobj(source, target)
    shutil.copyfile(REAL / "minichr2.gtf", tmp_path / "genes.gtf")
    build_index(tmp_path / "genome.fa", tmp_path / "genome.mmi", tmp_path / "plain.fa")
    rows, counts = fusions_of((tmp_path,), [REAL / f"HCC1395-miniplus_{mate}.fastq.gz" for mate in (1, 2)])
    assert counts["mapped"] > 0.99 * 37_702
    (row,) = [one for one in rows if one["filter"] == "PASS"]
    assert (row["gene5"], row["pos5"], row["gene3"], row["pos3"]) == ("PLA2R1", 272580, "RBMS1", 599999)
    assert row["split"] >= 82  # as many as the tutorial that the data are of counts
    assert not {"TANK", "MARCH7"} & {name for one in rows for name in (one["gene5"], one["gene3"])}
