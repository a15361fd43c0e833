"""Simulated LC-MS runs of endogenous metabolites, as mzML, with the levels known.

The compounds and their formulas are real. The retention times belong to a column that does not exist, the responses
and fragment spectra are made up, and all of them are the same in every run, as they would be within one study.
What changes from run to run is what changes at an instrument: retention shifts by a second or two, mass calibration
is off by up to 1 ppm, the signal falls with the order of injection, and every intensity carries noise. A `Study` may
be worse than that: every compound drifts in its own way, batches differ, samples are diluted.
"""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from pyteomics import mass as chemistry

from seriome.errors import InputError, did_you_mean
from seriome.files import moved_into_place, write_text, write_tsv
from seriome.simulate.lcms import write_mzml

PROTON = chemistry.nist_mass["H+"][0][0]  # Da
SODIUM_ION = chemistry.nist_mass["Na"][0][0] - chemistry.nist_mass["e*"][0][0]  # Da, Na without an electron
GRADIENT_S = 540.0  # length of a run
CYCLE_S = 1.0  # one MS1 spectrum per second
NOISE_FLOOR = 2000.0  # counts; nothing below is written, as an Orbitrap does not write it
DRIFT = 0.006  # the signal's loss per injection, natural logarithm
SHIFT_S = 2.0  # retention shift of a run, standard deviation at its end, s
MZ_RANGE = (70.0, 720.0)
ISOTOPES = {  # (element, mass difference to the light isotope in Da, abundance relative to it)
    "C": (1.0033548, 0.0107 / 0.9893),
    "N": (0.9970349, 0.00364 / 0.99636),
    "O": (2.0042450, 0.00205 / 0.99757),
    "S": (1.9957959, 0.0425 / 0.9499),
}  # IUPAC 2009 representative abundances, doi:10.1351/PAC-REP-10-06-02

# id, name, formula, made-up retention time (s), response relative to the mean, also as [M+Na]+
_COMPOUNDS = (
    ("lysine", "L-Lysine", "C6H14N2O2", 38, 1.0, False),
    ("ornithine", "L-Ornithine", "C5H12N2O2", 41, 0.8, False),
    ("histidine", "L-Histidine", "C6H9N3O2", 44, 1.2, False),
    ("arginine", "L-Arginine", "C6H14N4O2", 48, 1.8, False),
    ("choline", "Choline", "C5H13NO", 52, 2.5, False),
    ("asparagine", "L-Asparagine", "C4H8N2O3", 55, 0.5, False),
    ("serine", "L-Serine", "C3H7NO3", 57, 0.4, False),
    ("taurine", "Taurine", "C2H7NO3S", 60, 0.4, True),
    ("citrulline", "L-Citrulline", "C6H13N3O3", 63, 0.9, False),
    ("glutamine", "L-Glutamine", "C5H10N2O3", 66, 1.0, True),
    ("threonine", "L-Threonine", "C4H9NO3", 70, 0.5, False),
    ("glutamate", "L-Glutamate", "C5H9NO4", 74, 0.7, False),
    ("creatine", "Creatine", "C4H9N3O2", 79, 1.8, False),
    ("creatinine", "Creatinine", "C4H7N3O", 84, 2.0, False),
    ("carnitine", "L-Carnitine", "C7H15NO3", 89, 2.4, False),
    ("betaine", "Betaine", "C5H11NO2", 93, 2.4, True),
    ("proline", "L-Proline", "C5H9NO2", 98, 1.5, False),
    ("lactate", "Lactate", "C3H6O3", 105, 0.3, True),
    ("2-hydroxyglutarate", "2-Hydroxyglutarate", "C5H8O5", 112, 0.3, True),
    ("malate", "Malate", "C4H6O5", 119, 0.3, True),
    ("valine", "L-Valine", "C5H11NO2", 126, 1.2, False),
    ("methionine", "L-Methionine", "C5H11NO2S", 134, 1.0, False),
    ("acetylcarnitine", "Acetylcarnitine", "C9H17NO4", 143, 2.2, False),
    ("uracil", "Uracil", "C4H4N2O2", 152, 0.5, False),
    ("hypoxanthine", "Hypoxanthine", "C5H4N4O", 161, 1.1, False),
    ("xanthine", "Xanthine", "C5H4N4O2", 170, 0.7, False),
    ("succinate", "Succinate", "C4H6O4", 178, 0.3, True),
    ("urate", "Urate", "C5H4N4O3", 186, 0.6, True),
    ("tyrosine", "L-Tyrosine", "C9H11NO3", 197, 1.0, False),
    ("uridine", "Uridine", "C9H12N2O6", 207, 0.6, True),
    ("isoleucine", "L-Isoleucine", "C6H13NO2", 218, 1.4, False),
    ("leucine", "L-Leucine", "C6H13NO2", 236, 1.4, False),
    ("adenosine", "Adenosine", "C10H13N5O4", 249, 1.6, False),
    ("inosine", "Inosine", "C10H12N4O5", 260, 0.8, True),
    ("propionylcarnitine", "Propionylcarnitine", "C10H19NO4", 272, 2.0, False),
    ("phenylalanine", "L-Phenylalanine", "C9H11NO2", 285, 1.5, False),
    ("kynurenine", "L-Kynurenine", "C10H12N2O3", 298, 1.2, False),
    ("tryptophan", "L-Tryptophan", "C11H12N2O2", 318, 1.3, False),
    ("kynurenate", "Kynurenate", "C10H7NO3", 334, 1.0, False),
    ("hexanoylcarnitine", "Hexanoylcarnitine", "C13H25NO4", 358, 2.0, False),
    ("octanoylcarnitine", "Octanoylcarnitine", "C15H29NO4", 392, 2.0, False),
    ("palmitoylcarnitine", "Palmitoylcarnitine", "C23H45NO4", 455, 1.8, False),
    ("lysopc-16-0", "LysoPC 16:0", "C24H50NO7P", 474, 2.0, True),
    ("lysopc-18-1", "LysoPC 18:1", "C26H52NO7P", 486, 1.6, True),
)
FRAGMENTED = (
    "glutamine",
    "arginine",
    "carnitine",
    "creatinine",
    "tyrosine",
    "phenylalanine",
    "kynurenine",
    "tryptophan",
)
LOSSES = ("H2O", "NH3", "CO", "CH2O2", "CH5NO2", "C2H2O", "C2H4O2", "C2H6N")  # that the made-up fragment spectra show

