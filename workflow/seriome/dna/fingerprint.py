"""A sample's fingerprint: reads of each base at the places where people differ.

The places are known common SNPs (a BED or VCF of them), or else every base of up to MOST_BASES of the targets, of which
those that differ are only known once samples are compared. Counting is by sample: a further sample counts nothing anew.
Positions are 1-based, as in VCF. A place without reads has no row: not covered is not zero.
"""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from seriome.dna.pileup import base_counts
from seriome.dna.tools import Regions, read_bed
from seriome.errors import InputError
from seriome.files import write_parquet

BASES = ("A", "C", "G", "T")
COLUMNS = ("chrom", "pos", "ref", *BASES)
MOST_BASES = 2_000_000  # of targets: some thousand SNPs, more than any comparison needs
PIECE = 500  # bases; what longer targets are cut to before they are thinned
ALT_READS, ALT_SHARE = 3, 0.2  # from which a place looks as if this person had another allele there


def read_sites(path) -> list[tuple]:
    """Known SNPs as intervals (chrom, start, end), 0-based, half-open: a BED, or a VCF, of which SNVs are taken.

    Raises InputError for a file that is neither.
    """
    if not str(path).endswith((".vcf", ".vcf.gz", ".bcf")):
        return [row[:3] for row in read_bed(path)]
    import pysam

    try:
        with pysam.VariantFile(str(path)) as file:
            snvs = (one for one in file if one.alts and {len(allele) for allele in one.alleles} == {1})
            return [(one.chrom, one.pos - 1, one.pos) for one in snvs]
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is no VCF ({error})") from None


def places(regions, sites=None, most: int = MOST_BASES) -> list[tuple]:
    """Where to count: the bases of `sites` within `regions`, or without sites up to `most` bases, evenly from regions.

    regions, sites   intervals (chrom, start, end, ...), 0-based, half-open
    Raises InputError when no site lies within the regions.
    """
    if sites is not None:
        inside = Regions(regions)
        found = [(c, at, at + 1) for c, start, end in sites for at in range(start, end) if (c, at) in inside]
        if not found:
            raise InputError(f"none of the {len(sites)} known SNPs lies within the regions: other names of contigs?")
        return found
    pieces = [
        (chrom, at, min(at + PIECE, end))
        for chrom, pairs in Regions(regions).intervals.items()
        for start, end in pairs
        for at in range(start, end, PIECE)
    ]
    total = sum(end - start for _, start, end in pieces)
    kept, taken, passed = [], 0, 0
    for chrom, start, end in pieces:
        passed += end - start
        if taken + end - start <= most * passed / total or total <= most:
            kept.append((chrom, start, end))
            taken += end - start
    return [(chrom, *pair) for chrom, pairs in Regions(kept).intervals.items() for pair in pairs]


def count(bam, genome, where, settings: dict) -> pd.DataFrame:
    """Fingerprint of one BAM at the intervals `where`: COLUMNS, a row per covered place.

    settings   min_mapping_quality, min_base_quality, max_depth of the config's `dna` section
    """
    if not where:
        return table([], [], [], np.zeros((0, 4)))
    chroms, positions, refs, counts = [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        bed = Path(folder, "places.bed")
        bed.write_text("".join(f"{chrom}\t{start}\t{end}\n" for chrom, start, end in where))
        for chrom, pos, ref, reads in base_counts(bam, genome, bed, settings):
            if ref in BASES and reads:
                chroms.append(chrom), positions.append(pos), refs.append(ref)
                counts.append([reads.get(base, 0) for base in BASES])
    return table(chroms, positions, refs, counts)


def table(chrom, pos, ref, counts) -> pd.DataFrame:
    """A fingerprint from counts of A, C, G, T (N, 4) at N places: of any alignment, RNA too. Without reads no row."""
    counts = np.asarray(counts, np.int32).reshape(-1, 4)
    made = pd.DataFrame({"chrom": np.asarray(chrom, object), "pos": np.asarray(pos, np.int32), "ref": list(ref)})
    made = made.astype({"ref": object}).assign(**{base: counts[:, n] for n, base in enumerate(BASES)})
    return made[counts.sum(axis=1) > 0].reset_index(drop=True)


def alternative(fingerprint: pd.DataFrame) -> np.ndarray:
    """Rows (bool) where this person looks to have another allele than the reference's."""
    counts = fingerprint[list(BASES)].to_numpy()
    own = fingerprint["ref"].map(BASES.index).to_numpy(int)
    others = counts.copy()
    others[np.arange(len(own)), own] = 0
    most = others.max(axis=1, initial=0)
    return (most >= ALT_READS) & (most >= ALT_SHARE * counts.sum(axis=1))


def write(path, fingerprint: pd.DataFrame) -> None:
    import pyarrow as pa

    kinds = {"chrom": pa.string(), "pos": pa.int32(), "ref": pa.string()} | dict.fromkeys(BASES, pa.int32())
    schema = pa.schema(list(kinds.items()))
    write_parquet(path, pa.Table.from_pandas(fingerprint[list(COLUMNS)], schema=schema, preserve_index=False))


def read(path) -> pd.DataFrame:
    return pd.read_parquet(path)


def read_all(paths: dict, everywhere: bool = False) -> dict:
    """{sample: fingerprint} of {sample: path}, cut to the places where somebody looks to have another allele.

    One file is in memory at a time. everywhere: nothing is cut, as known SNPs are few
    """
    if everywhere:
        return {sample: read(path) for sample, path in paths.items()}
    wanted = pd.DataFrame({"chrom": pd.Series(dtype=object), "pos": pd.Series(dtype=np.int32)})
    for path in paths.values():
        found = read(path)
        wanted = pd.concat([wanted, found.loc[alternative(found), ["chrom", "pos"]]]).drop_duplicates()
    return {sample: read(path).merge(wanted, on=["chrom", "pos"]) for sample, path in paths.items()}
