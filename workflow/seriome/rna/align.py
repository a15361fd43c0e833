"""Reads to spliced alignments on the genome, sorted, by minimap2's preset for short RNA reads (`splice:sr`).

mappy hands out hits, not records. With this preset it does not say of which read of a pair a hit is, and gives those of
the second read in coordinates of its reverse complement (mappy 2.31); the bases tell (`_by_read`). Which hit of a read
is the main one, flags, mates and clips are set here as minimap2's own program sets them. A read's further hits are
supplementary (0x800, hard-clipped, tag SA) where they are of other bases of it, and are left out where they compete for
the same ones. Reads of one fragment are a proper pair (0x2) when they point at each other on one contig, within REACH.
Duplicates are not marked: in RNA they are mostly what an abundant transcript looks like (Parekh et al. 2016, Sci Rep
6:25533, doi:10.1038/srep25533).
Source: Li 2018, Bioinformatics 34:3094, doi:10.1093/bioinformatics/bty191; Li 2021, doi:10.1093/bioinformatics/btab705
"""

import tempfile
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from seriome import __version__
from seriome.dna.align import read_group, sort
from seriome.errors import InputError

PRESET = "splice:sr"
SPLIT = 25  # least score of an alignment (1 per matching base): below minimap2's 40, for short parts of split reads
REACH = 200_000  # bases from mate to mate, introns included: the preset's largest gap
PAIRED = 33  # what a proper pair is worth in score, minimap2's pe_bonus
CHUNK = 2_000  # fragments that a thread takes at once
COMPLEMENT = str.maketrans("ACGTUNacgtun", "TGCAANTGCAAN")


def build_index(genome, index, copy, threads: int = 1) -> None:
    """minimap2's index of the genome, and the genome itself as plain FASTA, `copy`, with its `.fai` beside it."""
    import mappy

    from seriome.dna.reference import copy_genome

    if not mappy.Aligner(fn_idx_in=str(genome), preset=PRESET, n_threads=threads, fn_idx_out=str(index)):
        raise InputError(f"{genome} cannot be read as FASTA")
    copy_genome(genome, copy)


def open_index(index, threads: int = 1):
    """An aligner on an index that `build_index` made."""
    import mappy

    aligner = mappy.Aligner(fn_idx_in=str(index), preset=PRESET, n_threads=threads, min_dp_score=SPLIT)
    if not aligner:
        raise RuntimeError(f"{index} is no index of minimap2")
    return aligner


def align_sample(aligner, contigs: dict, units: dict, output, *, sample: str, threads: int = 1) -> dict:
    """Align the units of one sample and write one BAM, sorted and indexed.

    aligner   of `open_index`;  contigs  {name: bases}
    units     {run: its files}, each two (pairs) or one
    Returns   {"fragments", "mapped" (a read at least), "proper", "split"}: numbers of fragments
    """
    import pysam

    output, counts = Path(output), dict.fromkeys(("fragments", "mapped", "proper", "split"), 0)
    groups = [{"ID": read_group(sample, run), "SM": sample, "LB": sample, "PL": "ILLUMINA"} for run in units]
    top = pysam.AlignmentHeader.from_dict(
        {
            "HD": {"VN": "1.6", "SO": "unsorted"},
            "SQ": [{"SN": name, "LN": length} for name, length in contigs.items()],
            "RG": groups,
            "PG": [{"ID": "seriome", "PN": "seriome", "VN": __version__}],
        }
    )
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent) as folder:
        named = f"{folder}/named.bam"
        with pysam.AlignmentFile(named, "wb", header=top, format_options=[b"level=1"]) as bam:
            for run, files in units.items():
                group = read_group(sample, run)
                for lines, found in _in_order(aligner, _fragments(files), threads):
                    for line in lines:
                        bam.write(pysam.AlignedSegment.fromstring(f"{line}\tRG:Z:{group}", top))
                    for key, number in found.items():
                        counts[key] += number
        sort(named, output, folder, threads)
    pysam.index("-o", f"{output}.bai", str(output))
    return counts


