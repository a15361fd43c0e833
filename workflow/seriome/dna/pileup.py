"""Counts of every allele at every sample of a patient.

`bcftools mpileup` counts over all BAMs at once: base alignment quality off (it lowers the quality of bases beside
indels and of neighbouring changes, which are what is looked for), mates that overlap counted once, duplicates left out,
reads whose mate is elsewhere kept (the mapping quality decides), indels by mpileup's second model, which weighs the
alleles of a place against each other; those worth testing are counted anew, see realign. Positions are 1-based here, as
in VCF.
Source: Li 2011, Bioinformatics 27:2987, doi:10.1093/bioinformatics/btr509; Danecek et al. 2021, GigaScience
10:giab008, doi:10.1093/gigascience/giab008
"""

import os
import tempfile
from dataclasses import dataclass, field

import numpy as np

from seriome.dna.background import COMPLEMENT, MOST_UNITS, Background, kind_of, units_behind
from seriome.dna.tools import Regions, bcftools

CHUNK = 20_000  # positions taken into the background at once
LIMITS = ("min_mapping_quality", "min_base_quality", "max_depth")
NEARBY = 60  # bases around an imported variant within which every allele is kept


@dataclass
class Allele:
    """One changed allele and its counts, arrays over the samples."""

    chrom: str
    pos: int
    ref: str
    alt: str
    ref_forward: np.ndarray
    ref_reverse: np.ndarray
    alt_forward: np.ndarray
    alt_reverse: np.ndarray
    depth: np.ndarray
    around: str = ""  # of a single base: with its neighbours in the genome

    @property
    def alt_count(self) -> np.ndarray:
        return self.alt_forward + self.alt_reverse

    @property
    def ref_count(self) -> np.ndarray:
        return self.ref_forward + self.ref_reverse

    @property
    def key(self) -> tuple:
        return self.chrom, self.pos, self.ref, self.alt

    @property
    def snv(self) -> bool:
        return len(self.ref) == len(self.alt) == 1


@dataclass(frozen=True)
class Carrier:
    """A read of an allele: its name, bases from the allele to the nearest end of the aligned part, mapping quality."""

    name: str
    to_end: int
    mapping_quality: int


@dataclass
class Pileup:
    """What one pass over a patient's BAMs gave."""

    samples: list
    alleles: list = field(default_factory=list)
    background: Background | None = None
    depth_at: dict = field(default_factory=dict)  # (chrom, pos) of imported variants -> depth per sample
    callable_bases: np.ndarray | None = None


def pileup(bams, genome, regions, output, settings: dict) -> None:
    """Counts at every covered position of the regions (BED) as text: CHROM POS REF ALT and ADF ADR of each sample.

    settings   of the config's `dna` section: LIMITS
    """
    quality, base_quality, depth = (settings[key] for key in LIMITS)
    counted = f"{output}.bcf"
    bcftools(
        *("mpileup", "--no-version", "-f", genome, "-R", regions, "-B", "-A", "--ignore-RG"),
        *("-q", quality, "-Q", base_quality, "-d", depth, "-L", depth),
        *("--indels-2.0", "-m", 2, "-F", 0.0, "-p", "-a", "AD,ADF,ADR,DP,SP", "-Ob1", "--output", counted, *bams),
    )
    bcftools("query", "-f", "%CHROM\\t%POS\\t%REF\\t%ALT[\\t%ADF\\t%ADR]\\n", "-o", output, counted)
    os.unlink(counted)


def base_counts(bam, genome, regions, settings: dict):
    """(chrom, pos, ref, {base: reads}) of every covered place of the regions (BED) in one BAM, indels left out."""
    with tempfile.TemporaryDirectory() as folder:
        text = f"{folder}/pileup.tsv"
        pileup([bam], genome, regions, text, settings)
        with open(text, encoding="ascii") as file:
            for line in file:
                chrom, pos, ref, alt, forward, reverse = line.rstrip("\n").split("\t")
                bases = [one.upper() for one in (ref, *alt.split(","))]
                if any(len(one) > 1 and one[0] != "<" for one in bases):
                    continue
                reads = [int(a) + int(b) for a, b in zip(forward.split(","), reverse.split(","), strict=True)]
                counts = {base: n for base, n in zip(bases, reads, strict=False) if base in COMPLEMENT and n}
                yield chrom, int(pos), bases[0], counts


