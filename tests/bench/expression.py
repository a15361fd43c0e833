"""Expression: does the TPM of genes rank as planted, do the intervals hold what was planted, what does it cost?

Genes of the simulated genome with levels over seven powers of two, raw reads through kallisto. A gene counts as
expressed from 1 TPM and, as planted, FIVE fragments on. The truth that an interval is asked to hold is the planted TPM.
"""

import io
import resource
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from scipy import stats

from seriome.config import with_defaults
from seriome.dna.tools import read_contigs
from seriome.ledger import Gaps
from seriome.rna.align import align_sample, build_index, open_index
from seriome.rna.kallisto import build_index as build_kallisto
from seriome.rna.quant import quantify_sample
from seriome.rna.transcripts import COLUMNS, as_row, read_transcripts, spliced
from seriome.simulate.genome import build_reference
from seriome.simulate.rna import write_rna

FIVE = 5
SETTINGS = with_defaults({})["rna"]


def prepared(folder: Path, seed: int = 11, genes: int = 45):
    """A simulated reference in `folder`, its transcripts (a DataFrame) and kallisto's index."""
    import pandas as pd

    reference = build_reference(seed, genes)
    reference.write(folder)
    transcripts = read_transcripts(folder / "genes.gtf")
    with open(folder / "transcripts.fa", "w") as file:
        file.writelines(f">{name}\n{bases}\n" for name, bases in spliced(transcripts, folder / "genome.fa"))
    build_kallisto(folder / "transcripts.fa", folder / "kallisto.idx", 1, io.StringIO())
    table = pd.DataFrame([as_row(one) for one in transcripts])[COLUMNS]
    return reference, table


def quantified(folder: Path, table, files, seed: int = 7, **settings):
    """(genes, info) of one pair of files."""
    about = {"patient": "P", "sample": "S", "timepoint": None, "assay": "rna", "day": 0}
    _, info, genes = quantify_sample(
        {"L1": [str(file) for file in files]}, folder / "kallisto.idx", table, SETTINGS | settings,
        threads=1, seed=seed, gaps=Gaps(), about=about, words=io.StringIO(),
    )  # fmt: skip
    return genes, info


def levels(reference, rng) -> dict:
    """TPM of every gene, that sum to a million; one in ten is silent."""
    log2 = rng.normal(0, 2.2, len(reference.genes))
    level = np.where(rng.random(len(log2)) < 0.1, 0.0, 2**log2)
    return dict(zip((gene.name for gene in reference.genes), (level / level.sum() * 1e6).tolist(), strict=True))


def expression(samples: int = 10, pairs: int = 100_000) -> dict:
    found, held, silent = [], [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        reference, table = prepared(folder)
        for seed in range(samples):
            rng = np.random.default_rng([seed, 41])
            truth = levels(reference, rng)
            files = [folder / f"{seed}_{mate}.fastq.gz" for mate in (1, 2)]
            depth = int(pairs * rng.choice([0.02, 0.1, 1.0]))
            write_rna(*files, reference, reference.germline(seed), truth, depth, seed=seed)
            genes, _ = quantified(folder, table, files)
            planted = genes["gene"].map(truth).to_numpy()
            expected = depth * planted * genes["length"] / (planted * genes["length"]).sum()
            expressed = (planted >= 1) & (expected >= FIVE)
            found.append(stats.spearmanr(planted[expressed], genes["tpm"][expressed]).statistic)
            inside = (genes["tpm_lower"] <= planted) & (planted <= genes["tpm_upper"])
            held += inside[planted > 0].tolist()
            silent += inside[planted == 0].tolist()
            for file in files:
                file.unlink()
    print(f"Spearman of TPM with truth, {samples} samples: {np.mean(found):.4f}, worst {min(found):.4f}")
    print(f"95 % intervals hold the planted TPM of {np.mean(held):.1%} of {len(held)} genes", end="")
    print(f"; 0 for {np.mean(silent):.1%} of {len(silent)} silent ones (stray reads of the library fall there, too)")
    return {
        "tpm_spearman": float(np.mean(found)),
        "tpm_spearman_worst": float(min(found)),
        "tpm_interval_cover": float(np.mean(held)),
    }


def _spent(function, *words):
    """(CPU seconds, peak MB, what it returns) of a function in a process of its own, its children counted."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(_measured, (function, words))


def _measured(function, words):
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    before = sum(sum(resource.getrusage(kind)[:2]) for kind in kinds)
    result = function(*words)
    after = [resource.getrusage(kind) for kind in kinds]
    return sum(sum(one[:2]) for one in after) - before, max(one.ru_maxrss for one in after) / 1e3, result


def _quantify(folder, files):
    import pandas as pd

    table = pd.DataFrame([as_row(one) for one in read_transcripts(folder / "genes.gtf")])[COLUMNS]
    return quantified(folder, table, files)[1]["n_pseudoaligned"]


def _align(folder, files):
    aligner = open_index(folder / "genome.mmi")
    return align_sample(aligner, read_contigs(folder / "plain.fa.fai"), {"L1": files}, folder / "x.bam", sample="S")


def cost(pairs: int = 500_000) -> dict:
    """CPU seconds per million reads (two of a pair) and peak memory, on the simulated genome."""
    result = {"cpu_s_per_million": {}, "peak_mb": {}}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        reference, _ = prepared(folder)
        build_index(folder / "genome.fa", folder / "genome.mmi", folder / "plain.fa")
        files = [folder / f"{mate}.fastq.gz" for mate in (1, 2)]
        truth = levels(reference, np.random.default_rng(5))
        write_rna(*files, reference, reference.germline(1), truth, pairs, seed=1)
        for step, function in (("quantification", _quantify), ("alignment", _align)):
            began = time.monotonic()
            seconds, peak, _ = _spent(function, folder, [str(file) for file in files])
            result["cpu_s_per_million"][step] = seconds / (2 * pairs / 1e6)
            result["peak_mb"][step] = peak
            print(
                f"{step:15} {seconds / (2 * pairs / 1e6):6.1f} s cpu per million reads, {peak:5.0f} MB, "
                f"{time.monotonic() - began:.0f} s by the clock"
            )
    return result
