"""Planted junctions found again at every sample, their exons and frame by hand; a known fusion in real reads."""

import random
from collections import Counter

import pandas as pd
import pysam
import pytest
from scipy import stats

from seriome.dna import align, copy_number, coverage, features, fused, fusions, index, reference, tables
from seriome.dna.fusions import Side
from seriome.features import write_features
from seriome.files import read_tsv
from seriome.simulate.cells import Junction, Population
from seriome.simulate.dna import PLASMA, TISSUE, write_dna

from .. import genomes
from . import made


@pytest.mark.parametrize(
    ("start", "cigar", "side"),
    [
        (100, [(0, 60), (4, 40)], Side("c", 159, True)),
        (100, [(4, 40), (0, 60)], Side("c", 100, False)),
        (100, [(4, 2), (0, 30), (2, 5), (0, 30), (5, 38)], Side("c", 164, True)),
    ],
)
def test_breakpoint_of_an_alignment(start, cigar, side):
    assert fusions._side("c", start, cigar) == side


def test_an_sa_tag_by_hand():
    (part,) = fusions._parts("c2,401,-,40S60M,60,0;")
    assert part == ("c2", 400, [(4, 40), (0, 60)], 60)


@pytest.mark.parametrize(
    ("left", "strand", "part"), [(True, "+", "5'"), (True, "-", "3'"), (False, "+", "3'"), (False, "-", "5'")]
)
def test_which_part_of_a_gene_is_kept(left, strand, part):
    assert fusions.kept_part(Side("c", 5, left), strand) == part


def test_split_reads_that_differ_by_shared_bases_are_one_junction():
    def read(near, far, name):
        return Side("a", near, True), Side("b", far, False), name

    split = [read(100, 500, "r1"), read(100, 500, "r2"), read(103, 503, "r3"), read(300, 500, "r4")]
    found = fusions.clustered(split)
    assert [(near.position, far.position, sorted(names)) for near, far, names in found] == [
        (100, 500, ["r1", "r2", "r3"]),
        (300, 500, ["r4"]),
    ]


def test_pairs_must_point_at_the_junction():
    near, far = Side("a", 1000, True), Side("b", 2000, False)
    pairs = [
        (Side("a", 900, True), Side("b", 2050, False), "both"),
        (Side("a", 900, False), Side("b", 2050, False), "away"),
        (Side("a", 900, True), Side("b", 3500, False), "far"),
        (Side("a", 1100, True), Side("b", 2050, False), "behind"),
    ]
    assert fusions.spanning(pairs, near, far) == {"both"}


# ------------------------------------------------------------------------------------------------------------- planted

SETTINGS = {"fusion_genes": ["DRV"], "min_mapping_quality": 20, "fusion_min_fragments": 4}
GENES = {  # chrom, strand, exons; all but the first 10 and last 10 bases of a gene are coding
    "DRV": ("c1", "+", [(2000, 2130), (2600, 2702), (3500, 3598), (4500, 5000)]),
    "PAR": ("c2", "+", [(1000, 1200), (2000, 2104), (4000, 6000)]),
    "INV": ("c2", "-", [(8000, 8500), (9000, 9100), (10000, 11000)]),
    "NEA": ("c1", "+", [(5500, 7000)]),
}


def transcripts():
    rows = []
    for gene, (chrom, strand, exons) in GENES.items():
        row = {"transcript": f"T_{gene}", "gene": gene, "chrom": chrom, "strand": strand, "rank": "0"}
        row |= {"start": str(exons[0][0]), "end": str(exons[-1][1]), "biotype": "protein_coding"}
        rows.append(row | {"cds_bases": str(sum(end - start for start, end in exons) - 20)})
    return rows