# Contaminants that every run has, blanks too: name, m/z, retention time (s), apex (counts); protonated or ammoniated
# ions of Keller et al. 2008, doi:10.1016/j.aca.2008.04.043
CONTAMINANTS = (
    ("dibutyl phthalate", 279.15909, 405.0, 4.0e5),
    ("bis(2-ethylhexyl) phthalate", 391.28429, 499.0, 1.2e6),
    ("erucamide", 338.34174, 507.0, 5.0e5),
    ("tributyl phosphate", 267.17197, 380.0, 1.5e5),
    ("PEG (n=7)", 327.20133, 243.0, 2.0e5),
)
BACKGROUND = (  # ions that are there all the time: m/z, counts
    (149.02332, 6.0e4),
    (371.10124, 5.0e4),
    (445.12003, 9.0e4),
    (519.13882, 4.0e4),
    (102.12773, 3.0e4),
    (83.06037, 5.0e4),
)
NEGATIVE_CONTAMINANTS = (  # deprotonated, of the same source
    ("palmitate", 255.23295, 440.0, 6.0e5),
    ("stearate", 283.26425, 470.0, 5.0e5),
    ("dodecylsulfate", 265.14790, 395.0, 4.0e5),
)
NEGATIVE_BACKGROUND = ((112.98559, 8.0e4), (91.00368, 3.0e4), (227.20165, 3.0e4))
NOT_NEGATIVE = ("choline", "betaine", "carnitine", "acetylcarnitine", "propionylcarnitine", "hexanoylcarnitine")
NOT_NEGATIVE += ("octanoylcarnitine", "palmitoylcarnitine", "lysopc-16-0", "lysopc-18-1")  # cations, whatever is done
NEGATIVE_RESPONSE = 0.6  # of a compound, over that in positive mode
_STUDY = 2007  # seeds what is the same in every run: unknown features, peak shapes


@dataclass(frozen=True)
class Compound:
    """A metabolite as the compounds table has it; mass is monoisotopic and neutral (Da), rt_s made up for a simulated
    column (s). Choline, a cation, is written as its formula less a proton, so that [M+H]+ is the ion."""

    compound_id: str
    name: str
    formula: str
    mass: float
    rt_s: float


@dataclass(frozen=True)
class Study:
    """How a study is run. The default is the demo's: one batch, positive mode, eight compounds fragmented.

    own_drift      every compound loses up to this (natural logarithm, half of it on average) in its own way over the
                   batch, on top of the common loss
    batch_effect   standard deviation of a compound's level between batches, natural logarithm
    dilution       standard deviation of a sample's dilution, natural logarithm; pools are not diluted
    fragmented     compounds with fragment spectra; all: every one
    unknowns       peaks of no compound in the table
    """

    own_drift: float = 0.0
    batch_effect: float = 0.0
    dilution: float = 0.0
    fragmented: tuple = FRAGMENTED
    unknowns: int = 24


