"""Model: one patient's clusters, founder and purity, taken round until they agree.

No outside purity is needed. The founder is the cluster that is highest in every sample; it is held at CCF 1 wherever
there is tumour, and the purity of a sample is what its reads then say: twice their pooled VAF on two copies. Where the
founder is not detected, purity is not estimable, and nothing is said of any clone there.

Assumptions: one founder; two copies in cancer and normal cells except in genes whose coverage changed; those have the
same copy number in all cancer cells and samples. Limits: a copy number changed in a part of the cells, a founder with
few mutations, or a purity above 1 (no normal cells in excess of the copies) shift every CCF of the sample.
Sources: the founder as the anchor of purity, Carter et al. 2012, doi:10.1038/nbt.2203, and Tarabichi et al. 2021,
doi:10.1038/s41592-020-01013-2 (what goes wrong when the anchor does).
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.special import betaincinv, log_ndtr

from seriome.clones import detection
from seriome.clones.cluster import Mixture, interval, mix
from seriome.clones.likelihood import (
    Counts,
    Grid,
    States,
    diploid,
    expected_vaf,
    log_evidence,
    log_likelihood,
    tensor,
    with_copy_number,
)

DOUBLED = 0.02  # prior of a founder mutation on both of two copies (copy-neutral loss, X of a man)
PRECISIONS = np.array([60, 120, 250, 500, 1000, 2000, 4000, 8000, 16000, 32000, 64000, 128000.0])
START_PRECISION = 1000.0  # before it is estimated: a start that splits too much would hide the scatter
PRECISION_PRIOR = (np.log(4000), 2.5)  # log-normal: wide, the data decide
ROUNDS = 8
SETTLED = 0.005  # relative change of every purity at which the rounds end
# Which cluster is the founder: costs in nats. A mutation above it in some sample may lie on more copies than thought or
# be an artefact; a founder with few of many mutations is unlikely.
ABOVE_COST, SMALL_COST, SMALL, FOUNDER_MANY = 3.0, 8.0, 0.15, 6
FEW = 3  # mutations below which clusters are hardly told apart


@dataclass(frozen=True)
class Settings:
    """error_rate: probability that a read shows a given other base; extinct_limit: CCF; copy_number_change: log2."""

    seed: int = 7
    error_rate: float = 0.0005
    copy_number_change: float = 0.15
    extinct_limit: float = 0.02


@dataclass(frozen=True)
class CopyNumber:
    """Coverage of each mutation's gene against the normal, (N, S): ratio (1 is unchanged) and its standard error.

    NaN where not measured. changed (N,): the log2 ratio's interval lies beyond the threshold in some sample.
    """

    ratio: np.ndarray
    error: np.ndarray
    changed: np.ndarray


@dataclass
class Model:
    """The fit. S counts all samples; arrays hold NaN where nothing can be said.

    purity, purity_lower, purity_upper, purity_limit   (S,) limit: the tumour that could have been seen
    founder_reads, founder_depth                       (S,)
    ccf, lower, upper, lod      (K, S) of the clusters, founder first, then by falling mean
    state                       (K, S) measured, below_lod, tumour_not_detected, not_covered
    member                      (N, K) probability of each mutation in each cluster
    posterior                   (K, S, F) on grid.fine; zero where no tumour was detected
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
    member: np.ndarray
    posterior: np.ndarray
    tumour_cn: dict
    precision: float | None = None
    bound: float = 0.0
    rounds: int = 0
    warnings: list = field(default_factory=list)

    @property
    def clusters(self) -> int:
        return self.member.shape[1]

    @property
    def cluster_of(self) -> np.ndarray:
        return self.member.argmax(axis=1) if self.clusters else np.zeros(0, int)

    def purity_error(self) -> np.ndarray:
        """Relative standard error of each purity."""
        return (self.purity_upper - self.purity_lower) / 3.92 / self.purity


