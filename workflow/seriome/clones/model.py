"""Model: one patient's clusters, founder and purity, taken round until they agree.

The founder is the cluster that is highest in every sample; it is held at CCF 1 wherever there is tumour, and the
purity of a sample is what its reads then say, together with the purity that was stated, if any was. Where the founder
is not detected, purity is not estimable, and nothing is said of any clone there. Where no cluster can be at CCF 1
without a purity that the stated one rules out, there is no founder: it is said, and nothing is forced.

Assumptions: one founder; copy numbers as stated. Limits: a founder with few mutations, or a purity above 1 (no normal
cells in excess of the copies), shift every CCF of the sample.
Sources: the founder as the anchor of purity, Carter et al. 2012, doi:10.1038/nbt.2203, and Tarabichi et al. 2021,
doi:10.1038/s41592-020-01013-2 (what goes wrong when the anchor does).
"""

from dataclasses import dataclass, field, replace

import numpy as np

from seriome.clones import detection, hidden
from seriome.clones.bias import biased
from seriome.clones.cluster import Data, Mixture, data, joined, mix
from seriome.clones.copies import FREE, LATE, States, rates, states
from seriome.clones.likelihood import Counts, Grid, expected_vaf, grid_for, log_likelihood, outlier, tensor
from seriome.clones.purity import (
    START_PRECISION,
    anchor_of,
    as_stated,
    drawn_purity,
    founder_of,
    log_prior,
    purity_of,
    ruled_out,
)
from seriome.clones.sample import bounds, representative, sample, together

PRECISIONS = np.array([60, 120, 250, 500, 1000, 2000, 4000, 8000, 16000, 32000, 64000, 128000.0])
PRECISION_PRIOR = (np.log(4000), 2.5)  # log-normal: wide, the data decide
ROUNDS = 6
SETTLED = 0.01  # relative change of every purity, and
NEARLY = 1.5  # ratio of two precisions, at which the rounds end
FEW = 3  # mutations below which clusters are hardly told apart


@dataclass(frozen=True)
class Settings:
    """What the user may set.

    error_rate     probability that a read shows a given other base, where the counts do not say it
    purity_sd      standard deviation of the purities that are stated
    extinct_limit  CCF;  copy_number_change: log2
    starts         of the clustering, the best is kept;  threads: starts side by side, without effect on the result
    draws       : of the posterior, None by the number of mutations
    """

    seed: int = 7
    error_rate: float = 0.0005
    copy_number_change: float = 0.15
    extinct_limit: float = 0.02
    purity_sd: float = 0.03
    starts: int = 1
    threads: int = 1
    draws: int | None = None


@dataclass(frozen=True)
class CopyNumber:
    """Copies of N mutations in S samples, each (N, S) or None.

    major, minor   copies of the two alleles per cancer cell, as a caller states them; normal: per normal cell
    part           (major, minor, fraction) of a second population of cancer cells
    ratio, error   instead of these: coverage of the mutation's gene against the normal (1 is unchanged), its standard
                   error; NaN where not measured;  changed (N,): it changed in some sample
    """

    major: np.ndarray | None = None
    minor: np.ndarray | None = None
    normal: np.ndarray | None = None
    part: tuple | None = None
    ratio: np.ndarray | None = None
    error: np.ndarray | None = None
    changed: np.ndarray | None = None


