"""Background: how often each change of a base is an error, learned from a sample's own positions.

96 kinds of substitution: six types, seen from their pyrimidine, times the bases beside it, since deamination,
oxidation and polymerases prefer some neighbours. At a position where nothing is real the reads of an allele are
beta-binomial, with the rate of their kind and an overdispersion between positions. Somatic variants of low fraction
are among the positions that this is learned from; a mixture takes them out: a part of the positions, at most
MOST_REAL, holds an allele of any fraction (log-uniform), and EM weighs each position by its chance to be an error.
Rates of sites scatter by at most WIDEST times their mean: a beta distribution that is wider looks like real variants.
Rates of a kind are drawn towards those of their type, as so many reads speak that PULL errors would be expected.

Indels are learned likewise, by the repeat that stands behind the base they are written at: polymerases slip the more
often the more units follow one another. Kinds are the classes of REPEATS; where a sample has few such places the rates
that stand there lead (a prior as of INDEL_ERRORS errors seen).

Sources: Gerstung et al. 2014 (beta-binomial errors per site), Bioinformatics 30:1198,
doi:10.1093/bioinformatics/btt750; Dempster, Laird, Rubin 1977 (EM), J R Stat Soc B 39:1,
doi:10.1111/j.2517-6161.1977.tb01600.x; Alexandrov et al. 2013 (96 kinds), Nature 500:415, doi:10.1038/nature12477
"""

import numpy as np

SUBSTITUTIONS = ("C>A", "C>G", "C>T", "T>A", "T>C", "T>G")  # both strands of a change are one type
COMPLEMENT = dict(zip("ACGT", "TGCA", strict=True))
CONTEXTS = 16  # bases before and after
PRIOR_RATE, PRIOR_BASES = 5e-4, 2000  # error per base and change before data: about Q30 over three changes
FRACTIONS = np.geomspace(1e-3, 1.0, 40)  # of what is real
MOST_REAL, ROUNDS, PULL = 0.02, 12, 20.0
WIDEST = 2.0  # coefficient of variation of the rates of sites; what scatters more is real, or an artefact of its site
MOST_READS = 100  # reads of an allele told apart in the histogram; more are real whatever the depth
STEP = 1.1  # ratio of neighbouring bins of depth
# Units of a repeat from which a class begins, its error rate and spread before data
REPEATS = ((1, 5e-5, 1e-4), (4, 3e-4, 3e-4), (6, 1e-3, 5e-4), (8, 5e-3, 1e-3), (10, 1e-2, 2e-3), (13, 3e-2, 5e-3))
INDEL_ERRORS, LONGEST_UNIT, MOST_UNITS = 2.0, 3, 40


def substitution(ref: str, alt: str) -> str:
    """The type of a single-base change, seen from its pyrimidine: `G>A` is `C>T`."""
    return f"{ref}>{alt}" if ref in "CT" else f"{COMPLEMENT[ref]}>{COMPLEMENT[alt]}"


def kind_of(around: str, alt: str) -> int | None:
    """The number (0 to 95) of a change of the middle of three bases; None beside anything but A, C, G, T."""
    if len(around) != 3 or not set(around) <= set("ACGT"):
        return None
    if around[1] not in "CT":
        around, alt = "".join(COMPLEMENT[base] for base in reversed(around)), COMPLEMENT[alt]
    context = 4 * "ACGT".index(around[0]) + "ACGT".index(around[2])
    return CONTEXTS * SUBSTITUTIONS.index(f"{around[1]}>{alt}") + context


