"""Scatter: how much more than chance the reads of one mutation scatter around its clone's, as beta-binomial precision.

Reads of a precision p and a depth d have 1 + (d - 1) / (p + 1) times the variance of binomial ones. What two clones
taken for one leave as scatter looks like a low precision, and a low precision hides the two: fits that begin at either
end may settle apart.
"""

import numpy as np

from seriome.clones.copies import States
from seriome.clones.likelihood import Counts, Grid, expected_vaf, log_likelihood
from seriome.clones.mixture import Data, Mixture

START = 1000.0  # before it is estimated: a start that splits too much hides what reads scatter
PRECISIONS = np.array([60, 120, 250, 500, 1000, 2000, 4000, 8000, 16000, 32000, 64000, 128000.0])  # the last: binomial
PRIOR = (np.log(4000), 2.5)  # log-normal: wide, the data decide
LOOKED_AT = 500  # mutations that it is estimated from, about
NEARLY = 1.5  # ratio of two precisions that are as good as one
MATTERS = 0.1  # part that scatter adds to the variance of reads at their median depth, beyond which it may hide a clone
SHARPER = 4.0  # times such a precision, at which the hidden clone shows itself
MANY = 200  # mutations, more than which tell scatter from clones at once


def precision_of(counts: Counts, ways: States, mixture: Mixture, one: Data, purity, grid: Grid) -> float | None:
    """The precision that makes the reads likeliest at their clusters' CCFs; None, binomial, where that is large."""
    step = max(1, len(counts.mutations) // LOOKED_AT)
    top = np.maximum.reduceat(mixture.rows.max(axis=1), one.starts)
    rows = np.flatnonzero((mixture.rows.max(axis=1) == top[one.mutation]) & (top > 0.5)[one.mutation])
    rows = rows[~ways.free[rows]][::step]
    if not len(rows):
        return START
    ccf = (mixture.posterior @ grid.fine)[mixture.rows[rows].argmax(axis=1)]
    mine = ways.mutation[rows]
    vaf = expected_vaf(ccf, purity, ways.copies[rows], ways.total[rows], ways.normal[rows], ways.error[rows])
    alt, depth = counts.alt[mine], counts.depth[mine]
    scores = [
        step * log_likelihood(alt, depth, vaf, precision).sum() + log_prior(precision) for precision in PRECISIONS
    ]
    best = int(np.argmax(scores))
    return None if best == len(PRECISIONS) - 1 else float(PRECISIONS[best])


def log_prior(precision: float | None) -> float:
    """Log prior of a precision, without its constant."""
    centre, width = PRIOR
    return float(-0.5 * ((np.log(precision or PRECISIONS[-1]) - centre) / width) ** 2)


def alike(one: float | None, other: float | None) -> bool:
    """Are two precisions as good as one?"""
    one, other = one or PRECISIONS[-1], other or PRECISIONS[-1]
    return max(one, other) <= NEARLY * min(one, other)


def matters(counts: Counts, precision: float | None) -> bool:
    """Could two clones be one because reads are thought to scatter so?"""
    if precision is None or len(counts.mutations) > MANY:
        return False
    return np.median(counts.depth[counts.depth > 0]) > MATTERS * precision
