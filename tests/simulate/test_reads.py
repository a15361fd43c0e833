"""Simulated reads, counted in the raw files by exact words of sequence, without an aligner."""

import gzip
from collections import Counter, defaultdict

import numpy as np
import pytest
from scipy.stats import binom, chi2

from seriome.errors import InputError
from seriome.simulate.cells import Junction, Population, applied, expected_copies, expected_junction, expected_vaf
from seriome.simulate.dna import PLASMA, write_dna
from seriome.simulate.fastq import ADAPTERS, Fragments
from seriome.simulate.genome import build_reference
from seriome.simulate.reference import Variant, reverse_complement
from seriome.simulate.rna import Fusion, write_rna

CLEAN = {"error_rate": 0, "damage_rate": 0}
NORMAL = [Population(1.0)]


@pytest.fixture(scope="module")
def reference():
    return build_reference(seed=7, genes=12)


@pytest.fixture(scope="module")
def germline(reference):
    return reference.germline(1)


def read(path):
    """[(name, bases, qualities), ...]"""
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    return list(zip(lines[0::4], lines[1::4], lines[3::4], strict=True))


def pairs(folder):
    return list(zip(read(folder / "1.fastq.gz"), read(folder / "2.fastq.gz"), strict=True))


def dna(folder, *arguments, **options):
    return write_dna(folder / "1.fastq.gz", folder / "2.fastq.gz", *arguments, **options)


def rna(folder, *arguments, **options):
    return write_rna(folder / "1.fastq.gz", folder / "2.fastq.gz", *arguments, **options)


def fragments_with(rows, reference, germline, variant):
    """(fragments with the variant, with the genome): words of 36 bases from 15 before it, on any haplotype."""
    start, end = variant.start - 15, variant.end + 35
    text = reference.contigs[variant.chrom][start:end]
    words = defaultdict(set)
    for side in (0, 1):
        own = [one for one in germline.within(variant.chrom, start, end, side) if one != variant]
        for kind, put in (("alt", [variant]), ("ref", [])):
            word = applied(text, start, own + put)[:36]  # of one length, so that reads show each equally often
            words[kind] |= {word, reverse_complement(word)}
    found = Counter()
    for (_, one, _), (_, two, _) in rows:
        for kind in ("alt", "ref"):
            found[kind] += any(word in one or word in two for word in words[kind])
    return found["alt"], found["ref"]


def agrees(alt, ref, vaf):
    """Within the central 99.99 % of a binomial."""
    low, high = binom.interval(0.9999, alt + ref, vaf)
    return low <= alt <= high


def test_expected_vaf_by_hand(reference):
    """Purity 0.6, five copies of which three mutated, in half of the cancer cells: 0.3 * 3 / (0.6 * 5 + 0.4 * 2)."""
    variant = reference.variant("EGFR", "L858R")
    mutated = ((0, frozenset([variant])),) * 3 + ((1, frozenset()),) * 2
    plain = ((0, frozenset()),) * 3 + ((1, frozenset()),) * 2
    cells = [Population(40), Population(30, {"EGFR": mutated}), Population(30, {"EGFR": plain})]
    assert expected_vaf(cells, "EGFR", variant) == pytest.approx(0.9 / 3.8)
    assert expected_copies(cells, "EGFR") == pytest.approx(3.8)
    assert expected_vaf([Population(1, {"EGFR": ()})], "EGFR", variant) != expected_vaf(cells, "EGFR", variant)
    assert np.isnan(expected_vaf([Population(1, {"EGFR": ()})], "EGFR", variant))


def test_raw_reads_agree_with_the_plan(reference, germline, tmp_path):
    """Allele fractions of two somatic substitutions, a deletion and inherited SNPs, and the depth of a gain."""
    early, late = reference.variant("EGFR", "L858R"), reference.variant("EGFR", "T790M")
    deletion = next(
        one
        for one in reference.random_coding_variants("TP53", 5, np.random.default_rng(5), indels=1)
        if len(one.ref) > len(one.alt)
    )
    gain = ((0, frozenset([early])),) * 5 + ((1, frozenset()),)
    grown = ((0, frozenset([early, late])),) * 5 + ((1, frozenset()),)
    lost = ((1, frozenset([deletion])),)
    cells = [
        Population(0.3),
        Population(0.5, {"EGFR": gain, "TP53": lost}),
        Population(0.2, {"EGFR": grown, "TP53": lost}),
    ]
    genes = ["EGFR", "TP53", "KRAS"]
    dna(tmp_path, reference, germline, cells, depth=300, seed=1, duplicates=0, off_target=0, genes=genes, **CLEAN)
    rows = pairs(tmp_path)
    for gene, variant in (("EGFR", early), ("EGFR", late), ("TP53", deletion)):
        alt, ref = fragments_with(rows, reference, germline, variant)
        assert alt + ref > 100
        assert agrees(alt, ref, expected_vaf(cells, gene, variant)), (gene, alt, ref)
    checked = 0
    for gene in map(reference.gene, genes):
        for variant in germline.variants:
            if variant.chrom == gene.chrom and any(s <= variant.start < e for s, e in gene.exons):
                alt, ref = fragments_with(rows, reference, germline, variant)
                assert agrees(alt, ref, expected_vaf(cells, gene.name, variant, germline)), (variant, alt, ref)
                checked += 1
    assert checked >= 3


