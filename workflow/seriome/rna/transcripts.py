"""Transcripts: their exons from a GTF, their sequences spliced from the genome.

GTF is 1-based and closed at both ends (GTF2.2, Ensembl and GENCODE alike); Exon is 0-based and half-open.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from seriome.errors import InputError, did_you_mean
from seriome.files import open_text, read_tsv
from seriome.logs import log

COLUMNS = ["transcript_id", "gene_id", "gene", "biotype", "chrom", "strand", "length", "exons", "cds"]
ATTRIBUTE = re.compile(r'(gene_id|transcript_id|gene_name|gene_biotype|gene_type) "([^"]*)"')
VERSION = re.compile(r"^(ENS[A-Z]*\d+)\.\d+")  # Ensembl's stable id and its version
PIECE, KEPT = 1 << 16, 1000  # bases read of the genome at once, and how many such are kept: 66 MB
COMPLEMENT = str.maketrans("ACGTUNRYSWKMBDHVacgtunryswkmbdhv", "TGCAANYRSWMKVHDBtgcaanyrswmkvhdb")


@dataclass
class Transcript:
    """One transcript: gene_id without version, exons [(start, end)] in the order of the genome, 0-based half-open.

    cds is the genomic span (start, end) of its coding bases as the GTF has them (without the stop codon), None without
    """

    transcript_id: str
    gene_id: str
    gene: str
    biotype: str
    chrom: str
    strand: str
    exons: list = field(default_factory=list)
    cds: tuple | None = None

    @property
    def length(self) -> int:
        return sum(end - start for start, end in self.exons)


def without_version(gene_id: str) -> str:
    """`ENSG00000141510.18` -> `ENSG00000141510`; what is not an Ensembl id stays as it is."""
    return VERSION.sub(r"\1", gene_id)


def read_transcripts(path) -> list[Transcript]:
    """The transcripts of a GTF (plain or gzip) from its exon lines, sorted by their ids.

    A transcript on two contigs or strands (the X and Y copies of older annotations) keeps its first place.
    Raises  InputError with the line of what cannot be read
    """
    found, elsewhere, coding = {}, set(), []
    with open_text(path) as file:
        for number, line in enumerate(file, 1):
            if line.startswith("#") or not line.strip():
                continue
            cells = line.rstrip("\r\n").split("\t")
            if len(cells) != 9:
                raise InputError(f"{path} line {number}: {len(cells)} columns where GTF has 9")
            if cells[2] not in ("exon", "CDS"):
                continue
            about = dict(ATTRIBUTE.findall(cells[8]))
            if not about.get("transcript_id") or not about.get("gene_id"):
                raise InputError(f"{path} line {number}: an exon without gene_id or transcript_id")
            if cells[2] == "CDS":
                coding.append((about["transcript_id"], cells[0], cells[3], cells[4]))
                continue
            if not (cells[3].isdigit() and cells[4].isdigit() and 1 <= int(cells[3]) <= int(cells[4])):
                raise InputError(f"{path} line {number}: {cells[3]} to {cells[4]} is no interval (1-based, closed)")
            if cells[6] not in ("+", "-"):
                raise InputError(f"{path} line {number}: an exon needs the strand + or -, not {cells[6]!r}")
            one = found.setdefault(
                about["transcript_id"],
                Transcript(
                    about["transcript_id"],
                    without_version(about["gene_id"]),
                    about.get("gene_name") or without_version(about["gene_id"]),
                    about.get("gene_biotype") or about.get("gene_type") or "",
                    cells[0],
                    cells[6],
                ),
            )
            if (one.chrom, one.strand) != (cells[0], cells[6]):
                elsewhere.add(one.transcript_id)
                continue
            one.exons.append((int(cells[3]) - 1, int(cells[4])))
    if not found:
        raise InputError(f"{path} has no exon lines: is it a GTF with gene_id and transcript_id?")
    for name, chrom, start, end in coding:
        one = found.get(name)
        if one and one.chrom == chrom and start.isdigit() and end.isdigit():
            low, high = one.cds or (int(start) - 1, int(end))
            one.cds = min(low, int(start) - 1), max(high, int(end))
    if elsewhere:
        log.warning("%d transcripts have exons in two places and keep the first: %s", len(elsewhere), min(elsewhere))
    for one in found.values():
        one.exons.sort()
        for (_, end), (start, _) in zip(one.exons, one.exons[1:], strict=False):
            if start < end:
                raise InputError(f"{path}: exons of {one.transcript_id} overlap at {one.chrom}:{start + 1}")
    return sorted(found.values(), key=lambda one: one.transcript_id)


def as_row(one: Transcript) -> dict:
    """A transcript as a row of COLUMNS; exons and cds 1-based and closed, as in the GTF."""
    row = {column: getattr(one, column) for column in COLUMNS}
    row["exons"] = ",".join(f"{start + 1}-{end}" for start, end in one.exons)
    return row | {"cds": f"{one.cds[0] + 1}-{one.cds[1]}" if one.cds else None}


def read_models(path) -> list[Transcript]:
    """The transcripts of the stage's table."""

    def pairs(text):
        return [(int(start) - 1, int(end)) for start, end in (one.split("-") for one in text.split(",") if one)]

    names = ("transcript_id", "gene_id", "gene", "biotype", "chrom", "strand")
    return [
        Transcript(*(row[name] for name in names), pairs(row["exons"]), (pairs(row["cds"]) or [None])[0])
        for row in read_tsv(path)
    ]


