"""BAM and VCF, read to their end by htslib."""

from seriome.errors import DataError
from seriome.intake.streams import COPY_AGAIN, blocks

EOF_BLOCK = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")  # SAM specification, 4.1.2


def check_bam(files, names):
    """(alignments, {"mapped"}) of a BAM file.

    Raises  DataError truncated_bam, malformed_bam, empty_file
    """
    import pysam

    path, name = files[0], names[0]
    with open(path, "rb") as file:
        if file.read(4) != EOF_BLOCK[:4]:
            raise DataError("malformed_bam", f"{name} is not a BAM file: it is not BGZF-compressed", COPY_AGAIN)
        file.seek(max(0, path.stat().st_size - len(EOF_BLOCK)))
        if file.read() != EOF_BLOCK:
            raise DataError("truncated_bam", f"{name} is cut off: it has no BGZF end-of-file block", COPY_AGAIN)
    records = mapped = 0
    silenced = pysam.set_verbosity(0)
    try:
        with pysam.AlignmentFile(str(path), "rb", check_sq=False) as bam:
            for read in bam.fetch(until_eof=True):
                records += 1
                mapped += not read.flag & 0x904  # unmapped, secondary, supplementary
    except (OSError, ValueError) as error:
        raise DataError(
            "malformed_bam",
            f"{name} cannot be read behind alignment {records:,}: {_said(error, path, name)}",
            COPY_AGAIN,
        ) from None
    finally:
        pysam.set_verbosity(silenced)
    if not records:
        raise DataError("empty_file", f"{name} has a header but no alignments", "leave the unit out, or export again")
    return records, {"mapped": mapped}


def check_vcf(files, names):
    """(variants, {"samples"}) of a VCF or BCF file; one without a variant is whole, for that may be the answer.

    Raises  DataError truncated_gzip, corrupt_gzip, malformed_vcf
    """
    import pysam

    path, name = files[0], names[0]
    mend = "write it again; bcftools view shows what htslib cannot read"
    for _ in blocks(path, name):
        pass  # the gzip stream is whole
    records = 0
    silenced = pysam.set_verbosity(0)
    try:
        with pysam.VariantFile(str(path)) as vcf:
            samples = len(vcf.header.samples)
            for variant in vcf:
                records += 1
                if not variant.alleles or set(variant.alleles[0]) - set("ACGTNacgtn"):
                    raise ValueError(f"{variant.chrom}:{variant.pos} has no readable reference allele")
    except NotImplementedError:
        raise DataError(
            "malformed_vcf", f"{name} is compressed with gzip, which htslib cannot seek in", "compress it with bgzip"
        ) from None
    except (OSError, ValueError, IndexError) as error:
        raise DataError(
            "malformed_vcf", f"{name} cannot be read behind record {records:,}: {_said(error, path, name)}", mend
        ) from None
    finally:
        pysam.set_verbosity(silenced)
    return records, {"samples": samples}


def _said(error, path, name: str) -> str:
    """What htslib said, with the file's name as the sheet has it."""
    return str(error).replace(str(path), name).removeprefix("b'").strip()
