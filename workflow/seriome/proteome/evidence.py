"""Is a mutation translated? Which matches speak for peptides that only a patient's own proteins hold.

A match to a peptide of the patient's own proteins is reported only when all of this holds; else its reason is told:
`reference`     no reference protein, contaminant or unmutated transcript holds the peptide, at whatever ends (I = L)
`outside`       the peptide spans the change
`isotope`       an exchange of about one dalton, such as K>E, has a precursor that was not picked a neutron off
`modification`  the exchange has not the mass of a usual modification of the residue that was there (deamidation is
                N>D), nor of another residue of the peptide unless fragments right beside it tell the two apart
`not_localised` fragments on both sides of the exchange, at most NEAR residues away, place its mass there
`fdr`           the class's own false discovery rate is within the limit, and that of all matches too

Rare peptides are no fair part of the whole list: what is right among 20,000 says little of 20. Their rate is estimated
by the decoys of the whole list, each of which would have fallen on the class by its share of what is searched:
(decoys above the score + 1) x share / matches of the class above the score.
Sources  Nesvizhskii 2014, Nat Methods 11:1114, doi:10.1038/nmeth.3144 (class-specific rates, modifications that look
         like variants); Fu & Qian 2014, Mol Cell Proteomics 13:1359, doi:10.1074/mcp.O113.030189 (transferred subgroup
         rates; theirs learns the share from decoys, here it is known)
"""

import numpy as np
import pandas as pd
from pyteomics.mass import std_aa_mass

COLUMNS = [
    *("sample", "run", "accession", "kind", "source", "gene", "name", "peptide", "modified", "start", "first", "last"),
    *("spectrum", "rt", "charge", "score", "delta", "class_q", "psm_q", "localised", "reported", "reason"),
]
NEAR = 2  # residues between the exchange and the fragments that enclose it
# Usual modifications: mass (Da) and the residues that carry them; * is the N-terminus of a peptide, of any residue
USUAL = [
    (0.984016, "NQR"), (15.994915, "MWPHYFCKD"), (31.98983, "MWCFYP"), (14.01565, "KRHDECSTNQ*"), (28.0313, "KR*"),
    (42.010565, "KSTC*"), (27.994915, "KST*"), (43.005814, "KRMC*"), (57.021464, "CKHDEM*"), (79.966331, "STYHD"),
    (-18.010565, "STDEYN"), (-17.026549, "QNC"), (21.981943, "DE"), (37.955882, "DE"), (114.042927, "KSTC"),
    (-57.021464, "C"), (-48.003371, "M"), (47.984744, "CWYF"), (3.994915, "W"), (1.003355, "ACDEFGHIKLMNPQRSTVWY*"),
    (-1.003355, "ACDEFGHIKLMNPQRSTVWY*"), (-33.987721, "C"), (119.004099, "C"), (71.037114, "C"), (6.010390, "H"),
]  # fmt: skip


def class_q(psms: pd.DataFrame, share: float) -> pd.Series:
    """The class's q-value of each match of the class (`own`), 1 for all others.

    psms    all matches judged together: score, decoy, own
    share   of the class among the target peptides that were searched
    """
    result = pd.Series(1.0, index=psms.index)
    mine = psms[psms["own"] & ~psms["decoy"].astype(bool)].sort_values("score", ascending=False, kind="stable")
    if len(mine):
        decoys = np.sort(psms.loc[psms["decoy"].astype(bool), "score"].to_numpy())
        above = len(decoys) - np.searchsorted(decoys, mine["score"].to_numpy(), side="left")
        targets = len(mine) - np.searchsorted(np.sort(mine["score"].to_numpy()), mine["score"].to_numpy(), side="left")
        estimate = np.minimum((above + 1) * share / targets, 1.0)
        result[mine.index] = np.minimum.accumulate(estimate[::-1])[::-1]
    return result


