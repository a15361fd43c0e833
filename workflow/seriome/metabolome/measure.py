"""Every feature of the atlas in one injection."""

import numpy as np
import pandas as pd

from seriome.errors import DataError
from seriome.metabolome.align import Warp, align, match
from seriome.metabolome.detect import APEX_TO_NOISE
from seriome.metabolome.openms import Run

WINDOW = 1.25  # half of the extraction window, in widths of the peak at half height
FLANK = 4.0  # how far the neighbourhood reaches that background and noise are taken from, in those widths
GAUSS = 1.0645  # area of a Gaussian peak over height x full width at half height: sqrt(pi / (4 ln 2))
COLUMNS = ["feature", "area", "lod_area", "state", "detected", "rt_s", "ppm_error"]


def measure(run: Run, features: pd.DataFrame, found: dict, atlas: pd.DataFrame, note: dict, settings: dict):
    """Extract every feature of the atlas from the raw spectra of one injection.

    run       the injection's MS1 spectra
    features  what `detect` found in it, with `found`; they give the retention shift, and the place of each peak
    atlas     with its `note`; only the features of the run's polarity are looked for
    Returns   table (COLUMNS, one row per feature of that polarity: area and lod_area in counts x s), qc (dict)

    Seen or not by the peak detection, an atlas feature is integrated the same way: at its m/z within `link_ppm`, in a
    window of 2.5 widths around the apex of the matched peak or, where none was matched, around the place that the
    alignment expects (a filled gap), from valley to valley. The lower quartile of the flanks is subtracted as
    background. Limit of detection: the area of a peak three times as high as the noise, which is the larger of the
    injection's threshold and the point-to-point noise of the flanks. States: `measured`; `below_lod`;
    `not_measured` where the run did not look (time or m/z outside of what it recorded).
    Raises    DataError other_polarity
    """
    if run.polarity not in note:
        raise DataError(
            "other_polarity",
            f"the injection is in {run.polarity} mode, the atlas knows only {' and '.join(sorted(note))} mode",
            f"inject pools in {run.polarity} mode too",
        )
    atlas, note = atlas[atlas["polarity"] == run.polarity].reset_index(drop=True), note[run.polarity]
    ppm, fwhm_s = settings["link_ppm"], note["fwhm_s"]
    warp = align(features, atlas, ppm=ppm, max_shift_s=settings["max_shift_s"], fwhm_s=fwhm_s)
    moved = features.assign(rt_s=warp(features["rt_s"]))
    pairs = match(moved, atlas, ppm=ppm, rt_tolerance_s=note["rt_tolerance_s"])
    centres = _back(warp, atlas["rt_s"].to_numpy(), run.times)
    detected = np.zeros(len(atlas), bool)
    detected[pairs["there"]] = True
    centres[pairs["there"]] = features["rt_s"].to_numpy()[pairs["here"]]
    calibration = float(np.median(pairs["ppm"])) if len(pairs) else 0.0
    widths = np.maximum(atlas["fwhm_s"].clip(lower=0.5 * fwhm_s), run.cycle_s)
    rows = [
        _extract(run, mz * (1 + calibration * 1e-6), centre, width, ppm, found["noise"], seen)
        for mz, centre, width, seen in zip(atlas["mz"], centres, widths, detected, strict=True)
    ]
    table = pd.DataFrame(rows, columns=["area", "lod_area", "state"])
    table = table.assign(feature=atlas["feature"].to_numpy(), detected=detected, rt_s=centres, ppm_error=np.nan)
    table.loc[pairs["there"], "ppm_error"] = pairs["ppm"].to_numpy()
    measured = table["state"] == "measured"
    shift = atlas["rt_s"].to_numpy()[pairs["there"]] - features["rt_s"].to_numpy()[pairs["here"]]
    qc = {
        "atlas_features": len(atlas),
        "matched": len(pairs),
        "unlinked_features": len(features) - len(pairs),
        "measured": int(measured.sum()),
        "gap_filled": int((measured & ~table["detected"]).sum()),
        "below_lod": int((table["state"] == "below_lod").sum()),
        "not_measured": int((table["state"] == "not_measured").sum()),
        "median_ppm_error": round(calibration, 4) if len(pairs) else None,
        "alignment": warp.kind,
        "alignment_anchors": warp.anchors,
        "median_rt_shift_s": round(float(np.median(shift)), 3) if len(pairs) else None,
        "alignment_residual_s": round(warp.residual_s, 3),
    }
    return table[COLUMNS], qc


