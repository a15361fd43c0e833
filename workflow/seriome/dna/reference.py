"""The reference: genome with its indexes, gene models as `bcftools csq` wants them, regions to call and to count.

Gene models come from a GTF (Ensembl, GENCODE, or slices of them: attributes gene_id, transcript_id, gene_name; the
rest is optional). A transcript whose coding sequence cannot be read (no frame without an inner stop codon) keeps its
exons and loses its coding sequence: no protein change is better than a wrong one.
"""

import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from seriome.dna.tools import COMPLEMENT, merged, read_bed, read_contigs
from seriome.errors import InputError
from seriome.files import moved_into_place, open_text, write_text, write_tsv

STOPS = {"TAA", "TAG", "TGA"}
CANONICAL = {"MANE_Select": 0, "Ensembl_canonical": 1, "canonical": 1, "appris_principal_1": 2, "basic": 3}
# biotypes that bcftools csq reads consequences for; other names are written as the nearest of these
CODING = {"protein_coding", "nonsense_mediated_decay", "non_stop_decay"}
NON_CODING = {"processed_transcript", "retained_intron", "lincRNA", "antisense", "miRNA", "snRNA", "snoRNA", "rRNA"}
TRANSCRIPT_COLUMNS = [
    *("transcript", "gene_id", "gene", "chrom", "start", "end", "strand", "biotype", "rank", "cds_bases", "utr5_bases")
]


@dataclass
class Transcript:
    """One transcript; intervals 0-based, half-open, sorted. `phase` is the number of bases before the first codon."""

    name: str
    gene_id: str
    gene: str
    chrom: str
    strand: str
    biotype: str = ""
    rank: int = 9
    exons: list = field(default_factory=list)
    cds: list = field(default_factory=list)
    stop: list = field(default_factory=list)
    frames: dict = field(default_factory=dict)
    phase: int = 0

    @property
    def start(self) -> int:
        return min(start for start, _ in self.exons)

    @property
    def end(self) -> int:
        return max(end for _, end in self.exons)

    def utrs(self) -> tuple[list, list]:
        """Exon parts before and after the coding sequence, in the direction of the transcript: (five, three)."""
        if not self.cds:
            return [], []
        first, last = self.cds[0][0], self.cds[-1][1]
        left = [(start, min(end, first)) for start, end in self.exons if start < first]
        right = [(max(start, last), end) for start, end in self.exons if end > last]
        return (left, right) if self.strand == "+" else (right, left)


def copy_genome(source, output) -> None:
    """The genome as plain FASTA, from plain or gzip, with its index `.fai` and a dictionary without paths beside it."""
    import gzip

    import pysam

    output = Path(output)
    opener = gzip.open if str(source).endswith(".gz") else open
    with moved_into_place(output) as temporary:
        with opener(source, "rb") as read, open(temporary, "wb") as write:
            shutil.copyfileobj(read, write, 1 << 20)
        try:
            pysam.faidx(str(temporary))
        except pysam.SamtoolsError as error:
            raise InputError(f"{source} cannot be indexed as FASTA: {str(error).strip()}") from None
        fai = Path(f"{temporary}.fai")
        shutil.move(fai, f"{output}.fai")
    contigs = read_contigs(f"{output}.fai")
    lines = ["@HD\tVN:1.6\tSO:unsorted", *(f"@SQ\tSN:{name}\tLN:{length}" for name, length in contigs.items())]
    write_text(output.with_suffix(".dict"), "\n".join(lines) + "\n")


