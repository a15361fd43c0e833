"""RNA on the genome: are planted fusions found and no others, is an exchanged sample told from RNA alone?

Fusions: samples of 100,000 pairs with 0.5 % of chimaeras that the enzyme made, the pair of paralogues expressed; five
fusions each of random exons of random genes, of 2 to 50 % of the 5' gene's transcripts. Asked are those with
WITNESSES pairs over the junction; the 3' gene is in `fusion_drivers`. Samples without a fusion tell false ones.
HCC1395: the real breast cancer line, PLA2R1-RBMS1 at chr2:272580 and 599999 of its mini-genome, nothing else.
"""

import gzip
import shutil
import tempfile
from pathlib import Path

import numpy as np

from seriome.config import with_defaults
from seriome.dna.identity import compare, gather
from seriome.dna.tools import read_contigs
from seriome.dna.verdicts import findings, held, of_rna
from seriome.rna.align import align_sample, build_index, open_index
from seriome.rna.fusion_table import judged
from seriome.rna.fusions import find
from seriome.rna.genes import Genes
from seriome.rna.transcripts import genome_sequence, read_transcripts
from seriome.simulate.genome import build_reference
from seriome.simulate.rna import Fusion, write_rna

from .expression import levels
from .identity import cohort, named

WITNESSES = 5
CHIMERAS = 0.005
DRIVERS = ("ALK", "BRAF", "MET", "EGFR", "ERBB2", "JAK2")
REAL = Path(__file__).parents[2].parent / "shared" / "real" / "rna"
LEAST = with_defaults({})["rna"]["fusion_min_fragments"]


class Place:
    """A genome with its genes, indexed in a folder: reads go in, judged fusions come out."""

    def __init__(self, folder: Path, genome, genes):
        self.folder = folder
        build_index(genome, folder / "genome.mmi", folder / "plain.fa")
        self.aligner, self.sizes = open_index(folder / "genome.mmi"), read_contigs(folder / "plain.fa.fai")
        self.genes, self.sequence = Genes(read_transcripts(genes)), genome_sequence(folder / "plain.fa")

    def fusions(self, files, drivers) -> list[dict]:
        bam = self.folder / "x.bam"
        align_sample(self.aligner, self.sizes, {"L1": [str(file) for file in files]}, bam, sample="S")
        rows = find(bam, self.genes, self.sequence, LEAST)
        return judged(rows, {gene.gene_id: gene for gene in self.genes.all}, self.sequence, drivers, "S")


def drawn(reference, rng, number: int, truth: dict) -> list[Fusion]:
    """Fusions of random exons; the 3' gene is a driver, no two of one pair of genes."""
    found, pairs = [], set()
    names = [gene.name for gene in reference.genes if truth[gene.name] > 0 and gene.name not in DRIVERS]
    while len(found) < number:
        five, three = str(rng.choice(names)), str(rng.choice(DRIVERS))
        if (five, three) not in pairs:
            pairs.add((five, three))
            exons = [len(reference.gene(name).exons) for name in (five, three)]
            share = float(np.exp(rng.uniform(*np.log((0.02, 0.5)))))
            found.append(Fusion(five, int(rng.integers(1, exons[0])), three, int(rng.integers(2, exons[1] + 1)), share))
    return found


