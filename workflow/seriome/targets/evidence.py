"""Evidence: one row per statement about one gene, each with its layer, its patient and its number."""

import numpy as np
import pandas as pd

from seriome.known import known_effects

COLUMNS = ["gene", "layer", "patient", "feature", "value", "unit", "weight", "statement"]
LAYERS = ("mutation", "emergence", "copy_number", "rna", "proteome")
ALTERING = (
    "missense", "stop_gained", "stop_lost", "start_lost", "frameshift",
    "inframe_insertion", "inframe_deletion", "inframe_altering", "splice_acceptor", "splice_donor",
)  # fmt: skip


def alters_protein(consequence: pd.Series) -> pd.Series:
    """True where a consequence term of `bcftools csq` changes the protein or its splicing."""
    return consequence.fillna("").str.contains("|".join(ALTERING))


def mutation_evidence(variants: pd.DataFrame) -> pd.DataFrame:
    """Protein-altering somatic mutations, one row per patient and mutation.

    variants  dna's table of variants of all patients (one row per variant and sample)
    weight    1 / number of the patient's genes with such a mutation: a mutation weighs less in a tumour that has
              hundreds of them
    """
    seen = variants[(variants["filter"] == "PASS") & variants["called"] & alters_protein(variants["consequence"])]
    rows = []
    for patient, of_patient in seen.groupby("patient", sort=True):
        genes = of_patient["gene"].nunique()
        for (gene, variant), one in of_patient.groupby(["gene", "variant"], sort=True):
            top = one.loc[one["vaf"].idxmax()]
            day = f", first seen day {int(one['day'].min())}" if one["day"].notna().any() else ""
            said = f"{top['name']} in {patient}{day}; highest VAF {top['vaf']:.3f} ({top['timepoint']})"
            said = ", ".join(filter(None, [said, known_effects(top["name"])]))
            rows.append((gene, "mutation", patient, variant, top["vaf"], "vaf", 1 / genes, said))
    return pd.DataFrame(rows, columns=COLUMNS)


def emergence_evidence(events: pd.DataFrame, variants: pd.DataFrame) -> pd.DataFrame:
    """Protein-altering mutations that were not there at first and came later, as the clones stage dates them."""
    found = variants.drop_duplicates(["patient", "variant"]).set_index(["patient", "variant"])
    rows = []
    dated = events[events["event"].isin(["emerged", "resistance"]) & events["mutation_id"].notna()]
    dated = dated.drop_duplicates(["patient", "mutation_id"]).sort_values(["patient", "mutation_id"])
    dated = dated[[(p, m) in found.index for p, m in zip(dated["patient"], dated["mutation_id"], strict=True)]]
    for _, event in dated.iterrows():
        one = found.loc[(event["patient"], event["mutation_id"])]
        if not alters_protein(pd.Series([one["consequence"]])).all():
            continue
        under = f" under {event['treatment']}" if isinstance(event["treatment"], str) and event["treatment"] else ""
        said = f"{one['name']} emerged in {event['patient']}{under}: {event['label']}"
        rows.append(
            (one["gene"], "emergence", event["patient"], event["mutation_id"], event["first_seen_day"], "day", said)
        )
    table = pd.DataFrame(rows, columns=[c for c in COLUMNS if c != "weight"])
    table["weight"] = 1 / table.groupby("patient")["gene"].transform("nunique") if len(table) else []
    return table[COLUMNS]


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
