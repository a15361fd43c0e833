"""Somatic calling over all samples of a patient, and what each sample says about each variant.

Model. At a position where nothing is real, the reads of an allele are errors: beta-binomial with the sample's error
rate of that type of change and its overdispersion between positions, both estimated from the data (pileup.py) and the
worse of the sample's own and the normal's. Where the allele is real in a sample, its reads are binomial with an unknown
fraction f, all orders of magnitude from 0.001 to 1 alike likely beforehand (log-uniform). It may be absent from any
sample of a patient, so each sample weighs

    log10( 1/2 + 1/2 * P(reads | real) / P(reads | error) )

and the weights of all samples but the normal are added up: weak evidence at three times is strong evidence. A sum of
6.3 or more is taken, MuTect's threshold. By Markov's inequality errors that follow the model pass a threshold T with a
chance of at most 10^-T per allele tested.

Limits: alleles next to each other are taken as independent; a panel of normals and population frequencies count only
where they are given.
Sources: Cibulskis et al. 2013 (MuTect), Nat Biotechnol 31:213, doi:10.1038/nbt.2514; Gerstung et al. 2014 (deepSNV and
beta-binomial errors, shearwater), Bioinformatics 30:1198, doi:10.1093/bioinformatics/btt750; Brown, Cai, DasGupta 2001
(Jeffreys interval), Stat Sci 16:101, doi:10.1214/ss/1009213286
"""

import numpy as np

from seriome.dna.background import FRACTIONS, log_error
from seriome.dna.limits import jeffreys
from seriome.dna.normals import Site
from seriome.dna.pileup import Allele

# Of a panel: carriers of a polymorphism, p above which a site is as others are, overdispersion of a site's own errors
CARRIERS, QUIET, SITE_SPREAD = 2, 1e-3, 1e-3
REPEAT_UNITS, REPEAT_VAF = 8, 0.1  # an indel in such a repeat must reach this fraction
LOW_END, LOW_MAPPING = 5, 30  # medians over the reads of an allele: bases to the end of the read, mapping quality
MORE, SHARED = 0.01, 0.01  # p values, see shared_with_normal
NORMAL_DEPTH = 8  # below it a heterozygous allele may be missed in the normal: 0.5^8 = 0.4 %
GERMLINE_FREE_VAF = 0.95


def beta_binomial_tail(k, n, rate, rho):
    """P(X >= k) of a beta-binomial with mean `rate` and overdispersion `rho` (0: binomial); arrays."""
    from scipy import stats

    k, n, rate, rho = np.broadcast_arrays(k, n, rate, rho)
    rate = np.clip(rate, 1e-12, 1 - 1e-12)
    tail = stats.binom.sf(k - 1, n, rate)
    wide = rho > 1e-7
    if wide.any():
        size = 1 / rho[wide] - 1
        tail = np.array(tail)
        tail[wide] = stats.betabinom.sf(k[wide] - 1, n[wide], rate[wide] * size, (1 - rate[wide]) * size)
    return np.where(k <= 0, 1.0, np.clip(tail, 0.0, 1.0))


def evidence(alt, depth, rate, rho):
    """What one sample weighs for an allele, in powers of ten; arrays of one shape, alt and depth reads.

    0 where there are no reads; never below log10(1/2).
    """
    ratio = log_ratio(alt, depth, rate, rho)
    return np.where(np.isnan(ratio), 0.0, np.logaddexp(np.log(0.5), np.log(0.5) + np.nan_to_num(ratio)) / np.log(10))


def presence(alt, depth, rate, rho):
    """Probability that an allele which is real in the patient is there in a sample, as likely as not beforehand.

    Arrays of one shape; NaN where there are no reads.
    """
    from scipy import special

    return special.expit(log_ratio(alt, depth, rate, rho))


