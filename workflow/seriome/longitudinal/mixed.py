"""Linear mixed models with a random intercept per patient, for all features at once."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .design import Plan

GRID = np.concatenate(
    [[0.0], np.geomspace(1e-3, 1e3, 37)]
)  # sd of patients over sd of samples that are looked at first
GOLDEN = (np.sqrt(5) - 1) / 2
ROUNDS = 45
STENCIL = np.array([-2, -1, 0, 1, 2])
BLOCK = 2000  # features worked on together, which bounds the memory


@dataclass
class MixedFit:
    """REML fits; arrays of (features, ...), NaN where a feature could not be fitted."""

    coefficients: np.ndarray  # (features, columns)
    covariance: np.ndarray  # (features, columns, columns), of the coefficients
    sigma: np.ndarray  # (features,) sd of samples at weight 1
    theta: np.ndarray  # (features,) sd of patients over sigma; 0: patients differ no more than samples
    freedom: np.ndarray  # (features, columns), Satterthwaite, of each coefficient
    observations: np.ndarray  # (features,) samples with a value
    patients: np.ndarray  # (features,) patients with a value
    repeated: np.ndarray  # (features,) patients with two or more


def mixed_model(values, matrix, patients, weights=None) -> MixedFit:
    """Fit y = X b + u[patient] + e, u ~ N(0, sigma^2 theta^2), e ~ N(0, sigma^2 / weight), by REML.

    values    float (features, samples), NaN where there is no value: that sample is left out for that feature
    matrix    float (samples, columns), of full rank
    patients  (samples,) labels
    weights   float (features, samples), > 0; None: 1
    Returns   MixedFit; a feature is fitted where its own samples leave the columns of full rank and at least one
              residual degree of freedom
    Source    Hoffman and Roussos 2021 (dream), doi:10.1093/bioinformatics/btaa687; the profiled REML criterion of lme4,
              Bates et al. 2015, doi:10.18637/jss.v067.i01; Satterthwaite's degrees of freedom as lmerTest has them,
              Kuznetsova et al. 2017, doi:10.18637/jss.v082.i13
    Method    with one grouping factor V is inverted by hand (Sherman and Morrison), so that every criterion is a sum
              over patients, and theta is found for all features at once: a grid, then golden sections
    """
    values, matrix = np.asarray(values, float), np.asarray(matrix, float)
    there = np.isfinite(values)
    weights = np.where(there, 1.0 if weights is None else np.asarray(weights, float), 0.0)
    codes, _ = pd.factorize(np.asarray(patients), sort=True)
    member = np.zeros((len(codes), codes.max(initial=-1) + 1))
    member[np.arange(len(codes)), codes] = 1.0
    blocks = [
        _fit(np.where(there, values, 0.0)[at : at + BLOCK], weights[at : at + BLOCK], matrix, member)
        for at in range(0, max(len(values), 1), BLOCK)
    ]
    fitted = {key: np.concatenate([block[key] for block in blocks]) for key in blocks[0]}
    counted = there @ member
    return MixedFit(
        **fitted,
        observations=there.sum(axis=1),
        patients=(counted > 0).sum(axis=1),
        repeated=(counted > 1).sum(axis=1),
    )


class _Sums:
    """Sums over patients that the criterion is made of, for features y (g, n) with weights w (g, n)."""

    def __init__(self, y, w, matrix, member):
        self.rows, self.columns = (w > 0).sum(axis=1), matrix.shape[1]
        self.xx = np.einsum("gn,np,nq->gpq", w, matrix, matrix, optimize=True)
        self.xy = (w * y) @ matrix
        self.yy = (w * y * y).sum(axis=1)
        self.size = w @ member  # (g, m): sum of weights of each patient
        self.sx = np.einsum("gn,np,nm->gmp", w, matrix, member, optimize=True)
        self.sy = (w * y) @ member

    def at(self, theta):
        """(criterion, residual sum, log determinants, coefficients, inverse of X'V^-1 X) at theta (g,)."""
        square = theta[:, None] ** 2
        drop = square / (1 + square * self.size)
        scaled = self.sx * drop[:, :, None]
        xx = self.xx - scaled.transpose(0, 2, 1) @ self.sx
        xy = self.xy - (scaled * self.sy[:, :, None]).sum(axis=1)
        yy = self.yy - (drop * self.sy**2).sum(axis=1)
        inverse = np.linalg.inv(xx)
        coefficients = (inverse @ xy[:, :, None])[:, :, 0]
        residual = np.maximum(yy - (coefficients * xy).sum(axis=1), 1e-300)
        logs = np.log1p(square * self.size).sum(axis=1) + np.linalg.slogdet(xx)[1]
        return (self.rows - self.columns) * np.log(residual) + logs, residual, logs, coefficients, inverse


def _fit(y, w, matrix, member) -> dict:
    g, p = len(y), matrix.shape[1]
    found = {
        "coefficients": np.full((g, p), np.nan), "covariance": np.full((g, p, p), np.nan),
        "sigma": np.full(g, np.nan), "theta": np.full(g, np.nan), "freedom": np.full((g, p), np.nan),
    }  # fmt: skip
    centre = np.divide((w * y).sum(axis=1), w.sum(axis=1), out=np.zeros(g), where=w.sum(axis=1) > 0)
    flat = ((w > 0) * (y - centre[:, None]) ** 2).max(axis=1, initial=0) <= 1e-12 * np.maximum(centre**2, 1e-12)
    good = _full_rank(w, matrix) & ((w > 0).sum(axis=1) > p) & ~flat
    if not good.any():
        return found
    # values around their mean: the residual sum then loses no digits; the intercept takes the mean back
    shift = matrix.std(axis=0).argmin() if np.ptp(matrix, axis=0).min() == 0 else None
    y = y - centre[:, None] if shift is not None else y
    sums = _Sums(y[good] * (w[good] > 0), w[good], matrix, member)
    theta = _minimum(sums)
    _, residual, _, coefficients, inverse = sums.at(theta)
    variance = residual / (sums.rows - p)
    if shift is not None:
        coefficients[:, shift] += centre[good] / matrix[0, shift]
    found["coefficients"][good], found["theta"][good], found["sigma"][good] = coefficients, theta, np.sqrt(variance)
    found["covariance"][good] = inverse * variance[:, None, None]
    found["freedom"][good] = _satterthwaite(sums, theta, variance)
    return found


def _full_rank(w, matrix):
    """Whether the samples of each feature leave the design of full rank."""
    from .variance import patterns

    full = np.zeros(len(w), bool)
    for rows, there in patterns(w > 0):
        full[rows] = there.sum() >= matrix.shape[1] and np.linalg.matrix_rank(matrix[there]) == matrix.shape[1]
    return full


def _minimum(sums: _Sums):
    """theta (g,) of the least criterion: the best point of a grid, then golden sections between its neighbours."""
    g = len(sums.rows)
    heights = np.stack([sums.at(np.full(g, theta))[0] for theta in GRID], axis=1)
    best = heights.argmin(axis=1)
    low, high = GRID[np.maximum(best - 1, 0)], GRID[np.minimum(best + 1, len(GRID) - 1)]
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_left, at_right = sums.at(left)[0], sums.at(right)[0]
    for _ in range(ROUNDS):
        leftwards = at_left < at_right
        low, high = np.where(leftwards, low, left), np.where(leftwards, right, high)
        inner = np.where(leftwards, high - GOLDEN * (high - low), low + GOLDEN * (high - low))
        new = sums.at(inner)[0]
        left, right = np.where(leftwards, inner, right), np.where(leftwards, left, inner)
        at_left, at_right = np.where(leftwards, new, at_right), np.where(leftwards, at_left, new)
    theta = (low + high) / 2
    return np.where(sums.at(theta)[0] < heights[:, 0], theta, 0.0)


def _satterthwaite(sums: _Sums, theta, variance):
    """Degrees of freedom (g, columns): 2 f^2 / (g' A g), f the variance of a coefficient, A that of the parameters.

    The parameters are theta and l = log sigma^2, so that the deviance is (n - p) l + r(theta) exp(-l) + h(theta);
    derivatives along theta by five points, all of them even functions of it.
    """
    step = 2e-3 * np.maximum(theta, 0.05)
    points = [sums.at(np.abs(theta + k * step)) for k in STENCIL]
    residual, logs = (np.stack([point[at] for point in points]) for at in (1, 2))
    scale = np.stack([np.diagonal(point[4], axis1=1, axis2=2) for point in points])
    first = np.array([1, -8, 0, 8, -1]) / 12
    second = np.array([-1, 16, -30, 16, -1]) / 12
    along = lambda weights, what: np.tensordot(weights, what, axes=1)  # noqa: E731
    r1, r2 = along(first, residual) / step, along(second, residual) / step**2
    h2 = along(second, logs) / step**2
    k, k1 = scale[2], along(first, scale) / step[:, None]
    tt, tl, ll = r2 / variance + h2, -r1 / variance, (sums.rows - sums.columns).astype(float)
    determinant = tt * ll - tl**2
    f, ft = variance[:, None] * k, variance[:, None] * k1
    quadratic = 2 * (ll[:, None] * ft**2 - 2 * tl[:, None] * ft * f + tt[:, None] * f**2) / determinant[:, None]
    freedom = 2 * f**2 / quadratic
    sound = np.isfinite(freedom) & (freedom > 0) & (determinant > 0)[:, None]
    return np.where(sound, np.maximum(freedom, 1.0), np.nan)


def contrasts(fit: MixedFit, plan: Plan, columns=None) -> pd.DataFrame:
    """Tests of the asked coefficients: one row per feature and coefficient, in that order.

    Returns  row (of the matrix), coefficient, estimate, error, freedom, lower, upper (95 %), t, p, q (Benjamini and
             Hochberg within a coefficient), observations, patients, repeated, theta, state (`tested`, or
             `not_estimable`: too few values)
    """
    from scipy import stats

    tables = []
    for name in columns or plan.asked:
        at = plan.names.index(name)
        estimate, error = fit.coefficients[:, at], np.sqrt(fit.covariance[:, at, at])
        freedom = fit.freedom[:, at]
        reach = stats.t.ppf(0.975, freedom) * error
        p = 2 * stats.t.sf(np.abs(estimate / error), freedom)
        tables.append(
            pd.DataFrame(
                {
                    "row": np.arange(len(estimate)),
                    "coefficient": name,
                    "estimate": estimate,
                    "error": error,
                    "freedom": freedom,
                    "lower": estimate - reach,
                    "upper": estimate + reach,
                    "t": estimate / error,
                    "p": p,
                    "q": adjusted(p),
                    "observations": fit.observations,
                    "patients": fit.patients,
                    "repeated": fit.repeated,
                    "theta": fit.theta,
                    "state": np.where(np.isfinite(p), "tested", "not_estimable"),
                }
            )
        )
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def adjusted(p):
    """p values by Benjamini and Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x; NaN is no test and stays."""
    from scipy.stats import false_discovery_control

    p, q = np.asarray(p, float), np.full(np.shape(p), np.nan)
    tested = np.isfinite(p)
    if tested.any():
        q[tested] = false_discovery_control(p[tested])
    return q
