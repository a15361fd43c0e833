"""Patient: DNA reads of one patient over time whose every mutation is known. For the dna stage, without a cohort.

Clones and their shares over time are those of `simulate.counts`; each mutation of a clone lies on one copy of its gene
in all of the clone's descendants; in some genes the copies changed in all cancer cells. Reads are those of
`simulate.dna`: uneven capture, PCR copies, damage, sequencing errors, paralogues of the simulated genome.
"""

from dataclasses import dataclass

import numpy as np

from seriome.simulate.cells import Population, expected_vaf
from seriome.simulate.counts import Course, Setting, grow
from seriome.simulate.dna import PLASMA, TISSUE, write_dna
from seriome.simulate.reference import Germline, Reference, Variant

# Copies of a gene in all cancer cells, as haplotypes: lost, lost and doubled, gained
CHANGED = ((0,), (0, 0), (0, 0, 1))
CONSENSUS_ERROR = 2e-5  # errors per base that are left in consensus reads


@dataclass(frozen=True)
class Sample:
    """One sample: its kind, day, share of cancer cells, and depth; `damage`: of single strands, per base."""

    name: str
    specimen: str
    day: int
    purity: float
    depth: float
    damage: float


@dataclass(frozen=True, eq=False)
class Patient:
    """What was planted. mutations (M,) with the clone and the copy of its gene that each lies on.

    samples     tumour samples in order of time
    copies      gene to its haplotypes in all cancer cells, where it is not (0, 1)
    """

    reference: Reference
    germline: Germline
    genes: tuple[str, ...]
    course: Course
    samples: tuple[Sample, ...]
    mutations: tuple[Variant, ...]
    clone: np.ndarray
    copy: np.ndarray
    copies: dict[str, tuple[int, ...]]
    seed: int

    def populations(self, index: int) -> list[Population]:
        """The cells of one sample: normal ones, and each clone's own."""
        purity, share, below = self.samples[index].purity, self.course.share[:, index], self.course.below
        found = [Population(1 - purity)]
        for clone in np.flatnonzero(share > 0):
            held: dict[str, list] = {}
            for gene in self.genes:
                held[gene] = [(side, set()) for side in self.copies.get(gene, (0, 1))]
            for one, of, copy in zip(self.mutations, self.clone, self.copy, strict=True):
                if below[of, clone]:
                    held[self.reference.gene_at(one).name][copy][1].add(one)
            copies = {
                gene: tuple((side, frozenset(somatic)) for side, somatic in pairs) for gene, pairs in held.items()
            }
            found.append(Population(purity * share[clone], copies))
        return found

    def vaf(self) -> np.ndarray:
        """(M, S) the allele fraction that reads of each mutation scatter around."""
        found = np.zeros((len(self.mutations), len(self.samples)))
        for s in range(len(self.samples)):
            cells = self.populations(s)
            found[:, s] = [expected_vaf(cells, self.reference.gene_at(one).name, one) for one in self.mutations]
        return found

    def write(self, index: int, path1, path2) -> None:
        """The FASTQ pair of a tumour sample."""
        one = self.samples[index]
        plasma = one.specimen == "plasma"
        write_dna(
            path1,
            path2,
            self.reference,
            self.germline,
            self.populations(index),
            depth=one.depth,
            seed=self.seed * 100 + index,
            fragments=PLASMA if plasma else TISSUE,
            duplicates=0.0 if plasma else 0.08,
            error_rate=CONSENSUS_ERROR if plasma else 1e-3,
            damage_rate=one.damage,
            genes=self.genes,
        )

    def write_normal(self, path1, path2, depth: float, library: int = 99) -> None:
        """The FASTQ pair of a normal sample; other libraries of the same person by other numbers."""
        cells = [Population(1.0)]
        more = {"depth": depth, "seed": self.seed * 100 + library, "genes": self.genes}
        write_dna(path1, path2, self.reference, self.germline, cells, **more)


def draw_patient(
    reference: Reference,
    seed: int,
    *,
    genes: int = 12,
    mutations: int = 80,
    clones: int = 6,
    specimens=("tumor", "plasma", "tumor", "plasma", "tumor"),
    purity=(0.2, 0.9),
    tumour_fraction=(0.01, 0.3),
    depth: float = 150,
    plasma_depth: float = 3000,
    ffpe: float = 1e-4,
    changed: float = 0.25,
) -> Patient:
    """A patient, its clones, its mutations (a tenth of them small indels) and one sample per specimen, 60 days apart.

    purity, tumour_fraction   lowest and highest, of tissue (drawn evenly) and of plasma (evenly on the log scale)
    ffpe                      damage per base of every second tissue sample, as of old blocks; the others have 2e-5
    changed                   share of the genes whose copies changed in all cancer cells
    """
    rng = np.random.default_rng([seed, 11])
    panel = tuple(sorted(rng.choice([gene.name for gene in reference.genes], genes, replace=False).tolist()))
    course = grow(Setting(clones=clones, samples=len(specimens)), rng)
    copies = {
        gene: CHANGED[int(rng.integers(len(CHANGED)))]
        for gene, drawn in zip(panel, rng.random(genes), strict=True)
        if drawn < changed
    }
    lengths = np.array([len(reference.gene(gene).coding) for gene in panel], float)
    number = rng.multinomial(mutations, lengths / lengths.sum())
    found = [
        one
        for gene, count in zip(panel, number, strict=True)
        for one in reference.random_coding_variants(gene, int(count), rng)
    ]
    names = [reference.gene_at(one).name for one in found]
    copy = np.array([int(rng.integers(len(copies.get(name, (0, 1))))) for name in names])
    samples, tissues = [], 0
    for number, (specimen, day) in enumerate(zip(specimens, course.days, strict=True)):
        if specimen == "plasma":
            share = float(np.exp(rng.uniform(*np.log(tumour_fraction))))
            samples.append(Sample(f"T{number}", specimen, int(day), share, plasma_depth, 2e-6))
        else:
            share = float(rng.uniform(*purity))
            samples.append(Sample(f"T{number}", specimen, int(day), share, depth, ffpe if tissues % 2 else 2e-5))
            tissues += 1
    return Patient(
        reference,
        reference.germline(seed),
        panel,
        course,
        tuple(samples),
        tuple(found),
        rng.integers(0, clones, len(found)),
        copy,
        copies,
        seed,
    )
