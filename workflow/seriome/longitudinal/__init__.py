"""Change over time, for any assay whose values are on a log2 scale: genes, proteins, metabolites, programmes.

A stage hands over a matrix and gets tables back; nothing here knows what a row is.

    values  float64 (features, samples), log2; NaN where there is no value (below the limit, not measured)
    errors  float64, the same shape: standard error of each value as a measurement of its sample (counting,
            inferential, replicate injections), without what differs from one piece of tissue to the next; 0 where
            it is not known
    samples one row per column of the matrix, in its order: sample, patient, day, specimen, site, phase, batch

Change within one patient (`change`):

    variance = within_variance(values, errors, design)   # once over the cohort: what two samples of one patient in
                                                         # one phase differ by, borrowed from all features
    table = changes(values, errors, samples, variance)   # late against early, one row per feature and pair

    `estimate` with `error`, `lower`, `upper` is the difference as measured: read it for one feature that was chosen
    beforehand, and hand it on to other models. `shrunken` with its interval and `lfsr` is for lists sorted by size,
    where the largest of thousands are large by chance too. Without a variance (too few repeated samples) a change
    has no interval and says so.

Over the cohort (`mixed`, `design`):

    plan = plan_of(samples, fixed=["phase"], batch=True)          # columns, and which batches can be told apart
    weights = precision(errors, variance)                         # 1 / (biological + measured variance)
    fit = mixed_model(values, plan.matrix, samples["patient"], weights)
    table = contrasts(fit, plan)                                  # one row per feature and coefficient, with BH

Both at once, from feature tables (`compared`): what proteome and metabolome do.

`~ phase + (1|patient)` by REML, degrees of freedom by Satterthwaite: agrees with lme4 and lmerTest to a millionth.
A batch that is confounded with the phase is not taken out: `plan.told` says which, and why.
"""

from .change import changes, pairs_of, together_of
from .compare import compared
from .design import Plan, plan_of
from .mixed import adjusted, contrasts, mixed_model
from .moderate import squeeze
from .shrink import shrink
from .variance import Variance, precision, within_variance

__all__ = [
    "Plan", "Variance", "adjusted", "changes", "compared", "contrasts", "mixed_model", "pairs_of", "plan_of",
    "precision", "shrink", "squeeze", "together_of", "within_variance",
]  # fmt: skip
