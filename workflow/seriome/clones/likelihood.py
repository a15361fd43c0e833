"""Likelihood: the reads of a mutation in a sample, given the cancer cell fraction (CCF) that carries it.

    VAF = purity * copies * CCF / (purity * tumour_cn + (1 - purity) * normal_cn)

The reads with the mutation are binomial, or beta-binomial where reads scatter more than chance.
Sources: McGranahan et al. 2015, doi:10.1126/scitranslmed.aaa1408 (the formula); Roth et al. 2014,
doi:10.1038/nmeth.2883 (beta-binomial reads, copy states summed over); Gillis and Roth 2020,
doi:10.1186/s12859-020-03919-2 (CCF on a grid).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import betaln, gammaln, xlog1py, xlogy

from seriome.errors import require

POINTS = 96  # of the grid that likelihoods are computed on
REFINE = 8  # times finer, between those points, the grid that posteriors are summed on
AT_ZERO, AT_ONE = 0.2, 0.1  # prior mass of a clone that is absent from a sample, or in every cancer cell of it


@dataclass(frozen=True)
class Counts:
    """Reads of N mutations in S samples. depth 0 is not covered. Every array is (N, S), whole numbers."""

    mutations: tuple
    samples: tuple
    alt: np.ndarray
    depth: np.ndarray

    def __post_init__(self):
        require((self.alt >= 0) & (self.alt <= self.depth), "0 <= alt <= depth", self.alt, self.depth)


@dataclass(frozen=True)
class States:
    """Copy states. A row is one way a mutation may lie on its copies; a mutation has one row or several.

    mutation   (R,) index of the mutation, rising
    copies     (R, S) mutated copies per cancer cell that has the mutation, the same in every sample as far as known
    total      (R, S) copies per cancer cell
    normal     (R, S) copies per normal cell
    prior      (R,) log prior of the row within its mutation, in the founder cluster
    elsewhere  (R,) the same in any other cluster: more than one mutated copy means "before the copies changed"
    """

    mutation: np.ndarray
    copies: np.ndarray
    total: np.ndarray
    normal: np.ndarray
    prior: np.ndarray
    elsewhere: np.ndarray


class Grid:
    """CCF from 0 to 1 in equal steps of its square root: fine where clones are small.

    ccf    (G,) the points likelihoods are computed on;  fine  (F,) the points posteriors live on
    up     (F, G) cubic interpolation from the first to the second, linear in the log likelihood
    prior  (F,) log prior: uniform in CCF, with an atom at 0 and one at 1
    """

    def __init__(self, points=POINTS, refine=REFINE):
        root = np.linspace(0, 1, points)
        fine = np.linspace(0, 1, (points - 1) * refine + 1)
        self.ccf, self.fine = root**2, fine**2
        self.up = _cubic(points, refine)
        width = fine.copy()
        width[-1] /= 2
        width[0] = fine[1] / 8  # the strip between 0 and half a step
        prior = (1 - AT_ZERO - AT_ONE) * width / width.sum()
        prior[0] += AT_ZERO
        prior[-1] += AT_ONE
        self.prior = np.log(prior)


def _cubic(points: int, refine: int) -> np.ndarray:
    """Catmull-Rom weights; beyond the ends the line is drawn on."""
    last = points - 1
    up = np.zeros((last * refine + 1, points))
    for row in range(len(up)):
        left = min(row // refine, last - 1)
        x = row / refine - left
        weights = (
            (left - 1, (-x + 2 * x**2 - x**3) / 2),
            (left, (2 - 5 * x**2 + 3 * x**3) / 2),
            (left + 1, (x + 4 * x**2 - 3 * x**3) / 2),
            (left + 2, (-(x**2) + x**3) / 2),
        )
        for column, weight in weights:
            if column < 0:
                up[row, 0] += 2 * weight
                up[row, 1] -= weight
            elif column > last:
                up[row, last] += 2 * weight
                up[row, last - 1] -= weight
            else:
                up[row, column] += weight
    return up


def expected_vaf(ccf, purity, copies=1, total=2, normal=2, error=0.0):
    """Share of reads with the mutation. A read is misread, either way, with probability `error`.

    All are numbers or arrays of one shape; 0 <= ccf <= 1, 0 <= purity <= 1, no units.
    """
    here = purity * total + (1 - purity) * normal
    vaf = np.clip(purity * copies * ccf / np.maximum(here, 1e-12), 0, 1)
    return vaf * (1 - error) + (1 - vaf) * error


def log_likelihood(alt, depth, vaf, precision=None):
    """Log probability of `alt` reads of `depth`, binomial; with a `precision`, beta-binomial around `vaf`.

    The variance of alt/depth is vaf (1-vaf)/depth times 1 + (depth-1)/(precision+1).
    """
    choose = gammaln(depth + 1.0) - gammaln(alt + 1.0) - gammaln(depth - alt + 1.0)
    if precision is None:
        return choose + xlogy(alt, vaf) + xlog1py(depth - alt, -vaf)
    a = np.maximum(vaf * precision, 1e-9)
    b = np.maximum((1 - vaf) * precision, 1e-9)
    return choose + betaln(alt + a, depth - alt + b) - betaln(a, b)


def tensor(counts: Counts, states: States, purity, grid: Grid, error, precision=None) -> np.ndarray:
    """Log likelihood of every row, sample and grid point, (R, S, G); 0 where a mutation is not covered.

    error is above 0, else one misread base would rule a clone's absence out for good.
    """
    require(0 < error < 0.5, "0 < error < 0.5", error)
    cell = [x[:, :, None] for x in (states.copies, states.total, states.normal)]
    vaf = expected_vaf(grid.ccf, np.asarray(purity, float)[None, :, None], *cell, error=error)
    alt = counts.alt[states.mutation][:, :, None]
    depth = counts.depth[states.mutation][:, :, None]
    return np.where(depth > 0, log_likelihood(alt, depth, vaf, precision), 0.0)


def diploid(mutations: int, samples: int, doubled=0.0) -> States:
    """Two copies everywhere, one mutated; with prior `doubled`, in the founder, both (copy-neutral loss, or X)."""
    rows = [(1, 0.0, 0.0)] if not doubled else [(1, np.log1p(-doubled), 0.0), (2, np.log(doubled), -np.inf)]
    shape = (mutations * len(rows), samples)
    copies, prior, elsewhere = (np.tile([row[i] for row in rows], mutations) for i in range(3))
    return States(
        mutation=np.repeat(np.arange(mutations), len(rows)),
        copies=np.broadcast_to(copies[:, None], shape).astype(float),
        total=np.full(shape, 2.0),
        normal=np.full(shape, 2.0),
        prior=prior,
        elsewhere=elsewhere,
    )


def with_copy_number(states: States, tumour_cn: dict, late=0.05) -> States:
    """`states` with the rows of some mutations replaced: 1 to n mutated copies of n, every number equally likely.

    tumour_cn  {index of the mutation: copies per cancer cell, the same in all samples}
    late       outside the founder, the prior of more than one mutated copy
    """
    samples = states.copies.shape[1]
    keep = ~np.isin(states.mutation, list(tumour_cn))
    parts = [[x[keep] for x in vars(states).values()]]
    for mutation, total in sorted(tumour_cn.items()):
        total = max(int(total), 1)
        copies = np.arange(1, total + 1)
        elsewhere = np.log(np.where(copies == 1, 1 - late, late / max(total - 1, 1))) if total > 1 else np.zeros(1)
        shape = (total, samples)
        parts.append(
            [
                np.full(total, mutation),
                np.broadcast_to(copies[:, None], shape).astype(float),
                np.full(shape, float(total)),
                np.full(shape, 2.0),
                np.full(total, -np.log(total)),
                elsewhere,
            ]
        )
    joined = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.argsort(joined[0], kind="stable")
    return States(*(column[order] for column in joined))


def log_evidence(curves, grid: Grid):
    """Log evidence of clusters whose summed log likelihoods on the fine grid are `curves` (..., F)."""
    score = curves + grid.prior
    top = score.max(axis=-1, keepdims=True)
    score -= top
    np.exp(score, out=score)
    return np.log(score.sum(axis=-1)) + top[..., 0]
