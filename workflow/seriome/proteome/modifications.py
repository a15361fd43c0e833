"""Modifications that the search knows by name, with their Unimod accession and mass.

Masses are monoisotopic, in dalton, from Unimod (Creasy & Cottrell 2004, Proteomics 4:1534, doi:10.1002/pmic.200300744).
A modification is written `Name@site`: a residue, `n_term` or `protein_n` (of the peptide, of the protein).
"""

from dataclasses import dataclass

from seriome.errors import InputError, did_you_mean

KNOWN = {  # name: (Unimod accession, mass)
    "Acetyl": (1, 42.010565),
    "Carbamidomethyl": (4, 57.021464),
    "Carbamyl": (5, 43.005814),
    "Deamidated": (7, 0.984016),
    "Phospho": (21, 79.966331),
    "Gln->pyro-Glu": (28, -17.026549),
    "Glu->pyro-Glu": (27, -18.010565),
    "Methyl": (34, 14.01565),
    "Oxidation": (35, 15.994915),
    "Dimethyl": (36, 28.0313),
    "Trimethyl": (37, 42.04695),
    "Propionamide": (24, 71.037114),
    "GG": (121, 114.042927),
    "Formyl": (122, 27.994915),
    "Label:13C(6)": (188, 6.020129),
    "Label:13C(6)15N(4)": (267, 10.008269),
    "Label:13C(6)15N(2)": (259, 8.014199),
    "TMT6plex": (737, 229.162932),  # TMT 6, 10 and 11
    "TMTpro": (2016, 304.207146),  # TMT 16 and 18
}
LABELS = {"tmt6": "TMT6plex", "tmt10": "TMT6plex", "tmt11": "TMT6plex", "tmt16": "TMTpro", "tmt18": "TMTpro"}
SITES = {"n_term": "^", "protein_n": "["}  # our word: Sage's
TOLERANCE = 1e-3  # Da, between masses that are one modification


@dataclass(frozen=True)
class Modification:
    name: str
    site: str
    unimod: int
    mass: float

    @property
    def target(self) -> str:
        """The site as Sage writes it."""
        return SITES.get(self.site, self.site)


def parse(text: str) -> Modification:
    """`Oxidation@M`. Raises InputError with what would do."""
    name, _, site = text.partition("@")
    if name not in KNOWN:
        raise InputError(
            f"modification {text!r} is not known{did_you_mean(name, KNOWN) or ', known are ' + ', '.join(KNOWN)}"
        )
    if not (site in SITES or (len(site) == 1 and site in "ACDEFGHIKLMNPQRSTVWY")):
        raise InputError(f"modification {text!r}: its site is a residue, n_term or protein_n")
    return Modification(name, site, *KNOWN[name])


def chosen(settings: dict) -> tuple[list[Modification], list[Modification]]:
    """(fixed, variable) of the config's section `proteome`; a label is fixed on lysine and the peptide's N-terminus."""
    fixed, variable = ([parse(text) for text in settings[key]] for key in ("fixed", "variable"))
    if settings["label"]:
        name = LABELS[settings["label"]]
        fixed += [Modification(name, site, *KNOWN[name]) for site in ("K", "n_term")]
    return fixed, variable


def written(sequence: str, masses, n_term: float, known: list[Modification]) -> str:
    """A peptide with its modifications in ProForma's way: `[UNIMOD:737]-AC[UNIMOD:4]K`.

    masses  added mass of each residue (Da, 0 for none); n_term: that of the N-terminus
    known   the modifications that were searched for; a mass that is neither one of them nor two stands as it is
    """

    def named(mass: float) -> str:
        for one in known:
            if abs(one.mass - mass) < TOLERANCE:
                return f"[UNIMOD:{one.unimod}]"
        for one in known:
            for other in known:
                if abs(one.mass + other.mass - mass) < TOLERANCE:
                    return f"[UNIMOD:{one.unimod}][UNIMOD:{other.unimod}]"
        return f"[{mass:+.4f}]"

    head = f"{named(n_term)}-" if n_term else ""
    return head + "".join(aa + (named(mass) if mass else "") for aa, mass in zip(sequence, masses, strict=True))