def _fragments(files):
    """(name, ((sequence, qualities), ...)) of every fragment of a unit."""
    import pysam

    streams = [pysam.FastxFile(str(file)) for file in files]
    for records in zip(*streams, strict=True):
        name = records[0].name
        if name.endswith(("/1", "/2")):
            name = name[:-2]
        yield name, tuple((one.sequence or "N", one.quality or "!") for one in records)


def _in_order(aligner, fragments, threads: int):
    """The SAM lines and counts of chunks of fragments, in their order, whatever the number of threads."""
    with ThreadPoolExecutor(threads) as pool:
        waiting = deque()
        while True:
            chunk = list(islice(fragments, CHUNK))
            if chunk:
                waiting.append(pool.submit(_align_chunk, aligner, chunk))
            if waiting and (not chunk or len(waiting) > 2 * threads):
                yield waiting.popleft().result()
            if not chunk and not waiting:
                return


def _align_chunk(aligner, chunk):
    import mappy

    buffer = mappy.ThreadBuffer()
    lines, counts = [], {"fragments": len(chunk), "mapped": 0, "proper": 0, "split": 0}
    for name, reads in chunk:
        sequences = [sequence for sequence, _ in reads]
        hits = _by_read(aligner, sequences, aligner.map(*sequences, name=name, buf=buffer))
        found, proper = records(name, reads, hits)
        lines += found
        counts["mapped"] += any(hits)
        counts["proper"] += proper
        counts["split"] += any(len(one) > 1 for one in hits)
    return lines, counts


@dataclass(frozen=True, slots=True)
class Hit:
    """One alignment of a read: contig, bases of it [r_st, r_en) and of the read [q_st, q_en), strand 1 or -1, mapping
    quality, CIGAR, edit distance, matches, strand of the transcript's splice sites (1, -1, or 0 for unknown)."""

    ctg: str
    r_st: int
    r_en: int
    q_st: int
    q_en: int
    strand: int
    mapq: int
    cigar_str: str
    NM: int
    mlen: int
    trans_strand: int


def _by_read(aligner, sequences, hits) -> list[list[Hit]]:
    """The main hits of each read of a fragment, in mappy's order: those of the first read come first."""
    found, second = [[] for _ in sequences], False
    for hit in hits:
        start, end = hit.q_st, hit.q_en
        if len(sequences) == 2:
            second = second or _fits(aligner, hit, sequences[1], True) > 2 + _fits(aligner, hit, sequences[0], False)
        if second:
            start, end = len(sequences[1]) - end, len(sequences[1]) - start
        if hit.is_primary:
            place = (hit.ctg, hit.r_st, hit.r_en, start, end, hit.strand, hit.mapq, hit.cigar_str)
            found[second].append(Hit(*place, hit.NM, hit.mlen, -hit.trans_strand if second else hit.trans_strand))
    return found


def _fits(aligner, hit, sequence: str, second: bool) -> int:
    """Matching bases at the beginning of a hit, if it were of this read."""
    start, end = hit.q_st, hit.q_en
    if second:
        start, end = len(sequence) - end, len(sequence) - start
    if start < 0 or end > len(sequence):
        return -1
    size = min(hit.cigar[0][0], 30)
    bases = sequence[start:end] if hit.strand > 0 else sequence[start:end].translate(COMPLEMENT)[::-1]
    there = aligner.seq(hit.ctg, hit.r_st, hit.r_st + size)
    return sum(map(str.__eq__, bases[:size], there))


