"""kallisto: pseudoalignment and abundances of transcripts.

Bray et al. 2016, Nat Biotechnol 34:525, doi:10.1038/nbt.3519. The binary is the one that kb-python bundles
(Sullivan et al. 2025, Nat Protoc 20:587, doi:10.1038/s41596-024-01057-0), or `kallisto` on the PATH.
Its bootstraps draw the reads' equivalence classes anew and solve for the abundances again, so that their spread holds
both the chance of sampling and the doubt between transcripts that share reads; their seed is the config's.
"""

import csv
import io
import json
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

import numpy as np

from seriome.errors import InputError
from seriome.files import open_text
from seriome.logs import log

ABUNDANCE = ["target_id", "length", "eff_length", "est_counts", "tpm"]
STRANDS = {"unstranded": [], "forward": ["--fr-stranded"], "reverse": ["--rf-stranded"]}
CLEAR = 0.8  # share of one direction from which a library counts as stranded
ENOUGH = 200  # fragments that must map in one direction or the other to tell


@dataclass(frozen=True)
class Settings:
    """How to quantify: threads, strand (a key of STRANDS), for single reads the fragments' length and SD in bp, number
    of bootstraps and their seed."""

    threads: int = 1
    strand: str = "unstranded"
    fragment_length: float = 200.0
    fragment_sd: float = 20.0
    bootstraps: int = 0
    seed: int = 42


def binaries() -> list[str]:
    """kallisto's programs, the fastest first; the second is for processors without AVX2."""
    spec = find_spec("kb_python")
    bundled = Path(spec.submodule_search_locations[0]) / "bins" / sys.platform / "kallisto" if spec else Path()
    found = [str(bundled / name) for name in ("kallisto", "kallisto_optoff") if (bundled / name).is_file()]
    found += [path for path in [shutil.which("kallisto")] if path]
    if not found:
        raise InputError(f"kallisto is missing: kb-python bundles none for {sys.platform}, and none is on the PATH")
    return found


def build_index(fasta, path, threads: int, words, decoys=None) -> None:
    """Index of the transcripts in `fasta`, with k-mers of 31 bases; `words` takes what kallisto says.

    decoys  FASTA of the genome, plain or gzip: a read with a k-mer that stands there next to one of a transcript, and
            in no transcript, counts for none (distinguishing flanking k-mers, Sullivan et al. 2025, Nucleic Acids Res
            53:gkae1137, doi:10.1093/nar/gkae1137)
    """
    more = ["-d", decoys] if decoys else []
    with tempfile.TemporaryDirectory() as scratch:
        code = _run(["index", "-i", path, "-t", threads, "-T", f"{scratch}/tmp", *more, fasta], words)
    if code:
        raise RuntimeError(f"kallisto index failed with code {code}")


def quantify(units: list[list[str]], index, settings: Settings, words, sample: str = "sample"):
    """Abundances over all units of one sample.

    units    files of each unit, all of two (pairs) or all of one (single reads)
    words    open text file that takes what kallisto says; its `pair` lines name the sample
    Returns  (rows, info, draws): rows of ABUNDANCE as dicts; info as in kallisto's run_info.json, without time and
             call; draws the bootstraps' estimated reads, (bootstraps, rows), none where no read fits
    """
    paired = len(units[0]) == 2
    arguments = [*STRANDS[settings.strand], "-t", settings.threads, "-i", index, "--plaintext"]
    if not paired:
        arguments += ["--single", "-l", settings.fragment_length, "-s", settings.fragment_sd]
    if settings.bootstraps:
        arguments += ["-b", settings.bootstraps, f"--seed={settings.seed}"]
    with tempfile.TemporaryDirectory() as scratch:
        links = []
        for number, unit in enumerate(units, 1):
            for mate, file in enumerate(unit, 1):
                label = f"{sample}_{mate}" if number == 1 else f"{sample}.{number}_{mate}"
                link = Path(scratch) / f"{label}.fastq{'.gz' if str(file).endswith('.gz') else ''}"
                link.symlink_to(Path(file).absolute())
                links.append(link)
        out = Path(scratch) / "out"
        code = _run(["quant", *arguments, "-o", out, *links], words)
        info = json.loads((out / "run_info.json").read_text()) if (out / "run_info.json").is_file() else None
        if info is None or (code and info["n_pseudoaligned"]):  # code 1 and zero reads pseudoaligned is an answer
            raise RuntimeError(f"kallisto quant failed with code {code}")
        rows, draws = read_abundance(out / "abundance.tsv"), read_bootstraps(out)
    if not info["n_pseudoaligned"]:
        rows, draws = [row | {"est_counts": "0", "tpm": "0"} for row in rows], draws[:0]
    return rows, {key: value for key, value in info.items() if key not in ("start_time", "call")}, draws