def read_transcripts(gtf, genome) -> list[Transcript]:
    """The transcripts of a GTF (1-based, closed there) on the contigs of the genome, sorted by place.

    Frames are taken from the GTF or, where it gives none, found by reading: the first of 0, 1, 2 without an inner
    stop codon. The stop codon is made part of the coding sequence, as Ensembl's GFF3 has it.
    Raises InputError when no line of the GTF lies on a contig of the genome
    """
    import pysam

    contigs, found, elsewhere = read_contigs(f"{genome}.fai"), {}, ""
    attribute = re.compile(r'(\w+) "?([^";]*)"?;?')
    with open_text(gtf) as file:
        for line in file:
            cells = line.rstrip("\n").split("\t")
            if line.startswith("#") or len(cells) < 9 or cells[2] not in ("transcript", "exon", "CDS", "stop_codon"):
                continue
            if cells[0] not in contigs:
                elsewhere = elsewhere or cells[0]
                continue
            pairs = attribute.findall(cells[8])
            about, tags = dict(pairs), [value for key, value in pairs if key == "tag"]
            if "transcript_id" not in about or "gene_id" not in about:
                continue
            name = about["transcript_id"]
            one = found.get((cells[0], name))
            if one is None:
                gene = about.get("gene_name") or about["gene_id"]
                one = found[cells[0], name] = Transcript(name, about["gene_id"], gene, cells[0], cells[6])
            one.biotype = one.biotype or about.get("transcript_biotype") or about.get("transcript_type") or ""
            one.rank = min([one.rank, *(CANONICAL[tag] for tag in tags if tag in CANONICAL)])
            interval = (int(cells[3]) - 1, int(cells[4]))
            if cells[2] == "exon":
                one.exons.append(interval)
            elif cells[2] == "stop_codon":
                one.stop.append(interval)
            elif cells[2] == "CDS":
                one.cds.append(interval)
                one.frames[interval] = int(cells[7]) if cells[7] in ("0", "1", "2") else None
    if not found:
        hint = f": it speaks of {elsewhere!r}, the genome of {next(iter(contigs))!r}" if elsewhere else ""
        raise InputError(f"reference.genes {gtf} has no transcript on a contig of reference.genome{hint}")
    with pysam.FastaFile(str(genome)) as fasta:
        for one in found.values():
            one.exons = merged(one.exons or one.cds)
            if one.cds:
                frame = one.frames[min(one.cds) if one.strand == "+" else max(one.cds)]
                one.cds = merged(one.cds + one.stop)
                _read_frame(one, frame, fasta)
            if one.biotype not in CODING | NON_CODING or (one.biotype in CODING and not one.cds):
                one.biotype = "protein_coding" if one.cds else "processed_transcript"
    order = {name: index for index, name in enumerate(contigs)}
    with_place = [one for one in found.values() if one.exons]
    return sorted(with_place, key=lambda one: (order[one.chrom], one.start, one.end, one.name))


def _read_frame(one: Transcript, frame: int | None, fasta) -> None:
    """Set the phase, take a stop codon that follows into the coding sequence; drop what cannot be translated."""

    def spliced(intervals):
        text = "".join(fasta.fetch(one.chrom, start, end) for start, end in intervals).upper()
        return text if one.strand == "+" else text.translate(COMPLEMENT)[::-1]

    text = spliced(one.cds)
    for phase in [0, 1, 2] if frame is None else [frame]:
        codons = [text[i : i + 3] for i in range(phase, len(text) - 2, 3)]
        if not STOPS.intersection(codons[:-1]):
            break
    else:
        one.cds = []
        return
    one.phase = phase
    start = one.cds[-1][1] if one.strand == "+" else one.cds[0][0] - 3
    follows = any(low <= start and start + 3 <= high for low, high in one.exons)
    open_end = codons and codons[-1] not in STOPS and (len(text) - phase) % 3 == 0
    if open_end and follows and spliced([(start, start + 3)]) in STOPS:
        one.cds = merged([*one.cds, (start, start + 3)])


def gff3(transcripts) -> str:
    """Gene models as text in Ensembl's GFF3, the only dialect `bcftools csq` reads; 1-based, closed."""
    genes = {}
    for one in transcripts:
        genes.setdefault((one.chrom, one.gene_id), []).append(one)
    lines = ["##gff-version 3"]

    def add(one, kind, start, end, phase, about):
        lines.append(f"{one.chrom}\tseriome\t{kind}\t{start + 1}\t{end}\t.\t{one.strand}\t{phase}\t{about}")

    for (_, gene_id), members in genes.items():
        first = members[0]
        biotype = "protein_coding" if any(one.cds for one in members) else "processed_transcript"
        low, high = min(one.start for one in members), max(one.end for one in members)
        add(first, "gene", low, high, ".", f"ID=gene:{gene_id};Name={first.gene};biotype={biotype};gene_id={gene_id}")
        for one in members:
            parent = f"Parent=transcript:{one.name}"
            about = f"ID=transcript:{one.name};Parent=gene:{gene_id};biotype={one.biotype};transcript_id={one.name}"
            add(one, "mRNA" if one.cds else "transcript", one.start, one.end, ".", about)
            for start, end in one.exons:
                add(one, "exon", start, end, ".", parent)
            before, phase = 0, one.phase
            for start, end in one.cds if one.strand == "+" else one.cds[::-1]:
                add(one, "CDS", start, end, (phase - before) % 3, parent)
                before += end - start
            five, three = one.utrs()
            for kind, parts in (("five_prime_UTR", five), ("three_prime_UTR", three)):
                for start, end in parts:
                    add(one, kind, start, end, ".", parent)
    return "\n".join(lines) + "\n"


