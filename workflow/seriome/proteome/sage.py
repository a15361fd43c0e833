"""Sage's own program in the place of sagepy (`engine: sage-binary`): the release that a laboratory has validated.

The program gets the settings as JSON, the proteins as FASTA and the fragment spectra as mzML: those that `read_run`
found, profiles already centroided. Its results.sage.tsv and matched_fragments.sage.tsv become the table of `search`.
Nothing is sent anywhere: its telemetry is switched off.

Limits   the program makes its index anew for every run. Before version 0.15 it knows Sage's own hyperscore only, where
         sagepy has OpenMS's: scores of the two engines differ in the sums of intensities, and do not compare
Source   Sage: Lazear 2023, J Proteome Res 22:3652, doi:10.1021/acs.jproteome.3c00486; columns as of 0.14.7
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from seriome.errors import InputError
from seriome.proteome import modifications
from seriome.proteome.fasta import Protein
from seriome.proteome.own import speaking_for, tryptic_forms
from seriome.proteome.run import Run
from seriome.proteome.search import COLUMNS, DECOY, LIMITS, NEUTRON, PROTON

AWAY = "set proteome.engine to sage, which needs no program"
MATCHES, FRAGMENTS = "results.sage.tsv", "matched_fragments.sage.tsv"
NEEDED = [
    *("psm_id", "peptide", "proteins", "scannr", "label", "calcmass", "charge", "missed_cleavages", "isotope_error"),
    *("fragment_ppm", "hyperscore", "delta_next", "matched_peaks", "longest_b", "longest_y", "matched_intensity_pct"),
    "poisson",
]


def program() -> str:
    """Sage on PATH. Raises InputError where there is none, or where `sage` is another program (SageMath is)."""
    found = shutil.which("sage")
    if found is None:
        raise InputError(
            "proteome.engine is sage-binary, but no program sage is on PATH: install Sage (bioconda has it as "
            f"sage-proteomics), add --software-deployment-method conda, or {AWAY}"
        )
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    if not re.fullmatch(r"sage \d+\.\d+\.\S+", said):
        raise InputError(
            f"{found} is not Sage, the search engine: its version is {said.splitlines()[:1]}; put sage-proteomics "
            f"before it on PATH, or {AWAY}"
        )
    return found


class Sage:
    """As `search.Index`: the same settings, the same columns."""

    def __init__(self, proteins: dict[str, Protein], settings: dict):
        self.program, self.proteins, self.settings = program(), proteins, settings
        self.fixed, self.variable = modifications.chosen(settings)
        self.forms = tryptic_forms((one.sequence for one in proteins.values()), settings)

    def search(self, run: Run, threads: int = 1, path=None) -> pd.DataFrame:
        """The best match of every spectrum, in the order of the run; `path` is not read.

        Raises  RuntimeError with the program's last words when it fails
        """
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            (folder / "all.fasta").write_text(
                "".join(f">{name}\n{one.sequence}\n" for name, one in sorted(self.proteins.items()))
            )
            _write_spectra(folder / "run.mzML", run)
            (folder / "settings.json").write_text(json.dumps(parameters(self.settings, folder)))
            words = ["--annotate-matches", "--batch-size", "1", "--disable-telemetry-i-dont-want-to-improve-sage"]
            done = subprocess.run(
                [self.program, folder / "settings.json", *words],
                capture_output=True,
                text=True,
                check=False,
                env=os.environ | {"RAYON_NUM_THREADS": str(threads)},
            )
            if done.returncode:
                raise RuntimeError(f"sage ended with {done.returncode}: {' '.join(done.stderr.split()[-60:])}")
            matches = pd.read_csv(folder / MATCHES, sep="\t", dtype={"scannr": str, "proteins": str})
            fragments = pd.read_csv(folder / FRAGMENTS, sep="\t")
        return read_matches(matches, fragments, run, self.fixed + self.variable)


def parameters(settings: dict, folder: Path) -> dict:
    """What the program is told, as in Sage's DOCS.md; what sagepy takes by default is said, too.

    fragment_min_mz, fragment_max_mz  bounds of the index that sagepy has not; Sage 0.15 has them no more
    score_type                        known from 0.15 on
    """
    fixed, variable = modifications.chosen(settings)
    many = {}
    for one in variable if settings["max_variable_modifications"] else []:
        many.setdefault(one.target, []).append(one.mass)
    precursor, fragment = settings["precursor_ppm"], settings["fragment_ppm"]
    return {
        "database": {
            "enzyme": {
                "missed_cleavages": settings["missed_cleavages"],
                "min_len": settings["min_length"],
                "max_len": settings["max_length"],
                "cleave_at": "KR",
                "restrict": "P",
                "c_terminal": True,
                "semi_enzymatic": settings["semi_enzymatic"],
            },
            "fragment_min_mz": 0.0,
            "fragment_max_mz": 10_000.0,
            "peptide_min_mass": 500.0,
            "peptide_max_mass": 5000.0,
            "ion_kinds": ["b", "y"],
            "min_ion_index": 2,
            "static_mods": {one.target: one.mass for one in fixed},
            "variable_mods": many,
            "max_variable_mods": settings["max_variable_modifications"],
            "decoy_tag": DECOY,
            "generate_decoys": True,
            "fasta": str(folder / "all.fasta"),
        },
        "precursor_tol": {"ppm": [-precursor, precursor]},
        "fragment_tol": {"ppm": [-fragment, fragment]},
        "precursor_charge": [LIMITS["min_precursor_charge"], LIMITS["max_precursor_charge"]],
        "max_fragment_charge": LIMITS["max_fragment_charge"],
        "isotope_errors": [settings["min_isotope_error"], settings["max_isotope_error"]],
        "min_peaks": 0,
        "max_peaks": LIMITS["peaks"],
        "min_matched_peaks": settings["min_matched_peaks"],
        "deisotope": True,
        "report_psms": 1,
        "predict_rt": False,
        "protein_grouping": False,
        "score_type": "OpenMSHyperScore",
        "mzml_paths": [str(folder / "run.mzML")],
        "output_directory": str(folder),
    }


def read_matches(matches: pd.DataFrame, fragments: pd.DataFrame, run: Run, known) -> pd.DataFrame:
    """The program's two tables as the table of `search.Index.search`, in the order of the run.

    known   the modifications that were searched for
    Raises  RuntimeError where columns are missing: a version of Sage that writes others
    """
    missing = [name for name in NEEDED if name not in matches]
    if missing:
        raise RuntimeError(f"{MATCHES} has no column {', '.join(missing)}: this version of Sage is not known")
    kept = fragments[fragments["fragment_type"].isin(["b", "y"])]
    ions = {
        name: " ".join(f"{kind}{place}" for kind, place in sorted(set(zip(own[0], own[1], strict=True))))
        for name, own in (
            (name, (one["fragment_type"], one["fragment_ordinals"])) for name, one in kept.groupby("psm_id")
        )
    }
    best = {row["scannr"]: row for row in matches.to_dict("records")}
    rows = [
        _row(one, best[one.spectrum], ions.get(best[one.spectrum]["psm_id"], ""), known)
        for one in run.fragments
        if one.spectrum in best
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _row(spectrum, match: dict, ions: str, known) -> dict:
    charge, isotope = int(match["charge"]), round(match["isotope_error"] / NEUTRON)
    observed, calculated = (spectrum.precursor_mz - PROTON) * charge, match["calcmass"]
    peptide, masses, n_term = taken_apart(match["peptide"])
    return {
        "spectrum": spectrum.spectrum,
        "rt": spectrum.rt,
        "precursor_mz": spectrum.precursor_mz,
        "charge": charge,
        "decoy": match["label"] < 0,
        "peptide": peptide,
        "modified": modifications.written(peptide, masses, n_term, known),
        "proteins": ";".join(speaking_for(name.removeprefix(DECOY) for name in match["proteins"].split(";"))),
        "missed_cleavages": match["missed_cleavages"],
        "score": match["hyperscore"],
        "matched_peaks": match["matched_peaks"],
        "mass_observed": observed,
        "mass_calculated": calculated,
        "isotope_error": isotope,
        "ppm": (observed - isotope * NEUTRON - calculated) / calculated * 1e6,
        "precursor_intensity": spectrum.intensity or None,
        "delta": match["delta_next"],
        "longest_b": match["longest_b"],
        "longest_y": match["longest_y"],
        "intensity_share": match["matched_intensity_pct"],
        "poisson": match["poisson"],
        "fragment_ppm": match["fragment_ppm"],
        "ions": ions,
    }


def taken_apart(text: str) -> tuple[str, list[float], float]:
    """(residues, added mass of each, that of the N-terminus) of Sage's way to write: `[+42.010565]-AC[+57.021465]K`."""
    head = re.match(r"\[([+-][\d.]+)\]-", text)
    body = text[head.end() :] if head else text
    parts = re.findall(r"([A-Z])(?:\[([+-][\d.]+)\])?", body)
    return "".join(aa for aa, _ in parts), [float(mass or 0) for _, mass in parts], float(head[1]) if head else 0.0


def _write_spectra(path: Path, run: Run) -> None:
    """The run's fragment spectra as mzML, centroided; a charge and an intensity only where the run has them."""
    import pyopenms

    experiment = pyopenms.MSExperiment()
    for one in run.fragments:
        spectrum, precursor = pyopenms.MSSpectrum(), pyopenms.Precursor()
        spectrum.setMSLevel(2)
        spectrum.setRT(one.rt)
        spectrum.setNativeID(one.spectrum)
        spectrum.setType(pyopenms.SpectrumSettings.SpectrumType.CENTROID)
        spectrum.set_peaks((one.mz, one.peaks.astype(np.float32)))
        precursor.setMZ(one.precursor_mz)
        precursor.setCharge(one.charge)
        precursor.setIntensity(one.intensity)
        spectrum.setPrecursors([precursor])
        experiment.addSpectrum(spectrum)
    pyopenms.MzMLFile().store(str(path), experiment)
