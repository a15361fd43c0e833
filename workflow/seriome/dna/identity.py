"""Identity: are two samples of one person? Which sample is whose?

Two fingerprints are compared where one of the two looks to have an allele that the reference has not. There

    one person   both have the same inherited genotype
    two people   their genotypes are as of two people drawn from a population at random, or as of near relatives

each integrated over the frequency p of the allele, density 1/p (the neutral spectrum: Ewens 1972,
doi:10.1016/0040-5809(72)90035-4), and divided by the chance that the place is looked at at all, with these depths. So a
pair's number rests on the two samples alone: no other sample, and no sample that comes later, changes it (but for the
rare place of three alleles, of which the commonest two count).

What reads say of a genotype allows for what tumours, plasma and RNA do to it. A heterozygous place shows 1/2 (beta-
binomial), or, in a share of the places, any fraction or one allele only (loss of heterozygosity, allelic expression). A
homozygous place shows its allele, or less of it where a share of the reads is another person's. Both shares are chosen
to each hypothesis' advantage (SHARES, FOREIGN). A place in NOISE is none: an artefact, a somatic mutation; so may be
many more in one of the two samples, a tumour with a high burden (BURDEN, to each hypothesis' advantage, too), unless
the places are known SNPs; the other sample may show them faintly, as plasma does (FOREIGN).

Linked alleles are no independent witnesses: of places within LINKED bases only the best covered in both samples speaks.

The answer is log10 P(reads | one person) / P(reads | two people), who may be unrelated, siblings or parent and child,
whichever fits best. Below DECIDES either way it is not estimable. People are told apart by reads at SNPs in `bcftools
gtcheck`, in NGSCheckMate, Lee et al. 2017, doi:10.1093/nar/gkx193, and in somalier, Pedersen et al. 2020,
doi:10.1186/s13073-020-00761-2, too.

RNA is edited: A is read as G, and T as C where the gene lies on the other strand (Ramaswami and Li 2014, Nucleic Acids
Res 42:D109, doi:10.1093/nar/gkt996). Places of these two changes, whoever shows them, say nothing of an RNA sample.

Limits: identical twins are one person. Siblings share whole arms, so that their places are no independent witnesses:
tumours of two siblings that both lost much can look like one person's (verdicts.py asks their other samples).
"""

from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
from scipy import special

from seriome.dna.fingerprint import ALT_READS, ALT_SHARE, BASES

ERROR = 0.001  # chance that a read shows the other allele of the place by mistake
SHARES = (0.1, 0.5, 0.95)  # of heterozygous places that do not show 1/2
FOREIGN = (0.0, 0.05, 0.2)  # reads of another person
CONTAMINANT = (0.5, 0.35, 0.15)  # chance that the other person has 0, 1, 2 of the allele that this one has not
BALANCE = 40  # precision of the beta-binomial around 1/2
OUTLIER = 0.01  # homozygous places that show any fraction: paralogues, misplaced reads
BURDEN = (0.2, 1.0)  # somatic mutations of one sample, against the inherited differences
NOISE = 0.03  # places that are no inherited difference
LINKED = 20_000  # bases
EDITING = {("A", "G"), ("T", "C")}  # what editing of RNA looks like against the genome
DECIDES = 3.0  # log10 likelihood ratio from which a pair is one person, or two
# Genotypes (0, 1, 2) of both samples: the integral over p of P(g1, g2 | p) / p. (0, 0) is never looked at
ONE_PERSON = np.diag([0, 1, 1 / 2])
UNRELATED = np.array([[0, 1 / 2, 1 / 12], [1 / 2, 1 / 3, 1 / 6], [1 / 12, 1 / 6, 1 / 4]])
PARENT = np.array([[0, 1 / 3, 0], [1 / 3, 1 / 2, 1 / 6], [0, 1 / 6, 1 / 3]])  # one allele is shared by descent
SIBLINGS = UNRELATED / 4 + PARENT / 2 + ONE_PERSON / 4
NO_DIFFERENCE = NOISE * 1.5 * np.array([[0.2, 0.3, 0], [0.3, 0.2, 0], [0, 0, 0]])


