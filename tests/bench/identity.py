"""Identity: are planted swaps named, and clean cohorts left alone? python -m tests.bench.identity

Cohorts of 6 patients x 4 samples at 30-150x (normal, two tumours of purity 0.2-0.9, plasma of 0.01-0.3) on a panel of
1 Mb; two of the patients are siblings. Planted: two samples of two patients exchanged, a sample of a person that is not
of the cohort, one person as two patients, RNA of two patients exchanged. Named is what is named with the right patient,
and nothing besides. Then which share of the pairs can be told at all, by size of panel, known SNPs and depth.
The order of timepoints: patients with 60 mutations of 4 to 6 clones over 6 timepoints (then 4 to 10), half with plasma,
two samples exchanged at random; beside it how many of these exchanges a judge with the truth could tell.
"""

import argparse
from itertools import combinations

import numpy as np
from scipy import stats

from seriome.config import with_defaults
from seriome.dna.calling import least_reads
from seriome.dna.contamination import contamination
from seriome.dna.identity import compare, gather
from seriome.dna.order import check_order
from seriome.dna.verdicts import findings
from seriome.simulate import identities as made
from seriome.simulate.counts import ERROR, Setting, draw

PATIENTS = 6


def cohort(rng, *, kind="clean", megabases=1.0, depth=(30, 150), rna=False, rna_depth=(2, 15), snps=0, edited=0):
    """(fingerprints, {patient: samples}, what findings should say: set of (patient, sample, other))."""
    panel = made.known_snps(rng, snps) if snps else made.panel(rng, megabases, max(10, round(300 * megabases)), edited)
    names = [f"P{number}" for number in range(PATIENTS)]
    parents = made.person(rng, panel), made.person(rng, panel)
    people = {name: made.person(rng, panel) for name in names} | {"foreign": made.person(rng, panel)}
    people |= {name: made.sibling(rng, panel, parents) for name in names[:2]}
    cancer = {name: made.tumour(rng, panel) for name in people}
    plan = {}
    for name in names:
        purities = [0.0, rng.uniform(0.2, 0.9), rng.uniform(0.2, 0.9), np.exp(rng.uniform(*np.log((0.01, 0.3))))]
        for purity, label in zip(purities, ("normal", "tumor1", "tumor2", "plasma"), strict=True):
            plan[f"{name}-{label}"] = made.Sample(f"{name}-{label}", name, purity, rng.uniform(*depth))
        if rna:
            plan[f"{name}-rna"] = made.Sample(
                f"{name}-rna", name, rng.uniform(0.2, 0.9), rng.uniform(*rna_depth), rna=True
            )
    real, expected = {sample: one.patient for sample, one in plan.items()}, set()
    left, right = rng.choice(names, 2, replace=False)
    label = "rna" if kind == "rna" else rng.choice(["normal", "tumor1", "tumor2", "plasma"])
    if kind in ("swap", "rna"):
        one, other = f"{left}-{label}", f"{right}-{label}"
        real |= {one: right, other: left}
        expected = {(left, one, right), (right, other, left)}
    elif kind == "twice":
        real |= {sample: left for sample, one in plan.items() if one.patient == right}
        expected = {(left, "", right), (right, "", left)}
    elif kind == "foreign":
        real[f"{left}-{label}"] = "foreign"
        expected = {(left, f"{left}-{label}", "")}
    found = {
        sample: made.fingerprint(rng, panel, people[real[sample]], cancer[real[sample]], one)
        for sample, one in plan.items()
    }
    return found, {name: [sample for sample in plan if plan[sample].patient == name] for name in names}, expected


def named(rng, **how) -> tuple[bool, int]:
    """(everything named that was planted and nothing else, how many things were said)."""
    fingerprints, patients, expected = cohort(rng, **how)
    rna = [sample for sample in fingerprints if sample.endswith("-rna")]
    said = findings(patients, compare(gather(fingerprints, rna)), rna)
    return {(one.patient, one.sample, one.other) for one in said} == expected, len(said)


def pairs_by_depth(rng, depth, **how) -> dict:
    """Shares of pairs, of one person and of two, that are right, wrong, and not estimable."""
    fingerprints, patients, _ = cohort(rng, depth=(depth, depth), **how)
    of = {sample: patient for patient, samples in patients.items() for sample in samples}
    counts = {"right": 0, "wrong": 0, "not_estimable": 0}
    for one in compare(gather(fingerprints), known="snps" in how):
        truth = "one_person" if of[one.first] == of[one.second] else "two_people"
        counts["not_estimable" if one.said == "not_estimable" else "right" if one.said == truth else "wrong"] += 1
    return counts


def drawn_course(seed: int, samples: int = 6, mutations: int = 60):
    """A simulated patient and the places of two samples."""
    rng = np.random.default_rng([seed, 9])
    plasma = {"plasma": (0.02, 0.4), "plasma_depth": 1000} if seed % 2 else {}
    drawn = draw(Setting(clones=4 + seed % 3, samples=samples, mutations=mutations, depth=150, **plasma), seed)
    return drawn, sorted(rng.choice(samples, 2, replace=False).tolist())


def course(seed: int, swap: bool, samples: int = 6, mutations: int = 60, treatments: bool = True):
    """The order check of a simulated patient: (what was said, the samples exchanged).

    treatments   the days on which treatments change are known, as from the sheet
    """
    drawn, pair = drawn_course(seed, samples, mutations)
    places = np.arange(samples)
    places[pair] = places[pair[::-1] if swap else pair]
    alt, depth, days = drawn.alt[:, places], drawn.depth[:, places], drawn.course.days
    called = alt >= least_reads(depth, ERROR, 0.0, with_defaults({})["dna"]["call_error"])
    changes = drawn.course.starts[1:] if treatments else ()
    return check_order(drawn.samples, days, alt, depth, called, changes), {drawn.samples[one] for one in pair}


