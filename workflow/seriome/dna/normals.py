"""Normals: a panel of normal samples, in which errors of a site show that one patient's samples cannot tell.

A position where normals show more reads of an allele than errors of its kind would give is an artefact of the site
(mapping, homology, chemistry) or a polymorphism. The panel holds what many normals showed, summed: it grows stale
slowly, and it is made on demand, not by the workflow, so that a new patient changes no other's variants.

Source: Cibulskis et al. 2013 (panel of normals), Nat Biotechnol 31:213, doi:10.1038/nbt.2514; Gerstung et al. 2014
(rates of a site from other samples), Bioinformatics 30:1198, doi:10.1093/bioinformatics/btt750
"""

import csv
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np

from seriome.errors import InputError
from seriome.files import open_text, write_tsv

COLUMNS = ("chrom", "pos", "ref", "alt", "normals", "carriers", "reads", "depth")
CARRIER = 0.2  # fraction in a normal from which it carries the allele: its reads are no errors
LEAST = 2  # normals with the allele, in all, for it to be written


@dataclass(frozen=True)
class Site:
    """What the normals of a panel showed of one allele (pos 1-based).

    normals   how many showed it at all;  carriers: how many carry it (VAF of CARRIER or more)
    reads, depth   summed over the normals that do not carry it
    """

    normals: int
    carriers: int
    reads: int
    depth: int


def panel(bams, genome, regions, settings: dict) -> list[dict]:
    """Rows of COLUMNS: the alleles that at least LEAST normals show.

    bams      indexed BAMs of normals, one per person
    regions   BED of where variants are looked for
    settings  the config's `dna` section: qualities and max_depth
    """
    import pysam

    from seriome.dna import pileup, realign

    with tempfile.TemporaryDirectory() as folder:
        text = f"{folder}/pileup.tsv"
        pileup.pileup(bams, genome, regions, text, settings)
        names = [str(number) for number in range(len(bams))]
        found = pileup.read_pileup(
            text, genome, names, [True] * len(bams), min_alt_reads=LEAST, targets=None, callable_depth=1
        )
        alleles = pileup.normalise(found.alleles, genome, folder) if found.alleles else []
    with ExitStack() as stack:
        fasta = stack.enter_context(pysam.FastaFile(str(genome)))
        opened = [stack.enter_context(pysam.AlignmentFile(str(bam), "rb")) for bam in bams]
        for one in alleles:  # as in a patient
            if len(one.ref) != len(one.alt):
                realign.count_anew(one, opened, fasta, settings)
    rows = []
    for one in alleles:
        reads, depth = one.alt_count, one.depth
        carrier = reads >= CARRIER * np.maximum(depth, 1)
        if (reads > 0).sum() >= LEAST:
            numbers = ((reads > 0).sum(), carrier.sum(), reads[~carrier].sum(), depth[~carrier].sum())
            rows.append(dict(zip(COLUMNS, (*one.key, *map(int, numbers)), strict=True)))
    return rows


class Population:
    """Allele frequencies of a VCF with an index: INFO/AF, per allele."""

    def __init__(self, path):
        import pysam

        self.file = pysam.VariantFile(str(path))

    def frequency(self, chrom: str, pos: int, ref: str, alt: str) -> float:
        """Of this allele (pos 1-based, left-aligned); 0 where the VCF does not know it."""
        if chrom not in self.file.header.contigs:
            return 0.0
        for record in self.file.fetch(chrom, pos - 1, pos):
            if record.pos == pos and record.ref == ref and alt in (record.alts or ()):
                return float(record.info["AF"][record.alts.index(alt)]) if "AF" in record.info else 0.0
        return 0.0


def write_panel(path, rows) -> None:
    """The panel as a tab-separated table, gzipped where its name says so."""
    write_tsv(path, rows, COLUMNS)


def read_panel(path) -> dict[tuple, Site]:
    """{(chrom, pos, ref, alt): Site}. Raises InputError naming the line that is none of a panel."""
    found = {}
    with open_text(path) as file:
        reader = csv.reader(file, delimiter="\t")
        if tuple(next(reader, ())) != COLUMNS:
            raise InputError(
                f"{path} line 1: not a panel of normals (its columns are {' '.join(COLUMNS)}); make one with "
                "`seriome normals`"
            )
        for number, cells in enumerate(reader, 2):
            try:
                chrom, pos, ref, alt, *numbers = cells
                found[chrom, int(pos), ref, alt] = Site(*map(int, numbers))
            except (TypeError, ValueError):
                raise InputError(f"{path} line {number}: expected {len(COLUMNS)} columns with counts") from None
    return found
