"""Products of mutations and fusions by hand on both strands; which matches speak for them, and which do not."""

import numpy as np
import pandas as pd
import pysam
import pytest

from seriome.dna import hgvs
from seriome.files import write_tsv
from seriome.proteome import evidence, fusions, own
from seriome.proteome.fasta import Protein
from seriome.proteome.own_sources import read_sources
from seriome.rna.fusion_table import write_fusions
from seriome.rna.transcripts import COLUMNS, Transcript, as_row

from ..dna import made
from .made import SETTINGS

# Two genes on one contig. G1, 5' UTR of 3: ATG GCA AAA CTG CGA | GAC TTC TGG TAA, M A K L R D F W
# G2: ATG CAC | ATC AAA GAA TGT TAA, M H I K E C
G1 = ("CCC" + "ATGGCAAAACTGCGA", "GACTTCTGGTAACC")
G2 = ("ATGCAC", "ATCAAAGAATGTTAAGG")
INTRON = "GTAAGTTTTTTTTTTAG"


@pytest.fixture(scope="module", params=["+", "-"])
def genes(request, tmp_path_factory):
    """Rulers of G1 at 100 and G2 at 300 of the + layout, on either strand, and the place of a layout position."""
    folder = tmp_path_factory.mktemp("own")
    text = "T" * 100 + G1[0] + INTRON + G1[1]
    text = text.ljust(300, "T") + G2[0] + INTRON + G2[1]
    text = text.ljust(500, "T")
    text = text if request.param == "+" else made.reverse(text)
    (folder / "g.fa").write_text(f">c\n{text}\n")
    pysam.faidx(str(folder / "g.fa"))

    def part(start, end):
        return (start, end) if request.param == "+" else (500 - end, 500 - start)

    def model(name, start, one, two, cds):
        middle = start + len(one) + len(INTRON)
        exons = [(start, start + len(one)), (middle, middle + len(two))]
        coding = [(exons[0][0] + cds[0], exons[0][1]), (exons[1][0], exons[1][1] - cds[1])]
        found = hgvs.Model(name, "c", request.param)
        found.exons, found.cds = (sorted(part(*piece) for piece in pieces) for pieces in (exons, coding))
        return found

    fasta = pysam.FastaFile(str(folder / "g.fa"))
    models = {"T1": model("T1", 100, *G1, (3, 2)), "T2": model("T2", 300, *G2, (0, 2))}
    return {name: hgvs.Ruler(one, fasta) for name, one in models.items()}, text, request.param


def variant(genes, start, gone, come):
    """VCF's (pos, ref, alt), with one base before, of a change at `start` of the + layout."""
    _, text, strand = genes
    if strand == "-":
        start, gone, come = 500 - start - len(gone), made.reverse(gone), made.reverse(come)
    assert text[start : start + len(gone)] == gone
    return start, text[start - 1] + gone, text[start - 1] + come


@pytest.mark.parametrize(
    ("start", "gone", "come", "protein", "span"),
    [
        pytest.param(109, "A", "C", "MAQLRDFW", (3, 3), id="missense: AAA to CAA"),
        pytest.param(112, "CTG", "", "MAKRDFW", (3, 4), id="a residue less: the two beside it"),
        pytest.param(112, "", "GGT", "MAKGLRDFW", (4, 4), id="a residue more"),
        pytest.param(110, "A", "", "MAN*", (3, 3), id="frameshift: AAC TGC GAG ACT TCT GGT AAC C"),
    ],
)
def test_products_of_variants(genes, start, gone, come, protein, span):
    before, after = own.changed(genes[0]["T1"], *variant(genes, start, gone, come))
    assert before == "MAKLRDFW"
    if protein.endswith("*"):
        assert after == "MANCETSGN"
        assert own.novel(before, after) == (3, 9)
    else:
        assert after == protein
        assert own.novel(before, after) == span


def test_what_is_not_wholly_in_exons_or_not_coding_makes_no_product(genes):
    ruler = genes[0]["T1"]
    assert own.changed(ruler, *variant(genes, 119, "T", "C")) is None  # in the intron
    assert own.changed(ruler, *variant(genes, 101, "C", "G")) is None  # in the 5' UTR
    assert own.novel("MAKLRDFW", "MAKL") is None  # cut short: nothing new


def at(genes, place):
    """A position of the + layout, 0-based, on the strand of the fixture."""
    return place if genes[2] == "+" else 499 - place


