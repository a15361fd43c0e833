"""Which compounds a feature may be, on what evidence, and what it is therefore called."""

import numpy as np
import pandas as pd

from seriome.metabolome.adducts import ADDUCTS, FIRST, ions, isotope_ratio
from seriome.metabolome.align import near_pairs

ISOTOPES_FIT = (0.5, 1.5)  # observed over expected share of the next isotope; Orbitraps lose weak isotopes
COLUMNS = [
    *("feature", "compound_id", "name", "adduct", "ppm_error", "rt_error_s", "isotopes", "with_main_ion"),
    *("spectral_score", "matched_peaks", "spectra", "q_value", "library_id", "msi_level", "chosen"),
]


def empty() -> pd.DataFrame:
    """No candidates."""
    return pd.DataFrame(columns=COLUMNS)


def candidates(atlas: pd.DataFrame, compounds: pd.DataFrame, matches: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """Every compound that a feature may be (COLUMNS), best evidence first.

    atlas      features with feature, polarity, mz, rt_s, isotope_ratio
    compounds  the compounds table; may be empty
    matches    what the spectral library supports (`spectra.search`): feature, compound_id (of the table, where it is
               known there), name, adduct, ppm_error, spectral_score, matched_peaks, spectra, q_value, library_id

    By mass: within `name_ppm` of an ion of the compound; where the table has its retention time, within `name_rt_s`
    too. An adduct other than [M+H]+ or [M-H]- counts only where that main ion stands at the same time, or the
    retention time is known. isotopes: observed over expected share of the next isotope (NaN: not seen).
    Levels (Sumner et al. 2007, doi:10.1007/s11306-007-0082-2)
      1  mass and retention time of a standard measured in the same laboratory, if the config says that the table's are
      2  mass and retention time of the table, or a fragment spectrum of the library: `min_score` or better with
         `min_matched_peaks` or more, unless the table knows the compound to elute elsewhere
      3  mass alone: isomers cannot be told apart
    """
    parts = [_by_mass(rows, polarity, compounds, settings) for polarity, rows in atlas.groupby("polarity", sort=False)]
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)
    spectral = ["spectral_score", "matched_peaks", "spectra", "q_value", "library_id"]
    if len(matches):
        keys = ["feature", "compound_id", "adduct"]
        found = found.drop(columns=[c for c in spectral if c in found]).merge(
            matches, on=keys, how="outer", suffixes=("", "_of_library")
        )
        for column in ("name", "ppm_error"):
            found[column] = found[column].where(found[column].notna(), found.pop(f"{column}_of_library"))
    found = found.reindex(columns=COLUMNS)
    good = found["spectral_score"] >= settings["min_score"]
    good &= found["matched_peaks"] >= settings["min_matched_peaks"]
    found["rt_error_s"] = found["rt_error_s"].fillna(_away(found, atlas, compounds))
    timed = found["rt_error_s"].abs() <= settings["name_rt_s"]
    good &= timed | found["rt_error_s"].isna()  # the table knows it to elute elsewhere
    first = timed if settings["compounds_are_standards"] else timed & False
    fits = ~(found["isotopes"].lt(ISOTOPES_FIT[0]) | found["isotopes"].gt(ISOTOPES_FIT[1]))
    by_mass = found["isotopes"].isna() | fits
    level = np.select([first & fits, good | (timed & fits), by_mass & found["with_main_ion"].eq(True)], [1, 2, 3], 4)
    found = found.assign(msi_level=level, chosen=False, _better=good & timed)
    found["_main"] = found["adduct"].isin(FIRST.values())
    order = ["feature", "msi_level", "_better", "spectral_score", "_main", "rt_error_s", "ppm_error", "compound_id"]
    ascending = [True, True, False, False, False, True, True, True]
    found = found.sort_values(order, ascending=ascending, key=_magnitude, kind="stable", ignore_index=True)
    return _choose(found)[COLUMNS]


def _away(found: pd.DataFrame, atlas: pd.DataFrame, compounds: pd.DataFrame) -> pd.Series:
    """Retention time of the feature less that of the table (s); NaN where the table has none."""
    known = compounds.dropna(subset=["rt_s"]).set_index("compound_id")["rt_s"]
    return found["feature"].map(atlas.set_index("feature")["rt_s"]) - found["compound_id"].map(known)


def _magnitude(column):
    """Errors are ordered by size, whatever their sign."""
    return column.abs() if column.name in ("rt_error_s", "ppm_error") else column


