"""freebayes (Garrison and Marth 2012, arXiv:1207.3907) on the same alignments: the peer of the somatic calling.

It calls all samples together as pools of any fractions; somatic is what the normal does not show. Its QUAL is near 0
for what only some of the pools have, so that a number of reads is asked for instead. Debian has it.
"""

import resource
import subprocess
from pathlib import Path

import pandas as pd
import pysam

from seriome.dna.pileup import normalised

WORDS = ["--pooled-continuous", "--min-alternate-fraction", "0.005", "--min-alternate-count", "3"]
WORDS += ["--min-mapping-quality", "20", "--min-base-quality", "20"]
READS, IN_NORMAL = 3, 0.02  # reads from which a sample shows it; fraction in the normal from which it is not somatic


def freebayes_on(program: str, bams: dict, genome, regions, folder) -> tuple[pd.DataFrame, float]:
    """(variant, sample, said, vaf) of the somatic calls at every sample that shows them, and CPU seconds."""
    vcf = Path(folder, "freebayes.vcf")
    words = [program, "-f", str(genome), "-t", str(regions), *WORDS, *(str(bam) for bam in bams.values())]
    before = children()
    with open(vcf, "w") as file:
        subprocess.run(words, stdout=file, check=True)
    seconds = children() - before
    rows, keys = [], []
    with pysam.VariantFile(str(vcf)) as file:
        for record in file:
            for number, alt in enumerate(record.alts or ()):
                counts = {}
                for sample in bams:
                    cells = record.samples[sample]
                    reads = cells["AO"][number] if isinstance(cells["AO"], tuple) else cells["AO"]
                    counts[sample] = (reads or 0, cells["DP"] or 0)
                normal = counts["N"]
                if normal[0] > IN_NORMAL * max(normal[1], 1):
                    continue
                keys.append((record.chrom, record.pos, record.ref, alt))
                rows.append(counts)
    return shown(keys, rows, genome, folder), seconds


def shown(keys, rows, genome, folder) -> pd.DataFrame:
    """Calls (chrom, pos, ref, alt) and their counts {sample: (reads, depth)}, as (variant, sample, said, vaf)."""
    found = []
    for (chrom, pos, ref, alt), counts in zip(normalised(keys, genome, folder) if keys else [], rows, strict=True):
        for sample, (reads, depth) in counts.items():
            if sample != "N" and reads >= READS:
                about = {"variant": f"{chrom}:{pos}:{ref}:{alt}", "sample": sample, "said": True}
                found.append(about | {"vaf": reads / depth if depth else 0.0})
    return pd.DataFrame(found, columns=["variant", "sample", "said", "vaf"])


def children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