def judged(psms: pd.DataFrame, own_rows: list[dict], reference: str, share: float, settings: dict) -> pd.DataFrame:
    """Every match to a peptide of the patient's own proteins alone, with the reason for which it is not reported.

    psms       matches judged together, columns of the search, sample, run, psm_q, own (of `fdr.assess`)
    own_rows   as from own.table_of; reference: as from own.reference_text
    share      forms of own peptides over all forms of the index
    Returns    COLUMNS; start is the peptide's first residue in the product, first and last the new residues (1-based);
               reason is empty where reported
    """
    by_name = {row["accession"]: row for row in own_rows}
    table = psms.assign(class_q=class_q(psms, share))
    table = table[table["own"] & ~table["decoy"].astype(bool)]
    rows = []
    for one in table.to_dict("records"):
        product = by_name[one["proteins"].split(";")[0]]
        start = product["sequence"].replace("I", "L").find(one["peptide"].replace("I", "L")) + 1
        end = start + len(one["peptide"]) - 1
        inside = (max(product["first"], start) - start, min(product["last"], end) - start)
        localised = _enclosed(one["ions"], len(one["peptide"]), *inside, NEAR)
        placed = _enclosed(one["ions"], len(one["peptide"]), *inside)
        allowed = settings["precursor_ppm"] * 1e-6 * one["mass_calculated"]
        if one["peptide"].replace("I", "L") in reference:
            reason = "reference"
        elif not _spans(product, start, end):
            reason = "outside"
        elif one["isotope_error"] and _like_isotopes(product):
            reason = "isotope"
        elif _looks_modified(product, start, end, placed, allowed):
            reason = "modification"
        elif not localised:
            reason = "not_localised"
        elif not (one["class_q"] <= settings["fdr"] and one["psm_q"] <= settings["fdr"]):
            reason = "fdr"
        else:
            reason = ""
        keys = ("kind", "source", "gene", "name", "first", "last")
        rows.append(
            {key: one.get(key) for key in COLUMNS}
            | {"accession": product["accession"], "start": start, "localised": localised}
            | {key: product[key] for key in keys}
            | {"reported": not reason, "reason": reason}
        )
    rows = pd.DataFrame(rows, columns=COLUMNS)
    return rows.sort_values(["sample", "run", "accession", "peptide", "score"], kind="stable").reset_index(drop=True)


def _spans(product, start: int, end: int) -> bool:
    """Whether a peptide holds a new residue; of a deletion or a junction, both residues beside it."""
    if product["kind"] == "fusion" or (product["kind"] == "indel" and product["last"] - product["first"] == 1):
        return start <= product["first"] and product["last"] <= end
    return start <= product["last"] and product["first"] <= end


def _enclosed(ions: str, length: int, first: int, last: int, reach: int = 0) -> bool:
    """Whether fragments enclose the change: a cut before it and one behind, each at most `reach` residues away.

    ions: `b3 y5`; first, last: 0-based residues of the peptide that are new
    Of several new residues, two cuts between or beside them will do.
    """
    cuts = {int(ion[1:]) if ion[0] == "b" else length - int(ion[1:]) for ion in ions.split()}
    if first < last:
        return len([cut for cut in cuts if first <= cut <= last + 1]) >= 2
    cuts |= {0, length}
    return bool(cuts & set(range(first - reach, first + 1))) and bool(cuts & set(range(last + 1, last + 2 + reach)))


def _shift(product) -> float | None:
    """By how many Da an exchange of one residue makes the peptide heavier; None where it is none of known residues."""
    before, after = product["reference"], product["sequence"]
    if product["kind"] != "missense" or product["first"] != product["last"] or len(before) != len(after):
        return None
    at = product["first"] - 1
    masses = [std_aa_mass.get(text[at]) for text in (before, after)]
    if None in masses:
        return None
    # carbamidomethyl on cysteine, which the search takes for granted
    fixed = [57.021464 if text[at] == "C" else 0.0 for text in (before, after)]
    return masses[1] + fixed[1] - masses[0] - fixed[0]


def _like_isotopes(product) -> bool:
    """Whether the exchange is about as heavy as one to three neutrons, so that a wrongly picked precursor hides it."""
    shift = _shift(product)
    return shift is not None and round(abs(shift)) in (1, 2, 3) and abs(abs(shift) - round(abs(shift))) < 0.1


def _looks_modified(product, start: int, end: int, placed: bool, allowed: float) -> bool:
    """Whether a usual modification of the unmutated peptide has the mass of the exchange (within `allowed` Da)."""
    shift, before = _shift(product), product["reference"]
    if shift is None:
        return False
    at, peptide = product["first"] - 1, before[start - 1 : end]
    for mass, residues in USUAL:
        if abs(shift - mass) > max(allowed, 0.003):
            continue
        here = before[at] in residues or ("*" in residues and at == start - 1)
        elsewhere = any(residue in residues for residue in peptide) or "*" in residues
        if here or (elsewhere and not placed):
            return True
    return False


def features(rows: pd.DataFrame, areas: pd.Series) -> pd.DataFrame:
    """Features of one sample, kind `variant_peptide`: one per variant whose peptides are reported, and peptide.

    areas  intensity x s by `modified`, null where MS1 shows nothing
    value  log2 intensity; where MS1 shows nothing the state is `below_lod` though the spectrum was seen
    """
    kept = rows[rows["reported"].astype(bool)].sort_values("score", ascending=False, kind="stable")
    result = []
    for (source, peptide), own in kept.groupby(["source", "peptide"], sort=True):
        area = areas.reindex(own["modified"].unique()).sum(min_count=1)
        seen = bool(np.isfinite(area) and area > 0)
        result.append(
            {
                "kind": "variant_peptide",
                "feature": f"{source}|{peptide}",
                "name": own["name"].iloc[0],
                "value": float(np.log2(area)) if seen else None,
                "unit": "log2_intensity",
                "state": "measured" if seen else "below_lod",
            }
        )
    return pd.DataFrame(result, columns=["kind", "feature", "name", "value", "unit", "state"])
