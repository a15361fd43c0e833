"""One LC-MS/MS run in memory: its fragment spectra, and its MS1 peaks in a form that is quick to ask."""

from dataclasses import dataclass, field

import numpy as np

from seriome.errors import DataError

INJECTION = "MS:1000927"  # ion injection time, ms
REPORTERS = (125.5, 136.0)  # m/z that reporters of isobaric labels lie in


@dataclass(frozen=True)
class FragmentSpectrum:
    """charge 0 and intensity 0 where the file does not say; rt in seconds.

    low: (m/z, intensity) of the region of reporter ions, of the MS3 spectrum of this precursor where there is one
    """

    spectrum: str
    rt: float
    precursor_mz: float
    charge: int
    intensity: float
    mz: np.ndarray
    peaks: np.ndarray
    low: tuple = ((), ())


@dataclass(frozen=True)
class Run:
    """ms1_mz, ms1_intensity, ms1_scan: every MS1 peak, sorted by m/z; ms1_rt: seconds of each MS1 scan.

    injection_ms  median ion injection time by MS level, where the file says it
    picked        spectra that were profiles and were centroided here
    """

    ms1_rt: np.ndarray
    ms1_mz: np.ndarray
    ms1_intensity: np.ndarray
    ms1_scan: np.ndarray
    fragments: list[FragmentSpectrum]
    levels: dict[int, int]
    injection_ms: dict[int, float] = field(default_factory=dict)
    picked: int = 0

    def described(self) -> dict:
        """What the run holds before anything is searched, for its quality record; null is unknown."""
        total = np.bincount(self.ms1_scan, self.ms1_intensity, minlength=len(self.ms1_rt)) if len(self.ms1_rt) else []
        charges = np.array([one.charge for one in self.fragments])
        return {
            "spectra": {f"ms{level}": int(number) for level, number in sorted(self.levels.items())},
            "profiles_picked": self.picked,
            "injection_ms": {f"ms{level}": round(time, 3) for level, time in sorted(self.injection_ms.items())},
            "ms1_tic_median": float(f"{np.median(total):.6g}") if len(total) else None,
            "ms1_tic_spread": float(f"{_spread(total):.4g}") if len(total) else None,
            "ms2_peaks_median": float(np.median([len(one.mz) for one in self.fragments])),
            "charge_share": {
                str(z): round(float((charges == z).mean()), 4) for z in sorted(set(charges[charges > 0].tolist()))
            },
            "rt_span_s": round(float(self.fragments[-1].rt - self.fragments[0].rt), 1),
        }


def _spread(total) -> float | None:
    """Spread of the total ion current: its interquartile range over its median; of a steady spray near 1 or less."""
    low, middle, high = np.percentile(total, [25, 50, 75])
    return (high - low) / middle if middle else 0.0


def read_run(path) -> Run:
    """Read mzML, plain or gzip, indexed or not, with pyOpenMS (Röst et al. 2014, doi:10.1002/pmic.201300246).

    Profiles are centroided by its PeakPickerHiRes, and counted. References to parameter groups that the file does not
    define are passed over. An MS3 spectrum lends its reporter region to the MS2 spectrum that it names, or follows.
    Raises  DataError malformed_mzml, no_fragment_spectra
    """
    import pyopenms

    experiment = pyopenms.MSExperiment()
    try:
        pyopenms.MzMLFile().load(str(path), experiment)
    except RuntimeError:  # its words name paths of this machine and lines of OpenMS; it has printed them to stderr
        raise DataError(
            "malformed_mzml",
            "pyOpenMS cannot read the file as mzML; its words are in the output of the job",
            "convert the raw file again (msconvert, ThermoRawFileParser)",
        ) from None
    picker, picked = pyopenms.PeakPickerHiRes(), 0
    ms1_rt, mz, intensity, scan, fragments, levels, injection = [], [], [], [], [], {}, {}
    for spectrum in experiment:
        level = spectrum.getMSLevel()
        levels[level] = levels.get(level, 0) + 1
        time = _injection_time(spectrum)
        if time is not None:
            injection.setdefault(level, []).append(time)
        if spectrum.getType() == pyopenms.SpectrumSettings.SpectrumType.PROFILE and spectrum.size():
            spectrum, picked = _centroided(picker, spectrum), picked + 1
        positions, heights = spectrum.get_peaks()
        if level == 1:
            keep = heights > 0
            scan.append(np.full(keep.sum(), len(ms1_rt), np.int32))
            ms1_rt.append(spectrum.getRT())
            mz.append(positions[keep])
            intensity.append(heights[keep])
        elif level == 2 and spectrum.getPrecursors():
            fragments.append(_fragment_spectrum(spectrum, positions, heights))
        elif level == 3 and fragments:
            last = fragments[-1]
            fragments[-1] = FragmentSpectrum(**(vars(last) | {"low": _low(positions, heights)}))
    if not fragments:
        counted = ", ".join(f"{number} of level {level}" for level, number in sorted(levels.items())) or "none at all"
        raise DataError(
            "no_fragment_spectra",
            f"no MS2 spectrum with a precursor; spectra: {counted}",
            "proteome needs data-dependent LC-MS/MS; was the run filtered to MS1 when it was converted?",
        )
    mz, intensity, scan = (np.concatenate([*part, np.zeros(0)]) for part in (mz, intensity, scan))
    order = np.argsort(mz, kind="stable")
    return Run(
        np.array(ms1_rt),
        mz[order],
        intensity[order],
        scan[order].astype(np.int32),
        fragments,
        levels,
        {level: float(np.median(times)) for level, times in injection.items()},
        picked,
    )


def _fragment_spectrum(spectrum, positions, heights) -> FragmentSpectrum:
    precursor = spectrum.getPrecursors()[0]
    return FragmentSpectrum(
        spectrum.getNativeID(),
        spectrum.getRT(),
        precursor.getMZ(),
        precursor.getCharge(),
        precursor.getIntensity(),
        positions,
        heights,
        _low(positions, heights),
    )


def _low(positions, heights) -> tuple:
    first, last = np.searchsorted(positions, REPORTERS)
    return positions[first:last].copy(), heights[first:last].astype(float)


def _injection_time(spectrum) -> float | None:
    for scan in spectrum.getAcquisitionInfo():
        if scan.metaValueExists(INJECTION):
            return float(scan.getMetaValue(INJECTION))
    return None


def _centroided(picker, spectrum):
    import pyopenms

    peaks = pyopenms.MSSpectrum(spectrum)
    answer = picker.pick(spectrum, peaks)
    return peaks if answer is None else answer
