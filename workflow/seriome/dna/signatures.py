"""Mutational signatures: which known processes does a sample's spectrum of single-base variants consist of?

The 96 channels are the six substitutions seen from their pyrimidine, each with the base before and after it. A matrix
of signatures that the user names (COSMIC's form) is refit to them by maximum likelihood: from the clock-like SBS1 and
SBS5, which act in all tissues, on, what explains most is added as long as the log-likelihood rises by GAIN
or more, and one that is not missed (half of it) is taken away. Intervals are by profile: all shares of a signature for
which the others explain the spectrum hardly worse (chi-squared up by at most 3.84), with the signatures of the fit and
any single further one. So they hold that another signature could stand in, which resampling the variants does not.

COSMIC's signatures are frequencies in the whole genome; where only regions were sequenced each channel is multiplied by
how frequent its trinucleotide is in them against the genome, and each signature brought back to a sum of 1. Shares are
of the variants that were seen, so that they are those of the regions.

Assumes  every process that acted is in the matrix; the variants that passed are somatic; all of the regions are covered
Limits   flat signatures (SBS3, SBS8, SBS40) stand in for each other and for SBS5, and their intervals are a little too
         narrow; give those that are known in the tissue
Sources  channels and signatures: Alexandrov et al. 2020, Nature 578:94, doi:10.1038/s41586-020-1943-3; clock-like ones:
         Alexandrov et al. 2015, Nat Genet 47:1402, doi:10.1038/ng.3441; adding and taking away from a background of
         them: Díaz-Gay et al. 2023 (SigProfilerAssignment), Bioinformatics 39:btad756,
         doi:10.1093/bioinformatics/btad756
"""

import numpy as np
import pandas as pd
from scipy.optimize import nnls

from seriome.dna.background import COMPLEMENT, SUBSTITUTIONS
from seriome.errors import InputError, did_you_mean
from seriome.files import read_tsv, write_tsv

CHANNELS = [f"{left}[{kind}]{right}" for kind in SUBSTITUTIONS for left in "ACGT" for right in "ACGT"]
TRINUCLEOTIDES = [f"{left}{base}{right}" for base in "CT" for left in "ACGT" for right in "ACGT"]
BACKGROUND = ("SBS1", "SBS5")
GAIN = 5.0  # of the log-likelihood: one in 150, for some 80 candidates
CANDIDATES = 12  # signatures tried at each step, those that the likelihood rises fastest with
ANYWHERE = 0.001  # share of variants that may lie in any channel: errors, so that no channel is impossible
DROP = 3.84  # of chi-squared with one degree of freedom: 95 %
LEAST_EXPECTED = 0.5  # variants per channel below which its variance is not believed to be smaller
HALVINGS = 12  # of the range in which a bound is looked for
TRINUCLEOTIDE_COLUMNS = ["trinucleotide", "genome", "regions"]
SIGNATURE_COLUMNS = [*("sample", "signature", "mutations", "share", "lower", "upper", "state", "cosine", "reason")]


def channel(before: str, ref: str, after: str, alt: str) -> str | None:
    """The channel of a single-base change, `A[C>T]G`; None where a base is not known."""
    if not {before, ref, after, alt} <= set(COMPLEMENT):
        return None
    if ref in "AG":
        before, ref, after, alt = COMPLEMENT[after], COMPLEMENT[ref], COMPLEMENT[before], COMPLEMENT[alt]
    return f"{before}[{ref}>{alt}]{after}"


def spectra(variants: pd.DataFrame, samples, genome) -> pd.DataFrame:
    """Single-base variants that pass and are called, by channel: int, rows CHANNELS, one column per sample.

    variants   table of variants of a patient
    genome     FASTA with its index
    """
    import pysam

    counts = pd.DataFrame(0, index=CHANNELS, columns=list(samples))
    snvs = variants[
        (variants["filter"] == "PASS")
        & variants["called"]
        & (variants["ref"].str.len() == 1)
        & (variants["alt"].str.len() == 1)
    ]
    with pysam.FastaFile(str(genome)) as fasta:
        for row in snvs[["sample", "chrom", "pos", "ref", "alt"]].itertuples(index=False):
            around = fasta.fetch(row.chrom, max(0, row.pos - 2), row.pos + 1).upper()
            name = channel(around[0], row.ref, around[2], row.alt) if row.pos > 1 and len(around) == 3 else None
            if name is not None and row.sample in counts:
                counts.loc[name, row.sample] += 1
    return counts


