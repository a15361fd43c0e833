"""The somatic model by hand, and planted variants found again."""

import math
import subprocess
import sys

import numpy as np
import pandas as pd
import pysam
import pytest
from scipy import stats

from seriome.config import with_defaults
from seriome.dna import (
    align,
    calling,
    copy_number,
    coverage,
    features,
    imports,
    limits,
    normals,
    pileup,
    tables,
    vcf,
)
from seriome.errors import DataError, InputError

from . import made

SETTINGS = with_defaults({})["dna"]
RATE, RHO = np.array([1e-3]), np.array([0.0])


# ------------------------------------------------------------------------------------------------- numbers by hand


def test_detection_limit_by_hand():
    # 2 reads or more of 1000 with 95 %: (1-f)^1000 + 1000 f (1-f)^999 = 0.05 -> f = 0.004735; Poisson: e^-m (1+m) =
    # 0.05 at m = 4.744. One read of 299: 1 - 0.05^(1/299) = 0.00997, the rule of three
    assert limits.detection_limit(1000, 2) == pytest.approx(0.004735, abs=5e-6)
    assert limits.detection_limit(299, 1) == pytest.approx(1 - 0.05 ** (1 / 299), rel=1e-9)
    assert limits.detection_limit(2, 2) == pytest.approx(math.sqrt(0.95))
    assert np.isnan(limits.detection_limit(1, 2))
    assert np.isnan(limits.detection_limit(0, 2))


def test_reads_that_errors_do_not_reach():
    # binomial, n = 100, e = 0.001: P(X>=1) = 0.0952, P(X>=2) = 0.0046, P(X>=3) = 0.00015
    assert calling.least_reads(100, RATE, RHO, 1e-3) == [3]
    assert calling.least_reads(100, RATE, RHO, 1e-2) == [2]
    assert calling.least_reads(0, RATE, RHO, 1e-3) == [2]


def test_overdispersed_errors_reach_further():
    # beta-binomial with a = 1 (rho = 1/(1 + 1/e)): P(X >= k) is about (n / (n + b))^k, b = 999
    rho = 1 / (1 + 1 / 1e-3)
    assert calling.beta_binomial_tail(5, 1000, 1e-3, rho) == pytest.approx((1000 / 1999) ** 5, rel=0.02)
    assert calling.beta_binomial_tail(5, 1000, 1e-3, 0.0) == pytest.approx(stats.binom.sf(4, 1000, 1e-3))
    assert calling.beta_binomial_tail(0, 10, 1e-3, rho) == 1


def test_jeffreys_interval():
    # Brown, Cai, DasGupta 2001: beta quantiles at x + 1/2, n - x + 1/2, cut to 0 and 1 at the ends
    lower, upper = limits.jeffreys([0, 5, 10, 0], [10, 10, 10, 0])
    assert lower[:3] == pytest.approx([0, stats.beta.ppf(0.025, 5.5, 5.5), stats.beta.ppf(0.025, 10.5, 0.5)])
    assert upper[:3] == pytest.approx([stats.beta.ppf(0.975, 0.5, 10.5), stats.beta.ppf(0.975, 5.5, 5.5), 1])
    assert np.isnan([lower[3], upper[3]]).all()


def test_evidence_adds_up_and_absence_costs_little():
    strong, weak, nothing, uncovered = calling.evidence([30, 4, 0, 0], [100, 400, 100, 0], 5e-4, 0.0)
    assert strong > SETTINGS["min_evidence"] > weak > 1
    assert 3 * weak > SETTINGS["min_evidence"]
    assert math.log10(0.5) <= nothing < 0
    assert uncovered == 0


def test_errors_alone_are_not_evidence():
    # 2,000,000 positions at a depth of 500 with errors of 1e-3: by Markov at most 1 in 10^6.3 reaches the threshold
    reads = np.arange(0, 30)
    chance = stats.binom.pmf(reads, 500, 1e-3)
    reached = calling.evidence(reads, 500, 1e-3, 0.0) >= SETTINGS["min_evidence"]
    assert chance[reached].sum() < 10 ** -SETTINGS["min_evidence"]
    assert reached.any()


