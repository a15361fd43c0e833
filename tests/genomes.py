"""Genomes as the dna stage has them once per run, for tests and benchmarks that begin at reads."""

from pathlib import Path

from seriome.dna import reference
from seriome.dna.index import bwa_index
from seriome.simulate.genome import build_reference


def prepared(genome, genes, folder) -> dict[str, Path]:
    """{genome (with its bwa index), gff, transcripts} in `folder`, made of a FASTA and a GTF."""
    folder = Path(folder)
    at = {"genome": folder / "dna.fa", "gff": folder / "genes.gff3", "transcripts": folder / "transcripts.tsv"}
    reference.copy_genome(genome, at["genome"])
    bwa_index(at["genome"])
    transcripts = reference.read_transcripts(genes, at["genome"])
    at["gff"].write_text(reference.gff3(transcripts))
    reference.write_transcripts(at["transcripts"], transcripts)
    return at


def simulated(folder, seed: int = 7, **more):
    """(Reference, paths as `prepared` gives them) of the simulator's genome."""
    made = build_reference(seed, **more)
    made.write(folder)
    return made, prepared(Path(folder, "genome.fa"), Path(folder, "genes.gtf"), folder)
