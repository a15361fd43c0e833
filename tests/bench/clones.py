"""The clones stage, measured: `make bench-clones` prints the figures and writes bench/clones.json.

Sets are drawn by `seriome.simulate.counts`, truth known; public sets with known answers are read from ../shared/real
where they are there. Where PYCLONE_VI names the program, it runs on the same sets in the same run (kept by content in
bench/pyclone_vi); else the published figures of it are printed as what they are. FASTBE, ORCHARD and CALDER do the same
for trees. Of means, the standard error is printed after ±; of two programs on the same sets, that of the difference.

    python -m tests.bench.clones [--only groups,mixing,...] [--quick]
"""

import os
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from seriome.clones.model import Settings
from seriome.files import read_json
from seriome.simulate.counts import draw

from . import courses, ideal, public, trees
from .parts import PROJECT, run
from .peers import pyclone_vi_on
from .scored import error_of, mean_of, of_size, scored, whole_process
from .sets import EXACT, GROUPS, SEEDS, SIZES, name, setting

OUT = PROJECT / "bench/clones.json"
PEER = os.environ.get("PYCLONE_VI")
# Published and prototype figures on other sets of the same sizes: V, CCF error, seconds (idle, clustering alone)
PYCLONE = {"A": (0.820, 0.032, 6.2), "B": (0.870, 0.026, 11.3), "C": (0.837, 0.015, 271.0)}
PEER_SEEDS = {"A": 100, "B": 5, "C": 1}  # of these, those that a slow peer is run on as well
TARGET = {"A": (0.83, 0.024, 0.6, 0.83), "B": (0.94, 0.008, 1.1, 0.87), "C": (0.89, 0.005, 27.0, 0.88)}
CEILING = {"A": 0.845, "B": 0.931, "C": 0.867}


def groups(quick: bool = False) -> dict:
    """Sizes × copies × depths; purities are stated without error, and all programs are told so."""
    found, told = [], Settings(purity_sd=EXACT)
    print(
        "setting          V (ceiling)             ARI clusters  CCF error          cover, of later clones, ancestor F1"
    )
    with ProcessPoolExecutor(2) as pool:
        for words in GROUPS:
            seeds = 2 if quick else SEEDS[words[0]]
            jobs = [(words, {}, seed, PEER if seed < PEER_SEEDS[words[0]] else None, told) for seed in range(seeds)]
            rows = list(pool.map(scored, jobs))
            row = {"setting": name(*words), "size": words[0], "seeds": seeds}
            row |= {key: mean_of(rows, key) for key in rows[0] if key != "warnings"}
            row |= {f"{key}_error": error_of(rows, key) for key in ("v_measure", "ccf_mae")}
            found.append(row)
            print(
                f"{row['setting']:16s} {row['v_measure']:.3f} ±{row['v_measure_error']:.3f} ({row['ceiling_v']:.3f})  "
                f"{row['ari']:.3f} {row['clusters']:5.1f}   {row['ccf_mae']:.4f} ±{row['ccf_mae_error']:.4f}  "
                f"{row['interval_cover']:.3f}  {row['cover_later']:.3f}   {row['ancestry_f1']:.3f}",
                flush=True,
            )
            same = [one for one in rows if "pyclone_vi_v" in one]
            if same:
                row |= {key: mean_of(same, key) for key in ("pyclone_vi_v", "pyclone_vi_mae", "pyclone_vi_cpu_s")}
                row |= {"v_on_the_same": mean_of(same, "v_measure"), "mae_on_the_same": mean_of(same, "ccf_mae")}
                row["v_difference_error"] = error_of(same, "v_measure", less="pyclone_vi_v")
                print(
                    f"   PyClone-VI on {len(same)} of these: V {row['pyclone_vi_v']:.3f}, ours "
                    f"{row['v_on_the_same'] - row['pyclone_vi_v']:+.3f} ±{row['v_difference_error'] or np.nan:.3f}; "
                    f"CCF error {row['pyclone_vi_mae']:.4f} (ours {row['mae_on_the_same']:.4f})",
                    flush=True,
                )
    return summed_up({"groups": found})


