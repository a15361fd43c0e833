"""GATK's Mutect2 over all samples of a patient, as a further source of candidates.

It assembles haplotypes anew, and so finds what a pileup of alignments does not show: insertions and duplications as
long as a good part of a read. Its variants that pass `FilterMutectCalls` (read orientation learnt, too) are counted and
judged by Seriome's own model, as those of a VCF in the sheet are.

Source: Benjamin et al. 2019, bioRxiv 861054, doi:10.1101/861054; GATK 4.6
"""

import shutil
import subprocess
import tempfile
from pathlib import Path

from seriome.dna.imports import Imported, read_vcf
from seriome.dna.tools import has_reads
from seriome.errors import InputError
from seriome.files import moved_into_place

NAME = "GATK Mutect2"  # in the place of a sample's: no sample of a sheet has a space in its name
QUIET = ("--add-output-vcf-command-line", "false", "--use-jdk-deflater", "true")  # no clock, no path, equal bytes


def program() -> str:
    """GATK's launcher. Raises InputError where it is not on PATH."""
    found = shutil.which("gatk")
    if found is None:
        raise InputError(
            "dna.mutect2 is true, but no program gatk is on PATH: install GATK 4 (bioconda has it as gatk4), add "
            "--software-deployment-method conda, or set dna.mutect2 to false"
        )
    return found


def call(bams, normals, genome, regions, output, *, population=None, threads: int = 1, memory_mb: int = 4000) -> None:
    """Mutect2 in multi-sample mode, then LearnReadOrientationModel and FilterMutectCalls; a VCF with its index.

    bams       {sample: BAM}, indexed, with the sample's name in their read groups; those without reads are left out
    normals    samples of these that are the patient's normal
    genome     FASTA with .fai, and .dict beside it;  regions: BED
    population VCF with INFO/AF (GATK's germline resource), or None
    memory_mb  of the Java machine
    Raises     InputError without the program; subprocess.CalledProcessError when it fails: its words are in the log
    """
    bams = {sample: bam for sample, bam in bams.items() if has_reads(bam)}
    output = Path(output)
    with tempfile.TemporaryDirectory(dir=output.parent) as folder, moved_into_place(output) as temporary:
        java = f"-Xmx{memory_mb}m -Djava.io.tmpdir={folder}"
        raw, counts, model = f"{folder}/raw.vcf.gz", f"{folder}/f1r2.tar.gz", f"{folder}/orientation.tar.gz"
        final = f"{folder}/final.vcf.gz"
        if set(bams) <= set(normals):
            _write_empty(final, genome)
        else:
            inputs = [word for bam in bams.values() for word in ("-I", bam)]
            inputs += [word for sample in bams if sample in normals for word in ("-normal", sample)]
            inputs += ["--germline-resource", population] if population else []
            what = ["-R", genome, *inputs, "-L", regions, "-O", raw, "--f1r2-tar-gz", counts]
            _gatk(java, "Mutect2", *what, "--native-pair-hmm-threads", threads, *QUIET)
            _gatk(java, "LearnReadOrientationModel", "-I", counts, "-O", model)
            _gatk(java, "FilterMutectCalls", "-R", genome, "-V", raw, "-ob-priors", model, "-O", final, *QUIET)
        with moved_into_place(f"{output}.tbi") as index:
            shutil.move(f"{final}.tbi", index)
        shutil.move(final, temporary)


def _gatk(java: str, tool: str, *words) -> None:
    subprocess.run([program(), "--java-options", java, tool, *map(str, words)], check=True)


def _write_empty(path, genome) -> None:
    """A VCF without records, with an index."""
    import pysam

    from seriome.dna.tools import read_contigs

    header = pysam.VariantHeader()
    for name, length in read_contigs(f"{genome}.fai").items():
        header.contigs.add(name, length)
    with pysam.VariantFile(path, "wz", header=header):
        pass
    pysam.tabix_index(path, preset="vcf", force=True)


def candidates(vcfs, genome) -> dict[str, list[Imported]]:
    """{NAME: variants that passed} of the VCFs of `call`; nothing without one. Joins what imports.variants_of found."""
    found = [one for vcf in vcfs for one in read_vcf(vcf, NAME, genome, str(vcf))]
    return {NAME: [Imported(one.chrom, one.pos, one.ref, one.alt, None, None) for one in found]} if vcfs else {}
