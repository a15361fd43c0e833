"""Neighbours: what else stands on the reads of an allele.

Single-base changes beside each other on the same reads are one variant. An allele whose reads all show another change
that the normal shows too, at a fraction no inherited allele has, stands on a copy from elsewhere in the genome, or on a
contaminant, that the aligner placed here: it is no mutation. Positions are 1-based, as in VCF.

Source: Li 2014 (artefacts from copies that the reference lacks), Bioinformatics 30:2843,
doi:10.1093/bioinformatics/btu356
"""

from bisect import bisect_left, bisect_right

import numpy as np

from seriome.dna.pileup import Allele, Carrier

REACH = 150  # bases within which alleles can share a read
COMPANION_READS = 2  # reads of a normal from which a neighbour is none of the tumour's
LINKED, FEWEST = 0.9, 3  # share of the reads of an allele, and reads, that must show the neighbour


def columns(bam, chrom: str, pos: int, min_mapping_quality: int):
    """(read, base of the read at `pos`) of the reads that cover it and are no duplicates, as pysam.PileupRead."""
    found = bam.pileup(
        *(chrom, pos - 1, pos),
        **{"truncate": True, "stepper": "all", "min_base_quality": 0, "ignore_overlaps": False, "max_depth": 1_000_000},
        min_mapping_quality=min_mapping_quality,
    )
    for column in found:
        for read in column.pileups:
            if read.query_position is not None and not read.alignment.is_duplicate:
                yield read, read.query_position


def carriers(bam, one: Allele, min_base_quality: int, min_mapping_quality: int, most: int = 300) -> list[Carrier]:
    """Up to `most` reads that carry an allele which is as long as the reference."""
    found = []
    for read, at in columns(bam, one.chrom, one.pos, min_mapping_quality):
        record, end = read.alignment, at + len(one.alt)
        if record.query_sequence[at:end] != one.alt or record.query_qualities[at] < min_base_quality:
            continue
        nearest = min(at - record.query_alignment_start, record.query_alignment_end - 1 - at)
        found.append(Carrier(record.query_name, nearest, record.mapping_quality))
        if len(found) >= most:
            break
    return found


def companions(alleles, normal: int | None, germline_vaf: float) -> dict[str, list[Allele]]:
    """{chrom: single-base changes in order that the normal shows, COMPANION_READS or more, below `germline_vaf`}."""
    found = {}
    for one in alleles:
        if normal is not None and one.snv:
            reads, depth = one.alt_count[normal], one.depth[normal]
            if reads >= COMPANION_READS and reads < germline_vaf * depth:
                found.setdefault(one.chrom, []).append(one)
    return {chrom: sorted(ones, key=lambda one: one.pos) for chrom, ones in found.items()}


def of_another_copy(bam, one: Allele, carriers, others, min_mapping_quality: int) -> bool:
    """Do the reads of an allele show a change that the normal shows too?

    carriers   of the allele, in this file;  others: of its contig, as `companions` gives them
    """
    names = {carrier.name for carrier in carriers}
    places = [other.pos for other in others]
    for other in others[bisect_left(places, one.pos - REACH) : bisect_right(places, one.pos + REACH)]:
        if other.pos == one.pos:
            continue
        seen = {}
        for read, at in columns(bam, one.chrom, other.pos, min_mapping_quality):
            if read.alignment.query_name in names:
                shown = read.alignment.query_sequence[at] == other.alt
                seen[read.alignment.query_name] = seen.get(read.alignment.query_name, False) or shown
        if len(seen) >= max(FEWEST, len(names) / 2) and sum(seen.values()) >= LINKED * len(seen):
            return True
    return False


def haplotypes(bam, chrom: str, pos: int, length: int, min_base_quality: int, min_mapping_quality: int) -> dict:
    """{bases: [forward, reverse]} of the fragments that cover `length` bases from `pos` (1-based) without a gap.

    A fragment whose mates both cover them counts once, by the mate met first.
    """
    counts, seen = {}, set()
    for read, at in columns(bam, chrom, pos, min_mapping_quality):
        record = read.alignment
        if record.query_name in seen or read.indel or at + length > record.query_alignment_end:
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
