"""Damage: mismatches by what the molecule was before PCR, which tells old tissue and oxidation from sequencing errors.

In a pair, read 1 is of the strand that was sequenced first. A base damaged on one strand before PCR shows in
every pair of that strand and in none of the other; seen from read 1 it is one change (deaminated C: C>T; oxidised G:
G>T) and never its complement (G>A, C>A). Errors of the sequencer make both alike. The excess of a change over its
complement is therefore damage. Positions where any allele has 5 % or more, real ones, are left out.

Source: Costello et al. 2013 (oxidation of G and its orientation), Nucleic Acids Res 41:e67, doi:10.1093/nar/gks1443;
Do and Dobrovic 2015 (deamination in old blocks), Clin Chem 61:64, doi:10.1373/clinchem.2014.223040
"""

import numpy as np

BASES = "ACGT"
REAL = 0.05
LEAST = 10_000  # bases of a kind, either way, below which nothing is said of it
COLUMNS = ["change", "bases", "mismatches", "rate", "excess", "lower", "upper"]
DEAMINATION, OXIDATION = "C>T", "G>T"


def damage(bam, genome, regions, min_base_quality: int, min_mapping_quality: int) -> list[dict]:
    """Mismatches of each of the twelve changes, seen from read 1, in pairs that face each other.

    regions  rows (chrom, start, end, ...), 0-based half-open
    Returns  rows of COLUMNS: bases, mismatches: reads; rate: per base; excess: rate less that of the complement, with
             its 95 % interval (normal approximation of two Poisson counts); None below LEAST bases
    """
    import pysam

    seen = np.zeros((4, 4))  # reference base, base of read 1's strand
    with pysam.AlignmentFile(str(bam), "rb") as file, pysam.FastaFile(str(genome)) as fasta:
        for chrom, start, end, *_ in regions:
            text = fasta.fetch(chrom, start, end).upper()
            reference = np.array([BASES.find(base) for base in text])
            both = [
                np.array(
                    file.count_coverage(
                        *(chrom, start, end),
                        quality_threshold=min_base_quality,
                        read_callback=lambda read, forward=forward: (
                            _facing(read) == forward and read.mapping_quality >= min_mapping_quality
                        ),
                    )
                )
                for forward in (True, False)
            ]  # (4, L) each
            counts = both[0] + both[1]
            depth = counts.sum(axis=0)
            own = np.where(reference >= 0, np.take_along_axis(counts, np.maximum(reference, 0)[None], axis=0)[0], 0)
            kept = (reference >= 0) & (depth > 0) & ((depth - own) < REAL * depth)
            for base in range(4):
                here = kept & (reference == base)
                seen[base] += both[0][:, here].sum(axis=1)
                seen[3 - base] += both[1][::-1, here].sum(axis=1)  # ACGT reversed is its complement
    return rows(seen)


def _facing(read) -> bool | None:
    """True: read 1 forward and read 2 reverse; False: the other way round; None: neither, or a duplicate."""
    if read.flag & 0xF0C or not read.flag & 0x2 or bool(read.flag & 0x10) == bool(read.flag & 0x20):
        return None
    return bool(read.flag & 0x40) != bool(read.flag & 0x10)


def rows(seen) -> list[dict]:
    """Rows of COLUMNS from counts (4, 4): reference base, base, both seen from read 1's strand, in the order ACGT."""
    found, total = [], seen.sum(axis=1)
    for base in range(4):
        for other in range(4):
            if base == other:
                continue
            row = {"change": f"{BASES[base]}>{BASES[other]}", "bases": int(total[base])}
            row["mismatches"] = int(seen[base, other])
            row |= dict.fromkeys(("rate", "excess", "lower", "upper"))
            if min(total[base], total[3 - base]) >= LEAST:
                mine, theirs = seen[base, other], seen[3 - base, 3 - other]
                rate, against = mine / total[base], theirs / total[3 - base]
                half = 1.96 * np.sqrt(mine / total[base] ** 2 + theirs / total[3 - base] ** 2)
                excess = rate - against
                row |= {"rate": rate, "excess": excess, "lower": excess - half, "upper": excess + half}
            found.append(row)
    return found


def scores(found: list[dict]) -> dict:
    """For the quality of a sample: excess per base of deamination and of oxidation, None where nothing is said."""
    excess = {row["change"]: row["excess"] for row in found}
    return {"deamination": excess[DEAMINATION], "oxidation": excess[OXIDATION]}
