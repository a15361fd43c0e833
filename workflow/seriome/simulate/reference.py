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
from itertools import pairwise
from pathlib import Path

import numpy as np

from seriome.errors import InputError, did_you_mean
from seriome.files import write_text
from seriome.simulate.genes import BREAKS, CODE, CODON_USAGE, GENES, HOTSPOTS, PARALOGUES, translate

CONTIGS = 5
PAD = 20  # bases of intron that a target takes on either side of an exon
STOPS = ("TAA", "TAG", "TGA")
_COMPLEMENT = str.maketrans("ACGT", "TGCA")
_BASES = np.frombuffer(b"ACGT", np.uint8)

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
    return sequence.translate(_COMPLEMENT)[::-1]


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
    """The genome and what is known of it. Build it with `build_reference`.

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
                alt = base if of.strand == "+" else base.translate(_COMPLEMENT)
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
        base = variant.alt if gene.strand == "+" else variant.alt.translate(_COMPLEMENT)
        changed = gene.coding[:at] + base + gene.coding[at + 1 :]
        codon = slice(at // 3 * 3, at // 3 * 3 + 3)
        before, after = CODE[gene.coding[codon]], CODE[changed[codon]]
        residue = at // 3 + 1
        if before == after:
            return "synonymous", f"{before}{residue}="
        return "stop_gained" if after == "*" else "missense", f"{before}{residue}{after}"

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
                        base = new if forward else new.translate(_COMPLEMENT)
                        found[base] = max(weight, found.get(base, 0))
                table[a + b + c] = found
    return table


# ---------------------------------------------------------------------------------------------------------- building


def build_reference(seed: int, genes: int = 45) -> Reference:
    """The genome of a seed with the first `genes` genes of the table; equal seeds give equal genomes.

    A paralogue is there only when its original is (ACTB and ACTG1 stand side by side in the table).
    """
    if not 1 <= genes <= len(GENES):
        raise InputError(f"genes must be 1 to {len(GENES)}, not {genes}")
    rng = np.random.default_rng([seed, 0])
    rows = GENES[:genes]
    spliced = _transcripts(rng, rows)
    families = [
        _background(rng, np.full(length, gc)) for length, gc in ((300, 0.6), (700, 0.38), (430, 0.45), (150, 0.42))
    ]
    contigs, laid = {}, []
    for number in range(min(CONTIGS, genes)):
        chrom, pieces, length = f"chr{number + 1}", [], 0
        curve = _gc_curve(rng)
        protected: list[tuple[int, int]] = []
        for row in rows[number::CONTIGS]:
            space = int(rng.integers(5000, 9000))
            pieces.append(_background(rng, curve(length + np.arange(space))))
            length += space
            sequence, exons, coding = _with_introns(rng, *spliced[row.name], float(curve(length)))
            if row.strand == "-":
                size = len(sequence)
                sequence = reverse_complement(sequence)
                exons = [(size - end, size - start) for start, end in reversed(exons)]
            exons = [(length + start, length + end) for start, end in exons]
            laid.append((row, chrom, exons, coding))
            protected += [(start - 30, end + 30) for start, end in exons]
            pieces.append(np.frombuffer(sequence.encode(), np.uint8))
            length += len(sequence)
        pieces.append(_background(rng, curve(length + np.arange(6000))))
        contig = np.concatenate(pieces)
        free = np.ones(len(contig), bool)
        free[:200] = free[-200:] = False
        for start, end in protected:
            free[start:end] = False
        _plant_repeats(rng, contig, free, families)
        contigs[chrom] = (contig, free)
    microsatellites = _plant_microsatellites(rng, contigs, laid)
    texts = {name: contig.tobytes().decode() for name, (contig, _) in contigs.items()}
    made = tuple(_gene(texts[chrom], row, chrom, exons, coding) for row, chrom, exons, coding in laid)
    made = tuple(sorted(made, key=lambda gene: gene.gene_id))
    return Reference(seed, texts, made, _catalogue(rng, texts, made, microsatellites), microsatellites)


def _gc_curve(rng):
    """A smooth random curve between 0.34 and 0.60 along a contig: waves of 6 to 60 kb."""
    waves = [(rng.uniform(6e3, 6e4), rng.uniform(0, 2 * np.pi)) for _ in range(4)]
    return lambda x: 0.47 + 0.13 * np.mean([np.sin(2 * np.pi * x / w + p) for w, p in waves], axis=0)


def _background(rng, gc: np.ndarray) -> np.ndarray:
    """Random bases (ASCII) with this GC content; three of four CpG have decayed to TpG or CpA as in vertebrates."""
    n = len(gc)
    strong, half = rng.random(n) < gc, rng.random(n) < 0.5
    bases = np.where(strong, np.where(half, ord("C"), ord("G")), np.where(half, ord("A"), ord("T"))).astype(np.uint8)
    islands = np.flatnonzero((bases[:-1] == ord("C")) & (bases[1:] == ord("G")))
    islands = islands[rng.random(len(islands)) < 0.75]
    left = rng.random(len(islands)) < 0.5
    bases[islands[left]] = ord("T")
    bases[islands[~left] + 1] = ord("A")
    return bases


def _transcripts(rng, rows):
    """{gene: (transcript, coding span in it, where exons after the first begin)}; a paralogue follows its original."""
    spliced = {}
    for row in rows:
        if PARALOGUES.get(row.name) in spliced:
            spliced[row.name] = _diverged(rng, *spliced[PARALOGUES[row.name]])
        else:
            spliced[row.name] = _new_transcript(rng, row, rng.uniform(0.42, 0.58))
    return spliced


def _with_introns(rng, transcript, coding, cuts, gc: float):
    """(unspliced sequence in the gene's direction, exons within it, coding span within the transcript)."""
    pieces, exons, at = [], [], 0
    edges = [0, *cuts, len(transcript)]
    for number, (start, end) in enumerate(pairwise(edges)):
        if number:
            size = int(np.clip(rng.lognormal(np.log(380), 0.5), 150, 1500))
            body = _background(rng, np.full(size - 6 - 20 - 4, gc)).tobytes().decode()
            tract = "".join(rng.choice(list("TTTCC"), 20))
            intron = "GT" + rng.choice(["A", "G"]) + "AGT" + body + tract + rng.choice(list("ACGT")) + "CAG"
            pieces.append(intron)
            at += len(intron)
        pieces.append(transcript[start:end])
        exons.append((at, at + end - start))
        at += end - start
    return "".join(pieces), exons, coding


def _new_transcript(rng, row, gc: float):
    """A transcript with codons drawn by human usage, tilted to the local GC; hotspots put where they belong."""
    codons = np.array(list(CODON_USAGE))
    tilt = np.array([np.exp((codon.count("G") + codon.count("C")) * (gc - 0.5) * 1.5) for codon in codons])
    shares = np.array(list(CODON_USAGE.values())) * tilt
    drawn = rng.choice(codons, row.residues - 1, p=shares / shares.sum()).tolist()
    coding = ["ATG", *drawn, str(rng.choice(STOPS))]
    for residue, codon in HOTSPOTS.get(row.name, {}).items():
        if residue <= row.residues:
            coding[residue - 1] = codon
    five, three = int(rng.integers(60, 110)), int(rng.integers(110, 180))
    before = _background(rng, np.full(five, min(gc + 0.1, 0.65))).tobytes().decode()
    after = _background(rng, np.full(three, gc)).tobytes().decode()
    transcript = before + "".join(coding) + after
    span = (five, five + 3 * len(coding))
    kept = [five + 3 * residue for residue in HOTSPOTS.get(row.name, {}) if residue <= row.residues]
    anchors = [(0, span[0])]
    anchors += [(exon - 1, span[0] + 3 * (first - 1)) for exon, first in BREAKS.get(row.name, {}).items()]
    anchors.append((row.exons, span[1]))
    cuts = []
    for (exon, start), (next_exon, end) in pairwise(anchors):
        if exon:
            cuts.append(start)
        step = (end - start) / (next_exon - exon)
        for k in range(1, next_exon - exon):
            cut = int(start + step * (k + rng.uniform(-0.2, 0.2)))
            while any(hotspot - 15 < cut < hotspot + 12 for hotspot in kept):
                cut += 1
            cuts.append(cut)
    return transcript, span, cuts


def _diverged(rng, transcript: str, span, cuts, share: float = 0.05):
    """A copy in which about `share` of the bases differ; still ATG, open to the same stop."""
    bases = list(transcript)
    for at in np.flatnonzero(rng.random(len(bases)) < share):
        if span[0] <= at < span[0] + 3 or span[1] - 3 <= at < span[1]:
            continue
        old = bases[at]
        bases[at] = str(rng.choice([base for base in "ACGT" if base != old]))
        first = span[0] + (at - span[0]) // 3 * 3
        if span[0] <= at < span[1] and "".join(bases[first : first + 3]) in STOPS:
            bases[at] = old
    return "".join(bases), span, cuts


def _plant_repeats(rng, contig, free, families) -> None:
    """Copies of the families, 5 to 20 % diverged, either way round, over about a sixth of the free bases; in place."""
    occupied = ~free
    for _ in range(len(contig) // 2500):
        family = families[int(rng.choice(len(families), p=[0.5, 0.15, 0.15, 0.2]))]
        copy = family if rng.random() < 0.5 else _reverse(family)
        changed = rng.random(len(copy)) < rng.uniform(0.05, 0.20)
        copy = np.where(changed, _BASES[rng.integers(0, 4, len(copy))], copy)
        start = int(rng.integers(200, len(contig) - len(copy) - 200))
        if not occupied[start - 10 : start + len(copy) + 10].any():
            contig[start : start + len(copy)] = copy
            occupied[start : start + len(copy)] = True
    free &= ~occupied


def _reverse(bases: np.ndarray) -> np.ndarray:
    return np.frombuffer(reverse_complement(bases.tobytes().decode()).encode(), np.uint8)


def _plant_microsatellites(rng, contigs, laid) -> tuple[Microsatellite, ...]:
    """Runs of A or T (12 to 20) and dinucleotide repeats (8 to 14): one in the 3' UTR of every second gene or so,
    and one per 10 kb between exons; in place."""
    found = []

    def plant(chrom, start):
        unit = str(rng.choice(["A", "T", "A", "T", "CA", "TG", "AT", "AG"]))
        times = int(rng.integers(12, 21)) if len(unit) == 1 else int(rng.integers(8, 15))
        contig, free = contigs[chrom]
        end = start + len(unit) * times
        contig[start:end] = np.frombuffer((unit * times).encode(), np.uint8)
        before, after = (b"C", b"G") if unit in ("A", "T", "AT") else (b"T", b"T") if unit == "CA" else (b"C", b"C")
        contig[start - 1], contig[end] = before[0], after[0]
        free[start - 20 : end + 20] = False
        found.append(Microsatellite(chrom, start, end, unit))

    for row, chrom, exons, (_, coding_end) in laid:
        three = sum(end - start for start, end in exons) - coding_end
        if row.name in PARALOGUES or row.name in PARALOGUES.values() or rng.random() < 0.5:
            continue
        offset = int(rng.integers(15, three - 60))
        plant(chrom, exons[-1][1] - three + offset if row.strand == "+" else exons[0][0] + offset)
    for chrom, (contig, free) in contigs.items():
        for _ in range(len(contig) // 10000):
            start = int(rng.integers(300, len(contig) - 400))
            if free[start - 40 : start + 80].all():
                plant(chrom, start)
    return tuple(sorted(found, key=lambda one: (one.chrom, one.start)))


def _gene(sequence: str, row, chrom: str, exons, coding) -> Gene:
    """The gene as it stands in the finished contig."""
    transcript = "".join(sequence[start:end] for start, end in exons)
    if row.strand == "-":
        transcript = reverse_complement(transcript)
    places = np.concatenate([np.arange(start, end) for start, end in exons])
    places = places if row.strand == "+" else places[::-1]
    ends = sorted((int(places[coding[0]]), int(places[coding[1] - 1])))
    return Gene(
        gene_id=f"ENSG9{row.number:010d}",
        transcript_id=f"ENST9{row.number:010d}",
        accession=f"S{row.number:05d}",
        name=row.name,
        description=row.description,
        chrom=chrom,
        strand=row.strand,
        exons=tuple(exons),
        cds=(ends[0], ends[1] + 1),
        transcript=transcript,
        coding_span=tuple(coding),
        protein=translate(transcript[slice(*coding)])[:-1],
    )


def _catalogue(rng, contigs, genes, microsatellites):
    """SNPs, about one per 700 bases: two of three transitions, population shares 0.15 to 0.7; never a stop, never in
    a hotspot, a splice site, a start or stop codon or a microsatellite."""
    barred = {name: np.zeros(len(text), bool) for name, text in contigs.items()}
    codon_at = {}
    for gene in genes:
        mask = barred[gene.chrom]
        for start, end in gene.exons:
            mask[start - 8 : start] = mask[end : end + 8] = True
        mask[gene.positions[gene.coding_span[0] : gene.coding_span[0] + 3]] = True
        mask[gene.positions[gene.coding_span[1] - 3 : gene.coding_span[1]]] = True
        for residue in gene.hotspots:
            places = gene.codon_places(residue)
            mask[min(places) - 8 : max(places) + 9] = True
        for index in range(len(gene.coding)):
            place = int(gene.positions[gene.coding_span[0] + index])
            codon_at[gene.chrom, place] = (gene, index)
    for one in microsatellites:
        barred[one.chrom][one.start - 8 : one.end + 8] = True
    snps = []
    for chrom, text in contigs.items():
        at = 0
        while (at := at + 30 + int(rng.exponential(670))) < len(text) - 100:
            ref, share = text[at], round(float(rng.uniform(0.15, 0.7)), 3)
            if rng.random() < 2 / 3:
                alt = ref.translate(str.maketrans("ACGT", "GTAC"))
            else:
                alt = str(rng.choice([base for base in "ACGT" if base != ref]))
            if barred[chrom][at]:
                continue
            if (chrom, at) in codon_at:
                gene, index = codon_at[chrom, at]
                base = alt if gene.strand == "+" else alt.translate(_COMPLEMENT)
                codon = list(gene.coding[index // 3 * 3 : index // 3 * 3 + 3])
                codon[index % 3] = base
                if "".join(codon) in STOPS:
                    continue
            snps.append((Variant(chrom, at + 1, ref, alt), share))
    return tuple(snps)


# ----------------------------------------------------------------------------------------------------------- writing


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
