"""Raw reads from first principles: cells of several populations, their copies of each gene, fragments of those copies.

Nothing is set by hand at the level of reads. A fragment of a gene comes from a population with probability
proportional to its share of cells times the copies it has of the gene, so that allele fraction, copy number and purity
in the files are what they would be in a tube. On the way come what blurs them: uneven capture (the same in every
sample of one reference, as with one kit, times a little noise per sample), PCR copies, damage of single strands before
PCR (deamination C>T, oxidation G>T), and sequencing errors that the qualities announce.

Not simulated: chimaeras in DNA, contamination, PCR stutter in microsatellites, indel errors, index hopping.

Files are byte-equal for equal arguments. Read names tell nothing of a read's origin.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from seriome.errors import InputError
from seriome.files import gzip_writer
from seriome.simulate.reference import Germline, Reference, Variant, merged_targets, reverse_complement

NORMAL_COPIES = ((0, frozenset()), (1, frozenset()))
REACH = 75  # bases beyond a target in which the middle of a captured fragment may lie
FLANK = 700  # bases on either side of a target that a haplotype is built for
BREAK = 40  # bases before an exon at which a copy of its gene may be broken
CHUNK = 40_000  # pairs made at once
LONGEST, SHORTEST = 600, 40  # of a fragment, bases
ADAPTERS = (  # what follows a short insert in read 1 and 2: Illumina's TruSeq adapters
    b"AGATCGGAAGAGCACACGTCTGAACTCCAGTCAC",
    b"AGATCGGAAGAGCGTCGTGTAGGGAAAGAGTGT",
)
JOINED = 10  # bases on either side of a fusion's junction that make a pair its witness
SPACER = "TGACTGAC"  # the skipped bases of a read structure
# Qualities as a two-colour Illumina sequencer bins them, with their share of bases in the middle of a read
QUALITIES, LOW_SHARES = (37, 25, 11), (0.05, 0.007)

_COMPLEMENT = np.zeros(256, np.uint8)
_COMPLEMENT[list(b"ACGTN")] = list(b"TGCAN")
_OTHERS = np.zeros((256, 3), np.uint8)  # the three wrong bases of each base
for _base in b"ACGT":
    _OTHERS[_base] = [other for other in b"ACGT" if other != _base]


# what stands for ribosomal RNA: 2,000 bases of their own
RIBOSOMAL = bytes(b"ACGT"[base] for base in np.random.default_rng(28).integers(0, 4, 2_000)).decode()


@dataclass(frozen=True)
class Junction:
    """A break of one copy of `gene3` before exon `exon3`, joined to what comes after exon `exon5` of `gene5`.

    Exons are numbered from 1 in the transcripts' order. The break of gene3 lies BREAK bases within the intron before
    its exon, where a capture of exons still reaches it, that of gene5 in the middle of the intron behind its exon.
    """

    gene5: str
    exon5: int
    gene3: str
    exon3: int

    def breaks(self, reference: Reference) -> tuple[int, int]:
        """Places on the contigs (0-based): the last base that is kept of gene5, the first that is kept of gene3."""
        five, three = reference.gene(self.gene5), reference.gene(self.gene3)
        left, right = _exon(five, self.exon5), _exon(five, self.exon5 + 1)
        middle = (max(left[0], right[0]) + min(left[1], right[1])) // 2
        start, end = _exon(three, self.exon3)
        return middle, start - BREAK if three.strand == "+" else end - 1 + BREAK


def _exon(gene, number: int) -> tuple[int, int]:
    """(start, end) on the contig of an exon, numbered from 1 in the transcript's order."""
    return gene.exons[number - 1 if gene.strand == "+" else len(gene.exons) - number]


