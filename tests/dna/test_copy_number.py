"""Copy number of genes by hand."""

import numpy as np
import pandas as pd
import pytest

from seriome.dna import copy_number


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
    about = {"patient": "X", "timepoint": "D0", "day": 0}
    samples = [about | {"sample": "N", "specimen": "normal"}, about | {"sample": "T", "specimen": "tumor"}]
    table = copy_number.of_patient(samples, {"N": genes([0] * 6), "T": genes([100] * 6)})
    assert set(table["state"]) == {"not_measured"}
    assert set(table["sample"]) == {"T"}
    assert list(copy_number.of_patient([], {}).columns) == copy_number.COLUMNS
