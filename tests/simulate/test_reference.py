"""The simulated genome, read back from its files by pysam and a reader of GTF that knows nothing of the builder."""

import re
from collections import defaultdict
from itertools import pairwise

import numpy as np
import pysam
import pytest

from seriome.errors import InputError
from seriome.simulate.genes import GENES
from seriome.simulate.genome import build_reference
from seriome.simulate.reference import Reference, Variant, reverse_complement

# NCBI's translation table 1, bases in the order T C A G
AMINO = "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG"
CODE = {
    a + b + c: AMINO[16 * i + 4 * j + k]
    for i, a in enumerate("TCAG")
    for j, b in enumerate("TCAG")
    for k, c in enumerate("TCAG")
}


@pytest.fixture(scope="module")
def reference():
    return build_reference(seed=7)


@pytest.fixture(scope="module")
def folder(reference, tmp_path_factory):
    folder = tmp_path_factory.mktemp("reference")
    reference.write(folder)
    return folder


@pytest.fixture(scope="module")
def genome(folder):
    with pysam.FastaFile(str(folder / "genome.fa")) as fasta:
        return {name: fasta.fetch(name) for name in fasta.references}


@pytest.fixture(scope="module")
def annotation(folder):
    """{gene: {kind: [(chrom, start0, end0, strand, frame), ...]}} of genes.gtf."""
    found = defaultdict(lambda: defaultdict(list))
    for line in (folder / "genes.gtf").read_text().splitlines():
        chrom, _, kind, start, end, _, strand, frame, attributes = line.split("\t")
        name = re.search(r'gene_name "([^"]+)"', attributes)[1]
        found[name][kind].append((chrom, int(start) - 1, int(end), strand, frame))
    return found


def coding_bases(genome, annotation, name):
    """[(chrom, place, base in the gene's direction), ...] over the CDS rows of a gene."""
    rows = annotation[name]["CDS"]
    places = sorted((chrom, place) for chrom, start, end, _, _ in rows for place in range(start, end))
    if rows[0][3] == "+":
        return [(chrom, place, genome[chrom][place]) for chrom, place in places]
    return [(chrom, place, reverse_complement(genome[chrom][place])) for chrom, place in reversed(places)]


@pytest.mark.parametrize(
    ("gene", "change", "before", "after", "length"),
    [
        ("EGFR", "L858R", "CTG", "CGG", 1210),
        ("EGFR", "T790M", "ACG", "ATG", 1210),
        ("EGFR", "C797S", "TGC", "AGC", 1210),
        ("KRAS", "G12C", "GGT", "TGT", 189),
        ("BRAF", "V600E", "GTG", "GAG", 766),
        ("ALK", "G1202R", "GGA", "AGA", 1620),
        ("ALK", "L1196M", "CTG", "ATG", 1620),
        ("TP53", "R175H", "CGC", "CAC", 393),
        ("PIK3CA", "H1047R", "CAT", "CGT", 1068),
        ("NRAS", "Q61K", "CAA", "AAA", 189),
    ],
)
def test_hotspots_as_in_patients(reference, genome, annotation, gene, change, before, after, length):
    """Codons from the RefSeq coding sequences; read from the files, changed there, translated by another table."""
    bases = coding_bases(genome, annotation, gene)
    assert len(bases) == 3 * length
    residue = int(change[1:-1])
    codon = bases[3 * residue - 3 : 3 * residue]
    assert "".join(base for _, _, base in codon) == before
    assert CODE[before] == change[0]
    variant = reference.variant(gene, change)
    assert genome[variant.chrom][variant.pos - 1] == variant.ref
    alt = variant.alt if annotation[gene]["gene"][0][3] == "+" else reverse_complement(variant.alt)
    changed = "".join(
        alt if (chrom, place) == (variant.chrom, variant.pos - 1) else base for chrom, place, base in codon
    )
    assert changed == after
    assert CODE[after] == change[-1]
    assert reference.protein_change(variant) == ("missense", change)


def test_every_gene_is_sound(folder, genome, annotation):
    proteins = {}
    with pysam.FastxFile(str(folder / "proteins.fa")) as fasta:
        for entry in fasta:
            assert re.fullmatch(r"sp\|S\d{5}\|[A-Z0-9-]+_HUMAN", entry.name)
            proteins[re.search(r"GN=(\S+)", entry.comment)[1]] = entry.sequence
    assert set(proteins) == set(annotation)
    for row in GENES:
        bases = coding_bases(genome, annotation, row.name)
        coding = "".join(base for _, _, base in bases)
        protein = "".join(CODE[coding[i : i + 3]] for i in range(0, len(coding), 3))
        assert protein == proteins[row.name]
        assert protein.startswith("M")
        assert "*" not in protein
        assert len(protein) == row.residues
        exons, strand = sorted(annotation[row.name]["exon"]), annotation[row.name]["gene"][0][3]
        assert len(exons) == row.exons
        chrom, last = bases[-1][:2]
        for (_, _, end, *_), (_, start, *_) in pairwise(exons):
            intron = genome[chrom][end:start]
            intron = intron if strand == "+" else reverse_complement(intron)
            assert (intron[:2], intron[-2:]) == ("GT", "AG")
        stop = (
            genome[chrom][last + 1 : last + 4] if strand == "+" else reverse_complement(genome[chrom][last - 3 : last])
        )
        assert CODE[stop] == "*"
        done = 0
        for _, start, end, _, frame in sorted(annotation[row.name]["CDS"], reverse=strand == "-"):
            assert int(frame) == (3 - done % 3) % 3
            done += end - start


