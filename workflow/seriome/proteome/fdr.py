"""How many of the matches are wrong? Target-decoy competition, with the +1 rule.

At a threshold that T targets and D decoys pass, the false discovery rate is estimated as (D + 1) / T. Without the +1
short lists look better than they are: it makes the estimate an upper bound in expectation (He et al. 2015,
arXiv:1501.00537; Levitsky et al. 2017, J Proteome Res 16:393, doi:10.1021/acs.jproteome.6b00144). The price: to show
1 %, a list needs a hundred targets before its first decoy.
"""

from heapq import heapify, heappop, heappush

import numpy as np
import pandas as pd

from seriome.errors import DataError
from seriome.proteome.own import of_own

JUDGED = [
    "group",
    "members",
    "unique",
    "psm_q",
    "peptide_q",
    "protein_q",
    "own",
    "accepted",
]  # the columns that assess adds
LEVELS = ("psm", "peptide", "protein")  # from the mildest to the strictest


def q_values(score, decoy) -> np.ndarray:
    """Smallest FDR at which each match would be accepted: the least (D + 1) / T of all thresholds that let it pass.

    score   higher is better; equal scores pass a threshold together
    Returns float64, one per match, decoys too; at most 1; NaN nowhere
    """
    score, decoy = np.asarray(score, float), np.asarray(decoy, bool)
    order = np.argsort(-score, kind="stable")
    decoys, targets = np.cumsum(decoy[order]), np.cumsum(~decoy[order])
    last_of_tie = np.append(score[order][1:] != score[order][:-1], True)[: len(order)]
    estimate = np.where(last_of_tie, np.minimum((decoys + 1) / np.maximum(targets, 1), 1.0), 1.0)
    q = np.empty(len(order))
    q[order] = np.minimum.accumulate(estimate[::-1])[::-1]
    return q


def judge(psms: pd.DataFrame, groups: pd.DataFrame) -> pd.DataFrame:
    """The matches with `group`, `unique`, `psm_q`, `peptide_q`, `protein_q`.

    psms    of one run or of many that are judged together: columns score, decoy, peptide, proteins
    groups  as from `group_proteins`, by `proteins`

    peptide level  the best match of each peptide, target or decoy, stands for it
    protein level  the best peptide of each group stands for it, targets and decoys apart; of a group and its decoy twin
                   only the better stays (picked FDR: Savitski et al. 2015, Mol Cell Proteomics 14:2394,
                   doi:10.1074/mcp.M114.046995). The loser gets q = 1, as do peptides that several groups share.
    """
    table = psms.join(groups, on="proteins")
    table["psm_q"] = q_values(table["score"], table["decoy"])
    best = table.sort_values("score", ascending=False, kind="stable").drop_duplicates(["peptide", "decoy"])
    best = best.assign(q=q_values(best["score"], best["decoy"]))
    table["peptide_q"] = _looked_up(table, best, ["peptide", "decoy"])
    one = best[best["unique"]].drop_duplicates(["group", "decoy"])
    # sorted by score; at a tie the decoy is picked, which can only make the estimate larger
    one = one.sort_values(["score", "decoy"], ascending=False, kind="stable").drop_duplicates("group")
    one = one.assign(q=q_values(one["score"], one["decoy"]))
    table["protein_q"] = _looked_up(table, one, ["group", "decoy"])
    table.loc[~table["unique"].astype(bool), "protein_q"] = 1.0
    return table


def assess(psms: pd.DataFrame, settings: dict, groups=None) -> tuple[pd.DataFrame, str | None, DataError | None]:
    """Group, judge and accept: the matches with all columns of these steps, the level that decided, and what stood
    against it: where the FDR cannot be reached, nothing is accepted and the third is the reason.

    settings  the config's section `proteome`: fdr, fdr_level, fdr_scope
    groups    as from `group_proteins` over more than these; else they are made here
    A match to the patient's own proteins alone (`own`) has a psm_q among all matches, but is in no list of peptides and
    proteins, targets and decoys alike, and never accepted here: `evidence` judges that class.
    """
    own = of_own(psms["proteins"])
    everything = q_values(psms["score"], psms["decoy"])
    plain = psms[~own]
    table = judge(plain, group_proteins(plain, settings["fdr"]) if groups is None else groups)
    table["psm_q"] = everything[~own.to_numpy()]
    table = table.reindex(psms.index)
    rare = {"group": "", "members": "", "unique": False, "psm_q": everything, "peptide_q": 1.0, "protein_q": 1.0}
    for column, value in rare.items():
        table[column] = table[column].where(~own, value)
    for column in psms.columns:
        table[column] = psms[column]
    table = table.astype({"unique": bool}).assign(own=own)
    try:
        found, level = accept(table, settings["fdr"], settings["fdr_level"], settings["fdr_scope"])
        return found.assign(accepted=found["accepted"] & ~own), level, None
    except DataError as error:
        return table.assign(accepted=False), None, error


