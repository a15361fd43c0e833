"""Which peptide explains a fragment spectrum best? Sage's search against targets and their reversed decoys.

Source  Sage: Lazear 2023, J Proteome Res 22:3652, doi:10.1021/acs.jproteome.3c00486, through sagepy.
Decoys  each target peptide with its inner residues reversed, searched together with the targets: the better of the two
        takes the spectrum (Elias & Gygi 2007, Nat Methods 4:207, doi:10.1038/nmeth1019).
Score   Sage's hyperscore: ln of matched b peaks! x y peaks! x their summed intensities (after X!Tandem).
Limits  one peptide per spectrum; trypsin.
The index is made once and holds everything that is searched for: the reference, contaminants, the patient's own
proteins. A panic of Sage is an exception that Python's `except Exception` does not catch: here it is a RuntimeError.
"""

import contextlib
import os
from contextlib import contextmanager

import numpy as np
import pandas as pd

from seriome.proteome import modifications
from seriome.proteome.fasta import Protein
from seriome.proteome.own import speaking_for
from seriome.proteome.run import Run

PROTON = 1.00727646688  # Da
NEUTRON = 1.00335  # Da, what Sage takes for one step of isotope error
BATCH = 4000  # spectra that are handed to Sage at once
DECOY = "rev_"
LIMITS = {"min_precursor_charge": 2, "max_precursor_charge": 4, "max_fragment_charge": 2, "peaks": 150}  # of a spectrum
COLUMNS = {
    "spectrum": "string",
    "rt": "float64",
    "precursor_mz": "float64",
    "charge": "int32",
    "decoy": "bool",
    "peptide": "string",
    "modified": "string",
    "proteins": "string",
    "missed_cleavages": "int32",
    "score": "float64",
    "matched_peaks": "int32",
    "mass_observed": "float64",
    "mass_calculated": "float64",
    "isotope_error": "int32",
    "ppm": "float64",
    "precursor_intensity": "float64",
    "delta": "float64",
    "longest_b": "int32",
    "longest_y": "int32",
    "intensity_share": "float64",
    "poisson": "float64",
    "fragment_ppm": "float64",
    "ions": "string",
}


class Index:
    """Sage's index of all peptides of some proteins. Memory about 0.23 MB per protein of usual length.

    proteins  accession -> Protein
    settings  the config's section `proteome`
    """

    def __init__(self, proteins: dict[str, Protein], settings: dict):
        self.settings = settings
        self.fixed, self.variable = modifications.chosen(settings)
        with _no_panic("index"):
            self.database = _database(proteins, settings, self.fixed, self.variable)

    @property
    def forms(self) -> int:
        """Target peptides in all their modified forms (half of what is searched; the other half are decoys)."""
        return self.database.num_peptides // 2

    def search(self, run: Run, threads: int = 1, path=None) -> pd.DataFrame:
        """The best match of every spectrum that has one, in the order of the run.

        Returns   one row per spectrum: spectrum (native id), rt (s), precursor_mz, charge, decoy, peptide (residues),
                  modified (with [UNIMOD:n]), proteins (accessions that hold the peptide, of a decoy those of its
                  target, sorted, joined by `;`), missed_cleavages, score (hyperscore), matched_peaks, mass_observed
                  and mass_calculated (neutral, Da), isotope_error (neutrons by which the precursor was picked too
                  high), ppm (observed - calculated after isotope error), precursor_intensity (as the file has it, null
                  if not), delta (score above the next peptide's), longest_b, longest_y (ions in a row),
                  intensity_share (% of the spectrum's intensity that is explained), poisson (log10 of the chance of
                  so many matches), fragment_ppm (mean error), ions (matched fragments, `b3 y5 ...`)
        """
        rows = []
        with _no_panic("search"):
            scorer = _scorer(self.settings, self.fixed, self.variable)
            for start in range(0, len(run.fragments), BATCH):
                part = run.fragments[start : start + BATCH]
                found = scorer.score_collection_top_n(self.database, _processed(part), threads)
                rows += [self._row(one, best[0]) for one, best in zip(part, found, strict=True) if best]
        return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)

    def _row(self, spectrum, match) -> dict:
        peptide = self.database[match.peptide_idx]
        charge, isotope = match.charge, round(match.isotope_error / NEUTRON)
        observed, calculated = (spectrum.precursor_mz - PROTON) * charge, float(peptide.mono_isotopic)
        kinds = match.fragments
        ions = sorted(
            {(k.to_string().lower(), o) for k, o in zip(kinds.ion_types, kinds.fragment_ordinals, strict=True)}
        )
        return {
            "spectrum": spectrum.spectrum,
            "rt": spectrum.rt,
            "precursor_mz": spectrum.precursor_mz,
            "charge": charge,
            "decoy": match.label < 0,
            "peptide": peptide.sequence,
            "modified": modifications.written(
                peptide.sequence, peptide.modifications, peptide.n_term or 0.0, self.fixed + self.variable
            ),
            "proteins": ";".join(speaking_for(peptide.proteins)),
            "missed_cleavages": match.missed_cleavages,
            "score": match.hyperscore,
            "matched_peaks": match.matched_peaks,
            "mass_observed": observed,
            "mass_calculated": calculated,
            "isotope_error": isotope,
            "ppm": (observed - isotope * NEUTRON - calculated) / calculated * 1e6,
            "precursor_intensity": spectrum.intensity or None,
            "delta": match.delta_next,
            "longest_b": match.longest_b,
            "longest_y": match.longest_y,
            "intensity_share": match.matched_intensity_pct,
            "poisson": match.poisson,
            "fragment_ppm": match.average_ppm,
            "ions": " ".join(f"{kind}{place}" for kind, place in ions),
        }


