"""What the pooled quality controls and the blanks say of every feature, and the constants that a sample is
corrected with. Learned from the controls alone, so that a new sample is projected and changes nothing."""

import numpy as np
import pandas as pd

from seriome.metabolome import drift

LEAST_PER_BATCH = 2  # pools of a batch from which its level is taken
LEAST_FOR_DILUTION = 30  # features that a dilution factor must rest on
MEDIAN_ERROR = 1.2533  # standard error of a median over that of a mean, for normal values: sqrt(pi / 2)
COLUMNS = [
    *("feature", "pools", "detection", "cv_raw", "cv", "cv_predicted", "sd_log2", "freedom", "drift"),
    *("reference_log2", "dilution", "removed"),
]
REASONS = {  # in the order in which they are looked at
    "internal_standard": "spiked in by the laboratory",
    "in_blank": "blanks have it too",
    "rarely_detected": "seen in too few of the pools",
    "imprecise": "scatters too much in the pools",
}


def learn(atlas: pd.DataFrame, controls: list[dict], settings: dict, seed: int = 7) -> tuple[pd.DataFrame, ...]:
    """Constants of every feature, and its offsets over batches and order of injection.

    atlas     features, as `atlas.learn` gives them
    controls  pool injections: {"batch", "injection" (None: not known), "table" (as `measure` gives it)}
    settings  the section `metabolome` of the configuration
    Returns   constants (COLUMNS): detection, the share of the pools that looked in which it is measured; coefficients
              of variation (shares, not per cent) as measured, corrected, and of each pool predicted by the others;
              sd_log2, the deviation behind the last, freedom, its degrees of freedom; reference_log2, the pools'
              level; dilution, whether the feature counts for dilution factors; removed, a key of REASONS or empty
              offsets: batch, injection, feature, log2; what to subtract at that place, linear in between
              note: pools and the method of each batch
    A number that fewer than `min_pools` pools would carry is NaN, and removes nothing.
    """
    features, least = atlas["feature"].to_numpy(), settings["min_pools"]
    controls = sorted(controls, key=lambda one: (one["batch"], one["injection"] or 0))
    values = _logs([one["table"] for one in controls], features)
    looked = _looked([one["table"] for one in controls], features)
    curves, left_out = np.full(values.shape, np.nan), np.full(values.shape, np.nan)
    level, used, methods, offsets = np.full(len(features), np.nan), np.zeros(len(features), bool), {}, []
    polarities = atlas["polarity"].to_numpy()
    for polarity in sorted(set(polarities), reverse=True):  # each says nothing of the other
        columns = np.flatnonzero(polarities == polarity)
        rows = np.flatnonzero(looked[:, columns].any(1))
        own, block = [controls[row] for row in rows], np.ix_(rows, columns)
        found = _of_mode(own, values[block], features[columns], settings, seed)
        curves[block], left_out[block], level[columns], used[columns] = found[:4]
        offsets += found[5]
        several = len(set(polarities)) > 1
        methods |= {f"{batch} {polarity}" if several else batch: method for batch, method in found[4].items()}
    corrected, predicted = values - curves, values - left_out
    blank, standard = atlas["in_blank"].to_numpy(bool), _standards(atlas, settings)
    measured = np.isfinite(values).sum(0)
    detection = np.divide(measured, looked.sum(0), out=np.full(len(features), np.nan), where=looked.any(0))
    steady = ~blank & ~standard & ~(detection < settings["min_detection"])
    if settings["normalise"] != "none" and len(controls):
        counted = standard if settings["normalise"] == "standards" else steady
        corrected = corrected - _medians(corrected, counted, settings)[:, None]
        predicted = predicted - _medians(predicted, counted, settings)[:, None]
    enough = measured >= least
    spread = np.where(enough, _sd(predicted), np.nan)
    cvs = {"cv_raw": _sd(values), "cv": _sd(corrected), "cv_predicted": spread}
    table = pd.DataFrame({"feature": features, "pools": measured, "detection": detection}).assign(
        **{name: np.where(enough, cv(sd), np.nan) for name, sd in cvs.items()},
        sd_log2=spread,
        freedom=np.isfinite(predicted).sum(0) - 1.0,
        drift=used,
        reference_log2=np.where(np.isfinite(level), level, atlas["pool_log2_area"]),
        dilution=standard if settings["normalise"] == "standards" else steady,
    )
    several = len(controls) >= least
    verdicts = {
        "internal_standard": standard,
        "in_blank": blank,
        "rarely_detected": several & (detection < settings["min_detection"]),
        "imprecise": (table["cv_predicted"] > settings["max_cv"]).to_numpy(),
    }
    table["removed"] = np.select([verdicts[reason] for reason in REASONS], list(REASONS), "")
    note = {"pools": len(controls), "batches": methods}
    note |= {"median_" + name: _median(table.loc[table["removed"] == "", name]) for name in cvs}
    columns = ["batch", "injection", "feature", "log2"]
    return table[COLUMNS], pd.concat(offsets) if offsets else pd.DataFrame(columns=columns), note


