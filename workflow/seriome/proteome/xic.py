"""Extracted ion chromatograms: how much of a peptide ion went through the instrument around a given time."""

import numpy as np
import pandas as pd

from seriome.proteome.run import Run

PROTON = 1.00727646688  # Da
NEUTRON = 1.0033548378  # Da, 13C - 12C
EDGE = 0.02  # a peak ends where it falls below this share of its apex,
VALLEY = 2.0  # or where, below half its apex, it rises again by this factor,
GAP = 2  # or where it is not seen in more scans than this in a row
ALIKE = 0.9  # least cosine between an isotope's trace and the first one's for it to be counted
ISOTOPES = 3  # traces that are looked at: the monoisotopic one and the next two
AVERAGINE = {"C": 4.9384, "H": 7.7583, "N": 1.3577, "O": 1.4773, "S": 0.0417}  # atoms per 111.1254 Da
MEASURES = ["area", "apex_rt", "apex", "ppm", "isotope_cosine", "before", "scans"]


def isotope_shares(mass: float) -> np.ndarray:
    """Shares of the first ISOTOPES isotope peaks of a peptide of this mass (Da), made of averagine.

    Senko et al. 1995, J Am Soc Mass Spectrom 6:229, doi:10.1016/1044-0305(95)00017-8; two Poisson laws: +1 by 13C, 15N,
    33S, 2H and +2 by 18O, 34S
    """
    units = mass / 111.1254
    atoms = {element: number * units for element, number in AVERAGINE.items()}
    one = atoms["C"] * 0.010816 + atoms["N"] * 0.003653 + atoms["H"] * 0.000115 + atoms["O"] * 0.00038
    one += atoms["S"] * 0.0079
    two = atoms["O"] * 0.00205 + atoms["S"] * 0.04474
    return np.exp(-one - two) * np.array([1.0, one, one * one / 2 + two])


def measure(run: Run, masses, charges, times, near, ppm: float, window: float) -> pd.DataFrame:
    """The elution peak of each ion, climbed to from around a time.

    masses, charges, times  neutral monoisotopic mass (Da), charge and expected retention time (s) of each ion
    near                    s around the expected time from which the climb to the apex may start, one or for each
    ppm, window             half widths: of the m/z slice in ppm, of the time looked at in seconds
    Returns  MEASURES, one row per ion, NaN where no MS1 peak lies in the slice: area (intensity x s, of the whole
             isotope envelope), apex_rt (s), apex (intensity), ppm (error at the apex), isotope_cosine (with the shares
             of averagine), before (peak one neutron below, over the first: of a right envelope near 0), scans
    In each scan the peaks within the slice are summed. The trace of the monoisotopic peak is climbed to its apex, and
    the peak is followed down on both sides. An isotope whose trace has the same shape under the same scans counts too;
    the sum is divided by the share of the envelope that was counted, so that an isotope lost in noise leaves no dent.
    """
    near = np.broadcast_to(np.asarray(near, float), len(masses))
    result = np.full((len(masses), len(MEASURES)), np.nan)
    if len(run.ms1_rt):
        steps = _steps(run.ms1_rt)
        for index, (mass, charge, time) in enumerate(zip(masses, charges, times, strict=True)):
            if np.isfinite(time):
                result[index] = _one(run, steps, mass, int(charge), time, near[index], ppm, window)
    return pd.DataFrame(result, columns=MEASURES)


def _one(run, steps, mass, charge, time, near, ppm, window):
    nothing = [np.nan] * len(MEASURES)
    first, last = np.searchsorted(run.ms1_rt, [time - window, time + window])
    mz = mass / charge + PROTON
    main = _trace(run, mz, ppm, first, last)
    start, end = _peak(main, np.abs(run.ms1_rt[first:last] - time) <= near)
    if start == end:
        return nothing
    peak, step = main[start:end], steps[first:last][start:end]
    apex = first + start + int(peak.argmax())
    shares = isotope_shares(mass)
    sums, counted, total = [(peak * step).sum()], shares[0], (peak * step).sum()
    for number in range(1, ISOTOPES):
        other = _trace(run, mz + number * NEUTRON / charge, ppm, first, last)[start:end]
        sums.append((other * step).sum())
        if other.any() and peak @ other >= ALIKE * np.sqrt(peak @ peak * (other @ other)):
            total, counted = total + sums[-1], counted + shares[number]
    sums = np.array(sums)
    cosine = float(sums @ shares / np.sqrt(sums @ sums * (shares @ shares)))
    before = _trace(run, mz - NEUTRON / charge, ppm, first, last)[start:end]
    return [
        total / counted,
        run.ms1_rt[apex],
        float(peak.max()),
        _error(run, mz, ppm, apex),
        cosine,
        float((before * step).sum() / sums[0]),
        end - start,
    ]


def _steps(rt) -> np.ndarray:
    """Seconds that each MS1 scan stands for: the mean of the gaps before and after; never more than twice the median,
    since a run cut to pieces has holes in it."""
    if len(rt) < 2:
        return np.ones(len(rt))
    gaps = np.diff(rt)
    around = (np.append(gaps[:1], gaps) + np.append(gaps, gaps[-1:])) / 2
    return np.minimum(around, 2 * np.median(gaps))


def _slice(run: Run, mz: float, ppm: float) -> tuple[int, int]:
    return np.searchsorted(run.ms1_mz, [mz * (1 - ppm * 1e-6), mz * (1 + ppm * 1e-6)])


def _trace(run: Run, mz: float, ppm: float, first: int, last: int) -> np.ndarray:
    low, high = _slice(run, mz, ppm)
    scans = run.ms1_scan[low:high]
    inside = (scans >= first) & (scans < last)
    return np.bincount(scans[inside] - first, run.ms1_intensity[low:high][inside], minlength=last - first)


def _error(run: Run, mz: float, ppm: float, scan: int) -> float:
    low, high = _slice(run, mz, ppm)
    here = np.flatnonzero(run.ms1_scan[low:high] == scan) + low
    best = here[run.ms1_intensity[here].argmax()]
    return float((run.ms1_mz[best] - mz) / mz * 1e6)


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