@pytest.mark.parametrize(
    ("counts", "biased"),
    [
        ((50, 50, 10, 10), False),
        ((50, 50, 20, 0), True),
        ((50, 50, 19, 1), True),  # 5 % on the other strand
        ((50, 50, 16, 4), False),  # 20 %
        ((100, 0, 20, 0), False),  # an amplicon: the reference is on one strand, too
        ((50, 50, 4, 0), False),  # p = 0.12: too few reads to tell
    ],
)
def test_strand_bias(counts, biased):
    assert calling.strand_biased(*counts, 1e-3) is biased


def allele(alt, depth, ref="C", to="T", pos=100):
    alt, depth = np.array(alt), np.array(depth)
    half = alt // 2
    rest = depth - alt
    return pileup.Allele("c" if pos < 20 else "c1", pos, ref, to, rest // 2, rest - rest // 2, half, alt - half, depth)


@pytest.mark.parametrize(
    ("alt", "depth", "reasons"),
    [
        pytest.param([0, 30], [50, 100], [], id="somatic"),
        pytest.param([25, 50], [50, 100], ["germline"], id="germline"),
        pytest.param([1, 30], [50, 100], [], id="one read in the normal is an error"),
        pytest.param([2, 80], [100, 100], [], id="a trace of tumour in the normal"),
        pytest.param([8, 10], [100, 100], ["in_normal"], id="an artefact of both"),
        pytest.param([0, 30], [7, 100], ["normal_depth"], id="normal too thin"),
        pytest.param([0, 2], [50, 100], ["few_reads"], id="two reads"),
    ],
)
def test_the_normal_speaks(alt, depth, reasons):
    rate = np.array([5e-4, 5e-4])
    assert calling.filters_of(allele(alt, depth), [1], 0, rate, 0 * rate, SETTINGS) == reasons


def test_without_a_normal_a_half_looks_inherited():
    rate = np.array([5e-4, 5e-4])
    assert calling.filters_of(allele([50, 26], [100, 50]), [0, 1], None, rate, 0 * rate, SETTINGS) == ["germline_like"]
    assert calling.filters_of(allele([50, 5], [100, 50]), [0, 1], None, rate, 0 * rate, SETTINGS) == []


def test_repeats_at_an_indel(tmp_path):
    (tmp_path / "r.fa").write_text(">c\nGGCAAAAAAAAAATGTGTGTGTCC\n")
    pysam.faidx(str(tmp_path / "r.fa"))
    with pysam.FastaFile(str(tmp_path / "r.fa")) as fasta:
        assert tables.units_of(fasta, allele([5], [100], "CA", "C", pos=3)) == 10
        assert tables.units_of(fasta, allele([5], [100], "ATG", "A", pos=13)) == 4
        assert tables.units_of(fasta, allele([5], [100], "G", "GT", pos=1)) == 1
    rare, common = allele([5], [100], "CA", "C"), allele([30], [100], "CA", "C")
    assert calling.filters_of(rare, [0], None, np.array([1e-2]), np.array([1e-3]), SETTINGS, units=10) == ["repeat"]
    assert calling.filters_of(common, [0], None, np.array([1e-2]), np.array([1e-3]), SETTINGS, units=10) == []


# -------------------------------------------------------------------------------------------- planted and found again

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


# --------------------------------------------------------------------------------------------- variants from elsewhere

HEADER = """##fileformat=VCFv4.2
##contig=<ID=c1,length=6000>
##FILTER=<ID=weak,Description="x">
##FORMAT=<ID=AD,Number=R,Type=Integer,Description="x">
##FORMAT=<ID=DP,Number=1,Type=Integer,Description="x">
##FORMAT=<ID=AF,Number=A,Type=Float,Description="x">
##FORMAT=<ID=RO,Number=1,Type=Integer,Description="x">
##FORMAT=<ID=AO,Number=A,Type=Integer,Description="x">
##FORMAT=<ID=TAR,Number=2,Type=Integer,Description="x">
##FORMAT=<ID=TIR,Number=2,Type=Integer,Description="x">
"""
HEADER += "".join(f'##FORMAT=<ID={base}U,Number=2,Type=Integer,Description="x">\n' for base in "ACGT")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A genome of CACACA ..., for files of variants."""
    path = tmp_path_factory.mktemp("small") / "c.fa"
    path.write_text(">c1\n" + "CA" * 3000 + "\n")
    pysam.faidx(str(path))
    return path


@pytest.mark.parametrize(
    ("alleles", "form", "cells", "counts"),
    [
        pytest.param("C\tT", "AD", "70,30", [(70, 30)], id="Mutect2"),
        pytest.param("C\tT,G", "AD", "50,30,20", [(50, 30), (50, 20)], id="two alleles"),
        pytest.param("C\tT", "AU:CU:GU:TU", "0,0:61,64:0,0:9,10", [(61, 9)], id="Strelka SNV, first tier"),
        pytest.param("CA\tC", "TAR:TIR", "40,42:11,12", [(40, 11)], id="Strelka indel"),
        pytest.param("C\tT,A", "RO:AO", "33:7,2", [(33, 7), (33, 2)], id="freebayes"),
        pytest.param("C\tT", "DP:AF", "200:0.05", [(190, 10)], id="depth and fraction"),
        pytest.param("C\tT", "DP", "200", [(None, None)], id="no counts"),
    ],
)
def test_counts_as_each_caller_writes_them(small, tmp_path, alleles, form, cells, counts):
    names = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tX_N\tX_T\n"
    other = ":".join("." for _ in form.split(":"))
    line = f"c1\t101\t.\t{alleles}\t.\tPASS\t.\t{form}\t{other}\t{cells}\n"
    failed = f"c1\t200\t.\tC\tT\t.\tweak\t.\t{form}\t{other}\t{other}\n"
    (tmp_path / "x.vcf").write_text(HEADER + names + line + failed)
    found = imports.read_vcf(tmp_path / "x.vcf", "T", small, "x.vcf")
    assert [(one.ref_count, one.alt_count) for one in found] == counts


@pytest.mark.parametrize(
    ("names", "column"),
    [
        (["T", "N"], "T"),
        (["P1_N", "P1_T"], "P1_T"),
        (["NORMAL", "TUMOR"], "TUMOR"),
        (["TUMOR", "NORMAL"], "TUMOR"),
        (["a", "b"], "b"),
        ([], None),
    ],
)
def test_the_tumours_column(names, column):
    assert imports.tumour_column(names, "T") == column


@pytest.mark.parametrize(
    ("contig", "ref", "words"),
    [
        pytest.param("chr1", "C", r"raw/x\.vcf has a variant at chr1:5, which", id="a contig that is not there"),
        pytest.param("c1", "G", r"raw/x\.vcf has REF G at c1:5, where reference\.genome has C", id="another base"),
    ],
)
def test_a_vcf_of_another_genome_is_a_gap(small, tmp_path, contig, ref, words):
    names = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    text = HEADER.replace("c1", contig) + names + f"{contig}\t5\t.\t{ref}\tT\t.\t.\t.\n"
    (tmp_path / "x.vcf").write_text(text)
    with pytest.raises(DataError, match=words):
        imports.read_vcf(tmp_path / "x.vcf", "T", small, "raw/x.vcf")


# ---------------------------------------------------------------------------------------------------------- copy number


def genes(depths, reads_per_depth=10):
    return pd.DataFrame(
        [
            {"gene_id": f"G{i}", "gene": f"g{i}", "chrom": "c1", "start": i * 100, "end": i * 100 + 50, "bases": 50}
            | {"mean_depth": d, "reads": int(d * reads_per_depth), "part_bases": "50", "part_depths": str(d)}
            for i, d in enumerate(depths)
        ]
    )


def test_copy_number_by_hand():
    # the tumour has twice the normal's depth; gene 0 four times as many copies, gene 1 half, gene 6 none
    found = copy_number.log2_ratios(genes([800, 100, 200, 200, 200, 200, 0]), genes([100] * 7)).set_index("gene_id")
    assert found.loc[["G0", "G1", "G2"], "log2_ratio"].tolist() == pytest.approx([2, -1, 0])
    # counting error of gene 2: sqrt(2 (1/2000 + 1/1000)) / ln 2 = 0.079
    assert found.loc["G2", "upper"] == pytest.approx(1.96 * 0.07902, abs=1e-3)
    assert found.loc["G6", "state"] == "below_lod"
    assert np.isnan(found.loc["G6", "log2_ratio"])


def test_copy_number_needs_a_normal():
    samples = rows("N", "T")
    table = copy_number.of_patient(samples, {"N": genes([0] * 6), "T": genes([100] * 6)})
    assert set(table["state"]) == {"not_measured"}
    assert set(table["sample"]) == {"T"}
    assert list(copy_number.of_patient([], {}).columns) == copy_number.COLUMNS


# ------------------------------------------------------------------------------- other people's normals, the population


def test_a_site_where_other_normals_err_alike_is_no_variant():
    rate, rho = np.array([2e-4, 2e-4]), np.zeros(2)
    one = allele([0, 9], [100, 300])
    quiet, noisy = normals.Site(1, 0, 1, 6000), normals.Site(14, 0, 150, 6000)
    ask = {"rate": rate, "rho": rho, "least": SETTINGS["min_evidence"]}
    assert calling.evidence(one.alt_count, one.depth, rate, rho)[1] > SETTINGS["min_evidence"]
    assert calling.panel_says(one, [1], True, quiet, **ask) == []
    assert calling.panel_says(one, [1], True, noisy, **ask) == ["panel_of_normals"]  # 2.5 % there, 3 % here
    assert calling.panel_says(allele([0, 150], [100, 300]), [1], True, noisy, **ask) == []
    carried = normals.Site(3, 3, 0, 6000)
    assert calling.panel_says(one, [1], True, carried, **ask) == []  # the patient's own normal decides
    assert calling.panel_says(one, [1], False, carried, **ask) == ["panel_of_normals"]


@pytest.mark.parametrize(
    ("alt", "is_chip"),
    [
        pytest.param([12, 150, 1], True, id="4 % of white cells, 5 % of plasma, not in tissue"),
        pytest.param([12, 900, 1], False, id="30 % of plasma: tumour, of which the normal has a trace"),
        pytest.param([12, 150, 90], False, id="a third of the tissue: the tumour's"),
        pytest.param([12, 0, 1], False, id="not in plasma"),
    ],
)
def test_clones_of_the_blood(alt, is_chip):
    assert calling.haematopoietic(allele(alt, [300, 3000, 300]), [1], [2], 0) is is_chip


def test_presence_by_hand():
    """Errors of 1e-3 at depth 100; real of any fraction: the chance of no read is 0.36 of that of errors, and so on."""
    fractions = np.geomspace(1e-3, 1, 40)
    real = stats.binom.pmf(3, 100, fractions + 1e-3 * (1 - fractions)).mean()
    wrong = stats.binom.pmf(3, 100, 1e-3)
    assert calling.presence(3, 100, 1e-3, 0.0) == pytest.approx(real / (real + wrong), rel=1e-3)
    assert calling.presence(0, 100, 1e-3, 0.0) < 0.5
    assert np.isnan(calling.presence(0, 0, 1e-3, 0.0))


def test_a_panel_of_normals_is_made_and_read(patient, tmp_path):
    places, bams = patient
    rows_of = normals.panel([bams["N"], bams["T"], bams["P"]], places["genome"], places["regions"], SETTINGS)
    normals.write_panel(tmp_path / "normals.tsv.gz", rows_of)
    sites = normals.read_panel(tmp_path / "normals.tsv.gz")
    inherited = sites["c1", *GERMLINE]
    assert (inherited.carriers, inherited.reads) == (3, 0)
    assert sites["c1", *L12V].carriers == 1  # the tumour; the plasma's few reads are left
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