def _by_mass(atlas: pd.DataFrame, polarity: str, compounds: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """Candidates of one polarity by mass and, where the table has it, retention time."""
    wanted = ions(compounds, polarity, settings["adducts"] or None)
    mz, rt = atlas["mz"].to_numpy(), atlas["rt_s"].to_numpy()
    nought = np.zeros(len(wanted))
    here, there = near_pairs(
        mz, np.zeros(len(mz)), wanted["mz"].to_numpy(float), nought, ppm=settings["name_ppm"], rt_tolerance_s=1.0
    )
    ion, own = wanted.iloc[there].reset_index(drop=True), atlas.iloc[here].reset_index(drop=True)
    found = pd.DataFrame(
        {
            "feature": own["feature"],
            "compound_id": ion["compound_id"],
            "name": ion["name"],
            "adduct": ion["adduct"],
            "ppm_error": (own["mz"] / ion["mz"].astype(float) - 1) * 1e6,
            "rt_error_s": own["rt_s"] - ion["rt_s"].astype(float),
        }
    )
    molecules = [ADDUCTS[polarity][adduct][0] for adduct in ion["adduct"]]
    expected = np.array([isotope_ratio(f, n) for f, n in zip(ion["formula"], molecules, strict=True)], float)
    found["isotopes"] = own["isotope_ratio"].to_numpy(float) / expected
    main = found["adduct"] == FIRST[polarity]
    times = pd.Series(rt, index=atlas["feature"]).reindex(found["feature"]).to_numpy(float)
    of_main = times[main.to_numpy()]
    at = {key: of_main[rows] for key, rows in found[main].groupby("compound_id").indices.items()}
    near = [
        key in at and np.abs(at[key] - time).min() <= settings["name_rt_s"] / 3
        for key, time in zip(found["compound_id"], times, strict=True)
    ]
    found["with_main_ion"] = main | np.array(near, bool)
    known = found["rt_error_s"].notna()
    keep = np.where(known, found["rt_error_s"].abs() <= settings["name_rt_s"], found["with_main_ion"])
    return _one_place(found[keep.astype(bool)])


def _one_place(found: pd.DataFrame) -> pd.DataFrame:
    """An ion with a known retention time is one feature only, the nearest in m/z and time."""
    distance = np.hypot(found["ppm_error"], found["rt_error_s"])
    order = found.assign(_distance=distance).sort_values(["_distance", "feature"], kind="stable")
    twice = order.duplicated(["compound_id", "adduct"]) & order["rt_error_s"].notna()
    taken = order[~twice]
    return found.loc[sorted(taken.index)]


def _choose(found: pd.DataFrame) -> pd.DataFrame:
    """Mark what names a feature: the best candidate, and all that are level 3 with the same adduct and that level."""
    best = found.groupby("feature", sort=False)[["msi_level", "adduct"]].transform("first")
    first = ~found.duplicated("feature")
    same = (best["msi_level"] == 3) & (found["msi_level"] == 3) & (found["adduct"] == best["adduct"])
    return found.assign(chosen=(first | same) & (best["msi_level"] < 4))


def name(atlas: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """The atlas with name, compound_id, adduct, msi_level, ppm_error, spectral_score and matched_peaks of `candidates`.

    A feature by mass alone bears all its candidates; one without keeps its place as name, level 4.
    """
    chosen = found[found["chosen"]]
    several = chosen.groupby("feature", sort=False)
    one = chosen.drop_duplicates("feature").set_index("feature")
    rows = atlas.set_index("feature").index.get_indexer(one.index)
    called = several["name"].agg(lambda names: " or ".join(dict.fromkeys(names))).reindex(one.index)
    places = [
        f" ({adduct}, {rt:.0f}s)" for adduct, rt in zip(one["adduct"], atlas["rt_s"].to_numpy()[rows], strict=True)
    ]
    further = np.where(one["adduct"].isin(FIRST.values()), "", " " + one["adduct"].astype(str))
    by_mass = (one["msi_level"] == 3).to_numpy()
    one = one.assign(
        name=called.astype(str) + np.where(by_mass, places, further),
        compound_id=several["compound_id"].agg(lambda ids: ";".join(dict.fromkeys(ids))).reindex(one.index),
    )
    atlas = atlas.copy()
    for column in ("name", "compound_id", "adduct", "msi_level", "ppm_error", "spectral_score", "matched_peaks"):
        values = atlas[column].to_numpy(object)
        values[rows] = one[column].to_numpy(object)
        atlas[column] = values
    numbers = dict.fromkeys(("ppm_error", "spectral_score", "matched_peaks"), float)
    return atlas.astype({"msi_level": int} | numbers)
