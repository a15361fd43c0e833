"""Consensus reads: the reads of one molecule to one read, with the chance that its bases are wrong.

Model. A read's base is wrong by the sequencer (its Phred quality) or by an error since the barcode was attached, such
as of PCR (POST_UMI). From the reads of one strand follows for each of the four bases how likely the molecule had it,
all equally likely before; the likeliest is called, N where two are. Its chance to be wrong is that of all other bases
together, combined with an error from before the barcode was attached, such as damage (PRE_UMI), which no number of
copies shows. That is the model of fgbio's CallMolecularConsensusReads, with its default rates:
https://fulcrumgenomics.github.io/fgbio/tools/latest/CallMolecularConsensusReads.html

Duplex. Where a molecule was read from both strands each makes its own consensus. Strands that agree are wrong only
where both erred to the same base; where they disagree the base is N (Schmitt et al. 2012, PNAS 109:14508,
doi:10.1073/pnas.1208715109).

Assumes that reads err independently given the molecule: an error of the first PCR cycle is in most reads of a strand,
and only the other strand shows it. Insertions and deletions are not modelled: of the reads of one end those with the
commonest indels speak (of equally common ones none before any, then the first in the read), the others are left out, as
fgbio does; then bases stand in columns by their distance from the read's start.
"""

import tempfile
from collections import Counter
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from seriome.dna.align import BATCH_BASES, align_batches
from seriome.dna.families import molecules
from seriome.dna.tools import samtools
from seriome.errors import InputError
from seriome.files import write_tsv

PRE_UMI, POST_UMI = 45, 40  # Phred scaled error rates before and after the barcode is attached, fgbio's defaults
LEAST_QUALITY = 10  # bases of raw reads below it say nothing; fgbio's default
MOST_QUALITY = 60  # no consensus base is surer: what mpileup takes at most, its --max-BQ
NO_CALL = 2  # quality of an N
BATCH = 20_000  # templates that are computed together
LARGEST = 1000  # templates of one strand of a molecule that speak, the first by name; more would say nothing new
FAMILY_COLUMNS = ["reads", "molecules", "both_strands", "consensus"]
CODES = np.full(256, 4, np.uint8)
CODES[np.frombuffer(b"ACGTacgt", np.uint8)] = [0, 1, 2, 3] * 2
LETTERS = np.frombuffer(b"ACGTN", np.uint8)


def either(p, q):
    """Chance that a base ends up wrong by two possible errors of chance p and q, each to any of the other three."""
    return p + q - 4 / 3 * p * q


def _gains() -> np.ndarray:
    """log(P(base seen | it is true) / P(seen | another is true)) by Phred quality (0 to 255)."""
    error = either(10.0 ** (-np.arange(256) / 10), 10.0 ** (-POST_UMI / 10))
    error = np.minimum(error, 0.75)
    gains = np.log((1 - error) / (error / 3))
    gains[:LEAST_QUALITY] = 0
    return gains


GAINS = _gains()


def strand_call(codes, qualities, starts):
    """One strand's consensus of each family.

    codes      uint8 (reads, columns): 0 to 3 for ACGT, 4 for N or beyond the read's end; the reads of a family together
    qualities  uint8 (reads, columns), Phred
    starts     (families,): the first read of each family
    Returns    bases uint8 (families, columns), 4 where none is called; error float64, chance that the base is wrong;
               depth int64, reads that say something there
    """
    gains = np.where(codes < 4, GAINS[qualities], 0.0)
    scores = np.stack([np.add.reduceat(np.where(codes == base, gains, 0.0), starts, axis=0) for base in range(4)])
    depth = np.add.reduceat(gains > 0, starts, axis=0, dtype=np.int64)
    bases = scores.argmax(0).astype(np.uint8)
    best = scores.max(0)
    others = np.exp(scores - best).sum(0) - 1
    bases[(scores == best).sum(0) > 1] = 4
    return bases, either(others / (1 + others), 10.0 ** (-PRE_UMI / 10)), depth


def both_strands(bases, errors, depths, *, duplex: bool, min_reads: int):
    """The molecule's consensus from those of its strands.

    bases, errors, depths   (2, molecules, columns) as `strand_call` returns them; depth 0 for a strand without reads
    duplex     both strands must call a base, with min_reads each; otherwise min_reads of both together
    Returns    bases uint8 (molecules, columns), Phred qualities uint8: 4 with NO_CALL where strands disagree or too few
               reads speak
    """
    called = (bases < 4) & (depths >= (min_reads if duplex else 1))
    agree = called.all(0) & (bases[0] == bases[1])
    same = errors[0] * errors[1] / 3
    both = same / (same + (1 - errors[0]) * (1 - errors[1]))
    error = np.where(agree, both, np.where(called[0], errors[0], errors[1]))
    found = np.where(called[0], bases[0], bases[1])
    known = agree if duplex else (called.any(0) & (agree | ~called.all(0)) & (depths.sum(0) >= min_reads))
    # a Phred score is rounded down; the small number mends 29.999999 of an exact 30
    quality = np.floor(-10 * np.log10(np.maximum(error, 1e-30)) + 1e-6)
    quality = np.clip(quality, NO_CALL, MOST_QUALITY)
    return np.where(known, found, 4).astype(np.uint8), np.where(known, quality, NO_CALL).astype(np.uint8)


