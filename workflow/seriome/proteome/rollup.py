"""Ions to proteins: one level per protein and sample, comparable between samples, with an interval.

Every ion of a protein follows the protein's level, each at an offset of its own (how well it flies):

    log2 area of an ion in a sample = level of the protein there + offset of the ion + shift of the sample + error

Offsets are learned and kept in a profile, so that a new sample is projected: its proteins' levels are means of its own
ions less their offsets, whatever other samples are at hand, and no old sample is touched. An ion that was not seen
leaves a level unbiased, which no sum or mean of raw areas does.

Learning     least squares with Huber's weights, per protein, over all samples; the shift of a sample is the median by
             which its levels lie off the profile's, since most proteins do not change
Level        weighted mean over the peptides; weights are one over the variance (moderated over all) and Huber's.
             It is anchored so that it is the log2 mean area of the protein's three best flying ions (Top3), to be
             compared between proteins as well
Interval     95 %, Student's t, of the error between peptides; it holds measurement, not sampling or biology
Not seen     chance of being seen rises with intensity: a logistic curve per sample, over ions of proteins that are
             there. The lod of a protein is the level at which one of its ions at least would be seen 95 times in 100

Sources  directLFQ (alignment of ion traces): Ammar et al. 2023, Mol Cell Proteomics 22:100581,
         doi:10.1016/j.mcpro.2023.100581; additive model: Irizarry et al. 2003, Biostatistics 4:249,
         doi:10.1093/biostatistics/4.2.249; Top3: Silva et al. 2006, doi:10.1074/mcp.M500230-MCP200; weights: Huber
         1964, doi:10.1214/aoms/1177703732; missing values by intensity: O'Brien et al. 2018, Ann Appl Stat 12:2075,
         doi:10.1214/18-AOAS1144
"""

import numpy as np
import pandas as pd

HUBER = 1.5  # standard deviations beyond which an ion's word counts less
ROUNDS = 12
TOP = 3
PRIOR_SD = 12.0  # degrees of freedom that the common variance counts for in that of a peptide: weights that follow few
PRIOR = 4.0  # errors make intervals too narrow; and in how well the peptides of one sample agree
FEW = 30  # ions of proteins that are there, seen and unseen, without which no curve is fitted
SURE = 0.95  # chance of being seen at the lod
PROFILE = ["ion", "peptide", "group", "members", "offset", "sd", "trust", "level", "samples"]
LEVELS = ["group", "members", "level", "se", "freedom", "ions", "peptides", "outside"]