def gff(folder):
    """The stage's gene models, of the genes above."""
    lines = []
    for gene, (chrom, strand, exons) in GENES.items():
        coding = [(start + 10 * (n == 0), end - 10 * (n == len(exons) - 1)) for n, (start, end) in enumerate(exons)]
        for kind, parts in (("exon", exons), ("CDS", coding)):
            for start, end in parts:
                about = f"Parent=transcript:T_{gene}"
                lines.append(f"{chrom}\tx\t{kind}\t{start + 1}\t{end}\t.\t{strand}\t0\t{about}\n")
    (folder / "genes.gff3").write_text("".join(lines))
    return folder / "genes.gff3"


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return fused.models_of(transcripts(), gff(tmp_path_factory.mktemp("models")), set(GENES))


@pytest.mark.parametrize(
    ("ends", "exons", "frame", "drives"),
    [
        # PAR's exons have 190 and 104 coding bases, DRV's 120, 102, 98 and 490; INV's, from the right, 990, 100 and 490
        pytest.param(("PAR", 2999, "DRV", 3000), (2, 3), "in_frame", 1, id="294 before, 222 lost: whole codons"),
        pytest.param(("PAR", 2999, "DRV", 4000), (2, 4), "out_of_frame", 0, id="294 before, 320 lost"),
        pytest.param(("INV", 8700, "DRV", 4800), (2, 4), "unknown", 1, id="within the last exon"),
        pytest.param(("INV", 9500, "DRV", 2300), (1, 2), "in_frame", 1, id="990 before, 120 lost, on the other strand"),
        pytest.param(("PAR", 1500, "DRV", 3000), (1, 3), "out_of_frame", 0, id="190 before, 222 lost"),
        pytest.param(("PAR", 1500, "DRV", 2300), (1, 2), "out_of_frame", 0, id="190 before, 120 lost"),
        pytest.param(("PAR", 1199, "DRV", 3500), (1, 3), "out_of_frame", 0, id="at the exons' very ends"),
        pytest.param(("PAR", 1198, "DRV", 3500), (1, 3), "unknown", 1, id="within an exon"),
        pytest.param(("PAR", 1199, "DRV", 3501), (1, 3), "unknown", 1, id="within the other"),
        pytest.param(("PAR", 900, "DRV", 3000), (None, 3), "promoter", 1, id="before the gene"),
        pytest.param(("PAR", 1005, "DRV", 2300), (1, 2), "unknown", 1, id="within the first exon, before the start"),
        pytest.param(("PAR", 6100, "DRV", 3000), (3, 3), "no_protein", 0, id="behind the stop"),
        pytest.param(
            ("INV", 9500, "DRV", 4000), (1, 4), "out_of_frame", 0, id="990 before, 320 lost, on the other strand"
        ),
        pytest.param(("INV", 8700, "DRV", 2300), (2, 2), "out_of_frame", 0, id="1090 before, 120 lost"),
        pytest.param(("DRV", 2300, "INV", 8700), (1, 3), "out_of_frame", 0, id="120 before, 1090 lost; the wrong part"),
    ],
)
def test_exons_and_frame_by_hand(models, ends, exons, frame, drives):
    five, end, three, start = ends
    gene = "DRV"
    sides = {five: ("5'", end), three: ("3'", start)}
    (part, place), other = sides[gene], next(name for name in sides if name != gene)
    made_of = fused.fused(gene, part, place, other, *sides[other], models)
    assert (made_of.five, made_of.three) == (five, three)
    assert (made_of.five_exon, made_of.three_exon, made_of.frame, made_of.drives) == (*exons, frame, drives)


def test_names(models):
    assert fused.fused("DRV", "3'", 4000, "PAR", "5'", 2999, models).name == "PAR-DRV P2;D4"
    assert fused.fused("DRV", "3'", 4000, "NEW", "5'", 2999, models).name == "NEW-DRV"  # no transcript of it
    assert fused.fused("DRV", "3'", 4000, "PAR", "3'", 2999, models).name == "DRV and PAR"
    assert fused.fused("DRV", "3'", 4000, None, None, 2999, models).name == "DRV and no gene"


