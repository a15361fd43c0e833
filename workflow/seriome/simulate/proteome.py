"""A DDA LC-MS/MS run of known proteins, as mzML: what it holds is known, so what is found in it can be scored.

The model, one line each (all constants below; numbers without a source are ours and only need to be plausible):
digest        trypsin, after K or R unless P follows; peptides without missed cleavage, and with one at a low yield
amounts       apex of a peptide = sum over its proteins of amount x COUNTS x efficiency(sequence) x run noise; linear
efficiency    log-normal, drawn from a hash of the sequence: the same peptide flies equally well in every run
elution       Gaussian; time from the sum of retention coefficients (Guo et al. 1986, J Chromatogr 359:499,
              doi:10.1016/0021-9673(86)80102-9) plus a shift fixed by the sequence, plus a drift of the run
isotopes      elemental composition, two Poisson laws (13C, 15N, 2H, 33S give +1; 18O, 34S give +2); spacing 1.00335/z
fragments     b and y ions, charge 1 (and 2 from precursors of 3+), strengths fixed by the sequence, y above b
choice        top N by intensity with dynamic exclusion; what falls in the isolation window is fragmented with it;
              `wrong` of the spectra name their second isotope as the precursor, or another m/z of the window
labels        `channels`: TMT on N-termini and lysines, one run of all samples; reporters by the channels' amounts, of
              everything in the isolation window, 2 % of each channel one neutron up and down
background    random tryptic peptides that are in no FASTA, the same in every run, and noise peaks: so decoys get hits
Simplified: no in-source decay, no space charge, no tailing, no carry-over, one instrument resolution.
"""

import base64
import hashlib
import re
import zlib
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from pyteomics.mass import std_aa_mass

from seriome.files import gzip_writer, moved_into_place

PROTON, WATER, CARBAMIDOMETHYL, OXIDATION = 1.00727646688, 18.0105646863, 57.02146372, 15.99491462
LABEL = 229.162932  # Da, TMT 6, 10, 11
REPORTED = 0.5  # reporters' share of what a precursor's fragments add up to
IMPURE = 0.02  # share of a channel that is seen one neutron lower, and as much one higher
NEUTRON = 1.0033548378  # 13C - 12C
LENGTHS = range(7, 31)  # residues of the peptides that are made
MZ = (350.0, 1400.0)  # MS1 scan range
MINUTES, CYCLE, TOP_N = 12.0, 2.0, 3  # run time; seconds from one MS1 to the next; MS2 spectra per cycle
GRADIENT = (60.0, 630.0)  # seconds: from the first to the last peptide
SIGMA = 4.0  # seconds, of an elution peak
EXCLUSION = 20.0  # seconds a precursor is left alone after it was chosen
ISOLATION = 0.8  # half width of the isolation window, m/z
COUNTS = 1e6  # apex intensity of a peptide of median efficiency at amount 1
FLOOR, TRIGGER = 5e3, 3e4  # smallest MS1 peak that is kept; smallest that is fragmented
MISSED, OXIDISED = 0.12, 0.10  # share of a peptide seen with one missed cleavage; with M oxidised
PPM_MS1, PPM_MS2, PPM_RUN = 1.5, 4.0, 1.0  # standard deviations of mass errors; PPM_RUN is common to one run
BACKGROUND = 250  # peptides that are in no FASTA; their amounts: median 1, log2-spread 2
FRAGMENTED = 0.2  # share of a precursor's intensity that its fragments add up to
NOISE_MS1, NOISE_MS2, JUNK = 60, 40, 200  # noise peaks in an MS1, an MS2 (median), an MS2 of no peptide at all
NOISE_CHOSEN = 0.2  # chance per cycle that a noise peak is taken for a peptide and fragmented

