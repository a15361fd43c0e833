"""Heterogeneity: how many clones a sample holds and how evenly, and what sites of the body share at one time.

Of the own shares u of a sample: Shannon -sum u ln u (nats: ln of as many clones of equal share) and Simpson 1 - sum u^2
(the probability that two cells are of different clones), over the posterior's draws. Of its mutations alone, without
clones: MATH = 100 x 1.4826 x median absolute deviation of the VAFs / their median. A driver is clonal in a sample where
its CCF is above 0.95 with a probability above one half.

Not comparable between samples of different depth or purity: what is below detection is in no index, and MATH rises as
purity falls towards the limit.
Sources: Shannon 1948, doi:10.1002/j.1538-7305.1948.tb01338.x; Simpson 1949, doi:10.1038/163688a0; Mroz and Rocco 2013,
doi:10.1016/j.oraloncology.2012.09.007 (MATH); Landau et al. 2013, doi:10.1016/j.cell.2013.01.019 (clonal).
"""

import numpy as np

from seriome.special import xlogy

ABOVE = 0.05  # own share from which a clone is counted
CLONAL = 0.95  # CCF above which a driver is clonal, if more likely than not
TO_SD = 1.4826  # standard deviation per median absolute deviation, of a normal distribution
NEAR = 14  # days apart at which two samples are of one time


def shannon(share):
    """Shannon index of shares (..., K), nats."""
    return -xlogy(share, share).sum(axis=-1)


def simpson(share):
    """Gini-Simpson index of shares (..., K), 0 to 1."""
    return 1 - (share**2).sum(axis=-1)


def math_score(vaf) -> float | None:
    """MATH of the VAFs of the mutations that are seen (> 0); None of fewer than two."""
    seen = np.asarray(vaf, float)
    seen = seen[seen > 0]  # NaN is not
    if len(seen) < 2:
        return None
    middle = np.median(seen)
    return float(100 * TO_SD * np.median(np.abs(seen - middle)) / middle)


def summary(ccf_draws, share_draws, vaf, cluster_of, drivers, samples, states, limits) -> list[dict]:
    """A row per sample: numbers and indices, each with its 95 % interval (`_lower`, `_upper`).

    ccf_draws, share_draws  (D, K, S) CCF and own share; NaN where there was no tumour
    vaf                     (N, S) of each mutation; NaN where not covered
    cluster_of              (N,) its clone, -1 of none;  drivers (N,) is it a driver?
    samples                 dicts with sample_id, day, specimen
    states, limits          (K, S) `measured`, `below_lod`, or another; the share that could have been seen
    Returns  rows of sample_id, day, specimen, clones_above (own share above ABOVE), clones_open (not seen, though ABOVE
             could not have been seen either), shannon, simpson, math, clonal_drivers, drivers (of clones seen there).
             Without tumour the numbers are None
    """
    cluster_of, drivers = np.asarray(cluster_of, int), np.asarray(drivers, bool)
    seen = np.asarray(states, object) == "measured"
    rows = []
    for s, sample in enumerate(samples):
        row = {key: sample[key] for key in ("sample_id", "day", "specimen")}
        share = share_draws[:, :, s]
        tumour = share.size > 0 and bool(np.isfinite(share).all(axis=1).any()) and bool(seen[:, s].any())
        unseen = ~seen[:, s] & ((np.asarray(states, object)[:, s] != "below_lod") | ~(limits[:, s] < ABOVE))
        row |= _with_interval("clones_above", (share > ABOVE).sum(axis=1) if tumour else None, np.median)
        row["clones_open"] = int(unseen.sum()) if tumour else None
        row |= _with_interval("shannon", shannon(np.nan_to_num(share)) if tumour else None)
        row |= _with_interval("simpson", simpson(np.nan_to_num(share)) if tumour else None)
        there = (cluster_of >= 0) & np.append(seen[:, s], False)[cluster_of]
        row["math"] = math_score(vaf[there, s]) if tumour else None
        clonal = (ccf_draws[:, :, s] > CLONAL).mean(axis=0) > 0.5
        row["clonal_drivers"] = int((drivers & there & np.append(clonal, False)[cluster_of]).sum()) if tumour else None
        row["drivers"] = int((drivers & there).sum()) if tumour else None
        rows.append(row)
    return rows


def _with_interval(name, values, middle=np.mean) -> dict:
    if values is None:
        return {name: None, f"{name}_lower": None, f"{name}_upper": None}
    kind = int if values.dtype.kind == "i" else float
    method = "nearest" if kind is int else "linear"
    lower, upper = np.quantile(values, (0.025, 0.975), method=method)
    return {name: kind(middle(values)), f"{name}_lower": kind(lower), f"{name}_upper": kind(upper)}


def between_sites(states, mutation_states, samples, limits=None) -> list[dict]:
    """What two samples of one time (NEAR days), of different site or specimen, share: a row per pair.

    states           (K, S) of clones, mutation_states (N, S): `measured`, `below_lod` (looked for, not seen), or else
    samples          dicts with sample_id, day, specimen and, if known, site
    limits           (K, S) the CCF that could have been seen; an absence with a limit above ABOVE is open
    Returns  rows of sample_id, other_sample_id, day, other_day and, of `clusters` and of `mutations`, how many are
             _shared (seen in both), _first, _second (seen in one, looked for in the other), _open (seen in one, the
             other says nothing). Without tumour in either there is no row
    """
    states, mutation_states = np.asarray(states, object), np.asarray(mutation_states, object)
    if limits is not None:
        states = np.where((states == "below_lod") & ~(np.asarray(limits, float) <= ABOVE), "open", states)
    rows = []
    for a, first in enumerate(samples):
        for b in range(a + 1, len(samples)):
            second = samples[b]
            apart = abs(first["day"] - second["day"]) > NEAR
            same = first["specimen"] == second["specimen"] and first.get("site") == second.get("site")
            tumour = all((states[:, s] == "measured").any() for s in (a, b))
            if apart or same or not tumour:
                continue
            row = {"sample_id": first["sample_id"], "other_sample_id": second["sample_id"]}
            row |= {"day": first["day"], "other_day": second["day"]}
            for name, table in (("clusters", states), ("mutations", mutation_states)):
                one, other = table[:, a] == "measured", table[:, b] == "measured"
                only_one = one & (table[:, b] == "below_lod")
                only_other = other & (table[:, a] == "below_lod")
                row[f"{name}_shared"] = int((one & other).sum())
                row[f"{name}_first"], row[f"{name}_second"] = int(only_one.sum()), int(only_other.sum())
                row[f"{name}_open"] = int(((one ^ other) & ~only_one & ~only_other).sum())
            rows.append(row)
    return rows
