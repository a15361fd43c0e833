"""Tumour mutational burden: mutations per megabase, and what a panel's says of the exome's.

The burden of what was sequenced is a count over an exposure, with the exact Poisson interval. A panel sees few of an
exome's mutations: what the whole exome's burden would be, given the panel's count, has a wider interval. If mutations
fall evenly, the panel's and the rest's counts are Poisson with one rate, so that given their sum the panel's count is
binomial with the panel's share of the bases; the counts of the rest that are not refuted by it at 2.5 % on each side
are the prediction interval. At the size of an exome nothing is left to predict and it closes on the exome's own value.

Panels hold genes that tumours mutate, which raises their burden above the exome's: variants that are known to matter
(the driver a panel was built for) are left out of the prediction. What is left of that bias, the differences between
kits, and synonymous mutations, which some panels count and this does not, are not in the interval: it is a lower bound
of the uncertainty. Below PANEL_LEAST bases agreement with the exome was found too low to say high or low, and no number
is given.
Sources  interval: Garwood 1936, Biometrika 28:437; panel against exome in 16 laboratories, least size, known variants:
         Vega et al. 2021, Ann Oncol, PMID 34606929
"""

import math

from scipy import special, stats

LEAST_BASES = 10_000  # of the target with enough depth
PANEL_LEAST = 667_000  # bases
EXOME_MB = 30.0  # about the coding bases of a human exome


def garwood(count: int) -> tuple[float, float]:
    """Exact 95 % interval of the mean of a Poisson count."""
    return float(special.gammaincinv(count, 0.025)) if count else 0.0, float(special.gammaincinv(count + 1, 0.975))


def predicted_rest(count: int, seen: float, rest: float) -> tuple[int, int]:
    """95 % prediction interval of a Poisson count over exposure `rest`, given `count` over exposure `seen`."""
    if rest <= 0:
        return 0, 0
    share = seen / (seen + rest)

    def upper_refuted(other):
        return stats.binom.cdf(count, count + other, share) <= 0.025

    def lower_refuted(other):
        return stats.binom.sf(count - 1, count + other, share) <= 0.025

    high = 1
    while not upper_refuted(high):
        high *= 2
    low, top = 0, high
    while top - low > 1:
        middle = (low + top) // 2
        low, top = (low, middle) if upper_refuted(middle) else (middle, top)
    upper = low
    low, top = -1, math.ceil(count * rest / seen)
    while top - low > 1:
        middle = (low + top) // 2
        low, top = (middle, top) if lower_refuted(middle) else (low, middle)
    return top, upper


def burden(count: int, bases: int) -> dict:
    """`tmb` of what was sequenced: value, lower, upper, lod (per Mb), state; not measured below LEAST_BASES."""
    if bases < LEAST_BASES:
        return _nothing()
    megabases = bases / 1e6
    lower, upper = (bound / megabases for bound in garwood(count))
    return _row(count, count / megabases, lower, upper, 1 / megabases)


def exome_burden(count: int, bases: int) -> dict:
    """The exome's burden as predicted from `count` mutations (known ones left out) in `bases` of target.

    not measured below PANEL_LEAST; from EXOME_MB on it is the target's own value, with itself as interval.
    """
    if bases < PANEL_LEAST:
        return _nothing()
    seen = bases / 1e6
    rest = max(0.0, EXOME_MB - seen)
    low, high = predicted_rest(count, seen, rest)
    return _row(count, count / seen, (count + low) / (seen + rest), (count + high) / (seen + rest), 1 / seen)


def _row(count, value, lower, upper, lod) -> dict:
    state = "measured" if count else "zero"
    return {"value": value, "lower": lower, "upper": upper, "state": state, "lod": lod}


def _nothing() -> dict:
    return dict.fromkeys(("value", "lower", "upper", "lod"), math.nan) | {"state": "not_measured"}
