"""Results: what a fit says, as the rows of the tables that are written; the same for every way in.

The tree follows from the clusters, the shares from clusters and trees, growth and heterogeneity from the shares, events
from all of them.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from seriome.clones import detection, events, growth, heterogeneity
from seriome.clones.lineage import ancestors
from seriome.clones.model import Model, Settings
from seriome.clones.trajectory import own_shares
from seriome.clones.tree import Tree, grow
from seriome.files import write_json, write_tsv

LIQUID = ("plasma", "serum")  # specimens that hold tumour DNA only while there is a tumour to shed it
METHOD = (
    "joint mixture over all samples on a CCF grid, beta-binomial reads, copies summed over, outliers; number of "
    "clusters by variational merges and splits; intervals by split-merge Monte Carlo; founder at CCF 1 anchors purity; "
    "trees by the sum rule and time, each with its probability"
)
COLUMNS = {
    "clusters": "mutation_id sample_id cluster_id cellular_prevalence ccf_lower ccf_upper cluster_assignment_prob "
    "state copies name gene",
    "tree": "cluster_id parent support decided mutations",
    "trajectories": "cluster_id sample_id day timepoint specimen ccf ccf_lower ccf_upper share share_lower share_upper "
    "tumour_fraction state lod",
    "events": " ".join(events.COLUMNS)
    + " start end rate_per_day lower upper q_value gene other_mutation_id other_cluster_id same_branch phase",
    "growth": "cluster_id phase start end scale rate_per_day lower upper doubling_days samples_used p_positive reason",
    "heterogeneity": "sample_id day specimen clones_above clones_above_lower clones_above_upper clones_open shannon "
    "shannon_lower shannon_upper simpson simpson_lower simpson_upper math clonal_drivers drivers",
    "sites": "sample_id other_sample_id day other_day clusters_shared clusters_first clusters_second clusters_open "
    "mutations_shared mutations_first mutations_second mutations_open",
}
COLUMNS = {name: columns.split() for name, columns in COLUMNS.items()}
TABLES = tuple(COLUMNS)
FLOATS, BOOLS = (float, np.floating), (bool, np.bool_)


@dataclass
class Patient:
    """What is known of a patient beside the counts.

    samples     dicts with sample, day (None: not known), specimen, timepoint, site, burden, in the order of the counts
    mutations   dicts with name, gene, in that order
    altering    (N,) does it change a protein? Only these have events of their own
    drivers     (N,) is its effect known?
    states      (N, S) `measured`, `below_lod`, `not_covered`;  limits (N, S) VAF that could have been seen
    treatments  dicts with drug, start and, unless it goes on, end
    resists     function of a name and of drugs that were given: is it known to resist one of them?
    phased      {(mutation_id, mutation_id): "cis" or "trans"} where reads span both
    """

    samples: list
    mutations: list
    altering: np.ndarray
    drivers: np.ndarray
    states: np.ndarray
    limits: np.ndarray
    treatments: list = field(default_factory=list)
    resists: object = None
    phased: dict = field(default_factory=dict)


@dataclass
class Results:
    """Rows (dicts) of each of TABLES, `trees` and `fit` as they go to JSON."""

    rows: dict
    trees: list
    fit: dict
    model: Model
    tree: Tree

    def write(self, folder_or_paths) -> None:
        """Every table, moved into place whole: into a folder, or to the paths of a dict by name."""
        for name in TABLES:
            path = _path(folder_or_paths, name, "tsv")
            if path is not None:
                write_tsv(path, map(_plain_row, self.rows[name]), COLUMNS[name])
        for name, content in (("trees", self.trees), ("fit", self.fit)):
            path = _path(folder_or_paths, name, "json")
            if path is not None:
                write_json(path, content)


def _path(target, name, suffix):
    return target.get(name) if isinstance(target, dict) else f"{target}/{name}.{suffix}"


def _plain_row(row) -> dict:
    """Numbers to six digits, a missing value as None."""
    return {key: _plain(value) for key, value in row.items()}


def _plain(value):
    if isinstance(value, FLOATS):
        return f"{value:.6g}" if math.isfinite(value) else None
    if isinstance(value, BOOLS):
        return "true" if value else "false"
    return value


def states_of(counts, error) -> tuple[np.ndarray, np.ndarray]:
    """State and limit (VAF) of every mutation and sample, (N, S), from its own reads and the error of a base."""
    background = counts.depth * error
    seen = detection.probability_by_error(counts.alt, background) < detection.ALPHA
    states = np.where(counts.depth == 0, "not_covered", np.where(seen, "measured", "below_lod"))
    limits = np.full(counts.depth.shape, np.nan)
    kinds, place = np.unique(np.stack([counts.depth.ravel(), background.ravel()]), axis=1, return_inverse=True)
    found = [detection.limit(depth, mean, 1) if depth else np.nan for depth, mean in kinds.T]
    limits[...] = np.array(found)[place.ravel()].reshape(limits.shape)
    return states, limits


def conclude(model: Model, patient: Patient, settings: Settings) -> Results:
    """Everything that follows from a fit."""
    tree = tree_of(model, patient)
    _seen_through_descendants(model, tree.parent)
    present = model.state == "measured"
    share, lower, upper, share_draws = own_shares(
        model.draws, tree.trees or [(tuple(tree.parent), 1.0)], present, settings.seed
    )
    dated = all(one["day"] is not None for one in patient.samples)
    grown = _growth(model, patient, share_draws) if dated and model.clusters else []
    names = {k: clone_name(patient, np.flatnonzero(model.cluster_of == k)) for k in range(model.clusters)}
    kept = [{"parent": [int(p) for p in parents], "probability": round(p, 6)} for parents, p in tree.trees]
    rows = {
        "clusters": _clusters(model, patient),
        "tree": _tree(model, tree),
        "trajectories": _trajectories(model, patient, share, lower, upper),
        "events": _events(model, patient, tree, grown, names, settings) if dated else [],
        "growth": grown,
        "heterogeneity": _heterogeneity(model, patient, share_draws),
        "sites": _sites(model, patient) if dated else [],
    }
    return Results(rows, kept, _fit(model, tree, patient, settings), model, tree)


def tree_of(model: Model, patient: Patient) -> Tree:
    """The trees of a fit; a clone that a sample does not cover is not known there."""
    known = np.flatnonzero(np.isfinite(model.purity))
    if not model.clusters or not len(known):
        return grow(np.zeros((model.clusters, 0)), np.zeros((model.clusters, 0)))
    ccf, error = model.draws.mean(axis=0)[:, known], model.error[:, known]
    state = model.state[:, known]
    ccf = np.where(state == "not_covered", np.nan, ccf)
    days = [patient.samples[s]["day"] for s in known]
    dated = all(day is not None for day in days)
    group = [patient.samples[s].get("site") or patient.samples[s]["specimen"] for s in known]
    group = ["plasma" if patient.samples[s]["specimen"] in LIQUID else one for s, one in zip(known, group, strict=True)]
    tree = grow(
        ccf,
        error,
        present=state == "measured",
        absent=(state == "below_lod") & (model.lod[:, known] < 0.05),
        day=np.array(days, float) if dated else None,
        group=np.array(group, object) if dated else None,
    )
    say = model.warnings.append
    if tree.worst < -3:
        say(
            {
                "warning": "sum_rule_broken",
                "detail": f"the best tree misses the sum rule by {-tree.worst:.1f} standard errors: a copy number or a "
                "cluster may be wrong",
            }
        )
    if len(tree.suspect):
        names = ", ".join(map(str, tree.suspect))
        say({"warning": "cluster_suspect", "detail": f"cluster {names}: its CCF does not fit any tree; see sum rule"})
    unsure = [int(k) for k in np.flatnonzero(~tree.decided)] if len(tree.decided) else []
    if unsure:
        detail = f"the data leave the parent of cluster {', '.join(map(str, unsure))} open (support < 0.8)"
        say({"warning": "tree_not_decided", "detail": detail})
    return tree


def _seen_through_descendants(model: Model, parent) -> None:
    """A clone with a detected descendant is there, though its own reads may be too few: mark it measured."""
    for k in range(model.clusters):
        for above in ancestors(parent, k):
            for s in np.flatnonzero((model.state[k] == "measured") & (model.state[above] == "below_lod")):
                model.state[above, s] = "measured"
                model.lower[above, s] = model.lower[k, s]
                model.ccf[above, s] = max(float(model.draws[:, above, s].mean()), model.lower[above, s])
                model.upper[above, s] = max(model.upper[above, s], model.ccf[above, s])


def clone_name(patient: Patient, members) -> str:
    """The protein-changing mutations of a clone, those with a known effect first; three of them and how many more."""
    members = [n for n in members if patient.altering[n] and patient.mutations[n].get("name")]
    members.sort(key=lambda n: not patient.drivers[n])
    names = [str(patient.mutations[n]["name"]) for n in members]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _clusters(model: Model, patient: Patient):
    if not model.clusters:
        return []
    belongs = model.cluster_of
    certain = np.where(belongs >= 0, model.member[np.arange(len(belongs)), np.maximum(belongs, 0)], model.out)
    rows = []
    for n, mutation in enumerate(model.counts.mutations):
        about = patient.mutations[n]
        for s, sample in enumerate(model.counts.samples):
            rows.append(
                {
                    "mutation_id": mutation,
                    "sample_id": sample,
                    "cluster_id": int(belongs[n]),
                    "cellular_prevalence": model.mutation_ccf[n, s],
                    "ccf_lower": model.mutation_lower[n, s],
                    "ccf_upper": model.mutation_upper[n, s],
                    "cluster_assignment_prob": certain[n],
                    "state": str(patient.states[n, s]),
                    "copies": model.copies[n, s],
                    "name": about.get("name"),
                    "gene": about.get("gene"),
                }
            )
    return rows


def _tree(model: Model, tree: Tree) -> list[dict]:
    belongs = model.cluster_of
    return [
        {
            "cluster_id": k,
            "parent": int(tree.parent[k]),
            "support": float(tree.support[k]),
            "decided": bool(tree.support[k] >= 0.8),
            "mutations": int((belongs == k).sum()),
        }
        for k in range(model.clusters)
    ]


def _trajectories(model: Model, patient: Patient, share, lower, upper) -> list[dict]:
    rows = []
    for k in range(model.clusters):
        for s, sample in enumerate(patient.samples):
            rows.append(
                {
                    "cluster_id": k,
                    "sample_id": sample["sample"],
                    "day": sample["day"],
                    "timepoint": sample.get("timepoint"),
                    "specimen": sample["specimen"],
                    "ccf": model.ccf[k, s],
                    "ccf_lower": model.lower[k, s],
                    "ccf_upper": model.upper[k, s],
                    "share": share[k, s],
                    "share_lower": lower[k, s],
                    "share_upper": upper[k, s],
                    "tumour_fraction": model.ccf[k, s] * model.purity[s],
                    "state": str(model.state[k, s]),
                    "lod": model.lod[k, s],
                }
            )
    return rows


def _growth(model: Model, patient: Patient, share_draws) -> list[dict]:
    days = [one["day"] for one in patient.samples]
    if len(set(days)) < 2:
        return []
    specimens = np.array([one["specimen"] for one in patient.samples], object)
    rng = np.random.default_rng(0)
    burden = np.full((len(share_draws), len(days)), np.nan)
    limits = np.full(len(days), np.nan)
    for s, sample in enumerate(patient.samples):
        if sample.get("burden") is not None:
            burden[:, s] = sample["burden"]
        elif sample["specimen"] in LIQUID:
            sd = (model.purity_upper[s] - model.purity_lower[s]) / 3.92
            fraction = np.clip(model.purity[s] + sd * rng.standard_normal(len(burden)), 1e-6, 1)
            burden[:, s] = growth.odds(fraction)
            limits[s] = growth.odds(min(model.purity_limit[s], 1.0))
    given = [one.get("burden") is not None for one in patient.samples]
    if any(given):  # a burden that was measured goes before what plasma says, whatever the specimen
        burden[:, ~np.array(given)] = np.nan
        limits[:] = np.nan
    return growth.rates(
        share_draws,
        days,
        np.full(len(days), "any", object) if any(given) else specimens,
        burden if np.isfinite(burden).any() else None,
        growth.phases_of(patient.treatments, min(days), max(days)),
        model.lod,
        model.state,
        burden_limits=limits,
    )


def _observations(samples, states, limits):
    return [
        (one["day"], one["sample"], str(state), float(limit) if np.isfinite(limit) else 1.0)
        for one, state, limit in zip(samples, states, limits, strict=True)
    ]


def _events(model: Model, patient: Patient, tree: Tree, grown, names, settings) -> list[dict]:
    found, belongs, treatments = [], model.cluster_of, patient.treatments
    for k in range(int(model.founder), model.clusters):
        seen = _observations(patient.samples, model.state[k], model.lod[k])
        who = {"cluster_id": k, "mutation_id": None, "name": names[k]}
        found.append(events.emergence("emerged", seen, treatments, "ccf", **who))
        found.append(events.extinction(seen, treatments, settings.extinct_limit, **who))
    for row in events.expansion(grown, names):
        found.append({**row, "first_seen_day": row["start"]})
    hits = []
    for n in np.flatnonzero(patient.altering):
        about, cluster = patient.mutations[n], int(belongs[n])
        seen = _observations(patient.samples, patient.states[n], patient.limits[n])
        who = {"cluster_id": cluster, "mutation_id": model.counts.mutations[n], "name": about.get("name")}
        event = events.emergence("emerged", seen, treatments, "vaf", **who)
        given = [one["drug"] for one in treatments if event and one["start"] < event["first_seen_day"]]
        if given and patient.resists and patient.resists(str(about.get("name")), given):
            event["event"] = "resistance"
        found.append(event)
        if cluster >= 0 and about.get("gene"):
            hits.append({"mutation_id": who["mutation_id"], "cluster_id": cluster} | about)
    known = {model.counts.mutations[n] for n in np.flatnonzero(patient.drivers)}
    for row in events.two_hits(hits, tree.ancestor, patient.phased):
        if not known & {row["mutation_id"], row["other_mutation_id"]}:
            continue  # two passengers in one gene say nothing
        found.append({**row, "name": row["label"].split(": ")[0]})
    found = [{key: one.get(key) for key in COLUMNS["events"]} for one in found if one]
    last = 10**9
    return sorted(
        found,
        key=lambda one: (
            one["first_seen_day"] if one["first_seen_day"] is not None else last,
            one["event"],
            one["cluster_id"],
            one["mutation_id"] or "",
            one["other_mutation_id"] or "",
        ),
    )


def _heterogeneity(model: Model, patient: Patient, share_draws) -> list[dict]:
    if not model.clusters:
        return []
    samples = [{"sample_id": one["sample"], "day": one["day"], "specimen": one["specimen"]} for one in patient.samples]
    with np.errstate(all="ignore"):
        vaf = model.counts.alt / np.where(model.counts.depth > 0, model.counts.depth, np.nan)
    return heterogeneity.summary(
        model.draws, share_draws, vaf, model.cluster_of, patient.drivers, samples, model.state, model.lod
    )


def _sites(model: Model, patient: Patient) -> list[dict]:
    if not model.clusters:
        return []
    samples = [{"sample_id": one["sample"]} | one for one in patient.samples]
    return heterogeneity.between_sites(model.state, patient.states, samples, model.lod)


def _rounded(value, digits=6):
    return None if value is None or not np.isfinite(value) else round(float(value), digits)


def _fit(model: Model, tree: Tree, patient: Patient, settings: Settings) -> dict:
    purity = []
    for s, sample in enumerate(patient.samples):
        known = bool(np.isfinite(model.purity[s]))
        purity.append(
            {
                "sample_id": sample["sample"],
                "day": sample["day"],
                "specimen": sample["specimen"],
                "purity": _rounded(model.purity[s]),
                "lower": _rounded(model.purity_lower[s]),
                "upper": _rounded(model.purity_upper[s]),
                "state": "measured" if known else "not_estimable",
                "stated": _rounded(model.stated.value[s]) if model.stated else None,
                "founder_reads": int(model.founder_reads[s]),
                "founder_depth": int(model.founder_depth[s]),
                "limit": _rounded(model.purity_limit[s]),
            }
        )
    changed = [
        {
            "mutation_id": model.counts.mutations[n],
            "gene": patient.mutations[n].get("gene"),
            "tumour_cn": int(copies),
            "treatment": "mutated copies 1 to tumour_cn summed over",
        }
        for n, copies in sorted(model.tumour_cn.items())
    ]
    return {
        "method": METHOD,
        "settings": {key: value for key, value in vars(settings).items() if key != "threads"},
        "mutations": len(model.counts.mutations),
        "samples": len(model.counts.samples),
        "clusters": model.clusters,
        "founder": bool(model.founder and model.clusters),
        "outliers": int((model.cluster_of < 0).sum()) if model.clusters else 0,
        "purity": purity,
        "copy_number": {"source": model.copies_from, "changed": changed},
        "diagnostics": {
            "rounds": model.rounds,
            "evidence_bound": _rounded(model.bound, 3),
            "beta_binomial_precision": _rounded(model.precision, 1),
            "draws": len(model.draws),
            "sum_rule_worst_z": _rounded(tree.worst, 3),
            "trees": len(tree.trees),
            "best_tree": [int(p) for p in tree.best],
            "consensus": [int(p) for p in tree.consensus],
            "suspect_clusters": [int(k) for k in tree.suspect],
        },
        "warnings": model.warnings,
    }
