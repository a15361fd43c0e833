"""Heterozygous SNPs of a patient, found in the normal, and the reads of both alleles in every sample.

Positions are 1-based, as in VCF.
"""

import tempfile
from pathlib import Path

import numpy as np

from seriome.dna.background import overdispersion
from seriome.dna.pileup import base_counts

HET_COLUMNS = ["chrom", "pos", "ref", "alt", "ref_count", "alt_count"]
ALLELE_COLUMNS = ["chrom", "pos", "ref_count", "alt_count"]
LEAST_DEPTH, THIRD = 20, 0.02  # reads in the normal; share of reads of a third allele from which the place is noisy
WIDE = 3.0  # standard deviations from one half, precision EXPECTED, within which a place counts as heterozygous
EXPECTED = 150.0
FEWEST, LEAST_PRECISION, MOST_PRECISION = 20, 50.0, 1000.0


def heterozygous(bam, genome, regions, settings: dict) -> list[dict]:
    """Rows of HET_COLUMNS: places in the regions (BED) where the normal has two alleles about equally often."""
    rows = []
    for chrom, pos, ref, counts in base_counts(bam, genome, regions, settings):
        depth = sum(counts.values())
        alt = max((base for base in counts if base != ref), key=lambda base: (counts[base], base), default=None)
        if alt is None or depth < LEAST_DEPTH:
            continue
        share = counts[alt] / depth
        third = depth - counts[alt] - counts.get(ref, 0)
        near = abs(share - 0.5) <= WIDE * np.sqrt(0.25 * (1 / depth + 1 / EXPECTED))
        if near and third <= THIRD * depth:
            found = {"chrom": chrom, "pos": pos, "ref": ref, "alt": alt}
            rows.append(found | {"ref_count": counts.get(ref, 0), "alt_count": counts[alt]})
    return rows


def alleles(bam, genome, hets, settings: dict) -> list[dict]:
    """Rows of ALLELE_COLUMNS: reads of both alleles at each heterozygous place, 0 and 0 where none lies.

    hets  rows of HET_COLUMNS
    """
    seen = {}
    if hets:
        with tempfile.TemporaryDirectory() as folder:
            bed = Path(folder) / "hets.bed"
            bed.write_text("".join(f"{row['chrom']}\t{int(row['pos']) - 1}\t{row['pos']}\n" for row in hets))
            seen = {(chrom, pos): counts for chrom, pos, _, counts in base_counts(bam, genome, bed, settings)}
    rows = []
    for row in hets:
        counts = seen.get((row["chrom"], int(row["pos"])), {})
        found = {"chrom": row["chrom"], "pos": row["pos"]}
        rows.append(found | {f"{key}_count": counts.get(row[key], 0) for key in ("ref", "alt")})
    return rows


def noise_of(alt, depth) -> tuple[float, float]:
    """(bias, precision) of allele counts where both alleles are equal, from the normal's heterozygous places.

    bias       share of the changed allele's reads, under 1/2 where reads of the reference map better
    precision  of the beta-binomial, by moments: var(alt) = n b (1 - b) (1 + (n - 1) / (precision + 1)); EXPECTED where
               fewer than FEWEST places tell
    """
    alt, depth = np.asarray(alt, float), np.asarray(depth, float)
    if len(alt) < FEWEST:
        return 0.5, EXPECTED
    bias = float(np.clip(alt.sum() / depth.sum(), 0.4, 0.6))
    rho = max(overdispersion(alt, depth, bias), 1e-9)
    return bias, float(np.clip(1 / rho - 1, LEAST_PRECISION, MOST_PRECISION))
