"""The demo's EML4-ALK, planted as a protein in the spectra of P2: its junction is found, reported and placed."""

import numpy as np
import pytest

from seriome.proteome import fusions, own
from seriome.proteome.fasta import Protein
from seriome.proteome.identify import judged_by_run, prepared, with_variants
from seriome.rna.transcripts import read_transcripts
from seriome.simulate import _Plan
from seriome.simulate.genome import build_reference
from seriome.simulate.proteome import write_run
from seriome.simulate.stories import ALK
from seriome.simulate.tumours import FUSED, grow

from .made import SETTINGS, searched

JUNCTION = "EPQAGHLHFLAALPK"  # K is ALK's; seed 7 of the simulated genome, whatever its number of genes
SAMPLE = "P2-T0-tumor"


@pytest.fixture(scope="module")
def reference():
    return build_reference(7, 16)


@pytest.fixture(scope="module")
def run(reference, tmp_path_factory):
    """(path, truth of the spectra, truth of the fusion) of P2's first tumour."""
    options = {"seed": 7, "depth": 160, "normal_depth": 90, "plasma_depth": 450, "rna_pairs": 80_000}
    plan = _Plan(reference, [grow("P2", 2, ALK, reference, 7)], options | {"lcms_batches": 1, "spoil": False})
    (job,) = [job for _, assay, (path, *_), job in plan.jobs if assay == "proteome" and SAMPLE in path]
    path = tmp_path_factory.mktemp("fusion") / "run.mzML"
    (planted,) = [row for row in plan.truth["fusion_proteins"] if row["sample"] == SAMPLE]
    return path, write_run(path, job["proteins"], job["amounts"], seed=job["seed"]), planted


@pytest.fixture(scope="module")
def product(reference, tmp_path_factory):
    """What the stage makes of the fusion as the stage rna tells it: two positions of the genome, two transcripts."""
    folder = tmp_path_factory.mktemp("reference")
    reference.write(folder)
    five, three = reference.gene("EML4"), reference.gene("ALK")
    models = {one.transcript_id: one for one in read_transcripts(folder / "genes.gtf")}
    spliced = {
        gene.transcript_id: fusions.of_transcript(models[gene.transcript_id], gene.transcript) for gene in (five, three)
    }
    row = {"gene5": "EML4", "gene3": "ALK", "transcript5": five.transcript_id, "transcript3": three.transcript_id}
    row |= {"chrom5": five.chrom, "chrom3": three.chrom, "exon5": str(FUSED[0]), "exon3": str(FUSED[1])}
    row |= {"pos5": five.positions[five.exon_in_transcript(FUSED[0])[1] - 1] + 1, "frame": "in_frame"}
    row |= {"pos3": three.positions[three.exon_in_transcript(FUSED[1])[0]] + 1}
    (found,) = fusions.of_rna([row], spliced)
    return found


def test_simulator_and_stage_make_the_same_protein(reference, run, product):
    *_, planted = run
    assert product.sequence == reference.fused_protein("EML4", 13, "ALK", 20)
    assert product.sequence[: product.first] == reference.gene("EML4").protein[: product.first]
    assert reference.gene("ALK").protein.endswith(product.sequence[product.last - 1 :])
    assert planted == {
        "sample": SAMPLE, "gene5": "EML4", "exon5": 13, "gene3": "ALK", "exon3": 20,
        "log2_abundance": pytest.approx(np.log2(12 * 0.5), abs=1e-4),
    }  # fmt: skip


def evidence_of(reference, run, product, *more):
    rows = own.table_of([product])
    proteins = {gene.accession: Protein(gene.accession, gene.name, gene.protein) for gene in reference.genes}
    proteins |= {f"X{number}": Protein(f"X{number}", "X", sequence) for number, sequence in enumerate(more)}
    psms, index = searched({SAMPLE: run[0]}, proteins | own.proteins(rows))
    table, _ = judged_by_run(prepared(psms, SETTINGS)[0], SETTINGS)
    text = own.reference_text(proteins, rows)
    return with_variants(table, rows, text, own.forms(rows, text, SETTINGS) / index.forms, SETTINGS)[1]


def test_the_planted_junction_is_found_reported_and_placed(reference, run, product):
    _, truth, _ = run
    (seen,) = evidence_of(reference, run, product).query("reported").itertuples()
    assert (seen.peptide, seen.kind, seen.name) == (JUNCTION, "fusion", "EML4-ALK E13;A20")
    assert truth[seen.spectrum][0] == JUNCTION
    assert seen.localised
    assert product.sequence[seen.start - 1 :].startswith(JUNCTION)
    assert (seen.first, seen.last) == (product.first, product.last)
    assert seen.start <= seen.first < seen.last == seen.start + len(JUNCTION) - 1


def test_a_junction_that_a_reference_protein_explains_is_not_reported(reference, run, product):
    """A protein that holds the junction's peptide with I for L: the same spectrum, and no news."""
    evidence = evidence_of(reference, run, product, f"MK{JUNCTION.replace('L', 'I')}GGSK")
    assert not evidence["reported"].any()
    assert set(evidence.loc[evidence["peptide"].str.contains(JUNCTION), "reason"]) <= {"reference"}
