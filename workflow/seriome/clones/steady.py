"""A steady course: how much likelier own shares are as a chain from sample to sample than as samples without an order.

Levels of an own share are states of a Markov chain; each sample alone stays as Dirichlet has it (the chain is scaled to
that), and all courses are summed over. From sample to sample a share changes by a factor of e or e^2, whatever the days
between: samples are taken when something has changed.
Sources: Rabiner 1989, doi:10.1109/5.18626 (all courses of a chain summed over); Sinkhorn and Knopp 1967,
doi:10.2140/pjm.1967.21.343 (a chain scaled to given distributions)
"""

from functools import cache

import numpy as np

from seriome.special import betainc

LEVELS, LEAST = 24, 0.002  # of own shares in the course, evenly in their logs; less than LEAST is one level
PACES = (1.0, 2.0)  # standard deviations of a step of the log own share from sample to sample, likely alike


@cache
def chains_of(clusters: int, shares: float):
    """Levels of an own share (LEVELS,), their probabilities in one sample, and those of a step for each of PACES.

    In one sample an own share is Beta(shares, shares * (clusters - 1)), Dirichlet's. The probability of two levels in
    successive samples is normal in the difference of their logs, scaled so that each sample alone stays so distributed.
    """
    log_level = np.linspace(np.log(LEAST), 0, LEVELS)
    level = np.exp(log_level)
    edges = np.concatenate([[0], np.sqrt(level[1:] * level[:-1]), [1]])
    chance = np.maximum(np.diff(betainc(shares, shares * max(clusters - 1, 1), edges)), 1e-9)
    chance /= chance.sum()
    level[0] = LEAST / 2
    chains = []
    for pace in PACES:
        both = np.exp(-0.5 * ((log_level[:, None] - log_level) / pace) ** 2) + 1e-4
        scale = np.sqrt(chance / both.sum(axis=1))
        for _ in range(100):
            scale = np.sqrt(scale * chance / (both @ scale))
        chains.append(scale[:, None] * both * scale / chance[:, None])
    return level, chance, chains


def forward(fit, chance, chain) -> np.ndarray:
    """(N,) log probability of N courses, given how each level fits each sample (N, S, LEVELS), over all courses."""
    here, total = fit[:, 0] * chance, np.zeros(len(fit))
    for s in range(1, fit.shape[1]):
        here = (here @ chain) * fit[:, s]
        mass = here.sum(axis=1)
        here /= mass[:, None]
        total += np.log(mass)
    return total
