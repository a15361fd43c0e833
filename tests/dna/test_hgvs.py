"""`c.` and `p.` counted by hand on both strands, in introns and repeats; and the names the clinic knows."""

import random
import re

import pysam
import pytest

from seriome.dna import consequence, hgvs, reference

from . import made
from .test_real import _cut

# On +: exon 1 at 100..120 (5 bases of 5' UTR), intron of 7, exon 2 at 127..147, intron of 6, exon 3 at 153..165 (8
# bases of 3' UTR). Coding, 39 bases: ATG GCA GCA AAA TTT | TTT CGA CGA CGA CTG AAA CC|C TAA, M A A K F F R R R L K P *
EXONS = ("GGACC" + "ATGGCAGCAAAATTT", "TTTCGACGACGACTGAAACC", "CTAA" + "GCTAGCTA")
INTRONS = ("GTAAAAG", "GTTTAG")


def build():
    """A contig of 400 bases with the gene at 100."""
    text = "TTCATCTACG" * 10 + EXONS[0] + INTRONS[0] + EXONS[1] + INTRONS[1] + EXONS[2]
    return text + ("CATGA" * 80)[: 400 - len(text)]


@pytest.fixture(scope="module", params=["+", "-"])
def ruler(request, tmp_path_factory):
    """The transcript on one strand of its contig, and a function from the place in the + layout to the genome's."""
    folder, text = tmp_path_factory.mktemp("hgvs"), build()
    text = text if request.param == "+" else made.reverse(text)
    (folder / "g.fa").write_text(f">c\n{text}\n")
    pysam.faidx(str(folder / "g.fa"))

    def part(start, end):
        return (start, end) if request.param == "+" else (400 - end, 400 - start)

    model = hgvs.Model("T", "c", request.param)
    model.exons = sorted(part(*one) for one in ((100, 120), (127, 147), (153, 165)))
    model.cds = sorted(part(*one) for one in ((105, 120), (127, 147), (153, 157)))
    return hgvs.Ruler(model, pysam.FastaFile(str(folder / "g.fa"))), text


def variant(ruler, start, gone, come):
    """VCF's (pos, ref, alt), with one base before, of a change at `start` of the + layout."""
    one, text = ruler
    if not one.forward:
        start, gone, come = 400 - start - len(gone), made.reverse(gone), made.reverse(come)
    assert text[start : start + len(gone)] == gone
    if len(gone) == len(come) == 1:
        return start + 1, gone, come
    return start, text[start - 1] + gone, text[start - 1] + come


@pytest.mark.parametrize(
    ("start", "end", "exon"),
    [
        *((121, 122, 1), (120, 121, 1), (122, 123, None), (125, 126, 2), (124, 125, None), (146, 149, 2)),
        *((148, 149, 2), (118, 130, 1), (90, 97, None), (151, 152, 3)),
    ],
)
def test_exon_of_a_splice_site(ruler, start, end, exon):
    # two bases of the intron on either side are an exon's splice sites; of two exons the first counts
    stretch = (start, end) if ruler[0].forward else (400 - end, 400 - start)
    assert ruler[0].exon_beside(*stretch) == exon


@pytest.mark.parametrize(
    ("start", "gone", "come", "change"),
    [
        pytest.param(105, "A", "C", "c.1A>C", id="the A of the start codon"),
        pytest.param(104, "C", "G", "c.-1C>G", id="the base before it"),
        pytest.param(100, "G", "C", "c.-5G>C", id="first base of the transcript"),
        pytest.param(99, "G", "C", "c.-6G>C", id="upstream is counted on"),
        pytest.param(119, "T", "C", "c.15T>C", id="last base of exon 1"),
        pytest.param(127, "T", "C", "c.16T>C", id="first base of exon 2"),
        pytest.param(120, "G", "A", "c.15+1G>A", id="donor"),
        pytest.param(126, "G", "A", "c.16-1G>A", id="acceptor"),
        pytest.param(123, "A", "C", "c.15+4A>C", id="the middle of seven counts from the exon before"),
        pytest.param(124, "A", "C", "c.16-3A>C", id="behind the middle"),
        pytest.param(149, "T", "C", "c.35+3T>C", id="six: the third from the left"),
        pytest.param(150, "T", "C", "c.36-3T>C", id="six: the third from the right"),
        pytest.param(156, "A", "C", "c.39A>C", id="last base of the stop codon"),
        pytest.param(157, "G", "C", "c.*1G>C", id="the base behind it"),
        pytest.param(108, "GCA", "", "c.7_9del", id="one of two GCA goes: the last, not the first"),
        pytest.param(114, "A", "", "c.12del", id="one of four A (10 to 12 and 9): the last"),
        pytest.param(108, "", "GCA", "c.7_9dup", id="a third GCA: a copy of the last"),
        pytest.param(114, "", "A", "c.12dup", id="a fifth A"),
        pytest.param(107, "", "TT", "c.2_3insTT", id="an insertion that copies nothing before it"),
        pytest.param(108, "GC", "TT", "c.4_5delinsTT", id="two bases at once"),
        pytest.param(108, "GCAG", "T", "c.4_7delinsT", id="four become one"),
        pytest.param(130, "CGA", "", "c.26_28del", id="one of three CGA, and a C follows: one base further"),
    ],
)
def test_changes_of_the_transcript_on_both_strands(ruler, start, gone, come, change):
    assert hgvs.coding_change(ruler[0], *variant(ruler, start, gone, come)) == change