def fit(counts: Counts, copy_number: CopyNumber | None = None, settings: Settings | None = None) -> Model:
    """Clusters, founder and purity of one patient; see the module. Rows may come in any order.

    With no mutation, or none whose founder is detected, the model has no clusters and says why in `warnings`.
    """
    settings, grid, warnings = settings or Settings(), Grid(), []
    mutations, samples = counts.alt.shape
    changed = copy_number.changed if copy_number is not None else np.zeros(mutations, bool)
    warn = lambda code, detail: warnings.append({"warning": code, "detail": detail})  # noqa: E731
    if not mutations or not samples or not (counts.depth > 0).any():
        warn("no_somatic_mutations", "no somatic mutation was covered in any sample that may hold tumour")
        return _empty(counts, grid, warnings)
    if mutations < FEW:
        warn("few_mutations", f"{mutations} mutation(s): clones cannot be told apart, purity rests on them alone")
    if samples == 1:
        warn("one_sample", "one sample: clones of equal CCF are one cluster here, and most trees are possible")
    usable = ~changed
    if not usable.any():
        warn("no_diploid_mutation", "every mutation lies in a gene of changed copy number: two copies were assumed")
        usable, changed = np.ones(mutations, bool), np.zeros(mutations, bool)

    founder = _first_founder(counts, usable, grid, settings, warn)
    purity = _purity(counts, founder, settings, None)
    if not purity["detected"].any():
        warn("no_tumour_signal", "the founder's mutations are detected in no sample")
        return _empty(counts, grid, warnings, purity)

    precision, tumour_cn, mixture = START_PRECISION, {}, None
    for rounds in range(1, ROUNDS + 1):
        informative = np.flatnonzero(purity["detected"])
        part = _only(counts, informative)
        if changed.any():
            tumour_cn = _tumour_copies(copy_number, changed, informative, purity["value"])
        states = with_copy_number(diploid(mutations, len(informative), DOUBLED), tumour_cn)
        rho = purity["value"][informative]
        like = tensor(part, states, rho, grid, settings.error_rate, precision)
        warm = mixture.rows if rounds > 2 and mixture.rows.shape[0] == len(like) else None
        mixture = mix(like, states, grid, founder=True, seed=settings.seed, start=warm)
        if rounds <= 2:
            precision = _precision(part, states, mixture, rho, grid, settings)
            like = tensor(part, states, rho, grid, settings.error_rate, precision)
            mixture = mix(like, states, grid, founder=True, seed=settings.seed, start=mixture.rows)
        founder = _founder_rows(counts, states, mixture)
        now = _purity(counts, founder, settings, precision)
        same = (now["detected"] == purity["detected"]).all()
        if not now["detected"].any():
            break
        moved = np.abs(now["value"] / purity["value"] - 1)[informative]
        purity = now
        if same and rounds > 2 and np.nanmax(moved) < SETTLED:
            break
    else:
        warn("purity_not_settled", f"purity still moved by {np.nanmax(moved):.1%} after {ROUNDS} rounds")
    return _finished(
        counts, grid, states, mixture, informative, purity, tumour_cn, precision, rounds, settings, warnings, warn
    )


def _only(counts: Counts, samples) -> Counts:
    names = tuple(counts.samples[one] for one in samples)
    return Counts(counts.mutations, names, counts.alt[:, samples], counts.depth[:, samples])


def _first_founder(counts, usable, grid, settings, warn):
    """(mutation, weight, copies, total) of the cluster that is highest in every sample, purity not yet known."""
    index = np.flatnonzero(usable)
    part = Counts(tuple(counts.mutations[one] for one in index), counts.samples, counts.alt[index], counts.depth[index])
    least = betaincinv(part.alt + 0.5, part.depth - part.alt + 0.5, 0.05)
    highest = np.where((part.depth > 0) & (part.alt > 0), least, 0).max(axis=0)
    scale = np.clip(2.6 * highest, 2e-4, 1)  # a ceiling on 2 x VAF, and so on purity
    states = diploid(len(index), len(part.samples))
    like = tensor(part, states, scale, grid, settings.error_rate, START_PRECISION)
    mixture = mix(like, states, grid, founder=False, seed=settings.seed)
    member = mixture.memberships(states.mutation)
    mean, lower, upper = interval(mixture.posterior, grid)
    spread = (upper - lower) / 3.92
    sizes = member.sum(axis=0)
    cost = np.where((sizes >= SMALL * len(index)) | (len(index) < FOUNDER_MANY), 0.0, SMALL_COST)
    for one in range(len(sizes)):
        gap = (mean[one] - mean) / np.sqrt(spread[one] ** 2 + spread**2 + 0.02**2)
        others = np.delete(np.minimum(-log_ndtr(gap).sum(axis=1), ABOVE_COST * sizes), one)
        cost[one] += others.sum()
    best = int(np.argmin(cost))
    above = [
        (part.samples[s], int(k))
        for k, s in zip(*np.nonzero(mean - 1.96 * spread > mean[best] + 1.96 * spread[best] + 0.05), strict=True)
    ]
    if above:
        names = ", ".join(sorted({name for name, _ in above}))
        warn(
            "founder_not_highest",
            f"in {names} some mutations lie above the founder cluster: more than one founder, or a copy number "
            "that was not seen",
        )
    weight = member[:, best]
    return index, weight, np.ones(len(index)), np.full(len(index), 2.0)


