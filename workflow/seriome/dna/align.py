"""Read pairs to sorted alignments of one unit, by `bwa mem` inside `pybwa`.

Batches are of a fixed number of bases (as `bwa mem -K`), so that the result does not depend on the threads; a batch is
what is held in memory. pybwa 2.3.2 leaves out the flag bits 0x2 (proper pair), 0x40 and 0x80 (first, second of pair),
and 0x20 beside an unplaced mate; they are set here, 0x2 by bwa's own rule: both ends on one contig, in an orientation
whose insert sizes could be estimated from this batch, and within its bounds (`mem_pestat` and `mem_infer_dir` of bwa
0.7.17).

Adapters are not trimmed: where an insert is shorter than the read, the adapter behind it does not match the genome and
`bwa mem` clips it softly, so that its bases are in no pileup; trimming would add a pass over the data and change
nothing that is counted here.
Source: Li 2013, Aligning sequence reads, clone sequences and assembly contigs with BWA-MEM, arXiv:1303.3997
"""

import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import numpy as np

from seriome import __version__
from seriome.dna import host
from seriome.dna.tools import read_contigs, samtools
from seriome.dna.umi import Barcodes, molecule
from seriome.errors import DataError
from seriome.files import moved_into_place

BATCH_BASES = 10_000_000
# bwa's bounds for insert sizes, bwamem_pair.c
MIN_RATIO, MIN_COUNT, MIN_SHARE = 0.8, 10, 0.05
OUTLIER, MAPPING, DEVIATIONS, LARGEST = 2.0, 3.0, 4.0, 10_000
FR = 1


def header(genome, sample: str, run: str | None, order: str = "coordinate") -> dict:
    """The header of a BAM of this sample: contigs, one read group per run, nothing of the machine or the day."""
    contigs = read_contigs(f"{genome}.fai")
    groups = [] if run is None else [{"ID": read_group(sample, run), "SM": sample, "LB": sample, "PL": "ILLUMINA"}]
    return {
        "HD": {"VN": "1.6", "SO": order},
        "SQ": [{"SN": name, "LN": length} for name, length in contigs.items()],
        "RG": groups,
        "PG": [{"ID": "seriome", "PN": "seriome", "VN": __version__}],
    }


def read_group(sample: str, run: str) -> str:
    """Its id names the sample, too: callers that read several BAMs at once tell samples by the read groups."""
    return f"{sample}.{run}"


def empty_bam(path, genome, sample: str, run: str | None) -> None:
    """A sorted BAM without reads, with the header that reads would have had."""
    import pysam

    with moved_into_place(path) as temporary, pysam.AlignmentFile(temporary, "wb", header=header(genome, sample, run)):
        pass


def align_pairs(
    genome, files, output, *, sample: str, run: str, structure: str = "", threads: int = 1, host_genome=None
) -> dict:
    """Align the read pairs of FASTQ files and write a BAM sorted by place, with mate tags for `samtools markdup`.

    genome      FASTA with the index of `bwa_index` beside it
    files       (first reads, second reads) and, where the structure says so, reads of barcodes; plain or gzip
    structure   where the unit's barcodes are (umi.py), or empty
    host_genome FASTA with its index, of the host of a xenograft: pairs that fit it better, or as well, are left out
    Returns     {"pairs": number, "short": pairs of which a read had no template left behind its barcode}, and with a
                host the numbers of pairs of host.COUNTS
    Raises      DataError `no_barcode` where names should end in one and do not
    """
    counts = {"pairs": 0, "short": 0} | (dict.fromkeys(host.COUNTS.values(), 0) if host_genome else {})
    batches = _batches(files, Barcodes(structure), 2, counts)
    kept = partial(_not_of_host, *_aligner(host_genome, 2, threads), counts) if host_genome else None
    align_batches(genome, batches, output, sample=sample, run=run, ends=2, threads=threads, kept=kept)
    return counts