def _back(warp: Warp, rt_s: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Retention times of the atlas on the injection's own axis: the warp read backwards."""
    grid = np.linspace(times[0], times[-1], 1000)
    there = np.maximum.accumulate(warp(grid))
    inside = np.interp(rt_s, there, grid)
    early, late = rt_s < there[0], rt_s > there[-1]
    inside[early] = rt_s[early] - there[0] + grid[0]
    inside[late] = rt_s[late] - there[-1] + grid[-1]
    return inside


def _extract(run: Run, mz: float, centre: float, width: float, ppm: float, noise: float, seen: bool) -> tuple:
    """(area, lod_area, state) of one ion: see `measure`."""
    times, masses = run.times, run.peaks[0]
    first, last = np.searchsorted(times, [centre - WINDOW * width, centre + WINDOW * width])
    outside = centre - width < times[0] or centre + width > times[-1] or last - first < 3
    if outside or not masses[0] - 1 <= mz <= masses[-1] + 1:
        return np.nan, np.nan, "not_measured"
    left, right = np.searchsorted(times, [centre - FLANK * width, centre + FLANK * width])
    trace = _trace(run, mz, ppm, left, right)
    at = times[left:right]
    flank = trace[(at < centre - WINDOW * width) | (at >= centre + WINDOW * width)]
    background, spread = 0.0, 0.0
    if len(flank) > 2:
        background = float(np.percentile(flank, 25))
        spread = float(1.4826 * np.median(np.abs(np.diff(flank))) / np.sqrt(2))
    limit = APEX_TO_NOISE * max(noise, spread)
    lod_area = GAUSS * limit * width
    start, apex, end = _bounds(trace, at, centre, width)
    peak = np.clip(trace[start:end] - background, 0, None)
    area = float(np.trapezoid(peak, at[start:end]))
    high = trace[apex] - background
    if high >= limit and area > 0 and (seen or _is_peak(trace, apex)):
        return area, lod_area, "measured"
    return np.nan, lod_area, "below_lod"


def _bounds(trace: np.ndarray, at: np.ndarray, centre: float, width: float) -> tuple[int, int, int]:
    """Where a peak starts, its apex, and one past its end: the lowest points of the window on either side.

    With a neighbour in the window, that is the valley between them. The apex is looked for within half a width.
    """
    smooth = np.convolve(trace, np.ones(3) / 3, mode="same")
    low, high = np.searchsorted(at, [centre - WINDOW * width, centre + WINDOW * width])
    near = np.flatnonzero(np.abs(at - centre) <= max(0.5 * width, np.abs(at - centre).min()))
    apex = near[np.argmax(trace[near])]
    before, after = smooth[low : apex + 1][::-1], smooth[apex:high]
    return int(apex - np.argmin(before)), int(apex), int(apex + np.argmin(after) + 1)


def _is_peak(trace: np.ndarray, apex: int) -> bool:
    """No single spike and no slope of a neighbour: both points beside the apex are lower, one at least half as high."""
    if not 0 < apex < len(trace) - 1:
        return False
    beside = trace[[apex - 1, apex + 1]]
    return bool((beside <= trace[apex]).all() and beside.max() >= 0.5 * trace[apex])


def _trace(run: Run, mz: float, ppm: float, left: int, right: int) -> np.ndarray:
    """The strongest centroid within `ppm` of an m/z in each spectrum from `left` to before `right`; 0 where none."""
    masses, intensity, scan = run.peaks
    low, high = np.searchsorted(masses, [mz * (1 - ppm * 1e-6), mz * (1 + ppm * 1e-6)])
    near = slice(low, high)
    inside = (scan[near] >= left) & (scan[near] < right)
    trace = np.zeros(right - left)
    np.maximum.at(trace, scan[near][inside] - left, intensity[near][inside])
    return trace


def empty() -> pd.DataFrame:
    """The measurements of an injection that nothing was measured in."""
    kinds = {"feature": "object", "state": "object", "detected": "bool"}
    return pd.DataFrame({column: pd.Series(dtype=kinds.get(column, "float64")) for column in COLUMNS})