def test_which_part_drives(models):
    other = dict.fromkeys(("FGFR1", "FGFR3", "ALK"), models["DRV"])
    kept = {
        (gene, part): fused.fused(gene, part, 3000, "PAR", {"5'": "3'", "3'": "5'"}[part], place, models | other).drives
        for gene in other
        for part, place in (("5'", 2050), ("3'", 2999))  # not known, in frame
    }
    driving = sorted(pair for pair in kept if kept[pair])
    assert driving == [("ALK", "3'"), ("FGFR1", "3'"), ("FGFR1", "5'"), ("FGFR3", "5'")]


def test_counts_have_a_limit_where_too_few_are_seen():
    seen = fusions.counted(3, 2, 15)
    assert (seen["fragments"], seen["depth"], seen["share"], seen["state"]) == (5, 20, "0.25", "measured")
    bounds = [float(seen["lower"]), float(seen["upper"])]
    assert bounds == pytest.approx(stats.beta.ppf([0.025, 0.975], 5.5, 15.5), rel=1e-5)
    unseen = fusions.counted(1, 0, 99)
    assert (unseen["state"], "share" in unseen) == ("below_lod", False)
    assert stats.binom.sf(1, 100, float(unseen["lod"])) == pytest.approx(0.95, abs=1e-5)
    assert fusions.counted(0, 1, 0)["state"] == "not_measured"


@pytest.fixture(scope="module")
def contigs():
    rng = random.Random(11)
    return {name: "".join(rng.choice("ACGT") for _ in range(12_000)) for name in ("c1", "c2")}


@pytest.fixture(scope="module")
def found(contigs, tmp_path_factory):
    """Rows of a tumour (both junctions at one in four), of the same without the normal, and of a germline junction."""
    folder, (one, two) = tmp_path_factory.mktemp("fusions"), contigs.values()
    (folder / "x.fa").write_text("".join(f">{name}\n{text}\n" for name, text in contigs.items()))
    reference.copy_genome(folder / "x.fa", folder / "genome.fa")
    index.bwa_index(folder / "genome.fa")
    # PAR's 5' part (up to 3000) before DRV's 3' part (from 4000); DRV's 5' part (up to 3000) before INV read backwards
    # from 9500 down, INV's 3' part; and a loss of 1,500 bases near DRV, which is no fusion
    planted = [two[:3000] + one[4000:], one[:3000] + made.reverse(two[:9500]), one[:4400] + one[5900:]]
    wild = [(one, 1500, 0, 12_000), (two, 1500, 0, 12_000)]
    mixtures = {
        "N": wild,
        "T": [*wild, *((text, 500, 0, len(text)) for text in planted)],
        "G": [*wild, (planted[0], 700, 0, len(planted[0]))],
        "W": wild,
    }
    bams = {}
    for seed, (sample, mixture) in enumerate(mixtures.items()):
        files = made.write_fastq(folder, sample, made.pairs(mixture, seed=seed, error=2e-3))
        align.align_pairs(folder / "genome.fa", files, folder / f"{sample}.unit.bam", sample=sample, run="L1")
        bams[sample] = folder / f"{sample}.bam"
        coverage.merge_and_mark(
            [folder / f"{sample}.unit.bam"], bams[sample], folder / "genome.fa", sample=sample, umi=False
        )

    models = gff(folder)

    def rows(normal, *tumours):
        samples = [{"sample": one, "specimen": "tumor"} for one in tumours]
        samples += [{"sample": normal, "specimen": "normal"}] if normal else []
        return fusions.of_patient(samples, bams, transcripts(), models, SETTINGS)

    found = {"T": rows("N", "T"), "alone": rows(None, "T"), "germline": rows("G", "T"), "N": rows(None, "N")}
    return found | {"two": rows("N", "W", "T")}


