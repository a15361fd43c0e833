"""Planted variants found again, from reads to the table, the VCF and the features."""

import subprocess
import sys

import pandas as pd
import pysam
import pytest

from seriome.config import with_defaults
from seriome.dna import align, copy_number, coverage, features, imports, normals, tables, vcf
from seriome.errors import InputError

from . import made

SETTINGS = with_defaults({})["dna"]

TEXT = made.genome()["c1"]

SWAP = {"A": "C", "C": "A", "G": "T", "T": "G"}

L12V = (1034, "C", "G")

MNV = (3036, TEXT[3035:3037], "".join(SWAP[base] for base in TEXT[3035:3037]))

DELETION = (2000, TEXT[1999:2003], TEXT[1999])

GERMLINE = (2500, TEXT[2499], SWAP[TEXT[2499]])

LOW = (4200, TEXT[4199], SWAP[TEXT[4199]])


@pytest.fixture(scope="module")
def patient(tmp_path_factory):
    """Reference and BAMs of a patient: a normal, a tumour (VAF 0.3), a later sample (LOW at 0.04, the rest at 0.02)."""
    folder = tmp_path_factory.mktemp("patient")
    places = made.places(folder, made.genome())
    bams = {}
    inherited = made.changed(TEXT, [GERMLINE])
    shares = {"N": 0.0, "T": 0.6, "P": 0.04}
    for seed, (sample, share) in enumerate(shares.items()):
        total = {"N": 1500, "T": 3000, "P": 6000}[sample]
        somatic = made.changed(TEXT, [L12V, MNV, DELETION] + ([LOW] if sample == "P" else []))
        tumour = int(total * share)
        mixture = [(inherited, total // 2, 0, 6000), (TEXT, total // 2 - tumour // 2, 0, 6000)]
        mixture.append((somatic, tumour // 2, 0, 6000))
        reads = made.pairs(mixture, seed=seed + 10, error=2e-3)
        unit, bam = folder / f"{sample}.unit.bam", folder / f"{sample}.bam"
        align.align_pairs(places["genome"], made.write_fastq(folder, sample, reads), unit, sample=sample, run="L1")
        coverage.merge_and_mark([unit], bam, places["genome"], sample=sample, umi=False)
        bams[sample] = bam
    return places, bams


def rows(*samples):
    about = {"N": (0, "normal"), "T": (0, "tumor"), "P": (50, "plasma"), "V": (90, "tumor")}
    return [
        {"patient": "X", "sample": s, "timepoint": f"D{about[s][0]}", "day": about[s][0], "specimen": about[s][1]}
        for s in samples
    ]


def called(patient, *samples, vcfs=None, **settings):
    places, bams = patient
    chosen = {sample: bams[sample] for sample in samples if sample in bams}
    table, bases, _ = tables.call_patient(rows(*samples), chosen, vcfs or {}, places, SETTINGS | settings)
    return table, bases


def key(variant):
    return f"c1:{variant[0]}:{variant[1]}:{variant[2]}"


@pytest.fixture(scope="module")
def joint(patient):
    return called(patient, "N", "T", "P")


def test_what_was_planted_is_found_and_nothing_else(joint):
    table, _ = joint
    passed = table[table["filter"] == "PASS"]
    assert set(passed["variant"]) >= {key(L12V), key(MNV), key(DELETION)}
    assert set(passed["variant"]) <= {key(L12V), key(MNV), key(DELETION), key(LOW)}
    assert set(table.loc[table["filter"] != "PASS", "variant"]) == {key(GERMLINE)}
    assert set(table.loc[table["filter"] != "PASS", "filter"]) == {"germline"}
    assert not table["tumor_only"].any()


def test_every_variant_is_counted_at_every_sample(joint):
    table, _ = joint
    assert (table.groupby("variant")["sample"].nunique() == 3).all()
    found = table.set_index(["variant", "sample"])
    assert found.loc[(key(L12V), "T"), "vaf"] == pytest.approx(0.3, abs=0.12)
    assert found.loc[(key(L12V), "T"), "state"] == "measured"
    normal = found.loc[(key(L12V), "N")]
    assert (normal["state"], normal["called"], normal["alt_count"]) == ("below_lod", False, 0)
    assert 0 < normal["lod"] < 0.2
    assert normal["vaf_lower"] == 0
    assert found.loc[(key(L12V), "T"), "name"] == "PLU L12V"
    for _, row in table.iterrows():
        assert row["ref_count"] + row["alt_count"] <= row["depth"]
        assert row["vaf_lower"] <= row["vaf"] <= row["vaf_upper"]


def test_neighbours_on_the_same_reads_are_one_variant(joint):
    table, _ = joint
    merged = table[(table["variant"] == key(MNV)) & (table["sample"] == "T")].iloc[0]
    assert merged["vaf"] == pytest.approx(0.3, abs=0.12)
    assert not table["variant"].isin([f"c1:{MNV[0] + i}:{MNV[1][i]}:{MNV[2][i]}" for i in (0, 1)]).any()


def test_without_a_normal_it_is_said_to_be_less_certain(patient):
    table, _ = called(patient, "T", "P")
    assert table["tumor_only"].all()
    filters = table.drop_duplicates("variant").set_index("variant")["filter"]
    assert filters[key(GERMLINE)] == "germline_like"
    assert filters[key(L12V)] == "PASS"


def test_a_patient_with_a_normal_alone_has_no_variants(patient):
    table, bases = called(patient, "N")
    assert len(table) == 0
    assert bases["N"] > 5000
    assert table.dtypes["pos"] == "int64"


def test_a_lost_normal_leaves_tumour_only_and_not_measured(patient, tmp_path):
    places, bams = patient
    coverage.merge_and_mark([], tmp_path / "N.bam", places["genome"], sample="N", umi=False)
    table, *_ = tables.call_patient(rows("N", "T"), {"N": tmp_path / "N.bam", "T": bams["T"]}, {}, places, SETTINGS)
    assert table["tumor_only"].all()
    normal = table[table["sample"] == "N"]
    assert set(normal["state"]) == {"not_measured"}
    assert normal[["vaf", "lod"]].isna().all(axis=None)


def test_no_reads_anywhere(patient, tmp_path):
    places, _ = patient
    coverage.merge_and_mark([], tmp_path / "T.bam", places["genome"], sample="T", umi=False)
    table, bases, _ = tables.call_patient(rows("T"), {"T": tmp_path / "T.bam"}, {}, places, SETTINGS)
    assert (len(table), bases) == (0, {"T": 0})


def test_variants_of_another_caller_join_and_are_counted_in_the_reads(patient):
    given = [
        imports.Imported("c1", *LOW, 80, 20),
        imports.Imported("c1", *L12V, None, None),
        imports.Imported("c1", 5200, TEXT[5199], SWAP[TEXT[5199]], 60, 40),
    ]
    table, _ = called(patient, "N", "T", "V", vcfs={"V": given})
    found = table.set_index(["variant", "sample"])
    assert found.loc[(key(LOW), "V"), ["vaf", "state", "called"]].tolist() == [0.2, "measured", True]
    assert found.loc[(key(LOW), "T"), "state"] == "below_lod"  # looked for in the reads of the tumour, not there
    assert found.loc[(key(LOW), "T"), "depth"] > 50
    assert found.loc[(key(L12V), "V"), ["state", "called"]].tolist() == ["not_measured", True]
    assert found.loc[(key(MNV), "V"), ["state", "called"]].tolist() == ["not_measured", False]
    assert set(table["filter"]) == {"PASS", "germline"}


def test_the_vcf_is_read_by_bcftools_without_a_word_and_has_no_paths(joint, tmp_path):
    table, _ = joint
    for folder in ("a", "b"):
        vcf.write_vcf(tmp_path / folder / "x.vcf.gz", table, ["N", "T", "P"], {"c1": 6000})
    assert (tmp_path / "a/x.vcf.gz").read_bytes() == (tmp_path / "b/x.vcf.gz").read_bytes()
    code = "import sys, pysam.bcftools as b; b.stats('-s', '-', sys.argv[1], catch_stdout=False)"
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a/x.vcf.gz")], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    with pysam.VariantFile(str(tmp_path / "a/x.vcf.gz")) as file:
        assert str(tmp_path) not in str(file.header)
        records = list(file.fetch("c1", 1033, 1034))
        assert [record.samples["T"]["GT"] for record in records] == [(0, 1)]
        assert records[0].samples["N"]["AD"][1] == 0


def test_features_of_a_sample(joint, tmp_path):
    table, bases = joint
    tables.write_table(tmp_path / "x.parquet", table)
    read = pd.read_parquet(tmp_path / "x.parquet")
    none = pd.DataFrame(columns=copy_number.COLUMNS)
    table_of_t = features.features_of("T", read, none, 20_000, tumour=True).set_index("feature")
    assert table_of_t.loc[key(L12V), "unit"] == "vaf"
    assert key(GERMLINE) not in table_of_t.index
    # L12V and the change of two bases in the CDS of MIN alter a protein: 2 per 0.02 Mb
    assert table_of_t.loc["tmb", "value"] == pytest.approx(100)
    assert table_of_t.loc["tmb", ["lower", "upper"]].tolist() == pytest.approx([0.2422 / 0.02, 7.2247 / 0.02], rel=1e-3)
    small = features.features_of("T", read, none, bases["T"], tumour=True).set_index("feature")
    assert small.loc["tmb", "state"] == "not_measured"  # the made-up genome has 6 kb
    assert "tmb" not in set(features.features_of("N", read, none, 20_000, tumour=False)["feature"])


def test_what_an_unlisted_variant_was():
    notes = features.absent_notes([{"bases": "100", "mean_depth": "1000"}], SETTINGS)
    assert notes["variant"]["state"] == "below_lod"
    assert notes["variant"]["lod"] == pytest.approx(0.00628, abs=2e-5)  # 3 reads of 1000: 6.296 / 1000
    assert features.absent_notes([], SETTINGS)["variant"] == {"state": "not_measured", "lod": None, "unit": "vaf"}


def test_a_panel_of_normals_is_made_and_read(patient, tmp_path):
    places, bams = patient
    rows_of = normals.panel([bams["N"], bams["T"], bams["P"]], places["genome"], places["regions"], SETTINGS)
    normals.write_panel(tmp_path / "normals.tsv.gz", rows_of)
    sites = normals.read_panel(tmp_path / "normals.tsv.gz")
    inherited = sites["c1", *GERMLINE]
    assert (inherited.carriers, inherited.reads) == (3, 0)
    assert sites["c1", *L12V].carriers == 1  # the tumour; the plasma's few reads are left
    assert sites["c1", *DELETION].carriers == 1
    table, _ = called((places | {"panel_of_normals": tmp_path / "normals.tsv.gz"}, bams), "T", "P")
    filters = table.drop_duplicates("variant").set_index("variant")["filter"]
    assert filters[key(GERMLINE)] == "germline_like"
    (tmp_path / "wrong.tsv").write_text("chrom\tpos\nc1\t5\n")
    with pytest.raises(InputError, match="line 1: not a panel of normals"):
        normals.read_panel(tmp_path / "wrong.tsv")


def test_a_polymorphism_of_the_population_without_a_normal(patient, tmp_path):
    chrom, (pos, ref, alt) = "c1", L12V
    lines = [
        "##fileformat=VCFv4.3",
        "##contig=<ID=c1,length=6000>",
        '##INFO=<ID=AF,Number=A,Type=Float,Description="f">',
    ]
    lines += ["#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO", f"{chrom}\t{pos}\t.\t{ref}\t{alt}\t.\t.\tAF=0.01"]
    (tmp_path / "common.vcf").write_text("\n".join(lines) + "\n")
    pysam.tabix_index(str(tmp_path / "common.vcf"), preset="vcf", force=True)
    places, bams = patient
    places = places | {"population": tmp_path / "common.vcf.gz"}
    for samples, reason in ((("T", "P"), "population"), (("N", "T", "P"), "PASS")):
        table, _ = called((places, bams), *samples)
        assert table.drop_duplicates("variant").set_index("variant")["filter"][key(L12V)] == reason