def log_ratio(alt, depth, rate, rho):
    """log P(reads | real, of any fraction) / P(reads | errors); NaN where there are no reads."""
    from scipy import special

    alt, depth, rate, rho = (np.asarray(one, float) for one in np.broadcast_arrays(alt, depth, rate, rho))
    present = np.full(alt.shape, -np.inf)
    for fraction in FRACTIONS:
        chance = np.minimum(fraction + rate * (1 - fraction), 1 - 1e-6)
        present = np.logaddexp(present, special.xlogy(alt, chance) + special.xlog1py(depth - alt, -chance))
    choose = special.gammaln(depth + 1) - special.gammaln(alt + 1) - special.gammaln(depth - alt + 1)
    ratio = present + choose - np.log(len(FRACTIONS)) - log_error(alt, depth, rate, rho)
    # fewer reads than errors alone would give speak against the allele, never for it
    ratio = np.where(alt <= depth * rate, np.minimum(ratio, 0.0), ratio)
    return np.where(depth > 0, ratio, np.nan)


def least_reads(depth, rate, rho, false_rate: float, least: int = 2):
    """The smallest number of reads (at least `least`) that errors reach with a chance of `false_rate` or less."""
    depth, rate, rho = np.broadcast_arrays(np.asarray(depth, float), rate, rho)
    reads = np.full(depth.shape, float(least))
    while True:
        short = (beta_binomial_tail(reads, depth, rate, rho) > false_rate) & (reads <= depth)
        if not short.any():
            return reads.astype(int)
        reads = np.where(short, reads + 1, reads)


def panel_says(one: Allele, tumour, matched: bool, site: Site | None, rate, rho, least: float) -> list[str]:
    """What a panel of normals has against an allele: `panel_of_normals`, or nothing.

    tumour     indexes of the tumour samples;  matched: is there a normal of the patient's own?
    site       what the panel showed of the allele, None: nothing
    rate, rho  of its errors per sample;  least: the evidence that is needed
    Without a matched normal, two carriers in the panel make it a polymorphism. Else reads that errors of its
    kind do not explain are the site's own errors, and what is left of the evidence has to do.
    """
    if site is None or not tumour:
        return []
    if not matched and site.carriers >= CARRIERS:
        return ["panel_of_normals"]
    if beta_binomial_tail(site.reads, site.depth, rate[tumour].max(), rho[tumour].max()) > QUIET:
        return []
    own = (site.reads + 0.5) / (site.depth + 1)
    rate, rho = np.maximum(rate[tumour], own), np.maximum(rho[tumour], SITE_SPREAD)
    left = evidence(one.alt_count[tumour], one.depth[tumour], rate, rho).sum()
    return ["panel_of_normals"] * bool(left < least)


def haematopoietic(one: Allele, plasma, tissue, normal) -> bool:
    """Is an allele that stands in the normal at a low fraction of the blood's own clones?

    plasma, tissue, normal   indexes of samples. It is where plasma shows it about as often as the white cells (their
    95 % intervals meet) and no tissue more often. What tumour leaves in the normal is rarer there than in plasma.
    Source: Razavi et al. 2019, Nat Med 25:1928, doi:10.1038/s41591-019-0652-7
    """
    if normal is None or not len(plasma):
        return False
    lower, upper = jeffreys(one.alt_count, one.depth)
    seen = [i for i in plasma if one.alt_count[i] > 0]
    near = all(lower[i] <= upper[normal] and lower[normal] <= upper[i] for i in seen)
    return bool(seen) and near and not any(lower[i] > upper[normal] for i in tissue)


