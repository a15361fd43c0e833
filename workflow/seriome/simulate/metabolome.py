"""Simulated LC-MS runs of endogenous metabolites, as mzML, with the levels known.

The compounds and their formulas are real. The retention times belong to a column that does not exist, the responses
and fragment spectra are made up, and all of them are the same in every run, as they would be within one study.
What changes from run to run is what changes at an instrument: retention shifts by a second or two, mass calibration
is off by up to 1 ppm, the signal falls with the order of injection, and every intensity carries noise.
"""

import base64
import zlib
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from lxml import etree
from pyteomics import mass as chemistry

from seriome.errors import InputError, did_you_mean
from seriome.files import moved_into_place, write_tsv

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
LOSSES = ("NH3", "H2O", "CH2O2", "CH5NO2")  # neutral losses that the made-up fragment spectra show

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


def write_injection(path, levels: dict[str, float], *, seed: int, injection: int, blank: bool = False) -> None:
    """One LC-MS run in positive mode as centroided mzML: MS1 once per second, MS2 of a few compounds.

    levels     {compound_id: level, linear}, see `reference_levels`; a compound left out is not in the sample
    seed       of the cohort; runs differ by `injection`
    injection  order of injection from 1: retention, calibration, drift and noise follow from it
    blank      background and contaminants only, `levels` are not looked at
    Raises     InputError for an unknown compound or a level below 0
    """
    known = [compound.compound_id for compound in compounds()]
    for key, level in levels.items():
        if key not in known:
            raise InputError(f"unknown compound {key!r}{did_you_mean(key, known)}")
        if not level >= 0:
            raise InputError(f"the level of {key!r} is {level}: it must be 0 or more")
    rng = np.random.default_rng([seed, injection, int(blank)])
    run = _Run(rng, injection)
    peaks = [_Peak(mz, rt, apex, 3.0, 1.5) for _, mz, rt, apex in CONTAMINANTS]
    peaks = run.vary(peaks, 0.05)
    precursors = []
    if not blank:
        peaks += run.vary(_unknowns(), 0.3)
        for number, row in enumerate(_COMPOUNDS):
            varied = rng.normal(0, 0.06)
            if levels.get(row[0], 0) > 0:
                ions = _ions(number, row, levels[row[0]] * row[4] * np.exp(varied))
                peaks += ions
                precursors += [(ions[0], row[2])] if row[0] in FRAGMENTED else []
    spectra = run.spectra(peaks)
    scans = [(time, 1, mz, intensity, None) for time, (mz, intensity) in zip(run.times, spectra, strict=True)]
    scans += [run.fragments(peak, formula) for peak, formula in precursors]
    scans.sort(key=lambda scan: scan[0])
    with moved_into_place(path) as temporary:
        _write_mzml(temporary, scans, f"injection_{injection:03d}")


def _ions(number: int, row: tuple, apex: float) -> list[_Peak]:
    """The [M+H]+ and perhaps [M+Na]+ peaks of a compound, each with its heavier isotopes."""
    _, _, formula, rt, _, sodium = row
    shape = np.random.default_rng([_STUDY, number])
    sigma, tail = shape.uniform(2.2, 3.4), shape.uniform(0.5, 2.5)
    composition = chemistry.Composition(formula=formula)
    neutral = chemistry.calculate_mass(composition=composition)
    peaks = []
    for mz, part in [(neutral + PROTON, 1.0)] + ([(neutral + SODIUM_ION, 0.25)] if sodium else []):
        peaks.append(_Peak(mz, rt, apex * part, sigma, tail))
        for element, (shift, ratio) in ISOTOPES.items():
            count = composition.get(element, 0)
            peaks.append(_Peak(mz + shift, rt, apex * part * count * ratio, sigma, tail))
            if element == "C" and count > 1:
                twice = count * (count - 1) / 2 * ratio**2
                peaks.append(_Peak(mz + 2 * shift, rt, apex * part * twice, sigma, tail))
    return [peak for peak in peaks if peak.apex > 0]


def _unknowns() -> list[_Peak]:
    """Peaks of no compound in the table; the same in every run, each with its first 13C isotope."""
    rng = np.random.default_rng(_STUDY)
    peaks = []
    for _ in range(24):
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

    def spectra(self, peaks: list[_Peak]) -> list[tuple[np.ndarray, np.ndarray]]:
        """The centroids of every MS1 scan, sorted by m/z; two within the resolving power are one."""
        rng, n = self.rng, len(self.times)
        scans, mzs, heights = [], [], []
        for peak in sorted(peaks, key=lambda p: (p.mz, p.rt_s)):
            at, height = self.profile(peak)
            scans.append(at)
            heights.append(height)
            mzs.append(np.full(len(at), peak.mz))
        for mz, level in BACKGROUND:
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

    def fragments(self, peak: _Peak, formula: str) -> tuple:
        """A fragment spectrum at the peak's apex: the precursor and its neutral losses."""
        rng = self.rng
        time = peak.rt_s + self.shift[0] + self.shift[1] * peak.rt_s / GRADIENT_S
        time = np.floor(time / CYCLE_S) * CYCLE_S + 0.65
        mzs, whole = [peak.mz], chemistry.Composition(formula=formula)
        for loss in LOSSES:
            lost = chemistry.Composition(formula=loss)
            if all(whole.get(element, 0) >= count for element, count in lost.items()):
                mzs.append(peak.mz - chemistry.calculate_mass(composition=lost))
        mz = np.sort(np.array(mzs)) * (1 + 1e-6 * (self.calibration_ppm + rng.normal(0, 1, len(mzs))))
        height = peak.apex * self.gain * 0.2 * rng.dirichlet(np.full(len(mzs), 3.0))
        return time, 2, np.round(mz, 5), np.round(height), round(peak.mz, 4)


