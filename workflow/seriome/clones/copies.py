"""Copies: the ways in which a mutation may lie on its copies, as rows that the model sums over.

One number of mutated copies holds in all samples of a patient: what came before the copies changed is on more than one
of them everywhere. That ties the samples together and tells multiplicity from CCF where one sample cannot.
More than one mutated copy means "before the copies changed"; a change that all cancer cells share came before the last
clone that all of them descend from, so such a mutation is the founder's, and elsewhere it is held unlikely.
Sources: Roth et al. 2014, doi:10.1038/nmeth.2883 (states of major and minor copies); Dentro et al. 2017,
doi:10.1101/cshperspect.a026625 (multiplicity of early and late mutations).
"""

from dataclasses import dataclass

import numpy as np

DOUBLED = 0.02  # prior of a founder mutation on both of two copies (copy-neutral loss, X of a man)
LATE = 0.05  # outside the founder, prior of more than one mutated copy
BETWEEN = 0.2  # weight of a number of copies that two changes were needed for, against 1, the minor and the major
PRIOR = 40  # mutations that these two count for, when a fit says more
FREE = 0.03  # prior of a number of mutated copies that differs between samples: a copy number that is wrong somewhere


@dataclass(frozen=True)
class States:
    """A row is one way a mutation may lie on its copies; a mutation has one row or several.

    mutation   (R,) index of the mutation, rising
    copies     (R, S) mutated copies per cancer cell that has the mutation; a negative number -n: any of 1 to n, in
               each sample its own
    total      (R, S) copies per cancer cell;  normal (R, S) copies per normal cell;  error (R, S) of a read's base
    prior      (R,) log prior of the row within its mutation, in the founder cluster
    elsewhere  (R,) the same in any other cluster
    """

    mutation: np.ndarray
    copies: np.ndarray
    total: np.ndarray
    normal: np.ndarray
    error: np.ndarray
    prior: np.ndarray
    elsewhere: np.ndarray

    @property
    def free(self) -> np.ndarray:
        return (self.copies < 0).any(axis=1)

    def samples(self, index) -> "States":
        """The same rows for some of the samples."""
        cells = (x[:, index] for x in (self.copies, self.total, self.normal, self.error))
        return States(self.mutation, *cells, self.prior, self.elsewhere)

    def rows(self, keep) -> "States":
        return States(*(column[keep] for column in vars(self).values()))


def rates(ways: States, rows: np.ndarray, founder: bool) -> tuple[float, float]:
    """(late, free): the rates that a fit speaks for, of mutations that could be either; see `states`.

    rows  (R, K) probability of each row in each cluster. PRIOR mutations at LATE and FREE are added to those seen
    """
    several = np.bincount(ways.mutation)[ways.mutation] > 1
    choice = several & (ways.free[:, None] | (np.abs(ways.copies) > 1.5)).any(axis=1)  # rows that only some have
    mine = np.isin(ways.mutation, ways.mutation[choice & np.isfinite(ways.elsewhere)])
    outside = rows[:, 1:].sum(axis=1) if founder else rows.sum(axis=1)
    more = mine & ~ways.free & (ways.copies > 1.5).any(axis=1)
    free = (rows.sum(axis=1)[mine & ways.free].sum() + PRIOR * FREE) / (rows[mine].sum() + PRIOR)
    late = (outside[more].sum() + PRIOR * LATE) / (outside[mine & ~ways.free].sum() + PRIOR)
    return float(late), float(free)


