"""COLO829 against its blood: drivers known from the literature, in real reads (../shared/real, absent: skipped)."""

import pytest

from seriome.config import with_defaults
from seriome.dna import align, consequence, coverage, index, reference, tables

pytestmark = pytest.mark.slow

SETTINGS = with_defaults({})["dna"]
# contigs are slices named chrN_start_end; pos in the slice = pos in the genome - start + 1
BRAF = "chr7_140723200_140783361:30137:A:T"  # V600E, chr7:140753336
TERT = "chr5_1000000_2000000:295114:GG:AA"  # promoter, chr5:1295113-1295114
CDKN2A = "chr9_21967152_21996301:4003:CCG:C"  # 2 bases lost near chr9:21971155
KIT = [f"chr4_54000000_55000000:{change}" for change in ("726160:T:C", "727299:A:C", "727700:G:A", "732994:G:A")]


@pytest.fixture(scope="module")
def found(shared_real, tmp_path_factory):
    """The table of variants of tumour and normal, one row per variant and sample.

    The index of all 27 Mb takes half a minute: the genome is cut to the contigs that the known variants lie on.
    """
    folder = tmp_path_factory.mktemp("real")
    reference.copy_genome(shared_real / "reference/minigenome.grch38.fa.gz", folder / "whole.fa")
    _cut(folder / "whole.fa", folder / "cut.fa", ["chr4_5", "chr5_1", "chr7_1", "chr9_2", "chr12", "chr17_7"])
    reference.copy_genome(folder / "cut.fa", folder / "genome.fa")
    index.bwa_index(folder / "genome.fa")
    transcripts = reference.read_transcripts(shared_real / "reference/genes.gtf", folder / "genome.fa")
    (folder / "genes.gff3").write_text(reference.gff3(transcripts))
    reference.write_transcripts(folder / "transcripts.tsv", transcripts)
    contigs = reference.read_contigs(folder / "genome.fa.fai")
    reference.write_bed(folder / "regions.bed", reference.calling_regions(contigs))
    bams, samples = {}, []
    for sample, specimen in (("normal", "normal"), ("tumor", "tumor")):
        units = []
        for first in sorted((shared_real / "dna" / sample).glob("*_R1_*.fastq.gz")):
            files = [str(first), str(first).replace("_R1_", "_R2_")]
            units.append(folder / f"{sample}.{len(units)}.bam")
            align.align_pairs(folder / "genome.fa", files, units[-1], sample=sample, run=f"L{len(units)}")
        bams[sample] = folder / f"{sample}.bam"
        coverage.merge_and_mark(units, bams[sample], folder / "genome.fa", sample=sample, umi=False)
        samples.append({"patient": "C", "sample": sample, "timepoint": "T0", "day": 0, "specimen": specimen})
    places = {"genome": folder / "genome.fa", "gff": folder / "genes.gff3", "regions": folder / "regions.bed"}
    places |= {"transcripts": folder / "transcripts.tsv", "targets": None}
    table, *_ = tables.call_patient(samples, bams, {}, places, SETTINGS)
    return table


def _cut(source, target, starts) -> None:
    with open(source) as read, open(target, "w") as write:
        keep = False
        for line in read:
            if line.startswith(">"):
                keep = line[1:].startswith(tuple(starts))
            if keep:
                write.write(line)


@pytest.mark.parametrize(
    ("variant", "vaf", "tolerance"),
    [
        pytest.param(BRAF, 187 / 275, 0.06, id="BRAF V600E, 187 of 275 raw reads"),
        pytest.param(TERT, 68 / 70, 0.04, id="TERT promoter GG>AA, 68 of 70"),
        pytest.param(CDKN2A, 108 / 115, 0.15, id="CDKN2A deletion, 108 of 115"),
    ],
)
def test_drivers_are_called_in_the_tumour_and_absent_from_the_blood(found, variant, vaf, tolerance):
    rows = found[found["variant"] == variant].set_index("sample")
    assert set(rows["filter"]) == {"PASS"}
    assert rows.loc["tumor", "vaf"] == pytest.approx(vaf, abs=tolerance)
    assert rows.loc["tumor", "state"] == "measured"
    assert (rows.loc["normal", "alt_count"], rows.loc["normal", "state"]) == (0, "below_lod")
    assert rows.loc["normal", "depth"] >= 25


def test_they_bear_the_names_that_the_slices_transcripts_allow(found):
    names = found.drop_duplicates("variant").set_index("variant")["name"]
    # the slice has only minor transcripts of BRAF: the residue changes as in V600E, the number is that transcript's
    assert names[BRAF].startswith("BRAF V")
    assert names[BRAF].endswith("E")
    assert names[TERT] == "TERT promoter c.-125_-124delinsTT"
    assert names[CDKN2A] == "CDKN2A A68fs"


def test_inherited_variants_are_not_called_somatic(found):
    # every variant that the blood shows clearly, TP53 P72R among them
    inherited = found[(found["sample"] == "normal") & (found["vaf"] >= 0.25) & (found["depth"] >= 8)]
    assert inherited["variant"].nunique() >= 14
    assert not (inherited["filter"] == "PASS").any()
    assert inherited.set_index("variant")["name"].str.contains("TP53 P72R").any()


def test_the_kit_variants_are_called_because_the_donors_differ(found):
    # no error of the caller: the KIT reads of "tumour" and "normal" come from two different GIAB people, and these four
    # germline variants of one are missing in the other. Calling against the wrong person's normal looks just like this
    filters = found.drop_duplicates("variant").set_index("variant")["filter"]
    assert [filters[variant] for variant in KIT] == ["PASS"] * 4


def test_nothing_else_is_called(found):
    passed = found[(found["filter"] == "PASS") & (found["sample"] == "tumor")]
    others = passed[~passed["variant"].isin([BRAF, TERT, CDKN2A, *KIT])]
    assert set(others["gene"]) <= {"KIT"}, others  # two more of the same kind, at a depth of 9 and 14 in the normal
    assert len(others) <= 2


def test_changes_of_egfr_bear_the_names_that_every_oncologist_uses(shared_real, tmp_path):
    # places on GRCh38 from COSMIC; the slice starts at chr7:55000000
    reference.copy_genome(shared_real / "reference/minigenome.grch38.fa.gz", tmp_path / "whole.fa")
    _cut(tmp_path / "whole.fa", tmp_path / "cut.fa", ["chr7_55"])
    reference.copy_genome(tmp_path / "cut.fa", tmp_path / "genome.fa")
    transcripts = reference.read_transcripts(shared_real / "reference/genes.gtf", tmp_path / "genome.fa")
    (tmp_path / "genes.gff3").write_text(reference.gff3(transcripts))
    reference.write_transcripts(tmp_path / "transcripts.tsv", transcripts)
    changes = [
        (55191822, "T", "G"),
        (55181378, "C", "T"),
        (55174772, "GGAATTAAGAGAAGCA", "G"),
    ]
    keys = [("chr7_55000000_58000000", pos - 55000000 + 1, ref, alt) for pos, ref, alt in changes]
    files = (tmp_path / name for name in ("genome.fa", "genes.gff3", "transcripts.tsv"))
    found = consequence.effects(keys, *files, tmp_path)
    assert [one.name for one in found] == ["EGFR L858R", "EGFR T790M", "EGFR E746_A750del"]
    assert {one.transcript for one in found} == {"ENST00000275493"}
