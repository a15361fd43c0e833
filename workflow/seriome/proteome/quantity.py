"""Peptides to proteins: how much of each protein a sample holds.

Source  Top3: Silva et al. 2006, Mol Cell Proteomics 5:144, doi:10.1074/mcp.M500230-MCP200: the mean of a protein's
        three best flying peptides is proportional to its amount, with nearly one factor for all proteins.
Limits  intensities are not normalised between runs; what data-dependent acquisition did not pick is absent, and what is
        absent in one run and near its limit in another is not filled in (no matching between runs).
"""

import numpy as np
import pandas as pd

TOP = 3


def peptide_intensities(psms: pd.DataFrame) -> pd.DataFrame:
    """One row per peptide and run among the accepted matches.

    Matches of one peptide, modified or not, are one peptide; its forms (`modified`) add up, and of each form the
    largest area counts, since every match of a form measures the same elution peak. Shared peptides are left out.
    Returns  group, members, peptide, run, area, matches, score, protein_q
    """
    own = psms[psms["accepted"] & psms["unique"]]
    keys = ["group", "members", "peptide", "run"]
    forms = own.groupby([*keys, "modified"], sort=True).agg(
        area=("area", "max"), matches=("area", "size"), score=("score", "max"), protein_q=("protein_q", "min")
    )
    peptides = forms.groupby(level=keys, sort=True).agg(
        area=("area", lambda values: values.sum(min_count=1)),
        matches=("matches", "sum"),
        score=("score", "max"),
        protein_q=("protein_q", "min"),
    )
    return peptides.reset_index()


def protein_intensities(peptides: pd.DataFrame, method: str = "top3") -> pd.DataFrame:
    """One row per protein group of a sample: accession, members, intensity, peptides, matches, score, protein_q.

    peptides  as from `peptide_intensities`, of all runs of the sample; a peptide's area is the mean over the runs where
              it was seen, as suits repeated injections
    method    `top3`: mean of the three largest areas (of fewer, if there are fewer); `all`: sum of all areas
    intensity linear, intensity x s; null where no peptide of the group has an area
    """
    merged = peptides.groupby(["group", "peptide"], sort=True).agg(
        area=("area", "mean"), matches=("matches", "sum"), score=("score", "max"), protein_q=("protein_q", "min")
    )
    rows = []
    members = peptides.drop_duplicates("group").set_index("group")["members"]
    for group, own in merged.groupby(level="group", sort=True):
        largest = own["area"].dropna().sort_values(ascending=False)
        intensity = largest.head(TOP).mean() if method == "top3" else largest.sum(min_count=1)
        rows.append(
            {
                "accession": group,
                "members": members[group],
                "intensity": float(intensity),
                "peptides": len(own),
                "matches": int(own["matches"].sum()),
                "score": float(own["score"].max()),
                "protein_q": float(own["protein_q"].min()),
            }
        )
    kinds = {"accession": object, "members": object, "intensity": float, "peptides": int, "matches": int}
    kinds |= {"score": float, "protein_q": float}
    return pd.DataFrame(rows, columns=list(kinds)).astype(kinds)


def features(proteins: pd.DataFrame, genes: dict[str, str]) -> tuple[pd.DataFrame, float | None]:
    """Rows for the feature store, and the limit of detection: log2 of the smallest intensity that was quantified.

    genes  accession -> gene symbol
    A protein that was identified but left no trace in the MS1 spectra is below_lod.
    """
    positive = proteins["intensity"] > 0
    value = np.log2(proteins["intensity"].where(positive))
    lod = float(value.min()) if positive.any() else None
    table = pd.DataFrame(
        {
            "kind": "protein",
            "feature": proteins["accession"],
            "name": [genes.get(accession, accession) for accession in proteins["accession"]],
            "value": value,
            "unit": "log2_intensity",
            "state": np.where(positive, "measured", "below_lod"),
            "lod": lod,
        }
    )
    return table, lod


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
    return {"protein": {"state": state, "lod": lod, "unit": "log2_intensity"}}


def quality(psms: pd.DataFrame, levels: dict, decided_by: str | None) -> dict:
    """Numbers about one run: spectra by MS level, matches at the FDR, mass error, time span; null where unknown.

    psms    all rank-1 matches of the run, judged
    levels  MS level -> spectra
    """
    kept = psms[psms["accepted"]]
    return {
        "spectra": {f"ms{level}": int(number) for level, number in sorted(levels.items())},
        "matches": {"target": int((~psms["decoy"]).sum()), "decoy": int(psms["decoy"].sum())},
        "decided_by": decided_by,
        "psms_at_fdr": len(kept),
        "peptides_at_fdr": int(kept["peptide"].nunique()),
        "proteins_at_fdr": int(kept["group"].nunique()),
        "psms_with_area": int(kept["area"].notna().sum()),
        "identified_share": round(len(kept) / levels[2], 4) if levels.get(2) else None,
        "mass_error_ppm_median": _rounded(kept["ppm"].median(), 3),
        "mass_error_ppm_mad": _rounded((kept["ppm"] - kept["ppm"].median()).abs().median(), 3),
        "rt_first_s": _rounded(kept["rt"].min(), 1),
        "rt_last_s": _rounded(kept["rt"].max(), 1),
        "missed_cleavage_share": _rounded((kept["missed_cleavages"] > 0).mean(), 4),
    }


def _rounded(value, digits: int):
    return round(float(value), digits) if pd.notna(value) else None