def align_single(genome, files, output, *, sample: str, run: str, structure: str = "", threads: int = 1) -> dict:
    """As `align_pairs`, for single reads: (reads,) and, where the structure says so, reads of barcodes.

    Returns     {"reads": number, "short": reads of which nothing was left behind their barcode}
    """
    counts = {"reads": 0, "short": 0}
    batches = _batches(files, Barcodes(structure), 1, counts)
    align_batches(genome, batches, output, sample=sample, run=run, ends=1, threads=threads)
    return counts


def align_batches(genome, batches, output, *, sample: str, run: str, ends: int, threads: int = 1, kept=None) -> None:
    """Align batches of reads and write them as one BAM sorted by place.

    batches   (reads, tags): pysam.FastxRecord, mates beside each other; for each read its tags (name, value, type), or
              a function that gives them, of the alignments found for each read
    ends      2 for pairs, 1 for single reads
    kept      a function of a batch's reads and the alignments found: numbers of the reads to keep; None: all
    """
    import pysam

    output, (aligner, options) = Path(output), _aligner(genome, ends, threads)
    with tempfile.TemporaryDirectory(dir=output.parent) as folder:
        named = f"{folder}/named.bam"
        top = pysam.AlignmentHeader.from_dict(header(genome, sample, run, "unsorted"))
        with pysam.AlignmentFile(named, "wb", header=top, format_options=[b"level=0"]) as bam:
            for reads, tags in batches:
                found = aligner.align(reads, options)
                own = tags(found) if callable(tags) else tags
                if kept is not None:
                    numbers = kept(reads, found)
                    found, own = [found[number] for number in numbers], [own[number] for number in numbers]
                if ends == 2:
                    _set_pairs(found)
                for records, of_read in zip(found, own, strict=True):
                    for record in records:
                        record.set_tag("RG", read_group(sample, run), "Z")
                        for tag in of_read:
                            record.set_tag(*tag)
                        bam.write(record)
        sort(named, output, folder, threads)


def _aligner(genome, ends: int, threads: int):
    """bwa on a genome, and its options for pairs (ends 2) or single reads."""
    import pybwa

    options = pybwa.BwaMemOptions(threads=threads)
    options.interleaved_paired_end = ends == 2
    options.chunk_size = 2**30 // threads  # pybwa multiplies it by the threads, in 32 bits; our batches are smaller
    return pybwa.BwaMem(prefix=str(genome)), options


def _not_of_host(aligner, options, counts, reads, found) -> list[int]:
    """Numbers of the reads of pairs that fit the host less well, or fit nowhere; all pairs are counted by class."""
    kinds = host.classes(host.scores(found), host.scores(aligner.align(reads, options)))
    for kind, name in host.COUNTS.items():
        counts[name] += int((kinds == kind).sum())
    return [2 * i + mate for i, kind in enumerate(kinds) if kind in (host.GRAFT, host.NEITHER) for mate in (0, 1)]


def sort(source, output, folder: str, threads: int) -> None:
    """Alignments sorted by place."""
    extra = max(0, threads - 1)
    with moved_into_place(output) as temporary:
        samtools("sort", "--no-PG", "-l", 1, "-m", "256M", "-@", extra, "-T", f"{folder}/part", "-o", temporary, source)


def _batches(files, where: Barcodes, ends: int, counts):
    """Reads, mates beside each other, and their barcodes, in batches of BATCH_BASES bases, for `align_batches`."""
    import pysam

    reads, barcodes, bases = [], [], 0
    unit = "pairs" if ends == 2 else "reads"
    with ExitStack() as stack:
        streams = [stack.enter_context(pysam.FastxFile(file)) for file in files]
        for records in zip(*streams, strict=True):
            mates, name = records[:ends], records[0].name
            if name.endswith("/1"):
                name = name[:-2]
            if where.untouched and all(one.sequence and one.name == name for one in mates):
                reads += mates
                barcodes.append(None)
            else:
                found, short = [], False
                for read, cutter in zip(mates, where.cutters, strict=False):
                    barcode, sequence, quality = cutter.cut(read.sequence or "", read.quality or "")
                    short |= not sequence
                    found.append(barcode)
                    reads.append(pysam.FastxRecord(name=name, sequence=sequence or "N", quality=quality or "!"))
                if where.third:
                    found = [where.third.cut(records[-1].sequence or "", "")[0], ""]
                elif where.separator:
                    found = where.in_name(name)
                barcodes.append([*found, ""][:2])
                counts["short"] += short
            counts[unit] += 1
            bases += sum(len(one.sequence or "") for one in mates)
            if bases >= BATCH_BASES:
                yield reads, partial(_barcode_tags, barcodes, ends)
                reads, barcodes, bases = [], [], 0
    if reads:
        yield reads, partial(_barcode_tags, barcodes, ends)


