"""Counts: one patient's mutations as reads, drawn from clones that are known. For the clones stage, without raw files.

A founder and its descendants grow exponentially; every change of treatment gives every clone a new rate. A clone is
born on some day, within its parent, as a small share of the cancer cells. On some days a sample is taken; each clone's
own share of its cancer cells, its purity and its depth decide the reads of each mutation. Copies may be changed in all
cancer cells (a founder mutation may then lie on several copies), or, as a violation of what callers assume, in a part.
Where plasma is taken between a first and a last tissue, the burden shows in it: its tumour DNA per normal DNA is
proportional to all cancer cells.

VAF = purity * mutated copies / (purity * copies + (1 - purity) * 2), both averaged over the cancer cells of the sample.
Reads are binomial, or beta-binomial with a precision; a read is misread with probability `error`.
"""

from dataclasses import dataclass, field

import numpy as np

CHANGED = (
    (2, 1),
    (3, 1),
    (2, 2),
    (2, 0),
    (1, 0),
)  # (major, minor) of segments whose copies changed in all cancer cells
LOST = 1e-4  # own share below which a clone counts as gone
ERROR = 0.001


@dataclass(frozen=True)
class Course:
    """The truth of K clones over S samples; clone 0 is the founder.

    parent (K,), -1 for the founder; born (K,) day, -inf for those of before the first sample
    rate   (K, P) growth per day in each phase of treatment;  starts (P,) the phases' first days
    days   (S,);  share (K, S) own share of the cancer cells;  size (K,) log of the own cells on day 0 (or at birth)
    """

    parent: np.ndarray
    born: np.ndarray
    rate: np.ndarray
    starts: np.ndarray
    days: np.ndarray
    size: np.ndarray
    share: np.ndarray = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "share", self.shares(self.days))

    @property
    def below(self) -> np.ndarray:
        """(K, K): is the second clone the first or a descendant of it?"""
        below = np.eye(len(self.parent), dtype=bool)
        for clone in range(len(self.parent)):
            above = self.parent[clone]
            while above >= 0:
                below[above, clone] = True
                above = self.parent[above]
        return below

    @property
    def ccf(self) -> np.ndarray:
        return self.below @ self.share

    def log_size(self, days) -> np.ndarray:
        """Log of the own cells of each clone on any days, (K, len(days)); -inf before its birth."""
        days = np.atleast_1d(np.asarray(days, float))
        since = np.maximum(self.born, 0.0)
        ends = np.append(self.starts[1:], np.inf)
        log_size = np.repeat(self.size[:, None], len(days), axis=1)
        for phase, (start, end) in enumerate(zip(self.starts, ends, strict=True)):
            begun = np.maximum(since, start)[:, None]
            log_size += self.rate[:, phase, None] * np.clip(np.minimum(days, end) - begun, 0, None)
        return np.where(days >= np.maximum(self.born, -np.inf)[:, None], log_size, -np.inf)

    def shares(self, days) -> np.ndarray:
        """Own share of each clone on any days, (K, len(days))."""
        log_size = self.log_size(days)
        share = np.exp(log_size - log_size.max(axis=0))
        share /= share.sum(axis=0)
        share[share < LOST] = 0
        return share / share.sum(axis=0)


@dataclass(frozen=True)
class Setting:
    """How many clones, samples and mutations; how deep; which violations.

    copies         are half of the mutations on copies that changed in all cancer cells?
    precision      of beta-binomial reads; None is binomial
    purity_error   standard deviation of the error of the purity that the table states
    subclonal      share of mutations whose copies changed in a part of the cancer cells; the table states the commoner
    artefacts      share of mutations that are none: their fraction is at random in every sample
    wrong_copies   share of mutations whose copy number the table states wrong
    missing        share of (mutation, sample) cells without reads
    missing_samples  share of the samples in which half of the mutations have no reads
    purity_shift   what is added to the purity that the table states;  low_purity  purity of the last sample, if given
    purity         lowest and highest
    interval       days between samples
    born_late      share of the clones that are born after the first sample, and all of their descendants
    seen           every clone has this own share of the cancer cells in some sample (less where many share few samples)
    apart          any two clones differ by this CCF in some sample
    plasma         lowest and highest tumour fraction of plasma at the changes of treatment; all samples but the first
                   and the last are then plasma. Empty: all are tissue
    plasma_depth   mean depth of plasma
    """

    clones: int = 4
    samples: int = 2
    mutations: int = 50
    depth: float = 200
    copies: bool = False
    precision: float | None = None
    purity: tuple = (0.3, 0.9)
    purity_error: float = 0.0
    subclonal: float = 0.0
    artefacts: float = 0.0
    wrong_copies: float = 0.0
    missing: float = 0.0
    missing_samples: float = 0.0
    purity_shift: float = 0.0
    low_purity: float | None = None
    interval: float = 60.0
    born_late: float = 0.35
    seen: float = 0.06
    apart: float = 0.05
    plasma: tuple = ()
    plasma_depth: float = 2000


