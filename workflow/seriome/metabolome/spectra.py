"""Fragment spectra: out of mzML, out of libraries, and compared by spectral entropy, with decoys for the error rate.

Similarity: Li et al. 2021, Nat Methods 18:1524, doi:10.1038/s41592-021-01331-z (package ms_entropy).
Decoys:     Scheubert et al. 2017, Nat Commun 8:1494, doi:10.1038/s41467-017-01318-5 (spectrum-based).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from seriome.errors import InputError
from seriome.files import open_text
from seriome.metabolome.align import near_pairs
from seriome.metabolome.openms import polarity_of, silent

NOISE = 0.01  # share of the base peak below which a fragment is noise, Li et al. 2021
PRECURSOR_DA = 1.6  # so much below the precursor a spectrum ends: the precursor is no evidence beyond the mass
MOST_SPECTRA = 12  # of one feature, the strongest
DECOYS = 20  # decoy libraries: the error is their mean, so that it does not hang on one draw
DRAWN = 5  # peaks that each further spectrum offers a decoy, Scheubert et al. 2017
FRAGMENTS = ["polarity", "precursor_mz", "rt_s", "fragment_mz", "fragment_intensity"]
MATCHES = [
    *("feature", "compound_id", "name", "adduct", "ppm_error", "spectral_score", "matched_peaks", "spectra"),
    *("q_value", "library_id"),
]


@dataclass(frozen=True)
class Entry:
    """One spectrum of a library: peaks (n, 2) of m/z and intensity, cleaned; adduct and formula may be empty."""

    library_id: str
    name: str
    inchikey: str
    adduct: str
    polarity: str
    precursor_mz: float
    peaks: np.ndarray


def fragments(path) -> pd.DataFrame:
    """The MS2 spectra of an mzML: polarity, precursor_mz, rt_s, fragment_mz, fragment_intensity (lists)."""
    import pyopenms as oms

    options, reader, experiment = oms.PeakFileOptions(), oms.MzMLFile(), oms.MSExperiment()
    options.setMSLevels([2])
    reader.setOptions(options)
    with silent():
        reader.load(str(path), experiment)
        if any(s.getType(True) == oms.SpectrumSettings.SpectrumType.PROFILE for s in experiment if s.size() > 3):
            experiment = oms.PeakPickerHiRes().pickExperiment(experiment, False)
    rows = []
    for spectrum in experiment:
        precursors = spectrum.getPrecursors()
        if len(precursors) and spectrum.size():
            mz, intensity = spectrum.get_peaks()
            row = [polarity_of(spectrum), precursors[0].getMZ(), spectrum.getRT(), mz.astype(float)]
            rows.append([*row, intensity.astype(float)])
    return pd.DataFrame(rows, columns=FRAGMENTS)


def empty() -> pd.DataFrame:
    """No fragment spectra."""
    return pd.DataFrame(columns=FRAGMENTS)


def read_library(path, fragment_da: float) -> list[Entry]:
    """Spectra of a library in MSP (NIST, MassBank, MoNA) or MGF (GNPS), plain or gzip, cleaned for comparison.

    A spectrum without a precursor or peaks is left out; its polarity comes from the ion mode, else from the adduct.
    Without a path there are none.
    Raises InputError for a file of another kind or without a single usable spectrum
    """
    if not path:
        return []
    kind = str(path).removesuffix(".gz").rpartition(".")[2].lower()
    if kind not in ("msp", "mgf"):
        raise InputError(f"{path}: a spectral library is .msp or .mgf (or either as .gz)")
    with open_text(path) as lines:
        blocks = _msp(lines) if kind == "msp" else _mgf(lines)
        entries = [entry for fields, peaks in blocks if (entry := _entry(fields, peaks, fragment_da))]
    if not entries:
        raise InputError(f"{path} has no spectrum with a precursor, a polarity and peaks")
    return entries


def _msp(lines):
    fields, peaks = {}, []
    for line in lines:
        line = line.strip()
        key, colon, value = line.partition(":")
        if not line:
            if peaks:
                yield fields, peaks
            fields, peaks = {}, []
        elif line[0].isdigit() and (not colon or "num peaks" in fields):
            for pair in line.split(";"):
                cells = pair.replace("\t", " ").split()
                if len(cells) >= 2:
                    peaks.append((float(cells[0]), float(cells[1])))
        elif colon:
            if key.lower() == "name" and peaks:  # no empty line before the next spectrum
                yield fields, peaks
                fields, peaks = {}, []
            fields[key.strip().lower()] = value.strip()
    if peaks:
        yield fields, peaks


def _mgf(lines):
    fields, peaks = {}, []
    for line in lines:
        line = line.strip()
        if line == "BEGIN IONS":
            fields, peaks = {}, []
        elif line == "END IONS":
            yield fields, peaks
        elif "=" in line and not line[0].isdigit():
            key, _, value = line.partition("=")
            fields[key.strip().lower()] = value.strip()
        elif line and line[0].isdigit():
            cells = line.split()
            if len(cells) >= 2:
                peaks.append((float(cells[0]), float(cells[1])))


def _entry(fields: dict, peaks: list, fragment_da: float):
    def first(*keys):
        return next((fields[key] for key in keys if fields.get(key)), "")

    adduct = first("precursortype", "precursor_type", "adduct")
    mode = first("ionmode", "ion_mode")[:1].lower()
    polarity = {"p": "positive", "n": "negative"}.get(mode) or {"+": "positive", "-": "negative"}.get(adduct[-1:])
    try:
        precursor = float(first("precursormz", "pepmass", "precursor_mz").split()[0])
    except (IndexError, ValueError):
        return None
    cleaned = clean(np.array(peaks, float).reshape(-1, 2), precursor, fragment_da)
    if not polarity or not len(cleaned):
        return None
    ident = first("db#", "spectrumid", "spectrum_id", "id", "title", "name")
    called = first("name", "compound_name", "title")
    return Entry(ident, called, first("inchikey", "inchiaux"), adduct, polarity, precursor, cleaned)


def clean(peaks: np.ndarray, precursor_mz: float, fragment_da: float) -> np.ndarray:
    """Peaks up to 1.6 Da below the precursor and above 1 % of the strongest, those within twice the tolerance joined,
    intensities summing to 1."""
    from ms_entropy import clean_spectrum

    if not len(peaks):
        return np.zeros((0, 2), np.float32)
    return clean_spectrum(
        peaks,
        max_mz=precursor_mz - PRECURSOR_DA,
        noise_threshold=NOISE,
        min_ms2_difference_in_da=2.01 * fragment_da,
    )


def similarity(one: np.ndarray, other: np.ndarray, fragment_da: float) -> tuple[float, int]:
    """Entropy similarity (0 to 1) of two cleaned spectra, and how many peaks they share."""
    from ms_entropy import calculate_entropy_similarity

    if not len(one) or not len(other):
        return 0.0, 0
    at = np.clip(np.searchsorted(other[:, 0], one[:, 0]), 1, max(len(other) - 1, 1))
    nearest = np.minimum(
        np.abs(other[np.minimum(at, len(other) - 1), 0] - one[:, 0]), np.abs(other[at - 1, 0] - one[:, 0])
    )
    shared = int((nearest <= fragment_da).sum())
    if not shared:
        return 0.0, 0
    score = calculate_entropy_similarity(one, other, ms2_tolerance_in_da=fragment_da, clean_spectra=False)
    return float(score), shared


def search(atlas, note: dict, spectra: pd.DataFrame, library: list[Entry], compounds, settings: dict, seed: int = 7):
    """What the library says of the features: the best spectrum of each compound for each feature.

    atlas, note  features and what goes with them (`atlas.learn`)
    spectra      fragment spectra of the injections that the atlas was learned from (`fragments`)
    library      of `read_library`
    compounds    the compounds table; a library's compound is known there by its InChIKey, else by its name
    Returns      MATCHES, those with `min_matched_peaks` shared peaks; and a note with counts

    A spectrum belongs to the nearest feature within `link_ppm` of its precursor and the retention tolerance. It is
    compared with the library's spectra of that polarity within `name_ppm` of the same precursor, and in the same way
    with twenty decoys of each of those. q_value: the least rate of false matches among features at which the match is
    still accepted; (1 / 20 + mean decoy features with that score or better) / features with it. With few features it
    cannot be small: it says what can be known, the score alone does not.
    """
    rng = np.random.default_rng([seed, 1])
    assigned = _assign(atlas, note, spectra, settings)
    known = _compound_of(compounds)
    tolerance, least = settings["fragment_da"], settings["min_matched_peaks"]
    by_polarity = {
        p: sorted((e for e in library if e.polarity == p), key=_by_precursor) for p in set(atlas["polarity"])
    }
    rows, targets, decoys, pools = [], [], [[] for _ in range(DECOYS)], {}
    for feature in atlas.itertuples():
        own = assigned.get(feature.feature)
        if not own:
            continue
        near = _near(by_polarity[feature.polarity], feature.mz, settings["name_ppm"])
        if not near:
            continue
        queries = [clean(peaks, feature.mz, tolerance) for peaks in own]
        scored = [(*_best(queries, entry.peaks, tolerance, least), entry) for entry in near]
        targets.append(max(score for score, _, _ in scored))
        if feature.polarity not in pools:
            pools[feature.polarity] = _Pool(by_polarity[feature.polarity], tolerance)
        for copies in decoys:
            made = [pools[feature.polarity].decoy(entry, rng) for entry in near]
            copies.append(max(_best(queries, peaks, tolerance, least)[0] for peaks in made))
        for score, shared, entry in scored:
            if shared >= least:
                compound = known.get(entry.inchikey.split("-")[0]) or known.get(entry.name.casefold())
                off = (feature.mz / entry.precursor_mz - 1) * 1e6
                row = [feature.feature, compound or entry.inchikey or entry.name, entry.name, entry.adduct, off]
                rows.append([*row, score, shared, len(queries), np.nan, entry.library_id])
    found = pd.DataFrame(rows, columns=MATCHES)
    found = found.sort_values(["feature", "spectral_score", "library_id"], ascending=[True, False, True])
    found = found.drop_duplicates(["feature", "compound_id", "adduct"], ignore_index=True)
    found["q_value"] = _q_values(found["spectral_score"].to_numpy(float), np.array(targets), np.array(decoys))
    counts = {"fragment_spectra": len(spectra), "library_spectra": len(library), "features_with_spectra": len(assigned)}
    counts |= {"features_compared": len(targets), "features_matched": found["feature"].nunique()}
    return found, counts


def _q_values(scores, targets, decoys) -> np.ndarray:
    """The estimate of `search` at each score, made monotone."""
    if not len(scores):
        return np.zeros(0)
    steps = np.sort(targets[targets > 0])
    wrong = 1 / DECOYS + (decoys[:, :, None] >= steps).sum((0, 1)) / DECOYS
    rates = wrong / (len(steps) - np.arange(len(steps)))
    lowest = np.minimum(np.minimum.accumulate(rates), 1.0)  # a lower threshold may have a lower estimate
    at = np.clip(np.searchsorted(steps, scores, side="right") - 1, 0, len(steps) - 1)
    return lowest[at]


def _assign(atlas, note: dict, spectra: pd.DataFrame, settings: dict) -> dict:
    """{feature: the strongest of its spectra, each an array (n, 2)}"""
    found = {}
    for polarity in note:
        own, of = atlas[atlas["polarity"] == polarity], spectra[spectra["polarity"] == polarity]
        here, there = near_pairs(
            of["precursor_mz"].to_numpy(float),
            of["rt_s"].to_numpy(float),
            own["mz"].to_numpy(),
            own["rt_s"].to_numpy(),
            ppm=settings["link_ppm"],
            rt_tolerance_s=note[polarity]["rt_tolerance_s"],
        )
        off = (of["precursor_mz"].to_numpy(float)[here] / own["mz"].to_numpy()[there] - 1) * 1e6 / settings["link_ppm"]
        late = of["rt_s"].to_numpy(float)[here] - own["rt_s"].to_numpy()[there]
        distance = np.hypot(off, late / note[polarity]["rt_tolerance_s"])
        pairs = pd.DataFrame({"spectrum": here, "feature": own["feature"].to_numpy()[there], "distance": distance})
        nearest = pairs.sort_values(["spectrum", "distance", "feature"]).drop_duplicates("spectrum")
        peaks = [np.column_stack(pair) for pair in zip(of["fragment_mz"], of["fragment_intensity"], strict=True)]
        for spectrum, feature in zip(nearest["spectrum"], nearest["feature"], strict=True):
            found.setdefault(feature, []).append(peaks[spectrum])
    strength = {feature: [-peaks[:, 1].sum() for peaks in several] for feature, several in found.items()}
    return {
        feature: [several[at] for at in np.argsort(strength[feature], kind="stable")[:MOST_SPECTRA]]
        for feature, several in found.items()
    }


def _compound_of(compounds: pd.DataFrame) -> dict:
    """{first block of an InChIKey, or name in lower case: compound_id}"""
    names = {name.casefold(): key for name, key in zip(compounds["name"], compounds["compound_id"], strict=True)}
    keys = zip(compounds["inchikey"], compounds["compound_id"], strict=True)
    return names | {inchikey.split("-")[0]: key for inchikey, key in keys if inchikey}


def _by_precursor(entry: Entry) -> float:
    return entry.precursor_mz


def _near(entries: list[Entry], mz: float, ppm: float) -> list[Entry]:
    from bisect import bisect_left, bisect_right

    low, high = mz * (1 - ppm * 1e-6), mz * (1 + ppm * 1e-6)
    return entries[bisect_left(entries, low, key=_by_precursor) : bisect_right(entries, high, key=_by_precursor)]


def _best(queries, peaks, tolerance: float, least: int) -> tuple[float, int]:
    """The best score of several spectra with enough shared peaks, and those; (0, 0) without."""
    scored = [similarity(query, peaks, tolerance) for query in queries]
    return max(((score, shared) for score, shared in scored if shared >= least), default=(0.0, 0))


class _Pool:
    """All peaks of a library, for decoys that look like its spectra."""

    def __init__(self, entries: list[Entry], tolerance: float):
        self.entries, self.tolerance = entries, tolerance
        of = np.repeat(np.arange(len(entries)), [len(entry.peaks) for entry in entries])
        mz = np.concatenate([entry.peaks[:, 0] for entry in entries])
        order = np.argsort(mz, kind="stable")
        self.mz, self.of = mz[order].astype(float), of[order]  # 64 bits: what is looked up has them

    def decoy(self, entry: Entry, rng) -> np.ndarray:
        """A spectrum with as many peaks, each from a spectrum that shares a peak with what is there already."""
        offered, taken = [], {}
        last = entry.precursor_mz
        limit = entry.precursor_mz - PRECURSOR_DA
        for _ in range(4 * len(entry.peaks)):
            if len(taken) == len(entry.peaks):
                break
            low, high = np.searchsorted(self.mz, [last - self.tolerance, last + self.tolerance])
            if high > low:
                source = self.entries[self.of[rng.integers(low, high)]].peaks
            else:  # nothing shares it: any spectrum
                source = self.entries[rng.integers(len(self.entries))].peaks
            source = source[source[:, 0] <= limit]
            if len(source):
                offered += list(source[rng.integers(len(source), size=min(DRAWN, len(source)))])
            if offered:
                mz, intensity = offered.pop(int(rng.integers(len(offered))))
                last = float(mz)
                if all(abs(last - other) > 2 * self.tolerance for other in taken):
                    taken[last] = float(intensity)
        peaks = np.array(sorted(taken.items()), np.float32).reshape(-1, 2)
        peaks[:, 1] /= peaks[:, 1].sum() if len(peaks) else 1
        return peaks
