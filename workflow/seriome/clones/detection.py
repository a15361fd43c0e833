"""Detection: what pooled reads say of presence, and what they could have shown.

Reads with the mutation that a sample without it shows anyway are Poisson with mean `background` = depth * error.
Present: as many or more reads have a probability below ALPHA there. The limit is the smallest signal that is called
present with probability POWER.
Sources: Currie 1968, doi:10.1021/ac60259a007 (decision and detection limits); for tumour DNA by pooled mutations and
the rule of two mutations Reinert et al. 2019, doi:10.1001/jamaoncol.2019.0528.
"""

import numpy as np
from scipy.special import gammainc, gammaincinv, pdtr

ALPHA, POWER = 0.01, 0.95


def probability_by_error(reads, background):
    """Probability of `reads` or more reads with the mutation where there is none."""
    reads, background = np.asarray(reads, float), np.asarray(background, float)
    return np.where(reads > 0, gammainc(np.maximum(reads, 1), np.maximum(background, 1e-12)), 1.0)


def needed(background, least=2) -> int:
    """The smallest number of reads that is called present, never below `least`."""
    reads = least
    while 1 - pdtr(reads - 1, background) >= ALPHA:
        reads += 1
    return reads


def limit(signal_per_unit, background, least=2) -> float:
    """The smallest quantity that is called present with probability POWER; infinite where nothing was covered.

    signal_per_unit  reads with the mutation expected at quantity 1 (such as CCF 1), above the background
    """
    if signal_per_unit <= 0:
        return float("inf")
    return float(max(gammaincinv(needed(background, least), POWER) - background, 0) / signal_per_unit)


def upper_bound(reads, background, signal_per_unit, mass=0.95) -> float:
    """The largest quantity that still shows `reads` or fewer with probability 1 - mass."""
    if signal_per_unit <= 0:
        return float("inf")
    return float(max(gammaincinv(reads + 1, mass) - background, 0) / signal_per_unit)
