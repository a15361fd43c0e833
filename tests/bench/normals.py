"""Normal against normal: samples of one person, each called as if it were a tumour of another. All calls are false.

From raw reads, with paralogues and indels, over as much as can be aligned in the time; and from counts drawn with
errors of known rate. Every library is the tumour against every other one of its person. Such comparisons share their
errors: the bound on the rate is of the libraries, each of which counts once, with what is called against any normal.
"""

import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import permutations
from pathlib import Path

import numpy as np
from scipy import stats

from seriome.dna import calling
from seriome.dna.background import Background, ErrorModel, kind_of
from seriome.dna.pileup import Allele
from seriome.dna.tables import call_patient, count_patient
from seriome.dna.tools import Regions, c_output_to, read_bed
from seriome.simulate.genome import build_reference
from seriome.simulate.patient import draw_patient

from .calling import GENOME_SEED, SETTINGS, bam_of, limited, prepared, some_of

DEPTH = 150
OTHERS = np.array([[other for other in range(4) if other != base] for base in range(4)])
KINDS = np.array(  # of a change, by the base before, the base, the base behind, the other base; -1 of none
    [[[[kind_of(a + b + c, d) if b != d else -1 for d in "ACGT"] for c in "ACGT"] for b in "ACGT"] for a in "ACGT"]
)


def _person(words) -> tuple[list[tuple], int, int]:
    """([(tumour, normal, variant) of each false call], inherited variants told as such, bases of a library)."""
    seed, folder, genes, libraries = words
    simulated = build_reference(GENOME_SEED)
    person = draw_patient(simulated, seed, genes=genes, mutations=0)
    paths = {"genome": Path(folder, "dna.fa"), "gff": Path(folder, "genes.gff3")}
    paths["transcripts"] = Path(folder, "transcripts.tsv")
    false, inherited = [], 0
    with tempfile.TemporaryDirectory() as own, c_output_to(f"{own}/log"):
        paths = limited(paths, simulated, person.genes, own)
        bams = {
            f"L{number}": bam_of(
                *(paths["genome"], own, f"L{number}"),
                lambda *files, number=number: person.write_normal(*files, DEPTH, number),
            )
            for number in range(libraries)
        }
        about = {"patient": "P", "timepoint": "T0", "day": 0}
        every = [about | {"sample": name, "specimen": "tumor"} for name in bams]
        counted = count_patient(every, bams, {}, paths, SETTINGS)
        for tumour, normal in permutations(bams, 2):
            rows = [about | {"sample": normal, "specimen": "normal"}, about | {"sample": tumour, "specimen": "tumor"}]
            pair, counts = {one: bams[one] for one in (normal, tumour)}, some_of(counted, [normal, tumour])
            table, *_ = call_patient(rows, pair, {}, paths, SETTINGS, counted=counts)
            said = table[(table["sample"] == tumour) & table["called"]]
            false += [(tumour, normal, one) for one in said.loc[said["filter"] == "PASS", "variant"]]
            inherited += int((said["filter"] == "germline").sum())
        bases = Regions(read_bed(paths["regions"])).bases
    return false, inherited, bases


def upper(events: int, share: float = 0.95) -> float:
    """The largest Poisson mean that gives so few events with a chance of 1 - share (exact, one-sided)."""
    return float(stats.chi2.ppf(share, 2 * (events + 1)) / 2)


def _counts(words) -> tuple[int, int]:
    """(false calls, positions) of a normal and a "tumour" whose every change is an error of its kind and site.

    Rates of kinds are log-normal (sd of the log 1) around 1e-4, those of sites gamma, coefficient of variation 1,
    and the same in both samples; C>T is ten times as frequent in the second, as in old tissue.
    """
    seed, positions = words
    rng = np.random.default_rng([seed, 31])
    code = rng.integers(0, 4, positions + 2)
    before, own, after = code[:-2], code[1:-1], code[2:]
    others = OTHERS[own]  # (P, 3)
    depth = rng.poisson(DEPTH, (positions, 2))
    kind = rng.lognormal(np.log(1e-4), 1, (4, 4, 2))
    for base, changed in ("CT", "GA"):
        kind["ACGT".index(base), "ACGT".index(changed), 1] *= 10
    site = rng.gamma(1.0, 1.0, (positions, 3))
    rate = np.minimum(kind[own[:, None], others] * site[:, :, None], 0.05)  # (P, 3, 2)
    reach = np.cumsum(rate * depth[:, None])  # errors are rare: so many fall, Poisson, each by its share of the rate
    fallen = np.searchsorted(reach, rng.random(rng.poisson(reach[-1])) * reach[-1])
    reads = np.bincount(fallen, minlength=rate.size).reshape(rate.shape)
    forward = np.zeros_like(reads)
    at = np.nonzero(reads)
    forward[at] = rng.binomial(reads[at], 0.5)
    background = Background(2)
    background.add(KINDS[before, own, after][np.arange(positions)[:, None], others], reads, depth)
    model, false = ErrorModel(background), 0
    for at, other in np.argwhere(reads[:, :, 1] >= SETTINGS["min_alt_reads"]):
        text = "".join("ACGT"[one] for one in (before[at], own[at], after[at]))
        plain, changed = depth[at] - reads[at].sum(axis=0), forward[at, other]
        strands = plain // 2, plain - plain // 2, changed, reads[at, other] - changed
        one = Allele("c", int(at) + 1, text[1], "ACGT"[others[at, other]], *strands, depth[at], text)
        rate_of, rho = model.of(one.ref, one.alt, one.around)
        weight = calling.evidence(one.alt_count[1], one.depth[1], rate_of[1], rho[1])
        if weight >= SETTINGS["min_evidence"] and not calling.filters_of(one, [1], 0, rate_of, rho, SETTINGS):
            false += 1
    return false, positions


def normals(
    people: int = 20,
    libraries: int = 4,
    processes: int = 2,
    seed: int = 5000,
    genes: int = 45,
    megabases: float = 40,
) -> dict:
    """False calls per Mb over all libraries of all people, and over `megabases` of drawn counts; prints them."""
    start = time.time()
    with tempfile.TemporaryDirectory() as folder:
        with c_output_to(f"{folder}/log"):
            prepared(folder)
        with ProcessPoolExecutor(processes) as pool:
            jobs = [(seed + number, folder, genes, libraries) for number in range(people)]
            found = list(pool.map(_person, jobs))
    once = sum(len({(tumour, variant) for tumour, _, variant in one}) for one, _, _ in found)
    false, inherited, bases = sum(len(one) for one, _, _ in found), *(sum(one[i] for one in found) for i in (1, 2))
    alone, raw = libraries * bases / 1e6, libraries * (libraries - 1) * bases / 1e6
    print(
        f"normal against normal: {people} people, {DEPTH}x, {libraries} libraries each, {raw:.2f} Mb of comparisons: "
        f"{false} false calls ({false / raw:.3f} per Mb); {once} of a library against any normal in {alone:.2f} Mb "
        f"(95 % below {upper(once) / alone:.3f} per Mb); {inherited} inherited variants told, "
        f"{time.time() - start:.0f} s"
    )
    start = time.time()
    part = 1_000_000
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
        "false_per_mb_normal_upper": upper(once) / alone,
        "normal_false_calls": false,
        "normal_megabases": raw,
        "normal_library_megabases": alone,
        "false_per_mb_counts": wrong / drawn,
        "false_per_mb_counts_upper": upper(wrong) / drawn,
        "counts_megabases": drawn,
    }