def test_depth_follows_copies(reference, germline, tmp_path):
    """Six copies of MET in half of the cells make four per cell: twice the reads of the same gene in normal cells."""
    met = [Population(0.5), Population(0.5, {"MET": ((0, frozenset()),) * 5 + ((1, frozenset()),)})]
    options = {"depth": 60, "off_target": 0, "genes": ["MET"]}
    one = dna(tmp_path, reference, germline, NORMAL, seed=1, **options)
    two = dna(tmp_path, reference, germline, met, seed=2, **options)
    assert two.molecules / one.molecules == pytest.approx(2, rel=0.05)


def test_depth_is_what_was_asked(reference, germline, tmp_path):
    """Words of the middles of targets, away from inherited variants: fragments that show them, on average."""
    dna(tmp_path, reference, germline, NORMAL, depth=60, seed=1, off_target=0, genes=["EGFR"], **CLEAN)
    rows, found = pairs(tmp_path), []
    for chrom, start, end, _ in reference.targets(["EGFR"]):
        middle = (start + end) // 2
        if not any(germline.within(chrom, middle - 10, middle + 10, side) for side in (0, 1)):
            word = reference.contigs[chrom][middle - 10 : middle + 10]
            words = (word, reverse_complement(word))
            found.append(sum(any(w in one or w in two for w in words) for (_, one, _), (_, two, _) in rows))
    # a word of 20 bases is whole in (100 - 19) of the 100 places where a read shows its middle base
    assert np.mean(found) / (81 / 100) == pytest.approx(60, rel=0.25)


