"""Tables in, tables out: the variants and copy number of one patient to clusters, tree, trajectories and events."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from seriome.clones import events
from seriome.clones.cluster import interval
from seriome.clones.likelihood import Counts
from seriome.clones.model import CopyNumber, Model, Settings, fit
from seriome.clones.trajectory import seen_through_descendants, shares
from seriome.clones.tree import Tree, grow
from seriome.dna.consequence import nonsynonymous
from seriome.errors import DataError
from seriome.files import write_tsv
from seriome.known import known_effects, resists

CLUSTER_COLUMNS = [
    "mutation_id",
    "sample_id",
    "cluster_id",
    "cellular_prevalence",
    "ccf_lower",
    "ccf_upper",
    "cluster_assignment_prob",
    "state",
    "name",
    "gene",
]
TREE_COLUMNS = ["cluster_id", "parent", "support"]
TRAJECTORY_COLUMNS = [
    "cluster_id",
    "sample_id",
    "day",
    "timepoint",
    "specimen",
    "ccf",
    "ccf_lower",
    "ccf_upper",
    "share",
    "share_lower",
    "share_upper",
    "tumour_fraction",
    "state",
    "lod",
]
LIQUID = ("plasma", "serum")  # specimens that hold tumour DNA only while there is a tumour to shed it
NO_TUMOUR = ("normal", "blank", "pool")  # specimens that clones are not looked for in
METHOD = (
    "joint variational mixture over all samples on a CCF grid, beta-binomial reads, clusters merged by evidence; "
    "founder at CCF 1 gives purity; beam over trees with the sum rule"
)


@dataclass
class Clones:
    """What is known of one patient's clones: four tables (see docs/clones.md), the fit as a dict, the data problems."""

    clusters: pd.DataFrame
    tree: pd.DataFrame
    trajectories: pd.DataFrame
    events: pd.DataFrame
    fit: dict
    problems: list  # (sample or "", DataError)
    model: Model


def clones(variants: pd.DataFrame, copy_number=None, treatments=(), settings: Settings | None = None) -> Clones:
    """Clones of one patient.

    variants     somatic variants, a row per variant and sample with DNA: variant gene name consequence sample day
                 timepoint specimen ref_count alt_count depth state lod called filter; used are those that pass
                 (filter PASS in any sample), and every sample but the normal
    copy_number  a row per sample and gene: sample gene chrom start end (0-based, half-open) log2_ratio lower upper
    treatments   dicts with drug, start and, unless it goes on, end
    """
    settings = settings or Settings()
    passing = variants.loc[variants["filter"] == "PASS", "variant"].unique()
    rows = variants[variants["variant"].isin(passing) & ~variants["specimen"].isin(NO_TUMOUR)]
    samples = _samples(rows)
    mutations = rows.drop_duplicates("variant").set_index("variant").sort_index()
    counts = _counts(rows, mutations, samples)
    numbers = _copy_number(copy_number, mutations, samples, settings.copy_number_change)
    model = fit(counts, numbers, settings)
    tree = tree_of(model)
    seen_through_descendants(model, tree.parent)
    own = shares(model, tree.parent, settings.seed)
    states = _states(rows, mutations, samples)
    if tree.worst < -3:
        model.warnings.append(
            {
                "warning": "sum_rule_broken",
                "detail": f"the best tree misses the sum rule by {-tree.worst:.1f} standard errors: a copy number or a "
                "cluster may be wrong",
            }
        )
    unsure = [int(k) for k in np.flatnonzero(tree.support < 0.8)]
    if unsure:
        model.warnings.append(
            {
                "warning": "tree_not_decided",
                "detail": f"the data leave the parent of cluster {', '.join(map(str, unsure))} open (support < 0.8)",
            }
        )
    return Clones(
        clusters=_cluster_table(model, mutations, states),
        tree=pd.DataFrame(
            {
                "cluster_id": np.arange(model.clusters),
                "parent": tree.parent.astype(int),
                "support": tree.support,
            },
            columns=TREE_COLUMNS,
        ),
        trajectories=_trajectory_table(model, samples, own),
        events=_event_table(model, rows, mutations, samples, treatments, settings),
        fit=_fit(model, tree, mutations, samples, settings),
        problems=_problems(model, samples, len(variants)),
        model=model,
    )


def _samples(rows) -> pd.DataFrame:
    columns = ["sample", "day", "timepoint", "specimen"]
    return rows[columns].drop_duplicates("sample").sort_values(["day", "sample"]).reset_index(drop=True)


def _wide(rows, column, mutations, samples):
    wide = rows.pivot(index="variant", columns="sample", values=column)
    return wide.reindex(index=mutations.index, columns=samples["sample"]).to_numpy()


def _counts(rows, mutations, samples) -> Counts:
    if rows.empty:
        nothing = np.zeros((0, len(samples)), int)
        return Counts((), tuple(samples["sample"]), nothing, nothing)
    alt, ref = (
        np.nan_to_num(_wide(rows, column, mutations, samples).astype(float)).astype(int)
        for column in ("alt_count", "ref_count")
    )
    return Counts(tuple(mutations.index), tuple(samples["sample"]), alt, alt + ref)


