"""Pathways whose metabolites changed more often than chance, although names are uncertain."""

import numpy as np
import pandas as pd

from seriome.errors import InputError
from seriome.files import open_text
from seriome.longitudinal.mixed import adjusted

DRAWS = 10_000
BLOCK = 1_000
LEAST = 3  # units that a pathway must have among those tested
COLUMNS = ["coefficient", "pathway", "description", "units", "changed", "weight", "expected", "p", "q", "names"]


def read_pathways(path) -> dict[str, tuple[str, set[str]]]:
    """{name: (description, members in lower case)} of a GMT file (plain or gzip): name, description, members by tabs.

    Members are compound_ids, names or InChIKeys of the compounds. Without a path there are none.
    Raises InputError for a line without members
    """
    if not path:
        return {}
    found = {}
    with open_text(path) as lines:
        for number, line in enumerate(lines, start=1):
            cells = line.rstrip("\n").split("\t")
            if len(cells) < 3:
                raise InputError(f"{path} line {number}: a pathway is a name, a description and its members, by tabs")
            found[cells[0]] = cells[1], {cell.casefold() for cell in cells[2:] if cell}
    return found


def units(candidates: pd.DataFrame, atlas: pd.DataFrame, within_s: float) -> pd.DataFrame:
    """Features that are one compound, whichever it is: a column `unit` to each candidate of level 1 to 3.

    Features within `within_s` of each other that share a candidate (adducts, both polarities) are one unit, so that a
    compound is not counted twice. A candidate of a better level makes those of a worse one unlikely: only a feature's
    best level counts.
    """
    named = candidates[candidates["msi_level"] <= 3]
    best = named.groupby("feature")["msi_level"].transform("min")
    named = named[named["msi_level"] == best].merge(atlas[["feature", "rt_s"]], on="feature")
    first = {feature: feature for feature in named["feature"]}

    def root(feature):
        while first[feature] != feature:
            feature = first[feature]
        return feature

    for _, rows in named.sort_values(["compound_id", "rt_s", "feature"]).groupby("compound_id", sort=True):
        features, times = rows["feature"].to_numpy(), rows["rt_s"].to_numpy()
        for one, other, apart in zip(features[:-1], features[1:], np.diff(times), strict=True):
            if apart <= within_s:
                a, b = sorted((root(one), root(other)))
                first[b] = a
    return named.assign(unit=[root(feature) for feature in named["feature"]])


def enriched(tested: pd.DataFrame, of_unit: pd.DataFrame, compounds: pd.DataFrame, pathways: dict, cut=0.05, seed=7):
    """Over-representation of changed units in each pathway (COLUMNS, by p).

    tested    feature, name, p of one contrast; features without p were not tested
    of_unit   `units`
    compounds the compounds table: a member may name a compound by id, name or InChIKey
    cut       p below which a feature counts as changed; a unit changed if one of its features did

    A unit weighs in a pathway by the share of its candidate compounds that lie in it: 1 for a sure name, 1/3 for one
    of three isomers. The statistic is the sum of these weights over changed units; its p value is the share of 10,000
    draws of as many units out of all named ones that reach it (+1 rule), so ambiguity weighs on the draws just as it
    does on the data. After mummichog (Li et al. 2013, PLoS Comput Biol 9:e1003123, doi:10.1371/journal.pcbi.1003123),
    which draws m/z values and counts compounds; here what is drawn is what can change independently.
    """
    tested = tested[tested["p"].notna()]
    known = of_unit[of_unit["feature"].isin(tested["feature"])]
    if not len(known) or not pathways:
        return pd.DataFrame(columns=COLUMNS[1:])
    keys = {row.compound_id: {row.compound_id.casefold(), row.name.casefold()} for row in known.itertuples(index=False)}
    for row in compounds.itertuples(index=False):
        if row.compound_id in keys and row.inchikey:
            keys[row.compound_id].add(row.inchikey.casefold())
    names, index = np.unique(known["unit"], return_inverse=True)
    pairs = known.assign(index=index).drop_duplicates(["index", "compound_id"])
    share = 1 / pairs.groupby("index")["compound_id"].transform("size")
    weights = np.zeros((len(names), len(pathways)))
    for at, (_, members) in enumerate(pathways.values()):
        inside = np.array([bool(keys[key] & members) for key in pairs["compound_id"]])
        np.add.at(weights, (pairs["index"].to_numpy()[inside], at), share.to_numpy()[inside])
    p = known["feature"].map(tested.set_index("feature")["p"]).groupby(index).min().to_numpy()
    changed = p <= cut
    large = (weights > 0).sum(0) >= LEAST
    observed = changed.astype(float) @ weights
    reached, rng = np.zeros(len(pathways)), np.random.default_rng([seed, 2])
    for start in range(0, DRAWS, BLOCK):
        order = np.argsort(rng.random((min(BLOCK, DRAWS - start), len(names))), axis=1)
        drawn = (order < changed.sum()).astype(float)
        reached += (drawn @ weights >= observed - 1e-9).sum(0)
    chance = np.where(large, (1 + reached) / (1 + DRAWS), np.nan)
    called = pairs.groupby("index")["name"].agg(lambda several: " or ".join(sorted(set(several))))
    table = pd.DataFrame(
        {
            "pathway": list(pathways),
            "description": [description for description, _ in pathways.values()],
            "units": (weights > 0).sum(0),
            "changed": (weights[changed] > 0).sum(0),
            "weight": observed,
            "expected": weights.mean(0) * changed.sum(),
            "p": chance,
            "q": adjusted(chance),
            "names": ["; ".join(called[i] for i in np.flatnonzero(changed & (w > 0))) for w in weights.T],
        }
    )
    table = table[large]
    return table.sort_values(["p", "pathway"], ignore_index=True)


def ties(cohort: pd.DataFrame, of_unit: pd.DataFrame, enzymes: list[dict]) -> pd.DataFrame:
    """Genes whose enzyme makes or uses a metabolite that was compared: a row per contrast, gene and feature.

    cohort   `change.compare`'s cohort table
    enzymes  rows of the user's table: compound_id, gene, relation (what the enzyme does with it, free text)
    sure     the share of the feature's candidates that this compound is: 1 for a single name
    A changed metabolite says that a reaction around it changed, not which: read it beside the gene's own evidence.
    """
    columns = ["coefficient", "feature", "name", "gene", "relation", "estimate", "lower", "upper", "p", "q", "sure"]
    table = pd.DataFrame(enzymes, columns=["compound_id", "gene", "relation"])
    if not len(cohort) or not len(table):
        return pd.DataFrame(columns=columns)
    sure = of_unit.assign(sure=1 / of_unit.groupby("feature")["compound_id"].transform("size"))
    found = cohort[cohort["p"].notna()].drop(columns="compound_id")
    found = found.merge(sure[["feature", "compound_id", "sure"]], on="feature").merge(table, on="compound_id")
    return found.sort_values(["coefficient", "gene", "feature", "relation"], ignore_index=True)[columns]