@dataclass
class Consensus:
    """A molecule's consensus reads, in the direction of sequencing, and what they rest on.

    reads      per end, read 1 first: (bases str, Phred qualities bytes, depth: most and least reads at a called base,
               share of the raw bases there that differ)
    """

    molecule: object
    strand: int
    reads: list


def consensus_of(batch, *, duplex: bool, min_reads: int):
    """Consensus reads of a list of molecules, in its order; molecules without one are left out."""
    ends = len(batch[0].place)
    called = [_end_of(batch, end, duplex=duplex, min_reads=min_reads) for end in range(ends)]
    for molecule, *reads in zip(batch, *called, strict=True):
        if all(reads):
            strands = {strand for strand, _, _ in molecule.templates}
            strand = strands.pop() if len(strands) == 1 else 0
            yield Consensus(molecule, strand, reads[::-1] if strand else reads)


def _end_of(batch, end: int, *, duplex: bool, min_reads: int) -> list:
    """The consensus read of one end of each molecule, or None."""
    texts, qualities, owners = [], [], []
    for number, molecule in enumerate(batch):
        for strand, read in _alike(molecule.templates, end):
            # read 1 of one strand and read 2 of the other both start at this end of the molecule
            texts.append(read[0])
            qualities.append(read[1])
            owners.append(2 * number + strand)
    lengths, owners = np.fromiter(map(len, texts), np.int64, len(texts)), np.array(owners)
    inside = np.arange(lengths.max())[None] < lengths[:, None]
    codes, phred = np.full(inside.shape, 4, np.uint8), np.zeros(inside.shape, np.uint8)
    codes[inside] = CODES[np.frombuffer(b"".join(texts), np.uint8)]
    phred[inside] = np.frombuffer(b"".join(qualities), np.uint8)
    starts = np.flatnonzero(np.diff(owners, prepend=-1))
    families = owners[starts]
    shape = (len(batch), 2, inside.shape[1])
    layers = [np.full(shape, fill, kind) for fill, kind in ((4, np.uint8), (0.75, float), (0, np.int64))]
    for layer, values in zip(layers, strand_call(codes, phred, starts), strict=True):
        layer.reshape(-1, shape[2])[families] = values
    layers = [layer.swapaxes(0, 1) for layer in layers]
    bases, quality = both_strands(*layers, duplex=duplex, min_reads=min_reads)
    depth = np.where(bases < 4, layers[2].sum(0), 0)
    differs = (codes != bases[owners // 2]) & (codes < 4) & (phred >= LEAST_QUALITY)
    differ = np.add.reduceat(differs, np.flatnonzero(np.diff(owners // 2, prepend=-1)), axis=0, dtype=np.int64)
    differ[bases == 4] = 0
    any_called = (bases < 4).any(1)
    stop = np.where(any_called, shape[2] - (bases < 4)[:, ::-1].argmax(1), 0)  # N at the end are cut off
    most, least = depth.max(1), np.where(bases < 4, depth, np.iinfo(np.int64).max).min(1)
    rate = differ.sum(1) / np.maximum(depth.sum(1), 1)
    letters = LETTERS[bases]
    return [
        (
            letters[i, :to].tobytes().decode(),
            quality[i, :to].tobytes(),
            int(most[i]),
            int(least[i]),
            float(rate[i]),
        )
        if (to := int(stop[i]))
        else None
        for i in range(len(batch))
    ]


def _alike(templates, end: int):
    """(strand, read) of one end, of the templates with its commonest indels, by strand."""
    reads = [(strand, reads[end]) for strand, reads, _ in templates]
    if len(reads) > 1 and any(read[2] for _, read in reads):
        times = Counter(read[2] for _, read in reads)
        common = min(times, key=lambda indels: (-times[indels], indels))
        reads = [one for one in reads if one[1][2] == common]
    return [one for side in (0, 1) for one in [read for read in reads if read[0] == side][:LARGEST]]


def consensus_reads(bam, numbers: Counter, sizes: Counter, *, duplex: bool, min_reads: int):
    """Consensus of every molecule of a BAM sorted by template coordinate, molecules numbered in its order.

    numbers   is added to, as by `families.molecules`
    sizes     is added to: (templates, on both strands, has a consensus) of every molecule
    Yields    lists of (number from 1, Consensus)
    Raises    InputError where single reads and pairs are mixed
    """

    def computed(batch):
        done = {
            id(one.molecule): one for one in consensus_of([m for _, m in batch], duplex=duplex, min_reads=min_reads)
        }
        for _, molecule in batch:
            sizes[len(molecule.templates), _on_both(molecule), id(molecule) in done] += 1
        return [(number, done[id(molecule)]) for number, molecule in batch if id(molecule) in done]

    batch, raw, ends = [], 0, None
    for number, molecule in enumerate(molecules(bam, numbers), 1):
        both, size = _on_both(molecule), len(molecule.templates)
        if size < (2 * min_reads if duplex else min_reads) or (duplex and not both):
            sizes[size, both, False] += 1
            continue
        if (ends := ends or len(molecule.place)) != len(molecule.place):
            raise InputError("single reads and pairs of one sample do not go into one consensus")
        if batch and raw + size > BATCH:
            yield computed(batch)
            batch, raw = [], 0
        batch.append((number, molecule))
        raw += size
    if batch:
        yield computed(batch)


def _on_both(molecule) -> bool:
    strands = [strand for strand, _, _ in molecule.templates]
    return min(strands) != max(strands)


def write_consensus(
    units, output, genome, *, sample: str, mode: str, min_reads: int, threads: int = 1, aligner: str = "bwa"
):
    """Consensus reads of a sample's aligned units, aligned anew: a BAM sorted by place, one read (pair) per molecule.

    units     sorted BAMs of one sample's read pairs or single reads, with RX; duplicates are not marked
    mode      `single`: every molecule of at least min_reads templates; `duplex`: only those read from both strands,
              with at least min_reads of each
    aligner   one of align.ALIGNERS
    Tags      RX barcode, MI number of the molecule, cD and cM most and least reads at a called base, cE share of the
              raw bases there that differ
    Returns   (numbers, sizes): the sample's numbers and the histogram of `family_rows`
    """
    import pysam

    output, numbers, sizes = Path(output), Counter(), Counter()
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent) as folder:
        source, extra, ordered = str(units[0]), max(0, threads - 1), f"{folder}/ordered.bam"
        if len(units) > 1:
            source = f"{folder}/merged.bam"
            samtools("merge", "--no-PG", "-c", "-p", "-u", "-@", extra, "-o", source, *units)
        order = ("--template-coordinate", "-l", 1, "-m", "256M", "-@", extra, "-T", f"{folder}/part")
        samtools("sort", "--no-PG", *order, "-o", ordered, source)
        with pysam.AlignmentFile(ordered, "rb", check_sq=False) as bam:
            groups = consensus_reads(bam, numbers, sizes, duplex=mode == "duplex", min_reads=min_reads)
            first = next(groups, [])
            ends = len(first[0][1].reads) if first else 2
            batches = _fastq(chain([first], groups) if first else [])
            words = {"sample": sample, "run": "consensus", "aligner": aligner}
            align_batches(genome, batches, output, ends=ends, threads=threads, **words)
    return _numbers(numbers, sizes), sizes


def _fastq(groups):
    """Consensus reads in batches of BATCH_BASES bases, for `align_batches`."""
    import pysam

    reads, tags, bases = [], [], 0
    for number, one in chain.from_iterable(groups):
        shared = [("RX", one.molecule.barcode, "Z"), ("MI", str(number), "Z")]
        for text, quality, most, least, rate in one.reads:
            quality = (np.frombuffer(quality, np.uint8) + 33).tobytes().decode()
            reads.append(pysam.FastxRecord(name=f"molecule{number}", sequence=text, quality=quality))
            tags.append([*shared, ("cD", most, "i"), ("cM", least, "i"), ("cE", round(rate, 6), "f")])
            bases += len(text)
        if bases >= BATCH_BASES:
            yield reads, tags
            reads, tags, bases = [], [], 0
    if reads:
        yield reads, tags


def _numbers(numbers, sizes) -> dict:
    total, templates = sum(sizes.values()), sum(size * times for (size, _, _), times in sizes.items())
    both = sum(times for (_, duplex, _), times in sizes.items() if duplex)
    return {
        "raw_templates": numbers["templates"],
        "raw_unplaced": numbers["unplaced"],
        "molecules": total,
        "mean_family_size": round(templates / total, 4) if total else None,
        "duplex_share": round(both / total, 6) if total else None,
        "consensus_molecules": sum(times for (_, _, kept), times in sizes.items() if kept),
    }


def family_rows(sizes) -> list[dict]:
    """Rows of FAMILY_COLUMNS: molecules by their number of raw templates (pairs or single reads).

    both_strands, consensus   of these, those read from both strands; those that have consensus reads
    """
    rows = {}
    for (size, both, kept), times in sorted(sizes.items()):
        row = rows.setdefault(size, dict.fromkeys(FAMILY_COLUMNS, 0) | {"reads": size})
        row["molecules"] += times
        row["both_strands"] += both * times
        row["consensus"] += kept * times
    return list(rows.values())


def write_families(path, sizes) -> None:
    write_tsv(path, family_rows(sizes), FAMILY_COLUMNS)