@dataclass
class Model:
    """The fit. S counts all samples; arrays hold NaN where nothing can be said.

    purity, purity_lower, purity_upper, purity_limit   (S,) limit: the tumour that could have been seen
    founder_reads, founder_depth                       (S,)
    ccf, lower, upper, lod      (K, S) of the clusters, founder first, then by falling mean
    state                       (K, S) measured, below_lod, tumour_not_detected, not_covered
    draws                       (D, K, S) CCFs of the clusters, drawn from the posterior; NaN without tumour
    label                       (N,) the cluster of each mutation, -1 of an outlier
    member                      (N, K) probability of each mutation in each cluster;  out (N,) of being an outlier
    mutation_ccf, mutation_lower, mutation_upper   (N, S) of each mutation, over all clusters that it may be of
    copies                      (N, S) mutated copies per cancer cell, posterior mean of the likeliest states
    founder                     is cluster 0 held at CCF 1?
    """

    counts: Counts
    grid: Grid
    purity: np.ndarray
    purity_lower: np.ndarray
    purity_upper: np.ndarray
    purity_limit: np.ndarray
    founder_reads: np.ndarray
    founder_depth: np.ndarray
    ccf: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    lod: np.ndarray
    state: np.ndarray
    draws: np.ndarray
    label: np.ndarray
    member: np.ndarray
    out: np.ndarray
    mutation_ccf: np.ndarray
    mutation_lower: np.ndarray
    mutation_upper: np.ndarray
    copies: np.ndarray
    tumour_cn: dict
    founder: bool = True
    precision: float | None = None
    bound: float = 0.0
    rounds: int = 0
    warnings: list = field(default_factory=list)

    @property
    def clusters(self) -> int:
        return self.member.shape[1]

    @property
    def cluster_of(self) -> np.ndarray:
        """(N,) the cluster of each mutation, -1 of an outlier."""
        if not self.clusters:
            return np.full(len(self.member), -1)
        return self.label

    @property
    def error(self) -> np.ndarray:
        """(K, S) standard deviation of the CCFs."""
        return self.draws.std(axis=0)


class _Warnings(list):
    def say(self, code: str, detail: str) -> None:
        self.append({"warning": code, "detail": detail})


def fit(
    counts: Counts, copy_number: CopyNumber | None = None, settings: Settings | None = None, purity=None, error=None
) -> Model:
    """Clusters, founder and purity of one patient; see the module. The order of the mutations does not matter.

    purity  (S,) as stated, NaN where it is not; without it the founder alone says it
    error   (N, S) probability of a misread base, where it is known
    With no mutation, or none whose founder is detected, the model has no clusters and says why in `warnings`.
    """
    order = np.array(sorted(range(len(counts.mutations)), key=counts.mutations.__getitem__), int)
    if (np.diff(order) == 1).all():
        return _fit(counts, copy_number, settings, purity, error)
    names = tuple(counts.mutations[n] for n in order)
    sorted_counts = Counts(names, counts.samples, counts.alt[order], counts.depth[order])
    sorted_copies = copy_number and CopyNumber(
        **{key: _taken(value, order) for key, value in vars(copy_number).items()}
    )
    model = _fit(sorted_counts, sorted_copies, settings, purity, _taken(error, order))
    back = np.argsort(order)
    of_mutations = ("label", "member", "out", "mutation_ccf", "mutation_lower", "mutation_upper", "copies")
    turned = {name: getattr(model, name)[back] for name in of_mutations}
    tumour_cn = {int(order[n]): copies for n, copies in model.tumour_cn.items()}
    return replace(model, counts=counts, tumour_cn=tumour_cn, **turned)


def _taken(values, order):
    """Rows in this order; of a tuple, of each of its arrays; None stays."""
    if values is None:
        return None
    return tuple(one[order] for one in values) if isinstance(values, tuple) else values[order]


