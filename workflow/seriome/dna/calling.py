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

Limits: error rates do not know their sequence context; alleles next to each other are taken as independent; a panel of
normals and population frequencies count only where they are given.
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
    from scipy import stats

    alt, depth, rate, rho = (np.asarray(one, float) for one in np.broadcast_arrays(alt, depth, rate, rho))
    present = np.full(alt.shape, -np.inf)
    for fraction in FRACTIONS:
        chance = np.minimum(fraction + rate * (1 - fraction), 1 - 1e-6)
        present = np.logaddexp(present, stats.binom.logpmf(alt, depth, chance))
    ratio = present - np.log(len(FRACTIONS)) - log_error(alt, depth, rate, rho)
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


def repeat_units(fasta, chrom: str, pos: int, ref: str, alt: str) -> int:
    """How many units of one to three bases stand in a row at an indel (1-based anchor `pos`); 1 where none repeat."""
    start = max(0, pos - 1)
    after = fasta.fetch(chrom, start + 1, min(start + 61, fasta.get_reference_length(chrom))).upper()
    changed = (ref if len(ref) > len(alt) else alt)[1:]
    most = 1
    for length in (1, 2, 3):
        unit = after[:length]
        if len(changed) % length or changed != unit * (len(changed) // length):
            continue
        count = 0
        while after[count * length : (count + 1) * length] == unit and len(unit) == length:
            count += 1
        most = max(most, count)
    return most


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


def filters_of(one: Allele, tumour, normal, rate, settings: dict, units: int = 1) -> list[str]:
    """Why an allele with evidence is not a somatic variant; empty when nothing speaks against it.

    tumour, normal   indexes of the tumour samples, of the normal (None: without)
    rate             error rate of the change per sample
    settings         the config's `dna` section
    """
    from scipy import stats

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
        else:
            tolerated = settings["tumor_in_normal"] * best + rate[normal]
            if alt[normal] >= 2 and stats.binom.sf(alt[normal] - 1, depth[normal], tolerated) < 0.01:
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


def reads_of(bam, one: Allele, min_base_quality: int, min_mapping_quality: int, most: int = 300) -> list[tuple]:
    """(bases to the nearest end of the aligned part, mapping quality) of up to `most` reads that carry the allele."""
    found, size = [], len(one.alt) - len(one.ref)
    columns = bam.pileup(
        *(one.chrom, one.pos - 1, one.pos),
        **{"truncate": True, "stepper": "all", "min_base_quality": 0, "ignore_overlaps": False, "max_depth": 1_000_000},
        min_mapping_quality=min_mapping_quality,
    )
    for column in columns:
        for read in column.pileups:
            record, at = read.alignment, read.query_position
            if at is None or record.is_duplicate:
                continue
            if size == 0:
                end = at + len(one.alt)
                if record.query_sequence[at:end] != one.alt or record.query_qualities[at] < min_base_quality:
                    continue
            elif read.indel != size:
                continue
            nearest = min(at - record.query_alignment_start, record.query_alignment_end - 1 - at)
            found.append((nearest, record.mapping_quality))
            if len(found) >= most:
                return found
    return found


def read_filters(found) -> list[str]:
    """Filters that look at single reads: `read_end` and `mapping`, by the median over the reads of the allele."""
    if not found:
        return []
    ends, mapping = np.median(np.array(found), axis=0)
    return ["read_end"] * bool(ends < LOW_END) + ["mapping"] * bool(mapping < LOW_MAPPING)


def haplotypes(bam, chrom: str, pos: int, length: int, min_base_quality: int, min_mapping_quality: int) -> dict:
    """{bases: [forward, reverse]} of the fragments that cover `length` bases from `pos` (1-based) without a gap.

    A fragment whose mates both cover them counts once, by the mate met first.
    """
    counts, seen = {}, set()
    columns = bam.pileup(
        *(chrom, pos - 1, pos),
        **{"truncate": True, "stepper": "all", "min_base_quality": 0, "ignore_overlaps": False, "max_depth": 1_000_000},
        min_mapping_quality=min_mapping_quality,
    )
    for column in columns:
        for read in column.pileups:
            record, at = read.alignment, read.query_position
            if at is None or record.is_duplicate or record.query_name in seen or read.indel:
                continue
            if at + length > record.query_alignment_end:
                continue
            if record.get_reference_positions(full_length=True)[at + length - 1] != pos + length - 2:
                continue
            if min(record.query_qualities[at : at + length]) < min_base_quality:
                continue
            seen.add(record.query_name)
            bases = record.query_sequence[at : at + length]
            counts.setdefault(bases, [0, 0])[record.is_reverse] += 1
    return counts


def runs_of_neighbours(alleles) -> list[list]:
    """Single-base changes at positions next to each other, as lists of two or more."""
    runs = []
    for one in alleles:
        if not one.snv:
            continue
        if runs and runs[-1][-1].chrom == one.chrom and runs[-1][-1].pos == one.pos - 1:
            runs[-1].append(one)
        else:
            runs.append([one])
    return [run for run in runs if len(run) > 1]


def merged_neighbours(run, bams, settings: dict, linked: float = 0.8):
    """One allele for neighbouring changes that stand on the same reads, or None when they do not.

    run     alleles at positions next to each other
    bams    open alignment files, one per sample, None where there is none
    linked  share of the fragments with any of the changes that must have all, at the sample with most of them
    """
    first, length = run[0], len(run)
    ref, alt = "".join(one.ref for one in run), "".join(one.alt for one in run)
    limits = settings["min_base_quality"], settings["min_mapping_quality"]
    found = [{} if bam is None else haplotypes(bam, first.chrom, first.pos, length, *limits) for bam in bams]
    best = max(found, key=lambda counts: sum(counts.get(alt, (0, 0))))
    some = sum(sum(n) for bases, n in best.items() if any(b == a for b, a in zip(bases, alt, strict=True)))
    if not some or sum(best.get(alt, (0, 0))) < linked * some:
        return None
    strands = [np.array([counts.get(bases, (0, 0))[i] for counts in found]) for bases in (ref, alt) for i in (0, 1)]
    depth = np.array([sum(sum(n) for n in counts.values()) for counts in found])
    return Allele(first.chrom, first.pos, ref, alt, *strands, depth)
