"""From a story to cells: which mutations a patient's clones carry, and of which populations each sample is made."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.stats import binom

from seriome.errors import InputError
from seriome.simulate.cells import Junction, Population, expected_copies, expected_vaf
from seriome.simulate.reference import Germline, Reference, Variant
from seriome.simulate.stories import PANEL, Story, Visit

FUSED = 13, 20  # exons that a story's fusion joins, as in EML4-ALK E13;A20
SEEN, POWER = 4, 0.95  # a variant counts as detectable where `SEEN` reads or more are expected with this probability


@dataclass(frozen=True)
class Mutation:
    """A somatic mutation: the clone that it arose in, the parental copy (0 or 1) that it lies on, and its role:
    `driver`, `resistance` or `passenger`."""

    variant: Variant
    gene: str
    name: str
    clone: str
    side: int
    role: str


@dataclass(frozen=True)
class Tumour:
    """A patient: name, story, what was inherited, and what was mutated since."""

    patient: str
    story: Story
    germline: Germline
    mutations: tuple[Mutation, ...]

    @cached_property
    def _parents(self) -> dict[str, str]:
        return {clone.name: clone.parent for clone in self.story.clones}

    def lineage(self, clone: str) -> list[str]:
        """The clone and its ancestors."""
        line = []
        while clone:
            line.append(clone)
            clone = self._parents[clone]
        return line

    def copies(self, clone: str) -> dict[str, tuple]:
        """Copies of every gene that is not as it was inherited, in a cell of the clone (see cells.Population).

        Losses and gains come first, on the side that carries no mutation; so a mutation has one mutated copy.
        """
        line, found = self.lineage(clone), {}
        own = [mutation for mutation in self.mutations if mutation.clone in line]
        for gene in sorted({mutation.gene for mutation in own} | self.story.copies.keys()):
            sides = [
                (side, frozenset(one.variant for one in own if (one.gene, one.side) == (gene, side))) for side in (0, 1)
            ]
            kept = next((one.side for one in self.mutations if one.gene == gene), 0)
            total = self.story.copies.get(gene, 2)
            found[gene] = (*((sides[kept],) if total else ()), *(sides[1 - kept],) * (total - 1))
        return found

    def populations(self, visit: Visit) -> list[Population]:
        """Normal cells and the cells of each clone, each with its share of the sample."""
        made = [Population(1.0 - visit.fraction)]
        if visit.fraction:
            for clone in self._parents:
                children = sum(visit.ccf.get(other, 0.0) for other, parent in self._parents.items() if parent == clone)
                share = visit.ccf.get(clone, 0.0) - children
                if share > 1e-9:
                    made.append(Population(visit.fraction * share, self.copies(clone), self.junctions))
        return made

    @cached_property
    def junctions(self) -> dict[str, tuple]:
        """The broken copy of the fusion's 3' gene, clonal, on the side that carries its mutations (see reads)."""
        if not self.story.fusion:
            return {}
        five, three = self.story.fusion
        side = next((one.side for one in self.mutations if one.gene == three), 0)
        return {three: (side, Junction(five, FUSED[0], three, FUSED[1]))}

    def expectations(self, visit: Visit, depth: float) -> list[dict]:
        """For every mutation, what a sample of this mean depth (molecules) should show; rows of truth/variants.tsv."""
        populations, rows = self.populations(visit), []
        for one in self.mutations:
            copies = expected_copies(populations, one.gene)
            vaf = expected_vaf(populations, one.gene, one.variant) if copies else 0.0
            here = depth * copies / 2
            rows.append(
                {
                    "patient": self.patient,
                    "sample": f"{self.patient}-{visit.label}",
                    "day": visit.day,
                    "variant": str(one.variant),
                    "gene": one.gene,
                    "name": one.name,
                    "clone": one.clone,
                    "ccf": visit.ccf.get(one.clone, 0.0) if visit.fraction else 0.0,
                    "multiplicity": 1,
                    "tumor_cn": self.story.copies.get(one.gene, 2),
                    "purity": visit.fraction,
                    "vaf": round(vaf, 6),
                    "role": one.role,
                    "depth": round(here, 1),
                    "detectable": int(detectable(vaf, here)),
                }
            )
        return rows


def detectable(vaf: float, depth: float) -> bool:
    """Do SEEN reads or more come with probability POWER, or better, at this depth (molecules)? Binomial."""
    return bool(binom.sf(SEEN - 1, round(depth), vaf) >= POWER)


def grow(patient: str, number: int, story: Story, reference: Reference, seed: int) -> Tumour:
    """Plant a story's mutations in patient `number` of a cohort."""
    story.check()
    rng = np.random.default_rng([seed, number, 11])
    resistance = {(one.gene, one.change) for one in story.resistance}
    mutations, driver_side = [], {}
    for clone in story.clones:
        for gene, change in clone.drivers:
            side = driver_side.setdefault(gene, int(rng.integers(0, 2)))  # drivers of one gene lie in cis
            role = "resistance" if (gene, change) in resistance else "driver"
            variant = _stop(reference, gene) if change == "*" else reference.variant(gene, change)
            mutations.append(Mutation(variant, gene, _name(reference, gene, variant), clone.name, side, role))
    taken = [one.variant for one in mutations]
    drawn = _passengers(reference, story, sum(clone.passengers for clone in story.clones), taken, rng)
    for clone in story.clones:
        for _ in range(clone.passengers):
            gene, variant = drawn.pop()
            name, side = _name(reference, gene, variant), int(rng.integers(0, 2))
            mutations.append(Mutation(variant, gene, name, clone.name, side, "passenger"))
    order = {name: place for place, name in enumerate(reference.contigs)}
    mutations.sort(key=lambda one: (order[one.variant.chrom], one.variant))
    return Tumour(patient, story, reference.germline(number), tuple(mutations))