def trinucleotides(genome, regions) -> tuple[np.ndarray, np.ndarray]:
    """How often each of TRINUCLEOTIDES, either strand, stands in the genome and in the regions: int64 (32,), (32,).

    regions    (chrom, start, end, ...), 0-based half-open; a trinucleotide counts where its middle base lies within
    """
    import pysam

    whole, inside = np.zeros(64, np.int64), np.zeros(64, np.int64)
    by_contig = {}
    for chrom, start, end, *_ in regions:
        by_contig.setdefault(chrom, []).append((start, end))
    with pysam.FastaFile(str(genome)) as fasta:
        for chrom in fasta.references:
            codes = _codes(fasta.fetch(chrom))
            whole += np.bincount(codes[codes >= 0], minlength=64)
            for start, end in by_contig.get(chrom, ()):
                part = codes[max(0, start - 1) : max(0, end - 1)]
                inside += np.bincount(part[part >= 0], minlength=64)
    return _folded(whole), _folded(inside)


def _codes(text: str) -> np.ndarray:
    """16 * base before + 4 * base + base after of each inner base of a sequence, -1 where one is unknown: (n - 2,)."""
    table = np.full(256, -100, np.int16)
    for number, base in enumerate("ACGT"):
        table[[ord(base), ord(base.lower())]] = number
    bases = table[np.frombuffer(text.encode("ascii"), np.uint8)]
    if len(bases) < 3:
        return np.zeros(0, np.int16)
    codes = 16 * bases[:-2] + 4 * bases[1:-1] + bases[2:]
    return np.where(codes < 0, -1, codes)


def _folded(counts: np.ndarray) -> np.ndarray:
    """Counts of 64 trinucleotides as of 32, both strands together."""

    def code(text):
        return sum("ACGT".index(base) * 4**power for base, power in zip(text, (2, 1, 0), strict=True))

    other = ["".join(COMPLEMENT[base] for base in reversed(text)) for text in TRINUCLEOTIDES]
    return np.array([counts[code(a)] + counts[code(b)] for a, b in zip(TRINUCLEOTIDES, other, strict=True)])


def read_signatures(path, used=()) -> pd.DataFrame:
    """A matrix of signatures: rows CHANNELS, one column each, every column with sum 1.

    path      TSV with a column `Type` (`A[C>A]A`) and one column per signature, rows in any order
    used      names of the signatures to take; empty: all
    Raises    InputError where a channel lacks, stands twice or a value is no frequency, or a name is not there
    """
    rows = read_tsv(path)
    names = [name for name in (rows[0] if rows else {}) if name != "Type"]
    found = [row.get("Type") for row in rows]
    if sorted(map(str, found)) != sorted(CHANNELS) or not names:
        odd = next((name for name in CHANNELS if found.count(name) != 1), None)
        raise InputError(
            f"reference.signatures {path}: not the 96 channels in a column Type"
            + (f" ({odd} stands there {found.count(odd)} times)" if odd else "")
        )
    try:
        table = pd.DataFrame([[float(row[name]) for name in names] for row in rows], index=found, columns=names)
    except (TypeError, ValueError):
        raise InputError(f"reference.signatures {path}: a value is no number") from None
    if not ((table >= 0).all(axis=None) and (table.sum() > 0).all()):
        raise InputError(f"reference.signatures {path}: a value is negative, or a signature is all zero")
    for name in used:
        if name not in names:
            raise InputError(f"dna.signatures_used: {name!r} is not in {path}{did_you_mean(name, names)}")
    return (table.loc[CHANNELS] / table.sum())[list(used) or names]