def _copy_number(table, mutations, samples, threshold) -> CopyNumber | None:
    """The gene a mutation lies in, found by position; see model.CopyNumber."""
    shape = (len(mutations), len(samples))
    if table is None or table.empty or not shape[0]:
        return None
    ratio, error, beyond = np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape, bool)
    table = table.dropna(subset=["log2_ratio", "lower", "upper"])
    place = {sample: one for one, sample in enumerate(samples["sample"])}
    for number, (variant, row) in enumerate(mutations.iterrows()):
        chrom, pos = _place(variant, row)
        here = table[(table["chrom"].astype(str) == chrom) & (table["start"] < pos) & (table["end"] >= pos)]
        for one in here.sort_values(["sample", "start", "end", "gene"]).itertuples():
            if one.sample not in place:
                continue
            cell = number, place[one.sample]
            ratio[cell] = 2**one.log2_ratio
            error[cell] = ratio[cell] * np.log(2) * (one.upper - one.lower) / 3.92
            beyond[cell] = one.lower > threshold or one.upper < -threshold
    return CopyNumber(ratio, error, beyond.any(axis=1))


def _place(variant, row):
    """Chromosome and 1-based position of `chrom:pos:ref:alt`."""
    if "chrom" in row and "pos" in row:
        return str(row["chrom"]), int(row["pos"])
    chrom, pos, _, _ = variant.rsplit(":", 3)
    return chrom, int(pos)


def _states(rows, mutations, samples):
    """measured (seen), below_lod (covered, not seen) or not_covered of every mutation and sample (N, S)."""
    if rows.empty:
        return np.zeros((0, len(samples)), object)
    depth = np.nan_to_num(_wide(rows, "depth", mutations, samples).astype(float))
    called = _wide(rows.assign(called=rows["called"].fillna(False).astype(bool)), "called", mutations, samples) == True  # noqa: E712
    return np.where(called, "measured", np.where(depth > 0, "below_lod", "not_covered"))


def tree_of(model: Model) -> Tree:
    """The tree of a fit, from the samples in which tumour was detected and every cluster covered."""
    known = np.flatnonzero(np.isfinite(model.purity))
    if not model.clusters:
        return Tree(np.zeros(0, int), np.zeros(0), 0.0, [])
    mean, lower, upper = interval(model.posterior[:, known], model.grid)
    purity = mean * model.purity_error()[known]
    covered = (model.state[:, known] != "not_covered").all(axis=0)
    return grow(mean[:, covered], np.hypot((upper - lower) / 3.92, purity)[:, covered])


def _cluster_table(model: Model, mutations, states) -> pd.DataFrame:
    rows = []
    if model.clusters:
        belongs = model.cluster_of
        for n, mutation in enumerate(model.counts.mutations):
            k = int(belongs[n])
            for s, sample in enumerate(model.counts.samples):
                rows.append(
                    {
                        "mutation_id": mutation,
                        "sample_id": sample,
                        "cluster_id": k,
                        "cellular_prevalence": model.ccf[k, s],
                        "ccf_lower": model.lower[k, s],
                        "ccf_upper": model.upper[k, s],
                        "cluster_assignment_prob": model.member[n, k],
                        "state": states[n, s],
                        "name": mutations["name"].iloc[n],
                        "gene": mutations["gene"].iloc[n],
                    }
                )
    return pd.DataFrame(rows, columns=CLUSTER_COLUMNS)


def _trajectory_table(model: Model, samples, own) -> pd.DataFrame:
    rows = []
    for k in range(model.clusters):
        for s, sample in enumerate(samples.itertuples()):
            share, share_lower, share_upper = (one[k, s] for one in own)
            rows.append(
                {
                    "cluster_id": k,
                    "sample_id": sample.sample,
                    "day": int(sample.day),
                    "timepoint": sample.timepoint,
                    "specimen": sample.specimen,
                    "ccf": model.ccf[k, s],
                    "ccf_lower": model.lower[k, s],
                    "ccf_upper": model.upper[k, s],
                    "share": share,
                    "share_lower": share_lower,
                    "share_upper": share_upper,
                    "tumour_fraction": model.purity[s] * model.ccf[k, s],
                    "state": model.state[k, s],
                    "lod": model.lod[k, s],
                }
            )
    return pd.DataFrame(rows, columns=TRAJECTORY_COLUMNS)


