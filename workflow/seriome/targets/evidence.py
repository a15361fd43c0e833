"""Evidence: one row per statement about one gene, each with its layer, its patient and its number."""

import numpy as np
import pandas as pd

from seriome.dna.consequence import nonsynonymous
from seriome.known import known_effects

COLUMNS = ["gene", "layer", "patient", "feature", "value", "unit", "weight", "statement"]
LAYERS = ("mutation", "emergence", "copy_number", "rna", "proteome", "metabolome")


def _weight(known: str, genes: int) -> float:
    """1 for a mutation known to change what a drug does; else 1 / number of genes among which it is one of many."""
    return 1.0 if known else 1 / genes


def _known(variant) -> str:
    return known_effects(str(variant["name"]), variant["consequence"], variant.get("exon"))


def mutation_evidence(variants: pd.DataFrame) -> pd.DataFrame:
    """Protein-altering somatic mutations, one row per patient and mutation.

    variants  dna's table of variants of all patients (one row per variant and sample)
    weight    1 for a mutation that is known to change what a drug does; for any other 1 / number of the patient's
              genes with such a mutation, so that it weighs less in a tumour that has hundreds of them
    """
    seen = variants[(variants["filter"] == "PASS") & variants["called"]]
    seen = seen[seen["consequence"].map(nonsynonymous).astype(bool)]
    rows = []
    for patient, of_patient in seen.groupby("patient", sort=True):
        genes = of_patient["gene"].nunique()
        for (gene, variant), one in of_patient.groupby(["gene", "variant"], sort=True):
            top = one.loc[one["vaf"].idxmax()]
            day = f", first seen day {int(one['day'].min())}" if one["day"].notna().any() else ""
            said = f"{top['name']} in {patient}{day}; highest VAF {top['vaf']:.3f} ({top['timepoint']})"
            known = _known(top)
            said = ", ".join(filter(None, [said, known]))
            rows.append((gene, "mutation", patient, variant, top["vaf"], "vaf", _weight(known, genes), said))
    return pd.DataFrame(rows, columns=COLUMNS)


def emergence_evidence(events: pd.DataFrame, variants: pd.DataFrame) -> pd.DataFrame:
    """Protein-altering mutations that were not there at first and came later, as the clones stage dates them."""
    found = variants.drop_duplicates(["patient", "variant"])
    found = found[found["consequence"].map(nonsynonymous).astype(bool)]
    dated = events[events["event"].isin(["emerged", "resistance"]) & events["mutation_id"].notna()]
    dated = dated.drop_duplicates(["patient", "mutation_id"]).rename(columns={"mutation_id": "variant"})
    rows = []
    columns = ["patient", "variant", "gene", "name", "consequence", *(["exon"] if "exon" in found else [])]
    both = dated.drop(columns=columns[2:], errors="ignore").merge(found[columns], on=["patient", "variant"])
    for patient, of_patient in both.sort_values(["patient", "variant"]).groupby("patient", sort=True):
        genes = of_patient["gene"].nunique()
        for _, one in of_patient.iterrows():
            said = f"{one['name']} emerged in {patient}: {one['label']}"
            day, weight = one["first_seen_day"], _weight(_known(one), genes)
            rows.append((one["gene"], "emergence", patient, one["variant"], day, "day", weight, said))
    return pd.DataFrame(rows, columns=COLUMNS)


def copy_number_evidence(copy_number: pd.DataFrame, threshold: float) -> pd.DataFrame:
    """Genes whose coverage against the normal is clearly changed: the 95 % interval lies beyond ± threshold (log2).

    The strongest sample of a patient speaks for it; weight is the log2 ratio without its sign.
    """
    measured = copy_number[copy_number["state"] == "measured"]
    clear = measured[(measured["lower"] > threshold) | (measured["upper"] < -threshold)]
    rows = []
    for (patient, gene), one in clear.groupby(["patient", "gene"], sort=True):
        top = one.loc[one["log2_ratio"].abs().idxmax()]
        what = "gain" if top["log2_ratio"] > 0 else "loss"
        said = f"copy-number {what} in {patient}: log2 ratio {top['log2_ratio']:+.2f} ({top['sample']})"
        size = abs(top["log2_ratio"])
        rows.append((gene, "copy_number", patient, gene, top["log2_ratio"], "log2_ratio", size, said))
    return pd.DataFrame(rows, columns=COLUMNS)


def expression_evidence(differential: pd.DataFrame, layer: str, fdr: float) -> pd.DataFrame:
    """Genes or proteins that differ between the phases at this false discovery rate; weight is -log10 p."""
    found = differential[(differential["layer"] == layer) & (differential["q"] <= fdr)].sort_values("feature")
    rows = []
    for _, one in found.iterrows():
        change = f"{one['log2_fold_change']:+.2f} [{one['lower']:+.2f}, {one['upper']:+.2f}]"
        said = f"{layer} log2 change {change}, {one['contrast']}, q {one['q']:.2g}, {one['pairs']} patients"
        weight = -np.log10(max(one["p"], 1e-300))
        rows.append((one["name"], layer, "", one["feature"], one["log2_fold_change"], "log2_fold_change", weight, said))
    return pd.DataFrame(rows, columns=COLUMNS)


def metabolite_evidence(ties: pd.DataFrame, after: str, fdr: float) -> pd.DataFrame:
    """Genes whose enzyme makes or uses a metabolite that changes with the phase `after` at this false discovery rate.

    ties     metabolome's table of enzymes: coefficient gene feature name relation estimate lower upper p q sure
    weight   -log10 p x the share of the feature's candidates that the compound is; of several adducts the best
    """
    found = ties[(ties["coefficient"] == f"phase[{after}]") & (ties["q"] <= fdr)]
    weight = -np.log10(found["p"].clip(lower=1e-300)) * found["sure"]
    found = found.assign(weight=weight).sort_values(
        ["gene", "name", "weight", "feature"], ascending=[True, True, False, True]
    )
    rows = []
    for _, one in found.drop_duplicates(["gene", "name", "relation"]).iterrows():
        change = f"{one['estimate']:+.2f} [{one['lower']:+.2f}, {one['upper']:+.2f}]"
        said = f"{one['relation']} {one['name']}, which changes by {change} (log2) at {after}, q {one['q']:.2g}"
        number = one["estimate"], "log2_fold_change", one["weight"]
        rows.append((one["gene"], "metabolome", "", one["feature"], *number, said))
    return pd.DataFrame(rows, columns=COLUMNS)
