"""Raw RNA from first principles: fragments of transcripts of both haplotypes and of fused ones, sequenced.

Beside them: molecules that the enzyme joined at random (chimaeras), a made-up ribosomal RNA, stray DNA of the genome.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from seriome.errors import InputError
from seriome.simulate.cells import haplotype
from seriome.simulate.fastq import LONGEST, Fragments, Pool, Written, write_pairs
from seriome.simulate.reference import Germline, Reference, Variant, reverse_complement

JOINED = 10  # bases on either side of a fusion's junction that make a pair its witness
RNA = Fragments(((200, 35, 1.0),))
# what stands for ribosomal RNA: 2,000 bases of their own
RIBOSOMAL = bytes(b"ACGT"[base] for base in np.random.default_rng(28).integers(0, 4, 2_000)).decode()


@dataclass(frozen=True)
class Fusion:
    """A transcript of exons 1 to `exon5` of `gene5` and `exon3` to the last of `gene3` (numbers in the transcript's
    order, from 1). Its TPM is `share` times that of gene5, in addition to both genes' own."""

    gene5: str
    exon5: int
    gene3: str
    exon3: int
    share: float


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
    junctions = {}
    for one in fusions:
        text, place = reference.fused(one.gene5, one.exon5, one.gene3, one.exon3)
        junctions[len(texts)] = place
        texts.append(text)
        weights.append(one.share * tpm.get(one.gene5, 0.0))
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
    write_pairs(
        path1,
        path2,
        rng,
        Pool(np.frombuffer("".join(texts).encode(), np.uint8)),
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
    text = "".join(haplotype(reference, germline, gene.chrom, start, end, side, somatic) for start, end in gene.exons)
    return text if gene.strand == "+" else reverse_complement(text)