def test_planted_junctions_are_found_and_nothing_else(found):
    rows = {row["partner"]: row for row in found["T"]}
    assert sorted(rows) == ["INV", "PAR"]
    assert len(found["T"]) == 2
    par, inv = rows["PAR"], rows["INV"]
    # 1-based: the first base kept of DRV is 4001, the last of PAR 3000; bases that both sides share count on both
    assert par["pos"] == pytest.approx(4001, abs=4)
    assert par["partner_pos"] == pytest.approx(3000, abs=4)
    assert (par["gene_part"], par["partner_part"], par["readable"]) == ("3'", "5'", 1)
    assert inv["pos"] == pytest.approx(3000, abs=4)
    assert inv["partner_pos"] == pytest.approx(9500, abs=4)
    assert (inv["gene_part"], inv["partner_part"], inv["readable"]) == ("5'", "3'", 1)
    for row in rows.values():
        assert row["split"] >= 5
        assert row["spanning"] >= 2
        assert row["fragments"] == row["split"] + row["spanning"]
        assert (row["filter"], row["normal_fragments"]) == ("PASS", 0)
        assert row["normal_depth"] > 10
        # one of four molecules: 500 of 2,000 (and of INV's side 500 more that end elsewhere)
        assert float(row["lower"]) < 0.25 < float(row["upper"])
    assert (par["name"], par["frame"], par["drives"]) == ("PAR-DRV P2;D4", "out_of_frame", 0)
    assert (inv["name"], inv["frame"], inv["drives"]) == ("DRV-INV D2;I2", "in_frame", 0)


def test_a_junction_is_looked_for_at_every_sample(found):
    rows = {(row["sample"], row["partner"]): row for row in found["two"]}
    assert sorted(rows) == [("T", "INV"), ("T", "PAR"), ("W", "INV"), ("W", "PAR")]
    for partner in ("INV", "PAR"):
        seen, unseen = rows["T", partner], rows["W", partner]
        assert seen["fusion"] == unseen["fusion"]
        assert (seen["state"], unseen["state"]) == ("measured", "below_lod")
        assert (unseen["fragments"], "share" in unseen) == (0, False)
        assert 0.03 < float(unseen["lod"]) < 0.3
        assert unseen["depth"] > 15


def test_a_junction_of_the_normal_is_not_somatic(found):
    filters = {row["partner"]: row["filter"] for row in found["germline"]}
    assert filters == {"PAR": "in_normal", "INV": "PASS"}


def test_without_a_normal_nothing_speaks_against(found):
    assert {row["filter"] for row in found["alone"]} == {"PASS"}
    assert all("normal_fragments" not in row for row in found["alone"])
    assert found["N"] == []


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """EML4-ALK E13;A20 in tissue (share 0.27), in plasma (0.02) and in no cell, read as the workflow does."""
    folder = tmp_path_factory.mktemp("simulated")
    mini, paths = genomes.simulated(folder, genes=16)
    broken, bams = {"ALK": (1, Junction("EML4", 13, "ALK", 20))}, {}
    samples = {"N": (0.0, "normal"), "T": (0.54, "tumor"), "P": (0.04, "plasma"), "C": (0.0, "plasma")}
    for seed, (sample, (purity, specimen)) in enumerate(samples.items()):
        cells = [Population(1 - purity), Population(purity, {}, broken)]
        files = [folder / f"{sample}_R{mate}.fastq.gz" for mate in (1, 2)]
        depth = 900 if specimen == "plasma" else 160
        options = {"depth": depth, "seed": seed, "genes": ["ALK"], "off_target": 0.01}
        write_dna(*files, mini, mini.germline(1), cells, fragments=PLASMA if depth > 200 else TISSUE, **options)
        unit, bams[sample] = folder / f"{sample}.unit.bam", folder / f"{sample}.bam"
        align.align_pairs(paths["genome"], [str(file) for file in files], unit, sample=sample, run="L1")
        coverage.merge_and_mark([unit], bams[sample], paths["genome"], sample=sample, umi=False)
    rows = [{"sample": sample, "specimen": specimen} for sample, (_, specimen) in samples.items()]
    settings = SETTINGS | {"fusion_genes": ["ALK", "RET"]}
    found = fusions.of_patient(rows, bams, read_tsv(paths["transcripts"]), paths["gff"], settings)
    fusions.write_fusions(folder / "f.tsv", found)
    rows = read_tsv(folder / "f.tsv")
    assert len({row["fusion"] for row in rows}) == 1
    return {row["sample"]: row for row in rows}, mini, folder