def read_abundance(path) -> list[dict[str, str]]:
    """Rows of an abundance.tsv."""
    with open(path, newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def read_bootstraps(folder) -> np.ndarray:
    """Estimated reads of the bootstraps in a folder of `kallisto quant --plaintext`: (bootstraps, targets),
    (0, 0) without any."""
    import pandas as pd

    files = sorted(Path(folder).glob("bs_abundance_*.tsv"), key=lambda path: int(path.stem.rpartition("_")[2]))
    draws = [pd.read_csv(path, sep="\t", usecols=["est_counts"])["est_counts"].to_numpy(float) for path in files]
    return np.array(draws) if draws else np.zeros((0, 0))


def find_strand(units, index, settings: Settings, fragments: int):
    """(strand, share): which strand the first reads come from, judged from the first fragments of the units.

    Quantified once as forward and once as reverse; share is forward / (forward + reverse). From CLEAR up it is
    forward, from 1 - CLEAR down it is reverse, between them unstranded; with fewer than ENOUGH it cannot be told and
    is taken as unstranded (share None). Follows how_are_we_stranded_here, Signal and Kahlke 2022, BMC Bioinformatics
    23:49, doi:10.1186/s12859-022-04572-7. A library whose first reads differ from its rest would mislead it.
    """
    mapped = {}
    with tempfile.TemporaryDirectory() as scratch:
        heads = [
            [
                _head(file, Path(scratch) / f"{number}_{mate}.fastq", -(-fragments // len(units)))
                for mate, file in enumerate(unit)
            ]
            for number, unit in enumerate(units)
        ]
        for strand in ("forward", "reverse"):
            one = Settings(settings.threads, strand, settings.fragment_length, settings.fragment_sd)
            words = io.StringIO()  # not for the log that MultiQC reads: this is no sample
            try:
                mapped[strand] = quantify(heads, index, one, words)[1]["n_pseudoaligned"]
            except RuntimeError:
                log.error("%s", words.getvalue())
                raise
    log.info("first fragments that fit a transcript: %d forward, %d reverse", mapped["forward"], mapped["reverse"])
    both = mapped["forward"] + mapped["reverse"]
    if both < ENOUGH:
        return "unstranded", None
    share = mapped["forward"] / both
    strand = "forward" if share >= CLEAR else "reverse" if share <= 1 - CLEAR else "unstranded"
    return strand, round(share, 4)


def _head(file, path: Path, fragments: int) -> str:
    with open_text(file) as source, open(path, "w") as target:
        target.writelines(islice(source, 4 * fragments))
    return str(path)


def _run(arguments, words) -> int:
    """Run kallisto; a program that this processor cannot run gives way to the next."""
    for binary in binaries():
        done = subprocess.run([binary, *map(str, arguments)], capture_output=True, text=True, errors="replace")
        words.write(done.stdout + done.stderr)
        words.flush()
        if done.returncode != -signal.SIGILL:
            break
    if done.returncode < 0:
        raise RuntimeError(f"kallisto was ended by signal {-done.returncode} (9 is often too little memory)")
    return done.returncode
