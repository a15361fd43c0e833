"""Purity and ploidy of all samples of a patient together, with whole copies of both alleles per segment.

What reads whole copies give: `copy_states`; what mutations say: `clonality`.

One tumour, several samples: a segment has the same whole copies in all of them (a sample that is far better read by
itself, as after a doubling between samples, is set apart: `lineages`), except that in any sample, with a low
chance, it deviates (changed in a part of the cells, or an artefact): then its ratio and imbalance may be anything. The
likelihood of a segment is the sum over copies of the product over samples, so that a rich sample tells a poor one where
to look.

Every sample's grid over purity and ploidy is computed once. Solutions are found from the peaks of the grid of each rich
sample in turn: the other samples follow, all are then moved in turn, each given what the others say of copies, until
nothing changes. What is left of several solutions is kept with its probability, from the height and width of its peak.
A purity is stated only where its interval is narrow and no other solution says otherwise.

Limits: autosomes only; every normal cell is taken to have two copies; doubled genomes that later changed nothing by one
copy look as undoubled ones, which the prior prefers; where all mutations are in a part of the cells, the commonest part
passes for the founder.
"""

from dataclasses import dataclass

import numpy as np

from seriome.dna.clonality import Clonality, Mutations
from seriome.dna.copy_states import MAJOR, MINOR, MOST, RHO, TOTAL, expected_imbalance, expected_ratio, prior_of_copies
from seriome.dna.segments import DELTA, Segments
from seriome.special import logsumexp, ndtr

PSI = np.concatenate([np.arange(1.3, 4.0, 0.05), np.arange(4.0, 5.61, 0.1)])
DOUBLED = 0.3  # prior that the genome doubled: about what Bielski et al. 2018, doi:10.1038/s41588-018-0165-1, saw
DEVIATE = 0.08  # prior that a segment deviates in a sample
RATIOS = 3.0  # log2 ratios that a deviating segment spreads over
SYSTEMATIC = 0.03  # log2, standard deviation of a segment's ratio beyond its bins' scatter
STARTS, PEAKS, BELOW = 3, 5, 25.0  # rich samples that solutions start from; peaks of each; nats below the best
NEAR = 0.6  # copies of ploidy around the start within which samples are moved
ROUNDS = 6
WIDTH, TIE, APART = 0.3, 0.1, 0.1  # interval too wide to state; probability of solutions that differ by so much
NEARBY = 0.05  # the same of undoubled solutions that one segment alone rules out
LOW, FEW_SNPS = 0.1, 30
MANY, FOUNDED = 8, 0.1  # mutations of which some must be in all cancer cells, this share: every tumour has a founder
CELL = np.gradient(RHO)  # prior of a point of the grid: purity is uniform, and the log of ploidy
WEIGHT = CELL[:, None] * np.gradient(PSI) / PSI
# nats; share of the genome that deviates: beyond either, a sample has other copies than the rest
OTHER, MUCH = 10.0, 0.15
TRUST = 0.4  # weight of the reads where solutions are compared
FAINT = 3.0  # nats by which a sample's copies must speak for a tumour to be counted on


@dataclass(frozen=True)
class Solution:
    """One way to read the patient: purity, ploidy (S,), doubled, probability; copies (G, K) probability of each.

    shaken   its probability beside the likeliest alone, were the segment not there that speaks most for the doubling in
             that one; 0 where it has none, or both have
    """

    purity: np.ndarray
    ploidy: np.ndarray
    doubled: bool
    probability: float
    copies: np.ndarray
    shaken: float = 0.0


@dataclass(frozen=True)
class Fit:
    """What is known of a patient's S samples.

    posterior   (S, len(RHO)) probability of each purity; of_copies, of_mutations: what either says alone, given what
                the other samples say of copies and of mutations
    ploidy, ploidy_lower, ploidy_upper  of the tumour, the same in all samples
    doubled     probability that the genome doubled
    solutions   likeliest first
    deviates    (G, S) probability that the segment deviates in the sample, in the likeliest solution
    alone       (S,) nats by which the sample's copies are likelier by themselves than as the other samples have them
    changed     (S,) nats by which the sample's copies speak for a tumour with changed copies
    mutations   (S,) mutations that are likely in all cancer cells and covered
    covered     (S,) mutations that are covered
    """

    posterior: np.ndarray
    of_copies: np.ndarray
    of_mutations: np.ndarray
    ploidy: float
    ploidy_lower: float
    ploidy_upper: float
    doubled: float
    solutions: list
    deviates: np.ndarray
    alone: np.ndarray
    changed: np.ndarray
    mutations: np.ndarray
    covered: np.ndarray