def test_equal_seeds_equal_bytes_and_names_in_step(reference, germline, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        (tmp_path / name / "rna").mkdir(parents=True)
        dna(tmp_path / name, reference, germline, NORMAL, depth=20, seed=seed)
        rna(tmp_path / name / "rna", reference, germline, {"ACTB": 1}, 500, seed=seed)
    for file in ("1.fastq.gz", "2.fastq.gz", "rna/1.fastq.gz", "rna/2.fastq.gz"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
        assert (tmp_path / "a" / file).read_bytes() != (tmp_path / "c" / file).read_bytes()
    rows = pairs(tmp_path / "a")
    names = [one[0].split()[0] for one, _ in rows]
    assert names == [two[0].split()[0] for _, two in rows]
    assert len(set(names)) == len(names)
    others = {one[0].split()[0] for one, _ in pairs(tmp_path / "c")}
    assert not others & set(names), "lanes of one sample, written with different seeds, must not share names"
    assert {len(bases) for one, two in rows for _, bases, _ in (one, two)} == {100}
    assert {len(quality) for one, two in rows for _, _, quality in (one, two)} == {100}


def test_umi_families_as_planted(reference, germline, tmp_path):
    """Without errors, pairs of one molecule share both barcodes and both ends, turned round on the other strand."""
    written = dna(
        tmp_path,
        reference,
        germline,
        NORMAL,
        depth=80,
        seed=3,
        umi="3M2S+T 3M2S+T",
        fragments=PLASMA,
        genes=["KRAS", "NRAS"],
        **CLEAN,
    )
    families = defaultdict(Counter)
    for (_, one, _), (_, two, _) in pairs(tmp_path):
        ends = (one[:3], one[5:35]), (two[:3], two[5:35])
        families[tuple(sorted(ends))][ends[0] < ends[1]] += 1
        assert one[3:5] == two[3:5] == "TG"
    sizes = Counter(sum(strands.values()) for strands in families.values())
    assert sum(size * times for size, times in sizes.items()) == written.pairs
    assert len(families) == pytest.approx(written.molecules, abs=2)  # two molecules may agree by chance
    assert sizes[1] == pytest.approx(written.families[1], abs=4)
    assert sum(len(strands) == 2 for strands in families.values()) == pytest.approx(written.duplex, abs=2)
    assert written.pairs / written.molecules == pytest.approx(2.5, rel=0.05)


def test_duplicates_without_umi(reference, germline, tmp_path):
    written = dna(tmp_path, reference, germline, NORMAL, depth=40, seed=3, duplicates=0.08)
    assert 1 - written.molecules / written.pairs == pytest.approx(0.08, abs=0.01)


def test_short_inserts_read_into_barcode_and_adapter(reference, germline, tmp_path):
    """By hand: barcode, spacer, 60 bases of insert, the other end's spacer and barcode reversed, adapter."""
    short = Fragments(((60, 0.01, 1.0),))
    dna(
        tmp_path,
        reference,
        germline,
        NORMAL,
        depth=5,
        seed=1,
        umi="3M2S+T 3M2S+T",
        fragments=short,
        genes=["KRAS"],
        **CLEAN,
    )
    for (_, one, _), (_, two, _) in pairs(tmp_path):
        assert one[5:65] == reverse_complement(two[5:65])
        assert one[65:70] == reverse_complement(two[:5])
        assert two[65:70] == reverse_complement(one[:5])
        assert one[70:] == ADAPTERS[0].decode()[:30]
        assert two[70:] == ADAPTERS[1].decode()[:30]


def test_errors_come_as_the_qualities_say(reference, germline, tmp_path):
    """The same seed with and without errors gives the same templates in read 1 of the first block."""
    for name, rate in (("clean", 0), ("dirty", 1e-3)):
        (tmp_path / name).mkdir()
        options = {"depth": 30, "seed": 1, "error_rate": rate, "damage_rate": 0}
        written = dna(tmp_path / name, reference, germline, NORMAL, **options)
    assert written.pairs < 40_000
    wrong, all_of = Counter(), Counter()
    clean, dirty = read(tmp_path / "clean" / "1.fastq.gz"), read(tmp_path / "dirty" / "1.fastq.gz")
    for (_, true, _), (_, bases, quality) in zip(clean, dirty, strict=True):
        all_of.update(quality)
        if true != bases:
            wrong.update(q for a, b, q in zip(true, bases, quality, strict=True) if a != b)
    assert set(all_of) == {"F", ":", ","}  # 37, 25 and 11
    for letter, total in all_of.items():
        expected = 10 ** (-(ord(letter) - 33) / 10)
        assert wrong[letter] / total == pytest.approx(expected, rel=0.25), letter
    assert 0.5e-3 < sum(wrong.values()) / sum(all_of.values()) < 1e-3  # read 1 is the better one


def test_homozygous_deletion_leaves_nothing(reference, germline, tmp_path):
    gone = [Population(1, {"KRAS": ()})]
    written = dna(tmp_path, reference, germline, gone, depth=50, seed=1, genes=["KRAS"], off_target=0)
    assert written.pairs == 0
    assert read(tmp_path / "1.fastq.gz") == []


@pytest.mark.parametrize(
    ("somatic", "says"),
    [
        (lambda v: [Variant(v.chrom, v.pos, "A" if v.ref != "A" else "C", "T")], "the genome has"),
        (lambda v: [v, Variant(v.chrom, v.pos, v.ref, "A" if v.alt != "A" else "C")], "overlap on one copy"),
    ],
)
def test_impossible_variants_are_told(reference, germline, tmp_path, somatic, says):
    copies = ((0, frozenset(somatic(reference.variant("EGFR", "L858R")))),)
    with pytest.raises(InputError, match=says):
        dna(tmp_path, reference, germline, [Population(1, {"EGFR": copies})], depth=5, seed=1)
    assert not list(tmp_path.iterdir())


def test_rna_strand_levels_fusion_and_variant(reference, germline, tmp_path):
    """Read 1 is antisense; pairs go by TPM times effective length; the junction and the variant have their share."""
    variant = reference.variant("KRAS", "G12C")
    tpm = {"ACTB": 400.0, "GAPDH": 200.0, "KRAS": 300.0, "EML4": 100.0, "ALK": 0.0}
    fusions = [Fusion("EML4", 13, "ALK", 20, 1.0)]
    options = {"fusions": fusions, "variants": {variant: 0.4}, "background": 0, "error_rate": 0}
    n = 20_000
    rna(tmp_path, reference, germline, tpm, n, seed=1, **options)
    rows = pairs(tmp_path)
    assert len(rows) == n
    plain = {
        (gene.name, side): "".join(
            applied(reference.contigs[gene.chrom][s:e], s, germline.within(gene.chrom, s, e, side))
            for s, e in gene.exons
        )
        for gene in map(reference.gene, tpm)
        for side in (0, 1)
    }
    plain = {
        key: text if reference.gene(key[0]).strand == "+" else reverse_complement(text) for key, text in plain.items()
    }
    found = Counter()
    for (_, one, _), (_, two, _) in rows:
        one = reverse_complement(one)
        for (name, _), text in plain.items():
            if one in text and two in text and text.index(two) <= text.index(one):
                found[name] += 1
                break
    total = sum(level * (len(reference.gene(name).transcript) - 199) for name, level in tpm.items())
    five, three = reference.gene("EML4"), reference.gene("ALK")
    left, right = five.exon_in_transcript(13)[1], three.exon_in_transcript(20)[0]
    total += 100 * (left + len(three.transcript) - right - 199)
    for name in ("ACTB", "GAPDH"):
        expected = n * tpm[name] * (len(reference.gene(name).transcript) - 199) / total
        assert abs(found[name] - expected) < 4 * expected**0.5 + 0.01 * expected, name
    junction = five.transcript[left - 15 : left] + three.transcript[right : right + 15]
    across = sum(reverse_complement(junction) in one or junction in two for (_, one, _), (_, two, _) in rows)
    expected = n * 100 / total * 2 * (75 - 29)  # two reads of 75 bases, 46 places each
    low, high = chi2.ppf(0.0001, 2 * expected) / 2, chi2.ppf(0.9999, 2 * expected) / 2
    assert low < across < high
    alt, ref = fragments_with(rows, reference, germline, variant)
    assert alt + ref > 30
    assert agrees(alt, ref, 0.4)


def test_nothing_expressed_is_a_mistake(reference, germline, tmp_path):
    with pytest.raises(InputError, match="every tpm is zero"):
        rna(tmp_path, reference, germline, {"ACTB": 0.0}, 10, seed=1)


@pytest.mark.parametrize(("gene5", "gene3"), [("EML4", "ALK"), ("ALK", "EML4"), ("EGFR", "KRAS"), ("KRAS", "TP53")])
def test_a_broken_copy_reads_as_the_two_genes(reference, tmp_path, gene5, gene3):
    """Of 0.5 cells one of two copies is broken before exon 2 of gene3: a quarter of the fragments over the break."""
    junction = Junction(gene5, 2, gene3, 2)
    cells = [Population(0.5), Population(0.5, {}, {gene3: (0, junction)})]
    assert expected_junction(cells, gene3) == 0.25
    five, three, (last, first) = reference.gene(gene5), reference.gene(gene3), junction.breaks(reference)
    near = [(five.chrom, last - 25, last + 25), (three.chrom, first - 25, first + 25)]
    people = (reference.germline(number) for number in range(50))  # somebody who inherited nothing within the words
    plain = next(one for one in people if not any(one.within(*place, side) for place in near for side in (0, 1)))
    dna(tmp_path, reference, plain, cells, depth=3000, seed=4, genes=[gene3], off_target=0, **CLEAN)

    def around(gene, place, kept_before):
        """40 bases around a break, in the gene's direction; the last 20 before it, the first 20 behind it."""
        contig = reference.contigs[gene.chrom]
        if gene.strand == "+":
            cut = place + kept_before
            return contig[cut - 20 : cut], contig[cut : cut + 20]
        cut = place + (not kept_before)
        return reverse_complement(contig[cut : cut + 20]), reverse_complement(contig[cut - 20 : cut])

    (head, lost), (before, tail) = around(five, last, True), around(three, first, False)
    words = {"broken": head + tail, "reciprocal": before + lost, "whole": before + tail}
    seen = Counter()
    for one, two in pairs(tmp_path):
        for name, word in words.items():
            seen[name] += any(text in read[1] for text in (word, reverse_complement(word)) for read in (one, two))
    # where the exon before the break is near, its capture reads the whole copy and the reciprocal junction, too
    total, broken = sum(seen.values()), seen["broken"] + seen["reciprocal"]
    assert seen["broken"] > 100
    assert binom.ppf(0.001, total, 0.25) <= broken <= binom.ppf(0.999, total, 0.25)
    # the break lies in the intron before the exon that is kept
    start, end = three.exons[1 if three.strand == "+" else len(three.exons) - 2]
    assert (start - first if three.strand == "+" else first - (end - 1)) == 40