def speed() -> dict:
    """Whole-process cost of the first set of every group, added to its row of the last run.

    PyClone-VI runs anew, right beside, on one set of each group; of the largest size at one depth alone.
    """
    rows = read_json(OUT)["groups"]
    for row, words in zip(rows, GROUPS, strict=True):
        size, _, depth = words
        drawn, ratio = draw(setting(*words), 0), ""
        row |= whole_process(drawn, 3 if size != "C" else 1)
        if PEER and (size != "C" or depth == 200):
            with tempfile.TemporaryDirectory() as nothing_kept:
                theirs = pyclone_vi_on(PEER, drawn, Path(nothing_kept))[2]
            row |= {"pyclone_vi_beside_cpu_s": theirs, "times_faster": theirs / row["cpu_s"]}
            ratio = f"; PyClone-VI's clustering, right after, {theirs:.1f} s cpu, {row['times_faster']:.0f} times"
        print(
            f"{row['setting']:16s} cpu {row['cpu_s']:.2f} s, wall {row['wall_s']:.2f} s, peak {row['peak_mb']:.0f} MB"
            + ratio,
            flush=True,
        )

    return summed_up({"groups": rows})


def summed_up(found: dict) -> dict:
    """With the means of each size, printed beside what was asked."""
    found["sizes"] = sizes(found["groups"])
    return found | {"tree_f1_end_to_end": {size: one["ancestry_f1"] for size, one in found["sizes"].items()}}


def sizes(rows) -> dict:
    found = {}
    for size in SIZES:
        mine = [row for row in rows if row["size"] == size]
        keys = (
            "v_measure",
            "ccf_mae",
            "interval_cover",
            "ancestry_f1",
            "ceiling_v",
            "ceiling_mae",
            "cpu_s",
            "wall_s",
            "times_faster",
            "clusters",
        )
        one = of_size(mine, keys)
        v, mae, seconds, f1 = TARGET[size]
        cost = f"wall {one['wall_s']:.2f} s ({seconds}), " if one["wall_s"] else ""
        cost += f"{one['times_faster']:.0f} times as fast as PyClone-VI, " if one["times_faster"] else ""
        print(
            f"{size}: V {one['v_measure']:.3f} ±{one['v_measure_error']:.3f} (asked {v}), "
            f"CCF error {one['ccf_mae']:.4f} ±{one['ccf_mae_error']:.4f} ({mae}), "
            f"ancestor F1 {one['ancestry_f1']:.3f} ({f1}), {cost}with the true "
            f"CCFs known V {one['ceiling_v']:.3f}, error {one['ceiling_mae'] or 0:.4f}; V of the reference's sets "
            f"{CEILING[size]}"
        )
        if not PEER:
            print(
                "   PyClone-VI, stored: V {:.3f}, CCF error {:.3f}, {} s on other sets of this size".format(
                    *PYCLONE[size]
                )
            )
        else:
            one["below_pyclone_vi"] = [
                r["setting"] for r in mine if r.get("pyclone_vi_v", 0) > r.get("v_on_the_same", 1)
            ]
            print(
                f"   groups in which PyClone-VI has the higher V on the same sets: {one['below_pyclone_vi'] or 'none'}"
            )
        found[size] = one
    return found


VIOLATIONS = {
    "purity error sd 0.05": ({"purity_error": 0.05}, 0.91),
    "30 % under subclonal copy changes": ({"subclonal": 0.3}, 0.89),
    "5 % artefacts": ({"artefacts": 0.05}, 0.93),
}
ROBUST = {
    "as stated, not told that purities are exact": {},
    "purity off by 0.1": {"purity_shift": 0.1},
    "purity off by -0.1": {"purity_shift": -0.1},
    "one copy number wrong in ten": {"wrong_copies": 0.1},
    "5 % artefacts": {"artefacts": 0.05},
    "one sample of purity 0.05": {"low_purity": 0.05},
    "half of the cells missing": {"missing": 0.5},
    "a mutation missing in half of the samples": {"missing_samples": 0.5},
}


