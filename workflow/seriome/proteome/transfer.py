"""Match between runs: what one run of a patient identified is looked for in the patient's other runs.

Alignment  retention times of two runs differ by a shift, the median over the ions that both identified; where these
           are many and span long, by a curve: medians of their differences along the gradient, joined by lines.
Transfer   an ion that a run did not identify is measured at the time that its donors say, aligned; a peak that is
           another ion's already is none. Still some are another ion of that mass. To know how many, each is looked
           for a little earlier or later too, where it is not: a decoy. A classifier learns what right peaks look
           like from ions that the run identified, measured as if they had not been, and the score at which decoys are
           few enough decides: (D + 1) / T, as in `fdr`.
Sources    MaxQuant's match between runs, Cox et al. 2014, Mol Cell Proteomics 13:2513, doi:10.1074/mcp.M113.031591;
           false transfers by decoys of retention time or mass: IonQuant, Yu et al. 2021, Mol Cell Proteomics 20:100077,
           doi:10.1016/j.mcpro.2021.100077
Limits     within one patient: what no run of the patient identified is not looked for. Isomers that nobody identified
           elute where the ion does, which no decoy sees: the rate is too low where most ions asked for are absent
"""

import numpy as np
import pandas as pd

from seriome.proteome.fdr import q_values
from seriome.proteome.xic import measure

ION = ["modified", "charge"]
BENT, WIDE = 60, 600.0  # ions in common, and seconds they span, from which a curve is tried
PIECES = 15  # ions that each of its medians rests on, at least
NEAR = 5.0  # s around its own spectrum within which an identified ion's peak begins
LEAST = 40  # identified ions without which no right peak can be learned from
AWAY = (2.5, 5.0)  # half widths of the window between a decoy's time and the ion's
LEAST_NEAR = 8.0  # s, half width of a window below which decoys would lie on the ion's own peak
REACH = 4.0  # standard deviations of the alignment within which a peak is looked for


def aligned(from_rt, to_rt):
    """(function from one run's times to another's, standard deviation in s) from ions that both identified.

    Robust: medians, and 1.48 times the median absolute deviation, at least 1 s. Without common ions (identity, 30 s).
    """
    from_rt, to_rt = np.asarray(from_rt, float), np.asarray(to_rt, float)
    if not len(from_rt):
        return (lambda rt: np.asarray(rt, float)), 30.0
    order = np.argsort(from_rt, kind="stable")
    from_rt, gap = from_rt[order], (to_rt - from_rt)[order]
    shift = np.median(gap)
    spread = max(1.4826 * np.median(np.abs(gap - shift)), 1.0)
    pieces = len(gap) // PIECES
    if len(gap) >= BENT and from_rt[-1] - from_rt[0] >= WIDE:
        parts = np.array_split(np.arange(len(gap)), min(pieces, 20))
        knots = np.array([[np.median(from_rt[part]), np.median(gap[part])] for part in parts])
        bent = np.interp(from_rt, *knots.T)
        closer = max(1.4826 * np.median(np.abs(gap - bent)), 1.0)
        if closer < 0.9 * spread:
            return (lambda rt: np.asarray(rt, float) + np.interp(rt, *knots.T)), closer
    return (lambda rt: np.asarray(rt, float) + shift), spread


def identified_ions(psms: pd.DataFrame) -> pd.DataFrame:
    """One row per unit (a run of a sample) and ion among the accepted matches of a patient: the time of its best match.

    Returns  unit, modified, charge, peptide, group, members, unique, proteins, mass, rt, matches, score
    """
    best = psms[psms["accepted"] | psms["reported"]].sort_values("score", ascending=False, kind="stable")
    keys = ["unit", *ION]
    ions = best.drop_duplicates(keys).set_index(keys)
    ions["matches"] = best.groupby(keys).size()
    columns = ["peptide", "group", "members", "unique", "own", "proteins", "rt", "matches", "score", "protein_q"]
    return ions.rename(columns={"mass_calculated": "mass"})[[*columns, "mass"]].sort_index().reset_index()


