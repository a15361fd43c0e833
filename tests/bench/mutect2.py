"""GATK Mutect2 in multi-sample mode (Benjamin et al. 2019, doi:10.1101/861054) on the same alignments, a peer.

GATK names a folder with its jar and all that it needs, as `mvn dependency:copy-dependencies` of
org.broadinstitute:gatk:4.6.2.0 makes it. Its filters of clustered events and haplotypes are not applied: mutations are
planted more densely here than any tumour has them.
"""

import subprocess
from pathlib import Path

import pandas as pd
import pysam

from .freebayes import children, shown

MAIN = "org.broadinstitute.hellbender.Main"
DENSE = {"PASS", "clustered_events", "haplotype"}


def mutect2_on(jars: str, bams: dict, genome, regions, folder) -> tuple[pd.DataFrame, float]:
    """(variant, sample, said, vaf) of the calls that pass at every sample that shows them, and CPU seconds."""
    before, raw, filtered = children(), Path(folder, "raw.vcf.gz"), Path(folder, "mutect2.vcf.gz")
    java = ["java", "-Xmx4g", "-cp", f"{jars}/*", MAIN]
    inputs = [word for bam in bams.values() for word in ("-I", str(bam))]
    call = ["Mutect2", "-R", str(genome), *inputs, "-normal", "N", "-L", str(regions), "-O", str(raw)]
    for words in (
        [*call, "--native-pair-hmm-threads", "1"],
        ["FilterMutectCalls", "-R", str(genome), "-V", str(raw), "-O", str(filtered)],
    ):
        subprocess.run([*java, *words], check=True, capture_output=True)
    seconds, keys, rows = children() - before, [], []
    with pysam.VariantFile(str(filtered)) as file:
        for record in file:
            if not set(record.filter.keys()) <= DENSE:
                continue
            for number, alt in enumerate(record.alts or (), 1):
                if set(alt) <= set("ACGT"):
                    keys.append((record.chrom, record.pos, record.ref, alt))
                    rows.append(
                        {one: (record.samples[one]["AD"][number], sum(record.samples[one]["AD"])) for one in bams}
                    )
    return shown(keys, rows, genome, folder), seconds