def fit_for(signatures: pd.DataFrame, genome: np.ndarray, regions: np.ndarray) -> pd.DataFrame:
    """Signatures of the whole genome as they look in regions; genome, regions: counts of TRINUCLEOTIDES."""
    share = np.divide(regions / regions.sum(), genome / genome.sum(), out=np.zeros(32), where=genome > 0)
    of = [TRINUCLEOTIDES.index(name[0] + name[2] + name[-1]) for name in CHANNELS]
    scaled = signatures * share[of][:, None]
    return scaled / scaled.sum()


def refit(counts, signatures: np.ndarray, background=()) -> np.ndarray:
    """Shares of the signatures in a spectrum, none negative, sum 1; float64 (k,).

    counts       (96,) variants per channel, not all zero
    signatures   (96, k), columns of sum 1
    background   columns that the search starts from
    """
    counts = np.asarray(counts, float)
    start, kept = list(background), list(background)
    shares, best = _mixed(counts, signatures[:, kept]) if kept else (np.zeros(0), -np.inf)
    while len(kept) < signatures.shape[1]:
        explained = signatures[:, kept] @ shares if kept else np.full(len(counts), 1 / len(counts))
        rise = signatures.T @ (counts / np.maximum(explained, ANYWHERE / len(counts)))
        others = [index for index in np.argsort(-rise, kind="stable").tolist() if index not in kept][:CANDIDATES]
        tried = [(*_mixed(counts, signatures[:, [*kept, index]]), index) for index in others]
        shares_with, reached, added = max(tried, key=lambda one: (one[1], -one[2]))
        if reached - best < GAIN:
            break
        kept, shares, best = [*kept, added], shares_with, reached
        kept, shares, best = _without(counts, signatures, kept, shares, best, {*start, added}, GAIN / 2)
    kept, shares, best = _without(counts, signatures, kept, shares, best, set(), 0.5)
    result = np.zeros(signatures.shape[1])
    result[kept] = _mixed(counts, signatures[:, kept], 500)[0]
    return result


def _without(counts, signatures, kept, shares, best, keep, cost):
    """Take away what costs less than `cost` of the log-likelihood, the least first; never the last or one of `keep`."""
    while len(kept) > 1:
        fewer = [[index for index in kept if index != out] for out in kept if out not in keep]
        if not fewer:
            break
        (shares_without, reached), left = max(
            ((_mixed(counts, signatures[:, columns]), columns) for columns in fewer), key=lambda one: one[0][1]
        )
        if best - reached >= cost:
            break
        kept, shares, best = left, shares_without, reached
    return kept, shares, best


def _mixed(counts, signatures, steps: int = 50) -> tuple[np.ndarray, float]:
    """Shares of a mixture that explains the counts best (expectation maximisation) and its log-likelihood."""
    shares = np.full(signatures.shape[1], 1 / signatures.shape[1])
    for _ in range(steps):
        shares = shares * (signatures.T @ (counts / np.maximum(signatures @ shares, 1e-12))) / counts.sum()
        shares = shares / shares.sum()
    explained = (1 - ANYWHERE) * (signatures @ shares) + ANYWHERE / len(counts)
    return shares, float(counts @ np.log(explained))


def _cosine(a, b) -> float:
    size = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / size) if size else 0.0


