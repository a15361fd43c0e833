"""Transcripts are spliced rightly on both strands, and what does not fit together is said."""

import gzip
import re

import pytest

from seriome.errors import InputError
from seriome.rna import transcripts
from seriome.rna.transcripts import read_transcripts, spliced, without_version

#                  1         2         3
#         123456789012345678901234567890
CONTIG = "AACCGGTTAACGTACGTTTGCATCCAAAGG"


def exon(transcript, strand, start, end, contig="c1", gene="G1", more=""):
    return f'{contig}\tx\texon\t{start}\t{end}\t.\t{strand}\t.\tgene_id "{gene}"; transcript_id "{transcript}";{more}\n'


def write(path, text):
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_two_transcripts_on_both_strands(tmp_path, suffix):
    gtf = write(
        tmp_path / f"a.gtf{suffix}",
        "#!comment\n"
        'c1\tx\tgene\t1\t30\t.\t+\t.\tgene_id "G1";\n'
        + exon("forward", "+", 20, 24)
        + exon("forward", "+", 3, 6, more=' gene_name "ABC"; gene_biotype "protein_coding";')
        + exon("backward", "-", 25, 30, gene="ENSG00000141510.18")  # exons of GENCODE's - strand come from 5'
        + exon("backward", "-", 9, 12, gene="ENSG00000141510.18"),
    )
    genome = write(tmp_path / f"g.fa{suffix}", f">c0 first\nACGT\n>c1 second\n{CONTIG[:17].lower()}\n{CONTIG[17:]}\n")
    backward, forward = read_transcripts(gtf)
    assert dict(spliced([backward, forward], genome)) == {
        "forward": "CCGG" + "GCATC",
        "backward": "CCTTTG" + "CGTT",  # reverse complement of AACG (9-12) and CAAAGG (25-30)
    }
    assert (forward.exons, forward.length, backward.gene_id) == ([(2, 6), (19, 24)], 9, "ENSG00000141510")
    assert (backward.gene, backward.chrom, backward.strand) == ("ENSG00000141510", "c1", "-")


@pytest.mark.parametrize(
    ("gtf", "message"),
    [
        (exon("t", "+", 5, 40), "t ends at c1:40, but c1 has 30 bases"),
        (exon("t", "+", 5, 9, contig="chr1"), "'chr1' is not, did you mean 'c1'?"),
        (exon("t", "+", 5, 9) + exon("t", "+", 8, 12), "exons of t overlap at c1:8"),
        (exon("t", ".", 5, 9), "line 1: an exon needs the strand"),
        (exon("t", "+", 9, 5), "line 1: 9 to 5 is no interval"),
        ("c1 only spaces\n", "line 1: 1 columns where GTF has 9"),
        ("# nothing\n", "has no exon lines"),
    ],
)
def test_what_does_not_fit_is_one_clear_line(tmp_path, gtf, message):
    genome = write(tmp_path / "g.fa", f">c1\n{CONTIG}\n")
    with pytest.raises(InputError, match=re.escape(message)):
        list(spliced(read_transcripts(write(tmp_path / "a.gtf", gtf)), genome))


def test_transcripts_on_absent_contigs_are_left_out(tmp_path):
    gtf = write(tmp_path / "a.gtf", exon("here", "+", 1, 4) + exon("there", "+", 1, 4, contig="c9"))
    genome = write(tmp_path / "g.fa", f">c1\n{CONTIG}\n")
    assert list(spliced(read_transcripts(gtf), genome)) == [("here", "AACC")]


@pytest.mark.parametrize(
    ("given", "stable"),
    [
        ("ENSG00000141510.18", "ENSG00000141510"),
        ("ENSG00000002586.20_PAR_Y", "ENSG00000002586_PAR_Y"),
        ("abc.1", "abc.1"),
    ],
)
def test_versions_are_taken_off_ensembl_ids_only(given, stable):
    assert without_version(given) == stable


def test_pieces_of_a_genome_are_those_of_the_whole(tmp_path, monkeypatch):
    text = "acgtNACGTTgcaTTACG"
    (tmp_path / "g.fa").write_text(f">a note\n{text[:7]}\n{text[7:14]}\n{text[14:]}\n>b\nAC\n")
    monkeypatch.setattr(transcripts, "PIECE", 5)
    sequence = transcripts.genome_sequence(tmp_path / "g.fa")
    for start in range(-3, len(text) + 3):
        for end in range(start, len(text) + 3):
            assert sequence("a", start, end) == text.upper()[max(start, 0) : max(end, 0)]
    assert (sequence("b", 0, 9), sequence("c", 0, 9), sequence("a", 4, 2)) == ("AC", "", "")