def clone_name(mutations, members) -> str:
    """The protein-changing mutations of a clone by name, at most three; those with a known effect come first."""
    names = [row["name"] for _, row in mutations.iloc[members].iterrows() if nonsynonymous(row["consequence"])]
    names.sort(key=lambda name: not known_effects(str(name)))
    shown = ", ".join(map(str, names[:3]))
    return shown + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _event_table(model, rows, mutations, samples, treatments, settings) -> pd.DataFrame:
    found = []
    days = [int(day) for day in samples["day"]]
    belongs = model.cluster_of
    for k in range(1, model.clusters):
        observations = [
            (days[s], model.counts.samples[s], str(model.state[k, s]), float(model.lod[k, s])) for s in range(len(days))
        ]
        who = {"cluster_id": k, "mutation_id": None, "name": clone_name(mutations, np.flatnonzero(belongs == k))}
        found.append(events.emergence("emerged", observations, treatments, "ccf", **who))
        found.append(events.extinction(observations, treatments, settings.extinct_limit, **who))
    if len(mutations):
        states, limits = _states(rows, mutations, samples), _wide(rows, "lod", mutations, samples)
        for n, (mutation, row) in enumerate(mutations.iterrows()):
            if not nonsynonymous(row["consequence"]):
                continue
            observations = [
                (days[s], samples["sample"][s], str(states[n, s]), _number(limits[n, s])) for s in range(len(days))
            ]
            who = {
                "cluster_id": int(belongs[n]) if model.clusters else None,
                "mutation_id": mutation,
                "name": row["name"],
            }
            event = events.emergence("emerged", observations, treatments, "vaf", **who)
            treated = event and any(one["start"] < event["first_seen_day"] for one in treatments)
            if treated and resists(str(row["name"])):
                event["event"] = "resistance"
            found.append(event)
    table = pd.DataFrame([one for one in found if one], columns=events.COLUMNS)
    for column in ("cluster_id", "first_seen_day", "last_unseen_day", "last_seen_day"):
        table[column] = table[column].astype("Int64")
    return table.sort_values(["first_seen_day", "event", "cluster_id", "mutation_id"], na_position="first").reset_index(
        drop=True
    )


def _number(value) -> float:
    return float(value) if pd.notna(value) else 1.0


def _plain(value, digits=6):
    return None if value is None or not np.isfinite(value) else round(float(value), digits)


def _fit(model: Model, tree: Tree, mutations, samples, settings: Settings) -> dict:
    purity = []
    for s, sample in enumerate(samples.itertuples()):
        known = bool(np.isfinite(model.purity[s]))
        purity.append(
            {
                "sample_id": sample.sample,
                "day": int(sample.day),
                "specimen": sample.specimen,
                "purity": _plain(model.purity[s]),
                "lower": _plain(model.purity_lower[s]),
                "upper": _plain(model.purity_upper[s]),
                "state": "measured" if known else "not_estimable",
                "founder_reads": int(model.founder_reads[s]),
                "founder_depth": int(model.founder_depth[s]),
                "limit": _plain(model.purity_limit[s]),
            }
        )
    changed = [
        {
            "mutation_id": model.counts.mutations[n],
            "gene": str(mutations["gene"].iloc[n]),
            "tumour_cn": int(copies),
            "treatment": "mutated copies 1 to tumour_cn summed over",
        }
        for n, copies in sorted(model.tumour_cn.items())
    ]
    return {
        "method": METHOD,
        "settings": {**vars(settings), "grid_points": len(model.grid.ccf)},
        "mutations": len(model.counts.mutations),
        "samples": len(model.counts.samples),
        "clusters": model.clusters,
        "purity": purity,
        "copy_number": {"changed": changed, "all_others": "two copies in cancer and normal cells"},
        "diagnostics": {
            "rounds": model.rounds,
            "evidence_bound": _plain(model.bound, 3),
            "beta_binomial_precision": _plain(model.precision, 1),
            "sum_rule_worst_z": _plain(tree.worst, 3),
            "trees": [{"parent": list(parents), "probability": round(weight, 4)} for parents, weight in tree.trees],
        },
        "warnings": model.warnings,
    }


def _problems(model: Model, samples, looked_at) -> list:
    if not model.counts.mutations:
        detail = f"no somatic variant passed in any tumour or plasma sample ({looked_at} rows looked at)"
        return [("", DataError("no_somatic_mutations", detail, "deeper reads, a wider panel, or a tumour sample"))]
    problems = []
    for s, (sample, specimen) in enumerate(zip(samples["sample"], samples["specimen"], strict=True)):
        cleared = specimen in LIQUID and model.founder_depth[s]  # an answer with its limit, not a gap
        if np.isfinite(model.purity[s]) or cleared:
            continue
        if not model.founder_depth[s]:
            detail = "none of the founder's mutations was covered"
        else:
            detail = (
                f"{model.founder_reads[s]} of {model.founder_depth[s]} reads of the founder's mutations show them, no "
                f"more than misreadings; a tumour fraction of {events.percent(min(model.purity_limit[s], 1))} could "
                "have been seen"
            )
        way_out = "deeper reads, or tissue with more tumour in it"
        problems.append((str(sample), DataError("purity_not_estimable", detail, way_out)))
    return problems


def write_table(path, table: pd.DataFrame) -> None:
    """Tab-separated, numbers to six digits, an empty cell where there is none."""
    rows = [
        {key: f"{value:.6g}" if isinstance(value, float) else value for key, value in row.items() if pd.notna(value)}
        for row in table.to_dict("records")
    ]
    write_tsv(path, rows, list(table.columns))