def bounds(counts, signatures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """95 % interval of each signature's share by profile: float64 (k,), (k,).

    Chi-squared is that of weighted least squares, each channel's variance taken as what the fit expects in it.
    counts, signatures    as for refit
    """
    counts = np.asarray(counts, float)
    expected, total = counts, counts.sum()
    for _ in range(3):
        weights = 1 / np.sqrt(np.maximum(expected, LEAST_EXPECTED))
        amounts, _ = nnls(signatures * weights[:, None], counts * weights)
        expected = signatures @ amounts
    weights = 1 / np.sqrt(np.maximum(expected, LEAST_EXPECTED))
    columns, target = signatures * weights[:, None], counts * weights
    amounts, best = nnls(columns, target)
    lower, upper = np.zeros(len(amounts)), np.zeros(len(amounts))
    for index, amount in enumerate(amounts):
        others, column = np.delete(columns, index, 1), columns[:, index]

        def worse(value, others=others, column=column):
            rest = target - value * column
            return (nnls(others, rest)[1] if others.size else np.linalg.norm(rest)) ** 2 - best**2 > DROP

        inside, outside = amount, 0.0
        if amount > 0 and worse(0.0):
            for _ in range(HALVINGS):
                middle = (inside + outside) / 2
                inside, outside = (inside, middle) if worse(middle) else (middle, outside)
            lower[index] = outside
        inside, outside = amount, 1.2 * total
        for _ in range(HALVINGS):
            middle = (inside + outside) / 2
            inside, outside = (inside, middle) if worse(middle) else (middle, outside)
        upper[index] = outside
    return lower / total, np.minimum(upper / total, 1.0)


def intervals(counts, signatures: np.ndarray, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """95 % interval of each signature's share: of those in the fit, the widest of what `bounds` says with any single
    further signature; of another, what it says with that one added. float64 (k,), (k,)."""
    kept = np.flatnonzero(shares)
    lower, upper = np.zeros(len(shares)), np.zeros(len(shares))
    lower[kept], upper[kept] = bounds(counts, signatures[:, kept])
    for other in np.flatnonzero(shares == 0):
        low, high = bounds(counts, signatures[:, [*kept, other]])
        lower[kept], upper[kept] = np.minimum(lower[kept], low[:-1]), np.maximum(upper[kept], high[:-1])
        upper[other] = high[-1]
    return np.minimum(lower, shares), np.maximum(upper, shares)


def shares_of(counts, signatures: pd.DataFrame, least: int) -> list[dict]:
    """Share of each signature in a sample with its 95 % interval; rows of SIGNATURE_COLUMNS but `sample`.

    counts    (96,) variants per channel
    least     variants below which nothing is fitted: state `not_measured`, with the reason
    Returns   state `zero` where the fit has none of it; `cosine` is the similarity of the fit and the spectrum
    """
    counts = np.asarray(counts)
    total = int(counts.sum())
    if total < least:
        reason = f"{total} single-base variants, {least} needed"
        empty = {"share": None, "lower": None, "upper": None, "state": "not_measured", "cosine": None, "reason": reason}
        return [{"signature": name, "mutations": total} | empty for name in signatures]
    matrix = signatures.to_numpy()
    background = [index for index, name in enumerate(signatures) if name in BACKGROUND]
    shares = refit(counts, matrix, background)
    lower, upper = intervals(counts, matrix, shares)
    similar = round(_cosine(matrix @ shares, counts.astype(float)), 4)
    return [
        {
            "signature": name,
            "mutations": total,
            "share": round(float(shares[i]), 6),
            "lower": round(float(lower[i]), 6),
            "upper": round(float(upper[i]), 6),
            "state": "measured" if shares[i] > 0 else "zero",
            "cosine": similar,
            "reason": None,
        }
        for i, name in enumerate(signatures)
    ]


def of_patient(samples, variants: pd.DataFrame, genome, signatures: pd.DataFrame, settings: dict) -> list[dict]:
    """Rows of SIGNATURE_COLUMNS of a patient's samples but the normal; settings: the config's `dna` section."""
    names = [row["sample"] for row in samples if row["specimen"] != "normal"]
    counts = spectra(variants, names, genome)
    return [
        {"sample": name} | row
        for name in names
        for row in shares_of(counts[name], signatures, settings["signature_min_mutations"])
    ]


def write_trinucleotides(path, genome, regions) -> None:
    rows = zip(TRINUCLEOTIDES, genome.tolist(), regions.tolist(), strict=True)
    write_tsv(path, [dict(zip(TRINUCLEOTIDE_COLUMNS, row, strict=True)) for row in rows], TRINUCLEOTIDE_COLUMNS)


def read_trinucleotides(path) -> tuple[np.ndarray, np.ndarray]:
    rows = {row["trinucleotide"]: row for row in read_tsv(path)}
    return tuple(np.array([int(rows[name][key]) for name in TRINUCLEOTIDES]) for key in ("genome", "regions"))
