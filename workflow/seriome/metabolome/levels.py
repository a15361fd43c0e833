"""One sample's levels: its injections corrected with the stored constants of the controls, and put together."""

import numpy as np
import pandas as pd

from seriome.metabolome.control import dilution, offsets_at

UNIT = "log2_area"
COLUMNS = ["kind", "feature", "name", "value", "unit", "lower", "upper", "state", "lod"]


def levels(injections: list[dict], atlas, constants, offsets, settings: dict) -> tuple[pd.DataFrame, list]:
    """The features of one sample, and what was done to each of its injections.

    injections  {"batch", "injection" (None: not known), "table" (as `measure` gives it)}; unusable ones left out
    atlas, constants, offsets  as `atlas.learn` and `control.learn` give them
    Returns     one row per feature of the atlas, in its order:
      value          mean over the injections in which it was measured, where those are at least half of the
                     injections that looked, of log2 area - offset of its place - log2 dilution of the injection
      lower, upper   95 % interval of the analysis (not of the biology): Student's t with the deviation of the pools
                     and the error of the dilution factor; without enough pools, of two or more injections, theirs
      lod            the smallest limit among the injections that looked, corrected in the same way
      state          measured, below_lod, not_measured; failed_qc where the controls removed the feature: no value
    """
    if not len(atlas) or not injections:
        return pd.DataFrame(columns=COLUMNS), []
    index = atlas["feature"].to_numpy()
    log2, limits, done, errors = [], [], [], []
    for one in injections:
        table = one["table"].set_index("feature").reindex(index)
        offset, source = offsets_at(offsets, one["batch"], one["injection"], index)
        raw = np.log2(table["area"].to_numpy(float)) - offset
        factor, error, count = dilution(raw, constants, settings)
        log2.append(raw - factor)
        limits.append(np.log2(table["lod_area"].to_numpy(float)) - offset - factor)
        errors.append(error)
        done.append({"drift": source, "dilution_log2": factor, "dilution_error": error, "dilution_features": count})
    log2, limits = np.array(log2), np.array(limits)
    looked, measured = np.isfinite(limits).sum(0), np.isfinite(log2).sum(0)
    value = np.divide(
        np.where(np.isfinite(log2), log2, 0).sum(0), measured, out=np.full(len(index), np.nan), where=measured > 0
    )
    margin = _margin(log2, value, measured, constants, float(np.mean(np.square(errors))), settings)
    lod = np.where(np.isfinite(limits), limits, np.inf).min(0)
    state = np.select([looked == 0, 2 * measured >= np.maximum(looked, 1)], ["not_measured", "measured"], "below_lod")
    state = np.where((constants["removed"] != "").to_numpy() & (looked > 0), "failed_qc", state)
    seen = state == "measured"
    table = pd.DataFrame(
        {
            "kind": "metabolite",
            "feature": index,
            "name": atlas["name"].to_numpy(),
            "value": np.where(seen, value, np.nan),
            "unit": UNIT,
            "lower": np.where(seen, value - margin, np.nan),
            "upper": np.where(seen, value + margin, np.nan),
            "state": state,
            "lod": np.where(np.isfinite(lod) & (state != "failed_qc"), lod, np.nan),
        }
    )
    return table[COLUMNS], done


def _margin(log2, value, measured, constants, dilution_variance: float, settings: dict) -> np.ndarray:
    """Half of the 95 % interval of the mean."""
    from scipy.special import stdtrit

    sd = constants["sd_log2"].to_numpy(float)
    by_pools = np.isfinite(sd)
    squares = np.where(np.isfinite(log2), (log2 - value) ** 2, 0).sum(0)
    freedom = np.where(by_pools, constants["freedom"].to_numpy(float), measured - 1.0)
    variance = np.where(by_pools, np.nan_to_num(sd) ** 2, squares / np.maximum(measured - 1, 1))
    known = by_pools | (measured > 1)
    error = np.sqrt((variance + np.where(by_pools, dilution_variance, 0)) / np.maximum(measured, 1))
    return np.where(known, stdtrit(np.maximum(freedom, 1), 0.975) * error, np.nan)