def fit(segments: Segments, mutations: Mutations | None = None) -> Fit:
    """Purity, ploidy and copies of a patient's samples; the order of samples and of segments does not matter."""
    return _Patient(segments, mutations).fitted()


def lineages(segments: Segments, mutations: Mutations | None = None) -> list[tuple[np.ndarray, Fit]]:
    """Fits of a patient's samples: all together or, where some have other copies than the rest, these apart.

    Of the rest, each sample that is better read with those apart goes to them, too.
    Returns  [(indexes of samples, Fit of these), ...], each sample once
    """

    def of(index):
        mine = mutations and Mutations(
            mutations.chrom, mutations.pos, mutations.alt[:, index], mutations.depth[:, index]
        )
        return fit(segments.part(index), mine)

    whole = fit(segments, mutations)
    other = differs(whole, segments)
    if not other.any() or other.all():
        return [(np.arange(len(other)), whole)]
    apart, rest = np.flatnonzero(other), np.flatnonzero(~other)
    together = of(rest)
    moved = [
        s
        for s, alone in zip(rest, together.alone, strict=True)
        if len(rest) > 1 and alone - of(np.append(apart, s)).alone[-1] > FAINT
    ]
    if 0 < len(moved) < len(rest):
        apart, rest = np.sort(np.append(apart, moved)), np.setdiff1d(rest, moved)
        together = of(rest)
    return [(rest, together), (apart, of(apart))]


def differs(found: Fit, segments: Segments) -> np.ndarray:
    """(S,) does the sample have other copies than the rest?"""
    size = (segments.end - segments.start).astype(float)
    share = size @ found.deviates / size.sum()
    return (len(found.alone) > 1) & (found.changed >= FAINT) & ((found.alone > OTHER) | (share > MUCH))


