"""Retention times of one injection on the time axis of another, or of the atlas."""

import numpy as np
import pandas as pd

FEW_ANCHORS = 20  # below, a straight line; below half of it, a shift only


def near_pairs(mz, rt_s, to_mz, to_rt_s, *, ppm: float, rt_tolerance_s: float) -> tuple[np.ndarray, np.ndarray]:
    """All pairs (index here, index there) within both tolerances, in the order of the first index."""
    order = np.argsort(to_mz, kind="stable")
    sorted_mz, mz, rt_s, to_rt_s = to_mz[order], np.asarray(mz), np.asarray(rt_s), np.asarray(to_rt_s)
    low = np.searchsorted(sorted_mz, mz * (1 - ppm * 1e-6))
    high = np.searchsorted(sorted_mz, mz * (1 + ppm * 1e-6), side="right")
    count = high - low
    here = np.repeat(np.arange(len(mz)), count)
    there = order[np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + np.repeat(low, count)]
    close = np.abs(rt_s[here] - to_rt_s[there]) <= rt_tolerance_s
    return here[close], there[close]


def match(here: pd.DataFrame, there: pd.DataFrame, *, ppm: float, rt_tolerance_s: float) -> pd.DataFrame:
    """The best one-to-one pairs of two tables with `mz` and `rt_s`: columns here, there (row numbers), ppm, shift_s.

    Pairs are taken from the nearest on, distance being the root of both squared differences over their tolerances.
    """
    a, b = near_pairs(
        here["mz"].to_numpy(),
        here["rt_s"].to_numpy(),
        there["mz"].to_numpy(),
        there["rt_s"].to_numpy(),
        ppm=ppm,
        rt_tolerance_s=rt_tolerance_s,
    )
    off = (here["mz"].to_numpy()[a] / there["mz"].to_numpy()[b] - 1) * 1e6
    shift = there["rt_s"].to_numpy()[b] - here["rt_s"].to_numpy()[a]
    pairs = pd.DataFrame({"here": a, "there": b, "ppm": off, "shift_s": shift})
    distance = np.hypot(off / ppm, shift / rt_tolerance_s)
    pairs = pairs.assign(distance=distance).sort_values(["distance", "here", "there"])
    used_a, used_b, kept = set(), set(), []
    for index, one, other in zip(pairs.index, pairs["here"], pairs["there"], strict=True):
        if one not in used_a and other not in used_b:
            used_a.add(one)
            used_b.add(other)
            kept.append(index)
    return pairs.loc[sorted(kept)].drop(columns="distance").reset_index(drop=True)


class Warp:
    """A map of retention times (s) from one time axis to another. `anchors` is the number of pairs behind it."""

    def __init__(self, anchors: int, kind: str, function, residual_s: float):
        self.anchors, self.kind, self._function, self.residual_s = anchors, kind, function, residual_s

    def __call__(self, rt_s) -> np.ndarray:
        return self._function(np.asarray(rt_s, float))


def align(moving: pd.DataFrame, fixed: pd.DataFrame, *, ppm: float, max_shift_s: float, fwhm_s: float) -> Warp:
    """The warp that takes retention times of `moving` to those of `fixed` (tables with mz, rt_s, area).

    Pairs of like m/z vote for a shift, the densest shift wins (so that isomers elsewhere do no harm); pairs near it
    are the anchors. With 20 or more, LOWESS (OpenMS) through them; with 10 or more a robust line (Theil and Sen);
    with fewer their median; without any no change.
    Source  Cleveland 1979, doi:10.1080/01621459.1979.10481038; Sen 1968, doi:10.1080/01621459.1968.10480934
    """
    a, b = near_pairs(
        moving["mz"].to_numpy(),
        moving["rt_s"].to_numpy(),
        fixed["mz"].to_numpy(),
        fixed["rt_s"].to_numpy(),
        ppm=ppm,
        rt_tolerance_s=max_shift_s,
    )
    shift = fixed["rt_s"].to_numpy()[b] - moving["rt_s"].to_numpy()[a]
    if not len(shift):
        return Warp(0, "none", lambda rt: rt, 0.0)
    ordered = np.sort(shift)
    within = np.searchsorted(ordered, ordered + fwhm_s, side="right") - np.arange(len(ordered))
    first = int(np.argmax(within))
    middle = float(np.median(ordered[first : first + within[first]]))
    moved = moving.assign(rt_s=moving["rt_s"] + middle)
    pairs = match(moved, fixed, ppm=ppm, rt_tolerance_s=2 * fwhm_s)
    x = moving["rt_s"].to_numpy()[pairs["here"]]
    y = fixed["rt_s"].to_numpy()[pairs["there"]]
    return _fit(x, y, 0.25 * fwhm_s)


def _fit(x: np.ndarray, y: np.ndarray, least_s: float) -> Warp:
    for _ in range(2):  # once, and again without the outliers
        if len(x) >= FEW_ANCHORS:
            kind, function = "lowess", _lowess(x, y)
        elif len(x) >= FEW_ANCHORS // 2:
            kind, function = "line", _line(x, y)
        else:
            kind, function = "shift", _shift(x, y)
        rest = y - function(x)
        spread = 1.4826 * np.median(np.abs(rest - np.median(rest)))
        keep = np.abs(rest - np.median(rest)) <= max(4 * spread, least_s)
        if keep.all():
            break
        x, y = x[keep], y[keep]
    return Warp(len(x), kind, function, float(spread))


def _shift(x, y):
    by = float(np.median(y - x))
    return lambda rt: rt + by


def _line(x, y):
    """Theil and Sen: the median of the slopes between all pairs of points, through the medians."""
    one, other = np.triu_indices(len(x), 1)
    apart = x[other] != x[one]
    one, other = one[apart], other[apart]
    slope = float(np.median(((y - x)[other] - (y - x)[one]) / (x[other] - x[one]))) if len(one) else 0.0
    start = float(np.median(y - x) - slope * np.median(x))
    return lambda rt: rt + start + slope * rt


def _lowess(x, y):
    """LOWESS of the shift over time; outside of the anchors the shift of the nearest anchor holds."""
    import pyopenms as oms

    order = np.lexsort((y, x))
    x, y = x[order], y[order]
    times, at = np.unique(x, return_inverse=True)
    shifts = np.bincount(at, y - x) / np.bincount(at)
    if len(times) < FEW_ANCHORS // 2:
        return _shift(x, y)
    model, settings = oms.TransformationDescription(), oms.Param()
    oms.TransformationModelLowess.getDefaultParameters(settings)
    settings.setValue("span", 0.5)
    settings.setValue("interpolation_type", "linear")
    model.setDataPoints([(float(t), float(t + s)) for t, s in zip(times, shifts, strict=True)])
    model.fitModel("lowess", settings)
    smooth = np.array([model.apply(float(t)) - t for t in times])
    return lambda rt: rt + np.interp(rt, times, smooth)