def _founder_rows(counts, states: States, mixture: Mixture):
    return states.mutation, mixture.rows[:, 0], states.copies[:, 0], states.total[:, 0]


def _purity(counts, founder, settings, precision) -> dict:
    """Per sample: purity (posterior mean under a uniform prior, 95 % interval), whether the founder is detected."""
    mutation, weight, copies, total = founder
    keep = weight > 0.05
    mutation, weight, copies, total = (x[keep] for x in (mutation, weight, copies, total))
    sure = weight > 0.5 if (weight > 0.5).any() else weight >= weight.max(initial=0)
    samples = len(counts.samples)
    found = {key: np.full(samples, np.nan) for key in ("value", "lower", "upper", "limit")}
    found |= {"detected": np.zeros(samples, bool), "reads": np.zeros(samples, int), "depth": np.zeros(samples, int)}
    for s in range(samples):
        alt, depth = counts.alt[mutation, s], counts.depth[mutation, s]
        covered = depth > 0
        pooled, at_depth = int(alt[sure].sum()), int(depth[sure].sum())
        found["reads"][s], found["depth"][s] = pooled, at_depth
        background = at_depth * settings.error_rate
        least = min(2, int((covered & sure).sum()))
        found["limit"][s] = detection.limit(float((depth * copies / 2)[sure].sum()), background, max(least, 1))
        seen = int(((alt > 0) & sure).sum())
        by_error = float(detection.probability_by_error(pooled, background))
        if not covered.any() or seen < least or by_error >= detection.ALPHA:
            continue
        found["detected"][s] = True
        points = np.geomspace(1e-5, 1, 300)
        for _ in range(2):
            vaf = expected_vaf(1, points, copies[covered, None], total[covered, None], error=settings.error_rate)
            curve = log_likelihood(alt[covered, None], depth[covered, None], vaf, precision)
            curve = (weight[covered, None] * curve).sum(axis=0) + np.log(np.gradient(points))
            mass = np.exp(curve - curve.max())
            mass /= mass.sum()
            likely = np.flatnonzero(mass > 1e-7 * mass.max())
            last = points
            points = np.linspace(points[max(likely[0] - 1, 0)], points[min(likely[-1] + 1, len(points) - 1)], 400)
        below = np.cumsum(mass)
        found["value"][s] = mass @ last
        found["lower"][s] = last[np.argmax(below >= 0.025)]
        found["upper"][s] = last[np.argmax(below >= 0.975)]
    return found


def _tumour_copies(copy_number: CopyNumber, changed, informative, purity) -> dict:
    """{mutation: copies per cancer cell}, one number for all samples, by weighted least squares of

    ratio = 1 + purity * (copies - 2) / 2
    """
    copies = {}
    for mutation in np.flatnonzero(changed):
        ratio, error = copy_number.ratio[mutation, informative], copy_number.error[mutation, informative]
        rho, known = purity[informative], np.isfinite(ratio) & np.isfinite(error)
        weight = 1 / np.maximum(error[known], 0.01) ** 2
        slope = (weight * rho[known] * (ratio[known] - 1)).sum() / max((weight * rho[known] ** 2).sum(), 1e-12)
        total = int(np.clip(np.rint(2 + 2 * slope), 1, 12))
        if total != 2:
            copies[int(mutation)] = total
    return copies


