"""One LC-MS/MS run in memory: its fragment spectra, and its MS1 peaks in a form that is quick to ask."""

from dataclasses import dataclass

import numpy as np

from seriome.errors import DataError


@dataclass(frozen=True)
class FragmentSpectrum:
    """charge 0 and intensity 0 where the file does not say; rt in seconds."""

    spectrum: str
    rt: float
    precursor_mz: float
    charge: int
    intensity: float
    mz: np.ndarray
    peaks: np.ndarray


@dataclass(frozen=True)
class Run:
    """ms1_mz, ms1_intensity, ms1_scan: every MS1 peak, sorted by m/z; ms1_rt: seconds of each MS1 scan."""

    ms1_rt: np.ndarray
    ms1_mz: np.ndarray
    ms1_intensity: np.ndarray
    ms1_scan: np.ndarray
    fragments: list[FragmentSpectrum]
    levels: dict[int, int]


def read_run(path) -> Run:
    """Read mzML, plain or gzip, with pyOpenMS (Röst et al. 2014, Proteomics 14:74, doi:10.1002/pmic.201300246).

    Spectra must be centroided. References to parameter groups that the file does not define are passed over.
    Raises  DataError malformed_mzml, no_fragment_spectra, profile_spectra
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
    ms1_rt, mz, intensity, scan, fragments, levels = [], [], [], [], [], {}
    for spectrum in experiment:
        level = spectrum.getMSLevel()
        levels[level] = levels.get(level, 0) + 1
        positions, heights = spectrum.get_peaks()
        if level == 1:
            keep = heights > 0
            scan.append(np.full(keep.sum(), len(ms1_rt), np.int32))
            ms1_rt.append(spectrum.getRT())
            mz.append(positions[keep])
            intensity.append(heights[keep])
        elif level == 2 and spectrum.getPrecursors():
            if spectrum.getType() == pyopenms.SpectrumSettings.SpectrumType.PROFILE:
                raise DataError(
                    "profile_spectra",
                    f"{spectrum.getNativeID()} is a profile, not peaks",
                    "convert with peak picking (msconvert --filter 'peakPicking vendor')",
                )
            precursor = spectrum.getPrecursors()[0]
            fragments.append(
                FragmentSpectrum(
                    spectrum.getNativeID(),
                    spectrum.getRT(),
                    precursor.getMZ(),
                    precursor.getCharge(),
                    precursor.getIntensity(),
                    positions,
                    heights,
                )
            )
    if not fragments:
        counted = ", ".join(f"{number} of level {level}" for level, number in sorted(levels.items())) or "none at all"
        raise DataError(
            "no_fragment_spectra",
            f"no MS2 spectrum with a precursor; spectra: {counted}",
            "proteome needs data-dependent LC-MS/MS; was the run filtered to MS1 when it was converted?",
        )
    mz, intensity, scan = (np.concatenate([*part, np.zeros(0)]) for part in (mz, intensity, scan))
    order = np.argsort(mz, kind="stable")
    return Run(np.array(ms1_rt), mz[order], intensity[order], scan[order].astype(np.int32), fragments, levels)
