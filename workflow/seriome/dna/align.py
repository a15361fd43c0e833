"""Reads to sorted alignments of one unit: barcodes and adapters off, aligned, named, sorted.

The aligner is `bwa mem` inside pybwa (bwa.py) or the program `bwa-mem2` (bwa_mem2.py); both are given reads in batches
of the same number of bases, of which a few are in memory. What is known of a read travels as tags of its alignments.
Adapters are left on unless asked for (trim.py says why).
"""

import tempfile
from contextlib import ExitStack
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np

from seriome import __version__
from seriome.dna import bwa, bwa_mem2, host
from seriome.dna.bwa import BATCH_BASES, primary
from seriome.dna.tools import read_contigs, samtools
from seriome.dna.trim import Trimmer
from seriome.dna.umi import Barcodes, molecule
from seriome.errors import DataError
from seriome.files import moved_into_place

ALIGNERS = {"bwa": bwa.aligned, "bwa-mem2": bwa_mem2.aligned}
BARCODES = "zb"  # the tag of both barcodes as they were read, until it is known which end lies left
TOLD_APART = 20_000  # templates whose two genomes are compared at once


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
    genome,
    files,
    output,
    *,
    sample: str,
    run: str,
    structure: str = "",
    trim: dict | None = None,
    threads: int = 1,
    aligner: str = "bwa",
    host_genome=None,
) -> dict:
    """Align the read pairs of FASTQ files and write a BAM sorted by place, with mate tags for `samtools markdup`.

    genome      FASTA with the aligner's index (index.py) beside it
    files       (first reads, second reads) and, where the structure says so, reads of barcodes; plain or gzip
    structure   where the unit's barcodes are (umi.py), or empty
    trim        words of trim.Trimmer: adapter, quality, two_colour; None: reads stay whole
    aligner     one of ALIGNERS
    host_genome FASTA with its index, of the host of a xenograft: pairs that fit it better, or as well, are left out
    Returns     {"pairs": number, "short": pairs of which a read had nothing left behind its barcode or adapter}, with
                trimming the numbers trim.COUNTS, with a host the numbers of pairs of host.COUNTS
    Raises      DataError `no_barcode` where names should end in one and do not
    """
    return _align_files(
        genome, files, output, 2, structure, trim, host_genome, aligner, sample=sample, run=run, threads=threads
    )


def align_single(
    genome,
    files,
    output,
    *,
    sample: str,
    run: str,
    structure: str = "",
    trim: dict | None = None,
    threads: int = 1,
    aligner: str = "bwa",
) -> dict:
    """As `align_pairs`, for single reads: (reads,) and, where the structure says so, reads of barcodes.

    Returns     {"reads": number, "short": reads of which nothing was left}, with trimming trim.COUNTS
    """
    return _align_files(
        genome, files, output, 1, structure, trim, None, aligner, sample=sample, run=run, threads=threads
    )


def _align_files(genome, files, output, ends, structure, trim, host_genome, aligner, *, sample, run, threads) -> dict:
    where = Barcodes(structure)
    # behind a short insert stands the barcode of the other end, then the adapter
    behind = tuple(cutter.length for cutter in reversed(where.cutters))
    counts, about = {"pairs" if ends == 2 else "reads": 0, "short": 0}, {"sample": sample, "run": run}
    trimmer = Trimmer(**trim, behind=behind) if trim else None
    batches = partial(_batches, files, where, ends)
    words = {"ends": ends, "threads": threads, "aligner": aligner}
    with tempfile.TemporaryDirectory(dir=Path(output).parent) as folder:
        kept = None
        if host_genome:
            counts |= dict.fromkeys(host.COUNTS.values(), 0)
            theirs = f"{folder}/host.f4"
            _write_scores(theirs, host_genome, batches({}, Trimmer(**trim, behind=behind) if trim else None), **words)
            kept = partial(_not_of_host, theirs, counts)
        align_batches(genome, batches(counts, trimmer), output, kept=kept, **words, **about)
    return counts | (trimmer.counts if trimmer else {})