@pytest.mark.parametrize(
    ("start", "gone", "come", "change"),
    [
        pytest.param(108, "GCA", "", "A3del", id="one of two A: the last"),
        pytest.param(130, "CGA", "", "R9del", id="one of three R"),
        pytest.param(130, "CGACGA", "", "R8_R9del", id="two of three R"),
        pytest.param(108, "", "GCA", "A3dup", id="a third A"),
        pytest.param(130, "", "CGACGA", "R8_R9dup", id="two more R"),
        pytest.param(139, "", "TGG", "R9_L10insW", id="between two that are not alike"),
        pytest.param(131, "GACGACG", "TTT", "R7fs", id="out of frame: CGA becomes CTT"),
        pytest.param(130, "CGACGACGA", "TGG", "R7_R9delinsW", id="three become one"),
        pytest.param(108, "G", "", "A2fs", id="frameshift: GCA GCA becomes CAG"),
        pytest.param(111, "", "TAA", None, id="a stop codon in frame needs other words"),
        pytest.param(120, "G", "", None, id="in the intron"),
        pytest.param(118, "TTGT", "", None, id="across the exon's end"),
    ],
)
def test_changes_of_length_of_the_protein(ruler, start, gone, come, change):
    assert hgvs.protein_change_of_length(ruler[0], *variant(ruler, start, gone, come)) == change


def test_a_frameshift_that_starts_with_a_stop_codon():
    assert hgvs.described("MAKF*", "MA*", frame=False) == "K3*"
    assert hgvs.described("MAKF*", "MALLL", frame=False) == "K3fs"


def test_a_transcript_cut_at_its_start_has_no_numbers(tmp_path):
    lines = ["c\tx\texon\t11\t40\t.\t+\t.\tParent=transcript:T", "c\tx\tCDS\t11\t40\t.\t+\t1\tParent=transcript:T"]
    (tmp_path / "g.gff3").write_text("\n".join(lines) + "\n")
    assert hgvs.read_models(tmp_path / "g.gff3", {"T"}) == {}


SLICES = {"EGFR": "chr7_55000000_58000000", "KRAS": "chr12_25204646_25251936", "TP53": "chr17_7661179_7688546"}
SLICES |= {"BRCA1": "chr17_43000000_44000000", "BRCA2": "chr13_32000000_33000000"}
KNOWN = [  # places on GRCh38, as COSMIC and ClinVar give them
    ("EGFR", 55191822, "T", "G", "c.2573T>G", "EGFR L858R"),
    ("EGFR", 55181378, "C", "T", "c.2369C>T", "EGFR T790M"),
    ("EGFR", 55174772, "GGAATTAAGAGAAGCA", "G", "c.2236_2250del", "EGFR E746_A750del"),
    ("EGFR", 55174771, "AGGAATTAAGAGAAGC", "A", "c.2235_2249del", "EGFR E746_A750del"),
    ("EGFR", 55181319, "C", "CGGT", "c.2310_2311insGGT", "EGFR D770_N771insG"),
    ("EGFR", 55181307, "G", "GGCCAGCGTG", "c.2300_2308dup", "EGFR A767_V769dup"),
    ("KRAS", 25245351, "C", "A", "c.34G>T", "KRAS G12C"),
    ("KRAS", 25245350, "C", "T", "c.35G>A", "KRAS G12D"),
    ("TP53", 7675237, "C", "T", "c.376-1G>A", None),
    ("TP53", 7675052, "C", "T", "c.559+1G>A", None),
    ("TP53", 7675000, "A", "G", "c.560-29T>C", None),  # 53 behind one exon, 29 before the next
    ("BRCA1", 43057062, "T", "TG", "c.5266dup", "BRCA1 Q1756fs"),
    ("BRCA1", 43124027, "ACT", "A", "c.68_69del", "BRCA1 E23fs"),
    ("BRCA2", 32340300, "GT", "G", "c.5946del", "BRCA2 S1982fs"),
]