def panel(reference: Reference) -> list[str]:
    """Genes of the DNA panel that the reference has, in its order."""
    return [gene.name for gene in reference.genes if gene.name in PANEL]


def _stop(reference: Reference, gene: str) -> Variant:
    """The first gain of a stop by one base after a fifth of the protein."""
    protein = reference.gene(gene).protein
    for residue in range(len(protein) // 5, len(protein)):
        try:
            return reference.variant(gene, f"{protein[residue - 1]}{residue}*")
        except InputError:
            continue
    raise InputError(f"{gene}: no single base makes a stop")


def _passengers(reference, story, n, taken, rng) -> list[tuple[str, Variant]]:
    """`n` coding mutations, (gene, variant) in random order: genes by their length, none whose copies change."""
    genes = [gene for gene in panel(reference) if story.copies.get(gene, 2) == 2]
    lengths = np.array([len(reference.gene(gene).coding) for gene in genes], float)
    counts = rng.multinomial(n, lengths / lengths.sum())
    found = []
    for gene, count in zip(genes, counts, strict=True):
        spare = reference.random_coding_variants(gene, int(count) + 3, rng, weights=story.signature) if count else []
        free = [one for one in spare if all(_apart(one, other) for other in taken)]
        picked = rng.permutation(len(free))[:count]
        found += [(gene, free[place]) for place in sorted(picked)]
    return [found[place] for place in rng.permutation(len(found))]


def _apart(one: Variant, other: Variant) -> bool:
    return one.chrom != other.chrom or one.start > other.end + 10 or other.start > one.end + 10


def _name(reference: Reference, gene: str, variant: Variant) -> str:
    """`EGFR L858R`; `EGFR 1234del` and the like, with the position on the contig, where no residue is exchanged."""
    _, change = reference.protein_change(variant)
    if change:
        return f"{gene} {change}"
    kind = "del" if len(variant.ref) > len(variant.alt) else "ins"
    return f"{gene} {variant.pos}{kind}{variant.ref[1:] or variant.alt[1:]}"
