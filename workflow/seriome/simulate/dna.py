"""Raw DNA from first principles: fragments of the copies of each gene, captured, copied, damaged and sequenced.

Nothing is set by hand at the level of reads. A fragment of a gene comes from a population with probability
proportional to its share of cells times the copies it has of the gene (`cells`). On the way comes what blurs them:
uneven capture (the same in every sample of one reference, as with one kit, times a little noise per sample), PCR
copies, damage of single strands before PCR (deamination C>T, oxidation G>T), and sequencing errors (`fastq`).

Not simulated: chimaeras, contamination, PCR stutter in microsatellites, indel errors, index hopping.
"""

import numpy as np

from seriome.errors import InputError
from seriome.simulate.cells import applied, broken_copy, haplotype, shares
from seriome.simulate.fastq import (
    BASES,
    COMPLEMENT,
    LONGEST,
    Fragments,
    Pool,
    Written,
    barcode_length,
    read_structure,
    write_pairs,
)
from seriome.simulate.reference import Germline, Reference, merged_targets

REACH = 75  # bases beyond a target in which the middle of a captured fragment may lie
FLANK = 700  # bases on either side of a target that a haplotype is built for
TISSUE = Fragments(((220, 40, 1.0),))
# One and two nucleosomes: Snyder et al. 2016, Cell 164:57, doi:10.1016/j.cell.2015.11.050
PLASMA = Fragments(((167, 18, 0.88), (330, 30, 0.12)))


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
    prefixes = read_structure(umi)
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
                    text = broken_copy(reference, germline, *around, side, somatic, one.junctions[gene][1])
                text = text or haplotype(reference, germline, chrom, *around, side, somatic)
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
    barcodes = tuple(BASES[rng.integers(0, 4, (n, barcode_length(prefix)))] for prefix in prefixes)
    damage = _damage(rng, pool, start, insert, damage_rate)
    write_pairs(
        path1,
        path2,
        rng,
        Pool(pool),
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
    own[:, 1] = COMPLEMENT[forward[:, 1]]
    hit &= (own == ord("C")) | (own == ord("G"))
    base = np.broadcast_to(np.array([ord("T"), ord("A")], np.uint8), (n, 2))
    return np.where(hit, place, -1), base
