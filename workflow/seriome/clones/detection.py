"""Detection: what pooled reads say of presence, and what they could have shown.

Reads with the mutation that a sample without it shows anyway are Poisson with mean `background` = depth * error.
Present: as many or more reads have a probability below ALPHA there; of many clones and samples at once, ALPHA of what
is called present may be false. The limit is the smallest signal that is called present with probability POWER.
Sources: Currie 1968, doi:10.1021/ac60259a007 (decision and detection limits); for tumour DNA by pooled mutations and
the rule of two mutations Reinert et al. 2019, doi:10.1001/jamaoncol.2019.0528; Benjamini and Hochberg 1995,
doi:10.1111/j.2517-6161.1995.tb02031.x (many at once).
"""

import numpy as np

from seriome.special import gammainc, gammaincinv, pdtr

ALPHA, POWER = 0.01, 0.95


def probability_by_error(reads, background):
    """Probability of `reads` or more reads with the mutation where there is none."""
    reads, background = np.asarray(reads, float), np.asarray(background, float)
    return np.where(reads > 0, gammainc(np.maximum(reads, 1), np.maximum(background, 1e-12)), 1.0)


def q_values(p) -> np.ndarray:
    """Benjamini-Hochberg: the least false discovery rate at which each p of an array is a discovery; NaN is no test."""
    p = np.asarray(p, float)
    q, tested = np.full(p.shape, np.nan), np.isfinite(p)
    if tested.any():
        order = np.argsort(p[tested], kind="stable")
        count = len(order)
        falling = np.minimum.accumulate((p[tested][order] * count / np.arange(1, count + 1))[::-1])[::-1]
        ranked = np.empty(count)
        ranked[order] = np.minimum(falling, 1)
        q[tested] = ranked
    return q


def present(reads, background) -> np.ndarray:
    """Is each clone in each sample, (K, S)? At most ALPHA of those called present are expected not to be.

    reads       (K, S) with a mutation of the clone's own, pooled over these
    background  (K, S) of them expected by misreading alone; 0 is not covered, and no test
    """
    background = np.asarray(background, float)
    p = np.where(background > 0, probability_by_error(reads, background), np.nan)
    return np.nan_to_num(q_values(p), nan=1.0) < ALPHA


def alpha_of_one_more(reads, background) -> float:
    """The probability by error below which one more clone in one more sample would have been called by `present`."""
    called, tests = int(present(reads, background).sum()), int((np.asarray(background) > 0).sum())
    return ALPHA * min(called + 1, tests) / tests if tests else ALPHA


def needed(background, least=2, alpha=ALPHA) -> int:
    """The smallest number of reads that is called present, never below `least`."""
    reads = least
    while 1 - pdtr(reads - 1, background) >= alpha:
        reads += 1
    return reads


def limit(signal_per_unit, background, least=2, alpha=ALPHA) -> float:
    """The smallest quantity that is called present with probability POWER; infinite where nothing was covered.

    signal_per_unit  reads with the mutation expected at quantity 1 (such as CCF 1), above the background
    alpha            probability by error below which reads are called; of many at once, `alpha_of_one_more`
    """
    if signal_per_unit <= 0:
        return float("inf")
    return float(max(gammaincinv(needed(background, least, alpha), POWER) - background, 0) / signal_per_unit)


def upper_bound(reads, background, signal_per_unit, mass=0.95) -> float:
    """The largest quantity that still shows `reads` or fewer with probability 1 - mass."""
    if signal_per_unit <= 0:
        return float("inf")
    return float(max(gammaincinv(reads + 1, mass) - background, 0) / signal_per_unit)
