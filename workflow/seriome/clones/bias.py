"""Bias: mutations of a clone whose reads are off by one factor in all samples, as where they amplify or map badly.

After a fit, a mutation that fits no clone, or makes one of its own, is looked at again: as one of a clone's, with the
odds of its reads multiplied by a factor that is its own and the same in every sample. The pattern over the samples then
says which clone it is of. It does not take part in the clone's CCF.
Sources of the phenomenon: Degner et al. 2009, doi:10.1093/bioinformatics/btp579 (reference bias of mapping); for
amplicons, the mixtures of Roth et al. 2014, doi:10.1038/nmeth.2883, hold examples.
"""

import numpy as np

from seriome.clones.likelihood import expected_vaf, log_likelihood
from seriome.special import gammaln, logsumexp

SPREAD = 0.5  # standard deviation of the log of the factor
RARE = 0.02  # prior of such a mutation
SAMPLES = 3  # fewer covered samples cannot tell a factor from a clone


def biased(counts, states, data, mixture, ccf, purity, precision) -> dict:
    """{mutation: (cluster, probability)} of those that are of a clone but for a factor.

    ccf (K, S) of the clusters; counts, states, purity of the same S samples as the fit
    """
    member = mixture.memberships(data)
    label = mixture.labels(data)
    sizes = np.bincount(label[label >= 0], minlength=member.shape[1])
    alone = (label >= int(mixture.founder)) & (np.append(sizes, 0)[label] == 1)
    clusters = np.flatnonzero(sizes > 1)
    total = len(label)
    factor = np.exp(np.linspace(-3, 3, 61) * SPREAD)
    weight = -0.5 * (np.log(factor) / SPREAD) ** 2
    weight -= logsumexp(weight)
    found = {}
    for n in np.flatnonzero((label < 0) | alone):
        covered = counts.depth[n] > 0
        if covered.sum() < SAMPLES or not len(clusters):
            continue
        alt, depth = counts.alt[n, covered], counts.depth[n, covered]
        choose = (gammaln(depth + 1.0) - gammaln(alt + 1.0) - gammaln(depth - alt + 1.0)).sum()
        rows = np.flatnonzero((states.mutation == n) & ~states.free)
        score = np.full(len(clusters), -np.inf)
        for place, k in enumerate(clusters):
            for row in rows:
                prior = states.prior[row] if mixture.founder and k == 0 else states.elsewhere[row]
                if not np.isfinite(prior):
                    continue
                cells = (x[row, covered] for x in (states.copies, states.total, states.normal, states.error))
                vaf = expected_vaf(ccf[k, covered], purity[covered], *cells)[:, None]
                vaf = vaf * factor / (1 - vaf + vaf * factor)
                like = log_likelihood(alt[:, None], depth[:, None], vaf, precision).sum(axis=0)
                score[place] = np.logaddexp(score[place], prior + logsumexp(like + weight))
            score[place] += np.log(sizes[k] / total)
        score += np.log(RARE)
        if label[n] < 0:
            against = np.log(max(mixture.out.sum(), 1.0) / total) + data.outlier[n] + choose
        else:  # a clone of its own: any CCF in each sample, at a size of one
            own = rows_evidence(data, mixture, n)
            against = own + choose - np.log(total)
        if score.max() > against:
            chances = np.exp(score - logsumexp(np.append(score, against)))
            best = int(chances.argmax())
            found[int(n)] = (int(clusters[best]), float(chances[best]))
    return found


def rows_evidence(data, mixture, n) -> float:
    """Log evidence of mutation n as a clone of its own: the mean likelihood over its CCFs, uniform."""
    rows = np.flatnonzero(data.mutation == n)
    like = data.like[rows].reshape(len(rows), data.samples, -1).astype(float)
    root = np.linspace(0, 1, like.shape[2])
    weight = np.log(np.maximum(root, root[1] / 4) / np.maximum(root, root[1] / 4).sum())  # even in CCF
    each = logsumexp(like + weight, axis=2).sum(axis=1) + data.height[rows] + data.elsewhere[rows]
    return float(logsumexp(each[np.isfinite(each)])) if np.isfinite(each).any() else -np.inf