def shared_with_normal(alt, depth, tumour, normal: int, rate: float, rho: float, trace: float) -> bool:
    """Do the normal's reads of an allele, two at least, say that it is no variant of the tumour?

    alt, depth   reads per sample;  rate, rho: of errors in the normal
    trace        share of the tumour's fraction that tumour in the normal may give
    They do where no tumour sample, nor all together, has it more often by Fisher's exact test (p < MORE); and where
    they are more than errors (beta-binomial) and more than a trace of the tumour's own fraction explain, which is
    Fisher's test against those odds (noncentral hypergeometric), so that neither fraction is taken for known. Both
    p < SHARED.
    """
    from scipy import stats

    own, reads = int(alt[normal]), int(depth[normal])
    if own < 2 or not len(tumour):
        return False
    pairs = [(int(alt[i]), int(depth[i])) for i in tumour]
    pairs.append(tuple(map(sum, zip(*pairs, strict=True))))
    if min(stats.hypergeom.sf(a - 1, n + reads, a + own, n) for a, n in pairs) >= MORE:
        return True
    if beta_binomial_tail(own, reads, rate, rho) >= SHARED:
        return False
    most, of = max(pairs[:-1], key=lambda pair: pair[0] / max(pair[1], 1))
    fraction = min(max(most / max(of, 1), 1e-6), 0.99)
    tolerated = min(trace * fraction + rate, fraction)
    odds = tolerated / (1 - tolerated) * (1 - fraction) / fraction
    return bool(stats.nchypergeom_fisher.sf(own - 1, of + reads, most + own, reads, odds) < SHARED)


def filters_of(one: Allele, tumour, normal, rate, rho, settings: dict, units: int = 1) -> list[str]:
    """Why an allele with evidence is not a somatic variant; empty when nothing speaks against it.

    tumour, normal   indexes of the tumour samples, of the normal (None: without)
    rate, rho        error rate of the change per sample, and its overdispersion
    settings         the config's `dna` section
    units            of the repeat behind an indel
    """
    reasons = []
    alt, depth = one.alt_count, one.depth
    vaf = np.divide(alt, depth, out=np.zeros(len(alt)), where=depth > 0)
    best = max((vaf[i] for i in tumour), default=0.0)
    if alt[tumour].sum() < settings["min_alt_reads"]:
        reasons.append("few_reads")
    if normal is None:
        if _germline_like(alt[tumour], depth[tumour]):
            reasons.append("germline_like")
    elif depth[normal] < NORMAL_DEPTH:
        reasons.append("normal_depth")
    if normal is not None and depth[normal] > 0:
        if vaf[normal] >= settings["germline_vaf"]:
            reasons.append("germline")
        elif shared_with_normal(alt, depth, tumour, normal, rate[normal], rho[normal], settings["tumor_in_normal"]):
            reasons.append("in_normal")
    strands = [int(one.__dict__[name][tumour].sum()) for name in ("ref_forward", "ref_reverse")]
    changed = [int(one.__dict__[name][tumour].sum()) for name in ("alt_forward", "alt_reverse")]
    if strand_biased(*strands, *changed, settings["strand_bias"]):
        reasons.append("strand_bias")
    if len(one.ref) != len(one.alt) and units >= REPEAT_UNITS and best < REPEAT_VAF:
        reasons.append("repeat")
    return reasons


def strand_biased(ref_forward: int, ref_reverse: int, alt_forward: int, alt_reverse: int, p: float) -> bool:
    """Nine of ten reads of the allele on one strand, those of the reference not so (Fisher's exact test below p)."""
    from scipy import stats

    if min(alt_forward, alt_reverse) > 0.1 * (alt_forward + alt_reverse):
        return False
    return bool(stats.fisher_exact([[ref_forward, ref_reverse], [alt_forward, alt_reverse]])[1] < p)


def _germline_like(alt, depth) -> bool:
    """Without a normal: every sample with reads looks heterozygous (its interval holds 1/2) or homozygous."""
    covered = depth >= NORMAL_DEPTH
    if not covered.any():
        return False
    lower, upper = jeffreys(alt[covered], depth[covered])
    het = (lower <= 0.5) & (upper >= 0.5)
    return bool(het.all() or (upper >= GERMLINE_FREE_VAF).all())


def read_filters(carriers) -> list[str]:
    """Filters that look at single reads: `read_end` and `mapping`, by the median over the reads of the allele.

    carriers   pileup.Carrier of each read
    """
    if not carriers:
        return []
    ends, mapping = np.median([(one.to_end, one.mapping_quality) for one in carriers], axis=0)
    return ["read_end"] * bool(ends < LOW_END) + ["mapping"] * bool(mapping < LOW_MAPPING)