@dataclass(frozen=True)
class Population:
    """Cells that are alike. `weight` is their share of the cells of a sample.

    copies      gene name to its copies in one cell, each (germline haplotype 0 or 1, frozenset of somatic Variants);
                a gene that is not listed has one copy of each haplotype, an empty tuple is a homozygous deletion
    junctions   gene name to (haplotype, Junction): its first copy of this haplotype is broken
    """

    weight: float
    copies: Mapping[str, tuple] = field(default_factory=dict)
    junctions: Mapping[str, tuple] = field(default_factory=dict)

    def of(self, gene: str) -> tuple:
        return self.copies.get(gene, NORMAL_COPIES)

    def broken(self, gene: str) -> int | None:
        """The place among the gene's copies of the one that is broken; None where none is."""
        side = self.junctions[gene][0] if gene in self.junctions else None
        return next((place for place, (one, _) in enumerate(self.of(gene)) if one == side), None)


@dataclass(frozen=True)
class Fragments:
    """Lengths of the fragments: (mean, standard deviation, share) of each peak, in bases."""

    peaks: tuple[tuple[float, float, float], ...]

    def draw(self, rng, n: int) -> np.ndarray:
        means, sds, shares = map(np.array, zip(*self.peaks, strict=True))
        peak = rng.choice(len(shares), n, p=shares / shares.sum())
        return np.clip(np.rint(rng.normal(means[peak], sds[peak])), SHORTEST, LONGEST).astype(np.int64)


TISSUE = Fragments(((220, 40, 1.0),))
# One and two nucleosomes: Snyder et al. 2016, Cell 164:57, doi:10.1016/j.cell.2015.11.050
PLASMA = Fragments(((167, 18, 0.88), (330, 30, 0.12)))
RNA = Fragments(((200, 35, 1.0),))


@dataclass(frozen=True)
class Fusion:
    """A transcript of exons 1 to `exon5` of `gene5` and `exon3` to the last of `gene3` (numbers in the transcript's
    order, from 1). Its TPM is `share` times that of gene5, in addition to both genes' own."""

    gene5: str
    exon5: int
    gene3: str
    exon3: int
    share: float


@dataclass(frozen=True)
class Written:
    """What went into the files: pairs of reads, the molecules they came from, how many molecules have how many pairs,
    and how many molecules have pairs of both strands. Of RNA: for each fusion the pairs that lie over its junction with
    JOINED bases or more on either side."""

    pairs: int
    molecules: int
    families: dict[int, int]
    duplex: int
    joined: tuple[int, ...] = ()


# ---------------------------------------------------------------------------------------------- what is to be expected


def shares(populations) -> list[float]:
    """Weights of the populations, made to sum to 1."""
    total = sum(one.weight for one in populations)
    if not total > 0 or any(one.weight < 0 for one in populations):
        raise InputError("weights of populations must not be negative and must not all be zero")
    return [one.weight / total for one in populations]


def expected_copies(populations, gene: str) -> float:
    """Mean copies of a gene per cell of the sample."""
    return sum(share * len(one.of(gene)) for share, one in zip(shares(populations), populations, strict=True))


def expected_vaf(populations, gene: str, variant: Variant, germline: Germline | None = None) -> float:
    """Share of the copies of a gene that carry a variant: the allele fraction that reads scatter around.

    germline   needed for an inherited variant only
    NaN where no cell has a copy of the gene.
    """
    inherited = [
        germline is not None and variant in germline.within(variant.chrom, variant.start, variant.end, side)
        for side in (0, 1)
    ]
    with_it = 0.0
    for share, one in zip(shares(populations), populations, strict=True):
        with_it += share * sum(variant in somatic or inherited[side] for side, somatic in one.of(gene))
    copies = expected_copies(populations, gene)
    return with_it / copies if copies else float("nan")


def expected_junction(populations, gene: str) -> float:
    """Share of the copies of a gene that are broken; NaN where no cell has a copy."""
    broken = sum(
        share * (one.broken(gene) is not None) for share, one in zip(shares(populations), populations, strict=True)
    )
    copies = expected_copies(populations, gene)
    return broken / copies if copies else float("nan")


