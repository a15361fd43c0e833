"""Adaptive shrinkage: many estimates, most of them of little or no effect, read together."""

from dataclasses import dataclass

import numpy as np

NULL_PRIOR = 10.0  # pseudo-observations on no effect, ashr's default: prefers to say that nothing changed
STEP = np.sqrt(2)  # ratio of neighbouring standard deviations of the mixture
MAX_ROUNDS = 100
TOLERANCE = 1e-10  # gain in mean log likelihood at which the search ends
BISECTIONS = 50
NEGLIGIBLE = 1e-8  # weight below which a part of the mixture is left out


@dataclass
class Shrunken:
    """Posterior of each effect; float (n,), NaN where the estimate or its error is missing."""

    mean: np.ndarray
    lower: np.ndarray  # 95 % credible interval, equal tails
    upper: np.ndarray
    lfsr: np.ndarray  # local false sign rate: probability that the sign said is wrong
    weights: np.ndarray  # of the mixture: no effect first
    deviations: np.ndarray  # its standard deviations


def shrink(estimate, error, freedom=np.inf) -> Shrunken:
    """Shrink effects towards 0 with a prior learnt from all of them: a mixture of 0 and normals around 0.

    estimate  float (n,)
    error     float (n,), standard errors > 0
    freedom   float or (n,), degrees of freedom of the errors; with few, an error is widened so that the normal gives
              the p value that t gives (Lu and Stephens 2019, doi:10.1101/052340: as ashr does for limma's output)
    Source    ash: Stephens 2017, Biostatistics 18:275, doi:10.1093/biostatistics/kxw041
    Assumes   effects are unimodal around 0 and the errors independent. The interval is for effects taken together:
              95 % of all intervals hold, not 95 % of those of the large effects
    """
    from scipy.special import ndtr

    estimate, error = np.asarray(estimate, float), np.asarray(error, float)
    good = np.isfinite(estimate) & np.isfinite(error) & (error > 0)
    empty = np.full(len(estimate), np.nan)
    found = Shrunken(empty, empty.copy(), empty.copy(), empty.copy(), np.ones(1), np.zeros(1))
    if not good.any():
        return found
    x, s = estimate[good], _normal_error(estimate[good], error[good], np.broadcast_to(freedom, good.shape)[good])
    deviations = _grid(x, s)
    variance = deviations**2 + s[:, None] ** 2
    logs = -0.5 * (np.log(variance) + x[:, None] ** 2 / variance)
    top = logs.max(axis=1, keepdims=True)
    weights = _mixture(np.exp(logs - top))
    share = weights * np.exp(logs - top)
    share /= share.sum(axis=1, keepdims=True)
    kept = weights > NEGLIGIBLE
    kept[0] = True
    deviations, weights, share, variance = deviations[kept], weights[kept], share[:, kept], variance[:, kept]
    shrinkage = deviations**2 / variance
    mean, spread = x[:, None] * shrinkage, np.sqrt(shrinkage) * s[:, None]
    null, share_k, mean_k, spread_k = share[:, 0], share[:, 1:], mean[:, 1:], spread[:, 1:]
    below = (share_k * ndtr(-mean_k / np.where(spread_k > 0, spread_k, 1))).sum(axis=1)
    found.mean[good] = (share * mean).sum(axis=1)
    found.lfsr[good] = np.clip(np.minimum(below, 1 - null - below) + null, 0, 1)
    for bound, level in ((found.lower, 0.025), (found.upper, 0.975)):
        bound[good] = _quantile(level, null, share_k, mean_k, spread_k)
    found.weights, found.deviations = weights, deviations
    return found


def _normal_error(x, s, freedom):
    """Errors with which the normal distribution gives the two-sided p values of t."""
    from scipy.special import ndtri, stdtr

    few = np.isfinite(freedom)
    t = np.maximum(np.abs(x) / s, 1e-6)
    z = np.where(few, -ndtri(stdtr(np.where(few, freedom, 1.0), -t)), t)
    return s * np.maximum(t / z, 1.0)


def _grid(x, s):
    """Deviations of the mixture: 0, then steps of sqrt(2) from a tenth of the least error to twice the spread."""
    largest = 2 * np.sqrt(max((x**2 - s**2).max(), 0.0))
    least = s.min() / 10
    if largest <= least:
        largest = 8 * least
    steps = int(np.ceil(np.log(largest / least) / np.log(STEP)))
    return np.concatenate([[0.0], largest * STEP ** -np.arange(steps, -1, -1.0)])


def _mixture(likelihood):
    """Weights of the greatest penalised likelihood, a convex problem; likelihood (n, components), first one no effect.

    Sequential quadratic programming as in mixsqp (Kim, Carbonetto, Stephens and Anitescu 2020,
    doi:10.1080/10618600.2019.1689985): each step is a non-negative least squares over the few components.
    """
    from scipy.optimize import nnls

    n, k = likelihood.shape
    extra = (NULL_PRIOR - 1) / n

    def height(w):
        return -np.log(likelihood @ w).mean() - extra * np.log(w[0]) + w.sum() * (1 + extra)

    least = extra / (1 + extra) / 2  # no optimum lies below twice this: what the prior alone gives
    weights = np.full(k, 1 / k)
    value = height(weights)
    for _ in range(MAX_ROUNDS):
        ratio = likelihood / (likelihood @ weights)[:, None]
        slope = -ratio.mean(axis=0) + 1 + extra
        bend = ratio.T @ ratio / n
        slope[0] -= extra / weights[0]
        bend[0, 0] += extra / weights[0] ** 2
        root = np.linalg.cholesky(bend + 1e-8 * (1 + np.trace(bend) / k) * np.eye(k)).T
        target = nnls(root, root @ weights - np.linalg.solve(root.T, slope), maxiter=100 * k)[0]
        target[0] = max(target[0], least)
        step, fall = 1.0, slope @ (target - weights)
        while True:
            new = (1 - step) * weights + step * target
            if new[0] > 0 and height(new) <= value + 1e-4 * step * fall:
                break
            step /= 2
            if step < 1e-10:
                return weights / weights.sum()
        weights, before, value = new, value, height(new)
        if before - value < TOLERANCE:
            break
    return weights / weights.sum()


def _quantile(level, null, share, mean, spread):
    """Quantiles of mixtures of a point at 0 and normals, by bisection; arrays (n,) and (n, components)."""
    from scipy.special import ndtr

    low, high = (mean - 9 * spread).min(axis=1, initial=0), (mean + 9 * spread).max(axis=1, initial=0)
    at_zero = (share * ndtr(-mean / spread)).sum(axis=1)
    is_zero = (at_zero <= level) & (level <= at_zero + null)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        mass = (share * ndtr((middle[:, None] - mean) / spread)).sum(axis=1) + null * (middle >= 0)
        high, low = np.where(mass >= level, middle, high), np.where(mass >= level, low, middle)
    return np.where(is_zero, 0.0, (low + high) / 2)