class _Patient:
    """Tables of the likelihood of each sample, and the search."""

    def __init__(self, segments: Segments, mutations):
        self.groups, self.samples = segments.ratio.shape
        self.tables = [self._table(segments, s) for s in range(self.samples)]
        self.marks = None
        if mutations is not None and len(mutations.pos):
            marks = Clonality(segments.of(mutations.chrom, mutations.pos - 1), mutations)
            self.marks = marks if len(marks) else None
        self.size = (segments.end - segments.start).astype(float)

    def _table(self, segments: Segments, s: int) -> np.ndarray:
        """(R, P, G, K) likelihood of a segment's reads over that where it deviates, at least DEVIATE."""
        ratio, error, curve = segments.ratio[:, s], segments.error[:, s], segments.curve[:, s]
        known = np.isfinite(ratio) & np.isfinite(error)
        sd = np.sqrt(np.where(known, error, 1) ** 2 + SYSTEMATIC**2)
        # imbalance of each copies at each purity, relative to any imbalance
        at = expected_imbalance(RHO[:, None], MAJOR, MINOR)
        step = (at - DELTA[0]) / (DELTA[1] - DELTA[0])
        low = np.minimum(step.astype(int), len(DELTA) - 2)
        part = step - low
        any_of = logsumexp(curve, axis=1) - np.log(len(DELTA))
        balance = curve[:, low] * (1 - part) + curve[:, low + 1] * part - any_of[:, None, None]  # (G, R, K)
        mean = expected_ratio(RHO[:, None, None], PSI[:, None], TOTAL)  # (R, P, K)
        miss = (np.where(known, ratio, 0)[None, None, :, None] - mean[:, :, None]).astype(np.float32)
        miss /= sd.astype(np.float32)[:, None]
        miss *= miss
        miss *= np.float32(-0.5)
        miss += (np.log(RATIOS) - np.log(sd) - 0.9189).astype(np.float32)[:, None]
        if not known.all():
            miss[:, :, ~known] = 0
        miss += balance.transpose(1, 0, 2)[:, None].astype(np.float32)
        np.minimum(miss, 60, out=miss)
        np.exp(miss, out=miss)
        miss *= np.float32(1 - DEVIATE)
        miss += np.float32(DEVIATE)
        return miss

    def _grid(self, s, weight, columns=slice(None)) -> np.ndarray:
        """(R, P) log likelihood of a sample given weights (G, K) of copies, or (K,) for all segments."""
        table = self.tables[s][:, columns]
        if weight.ndim == 1:
            found = table @ weight.astype(np.float32)
        else:
            found = np.einsum("rpgk,gk->rpg", table, weight.astype(np.float32))
        return np.log(found).sum(axis=2, dtype=float)

    def fitted(self) -> Fit:
        priors = [prior_of_copies(doubled) for doubled in (False, True)]
        logs = np.log([1 - DOUBLED, DOUBLED])
        mean = [sum(np.exp(log) * prior for log, prior in one) for one in priors]
        grids = [[self._grid(s, prior) for prior in mean] for s in range(self.samples)]
        diploid = np.argmin(np.abs(PSI - 2))
        plain = np.array([np.log(table[0, diploid] @ mean[0]).sum() for table in self.tables])
        changed = np.array([max(g.max() for g in grids[s]) for s in range(self.samples)]) - plain
        found = []
        seen = changed.max() >= FAINT
        for doubled in (0, 1) if seen else (0,):  # copies tell of a doubling; mutations alone never do
            starts = [
                (int(s), r, p)
                for s in np.argsort(-changed, kind="stable")[: STARTS if seen else 1]
                for r, p in _peaks(grids[s][doubled])
            ]
            for one in starts + self._starts(doubled):
                found.append(self._settle(*one, doubled, priors[doubled], logs[doubled], changed))
        found = _distinct(found)
        best = max(one["evidence"] for one in found)
        weight = np.array([np.exp(one["evidence"] - best) for one in found])
        weight /= weight.sum()
        shaken = np.array([_shaken(found[int(weight.argmax())], one) for one in found])
        order = np.argsort(-weight, kind="stable")
        order = order[(weight[order] > 1e-3) | (shaken[order] > TIE)]
        weight, shaken = weight[order] / weight[order].sum(), shaken[order]
        found = [found[one] for one in order]

        def mixed(key):
            return sum(w * one[key] for w, one in zip(weight, found, strict=True))

        ploidy = self._ploidy(found, weight)
        top = found[0]
        return Fit(
            mixed("posterior"), mixed("of_copies"), mixed("of_mutations"), *ploidy,
            float(sum(w for w, one in zip(weight, found, strict=True) if one["doubled"])),
            [
                Solution(RHO[one["r"]], PSI[one["p"]], bool(one["doubled"]), float(w), one["copies"], float(again))
                for w, again, one in zip(weight, shaken, found, strict=True)
            ],
            self._deviates(top), self._alone(top, grids, mean), changed, self._clonal(top), self._covered(),
        )  # fmt: skip

    def _starts(self, doubled) -> list[tuple[int, int, int]]:
        """(sample, r, p) of the likeliest purities by mutations of the sample with most of their reads."""
        if self.marks is None:
            return []
        s = int(np.argmax(self.marks.alt.sum(axis=0)))
        base = 2 if doubled else 1
        state = np.full(len(self.marks), np.flatnonzero((base == MAJOR) & (base == MINOR))[0])
        p = int(np.argmin(np.abs(PSI - 2 * base)))
        return [(s, r, p) for r, _ in _peaks(self.marks.of_sample(s, {}, state)[:, None])]

    def _settle(self, start, r, p, doubled, priors, log_prior, changed) -> dict:
        """A solution from one sample's peak: the others follow, the richest first, then all in turn."""
        place = {int(start): (r, p)}
        columns = np.flatnonzero(np.abs(PSI - PSI[p]) <= NEAR)
        part = slice(columns[0], columns[-1] + 1)
        order = [int(start), *(int(s) for s in np.argsort(-changed, kind="stable") if s != start)]
        prior = priors[1][1]
        for step in range(ROUNDS):
            before = dict(place)
            for s in order[1:] if step == 0 else order:
                place[s] = self._best(s, place, prior, part, columns)[0]
            evidence, prior, by_segment = self._joint(place, priors)
            if step and place == before:
                break
        evidence += log_prior
        keys = ("posterior", "of_copies", "of_mutations")
        rows = {key: np.zeros((self.samples, len(RHO))) for key in keys}
        for s in range(self.samples):
            (_, _), grid, own, theirs = self._best(s, place, prior, part, columns)
            top = grid.max()
            mass = np.exp(grid - top) * WEIGHT[:, part]
            at = place[s]
            evidence += np.log(mass.sum()) + top - grid[at[0], at[1] - columns[0]]
            rows["posterior"][s] = mass.sum(axis=1) / mass.sum()
            for key, value in (("of_copies", own), ("of_mutations", theirs)):
                mass = np.exp(value - value.max()) * CELL
                rows[key][s] = mass / mass.sum()
        r, p = (np.array([place[s][axis] for s in range(self.samples)]) for axis in (0, 1))
        told = {"r": r, "p": p, "doubled": doubled, "evidence": evidence, "by_segment": by_segment}
        return rows | told | {"copies": self._copies(place, prior)}

    def _copies(self, place, prior, but=None) -> np.ndarray:
        """(G, K) probability of copies, from the samples placed, without one of them."""
        log = np.tile(np.log(prior), (self.groups, 1))
        for s, (r, p) in place.items():
            if s != but:
                log += np.log(self.tables[s][r, p])
        log -= log.max(axis=1, keepdims=True)
        weight = np.exp(log)
        return weight / weight.sum(axis=1, keepdims=True)

    def _best(self, s, place, prior, part, columns):
        """Where a sample lies best given the others: (r, p), its grid, and over purity alone: copies, mutations."""
        grid = self._grid(s, self._copies(place, prior, but=s), part)
        own = logsumexp(grid + np.log(WEIGHT[:, part] / CELL[:, None]), axis=1)
        theirs = np.zeros(len(RHO))
        if self.marks is not None:
            state = np.argmax(self._copies(place, prior), axis=1)[self.marks.segment_of]
            theirs = self.marks.of_sample(s, place, state)
            grid = grid + theirs[:, None]
        weighed = grid + np.log(WEIGHT[:, part])
        r, p = np.unravel_index(np.argmax(weighed), grid.shape)
        return (int(r), int(columns[0] + p)), grid, own, theirs

    def _joint(self, place, priors) -> tuple[float, np.ndarray, np.ndarray]:
        """Log of the probability of all reads with the samples placed; the prior of copies that suits them best, and

        what each segment adds with it (G,).

        Reads count for TRUST of what they say: solutions are compared over many segments, whose errors are not
        independent, while what is known beforehand of tumours is not the less true for it.
        """
        reads = 0.0
        for s, (r, p) in place.items():
            whole = (self.tables[s][r, p].astype(float) - DEVIATE).clip(0) / (1 - DEVIATE)
            reads = reads + np.log((1 - DEVIATE) * whole**TRUST + DEVIATE)
        adds = [logsumexp(reads + np.log(prior), axis=1) for _, prior in priors]
        found = [log + one.sum() for (log, _), one in zip(priors, adds, strict=True)]
        best = int(np.argmax(found))
        prior, by_segment = priors[best][1], adds[best]
        value = float(logsumexp(np.array(found)))
        if self.marks is not None:
            state = np.argmax(reads + np.log(prior), axis=1)[self.marks.segment_of]
            value += TRUST * self.marks.heard * self.marks.together(place, state)
        return value, prior, by_segment

    def _ploidy(self, found, weight):
        """Mean and 95 % interval of the copies per cancer cell, by length: normal in each solution, mixed over them."""
        part = self.size / self.size.sum()
        mean, points, below = 0.0, np.arange(0, MOST + 1, 0.005), 0.0
        for one, w in zip(found, weight, strict=True):
            here = one["copies"] @ TOTAL
            middle = part @ here
            sd = np.sqrt(part**2 @ np.maximum(one["copies"] @ TOTAL**2 - here**2, 0))
            mean, below = mean + w * middle, below + w * ndtr((points - middle) / max(sd, 0.01))
        return float(mean), *(float(points[np.searchsorted(below, q)]) for q in (0.025, 0.975))

    def _deviates(self, one) -> np.ndarray:
        """(G, S) probability that each segment deviates in each sample of a solution."""
        tables = [self.tables[s][r, p] for s, (r, p) in enumerate(zip(one["r"], one["p"], strict=True))]
        return np.stack([(one["copies"] * DEVIATE / table).sum(axis=1) for table in tables], axis=1)

    def _alone(self, one, grids, mean) -> np.ndarray:
        """(S,) what each sample gains, in nats, when its copies need not be those of the others."""
        place = {s: (r, p) for s, (r, p) in enumerate(zip(one["r"], one["p"], strict=True))}
        gain = np.zeros(self.samples)
        for s, (r, p) in place.items():
            told = self._copies(place, mean[one["doubled"]], but=s)
            gain[s] = max(grid.max() for grid in grids[s]) - np.log((self.tables[s][r, p] * told).sum(axis=1)).sum()
        return gain

    def _clonal(self, one) -> np.ndarray:
        """(S,) covered mutations that are likelier in all cancer cells than not."""
        if self.marks is None:
            return np.zeros(self.samples, int)
        return self.marks.clonal(one["r"], np.argmax(one["copies"], axis=1)[self.marks.segment_of])

    def _covered(self) -> np.ndarray:
        """(S,) covered mutations."""
        return np.zeros(self.samples, int) if self.marks is None else (self.marks.depth > 0).sum(axis=0)


