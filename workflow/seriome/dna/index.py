"""The index of an aligner: `bwa mem` (Li 2013, arXiv:1303.3997) or `bwa-mem2`."""

import shutil
import subprocess
import tempfile
from pathlib import Path

SUFFIXES = {
    "bwa": (".amb", ".ann", ".bwt", ".pac", ".sa"),
    "bwa-mem2": (".0123", ".amb", ".ann", ".bwt.2bit.64", ".pac"),
}


def bwa_index(genome, aligner: str = "bwa") -> None:
    """Write the aligner's index beside the genome.

    bwa takes about 1.2 s per Mb of genome on one core. bwa-mem2 takes 28 bytes of memory per base, 85 GB for a human
    genome (its authors' figure). Raises InputError where its program is not on PATH
    """
    genome = Path(genome)
    with tempfile.TemporaryDirectory(dir=genome.parent) as folder:
        prefix = Path(folder) / genome.name
        if aligner == "bwa":
            import pybwa

            pybwa.BwaIndex.index(str(genome), prefix=str(prefix))
        else:
            from seriome.dna.bwa_mem2 import program

            subprocess.run([program(), "index", "-p", str(prefix), str(genome)], check=True)
        for suffix in SUFFIXES[aligner]:
            shutil.move(f"{prefix}{suffix}", f"{genome}{suffix}")