def states(major, minor, normal, error, part=None, late=LATE, free=FREE) -> States:
    """Rows of N mutations in S samples; all arrays (N, S).

    major, minor  copies of the two alleles per cancer cell, whole numbers; where no copy is left, no read is the
                  tumour's and the mutation is taken as on one copy
    part          optional (major, minor, fraction), (N, S) each: a second population of cancer cells with other copies
                  and its share of them (0 where there is none), as Battenberg gives it
    late, free    prior of more than one mutated copy outside the founder, and of a number that differs between samples
    """
    major, minor, normal, error = (np.asarray(x, float) for x in (major, minor, normal, error))
    mutations, samples = major.shape
    total = np.maximum(major + minor, 1.0)
    other = np.zeros((mutations, 0, samples))
    if part is not None:
        second, third, fraction = (np.nan_to_num(np.asarray(x, float)) for x in part)
        total = np.maximum((1 - fraction) * (major + minor) + fraction * (second + third), 0.05)
        early = (1 - fraction) * np.maximum(major, 1) + fraction * second  # on the major allele before either change
        lesser = np.maximum((1 - fraction) * minor + fraction * third, 0.05)  # the same on the minor allele
        lone = (1 - fraction) + fraction * np.maximum(second, 0)  # on one copy in the first, all copies in the second
        other = np.stack([early, lesser, lone], axis=1) * np.where(fraction > 0, 1, np.nan)[:, None]
    same = (major == major[:, :1]).all(axis=1) & (minor == minor[:, :1]).all(axis=1)
    rows, copies, prior, elsewhere = [], [], [], []

    def add(index, number, log_prior, log_elsewhere):
        rows.append(index)
        copies.append(np.broadcast_to(np.asarray(number, float), (len(index), samples)))
        prior.append(np.broadcast_to(log_prior, len(index)))
        elsewhere.append(np.broadcast_to(log_elsewhere, len(index)))

    everyone = np.arange(mutations)
    most = np.where(same, major[:, 0], 0)
    plain = same & (total == 2).all(axis=1) & (most == 1)
    add(everyone[plain], 1.0, np.log1p(-DOUBLED), 0.0)
    add(everyone[plain], 2.0, np.log(DOUBLED), -np.inf)
    single = same & (most <= 1) & ~plain
    add(everyone[single], 1.0, 0.0, 0.0)
    for number in range(2, int(most.max(initial=1)) + 1):
        here = everyone[most == number]
        low = minor[here, 0]
        for m in range(1, number + 1):
            weight = np.where((m == 1) | (m == number) | (m == low), 1.0, BETWEEN)
            norm = sum(np.where((q == 1) | (q == number) | (q == low), 1.0, BETWEEN) for q in range(1, number + 1))
            after = 1 - late if m == 1 else late / (number - 1)
            add(here, float(m), np.log((1 - free) * weight / norm), np.log((1 - free) * after))
        add(here, -float(number), np.log(free), np.log(free))
    differ = everyone[~same]
    if len(differ):
        one, high, low = np.ones((len(differ), samples)), np.maximum(major[differ], 1), np.maximum(minor[differ], 1)
        add(differ, one, np.log((1 - free) / 3), np.log((1 - free) * (1 - late)))
        add(differ, high, np.log((1 - free) / 3), np.log((1 - free) * late / 2))
        add(differ, low, np.log((1 - free) / 3), np.log((1 - free) * late / 2))
        add(differ, -high, np.log(free), np.log(free))
    for way in range(other.shape[1]):
        here = np.flatnonzero(np.isfinite(other[:, way]).any(axis=1))
        number = np.where(np.isfinite(other[here, way]), other[here, way], np.maximum(major[here], 1))
        add(here, np.maximum(number, 0.05), np.log(0.3), np.log(late))
    index = np.concatenate(rows)
    order = np.argsort(index, kind="stable")
    index = index[order]
    return States(
        mutation=index,
        copies=np.concatenate(copies)[order],
        total=total[index],
        normal=normal[index],
        error=error[index],
        prior=_whole(np.concatenate(prior)[order], index),
        elsewhere=_whole(np.concatenate(elsewhere)[order], index),
    )


def _whole(log_prior, mutation):
    """Log priors whose probabilities sum to 1 in each mutation."""
    return log_prior - np.log(np.bincount(mutation, np.exp(log_prior)))[mutation]