def _peaks(grid) -> list[tuple[int, int]]:
    """The highest local maxima, at most PEAKS, none more than BELOW nats under the top."""
    wide = np.pad(grid, 1, constant_values=-np.inf)
    shape = grid.shape
    around = [wide[1 + i : 1 + i + shape[0], 1 + j : 1 + j + shape[1]] for i in (-1, 0, 1) for j in (-1, 0, 1)]
    peaks = np.argwhere((grid >= np.max(around, axis=0)) & (grid > grid.max() - BELOW))
    order = np.argsort([-grid[r, p] for r, p in peaks], kind="stable")[:PEAKS]
    return [(int(r), int(p)) for r, p in peaks[order]]


def _shaken(best: dict, other: dict) -> float:
    """Probability of a solution without a doubling beside the best one with it, were one segment not there: the one

    that speaks most for the best. A change in a part of the cells looks like an odd copy of a doubled genome.
    """
    if other["doubled"] or not best["doubled"]:
        return 0.0
    ahead = best["evidence"] - other["evidence"] - max((best["by_segment"] - other["by_segment"]).max(), 0)
    return float(1 / (1 + np.exp(np.clip(ahead, -50, 50))))


def _distinct(found) -> list:
    """Solutions by evidence, each once: the same copies nearly everywhere and the same purities."""
    kept = []
    for one in sorted(found, key=lambda one: -one["evidence"]):
        state = np.argmax(one["copies"], axis=1)
        if not any(
            one["doubled"] == other["doubled"]
            and np.mean(state == np.argmax(other["copies"], axis=1)) > 0.9
            and np.abs(RHO[one["r"]] - RHO[other["r"]]).max() < 0.05
            for other in kept
        ):
            kept.append(one)
    return kept