@dataclass(frozen=True)
class _Peak:
    """One chromatographic peak: m/z, retention time (s), apex (counts), width sigma and tail (s)."""

    mz: float
    rt_s: float
    apex: float
    sigma_s: float
    tail_s: float


@cache
def compounds() -> list[Compound]:
    """The simulated metabolites, in the order of elution."""
    return [
        Compound(key, name, formula, round(chemistry.calculate_mass(formula=formula), 6), float(rt))
        for key, name, formula, rt, _, _ in _COMPOUNDS
    ]


def write_compounds(path) -> None:
    """The compounds table (TSV): compound_id name formula mass (Da) rt_s."""
    rows = [vars(compound) for compound in compounds()]
    write_tsv(path, rows, ["compound_id", "name", "formula", "mass", "rt_s"])


def reference_levels() -> dict[str, float]:
    """A healthy plasma's level of every compound, to multiply with fold changes.

    A level is the height of the [M+H]+ peak (counts) at response 1, before drift and noise.
    """
    rng = np.random.default_rng(_STUDY)
    levels = np.round(1.5e6 * np.exp(rng.normal(0, 0.6, len(_COMPOUNDS))), -2)
    return {row[0]: float(level) for row, level in zip(_COMPOUNDS, levels, strict=True)}


def write_injection(
    path,
    levels: dict[str, float],
    *,
    seed: int,
    injection: int,
    blank: bool = False,
    polarity: str = "positive",
    batch: int = 1,
    pool: bool = False,
    study: Study = Study(),
) -> None:
    """One LC-MS run in one polarity as centroided mzML: MS1 once per second, MS2 of a few compounds.

    levels     {compound_id: level, linear}, see `reference_levels`; a compound left out is not in the sample
    seed       of the cohort; runs differ by `batch`, `injection` and `polarity`
    injection  order of injection from 1 in its batch: retention, calibration, drift and noise follow from it
    blank      background and contaminants only, `levels` are not looked at
    pool       a pooled quality control: never diluted
    Raises     InputError for an unknown compound or a level below 0
    """
    known = [compound.compound_id for compound in compounds()]
    for key, level in levels.items():
        if key not in known:
            raise InputError(f"unknown compound {key!r}{did_you_mean(key, known)}")
        if not level >= 0:
            raise InputError(f"the level of {key!r} is {level}: it must be 0 or more")
    positive = polarity == "positive"
    further = () if positive and batch == 1 else (int(positive), batch)
    rng = np.random.default_rng([seed, injection, int(blank), *further])
    run = _Run(rng, injection)
    made = CONTAMINANTS if positive else NEGATIVE_CONTAMINANTS
    peaks = run.vary([_Peak(mz, rt, apex, 3.0, 1.5) for _, mz, rt, apex in made], 0.05)
    precursors = []
    if not blank:
        diluted = 0.0 if pool else study.dilution * np.random.default_rng([seed, injection, batch, 3]).normal()
        unknown = _unknowns(polarity, study.unknowns)
        own = [_own_drift(seed, polarity, 1000 + n // 2, injection, batch, study) for n in range(len(unknown))]
        varied = run.vary(unknown, 0.3 if not pool else 0.06)
        peaks += [
            _Peak(p.mz, p.rt_s, p.apex * np.exp(by + diluted), p.sigma_s, p.tail_s)
            for p, by in zip(varied, own, strict=True)
        ]
        for number, row in enumerate(_COMPOUNDS):
            varied = rng.normal(0, 0.06)
            if levels.get(row[0], 0) > 0 and (positive or row[0] not in NOT_NEGATIVE):
                varied += _own_drift(seed, polarity, number, injection, batch, study) + diluted
                ions = _ions(number, row, levels[row[0]] * row[4] * np.exp(varied), polarity)
                peaks += ions
                precursors += [(ions[0], row)] if study.fragmented == "all" or row[0] in study.fragmented else []
    spectra = run.spectra(peaks, BACKGROUND if positive else NEGATIVE_BACKGROUND)
    scans = [(time, 1, mz, intensity, None) for time, (mz, intensity) in zip(run.times, spectra, strict=True)]
    scans += [run.fragments(peak, row, polarity) for peak, row in precursors]
    scans.sort(key=lambda scan: scan[0])
    with moved_into_place(path) as temporary:
        write_mzml(temporary, scans, f"injection_{injection:03d}", polarity)


def _own_drift(seed, polarity, number, injection, batch, study: Study) -> float:
    """What a compound gains or loses at this place of this batch, natural logarithm: a loss that levels off."""
    if not study.own_drift and not study.batch_effect:
        return 0.0
    shape = np.random.default_rng([seed, number, batch, int(polarity == "positive"), 5])
    most, pace = shape.uniform(0, study.own_drift), shape.uniform(10, 40)
    return study.batch_effect * shape.normal() - most * (1 - np.exp(-(injection - 1) / pace))


def fragment_pattern(row: tuple, polarity: str) -> tuple[np.ndarray, np.ndarray]:
    """m/z and relative heights (the sum is 1) of a compound's made-up fragments, the precursor first."""
    whole = chemistry.Composition(formula=row[2])
    precursor = chemistry.calculate_mass(composition=whole) + (PROTON if polarity == "positive" else -PROTON)
    lost = [chemistry.Composition(formula=loss) for loss in LOSSES]
    possible = [one for one in lost if all(whole.get(element, 0) >= count for element, count in one.items())]
    mzs = [precursor] + [precursor - chemistry.calculate_mass(composition=one) for one in possible]
    shape = np.random.default_rng([_STUDY, *row[0].encode(), int(polarity == "positive")])
    return np.array(mzs), shape.dirichlet(np.full(len(mzs), 2.0))


def write_library(path) -> None:
    """The made-up fragment spectra of all compounds in both polarities, as MSP."""
    blocks = []
    for row in _COMPOUNDS:
        for polarity, adduct in (("positive", "[M+H]+"), ("negative", "[M-H]-")):
            if polarity == "positive" or row[0] not in NOT_NEGATIVE:
                mz, share = fragment_pattern(row, polarity)
                lines = [f"NAME: {row[1]}", f"DB#: simulated-{row[0]}-{polarity}", f"PRECURSORMZ: {mz[0]:.5f}"]
                lines += [f"PRECURSORTYPE: {adduct}", f"IONMODE: {polarity.capitalize()}", f"FORMULA: {row[2]}"]
                lines += ["COMMENT: made up, as the simulated runs are", f"Num Peaks: {len(mz)}"]
                lines += [
                    f"{one:.5f} {999 * part / share.max():.1f}" for one, part in sorted(zip(mz, share, strict=True))
                ]
                blocks.append("\n".join(lines) + "\n")
    write_text(path, "\n".join(blocks))


def _ions(number: int, row: tuple, apex: float, polarity: str) -> list[_Peak]:
    """The [M+H]+ and perhaps [M+Na]+, or [M-H]-, peaks of a compound, each with its heavier isotopes."""
    _, _, formula, rt, _, sodium = row
    shape = np.random.default_rng([_STUDY, number])
    sigma, tail = shape.uniform(2.2, 3.4), shape.uniform(0.5, 2.5)
    composition = chemistry.Composition(formula=formula)
    neutral = chemistry.calculate_mass(composition=composition)
    peaks = []
    ions = [(neutral + PROTON, 1.0)] + ([(neutral + SODIUM_ION, 0.25)] if sodium else [])
    for mz, part in ions if polarity == "positive" else [(neutral - PROTON, NEGATIVE_RESPONSE)]:
        peaks.append(_Peak(mz, rt, apex * part, sigma, tail))
        for element, (shift, ratio) in ISOTOPES.items():
            count = composition.get(element, 0)
            peaks.append(_Peak(mz + shift, rt, apex * part * count * ratio, sigma, tail))
            if element == "C" and count > 1:
                twice = count * (count - 1) / 2 * ratio**2
                peaks.append(_Peak(mz + 2 * shift, rt, apex * part * twice, sigma, tail))
    return [peak for peak in peaks if peak.apex > 0]


def _unknowns(polarity: str, count: int) -> list[_Peak]:
    """Peaks of no compound in the table; the same in every run, each with its first 13C isotope."""
    rng = np.random.default_rng(_STUDY if polarity == "positive" else [_STUDY, 0])
    peaks = []
    for _ in range(count):
        mz = rng.uniform(120, 650)
        mz = np.floor(mz) + 0.05 + mz * 5e-4  # near the mass defects of real metabolites
        rt, apex = rng.uniform(30, 510), 10 ** rng.uniform(4.7, 6.2)
        peak = _Peak(mz, rt, apex, rng.uniform(2.2, 3.4), rng.uniform(0.5, 2.5))
        peaks += [peak, _Peak(mz + ISOTOPES["C"][0], peak.rt_s, peak.apex * mz / 2000, peak.sigma_s, peak.tail_s)]
    return peaks


class _Run:
    """One run's own errors: retention shift, calibration, drift, noise."""

    def __init__(self, rng, injection: int):
        self.rng = rng
        self.times = np.arange(CYCLE_S, GRADIENT_S, CYCLE_S) + 0.25
        self.shift = rng.normal(0, 0.5 * SHIFT_S), rng.normal(0, SHIFT_S)
        self.calibration_ppm = rng.uniform(-1, 1)
        self.gain = np.exp(-DRIFT * (injection - 1) + rng.normal(0, 0.04))

    def vary(self, peaks: list[_Peak], sd: float) -> list[_Peak]:
        """The peaks with their heights multiplied by log-normal noise."""
        factors = np.exp(self.rng.normal(0, sd, len(peaks)))
        return [_Peak(p.mz, p.rt_s, p.apex * f, p.sigma_s, p.tail_s) for p, f in zip(peaks, factors, strict=True)]

    def profile(self, peak: _Peak) -> tuple[np.ndarray, np.ndarray]:
        """Scan numbers and intensities of a peak: a Gaussian whose later half is wider by the tail."""
        centre = peak.rt_s + self.shift[0] + self.shift[1] * peak.rt_s / GRADIENT_S
        away = self.times - centre
        width = np.where(away > 0, peak.sigma_s + peak.tail_s, peak.sigma_s)
        height = peak.apex * self.gain * np.exp(-0.5 * (away / width) ** 2)
        height *= np.exp(self.rng.normal(0, 0.04, len(height)))
        scans = np.flatnonzero(height > NOISE_FLOOR)
        return scans, height[scans]

    def spectra(self, peaks: list[_Peak], background) -> list[tuple[np.ndarray, np.ndarray]]:
        """The centroids of every MS1 scan, sorted by m/z; two within the resolving power are one."""
        rng, n = self.rng, len(self.times)
        scans, mzs, heights = [], [], []
        for peak in sorted(peaks, key=lambda p: (p.mz, p.rt_s)):
            at, height = self.profile(peak)
            scans.append(at)
            heights.append(height)
            mzs.append(np.full(len(at), peak.mz))
        for mz, level in background:
            wave = 1 + 0.2 * np.sin(2 * np.pi * (self.times / 170 + rng.uniform()))
            scans.append(np.arange(n))
            heights.append(level * wave * np.exp(rng.normal(0, 0.1, n)))
            mzs.append(np.full(n, mz))
        count = 70 * n  # electronic and chemical noise, anywhere
        scans.append(rng.integers(0, n, count))
        heights.append(NOISE_FLOOR * (1 + rng.exponential(0.5, count)))
        mzs.append(rng.uniform(*MZ_RANGE, count))
        scan, mz, height = np.concatenate(scans), np.concatenate(mzs), np.concatenate(heights)
        mz = mz * (1 + 1e-6 * (self.calibration_ppm + rng.normal(0, 0.5 + 60 / np.sqrt(height))))
        order = np.lexsort((mz, scan))
        scan, mz, height = scan[order], mz[order], height[order]
        near = (np.diff(scan) == 0) & (np.diff(mz) < mz[1:] / 70000)
        group = np.concatenate([[0], np.cumsum(~near)])
        total = np.bincount(group, height)
        mz = np.round(np.bincount(group, mz * height) / total, 5)
        scan = scan[np.searchsorted(group, np.arange(len(total)))]
        edges = np.searchsorted(scan, np.arange(n + 1))
        return [(mz[a:b], np.round(total[a:b])) for a, b in pairwise(edges)]

    def fragments(self, peak: _Peak, row: tuple, polarity: str) -> tuple:
        """A fragment spectrum at the peak's apex: the compound's pattern with noise, and three peaks of noise."""
        rng = self.rng
        time = peak.rt_s + self.shift[0] + self.shift[1] * peak.rt_s / GRADIENT_S
        time = np.floor(time / CYCLE_S) * CYCLE_S + 0.65
        mz, share = fragment_pattern(row, polarity)
        mz = np.concatenate([mz, rng.uniform(50, mz[0], 3)])
        share = np.concatenate([share * np.exp(rng.normal(0, 0.15, len(share))), rng.uniform(0.005, 0.03, 3)])
        mz = mz * (1 + 1e-6 * (self.calibration_ppm + rng.normal(0, 1, len(mz))))
        order = np.argsort(mz)
        height = peak.apex * self.gain * 0.2 * share
        return time, 2, np.round(mz[order], 5), np.round(height[order]) + 1, round(peak.mz, 4)