def in_dna(genes, five, three):
    """A row of dna/fusions: G1's 5' part up to `five`, G2's 3' part from `three` on."""
    row = {"gene": "G2", "partner": "G1", "chrom": "c", "pos": at(genes, three) + 1, "partner_chrom": "c"}
    row |= {"partner_pos": at(genes, five) + 1, "five": "G1", "three": "G2", "name": "G1-G2 G1;G2", "frame": "in_frame"}
    return row


def test_dna_s_fusion_joins_whole_exons(genes):
    """Breakpoints in both introns: exon 1 of G1 and exon 2 of G2, ATG GCA AAA CTG CGA ATC AAA GAA TGT: MAKLR IKEC."""
    rulers = {"G1": genes[0]["T1"], "G2": genes[0]["T2"]}
    row = in_dna(genes, 100 + len(G1[0]) + 5, 300 + len(G2[0]) + 9)
    (one,) = fusions.of_dna([row], rulers)
    assert (one.sequence, one.first, one.last) == ("MAKLRIKEC", 5, 6)
    assert one.reference == "MAKLRDFW|MHIKEC"
    assert (one.gene, one.name, one.transcript, one.frame, one.assay) == ("G1", "G1-G2 G1;G2", "T1", "in_frame", "dna")
    assert fusions.of_dna([row | {"five": "", "three": ""}], rulers) == []
    other = fusions.of_dna([row | {"five": "G2", "three": "G1"}], rulers)
    assert [one.sequence for one in other] == ["MHDFW"]


def test_dna_s_break_within_one_exon_makes_nothing_and_within_both_cuts_them(genes):
    """ATG GCA AAA CTG of G1, then of exon 2 of G2: GAA TGT TAA in its frame; CAA AGA ATG TTA AGG out of it."""
    rulers = {"G1": genes[0]["T1"], "G2": genes[0]["T2"]}
    exon2 = 300 + len(G2[0]) + len(INTRON)
    assert fusions.of_dna([in_dna(genes, 114, 300 + len(G2[0]) + 9)], rulers) == []
    (one,) = fusions.of_dna([in_dna(genes, 114, exon2 + 6)], rulers)
    assert (one.sequence, one.first, one.last) == ("MAKLEC", 4, 5)
    (shifted,) = fusions.of_dna([in_dna(genes, 114, exon2 + 2)], rulers)
    assert (shifted.sequence, shifted.first, shifted.last) == ("MAKLQRMLR", 4, 5)


def of_rna_stage(genes, coding=("T1", "T2")):
    """G1 and G2 as the rna stage has them, {name: (Transcript, spliced)}: a GTF's coding span has no stop codon."""
    layout = {"T1": (100, G1, (3, 5)), "T2": (300, G2, (0, 5))}
    result = {}
    for name, (start, (one, two), (head, tail)) in layout.items():
        middle = start + len(one) + len(INTRON)
        exons = [(start, start + len(one)), (middle, middle + len(two))]
        span = exons[0][0] + head, exons[1][1] - tail
        if genes[2] == "-":
            exons, span = sorted((500 - end, 500 - begin) for begin, end in exons), (500 - span[1], 500 - span[0])
        row = Transcript(name, name, name, "", "c", genes[2], exons, span if name in coding else None)
        result[name] = row, one + two
    return result


def spliced_of(genes, **how):
    return {name: fusions.of_transcript(*pair) for name, pair in of_rna_stage(genes, **how).items()}


def in_rna(genes, five, three, **what):
    row = {"gene5": "G1", "gene3": "G2", "transcript5": "T1", "transcript3": "T2", "exon5": "1", "exon3": "2"}
    row |= {"chrom5": "c", "chrom3": "c", "pos5": str(at(genes, five) + 1), "pos3": str(at(genes, three) + 1)}
    return row | {"sample": "R1", "frame": "in_frame", "filter": "PASS"} | what