def _barcode_tags(barcodes, ends: int, found) -> list:
    """The tag RX of every read of a batch, from its barcodes and where its mates lie."""
    tags = []
    for i, pair in enumerate(barcodes):
        name = None
        if pair is not None and any(pair):
            swap = ends == 2 and _second_is_left(_main(found[2 * i]), _main(found[2 * i + 1]))
            name = molecule(*pair, swap=swap)
        tags += [[("RX", name, "Z")] if name else []] * ends
    return tags


def _set_pairs(found) -> None:
    """Set the flags that pybwa leaves out, and the mate's score for `samtools markdup`."""
    mains = [_main(records) for records in found]
    pairs = [_direction(*mains[i : i + 2]) for i in range(0, len(mains), 2)]
    bounds = insert_bounds(
        [pair for i, pair in enumerate(pairs) if pair and _unique(mains[2 * i]) and _unique(mains[2 * i + 1])]
    )
    for i, pair in enumerate(pairs):
        proper = pair is not None and pair[0] in bounds and bounds[pair[0]][0] <= pair[1] <= bounds[pair[0]][1]
        for which in (0, 1):
            score = _mate_score(found[2 * i + 1 - which][0])
            for record in found[2 * i + which]:
                record.set_tag("ms", score, "i")
                record.flag |= 0x1 | (0x80 if which else 0x40) | (0x2 if proper else 0)
                if record.flag & 0x18 == 0x18:  # bwa lays an unplaced mate beside its read, on the same strand
                    record.flag |= 0x20


def _mate_score(record) -> int:
    """What `samtools markdup` ranks pairs by, from `samtools fixmate -m`: the sum of base qualities of 15 or more."""
    qualities = np.frombuffer(record.query_qualities, np.uint8)
    return int(qualities[qualities >= 15].sum(dtype=np.int64))


def _main(records):
    """The primary alignment of a read, or None when it is unmapped."""
    for record in records:
        if not record.flag & 0x904:
            return record
    return None


def _five_prime(record) -> int:
    """Where a read's first aligned base lies (0-based), on its own strand."""
    return record.reference_end - 1 if record.flag & 0x10 else record.reference_start


def _direction(one, two):
    """(orientation, distance) of a pair as bwa infers it: 0 FF, 1 FR, 2 RF, 3 RR; None when it has none."""
    if one is None or two is None or one.reference_id != two.reference_id:
        return None
    reverse1, reverse2 = bool(one.flag & 0x10), bool(two.flag & 0x10)
    sign = -1 if reverse1 else 1  # seen along the strand of read 1
    ahead = (_five_prime(two) - _five_prime(one)) * sign
    return (0 if reverse1 == reverse2 else 1) ^ (0 if ahead > 0 else 3), abs(ahead)


def _unique(record) -> bool:
    """Its second-best score is well below its best, so that it may speak for the insert size."""
    return record.has_tag("XS") and record.get_tag("XS") <= MIN_RATIO * record.get_tag("AS")


