"""How many of a sample's reads are another person's?

Where the patient's other samples show the patient to be homozygous, reads of the other allele are errors or another
person's. That person has the other allele once or twice with the chances of DOSE: at a place where the patient is
homozygous for the allele that the reference has not, frequencies p are distributed as p (density 1/p times p^2), so
that E[p^2] = 1/2, E[2p(1-p)] = 1/3. Known common SNPs are alike from either side. The error rate is chosen to the best
of the reads; a place in OUTLIER shows any fraction. Interval: likelihoods within a factor of exp(1.92) of the best
(95 %). The idea is that of ContEst, Cibulskis et al. 2011, doi:10.1093/bioinformatics/btr446.

Limits: one other person; fractions up to MOST, the interval too narrow beyond some 15 %. Without a normal nothing is
said, since an allele that a tumour lost is not the patient's being homozygous. The tumour's copies change the share a
little.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from seriome.dna.identity import Sites, unlinked

DOSE = (1 / 2, 1 / 3, 1 / 6)  # chance that the other person has 0, 1, 2 of the allele that the patient has not
RATES = np.geomspace(5e-5, 5e-3, 20)
MOST = 0.3
OUTLIER = 0.02
HOMOZYGOUS, HOMOZYGOUS_DEPTH = 0.97, 20  # share and reads of the others from which the patient is homozygous
NOT_HET = 0.35  # share of the other allele in the sample itself from which the place is left out
LEAST_SITES, LEAST_READS = 20, 500
CONTAMINATED = 0.02  # lower bound from which it is named


@dataclass(frozen=True)
class Contamination:
    """Share of another person's reads with its 95 % interval; NaN where it is not estimable."""

    value: float
    lower: float
    upper: float
    sites: int
    reads: int


def contamination(sites: Sites, sample: str, others, known: bool = False) -> Contamination:
    """Contamination of a sample, from the places where `others` (of the same person, names) are homozygous.

    known   the places are known SNPs, so that homozygosity for the reference's allele counts as well
    """
    index = {name: n for n, name in enumerate(sites.samples)}
    mine, rest = index[sample], [index[name] for name in others]
    alt, depth = sites.alt[mine], sites.depth[mine]
    theirs, theirs_depth = sites.alt[rest].sum(axis=0), sites.depth[rest].sum(axis=0)
    deep = (theirs_depth >= HOMOZYGOUS_DEPTH) & (depth > 0)
    other = theirs >= HOMOZYGOUS * theirs_depth
    reference = known & (theirs <= (1 - HOMOZYGOUS) * theirs_depth)
    minor = np.where(other, depth - alt, alt)
    at = np.flatnonzero(deep & (other | reference) & (minor < NOT_HET * depth))
    at = at[unlinked(sites.chrom[at], sites.pos[at], depth[at])]
    count, reads = len(at), int(depth[at].sum())
    if count < LEAST_SITES or reads < LEAST_READS:
        return Contamination(np.nan, np.nan, np.nan, count, reads)
    shares = np.concatenate([[0], np.geomspace(1e-4, MOST, 150)])
    curve = np.max([_log_likelihood(minor[at], depth[at], shares, rate) for rate in RATES], axis=0)
    inside = np.flatnonzero(curve >= curve.max() - 1.92)
    return Contamination(
        *(float(shares[one]) for one in (curve.argmax(), inside[0], inside[-1])), sites=count, reads=reads
    )


def _log_likelihood(minor, depth, shares, rate) -> np.ndarray:
    """Of each share (F,), summed over the places."""
    doses = np.arange(3) / 2
    chance = rate + shares[:, None, None] * doses[None, :, None]
    reads = minor * np.log(chance) + (depth - minor) * np.log1p(-chance)
    places = special.logsumexp(reads + np.log(DOSE)[None, :, None], axis=1)
    any_fraction = special.betaln(minor + 1, depth - minor + 1)
    return np.logaddexp(places + np.log1p(-OUTLIER), any_fraction + np.log(OUTLIER)).sum(axis=1)
