"""What a sample could have shown, and how far its fractions can be trusted.

Source of the interval: Brown, Cai, DasGupta 2001, Stat Sci 16:101, doi:10.1214/ss/1009213286
"""

import numpy as np
from scipy import special

POWER = 0.95


def detection_limit(depth, reads):
    """The smallest fraction that shows `reads` or more reads at this depth with 95 % power.

    Solved from P(X >= reads | depth, f) = 0.95, which for a binomial is a beta quantile; reads that errors add are not
    counted in favour. NaN where even f = 1 could not show them (depth below `reads`).
    """
    depth, reads = np.broadcast_arrays(np.asarray(depth, float), np.asarray(reads, float))
    enough = depth >= reads
    limit = special.betaincinv(reads, np.where(enough, depth - reads + 1, 1.0), POWER)
    return np.where(enough, limit, np.nan)


def jeffreys(alt, depth):
    """95 % interval of a fraction (Jeffreys): 0 below when no read shows it, 1 above when all do; NaN at depth 0."""
    alt, depth = np.broadcast_arrays(np.asarray(alt, float), np.asarray(depth, float))
    lower = np.where(alt == 0, 0.0, special.betaincinv(alt + 0.5, depth - alt + 0.5, 0.025))
    upper = np.where(alt == depth, 1.0, special.betaincinv(alt + 0.5, depth - alt + 0.5, 0.975))
    return np.where(depth > 0, lower, np.nan), np.where(depth > 0, upper, np.nan)
