"""One patient's DNA whose mutations are known: fractions by hand, equal seeds equal files."""

import numpy as np
import pytest

from seriome.simulate.genome import build_reference
from seriome.simulate.patient import draw_patient


@pytest.fixture(scope="module")
def reference():
    return build_reference(7)


@pytest.fixture(scope="module")
def patient(reference):
    return draw_patient(reference, 3, genes=6, mutations=30)


def test_fractions_by_hand(patient):
    """VAF = purity x CCF x 1 / (purity x copies + (1 - purity) x 2): every mutation is on one copy."""
    ccf = patient.course.ccf[patient.clone]
    purity = np.array([one.purity for one in patient.samples])
    names = [patient.reference.gene_at(one).name for one in patient.mutations]
    copies = np.array([len(patient.copies.get(name, (0, 1))) for name in names])[:, None]
    assert patient.vaf() == pytest.approx(purity * ccf / (purity * copies + (1 - purity) * 2), abs=1e-9)
    assert len(set(copies.ravel())) > 1


def test_cells_of_a_sample_sum_to_one(patient):
    for number in range(len(patient.samples)):
        assert sum(one.weight for one in patient.populations(number)) == pytest.approx(1)


def test_equal_seeds_give_equal_files(reference, patient, tmp_path):
    again = draw_patient(reference, 3, genes=6, mutations=30)
    assert again.mutations == patient.mutations
    for name, one in (("a", patient), ("b", again)):
        one.write(0, tmp_path / f"{name}1.fastq.gz", tmp_path / f"{name}2.fastq.gz")
    for mate in "12":
        assert (tmp_path / f"a{mate}.fastq.gz").read_bytes() == (tmp_path / f"b{mate}.fastq.gz").read_bytes()
