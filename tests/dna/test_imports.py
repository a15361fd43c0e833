"""Variants of other callers, as each writes its counts."""

import pysam
import pytest

from seriome.dna import imports
from seriome.errors import DataError

HEADER = """##fileformat=VCFv4.2
##contig=<ID=c1,length=6000>
##FILTER=<ID=weak,Description="x">
##FORMAT=<ID=AD,Number=R,Type=Integer,Description="x">
##FORMAT=<ID=DP,Number=1,Type=Integer,Description="x">
##FORMAT=<ID=AF,Number=A,Type=Float,Description="x">
##FORMAT=<ID=RO,Number=1,Type=Integer,Description="x">
##FORMAT=<ID=AO,Number=A,Type=Integer,Description="x">
##FORMAT=<ID=TAR,Number=2,Type=Integer,Description="x">
##FORMAT=<ID=TIR,Number=2,Type=Integer,Description="x">
"""

HEADER += "".join(f'##FORMAT=<ID={base}U,Number=2,Type=Integer,Description="x">\n' for base in "ACGT")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A genome of CACACA ..., for files of variants."""
    path = tmp_path_factory.mktemp("small") / "c.fa"
    path.write_text(">c1\n" + "CA" * 3000 + "\n")
    pysam.faidx(str(path))
    return path


@pytest.mark.parametrize(
    ("alleles", "form", "cells", "counts"),
    [
        pytest.param("C\tT", "AD", "70,30", [(70, 30)], id="Mutect2"),
        pytest.param("C\tT,G", "AD", "50,30,20", [(50, 30), (50, 20)], id="two alleles"),
        pytest.param("C\tT", "AU:CU:GU:TU", "0,0:61,64:0,0:9,10", [(61, 9)], id="Strelka SNV, first tier"),
        pytest.param("CA\tC", "TAR:TIR", "40,42:11,12", [(40, 11)], id="Strelka indel"),
        pytest.param("C\tT,A", "RO:AO", "33:7,2", [(33, 7), (33, 2)], id="freebayes"),
        pytest.param("C\tT", "DP:AF", "200:0.05", [(190, 10)], id="depth and fraction"),
        pytest.param("C\tT", "DP", "200", [(None, None)], id="no counts"),
    ],
)
def test_counts_as_each_caller_writes_them(small, tmp_path, alleles, form, cells, counts):
    names = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tX_N\tX_T\n"
    other = ":".join("." for _ in form.split(":"))
    line = f"c1\t101\t.\t{alleles}\t.\tPASS\t.\t{form}\t{other}\t{cells}\n"
    failed = f"c1\t200\t.\tC\tT\t.\tweak\t.\t{form}\t{other}\t{other}\n"
    (tmp_path / "x.vcf").write_text(HEADER + names + line + failed)
    found = imports.read_vcf(tmp_path / "x.vcf", "T", small, "x.vcf")
    assert [(one.ref_count, one.alt_count) for one in found] == counts


@pytest.mark.parametrize(
    ("names", "column"),
    [
        (["T", "N"], "T"),
        (["P1_N", "P1_T"], "P1_T"),
        (["NORMAL", "TUMOR"], "TUMOR"),
        (["TUMOR", "NORMAL"], "TUMOR"),
        (["a", "b"], "b"),
        ([], None),
    ],
)
def test_the_tumours_column(names, column):
    assert imports.tumour_column(names, "T") == column


@pytest.mark.parametrize(
    ("contig", "ref", "words"),
    [
        pytest.param("chr1", "C", r"raw/x\.vcf has a variant at chr1:5, which", id="a contig that is not there"),
        pytest.param("c1", "G", r"raw/x\.vcf has REF G at c1:5, where reference\.genome has C", id="another base"),
    ],
)
def test_a_vcf_of_another_genome_is_a_gap(small, tmp_path, contig, ref, words):
    names = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    text = HEADER.replace("c1", contig) + names + f"{contig}\t5\t.\t{ref}\tT\t.\t.\t.\n"
    (tmp_path / "x.vcf").write_text(text)
    with pytest.raises(DataError, match=words):
        imports.read_vcf(tmp_path / "x.vcf", "T", small, "raw/x.vcf")
