"""Microsatellite instability: do short repeats have other lengths in a sample than in the patient's normal?

Mismatch repair keeps the lengths of homopolymers and short tandem repeats; without it they wander. Repeats of the
reference are found within the regions of the calling; at each, the length in every fragment is counted per sample. A
locus is unstable in a sample where its lengths differ from the matched normal's (chi-squared of the two rows of counts,
Benjamini-Hochberg over the sample's loci) and at least SHIFT of its fragments moved; the score is the share of loci
that are. The matched normal carries the patient's own alleles, so that inherited lengths do not count.

Without a matched normal a pool of normals of the same kit can stand in: at each locus the share of fragments away from
the pool's usual length, and how much it varies between the normals (beta-binomial, by moments), say how rare the
sample's share is. Loci where any of the normals has another allele are left out, yet a rare inherited allele of the
patient looks like instability there: the pool's floor is above zero.

Assumes  normal and tumour came from one protocol: polymerase slippage of the library has lengths of its own
Limits   a read must span the repeat, so that long expansions are not seen; where fewer than SHIFT of the fragments
         are from tumour cells nothing is unstable: a score from a sample of low purity is a lower bound
Sources  test per locus and score: Niu et al. 2014 (MSIsensor), Bioinformatics 30:1015,
         doi:10.1093/bioinformatics/btt755; a baseline of normals: Salipante et al. 2014 (mSINGS), Clin Chem 60:1192,
         doi:10.1373/clinchem.2014.223677
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from seriome.dna.calling import beta_binomial_tail
from seriome.dna.limits import detection_limit, jeffreys
from seriome.errors import InputError
from seriome.files import read_tsv, write_tsv

LEAST_UNITS = {1: 10, 2: 5, 3: 5, 4: 5, 5: 5}  # repeats from which a locus counts, by bases of its unit (MSIsensor's)
LONGEST = 50  # bases of the longest locus: a read has to span it
FLANK = 5  # aligned bases that a read must show on each side
SHIFT = 0.05  # share of fragments (total variation distance) below which a difference, however sure, is no instability
FDR = 0.05
LEAST_COUNT = 5  # fragments of both samples together that a length needs for a column of its own in the test
ALLELE = 0.25  # share of the normal's fragments from which a length is one of its alleles
LEAST_NORMALS = 5  # of a pool, at a locus
POLYMORPHIC = 0.3  # share of a normal's fragments away from the pool's length: another allele
LOCUS_COLUMNS = ["chrom", "start", "end", "unit", "lengths"]
DETAIL_COLUMNS = ["sample", "chrom", "start", "end", "unit", "depth", "p", "shift", "unstable"]
SCORE_COLUMNS = ["sample", "loci", "tested", "unstable", "score", "lower", "upper", "lod", "state", "against", "reason"]


def find_loci(text: str) -> list[tuple[int, int, str]]:
    """Repeats of a sequence: (start, end, unit), 0-based half-open, sorted; of overlapping ones the first stays.

    Longest runs in which each base equals the one a unit before, with LEAST_UNITS whole units, up to LONGEST bases.
    """
    codes = np.frombuffer(text.upper().encode("ascii"), np.uint8)
    known = np.isin(codes, np.frombuffer(b"ACGT", np.uint8))
    found = []
    for size, least in LEAST_UNITS.items():
        if len(codes) <= size:
            continue
        same = np.zeros(len(codes) - size + 2, np.int8)
        same[1:-1] = (codes[size:] == codes[:-size]) & known[size:]
        edges = np.flatnonzero(np.diff(same))
        starts, ends = edges[::2], edges[1::2] + size
        keep = (ends - starts >= least * size) & (ends - starts <= LONGEST)
        for start, end in zip(starts[keep].tolist(), ends[keep].tolist(), strict=True):
            unit = text[start : start + size].upper()
            if not any(size % part == 0 and unit == unit[:part] * (size // part) for part in range(1, size)):
                found.append((start, end, unit))
    found.sort()
    kept = []
    for one in found:
        if not kept or one[0] >= kept[-1][1]:
            kept.append(one)
    return kept


def loci_of(genome, regions, most: int) -> list[tuple]:
    """Microsatellites (chrom, start, end, unit) of the regions' intervals, each with FLANK bases around it inside.

    genome    FASTA with its index
    regions   (chrom, start, end, ...), 0-based half-open
    most      where there are more, so many, evenly spread, are kept
    """
    import pysam

    rows = []
    with pysam.FastaFile(str(genome)) as fasta:
        for chrom, start, end, *_ in regions:
            text = fasta.fetch(chrom, start, end)
            rows += [
                (chrom, start + low, start + high, unit)
                for low, high, unit in find_loci(text)
                if low >= FLANK and high <= len(text) - FLANK
            ]
    if len(rows) > most:
        rows = [rows[i] for i in np.unique(np.linspace(0, len(rows) - 1, most).round().astype(int))]
    return rows


def lengths_at(bam, loci, min_mapping_quality: int) -> list[dict[int, int]]:
    """How many fragments have which length (bases) at each locus, in the order of the loci.

    Of reads that are placed well, no duplicates, and aligned over the locus and FLANK bases on each side; the length
    is that of the locus plus what the alignment inserts and less what it deletes within it or at its ends. Mates that
    both span a locus count once.
    """
    import pysam

    found = []
    with pysam.AlignmentFile(str(bam), "rb") as file:
        for chrom, start, end, *_ in loci:
            counts, seen, low, high = {}, set(), start - FLANK, end + FLANK
            for read in file.fetch(chrom, start, end):
                if read.flag & 0xF04 or read.mapping_quality < min_mapping_quality:
                    continue
                if read.reference_start > low or read.reference_end < high or read.query_name in seen:
                    continue
                seen.add(read.query_name)
                length = end - start
                cigar = read.cigartuples
                if len(cigar) > 1:
                    length += _change(cigar, read.reference_start, start, end)
                counts[length] = counts.get(length, 0) + 1
            found.append(counts)
    return found


def _change(cigar, at: int, start: int, end: int) -> int:
    """Bases that an alignment starting at `at` inserts less those that it deletes within [start, end]."""
    change = 0
    for kind, size in cigar:
        if kind in (0, 7, 8):
            at += size
        elif kind == 1:
            change += size if start <= at <= end else 0
        elif kind in (2, 3):
            change -= max(0, min(end, at + size) - max(start, at))
            at += size
        if at > end:
            break
    return change


@dataclass
class Locus:
    """What was found at one locus of one sample: fragments, p value, share that moved; NaN where not tested."""

    depth: int
    p: float
    shift: float


def compare(sample: dict, normal: dict) -> tuple[float, float]:
    """(p value, share of fragments that moved) of the lengths in a sample against its normal's.

    Chi-squared of the 2 x lengths table; lengths with fewer than LEAST_COUNT fragments in both together share a column,
    and so do the normal's alleles (ALLELE or more of its fragments): a loss of one of two inherited lengths is no new
    length. The share is the total variation distance between the two rows.
    """
    lengths = sorted(set(sample) | set(normal))
    table = np.array([[counts.get(length, 0) for length in lengths] for counts in (sample, normal)], float)
    alleles = table[1] >= ALLELE * table[1].sum()
    table = np.column_stack([table[:, ~alleles], table[:, alleles].sum(1)])
    shares = table / table.sum(1, keepdims=True)
    shift = float(np.abs(shares[0] - shares[1]).sum() / 2)
    rare = table.sum(0) < LEAST_COUNT
    if rare.any():
        table = np.column_stack([table[:, ~rare], table[:, rare].sum(1)])
    if table.shape[1] < 2:
        return 1.0, shift
    expected = table.sum(1, keepdims=True) * table.sum(0) / table.sum()
    statistic = ((table - expected) ** 2 / expected).sum()
    return float(stats.chi2.sf(statistic, table.shape[1] - 1)), shift


def against_pool(sample: dict, normals: list[dict], min_depth: int) -> tuple[float, float]:
    """(p value, share that moved) of a sample's lengths against several normals'; (NaN, NaN) where they do not serve.

    x fragments of n away from the pool's usual length: P(X >= x) of a beta-binomial whose mean and spread between the
    normals are estimated by moments. They serve where LEAST_NORMALS have `min_depth` fragments and none another allele.
    """
    normals = [one for one in normals if sum(one.values()) >= min_depth]
    if len(normals) < LEAST_NORMALS:
        return np.nan, np.nan
    total = {}
    for one in normals:
        for length, count in one.items():
            total[length] = total.get(length, 0) + count
    usual = max(total, key=lambda length: (total[length], -length))
    depth = np.array([sum(one.values()) for one in normals], float)
    away = depth - [one.get(usual, 0) for one in normals]
    if (away / depth > POLYMORPHIC).any():
        return np.nan, np.nan
    mean = (away.sum() + 0.5) / (depth.sum() + 1)
    excess = ((away - mean * depth) ** 2).sum() - mean * (1 - mean) * depth.sum()
    spread = mean * (1 - mean) * (depth * (depth - 1)).sum()
    rho = float(np.clip(excess / spread, 0.0, 0.2))
    n = sum(sample.values())
    x = n - sample.get(usual, 0)
    return float(beta_binomial_tail(x, n, mean, rho)), max(0.0, x / n - mean)


def read_pool(paths, lengths: dict) -> list[list[dict]]:
    """The tables of a pool of normals. Raises InputError when one has other loci than the patient's samples."""
    pool, mine = [read_lengths(path) for path in paths], next(iter(lengths.values()), None)
    for path, rows in zip(paths, pool, strict=True):
        if mine is not None and [_place(row) for row in rows] != [_place(row) for row in mine]:
            raise InputError(f"dna.msi_normals: {path} has other microsatellites than this run's reference and targets")
    return pool