def test_rna_s_fusion_is_read_as_it_stands(genes):
    """Exon 1 of G1 to exon 2 of G2, as DNA's: one row with both assays; within exons, too; not between them."""
    end, exon2 = 100 + len(G1[0]) - 1, 300 + len(G2[0]) + len(INTRON)
    spliced = spliced_of(genes)
    (one,) = fusions.of_rna([in_rna(genes, end, exon2)], spliced)
    assert (one.sequence, one.first, one.last, one.name) == ("MAKLRIKEC", 5, 6, "G1-G2 G1;G2")
    assert one.reference == "MAKLRDFW|MHIKEC"
    assert one.source == f"c:{at(genes, end) + 1}-c:{at(genes, exon2) + 1}"
    rulers = {"G1": genes[0]["T1"], "G2": genes[0]["T2"]}
    (dna,) = fusions.of_dna([in_dna(genes, 100 + len(G1[0]) + 5, 300 + len(G2[0]) + 9)], rulers)
    (row,) = own.table_of([one, dna, one])
    assert (row["source"], row["assay"], row["accession"]) == (dna.source, "dna,rna", "OWN_1")
    (row,) = own.table_of([one, one])
    assert row["assay"] == "rna"
    (within,) = fusions.of_rna([in_rna(genes, 114, exon2 + 2, frame="out_of_frame")], spliced)
    assert (within.sequence, within.frame) == ("MAKLQRMLR", "out_of_frame")
    assert fusions.of_rna([in_rna(genes, 114, exon2 - 3)], spliced) == []
    assert fusions.of_rna([in_rna(genes, 101, exon2)], spliced) == []  # before the start codon
    assert fusions.of_rna([in_rna(genes, end, exon2, transcript3="T9")], spliced) == []
    (silent,) = fusions.of_rna([in_rna(genes, end, exon2, frame="not_coding")], spliced_of(genes, coding=["T1"]))
    assert (silent.sequence, silent.reference) == ("MAKLRIKEC", "MAKLRDFW")


def test_rna_s_tables_are_read(genes, tmp_path):
    """As the rna stage writes them: what does not pass is left out, sequences are those of its FASTA."""
    end, exon2 = 100 + len(G1[0]) - 1, 300 + len(G2[0]) + len(INTRON)
    write_fusions(tmp_path / "a.tsv", [in_rna(genes, end, exon2), in_rna(genes, 114, exon2 + 2, filter="trace")])
    write_fusions(tmp_path / "b.tsv", [in_rna(genes, end, exon2)])
    write_fusions(tmp_path / "none.tsv", [])
    made = of_rna_stage(genes)
    write_tsv(tmp_path / "t.tsv", (as_row(one) for one, _ in made.values()), COLUMNS)
    (tmp_path / "t.fa").write_text("".join(f">{name}\n{text}\n" for name, (_, text) in made.items()) + ">T3\nA\n")
    given = Given(rna_fusions=[tmp_path / "a.tsv", tmp_path / "b.tsv"])
    given |= {"rna_transcripts": tmp_path / "t.tsv", "rna_sequences": tmp_path / "t.fa"}
    (row,) = read_sources(given)
    assert (row["sequence"], row["assay"], row["kind"]) == ("MAKLRIKEC", "rna", "fusion")
    for held, products in (("no", 1), ("yes", 0)):  # of another person: nothing is the patient's
        write_tsv(tmp_path / "who.tsv", [{"sample": "R1", "held_out": held}], ["sample", "held_out"])
        assert len(read_sources(given | {"rna_identity": tmp_path / "who.tsv"})) == products
    assert read_sources(Given(given | {"rna_fusions": str(tmp_path / "none.tsv")})) == []
    assert read_sources(Given()) == []


class Given(dict):
    """A rule's input: names as attributes."""

    __getattr__ = dict.__getitem__

    def __or__(self, other):
        return Given(dict(self) | other)


REFERENCE = "MKAAANVELLTPEPTIDEKGGGSWLLDDR"


def product(at, residue, kind="missense"):
    after = REFERENCE[: at - 1] + residue + REFERENCE[at:]
    return own.Product(kind, f"c:{at}", "G", f"G {REFERENCE[at - 1]}{at}{residue}", "T", at, at, after, REFERENCE)


def match(peptide, name="OWN_1", *, score=50.0, ions=None, isotope=0, psm_q=0.001, decoy=False):
    ions = " ".join(f"y{i}" for i in range(1, len(peptide))) if ions is None else ions
    return {
        "sample": "S", "run": "r", "proteins": name, "peptide": peptide, "modified": peptide, "spectrum": "scan=1",
        "rt": 1.0, "charge": 2, "score": score, "delta": 5.0, "psm_q": psm_q, "ions": ions, "isotope_error": isotope,
        "mass_calculated": 1500.0, "decoy": decoy, "own": True,
    }  # fmt: skip


