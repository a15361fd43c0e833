"""Which peptide explains a fragment spectrum best? Sage's search against targets and their reversed decoys.

Source  Sage: Lazear 2023, J Proteome Res 22:3652, doi:10.1021/acs.jproteome.3c00486, through sagepy.
Decoys  each target peptide with its inner residues reversed, searched together with the targets: the better of the two
        takes the spectrum (Elias & Gygi 2007, Nat Methods 4:207, doi:10.1038/nmeth1019).
Score   Sage's hyperscore: ln of matched b peaks! x y peaks! x their summed intensities (after X!Tandem).
Limits  one peptide per spectrum; carbamidomethyl C fixed, oxidation of M variable, nothing else; trypsin.
A panic of Sage is an exception that Python's `except Exception` does not catch: it is turned into a RuntimeError here.
"""

from contextlib import contextmanager

import numpy as np
import pandas as pd

from seriome.proteome.fasta import Protein
from seriome.proteome.run import Run
from seriome.proteome.xic import areas

FIXED, VARIABLE = {"C": "[UNIMOD:4]"}, {"M": ["[UNIMOD:35]"]}
PROTON = 1.00727646688  # Da
NEUTRON = 1.00335  # Da, what Sage takes for one step of isotope error
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
    "area": "float64",
}


def search(run: Run, proteins: dict[str, Protein], settings: dict, threads: int = 1) -> pd.DataFrame:
    """The best match of every spectrum that has one, in the order of the run.

    settings  the config's section `proteome`
    Returns   one row per spectrum: spectrum (native id), rt (s), precursor_mz, charge, decoy, peptide (residues),
              modified (with [UNIMOD:n]), proteins (accessions that hold the peptide, of a decoy those of its target,
              sorted, joined by `;`), missed_cleavages, score (hyperscore), matched_peaks, mass_observed and
              mass_calculated (neutral, Da), isotope_error (neutrons by which the precursor was picked too high),
              ppm (observed - calculated after isotope error), precursor_intensity (as the file has it, null if not),
              area (of the extracted ion chromatogram over all charges, intensity x s; null where MS1 shows nothing)
    """
    with _no_panic("search"):
        database = _database(proteins, settings)
        scorer, spectra = _scorer(settings), _processed(run)
        found = scorer.score_collection_top_n(database, spectra, threads)
        rows = [_row(spectrum, best[0], database) for spectrum, best in zip(run.fragments, found, strict=True) if best]
    table = pd.DataFrame(rows, columns=[column for column in COLUMNS if column != "area"])
    shift = calibration(table)
    masses = table["mass_calculated"] * (1 + shift * 1e-6)
    table["area"] = areas(run, masses, table["rt"], table["charge"], settings["xic_ppm"], settings["xic_s"])
    return table.astype(COLUMNS)


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
            raise RuntimeError(f"Sage panicked in the {what}: {error}") from None
        raise


def _database(proteins, settings):
    from sagepy.core.database import EnzymeBuilder, SageSearchConfiguration

    trypsin = EnzymeBuilder(
        missed_cleavages=settings["missed_cleavages"],
        min_len=settings["min_length"],
        max_len=settings["max_length"],
        cleave_at="KR",
        restrict="P",
        c_terminal=True,
    )
    return SageSearchConfiguration(
        fasta="".join(f">{accession}\n{one.sequence}\n" for accession, one in sorted(proteins.items())),
        enzyme_builder=trypsin,
        static_mods=FIXED,
        variable_mods=VARIABLE,
        max_variable_mods=settings["max_variable_modifications"],
        generate_decoys=True,
        decoy_tag="rev_",
    ).generate_indexed_database()


def _scorer(settings):
    from sagepy.core.mass import Tolerance
    from sagepy.core.scoring import Scorer

    precursor, fragment = settings["precursor_ppm"], settings["fragment_ppm"]
    return Scorer(
        precursor_tolerance=Tolerance(ppm=(-precursor, precursor)),
        fragment_tolerance=Tolerance(ppm=(-fragment, fragment)),
        min_matched_peaks=settings["min_matched_peaks"],
        min_isotope_err=settings["min_isotope_error"],
        max_isotope_err=settings["max_isotope_error"],
        min_precursor_charge=2,
        max_precursor_charge=4,
        max_fragment_charge=2,
        annotate_matches=False,
        variable_mods=VARIABLE,
        static_mods=FIXED,
    )


def _processed(run: Run) -> list:
    from sagepy.core.spectrum import Precursor, RawSpectrum, SpectrumProcessor

    processor = SpectrumProcessor(take_top_n=150, min_deisotope_mz=0.0, deisotope=True)
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
        for one in run.fragments
    ]


def _row(spectrum, match, database) -> dict:
    peptide = database[match.peptide_idx]
    charge, isotope = match.charge, round(match.isotope_error / NEUTRON)
    observed, calculated = (spectrum.precursor_mz - PROTON) * charge, float(peptide.mono_isotopic)
    return {
        "spectrum": spectrum.spectrum,
        "rt": spectrum.rt,
        "precursor_mz": spectrum.precursor_mz,
        "charge": charge,
        "decoy": match.label < 0,
        "peptide": peptide.sequence,
        "modified": peptide.to_unimod_sequence(),
        "proteins": ";".join(sorted(set(peptide.proteins))),
        "missed_cleavages": match.missed_cleavages,
        "score": match.hyperscore,
        "matched_peaks": match.matched_peaks,
        "mass_observed": observed,
        "mass_calculated": calculated,
        "isotope_error": isotope,
        "ppm": (observed - isotope * NEUTRON - calculated) / calculated * 1e6,
        "precursor_intensity": spectrum.intensity or None,
    }
