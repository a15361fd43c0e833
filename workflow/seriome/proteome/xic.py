"""Extracted ion chromatograms: how much of a peptide went through the instrument around the time it was identified."""

import numpy as np

from seriome.proteome.run import Run

PROTON = 1.00727646688  # Da
CHARGES = (2, 3, 4)
EDGE = 0.02  # a peak ends where it falls below this share of its apex
GAP = 2  # or where it is not seen in more scans than this in a row


def areas(run: Run, masses, times, charges, ppm: float, window: float) -> np.ndarray:
    """Area of each peptide's elution peak, summed over charges 2 to 4 and the one it was identified with.

    masses, times, charges  neutral monoisotopic mass (Da), retention time (s) and charge of each identification
    ppm, window             half widths: of the m/z slice in ppm, of the time looked at in seconds
    Returns                 float64, intensity x s; NaN where no MS1 peak lies in the slice

    The monoisotopic trace alone is used. In each scan the peaks within the slice are summed; the peak is the stretch
    around the highest scan within a third of the window from the identification, down to 2 % of it. Areas are sums of
    intensity x time between MS1 scans, so a peak seen in one scan counts too.
    """
    if not len(run.ms1_rt):
        return np.full(len(masses), np.nan)
    steps = _steps(run.ms1_rt)
    result = []
    for mass, time, charge in zip(masses, times, charges, strict=True):
        first, last = np.searchsorted(run.ms1_rt, [time - window, time + window])
        total = 0.0
        near = np.abs(run.ms1_rt[first:last] - time) <= window / 3
        for z in sorted({*CHARGES, int(charge)}):
            trace = _trace(run, (mass + z * PROTON) / z, ppm, first, last)
            start, end = _peak(trace, near)
            total += float((trace[start:end] * steps[first:last][start:end]).sum())
        result.append(total or np.nan)
    return np.array(result, dtype=float)


def _steps(rt) -> np.ndarray:
    """Seconds that each MS1 scan stands for: the mean of the gaps before and after; never more than twice the median,
    since a run cut to pieces has holes in it."""
    if len(rt) < 2:
        return np.ones(len(rt))
    gaps = np.diff(rt)
    around = (np.append(gaps[:1], gaps) + np.append(gaps, gaps[-1:])) / 2
    return np.minimum(around, 2 * np.median(gaps))


def _trace(run: Run, mz: float, ppm: float, first: int, last: int) -> np.ndarray:
    low, high = np.searchsorted(run.ms1_mz, [mz * (1 - ppm * 1e-6), mz * (1 + ppm * 1e-6)])
    scans = run.ms1_scan[low:high]
    inside = (scans >= first) & (scans < last)
    return np.bincount(scans[inside] - first, run.ms1_intensity[low:high][inside], minlength=last - first)


def _peak(trace, near) -> tuple[int, int]:
    """The scans [start, end) of the peak whose apex is the highest near scan; empty where nothing is near."""
    if not near.any() or not trace[near].max():
        return 0, 0
    apex = int(np.flatnonzero(near)[trace[near].argmax()])
    enough = trace > EDGE * trace[apex]
    return apex - _reach(enough[apex::-1]) + 1, apex + _reach(enough[apex:])


def _reach(enough) -> int:
    """How many scans from the apex outwards belong to the peak."""
    last = missed = 0
    for index, good in enumerate(enough):
        missed = 0 if good else missed + 1
        if missed > GAP:
            break
        if good:
            last = index
    return last + 1