def _write_mzml(path, scans: list[tuple], name: str) -> None:
    """Write scans (time in s, MS level, m/z, intensity, precursor m/z) as mzML 1.1 without an index or dates."""
    with etree.xmlfile(str(path), encoding="utf-8") as file:
        file.write_declaration()
        with file.element("mzML", {"id": name, "version": "1.1.0"}, nsmap={None: "http://psi.hupo.org/ms/mzml"}):
            for part in etree.fromstring(HEADER):
                file.write(part)
            with (
                file.element("run", {"id": name, "defaultInstrumentConfigurationRef": "IC1"}),
                file.element("spectrumList", {"count": str(len(scans)), "defaultDataProcessingRef": "DP1"}),
            ):
                for index, scan in enumerate(scans):
                    file.write(_spectrum(index, *scan))
                    file.write("\n")


HEADER = """<header>
  <cvList count="2">
    <cv id="MS" fullName="Proteomics Standards Initiative Mass Spectrometry Ontology" version="4.1.182"
        URI="https://raw.githubusercontent.com/HUPO-PSI/psi-ms-CV/master/psi-ms.obo"/>
    <cv id="UO" fullName="Unit Ontology" version="09:04:2014"
        URI="https://raw.githubusercontent.com/bio-ontology-research-group/unit-ontology/master/unit.obo"/>
  </cvList>
  <fileDescription><fileContent>
    <cvParam cvRef="MS" accession="MS:1000579" name="MS1 spectrum" value=""/>
    <cvParam cvRef="MS" accession="MS:1000580" name="MSn spectrum" value=""/>
  </fileContent></fileDescription>
  <softwareList count="1"><software id="seriome" version="0">
    <cvParam cvRef="MS" accession="MS:1000799" name="custom unreleased software tool" value="seriome simulate"/>
  </software></softwareList>
  <instrumentConfigurationList count="1"><instrumentConfiguration id="IC1">
    <cvParam cvRef="MS" accession="MS:1000031" name="instrument model" value=""/>
    <componentList count="3">
      <source order="1"><cvParam cvRef="MS" accession="MS:1000073" name="electrospray ionization" value=""/></source>
      <analyzer order="2"><cvParam cvRef="MS" accession="MS:1000484" name="orbitrap" value=""/></analyzer>
      <detector order="3"><cvParam cvRef="MS" accession="MS:1000624" name="inductive detector" value=""/></detector>
    </componentList>
  </instrumentConfiguration></instrumentConfigurationList>
  <dataProcessingList count="1"><dataProcessing id="DP1"><processingMethod order="0" softwareRef="seriome">
    <cvParam cvRef="MS" accession="MS:1000035" name="peak picking" value=""/>
  </processingMethod></dataProcessing></dataProcessingList>
</header>"""


def _spectrum(index: int, time: float, level: int, mz, intensity, precursor):
    """One spectrum element."""
    kind = _cv("MS:1000579", "MS1 spectrum") if level == 1 else _cv("MS:1000580", "MSn spectrum")
    start = _cv("MS:1000016", "scan start time", f"{time / 60:.6f}", **MINUTE)
    scan = [_cv("MS:1000795", "no combination"), _element("scan", [start])]
    children = [
        _cv("MS:1000511", "ms level", level),
        kind,
        _cv("MS:1000127", "centroid spectrum"),
        _cv("MS:1000130", "positive scan"),
        _cv("MS:1000285", "total ion current", f"{intensity.sum():.0f}"),
        _element("scanList", scan, count=1),
    ]
    if precursor is not None:
        ion = [_cv("MS:1000744", "selected ion m/z", precursor, **MZ), _cv("MS:1000041", "charge state", 1)]
        ions = _element("selectedIonList", [_element("selectedIon", ion)], count=1)
        activation = _element("activation", [_cv("MS:1000422", "beam-type collision-induced dissociation")])
        children.append(_element("precursorList", [_element("precursor", [ions, activation])], count=1))
    wide, narrow = _cv("MS:1000523", "64-bit float"), _cv("MS:1000521", "32-bit float")
    arrays = [
        _binary(mz.astype("<f8"), wide, _cv("MS:1000514", "m/z array", **MZ)),
        _binary(intensity.astype("<f4"), narrow, _cv("MS:1000515", "intensity array", **COUNTS)),
    ]
    children.append(_element("binaryDataArrayList", arrays, count=2))
    return _element("spectrum", children, index=index, id=f"scan={index + 1}", defaultArrayLength=len(mz))


def _unit(cv: str, accession: str, name: str) -> dict:
    return {"unitCvRef": cv, "unitAccession": accession, "unitName": name}


MZ = _unit("MS", "MS:1000040", "m/z")
COUNTS = _unit("MS", "MS:1000131", "number of detector counts")
MINUTE = _unit("UO", "UO:0000031", "minute")


def _binary(values: np.ndarray, width, kind):
    data = _element("binary")
    data.text = base64.b64encode(zlib.compress(values.tobytes(), 6)).decode()
    children = [width, _cv("MS:1000574", "zlib compression"), kind, data]
    return _element("binaryDataArray", children, encodedLength=len(data.text))


def _element(tag: str, children=(), **attributes):
    element = etree.Element(tag, {key: str(value) for key, value in attributes.items()})
    element.extend(children)
    return element


def _cv(accession: str, name: str, value="", **unit):
    return _element("cvParam", cvRef="MS", accession=accession, name=name, value=value, **unit)
