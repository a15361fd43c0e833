"""Likelihood: the reads of a mutation in a sample, given the cancer cell fraction (CCF) that carries it.

    VAF = purity * copies * CCF / (purity * tumour_cn + (1 - purity) * normal_cn)

The reads with the mutation are binomial, or beta-binomial where reads scatter more than chance.
Sources: McGranahan et al. 2015, doi:10.1126/scitranslmed.aaa1408 (the formula); Roth et al. 2014,
doi:10.1038/nmeth.2883 (beta-binomial reads, copy states summed over); Gillis and Roth 2020,
doi:10.1186/s12859-020-03919-2 (CCF on a grid).
"""

from dataclasses import dataclass

import numpy as np

from seriome.errors import require
from seriome.special import betaln, gammaln, xlog1py, xlogy

POINTS = 96  # of the grid that likelihoods are computed on
REFINE = 8  # times finer, between those points, the grid that posteriors are summed on
AT_ZERO, AT_ONE = 0.2, 0.1  # prior mass of a clone that is absent from a sample, or in every cancer cell of it: half
BESIDE = (1e-4, 0.02)  # of it exactly, half at a distance of this range, even in its logarithm: nearly is not quite


@dataclass(frozen=True)
class Counts:
    """Reads of N mutations in S samples. depth 0 is not covered. Every array is (N, S), whole numbers."""

    mutations: tuple
    samples: tuple
    alt: np.ndarray
    depth: np.ndarray

    def __post_init__(self):
        require((self.alt >= 0) & (self.alt <= self.depth), "0 <= alt <= depth", self.alt, self.depth)


class Grid:
    """CCF from 0 to 1 in equal steps of its square root: fine where clones are small.

    ccf    (G,) the points likelihoods are computed on;  fine  (F,) the points posteriors live on
    up     (F, G) cubic interpolation from the first to the second, linear in the log likelihood
    prior  (F,) log prior: uniform in CCF, with more mass at and beside 0 and 1
    """

    def __init__(self, points=POINTS, refine=REFINE):
        root = np.linspace(0, 1, points)
        fine = np.linspace(0, 1, (points - 1) * refine + 1)
        self.ccf, self.fine, self.refine = root**2, fine**2, refine
        self.up = _cubic(points, refine)
        width = fine.copy()
        width[-1] /= 2
        width[0] = fine[1] / 8  # the strip between 0 and half a step
        prior = (1 - AT_ZERO - AT_ONE) * width / width.sum()
        for mass, end, away in ((AT_ZERO, 0, self.fine), (AT_ONE, -1, 1 - self.fine)):
            prior[end] += mass / 2
            beside = np.where((away >= BESIDE[0]) & (away <= BESIDE[1]), width / np.maximum(away, BESIDE[0]), 0)
            prior += mass / 2 * beside / beside.sum()
        self.prior = np.log(prior)


def grid_for(counts: Counts) -> Grid:
    """A grid as fine as the reads of one sample together can tell CCFs apart."""
    reads = float(counts.depth.sum(axis=0).max(initial=0))
    return Grid(refine=4 if reads < 1e5 else 8 if reads < 2e6 else 16)