def test_the_simulators_fusion_has_its_name_its_place_and_its_share(simulated):
    rows, mini, _ = simulated
    assert sorted(rows) == ["C", "P", "T"]
    last, first = Junction("EML4", 13, "ALK", 20).breaks(mini)
    for row in rows.values():
        assert (row["name"], row["frame"], row["drives"], row["filter"]) == (
            "EML4-ALK E13;A20",
            "in_frame",
            "1",
            "PASS",
        )
        assert int(row["pos"]) == pytest.approx(first + 1, abs=6)  # and what both sides share
        assert int(row["partner_pos"]) == pytest.approx(last + 1, abs=6)
        assert row["normal_fragments"] == "0"
    for sample, share in (("T", 0.27), ("P", 0.02)):
        assert rows[sample]["state"] == "measured"
        assert float(rows[sample]["lower"]) < share < float(rows[sample]["upper"])
    assert (rows["C"]["state"], rows["C"]["share"]) == ("below_lod", "")
    assert float(rows["C"]["lod"]) < 0.02


def test_a_fusion_is_a_feature_of_every_sample(simulated, tmp_path):
    _, _, folder = simulated
    rows = read_tsv(folder / "f.tsv")
    none = pd.DataFrame(columns=copy_number.COLUMNS)
    for sample, state in (("T", "measured"), ("C", "below_lod")):
        found = features.features_of(sample, tables.typed([]), none, 0, tumour=True, fusions=rows)
        about = {"patient": "X", "sample": sample, "timepoint": "D0", "assay": "dna", "day": 0}
        path = tmp_path / f"{sample}.parquet"
        write_features(path, found, about=about, method="x", parameters={}, inputs={})
        (row,) = pd.read_parquet(path).query("kind == 'fusion'").to_dict("records")
        assert (row["name"], row["unit"], row["state"]) == ("EML4-ALK E13;A20", "share_of_fragments", state)
        assert (row["value"] > 0.1) == (state == "measured")
        assert row["lod"] > 0


@pytest.mark.slow
def test_the_known_fusion_of_a_breast_cancer_line(shared_real, tmp_path):
    # HCC1395, RNA: PLA2R1 joined to RBMS1 at minichr2:272580 and 599999; TANK and MARCH7 are not fused. Reads of RNA
    # are split at introns, too, but within a gene
    paths = genomes.prepared(shared_real / "rna/minichr2.fa.gz", shared_real / "rna/minichr2.gtf", tmp_path)
    files = [str(shared_real / f"rna/HCC1395-miniplus_{mate}.fastq.gz") for mate in (1, 2)]
    align.align_pairs(paths["genome"], files, tmp_path / "u.bam", sample="H", run="L1")
    pysam.index(str(tmp_path / "u.bam"))
    rows, models = read_tsv(paths["transcripts"]), paths["gff"]
    settings = SETTINGS | {"fusion_genes": ["PLA2R1", "TANK", "MARCH7"], "fusion_min_fragments": 20}
    found = fusions.of_patient(
        [{"sample": "H", "specimen": "tumor"}], {"H": tmp_path / "u.bam"}, rows, models, settings
    )
    assert Counter((row["gene"], row["partner"]) for row in found) == {("PLA2R1", "RBMS1"): 1}
    (row,) = found
    assert (row["pos"], row["partner_pos"]) == (pytest.approx(272580, abs=3), pytest.approx(599999, abs=3))
    assert row["split"] >= 60
    assert row["readable"] == 1
