"""GATK's Mutect2 as a source of candidates: a real run, where GATK is there; what is said where it is not."""

import os
import shutil

import pysam
import pytest

from seriome.config import with_defaults
from seriome.dna import align, coverage, mutect2, tables
from seriome.errors import InputError

from . import made

SETTINGS = with_defaults({})["dna"] | {"callable_depth": 8}
CONTIGS = made.genome()
TEXT = CONTIGS["c1"]
SNV = (2000, TEXT[1999], "A" if TEXT[1999] != "A" else "C")
COPIED = (4000, TEXT[3999], TEXT[3999] + TEXT[4000:4045])  # 45 bases in tandem
LAUNCHER = """#!/bin/sh
options=""
[ "$1" = "--java-options" ] && { options="$2"; shift 2; }
exec java $options -cp "$GATK/*" org.broadinstitute.hellbender.Main "$@"
"""


@pytest.fixture(scope="module")
def patient(tmp_path_factory):
    """Reference and BAMs of a normal and a tumour with a substitution and a duplication in half of its reads."""
    folder = tmp_path_factory.mktemp("mutect2")
    places, bams = made.places(folder, CONTIGS), {}
    header = {"SQ": [{"SN": "c1", "LN": len(TEXT)}]}
    (folder / "genome.dict").write_text(str(pysam.AlignmentHeader.from_dict({"HD": {"VN": "1.6"}} | header)))
    for seed, sample in enumerate(("N", "T")):
        mixture = [(TEXT, 1200, 0, 6000)]
        if sample == "T":
            mixture.append((made.changed(TEXT, [SNV, COPIED]), 1200, 0, 6000))
        files = made.write_fastq(folder, sample, made.pairs(mixture, seed, error=1e-3))
        unit, bams[sample] = folder / f"{sample}.unit.bam", folder / f"{sample}.bam"
        align.align_pairs(places["genome"], files, unit, sample=sample, run="L1")
        coverage.merge_and_mark([unit], bams[sample], places["genome"], sample=sample, umi=False)
    return places, bams


@pytest.fixture
def gatk(tmp_path, monkeypatch):
    """GATK on PATH: the program, or the folder of jars that GATK names (tests/bench/mutect2.py)."""
    if shutil.which("gatk") is None:
        if not os.environ.get("GATK") or shutil.which("java") is None:
            pytest.skip("neither gatk on PATH nor GATK with the folder of its jars")
        launcher = tmp_path / "gatk"
        launcher.write_text(LAUNCHER)
        launcher.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.slow
def test_what_mutect2_finds_is_judged_by_our_model(patient, gatk, tmp_path):
    places, bams = patient
    vcf = tmp_path / "X.vcf.gz"
    mutect2.call(bams, ["N"], places["genome"], places["regions"], vcf, memory_mb=1500)
    with pysam.VariantFile(str(vcf)) as file:
        assert not [line for line in str(file.header).splitlines() if "CommandLine" in line]
        assert set(file.header.samples) == {"N", "T"}
    (name, found), *rest = mutect2.candidates([vcf], places["genome"]).items()
    assert not rest
    assert {(one.pos, one.ref, one.alt) for one in found} >= {SNV}
    assert any(len(one.alt) - len(one.ref) == 45 for one in found)
    rows = [
        {"patient": "X", "sample": sample, "timepoint": "T0", "day": 0, "specimen": specimen}
        for sample, specimen in (("N", "normal"), ("T", "tumor"))
    ]
    table, *_ = tables.call_patient(rows, bams, {name: found}, places, SETTINGS)
    passed = table[(table["filter"] == "PASS") & (table["sample"] == "T")]
    assert SNV in {(row.pos, row.ref, row.alt) for row in passed.itertuples()}
    assert (passed["alt"].str.len() - passed["ref"].str.len() == 45).sum() == 1
    assert set(table["sample"]) == {"N", "T"}
    first = vcf.read_bytes()
    mutect2.call(bams, ["N"], places["genome"], places["regions"], vcf, memory_mb=1500, threads=2)
    assert vcf.read_bytes() == first


def test_without_tumour_reads_nothing_is_called(patient, tmp_path, monkeypatch):
    places, bams = patient
    monkeypatch.setenv("PATH", "")
    align.empty_bam(tmp_path / "T.bam", places["genome"], "T", "L1")
    pysam.index(str(tmp_path / "T.bam"))
    without = {"N": bams["N"], "T": tmp_path / "T.bam"}
    mutect2.call(without, ["N"], places["genome"], places["regions"], tmp_path / "X.vcf.gz")
    assert mutect2.candidates([tmp_path / "X.vcf.gz"], places["genome"]) == {mutect2.NAME: []}
    assert mutect2.candidates([], places["genome"]) == {}
    with pytest.raises(InputError, match="no program gatk is on PATH"):
        mutect2.call(bams, ["N"], places["genome"], places["regions"], tmp_path / "Y.vcf.gz")
    assert not list(tmp_path.glob("*Y*"))
