"""Normal against normal: samples of one person, each called as if it were a tumour of another. All calls are false.

From raw reads, with paralogues and indels, over as much as can be aligned in the time; and from counts drawn with
errors of known rate. Every library is the tumour once and the normal once: no error of a tumour is counted twice.
"""

import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pysam
from scipy import stats

from seriome.dna import calling, pileup
from seriome.dna.background import ErrorModel
from seriome.dna.tables import call_patient
from seriome.dna.tools import Regions, c_output_to, read_bed
from seriome.simulate.genome import build_reference
from seriome.simulate.patient import draw_patient

from .calling import GENOME_SEED, SETTINGS, bam_of, limited, prepared

DEPTH = 150


def _person(words) -> tuple[list[str], int, int]:
    """(false calls, inherited variants told as such, bases looked at) of one person."""
    seed, folder, genes, libraries = words
    simulated = build_reference(GENOME_SEED)
    person = draw_patient(simulated, seed, genes=genes, mutations=0)
    paths = {"genome": Path(folder, "dna.fa"), "gff": Path(folder, "genes.gff3")}
    paths["transcripts"] = Path(folder, "transcripts.tsv")
    false, inherited = [], 0
    with tempfile.TemporaryDirectory() as own, c_output_to(f"{own}/log"):
        paths = limited(paths, simulated, person.genes, own)
        bams = [
            bam_of(
                *(paths["genome"], own, f"L{number}"),
                lambda *files, number=number: person.write_normal(*files, DEPTH, number),
            )
            for number in range(libraries)
        ]
        about = {"patient": "P", "timepoint": "T0", "day": 0}
        rows = [about | {"sample": "N", "specimen": "normal"}, about | {"sample": "T", "specimen": "tumor"}]
        for number in range(libraries):
            pair = {"N": bams[number - 1], "T": bams[number]}
            table, *_ = call_patient(rows, pair, {}, paths, SETTINGS)
            said = table[(table["sample"] == "T") & table["called"]]
            false += said.loc[said["filter"] == "PASS", "variant"].tolist()
            inherited += int((said["filter"] == "germline").sum())
        bases = libraries * Regions(read_bed(paths["regions"])).bases
    return false, inherited, bases


def upper(events: int, share: float = 0.95) -> float:
    """The largest Poisson mean that gives so few events with a chance of 1 - share (exact, one-sided)."""
    return float(stats.chi2.ppf(share, 2 * (events + 1)) / 2)


def _counts(words) -> tuple[int, int]:
    """(false calls, positions) of a normal and a "tumour" whose every change is an error of its kind and site.

    Rates of kinds are log-normal (sd of the log 1) around 1e-4, those of sites gamma, coefficient of variation 1,
    and the same in both samples; C>T is ten times as frequent in the second, as in old tissue.
    """
    seed, bases = words
    rng = np.random.default_rng([seed, 31])
    text = "".join(rng.choice(list("ACGT"), bases))
    depth = rng.poisson(DEPTH, (bases, 2))
    kind = rng.lognormal(np.log(1e-4), 1, (4, 4, 2))
    kind["ACGT".index("C"), "ACGT".index("T"), 1] *= 10
    kind["ACGT".index("G"), "ACGT".index("A"), 1] *= 10
    code = np.array(["ACGT".index(base) for base in text])
    site = rng.gamma(1.0, 1.0, (bases, 4))
    rate = np.minimum(kind[code] * site[:, :, None], 0.05)  # (bases, 4, 2)
    rate[np.arange(bases), code] = 0
    forward = rng.binomial(depth[:, None] // 2, rate)
    reverse = rng.binomial(depth[:, None] - depth[:, None] // 2, rate)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "c.fa").write_text(f">c\n{text}\n")
        pysam.faidx(f"{folder}/c.fa")
        with open(f"{folder}/pileup.tsv", "w") as file:
            for at in range(bases):
                seen = np.flatnonzero((forward[at] + reverse[at]).any(axis=1))
                cells = []
                for s in (0, 1):
                    for strand, reads in ((0, forward), (1, reverse)):
                        total = depth[at, s] // 2 if strand == 0 else depth[at, s] - depth[at, s] // 2
                        changed = reads[at, seen, s]
                        cells.append(",".join(map(str, (total - changed.sum(), *changed, 0))))
                alts = ",".join([*("ACGT"[base] for base in seen), "<*>"])
                file.write(f"c\t{at + 1}\t{text[at]}\t{alts}\t" + "\t".join(cells) + "\n")
        limits = {"min_alt_reads": SETTINGS["min_alt_reads"], "targets": None, "callable_depth": 20}
        found = pileup.read_pileup(f"{folder}/pileup.tsv", f"{folder}/c.fa", "NT", [False, True], **limits)
    model, false = ErrorModel(found.background), 0
    for one in found.alleles:
        rate, rho = model.of(one.ref, one.alt, one.around)
        weight = calling.evidence(one.alt_count[1], one.depth[1], rate[1], rho[1])
        if weight >= SETTINGS["min_evidence"] and not calling.filters_of(one, [1], 0, rate, rho, SETTINGS):
            false += 1
    return false, bases


def normals(
    people: int = 20,
    libraries: int = 4,
    processes: int = 2,
    seed: int = 5000,
    genes: int = 45,
    megabases: float = 20,
) -> dict:
    """False calls per Mb over all libraries of all people, and over `megabases` of drawn counts; prints them."""
    start = time.time()
    with tempfile.TemporaryDirectory() as folder:
        with c_output_to(f"{folder}/log"):
            prepared(folder)
        with ProcessPoolExecutor(processes) as pool:
            jobs = [(seed + number, folder, genes, libraries) for number in range(people)]
            found = list(pool.map(_person, jobs))
    false = sum(len(one) for one, _, _ in found)
    inherited, bases = (sum(one[column] for one in found) for column in (1, 2))
    raw = bases / 1e6
    print(
        f"normal against normal: {people} people, {libraries} libraries each, {DEPTH}x, {raw:.2f} Mb: {false} false "
        f"calls ({false / raw:.3f} per Mb, 95 % below {upper(false) / raw:.3f}; {inherited} inherited variants "
        f"filtered), {time.time() - start:.0f} s"
    )
    start = time.time()
    part = 250_000
    jobs = [(seed + number, part) for number in range(max(round(megabases * 1e6 / part), 1))]
    with ProcessPoolExecutor(processes) as pool:
        counted = list(pool.map(_counts, jobs))
    wrong, positions = (sum(column) for column in zip(*counted, strict=True))
    drawn = positions / 1e6
    print(
        f"  from counts: {drawn:.1f} Mb: {wrong} false calls ({wrong / drawn:.3f} per Mb, "
        f"95 % below {upper(wrong) / drawn:.3f}), {time.time() - start:.0f} s"
    )
    return {
        "false_per_mb_normal": false / raw,
        "false_per_mb_normal_upper": upper(false) / raw,
        "normal_false_calls": false,
        "normal_megabases": raw,
        "false_per_mb_counts": wrong / drawn,
        "false_per_mb_counts_upper": upper(wrong) / drawn,
        "counts_megabases": drawn,
    }