def _place(row: dict) -> tuple:
    return row["chrom"], row["start"], row["end"], row["unit"]


def judge(sample: list[dict], normal: list[dict] | None, pool: list[list[dict]], min_depth: int) -> list[Locus]:
    """Each locus of a sample against the matched normal or, where there is none, against the pool.

    sample, normal   fragments by length at each locus; pool: the same of each normal of it
    min_depth        fragments that a locus needs on both sides
    """
    result = []
    for index, counts in enumerate(sample):
        depth, p, shift = sum(counts.values()), np.nan, np.nan
        if depth >= min_depth:
            if normal is not None:
                if sum(normal[index].values()) >= min_depth:
                    p, shift = compare(counts, normal[index])
            elif pool:
                p, shift = against_pool(counts, [one[index] for one in pool], min_depth)
        result.append(Locus(depth, p, shift))
    return result


def unstable(loci: list[Locus]) -> np.ndarray:
    """Which loci are unstable: bool (n,); q (Benjamini-Hochberg) below FDR and a shift of SHIFT or more."""
    p, shift = (np.array([getattr(one, key) for one in loci], float) for key in ("p", "shift"))
    tested, found = np.flatnonzero(~np.isnan(p)), np.zeros(len(p), bool)
    if len(tested):
        found[tested] = stats.false_discovery_control(p[tested]) < FDR
    return found & (shift >= SHIFT)