def insert_bounds(pairs) -> dict[int, tuple[int, int]]:
    """Bounds of the insert size of proper pairs for each orientation that has enough pairs (bwa's mem_pestat).

    pairs    (orientation, distance) of pairs whose two ends are placed uniquely
    """
    sizes = {d: sorted(size for way, size in pairs if way == d and 0 < size <= LARGEST) for d in range(4)}
    most, bounds = max(map(len, sizes.values())), {}
    for way, values in sizes.items():
        n = len(values)
        if n < MIN_COUNT or n < most * MIN_SHARE:
            continue
        quarter, three = (values[int(share * n + 0.499)] for share in (0.25, 0.75))
        low = max(1, int(quarter - OUTLIER * (three - quarter) + 0.499))
        high = int(three + OUTLIER * (three - quarter) + 0.499)
        kept = np.array([size for size in values if low <= size <= high], float)
        mean, deviation = kept.mean(), kept.std()
        low = int(quarter - MAPPING * (three - quarter) + 0.499)
        high = int(three + MAPPING * (three - quarter) + 0.499)
        low = min(low, int(mean - DEVIATIONS * deviation + 0.499))
        high = max(high, int(mean + DEVIATIONS * deviation + 0.499))
        bounds[way] = (max(1, low), high)
    return bounds


def _second_is_left(one, two) -> bool:
    """True when read 2 starts (clipped bases counted) left of read 1; unplaced reads keep their order."""
    if one is None or two is None:
        return False
    return _outer(two) < _outer(one)


def _outer(record):
    """(contig, unclipped 5' end, strand) of an alignment."""
    clips = record.cigartuples
    if record.flag & 0x10:
        end = record.reference_end + (clips[-1][1] if clips[-1][0] in (4, 5) else 0)
        return record.reference_id, end - 1, 1
    return record.reference_id, record.reference_start - (clips[0][1] if clips[0][0] in (4, 5) else 0), 0


def adopt_bam(genome, file, output, *, sample: str, run: str, name: str, threads: int = 1) -> dict:
    """Check alignments made elsewhere and pass them on under this sample's name, with mate tags, sorted.

    name     the file as the sheet calls it, for messages
    Raises   DataError `bam_not_sorted` (not sorted by coordinate), `other_reference` (its contigs are not those of
             reference.genome)
    """
    import pysam

    contigs, output = read_contigs(f"{genome}.fai"), Path(output)
    with pysam.AlignmentFile(file, "rb", check_sq=False) as bam:
        order = bam.header.to_dict().get("HD", {}).get("SO", "unknown")
        theirs = dict(zip(bam.references, bam.lengths, strict=True))
    if order != "coordinate":
        raise DataError(
            "bam_not_sorted", f"{name} says its order is {order!r}", f"sort it: samtools sort -o sorted.bam {name}"
        )
    if theirs != contigs or list(theirs) != list(contigs):
        odd = next((c for c in theirs if theirs[c] != contigs.get(c)), None)
        odd = odd or next((c for c in contigs if c not in theirs), None)
        what = (
            f"{odd} has length {theirs.get(odd)} there and {contigs.get(odd)} in reference.genome"
            if odd
            else "the contigs come in another order than in reference.genome"
        )
        raise DataError(
            "other_reference",
            f"{name} was aligned to another genome: {what}",
            "give the genome it was aligned to as reference.genome, or its reads as fastq",
        )
    with tempfile.TemporaryDirectory(dir=output.parent) as folder:
        steps = [f"{folder}/{step}.bam" for step in ("grouped", "named", "fixed")]
        group = f"@RG\tID:{read_group(sample, run)}\tSM:{sample}\tLB:{sample}\tPL:ILLUMINA"
        extra = max(0, threads - 1)
        samtools("addreplacerg", "--no-PG", "-m", "overwrite_all", "-w", "-u", "-r", group, "-o", steps[0], file)
        samtools("collate", "--no-PG", "-u", "-@", extra, "-o", steps[1], steps[0], f"{folder}/collate")
        samtools("fixmate", "--no-PG", "-m", "-u", "-@", extra, steps[1], steps[2])
        sort(steps[2], output, folder, threads)
        _reheader(output, header(genome, sample, run), folder)
    return {"pairs": None, "short": 0}


def _reheader(path, top: dict, folder: str) -> None:
    """Replace a BAM's header, so that programs and paths of another machine are not carried along."""
    import pysam
    import pysam.samtools

    text = f"{folder}/header.sam"
    Path(text).write_text(str(pysam.AlignmentHeader.from_dict(top)), encoding="utf-8")
    with moved_into_place(path) as temporary:
        pysam.samtools.reheader("--no-PG", text, str(path), save_stdout=str(temporary))