# retention coefficients at pH 2, Guo et al. 1986 (as in pyteomics.achrom.RCs_guo_ph2_0)
RETENTION = {
    "W": 8.8, "F": 8.1, "L": 8.1, "I": 7.4, "M": 5.5, "V": 5.0, "Y": 4.5, "C": 2.6, "A": 2.0, "P": 2.0,
    "E": 1.1, "T": 0.6, "D": 0.2, "Q": 0.0, "G": -0.2, "S": -0.2, "N": -0.6, "R": -0.6, "H": -2.1, "K": -2.1,
}  # fmt: skip
# atoms of C, H, N, O, S in a residue; C with carbamidomethyl
ATOMS = {
    "G": (2, 3, 1, 1, 0), "A": (3, 5, 1, 1, 0), "S": (3, 5, 1, 2, 0), "P": (5, 7, 1, 1, 0),
    "V": (5, 9, 1, 1, 0), "T": (4, 7, 1, 2, 0), "C": (5, 8, 2, 2, 1), "L": (6, 11, 1, 1, 0),
    "I": (6, 11, 1, 1, 0), "N": (4, 6, 2, 2, 0), "D": (4, 5, 1, 3, 0), "Q": (5, 8, 2, 2, 0),
    "K": (6, 12, 2, 1, 0), "E": (5, 7, 1, 3, 0), "M": (5, 9, 1, 1, 1), "H": (6, 7, 3, 1, 0),
    "F": (9, 9, 1, 1, 0), "R": (6, 12, 4, 1, 0), "Y": (9, 9, 1, 2, 0), "W": (11, 10, 2, 1, 0),
}  # fmt: skip
ISOTOPES = 5
RESIDUES = "ACDEFGHIKLMNPQRSTVWY"
RESIDUE_MASS = {aa: std_aa_mass[aa] + (CARBAMIDOMETHYL if aa == "C" else 0) for aa in RESIDUES}


def write_run(
    path,
    proteins: dict[str, str],
    amounts: dict[str, float],
    *,
    seed: int,
    blank: bool = False,
    minutes: float = MINUTES,
    top_n: int = TOP_N,
    wrong: float = 0.0,
    channels: tuple = (),
) -> dict[str, list[str]]:
    """Write one simulated run; mzML, or mzML.gz by its name. Equal arguments give equal bytes.

    proteins   accession -> sequence (any length; peptides with letters other than the 20 residues are not made)
    amounts    accession -> amount >= 0 (with `channels`, a sequence of one per channel), linear, in any unit in which
               1 is a common protein: apex intensity of its
               median peptide 1e6, fragmented above 3e4. A protein without an amount is not in the run. Useful
               range about 0.03 to 100
    seed       of everything that differs from run to run; what a sequence decides does not depend on it
    blank      noise only: no peptide at all
    minutes    length of the run; elution times stretch with it
    top_n      MS2 spectra per cycle of CYCLE seconds
    wrong      share of the MS2 spectra whose precursor is named wrong
    channels   names of the TMT channels (proteome.tmt.MASSES) in this run, of which `amounts` are
    Returns    the truth: native id of each MS2 spectrum -> the peptides that were fragmented in it, strongest first
    """
    rng = np.random.default_rng(seed)
    ions = None if blank else _ions(proteins, amounts, rng, minutes / MINUTES, len(channels))
    spectra = _acquire(ions, rng, minutes * 60, top_n, wrong, channels)
    path = Path(path)
    run = re.sub(r"\.mzml(\.gz)?$", "", path.name, flags=re.IGNORECASE)
    if path.name.lower().endswith(".gz"):
        with gzip_writer(path) as file:
            _write_mzml(file, run, spectra)
    else:
        with moved_into_place(path) as temporary, open(temporary, "wb") as file:
            _write_mzml(file, run, spectra)
    return {_scan_id(at): one["peptides"] for at, one in enumerate(spectra) if one["level"] == 2}


