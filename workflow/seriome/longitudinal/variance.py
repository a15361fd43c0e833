"""What two samples of one patient differ by when nothing has happened, borrowed from the cohort."""

from dataclasses import dataclass

import numpy as np

from .moderate import squeeze


@dataclass
class Variance:
    """Variance of one sample of a patient in one phase, beyond the errors of measurement; arrays (features,)."""

    biological: np.ndarray  # log2 units squared, >= 0; NaN where none could be estimated
    prior: np.ndarray  # the same from the trend over all features alone, for what must not depend on the own residuals
    freedom: np.ndarray  # degrees of freedom of the total variance: own and borrowed
    residual_freedom: int  # of the design, with every value there; 0: no repeated sample, nothing is estimable

    @property
    def estimable(self) -> bool:
        return bool(np.isfinite(self.biological).any())


def within_variance(values, errors, matrix, level=None) -> Variance:
    """Biological variance within a patient and phase, of each feature.

    values, errors  float (features, samples): see the package; a feature uses the samples in which it has a value
    matrix   float (samples, columns): a full fixed design such as `~ patient + phase`, of any rank
    level    float (features,) along which the variance may change, e.g. mean log2 count; None: the mean of values
    Method   residual variances of the fit, steadied by all features along a trend (`squeeze`), less the mean
             measured variance; so what patients differ by in their response counts as biological too, and intervals
             of one patient's change are rather too wide than too narrow
    """
    values, errors = np.asarray(values, float), np.asarray(errors, float)
    matrix = np.asarray(matrix, float)
    total, measured, freedom = (np.full(len(values), np.nan) for _ in range(3))
    for rows, there in patterns(np.isfinite(values)):
        basis = column_basis(matrix[there])
        y, s = values[np.ix_(rows, there)], errors[np.ix_(rows, there)]
        freedom[rows] = there.sum() - basis.shape[1]
        if there.sum() - basis.shape[1] > 0:
            residual = y - (y @ basis) @ basis.T
            left = 1 - (basis**2).sum(axis=1)
            total[rows] = (residual**2).sum(axis=1) / freedom[rows]
            measured[rows] = (s**2 @ left) / freedom[rows]
    with np.errstate(invalid="ignore"):
        level = (
            np.where(np.isfinite(values), values, 0).sum(axis=1) / np.isfinite(values).sum(axis=1)
            if level is None
            else level
        )
    known = np.isfinite(level)
    posterior, prior, borrowed = (np.full(len(values), np.nan) for _ in range(3))
    own = np.where(np.isfinite(total), freedom, 0)
    if known.any():
        posterior[known], prior[known], borrowed[known] = squeeze(total[known], own[known], np.asarray(level)[known])
    # measured errors of a feature without residuals are those of its values
    there = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        plain = np.where(there, errors**2, 0).sum(axis=1) / there.sum(axis=1)
    measured = np.where(np.isfinite(measured), measured, plain)
    whole = len(matrix) - np.linalg.matrix_rank(matrix) if len(matrix) else 0
    return Variance(
        biological=np.maximum(posterior - measured, 0.0),
        prior=np.maximum(prior - measured, 0.0),
        freedom=np.minimum(own + borrowed, max(np.nansum(own), 1.0)),
        residual_freedom=int(whole),
    )


def precision(errors, variance: Variance):
    """Weights (features, samples) for `mixed_model`: 1 / (biological variance of the trend + measured variance).

    Like the weights of voom (Law et al. 2014, doi:10.1186/gb-2014-15-2-r29) and dream, but from the error that each
    value came with, not from a curve over the mean alone. Relative: each feature's mean is 1. Where
    no biological variance is known all weights are 1: measured errors alone would trust deep samples far too much.
    """
    total = variance.prior[:, None] + np.asarray(errors, float) ** 2
    weights = np.where(np.isfinite(variance.prior)[:, None], 1 / np.where(total > 0, total, 1.0), 1.0)
    return weights / np.nanmean(weights, axis=1, keepdims=True)


def column_basis(matrix):
    """Orthonormal basis (n, rank) of the columns of a matrix (n, p)."""
    u, s, _ = np.linalg.svd(matrix, full_matrices=False)
    return u[:, s > max(matrix.shape) * np.finfo(float).eps * s.max(initial=0)]


def patterns(there):
    """[(rows, mask)] of a boolean matrix: rows that share one mask, in the order of their first row."""
    packed = np.packbits(there, axis=1)
    _, _first, group = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    group = group.ravel()
    order = np.argsort(group, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(group))[:-1]) if len(order) else []
    return [(rows, there[rows[0]]) for rows in sorted(parts, key=lambda rows: rows[0])]
