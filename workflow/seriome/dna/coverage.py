"""One sample: its units merged, duplicates marked, quality and coverage counted.

Duplicates are pairs with the same outer ends (and, with barcodes, the same RX tag); all but the one with the best base
qualities are flagged, none removed (`samtools markdup`). With barcodes this leaves one read pair per molecule, or one
per duplex, with the errors of its best pair. Of consensus reads (consensus.py) none is a duplicate: nothing is marked.
Source: Danecek et al. 2021, GigaScience 10:giab008, doi:10.1093/gigascience/giab008
"""

import tempfile
from pathlib import Path

from seriome.dna.align import _reheader, empty_bam, header
from seriome.dna.tools import samtools
from seriome.files import moved_into_place, write_text, write_tsv

COVERED = 20  # depth from which a base counts as well covered in the table of genes
COVERAGE_COLUMNS = [
    *("gene_id", "gene", "chrom", "start", "end", "bases", "mean_depth", "share_20x", "reads"),
    *("part_bases", "part_depths"),
]


def merge_and_mark(units, output, genome, *, sample: str, umi: bool, mark: bool = True, threads: int = 1) -> None:
    """One sorted BAM with its index `.bai` from the sorted BAMs of the sample's units, duplicates flagged.

    umi    pairs must share their RX tag, too, to be duplicates of each other
    mark   False: flag none
    """
    import pysam

    output = Path(output)
    output.parent.mkdir(parents=True, exist_ok=True)
    extra = max(0, threads - 1)
    with tempfile.TemporaryDirectory(dir=output.parent) as folder:
        if not units:
            empty_bam(output, genome, sample, None)
        else:
            source = str(units[0])
            if len(units) > 1:
                source = f"{folder}/merged.bam"
                samtools("merge", "--no-PG", "-c", "-p", "-u", "-@", extra, "-o", source, *units)
            marked = Path(folder) / "marked.bam"
            barcode = ["--barcode-tag", "RX"] if umi else []
            if mark:
                samtools("markdup", "--no-PG", *barcode, "-T", f"{folder}/part", "-@", extra, source, marked)
            else:
                samtools("view", "--no-PG", "-b", "-@", extra, "-o", marked, source)
            if len(units) > 1:  # one program line, read groups in the order of the units
                top = header(genome, sample, None)
                for unit in units:
                    with pysam.AlignmentFile(unit, "rb") as bam:
                        top["RG"] += bam.header.to_dict().get("RG", [])
                _reheader(marked, top, folder)
            with moved_into_place(output) as temporary:
                marked.rename(temporary)
        with moved_into_place(f"{output}.bai") as temporary:
            samtools("index", "-@", extra, "-o", temporary, output)


def stats_text(bam) -> str:
    """What `samtools stats` says of a BAM, without its own command line (paths): the form MultiQC reads."""
    import pysam.samtools

    text = pysam.samtools.stats(str(bam))
    lines = [
        "# The command line was:  stats\n" if "The command line was" in line else line for line in text.splitlines(True)
    ]
    return "".join(lines)


def quality(bam, stats: str, targets=None) -> dict:
    """Numbers of one sample, from its BAM and the text of `samtools stats`.

    Returns  reads (all, primary), mapped, properly_paired, duplicates: reads; and the shares mapped_share (of reads),
             duplicate_share (of mapped), on_target_share (mapped, not duplicate reads that touch a target; None
             without targets); insert_size_median, insert_size_sd (bases), read_length (mean), mismatch_rate (per base
             aligned). A share of nothing is None
    """
    import pysam.samtools

    numbers, inserts = {}, []
    for line in stats.splitlines():
        cells = line.split("\t")
        if cells[0] == "SN":
            numbers[cells[1].rstrip(":")] = float(cells[2])
        elif cells[0] == "IS":
            inserts.append((int(cells[1]), int(cells[2])))
    reads, mapped = int(numbers["raw total sequences"]), int(numbers["reads mapped"])
    duplicates = int(numbers["reads duplicated"])
    on_target, counted = None, None
    if targets is not None:
        usable = ["-c", "-F", "0xD04"]
        counted = int(pysam.samtools.view(*usable, str(bam)))
        on_target = int(pysam.samtools.view(*usable, "-L", str(targets), str(bam)))
    median, half, seen = None, sum(number for _, number in inserts) / 2, 0
    for size, number in inserts:
        seen += number
        if number and seen >= half > 0:
            median = size
            break

    def share(part, whole):
        return round(part / whole, 6) if part is not None and whole else None

    return {
        "reads": reads,
        "mapped": mapped,
        "properly_paired": int(numbers["reads properly paired"]),
        "duplicates": duplicates,
        "mapped_share": share(mapped, reads),
        "duplicate_share": share(duplicates, mapped),
        "on_target_share": share(on_target, counted),
        "insert_size_median": median,
        "insert_size_sd": numbers["insert size standard deviation"] if median is not None else None,
        "read_length": numbers["average length"] if reads else None,
        "mismatch_rate": numbers["error rate"] if mapped else None,
    }


def gene_coverage(bam, parts, min_mapping_quality: int) -> list[dict]:
    """Coverage of every gene over its parts, duplicates not counted, in the order of the parts.

    parts    BED of `reference.gene_parts`: chrom start end gene_id gene
    Returns  rows of COVERAGE_COLUMNS: start, end 0-based half-open around all parts; bases in the parts; mean_depth
             over them; share_20x of bases with depth 20 or more; reads that touch a part (a read on two parts counts
             twice); part_bases, part_depths: the same per part, separated by commas
    """
    import pysam.samtools

    text = pysam.samtools.bedcov("-Q", str(min_mapping_quality), "-d", str(COVERED), "-c", str(parts), str(bam))
    genes = {}
    for line in text.splitlines():
        chrom, start, end, gene_id, gene, depth, covered, reads = line.split("\t")
        genes.setdefault((chrom, gene_id, gene), []).append(tuple(map(int, (start, end, depth, covered, reads))))
    rows = []
    for (chrom, gene_id, gene), found in genes.items():
        sizes = [end - start for start, end, *_ in found]
        bases = sum(sizes)
        rows.append(
            {
                "gene_id": gene_id,
                "gene": gene,
                "chrom": chrom,
                "start": min(row[0] for row in found),
                "end": max(row[1] for row in found),
                "bases": bases,
                "mean_depth": f"{sum(row[2] for row in found) / bases:.4f}",
                "share_20x": f"{sum(row[3] for row in found) / bases:.4f}",
                "reads": sum(row[4] for row in found),
                "part_bases": ",".join(map(str, sizes)),
                "part_depths": ",".join(f"{row[2] / size:.3f}" for row, size in zip(found, sizes, strict=True)),
            }
        )
    return rows


def write_coverage(path, rows) -> None:
    write_tsv(path, rows, COVERAGE_COLUMNS)


def write_stats(path, text: str) -> None:
    write_text(path, text)
