"""Ions that a compound is seen as, and the isotopes of a formula."""

import re

import numpy as np
import pandas as pd

ELECTRON = 5.48579909e-4  # Da, CODATA 2018
PROTON = 1.00782503207 - ELECTRON  # hydrogen less its electron, Da
WATER, FORMIC_ACID = 18.0105647, 46.0054793  # Da, monoisotopic
ADDUCTS = {  # polarity: {name: (molecules in the ion, charge, shift of the mass in Da)}; a bare name means the first
    "positive": {
        "[M+H]+": (1, 1, PROTON),
        "[M+Na]+": (1, 1, 22.9897692809 - ELECTRON),
        "[M+NH4]+": (1, 1, 17.0265491 + PROTON),
        "[M+K]+": (1, 1, 38.96370668 - ELECTRON),
        "[M+H-H2O]+": (1, 1, PROTON - WATER),
        "[2M+H]+": (2, 1, PROTON),
        "[M+2H]2+": (1, 2, 2 * PROTON),
    },
    "negative": {
        "[M-H]-": (1, 1, -PROTON),
        "[M+Cl]-": (1, 1, 34.96885268 + ELECTRON),
        "[M+HCOO]-": (1, 1, FORMIC_ACID - PROTON),
        "[M-H-H2O]-": (1, 1, -PROTON - WATER),
        "[2M-H]-": (2, 1, -PROTON),
        "[M-2H]2-": (1, 2, -2 * PROTON),
    },
}  # masses: AME2020, doi:10.1088/1674-1137/abddaf
FIRST = {polarity: next(iter(adducts)) for polarity, adducts in ADDUCTS.items()}
NEXT_ISOTOPE = {"C": 0.0107 / 0.9893, "H": 0.000115 / 0.999885, "N": 0.00364 / 0.99636, "O": 0.00038 / 0.99757}
NEXT_ISOTOPE |= {"S": 0.0075 / 0.9499, "Si": 0.04685 / 0.92223}  # one mass unit up, relative to the lightest isotope
# IUPAC 2009 representative abundances, doi:10.1351/PAC-REP-10-06-02


def ions(compounds: pd.DataFrame, polarity: str, names=None) -> pd.DataFrame:
    """A row for every compound as every adduct (of these names, or all): its columns with adduct, charge, mz."""
    parts = [
        compounds.assign(adduct=name, charge=charge, mz=(molecules * compounds["mass"] + shift) / charge)
        for name, (molecules, charge, shift) in ADDUCTS[polarity].items()
        if names is None or name in names
    ]
    columns = [*compounds.columns, "adduct", "charge", "mz"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def isotope_ratio(formula: str, molecules: int = 1) -> float:
    """Area of the ion one mass unit up over that of the lightest; NaN without a formula. Charge carriers are left out.

    C6H12O6 gives 6 x 0.01082 + 12 x 0.000115 + 6 x 0.00038 = 0.0686.
    """
    atoms = re.findall(r"([A-Z][a-z]?)(\d*)", formula or "")
    if not atoms:
        return np.nan
    return molecules * sum(NEXT_ISOTOPE.get(element, 0.0) * int(count or 1) for element, count in atoms)
