"""Copy states: the whole copies of both alleles that a segment may have in a cancer cell, and what reads they give.

Equations (Van Loo et al. 2010, ASCAT, PNAS 107:16910, doi:10.1073/pnas.1009843107). Of a segment with A and B copies
per cancer cell, n = A + B, in a sample of purity p whose cancer cells have P copies on average:

    log2 ratio           log2( (p n + 2 (1 - p)) / (p P + 2 (1 - p)) )
    share of allele A    (p A + 1 - p) / (p n + 2 (1 - p))

Before data, copies are the likelier the fewer steps they are from one of each allele or, where the genome doubled, from
two of each (the ambiguity of the two is that of Carter et al. 2012, ABSOLUTE, Nat Biotechnol 30:413,
doi:10.1038/nbt.2203).
"""

import numpy as np

RHO = np.concatenate(
    [np.geomspace(0.002, 0.05, 14), np.arange(0.06, 0.2, 0.02), np.arange(0.2, 1.0001, 0.0125)]
)  # purities
MOST = 7  # copies of both alleles together; more is beyond the table and counts as deviating
MAJOR, MINOR = np.array([(n - b, b) for n in range(MOST + 1) for b in range(n // 2 + 1)]).T
TOTAL = MAJOR + MINOR
CHANGE = ((0.03, 1 / 3), (0.2, 1 / 3), (0.5, 1 / 3))  # share of segments that changed, chance of it
AGAIN = ((0.02, 0.03), (0.2, 0.47), (0.45, 0.5))  # the same after a doubling
FLOOR = 0.03  # copies that stray reads show where none is left


def prior_of_copies(doubled: bool) -> list[tuple[float, np.ndarray]]:
    """Priors of the copies of a segment, (log weight, (K,) probabilities) for each of several rates of change.

    A change is less likely by a factor of 4 with each copy more or fewer than one of each allele; loss of one parent's
    copy with a copy of the other is likelier than that. A doubled genome changed so first, then doubled, then changed
    again. How much of a genome changed differs between tumours: the reads choose the rates. That nothing changed after
    a doubling is held unlikely, for then nothing tells of the doubling.
    """
    found = []
    steps = np.abs(MAJOR - 1) + np.abs(MINOR - 1)
    weight = np.where(steps > 0, 4.0**-steps, 0)
    weight[(MAJOR == 2) & (MINOR == 0)] *= 2
    for rate, chance in CHANGE:
        first = rate * weight / weight.sum() + (1 - rate) * (steps == 0)
        if not doubled:
            found.append((float(np.log(chance)), first))
            continue
        apart = np.abs(MAJOR - 2 * MAJOR[:, None]) + np.abs(MINOR - 2 * MINOR[:, None])  # (before, after)
        late = np.where(apart > 0, 4.0**-apart, 0)
        late /= late.sum(axis=1, keepdims=True)
        for again, odds in AGAIN:
            prior = first @ ((1 - again) * (apart == 0) + again * late)
            found.append((float(np.log(chance * odds)), prior))  # what is beyond the table is lost to it
    return found


def expected_ratio(purity, ploidy, total):
    """Log2 ratio of a segment with `total` copies per cancer cell; arrays that broadcast."""
    cells = purity * total + 2 * (1 - purity)
    return np.log2(np.maximum(cells, FLOOR) / (purity * ploidy + 2 * (1 - purity)))


def expected_imbalance(purity, major, minor):
    """Share of the major allele, less 1/2; 0 where no copy is left at all."""
    cells = np.asarray(purity * (major + minor) + 2 * (1 - purity), float)
    return np.divide(purity * (major - minor) / 2, cells, out=np.zeros_like(cells), where=cells > 1e-9)


def total_copies(ratio, purity, ploidy):
    """Copies per cancer cell, not rounded, from a log2 ratio: `expected_ratio` solved for `total`."""
    return (2.0**ratio * (purity * ploidy + 2 * (1 - purity)) - 2 * (1 - purity)) / purity