def digest(sequence: str) -> dict[str, int]:
    """Tryptic peptides of 7 to 30 residues -> missed cleavages (0 or 1; the fewer where a peptide arises twice)."""
    pieces = re.sub(r"(?<=[KR])(?!P)", " ", sequence).split()
    peptides = dict.fromkeys((a + b for a, b in pairwise(pieces)), 1) | dict.fromkeys(pieces, 0)
    return {p: n for p, n in peptides.items() if len(p) in LENGTHS and RETENTION.keys() >= set(p)}


def peptide_mass(peptide: str, oxidised: int = 0, label: float = 0.0) -> float:
    """Monoisotopic neutral mass in dalton, C carbamidomethylated, `oxidised` methionines, labelled by `label`."""
    labels = label * (1 + peptide.count("K"))
    return sum(RESIDUE_MASS[aa] for aa in peptide) + WATER + oxidised * OXIDATION + labels


def _own(peptide: str, what: str) -> np.random.Generator:
    """Random numbers that belong to a sequence, whatever the run."""
    return np.random.default_rng(int.from_bytes(hashlib.blake2b(f"{what}:{peptide}".encode(), digest_size=8).digest()))


@lru_cache(maxsize=100_000)
def efficiency(peptide: str) -> float:
    """How well a peptide is seen: log-normal of median 1 and ln-spread 0.7, fixed by its sequence."""
    return float(np.exp(np.clip(_own(peptide, "efficiency").normal(0, 0.7), -2, 2)))


@lru_cache(maxsize=100_000)
def retention_time(peptide: str) -> float:
    """Seconds of the apex in a run of MINUTES without drift."""
    index = sum(RETENTION[aa] for aa in peptide) / len(peptide) ** 0.35
    start, end = GRADIENT
    return float(np.clip(start + (end - start) * (index + 1) / 28 + _own(peptide, "time").normal(0, 8), start, end))


@cache
def isotope_pattern(peptide: str) -> tuple[float, ...]:
    """Shares of the first five isotope peaks, sum 1 (abundances: IUPAC)."""
    c, h, n, o, s = np.sum([ATOMS[aa] for aa in peptide] + [(0, 2, 0, 1, 0)], axis=0)  # the last: water
    one = c * 0.010816 + n * 0.003653 + h * 0.000115 + o * 0.00038 + s * 0.00790
    two = o * 0.00205 + s * 0.04474
    steps = np.arange(ISOTOPES)
    factorial = np.cumprod(np.maximum(steps, 1))
    odd, even = one**steps / factorial, np.zeros(ISOTOPES)
    even[::2] = (two**steps / factorial)[: len(even[::2])]
    pattern = np.convolve(odd, even)[:ISOTOPES]
    return tuple(pattern / pattern.sum())