def _of_mode(controls: list[dict], values, features, settings: dict, seed: int) -> tuple:
    """Curves, what is predicted, level, which features have a curve, methods by batch, offsets, of one polarity."""
    batches, least = np.array([one["batch"] for one in controls], object), settings["min_pools"]
    curves, left_out = np.full(values.shape, np.nan), np.full(values.shape, np.nan)
    used, methods, offsets, places = np.zeros(len(features), bool), {}, [], {}
    for batch in sorted(set(batches)):
        rows = np.flatnonzero(batches == batch)
        order = [controls[row]["injection"] for row in rows]
        known = None not in order and len(set(order)) == len(order)
        places[batch] = order if known else [0] * len(rows)
        method = settings["drift"] if known else "none"
        found = drift.fit(order if known else rows, values[rows], method=method, min_pools=least, seed=seed)
        curves[rows], left_out[rows] = found.curve, found.left_out
        used |= found.used
        methods[batch] = {"pools": len(rows), "drift": found.method, "features_corrected": int(found.used.sum())}
        methods[batch] |= {} if known else {"why": "the order of injection is not in the sheet"}
        methods[batch] |= {"why": f"fewer than {least} pools"} if known and len(rows) < least else {}
    level = _level(curves, batches)
    for batch in methods:
        rows = np.flatnonzero(batches == batch)
        if len(rows) < LEAST_PER_BATCH:
            methods[batch]["why"] = f"fewer than {LEAST_PER_BATCH} pools: its level is left as it is"
            curves[rows] = level
        else:
            of = zip(places[batch], rows, strict=True)
            made = [_offsets(batch, at, features, curves[row] - level) for at, row in of]
            offsets.append(pd.concat(made).drop_duplicates(["injection", "feature"]))
    return curves, left_out, level, used, methods, offsets


def cv(sd_log2):
    """Coefficient of variation (a share) of log-normal values of this deviation on the log2 scale."""
    return np.sqrt(np.expm1((np.asarray(sd_log2) * np.log(2)) ** 2))


def offsets_at(offsets: pd.DataFrame, batch: str, injection, features) -> tuple[np.ndarray, str]:
    """What to subtract from the log2 areas of one injection (one number per feature), and where it comes from.

    Without an order of injection, or in a batch without enough pools, the batch's mean offset, or nothing.
    """
    own = offsets[offsets["batch"] == batch]
    if not len(own):
        return np.zeros(len(features)), "none: the batch has too few pools"
    table = own.pivot(index="injection", columns="feature", values="log2").reindex(columns=features).astype(float)
    table = table.interpolate(method="index", limit_direction="both").fillna(0.0)  # the other mode has other places
    places, values = table.index.to_numpy(float), table.to_numpy()
    if injection is None:
        return values.mean(0), "level of the batch; the order of injection is not in the sheet"
    right = int(np.clip(np.searchsorted(places, injection), 1, max(len(places) - 1, 1))) if len(places) > 1 else 0
    left = max(right - 1, 0)
    step = places[right] - places[left]
    share = float(np.clip((injection - places[left]) / step, 0, 1)) if step else 0.0
    return (1 - share) * values[left] + share * values[right], "pools before and after"


def dilution(log2, constants: pd.DataFrame, settings: dict) -> tuple[float, float, int]:
    """The log2 factor by which a corrected injection is more concentrated than the pools, its error, its features.

    pqn        the median quotient to the pools over all features that the controls let pass (Dieterle et al. 2006,
               doi:10.1021/ac051632c); it assumes that most of them did not change in one direction
    standards  the same over the internal standards; with none measured there is no factor
    A factor within twice its standard error is no dilution: 0. So is one that rests on fewer than 30 features (pqn).
    """
    if settings["normalise"] == "none":
        return 0.0, 0.0, 0
    quotient = (log2 - constants["reference_log2"].to_numpy())[constants["dilution"].to_numpy(bool)]
    quotient = quotient[np.isfinite(quotient)]
    standards = settings["normalise"] == "standards"
    if len(quotient) < (1 if standards else LEAST_FOR_DILUTION):
        return 0.0, 0.0, len(quotient)
    middle = float(np.median(quotient))
    spread = 1.4826 * float(np.median(np.abs(quotient - middle)))
    error = MEDIAN_ERROR * spread / np.sqrt(len(quotient))
    if standards:
        return middle, error, len(quotient)
    return (middle, error, len(quotient)) if abs(middle) > 2 * error else (0.0, error, len(quotient))