def stressed(title, cases, seeds, peer=None) -> dict:
    found = {}
    print(title)
    with ProcessPoolExecutor(2) as pool:
        for case, more in cases.items():
            more, asked = more if isinstance(more, tuple) else (more, None)
            rows = list(pool.map(scored, [(("B", False, 200), more, seed, peer, None) for seed in range(seeds)]))
            keys = ("v_measure", "ccf_mae", "interval_cover", "clusters", "ancestry_f1", "ceiling_v", "artefacts_out")
            keys += ("real_out", "purity_error", "pyclone_vi_v", "pyclone_vi_mae")
            one = {key: mean_of(rows, key) for key in keys}
            one["warnings"] = sorted({word for row in rows for word in row["warnings"]})
            found[case] = one
            print(
                f"  {case:42s} V {one['v_measure']:.3f}"
                + (f" (asked {asked})" if asked else "")
                + f", CCF error {one['ccf_mae']:.4f}, cover {one['interval_cover']:.3f}, clusters {one['clusters']:.1f}"
                + (f", artefacts set apart {one['artefacts_out']:.2f}" if one["artefacts_out"] is not None else "")
                + (f"; PyClone-VI V {one['pyclone_vi_v']:.3f}" if one["pyclone_vi_v"] is not None else "")
                + f"; warnings: {', '.join(one['warnings']) or 'none'}",
                flush=True,
            )
    return found


def cost() -> dict:
    """Whole-process cost from 500 to 50,000 mutations in 8 samples."""
    found = []
    for mutations in (500, 2000, 5000, 20000, 50000):
        drawn = draw(setting("C", True, 200, **{"mutations": mutations}), 0)
        one = {"mutations": mutations, "samples": 8} | whole_process(drawn, 1)
        one["us_per_cell"] = 1e6 * one["cpu_s"] / mutations / 8
        found.append(one)
        print(
            f"cost: {mutations} mutations × 8 samples: cpu {one['cpu_s']:.2f} s, {one['us_per_cell']:.0f} µs per cell, "
            f"peak {one['peak_mb']:.0f} MB",
            flush=True,
        )
    return {"cost": found}


def violations(seeds: int = 10) -> dict:
    """Purities, copies and mutations that are not what the model takes them for."""
    title = "violations (8 clones × 5 samples × 500 mutations, 200x)"
    return {"violations": stressed(title, VIOLATIONS, seeds, PEER)}


def robust(seeds: int = 10) -> dict:
    return {"robust": stressed("robustness (the same size)", ROBUST, seeds)}


def trees_alone(seeds: int = 90) -> dict:
    """True clusters given."""
    found = trees.report(trees.measure(range(seeds)))
    return {"trees": found, "tree_f1_true_clusters": found["f1"], "edge_support_right": found["support_right"]}


def under_treatment(seeds: int = 40) -> dict:
    """Courses under treatment: days of emergence and extinction, rates."""
    kept = {}
    for says in (courses.clusters_given, courses.end_to_end):
        found = courses.measure(range(seeds), says)
        kept[says.__name__] = {key: share for key, (share, _) in found.items()}
        print(f"courses, {says.__name__}:", *(f"{k} {v:.3f} of {n};" for k, (v, n) in found.items() if n), flush=True)
    last = kept["end_to_end"]
    return {"courses": kept} | {key: last[key] for key in ("emergence_bracket", "growth_sign")}


PARTS = {
    "mixing": public.mixing,
    "groups": groups,
    "ideal": ideal.measured,
    "speed": speed,
    "violations": violations,
    "robust": robust,
    "trees": trees_alone,
    "courses": under_treatment,
    "public": public.public,
    "cost": cost,
}
QUICK = {
    "groups": {"quick": True},
    "ideal": {"seeds": 2},
    "violations": {"seeds": 2},
    "robust": {"seeds": 2},
    "trees": {"seeds": 6},
    "courses": {"seeds": 8},
}


if __name__ == "__main__":
    run("clones", __doc__, PARTS, QUICK)