def _fit(counts: Counts, copy_number, settings, purity, error) -> Model:
    settings, grid, warnings = settings or Settings(), grid_for(counts), _Warnings()
    mutations, samples = counts.alt.shape
    stated = np.full(samples, np.nan) if purity is None else np.asarray(purity, float)
    error = np.full((mutations, samples), settings.error_rate) if error is None else error
    if not mutations or not samples or not (counts.depth > 0).any():
        warnings.say("no_somatic_mutations", "no somatic mutation was covered in any sample that may hold tumour")
        return _empty(counts, grid, warnings)
    if mutations < FEW:
        warnings.say(
            "few_mutations", f"{mutations} mutation(s): clones cannot be told apart, purity rests on them alone"
        )
    if samples == 1:
        warnings.say("one_sample", "one sample: clones of equal CCF are one cluster here, and most trees are possible")

    copy_number = copy_number or CopyNumber()
    known = np.isfinite(stated).all()
    anchor = founder_of(counts, copy_number, error, grid, settings, stated if known else None, warnings)
    found = purity_of(counts, anchor, settings, error, None, stated)
    founder = not known or not ruled_out(found, stated, settings, counts, warnings)
    if not founder:
        found = as_stated(counts, stated, found)
    if not found["detected"].any():
        warnings.say("no_tumour_signal", "the founder's mutations are detected in no sample")
        return _empty(counts, grid, warnings, found)

    settled = _rounds(counts, copy_number, settings, error, grid, stated, founder, found)
    if settled.joined:
        apart = _rounds(counts, copy_number, settings, error, grid, stated, founder, found, join=False)
        settled = max(settled, apart, key=lambda one: one.score(stated, settings))
    found, informative, ways, one = settled.found, settled.informative, settled.ways, settled.data
    mixture, precision, rho = settled.mixture, settled.precision, found["value"][settled.informative]
    if founder and settled.moved >= SETTLED:
        warnings.say("purity_not_settled", f"purity still moved by {settled.moved:.1%} after {ROUNDS} rounds")
    part = _columns(counts, informative)
    off = biased(part, ways, one, mixture, mixture.posterior @ grid.fine, rho, precision)
    if off:
        mixture = _set_apart(mixture, one, off)
        names = ", ".join(counts.mutations[n] for n in sorted(off)[:5]) + (" …" if len(off) > 5 else "")
        detail = f"{len(off)} mutation(s) are of a clone but for a factor that is the same in all samples: {names}"
        warnings.say("biased_reads", detail)
    return _finished(
        counts,
        grid,
        ways,
        one,
        mixture,
        informative,
        found,
        settled.tumour_cn,
        precision,
        settled.rounds,
        settings,
        warnings,
        error,
        stated,
        off,
    )


@dataclass(frozen=True)
class _Settled:
    """Clusters, founder and purity after the rounds.

    found        what `purity_of` says; informative: the samples with tumour
    moved        largest relative change of a purity in the last round
    joined       did several clusters become the founder in some round?
    """

    found: dict
    informative: np.ndarray
    ways: States
    data: Data
    mixture: Mixture
    tumour_cn: dict
    precision: float | None
    rounds: int
    moved: float
    joined: bool

    def score(self, stated, settings) -> float:
        """Evidence bound at these purities and the prior of them, nats."""
        return self.mixture.bound + np.nansum(log_prior(self.found["value"], stated, settings))


def _rounds(counts, copy_number, settings, error, grid, stated, founder, found, join=True) -> _Settled:
    """Clusters at a purity, the purity that their founder asks for, and again; `join`: see `anchor_of`."""
    precision, mixture, shape, late, free = START_PRECISION, None, None, LATE, FREE
    moved, any_joined = 0.0, False
    for rounds in range(1, ROUNDS + 1):
        informative = np.flatnonzero(found["detected"])
        rho, part = found["value"][informative], _columns(counts, informative)
        ways, tumour_cn = _states(copy_number, error, informative, rho, len(counts.mutations), late, free)
        one = data(tensor(part, ways, rho, grid, precision), ways, outlier(part))
        again = mixture if shape == (one.like.shape, tuple(informative)) and rounds > 2 else None
        ends = {"starts": settings.starts, "threads": settings.threads, "begin": again}
        mixture = mix(one, grid, founder=founder, seed=settings.seed, **ends)
        shape = one.like.shape, tuple(informative)
        late, free = rates(ways, mixture.rows, founder)
        before, precision = precision, _precision(part, ways, mixture, one, rho, grid)
        same_precision = max(before or 1e6, precision or 1e6) <= NEARLY * min(before or 1e6, precision or 1e6)
        if not founder:
            if same_precision:
                break
            continue
        if join:
            anchors = anchor_of(mixture, one, grid, rho, stated[informative], settings)
            if len(anchors) > 1:
                mixture, any_joined = joined(mixture, one, grid, anchors), True
        anchor = ways.mutation, mixture.rows[:, 0], np.abs(ways.copies), ways.total, ways.normal, informative
        now = purity_of(counts, anchor, settings, error, precision, stated)
        if not now["detected"].any():
            break
        same = (now["detected"] == found["detected"]).all()
        moved = np.nanmax(np.abs(now["value"] / found["value"] - 1)[informative])
        found = now
        if same and same_precision and moved < SETTLED:
            break
    return _Settled(found, informative, ways, one, mixture, tumour_cn, precision, rounds, moved, any_joined)


