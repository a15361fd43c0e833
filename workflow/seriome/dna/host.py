"""Reads of the host (mouse) in a xenograft: each pair is aligned to both genomes and goes where it fits better.

The better mate's alignment scores are compared first, the other mate's where those tie; a mate that does not align is
worse than any that does. A pair that fits both alike is ambiguous: it says nothing of a difference and might be of
either, so it is left out along with the host's, and the host's share is of the pairs that could be told.

Assumes  both genomes are whole: what one lacks fits the other better
Limits   a human read with a variant towards the mouse's base loses a point, not its place, unless the genomes are alike
         there; pairs are lost where they are alike
Source   Ahdesmäki et al. 2016 (disambiguate), F1000Research 5:2741, doi:10.12688/f1000research.10082.2
"""

import numpy as np

from seriome.dna.limits import jeffreys

GRAFT, HOST, AMBIGUOUS, NEITHER = 1, -1, 0, 2
COUNTS = {GRAFT: "graft_pairs", HOST: "host_pairs", AMBIGUOUS: "ambiguous_pairs", NEITHER: "unplaced_pairs"}


def scores(found) -> np.ndarray:
    """Best alignment score of each mate: float64 (pairs, 2), -inf where it does not align.

    found    lists of alignments of one read each, interleaved: first mate, second mate, first mate, ...
    """
    best = [max((r.get_tag("AS") for r in records if not r.flag & 0x4), default=-np.inf) for records in found]
    return np.array(best, float).reshape(-1, 2)


def classes(graft: np.ndarray, host: np.ndarray) -> np.ndarray:
    """GRAFT, HOST, AMBIGUOUS or NEITHER of each pair: int (pairs,); graft, host: scores against the two genomes."""
    ours, theirs = -np.sort(-graft, axis=1), -np.sort(-host, axis=1)
    result = np.zeros(len(ours), int)
    for mate in range(ours.shape[1]):
        undecided = result == AMBIGUOUS
        result[undecided & (ours[:, mate] > theirs[:, mate])] = GRAFT
        result[undecided & (ours[:, mate] < theirs[:, mate])] = HOST
    result[np.isneginf(ours[:, 0]) & np.isneginf(theirs[:, 0])] = NEITHER
    return result


def summary(units) -> dict:
    """Numbers of a sample from the counts of its units: pairs of each class, host_share with lower, upper (95 %).

    units     one dict per unit with the keys COUNTS; one without them was not separated
    Returns   everything None where a unit was not separated or no pair could be told
    """
    units = list(units)
    empty = dict.fromkeys([*COUNTS.values(), "host_share", "host_share_lower", "host_share_upper"])
    if not units or any("host_pairs" not in unit for unit in units):
        return empty
    counts = {name: sum(unit[name] for unit in units) for name in COUNTS.values()}
    told = counts["host_pairs"] + counts["graft_pairs"]
    if not told:
        return empty | counts
    lower, upper = (round(float(bound), 6) for bound in jeffreys(counts["host_pairs"], told))
    share = round(counts["host_pairs"] / told, 6)
    return empty | counts | {"host_share": share, "host_share_lower": lower, "host_share_upper": upper}