def read_pileup(text, genome, samples, tumour, *, min_alt_reads, targets, callable_depth, imported=()) -> Pileup:
    """Alleles worth testing, the background of errors and callable bases from the text of `pileup`.

    samples         names, in the order of the BAMs
    tumour          bool per sample: its reads may make an allele worth testing (normals do not)
    min_alt_reads   an allele is kept when the tumour samples together have so many reads of it
    targets         Regions whose bases are counted as callable; None: all
    callable_depth  depth from which a base is
    imported        (chrom, pos) of variants from elsewhere: near them every allele is kept, depth is noted there
    """
    import pysam

    tumour = np.asarray(tumour, bool)
    result = Pileup(list(samples), background=Background(len(samples)))
    result.callable_bases = np.zeros(len(samples), int)
    background, wanted = result.background, set(imported)
    near = Regions([(chrom, max(0, pos - NEARBY), pos + NEARBY) for chrom, pos in wanted])
    none = np.zeros((3, len(samples)), int)
    chunk, slips, at_chrom, sequence, repeats = _Chunk(background), None, None, "", None
    with open(text, encoding="ascii") as file, pysam.FastaFile(str(genome)) as fasta:
        for line in file:
            chrom, pos, ref, alt, *cells = line.rstrip("\n").split("\t")
            if chrom != at_chrom:
                at_chrom, sequence = chrom, fasta.fetch(chrom).upper()
                repeats = Repeats(sequence)
            if alt == "<*>" or alt == ".":
                depth = np.array([int(cell.split(",", 1)[0]) for cell in cells]).reshape(-1, 2).sum(1)
                counts = None
            else:
                counts = np.array([cell.split(",") for cell in cells], dtype=int).reshape(len(samples), 2, -1)
                depth = counts.sum((1, 2))
            pos = int(pos)
            alts = alt.split(",")
            indel = len(ref) > 1 or (alts[0][0] != "<" and len(alts[0]) > 1)
            base = ref.upper()
            around = "" if indel else sequence[pos - 2 : pos + 1]
            if indel:  # stands behind the bases of its position
                if slips is not None and slips[0] == (chrom, pos):
                    np.maximum(slips[1], counts.sum(1)[:, 1:].max(axis=1, initial=0), out=slips[1])
            else:
                if targets is None or (chrom, pos - 1) in targets:
                    result.callable_bases += depth >= callable_depth
                if (chrom, pos) in wanted:
                    result.depth_at[chrom, pos] = depth
                if base not in COMPLEMENT:
                    continue
                others = [other for other in "ACGT" if other != base]
                kind = [kind_of(around, other) for other in others]
                if kind[0] is not None:
                    reads = none
                    if counts is not None:
                        found = dict(zip(alts, counts.sum(1).T[1:], strict=True))
                        reads = np.array([found.get(other, none[0]) for other in others])
                    slips = (chrom, pos), np.zeros(len(samples), int)
                    chunk.add(kind, reads, depth, repeats.behind(pos), slips[1])
            if counts is None:
                continue
            keep_all = (chrom, pos - 1) in near
            for number, allele in enumerate(alts, 1):
                if not set(allele.upper()) <= set("ACGT"):
                    continue
                found = counts[:, :, number].sum(1)
                total = int(found[tumour].sum())
                if total >= min_alt_reads or (keep_all and found.any()):
                    strands = counts[:, :, 0].T, counts[:, :, number].T
                    result.alleles.append(
                        Allele(chrom, pos, base, allele.upper(), *strands[0], *strands[1], depth, around)
                    )
    chunk.close()
    return result


class _Chunk:
    """Positions on their way into the background, CHUNK at once; counts of the last one may still change."""

    def __init__(self, background: Background):
        self.background, self.rows = background, []

    def add(self, *row) -> None:
        if len(self.rows) == CHUNK:
            self.close()
        self.rows.append(row)

    def close(self) -> None:
        if self.rows:
            kinds, alts, depths, units, slips = zip(*self.rows, strict=True)
            self.background.add(kinds, alts, depths)
            self.background.add_indels(units, slips, depths)
        self.rows = []


class Repeats:
    """Repeats of a contig, looked at in blocks where they are asked for."""

    def __init__(self, sequence: str, block: int = 100_000):
        self.sequence, self.block, self.number, self.units = sequence, block, None, None

    def behind(self, pos: int) -> int:
        """Units of the repeat behind a base (1-based), as background.units_behind."""
        number, within = divmod(pos - 1, self.block)
        if number != self.number:
            start = number * self.block
            self.units = units_behind(self.sequence[start : start + self.block + 3 * MOST_UNITS + 1])
            self.number = number
        return int(self.units[within])


def normalise(alleles, genome, folder) -> list:
    """Alleles left-aligned and trimmed (`bcftools norm`), sorted by place; of equal ones the one with most reads stays.

    Source: Tan, Abecasis, Kang 2015, Bioinformatics 31:2202, doi:10.1093/bioinformatics/btv112
    """
    keys = normalised([one.key for one in alleles], genome, folder)
    best = {}
    for one, key in zip(alleles, keys, strict=True):
        one.chrom, one.pos, one.ref, one.alt = key
        if key not in best or one.alt_count.sum() > best[key].alt_count.sum():
            best[key] = one
    return list(best.values())


def normalised(keys, genome, folder) -> list[tuple]:
    """(chrom, pos, ref, alt) of variants, left-aligned and trimmed, in the order given."""
    import pysam

    from seriome.dna.tools import read_contigs

    contigs = read_contigs(f"{genome}.fai")
    order = {name: index for index, name in enumerate(contigs)}
    source, target = f"{folder}/before.vcf", f"{folder}/after.vcf"
    with open(source, "w", encoding="ascii") as file:
        file.write("##fileformat=VCFv4.3\n")
        file.writelines(f"##contig=<ID={name},length={length}>\n" for name, length in contigs.items())
        file.write("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
        for index in sorted(range(len(keys)), key=lambda i: (order[keys[i][0]], keys[i][1])):
            chrom, pos, ref, alt = keys[index]
            file.write(f"{chrom}\t{pos}\tv{index}\t{ref}\t{alt}\t.\t.\t.\n")
    bcftools("norm", "--no-version", "-f", genome, "-c", "e", "-o", target, source)
    result = [None] * len(keys)
    with pysam.VariantFile(target) as file:
        for record in file:
            result[int(record.id[1:])] = (record.chrom, record.pos, record.ref, record.alts[0])
    return result
