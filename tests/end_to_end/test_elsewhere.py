"""Work already done elsewhere takes the same road: alignments, somatic calls, quantifications, feature tables."""

import shutil

import pandas as pd
import pytest
import yaml

from seriome.files import read_json, write_tsv

from .conftest import snakemake

pytestmark = pytest.mark.slow
UNITS = {  # sample: patient, timepoint, day, specimen, then its units: assay, format, file
    "P1-T3-tumor": ("P1", "T3", 168, "tumor", [("dna", "vcf", "calls.vcf.gz")]),
    "P2-T0-normal": ("P2", "T0", 0, "normal", [("dna", "bam", "P2-T0-normal.bam")]),
    "P2-T0-tumor": ("P2", "T0", 0, "tumor", [("rna", "kallisto", "kallisto"), ("proteome", "features", "p.tsv")]),
    "P2-T3-tumor": ("P2", "T3", 420, "tumor", [("dna", "bam", "P2-T3-tumor.bam")]),
}


@pytest.fixture(scope="module")
def taken_in(finished):
    """Results of the first run, handed in as another cohort's input, and that cohort's run."""
    results, folder = finished / "results", finished / "elsewhere"
    folder.mkdir()
    for name in ("P2-T0-normal.bam", "P2-T3-tumor.bam"):
        shutil.copy(results / "dna/bam" / name, folder)
    shutil.copy(results / "dna/variants/P1.vcf.gz", folder / "calls.vcf.gz")
    shutil.copytree(results / "rna/quant/P2-T0-tumor", folder / "kallisto")
    table = pd.read_parquet(results / "features/assay=proteome/patient=P2/sample=P2-T0-tumor.parquet")
    keys = ["patient", "sample", "timepoint", "assay", "day"]
    table.drop(columns=keys).to_csv(folder / "p.tsv", sep="\t", index=False)
    samples = [
        {"sample": sample, "patient": row[0], "timepoint": row[1], "day": row[2], "specimen": row[3]}
        for sample, row in UNITS.items()
    ]
    assays = [
        {"sample": sample, "assay": assay, "run": "u1", "format": kind, "path1": path}
        for sample, row in UNITS.items()
        for assay, kind, path in row[4]
    ]
    write_tsv(folder / "patients.tsv", [{"patient": "P1"}, {"patient": "P2"}], ["patient"])
    write_tsv(folder / "samples.tsv", samples, list(samples[0]))
    write_tsv(folder / "assays.tsv", assays, list(assays[0]))
    config = yaml.safe_load((finished / "config.yaml").read_text())
    config |= {"sheets": "elsewhere", "data": "elsewhere", "results": "taken"}
    (finished / "elsewhere.yaml").write_text(yaml.safe_dump(config))
    snakemake(finished, "--configfile", "elsewhere.yaml")
    return results, finished / "taken"


def test_the_run_is_complete(taken_in):
    assert read_json(taken_in[1] / "outcome.json")["outcome"] == "complete"


def test_calls_keep_their_counts(taken_in):
    before, after = (pd.read_parquet(one / "dna/variants/P1.parquet") for one in taken_in)
    keys, counts = ["sample", "variant"], ["ref_count", "alt_count"]
    both = after[after["filter"] == "PASS"].merge(before[before["filter"] == "PASS"], on=keys)
    both = both[both["called_y"]]
    assert len(both) > 10
    for count in counts:
        assert (both[f"{count}_x"] == both[f"{count}_y"]).all()


def test_alignments_give_the_same_variants(taken_in):
    before, after = (pd.read_parquet(one / "dna/variants/P2.parquet") for one in taken_in)
    found = {(row.sample, row.variant) for row in after[(after["filter"] == "PASS") & after["called"]].itertuples()}
    known = {(row.sample, row.variant) for row in before[(before["filter"] == "PASS") & before["called"]].itertuples()}
    assert len(found) > 10
    assert found <= known


@pytest.mark.parametrize("assay", ["rna", "proteome"])
def test_quantifications_and_tables_come_through_unchanged(taken_in, assay):
    name = f"features/assay={assay}/patient=P2/sample=P2-T0-tumor.parquet"
    before, after = (pd.read_parquet(one / name).set_index(["kind", "feature"])["value"] for one in taken_in)
    before = before.drop(["fusion", "rna_variant"], level="kind", errors="ignore")  # these are read from alignments
    pd.testing.assert_series_equal(after, before)