def score(loci: list[Locus], least: int) -> dict:
    """The share of tested loci that are unstable, with its interval (Jeffreys); columns of SCORE_COLUMNS.

    `not_measured` with fewer than `least` tested loci; `zero` where none is unstable; lod is the share that would
    have shown one unstable locus with 95 % power.
    """
    tested = int(sum(one.p == one.p for one in loci))
    count = int(unstable(loci).sum())
    row = {"loci": len(loci), "tested": tested, "unstable": count, "score": None, "lower": None, "upper": None}
    if tested < max(1, least):
        return row | {"lod": None, "state": "not_measured", "reason": f"{tested} loci could be tested, {least} needed"}
    lower, upper = map(float, jeffreys(count, tested))
    row |= {"score": count / tested, "lower": lower, "upper": upper, "lod": float(detection_limit(tested, 1))}
    return row | {"state": "measured" if count else "zero", "reason": None}


def of_patient(samples, lengths: dict, pool: list, settings: dict) -> tuple[list[dict], list[dict]]:
    """Scores of a patient's samples but the normal, and what was found at each locus.

    samples    rows {sample, specimen, ...}
    lengths    {sample: rows of read_lengths}
    pool       the same of each normal of the pool
    settings   the config's `dna` section
    Returns    (rows of SCORE_COLUMNS, rows of DETAIL_COLUMNS, one per tested locus and sample)
    """
    normals = [row["sample"] for row in samples if row["specimen"] == "normal" and row["sample"] in lengths]
    normals = [one for one in normals if any(row["lengths"] for row in lengths[one])]
    normal = [row["lengths"] for row in lengths[normals[0]]] if normals else None
    against = normals[0] if normals else f"pool of {len(pool)}" if pool else None
    others = [[row["lengths"] for row in one] for one in pool]
    scores, details = [], []
    for row in samples:
        if row["specimen"] == "normal" or row["sample"] not in lengths:
            continue
        places = lengths[row["sample"]]
        loci = judge([place["lengths"] for place in places], normal, others, settings["msi_min_depth"])
        found = score(loci, settings["msi_min_loci"])
        if against is None:
            found["reason"] = "no normal of the patient and no pool to compare with"
        scores.append({"sample": row["sample"], "against": against} | found)
        for place, one, moved in zip(places, loci, unstable(loci), strict=True):
            if one.p == one.p:
                place = {key: place[key] for key in ("chrom", "start", "end", "unit")}
                numbers = {"depth": one.depth, "p": f"{one.p:.4g}", "shift": f"{one.shift:.4f}"}
                details.append({"sample": row["sample"]} | place | numbers | {"unstable": int(moved)})
    return scores, details


def write_lengths(path, loci, lengths) -> None:
    """One row per locus: chrom start end (0-based half-open) unit lengths, as `length:fragments` joined by commas."""
    rows = [
        {"chrom": chrom, "start": start, "end": end, "unit": unit}
        | {"lengths": ",".join(f"{length}:{counts[length]}" for length in sorted(counts))}
        for (chrom, start, end, unit), counts in zip(loci, lengths, strict=True)
    ]
    write_tsv(path, rows, LOCUS_COLUMNS)


def read_lengths(path) -> list[dict]:
    """The rows of write_lengths, `lengths` as {length: fragments}."""
    rows = read_tsv(path)
    for row in rows:
        pairs = (pair.split(":") for pair in row["lengths"].split(",") if pair)
        row["lengths"] = {int(length): int(count) for length, count in pairs}
        row["start"], row["end"] = int(row["start"]), int(row["end"])
    return rows