@dataclass(frozen=True)
class Drawn:
    """Reads of N mutations in S samples and all that is true of them. Artefacts have clone -1."""

    setting: Setting
    course: Course
    clone: np.ndarray
    alt: np.ndarray
    depth: np.ndarray
    major: np.ndarray
    minor: np.ndarray
    purity: np.ndarray
    stated_purity: np.ndarray
    mutations: tuple
    samples: tuple
    specimens: tuple

    @property
    def ccf(self) -> np.ndarray:
        """(N, S) of every mutation, NaN of artefacts."""
        return np.where(self.clone[:, None] >= 0, self.course.ccf[self.clone], np.nan)


def grow(setting: Setting, rng) -> Course:
    """A random course in which every clone is at some time large enough to be found, and no two are always alike.

    A clone that is not is drawn again, alone; all of them when that does not help.
    """
    clones, samples = setting.clones, setting.samples
    days = np.round(np.arange(samples) * setting.interval).astype(int)
    last = max(float(days[-1]), 1.0)
    seen = min(setting.seen, 0.4 * samples / clones)
    while True:
        parent = np.array([-1, *[int(rng.integers(0, clone)) for clone in range(1, clones)]])
        starts = np.array([0.0, *sorted(rng.uniform(0.1, 0.9, 1 if samples < 4 else 2) * last)])
        born = np.full(clones, -np.inf)
        for clone in range(1, clones):
            late = samples > 1 and (rng.random() < setting.born_late or np.isfinite(born[parent[clone]]))
            if late:
                earliest = max(born[parent[clone]], 0.0)
                born[clone] = rng.uniform(earliest, earliest + 0.7 * (last - earliest))
        rate, size = np.zeros((clones, len(starts))), np.zeros(clones)
        again = range(clones)
        for _ in range(100 * clones):
            for clone in again:
                late = np.isfinite(born[clone])  # what is born under treatment and is ever seen grows
                rate[clone] = rng.normal(6.0 if late else 0.0, 4.0, len(starts)) / last
                size[clone] = np.log(rng.uniform(2e-3, 2e-2)) if late else rng.normal(0, 1.0)
            course = Course(parent, born, rate, starts, days, size)
            ccf = course.ccf
            apart = np.abs(ccf[:, None] - ccf[None]).max(axis=2) + np.eye(clones)
            again = np.flatnonzero((course.share.max(axis=1) < seen) | (apart.min(axis=1) < setting.apart))
            if not len(again):
                return course
            again = rng.choice(again, 1)


def draw(setting: Setting, seed: int) -> Drawn:
    """A patient of this setting. Equal settings and seeds give equal counts."""
    words = (setting.clones, setting.samples, setting.mutations, round(setting.depth), setting.copies)
    rng = np.random.default_rng([seed, *map(int, words)])
    course = grow(setting, rng)
    if setting.plasma:
        course = with_burden(setting, course, rng)
    return reads(setting, course, rng)


def with_burden(setting: Setting, course: Course, rng) -> Course:
    """The course with all clones faster or slower alike in each phase, so that plasma shows a tumour fraction drawn

    from `plasma` at each change of treatment and at the end. Sizes are then tumour DNA per normal DNA; shares stay.
    """
    knots = np.append(course.starts, max(float(course.days[-1]), 1.0))
    fraction = np.exp(rng.uniform(*np.log(setting.plasma), len(knots)))
    total = np.logaddexp.reduce(course.log_size(knots), axis=0)
    lift = np.log(fraction / (1 - fraction)) - total
    faster = np.diff(lift) / np.diff(knots)
    passed = np.clip(np.maximum(course.born, 0.0)[:, None] - knots[:-1], 0, np.diff(knots))
    return Course(
        course.parent,
        course.born,
        course.rate + faster,
        course.starts,
        course.days,
        course.size + lift[0] + passed @ faster,
    )


