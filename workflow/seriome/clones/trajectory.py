"""Trajectory: each clone's CCF and own share in every sample, in the order of days.

A clone's own share is its CCF less its children's: the cancer cells that are of it and of no descendant. Shares of a
sample add up to 1. They are means over draws from the CCF posteriors, purity's error included, each draw made to obey
the sum rule from the top down (children that exceed their parent are scaled to it).
Source: El-Kebir et al. 2015, doi:10.1093/bioinformatics/btv261 (own shares from CCF and tree).
"""

import numpy as np

from seriome.clones.model import Model
from seriome.clones.tree import ancestors

DRAWS = 400


def shares(model: Model, parent, seed: int):
    """Own share (K, S), and its 95 % bounds; NaN in samples without tumour."""
    clusters, samples = model.ccf.shape
    mean, lower, upper = (np.full((clusters, samples), np.nan) for _ in range(3))
    if not clusters:
        return mean, lower, upper
    depth = [len(ancestors(parent, k)) for k in range(clusters)]
    top_down = sorted(range(clusters), key=lambda k: (depth[k], k))
    children = {k: [c for c in range(clusters) if parent[c] == k] for k in range(clusters)}
    cv = np.nan_to_num(model.purity_error())
    for s in range(samples):
        if not np.isfinite(model.purity[s]):
            continue
        rng = np.random.default_rng([seed, s])
        scale = np.exp(cv[s] * rng.standard_normal(DRAWS))
        ccf, ceiling = np.zeros((clusters, DRAWS)), np.zeros((clusters, DRAWS))
        for k in range(clusters):
            uniform = rng.random(DRAWS)
            drawn = model.grid.fine[
                np.minimum(np.searchsorted(np.cumsum(model.posterior[k, s]), uniform), len(model.grid.fine) - 1)
            ]
            ccf[k] = 1.0 if parent[k] < 0 else np.minimum(drawn * scale, 1)
        present = model.state[:, s] == "measured"
        ceiling[...] = ccf
        counted = np.where(present[:, None], ccf, 0)
        own, own_ceiling = _own(counted, top_down, children), _own(ceiling, top_down, children)
        mean[present, s] = own[present].mean(axis=1)
        lower[:, s], upper[:, s] = np.quantile(np.where(present[:, None], own, own_ceiling), (0.025, 0.975), axis=1)
        lower[~present, s] = 0
    return mean, lower, upper


def _own(ccf, top_down, children):
    """CCF less the children's, after the sum rule was made to hold."""
    ccf = ccf.copy()
    own = np.zeros_like(ccf)
    for k in top_down:
        total = sum((ccf[c] for c in children[k]), np.zeros(ccf.shape[1]))
        shrink = np.where(total > ccf[k], ccf[k] / np.maximum(total, 1e-300), 1)
        for c in children[k]:
            ccf[c] = ccf[c] * shrink
        own[k] = ccf[k] - np.minimum(total, ccf[k])
    return own


def seen_through_descendants(model: Model, parent) -> None:
    """A clone with a detected descendant is there, though its own reads may be too few: mark it measured."""
    for k in range(model.clusters):
        for above in ancestors(parent, k):
            for s in np.flatnonzero((model.state[k] == "measured") & (model.state[above] == "below_lod")):
                model.state[above, s] = "measured"
                model.ccf[above, s] = model.posterior[above, s] @ model.grid.fine
                model.lower[above, s] = model.lower[k, s]
                model.ccf[above, s] = max(model.ccf[above, s], model.lower[above, s])
                model.upper[above, s] = max(model.upper[above, s], model.ccf[above, s])