@lru_cache(maxsize=100_000)
def fragments(peptide: str, oxidised: bool, charge: int, label: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """m/z and relative strength (sum 1) of the b and y ions; oxidised: the first methionine carries an oxygen."""
    steps = np.array([RESIDUE_MASS[aa] + (label if aa == "K" else 0.0) for aa in peptide])
    steps[0] += label
    if oxidised:
        steps[peptide.index("M")] += OXIDATION
    rng, size = _own(peptide, "fragments"), len(peptide) - 1
    b = np.cumsum(steps)[:-1]
    y = np.cumsum(steps[::-1])[:-1] + WATER
    strength_b, strength_y = (rng.lognormal(0, 0.8, size) for _ in range(2))
    strength_b *= np.where(np.arange(size) == 0, 0, 0.35)  # b1 is hardly ever seen
    before_proline = np.array([peptide[i + 1] == "P" for i in range(size)])
    strength_y *= np.where(before_proline[::-1], 2.5, 1.0)
    strength_y[0] *= 0.4
    strength_b[rng.random(size) < 0.3] = strength_y[rng.random(size) < 0.12] = 0
    mz, strength = [b + PROTON, y + PROTON], [strength_b, strength_y]
    if charge > 2:
        mz.append((y + 2 * PROTON) / 2)
        strength.append(strength_y * np.where(np.arange(size) > size / 2, 0.5, 0.0))
    mz, strength = np.concatenate(mz), np.concatenate(strength)
    seen = strength > 0
    return mz[seen], strength[seen] / strength.sum()


@cache
def _background() -> tuple[str, ...]:
    """Peptides of a sequence that nature does not know, the same in every run."""
    rng = np.random.default_rng(20150401)
    peptides = []
    while len(peptides) < BACKGROUND:
        body = "".join(rng.choice(list("AAADDEEEFGGGHILLLLMNNPPQQSSSTTVVWY"), rng.integers(7, 20)))
        peptides.append(body + str(rng.choice(["K", "R"])))
    return tuple(peptides)


def _ions(proteins, amounts, rng, stretch: float, channels: int = 0) -> dict[str, np.ndarray]:
    """Every ion of the run: one row per peptide form and charge, with apex, time, m/z, isotopes, shares of channels."""
    apex, parts, label = {}, {}, LABEL if channels else 0.0
    if channels:
        parts, amounts = amounts, {accession: float(sum(part)) for accession, part in amounts.items()}
    of_channel = {}
    for accession in sorted(amounts):
        for peptide, missed in digest(proteins[accession]).items():
            share = MISSED * _own(peptide, "missed").uniform(0.3, 1.7) if missed else 1.0
            apex[peptide] = apex.get(peptide, 0.0) + amounts[accession] * share
            if channels:
                of_channel[peptide] = of_channel.get(peptide, 0.0) + np.asarray(parts[accession], float) * share
    for peptide in _background():
        apex.setdefault(peptide, float(2 ** _own(peptide, "amount").normal(0, 2)))
    forms = []
    for peptide in sorted(apex):
        height = apex[peptide] * COUNTS * efficiency(peptide) * rng.lognormal(0, 0.08)
        if height <= 0:
            continue
        time = retention_time(peptide)
        oxidised = OXIDISED * _own(peptide, "oxidation").uniform(0.3, 1.7) if "M" in peptide else 0.0
        sites = 1 + sum(peptide.count(aa) for aa in "KRH")
        three = np.clip(
            _own(peptide, "charge").normal(0.1 + 0.25 * (sites - 2) + 0.03 * (len(peptide) - 12), 0.1), 0, 1
        )
        for oxygen, part in ((0, 1 - oxidised), (1, oxidised)):
            for charge, share in ((2, 1 - three), (3, three)):
                mz = (peptide_mass(peptide, oxygen, label) + charge * PROTON) / charge
                if part * share * height > FLOOR and MZ[0] < mz < MZ[1] - 3:
                    forms.append((peptide, oxygen, charge, mz, part * share * height, time - 15 * oxygen))
    drift, shift = rng.normal(1, 0.004), rng.normal(0, 2)
    peptide, oxygen, charge, mz, height, time = zip(*forms, strict=True) if forms else ((),) * 6
    return {
        "peptide": np.array(peptide, dtype=object),
        "oxygen": np.array(oxygen, dtype=int),
        "charge": np.array(charge, dtype=int),
        "mz": np.array(mz, dtype=float),
        "height": np.array(height, dtype=float),
        "time": (np.array(time, dtype=float) * drift + shift) * stretch,
        "isotopes": np.array([isotope_pattern(p) for p in peptide]).reshape(-1, ISOTOPES),
        "label": label,
        "shares": [_shares(of_channel.get(p, np.ones(channels)), rng) for p in peptide] if channels else None,
    }


def _shares(amounts, rng) -> np.ndarray:
    """What each channel has of a peptide's reporters."""
    noisy = amounts * rng.lognormal(0, 0.05, len(amounts))
    return noisy / max(noisy.sum(), 1e-12)


def _acquire(ions, rng, seconds: float, top_n: int = TOP_N, wrong: float = 0.0, channels: tuple = ()) -> list[dict]:
    """The spectra of the run in order of time."""
    error, spectra, excluded = rng.normal(0, PPM_RUN), [], []
    for start in np.arange(0, seconds, CYCLE):
        time = start + 0.25
        near = np.zeros(0, int) if ions is None else np.flatnonzero(np.abs(ions["time"] - time) < 5 * SIGMA)
        noise = rng.uniform(*MZ, rng.poisson(NOISE_MS1))
        noise_height = FLOOR * rng.lognormal(0.3, 0.5, len(noise))
        if len(near):
            now = ions["height"][near] * np.exp(-0.5 * ((time - ions["time"][near]) / SIGMA) ** 2)
            heights = now[:, None] * ions["isotopes"][near] * rng.lognormal(0, 0.06, (len(near), ISOTOPES))
            mz = ions["mz"][near, None] + np.arange(ISOTOPES) * NEUTRON / ions["charge"][near, None]
            mz = mz * (1 + rng.normal(error, PPM_MS1, mz.shape) * 1e-6)
        else:
            now, heights, mz = np.zeros(0), np.zeros((0, ISOTOPES)), np.zeros((0, ISOTOPES))
        peaks = _centroids(np.concatenate([mz.ravel(), noise]), np.concatenate([heights.ravel(), noise_height]))
        spectra.append({"level": 1, "time": time, "peaks": peaks})
        excluded = [(until, other) for until, other in excluded if until > time]
        chosen = []
        for index in np.argsort(-heights.max(axis=1), kind="stable") if len(near) else ():
            found = mz[index, 0]
            if len(chosen) == top_n or heights[index].max() < TRIGGER:
                break
            if all(abs(found - other) > found * 10e-6 for _, other in excluded):
                chosen.append((found, int(ions["charge"][near[index]]), heights[index].max()))
                excluded.append((time + EXCLUSION, found))
        if len(noise) and rng.random() < NOISE_CHOSEN:
            chosen = chosen[: top_n - 1]
            chosen.append((rng.choice(noise), int(rng.integers(2, 4)), TRIGGER))
        for place, (precursor, charge, height) in enumerate(chosen):
            inside = np.flatnonzero((np.abs(mz - precursor) < ISOLATION).any(axis=1)) if len(near) else ()
            peaks = _fragment_peaks(ions, [(near[i], now[i]) for i in inside], rng, error, precursor * charge, channels)
            named = precursor
            if wrong and rng.random() < wrong:
                named += NEUTRON / charge if rng.random() < 0.5 else rng.uniform(-ISOLATION, ISOLATION)
            spectra.append(
                {
                    "level": 2,
                    "time": time + 0.4 + min(0.35, 1.4 / top_n) * place,
                    "peaks": peaks,
                    "precursor": named,
                    "charge": charge,
                    "height": height,
                    "peptides": [ions["peptide"][near[i]] for i in sorted(inside, key=lambda i: -now[i])],
                    "from": len(spectra) - place,
                }
            )
    return spectra


def _fragment_peaks(ions, inside, rng, error, top, channels=()):
    """Peaks of one MS2 spectrum: all ions of the isolation window, each by its strength, and noise."""
    number = rng.poisson(JUNK if not len(inside) else np.clip(NOISE_MS2 * rng.lognormal(0, 0.8), 0, JUNK))
    nominal = rng.integers(150, int(np.clip(top, 300, 1100)), number)  # noise that lies where fragments can lie
    mz, heights = [nominal * 1.00048 + rng.normal(0, 0.03, number)], [250 * rng.lognormal(0, 0.6, number)]
    for row, strength in inside:
        ion_mz, share = fragments(
            ions["peptide"][row], bool(ions["oxygen"][row]), int(ions["charge"][row]), ions["label"]
        )
        mz.append(ion_mz)
        heights.append(FRAGMENTED * strength * share * rng.lognormal(0, 0.25, len(share)))
        if channels:
            reporter_mz, heard = _reporters(channels, ions["shares"][row])
            mz.append(reporter_mz)
            heights.append(REPORTED * strength * heard * rng.lognormal(0, 0.05, len(heard)))
    mz, heights = np.concatenate(mz), np.concatenate(heights)
    mz = mz * (1 + rng.normal(error, PPM_MS2, len(mz)) * 1e-6)
    return _centroids(mz, heights, floor=150.0)


def _reporters(channels, shares):
    """m/z and shares of the reporters, impurities included."""
    from seriome.proteome.tmt import MASSES, moved

    seen = {}
    for channel, share in zip(channels, shares, strict=True):
        for step, part in ((0, 1 - 2 * IMPURE), (-1, IMPURE), (1, IMPURE)):
            name = moved(channel, step)
            if name in MASSES:
                seen[name] = seen.get(name, 0.0) + part * share
    return np.array([MASSES[name] for name in seen]), np.array(list(seen.values()))


def _centroids(mz, heights, floor: float = FLOOR):
    """Peaks in order of m/z; those within 10 ppm run together, those under the floor are lost."""
    order = np.argsort(mz, kind="stable")
    mz, heights = mz[order], heights[order]
    if len(mz):
        starts = np.flatnonzero(np.diff(mz, prepend=-1.0) > mz * 10e-6)
        total = np.add.reduceat(heights, starts)
        mz = np.add.reduceat(mz * heights, starts) / np.maximum(total, 1e-9)
        heights = total
    kept = heights >= floor
    return mz[kept], heights[kept]


HEAD = """<?xml version="1.0" encoding="utf-8"?>
<mzML xmlns="http://psi.hupo.org/ms/mzml" version="1.1.0" id="{run}">
<cvList count="2">
<cv id="MS" fullName="Proteomics Standards Initiative Mass Spectrometry Ontology" version="4.1.100" \
URI="https://raw.githubusercontent.com/HUPO-PSI/psi-ms-CV/master/psi-ms.obo"/>
<cv id="UO" fullName="Unit Ontology" version="09:04:2014" \
URI="https://raw.githubusercontent.com/bio-ontology-research-group/unit-ontology/master/unit.obo"/>
</cvList>
<fileDescription><fileContent><cvParam cvRef="MS" accession="MS:1000579" name="MS1 spectrum" value=""/>\
<cvParam cvRef="MS" accession="MS:1000580" name="MSn spectrum" value=""/></fileContent></fileDescription>
<softwareList count="1"><software id="seriome" version="1">\
<cvParam cvRef="MS" accession="MS:1000799" name="custom unreleased software tool" value="seriome simulate"/>\
</software></softwareList>
<instrumentConfigurationList count="1"><instrumentConfiguration id="IC1">\
<cvParam cvRef="MS" accession="MS:1000031" name="instrument model" value=""/><componentList count="3">\
<source order="1"><cvParam cvRef="MS" accession="MS:1000073" name="electrospray ionization" value=""/></source>\
<analyzer order="2"><cvParam cvRef="MS" accession="MS:1000484" name="orbitrap" value=""/></analyzer>\
<detector order="3"><cvParam cvRef="MS" accession="MS:1000624" name="inductive detector" value=""/></detector>\
</componentList></instrumentConfiguration></instrumentConfigurationList>
<dataProcessingList count="1"><dataProcessing id="DP1"><processingMethod order="0" softwareRef="seriome">\
<cvParam cvRef="MS" accession="MS:1000035" name="peak picking" value=""/></processingMethod></dataProcessing>\
</dataProcessingList>
<run id="{run}" defaultInstrumentConfigurationRef="IC1">
<spectrumList count="{count}" defaultDataProcessingRef="DP1">
"""
TAIL = "</spectrumList>\n</run>\n</mzML>\n"
_MZ_UNIT = 'unitCvRef="MS" unitAccession="MS:1000040" unitName="m/z"'
_COUNTS_UNIT = 'unitCvRef="MS" unitAccession="MS:1000131" unitName="number of detector counts"'


def _cv(accession: str, name: str, value="", unit: str = "") -> str:
    return f'<cvParam cvRef="MS" accession="MS:{accession}" name="{name}" value="{value}"{unit and " " + unit}/>'


def _write_mzml(file, run: str, spectra) -> None:
    file.write(HEAD.format(run=re.sub(r"[^A-Za-z0-9_.-]", "_", run), count=len(spectra)).encode())
    for index, spectrum in enumerate(spectra):
        file.write(_spectrum_xml(index, spectrum).encode())
    file.write(TAIL.encode())


def _spectrum_xml(index: int, spectrum: dict) -> str:
    mz, heights = spectrum["peaks"]
    level = spectrum["level"]
    window = MZ if level == 1 else (100.0, 2000.0)
    parts = [
        f'<spectrum index="{index}" id="{_scan_id(index)}" defaultArrayLength="{len(mz)}">',
        _cv("1000579", "MS1 spectrum") if level == 1 else _cv("1000580", "MSn spectrum"),
        _cv("1000511", "ms level", level),
        _cv("1000127", "centroid spectrum"),
        _cv("1000130", "positive scan"),
        _cv("1000285", "total ion current", f"{heights.sum():.6g}"),
        '<scanList count="1">' + _cv("1000795", "no combination") + "<scan>",
        _cv(
            "1000016",
            "scan start time",
            f"{spectrum['time'] / 60:.6f}",
            'unitCvRef="UO" unitAccession="UO:0000031" unitName="minute"',
        ),
        '<scanWindowList count="1"><scanWindow>',
        _cv("1000501", "scan window lower limit", window[0], _MZ_UNIT),
        _cv("1000500", "scan window upper limit", window[1], _MZ_UNIT),
        "</scanWindow></scanWindowList></scan></scanList>",
    ]
    if level == 2:
        precursor = f"{spectrum['precursor']:.6f}"
        parts += [
            f'<precursorList count="1"><precursor spectrumRef="{_scan_id(spectrum["from"] - 1)}"><isolationWindow>',
            _cv("1000827", "isolation window target m/z", precursor, _MZ_UNIT),
            _cv("1000828", "isolation window lower offset", ISOLATION, _MZ_UNIT),
            _cv("1000829", "isolation window upper offset", ISOLATION, _MZ_UNIT),
            '</isolationWindow><selectedIonList count="1"><selectedIon>',
            _cv("1000744", "selected ion m/z", precursor, _MZ_UNIT),
            _cv("1000041", "charge state", spectrum["charge"]),
            _cv("1000042", "peak intensity", f"{spectrum['height']:.6g}", _COUNTS_UNIT),
            "</selectedIon></selectedIonList><activation>",
            _cv("1000422", "beam-type collision-induced dissociation"),
            _cv(
                "1000045", "collision energy", 28.0, 'unitCvRef="UO" unitAccession="UO:0000266" unitName="electronvolt"'
            ),
            "</activation></precursor></precursorList>",
        ]
    parts.append('<binaryDataArrayList count="2">')
    parts.append(_array_xml(mz.astype("<f8"), "1000523", "64-bit float", _cv("1000514", "m/z array", "", _MZ_UNIT)))
    intensity = _cv("1000515", "intensity array", "", _COUNTS_UNIT)
    parts.append(_array_xml(heights.astype("<f4"), "1000521", "32-bit float", intensity))
    parts.append("</binaryDataArrayList></spectrum>\n")
    return "".join(parts)


def _scan_id(index: int) -> str:
    return f"controllerType=0 controllerNumber=1 scan={index + 1}"


def _array_xml(values: np.ndarray, accession: str, name: str, kind: str) -> str:
    text = base64.b64encode(zlib.compress(values.tobytes(), 6)).decode()
    return (
        f'<binaryDataArray encodedLength="{len(text)}">{_cv(accession, name)}{_cv("1000574", "zlib compression")}{kind}'
        f"<binary>{text}</binary></binaryDataArray>"
    )
