"""Change between two samples of one patient, feature by feature, with what it could be by chance."""

from itertools import combinations

import numpy as np
import pandas as pd

from .mixed import adjusted
from .shrink import shrink
from .variance import Variance

COLUMNS = [
    "patient", "specimen", "early", "late", "early_day", "late_day", "same_site", "same_batch", "row", "estimate",
    "error", "freedom", "lower", "upper", "p", "q", "shrunken", "shrunken_lower", "shrunken_upper", "lfsr", "state",
]  # fmt: skip


MIN_SHARED = (
    100  # features from which a prior can be learnt: with fewer it says that nothing changed, and is sure of it
)


def pairs_of(samples: pd.DataFrame) -> pd.DataFrame:
    """Which samples are compared: within a patient and specimen each later one with the first, and with the one before.

    samples  sample, patient, day, specimen, site, batch (site and batch may be missing or empty)
    Returns  patient, specimen, early, late, early_day, late_day, same_site, same_batch; sorted. Samples of one day
             are no pair: they tell of places, not of time. Of several on a day the one from the same site is taken,
             else the first by name. same_site and same_batch are None where the sheet does not say.
    """
    rows = []
    samples = samples.reindex(columns=[*dict.fromkeys([*samples.columns, "site", "batch"])])
    for (patient, specimen), own in samples.groupby(["patient", "specimen"], sort=True):
        own = own.sort_values(["day", "sample"])
        days = sorted(own["day"].unique())
        for late in own[own["day"] > days[0]].to_dict("records"):
            before = [day for day in days if day < late["day"]]
            for day in dict.fromkeys([before[0], before[-1]]):
                candidates = own[own["day"] == day].to_dict("records")
                early = next((one for one in candidates if _same(one, late, "site")), candidates[0])
                rows.append(
                    {
                        "patient": patient, "specimen": specimen, "early": early["sample"], "late": late["sample"],
                        "early_day": early["day"], "late_day": late["day"],
                        "same_site": _same(early, late, "site"), "same_batch": _same(early, late, "batch"),
                    }
                )  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS[:8])


def together_of(samples: pd.DataFrame) -> pd.DataFrame:
    """Samples of one patient, specimen and day, each pair once (as `pairs_of`): what differs is place, not time."""
    rows = []
    samples = samples.reindex(columns=[*dict.fromkeys([*samples.columns, "site", "batch"])])
    for (patient, specimen, day), own in samples.groupby(["patient", "specimen", "day"], sort=True):
        for one, other in combinations(own.sort_values("sample").to_dict("records"), 2):
            rows.append(
                {
                    "patient": patient, "specimen": specimen, "early": one["sample"], "late": other["sample"],
                    "early_day": day, "late_day": day,
                    "same_site": _same(one, other, "site"), "same_batch": _same(one, other, "batch"),
                }
            )  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS[:8])


def _same(one, other, key):
    if pd.isna(one[key]) or pd.isna(other[key]) or "" in (one[key], other[key]):
        return None
    return one[key] == other[key]


def changes(
    values, errors, samples: pd.DataFrame, variance: Variance, pairs: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Change of every feature for every pair, as measured and shrunken.

    values, errors, samples  see the package
    variance  of `within_variance`, over the whole cohort or as stored
    pairs     of `pairs_of`; None: all of them
    Returns   COLUMNS, by pair and then by row of the matrix. estimate = late - early (log2); error^2 = both measured
              variances and twice the biological one; lower and upper by t with `freedom`; p and q (BH within the pair)
              of no change; shrunken, its interval and lfsr from an adaptive prior over the pair's features, NaN
              where fewer than MIN_SHARED have an interval.
              state: `estimated`; `no_interval` (no variance could be learnt: estimate alone); `missing_early`,
              `missing_late`, `missing_both` (no value there; what its absence means the feature table says)
    """
    from scipy import stats

    values, errors = np.asarray(values, float), np.asarray(errors, float)
    place = {name: at for at, name in enumerate(samples["sample"])}
    tables = []
    for pair in (pairs_of(samples) if pairs is None else pairs).to_dict("records"):
        early, late = place[pair["early"]], place[pair["late"]]
        estimate = values[:, late] - values[:, early]
        error = np.sqrt(errors[:, early] ** 2 + errors[:, late] ** 2 + 2 * variance.biological)
        error = np.where(np.isfinite(estimate) & (error > 0), error, np.nan)
        reach = stats.t.ppf(0.975, variance.freedom) * error
        p = 2 * stats.t.sf(np.abs(estimate) / error, variance.freedom)
        enough = np.isfinite(error).sum() >= MIN_SHARED
        drawn = shrink(estimate, error if enough else np.full(len(error), np.nan), variance.freedom)
        gone = np.array(["", "missing_early", "missing_late", "missing_both"])
        absent = gone[np.isnan(values[:, early]) + 2 * np.isnan(values[:, late])]
        state = np.where(absent != "", absent, np.where(np.isfinite(error), "estimated", "no_interval"))
        tables.append(
            pd.DataFrame(
                pair
                | {
                    "row": np.arange(len(values)),
                    "estimate": estimate,
                    "error": error,
                    "freedom": variance.freedom,
                    "lower": estimate - reach,
                    "upper": estimate + reach,
                    "p": p,
                    "q": adjusted(p),
                    "shrunken": drawn.mean,
                    "shrunken_lower": drawn.lower,
                    "shrunken_upper": drawn.upper,
                    "lfsr": drawn.lfsr,
                    "state": state,
                }
            )
        )
    return pd.concat(tables, ignore_index=True)[COLUMNS] if tables else pd.DataFrame(columns=COLUMNS)
