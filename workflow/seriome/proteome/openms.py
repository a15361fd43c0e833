"""The search engine to fall back on: pyOpenMS's SimpleSearchEngine, where Sage does not run or panics.

It has a hyperscore too, but neither the gap to the next peptide nor series of ions; `delta` and `poisson` are 0,
longest_b and longest_y are the numbers of matched ions. The database is digested anew for every run.
Source   OpenMS: Röst et al. 2016, Nat Methods 13:741, doi:10.1038/nmeth.3959
"""

import tempfile
from itertools import pairwise
from pathlib import Path

import pandas as pd

from seriome.proteome import modifications
from seriome.proteome.fasta import Protein
from seriome.proteome.own import speaking_for, tryptic_forms
from seriome.proteome.run import Run
from seriome.proteome.search import COLUMNS, NEUTRON, PROTON

DECOY = "DECOY_"
SITES = {"n_term": "N-term", "protein_n": "Protein N-term"}


class OpenMS:
    """As `search.Index`: the same settings, the same columns."""

    def __init__(self, proteins: dict[str, Protein], settings: dict):
        self.proteins, self.settings = proteins, settings
        self.fixed, self.variable = modifications.chosen(settings)
        self.forms = tryptic_forms((one.sequence for one in proteins.values()), settings)

    def search(self, run: Run, threads: int = 1, path=None) -> pd.DataFrame:
        """The best match of every spectrum; `path` is the run's file, which OpenMS reads itself."""
        import pyopenms

        engine = pyopenms.SimpleSearchEngineAlgorithm()
        engine.setParameters(self._parameters(engine.getParameters()))
        found = pyopenms.PeptideIdentificationList()
        with tempfile.TemporaryDirectory() as folder:
            fasta = Path(folder) / "all.fasta"
            fasta.write_text("".join(f">{name}\n{one.sequence}\n" for name, one in sorted(self.proteins.items())))
            engine.search(str(path), str(fasta), found)
        best = {one.getSpectrumReference(): one.getHits()[0] for one in found if one.getHits()}
        rows = [self._row(one, best[one.spectrum]) for one in run.fragments if one.spectrum in best]
        return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)

    def _parameters(self, given):
        own, isotopes = self.settings, range(self.settings["min_isotope_error"], self.settings["max_isotope_error"] + 1)
        chosen = {
            "decoys": "true",
            "precursor:mass_tolerance": float(own["precursor_ppm"]),
            "precursor:max_charge": 4,
            "precursor:isotopes": list(isotopes),
            "fragment:mass_tolerance": float(own["fragment_ppm"]),
            "modifications:fixed": [_named(one) for one in self.fixed],
            "modifications:variable": [_named(one) for one in self.variable],
            "modifications:variable_max_per_peptide": own["max_variable_modifications"],
            "peptide:min_size": own["min_length"],
            "peptide:max_size": own["max_length"],
            "peptide:missed_cleavages": own["missed_cleavages"],
            "peptide:enzyme_specificity": "semi" if own["semi_enzymatic"] else "full",
        }
        for key, value in chosen.items():
            given.setValue(key, value)
        return given

    def _row(self, spectrum, hit) -> dict:
        sequence, charge = hit.getSequence(), hit.getCharge()
        peptide = sequence.toUnmodifiedString()
        isotope = int(hit.getMetaValue("isotope_error"))
        observed, calculated = (spectrum.precursor_mz - PROTON) * charge, sequence.getMonoWeight()
        names = [one.getProteinAccession().removeprefix(DECOY) for one in hit.getPeptideEvidences()]
        residues = [sequence.getResidue(at) for at in range(len(peptide))]
        masses = [one.getModification().getDiffMonoMass() if one.isModified() else 0.0 for one in residues]
        n_term = sequence.getNTerminalModification().getDiffMonoMass() if sequence.hasNTerminalModification() else 0.0
        ions = sorted({(one.annotation[0], int(_digits(one.annotation[1:]))) for one in _ladder(hit)})
        return {
            "spectrum": spectrum.spectrum,
            "rt": spectrum.rt,
            "precursor_mz": spectrum.precursor_mz,
            "charge": charge,
            "decoy": hit.getMetaValue("target_decoy") == "decoy",
            "peptide": peptide,
            "modified": modifications.written(peptide, masses, n_term, self.fixed + self.variable),
            "proteins": ";".join(speaking_for(names)),
            "missed_cleavages": sum(aa in "KR" and after != "P" for aa, after in pairwise(peptide)),
            "score": hit.getScore(),
            "matched_peaks": hit.getMetaValue("num_matched_peaks"),
            "mass_observed": observed,
            "mass_calculated": calculated,
            "isotope_error": isotope,
            "ppm": (observed - isotope * NEUTRON - calculated) / calculated * 1e6,
            "precursor_intensity": spectrum.intensity or None,
            "delta": 0.0,
            "longest_b": hit.getMetaValue("matched_prefix_ions"),
            "longest_y": hit.getMetaValue("matched_suffix_ions"),
            "intensity_share": 100.0 * hit.getMetaValue("matched_ion_current"),
            "poisson": 0.0,
            "fragment_ppm": hit.getMetaValue("fragment_mz_error_median_ppm"),
            "ions": " ".join(f"{kind}{place}" for kind, place in ions),
        }


def _named(one) -> str:
    """`Oxidation (M)`, as OpenMS writes it."""
    return f"{one.name} ({SITES.get(one.site, one.site)})"


def _ladder(hit):
    return [
        one for one in hit.getPeakAnnotations() if one.annotation[:1] in ("b", "y") and one.annotation[1:2].isdigit()
    ]


def _digits(text: str) -> str:
    return text[: len(text) - len(text.lstrip("0123456789"))]