def engine(proteins: dict[str, Protein], settings: dict):
    """The search engine that settings["engine"] names, ready for these proteins."""
    if settings["engine"] == "openms":
        from seriome.proteome.openms import OpenMS

        return OpenMS(proteins, settings)
    if settings["engine"] == "sage-binary":
        from seriome.proteome.sage import Sage

        return Sage(proteins, settings)
    return Index(proteins, settings)


def calibration(table: pd.DataFrame) -> float:
    """By how many ppm the run's precursor masses lie too high: the median over the better half of its clean targets."""
    clean = table[~table["decoy"].astype(bool) & (table["isotope_error"] == 0)]
    better = clean[clean["score"] >= clean["score"].median()]
    return float(better["ppm"].median()) if len(better) else 0.0


def empty() -> pd.DataFrame:
    """The table of a run without any match."""
    return pd.DataFrame({column: pd.Series(dtype=kind) for column, kind in COLUMNS.items()})


@contextmanager
def _no_panic(what: str):
    """Sage's PanicException derives from BaseException: raise it as an ordinary error, with its own words."""
    try:
        yield
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise RuntimeError(f"Sage panicked in the {what} (proteome.engine: openms does without): {error}") from None
        raise


def _masses(fixed, variable):
    """Modifications by mass: sagepy's own table lacks the labels. It says so of each, on stdout."""
    many = {}
    for one in variable:
        many.setdefault(one.target, []).append(str(one.mass))
    return {one.target: str(one.mass) for one in fixed}, many


def _database(proteins, settings, fixed, variable):
    from sagepy.core.database import EnzymeBuilder, SageSearchConfiguration

    static, many = _masses(fixed, variable)
    trypsin = EnzymeBuilder(
        missed_cleavages=settings["missed_cleavages"],
        min_len=settings["min_length"],
        max_len=settings["max_length"],
        cleave_at="KR",
        restrict="P",
        c_terminal=True,
        semi_enzymatic=settings["semi_enzymatic"],
    )
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        return SageSearchConfiguration(
            fasta="".join(f">{accession}\n{one.sequence}\n" for accession, one in sorted(proteins.items())),
            enzyme_builder=trypsin,
            static_mods=static,
            variable_mods=many,
            max_variable_mods=settings["max_variable_modifications"],
            generate_decoys=True,
            decoy_tag=DECOY,
        ).generate_indexed_database()


def _scorer(settings, fixed, variable):
    from sagepy.core.mass import Tolerance
    from sagepy.core.scoring import Scorer

    static, many = _masses(fixed, variable)
    precursor, fragment = settings["precursor_ppm"], settings["fragment_ppm"]
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        return Scorer(
            precursor_tolerance=Tolerance(ppm=(-precursor, precursor)),
            fragment_tolerance=Tolerance(ppm=(-fragment, fragment)),
            min_matched_peaks=settings["min_matched_peaks"],
            min_isotope_err=settings["min_isotope_error"],
            max_isotope_err=settings["max_isotope_error"],
            min_precursor_charge=LIMITS["min_precursor_charge"],
            max_precursor_charge=LIMITS["max_precursor_charge"],
            max_fragment_charge=LIMITS["max_fragment_charge"],
            annotate_matches=True,
            variable_mods=many,
            static_mods=static,
        )


def _processed(fragments) -> list:
    from sagepy.core.spectrum import Precursor, RawSpectrum, SpectrumProcessor

    processor = SpectrumProcessor(take_top_n=LIMITS["peaks"], min_deisotope_mz=0.0, deisotope=True)
    return [
        processor.process(
            RawSpectrum(
                file_id=0,
                spec_id=one.spectrum,
                total_ion_current=float(one.peaks.sum()),
                precursors=[Precursor(mz=one.precursor_mz, intensity=one.intensity or None, charge=one.charge or None)],
                mz=one.mz.astype(np.float32),
                intensity=one.peaks.astype(np.float32),
                scan_start_time=one.rt / 60,
                ms_level=2,
            )
        )
        for one in fragments
    ]
