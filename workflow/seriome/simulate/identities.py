"""Identities: fingerprints of a cohort's samples as counts, with swaps and strangers that are known. Without raw files.

A panel of genes, each with SNPs of the neutral spectrum (density 1/p). Every chromosome's copy of a gene is one of a
few founders' (linkage: SNPs of a gene travel together). A tumour loses or gains whole arms; purity and copies decide
the fraction that a SNP shows. Depth is uneven between places. Some places are artefacts that look heterozygous in
everybody, some are somatic mutations. RNA is read where genes are expressed, from both alleles unevenly or from one,
and edited (A to G) at places that are the same in everybody. A third of the SNPs look as editing does.
"""

from dataclasses import dataclass, field

import numpy as np

from seriome.dna.fingerprint import table

ARMS = 40
FOUNDERS = 100  # haplotypes of a gene in the population
SPAN = 30_000  # bases of the genome that a gene's exons lie in
HET_PER_MB = 500  # heterozygous places per Mb of a person's exons
COPIES = ((1, 1), (1, 0), (2, 0), (2, 1), (2, 2))  # of an arm in the cancer cells
RAREST = 0.005


@dataclass(frozen=True)
class Panel:
    """Places of the SNPs and the haplotypes of each gene: chrom, pos, gene (S,), founders (S, F), weight (G, F)."""

    chrom: np.ndarray
    pos: np.ndarray
    gene: np.ndarray
    founders: np.ndarray
    weight: np.ndarray
    artefact: np.ndarray
    somatic: np.ndarray
    edited: np.ndarray


@dataclass(frozen=True)
class Sample:
    """purity of cancer cells; depth mean; rna: read as RNA; foreign: (person, share) of the reads."""

    name: str
    patient: str
    purity: float = 0.0
    depth: float = 80.0
    rna: bool = False
    foreign: tuple = field(default=())


def panel(rng, megabases: float = 1.0, genes: int = 300, edited: int = 0) -> Panel:
    """A panel of `genes` genes; 1 % of its places are artefacts; per Mb 200 may be mutated, `edited` are edited."""
    spectrum = np.exp(rng.uniform(np.log(RAREST), 0, rng.poisson(HET_PER_MB * megabases * np.log(1 / RAREST))))
    numbers = [len(spectrum), int(0.01 * len(spectrum)), int(200 * megabases), int(edited * megabases)]
    kinds = np.repeat([0, 1, 2, 3], numbers)
    frequency = np.where(kinds == 0, np.resize(spectrum, len(kinds)), 0)
    return _laid_out(rng, frequency, rng.integers(0, genes, len(kinds)), kinds, genes)


def known_snps(rng, count: int) -> Panel:
    """So many common SNPs (frequency 0.3 to 0.7), far from each other."""
    return _laid_out(rng, rng.uniform(0.3, 0.7, count), np.arange(count), np.zeros(count, int), count)


def _laid_out(rng, frequency, gene, kinds, genes) -> Panel:
    weight = rng.dirichlet(np.full(FOUNDERS, 2.0), genes)
    founders = rng.random((len(gene), FOUNDERS)) < frequency[:, None]
    arm = rng.integers(0, ARMS, genes)
    pos = 1 + gene * 200_000 + rng.integers(0, SPAN, len(gene))
    order = np.lexsort((pos, arm[gene]))
    chrom = np.array([f"arm{one:02}" for one in arm[gene]], object)
    gene, kinds = gene[order], kinds[order]
    return Panel(chrom[order], pos[order], gene, founders[order], weight, kinds == 1, kinds == 2, kinds == 3)


def person(rng, of: Panel) -> np.ndarray:
    """Two haplotypes (2, S) of somebody."""
    genes = len(of.weight)
    chosen = np.array([[rng.choice(FOUNDERS, p=of.weight[gene]) for gene in range(genes)] for _ in range(2)])
    return np.array([of.founders[np.arange(len(of.gene)), one[of.gene]] for one in chosen])


def sibling(rng, of: Panel, parents) -> np.ndarray:
    """A child of two people: of each parent, one haplotype of each arm."""
    _, arm = np.unique(of.chrom.astype(str), return_inverse=True)
    taken = [rng.integers(0, 2, ARMS)[arm] for _ in parents]
    return np.array([np.where(side == 0, *one) for one, side in zip(parents, taken, strict=True)])


def tumour(rng, of: Panel, lost: float = 0.3, mutated: float = 0.05) -> tuple:
    """Copies of both haplotypes in the cancer cells (2, S), and the share `mutated` of the somatic places (S,)."""
    _, arm = np.unique(of.chrom.astype(str), return_inverse=True)
    state = rng.choice(len(COPIES), ARMS, p=[0.8 - lost, 0.6 * lost, 0.4 * lost, 0.15, 0.05])
    copies = np.array(COPIES)[state]
    turned = rng.random(ARMS) < 0.5
    copies[turned] = copies[turned][:, ::-1]
    return copies[arm].T, of.somatic & (rng.random(len(arm)) < mutated)


def fingerprint(rng, of: Panel, haplotypes, cancer, sample: Sample, foreign=None, error: float = 0.001):
    """A sample's fingerprint. cancer: of `tumour`; foreign: haplotypes of whose reads `sample.foreign[1]` are."""
    copies, mutated = cancer
    here = sample.purity * copies + (1 - sample.purity)
    total = here.sum(axis=0)
    fraction = (here * haplotypes).sum(axis=0) / np.maximum(total, 1e-9)
    fraction = np.where(mutated, sample.purity / np.maximum(total, 1e-9), fraction)
    fraction = np.where(of.artefact, rng.uniform(0.1, 0.35, len(fraction)), fraction)
    if foreign is not None:
        share = sample.foreign[1]
        fraction = (1 - share) * fraction + share * foreign.mean(axis=0)
    depth = sample.depth * np.exp(rng.normal(0, 0.35, len(fraction))) * total / 2
    if sample.rna:
        expressed = np.exp(rng.normal(-2.0, 2.0, len(of.weight)))
        bias = np.where(
            rng.random(len(of.weight)) < 0.1, rng.integers(0, 2, len(of.weight)), rng.beta(8, 8, len(of.weight))
        )
        depth = sample.depth * expressed[of.gene]
        one = bias[of.gene]
        mixed = haplotypes[0] * one + haplotypes[1] * (1 - one)
        fraction = np.where(haplotypes.any(axis=0), mixed, fraction)
        often = np.random.default_rng(3).uniform(0.05, 0.9, len(fraction))  # the same in everybody
        fraction = np.where(of.edited, often, fraction)
    reads = rng.poisson(depth)
    chance = fraction * (1 - error) + (1 - fraction) * error / 3
    alt = rng.binomial(reads, np.clip(chance, 0, 1))
    change = np.where(of.edited, 0, of.pos % 3)  # A to G, as editing is, G to A, C to A
    ref, other = np.array([0, 2, 1])[change], np.array([2, 0, 0])[change]
    counts = np.zeros((len(reads), 4), int)
    counts[np.arange(len(reads)), ref] = reads - alt
    counts[np.arange(len(reads)), other] = alt
    return table(of.chrom, of.pos, np.array(list("ACGT"))[ref], counts)