def _cubic(points: int, refine: int) -> np.ndarray:
    """Catmull-Rom weights; beyond the ends the line is drawn on."""
    last = points - 1
    row = np.arange(last * refine + 1)
    left = np.minimum(row // refine, last - 1)
    x = row / refine - left
    up = np.zeros((len(row), points + 2))  # columns -1 ... points
    weights = (
        (-x + 2 * x**2 - x**3) / 2,
        (2 - 5 * x**2 + 3 * x**3) / 2,
        (x + 4 * x**2 - 3 * x**3) / 2,
        (x**3 - x**2) / 2,
    )
    for column, weight in enumerate(weights):
        up[row, left + column] = weight
    up[:, 1] += 2 * up[:, 0]
    up[:, 2] -= up[:, 0]
    up[:, -2] += 2 * up[:, -1]
    up[:, -3] -= up[:, -1]
    return up[:, 1:-1]


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
    fixed = choose - gammaln(depth + precision) + gammaln(precision)  # a + b is the precision
    return gammaln(alt + a) + gammaln(depth - alt + b) - gammaln(a) - gammaln(b) + fixed


def tensor(counts: Counts, states, purity, grid: Grid, precision=None) -> np.ndarray:
    """Log likelihood of every row of `states` (R) in every sample at every point, (R, S, G) float32, less its constant.

    0 where a mutation is not covered. What does not depend on the CCF nor on the state (log choose) is left out, since
    it cancels everywhere; `outlier` leaves it out too.
    purity     (S,);  precision  of beta-binomial reads, None is binomial
    """
    rows, samples = states.copies.shape
    out = np.zeros((rows, samples, len(grid.ccf)), np.float32)
    alt, depth = counts.alt[states.mutation], counts.depth[states.mutation]
    for s in range(samples):
        kinds, kind = np.unique(
            np.column_stack([states.copies[:, s], states.total[:, s], states.normal[:, s], states.error[:, s]]),
            axis=0,
            return_inverse=True,
        )
        for one, (copies, total, normal, error) in enumerate(kinds):
            mine = np.flatnonzero((kind.ravel() == one) & (depth[:, s] > 0))
            choices = [copies] if copies > 0 else range(1, int(-copies) + 1)  # negative: any number up to it
            curves = [
                _curves(
                    alt[mine, s], depth[mine, s], expected_vaf(grid.ccf, purity[s], m, total, normal, error), precision
                )
                for m in choices
            ]
            if len(curves) > 1:
                top = np.maximum.reduce(curves)
                curves = [top + np.log(np.mean([np.exp(one - top) for one in curves], axis=0))]
            out[mine, s] = curves[0]
    return out


def _curves(alt, depth, vaf, precision):
    """(n, G): log likelihood of n mutations at the VAF of each grid point, without log choose."""
    alt, ref = alt[:, None].astype(float), (depth - alt)[:, None].astype(float)
    if precision is None:
        return alt * np.log(vaf) + ref * np.log1p(-vaf)
    a, b = vaf * precision, (1 - vaf) * precision
    fixed = gammaln(a) + gammaln(b) - gammaln(precision)
    return gammaln(alt + a) + gammaln(ref + b) - gammaln(alt + ref + precision) - fixed


def outlier(counts: Counts) -> np.ndarray:
    """(N,) log likelihood, summed over samples, of reads whose VAF is anything from 0 to 1; without log choose."""
    alt, ref = counts.alt.astype(float), (counts.depth - counts.alt).astype(float)
    return betaln(alt + 1, ref + 1).sum(axis=1)


def log_evidence(curves, grid: Grid):
    """Log evidence of clusters whose summed log likelihoods on the fine grid are `curves` (..., F)."""
    mass, top = likelihoods(curves, grid)
    return np.log(mass.sum(axis=-1), dtype=float) + top


def posteriors(curves, grid: Grid):
    """Of clusters as in `log_evidence`: probability of each point (..., F), float32, and the log evidence (...)."""
    mass, top = likelihoods(curves, grid)
    total = mass.sum(axis=-1)
    mass /= total[..., None]
    return mass, np.log(total, dtype=float) + top


def interval(posterior, grid: Grid, mass=0.95):
    """Mean and equal-tailed credible bounds of CCF posteriors (..., F)."""
    below = np.cumsum(posterior, axis=-1)
    tail = (1 - mass) / 2
    lower = grid.fine[np.argmax(below >= tail - 1e-12, axis=-1)]
    upper = grid.fine[np.argmax(below >= 1 - tail - 1e-12, axis=-1)]
    return posterior @ grid.fine, lower, upper


def likelihoods(curves, grid):
    """(..., F) float32 likelihood times prior, less its top, and the log of that top (...)."""
    score = curves + grid.prior
    top = score.max(axis=-1, keepdims=True)
    score -= top
    mass = score.astype(np.float32)
    return np.exp(mass, out=mass), top[..., 0]