def _looked_up(table, best, keys) -> np.ndarray:
    found = best.set_index(keys)["q"]
    return found.reindex(pd.MultiIndex.from_frame(table[keys])).fillna(1.0).to_numpy()


def accept(table: pd.DataFrame, fdr: float, level: str = "strictest", scope: str = "run") -> tuple[pd.DataFrame, str]:
    """The matches with `accepted`, and the level that decided.

    level    `psm`, `peptide` or `protein`: a match is accepted when its q-values up to this level are within `fdr`;
             `strictest`: the strictest level at which any threshold reaches `fdr`. A short list (a panel of 40
             proteins can never show 1 % of proteins) is so judged by its peptides or its matches.
    scope    `run` or `cohort`: what was judged together; it shapes the way out only
    Raises   DataError too_few_matches: no threshold reaches `fdr` at that level
    """
    passed = pd.Series(~table["decoy"].astype(bool), index=table.index)
    within = {}
    for one in LEVELS:
        passed = passed & (table[f"{one}_q"] <= fdr)
        within[one] = passed
    if level == "strictest":
        level = next((one for one in reversed(LEVELS) if within[one].any()), "psm")
    if not within[level].any():
        targets = int((~table["decoy"].astype(bool)).sum())
        raise DataError(
            "too_few_matches",
            f"{targets} target and {len(table) - targets} decoy matches: no threshold of the {level} list reaches an "
            f"FDR of {fdr:g} with the +1 rule, which needs {int(np.ceil(1 / fdr))} targets before the first decoy",
            ("set proteome.fdr_scope: cohort to judge all runs together, or " if scope == "run" else "")
            + "check the FASTA's species, proteome.precursor_ppm and proteome.fragment_ppm against the run",
        )
    return table.assign(accepted=within[level]), level


def group_proteins(psms: pd.DataFrame, fdr: float) -> pd.DataFrame:
    """Proteins that the same evidence speaks for, kept simple: greedy parsimony with a leading protein.

    Again and again the protein with the most unexplained peptides leads a group (ties: higher best score, then the
    accession in order), first over the target peptides whose PSM list is within `fdr`, then over the rest. Its group
    holds every protein whose peptides so far are a subset of its own. Peptides that only one group holds are its own
    (`unique`); shared ones speak for the group that was formed first, but count neither for its FDR nor its amount.

    Returns  index `proteins` (as in psms), columns group (leading accession), members (`;`), unique (bool)
    """
    q = q_values(psms["score"], psms["decoy"])
    good = psms[(q <= fdr) & ~psms["decoy"].astype(bool)]
    groups: dict[str, set] = {}  # leader -> members, in the order of forming
    for part in (good, psms):
        _cover(part, groups)
    group_of = {name: leader for leader, names in groups.items() for name in names}
    order = {leader: index for index, leader in enumerate(groups)}
    rows = {}
    for text in pd.unique(psms["proteins"]):
        names = text.split(";")
        touched = {group_of[name] for name in names if name in group_of}
        leader = min(touched.intersection(names) or touched, key=order.get)
        rows[text] = (leader, ";".join(sorted(groups[leader])), touched == {leader})
    table = pd.DataFrame(
        list(rows.values()), columns=["group", "members", "unique"], index=pd.Index(list(rows), "str", name="proteins")
    )
    return table.astype({"group": "str", "members": "str", "unique": bool})


def _cover(psms, groups) -> None:
    """Form groups until every peptide of psms lies in one, and let each take the proteins it makes needless."""
    best = psms.groupby(["proteins", "peptide"], sort=True)["score"].max().reset_index()
    peptides: dict[str, dict] = {}  # accession -> its peptides, each with its best score
    for text, peptide, score in best.itertuples(index=False):
        for accession in text.split(";"):
            peptides.setdefault(accession, {})[peptide] = score
    grouped = {name for names in groups.values() for name in names}
    explained = {peptide for name in grouped for peptide in peptides.get(name, ())}
    queue = [(-len(own), -max(own.values()), name) for name, own in peptides.items() if name not in grouped]
    heapify(queue)
    new = {}
    while queue:
        promised, score, name = heappop(queue)
        left = len(peptides[name].keys() - explained)
        if left == -promised:
            new[name] = {name}
            explained |= peptides[name].keys()
        elif left:
            heappush(queue, (-left, score, name))
    groups |= new
    leaders_of: dict[str, list] = {}
    for leader in groups:
        for peptide in peptides.get(leader, ()):
            leaders_of.setdefault(peptide, []).append(leader)
    for name in sorted(peptides.keys() - grouped - new.keys()):
        own = peptides[name].keys()
        for leader in leaders_of.get(next(iter(own)), ()):
            if own <= peptides[leader].keys():
                groups[leader].add(name)
                break
