"""Variants that another caller wrote (a `vcf` unit), as nf-core/sarek leaves them.

Only records that passed the caller's own filters are taken (FILTER `PASS` or `.`). Counts come from what the record
gives for the tumour's column: AD (Mutect2, DeepVariant), the first tier of AU CU GU TU and TAR TIR (Strelka2), RO AO
(freebayes), else DP with AF or VAF. A record without any of these gives a variant without a depth.
A VCF does not tell where it looked and saw nothing: a variant it does not list is not measured there.
Sources: Mutect2 and sarek: Hanssen et al. 2024, NAR Genom Bioinform 6:lqae031, doi:10.1093/nargab/lqae031; Strelka2's
counts: Kim et al. 2018, Nat Methods 15:591, doi:10.1038/s41592-018-0051-x
"""

from dataclasses import dataclass

from seriome.dna.tools import read_contigs
from seriome.errors import DataError
from seriome.intake import read_status


@dataclass(frozen=True)
class Imported:
    """One variant of a VCF; pos 1-based; counts None where the record gives none."""

    chrom: str
    pos: int
    ref: str
    alt: str
    ref_count: int | None
    alt_count: int | None


def tumour_column(names, sample: str) -> str | None:
    """The column of the sample: its name, else one that ends in `_name` (sarek), else TUMOR, else the last."""
    for fits in (
        lambda name: name == sample,
        lambda name: name.endswith(f"_{sample}"),
        lambda name: name.upper() in ("TUMOR", "TUMOUR"),
    ):
        found = [name for name in names if fits(name)]
        if found:
            return found[0]
    return names[-1] if names else None


def read_vcf(path, sample: str, genome, name: str) -> list[Imported]:
    """The variants of one VCF or BCF that passed, one per alternate allele, in its order.

    genome     the FASTA of the reference, with its .fai
    name       the file as the sheet calls it, for messages
    Raises     DataError `other_reference` when a record lies where the reference has nothing, or other bases than REF
    """
    import pysam

    found = []
    contigs = read_contigs(f"{genome}.fai")
    with pysam.VariantFile(str(path)) as file, pysam.FastaFile(str(genome)) as fasta:
        column = tumour_column(list(file.header.samples), sample)
        for record in file:
            if not set(record.filter.keys()) <= {"PASS"} or not record.alts:
                continue
            if record.chrom not in contigs or record.pos > contigs[record.chrom]:
                raise DataError(
                    "other_reference",
                    f"{name} has a variant at {record.chrom}:{record.pos}, which reference.genome does not have",
                    "call on the same genome as reference.genome, or give that genome",
                )
            bases = fasta.fetch(record.chrom, record.pos - 1, record.pos - 1 + len(record.ref)).upper()
            if bases != record.ref.upper():
                raise DataError(
                    "other_reference",
                    f"{name} has REF {record.ref[:20]} at {record.chrom}:{record.pos}, where reference.genome has "
                    f"{bases[:20]}",
                    "call on the same genome as reference.genome, or give that genome",
                )
            cells = dict(record.samples[column]) if column else {}
            for index, alt in enumerate(record.alts):
                if set(alt.upper()) <= set("ACGT"):
                    counts = _counts(cells, record.ref.upper(), alt.upper(), index)
                    found.append(Imported(record.chrom, record.pos, record.ref.upper(), alt.upper(), *counts))
    return found


def variants_of(called, records, genome, gaps, patient: str) -> dict[str, list[Imported]]:
    """{sample: variants} of a patient's units that are VCFs; one that cannot be read is a gap.

    called   (sample, run, file) of each unit;  records: what intake wrote of it, those not whole are left out
    gaps     seriome.ledger.Gaps
    """
    found = {sample: [] for sample, _, _ in called}
    for (sample, run, file), record in zip(called, map(read_status, records), strict=True):
        with gaps.spoil(patient=patient, sample=sample, assay="dna", run=run, stage="dna"):
            if record["status"] == "ok":
                found[sample] += read_vcf(file, sample, genome, record["files"][0]["path"])
    return found


def _counts(cells: dict, ref: str, alt: str, index: int) -> tuple[int | None, int | None]:
    """(reference reads, allele reads) of one allele from a sample's cells of any known caller."""

    def cell(key, at=None):
        value = cells.get(key)
        if isinstance(value, tuple) and at is not None:
            value = value[at] if at < len(value) else None
        return value

    if cell("AD", 0) is not None and cell("AD", index + 1) is not None:
        return int(cell("AD", 0)), int(cell("AD", index + 1))
    if len(ref) == len(alt) == 1 and cell(f"{ref}U", 0) is not None and cell(f"{alt}U", 0) is not None:
        return int(cell(f"{ref}U", 0)), int(cell(f"{alt}U", 0))
    if cell("TAR", 0) is not None and cell("TIR", 0) is not None:
        return int(cell("TAR", 0)), int(cell("TIR", 0))
    if cell("RO", 0) is not None and cell("AO", index) is not None:
        return int(cell("RO", 0)), int(cell("AO", index))
    for key in ("AF", "VAF", "FREQ"):
        share = cell(key, index)
        if share is not None and cell("DP", 0) is not None:
            share = float(share.rstrip("%")) / 100 if isinstance(share, str) else float(share)
            depth = int(cell("DP", 0))
            return depth - round(share * depth), round(share * depth)
    return None, None