def wide(ions: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(log2 areas: ions x samples, NaN where not seen; what each ion is: peptide, group, members).

    ions  rows ion, sample, peptide, group, members, area > 0; several of one ion and sample (repeated injections) are
          their mean
    """
    about = ions.drop_duplicates("ion").set_index("ion")[["peptide", "group", "members"]].sort_index()
    areas = ions.groupby(["ion", "sample"])["area"].mean().unstack("sample")
    return np.log2(areas.loc[about.index].sort_index(axis=1)), about


def learn(ions: pd.DataFrame) -> pd.DataFrame:
    """The profile of some samples: PROFILE, one row per ion, sorted by group and ion.

    offset  log2, relative to the protein's level; sd: of its peptide's errors (log2), moderated; level: mean of the
            protein over the samples, without their shifts; samples: in how many the peptide was seen; trust: as told in
            `_of_peptides`
    """
    if not len(ions):
        return pd.DataFrame({column: pd.Series(dtype=object) for column in PROFILE})
    matrix, about = wide(ions)
    values, members = matrix.to_numpy(), about["group"].to_numpy()
    values = values - _rough_shifts(values)
    places = pd.Series(np.arange(len(members))).groupby(members).indices
    offset, level, error = np.full(len(values), np.nan), {}, np.full(values.shape, np.nan)
    for group, rows in places.items():
        levels, offset[rows], error[rows] = _additive(values[rows])
        level[group] = float(np.nanmean(levels))
    seen, trust, sd = _of_peptides(error, about["peptide"].to_numpy(), members)
    table = about.assign(offset=offset, sd=sd, trust=trust, level=[level[group] for group in members], samples=seen)
    return table.rename_axis("ion").reset_index().sort_values(["group", "ion"], kind="stable")[PROFILE]


def _of_peptides(error, peptides, groups):
    """What is known of each ion's peptide: (samples it was seen in, `trust`, sd).

    Ions of one peptide, charges and modified forms, go up and down together: they are one word, not several.
    trust  1 for a peptide that was seen wherever its protein was; less where its offset rests on few samples, and 0
           where it rests on one, whose level it then only repeats: 1 / (1 + 1 / (n - 1) - 1 / (N - 1)) for n of N
    sd     log2, around the protein, moderated by that of all: Smyth 2004, doi:10.2202/1544-6115.1027, with a prior of
           PRIOR_SD. Each protein gave away a degree of freedom per sample and peptide; NaN where none is left at all
    """
    means = pd.DataFrame(error).groupby(peptides).mean()
    group = pd.Series(groups).groupby(peptides).first().reindex(means.index)
    there = pd.DataFrame(np.isfinite(means.to_numpy()), index=means.index)
    seen = there.sum(axis=1)
    samples = there.groupby(group.to_numpy()).any().sum(axis=1).reindex(group).to_numpy()
    by_group = pd.DataFrame({"seen": seen, "freedom": np.maximum(seen - 1, 0)}).groupby(group).transform("sum")
    number = seen.groupby(group).transform("size")
    left = np.maximum(by_group["seen"] - number - samples + 1, 0)
    freedom = np.maximum(seen - 1, 0) * np.where(left > 0, left / np.maximum(by_group["freedom"], 1), 0.0)
    squares = np.nansum(means.to_numpy() ** 2, axis=1)
    with np.errstate(divide="ignore"):
        trust = 1 / (1 + 1 / np.maximum(seen - 1.0, 0) - 1 / np.maximum(samples - 1.0, 1e-9))
    trust = pd.Series(np.where(seen > 1, trust, 0.0), index=means.index)
    if freedom.sum() > 0:
        told = (freedom > 0).to_numpy()
        common = squares[told].sum() / freedom.sum()
        sd = np.sqrt((np.where(told, squares, 0.0) + PRIOR_SD * common) / (freedom + PRIOR_SD))
    else:
        sd = pd.Series(np.nan, index=means.index)
    return tuple(one.reindex(peptides).to_numpy() for one in (seen, trust, sd))


def _rough_shifts(values) -> np.ndarray:
    """By how much each sample lies above the others: medians of ions over what they are on average, a few rounds."""
    shift = np.zeros(values.shape[1])
    if values.shape[1] < 2:
        return shift
    for _ in range(5):
        shared = values[np.isfinite(values).sum(axis=1) > 1]
        if not len(shared):
            break
        centre = np.nanmean(shared - shift, axis=1, keepdims=True)
        off = pd.DataFrame(shared - shift - centre).median().to_numpy()  # NaN without a warning where nothing is shared
        shift = shift + np.nan_to_num(off)
    return shift - shift.mean()


def _additive(values):
    """(levels of the samples, offsets of the ions, errors) of one protein; NaN in `values` is not seen.

    Robust least squares by alternating means; offsets are anchored at the mean of the TOP best flying ions.
    """
    seen = np.isfinite(values)
    weight, offset = seen.astype(float), np.zeros(len(values))
    filled = np.where(seen, values, 0.0)
    start = np.where(seen, values, np.nan)
    # begin with offsets to the ion that is seen most often, where both are seen
    most = int(np.lexsort((np.arange(len(values)), -np.nan_to_num(np.nanmean(start, axis=1)), -seen.sum(1)))[0])
    for row in range(len(values)):
        both = seen[row] & seen[most]
        offset[row] = np.median(values[row, both] - values[most, both]) if both.any() else np.nan
    offset = np.where(np.isfinite(offset), offset, np.nanmean(start, axis=1) - np.nanmean(start[most]))
    for number in range(ROUNDS):
        with np.errstate(invalid="ignore", divide="ignore"):
            level = (weight * (filled - offset[:, None])).sum(0) / weight.sum(0)
            offset = (weight * (filled - np.nan_to_num(level))).sum(1) / weight.sum(1)
        error = np.where(seen, values - np.nan_to_num(level) - offset[:, None], np.nan)
        scale = max(1.4826 * float(np.nanmedian(np.abs(error))), 0.05)
        if number >= 2:
            weight = np.where(seen, np.minimum(1.0, HUBER * scale / np.maximum(np.abs(error), 1e-12)), 0.0)
    best = np.sort(offset)[::-1][:TOP]
    anchor = np.log2(np.mean(2.0**best))
    return np.where(seen.any(0), level + anchor, np.nan), offset - anchor, error


def projected(ions: pd.DataFrame, profile: pd.DataFrame) -> tuple[pd.DataFrame, float]:
    """(levels of one sample's proteins: LEVELS, the sample's shift in log2, already taken off).

    ions     rows of one sample, as for `wide`
    level    log2; se: its standard error, freedom: degrees of freedom of it; ions, peptides: seen
    outside  the protein is not in the profile: its level is the log2 mean area of its three largest ions
    An ion that the profile lacks counts only for a protein that the profile lacks too.
    """
    if not len(ions):
        return pd.DataFrame({column: pd.Series(dtype=object) for column in LEVELS}), 0.0
    own = ions.groupby(["ion", "peptide", "group", "members"], sort=True)["area"].mean().reset_index()
    own["value"] = np.log2(own["area"])
    known = profile.set_index("ion")
    group_of, members_of = known["group"], profile.drop_duplicates("group").set_index("group")["members"]
    inside = own["ion"].isin(known.index)
    own["group"] = own["group"].where(~inside, own["ion"].map(group_of))
    own = own[inside | ~own["group"].isin(members_of.index)].copy()
    inside = own["ion"].isin(known.index)
    for column in ("offset", "sd", "trust", "samples"):
        own[column] = own["ion"].map(known[column])
    own["value"] = own["value"] - own["offset"]
    words = own.groupby(["group", "peptide"], sort=True)[["value", "sd", "trust", "samples", "offset"]].mean()
    words, places = words.to_numpy(), words.reset_index().groupby("group").indices
    rows = []
    for group, part in own.groupby("group", sort=True):
        mine = words[places[group]]
        outside = bool(np.isnan(mine[:, 4]).any())
        if outside:
            level, se, freedom = float(np.log2(np.sort(part["area"].to_numpy())[::-1][:TOP].mean())), np.nan, 0.0
        else:
            level, se, freedom = _mean(*mine[:, :4].T)
        members = members_of.get(group, part["members"].iloc[0])
        rows.append((group, members, level, se, freedom, len(part), len(mine), outside))
    table = pd.DataFrame(rows, columns=LEVELS)
    reference = profile.drop_duplicates("group").set_index("group")["level"]
    off = (table["level"] - table["group"].map(reference))[~table["outside"]]
    shift = float(off.median()) if len(off) else 0.0
    table["level"] -= shift
    return table, shift


def _mean(values, sd, trust, samples):
    """(weighted mean, its standard error, degrees of freedom) of what the peptides say of the level.

    The variance of peptides is the profile's, and moderated by how well these agree in this sample. Where the profile
    knows none, or no peptide has been seen in a second sample, there is no standard error.
    """
    unknown = np.isnan(sd).any() or trust.max() <= 0
    sd = np.where(np.isnan(sd), 1.0, sd)
    weight = np.maximum(trust, 0.02) / sd**2
    level = float((weight * values).sum() / weight.sum())
    for _ in range(ROUNDS):
        huber = np.minimum(1.0, HUBER / np.maximum(np.abs(values - level) / sd, 1e-12))
        level = float((weight * huber * values).sum() / (weight * huber).sum())
    if unknown:
        return level, np.nan, 0.0
    freedom = (1 - 1 / samples).sum() * (1 - 1 / len(values))
    misfit = (huber * ((values - level) / sd) ** 2).sum()
    factor = (misfit + PRIOR) / (freedom + PRIOR)
    used = weight * huber
    return level, float(np.sqrt(factor * (used**2 / weight).sum()) / used.sum()), freedom + PRIOR


def detection(ions: pd.DataFrame, levels: pd.DataFrame, shift: float, profile: pd.DataFrame):
    """(intercept, slope) of the chance that an ion is seen in this sample, by its log2 area; None where too few.

    Ions of the profile whose protein two other ions at least show in the sample were expected at level + offset.
    """
    from sklearn.linear_model import LogisticRegression

    there = levels[(levels["ions"] >= 2) & ~levels["outside"].astype(bool)].set_index("group")["level"]
    asked = profile[profile["group"].isin(there.index) & np.isfinite(profile["offset"].astype(float))]
    expected = asked["group"].map(there).to_numpy(float) + shift + asked["offset"].to_numpy(float)
    seen = asked["ion"].isin(set(ions["ion"])).to_numpy()
    if min(seen.sum(), (~seen).sum()) < FEW:
        return None
    middle = expected.mean()
    model = LogisticRegression(C=100.0).fit((expected - middle)[:, None], seen)
    slope = float(model.coef_[0, 0])
    return (float(model.intercept_[0]) - slope * middle, slope) if slope > 0 else None


def limits(curve, shift: float, profile: pd.DataFrame) -> pd.Series:
    """The lod of every protein of the profile: log2 level at which one of its ions at least would be seen."""
    intercept, slope = curve
    result = {}
    for group, offsets in profile.groupby("group", sort=True)["offset"]:
        low, high = -10.0, 80.0
        offsets = offsets.to_numpy(float)
        for _ in range(50):
            middle = (low + high) / 2
            with np.errstate(over="ignore"):
                missed = 1 / (1 + np.exp(intercept + slope * (middle + shift + offsets)))
            low, high = (low, middle) if 1 - missed.prod() >= SURE else (middle, high)
        result[group] = high
    return pd.Series(result, dtype=float)
