"""Drift of the signal over the order of injection, learned from pooled quality controls and chosen by cross-validation.

All values are log2 areas: rows are pools in the order of injection, columns are features; NaN where a pool has none.
"""

from dataclasses import dataclass

import numpy as np

SPANS = (0.5, 0.75, 1.0)  # share of the pools that a local line looks at; at least four
LEAST_GAIN = 0.9  # a curve is used where its squared error of prediction is at most this share of the constant's
TREES, LEAF = 200, 2  # of the forest: enough for a curve over one variable


@dataclass(frozen=True)
class Curve:
    """What a batch's pools say. `curve` is at the pools' own places; between them it is read linearly, outside of
    them it stays at the first or last. `left_out` holds each pool's prediction by the others; of a curve not for the
    first and last pool, which the others could only extrapolate to: a sample lies between two pools."""

    method: str  # constant, loess 0.5 (0.75, 1.0) or forest: what the batch's pools chose among
    used: np.ndarray  # bool per feature: the curve predicts better than a constant
    curve: np.ndarray  # pools x features, log2
    left_out: np.ndarray  # pools x features, log2; NaN where nothing is predicted


def fit(order, values, *, method: str = "auto", min_pools: int = 5, seed: int = 7) -> Curve:
    """The curve of every feature through the pools of one batch.

    order      place of each pool in the order of injection, ascending (n,)
    values     log2 areas (n, features)
    method     auto: LOESS of several spans and a random forest are tried; loess, forest: of these alone; none
    min_pools  with fewer pools in the batch, or fewer values of a feature, there is no curve, a constant only
    Returns    Curve

    Which smoother serves the batch is chosen once, by the prediction of each pool from the others over all features
    (mean logarithm of the squared errors, so that no feature outweighs another). Each feature then takes it only
    where it predicts clearly better than a constant does: drift that cannot be told from noise is not removed.
    Source     LOESS: Dunn et al. 2011, doi:10.1038/nprot.2011.335; forest: Luan et al. 2018,
               doi:10.1016/j.aca.2018.08.002; why by cross-validation: Broadhurst et al. 2018,
               doi:10.1007/s11306-018-1367-3
    """
    order, values = np.asarray(order, float), np.asarray(values, float)
    enough = np.isfinite(values).sum(0) >= max(min_pools, 4)
    constant, constant_out = _constant(values)
    none = np.zeros(values.shape[1], bool)
    if method == "none" or len(order) < min_pools or not enough.any():
        return Curve("constant", none, constant, constant_out)
    tried = {}
    if method in ("auto", "loess"):
        for span in SPANS:
            tried[f"loess {span:g}"] = _loess(order, values, span)
    if method in ("auto", "forest"):
        tried["forest"] = _forest(order, values, seed)
    flat = _error(values, constant_out)
    gains = {name: _error(values, left_out) / flat for name, (_, left_out) in tried.items()}
    scores = {name: float(np.mean(np.log(np.maximum(gain[enough], 1e-6)))) for name, gain in gains.items()}
    best = min(scores, key=lambda name: (scores[name], name))
    curve, left_out = tried[best]
    used = enough & (gains[best] <= LEAST_GAIN)
    between = np.zeros(values.shape, bool)
    between[1:-1] = True
    left_out = np.where(between, left_out, np.nan)
    return Curve(best, used, np.where(used, curve, constant), np.where(used, left_out, constant_out))


def _error(values, predicted) -> np.ndarray:
    """Mean squared error of prediction per feature; NaN without any."""
    squares = (values - predicted) ** 2
    known = np.isfinite(squares)
    total = np.where(known, squares, 0).sum(0)
    return np.divide(total, known.sum(0), out=np.full(values.shape[1], np.nan), where=known.any(0)) + 1e-12


def _constant(values) -> tuple[np.ndarray, np.ndarray]:
    """Mean of the pools, and of the others for each pool."""
    known = np.isfinite(values)
    count, total = known.sum(0), np.where(known, values, 0).sum(0)
    mean = np.divide(total, count, out=np.full(values.shape[1], np.nan), where=count > 0)
    others = np.divide(total - values, count - 1, out=np.full(values.shape, np.nan), where=known & (count > 1))
    return np.broadcast_to(mean, values.shape).copy(), others


def _loess(order, values, span: float) -> tuple[np.ndarray, np.ndarray]:
    """Local lines with tricube weights (Cleveland 1979, doi:10.1080/01621459.1979.10481038), and each pool's
    prediction by the lines of the others. Features with the same missing values share their weights."""
    curve, left_out = np.full(values.shape, np.nan), np.full(values.shape, np.nan)
    patterns, of = np.unique(np.isfinite(values), axis=1, return_inverse=True)
    for number, pattern in enumerate(patterns.T):
        if pattern.sum() < 4:
            continue
        columns = np.flatnonzero(of.ravel() == number)
        x, y = order[pattern], values[np.ix_(pattern, columns)]
        curve[:, columns] = _weights(x, np.clip(order, x[0], x[-1]), span) @ y
        for place, row in enumerate(np.flatnonzero(pattern)):
            others = np.arange(len(x)) != place
            at = np.clip(x[place], x[others].min(), x[others].max())
            left_out[row, columns] = _weights(x[others], np.array([at]), span)[0] @ y[others]
    return curve, left_out


def _weights(x, at, span: float) -> np.ndarray:
    """The matrix that takes values at x to local lines at `at`; rows sum to 1."""
    near = min(len(x), max(4, int(np.ceil(span * len(x)))))
    away = np.abs(at[:, None] - x)
    reach = np.partition(away, near - 1, axis=1)[:, near - 1] * 1.0001 + 1e-9
    weight = np.clip(1 - (away / reach[:, None]) ** 3, 0, None) ** 3
    total = weight.sum(1, keepdims=True)
    centre = (weight * x).sum(1, keepdims=True) / total
    from_centre = x - centre
    spread = (weight * from_centre**2).sum(1, keepdims=True)
    slope = np.divide((at[:, None] - centre) * from_centre, spread, out=np.zeros_like(weight), where=spread > 1e-12)
    return weight * (1 / total + slope)


def _forest(order, values, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """One random forest for all features at once, each scaled to unit deviation; a missing value counts as the mean.

    A pool's prediction is that of the trees that did not see it and, for the first and last, an honest extrapolation.
    """
    from sklearn.ensemble import RandomForestRegressor

    known = np.isfinite(values)
    mean, left_out = _constant(values)
    spread = np.sqrt(np.maximum(_error(values, mean), 1e-12))
    scaled = np.where(known, (values - mean) / spread, 0.0)
    scaled[:, ~known.any(0)] = 0.0
    forest = RandomForestRegressor(
        TREES, min_samples_leaf=LEAF, bootstrap=True, oob_score=True, random_state=seed, n_jobs=1
    )
    shown = scaled if scaled.shape[1] > 1 else scaled.ravel()
    forest.fit(order[:, None], shown)
    curve = forest.predict(order[:, None]).reshape(scaled.shape)
    out = np.asarray(forest.oob_prediction_).reshape(scaled.shape)
    return mean + curve * spread, np.where(known, mean + out * spread, left_out)