def test_introns_have_the_genes_foremost_transcript():
    rows = [
        {"transcript": name, "gene_id": "I", "gene": "G", "start": 0, "end": 900, "rank": rank, "cds_bases": bases}
        | {"biotype": kind}
        for name, rank, bases, kind in (
            *(("T1", 9, 90, "protein_coding"), ("T2", 0, 30, "protein_coding")),
            *(("T3", 9, 300, "protein_coding"), ("T4", 0, 60, "nonsense_mediated_decay")),
        )
    ]
    bare = consequence.Effect("G", None, None, "intron_variant", None, "G intron")
    placed = consequence._placed(bare, ("c", 100, "A", "C"), {"c": rows})
    assert (placed.transcript, placed.gene_id) == ("T2", "I")
    assert consequence._placed(bare, ("c", 901, "A", "C"), {"c": rows}) == bare


@pytest.mark.slow
def test_the_names_that_the_clinic_knows(shared_real, tmp_path):
    reference.copy_genome(shared_real / "reference/minigenome.grch38.fa.gz", tmp_path / "whole.fa")
    _cut(tmp_path / "whole.fa", tmp_path / "cut.fa", list(SLICES.values()))
    reference.copy_genome(tmp_path / "cut.fa", tmp_path / "genome.fa")
    transcripts = reference.read_transcripts(shared_real / "reference/genes.gtf", tmp_path / "genome.fa")
    (tmp_path / "genes.gff3").write_text(reference.gff3(transcripts))
    reference.write_transcripts(tmp_path / "transcripts.tsv", transcripts)
    starts = {gene: int(name.split("_")[1]) for gene, name in SLICES.items()}
    keys = [(SLICES[gene], pos - starts[gene] + 1, ref, alt) for gene, pos, ref, alt, _, _ in KNOWN]
    files = (tmp_path / name for name in ("genome.fa", "genes.gff3", "transcripts.tsv"))
    exons = {("EGFR", 55191822): 21, ("EGFR", 55181378): 20, ("EGFR", 55174772): 19, ("KRAS", 25245351): 2}
    for one, (gene, pos, _, _, coding, name) in zip(consequence.effects(keys, *files, tmp_path), KNOWN, strict=True):
        assert (one.hgvs_c, one.name if name else None) == (coding, name), (gene, pos, one)
        assert one.exon == exons.get((gene, pos), one.exon)


@pytest.mark.slow
def test_numbers_agree_with_the_residues_of_bcftools(shared_real, tmp_path):
    # 600 made-up changes of coding bases in 18 slices of the genome, both strands: the codon of `c.` is the residue
    # that bcftools csq names
    reference.copy_genome(shared_real / "reference/minigenome.grch38.fa.gz", tmp_path / "genome.fa")
    transcripts = reference.read_transcripts(shared_real / "reference/genes.gtf", tmp_path / "genome.fa")
    (tmp_path / "genes.gff3").write_text(reference.gff3(transcripts))
    reference.write_transcripts(tmp_path / "transcripts.tsv", transcripts)
    rng, keys = random.Random(4), set()
    coding = [(one.chrom, *part) for one in transcripts for part in one.cds]
    with pysam.FastaFile(str(tmp_path / "genome.fa")) as fasta:
        for _ in range(600):
            chrom, start, end = rng.choice(coding)
            place = rng.randrange(start, end)
            ref = fasta.fetch(chrom, place, place + 1).upper()
            keys.add((chrom, place + 1, ref, rng.choice([base for base in "ACGT" if base != ref])))
    files = (tmp_path / name for name in ("genome.fa", "genes.gff3", "transcripts.tsv"))
    found = consequence.effects(sorted(keys), *files, tmp_path)
    pairs = [
        (int(coding[1]), int(protein[1]))
        for coding, protein in (
            (re.match(r"c\.(\d+)[ACGT]>", one.hgvs_c or ""), re.match(r"p\.[A-Z*](\d+)[A-Z*=]$", one.hgvs_p or ""))
            for one in found
        )
        if coding and protein
    ]
    assert len(pairs) > 500
    assert [(base, residue) for base, residue in pairs if (base + 2) // 3 != residue] == []
