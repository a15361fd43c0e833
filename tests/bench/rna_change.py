"""Changes and tests over the cohort, on counts with planted differences; and how far from R's DESeq2 and lme4."""

from pathlib import Path

import numpy as np
import pandas as pd

from seriome.longitudinal import contrasts, mixed_model, plan_of
from seriome.rna.cohort import gene_changes, phase_model
from seriome.rna.deseq import wald
from seriome.rna.matrix import EXPRESSED
from seriome.rna.normalise import learn
from tests.rna.planted import planted

FDR = 0.05
EFFECTS = (0.5, 1.0, 2.0)
TESTS = Path(__file__).parents[1]


def change(cohorts: int = 5, genes: int = 4000, patients: int = 12) -> dict:
    """`cohorts` of `patients` with three samples each; a tenth of the genes differ at progression."""
    found = {"mixed": [], "unpaired": []}
    covered, shrunken, wrong, null = [], [], [], []
    for seed in range(cohorts):
        made = planted(seed=100 + seed, genes=genes, patients=patients, effects=EFFECTS)
        constants = learn(made.reads)
        effect = pd.Series(made.effect, made.reads.genes["gene_id"])
        table, _ = phase_model(made.reads, constants, ["tumor"], "baseline")
        late = table[table["contrast"] == "progression against baseline"].set_index("feature")
        found["mixed"].append(_judged(late["q"], effect))
        null.append((table.loc[table["contrast"] == "response against baseline", "p"] < FDR).mean())
        found["unpaired"].append(_judged(_unpaired(made.reads), effect))
        told = gene_changes(made.reads, constants)
        place = {name: at for at, name in enumerate(made.reads.samples["sample"])}
        row = made.reads.genes.reset_index().set_index("gene_id")["index"].reindex(told["feature"]).to_numpy()
        true = made.level[row, told["late"].map(place)] - made.level[row, told["early"].map(place)]
        holds = (told["lower"] <= true) & (true <= told["upper"])
        holds_shrunken = (told["shrunken_lower"] <= true) & (true <= told["shrunken_upper"])
        covered.append([holds.mean(), holds[true != 0].mean()])
        shrunken.append([holds_shrunken.mean(), holds_shrunken[true != 0].mean()])
        sure = told["lfsr"] < FDR
        wrong.append((np.sign(told["shrunken"][sure]) != np.sign(true[sure])).mean())
    means = {name: pd.DataFrame(rows).mean() for name, rows in found.items()}
    figures = {
        "fdr_observed": round(float(means["mixed"]["fdr"]), 4),
        "power_by_effect": {str(one): round(float(means["mixed"][one]), 3) for one in EFFECTS},
        "fdr_unpaired": round(float(means["unpaired"]["fdr"]), 4),
        "power_unpaired": {str(one): round(float(means["unpaired"][one]), 3) for one in EFFECTS},
        "mixed_over_unpaired": round(float(means["mixed"]["true"] / means["unpaired"]["true"]), 3),
        "p_below_0.05_of_no_change": round(float(np.mean(null)), 4),
        "change_coverage": round(float(np.mean(covered, axis=0)[0]), 4),
        "change_coverage_of_changed": round(float(np.mean(covered, axis=0)[1]), 4),
        "change_coverage_shrunken": round(float(np.mean(shrunken, axis=0)[0]), 4),
        "change_coverage_shrunken_of_changed": round(float(np.mean(shrunken, axis=0)[1]), 4),
        "change_wrong_sign_at_lfsr_0.05": round(float(np.mean(wrong)), 4),
    } | parity()
    print(f"change: {cohorts} cohorts of {patients} patients x 3 samples, {genes} genes, a tenth of them changed")
    for name, value in figures.items():
        print(f"  {name:36} {value}")
    return figures


def _unpaired(reads) -> pd.Series:
    """q values of DESeq2 between the two phases as if no two samples were of one patient."""
    from seriome.longitudinal import adjusted

    chosen = reads.samples["phase"].isin(["baseline", "progression"]).to_numpy()
    sheet = reads.samples[chosen].set_index("sample")
    counts = pd.DataFrame(reads.count[:, chosen].T.astype(int), sheet.index, reads.genes["gene_id"])
    counts = counts.loc[:, counts.max() >= EXPRESSED]
    found = wald(counts, sheet[["phase"]], "~phase", ["phase", "progression", "baseline"])
    return pd.Series(adjusted(found["pvalue"]), found.index)


def _judged(q: pd.Series, effect: pd.Series) -> dict:
    effect = effect.reindex(q.index)
    called = q < FDR
    return {"fdr": float((effect[called] == 0).mean()), "true": int((effect[called] != 0).sum())} | {
        one: float(called[effect.abs() == one].mean()) for one in EFFECTS
    }


def parity() -> dict:
    """Largest relative differences to the golden tables of R (tests/rna/golden, tests/longitudinal/golden)."""
    read = lambda path: pd.read_csv(TESTS / path, sep="\t", skipinitialspace=True)  # noqa: E731
    counts = read("rna/golden/counts.tsv").set_index("gene").T
    design = pd.DataFrame([name.split("-") for name in counts.index], counts.index, ["patient", "phase"])
    expected = read("rna/golden/deseq2.tsv").set_index("gene")
    found = wald(counts, design, "~patient + phase", ["phase", "late", "early"])
    off = {
        "deseq2_dispersion": np.abs(found["dispersion"] / expected["dispersion"] - 1).max(),
        "deseq2_p": np.abs(found["pvalue"] - expected["p"]).max(),
    }
    samples = read("longitudinal/golden/samples.tsv")
    values, weights = (
        read(f"longitudinal/golden/{name}.tsv").set_index("feature").to_numpy(float) for name in ("values", "weights")
    )
    plan = plan_of(samples, ["phase"], {"phase": "baseline"})
    lmer, worst = read("longitudinal/golden/lmer.tsv"), 0.0
    for weighted in (False, True):
        table = contrasts(mixed_model(values, plan.matrix, samples["patient"], weights if weighted else None), plan)
        for name in plan.asked:
            ours = table[table["coefficient"] == name]
            in_r = name.replace("[", "").replace("]", "")
            theirs = lmer[(lmer["coefficient"] == in_r) & (lmer["weighted"] == weighted)]
            for column in ("estimate", "error", "freedom"):
                worst = max(worst, np.abs(ours[column].to_numpy() / theirs[column].to_numpy() - 1).max())
    off["lmer_relative"] = worst
    return {f"parity_{name}": float(f"{value:.2g}") for name, value in off.items()}


PARTS = {"change": change}
QUICK = {"change": {"cohorts": 1, "genes": 800, "patients": 6}}