@dataclass(frozen=True)
class Sites:
    """Reads of N samples at S places, sorted by contig and position. alt, depth (N, S); looks (N, S): as if not 0/0.

    depth counts the reference and the one other allele that is commonest; 0 is not covered.
    """

    samples: tuple
    chrom: np.ndarray
    pos: np.ndarray
    alt: np.ndarray
    depth: np.ndarray

    @property
    def looks(self) -> np.ndarray:
        return (self.alt >= ALT_READS) & (self.alt >= ALT_SHARE * self.depth)


def gather(fingerprints: dict, rna=()) -> Sites:
    """Fingerprints {sample: table} laid side by side; of several other alleles at a place the commonest counts.

    rna   the samples among them that are RNA: not covered where editing would look like the other allele
    """
    import pandas as pd

    samples = tuple(fingerprints)
    frames = [one.assign(sample=n) for n, one in enumerate(fingerprints.values())]
    rows = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=["chrom", "pos", "ref", "sample"])
    if rows.empty:
        nothing = np.zeros((len(samples), 0), int)
        return Sites(samples, np.zeros(0, object), np.zeros(0, int), nothing, nothing)
    counts = rows[list(BASES)].to_numpy(int)
    own = rows["ref"].map(BASES.index).to_numpy(int)
    place = rows.groupby(["chrom", "pos"], sort=True).ngroup().to_numpy()
    first = rows.assign(place=place).drop_duplicates("place").sort_values("place")
    share = counts / counts.sum(axis=1, keepdims=True)
    share[np.arange(len(own)), own] = 0
    total = np.zeros((len(first), 4))
    np.add.at(total, place, share)
    other = total.argmax(axis=1)[place]
    line, column = np.arange(len(rows)), rows["sample"].to_numpy(int)
    alt, depth = (np.zeros((len(samples), len(first)), int) for _ in range(2))
    alt[column, place] = np.where(other == own, 0, counts[line, other])
    depth[column, place] = counts[line, own] + alt[column, place]
    change = np.array([first["ref"].to_numpy(object), np.array(list(BASES), object)[total.argmax(axis=1)]])
    edited = np.array([tuple(one) in EDITING for one in change.T], bool)
    for n, sample in enumerate(samples):
        if sample in rna:
            alt[n, edited] = depth[n, edited] = 0
    return Sites(samples, first["chrom"].to_numpy(object), first["pos"].to_numpy(int), alt, depth)


def _binomial(alt, depth, chance):
    """log P without the binomial coefficient, which is the same under every hypothesis."""
    chance = np.clip(chance, ERROR, 1 - ERROR)
    return alt * np.log(chance) + (depth - alt) * np.log1p(-chance)


def genotype_likelihoods(alt, depth) -> np.ndarray:
    """P(reads | genotype 0, 1, 2) of each place, up to a factor: (shares x foreign, S, 3); 1 without reads."""
    alt, depth = np.asarray(alt, float), np.asarray(depth, float)
    any_fraction = special.betaln(alt + 1, depth - alt + 1)
    half = BALANCE / 2
    balanced = special.betaln(alt + half, depth - alt + half) - special.betaln(half, half)
    one_allele = [_binomial(alt, depth, chance) for chance in (ERROR, 1 - ERROR)]
    found = []
    for share in SHARES:
        weights = [1 - share, 0.6 * share, 0.2 * share, 0.2 * share]
        parts = np.array([balanced, any_fraction, *one_allele])
        het = special.logsumexp(parts + np.log(weights)[:, None], axis=0)
        for foreign in FOREIGN:
            homs = []
            for reads in (alt, depth - alt):
                parts = [_binomial(reads, depth, ERROR + foreign * dose / 2) for dose in range(3)]
                hom = special.logsumexp(np.array(parts) + np.log(CONTAMINANT)[:, None], axis=0)
                homs.append(np.logaddexp(hom + np.log1p(-OUTLIER), any_fraction + np.log(OUTLIER)))
            found.append(np.stack([homs[0], het, homs[1]], axis=-1))
    found = np.array(found)
    return np.exp(found - found.max(axis=(0, 2), keepdims=True, initial=-np.inf)) if alt.size else found