def reasons(products, matches, share=0.001, settings=SETTINGS):
    rows = own.table_of(products)
    text = own.reference_text({"P": Protein("P", "G", REFERENCE)}, rows)
    return evidence.judged(pd.DataFrame(matches), rows, text, share, settings)


WHOLE = "AAANVELLTPEPTIDEK"  # residues 3 to 19


@pytest.mark.parametrize(
    ("at", "residue", "how", "reason"),
    [
        pytest.param(8, "Q", {}, "", id="E8Q: seen on both sides, nothing else explains it"),
        pytest.param(9, "I", {}, "reference", id="L9I: the same mass, I = L"),
        pytest.param(6, "D", {}, "modification", id="N6D is what deamidation makes"),
        pytest.param(8, "K", {"isotope": 1}, "isotope", id="E8K: a dalton lighter, precursor picked one off"),
        pytest.param(8, "F", {"isotope": 1}, "", id="E8F: 18 daltons, a neutron is told from that"),
        pytest.param(8, "Q", {"ions": "y1 y2 y3 b2"}, "not_localised", id="no fragment near the residue"),
        pytest.param(8, "Q", {"ions": "y1 b3 b8"}, "", id="enclosed by fragments two residues away"),
        pytest.param(8, "Q", {"psm_q": 0.2}, "fdr", id="weak match"),
        pytest.param(4, "S", {"ions": "b1 b3"}, "modification", id="A4S is an oxygen, as on P or D: not placed"),
        pytest.param(4, "S", {"ions": "b1 b2"}, "", id="A4S placed between the first and the third residue"),
    ],
)
def test_reasons(at, residue, how, reason):
    changed = product(at, residue)
    found = reasons([changed], [match(changed.sequence[2:19], **how)])
    assert found["reason"].tolist() == [reason]
    assert found["reported"].tolist() == [not reason]
    assert (found["start"] == 3).all()


def test_a_peptide_beside_the_change_says_nothing():
    changed = product(8, "Q")
    assert reasons([changed], [match("GGGSWLLDDR")])["reason"].tolist() == ["reference"]


def test_class_rate_by_hand():
    """Ten decoys in all above the match, one form in 1,000 is of the class: (10 + 1) x 0.001 / 1."""
    rows = [match(WHOLE, score=50.0)] + [match(WHOLE, "P", score=60.0, decoy=True) | {"own": False}] * 10
    rows += [match(WHOLE, score=70.0)]
    q = evidence.class_q(pd.DataFrame(rows), 0.001)
    assert q[0] == pytest.approx(11 * 0.001 / 2)
    assert q.iloc[-1] == pytest.approx(0.001)
    assert (q.iloc[1:-1] == 1).all()


def test_features_of_reported_peptides():
    changed = product(8, "Q")
    rows = reasons([changed], [match(changed.sequence[2:19]), match(changed.sequence[2:19], psm_q=0.5)])
    seen = evidence.features(rows, pd.Series({changed.sequence[2:19]: 8.0}))
    assert seen[["feature", "name", "value", "state"]].to_numpy().tolist() == [
        [f"c:8|{changed.sequence[2:19]}", "G E8Q", 3.0, "measured"]
    ]
    unseen = evidence.features(rows, pd.Series(dtype=float))
    assert unseen["state"].tolist() == ["below_lod"]
    assert unseen["value"].isna().all()


def test_forms_are_counted_as_the_search_counts_them():
    rows = own.table_of([product(8, "Q")])
    text = own.reference_text({"P": Protein("P", "G", REFERENCE)}, rows)
    # new: AAANVQLLTPEPTIDEK, with MK before it, with GGG...DDR behind it, with both
    assert own.forms(rows, text, SETTINGS) == 1 + 2 + 1 + 2
    assert own.forms([], text, SETTINGS) == 0


def test_own_proteins_have_accessions_in_order_and_equal_ones_are_one():
    rows = own.table_of([product(8, "Q"), product(8, "Q"), product(6, "D")])
    assert [row["accession"] for row in rows] == ["OWN_1", "OWN_2"]
    assert own.typed([{key: str(value) for key, value in row.items()} for row in rows]) == rows
    assert own.speaking_for(["OWN_2", "P1", "OWN_1", "P0"]) == ["P0", "P1"]
    assert own.speaking_for(["OWN_2", "OWN_1"]) == ["OWN_1", "OWN_2"]
    assert np.all(own.of_own(pd.Series(["OWN_1;OWN_2", "OWN_1;P1", "P1"])) == [True, False, False])