def interval(mass) -> tuple[float, float, float]:
    """Mean and 95 % interval of a purity from its probabilities over RHO."""
    below = np.cumsum(mass)
    lower, upper = (float(np.interp(q, below - mass / 2, RHO)) for q in (0.025, 0.975))
    return float(mass @ RHO), lower, upper


def stated(found: Fit, s: int, snps: int) -> dict:
    """What may be said of the purity of sample `s`.

    Returns  purity, lower, upper, state (measured, below_lod, not_estimable), reason, of a fit with `snps` SNPs.
             below_lod: whatever tumour there is, it is less than `upper`. Purity is None unless measured
    """
    mean, lower, upper = interval(found.posterior[s])
    top = found.solutions[0]
    away = [(abs(one.purity[s] - top.purity[s]), one) for one in found.solutions]
    other = sum(one.probability for distance, one in away if distance > APART)
    other = max([other, *(one.shaken for distance, one in away if distance > NEARBY)])
    said = {"purity": None, "lower": lower, "upper": upper, "state": "not_estimable", "reason": ""}
    if lower < RHO[2] and upper < LOW:
        return said | {"state": "below_lod", "reason": "low_purity"}
    if found.covered[s] >= MANY and found.mutations[s] < FOUNDED * found.covered[s]:
        return said | {"reason": "no_clonal_mutations"}
    narrow = upper - lower <= WIDTH and other < TIE
    if narrow and (found.changed.max() >= FAINT or found.mutations[s] >= 3):
        return said | {"purity": mean, "state": "measured"}
    if found.changed.max() < FAINT:
        reason = "no_copy_change" if found.mutations[s] < 3 else "no_copy_change_and_unclear_mutations"
    elif other >= TIE:
        reason = "solutions_tie"
    elif snps < FEW_SNPS:
        reason = "few_snps"
    elif found.changed[s] < FAINT:
        reason = "low_purity"
    else:
        reason = "wide_interval"
    return said | {"reason": reason}
