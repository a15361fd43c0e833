"""Courses: are dates, extinctions and growth rates right on simulated patients? python -m tests.bench.courses

Each patient: 4 to 6 clones, 8 samples (tissue on day 0 and at the end, plasma every 6 weeks), up to three phases of
treatment, clones born on the way. With the clusters given, and end to end from the counts.
"""

import argparse

import numpy as np

from seriome.clones import detection, growth
from seriome.clones.events import emergence, extinction
from seriome.clones.fit import fit
from seriome.clones.likelihood import Counts
from seriome.clones.model import Settings
from seriome.clones.trajectory import own_shares
from seriome.clones.tree import grow
from seriome.simulate.counts import ERROR, Drawn, Setting, draw

EXTINCT = 0.02
DRAWS = 400


def setting(seed: int) -> Setting:
    return Setting(
        clones=4 + seed % 3, samples=8, mutations=150, depth=200, interval=42, plasma=(0.02, 0.4), plasma_depth=2000
    )


def found(draws, purity_draws, trees, present, limits, clone_of, drawn: Drawn) -> dict:
    """What is said of each cluster: draws (D, K, S), purity_draws (D, S), clone_of (K,) the true clone of each."""
    states = np.where(present, "measured", "below_lod").astype(object)
    _, _, _, share = own_shares(draws, trees, present, 7)
    course = drawn.course
    liquid = np.array(drawn.specimens) == "plasma"
    burden = np.where(liquid, growth.odds(purity_draws), np.nan)
    ends = np.append(course.starts[1:], course.days[-1])
    phases = [{"name": f"P{p}", "start": s, "end": e} for p, (s, e) in enumerate(zip(course.starts, ends, strict=True))]
    rates = growth.rates(share, course.days, drawn.specimens, burden, phases, limits, states)
    return {"clone_of": clone_of, "states": states, "limits": limits, "rates": rates, "phases": phases}


def clusters_given(drawn: Drawn) -> dict:
    """CCF draws from the pooled reads of each true clone, of which two copies everywhere are known."""
    rng = np.random.default_rng(1)
    clones = len(drawn.course.parent)
    alt, depth = (np.array([x[drawn.clone == k].sum(axis=0) for k in range(clones)]) for x in (drawn.alt, drawn.depth))
    vaf = rng.beta(alt + 0.5, depth - alt + 0.5, (DRAWS, *alt.shape))
    signal = np.clip(2 * (vaf - ERROR) / (1 - 2 * ERROR), 1e-9, None)
    purity = np.minimum(signal[:, 0], 1)
    draws = np.minimum(signal / purity[:, None], 1)
    draws[:, 0] = 1
    background = depth * ERROR
    present = detection.present(alt, background)
    alpha = detection.alpha_of_one_more(alt, background)
    per_unit = depth * np.median(purity, axis=0) / 2
    limits = np.vectorize(lambda unit, noise: min(detection.limit(unit, noise, alpha=alpha), 1))(per_unit, background)
    trees = grow(draws.mean(axis=0), draws.std(axis=0), day=drawn.course.days, group=np.array(drawn.specimens)).trees
    return found(draws, purity, trees, present, limits, np.arange(clones), drawn)


def end_to_end(drawn: Drawn) -> dict:
    """The same through the fit; a cluster is the clone that most of its mutations are of."""
    order = np.argsort(drawn.mutations)
    counts = Counts(tuple(np.array(drawn.mutations)[order]), drawn.samples, drawn.alt[order], drawn.depth[order])
    model = fit(counts, settings=Settings(error_rate=ERROR))
    belongs, clone = model.cluster_of, drawn.clone[order]
    clone_of = np.array([np.bincount(clone[belongs == k]).argmax() for k in range(model.clusters)])
    known = np.isfinite(model.purity)
    mean, error = model.draws.mean(axis=0)[:, known], model.error[:, known]
    trees = grow(mean, error, day=drawn.course.days[known], group=np.array(drawn.specimens)[known]).trees
    spread = (model.purity_upper - model.purity_lower) / 3.92
    purity = model.purity + spread * np.random.default_rng(1).standard_normal((len(model.draws), len(spread)))
    purity = np.clip(purity, 1e-5, 1)
    return found(model.draws, purity, trees, model.state == "measured", model.lod, clone_of, drawn)


def judged(drawn: Drawn, said: dict) -> dict:
    """Lists of True and False: was each statement right?"""
    course, days = drawn.course, [int(day) for day in drawn.course.days]
    at = {day: s for s, day in enumerate(days)}
    right = {"emergence_bracket": [], "extinction": [], "growth_sign": [], "growth_cover": [], "absolute_cover": []}
    right |= {"absolute_sign": [], "width": [], "estimable": []}
    for k, clone in enumerate(said["clone_of"]):
        if clone == 0:
            continue
        seen = [(days[s], s, said["states"][k, s], float(said["limits"][k, s])) for s in range(len(days))]
        event = emergence("emerged", seen, [], "ccf")
        if event:
            before = course.ccf[clone, at[event["last_unseen_day"]]] < event["limit_then"]
            right["emergence_bracket"].append(before and course.ccf[clone, at[event["first_seen_day"]]] > 0)
        event = extinction(seen, [], EXTINCT)
        if event:
            right["extinction"].append(course.ccf[clone, at[event["last_unseen_day"]]] < event["limit_then"])
    for row in said["rates"]:
        clone, phase = said["clone_of"][row["cluster_id"]], int(row["phase"][1:])
        relative = row["scale"] == "relative"
        right["estimable"].append(row["rate_per_day"] is not None)
        truth = true_rate(course, clone, row["start"], row["end"]) if relative else course.rate[clone, phase]
        if row["rate_per_day"] is None or truth is None:
            continue
        whole = not row["start"] < course.born[clone] < row["end"]  # born at once as a small share: a jump, not a rate
        if whole:
            right["growth_cover" if relative else "absolute_cover"].append(row["lower"] <= truth <= row["upper"])
        if relative:
            right["width"].append(row["upper"] - row["lower"])
        if row["lower"] > 0 or row["upper"] < 0:
            right["growth_sign" if relative else "absolute_sign"].append(row["rate_per_day"] * truth > 0)
    return right


def true_rate(course, clone, start, end):
    """Mean slope of the log odds of the own share, over the part of the phase the clone lived in; None: in none."""
    start = max(start, course.born[clone])
    if start >= end:
        return None
    size = course.log_size([start, end])
    if not np.isfinite(np.delete(size, clone, axis=0)).any(axis=0).all():
        return None  # it was the whole tumour
    log_odds = size[clone] - np.logaddexp.reduce(np.delete(size, clone, axis=0), axis=0)
    return (log_odds[1] - log_odds[0]) / (end - start)


def measure(seeds, says=clusters_given) -> dict:
    """{statement: (share that is right, number made)} over patients of these seeds."""
    total = {}
    for seed in seeds:
        drawn = draw(setting(seed), seed)
        for name, values in judged(drawn, says(drawn)).items():
            total.setdefault(name, []).extend(values)
    return {name: (float(np.mean(values)) if values else None, len(values)) for name, values in total.items()}


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seeds", type=int, default=30)
    arguments.add_argument("--given-only", action="store_true", help="without the fit")
    chosen = arguments.parse_args()
    for says in [clusters_given] + [end_to_end] * (not chosen.given_only):
        print(says.__name__)
        for name, (value, number) in measure(range(chosen.seeds), says).items():
            print(f"  {name:18} {'-' if value is None else f'{value:.3f}'}  of {number}")


if __name__ == "__main__":
    main()