def judged(seed: int, samples: int = 6, mutations: int = 60) -> bool:
    """Could a judge tell the exchange who knows each mutation's clone, each purity and each clone's true course?

    Yes where, of all exchanges, the planted one makes the reads likeliest, ten times as likely as no exchange at least:
    no method that must learn these from the reads can be expected to tell more.
    """
    drawn, pair = drawn_course(seed, samples, mutations)
    places = np.arange(samples)
    places[pair] = places[pair[::-1]]
    purity, ccf = drawn.purity[places], drawn.course.ccf[drawn.clone]
    told = {}
    for one, other in [(0, 0), *combinations(range(samples), 2)]:
        order = np.arange(samples)
        order[[one, other]] = order[[other, one]]
        expected = purity / 2 * ccf[:, order]
        expected = expected * (1 - ERROR) + (1 - expected) * ERROR
        told[one, other] = stats.binom.logpmf(drawn.alt[:, places], drawn.depth[:, places], expected).sum()
    best = max(told, key=told.get)
    return best == tuple(pair) and bool(told[best] - told[0, 0] >= np.log(10))


def contaminated(rng, share: float):
    """(estimate of a tumour, whether the interval holds the truth)."""
    panel = made.panel(rng)
    own, other = made.person(rng, panel), made.person(rng, panel)
    cancer = made.tumour(rng, panel)
    plan = {"normal": made.Sample("normal", "P", 0.0, 50)}
    plan["tumor"] = made.Sample("tumor", "P", rng.uniform(0.2, 0.9), 100, foreign=("other", share))
    found = {
        name: made.fingerprint(rng, panel, own, cancer, one, other if one.foreign else None)
        for name, one in plan.items()
    }
    told = contamination(gather(found), "tumor", ["normal"])
    return told, told.lower <= share <= told.upper


def run(number: int = 50) -> dict:
    result = {"swaps_named": {}, "swap_false_alarms": {}}
    for kind in ("swap", "foreign", "twice", "rna"):
        right = [named(np.random.default_rng([seed, 1]), kind=kind, rna=kind == "rna")[0] for seed in range(number)]
        result["swaps_named"][kind] = sum(right)
    for kind in ("dna", "rna"):
        said = [named(np.random.default_rng([seed, 2]), rna=kind == "rna")[1] for seed in range(number)]
        result["swap_false_alarms"][kind] = sum(map(bool, said))
    counts = orders(number)
    result["order"] = counts
    result["swaps_named"]["order"], result["swap_false_alarms"]["order"] = counts["right"], counts["false"]
    return result


def orders(number: int, **how) -> dict:
    """Of so many exchanges of timepoints: named rightly, another pair named; named in as many courses as stated.

    judge   of the exchanges, those that `judged` could tell; how: of `course`
    """
    exchanged = [course(seed, True, **how) for seed in range(number)]
    right = [{one.first, one.second} == truth for one, truth in exchanged if one.status == "exchanged"]
    clean = [course(seed, False, **how)[0].status for seed in range(number)]
    of = {key: value for key, value in how.items() if key != "treatments"}
    counts = {"right": sum(right), "wrong": len(right) - sum(right), "false": clean.count("exchanged")}
    counts |= {
        "not_estimable": clean.count("not_estimable"),
        "judge": sum(judged(seed, **of) for seed in range(number)),
    }
    return counts | {"number": number}


def report(number: int = 50) -> dict:
    result = run(number)
    print(f"of {number} planted, named: {result['swaps_named']}")
    print(f"of {number} clean, false alarms: {result['swap_false_alarms']}")
    print(f"exchanged timepoints (judge: those that one with the truth could tell): {result['order']}")
    print("\npairs of samples (right, wrong, not estimable), by size of panel and depth")
    result["pairs"] = {}
    panels = [("megabases", size) for size in (0.02, 0.05, 0.2, 1.0)] + [("snps", size) for size in (12, 24, 50, 300)]
    for kind, size in panels:
        for depth in (2, 5, 15, 60):
            rounds = [pairs_by_depth(np.random.default_rng([seed, depth]), depth, **{kind: size}) for seed in range(3)]
            counts = {key: sum(one[key] for one in rounds) for key in rounds[0]}
            total = sum(counts.values())
            result["pairs"][f"{size} {kind} {depth}x"] = counts
            print(f"  {size:5} {kind:9} {depth:3}x   " + "  ".join(f"{n / total:6.1%}" for n in counts.values()))
    print("\norder of timepoints, with the days of treatments and without")
    result["order_by_timepoints"] = {}
    for samples in (4, 5, 6, 8, 10):
        for treatments in (True, False):
            counts = orders(number, samples=samples, treatments=treatments)
            result["order_by_timepoints"][f"{samples}{'' if treatments else ' without'}"] = counts
            print(f"  {samples:3} timepoints, {'with' if treatments else 'without':7}  ", counts)
    print("\ncontamination: planted, median found, share of 20 intervals that hold the truth")
    result["contamination"] = {}
    for share in (0.0, 0.003, 0.01, 0.03, 0.1, 0.2):
        found = [contaminated(np.random.default_rng([seed, int(1000 * share)]), share) for seed in range(20)]
        middle = float(np.median([one.value for one, _ in found]))
        result["contamination"][share] = {"median": middle, "covered": sum(good for _, good in found) / 20}
        print(f"  {share:6.3f}  {middle:7.4f}  {result['contamination'][share]['covered']:.2f}")
    return result


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--number", type=int, default=50, help="cohorts of each kind")
    report(parser.parse_args().number)
