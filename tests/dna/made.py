"""A small made-up genome with two genes, and read pairs from it, for the tests of this folder."""

import gzip
import random
from pathlib import Path

from seriome.dna import reference

from .. import genomes

PLUS = "ATG" + "GAA" * 10 + "CTG" + "AAA" * 8 + "TGG" + "GCA" * 9 + "TAA"
COMPLEMENT = str.maketrans("ACGT", "TGCA")


def reverse(text: str) -> str:
    return text.translate(COMPLEMENT)[::-1]


def genome(seed: int = 1, length: int = 6000) -> dict[str, str]:
    """Contig `c1`: gene PLU on + with its CDS at 1000 (0-based), gene MIN on - with its CDS at 3000, alike."""
    rng = random.Random(seed)
    text = "".join(rng.choice("ACGT") for _ in range(length))
    text = text[:1000] + PLUS + text[1000 + len(PLUS) :]
    text = text[:3000] + reverse(PLUS) + text[3000 + len(PLUS) :]
    return {"c1": text}


def gtf() -> str:
    """Both genes: 40 bases of 5' UTR, one exon, 40 of 3' UTR; the stop codon outside the CDS, as Ensembl writes it."""
    lines, size = [], len(PLUS)
    for name, start, strand in (("PLU", 1000, "+"), ("MIN", 3000, "-")):
        about = f'gene_id "G_{name}"; transcript_id "T_{name}"; gene_name "{name}"; gene_biotype "protein_coding";'
        about += ' transcript_biotype "protein_coding";'
        cds = (start + 1, start + size - 3) if strand == "+" else (start + 4, start + size)
        for kind, first, last, frame in (
            ("transcript", start - 39, start + size + 40, "."),
            ("exon", start - 39, start + size + 40, "."),
            ("CDS", *cds, "0"),
        ):
            lines.append(f"c1\tmade\t{kind}\t{first}\t{last}\t.\t{strand}\t{frame}\t{about}")
    return "\n".join(lines) + "\n"


def places(folder, contigs: dict[str, str]) -> dict:
    """What the stage makes of this genome once per run, as paths, for tables.call_patient."""
    folder = Path(folder)
    (folder / "made.fa").write_text("".join(f">{name}\n{text}\n" for name, text in contigs.items()))
    (folder / "made.gtf").write_text(gtf())
    lengths = {name: len(text) for name, text in contigs.items()}
    reference.write_bed(folder / "regions.bed", reference.calling_regions(lengths))
    made_of = genomes.prepared(folder / "made.fa", folder / "made.gtf", folder)
    return made_of | {"regions": folder / "regions.bed", "targets": None}


def changed(text: str, variants) -> str:
    """The contig with variants (pos 1-based, ref, alt) put in."""
    for pos, ref, alt in sorted(variants, reverse=True):
        assert text[pos - 1 : pos - 1 + len(ref)] == ref
        text = text[: pos - 1] + alt + text[pos - 1 + len(ref) :]
    return text


def pairs(molecules, seed: int, *, read: int = 100, error: float = 0.0):
    """Pairs (read 1, read 2) of fragments drawn evenly; molecules: [(contig text, number, start, end), ...]."""
    rng, found = random.Random(seed), []
    for text, number, start, end in molecules:
        for _ in range(number):
            size = int(rng.gauss(250, 30))
            at = rng.randrange(start, max(start + 1, end - size))
            fragment = text[at : at + size]
            one, two = fragment[:read], reverse(fragment)[:read]
            if rng.random() < 0.5:
                one, two = two, one
            found.append(tuple(_noisy(sequence, rng, error) for sequence in (one, two)))
    rng.shuffle(found)
    return found


def _noisy(sequence: str, rng, error: float) -> str:
    return "".join(rng.choice("ACGT") if rng.random() < error else base for base in sequence) if error else sequence


def write_fastq(folder, name: str, reads) -> list[str]:
    """Two gzipped FASTQ files of pairs; a pair may have a third value, its name."""
    files = [str(Path(folder) / f"{name}_R{mate}.fastq.gz") for mate in (1, 2)]
    for mate, file in enumerate(files):
        with gzip.open(file, "wt", compresslevel=1) as out:
            for index, pair in enumerate(reads):
                label = pair[2] if len(pair) > 2 else f"r{index}"
                out.write(f"@{label}\n{pair[mate]}\n+\n{'I' * len(pair[mate])}\n")
    return files