def read_table(path):
    """The stage's table of transcripts (COLUMNS, all strings) as a DataFrame."""
    import pandas as pd

    return pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)


def read_contigs(path) -> Iterator[tuple[str, str]]:
    """(name, sequence) of every record of a FASTA file, plain or gzip, one in memory at a time."""
    name, parts = None, []
    with open_text(path) as file:
        for line in file:
            if line.startswith(">"):
                if name is not None:
                    yield name, "".join(parts)
                name, parts = (line[1:].split() or [""])[0], []
            elif name is None and line.strip():
                raise InputError(f"{path} is no FASTA file: it does not begin with '>'")
            else:
                parts.append(line.strip())
    if name is not None:
        yield name, "".join(parts)


def genome_sequence(path):
    """A function (contig, start, end) -> bases of an indexed FASTA, upper case; 0-based, half-open, cut at the contig's
    ends. It keeps KEPT pieces of PIECE bases, those asked of last.
    """
    import pysam

    fasta = pysam.FastaFile(str(path))
    sizes = dict(zip(fasta.references, fasta.lengths, strict=True))

    @lru_cache(KEPT)
    def piece(chrom, number):
        return fasta.fetch(chrom, number * PIECE, (number + 1) * PIECE).upper()

    def sequence(chrom, start, end):
        start, end = max(start, 0), min(end, sizes.get(chrom, 0))
        if start >= end:
            return ""
        first, last = start // PIECE, (end - 1) // PIECE
        bases = "".join([piece(chrom, number) for number in range(first, last + 1)])
        return bases[start - first * PIECE : end - first * PIECE]

    return sequence


def spliced(transcripts: Iterable[Transcript], genome) -> Iterator[tuple[str, str]]:
    """(transcript id, sequence from 5' to 3') of every transcript whose contig the genome has, contig by contig.

    genome  a FASTA file, or (name, sequence) pairs
    Raises  InputError when no transcript is on a contig of the genome, or an exon ends behind its contig
    """
    on = {}
    for one in transcripts:
        on.setdefault(one.chrom, []).append(one)
    contigs = read_contigs(genome) if not isinstance(genome, list) else genome
    seen = []
    for name, sequence in contigs:
        seen.append(name)
        for one in on.pop(name, []):
            if one.exons[-1][1] > len(sequence):
                raise InputError(
                    f"{one.transcript_id} ends at {name}:{one.exons[-1][1]:,}, but {name} has {len(sequence):,} bases: "
                    "annotation and genome are of different assemblies"
                )
            joined = "".join(sequence[start:end] for start, end in one.exons).upper()
            yield one.transcript_id, joined.translate(COMPLEMENT)[::-1] if one.strand == "-" else joined
    if on and not any(name in seen for name in {one.chrom for one in transcripts}):
        first = min(on)
        hint = did_you_mean(first, seen) or f"; the genome has {', '.join(seen[:5])}"
        raise InputError(f"no contig of the annotation is in the genome: {first!r} is not{hint}")
    if on:
        left_out = sum(map(len, on.values()))
        log.warning(
            "%d transcripts on contigs that the genome lacks are left out: %s", left_out, ", ".join(sorted(on)[:10])
        )