def test_natural_amino_acids(reference):
    """K and R together near 11 to 12 % of residues, as in human proteins, so that trypsin cuts as it does there."""
    text = "".join(gene.protein for gene in reference.genes)
    assert sum(map(text.count, "KR")) / len(text) == pytest.approx(0.115, abs=0.015)
    assert text.count("L") / len(text) == pytest.approx(0.10, abs=0.015)


def test_size_gc_and_paralogues(reference):
    assert 4e5 < sum(map(len, reference.contigs.values())) < 1e6
    windows = [
        (text[i : i + 5000].count("G") + text[i : i + 5000].count("C")) / 5000
        for text in reference.contigs.values()
        for i in range(0, len(text) - 5000, 5000)
    ]
    assert min(windows) < 0.44 < 0.48 < max(windows)
    one, other = reference.gene("ACTB").transcript, reference.gene("ACTG1").transcript
    assert np.mean([a == b for a, b in zip(one, other, strict=True)]) == pytest.approx(0.95, abs=0.015)


def test_microsatellites_are_exactly_as_listed(folder, genome):
    rows = [line.split("\t") for line in (folder / "microsatellites.bed").read_text().splitlines()]
    targets = [line.split("\t") for line in (folder / "targets.bed").read_text().splitlines()]
    assert len(rows) > 30
    for chrom, start, end, name in rows:
        start, end = int(start), int(end)
        unit, times = re.fullmatch(r"\(([ACGT]+)\)(\d+)", name).groups()
        assert genome[chrom][start:end] == unit * int(times)
        assert genome[chrom][start - 1] != unit[-1]
        assert genome[chrom][end] != unit[0]
    inside = [
        row
        for row in rows
        for at in targets
        if at[0] == row[0] and int(at[1]) <= int(row[1]) and int(row[2]) <= int(at[2])
    ]
    assert len(inside) >= 5


def test_equal_seeds_give_equal_files(reference, folder, tmp_path):
    build_reference(seed=7).write(tmp_path)
    for path in sorted(folder.glob("*.[a-z]*")):
        if path.suffix != ".fai":
            assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name
    assert build_reference(seed=8).contigs != reference.contigs


def test_germline(reference):
    one, same, other = reference.germline(1), reference.germline(1), reference.germline(2)
    assert one.variants == same.variants
    assert one.variants != other.variants
    for variant in one.variants:
        assert reference.contigs[variant.chrom][variant.start] == variant.ref
        assert variant.ref != variant.alt
    kinds = [one.genotype(variant) for variant in one.variants]
    assert {1, 2} == set(kinds)
    total = sum(map(len, reference.contigs.values()))
    assert total / len(reference.snps) == pytest.approx(700, rel=0.15)


def test_random_coding_variants(reference):
    rng = np.random.default_rng(3)
    drawn = reference.random_coding_variants("TP53", 25, rng, "tobacco", indels=0.3)
    gene, text = reference.gene("TP53"), reference.contigs[reference.gene("TP53").chrom]
    assert len(set(drawn)) == 25
    assert drawn == sorted(drawn)
    assert any(len(one.ref) != len(one.alt) for one in drawn)
    hotspots = {place for residue in gene.hotspots for place in gene.codon_places(residue)}
    snps = {(variant.chrom, variant.start) for variant, _ in reference.snps}
    for one in drawn:
        assert text[one.start : one.end] == one.ref
        assert reference.left_aligned(one) == one
        assert reference.protein_change(one)[0] != "noncoding"
        assert not hotspots & set(range(one.start, one.end))
        assert not any((one.chrom, place) in snps for place in range(one.start, one.end))
    for left, right in pairwise(drawn):
        assert right.start - left.end >= 10


def test_a_signature_shapes_the_substitutions(reference):
    drawn = reference.random_coding_variants("ALK", 100, np.random.default_rng(1), {"N[C>A]N": 1}, indels=0)
    assert {(one.ref, one.alt) for one in drawn} == {("C", "A"), ("G", "T")}


def test_left_alignment_as_published():
    """Tan et al. 2015, figure 1: a deletion of CA from GGGCACACACAGGG, however written, is GCA > G at 3."""
    made = Reference(1, {"chr1": "GGGCACACACAGGG"}, (), (), ())
    for written in (Variant("chr1", 7, "ACA", "A"), Variant("chr1", 5, "ACA", "A"), Variant("chr1", 2, "GGCA", "GG")):
        assert made.left_aligned(written) == Variant("chr1", 3, "GCA", "G")


def test_deletion_of_exon_19(reference):
    """c.2236_2250del takes GAATTAAGAGAAGCA: E746_A750del."""
    variant = reference.variant("EGFR", "E746_A750del")
    assert variant.ref[1:] == "GAATTAAGAGAAGCA"
    assert len(variant.alt) == 1


def test_fusion_partners_join_in_frame(reference):
    """EML4 exon 13 ends with residue 496, ALK exon 20 begins with residue 1058 (Soda et al. 2007)."""
    five, three = reference.gene("EML4"), reference.gene("ALK")
    assert (five.exon_in_transcript(13)[1] - five.coding_span[0]) == 3 * 496
    assert (three.exon_in_transcript(20)[0] - three.coding_span[0]) == 3 * 1057


@pytest.mark.parametrize(
    ("gene", "change", "says"),
    [
        ("EGRF", "L858R", "did you mean 'EGFR'"),
        ("EGFR", "A858R", "residue 858 is L, not A"),
        ("EGFR", "L2000R", "the protein has 1210 residues"),
        ("EGFR", "L858", "write a change as L858R"),
        ("EGFR", "L858D", "no single base turns CTG into D"),
    ],
)
def test_mistakes_are_told(reference, gene, change, says):
    with pytest.raises(InputError, match=re.escape(says)):
        reference.variant(gene, change)
