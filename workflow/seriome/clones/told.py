"""Told: what draws of the posterior say of one patient's clusters, mutations and purity, once the fit is settled."""

import numpy as np

from seriome.clones import detection, hidden
from seriome.clones.cluster import optimum
from seriome.clones.likelihood import Counts
from seriome.clones.model import Model, Settings, Settled
from seriome.clones.purity import Stated, drawn_purity
from seriome.clones.sample import Draws, bounds, representative, sample, together


def _effort(mutations: int, settings: Settings) -> dict:
    """Draws of the posterior: as many as an interval needs, fewer where many mutations leave little to ask."""
    draws = settings.draws or (200 if mutations <= 200 else 120 if mutations <= 2000 else 80)
    return {"draws": draws, "burn": draws // 5, "moves": 3 if mutations <= 200 else 2}


def tell(
    counts: Counts, grid, settled: Settled, settings: Settings, warnings, error, stated: Stated, off: dict
) -> Model:
    """The model of a settled fit.

    error  (N, S) of a read's base;  off {mutation: (cluster of the fit, probability)} of those
    whose reads are off by a factor
    """
    one, mixture, informative, purity = settled.data, settled.mixture, settled.informative, settled.found
    mutations, samples, founder = len(counts.mutations), len(counts.samples), mixture.founder
    fitted = mixture.labels(one)
    drawn = _drawn(settled, grid, settings, stated)
    if founder:
        purity = drawn_purity(purity, informative, drawn.height)
    label = representative(drawn.label, fitted, lambda label: optimum(one, grid, founder, label).labels(one))
    if founder:
        label = _founder_first(label, drawn.label)
    member, out = together(drawn.label, label), (drawn.label < 0).mean(axis=0)
    out[label < 0] = np.maximum(out[label < 0], 0.51)
    of_mutations = drawn.of_mutations(_own_ccf(one, grid)).astype(float)
    kept = [k for k in range(member.shape[1]) if (label == k).any() or (founder and k == 0)]
    draws = np.full((len(of_mutations), len(kept), samples), np.nan)
    draws[:, :, informative] = _of_clusters(of_mutations, drawn.label, label, kept, founder)
    order = _by_height(draws, label, kept, founder)
    draws, kept = draws[:, order], [kept[c] for c in order]
    for n, (fitted_k, chance) in off.items():
        k = int(np.bincount(np.maximum(label[fitted == fitted_k], 0)).argmax())
        label[n], out[n] = k, 1 - chance
        member[n] = 0
        member[n, k] = chance
    member = member[:, kept]
    rename = {k: place for place, k in enumerate(kept)}
    label = np.array([rename.get(int(k), -1) for k in label])
    for n in off:
        of_mutations[:, n] = draws[:, label[n]][:, informative]
    _add_hidden(of_mutations, draws[:, :, informative], member, label, settled, grid, settings.seed)
    low, high = bounds(of_mutations)
    mutation_ccf, mutation_lower, mutation_upper = (
        _wide(cells, informative, samples) for cells in (np.median(of_mutations, axis=0), low, high)
    )
    sure = np.where(np.isin(np.arange(mutations), list(off)), -1, label)
    ccf, lower, upper, lod, state = _of_samples(counts, settled, sure, draws, purity, error)
    _warn(warnings, counts, label, len(kept), founder, purity, informative, stated)
    return Model(
        counts=counts,
        grid=grid,
        purity=purity["value"],
        purity_lower=purity["lower"],
        purity_upper=purity["upper"],
        purity_limit=purity["limit"],
        founder_reads=purity["reads"],
        founder_depth=purity["depth"],
        ccf=ccf,
        lower=lower,
        upper=upper,
        lod=lod,
        state=state,
        draws=draws,
        label=label,
        member=member,
        out=out,
        mutation_ccf=mutation_ccf,
        mutation_lower=mutation_lower,
        mutation_upper=mutation_upper,
        copies=_wide(_copies(settled), informative, samples),
        tumour_cn=settled.tumour_cn,
        founder=founder,
        precision=settled.precision,
        bound=mixture.bound,
        rounds=settled.rounds,
        warnings=list(warnings),
    )


def _wide(cells, informative, samples):
    """(N, S) with NaN in the samples that do not inform, from (N, of those that do)."""
    found = np.full((len(cells), samples), np.nan)
    found[:, informative] = cells
    return found


# --- clusters


def _drawn(settled: Settled, grid, settings: Settings, stated: Stated) -> Draws:
    mutations, informative = len(settled.data.outlier), settled.informative
    rho, stated = settled.found["value"][informative], stated.of(informative)

    def prior_of_height(height):
        purity = height[:, None] * rho
        return (stated.log_prior(purity) + np.where(purity > 1, -1e3, 0)).T

    effort = _effort(mutations, settings)
    return sample(settled.data, grid, settled.mixture, seed=settings.seed, prior_of_height=prior_of_height, **effort)


def _of_clusters(of_mutations, drawn, label, kept, founder):
    """(T, K, S) CCF of the clusters `kept` in each draw: the mean of their mutations that are no outliers there."""
    found = np.empty((len(drawn), len(kept), of_mutations.shape[2]))
    for column, k in enumerate(kept):
        if founder and k == 0:
            found[:, column] = 1.0
            continue
        inside = (drawn >= 0) & (label == k)
        inside[~inside.any(axis=1)] = label == k
        weight = inside / inside.sum(axis=1, keepdims=True)
        found[:, column] = np.einsum("tn,tns->ts", weight, of_mutations)
    return found


def _by_height(draws, label, kept, founder) -> list[int]:
    """Places of the clusters `kept`: the founder, then by falling mean CCF, then by their first mutation."""
    mean = np.nan_to_num(draws.mean(axis=0))
    first = {k: int(np.flatnonzero(label == k)[0]) if (label == k).any() else len(label) for k in kept}
    return sorted(
        range(len(kept)),
        key=lambda c: (not (founder and kept[c] == 0), -round(float(mean[c].mean()), 9), first[kept[c]]),
    )


def _add_hidden(of_mutations, draws, member, label, settled: Settled, grid, seed) -> None:
    """Second clones that clusters may hide, in the draws of their mutations (T, N, S); see `hidden`."""
    one, mixture = settled.data, settled.mixture
    rng = np.random.default_rng([seed, 3])
    like = one.like[one.best_rows(mixture.rows.max(axis=1))].reshape(len(label), one.samples, -1)
    for k in range(1 if mixture.founder else 0, draws.shape[1]):
        any_of = np.flatnonzero((member[:, k] > hidden.ANY) | (label == k))
        ccf = draws[:, k].mean(axis=0)
        apart = hidden.offsets(like[any_of], member[any_of, k], ccf, grid, len(draws), rng)
        mine = label[any_of] == k
        of_mutations[:, any_of[mine]] = np.clip(of_mutations[:, any_of[mine]] + apart[:, mine], 0, 1)


def _founder_first(label, drawn) -> np.ndarray:
    """The labels with 0 for the cluster that holds most of what the draws (T, N) call the founder's.

    A draw in which another cluster stands at CCF 1 may be as good a clustering; which is the founder, all draws say.
    """
    held = np.bincount(np.maximum(label, 0), (drawn == 0).mean(axis=0) * (label >= 0))
    top = int(held.argmax())
    return np.where(label == top, 0, np.where(label == 0, top, label)) if held[top] > 0 else label


def _own_ccf(one, grid):
    """(N, S) likeliest CCF of each mutation by its own reads."""
    like = one.like.reshape(len(one.like), one.samples, -1)
    return grid.ccf[like[one.best_rows(one.alone)].argmax(axis=2)]


def _of_samples(counts, settled: Settled, label, draws, purity, error):
    """CCF, bounds, limit and state of each cluster in each sample, (K, S) each."""
    ways, informative, founder = settled.ways, settled.informative, settled.mixture.founder
    rows = settled.mixture.rows.sum(axis=1)
    shape = draws.shape[1:]
    ccf, lower, upper, lod = (np.full(shape, np.nan) for _ in range(4))
    state = np.full(shape, "tumour_not_detected", dtype=object)
    reads, depth, background, signal = (np.zeros(shape) for _ in range(4))
    most = np.zeros(shape, int)
    belongs = label[ways.mutation]
    for k in range(shape[0]):
        mine = np.flatnonzero(label == k)
        reads[k], depth[k] = counts.alt[mine].sum(axis=0), counts.depth[mine].sum(axis=0)
        background[k] = (counts.depth * error)[mine].sum(axis=0)
        most[k] = (counts.depth[mine] > 0).sum(axis=0)
        rho = purity["value"][informative]
        here = rho * ways.total[belongs == k] + (1 - rho) * ways.normal[belongs == k]
        copies = np.abs(ways.copies[belongs == k])
        per_unit = counts.depth[ways.mutation[belongs == k]][:, informative] * rho * copies / here
        signal[k, informative] = (rows[belongs == k][:, None] * per_unit).sum(axis=0)
    seen = detection.present(reads, background)
    alpha = detection.alpha_of_one_more(reads, background)
    low, high = bounds(draws)
    zero = (draws <= 1e-4).mean(axis=0)
    for s in informative:
        for k in range(shape[0]):
            if depth[k, s] == 0:
                state[k, s] = "not_covered"
                continue
            least = max(1, min(2, int(most[k, s])))
            lod[k, s] = min(detection.limit(signal[k, s], background[k, s], least, alpha), 1.0)
            if founder and k == 0:
                ccf[k, s] = lower[k, s] = upper[k, s] = 1.0
                state[k, s] = "measured"
                continue
            present = seen[k, s] and zero[k, s] < 0.05
            state[k, s] = "measured" if present else "below_lod"
            ccf[k, s] = draws[:, k, s].mean() if present else np.nan
            lower[k, s], upper[k, s] = low[k, s] if present else 0.0, high[k, s]
    return ccf, lower, upper, lod, state


def _copies(settled: Settled):
    """(N, S of those that inform) mutated copies per cancer cell, the mean of each mutation's likely states."""
    one, ways = settled.data, settled.ways
    likely = settled.mixture.rows.sum(axis=1) + 1e-12 * np.exp(np.maximum(one.prior, -50))
    number = np.add.reduceat(np.abs(ways.copies) * likely[:, None], one.starts, axis=0)
    return number / np.add.reduceat(likely, one.starts)[:, None]


def _warn(warnings, counts, label, clusters, founder, purity, informative, stated: Stated) -> None:
    """Warnings of clusters and purities that need care."""
    if founder and not (label == 0).any():
        warnings.say(
            "founder_without_mutations", "no mutation is surely in every cancer cell: purity rests on few reads"
        )
    number = int((label < 0).sum())
    if number:
        names = ", ".join(counts.mutations[n] for n in np.flatnonzero(label < 0)[:5]) + (" …" if number > 5 else "")
        warnings.say("outliers", f"{number} mutation(s) fit no clone (artefact, wrong copy number?): {names}")
    small = [str(k) for k in range(clusters) if k >= founder and (label == k).sum() == 1]
    if small:
        warnings.say("cluster_of_one", f"cluster {', '.join(small)} rests on one mutation")
    for s in np.flatnonzero(~purity["detected"]):
        warnings.say(
            "tumour_not_detected",
            f"{counts.samples[s]}: purity not estimable, {purity['reads'][s]} of {purity['depth'][s]} reads of the "
            "founder's mutations show them"
            + (f"; a tumour fraction of {purity['limit'][s]:.2%} could have been seen" if purity["depth"][s] else ""),
        )
    full = [
        counts.samples[s] for s in informative if founder and purity["upper"][s] > 0.995 and not stated.value[s] >= 0.9
    ]
    if full:
        warnings.say("purity_at_one", f"{', '.join(full)}: the founder's VAF asks for a purity of 1 or more")
    thin = [counts.samples[s] for s in informative if purity["value"][s] < 0.1 and not np.isnan(stated.value[s])]
    if thin:
        warnings.say("low_purity", f"{', '.join(thin)}: purity below 0.1, CCFs there have wide intervals")


def nothing(counts: Counts, grid, warnings, purity=None) -> Model:
    mutations, samples = counts.alt.shape
    unknown = np.full(samples, np.nan)
    none, cells = np.zeros((0, samples)), np.full((mutations, samples), np.nan)
    purity = purity or {"limit": unknown, "reads": np.zeros(samples, int), "depth": np.zeros(samples, int)}
    return Model(
        counts=counts,
        grid=grid,
        purity=unknown.copy(),
        purity_lower=unknown.copy(),
        purity_upper=unknown.copy(),
        purity_limit=purity["limit"],
        founder_reads=purity["reads"],
        founder_depth=purity["depth"],
        ccf=none,
        lower=none,
        upper=none,
        lod=none,
        state=none.astype(object),
        draws=np.zeros((0, 0, samples)),
        label=np.full(mutations, -1),
        member=np.zeros((mutations, 0)),
        out=np.zeros(mutations),
        mutation_ccf=cells,
        mutation_lower=cells,
        mutation_upper=cells,
        copies=cells,
        tumour_cn={},
        warnings=list(warnings),
    )
