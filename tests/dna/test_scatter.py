"""Counting in parts: parts, processes and jobs change nothing of the result."""

import pysam
import pytest

from seriome.config import with_defaults
from seriome.dna import align, coverage, scatter, tables
from seriome.dna.imports import Imported

from . import made

SETTINGS = with_defaults({})["dna"] | {"callable_depth": 8}
CONTIGS = made.genome()
TEXT = CONTIGS["c1"]
SOMATIC = [(1034, TEXT[1033], "A" if TEXT[1033] != "A" else "C"), (3021, TEXT[3020:3024], TEXT[3020])]


@pytest.fixture(scope="module")
def patient(tmp_path_factory):
    """Reference, rows and BAMs of a normal and a tumour with a substitution and a deletion."""
    folder = tmp_path_factory.mktemp("scatter")
    places, bams, rows = made.places(folder, CONTIGS), {}, []
    for seed, (sample, specimen) in enumerate((("N", "normal"), ("T", "tumor"))):
        parts = [(TEXT, 1500, 0, 6000)] + [(made.changed(TEXT, SOMATIC), 500, 0, 6000)] * (sample == "T")
        files = made.write_fastq(folder, sample, made.pairs(parts, seed, error=2e-3))
        unit, bams[sample] = folder / f"{sample}.unit.bam", folder / f"{sample}.bam"
        align.align_pairs(places["genome"], files, unit, sample=sample, run="L1")
        coverage.merge_and_mark([unit], bams[sample], places["genome"], sample=sample, umi=False)
        rows.append({"patient": "X", "sample": sample, "timepoint": "T0", "day": 0, "specimen": specimen})
    return rows, bams, places


def test_regions_are_divided_in_order():
    regions = [("c1", 0, 100), ("c1", 150, 400), ("c2", 10, 20)]
    assert scatter.divided(regions, 200) == [
        [("c1", 0, 100), ("c1", 150, 250)],
        [("c1", 250, 400), ("c2", 10, 20)],
    ]
    assert scatter.divided([], 200) == []


def test_parts_processes_and_jobs_give_one_table(patient, tmp_path, monkeypatch):
    rows, bams, places = patient
    # a variant of another caller, at the first base behind a cut
    vcfs = {"T": [Imported("c1", 1401, TEXT[1400], "G" if TEXT[1400] != "G" else "T", 50, 5)]}
    given = rows, bams, vcfs, places, SETTINGS
    found = {}
    for bases, parts, threads in ((10**6, 1, 1), (700, 1, 1), (700, 1, 2), (700, 3, 1), (700, 20, 1)):
        monkeypatch.setattr(scatter.divided, "__defaults__", (bases,))
        shares = [tmp_path / f"{part}.pickle.gz" for part in range(parts)]
        for part, share in enumerate(shares):
            scatter.write(share, tables.count_patient(*given, part=part, parts=parts, threads=threads))
        total = scatter.gathered(shares)
        table, callable_bases, errors = tables.call_patient(*given, counted=total)
        name = tmp_path / f"{bases}.{parts}.{threads}.parquet"
        tables.write_table(name, table)
        found[bases, parts, threads] = name.read_bytes(), callable_bases, errors
    first, *others = found.values()
    assert all(one == first for one in others)
    passed = table[(table["filter"] == "PASS") & (table["sample"] == "T")]
    assert SOMATIC[0] in {(row.pos, row.ref, row.alt) for row in passed.itertuples()}
    assert callable_bases == tables.call_patient(*given)[1]  # counted in place
    assert not list(tmp_path.glob("*.tsv*"))


def test_of_no_reads_nothing_is_counted(patient, tmp_path):
    rows, _, places = patient
    align.empty_bam(tmp_path / "N.bam", places["genome"], "N", "L1")
    pysam.index(str(tmp_path / "N.bam"))
    total = tables.count_patient(rows[:1], {"N": tmp_path / "N.bam"}, {}, places, SETTINGS, part=1, parts=2)
    assert total.alleles == []
    assert total.callable_bases.tolist() == [0]
