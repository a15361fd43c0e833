"""Decoys of kallisto: are reads of unspliced RNA kept from counting, and are reads of transcripts kept?

Planted: a library of mature RNA, and one of unspliced RNA, drawn from the same genes as they stand in the genome.
HCC1395: each real fragment by what its alignment lies on: annotated exons alone, exons and what is none, or none.
"""

import gzip
import io
import tempfile
from pathlib import Path

import numpy as np

from seriome.dna.tools import read_contigs
from seriome.ledger import Gaps
from seriome.rna.align import align_sample, open_index
from seriome.rna.align import build_index as build_genome
from seriome.rna.kallisto import build_index
from seriome.rna.quant import quantify_sample
from seriome.rna.transcripts import COLUMNS, COMPLEMENT, as_row, read_transcripts, spliced
from seriome.simulate.genome import build_reference
from seriome.simulate.rna import write_rna

from .expression import SETTINGS, levels

REAL = Path(__file__).parents[2].parent / "shared" / "real" / "rna"


class Indexes:
    """kallisto's index of a genome's transcripts, with and without decoys."""

    def __init__(self, folder: Path, genome, genes):
        import pandas as pd

        transcripts = read_transcripts(genes)
        self.table = pd.DataFrame([as_row(one) for one in transcripts])[COLUMNS]
        self.paths = {True: folder / "decoys.idx", False: folder / "plain.idx"}
        with open(folder / "t.fa", "w") as file:
            file.writelines(f">{name}\n{bases}\n" for name, bases in spliced(transcripts, genome))
        for decoys, path in self.paths.items():
            build_index(folder / "t.fa", path, 1, io.StringIO(), decoys=genome if decoys else None)

    def counted(self, files, decoys: bool) -> int:
        """Fragments that count for a transcript."""
        settings = SETTINGS | {"bootstraps": 0, "min_mapped": 0.0, "strand": "unstranded"}
        about = {"patient": "P", "sample": "S", "timepoint": None, "assay": "rna", "day": 0}
        return quantify_sample(
            {"L1": [str(file) for file in files]}, self.paths[decoys], self.table, settings,
            threads=1, seed=7, gaps=Gaps(), about=about, words=io.StringIO(),
        )[1]["n_pseudoaligned"]  # fmt: skip


def unspliced(files, reference, truth: dict, fragments: int, seed: int) -> None:
    """Pairs of 75 bases of fragments of 200 from genes as they stand in the genome, as often as the genes' TPM."""
    rng = np.random.default_rng([seed, 44])
    genes = [gene for gene in reference.genes if truth[gene.name] > 0 and gene.end - gene.start > 200]
    chance = np.array([truth[gene.name] for gene in genes])
    with gzip.open(files[0], "wt", 1) as first, gzip.open(files[1], "wt", 1) as second:
        for number in rng.choice(len(genes), fragments, p=chance / chance.sum()):
            gene = genes[number]
            start = int(rng.integers(gene.start, gene.end - 200))
            bases = reference.contigs[gene.chrom][start : start + 200]
            for file, text in ((first, bases[:75]), (second, bases.translate(COMPLEMENT)[::-1][:75])):
                file.write(f"@u\n{text}\n+\n{'I' * 75}\n")


def planted(fragments: int) -> dict:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        reference = build_reference(11, 45)
        reference.write(folder)
        indexes = Indexes(folder, folder / "genome.fa", folder / "genes.gtf")
        files = [folder / f"{mate}.fastq.gz" for mate in (1, 2)]
        truth = levels(reference, np.random.default_rng(45))
        write_rna(*files, reference, reference.germline(1), truth, fragments, seed=1, background=0.0)
        kept = {decoys: indexes.counted(files, decoys) for decoys in (False, True)}
        lost = 1 - kept[True] / kept[False]
        print(f"mature RNA: decoys cost {lost:.3%} of {kept[False]:,} fragments that count")
        unspliced(files, reference, truth, fragments, seed=2)
        false = {decoys: indexes.counted(files, decoys) / fragments for decoys in (False, True)}
        print(f"unspliced RNA, {fragments:,} fragments: {false[False]:.1%} count, with decoys {false[True]:.1%}")
    return {"decoys_lost": lost, "unspliced_counted": false[False], "unspliced_counted_decoys": false[True]}


def real() -> dict:
    """Fragments of HCC1395 that count, by what they lie on."""
    import pysam

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build_genome(REAL / "minichr2.fa.gz", folder / "g.mmi", folder / "g.fa")
        indexes = Indexes(folder, folder / "g.fa", REAL / "minichr2.gtf")
        files = [REAL / f"HCC1395-miniplus_{mate}.fastq.gz" for mate in (1, 2)]
        sizes = read_contigs(folder / "g.fa.fai")
        align_sample(open_index(folder / "g.mmi"), sizes, {"L1": files}, folder / "x.bam", sample="S")
        exons = {chrom: np.zeros(size, bool) for chrom, size in sizes.items()}
        for one in read_transcripts(REAL / "minichr2.gtf"):
            for start, end in one.exons:
                exons[one.chrom][start:end] = True
        bases = {}  # fragment: (exonic, other) bases
        with pysam.AlignmentFile(str(folder / "x.bam")) as bam:
            for read in bam:
                if not read.flag & 0x904:
                    on = np.concatenate([exons[read.reference_name][start:end] for start, end in read.get_blocks()])
                    before = bases.get(read.query_name, (0, 0))
                    bases[read.query_name] = before[0] + int(on.sum()), before[1] + int((~on).sum())
        found = {}
        for kind, holds in KINDS.items():
            parts, count = [folder / f"{mate}.fastq" for mate in (1, 2)], 0
            for source, part in zip(files, parts, strict=True):
                with gzip.open(source, "rt") as file, open(part, "w") as out:
                    count = 0
                    for record in zip(file, file, file, file, strict=True):
                        pair = bases.get(record[0][1:].split()[0].removesuffix("/1").removesuffix("/2"))
                        if pair and holds(*pair):
                            out.writelines(record)
                            count += 1
            plain, decoys = (indexes.counted(parts, one) for one in (False, True))
            print(f"HCC1395, {kind}: of {count:,} fragments {plain:,} count, with decoys {decoys:,}")
            found |= {f"hcc1395_{kind.replace(' ', '_')}": [count, plain, decoys]}
    return found


KINDS = {  # what a fragment lies on, of its (exonic, other) bases
    "exons alone": lambda exonic, other: other == 0,
    "exons and more": lambda exonic, other: exonic > 30 and other > 5,
    "no exon": lambda exonic, other: exonic <= 30 and other > 5,
}


def decoys(fragments: int = 60_000) -> dict:
    return planted(fragments) | (real() if REAL.is_dir() else {})