def planted(samples: int) -> dict:
    """Recall of planted fusions by witnesses, and what was found besides."""
    asked = hit = exact = faint = faint_hit = wrong = 0
    clean = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        reference = build_reference(11, 45)
        reference.write(folder)
        place = Place(folder, folder / "genome.fa", folder / "genes.gtf")
        for seed in range(2 * samples):
            rng = np.random.default_rng([seed, 43])
            truth = levels(reference, rng) | {"ACTB": 2e5, "ACTG1": 1e5}
            fusions = drawn(reference, rng, 5, truth) if seed < samples else []
            files = [folder / f"x_{mate}.fastq.gz" for mate in (1, 2)]
            written = write_rna(
                *files, reference, reference.germline(seed), truth, 100_000, seed=seed, fusions=fusions,
                chimeras=CHIMERAS,
            )  # fmt: skip
            rows = place.fusions(files, DRIVERS)
            passed = {(row["gene5"], row["gene3"]): row for row in rows if row["filter"] == "PASS"}
            for one, witnesses in zip(fusions, written.joined, strict=True):
                row = passed.pop((one.gene5, one.gene3), None)
                if witnesses >= WITNESSES:
                    asked, hit = asked + 1, hit + (row is not None)
                    exact += row is not None and (row["exon5"], row["exon3"]) == (one.exon5, one.exon3)
                    if row is None:
                        seen = [r for r in rows if (r["gene5"], r["gene3"]) == (one.gene5, one.gene3)]
                        print(
                            f"  missed: {one}, {witnesses} witnesses; {[(r['fragments'], r['filter']) for r in seen]}"
                        )
                else:
                    faint, faint_hit = faint + 1, faint_hit + (row is not None)
            wrong += len(passed)
            for row in passed.values():
                print(
                    f"  false: {row['gene5']}-{row['gene3']} {row['fragments']} fragments, at_exons {row['at_exons']}"
                )
            if not fusions:
                clean.append(len(passed))
    print(f"fusions with {WITNESSES} or more pairs over the junction: {hit} of {asked} found, {exact} at their exons;")
    print(
        f"with fewer: {faint_hit} of {faint}; false: {wrong} in {2 * samples} samples ({sum(clean)} in {samples} clean)"
    )
    return {
        "fusion_recall": hit / asked if asked else None,
        "fusions_asked": asked,
        "fusion_exons_right": exact / asked if asked else None,
        "false_fusions_per_10_samples": 10 * wrong / (2 * samples),
    }


def real() -> dict:
    """The breast cancer line HCC1395, where its reads are there."""
    if not REAL.is_dir():
        print(f"HCC1395: skipped, {REAL} is not there")
        return {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with gzip.open(REAL / "minichr2.fa.gz") as source, open(folder / "genome.fa", "wb") as target:
            shutil.copyfileobj(source, target)
        place = Place(folder, folder / "genome.fa", REAL / "minichr2.gtf")
        rows = place.fusions([REAL / f"HCC1395-miniplus_{mate}.fastq.gz" for mate in (1, 2)], ())
    found = [
        f"{row['gene5']}-{row['gene3']} {row['pos5']}-{row['pos3']} {row['frame']}, {row['split']} split, "
        f"{row['spanning']} spanning"
        for row in rows
        if row["filter"] == "PASS"
    ]
    print(f"HCC1395: {'; '.join(found) or 'nothing'}; {len(rows)} junctions of two genes looked at")
    return {"hcc1395": found}


def _exchange(seed: int, **how) -> tuple[bool, bool]:
    """(the exchanged samples are named with whose they are, they alone are held out of their patients)."""
    fingerprints, patients, expected = cohort(np.random.default_rng([seed, 51]), kind="rna", **how)
    rna = {sample: sample for sample in fingerprints if sample.endswith("-rna")}
    pairs, out = compare(gather(fingerprints, rna)), set()
    for patient, samples in patients.items():
        inner = [one for one in pairs if {one.first, one.second} <= set(samples)]
        own = {sample: sample for sample in samples if sample in rna}
        out |= held(of_rna(patient, [sample for sample in samples if sample not in rna], own, inner))
    said = {(one.patient, one.sample, one.other) for one in findings(patients, pairs, rna)}
    return said == expected, out == {sample for _, sample, _ in expected}


def exchanged(number: int) -> dict:
    """Cohorts in which the RNA of two patients is exchanged: is each named with whose it is, and nothing else?

    Counts at the places of a panel of 1 Mb, drawn (identity.cohort); 1 million reads of 75 bases over 60 Mb of RNA are
    1.25 bases deep where a gene is expressed as the mean; 1,000 places per Mb are edited in everybody.
    """
    how = {"rna": True, "rna_depth": (1.25, 1.25), "edited": 1_000}
    right, out = (sum(one) for one in zip(*(_exchange(seed, **how) for seed in range(number)), strict=True))
    false = [named(np.random.default_rng([seed, 52]), **how)[1] > 0 for seed in range(number)]
    print(f"RNA of two patients exchanged, 1 M reads: {right} of {number} named, false alarms {sum(false)}")
    print(f"held out are those samples of RNA, and no other, in {out} of {number}")
    return {
        "rna_held_out": out / number,
        "identity_from_rna": right / number,
        "identity_from_rna_false": sum(false) / number,
    }


def genome(samples: int = 10, swaps: int = 20) -> dict:
    return planted(samples) | exchanged(swaps) | real()