def _columns(counts: Counts, samples) -> Counts:
    return Counts(counts.mutations, counts.samples, counts.alt[:, samples], counts.depth[:, samples])


def _set_apart(mixture: Mixture, one, off: dict) -> Mixture:
    """The fit in which these mutations say nothing of any cluster; clusters that were theirs alone stay empty."""
    rows, out = mixture.rows.copy(), mixture.out.copy()
    rows[np.isin(one.mutation, list(off))] = 0
    out[list(off)] = 1
    return replace(mixture, rows=rows, out=out)


# --- copies


def _states(copy_number: CopyNumber, error, informative, purity, mutations, late, free) -> tuple[States, dict]:
    """Rows for the informative samples, and {mutation: copies per cancer cell} where coverage says they changed."""
    error = error[:, informative]
    shape = (mutations, len(informative))
    if copy_number.major is not None:
        part = None if copy_number.part is None else tuple(x[:, informative] for x in copy_number.part)
        cells = (x[:, informative] for x in (copy_number.major, copy_number.minor, copy_number.normal))
        return states(*cells, error, part, late, free), {}
    tumour_cn = _tumour_copies(copy_number, informative, purity) if copy_number.changed is not None else {}
    total = np.full(mutations, 2.0)
    total[list(tumour_cn)] = list(tumour_cn.values())
    changed = np.isin(np.arange(mutations), list(tumour_cn))
    major = np.where(changed, np.maximum(total, 1), 1)  # how the copies divide is not known: any number may be mutated
    minor = np.where(changed, 0, 1)
    wide = np.ones(shape)
    return states(major[:, None] * wide, minor[:, None] * wide, 2 * wide, error, None, late, free), tumour_cn


def _tumour_copies(copy_number: CopyNumber, informative, purity) -> dict:
    """{mutation: copies per cancer cell}, one number for all samples, by weighted least squares of

    ratio = 1 + purity * (copies - 2) / 2
    """
    copies = {}
    for mutation in np.flatnonzero(copy_number.changed):
        ratio, error = copy_number.ratio[mutation, informative], copy_number.error[mutation, informative]
        known = np.isfinite(ratio) & np.isfinite(error)
        weight = 1 / np.maximum(error[known], 0.01) ** 2
        slope = (weight * purity[known] * (ratio[known] - 1)).sum()
        slope /= max((weight * purity[known] ** 2).sum(), 1e-12)
        total = int(np.clip(np.rint(2 + 2 * slope), 1, 12))
        if total != 2:
            copies[int(mutation)] = total
    return copies


