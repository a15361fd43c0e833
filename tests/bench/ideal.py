"""The best that can be found: python -m tests.bench.ideal, or part `ideal` of `make bench-clones`.

The observer is told the number of clones, which of them is the founder, purities, copy numbers and scatter, and begins
at the true clustering; what is open is what reads leave open, the CCFs and which mutation is of which clone. It draws
from the posterior of the same model (`seriome.clones.sample` without splits and merges). A mutation's CCF is the
median of its draws, which no estimate beats in mean absolute error where the model holds. An error that was asked for
and lies below the observer's cannot be reached on these sets.
"""

from concurrent.futures import ProcessPoolExecutor

import numpy as np
from sklearn.metrics import v_measure_score

from seriome.clones.copies import states
from seriome.clones.likelihood import Counts, grid_for, outlier, tensor
from seriome.clones.mixture import Data, Mixture, data
from seriome.clones.sample import nearest, sample
from seriome.simulate.counts import ERROR, Drawn, draw

from .scored import error_of, mean_of, of_size
from .sets import GROUPS, SEEDS, SIZES, name, setting

DRAWS = {"A": 200, "B": 120, "C": 80}


def observed(drawn: Drawn, draws: int) -> dict:
    """{v_measure, ccf_mae} of the observer on a drawn patient."""
    counts, wide = Counts(drawn.mutations, drawn.samples, drawn.alt, drawn.depth), np.ones(drawn.alt.shape)
    ways = states(drawn.major[:, None] * wide, drawn.minor[:, None] * wide, 2 * wide, ERROR * wide)
    grid = grid_for(counts)
    one = data(tensor(counts, ways, drawn.purity, grid, drawn.setting.precision), ways, outlier(counts))
    found = sample(one, grid, truth(drawn, one, grid), draws=draws, burn=draws // 5, moves=0)
    ccf = np.median(found.of_mutations(drawn.ccf), axis=0)
    label = found.label[nearest(found.label, found.label)]
    return {
        "v_measure": v_measure_score(drawn.clone, label),
        "ccf_mae": float(np.abs(ccf - drawn.ccf).mean()),
    }


def truth(drawn: Drawn, one: Data, grid) -> Mixture:
    """The true clustering as a fit: every mutation is in its clone, on the copies that its clone's CCF makes likely."""
    at = np.abs(grid.ccf - drawn.course.ccf[..., None]).argmin(axis=2)  # (K, S)
    clone = drawn.clone[one.mutation]
    like = one.like.reshape(len(one.like), one.samples, -1)
    fit = np.take_along_axis(like, at[clone][..., None], axis=2).sum(axis=(1, 2)) + one.height
    fit = fit + np.where(clone == 0, one.prior, one.elsewhere)
    rows = np.zeros((len(clone), drawn.setting.clones))
    best = one.best_rows(fit)
    rows[best, drawn.clone] = 1
    return Mixture(rows, np.zeros(len(best)), None, None, 0.0, founder=True)


def _job(arguments):
    words, seed = arguments
    return observed(draw(setting(*words), seed), DRAWS[words[0]])


def measured(seeds: int | None = None) -> dict:
    """Means over the sets of each group, those of the report or the first `seeds`, and over the groups of each size."""
    groups, keys = [], ("v_measure", "ccf_mae")
    with ProcessPoolExecutor(2) as pool:
        for words in GROUPS:
            rows = list(pool.map(_job, [(words, seed) for seed in range(seeds or SEEDS[words[0]])]))
            means = {key: mean_of(rows, key) for key in keys}
            groups.append({"setting": name(*words)} | means | {f"{key}_error": error_of(rows, key) for key in keys})
            _say(groups[-1])
    sizes = {size: of_size([one for one in groups if one["setting"].startswith(size)], keys) for size in SIZES}
    for size, one in sizes.items():
        _say({"setting": size} | one)
    return {"ideal": {"groups": groups, "sizes": sizes}}


def _say(one) -> None:
    print(
        f"ideal {one['setting']:16s} V {one['v_measure']:.3f} ±{one['v_measure_error']:.3f}, "
        f"CCF error {one['ccf_mae']:.4f} ±{one['ccf_mae_error']:.4f}",
        flush=True,
    )


if __name__ == "__main__":
    measured()