def records(name: str, reads, hits) -> tuple[list[str], bool]:
    """SAM lines of one fragment, and whether its reads are a proper pair.

    reads   ((sequence, qualities), ...) of one or two reads
    hits    for each read its hits on different bases of it, the best first
    """
    hits = [list(one) for one in hits]
    proper = len(reads) == 2 and _pair_up(hits)
    lines = []
    for which, ((sequence, quality), own) in enumerate(zip(reads, hits, strict=True)):
        mate = hits[1 - which][0] if len(reads) == 2 and hits[1 - which] else None
        flag = 0
        if len(reads) == 2:
            flag = 0x1 | (0x80 if which else 0x40) | (0x2 if proper else 0)
            flag |= (0x20 if mate.strand < 0 else 0) if mate else 0x8
        if not own:
            place = f"{mate.ctg}\t{mate.r_st + 1}" if mate else "*\t0"
            beside = f"=\t{mate.r_st + 1}" if mate else "*\t0"
            lines.append(f"{name}\t{flag | 0x4}\t{place}\t0\t*\t{beside}\t0\t{sequence}\t{quality}")
            continue
        parts = [(hit, _cigar(hit, len(sequence), "H" if n else "S")) for n, hit in enumerate(own)]
        for n, (hit, cigar) in enumerate(parts):
            bases, scores = sequence, quality
            if hit.strand < 0:
                bases, scores = bases.translate(COMPLEMENT)[::-1], scores[::-1]
            if n:  # hard-clipped, in the direction of the genome
                left, right = hit.q_st, len(sequence) - hit.q_en
                left, right = (left, right) if hit.strand > 0 else (right, left)
                bases, scores = bases[left : len(bases) - right], scores[left : len(scores) - right]
            where = mate or (hit if len(reads) == 2 else None)
            beside, size = "*\t0", 0
            if where:
                same = where.ctg == hit.ctg
                beside = f"{'=' if same else where.ctg}\t{where.r_st + 1}"
                size = _insert(hit, where) if mate and same else 0
            own_flag = (flag & ~0x2 | 0x800 if n else flag) | (0x10 if hit.strand < 0 else 0)
            tags = f"NM:i:{hit.NM}"
            if hit.trans_strand:
                tags += f"\tts:A:{'+' if hit.trans_strand > 0 else '-'}"
            if len(parts) > 1:
                tags += "\tSA:Z:" + "".join(_elsewhere(*one) for one in parts if one[0] is not hit)
            lines.append(
                f"{name}\t{own_flag}\t{hit.ctg}\t{hit.r_st + 1}\t"
                f"{hit.mapq}\t{cigar}\t{beside}\t{size}\t{bases}\t{scores}\t{tags}"
            )
    return lines, proper


def _pair_up(hits) -> bool:
    """Put the best pair of hits that point at each other to the front, unless better hits do not: False then.

    A pair is worth PAIRED in score, which is reckoned from matches and differences here
    """
    if not all(hits):
        return False
    best, least = None, sum(max(map(_score, own)) for own in hits) - PAIRED
    for i, one in enumerate(hits[0]):
        for j, two in enumerate(hits[1]):
            if one.ctg != two.ctg or one.strand == two.strand:
                continue
            left, right = (one, two) if one.strand > 0 else (two, one)
            if left.r_st <= right.r_en and right.r_st - left.r_en <= REACH:
                key = (_score(one) + _score(two), -i - j)
                if key[0] >= least and (best is None or key > best[0]):
                    best = key, i, j
    if best is None:
        return False
    for own, chosen in zip(hits, best[1:], strict=True):
        own.insert(0, own.pop(chosen))
    return True


def _score(hit) -> int:
    return hit.mlen - 4 * hit.NM


def _cigar(hit, length: int, clip: str) -> str:
    left, right = hit.q_st, length - hit.q_en
    if hit.strand < 0:
        left, right = right, left
    return f"{f'{left}{clip}' if left else ''}{hit.cigar_str}{f'{right}{clip}' if right else ''}"


def _insert(hit, mate) -> int:
    """TLEN: from 5' end to 5' end, both included."""
    here = hit.r_en - 1 if hit.strand < 0 else hit.r_st
    there = mate.r_en - 1 if mate.strand < 0 else mate.r_st
    return there - here + (1 if there > here else -1 if there < here else 0)


def _elsewhere(hit, cigar: str) -> str:
    return f"{hit.ctg},{hit.r_st + 1},{'-' if hit.strand < 0 else '+'},{cigar.replace('H', 'S')},{hit.mapq},{hit.NM};"
