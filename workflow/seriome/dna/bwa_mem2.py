"""The program `bwa-mem2`: the same alignments as `bwa mem`, faster, for more memory.

Reads go to it through a pipe and alignments come back through another, so that neither is ever whole in memory or on
disk. It is told the same size of batches (`-K`), and sets all flags itself; tags of reads travel as comments (`-C`).
Source: Vasimuddin, Misra, Li, Aluru 2019, IPDPS, doi:10.1109/IPDPS.2019.00041
"""

import shutil
import subprocess
import threading
from itertools import groupby

from seriome.dna.bwa import BATCH_BASES
from seriome.errors import InputError

PROGRAM = "bwa-mem2"


def program() -> str:
    """Its path. Raises InputError where it is not on PATH."""
    found = shutil.which(PROGRAM)
    if found is None:
        raise InputError(
            f"dna.aligner is {PROGRAM}, but no program of this name is on PATH: install it (bioconda has it), add "
            "--software-deployment-method conda, or set dna.aligner to bwa"
        )
    return found


def aligned(genome, batches, *, ends: int, threads: int = 1):
    """As bwa.aligned, by the program; `genome` has its index (index.bwa_index) beside it.

    Raises   InputError without the program; RuntimeError when it fails: its words are in the log
    """
    import pysam

    words = [program(), "mem", "-v", "1", "-K", str(BATCH_BASES), "-C", "-t", str(threads)]
    words += ["-p"] * (ends == 2) + [str(genome), "-"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        feeder = Feeder(process.stdin, batches)
        feeder.start()
        try:
            with pysam.AlignmentFile(process.stdout, "r", check_sq=False) as found:
                for _, records in groupby(found, key=lambda record: record.query_name):
                    records = list(records)
                    second = [record for record in records if record.flag & 0x80]
                    yield [[record for record in records if not record.flag & 0x80], second][:ends]
        finally:
            process.stdout.close()
            feeder.join()
    if feeder.error is not None:
        raise feeder.error
    if process.returncode:
        raise RuntimeError(f"{PROGRAM} ended with code {process.returncode}; its words stand above")


class Feeder(threading.Thread):
    """Writes batches of reads as FASTQ; what goes wrong while they are read is kept in `error`."""

    def __init__(self, pipe, batches):
        super().__init__(daemon=True)
        self.pipe, self.batches, self.error = pipe, batches, None

    def run(self) -> None:
        try:
            with self.pipe:
                for reads, tags in self.batches:
                    self.pipe.write("".join(map(_fastq, reads, tags)).encode())
        except BrokenPipeError:
            pass  # the program has ended: its code is told
        except Exception as error:
            self.error = error


def _fastq(read, tags) -> str:
    comment = "\t".join(f"{name}:{kind}:{value}" for name, value, kind in tags)
    return f"@{read.name} {comment}\n{read.sequence}\n+\n{read.quality}\n"
