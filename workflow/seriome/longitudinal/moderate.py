"""Variances of many features, each steadied by all others (empirical Bayes)."""

import numpy as np

KNOTS = (0, 1 / 3, 2 / 3, 1)  # quantiles of the covariate at which the trend may bend, as in limma
MANY = 1e4  # prior degrees of freedom from which all variances are one
MIN_TREND = 30  # features below which no trend is fitted


def squeeze(variance, freedom, covariate=None):
    """Posterior variances under a scaled inverse chi-square prior that is learnt from all features.

    variance   float (n,), residual variances, NaN where there is none
    freedom    float (n,), their residual degrees of freedom, 0 where there are none
    covariate  float (n,), e.g. the mean level, along which the prior variance may change; None: one for all
    Returns    (posterior (n,), prior (n,), prior_freedom): the posterior of a feature without a variance is the
               prior; all NaN with prior_freedom 0 where fewer than three features have a positive variance and
               none can be learnt (then the posterior is the variance itself)
    Source     Smyth 2004, Stat Appl Genet Mol Biol 3:3, doi:10.2202/1544-6115.1027; the trend as limma's eBayes with
               trend=TRUE (Ritchie et al. 2015, doi:10.1093/nar/gkv007): log variances on a natural cubic spline
    Assumes    variances of true scatter are draws around the trend; variances of 0 are ties and take no part in it
    Method     by moments of the log variances where all have the same degrees of freedom; else, since a few variances
               of one or two degrees of freedom upset the moments, by the likelihood of F with weights of each variance
    """
    variance, freedom = np.asarray(variance, float), np.broadcast_to(np.asarray(freedom, float), np.shape(variance))
    used = np.isfinite(variance) & (variance > 0) & (freedom > 0)
    if used.sum() < 3:
        return variance.copy(), np.full(len(variance), np.nan), 0.0
    basis = np.ones((len(variance), 1))
    if covariate is not None and used.sum() >= MIN_TREND:
        basis = natural_spline(np.asarray(covariate, float), np.quantile(np.asarray(covariate)[used], KNOTS))
    estimate = _by_moments if np.ptp(freedom[used]) == 0 else _by_likelihood
    prior_freedom, log_prior = estimate(variance[used], freedom[used], basis[used], basis)
    prior = np.exp(log_prior)
    if np.isinf(prior_freedom):
        return prior.copy(), prior, prior_freedom
    own = np.where(freedom > 0, freedom * np.nan_to_num(variance), 0.0)
    return (prior_freedom * prior + own) / (prior_freedom + freedom), prior, prior_freedom


def _by_moments(variance, freedom, basis, wanted):
    """(prior degrees of freedom, log prior variances at `wanted`); infinite: the variances differ by chance alone."""
    from scipy.special import polygamma

    logs = np.log(variance) - _bias(freedom)
    slopes = np.linalg.lstsq(basis, logs, rcond=None)[0]
    rank = np.linalg.matrix_rank(basis)
    spread = ((logs - basis @ slopes) ** 2).sum() / max(len(logs) - rank, 1) - polygamma(1, freedom / 2).mean()
    if spread <= 0:
        return np.inf, wanted @ slopes
    prior_freedom = 2 * inverse_trigamma(spread)
    return prior_freedom, wanted @ slopes + _bias(prior_freedom)


def _by_likelihood(variance, freedom, basis, wanted):
    """The same, with the prior degrees of freedom under which variance / prior ~ F is most likely."""
    from scipy import optimize, stats
    from scipy.special import polygamma

    logs = np.log(variance) - _bias(freedom)

    def slopes(prior_freedom):
        root = 1 / np.sqrt(polygamma(1, freedom / 2) + polygamma(1, prior_freedom / 2))
        return np.linalg.lstsq(basis * root[:, None], logs * root, rcond=None)[0]

    def height(log_freedom):
        prior_freedom = np.exp(log_freedom)
        prior = np.exp(basis @ slopes(prior_freedom) + _bias(prior_freedom))
        return -(stats.f.logpdf(variance / prior, freedom, prior_freedom) - np.log(prior)).sum()

    found = optimize.minimize_scalar(height, bounds=np.log([0.1, MANY]), method="bounded")
    prior_freedom = float(np.exp(found.x)) if found.x < np.log(MANY / 2) else np.inf
    return prior_freedom, wanted @ slopes(min(prior_freedom, MANY)) + _bias(prior_freedom)


def _bias(freedom):
    """Mean of the log of a chi-square over its degrees of freedom; 0 for infinitely many."""
    from scipy.special import digamma

    half = np.asarray(freedom, float) / 2
    return np.where(
        np.isinf(half), 0.0, digamma(np.where(np.isinf(half), 1, half)) - np.log(np.where(np.isinf(half), 1, half))
    )


def natural_spline(values, knots):
    """Basis (n, 1 + knots - 1) of cubic splines, straight beyond the outer knots; values outside are not cut.

    Source: Hastie, Tibshirani and Friedman 2009, The Elements of Statistical Learning, eq. 5.4 and 5.5
    """
    values, knots = np.asarray(values, float), np.unique(knots)
    scale = (knots[-1] - knots[0]) or 1.0
    at, knots = (values - knots[0]) / scale, (knots - knots[0]) / scale
    if len(knots) < 3:
        return np.column_stack([np.ones_like(at), at]) if len(knots) == 2 else np.ones((len(at), 1))

    def bend(k):
        return (np.maximum(at - knots[k], 0) ** 3 - np.maximum(at - knots[-1], 0) ** 3) / (knots[-1] - knots[k])

    last = bend(len(knots) - 2)
    return np.column_stack([np.ones_like(at), at, *(bend(k) - last for k in range(len(knots) - 2))])


def inverse_trigamma(value: float) -> float:
    """x with trigamma(x) = value > 0, by Newton's method (Smyth 2004, appendix)."""
    from scipy.special import polygamma

    x = 0.5 + 1 / value
    for _ in range(50):
        trigamma = polygamma(1, x)
        step = trigamma * (1 - trigamma / value) / polygamma(2, x)
        x += step
        if -step / x < 1e-8:
            break
    return float(x)