def account(constants: pd.DataFrame, atlas: pd.DataFrame, levels: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """The table of what was kept and what was removed, and why: a row per feature, with the cohort's D-ratio.

    levels   samples x features, log2, corrected (NaN where there is no value); blanks and pools are not among them
    D-ratio  deviation of the pools over that of the samples, both on the log2 scale: 0 is all biology, 1 all
             noise (Broadhurst et al. 2018). It needs the cohort, so it takes no value out of a sample; features
             above `max_d_ratio` are left out of the comparisons
    """
    wide = levels.reindex(columns=constants["feature"]).to_numpy(float)
    seen = np.isfinite(wide).sum(0)
    of_samples = np.where(seen >= settings["min_pools"], _sd(wide), np.nan)
    table = atlas[["feature", "name", "polarity", "mz", "rt_s", "msi_level", "blank_ratio"]].merge(constants)
    table["d_ratio"] = np.divide(
        table["sd_log2"], of_samples, out=np.full(len(table), np.nan), where=np.nan_to_num(of_samples) > 0
    )
    table["samples_measured"] = seen
    noisy = (table["removed"] == "") & (table["d_ratio"] > settings["max_d_ratio"])
    table["verdict"] = np.select([table["removed"] != "", noisy], ["removed", "not_compared"], "kept")
    table["why"] = np.where(noisy, "more noise than biology", table["removed"].map({"": "", **REASONS}))
    columns = [*("feature", "name", "polarity", "mz", "rt_s", "msi_level", "verdict", "why", "blank_ratio"), "pools"]
    columns += ["detection", "drift", "cv_raw", "cv", "cv_predicted", "d_ratio", "samples_measured"]
    return table[columns]


def _standards(atlas: pd.DataFrame, settings: dict) -> np.ndarray:
    return atlas["compound_id"].isin(settings["standards"]).to_numpy(bool)


def _logs(tables, features) -> np.ndarray:
    """log2 areas, injections x features."""
    if not tables:
        return np.full((0, len(features)), np.nan)
    areas = np.array([table.set_index("feature")["area"].reindex(features).to_numpy(float) for table in tables])
    return np.log2(areas)


def _looked(tables, features) -> np.ndarray:
    if not tables:
        return np.zeros((0, len(features)), bool)
    return np.array([table.set_index("feature")["lod_area"].reindex(features).notna().to_numpy() for table in tables])


def _level(curves, batches) -> np.ndarray:
    """The study's level of each feature: the median over batches of the mean curve in each."""
    known = [batch for batch in sorted(set(batches)) if (batches == batch).sum() >= LEAST_PER_BATCH]
    known = known or sorted(set(batches))
    if not known:
        return np.full(curves.shape[1], np.nan)
    return _quiet(np.nanmedian, [_quiet(np.nanmean, curves[batches == batch]) for batch in known])


def _medians(values, counted, settings) -> np.ndarray:
    """Per pool the median over the features that count; 0 where they are too few."""
    least = 1 if settings["normalise"] == "standards" else LEAST_FOR_DILUTION
    few = np.isfinite(values[:, counted]).sum(1) < least
    return np.where(few, 0.0, _quiet(np.nanmedian, values[:, counted], axis=1))


def _sd(values) -> np.ndarray:
    """Standard deviation of the columns (n - 1), NaN with fewer than two values."""
    values = np.asarray(values, float)
    known = np.isfinite(values)
    count = known.sum(0)
    mean = np.divide(np.where(known, values, 0).sum(0), count, out=np.zeros(values.shape[1]), where=count > 0)
    squares = np.where(known, (values - mean) ** 2, 0).sum(0)
    return np.sqrt(np.divide(squares, count - 1, out=np.full(values.shape[1], np.nan), where=count > 1))


def _offsets(batch, place, features, log2) -> pd.DataFrame:
    known = np.isfinite(log2)
    return pd.DataFrame({"batch": batch, "injection": place, "feature": features[known], "log2": log2[known]})


def _median(values):
    known = values.dropna()
    return round(float(known.median()), 5) if len(known) else None


def _quiet(function, values, axis=0):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a column of NaN has a median of NaN
        return function(np.asarray(values, float), axis=axis)