def write_transcripts(path, transcripts) -> None:
    """One row per transcript (start, end 0-based half-open); `rank` small for the one a gene is spoken of by."""
    rows = [
        {
            "transcript": one.name,
            "gene_id": one.gene_id,
            "gene": one.gene,
            "chrom": one.chrom,
            "start": one.start,
            "end": one.end,
            "strand": one.strand,
            "biotype": one.biotype,
            "rank": one.rank,
            "cds_bases": sum(end - start for start, end in one.cds),
            "utr5_bases": sum(end - start for start, end in one.utrs()[0]),
        }
        for one in transcripts
    ]
    write_tsv(path, rows, TRANSCRIPT_COLUMNS)


def gene_parts(transcripts, targets=None) -> list[tuple]:
    """The intervals that a gene's coverage is counted over: (chrom, start, end, gene_id, gene), sorted.

    With targets: each target, given to the gene whose exons it shares most bases with, else to the gene it lies in;
    targets in no gene are left out. Without: the union of the gene's exons.
    """
    genes = {}
    for one in transcripts:
        genes.setdefault((one.chrom, one.gene_id), []).append(one)
    union = {key: merged(exon for one in members for exon in one.exons) for key, members in genes.items()}
    parts = []
    if targets is None:
        for (chrom, gene_id), exons in union.items():
            parts += [(chrom, start, end, gene_id, genes[chrom, gene_id][0].gene) for start, end in exons]
        return sorted(parts)
    by_contig = {}
    for (chrom, gene_id), exons in union.items():
        by_contig.setdefault(chrom, []).append((exons[0][0], exons[-1][1], gene_id, exons))
    for chrom, start, end, *_ in targets:
        near = [row for row in by_contig.get(chrom, ()) if row[0] < end and row[1] > start]
        shared = [
            (
                sum(max(0, min(end, high) - max(start, low)) for low, high in exons),
                min(end, last) - max(start, first),
                g,
            )
            for first, last, g, exons in near
        ]
        if shared:
            gene_id = max(shared, key=lambda row: (row[0], row[1], row[2]))[2]
            parts.append((chrom, start, end, gene_id, genes[chrom, gene_id][0].gene))
    return sorted(set(parts))


def calling_regions(contigs, targets=None, padding=0) -> list[tuple]:
    """Where variants are looked for: targets widened by `padding` bases and merged, or the whole genome."""
    if targets is None:
        return [(name, 0, length) for name, length in contigs.items()]
    by_contig = {}
    for chrom, start, end, *_ in targets:
        if chrom in contigs:
            by_contig.setdefault(chrom, []).append((max(0, start - padding), min(contigs[chrom], end + padding)))
    return [(chrom, *pair) for chrom in contigs if chrom in by_contig for pair in merged(by_contig[chrom])]


def read_targets(path, contigs) -> list[tuple]:
    """Targets (BED) on the contigs of the genome. Raises InputError when none is, or one reaches beyond its contig."""
    rows = read_bed(path)
    known = [row for row in rows if row[0] in contigs]
    if not known:
        seen = f"{rows[0][0]!r}" if rows else "nothing"
        raise InputError(
            f"reference.targets {path} names {seen}, no contig of reference.genome (such as {next(iter(contigs))!r})"
        )
    for chrom, start, end, *_ in known:
        if end > contigs[chrom]:
            raise InputError(f"reference.targets {path}: {chrom}:{start}-{end} ends beyond {chrom} ({contigs[chrom]})")
    return known


def write_bed(path, rows) -> None:
    write_text(path, "".join("\t".join(map(str, row)) + "\n" for row in rows))
