"""Biomarkers on planted truth: unstable microsatellites, fusions by share, what signatures need. Prints figures.

    python -m tests.bench.biomarkers msi
    python -m tests.bench.biomarkers fusions
    python -m tests.bench.biomarkers signatures MATRIX [SIGNATURE ...]

MATRIX is a file as for `reference.signatures`; with names after it only those signatures of it are fitted.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pysam

from seriome.config import with_defaults
from seriome.dna import align, coverage, fusions, msi, signatures
from seriome.files import read_tsv
from seriome.simulate.cells import Junction, Population
from seriome.simulate.dna import PLASMA, TISSUE, write_dna

from ..genomes import simulated

SLIP = np.array([0.0, 0.02, 0.10, 0.85, 0.03])  # lengths of a homopolymer of about 12 after PCR, the allele at 0.85
MIXTURES = {
    "tobacco": {"SBS4": 0.6, "SBS5": 0.2, "SBS1": 0.1, "SBS13": 0.1},
    "sunlight": {"SBS7a": 0.6, "SBS7b": 0.25, "SBS5": 0.1, "SBS1": 0.05},
    "mismatch repair": {"SBS1": 0.2, "SBS15": 0.3, "SBS44": 0.4, "SBS5": 0.1},
    "APOBEC": {"SBS1": 0.15, "SBS5": 0.4, "SBS2": 0.2, "SBS13": 0.25},
}
FLAT = {  # without the clock-like ones, and with signatures that stand in for each other
    "sunlight and homologous repair": {"SBS7a": 0.5, "SBS3": 0.5},
    "two flat ones": {"SBS8": 0.5, "SBS40a": 0.5},
}


def microsatellites() -> None:
    rng = np.random.default_rng(1)

    def drawn(shares, depth):
        return {length: count for length, count in enumerate(rng.multinomial(depth, shares).tolist()) if count}

    print("stable loci: share with p < 0.05, p < 0.001; (fragments in the sample, in the normal)")
    for depth in ((20, 20), (60, 30), (500, 100), (2000, 300)):
        for alleles in (1, 2):
            shares = SLIP if alleles == 1 else np.concatenate([SLIP, np.zeros(3)]) / 2
            shares = shares if alleles == 1 else shares + np.roll(shares, 3)
            p = np.array([msi.compare(drawn(shares, depth[0]), drawn(shares, depth[1]))[0] for _ in range(4000)])
            print(f"  {depth} alleles {alleles}: {(p < 0.05).mean():.4f} {(p < 0.001).mean():.4f}")
    print("power at p < 0.0125: share of fragments that moved by one base, by three")
    for depth in ((60, 30), (150, 60), (500, 100)):
        for moved in (0.1, 0.2, 0.4):
            found = []
            for bases in (1, 3):
                away = np.roll(np.concatenate([np.zeros(3), SLIP]), -bases)
                shares = (1 - moved) * np.concatenate([np.zeros(3), SLIP]) + moved * away
                pairs = [
                    msi.compare(drawn(shares, depth[0]), drawn(np.concatenate([np.zeros(3), SLIP]), depth[1]))
                    for _ in range(1000)
                ]
                found.append(np.mean([p < 0.0125 and shift >= msi.SHIFT for p, shift in pairs]))
            print(f"  {depth} moved {moved}: {found[0]:.2f} {found[1]:.2f}")
    with tempfile.TemporaryDirectory() as folder:
        _reading(Path(folder), loci=1000, depth=100)


def _reading(folder, loci: int, depth: int) -> None:
    """Time of finding loci in 10 Mb and of reading lengths from a BAM made for it."""
    rng = np.random.default_rng(2)
    text = "".join(rng.choice(list("ACGT"), 10_000_000))
    start = time.process_time()
    found = msi.find_loci(text)
    print(f"loci in 10 random Mb: {len(found)}, {time.process_time() - start:.2f} s of CPU")
    header = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": "c", "LN": loci * 1000}]}
    with pysam.AlignmentFile(str(folder / "x.bam"), "wb", header=header) as file:
        for locus in range(loci):
            for number in range(depth):
                read = pysam.AlignedSegment(file.header)
                read.query_name, read.reference_id = f"r{locus}.{number}", 0
                read.reference_start, read.mapping_quality = locus * 1000 + 400 + number // 2, 60
                read.cigartuples = [(0, 150)] if number % 5 else [(0, 97 - number // 2), (2, 1), (0, 53 + number // 2)]
                read.query_sequence = "A" * 150
                file.write(read)
    pysam.index(str(folder / "x.bam"))
    places = [("c", locus * 1000 + 490, locus * 1000 + 505, "A") for locus in range(loci)]
    start = time.process_time()
    counts = msi.lengths_at(folder / "x.bam", places, 20)
    seconds = time.process_time() - start
    reads = sum(sum(one.values()) for one in counts)
    print(f"lengths of {reads} fragments at {loci} loci: {seconds:.2f} s of CPU, {1e6 * seconds / reads:.1f} us each")


def fits(path, names) -> None:
    matrix = signatures.read_signatures(path, names)
    for mixtures in (MIXTURES, FLAT):
        _fits(matrix, mixtures)


def _fits(matrix, mixtures) -> None:
    rng, seconds, fitted = np.random.default_rng(3), 0.0, 0
    print(f"{matrix.shape[1]} signatures; mixtures: {', '.join(mixtures)}. Of planted shares of 0.1 or more:")
    print("variants  share placed wrongly  missed  known to be there  within interval  within resampled interval")
    for total in (50, 100, 200, 500, 2000):
        wrong, missed, sure, covered, resampled = [], [], [], [], []
        for mixture in mixtures.values():
            truth = np.array([mixture.get(name, 0.0) for name in matrix])
            if truth.sum() < 0.999:
                continue
            for _ in range(6):
                counts = rng.multinomial(total, matrix.to_numpy() @ truth)
                start = time.process_time()
                rows = signatures.shares_of(counts, matrix, 1)
                seconds, fitted = seconds + time.process_time() - start, fitted + 1
                share, lower, upper = (np.array([row[key] for row in rows]) for key in ("share", "lower", "upper"))
                clock = [index for index, name in enumerate(matrix) if name in signatures.BACKGROUND]
                drawn = (rng.multinomial(total, counts / total) for _ in range(40))
                again = [signatures.refit(one, matrix.to_numpy(), clock) for one in drawn]
                low, high = np.quantile(again, [0.025, 0.975], axis=0)
                large = truth >= 0.1
                wrong.append(np.abs(share - truth).sum() / 2)
                missed += (share[large] == 0).tolist()
                sure += (lower[large] > 0).tolist()
                covered += ((lower <= truth) & (truth <= upper))[large].tolist()
                resampled += ((low <= truth) & (truth <= high))[large].tolist()
        figures = (np.mean(one) for one in (wrong, missed, sure, covered, resampled))
        print(f"{total:8d}  " + "  ".join(f"{one:.3f}" for one in figures))
    print(f"{seconds / fitted:.3f} s of CPU per sample")


def joined(people: int = 4, shares=(0.0, 0.005, 0.01, 0.02, 0.05, 0.2)) -> None:
    """EML4-ALK E13;A20 at shares down to none, tissue at 160x and plasma at 900x, one tumour sample beside a normal:

    found at all, named with exons and frame, truth within the interval, false junctions.
    """
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        mini, paths = simulated(folder, genes=16)
        rows = read_tsv(paths["transcripts"])
        settings = with_defaults({})["dna"]
        print("specimen  share  found  named  within interval  false junctions  of")
        for specimen, depth, fragments in (("tissue", 160, TISSUE), ("plasma", 900, PLASMA)):
            for share in shares:
                found, named, within, false = 0, 0, 0, 0
                for person in range(people):
                    bams = {}
                    for sample, part in (("N", 0.0), ("T", share)):
                        junctions = {"ALK": (1, Junction("EML4", 13, "ALK", 20))}
                        cells = [Population(1 - 2 * part), Population(2 * part, {}, junctions)]
                        files = [str(folder / f"{sample}_R{mate}.fastq.gz") for mate in (1, 2)]
                        more = {"depth": depth if part or sample == "T" else 60, "genes": ["ALK"], "off_target": 0.01}
                        seed = round(1e6 * share) + 10 * person + (sample == "T")
                        write_dna(*files, mini, mini.germline(person), cells, fragments=fragments, seed=seed, **more)
                        unit, bams[sample] = folder / f"{sample}.unit.bam", folder / f"{sample}.bam"
                        align.align_pairs(paths["genome"], files, unit, sample=sample, run="L1")
                        coverage.merge_and_mark([unit], bams[sample], paths["genome"], sample=sample, umi=False)
                    samples = [{"sample": "N", "specimen": "normal"}, {"sample": "T", "specimen": "tumor"}]
                    told = fusions.of_patient(samples, bams, rows, paths["gff"], settings)
                    true = [row for row in told if {row["five"], row["three"]} == {"EML4", "ALK"}]
                    false += len(told) - len(true)
                    ours = [row for row in true if row["drives"]]
                    found += bool(ours)
                    named += any((row["name"], row["frame"]) == ("EML4-ALK E13;A20", "in_frame") for row in ours)
                    within += any(float(row["lower"]) <= share <= float(row["upper"]) for row in ours)
                print(
                    f"{specimen:8}  {share:5.3f}  {found:5}  {named:5}  {within:15}  {false:15}  {people}", flush=True
                )


if __name__ == "__main__":
    if sys.argv[1:2] == ["fusions"]:
        joined()
    elif sys.argv[1:2] == ["msi"]:
        microsatellites()
    elif sys.argv[1:2] == ["signatures"] and len(sys.argv) > 2:
        fits(sys.argv[2], sys.argv[3:])
    else:
        sys.exit(__doc__)
