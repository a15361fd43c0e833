"""A mini-genome: real gene names and hotspot codons at their real residues, everything else generated from a seed.

What is true to life: exon and intron structure with GT-AG introns, both strands, codon usage (hence amino acid
frequencies and tryptic peptides), a GC content that varies along a contig, few CpG, diverged repeats, one pair of
paralogues, microsatellites, germline SNPs in Hardy-Weinberg proportions. What is not: introns and spaces between
genes are short, there is one transcript per gene, some proteins are shortened (`genes.GENES[...].shortened`), no
linkage between SNPs, and no sequence but the hotspot codons stands in the human genome.

Coordinates are 0-based and half-open, except `Variant.pos`, which is 1-based as in VCF.
"""

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from seriome.errors import InputError, did_you_mean
from seriome.files import write_text
from seriome.simulate.genes import CODE, HOTSPOTS, translate

PAD = 20  # bases of intron that a target takes on either side of an exon
COMPLEMENT = str.maketrans("ACGT", "TGCA")

# Weights of substitutions in their context, 5'[from>to]3' on the pyrimidine's strand, N any base; caricatures of
# COSMIC signatures (Alexandrov et al. 2020, doi:10.1038/s41586-020-1943-3), good enough to tell them apart.
SIGNATURES = {
    "flat": {"N[C>A]N": 1, "N[C>G]N": 1, "N[C>T]N": 1, "N[T>A]N": 1, "N[T>C]N": 1, "N[T>G]N": 1},
    "clock": {"N[C>T]G": 30, "N[C>T]N": 3, "N[T>C]N": 2, "N[C>A]N": 1, "N[T>A]N": 1},  # SBS1 and SBS5
    "tobacco": {"N[C>A]N": 10, "C[C>A]N": 5, "N[C>T]N": 2, "N[T>A]N": 2, "N[C>G]N": 1, "N[T>C]N": 1},  # SBS4
    "apobec": {"T[C>T]A": 12, "T[C>T]T": 8, "T[C>G]A": 8, "T[C>G]T": 10, "N[C>T]N": 0.5},  # SBS2 and SBS13
    "mmr": {"N[C>T]N": 4, "G[C>T]N": 8, "N[T>C]N": 6, "C[C>A]T": 6},  # SBS6, SBS15, SBS26; give it many indels
}


def reverse_complement(sequence: str) -> str:
    return sequence.translate(COMPLEMENT)[::-1]


@dataclass(frozen=True, order=True)
class Variant:
    """A change as VCF writes it, left-aligned; pos is 1-based. `str()` gives `chrom:pos:ref:alt`."""

    chrom: str
    pos: int
    ref: str
    alt: str

    def __str__(self):
        return f"{self.chrom}:{self.pos}:{self.ref}:{self.alt}"

    @property
    def start(self) -> int:
        return self.pos - 1

    @property
    def end(self) -> int:
        return self.pos - 1 + len(self.ref)


@dataclass(frozen=True)
class Gene:
    """One gene with one transcript.

    exons         (start, end) on the contig, in the contig's order
    cds           (start, end) on the contig from the first to the last coding base, stop codon included
    transcript    its sequence in its own direction
    coding_span   (start, end) of the coding sequence within the transcript, stop codon included
    protein       without the stop
    """

    gene_id: str
    transcript_id: str
    accession: str
    name: str
    description: str
    chrom: str
    strand: str
    exons: tuple[tuple[int, int], ...]
    cds: tuple[int, int]
    transcript: str
    coding_span: tuple[int, int]
    protein: str

    @property
    def start(self) -> int:
        return self.exons[0][0]

    @property
    def end(self) -> int:
        return self.exons[-1][1]

    @property
    def coding(self) -> str:
        return self.transcript[slice(*self.coding_span)]

    @property
    def hotspots(self) -> dict[int, str]:
        """Residue (1-based) to its codon."""
        return HOTSPOTS.get(self.name, {})

    @cached_property
    def positions(self) -> np.ndarray:
        """Place on the contig (0-based) of every base of the transcript, in the transcript's order."""
        places = np.concatenate([np.arange(start, end) for start, end in self.exons])
        return places if self.strand == "+" else places[::-1]

    @cached_property
    def index_at(self) -> dict[int, int]:
        """Place on the contig (0-based) to index in the transcript."""
        return {place: index for index, place in enumerate(self.positions.tolist())}

    def exon_in_transcript(self, number: int) -> tuple[int, int]:
        """(start, end) within the transcript of an exon, numbered from 1 in the transcript's order."""
        if not 1 <= number <= len(self.exons):
            raise InputError(f"{self.name} has exons 1 to {len(self.exons)}, not {number}")
        lengths = [end - start for start, end in self.exons][:: 1 if self.strand == "+" else -1]
        start = sum(lengths[: number - 1])
        return start, start + lengths[number - 1]

    def codon_places(self, residue: int) -> list[int]:
        """Places on the contig (0-based) of the three bases of a residue's codon, in the gene's direction."""
        first = self.coding_span[0] + 3 * (residue - 1)
        return [int(place) for place in self.positions[first : first + 3]]


