"""Growth: how fast each clone grows under each treatment, against the rest of the tumour and in absolute terms.

A clone's cells grow exponentially, at one rate per phase of treatment, without a jump where the phase changes. So

    log own share of clone k in sample s = a_k + sum over phases of rate_kp * days of phase p before s - level_s

is linear; the level is that of the sample's whole tumour, any number. `relative`: the mean slope over the phase of the
log odds of the own share, which is the growth rate of the clone less that of the rest of the tumour (selection).
`absolute`, where the burden is known: the same of log(burden * own share), the level then being only what shedding and
sampling add; the net growth rate. Burden is in any unit that is proportional to cancer cells, alike in all samples of
one kind of specimen; of plasma that is `odds` of the tumour fraction, where DNA of normal cells is constant.

Errors and their covariance are those of the draws, plus a scatter of samples about the lines that is estimated; how far
a patient's rates lie apart is estimated too, and bounds a rate that the samples bound on one side alone. A sample in
which the clone was looked for and not seen is a Tobit term: the probability to miss it, 1 - POWER at the limit, is a
probit in log share. A share that may as well be none (a clone of which hardly a cell is left beside its descendants) is
normal, not log-normal, about what the draws would be if none were held at 0. The posterior is drawn by elliptical slice
sampling, which starts from the posterior without those two. Intervals are its 95 % quantiles.

Assumes that a clone not yet seen was there, below the limit. Limits: two samples of a phase determine a slope with no
check; scatter then rests on its prior. A change of rate within a phase (resistance) is averaged over.
Sources: Tobin 1958, doi:10.2307/1907382 (censored regression); Murray et al. 2010, AISTATS 9 (elliptical slice);
Chevin 2011, doi:10.1098/rsbl.2010.0580, and Williams et al. 2018, doi:10.1038/s41588-018-0128-6
(selection as the difference of growth rates); Diehl et al. 2008, doi:10.1038/nm.1789 (burden from circulating DNA).
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from seriome.clones.detection import POWER
from seriome.special import log_ndtr, logsumexp, ndtr, ndtri

CHAINS, STEPS = 500, 30  # of the sampler: every chain gives one draw
RATE = 0.1  # prior standard deviation of the tumour's growth rate, per day: a doubling in a week is not excluded
RATES = np.geomspace(0.003, 0.1, 6)  # of the clones' rates about it, those tried, per day
WIDE = 10.0  # of a level, in log units: any
SHED = 0.3  # of what shedding and sampling add to a burden, in log units
SCATTER = 0.3  # half-normal prior of the scatter of samples about the lines, in log units
SCATTERS = np.geomspace(0.02, 1.5, 9)  # those tried
MISS = 0.5  # width of the probit of a miss, in log units, as of calls from two to five reads on
ROUND_ZERO = 0.3  # a share whose lower bound is less than this part of its median may as well be none
NEAR = 14  # days before or after a phase at which a sample still shows its start or end


def odds(fraction):
    """Tumour DNA per normal DNA, from the tumour fraction of a sample; 0 to 1."""
    return fraction / np.maximum(1 - fraction, 1e-6)


def phases_of(treatments, first, last) -> list[dict]:
    """Phases {name, start, end} from day `first` to `last`, cut where a drug begins or ends; name: its drugs, by " + ".

    treatments  rows with drug, start and, unless it goes on, end (the last day on which it is given)
    """
    cuts = {first, last}
    for row in treatments:
        cuts |= {day for day in (row["start"], row.get("end", math.inf) + 1) if first < day < last}
    cuts, found = sorted(cuts), []
    for start, end in pairwise(cuts):
        drugs = [
            row["drug"]
            for row in sorted(treatments, key=lambda row: (row["start"], row["drug"]))
            if row["start"] < end and row.get("end", math.inf) >= start
        ]
        found.append({"name": " + ".join(dict.fromkeys(drugs)) or "no treatment", "start": start, "end": end})
    return found


def rates(
    share_draws, days, specimens, burden_draws, phases, limits, states, *, burden_limits=None, seed=7
) -> list[dict]:
    """Growth rate of every clone in every phase, a row each and scale; see the module.

    share_draws    (D, K, S) own share; NaN where nothing is known
    days           (S,);  specimens (S,) kinds, among which burdens are not compared
    burden_draws   (D, S) cancer cells in any unit, NaN where not known; None: only the relative scale
    phases         dicts with name, start, end (days), in order, without overlap; `phases_of` makes them
    limits         (K, S) the share that could have been seen
    states         (K, S) `measured`, `below_lod` (looked for, not seen), `tumour_not_detected`; all else says nothing
    burden_limits  (S,) the burden that could have been seen where no tumour was
    Returns  rows of cluster_id, phase, start, end, scale, rate_per_day, lower, upper (95 %), doubling_days (negative: a
             halving; None where the interval holds 0), samples_used, p_positive, reason. Where a rate is not estimable
             it is None and `reason` says why; with a rate, `reason` says what it rests on where that is little
    """
    days, limits, states = np.asarray(days, float), np.asarray(limits, float), np.asarray(states, object)
    if not share_draws.shape[1] or not len(days):
        return []
    seen = _Seen.of(share_draws, limits, states)
    rows = _rows("relative", seen, days, phases, seed, WIDE)
    if burden_draws is not None and np.isfinite(burden_draws).any():
        used = _one_kind(specimens, np.isfinite(burden_draws).any(axis=0))
        amount = np.where(used[None, :], burden_draws, np.nan)
        cleared = np.full(len(days), np.nan) if burden_limits is None else np.asarray(burden_limits, float)
        kind = np.array([one in {specimens[s] for s in np.flatnonzero(used)} for one in specimens])
        cleared = np.where(kind & ~used, cleared, np.nan)
        burdened = _Seen.of(share_draws * amount[:, None, :], limits * np.median(amount, axis=0), states, cleared)
        rows += _rows("absolute", burdened, days, phases, seed, SHED)
    return rows


def _one_kind(specimens, known) -> np.ndarray:
    """The samples of known burden that are of the commonest kind of specimen among them."""
    kinds = sorted({specimens[s] for s in np.flatnonzero(known)})
    best = max(kinds, key=lambda kind: sum(known[s] and specimens[s] == kind for s in range(len(known))))
    return np.array([bool(known[s]) and specimens[s] == best for s in range(len(known))])


@dataclass(frozen=True)
class _Seen:
    """What each sample says of the size of each clone. Cells are (k, s).

    cells, value, covariance  those that are seen: mean of the log size (n,), and covariance (n, n)
    unseen, limit             those that are not: log of the size that could have been seen (m,)
    scant, size, error        those that may as well be none: the size (l,), below 0 too, and its standard error
    """

    clones: int
    cells: list
    value: np.ndarray
    covariance: np.ndarray
    unseen: list
    limit: np.ndarray
    scant: list
    size: np.ndarray
    error: np.ndarray

    @classmethod
    def of(cls, draws, limits, states, cleared=None):
        """draws (D, K, S) sizes; limits, states (K, S); cleared (S,) what could be seen, without tumour."""
        count, clones, samples = draws.shape
        cells, logs, unseen, limit, scant, normal = [], [], [], [], [], []
        for k in range(clones):
            for s in range(samples):
                size = draws[:, k, s]
                if states[k, s] == "tumour_not_detected" and cleared is not None and cleared[s] > 0:
                    unseen.append((k, s))
                    limit.append(math.log(cleared[s]))
                elif not np.isfinite(size).all():
                    continue
                elif states[k, s] == "below_lod" and 0 < limits[k, s] < np.inf:
                    unseen.append((k, s))
                    limit.append(math.log(limits[k, s]))
                elif states[k, s] == "measured":
                    low, middle = np.quantile(size, (0.025, 0.5))
                    if low > ROUND_ZERO * middle:
                        cells.append((k, s))
                        logs.append(np.log(np.maximum(size, 1e-3 * low)))
                    elif size.any():
                        scant.append((k, s))
                        normal.append(_not_held_at_zero(size))
        logs = np.array(logs).reshape(len(cells), count)
        value = logs.mean(axis=1) if cells else np.zeros(0)
        size, error = np.array(normal).reshape(-1, 2).T
        return cls(clones, cells, value, _covariance(logs), unseen, np.array(limit), scant, size, error)


def _not_held_at_zero(size):
    """Mean and standard deviation of the normal distribution of which `size` (D,) is what is above 0, else 0."""
    none, high = np.mean(size <= 0), 0.975
    if none < 1 - high:
        low, top = np.quantile(size, (1 - high, high))
        return (low + top) / 2, (top - low) / (2 * ndtri(high))
    if none > 0.9:  # too few are left above 0 for their quantile
        none, high = none - 0.5 / len(size), 1 - 0.5 / len(size)
    error = np.quantile(size, high) / (ndtri(high) - ndtri(none))
    return -ndtri(none) * error, error


def _covariance(logs) -> np.ndarray:
    """Covariance of the rows, without the correlations that so many draws show by chance."""
    if not len(logs):
        return np.zeros((0, 0))
    covariance = np.atleast_2d(np.cov(logs))
    error = np.sqrt(np.maximum(np.diag(covariance), 1e-12))
    correlation = covariance / np.outer(error, error)
    correlation[np.abs(correlation) < 4 / math.sqrt(logs.shape[1])] = 0
    np.fill_diagonal(correlation, 1)
    root, axes = np.linalg.eigh(correlation)
    return (axes * np.maximum(root, 1e-3)) @ axes.T * np.outer(error, error)


def _rows(scale, seen: _Seen, days, phases, seed, level) -> list[dict]:
    ever = sorted({k for k, _ in seen.cells})
    edges = [(max(one["start"], days.min()), min(one["end"], days.max())) for one in phases]
    alone = scale == "relative" and len(ever) < 2
    slopes = None if alone or not phases or not ever else _slopes(scale, seen, ever, days, phases, edges, seed, level)
    rows = []
    for k in range(seen.clones):
        for p, phase in enumerate(phases):
            inside = (days >= phase["start"] - NEAR) & (days <= phase["end"] + NEAR)
            values = {days[s] for one, s in seen.cells if one == k and inside[s]}
            bounds = {days[s] for one, s in seen.unseen + seen.scant if one == k and inside[s]} - values
            row = {"cluster_id": k, "phase": phase["name"], "start": phase["start"], "end": phase["end"]}
            row |= {"scale": scale, "rate_per_day": None, "lower": None, "upper": None, "doubling_days": None}
            row |= {"samples_used": len(values | bounds), "p_positive": None}
            row["reason"] = _why_not(scale, alone, k in ever, values, bounds, edges[p])
            if row["reason"] is None:
                drawn = slopes[:, ever.index(k), p]
                row["lower"], row["rate_per_day"], row["upper"] = map(float, np.quantile(drawn, (0.025, 0.5, 0.975)))
                row["p_positive"] = _above_zero(drawn)
                if row["lower"] > 0 or row["upper"] < 0:
                    row["doubling_days"] = math.log(2) / row["rate_per_day"]
                if len(values) == 1:
                    row["reason"] = "a bound: seen on one day of this phase, below detection on the others"
            rows.append(row)
    return rows


def _why_not(scale, alone, ever, values, bounds, edge) -> str | None:
    """Why a rate is not estimable from days with values and with bounds alone; None: it is."""
    if not ever:
        where = "in no sample" + (" of known burden" if scale == "absolute" else "")
        return f"not estimable: the clone's own cells are seen {where}"
    if alone:
        return "not estimable: no other clone to compare with"
    if edge[1] <= edge[0] or len(values | bounds) < 2:
        number = "one day" if values | bounds else "no day"
        return f"not estimable: {number} of this phase says anything of the clone; two are needed"
    return None if values else "not estimable: below detection throughout this phase"


def _above_zero(drawn) -> float:
    """Probability above 0 by draws; where all are on one side, by the tail of the normal distribution, if less."""
    above = int((drawn > 0).sum())
    if 0 < above < len(drawn):
        return above / len(drawn)
    tail = min(1 / (2 + len(drawn)), float(ndtr(-abs(drawn.mean()) / max(drawn.std(), 1e-12))))
    return 1 - tail if above else tail


def _slopes(scale, seen: _Seen, ever, days, phases, edges, seed, level) -> np.ndarray:
    """Draws of the rates, (CHAINS, clones ever seen, phases)."""
    knots = _days_in_phases(phases, days)
    width = 1 + len(phases)
    drawn = _posterior(seen, ever, knots, level, np.random.default_rng(seed))
    lines = drawn[:, : len(ever) * width].reshape(-1, len(ever), width)
    if scale == "absolute":
        tumour = drawn[:, len(ever) * width : len(ever) * width + len(phases)]
        return lines[:, :, 1:] + tumour[:, None, :]
    slopes = np.full((len(drawn), len(ever), len(phases)), np.nan)
    for p, (start, end) in enumerate(edges):
        if end <= start:
            continue
        at = [lines @ np.append(1.0, one) for one in _days_in_phases(phases, np.array([start, end]))]
        for k in range(len(ever)):
            before, after = (one[:, k] - logsumexp(np.delete(one, k, axis=1), axis=1) for one in at)
            slopes[:, k, p] = (after - before) / (end - start)
    return slopes


def _days_in_phases(phases, days) -> np.ndarray:
    """(len(days), P) days of each phase that have passed; before the first and after the last, its slope goes on."""
    starts = np.array([one["start"] for one in phases], float)
    starts[0] = -np.inf
    ends = np.append(starts[1:], np.inf)
    origin = phases[0]["start"]
    passed = lambda day: np.clip(day, starts, ends)  # noqa: E731
    with np.errstate(invalid="ignore"):
        return np.array([np.nan_to_num(passed(day) - passed(origin)) for day in days])


def _posterior(seen: _Seen, ever, knots, level, rng) -> np.ndarray:
    """Draws (CHAINS, parameters): of each clone a level and, per phase, its rate less the tumour's; the tumour's rates;

    a level of each sample.
    """
    samples, phases = knots.shape
    width = 1 + phases
    rest = len(ever) * width
    columns = rest + phases + samples

    def design(cells):
        rows = np.zeros((len(cells), columns))
        for row, (k, s) in zip(rows, cells, strict=True):
            at = ever.index(k) * width
            row[at : at + width] = np.append(1.0, knots[s])
            row[rest : rest + phases] = knots[s]
            row[rest + phases + s] = -1.0
        return rows

    missed, little = (np.array([k in ever for k, _ in cells], bool) for cells in (seen.unseen, seen.scant))
    exact = design(seen.cells)
    others = design([cell for cell, kept in zip(seen.unseen + seen.scant, [*missed, *little], strict=True) if kept])
    centre = seen.value.mean()
    value = seen.value - centre
    tried = [(scatter, rate) for scatter in SCATTERS for rate in RATES]
    scores, fits = np.zeros(len(tried)), [None] * len(tried)
    for one, (scatter, rate) in enumerate(tried):
        clones = np.tile(np.r_[WIDE, np.full(phases, rate)], len(ever))
        prior = np.r_[clones, np.full(phases, RATE), np.full(samples, level)]
        spread = (exact * prior**2) @ exact.T + seen.covariance + scatter**2 * np.eye(len(value))
        root = np.linalg.cholesky(spread)
        white = np.linalg.solve(root, value)
        scores[one] = -0.5 * white @ white - np.log(np.diag(root)).sum()
        scores[one] += math.log(scatter) - 0.5 * (scatter / SCATTER) ** 2  # both are even in the log
        fits[one] = prior, root, white
    weight = np.exp(scores - scores.max())
    edges = np.cumsum(weight / weight.sum())
    which = np.searchsorted(edges, (np.arange(CHAINS) + 0.5) / CHAINS).clip(max=len(tried) - 1)
    mean = np.zeros((CHAINS, columns))
    deviations = rng.standard_normal((1 + STEPS if len(others) else 1, CHAINS, columns))
    for one in np.unique(which):
        prior, root, white = fits[one]
        half = np.linalg.solve(root, exact * prior**2)
        values, vectors = np.linalg.eigh(np.diag(prior**2) - half.T @ half)
        mean[which == one] = half.T @ white
        deviations[:, which == one] @= (vectors * np.sqrt(np.maximum(values, 0))).T
    if not len(others):
        return mean + deviations[0]
    reach = np.sqrt(MISS**2 + np.array(tried)[which, :1] ** 2)
    ceiling = seen.limit[missed] + MISS * ndtri(1 - POWER)
    size, error = seen.size[little], seen.error[little]
    middle = mean @ others.T + centre
    room = (ceiling - middle[:, : len(ceiling)]) / reach

    def score(at, chains):
        """Log likelihood of what is not seen, or scant, at sizes (chains, cells) that lie `at` above the mean."""
        unseen, scant = at[:, : len(ceiling)], at[:, len(ceiling) :] + middle[chains, len(ceiling) :]
        off = (np.exp(np.minimum(scant, 50)) - size) / error
        return log_ndtr(room[chains] - unseen / reach[chains]).sum(axis=1) - 0.5 * (off**2).sum(axis=1)

    return mean + _elliptical(deviations, others, score, rng)


def _elliptical(deviations, design, score, rng):
    """The state of each chain after elliptical slice sampling; no chain waits for another.

    A step begins with the whole turn, cut at random, and shrinks it towards the state until a point is accepted.
    deviations  (1 + steps, chains, parameters) draws of the prior: where chains start, and what each step turns to
    design      (cells, parameters);  score(at, chains) log likelihood of states times design, (chains, cells)
    """
    last, state, of_cells = len(deviations) - 1, deviations[0].copy(), deviations @ design.T
    chain = np.arange(len(state))
    step, at, to = np.ones(len(state), int), of_cells[0].copy(), of_cells[1].copy()
    low, least = -2 * np.pi * rng.random(len(state)), score(at, chain) - rng.standard_exponential(len(state))
    high = low + 2 * np.pi
    while len(chain):
        angle = low + (high - low) * rng.random(len(chain))
        cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
        trial_at = at * cos + to * sin
        trial = score(trial_at, chain)
        done = np.flatnonzero((trial > least) | (high - low < 1e-9))
        low, high = np.where(angle < 0, angle, low), np.where(angle < 0, high, angle)
        mine, turn = chain[done], step[done]
        state[mine] = state[mine] * cos[done] + deviations[turn, mine] * sin[done]
        at[done], to[done] = trial_at[done], of_cells[np.minimum(turn + 1, last), mine]
        low[done], least[done] = -2 * np.pi * rng.random(len(done)), trial[done] - rng.standard_exponential(len(done))
        high[done] = low[done] + 2 * np.pi
        step[done] += 1
        if (turn == last).any():
            on = step <= last
            chain, step, at, to, low, high, least = (one[on] for one in (chain, step, at, to, low, high, least))
    return state