def align_batches(
    genome,
    batches,
    output,
    *,
    sample: str,
    run: str,
    ends: int,
    threads: int = 1,
    aligner: str = "bwa",
    kept=None,
) -> None:
    """Align batches of reads and write them as one BAM sorted by place.

    batches   (reads, tags): pysam.FastxRecord, mates beside each other; for each read its tags (name, value, type)
    ends      2 for pairs, 1 for single reads
    aligner   one of ALIGNERS
    kept      a function of the templates' alignments that gives those to keep; None: all
    """
    import pysam

    output, group = Path(output), read_group(sample, run)
    with tempfile.TemporaryDirectory(dir=output.parent) as folder:
        named = f"{folder}/named.bam"
        top = pysam.AlignmentHeader.from_dict(header(genome, sample, run, "unsorted"))
        templates = ALIGNERS[aligner](genome, batches, ends=ends, threads=threads)
        with pysam.AlignmentFile(named, "wb", header=top, format_options=[b"level=0"]) as bam:
            for mates in kept(templates) if kept else templates:
                scores = [_mate_score(records[0]) for records in mates]
                name = _barcode(mates)
                for which, records in enumerate(mates):
                    for record in records:
                        record.set_tag("RG", group, "Z")
                        if ends == 2:
                            record.set_tag("ms", scores[1 - which], "i")
                        if name is not None:
                            record.set_tag(BARCODES, None)
                            record.set_tag("RX", name, "Z")
                        bam.write(record)
        sort(named, output, folder, threads)


def _barcode(mates) -> str | None:
    """The tag RX of a template whose reads had barcodes, from these and where its ends lie; else None."""
    if not mates[0][0].has_tag(BARCODES):
        return None
    one, two = mates[0][0].get_tag(BARCODES).split("-")
    return molecule(one, two, swap=len(mates) == 2 and _second_is_left(*map(primary, mates)))


def _write_scores(path, genome, batches, *, ends: int, threads: int, aligner: str) -> None:
    """Scores of every template against a genome (host.scores), as float32 in a file: they may be many."""
    with open(path, "wb") as file:
        for templates in _chunks(ALIGNERS[aligner](genome, batches, ends=ends, threads=threads)):
            host.scores([records for mates in templates for records in mates]).astype("f4").tofile(file)


def _not_of_host(path, counts, templates):
    """Templates that fit the host less well than the genome, or fit nowhere; all are counted by class."""
    with open(path, "rb") as file:
        for some in _chunks(templates):
            theirs = np.fromfile(file, "f4", 2 * len(some)).reshape(-1, 2)
            kinds = host.classes(host.scores([records for mates in some for records in mates]), theirs)
            for kind, name in host.COUNTS.items():
                counts[name] += int((kinds == kind).sum())
            yield from (mates for mates, kind in zip(some, kinds, strict=True) if kind in (host.GRAFT, host.NEITHER))


def _chunks(templates):
    """Lists of TOLD_APART templates."""
    while some := list(islice(templates, TOLD_APART)):
        yield some


def sort(source, output, folder: str, threads: int) -> None:
    """Alignments sorted by place."""
    extra = max(0, threads - 1)
    with moved_into_place(output) as temporary:
        samtools("sort", "--no-PG", "-l", 1, "-m", "256M", "-@", extra, "-T", f"{folder}/part", "-o", temporary, source)


def _batches(files, where: Barcodes, ends: int, counts: dict, trimmer: Trimmer | None):
    """Reads, mates beside each other, and their barcodes as tags, in batches of BATCH_BASES bases."""
    import pysam

    reads, tags, bases = [], [], 0
    unit, whole = ("pairs" if ends == 2 else "reads"), where.untouched and not trimmer
    counts |= {unit: 0, "short": 0}
    with ExitStack() as stack:
        streams = [stack.enter_context(pysam.FastxFile(file)) for file in files]
        for records in zip(*streams, strict=True):
            mates, name = records[:ends], records[0].name
            if name.endswith("/1"):
                name = name[:-2]
            own = ()
            if whole and all(one.sequence and one.name == name for one in mates):
                reads += mates
            else:
                found, short = [], False
                for mate, (read, cutter) in enumerate(zip(mates, where.cutters, strict=False)):
                    barcode, sequence, quality = cutter.cut(read.sequence or "", read.quality or "")
                    if trimmer:
                        sequence, quality = trimmer.trim(mate, name, sequence, quality)
                    short |= not sequence
                    found.append(barcode)
                    reads.append(pysam.FastxRecord(name=name, sequence=sequence or "N", quality=quality or "!"))
                if where.third:
                    found = [where.third.cut(records[-1].sequence or "", "")[0], ""]
                elif where.separator:
                    found = where.in_name(name)
                if any(found):
                    own = ((BARCODES, "-".join([*found, ""][:2]), "Z"),)
                counts["short"] += short
            tags += [own] * ends
            counts[unit] += 1
            bases += sum(len(one.sequence or "") for one in mates)
            if bases >= BATCH_BASES:
                yield reads, tags
                reads, tags, bases = [], [], 0
    if reads:
        yield reads, tags


def _mate_score(record) -> int:
    """What `samtools markdup` ranks pairs by, from `samtools fixmate -m`: the sum of base qualities of 15 or more."""
    qualities = np.frombuffer(record.query_qualities, np.uint8)
    return int(qualities[qualities >= 15].sum(dtype=np.int64))


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