@dataclass(frozen=True)
class Microsatellite:
    chrom: str
    start: int
    end: int
    unit: str  # on the contig's forward strand


@dataclass(frozen=True, eq=False)
class Germline:
    """What one person inherited: variants in order, and which of the two haplotypes carries each (n x 2, bool)."""

    variants: tuple[Variant, ...]
    carried: np.ndarray

    @cached_property
    def _by_chrom(self):
        found = {}
        for variant, carried in zip(self.variants, self.carried.tolist(), strict=True):
            found.setdefault(variant.chrom, ([], []))
            found[variant.chrom][0].append(variant.start)
            found[variant.chrom][1].append((variant, carried))
        return found

    def within(self, chrom: str, start: int, end: int, haplotype: int) -> list[Variant]:
        """Variants of one haplotype (0 or 1) in start..end, 0-based half-open."""
        places, rows = self._by_chrom.get(chrom, ([], []))
        rows = rows[bisect_left(places, start) : bisect_right(places, end - 1)]
        return [variant for variant, carried in rows if carried[haplotype]]

    def genotype(self, variant: Variant) -> int:
        """Copies of the variant, 0, 1 or 2."""
        return sum(variant in self.within(variant.chrom, variant.start, variant.end, side) for side in (0, 1))


@dataclass(frozen=True, eq=False)
class Reference:
    """The genome and what is known of it. Build it with `genome.build_reference`.

    contigs           name to sequence
    genes             in the order of the table of genes
    snps              ((variant, share of haplotypes in the population that carry it), ...) in order
    microsatellites   in order
    """

    seed: int
    contigs: dict[str, str]
    genes: tuple[Gene, ...]
    snps: tuple[tuple[Variant, float], ...]
    microsatellites: tuple[Microsatellite, ...]
    _names: dict = field(default_factory=dict, repr=False)

    def gene(self, name: str) -> Gene:
        if not self._names:
            self._names.update({gene.name: gene for gene in self.genes})
        if name not in self._names:
            raise InputError(f"no gene {name!r} in the simulated genome{did_you_mean(name, self._names)}")
        return self._names[name]

    def gene_at(self, variant: Variant) -> Gene | None:
        """The gene in whose span a variant lies, if any."""
        for gene in self.genes:
            if gene.chrom == variant.chrom and gene.start <= variant.start < gene.end:
                return gene
        return None

    def germline(self, patient_seed: int) -> Germline:
        """Genotypes of one person: each haplotype carries each SNP of the catalogue by its share, independently."""
        rng = np.random.default_rng([self.seed, patient_seed, 1])
        shares = np.array([share for _, share in self.snps])
        carried = rng.random((len(shares), 2)) < shares[:, None]
        some = carried.any(axis=1)
        return Germline(tuple(self.snps[i][0] for i in np.flatnonzero(some)), carried[some])

    def targets(self, genes=None) -> list[tuple[str, int, int, str]]:
        """(chrom, start, end, gene) of every exon with PAD bases on either side, 0-based half-open, in order.

        genes   names of the genes of a panel; all without it
        """
        rows = [
            (gene.chrom, start - PAD, end + PAD, gene.name)
            for gene in (self.genes if genes is None else map(self.gene, genes))
            for start, end in gene.exons
        ]
        return sorted(rows)

    def variant(self, gene: str, change: str) -> Variant:
        """The variant that makes a change of protein: `L858R`, `R213*`, or `E746_A750del` (whole codons).

        A substitution is made by one base; where several would do, by the one whose codon comes first in the
        alphabet (AGC for EGFR C797S, AGA for ALK G1202R, as in patients).
        """
        of = self.gene(gene)
        if found := re.fullmatch(r"([A-Z])(\d+)_([A-Z])(\d+)del", change):
            first, last = int(found[2]), int(found[4])
            self._expect(of, found[1], first, change)
            self._expect(of, found[3], last, change)
            places = sorted(place for residue in range(first, last + 1) for place in of.codon_places(residue))
            if places[-1] - places[0] + 1 != len(places):
                raise InputError(f"{gene} {change}: the deletion spans an intron")
            start = places[0] - 1
            sequence = self.contigs[of.chrom][start : places[-1] + 1]
            return self.left_aligned(Variant(of.chrom, start + 1, sequence, sequence[0]))
        found = re.fullmatch(r"([A-Z])(\d+)([A-Z*])", change)
        if not found:
            raise InputError(f"{gene} {change!r}: write a change as L858R, R213* or E746_A750del")
        residue = int(found[2])
        self._expect(of, found[1], residue, change)
        codon = of.coding[3 * residue - 3 : 3 * residue]
        options = sorted(
            (codon[:i] + base + codon[i + 1 :], i, base) for i in range(3) for base in "ACGT" if base != codon[i]
        )
        for other, i, base in options:
            if CODE[other] == found[3]:
                place = of.codon_places(residue)[i]
                alt = base if of.strand == "+" else base.translate(COMPLEMENT)
                return Variant(of.chrom, place + 1, self.contigs[of.chrom][place], alt)
        raise InputError(f"{gene} {change}: no single base turns {codon} into {found[3]}")

    @staticmethod
    def _expect(gene: Gene, letter: str, residue: int, change: str) -> None:
        if not 1 <= residue <= len(gene.protein):
            raise InputError(f"{gene.name} {change}: the protein has {len(gene.protein)} residues")
        if gene.protein[residue - 1] != letter:
            raise InputError(f"{gene.name} {change}: residue {residue} is {gene.protein[residue - 1]}, not {letter}")

    def left_aligned(self, variant: Variant) -> Variant:
        """The same change, shifted left as far as it goes and without shared bases but the anchor.

        Source: Tan et al. 2015, Bioinformatics 31:2202, doi:10.1093/bioinformatics/btv112
        """
        sequence, pos, ref, alt = self.contigs[variant.chrom], variant.pos, variant.ref, variant.alt
        while ref[-1] == alt[-1] and (len(ref) > 1 or len(alt) > 1):
            if len(ref) == 1 or len(alt) == 1:
                pos -= 1
                ref, alt = sequence[pos - 1] + ref, sequence[pos - 1] + alt
            ref, alt = ref[:-1], alt[:-1]
        while len(ref) > 1 and len(alt) > 1 and ref[0] == alt[0]:
            ref, alt, pos = ref[1:], alt[1:], pos + 1
        return Variant(variant.chrom, pos, ref, alt)

    def protein_change(self, variant: Variant) -> tuple[str, str | None]:
        """(kind, change) of a coding variant: missense `L858R`, synonymous `L858=`, stop_gained `R213*`.

        Indels are `frameshift` or `inframe_indel`, anything outside coding bases `noncoding`, all with change None.
        """
        gene = self.gene_at(variant)
        at = gene.index_at.get(variant.start, -1) - gene.coding_span[0] if gene else -1
        if not 0 <= at < len(gene.coding if gene else ""):
            return "noncoding", None
        if len(variant.ref) != 1 or len(variant.alt) != 1:
            return "frameshift" if (len(variant.ref) - len(variant.alt)) % 3 else "inframe_indel", None
        base = variant.alt if gene.strand == "+" else variant.alt.translate(COMPLEMENT)
        changed = gene.coding[:at] + base + gene.coding[at + 1 :]
        codon = slice(at // 3 * 3, at // 3 * 3 + 3)
        before, after = CODE[gene.coding[codon]], CODE[changed[codon]]
        residue = at // 3 + 1
        if before == after:
            return "synonymous", f"{before}{residue}="
        return "stop_gained" if after == "*" else "missense", f"{before}{residue}{after}"

    def fused(self, gene5: str, exon5: int, gene3: str, exon3: int) -> tuple[str, int]:
        """(transcript of a fusion: exons 1 to `exon5` of `gene5`, `exon3` to the last of `gene3`; place of the junction
        in it: the first base of gene3). Exons are numbered from 1 in the transcripts' order."""
        five, three = self.gene(gene5), self.gene(gene3)
        place = five.exon_in_transcript(exon5)[1]
        return five.transcript[:place] + three.transcript[three.exon_in_transcript(exon3)[0] :], place

    def fused_protein(self, gene5: str, exon5: int, gene3: str, exon3: int) -> str:
        """What a fusion's transcript makes, read from the start codon of gene5 to the first stop."""
        transcript, _ = self.fused(gene5, exon5, gene3, exon3)
        return translate(transcript[self.gene(gene5).coding_span[0] :]).partition("*")[0]

    def random_coding_variants(self, gene: str, n: int, rng, weights="clock", indels: float = 0.08) -> list[Variant]:
        """`n` variants in the coding sequence of a gene, in order: missense, synonymous, stop, small indels.

        rng       numpy Generator
        weights   a name of SIGNATURES or such a dict; a substitution weighs as the heaviest pattern it fits
        indels    share of deletions (1 to 4 bases) and insertions (1 to 3)
        Never on hotspots, SNPs, microsatellites, start or stop codon, never two within 10 bases; indels keep 8 bases
        from the ends of exons.
        """
        of, weights = self.gene(gene), SIGNATURES[weights] if isinstance(weights, str) else weights
        sequence, taken = self.contigs[of.chrom], self._reserved[of.chrom]
        start, end = of.coding_span
        coding = np.sort(of.positions[start + 3 : end - 3])
        coding = coding[~taken[coding]]
        inner = np.concatenate([np.arange(s + 8, e - 8) for s, e in of.exons])
        inner = coding[np.isin(coding, inner)]
        table = _substitution_table(tuple(sorted(weights.items())))
        context = [sequence[p - 1 : p + 2] for p in coding]
        heavy = np.array([[table[c].get(base, 0.0) for base in "ACGT"] for c in context]).reshape(-1, 4)
        if heavy.sum() == 0:
            raise InputError(f"{gene}: no coding base fits the substitutions {', '.join(weights)}")
        chances = (heavy / heavy.sum()).ravel()
        found: list[Variant] = []
        for _ in range(200 * n):
            if len(found) == n:
                break
            if rng.random() < indels and len(inner):
                at, size = int(rng.choice(inner)), int(rng.integers(1, 5))
                if rng.random() < 0.6 or size > 3:
                    drawn = Variant(of.chrom, at + 1, sequence[at : at + 1 + size], sequence[at])
                else:
                    drawn = Variant(
                        of.chrom, at + 1, sequence[at], sequence[at] + "".join(rng.choice(list("ACGT"), size))
                    )
                drawn = self.left_aligned(drawn)
            else:
                cell = int(rng.choice(len(chances), p=chances))
                at = int(coding[cell // 4])
                drawn = Variant(of.chrom, at + 1, sequence[at], "ACGT"[cell % 4])
            near = any(drawn.start < other.end + 10 and other.start < drawn.end + 10 for other in found)
            if not near and not taken[drawn.start : drawn.end].any():
                found.append(drawn)
        if len(found) < n:
            raise InputError(f"{gene} has no room for {n} variants, only {len(found)} fit")
        return sorted(found)

    @cached_property
    def _reserved(self) -> dict[str, np.ndarray]:
        """True where no random somatic variant may lie: around hotspots, SNPs and microsatellites."""
        masks = {name: np.zeros(len(sequence), bool) for name, sequence in self.contigs.items()}
        for gene in self.genes:
            for residue in gene.hotspots:
                places = gene.codon_places(residue)
                masks[gene.chrom][min(places) - 5 : max(places) + 6] = True
        for variant, _ in self.snps:
            masks[variant.chrom][variant.start - 5 : variant.end + 5] = True
        for repeat in self.microsatellites:
            masks[repeat.chrom][repeat.start - 5 : repeat.end + 5] = True
        return masks

    def write(self, folder) -> None:
        """Write genome.fa, genes.gtf, targets.bed, proteins.fa and microsatellites.bed into `folder`."""
        folder = Path(folder)
        write_text(folder / "genome.fa", "".join(_fasta(name, text) for name, text in self.contigs.items()))
        write_text(folder / "genes.gtf", "".join(map(_gtf, sorted(self.genes, key=lambda g: (g.chrom, g.start)))))
        write_text(
            folder / "targets.bed", "".join("\t".join(map(str, row)) + "\n" for row in merged_targets(self.targets()))
        )
        write_text(folder / "proteins.fa", "".join(_fasta(_protein_header(gene), gene.protein) for gene in self.genes))
        write_text(
            folder / "microsatellites.bed",
            "".join(
                f"{one.chrom}\t{one.start}\t{one.end}\t({one.unit}){(one.end - one.start) // len(one.unit)}\n"
                for one in self.microsatellites
            ),
        )


def merged_targets(rows) -> list[tuple[str, int, int, str]]:
    """Targets of one gene that touch, joined."""
    joined = []
    for chrom, start, end, name in rows:
        if joined and joined[-1][0] == chrom and joined[-1][3] == name and start <= joined[-1][2]:
            joined[-1] = (chrom, joined[-1][1], max(end, joined[-1][2]), name)
        else:
            joined.append((chrom, start, end, name))
    return joined


def _substitution_table(weights) -> dict[str, dict[str, float]]:
    """Trinucleotide on the forward strand to {new middle base: weight}."""
    table = {}
    for a in "ACGT":
        for b in "ACGT":
            for c in "ACGT":
                forward = b in "CT"
                left, middle, right = (a, b, c) if forward else reverse_complement(a + b + c)
                found = {}
                for pattern, weight in weights:
                    before, old, new, after = pattern[0], pattern[2], pattern[4], pattern[6]
                    if old == middle and before in ("N", left) and after in ("N", right):
                        base = new if forward else new.translate(COMPLEMENT)
                        found[base] = max(weight, found.get(base, 0))
                table[a + b + c] = found
    return table


def _fasta(header: str, text: str) -> str:
    return f">{header}\n" + "".join(f"{text[i : i + 60]}\n" for i in range(0, len(text), 60))


def _protein_header(gene: Gene) -> str:
    return f"sp|{gene.accession}|{gene.name}_HUMAN {gene.description} GN={gene.name}"


def _gtf(gene: Gene) -> str:
    """The rows of one gene as Ensembl writes them: 1-based, closed; CDS without the stop codon."""
    common = f'gene_id "{gene.gene_id}"; gene_name "{gene.name}"; gene_source "seriome"; gene_biotype "protein_coding";'
    of = (
        f'transcript_id "{gene.transcript_id}"; transcript_name "{gene.name}-201"; transcript_biotype "protein_coding";'
    )
    lines = []

    def line(kind, start, end, frame, attributes):
        lines.append(
            "\t".join((gene.chrom, "seriome", kind, str(start + 1), str(end), ".", gene.strand, str(frame), attributes))
        )

    line("gene", gene.start, gene.end, ".", common)
    line("transcript", gene.start, gene.end, ".", f"{common} {of}")
    low, high = gene.cds
    stop = set(gene.positions[gene.coding_span[1] - 3 : gene.coding_span[1]].tolist())
    low, high = (low, min(stop)) if gene.strand == "+" else (max(stop) + 1, high)
    done = 0
    for number, (start, end) in enumerate(gene.exons if gene.strand == "+" else gene.exons[::-1], 1):
        numbered = f'{common} {of} exon_number "{number}";'
        line("exon", start, end, ".", numbered)
        first, last = max(start, low), min(end, high)
        if first < last:
            line(
                "CDS", first, last, -done % 3, f'{numbered} protein_id "{gene.transcript_id.replace("ENST", "ENSP")}";'
            )
            done += last - first
    return "\n".join(lines) + "\n"