def _precision(counts, states, mixture, purity, grid, settings) -> float | None:
    """Beta-binomial precision that makes the clusters likeliest; None (binomial) when the largest does."""
    step = max(1, len(counts.mutations) // 200)
    keep = np.isin(states.mutation, np.arange(0, len(counts.mutations), step)) & (mixture.rows.max(axis=1) > 0.01)
    few = States(*(column[keep] for column in vars(states).values()))
    rows = mixture.rows[keep]
    centre, width = PRECISION_PRIOR
    scores = []
    for precision in PRECISIONS:
        like = tensor(counts, few, purity, grid, settings.error_rate, precision)
        curves = np.tensordot(rows.T, like, 1) @ grid.up.T
        score = curves[0, :, -1].sum() + log_evidence(curves[1:], grid).sum()
        scores.append(score - 0.5 * ((np.log(precision) - centre) / width) ** 2)
    best = int(np.argmax(scores))
    return None if best == len(PRECISIONS) - 1 else float(PRECISIONS[best])


def _finished(
    counts, grid, states, mixture, informative, purity, tumour_cn, precision, rounds, settings, warnings, warn
) -> Model:
    samples, clusters = len(counts.samples), mixture.rows.shape[1]
    order = _order(mixture, states, grid)
    member = mixture.memberships(states.mutation)[:, order]
    rows = mixture.rows[:, order]
    posterior = np.zeros((clusters, samples, len(grid.fine)))
    posterior[:, informative] = mixture.posterior[order]
    shape = (clusters, samples)
    ccf, lower, upper, lod = (np.full(shape, np.nan) for _ in range(4))
    state = np.full(shape, "tumour_not_detected", dtype=object)
    belongs = member.argmax(axis=1)[states.mutation]
    detected = np.flatnonzero(purity["detected"])
    for s in sorted(set(informative) & set(detected)):
        column = int(np.flatnonzero(informative == s)[0])
        cv = (purity["upper"][s] - purity["lower"][s]) / 3.92 / purity["value"][s]
        rho = purity["value"][s]
        here = rho * states.total[:, column] + (1 - rho) * states.normal[:, column]
        signal = counts.depth[states.mutation, s] * rho * states.copies[:, column] / here
        for k in range(clusters):
            mine = np.flatnonzero(member.argmax(axis=1) == k)
            reads, depth = int(counts.alt[mine, s].sum()), int(counts.depth[mine, s].sum())
            background = depth * settings.error_rate
            per_unit = float((rows[:, k] * signal)[belongs == k].sum())
            least = max(1, min(2, int((counts.depth[mine, s] > 0).sum())))
            if depth == 0:
                state[k, s] = "not_covered"
                continue
            lod[k, s] = min(detection.limit(per_unit, background, least), 1.0)
            if k == 0:
                ccf[k, s] = lower[k, s] = upper[k, s] = 1.0
                state[k, s] = "measured"
                continue
            mean, low, high = interval(posterior[k, s], grid)
            low = max(0.0, mean - np.hypot(mean - low, 1.96 * cv * mean))
            high = min(1.0, mean + np.hypot(high - mean, 1.96 * cv * mean))
            present = detection.probability_by_error(reads, background) < detection.ALPHA and posterior[k, s, 0] < 0.05
            state[k, s] = "measured" if present else "below_lod"
            ccf[k, s], lower[k, s], upper[k, s] = (mean, low, high) if present else (np.nan, 0.0, high)
    for s in np.flatnonzero(~purity["detected"]):
        warn(
            "tumour_not_detected",
            f"{counts.samples[s]}: purity not estimable, {purity['reads'][s]} of {purity['depth'][s]} reads of the "
            "founder's mutations show them"
            + (f"; a tumour fraction of {purity['limit'][s]:.2%} could have been seen" if purity["depth"][s] else ""),
        )
    full = [counts.samples[s] for s in detected if purity["upper"][s] > 0.995]
    if full:
        warn("purity_at_one", f"{', '.join(full)}: the founder's VAF asks for a purity of 1 or more")
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
        member=member,
        posterior=posterior,
        tumour_cn=tumour_cn,
        precision=precision,
        bound=mixture.bound,
        rounds=rounds,
        warnings=warnings,
    )


def _order(mixture: Mixture, states: States, grid: Grid) -> list[int]:
    """Founder first, then by falling mean CCF; ties by the first mutation."""
    mean = (mixture.posterior @ grid.fine).mean(axis=1)
    first = mixture.memberships(states.mutation).argmax(axis=0)
    return [0, *sorted(range(1, len(mean)), key=lambda k: (-round(float(mean[k]), 9), int(first[k])))]


def _empty(counts, grid, warnings, purity=None) -> Model:
    samples = len(counts.samples)
    nothing = np.full(samples, np.nan)
    none = np.zeros((0, samples))
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
        member=np.zeros((len(counts.mutations), 0)),
        posterior=np.zeros((0, samples, len(grid.fine))),
        tumour_cn={},
        warnings=warnings,
    )
