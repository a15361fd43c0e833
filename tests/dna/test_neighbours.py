"""An allele on the reads of a copy from elsewhere, which the normal betrays by its other changes."""

import pytest

from seriome.config import with_defaults
from seriome.dna import align, coverage, tables

from . import made

SETTINGS = with_defaults({})["dna"]
TEXT = made.genome()["c1"]
SWAP = {"A": "C", "C": "A", "G": "T", "T": "G"}
COPY = [(pos, TEXT[pos - 1], SWAP[TEXT[pos - 1]]) for pos in (2010, 2030, 2050)]  # of the copy from elsewhere
REAL = (4200, TEXT[4199], SWAP[TEXT[4199]])
INHERITED = (4230, TEXT[4229], SWAP[TEXT[4229]])


@pytest.fixture(scope="module")
def filters(tmp_path_factory):
    """{variant: filter}. A tenth of the tumour's reads is the copy's; of the normal's, few, that lack its last change.

    REAL stands on the haplotype that has INHERITED, a neighbour that the normal shows as often as an inherited one.
    """
    folder = tmp_path_factory.mktemp("copy")
    places, bams = made.places(folder, {"c1": TEXT}), {}
    mixtures = {
        "N": [(COPY[:2], 120), ([INHERITED], 1440), ([], 1440)],
        "T": [(COPY, 300), ([INHERITED, REAL], 500), ([INHERITED], 1000), ([], 1500)],
    }
    for sample, parts in mixtures.items():
        mixture = [(made.changed(TEXT, variants), number, 0, 6000) for variants, number in parts]
        pairs = made.pairs(mixture, seed=len(mixture), error=1e-3)
        unit, bams[sample] = folder / f"{sample}.unit.bam", folder / f"{sample}.bam"
        align.align_pairs(places["genome"], made.write_fastq(folder, sample, pairs), unit, sample=sample, run="L1")
        coverage.merge_and_mark([unit], bams[sample], places["genome"], sample=sample, umi=False)
    about = {"patient": "X", "timepoint": "D0", "day": 0}
    rows = [about | {"sample": "N", "specimen": "normal"}, about | {"sample": "T", "specimen": "tumor"}]
    table, *_ = tables.call_patient(rows, bams, {}, places, SETTINGS)
    return table.drop_duplicates("variant").set_index("variant")["filter"].to_dict()


def key(variant):
    return f"c1:{variant[0]}:{variant[1]}:{variant[2]}"


def test_what_stands_on_the_copys_reads_is_no_mutation(filters):
    assert filters[key(COPY[2])] == "haplotype"
    assert {filters[key(one)] for one in COPY[:2]} <= {"in_normal", "haplotype"}


def test_a_mutation_beside_an_inherited_variant_is_one(filters):
    assert filters[key(REAL)] == "PASS"
    assert filters[key(INHERITED)] == "germline"