def quantified(runs: dict, ions: pd.DataFrame, shifts: dict, settings: dict, seed: int) -> tuple[pd.DataFrame, dict]:
    """Areas of all ions of a patient in all runs.

    runs      {unit: function that reads it (as `run.read_run`)}, so that one is in memory at a time
    ions      as from `identified_ions`; a run without any stands in `runs` only
    shifts    {unit: ppm by which its precursor masses lie too high}
    Returns   (ions with xic.MEASURES, source `identified` or `transferred`, transfer_q, expected_rt; only peaks that
              were found, transferred ones within settings["transfer_fdr"]; {unit: figures of the transfer})
    """
    ppm, window, parts, figures = settings["xic_ppm"], settings["xic_s"], [], {}
    for number, run in enumerate(sorted(runs)):
        read, shift = runs[run](), 1 + shifts.get(run, 0.0) * 1e-6
        own = ions[ions["unit"] == run].reset_index(drop=True)
        found = measure(read, own["mass"] * shift, own["charge"], own["rt"], NEAR, ppm, window)
        own = pd.concat([own, found], axis=1).assign(source="identified", transfer_q=0.0)
        parts.append(own)
        if settings["match_between_runs"] and len(runs) > 1:
            rng = np.random.default_rng([seed, number])
            moved, figures[run] = _transferred(read, run, ions, own, shift, settings, rng)
            parts.append(moved)
        del read
    nothing = ions.iloc[:0].assign(area=0.0, apex_rt=0.0, source="", transfer_q=0.0)
    table = pd.concat([nothing, *parts], ignore_index=True).assign(plex="")
    return table[table["area"] > 0].reset_index(drop=True), figures


def _expected(run: str, ions: pd.DataFrame) -> tuple[pd.DataFrame, float]:
    """Where each ion of the other runs should elute in this one: the median over its donors."""
    mine = ions[ions["unit"] == run].set_index(ION)["rt"]
    parts, spreads = [], []
    for donor, theirs in ions[ions["unit"] != run].groupby("unit", sort=True):
        rt = theirs.set_index(ION)["rt"]
        common = rt.index.intersection(mine.index)
        function, spread = aligned(rt[common], mine[common])
        parts.append(theirs.assign(expected=function(theirs["rt"]), donor=donor))
        spreads.append(spread)
    if not parts:
        return ions.iloc[:0].assign(expected=0.0), 0.0
    table = pd.concat(parts, ignore_index=True)
    expected = table.groupby(ION, sort=True)["expected"].median()
    best = table.sort_values("score", ascending=False, kind="stable").drop_duplicates(ION).set_index(ION)
    best["expected"] = expected
    return best.sort_index().reset_index(), float(np.median(spreads))


def _transferred(read, run, ions, own, shift, settings, rng):
    expected, spread = _expected(run, ions)
    figures = {"rt_spread_s": round(spread, 2), "asked": 0, "transferred": 0}
    known = own.set_index(ION)
    there = pd.MultiIndex.from_frame(expected[ION]).isin(known.index)
    right, asked = expected[there].reset_index(drop=True), expected[~there].reset_index(drop=True)
    figures["asked"] = len(asked)
    empty = own.iloc[:0]
    if len(right) < LEAST or not len(asked):
        return empty, figures
    near = REACH * spread

    def look(table, times):
        found = measure(
            read, table["mass"] * shift, table["charge"], times, near, settings["xic_ppm"], settings["xic_s"]
        )
        found.loc[(found["apex_rt"] - times).abs() > near, "area"] = np.nan  # the flank of a neighbour, climbed
        return pd.concat([table, found], axis=1).assign(expected_rt=times)

    truth, targets = look(right, right["expected"].to_numpy()), look(asked, asked["expected"].to_numpy())
    apexes = known["apex_rt"].reindex(pd.MultiIndex.from_frame(truth[ION])).to_numpy()
    truth = truth[np.abs(truth["apex_rt"] - apexes) < NEAR]  # the same peak as its spectrum says
    decoys = [look(asked, _elsewhere(asked["expected"].to_numpy(), near, rng)) for _ in range(2)]
    learning = look(right, _elsewhere(right["expected"].to_numpy(), near, rng))
    score = _classifier(truth, pd.concat([decoys[0], learning]), spread)
    if score is None:
        return empty, figures
    both = pd.concat([targets.assign(decoy=False), decoys[1].assign(decoy=True)], ignore_index=True)
    both = both[both["area"] > 0]
    both = _unclaimed(both.assign(value=score(both)), own, settings["xic_ppm"])
    both["transfer_q"] = q_values(both["value"], both["decoy"])
    kept = both[~both["decoy"] & (both["transfer_q"] <= settings["transfer_fdr"])]
    figures["transferred"] = len(kept)
    return kept.drop(columns=["decoy", "expected", "value"]).assign(unit=run, source="transferred", matches=0), figures


