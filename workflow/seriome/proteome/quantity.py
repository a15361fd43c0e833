"""What a sample is said to hold: its proteins with levels and intervals, and an absence explained."""

import numpy as np
import pandas as pd

from seriome.proteome.fasta import CONTAMINANT
from seriome.proteome.fdr import group_proteins
from seriome.proteome.rollup import detection, limits, projected

PROTEINS = [
    *("accession", "gene", "members", "level", "se", "lower", "upper", "intensity", "ions", "peptides"),
    *("matches", "score", "protein_q", "contaminant", "outside"),
]
UNIT = "log2_intensity"


def regrouped(ions: pd.DataFrame) -> pd.DataFrame:
    """The ions of many samples with `group`, `members`, `unique` as all of their peptides together say.

    Runs are judged one by one, so the same peptides may be led by different accessions; here one parsimony rules.
    """
    if not len(ions):
        return ions
    groups = group_proteins(ions.assign(decoy=False), 1.0)
    return ions.drop(columns=["group", "members", "unique"]).join(groups, on="proteins")


def for_levels(ions: pd.DataFrame) -> pd.DataFrame:
    """What `rollup` reads: ions of peptides that one protein alone holds, no product of the patient's own, seen in MS1.

    Adds `ion`: the modified peptide and its charge; of labelled runs the run too, since only within a plex are its
    channels compared (with a bridge channel, plexes are, and the run stays out)
    """
    kept = ions[ions["unique"].astype(bool) & ~ions["own"].astype(bool) & (ions["area"] > 0)]
    name = kept["modified"] + "/" + kept["charge"].astype(str)
    return kept.assign(ion=name.where(kept["plex"] == "", name + "@" + kept["plex"]))


def sample_proteins(ions: pd.DataFrame, profile: pd.DataFrame, genes: dict[str, str]) -> tuple[pd.DataFrame, dict]:
    """(PROTEINS of one sample, what was learned on the way: shift, curve, limits).

    ions     of one sample, as from `for_levels`
    level, se, lower, upper  log2, its standard error and 95 % interval as a measurement; intensity linear
    """
    from scipy.stats import t

    levels, shift = projected(ions, profile)
    curve = detection(ions, levels, shift, profile) if len(levels) else None
    seen = ions.groupby("group", sort=True).agg(
        matches=("matches", "sum"), score=("score", "max"), protein_q=("protein_q", "min")
    )
    reach = np.where(
        levels["freedom"].astype(float) > 0, t.ppf(0.975, np.maximum(levels["freedom"].astype(float), 1)), np.nan
    )
    reach = reach * levels["se"].astype(float)
    table = levels.rename(columns={"group": "accession"}).assign(
        lower=levels["level"] - reach, upper=levels["level"] + reach
    )
    table = table.join(seen, on="accession")
    table["intensity"] = 2.0 ** table["level"].astype(float)
    table["gene"] = [genes.get(one, one) for one in table["accession"]]
    dirty = set(ions.loc[ions["proteins"].str.contains(CONTAMINANT, regex=False), "group"])
    table["contaminant"] = table["accession"].isin(dirty)
    return table[PROTEINS], {"shift": shift, "curve": curve, "limits": limits(curve, shift, profile) if curve else None}


def features(proteins: pd.DataFrame, learned: dict, profile: pd.DataFrame, genes: dict[str, str]):
    """(rows of kind `protein`, the smallest level measured): what was measured, and what others show and this does not.

    A protein of the profile that is missing here is `below_lod`, with the level at which it would have been seen.
    Contaminants are no features.
    """
    kept = proteins[~proteins["contaminant"].astype(bool)]
    rows = pd.DataFrame(
        {
            "kind": "protein",
            "feature": kept["accession"],
            "name": kept["gene"],
            "value": kept["level"],
            "unit": UNIT,
            "lower": kept["lower"],
            "upper": kept["upper"],
            "state": "measured",
            "lod": np.nan,
        }
    )
    smallest = float(kept["level"].min()) if len(kept) else None
    limit = learned["limits"]
    if limit is not None:
        missing = sorted(set(profile["group"]) - set(proteins["accession"]))
        missing = [one for one in missing if not one.startswith(CONTAMINANT)]
        more = pd.DataFrame({"kind": "protein", "feature": missing, "unit": UNIT, "state": "below_lod"})
        more["name"] = [genes.get(one, one) for one in missing]
        more["lod"] = limit.reindex(missing).to_numpy()
        rows = pd.concat([rows, more.astype({"lod": float})], ignore_index=True) if len(more) else rows
        rows["lod"] = rows["lod"].where(rows["state"] == "below_lod", rows["feature"].map(limit))
    return rows, smallest


def absent(searched: bool, found: bool, blank: bool, lod: float | None) -> dict:
    """What a protein that the sample does not list was, for the feature file's note.

    searched  at least one run of the sample was whole and searched; otherwise nothing was measured
    found     any protein was accepted; if none was, the search failed, unless the sample is a blank
    """
    if not searched:
        state, lod = "not_measured", None
    elif found or blank:
        state = "below_lod"
    else:
        state, lod = "failed_qc", None
    kinds = {"protein": {"state": state, "lod": lod, "unit": UNIT}}
    return kinds | {"variant_peptide": {"state": state, "lod": None, "unit": UNIT}}


def quality(psms: pd.DataFrame, decided_by: str | None) -> dict:
    """Numbers about the matches of one run, mass error, retention times, digestion; null where unknown.

    psms    all rank-1 matches of the run, judged
    """
    kept = psms[psms["accepted"]]
    return {
        "matches": {"target": int((~psms["decoy"]).sum()), "decoy": int(psms["decoy"].sum())},
        "decided_by": decided_by,
        "psms_at_fdr": len(kept),
        "peptides_at_fdr": int(kept["peptide"].nunique()),
        "proteins_at_fdr": int(kept["group"].nunique()),
        "mass_error_ppm_median": _rounded(kept["ppm"].median(), 3),
        "mass_error_ppm_mad": _rounded((kept["ppm"] - kept["ppm"].median()).abs().median(), 3),
        "fragment_error_ppm_median": _rounded(kept["fragment_ppm"].median(), 3),
        "rt_first_s": _rounded(kept["rt"].min(), 1),
        "rt_last_s": _rounded(kept["rt"].max(), 1),
        "missed_cleavage_share": _rounded((kept["missed_cleavages"] > 0).mean(), 4),
        "contaminant_share": _rounded(kept["proteins"].str.contains(CONTAMINANT, regex=False).mean(), 4),
    }


def _rounded(value, digits: int):
    return round(float(value), digits) if pd.notna(value) else None
