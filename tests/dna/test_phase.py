"""Cis and trans, from molecules that are known to have both mutations, one each, or either."""

import pandas as pd
import pytest

from seriome.clones.command import read_phased
from seriome.config import with_defaults
from seriome.dna import align, coverage, phase
from seriome.errors import InputError
from seriome.files import write_tsv

from . import made

SETTINGS = with_defaults({})["dna"]
TEXT = made.genome()["c1"]
SWAP = {"A": "C", "C": "A", "G": "T", "T": "G"}


def snv(pos):
    return pos, TEXT[pos - 1], SWAP[TEXT[pos - 1]]


OLD, YOUNG, OTHER, FAR = snv(2000), snv(2030), snv(2150), snv(2900)
GONE = (2080, TEXT[2079:2086], TEXT[2079])  # six bases deleted, on the copy of OLD
APART, BOTH = snv(4000), snv(4060)  # in cis in some cells, alone in others


def key(variant):
    return "c1:{}:{}:{}".format(*variant)


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """{(variant, variant): row} of a tumour: OLD, half of it with YOUNG; OTHER on the other copy."""
    folder = tmp_path_factory.mktemp("phase")
    places = made.places(folder, {"c1": TEXT})
    mixture = [
        ([], 1600), ([OLD, GONE], 200), ([OLD, GONE, YOUNG], 200), ([OTHER, FAR], 300),
        ([APART, BOTH], 200), ([APART], 200), ([BOTH], 200),
    ]  # fmt: skip
    molecules = [(made.changed(TEXT, variants), 3 * number, 0, 6000) for variants, number in mixture]
    files = made.write_fastq(folder, "T", made.pairs(molecules, seed=3, error=1e-3))
    unit, bam = folder / "T.unit.bam", folder / "T.bam"
    align.align_pairs(places["genome"], files, unit, sample="T", run="L1")
    coverage.merge_and_mark([unit], bam, places["genome"], sample="T", umi=False)
    about = {"sample": "T", "specimen": "tumor", "chrom": "c1", "filter": "PASS"}
    table = pd.DataFrame(
        about
        | {"variant": key(one), "pos": one[0], "ref": one[1], "alt": one[2], "gene": gene, "name": f"{gene} {one[0]}"}
        for gene, ones in (("PLU", (OLD, YOUNG, OTHER, GONE, FAR)), ("MIN", (APART, BOTH)))
        for one in ones
    )
    found = phase.phases(table, {"T": bam}, SETTINGS)
    return {(one["mutation_id"], one["other_mutation_id"]): one for one in found}


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        pytest.param((OLD, YOUNG), "cis", id="the younger only where the older is"),
        pytest.param((OLD, GONE), "cis", id="with a deletion"),
        pytest.param((YOUNG, OTHER), "trans", id="on the two copies"),
        pytest.param((GONE, OTHER), "trans", id="a deletion and the other copy"),
        pytest.param((APART, BOTH), "open", id="together in some cells, alone in others"),
    ],
)
def test_phase_of_what_was_planted(rows, pair, said):
    assert rows[key(pair[0]), key(pair[1])]["phase"] == said


def test_fragments_are_counted_once_and_of_both_mates(rows):
    """120 bases apart, reads of 100: only the two mates of a fragment together can cover both."""
    row = rows[key(YOUNG), key(OTHER)]
    assert row["both"] == 0
    assert min(row["first_alone"], row["other_alone"]) >= 3
    assert row["neither"] > 3 * row["first_alone"]


def test_what_no_fragment_can_span_is_not_asked(rows):
    assert not [pair for pair in rows if key(FAR) in pair]


@pytest.mark.parametrize(
    ("counts", "said"),
    [((3, 9, 0), "cis"), ((2, 9, 0), "open"), ((8, 5, 2), "cis"), ((7, 5, 2), "open"), ((0, 3, 3), "trans"),
     ((0, 9, 2), "open"), ((2, 9, 8), "trans"), ((3, 9, 8), "open")],
)  # fmt: skip
def test_the_bounds_by_hand(counts, said):
    assert phase.phase_of(*counts) == said


def test_the_table_is_what_seriome_clones_reads(rows, tmp_path):
    path = tmp_path / "phased.tsv"
    write_tsv(path, list(rows.values()), phase.COLUMNS)
    pairs = read_phased(path)
    assert pairs[key(OLD), key(YOUNG)] == "cis"
    assert (key(APART), key(BOTH)) not in pairs
    with pytest.raises(InputError, match="line 2: needs mutation_id"):
        read_phased(path, {key(OLD)})
