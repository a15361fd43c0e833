"""Gene models, regions, and what each variant is called."""

import gzip

import pytest

from seriome.dna import consequence, reference
from seriome.dna.tools import Regions, merged, read_bed
from seriome.errors import InputError

from . import made

# PLU on +: ATG at 1001 (1-based), codons: M E*10 L K*8 W A*9 stop. MIN on -: the same, read from 3096 down to 3001
START, END = 1001, 3000 + len(made.PLUS)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Folder with genome, gene models and table of transcripts."""
    folder = tmp_path_factory.mktemp("models")
    with gzip.open(folder / "made.fa.gz", "wt") as file:
        file.write("".join(f">{name}\n{text}\n" for name, text in made.genome().items()))
    (folder / "genes.gtf").write_text(made.gtf())
    reference.copy_genome(folder / "made.fa.gz", folder / "genome.fa")
    transcripts = reference.read_transcripts(folder / "genes.gtf", folder / "genome.fa")
    (folder / "genes.gff3").write_text(reference.gff3(transcripts))
    reference.write_transcripts(folder / "transcripts.tsv", transcripts)
    return folder, transcripts


def named(models, tmp_path, *keys):
    folder, _ = models
    files = (folder / name for name in ("genome.fa", "genes.gff3", "transcripts.tsv"))
    return consequence.effects([("c1", *key) for key in keys], *files, tmp_path)


def test_the_stop_codon_becomes_part_of_the_coding_sequence(models):
    plus, minus = models[1]
    assert (plus.name, plus.cds) == ("T_PLU", [(1000, 1000 + len(made.PLUS))])
    assert (minus.name, minus.cds) == ("T_MIN", [(3000, 3000 + len(made.PLUS))])
    assert plus.utrs() == ([(960, 1000)], [(1000 + len(made.PLUS), 1040 + len(made.PLUS))])
    assert minus.utrs()[0] == [(3000 + len(made.PLUS), 3040 + len(made.PLUS))]


def test_names_of_changes_on_both_strands(models, tmp_path):
    # codon 12 is L (CTG): on + at 1034..1036, its first base C>G gives GTG, V; on - the codon ends at END - 33 and
    # its first base, C, is a G on the forward strand: G>C there is the same change
    found = named(
        models,
        tmp_path,
        (START + 33, "C", "G"),
        (END - 33, "G", "C"),
        (START + 35, "G", "A"),  # CTG > CTA, still L
        (START + 61, "G", "A"),  # codon 21, TGG > TAG
        (START + 3, "G", "GGAA"),
        (START + 36, "AAAA", "A"),  # one K less
        (START + 36, "AA", "A"),  # frameshift in codon 13
        (START, "A", "G"),
    )
    assert [one.name for one in found[:4]] == ["PLU L12V", "MIN L12V", "PLU L12=", "PLU W21*"]
    assert [one.consequence for one in found[:4]] == [
        *("missense_variant", "missense_variant", "synonymous_variant", "stop_gained")
    ]
    assert found[1].hgvs_p == "p.L12V"
    assert found[1].transcript == "T_MIN"
    assert found[1].gene_id == "G_MIN"
    assert found[4].consequence == "inframe_insertion"
    assert found[5].consequence == "inframe_deletion"
    assert found[5].name.startswith("PLU K")
    assert found[5].name.endswith("del")
    assert found[6].consequence == "frameshift_variant"
    assert found[6].name.endswith("fs")
    assert found[7].consequence == "start_lost"


def test_two_bases_at_once_are_one_change(models, tmp_path):
    (found,) = named(models, tmp_path, (START + 33, "CT", "GC"))  # CTG > GCG: L12A, not L12V and L12P
    assert found.name == "PLU L12A"


def test_upstream_of_a_gene_is_counted_from_its_start_codon(models, tmp_path):
    # 40 bases of 5' UTR: the base before the transcript is c.-41; PLU's transcript starts at 961, MIN's at END + 40
    text = made.genome()["c1"]
    base, after = text[960 - 1], text[END + 45 - 1 : END + 47 - 1]
    new = {"A": "C", "C": "A", "G": "T", "T": "G"}
    alt = "".join(new[one] for one in after)
    found = named(models, tmp_path, (960, base, new[base]), (END + 45, after, alt), (5500, text[5499], new[text[5499]]))
    assert found[0].name == f"PLU promoter c.-41{base}>{new[base]}"
    assert found[0].consequence == "upstream_gene_variant"
    assert found[1].name == f"MIN promoter c.-46_-45delins{made.reverse(alt)}"
    assert (found[2].consequence, found[2].gene) == ("intergenic_variant", None)


@pytest.mark.parametrize(
    ("text", "word", "name"),
    [
        ("858L>858R", "missense_variant", "L858R"),
        ("746ELREA>746E", "inframe_deletion", "L747_A750del"),
        ("745KELREATS>745KTS", "inframe_deletion", "E746_A750del"),
        ("745KELREA>745KP", "inframe_altering", "E746_A750delinsP"),
        ("770D>770DNPH", "inframe_insertion", "D770insNPH"),
        ("770DN>770DGN", "inframe_insertion", "D770_N771insG"),
        ("213R>213*", "stop_gained", "R213*"),
        ("12G", "synonymous_variant", "G12="),
        ("68AQWE>68AGX", "frameshift_variant", "Q69fs"),
        ("1M>1V", "start_lost", "M1V"),
    ],
)
def test_protein_changes_from_the_words_of_csq(text, word, name):
    assert consequence.protein_change(text, word) == name


def test_intervals():
    assert merged([(5, 9), (1, 3), (3, 4), (8, 12)]) == [(1, 4), (5, 12)]
    regions = Regions([("a", 10, 20), ("a", 15, 30), ("b", 0, 1)])
    assert [("a", i) in regions for i in (9, 10, 29, 30)] == [False, True, True, False]
    assert ("c", 5) not in regions
    assert regions.bases == 21


def test_regions_to_call_are_padded_within_the_contig():
    targets = [("c1", 5, 50), ("c1", 80, 95), ("c2", 10, 20)]
    assert reference.calling_regions({"c2": 40, "c1": 100}, targets, 20) == [("c2", 0, 40), ("c1", 0, 100)]
    assert reference.calling_regions({"c1": 100}) == [("c1", 0, 100)]


def test_a_target_counts_for_the_gene_it_shares_most_exon_with(models):
    targets = [("c1", 990, 1050), ("c1", 2990, 3010), ("c1", 5000, 5100)]
    assert reference.gene_parts(models[1], targets) == [
        ("c1", 990, 1050, "G_PLU", "PLU"),
        ("c1", 2990, 3010, "G_MIN", "MIN"),
    ]


def test_frame_is_found_where_the_gtf_gives_none(models, tmp_path):
    # a transcript that begins two bases into a codon: frame 2 is the only one without an inner stop codon or its first
    text = "".join(
        line for line in made.gtf().replace("\t0\tgene_id", "\t.\tgene_id").splitlines(True) if "PLU" in line
    )
    text = text.replace("\t1001\t", "\t1002\t")
    (tmp_path / "cut.gtf").write_text(text)
    (one,) = reference.read_transcripts(tmp_path / "cut.gtf", models[0] / "genome.fa")
    spliced = made.PLUS[1:]
    free = [
        phase
        for phase in range(3)
        if not reference.STOPS & {spliced[i : i + 3] for i in range(phase, len(spliced) - 3, 3) if i + 3 < len(spliced)}
    ]
    assert one.phase in free or one.cds == []


@pytest.mark.parametrize(
    ("gtf", "message"),
    [("", "no transcript"), (made.gtf().replace("c1\t", "chr1\t"), "speaks of 'chr1', the genome of 'c1'")],
)
def test_genes_of_another_genome_are_the_users_mistake(models, tmp_path, gtf, message):
    (tmp_path / "genes.gtf").write_text(gtf)
    with pytest.raises(InputError, match=message):
        reference.read_transcripts(tmp_path / "genes.gtf", models[0] / "genome.fa")


@pytest.mark.parametrize(
    ("bed", "message"),
    [
        ("chr1\t0\t10\n", "'chr1', no contig"),
        ("c1\t0\t6001\n", "ends beyond c1"),
        ("c1\t10\t10\n", "span nothing"),
        ("c1 0 10\n", "line 1: not BED"),
    ],
)
def test_targets_that_do_not_fit_are_the_users_mistake(tmp_path, bed, message):
    (tmp_path / "targets.bed").write_text(bed)
    with pytest.raises(InputError, match=message):
        reference.read_targets(tmp_path / "targets.bed", {"c1": 6000})


def test_bed_columns_and_headers(tmp_path):
    (tmp_path / "t.bed").write_text("#x\ntrack name=t\nc1\t1\t5\tEGFR\n\n")
    assert read_bed(tmp_path / "t.bed") == [("c1", 1, 5, "EGFR")]


def test_a_synonymous_change_in_a_splice_region_keeps_its_residue():
    texts = ["splice_region|G|T1|protein_coding", "synonymous|G|T1|protein_coding|-|81G|9G>A"]
    rows = {"T1": {"gene": "G", "gene_id": "I", "rank": 1, "cds_bases": 300}}
    found = consequence._effect(("c1", 9, "G", "A"), texts, rows, {})
    assert (found.consequence, found.name) == ("splice_region_variant", "G G81=")