def looked_at(depth) -> np.ndarray:
    """Chance that a place looks as if not 0/0, given genotype 0, 1, 2 and the depth: (shares, S, 3)."""
    depth = np.asarray(depth, float)
    least = np.maximum(ALT_READS, np.ceil(ALT_SHARE * depth))
    enough = depth >= least
    balanced = np.where(enough, special.bdtrc(least - 1, depth.astype(int), 0.5), 0.0)
    any_fraction = np.where(enough, 1 - least / (depth + 1), 0.0)
    found = []
    for share in SHARES:
        het = (1 - share) * balanced + share * (0.6 * any_fraction + 0.2 * enough)
        found.append(np.stack([np.zeros(len(depth)), het, enough], axis=-1))
    return np.array(found)


def unlinked(chrom, pos, worth) -> np.ndarray:
    """Indices of the places (sorted by contig and position) that speak, in each window of LINKED bases one."""
    if not len(pos):
        return np.zeros(0, int)
    _, contig = np.unique(chrom.astype(str), return_inverse=True)
    windows = contig.astype(np.int64) * (1 << 32) + pos // LINKED
    order = np.lexsort((np.arange(len(pos)), -np.asarray(worth), windows))
    return np.sort(order[np.unique(windows[order], return_index=True)[1]])


@dataclass(frozen=True)
class Pair:
    """log10 likelihood ratio, one person against unrelated, from so many places. Two samples without any: 0, 0."""

    first: str
    second: str
    sites: int
    ratio: float

    @property
    def said(self) -> str:
        return "one_person" if self.ratio >= DECIDES else "two_people" if self.ratio <= -DECIDES else "not_estimable"


def compare(sites: Sites, known: bool = False) -> list[Pair]:
    """Each pair of samples, in their order. known: the places are known SNPs, where somatic mutations are too rare."""
    count = len(sites.samples)
    likelihood = [_genotype_first(genotype_likelihoods(sites.alt[n], sites.depth[n])) for n in range(count)]
    unseen = [_genotype_first(1 - looked_at(sites.depth[n])) for n in range(count)]
    looks, depth, found = sites.looks, sites.depth, []
    for i, j in combinations(range(count), 2):
        at = np.flatnonzero((looks[i] | looks[j]) & (depth[i] > 0) & (depth[j] > 0))
        at = at[unlinked(sites.chrom[at], sites.pos[at], np.minimum(depth[i, at], depth[j, at]))]
        reads, missed = ([one[n][..., at] for n in (i, j)] for one in (likelihood, unseen))
        best = []
        for people in (ONE_PERSON, UNRELATED, SIBLINGS, PARENT):
            looked = people.sum() - _both(missed[0], people, missed[1])
            base = _log_product(looked + NO_DIFFERENCE.sum()).repeat(len(FOREIGN), 0).repeat(len(FOREIGN), 1)
            best.append((_log_product(_both(reads[0], people + NO_DIFFERENCE, reads[1])) - base).max())
            if known or (people is not ONE_PERSON and people is not UNRELATED):
                continue
            for burden, (a, b) in product(BURDEN, ((0, 1), (1, 0))):
                somatic = NO_DIFFERENCE.copy()
                somatic[a, b] += 1.5 * burden
                base = _log_product(looked + somatic.sum()).repeat(len(FOREIGN), 0).repeat(len(FOREIGN), 1)
                best[-1] = max(best[-1], (_log_product(_both(reads[0], people + somatic, reads[1])) - base).max())
        ratio = (best[0] - max(best[1:])) / np.log(10)
        found.append(Pair(sites.samples[i], sites.samples[j], len(at), float(ratio)))
    return found


def _genotype_first(values) -> np.ndarray:
    return np.ascontiguousarray(values.transpose(2, 0, 1))


def _both(one, table, other) -> np.ndarray:
    """Sums over the genotypes (first axis) of both samples: (settings of the first, settings of the second, places)."""
    left = np.tensordot(table.T, one, 1)
    total = left[0][:, None] * other[0]
    for genotype in (1, 2):
        total += left[genotype][:, None] * other[genotype]
    return total


def _log_product(values) -> np.ndarray:
    """log of the product over the last axis; few logarithms, as each value lies above 1e-20."""
    whole = values.shape[-1] // 12 * 12
    blocks = values[..., :whole].reshape(*values.shape[:-1], 12, -1).prod(axis=-2)
    return np.log(blocks).sum(axis=-1) + np.log(values[..., whole:].prod(axis=-1))
