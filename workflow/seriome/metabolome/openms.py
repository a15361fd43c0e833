"""OpenMS, made quiet, and the MS1 spectra of an mzML as it sees them."""

import atexit
import ctypes
import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from seriome.errors import DataError

POLARITIES = {"POSITIVE": "positive", "NEGATIVE": "negative"}


@contextmanager
def silent():
    """What OpenMS prints to the process's stdout goes to Python's stdout if that is a file (the log), else nowhere."""
    flush = ctypes.CDLL(None).fflush
    sys.stdout.flush()
    try:
        target = os.dup(sys.stdout.fileno()) if sys.stdout.fileno() != 1 else os.open(os.devnull, os.O_WRONLY)
    except (OSError, ValueError):
        target = os.open(os.devnull, os.O_WRONLY)
    flush(None)
    kept = os.dup(1)
    os.dup2(target, 1)
    try:
        yield
    finally:
        flush(None)
        os.dup2(kept, 1)
        os.close(kept)
        os.close(target)


def prepare(threads: int) -> None:
    """For a script, before anything else of OpenMS: so many threads, and no words when the process ends."""
    os.environ["OMP_NUM_THREADS"] = str(threads)
    atexit.register(lambda: os.dup2(os.open(os.devnull, os.O_WRONLY), 1))


def parameters(algorithm, **settings) -> None:
    """Set parameters of an OpenMS algorithm; a double underscore stands for the colon in their names."""
    values = algorithm.getDefaults()
    for key, value in settings.items():
        values.setValue(key.replace("__", ":"), value)
    algorithm.setParameters(values)


@dataclass(frozen=True)
class Run:
    """The MS1 spectra of one injection, centroided, in the order of time."""

    experiment: object  # pyopenms.MSExperiment
    polarity: str  # positive or negative
    picked: bool  # the file held profile spectra, which were centroided here

    @cached_property
    def times(self) -> np.ndarray:
        """Retention time of every spectrum, s."""
        return np.array([spectrum.getRT() for spectrum in self.experiment])

    @cached_property
    def peaks(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """All centroids by m/z: m/z, intensity, number of the spectrum."""
        pairs = [spectrum.get_peaks() for spectrum in self.experiment]
        mz = np.concatenate([pair[0] for pair in pairs])
        intensity = np.concatenate([pair[1] for pair in pairs]).astype(float)
        scan = np.repeat(np.arange(len(pairs)), [len(pair[0]) for pair in pairs])
        order = np.lexsort((scan, mz))
        return mz[order], intensity[order], scan[order]

    @cached_property
    def cycle_s(self) -> float:
        """Median time from one MS1 spectrum to the next, s."""
        return float(np.median(np.diff(self.times))) if len(self.times) > 1 else 1.0


def load(path) -> list[Run]:
    """The MS1 spectra of an mzML, plain or gzip, one run per polarity (positive first); profile is centroided.

    Spectra without a peak stay: they say that the instrument looked. Spectra without a polarity count as positive.
    Raises  DataError no_ms1_spectra
    """
    import pyopenms as oms

    options, reader, experiment = oms.PeakFileOptions(), oms.MzMLFile(), oms.MSExperiment()
    options.setMSLevels([1])
    reader.setOptions(options)
    with silent():
        reader.load(str(path), experiment)
        experiment.sortSpectra(True)
        kinds = {spectrum.getType(True) for spectrum in experiment if spectrum.size() > 3}
        picked = oms.SpectrumSettings.SpectrumType.PROFILE in kinds
        if picked:
            experiment = oms.PeakPickerHiRes().pickExperiment(experiment, False)
    parts = {polarity: oms.MSExperiment() for polarity in POLARITIES.values()}
    for spectrum in experiment:
        parts[polarity_of(spectrum)].addSpectrum(spectrum)
    filled = {polarity: sum(spectrum.size() > 0 for spectrum in part) for polarity, part in parts.items()}
    runs = [Run(part, polarity, picked) for polarity, part in parts.items() if filled[polarity] >= 3]
    if not runs:
        raise DataError(
            "no_ms1_spectra",
            f"{sum(filled.values())} MS1 spectra with peaks: no chromatogram can be drawn from fewer than 3",
            "convert the raw file again with its MS1 spectra",
        )
    return runs


def polarity_of(spectrum) -> str:
    """positive or negative; positive where the file does not say."""
    return POLARITIES.get(str(spectrum.getInstrumentSettings().getPolarity()).rpartition(".")[2], "positive")


def describe(run: Run) -> dict:
    """What a run holds: MS1 spectra, centroids, total ion current (counts), time and m/z recorded, polarity."""
    mz, intensity, _ = run.peaks
    return {
        "spectra": len(run.times),
        "centroids": len(mz),
        "total_ion_current": float(intensity.sum()),
        "rt_s_range": [float(run.times[0]), float(run.times[-1])],
        "mz_range": [float(mz[0]), float(mz[-1])],
        "cycle_s": run.cycle_s,
        "polarity": run.polarity,
        "centroided_here": bool(run.picked),
    }