def _precision(counts, ways: States, mixture: Mixture, one, purity, grid) -> float | None:
    """Beta-binomial precision that makes the reads likeliest at their clusters' CCFs; None (binomial) if large."""
    step = max(1, len(counts.mutations) // 500)
    top = np.maximum.reduceat(mixture.rows.max(axis=1), one.starts)
    rows = np.flatnonzero((mixture.rows.max(axis=1) == top[one.mutation]) & (top > 0.5)[one.mutation])
    rows = rows[~ways.free[rows]][::step]
    if not len(rows):
        return START_PRECISION
    ccf = (mixture.posterior @ grid.fine)[mixture.rows[rows].argmax(axis=1)]
    mine = ways.mutation[rows]
    vaf = expected_vaf(ccf, purity, ways.copies[rows], ways.total[rows], ways.normal[rows], ways.error[rows])
    centre, width = PRECISION_PRIOR
    alt, depth = counts.alt[mine], counts.depth[mine]
    scores = [
        step * log_likelihood(alt, depth, vaf, precision).sum() - 0.5 * ((np.log(precision) - centre) / width) ** 2
        for precision in PRECISIONS
    ]
    best = int(np.argmax(scores))
    return None if best == len(PRECISIONS) - 1 else float(PRECISIONS[best])


# --- what is told


def _effort(mutations: int, settings: Settings) -> dict:
    """Draws of the posterior: as many as an interval needs, fewer where many mutations leave little to ask."""
    draws = settings.draws or (200 if mutations <= 200 else 120 if mutations <= 2000 else 80)
    return {"draws": draws, "burn": draws // 5, "moves": 3 if mutations <= 200 else 2}


def _finished(
    counts, grid, ways, one, mixture, informative, purity, tumour_cn, precision, rounds, settings, warnings, error,
    stated, off,
) -> Model:  # fmt: skip
    samples, mutations = len(counts.samples), len(counts.mutations)
    founder = mixture.founder
    fitted = np.where(mixture.out > 0.5, -1, mixture.memberships(one).argmax(axis=1))
    rho, told = purity["value"][informative][:, None], stated[informative][:, None]

    def prior_of_height(height):
        return log_prior(rho * height, told, settings) + np.where(rho * height > 1, -1e3, 0)

    drawn = sample(
        one, grid, mixture, seed=settings.seed, prior_of_height=prior_of_height, **_effort(mutations, settings)
    )
    if founder:
        purity = drawn_purity(purity, informative, drawn.height)
    label = representative(drawn.label, fitted)
    if founder:
        label = _founder_first(label, drawn.label)
    member, out = together(drawn.label, label), (drawn.label < 0).mean(axis=0)
    out[label < 0] = np.maximum(out[label < 0], 0.51)
    own = _own_ccf(one, grid)
    of_mutations = drawn.of_mutations(own).astype(float)
    kept = [k for k in range(member.shape[1]) if (label == k).any() or (founder and k == 0)]
    draws = np.full((len(of_mutations), len(kept), samples), np.nan)
    for column, k in enumerate(kept):
        if founder and k == 0:
            draws[:, column, informative] = 1.0
            continue
        inside = (drawn.label >= 0) & (label == k)
        inside[~inside.any(axis=1)] = label == k
        weight = inside / inside.sum(axis=1, keepdims=True)
        draws[:, column, informative] = np.einsum("tn,tns->ts", weight, of_mutations)
    mean = np.nan_to_num(draws.mean(axis=0))
    first = {k: int(np.flatnonzero(label == k)[0]) if (label == k).any() else mutations for k in kept}
    order = sorted(
        range(len(kept)),
        key=lambda c: (not (founder and kept[c] == 0), -round(float(mean[c].mean()), 9), first[kept[c]]),
    )
    draws = draws[:, order]
    kept = [kept[c] for c in order]
    for n, (fitted_k, chance) in off.items():
        k = int(np.bincount(np.maximum(label[fitted == fitted_k], 0)).argmax())
        label[n], out[n] = k, 1 - chance
        member[n] = 0
        member[n, k] = chance
    member = member[:, kept]
    rename = {k: place for place, k in enumerate(kept)}
    label = np.array([rename.get(int(k), -1) for k in label])

    cell = np.full((mutations, samples), np.nan)
    mutation_ccf, mutation_lower, mutation_upper = cell.copy(), cell.copy(), cell.copy()
    for n in off:
        of_mutations[:, n] = draws[:, label[n]][:, informative]
    rng = np.random.default_rng([settings.seed, 3])
    like = one.like[one.best_rows(mixture.rows.max(axis=1))].reshape(mutations, one.samples, -1)
    for k in range(1 if founder else 0, len(kept)):
        any_of = np.flatnonzero((member[:, k] > hidden.ANY) | (label == k))
        ccf = draws[:, k][:, informative].mean(axis=0)
        apart = hidden.offsets(like[any_of], member[any_of, k], ccf, grid, len(draws), rng)
        mine = label[any_of] == k
        of_mutations[:, any_of[mine]] = np.clip(of_mutations[:, any_of[mine]] + apart[:, mine], 0, 1)
    mutation_ccf[:, informative] = np.median(of_mutations, axis=0)
    low, high = bounds(of_mutations)
    mutation_lower[:, informative], mutation_upper[:, informative] = low, high

    rows_of = mixture.rows.sum(axis=1)
    ccf, lower, upper, lod, state = _told(
        counts,
        ways,
        rows_of,
        np.where(np.isin(np.arange(mutations), list(off)), -1, label),
        draws,
        informative,
        purity,
        error,
        founder,
    )
    if founder and not (label == 0).any():
        warnings.say(
            "founder_without_mutations", "no mutation is surely in every cancer cell: purity rests on few reads"
        )
    number = int((label < 0).sum())
    if number:
        names = ", ".join(counts.mutations[n] for n in np.flatnonzero(label < 0)[:5]) + (" …" if number > 5 else "")
        warnings.say("outliers", f"{number} mutation(s) fit no clone (artefact, wrong copy number?): {names}")
    small = [str(k) for k in range(len(kept)) if k >= founder and (label == k).sum() == 1]
    if small:
        warnings.say("cluster_of_one", f"cluster {', '.join(small)} rests on one mutation")
    for s in np.flatnonzero(~purity["detected"]):
        warnings.say(
            "tumour_not_detected",
            f"{counts.samples[s]}: purity not estimable, {purity['reads'][s]} of {purity['depth'][s]} reads of the "
            "founder's mutations show them"
            + (f"; a tumour fraction of {purity['limit'][s]:.2%} could have been seen" if purity["depth"][s] else ""),
        )
    full = [counts.samples[s] for s in informative if founder and purity["upper"][s] > 0.995 and not stated[s] >= 0.9]
    if full:
        warnings.say("purity_at_one", f"{', '.join(full)}: the founder's VAF asks for a purity of 1 or more")
    thin = [counts.samples[s] for s in informative if purity["value"][s] < 0.1 and not np.isnan(stated[s])]
    if thin:
        warnings.say("low_purity", f"{', '.join(thin)}: purity below 0.1, CCFs there have wide intervals")
    likely = mixture.rows.sum(axis=1) + 1e-12 * np.exp(np.maximum(one.prior, -50))
    total = np.add.reduceat(likely, one.starts)
    copies = cell.copy()
    number_of = np.abs(ways.copies) * likely[:, None]
    copies[:, informative] = np.add.reduceat(number_of, one.starts, axis=0) / total[:, None]
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
        copies=copies,
        tumour_cn=tumour_cn,
        founder=founder,
        precision=precision,
        bound=mixture.bound,
        rounds=rounds,
        warnings=list(warnings),
    )


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


def _told(counts, ways, rows, label, draws, informative, purity, error, founder):
    """CCF, bounds, limit and state of each cluster in each sample, (K, S) each."""
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


def _empty(counts, grid, warnings, purity=None) -> Model:
    mutations, samples = counts.alt.shape
    nothing = np.full(samples, np.nan)
    none, cells = np.zeros((0, samples)), np.full((mutations, samples), np.nan)
    purity = purity or {"limit": nothing, "reads": np.zeros(samples, int), "depth": np.zeros(samples, int)}
    return Model(
        counts=counts,
        grid=grid,
        purity=nothing.copy(),
        purity_lower=nothing.copy(),
        purity_upper=nothing.copy(),
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