def units_behind(sequence: str) -> np.ndarray:
    """How many units of one to LONGEST_UNIT bases stand in a row behind each base, at most MOST_UNITS; 1 of no repeat.

    That is the repeat of a left-aligned indel that is written at this base. Array (len(sequence),).
    """
    text = np.frombuffer(sequence.encode("ascii"), np.uint8)
    most = np.ones(len(text) + 1, np.int64)
    for length in range(1, LONGEST_UNIT + 1):
        if len(text) <= length:
            break
        same = text[:-length] == text[length:]
        # bases from here on that equal the one a unit later: distance to the next that does not
        breaks = np.where(same, len(same), np.arange(len(same)))
        run = np.minimum.accumulate(breaks[::-1])[::-1] - np.arange(len(same))
        most[: len(run)] = np.maximum(most[: len(run)], run // length + 1)
    return np.minimum(most[1:], MOST_UNITS)


def repeat_class(units) -> np.ndarray:
    """The number of the class of REPEATS; array or number."""
    return np.searchsorted([least for least, _, _ in REPEATS], units, side="right") - 1


class Background:
    """Histograms over positions: for each sample and kind, how many had this depth and these reads of the allele."""

    def __init__(self, samples: int, max_depth: int = 20_000):
        self.edges = np.unique(np.rint(STEP ** np.arange(np.ceil(np.log(max_depth + 1) / np.log(STEP)) + 1)))
        bins = len(self.edges)
        self.counts = np.zeros((samples, CONTEXTS * len(SUBSTITUTIONS), bins, MOST_READS + 1), np.int32)
        self.depth = np.zeros((samples, bins, 2))  # sum of depths, positions
        self.indels = np.zeros((samples, len(REPEATS), bins, MOST_READS + 1), np.int32)

    def add(self, kinds, alt, depth) -> None:
        """Positions: kinds (P, 3), alt (P, 3, S) reads of each other base, depth (P, S)."""
        kinds, alt, depth = np.asarray(kinds), np.asarray(alt), np.asarray(depth)
        if not len(kinds):
            return
        place = np.searchsorted(self.edges, depth, side="right") - 1  # (P, S); -1 where there are no reads
        position, sample = np.nonzero(place >= 0)
        at = place[position, sample]
        np.add.at(self.depth, (sample, at, 0), depth[position, sample])
        np.add.at(self.depth, (sample, at, 1), 1)
        reads = np.minimum(alt[position, :, sample], MOST_READS)  # (positions x samples, 3)
        np.add.at(self.counts, (sample[:, None], kinds[position], at[:, None], reads), 1)

    def join(self, other: "Background") -> None:
        """The positions of another part of the regions, at the same samples, are added."""
        self.counts += other.counts
        self.indels += other.indels
        self.depth += other.depth

    def __getstate__(self) -> dict:
        """For another process: nearly all bins of the histograms are empty, and only the others are sent."""
        state = dict(self.__dict__)
        for name in ("counts", "indels"):
            at = np.flatnonzero(state[name])
            state[name] = state[name].shape, at, state[name].flat[at]
        return state

    def __setstate__(self, state: dict) -> None:
        self.__dict__ |= state
        for name in ("counts", "indels"):
            shape, at, numbers = state[name]
            self.__dict__[name] = np.zeros(shape, np.int32)
            self.__dict__[name].flat[at] = numbers

    def add_indels(self, units, reads, depth) -> None:
        """Positions: units (P,) of the repeat behind, reads (P, S) of the commonest indel there, depth (P, S)."""
        units, reads, depth = np.asarray(units), np.asarray(reads), np.asarray(depth)
        if not len(units):
            return
        place = np.searchsorted(self.edges, depth, side="right") - 1
        position, sample = np.nonzero(place >= 0)
        kind, many = repeat_class(units)[position], np.minimum(reads[position, sample], MOST_READS)
        np.add.at(self.indels, (sample, kind, place[position, sample], many), 1)

    def fitted_indels(self) -> tuple[np.ndarray, np.ndarray]:
        """(rate, overdispersion) of indels of each class of REPEATS at each sample, (S, classes) each."""
        samples = len(self.indels)
        rate, spread = np.empty((samples, len(REPEATS))), np.empty((samples, len(REPEATS)))
        for s in range(samples):
            middle = self.depth[s, :, 0] / np.maximum(self.depth[s, :, 1], 1)
            for number, (_, before, scatter) in enumerate(REPEATS):
                (rate[s, number],), measured = fit(self.indels[s, number][None], middle, before, INDEL_ERRORS)
                spread[s, number] = max(measured, scatter)
        return rate, spread

    def fitted(self) -> tuple[np.ndarray, np.ndarray]:
        """(rate, overdispersion) of each kind at each sample, (S, 96) and (S, 6)."""
        samples, kinds = self.counts.shape[:2]
        rate, spread = np.empty((samples, kinds)), np.empty((samples, len(SUBSTITUTIONS)))
        for s in range(samples):
            middle = self.depth[s, :, 0] / np.maximum(self.depth[s, :, 1], 1)
            for number in range(len(SUBSTITUTIONS)):
                own = slice(CONTEXTS * number, CONTEXTS * (number + 1))
                rate[s, own], spread[s, number] = fit(self.counts[s, own], middle)
        return rate, spread


def fit(counts, depth, prior=PRIOR_RATE, errors=PRIOR_RATE * PRIOR_BASES) -> tuple[np.ndarray, float]:
    """Error rates of the kinds of one type, and their common overdispersion.

    counts   (K, B, R) positions with a depth of bin B and R reads of the allele;  depth (B,) mean depth of the bins
    prior    rate before data, as of so many `errors` seen
    Returns  rates (K,), rho; without positions `prior` and 0
    """
    from scipy import stats

    total = counts.sum(axis=0)
    bins, reads = np.nonzero(total)
    if not len(bins):
        return np.full(len(counts), prior), 0.0
    number, n, x = total[bins, reads].astype(float), np.maximum(depth[bins], reads), reads.astype(float)
    real = np.zeros(len(x))
    for fraction in FRACTIONS:
        real += stats.binom.pmf(x, np.rint(n), min(fraction, 1 - 1e-6)) / len(FRACTIONS)
    real[x >= counts.shape[2] - 1] = 1.0  # the last bin holds all that is more
    rate, rho, part = prior, 1e-4, 1e-3
    for _ in range(ROUNDS):
        wrong = (1 - part) * np.exp(log_error(x, n, rate, rho))
        weight = wrong / (wrong + part * real)
        weight[x >= counts.shape[2] - 1] = 0.0
        part = min(float((number * (1 - weight)).sum() / number.sum()), MOST_REAL)
        rate, rho = moments(number * weight, x, n, prior, errors)
    wrong = counts[:, bins, reads] * weight
    pull = PULL / rate
    return ((wrong @ x) + pull * rate) / ((wrong @ n) + pull), rho


def moments(weight, x, n, prior, errors) -> tuple[float, float]:
    """(rate, overdispersion) of error counts; the rate has seen `errors` errors at rate `prior` before data."""
    total, seen = (weight * n).sum(), (weight * x).sum()
    rate = (seen + errors) / (total + errors / prior)
    rho = overdispersion(x, n, seen / total, weight) if total else 0.0
    return float(rate), float(np.clip(rho, 0.0, rate * WIDEST**2))


def overdispersion(x, n, mean: float, weight=1.0) -> float:
    """rho of beta-binomial counts by moments: var(x) = n m (1 - m) (1 + (n - 1) rho), solved for the sums over places.

    May be below 0, of counts that scatter less than binomial ones; 0 where nothing can scatter.
    """
    excess = (weight * ((x - n * mean) ** 2 - n * mean * (1 - mean))).sum()
    pairs = (weight * n * (n - 1)).sum() * mean * (1 - mean)
    return float(excess / pairs) if pairs > 0 else 0.0


def log_error(k, n, rate, rho):
    """log P(X = k) of n reads when all are errors; rho 0 is binomial."""
    from scipy import special

    rate = np.clip(rate, 1e-12, 1 - 1e-12)
    k, n, rate, rho = np.broadcast_arrays(k, n, rate, rho)
    choose = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    found = choose + special.xlogy(k, rate) + special.xlog1py(n - k, -rate)
    wide = rho > 1e-7
    if wide.any():
        size = 1 / rho[wide] - 1
        a, b = rate[wide] * size, (1 - rate[wide]) * size
        found = np.array(found)
        found[wide] = choose[wide] + special.betaln(k[wide] + a, n[wide] - k[wide] + b) - special.betaln(a, b)
    return found


class ErrorModel:
    """Error rate and overdispersion of every change at every sample."""

    def __init__(self, background: Background):
        self.rate, self.rho = background.fitted()
        self.indel_rate, self.indel_rho = background.fitted_indels()

    def of(self, ref: str, alt: str, around: str = "", units: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """(rate, rho), arrays over the samples, of one change.

        around   the base with its neighbours; without them the mean of the type's kinds
        units    of the repeat at an indel
        """
        if len(ref) == len(alt) == 1:
            number = SUBSTITUTIONS.index(substitution(ref, alt))
            kind = kind_of(around, alt)
            own = slice(CONTEXTS * number, CONTEXTS * (number + 1))
            return self.rate[:, own].mean(axis=1) if kind is None else self.rate[:, kind], self.rho[:, number]
        if len(ref) == len(alt):  # several bases at once: each must be an error
            worst = self.rate.max(axis=1)
            return np.maximum(worst**2, 1e-6), np.zeros_like(worst)
        kind = int(repeat_class(units))
        return self.indel_rate[:, kind], self.indel_rho[:, kind]

    def rows(self, samples) -> list[dict]:
        """Per sample and type of substitution: rate (mean over its kinds) and spread."""
        mean = self.rate.reshape(len(self.rate), len(SUBSTITUTIONS), CONTEXTS).mean(axis=2)
        return [
            {"sample": name, "change": kind, "rate": float(mean[s, number]), "spread": float(self.rho[s, number])}
            for s, name in enumerate(samples)
            for number, kind in enumerate(SUBSTITUTIONS)
        ]


def at_site(rate, rho, reads: int, depth: int) -> tuple[np.ndarray, np.ndarray]:
    """(rate, rho) of errors at a place where a normal showed so many: the beta distribution of rates, updated by it.

    Where the normal shows none the rate falls as little as its depth allows; it is left as it was.
    """
    before = 1 / np.maximum(rho, 1e-7) - 1
    updated = (before * rate + reads) / (before + depth)
    return np.maximum(rate, updated), np.where(updated > rate, 1 / (before + depth + 1), rho)