def _unclaimed(found: pd.DataFrame, own: pd.DataFrame, ppm: float) -> pd.DataFrame:
    """Peaks that no ion identified in the run, nor a better one among these, has taken already.

    Peptides of one composition have one mass and often one time: their ions would all be carried over to one peak.
    """
    taken = {}
    for charge, apex, mass in own[["charge", "apex_rt", "mass"]].dropna().itertuples(index=False):
        taken.setdefault((charge, apex), []).append(mass)
    found, kept = found.sort_values(["value", *ION], ascending=[False, True, True], kind="stable"), []
    for charge, apex, mass in found[["charge", "apex_rt", "mass"]].itertuples(index=False):
        others = taken.setdefault((charge, apex), [])
        free = all(abs(mass - other) > 2e-6 * ppm * mass for other in others)
        kept.append(free)
        if free:
            others.append(mass)
    return found[np.array(kept, bool)].reset_index(drop=True)


def _elsewhere(times, near: float, rng) -> np.ndarray:
    """Times near each one, earlier or later, but out of the reach of its peak.

    Near, since peptides of one mass often have one composition and elute not far from each other: decoys from all over
    the gradient meet fewer of them than the ion itself does.
    """
    away = rng.uniform(*AWAY, len(times)) * max(near, LEAST_NEAR)
    return times + away * rng.choice([-1.0, 1.0], len(times))


def _classifier(right, wrong, spread):
    """A function from measured peaks to a score; None where too few are known to be right."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    right, wrong = right[right["area"] > 0], wrong[wrong["area"] > 0]
    if len(right) < LEAST / 2:
        return None
    if len(wrong) < LEAST / 2:  # hardly anything lies where nothing should: nearness and the isotopes' shape will do
        return lambda table: 5 * table["isotope_cosine"] - np.abs(table["apex_rt"] - table["expected_rt"]) / spread
    middle = right["ppm"].median()

    def known(table):
        late = np.abs(table["apex_rt"] - table["expected_rt"]) / spread
        return np.column_stack(
            [
                np.minimum(late, 2 * REACH),
                np.minimum(late, 2 * REACH) ** 2,
                np.abs(table["ppm"] - middle),
                table["isotope_cosine"],
                np.log1p(np.maximum(1 - table["isotope_cosine"], 0) * 100),
                np.minimum(table["before"], 3.0),
                np.log10(table["apex"]),
                np.minimum(table["scans"], 30),
            ]
        )

    features = np.vstack([known(right), known(wrong)])
    scaler = StandardScaler().fit(features)
    model = LogisticRegression(C=0.3, class_weight="balanced", max_iter=300)
    model.fit(scaler.transform(features), np.repeat([True, False], [len(right), len(wrong)]))
    return lambda table: model.decision_function(scaler.transform(known(table)))


def labelled(runs: dict, psms: pd.DataFrame, channels: dict, matrix, settings: dict) -> pd.DataFrame:
    """Areas of labelled ions in one channel of each unit: the sum over its matches' reporters.

    runs      {unit: function that reads it}; channels: {unit: its channel}
    matrix    as from tmt.read_impurities, or None
    Returns   rows as `quantified`; `plex` is the run, empty with a bridge channel, which puts plexes on one scale
    """
    from seriome.proteome import tmt

    parts, ions = [], identified_ions(psms)
    kept = psms[psms["accepted"] | psms["reported"]]
    for unit in sorted(runs):
        table = tmt.reporters(runs[unit]().fragments, settings["label"])
        table = tmt.against_bridge(tmt.corrected(table, matrix), settings["bridge"])[channels[unit]]
        mine = kept[kept["unit"] == unit]
        sums = mine.assign(area=mine["spectrum"].map(table)).groupby(ION)["area"].sum(min_count=1)
        own = ions[ions["unit"] == unit].join(sums, on=ION)
        plex = "" if settings["bridge"] else unit.split(" ", 1)[1]
        parts.append(own.assign(plex=plex, source="identified", transfer_q=0.0, apex_rt=own["rt"]))
    table = pd.concat([ions.iloc[:0].assign(area=0.0, plex=""), *parts], ignore_index=True)
    return table[table["area"] > 0].reset_index(drop=True)