def applied(sequence: str, start: int, variants) -> str:
    """`sequence`, which begins at `start` (0-based) of a contig, with variants that lie within it put in."""
    rows = sorted(variants, key=lambda one: one.start, reverse=True)
    for right, left in pairwise(rows):
        if left.end > right.start:
            raise InputError(f"{left} and {right} overlap on one copy")
    for one in rows:
        at = one.start - start
        if sequence[at : at + len(one.ref)] != one.ref:
            raise InputError(f"{one}: the genome has {sequence[at : at + len(one.ref)]!r} there")
        sequence = sequence[:at] + one.alt + sequence[at + len(one.ref) :]
    return sequence


def _haplotype(reference, germline, chrom, start, end, side, somatic) -> str:
    """One copy of start..end: inherited variants of one side, and somatic ones, which win where the two overlap."""
    inner = [one for one in somatic if one.chrom == chrom and start <= one.start and one.end <= end]
    inherited = [
        one
        for one in germline.within(chrom, start, end, side)
        if not any(one.start < other.end and other.start < one.end for other in inner)
    ]
    return applied(reference.contigs[chrom][start:end], start, [*inner, *inherited])


def _broken(reference, germline, start: int, end: int, side: int, somatic, junction: Junction) -> str | None:
    """start..end of gene3 on a broken copy, as long as on a whole one; None where the break lies elsewhere.

    What lies in the middle stays: the exons behind the break follow gene5, those before it are followed by what gene5
    has lost (the reciprocal junction).
    """
    five, three = reference.gene(junction.gene5), reference.gene(junction.gene3)
    last, first = junction.breaks(reference)
    forward = three.strand == "+"
    cut = first if forward else first + 1  # the break lies before this base of the contig
    if not start < cut < end:
        return None
    behind = ((start + end) // 2 >= cut) == forward  # are the exons in the middle those behind the break?
    kept = (cut, end) if behind == forward else (start, cut)
    size = end - start - (kept[1] - kept[0])
    edge = last + 1 if five.strand == "+" else last  # the same for gene5
    lower = (edge - size, edge) if behind == (five.strand == "+") else (edge, edge + size)
    other = _haplotype(reference, germline, five.chrom, *lower, side, ())
    own = _haplotype(reference, germline, three.chrom, *kept, side, somatic)
    other = other if five.strand == three.strand else reverse_complement(other)
    return other + own if kept[1] == end else own + other


# ------------------------------------------------------------------------------------------------------------------ DNA


def write_dna(
    path1,
    path2,
    reference: Reference,
    germline: Germline,
    populations,
    *,
    depth: float,
    seed: int,
    read_length: int = 100,
    fragments: Fragments = TISSUE,
    umi: str | None = None,
    family_size: float = 2.5,
    duplicates: float = 0.08,
    error_rate: float = 1e-3,
    damage_rate: float = 2e-5,
    off_target: float = 0.05,
    genes=None,
    level: int = 1,
) -> Written:
    """Write the paired, gzipped FASTQ of one captured sample.

    populations   list of Population; their weights are shares of cells
    depth         mean raw depth (PCR copies counted, overlapping mates once) at a target of which every cell has two
                  copies; a gene with more copies gets more reads. A little less is reached at the edges of exons
    fragments     TISSUE or PLASMA, or your own
    umi           read structure such as "3M2S+T 3M2S+T", M barcode, S skipped, T template: then every molecule is a
                  family of `family_size` pairs on average (at least one), each from either strand by a fair coin; the
                  barcodes of the two ends swap places between the strands (duplex)
    duplicates    share of pairs that are PCR copies of another, without umi
    error_rate    sequencing errors per base
    damage_rate   single-strand damage before PCR per base: all pairs of that strand of the molecule show it
    off_target    share of the pairs from anywhere far from targets, from the germline
    genes         names of the genes of a smaller panel; all without it
    level         of gzip
    """
    rng = np.random.default_rng([seed, 2])
    prefixes = _parse_umi(umi)
    lengths = [read_length - sum(size for size, _ in prefix) for prefix in prefixes]
    if min(lengths) < 30:
        raise InputError(f"a read of {read_length} bases with read structure {umi!r} leaves under 30 for the template")
    trial = fragments.draw(np.random.default_rng(0), 20_000)
    covered = float(np.minimum(trial, sum(lengths)).mean())
    mean_family = family_size if umi else 1 / (1 - duplicates)

    pieces, cores, expected, offset = [], [], [], 0
    every = merged_targets(reference.targets())
    efficiency = _efficiency(reference, every)
    wanted = {gene.name for gene in reference.genes} if genes is None else {reference.gene(one).name for one in genes}
    for window, (chrom, start, end, gene) in enumerate(every):
        sample_noise = np.exp(rng.normal(0, 0.04))
        if gene not in wanted:
            continue
        copies: dict[str, float] = {}
        for share, one in zip(shares(populations), populations, strict=True):
            for place, (side, somatic) in enumerate(one.of(gene)):
                around, text = (start - FLANK, end + FLANK), None
                if place == one.broken(gene):
                    text = _broken(reference, germline, *around, side, somatic, one.junctions[gene][1])
                text = text or _haplotype(reference, germline, chrom, *around, side, somatic)
                copies[text] = copies.get(text, 0.0) + share
        for text, per_cell in copies.items():
            core = len(text) - 2 * (FLANK - REACH)
            pieces.append(text)
            cores.append((offset + FLANK - REACH, core))
            expected.append(depth * core / covered / mean_family * per_cell / 2 * efficiency[window] * sample_noise)
            offset += len(text)
    counts = rng.poisson(expected) if expected else np.zeros(0, int)
    firsts, spans = np.array(cores, np.int64).reshape(-1, 2).T
    middle = np.repeat(firsts, counts) + (rng.random(counts.sum()) * np.repeat(spans, counts)).astype(np.int64)
    insert = fragments.draw(rng, len(middle))
    start = middle - insert // 2

    away = rng.poisson(sum(expected) * off_target / (1 - off_target)) if off_target else 0
    if away:
        texts, more_start, more_insert = _off_target(rng, reference, germline, every, fragments, away)
        start, insert = np.concatenate([start, more_start + offset]), np.concatenate([insert, more_insert])
        pieces += texts

    n = len(start)
    if umi:
        size = 1 + rng.poisson(rng.gamma(2.0, max(family_size - 1, 0) / 2.0, n))
    else:
        size = 1 + rng.poisson(mean_family - 1, n)
    molecule = np.repeat(np.arange(n), size)
    flip = rng.random(len(molecule)) < 0.5 if umi else np.repeat(rng.random(n) < 0.5, size)
    both = np.intersect1d(molecule[flip], molecule[~flip]).size
    order = rng.permutation(len(molecule))
    molecule, flip = molecule[order], flip[order]
    pool = np.frombuffer("".join(pieces).encode(), np.uint8)
    barcodes = tuple(_BASES[rng.integers(0, 4, (n, _barcode(prefix)))] for prefix in prefixes)
    damage = _damage(rng, pool, start, insert, damage_rate)
    _write_pairs(
        path1,
        path2,
        rng,
        _Pool(pool),
        start[molecule],
        insert[molecule],
        flip,
        read_length=read_length,
        prefixes=prefixes,
        barcodes=[one[molecule] for one in barcodes],
        damage=[one[molecule, flip.astype(int)] for one in damage],
        error_rate=error_rate,
        seed=seed,
        level=level,
    )
    values, times = np.unique(size, return_counts=True)
    return Written(len(molecule), n, dict(zip(values.tolist(), times.tolist(), strict=True)), int(both))


_BASES = np.frombuffer(b"ACGT", np.uint8)


def _parse_umi(umi: str | None) -> list[list[tuple[int, str]]]:
    """[(size, kind), ...] before the template of read 1 and of read 2."""
    prefixes = [[(int(n), kind) for n, kind in re.findall(r"(\d+)([MS])", one)] for one in (umi or "+T").split()]
    return prefixes if len(prefixes) == 2 else [prefixes[0], []]


def _barcode(prefix) -> int:
    return sum(size for size, kind in prefix if kind == "M")


def _efficiency(reference, windows) -> np.ndarray:
    """How well each target is captured, mean 1: chance (sd 0.2 of the log) and a penalty for GC far from 0.47."""
    rng = np.random.default_rng([reference.seed, 3])
    texts = [reference.contigs[chrom][start:end] for chrom, start, end, _ in windows]
    gc = np.array([(text.count("G") + text.count("C")) / len(text) for text in texts])
    found = np.exp(rng.normal(0, 0.2, len(windows)) - 6 * (gc - 0.47) ** 2)
    return found / np.average(found, weights=[len(text) for text in texts])


def _off_target(rng, reference, germline, windows, fragments, n):
    """(sequences, starts in their concatenation, lengths) of fragments that lie far from every target."""
    texts, first, near, at = [], [], [], 0
    for side in (0, 1):
        for chrom, sequence in reference.contigs.items():
            texts.append(applied(sequence, 0, germline.within(chrom, 0, len(sequence), side)))
            mask = np.zeros(len(sequence), bool)
            for _, start, end, _ in (row for row in windows if row[0] == chrom):
                mask[start - REACH - LONGEST : end + REACH] = True
            mask[-LONGEST:] = True
            near.append(mask)
            first.append(at)
            at += len(sequence)
    places = np.flatnonzero(~np.concatenate(near))
    return texts, rng.choice(places, n), fragments.draw(rng, n)


def _damage(rng, pool, start, insert, rate):
    """(place within the insert or -1, base there on the forward strand), each n x 2: one event per strand at most."""
    n = len(start)
    place = (rng.random((n, 2)) * insert[:, None]).astype(np.int64)
    hit = rng.random((n, 2)) < 2 * rate * insert[:, None]  # half of the bases cannot be damaged
    forward = pool[start[:, None] + place]
    own = forward.copy()
    own[:, 1] = _COMPLEMENT[forward[:, 1]]
    hit &= (own == ord("C")) | (own == ord("G"))
    base = np.broadcast_to(np.array([ord("T"), ord("A")], np.uint8), (n, 2))
    return np.where(hit, place, -1), base


# ------------------------------------------------------------------------------------------------------------------ RNA


def write_rna(
    path1,
    path2,
    reference: Reference,
    germline: Germline,
    tpm: Mapping[str, float],
    n_pairs: int,
    *,
    seed: int,
    fusions=(),
    variants: Mapping[Variant, float] | None = None,
    read_length: int = 75,
    fragments: Fragments = RNA,
    error_rate: float = 1e-3,
    background: float = 0.02,
    chimeras: float = 0.0,
    ribosomal: float = 0.0,
    level: int = 1,
) -> Written:
    """Write the paired, gzipped FASTQ of one reverse-stranded RNA library (dUTP): read 1 is antisense, read 2 sense.

    tpm          gene name to transcripts per million (any scale: only ratios count); both haplotypes express alike
    n_pairs      pairs of reads, exactly; transcripts get them by tpm times effective length (length - mean
                 fragment + 1, as quantifiers reckon)
    variants     somatic variant to the share of its gene's transcripts that carry it; of several in one gene the
                 rarer stands on transcripts that carry the more frequent ones too; editing of RNA is written so, too
    chimeras     share of pairs of two transcripts that the enzyme joined at random places
    ribosomal    share of pairs of RIBOSOMAL, a made-up transcript that no annotation has
    background   share of pairs from anywhere in the genome, either strand
    """
    rng = np.random.default_rng([seed, 4])
    mean_length = fragments.draw(np.random.default_rng(0), 20_000).mean()
    texts, weights = [], []
    for name, level_of in sorted(tpm.items()):
        gene = reference.gene(name)
        own = {v: s for v, s in (variants or {}).items() if v.chrom == gene.chrom and gene.start <= v.start < gene.end}
        for share, somatic in _nested(own):
            for side in (0, 1):
                texts.append(_transcript(reference, germline, gene, side, somatic))
                weights.append(level_of * share / 2)
    for one in fusions:
        five, three = reference.gene(one.gene5), reference.gene(one.gene3)
        texts.append(
            five.transcript[: five.exon_in_transcript(one.exon5)[1]]
            + three.transcript[three.exon_in_transcript(one.exon3)[0] :]
        )
        weights.append(one.share * tpm.get(one.gene5, 0.0))
    junctions = {
        len(texts) - len(fusions) + n: reference.gene(one.gene5).exon_in_transcript(one.exon5)[1]
        for n, one in enumerate(fusions)
    }
    sizes = np.array([len(text) for text in texts])
    mass = np.array(weights) * np.maximum(sizes - mean_length + 1, 1)
    if not mass.sum() > 0:
        raise InputError("no transcript is expressed: every tpm is zero")
    stray = int(rng.binomial(n_pairs, background))
    odd = int(rng.binomial(n_pairs - stray, chimeras)) if chimeras else 0
    rrna = int(rng.binomial(n_pairs - stray - odd, ribosomal)) if ribosomal else 0
    counts = rng.multinomial(n_pairs - stray - odd - rrna, mass / mass.sum())
    which = np.repeat(np.arange(len(texts)), counts)
    insert = np.minimum(fragments.draw(rng, len(which)), sizes[which])
    firsts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    start = firsts[which] + (rng.random(len(which)) * (sizes[which] - insert + 1)).astype(np.int64)
    flip = np.ones(len(which), bool)
    inside = start - firsts[which]
    joined = tuple(
        int(((which == n) & (inside <= at - JOINED) & (inside + insert >= at + JOINED)).sum())
        for n, at in junctions.items()
    )
    more = _chimeras(rng, texts, mass / mass.sum(), odd)
    texts, start, insert, flip = _added(rng, texts, start, insert, flip, more, fragments)
    texts, start, insert, flip = _added(rng, texts, start, insert, flip, [RIBOSOMAL] * rrna, fragments)
    sizes = np.array([len(text) for text in texts])

    genome = "".join(reference.contigs.values())
    texts.append(genome)
    start = np.concatenate([start, sizes.sum() + rng.integers(0, len(genome) - LONGEST, stray)])
    insert = np.concatenate([insert, fragments.draw(rng, stray)])
    flip = np.concatenate([flip, rng.random(stray) < 0.5])
    order = rng.permutation(n_pairs)
    _write_pairs(
        path1,
        path2,
        rng,
        _Pool(np.frombuffer("".join(texts).encode(), np.uint8)),
        start[order],
        insert[order],
        flip[order],
        read_length=read_length,
        error_rate=error_rate,
        seed=seed,
        level=level,
    )
    return Written(n_pairs, n_pairs, {1: n_pairs}, 0, joined)


def _chimeras(rng, texts, chances, n: int) -> list[str]:
    """The middle of `n` molecules: of two transcripts, drawn by their mass, a piece of each, cut at random places."""
    found = []
    for one, other in rng.choice(len(texts), (n, 2), p=chances):
        left, right = (int(rng.integers(0, len(texts[k]))) for k in (one, other))
        found.append(texts[one][max(left - 150, 0) : left] + texts[other][right : right + 150])
    return found


def _added(rng, texts, start, insert, flip, more, fragments):
    """Fragments, one of each further text, behind those that are there; around the middle of long ones."""
    if not more:
        return texts, start, insert, flip
    at = sum(map(len, texts)) + np.concatenate([[0], np.cumsum([len(text) for text in more])[:-1]])
    sizes = np.array([len(text) for text in more])
    size = np.minimum(fragments.draw(rng, len(more)), sizes)
    first = (rng.random(len(more)) * (sizes - size + 1)).astype(np.int64)
    flip = np.concatenate([flip, np.ones(len(more), bool)])
    return texts + list(more), np.concatenate([start, at + first]), np.concatenate([insert, size]), flip


def _nested(own: Mapping[Variant, float]):
    """[(share of transcripts, somatic variants on them), ...]: rarer variants stand where frequent ones do."""
    rows = sorted(own.items(), key=lambda row: (-row[1], row[0]))
    edges = [1.0, *(share for _, share in rows), 0.0]
    sets = [frozenset(one for one, _ in rows[:k]) for k in range(len(rows) + 1)]
    return [
        (high - low, some) for high, low, some in zip(edges[:-1], edges[1:], sets, strict=True) if high > low or not own
    ]


def _transcript(reference, germline, gene, side, somatic) -> str:
    text = "".join(_haplotype(reference, germline, gene.chrom, start, end, side, somatic) for start, end in gene.exons)
    return text if gene.strand == "+" else reverse_complement(text)


# ---------------------------------------------------------------------------------------------------------------- FASTQ


class _Pool:
    """Sequences end to end, and behind them their reverse complement, so that a read of either strand is one slice."""

    def __init__(self, forward: np.ndarray):
        self.size = len(forward)
        tail = np.full(LONGEST, ord("N"), np.uint8)
        self.bases = np.concatenate([forward, _COMPLEMENT[forward[::-1]], tail])

    def read(self, start, insert, from_right, length: int) -> np.ndarray:
        """n x length bases from the left end of the fragments or, reversed, from the right one."""
        first = np.where(from_right, 2 * self.size - start - insert, start)
        return np.lib.stride_tricks.sliding_window_view(self.bases, length)[first]


def _write_pairs(
    path1,
    path2,
    rng,
    pool,
    start,
    insert,
    flip,
    *,
    read_length,
    seed,
    level,
    error_rate,
    prefixes=((), ()),
    barcodes=None,
    damage=None,
) -> None:
    """Write pairs; read 1 begins at the left end of a fragment or, where `flip`, at the right one.

    barcodes   for the left and the right end, n x bases; damage   (place within the insert or -1, forward base)
    """
    with gzip_writer(path1, level) as file1, gzip_writer(path2, level) as file2:
        for low in range(0, len(start), CHUNK):
            rows = slice(low, low + CHUNK)
            right, sizes = flip[rows], insert[rows]
            n = len(right)
            ends = [np.zeros((n, 0), np.uint8)] * 2 if barcodes is None else [one[rows] for one in barcodes]
            same = ends[0].shape == ends[1].shape
            for mate, file in ((0, file1), (1, file2)):
                from_right = right if mate == 0 else ~right
                # a duplex barcode belongs to an end of the molecule, a one-sided one to the read
                own = np.where(from_right[:, None], ends[1], ends[0]) if same else ends[mate]
                other = np.where(from_right[:, None], ends[0], ends[1]) if same else ends[1 - mate]
                before = _prefix(prefixes[mate], own)
                length = read_length - before.shape[1]
                body = pool.read(start[rows], sizes, from_right, length)
                if damage is not None:
                    _put_damage(body, [one[rows] for one in damage], sizes, from_right)
                short = np.flatnonzero(sizes < length)
                if len(short):
                    behind = _COMPLEMENT[_prefix(prefixes[1 - mate], other[short])[:, ::-1]]
                    _put_adapter(body, short, sizes, behind, ADAPTERS[mate])
                bases = np.concatenate([before, body], axis=1)
                qualities = _sequence(rng, bases, error_rate, worse=1.25 if mate else 0.75)
                file.write(_records(bases, qualities, seed, low, mate + 1))


def _prefix(structure, barcode: np.ndarray) -> np.ndarray:
    """The bases before the template: barcode bases and skipped ones, as the read structure has them."""
    columns, at = [barcode[:, :0]], 0
    for size, kind in structure:
        if kind == "M":
            columns.append(barcode[:, at : at + size])
            at += size
        else:
            skipped = np.frombuffer((SPACER * (size // len(SPACER) + 1))[:size].encode(), np.uint8)
            columns.append(np.broadcast_to(skipped, (len(barcode), size)))
    return np.concatenate(columns, axis=1)


def _put_damage(body, damage, sizes, from_right) -> None:
    place, base = damage
    column = np.where(from_right, sizes - 1 - place, place)
    hit = np.flatnonzero((place >= 0) & (column < body.shape[1]))
    body[hit, column[hit]] = np.where(from_right[hit], _COMPLEMENT[base[hit]], base[hit])


def _put_adapter(body, short, sizes, behind, adapter) -> None:
    """Behind a short insert: the barcode of its other end, the adapter, then G, which is no signal in two colours."""
    tail = np.full((len(short), body.shape[1]), ord("G"), np.uint8)
    fixed = np.frombuffer(adapter, np.uint8)
    tail[:, : behind.shape[1]] = behind[:, : tail.shape[1]]
    room = tail[:, behind.shape[1] : behind.shape[1] + len(fixed)]
    room[:] = fixed[: room.shape[1]]
    column = np.arange(body.shape[1]) - sizes[short][:, None]
    rows = np.take_along_axis(tail, np.maximum(column, 0), axis=1)
    body[short] = np.where(column >= 0, rows, body[short])


def _sequence(rng, bases, error_rate: float, worse: float) -> np.ndarray:
    """Qualities (ASCII) of the bases; errors are put into `bases` in place.

    A base has one of three qualities, the low ones more often towards the end of a read; it is wrong with just the
    chance that its quality states. The share of low qualities is set so that `error_rate` comes out on average.
    """
    n, length = bases.shape
    ramp = np.linspace(0.4, 1.6, length) * worse
    chance = np.array([10 ** (-quality / 10) for quality in QUALITIES])
    low = np.array(LOW_SHARES)
    scale = max((error_rate - chance[0]) / float((low * (chance[1:] - chance[0])).sum()), 0.0)
    best = min(chance[0], error_rate)
    worst_share = np.minimum(low[1] * scale * ramp, 0.3).astype(np.float32)
    low_share = np.minimum((low[0] + low[1]) * scale * ramp, 0.9).astype(np.float32)
    drawn = rng.random((n, length), np.float32)
    poor, fair = drawn < worst_share, drawn < low_share
    qualities = np.full((n, length), QUALITIES[0] + 33, np.uint8)
    qualities[fair] = QUALITIES[1] + 33
    qualities[poor] = QUALITIES[2] + 33
    wrong = (drawn < worst_share * np.float32(chance[2])) | (
        ~poor & (drawn < worst_share + (low_share - worst_share) * np.float32(chance[1]))
    )
    wrong |= ~fair & (drawn < low_share + (1 - low_share) * np.float32(best))
    places = np.flatnonzero(wrong)
    flat = bases.reshape(-1)
    flat[places] = _OTHERS[flat[places], rng.integers(0, 3, len(places))]
    return qualities


def _records(bases, qualities, seed: int, first: int, mate: int) -> bytes:
    """FASTQ records of one length, numbered from `first`; bases before qualities, each n x length."""
    n, length = bases.shape
    head = f"@SIM:1:F{seed % 10**10:010d}:1:1101:00000:00000 {mate}:N:0:1\n".encode()
    row = head + bytes(length) + b"\n+\n" + bytes(length) + b"\n"
    block = np.tile(np.frombuffer(row, np.uint8), (n, 1))
    number = np.arange(first, first + n)
    at = head.index(b"00000:00000 ")
    for column, power in zip((at, *range(at + 1, at + 5), *range(at + 6, at + 11)), range(9, -1, -1), strict=True):
        block[:, column] = number // 10**power % 10 + ord("0")
    block[:, len(head) : len(head) + length] = bases
    block[:, len(head) + length + 3 : -1] = qualities
    return block.tobytes()
