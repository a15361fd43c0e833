"""Features of one injection: peaks in m/z and retention time, with their isotopes."""

import numpy as np
import pandas as pd

from seriome.errors import DataError
from seriome.metabolome.openms import Run, parameters, silent

NOISE_PERCENTILE = 10  # of all MS1 centroids; an Orbitrap writes nothing much below its noise
APEX_TO_NOISE = 3.0  # a peak's height over the noise: the usual limit of detection, IUPAC 1997
PPM_BOUNDS = (3.0, 25.0)  # sensible mass tolerances from Orbitrap to time of flight
BACKGROUND_WIDTH = 8.0  # a trace so many times wider than the median peak is background, no peak
COLUMNS = ["mz", "rt_s", "area", "height", "charge", "isotopes", "n_traces", "quality", "fwhm_s"]


def detect(run: Run, *, noise=None, ppm=None, fwhm_s=None) -> tuple[pd.DataFrame, dict]:
    """Mass traces, their elution peaks, and peaks of one ion's isotopes put together (OpenMS FeatureFindingMetabo).

    noise    counts below which a centroid is noise; None: the 10th percentile of all MS1 centroids
    ppm      mass tolerance from one spectrum to the next; None: see `mass_tolerance`
    fwhm_s   full width of a typical peak at half its height, s; None: the median of the stronger half of the peaks
    Returns  features by m/z: mz, rt_s (apex), area (counts x s of the monoisotopic trace), height (counts), charge
             (0 where no isotope was seen), isotopes (areas relative to the first trace), n_traces, quality, fwhm_s
             what was found and used: noise, ppm, fwhm_s, percentiles of the peak widths, background traces left out
    Source   Kenar et al. 2014, Mol Cell Proteomics 13:348, doi:10.1074/mcp.M113.031278
    """
    import pyopenms as oms

    if noise is None:
        noise = float(np.percentile(run.peaks[1], NOISE_PERCENTILE))
    if ppm is None:
        ppm = mass_tolerance(run)
    with silent():
        tracer = oms.MassTraceDetection()
        parameters(
            tracer,
            mass_error_ppm=float(ppm),
            noise_threshold_int=float(noise),
            chrom_peak_snr=APEX_TO_NOISE,
            min_trace_length=float(3 * run.cycle_s),
        )
        traces = tracer.run(run.experiment, 0)
        if fwhm_s is None:
            fwhm_s = _typical_width(_split(traces, 6 * run.cycle_s), run.cycle_s)
        peaks = _split(traces, fwhm_s)
        widths = np.array([peak.getFWHM() for peak in peaks])
        kept = [peak for peak, width in zip(peaks, widths, strict=True) if width <= BACKGROUND_WIDTH * fwhm_s]
        finder, features = oms.FeatureFindingMetabo(), oms.FeatureMap()
        parameters(finder, chrom_fwhm=float(fwhm_s), local_rt_range=float(max(fwhm_s, 2 * run.cycle_s)))
        if kept:
            finder.run(kept, features)
    found = {
        "noise": float(noise),
        "ppm": float(ppm),
        "fwhm_s": float(fwhm_s),
        "fwhm_s_percentiles": dict(zip(("5", "50", "95"), _percentiles(widths[widths > 0]), strict=True)),
        "background_traces": len(peaks) - len(kept),
    }
    table = pd.DataFrame([_row(feature) for feature in features], columns=COLUMNS)
    table = table[(table["area"] > 0) & (table["height"] >= APEX_TO_NOISE * noise)]
    if not len(table):
        raise DataError(
            "no_features",
            f"no chromatographic peak among {len(run.peaks[0])} centroids of {len(run.times)} MS1 spectra",
            "look at the injection's total ion current: was it injected? If it was, set metabolome.noise",
        )
    return table.sort_values(["mz", "rt_s", "area"], ignore_index=True), found


def mass_tolerance(run: Run) -> float:
    """Mass tolerance (ppm) that takes an ion's centroid from one spectrum to the next.

    The strongest twentieth of the centroids are looked up in the next spectrum; six times the robust deviation of the
    differences (from their median) covers the weaker ones, which scatter more. Bounded by 3 and 25 ppm.
    """
    mz, intensity, scan = run.peaks
    near = PPM_BOUNDS[1] * 1e-6
    differences, strong = [], np.flatnonzero(intensity >= np.percentile(intensity, 95))
    for at in strong[:: 1 + len(strong) // 20_000]:  # 20,000 are plenty
        low, high = np.searchsorted(mz, mz[at] * np.array([1 - near, 1 + near]))
        following = np.flatnonzero(scan[low:high] == scan[at] + 1) + low
        if len(following) == 1:
            differences.append(abs(mz[following[0]] / mz[at] - 1) * 1e6)
    if len(differences) < 10:
        return 10.0
    return float(np.clip(6 * 1.4826 * np.median(differences), *PPM_BOUNDS))


def _split(traces, fwhm_s: float):
    """The elution peaks of mass traces."""
    import pyopenms as oms

    if not traces:
        return []
    splitter = oms.ElutionPeakDetection()
    parameters(splitter, chrom_fwhm=float(fwhm_s), chrom_peak_snr=APEX_TO_NOISE, width_filtering="off")
    return splitter.detectPeaks(traces)


def _typical_width(peaks, cycle_s: float) -> float:
    """Median width (s) of the stronger half of the peaks, at least two cycles."""
    heights, widths = np.array([(p.getMaxIntensity(False), p.getFWHM()) for p in peaks] or [(0, 0)]).T
    strong = widths[(heights >= np.median(heights)) & (widths > 0)]
    return float(max(np.median(strong), 2 * cycle_s)) if len(strong) else 6 * cycle_s


def _percentiles(values) -> list:
    return [float(v) for v in np.percentile(values, [5, 50, 95])] if len(values) else [None] * 3


def _row(feature) -> tuple:
    areas = np.array(feature.getMetaValue("masstrace_intensity"), float)
    return (
        feature.getMZ(),
        feature.getRT(),
        float(areas[0]),
        float(feature.getMetaValue("max_height")),
        int(feature.getCharge()),
        [float(area) for area in areas / areas[0]] if areas[0] > 0 else [],
        len(areas),
        float(feature.getOverallQuality()),
        float(feature.getWidth()),
    )
