"""Extracted ion chromatograms: how much of a peptide went through the instrument around the time it was identified."""

import numpy as np

from seriome.proteome.run import Run

PROTON = 1.00727646688  # Da
CHARGES = (2, 3, 4)
NEAR = 5.0  # s, from the identification to a scan that the climb to the apex may start from
EDGE = 0.02  # a peak ends where it falls below this share of its apex,
VALLEY = 2.0  # or where, below half its apex, it rises again by this factor,
GAP = 2  # or where it is not seen in more scans than this in a row
ALIKE = 0.9  # least cosine between the peak and another charge's trace under it for that charge to be counted


def areas(run: Run, masses, times, charges, ppm: float, window: float) -> np.ndarray:
    """Area of each peptide's elution peak, summed over charges 2 to 4 and the one it was identified with.

    masses, times, charges  neutral monoisotopic mass (Da), retention time (s) and charge of each identification
    ppm, window             half widths: of the m/z slice in ppm, of the time looked at in seconds
    Returns                 float64, intensity x s; NaN where no MS1 peak lies in the slice

    The monoisotopic trace alone is used; in each scan the peaks within the slice are summed. From the identification
    the trace of its charge is climbed to the apex, and the peak is followed down on both sides. Under the same scans
    another charge is added where its trace has the same shape: so another peptide of that mass is not taken for it.
    Areas are sums of intensity x time between MS1 scans, so a peak seen in one scan counts too.
    """
    if not len(run.ms1_rt):
        return np.full(len(masses), np.nan)
    steps = _steps(run.ms1_rt)
    result = np.full(len(masses), np.nan)
    for index, (mass, time, charge) in enumerate(zip(masses, times, charges, strict=True)):
        first, last = np.searchsorted(run.ms1_rt, [time - window, time + window])
        main = _trace(run, (mass + charge * PROTON) / charge, ppm, first, last)
        start, end = _peak(main, np.abs(run.ms1_rt[first:last] - time) <= NEAR)
        if start == end:
            continue
        peak = main[start:end]
        total = peak.copy()
        for z in {*CHARGES} - {int(charge)}:
            other = _trace(run, (mass + z * PROTON) / z, ppm, first, last)[start:end]
            if other.any() and peak @ other >= ALIKE * np.sqrt(peak @ peak * (other @ other)):
                total += other
        result[index] = (total * steps[first:last][start:end]).sum()
    return result


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
    """The scans [start, end) of the peak that is climbed to from the highest near scan; empty where nothing is near."""
    if not near.any() or not trace[near].max():
        return 0, 0
    apex = int(np.flatnonzero(near)[trace[near].argmax()])
    while True:
        low = max(apex - 1 - GAP, 0)
        higher = low + int(trace[low : apex + 2 + GAP].argmax())
        if trace[higher] <= trace[apex]:
            return apex - _reach(trace[apex::-1]) + 1, apex + _reach(trace[apex:])
        apex = higher


def _reach(trace) -> int:
    """How many scans from the apex, the first, outwards belong to the peak."""
    last = missed = 0
    lowest = trace[0]
    for index, height in enumerate(trace):
        missed = 0 if height else missed + 1
        if missed > GAP or 0 < height < EDGE * trace[0]:
            break
        if lowest < trace[0] / 2 and height > VALLEY * lowest:
            break
        if height:
            last, lowest = index, min(lowest, height)
    return last + 1