def reads(setting: Setting, course: Course, rng) -> Drawn:
    """Mutations of the clones of a course, and their reads."""
    samples, mutations = setting.samples, setting.mutations
    clone = _owners(setting, rng)
    major, minor, copies, mutated = _copies(setting, course, clone, rng)
    purity = rng.uniform(*setting.purity, samples)
    specimens, mean_depth = ("tissue",) * samples, setting.depth
    if setting.plasma:
        specimens = tuple("tissue" if s in (0, samples - 1) else "plasma" for s in range(samples))
        liquid = np.array(specimens) == "plasma"
        mean_depth = np.where(liquid, setting.plasma_depth, setting.depth)
        burden = np.exp(np.logaddexp.reduce(course.log_size(course.days), axis=0))
        purity = np.where(liquid, burden / (1 + burden), purity)
    if setting.low_purity is not None:
        purity[-1] = setting.low_purity
    vaf = purity * (mutated @ course.share) / (purity * (copies @ course.share) + (1 - purity) * 2)
    none = clone < 0
    if none.any():
        scattered = rng.random(none.sum()) < 0.5
        low = rng.uniform(0.01, 0.15, (none.sum(), 1)) * np.ones(samples)
        vaf[none] = np.where(scattered[:, None], rng.uniform(0, 0.5, (none.sum(), samples)), low)
    vaf = np.clip(vaf, 0, 1)
    vaf = vaf * (1 - ERROR) + (1 - vaf) * ERROR
    depth = rng.poisson(mean_depth, (mutations, samples))
    if setting.precision:
        vaf = rng.beta(vaf * setting.precision, (1 - vaf) * setting.precision)
    alt = rng.binomial(depth, vaf)
    absent = rng.random(depth.shape) < setting.missing
    if setting.missing_samples:
        absent[: mutations // 2, : round(setting.missing_samples * samples)] = True
    alt[absent] = depth[absent] = 0
    stated = purity + rng.normal(0, 1, samples) * setting.purity_error + setting.purity_shift
    stated = np.clip(stated, 0.05, 1.0)
    wrong = rng.random(mutations) < setting.wrong_copies
    if wrong.any():
        other = np.array(((1, 1), *CHANGED))[rng.integers(0, 1 + len(CHANGED), mutations)]
        major, minor = np.where(wrong, other[:, 0], major), np.where(wrong, other[:, 1], minor)
    order = rng.permutation(mutations)  # names that say nothing of the clone
    names = tuple(f"m{number:05}" for number in range(mutations))
    return Drawn(
        setting=setting,
        course=course,
        clone=clone[order],
        alt=alt[order],
        depth=depth[order],
        major=major[order],
        minor=minor[order],
        purity=purity,
        stated_purity=stated,
        mutations=names,
        samples=tuple(f"S{number:02}" for number in range(samples)),
        specimens=specimens,
    )


def _owners(setting: Setting, rng) -> np.ndarray:
    """The clone of each mutation, -1 of an artefact: the founder has most, nobody fewer than three if it can be."""
    clones = setting.clones
    false = round(setting.artefacts * setting.mutations)
    real = setting.mutations - false
    least = min(3, real // clones)
    part = rng.dirichlet(np.array([4.0, *[2.0] * (clones - 1)]))
    sizes = least + rng.multinomial(real - least * clones, part)
    return np.append(np.repeat(np.arange(clones), sizes), np.full(false, -1))


def _copies(setting: Setting, course: Course, clone, rng):
    """(major, minor) as a caller would state them (N,), and true copies and mutated copies per clone (N, K)."""
    mutations, clones = len(clone), setting.clones
    major, minor = np.ones(mutations, int), np.ones(mutations, int)
    copies, mutated = np.full((mutations, clones), 2.0), course.below[clone].astype(float)
    mutated[clone < 0] = 0
    if setting.copies:
        for n in np.flatnonzero(rng.random(mutations) < 0.5):
            major[n], minor[n] = CHANGED[rng.integers(len(CHANGED))]
            copies[n] = major[n] + minor[n]
            if clone[n] == 0 and rng.random() < 0.5:  # the mutation came before the change, on one of the two alleles
                kept = [one for one in (major[n], minor[n]) if one]
                mutated[n] *= kept[rng.integers(len(kept))]
    if setting.subclonal and clones > 1:
        for n in np.flatnonzero(rng.random(mutations) < setting.subclonal):
            where = course.below[rng.integers(1, clones)]  # these clones have the change
            gain = rng.random() < 0.5
            copies[n] = np.where(where, 3.0 if gain else 1.0, 2.0)
            mutated[n] = np.minimum(mutated[n], 1)
            before = clone[n] >= 0 and course.below[clone[n]][where].all()  # the mutation came before the change
            if before and rng.random() < 0.5:
                mutated[n] *= np.where(where, 2.0 if gain else 0.0, 1.0)
            part = course.share[where].sum(axis=0).mean()
            major[n], minor[n] = ((2, 1) if gain else (1, 0)) if part > 0.5 else (1, 1)
    return major, minor, copies, mutated


TABLE = [
    "mutation_id",
    "sample_id",
    "ref_counts",
    "alt_counts",
    "major_cn",
    "minor_cn",
    "normal_cn",
    "tumour_content",
    "error_rate",
]


def table(drawn: Drawn):
    """Rows of the counts in PyClone-VI's format, a dict each, as `seriome clones --counts` reads them."""
    for n, mutation in enumerate(drawn.mutations):
        for s, sample in enumerate(drawn.samples):
            yield dict(
                zip(
                    TABLE,
                    (
                        mutation,
                        sample,
                        int(drawn.depth[n, s] - drawn.alt[n, s]),
                        int(drawn.alt[n, s]),
                        int(drawn.major[n]),
                        int(drawn.minor[n]),
                        2,
                        f"{drawn.stated_purity[s]:.6g}",
                        ERROR,
                    ),
                    strict=True,
                )
            )
