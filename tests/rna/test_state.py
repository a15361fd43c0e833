"""Programmes, cells and activities: scores by hand, planted mixtures, and what is said where nothing can be."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from seriome.errors import InputError
from seriome.rna import cells
from seriome.rna.activities import activities, read_network
from seriome.rna.programmes import Programme, read_gmt, score_programmes, shipped
from seriome.rna.state import state_of


def table(names, tpm, depth=20.0):
    """A gene table as the quantification writes it; `depth` reads per TPM."""
    tpm = np.asarray(tpm, float)
    one = 1 / depth
    return pd.DataFrame(
        {
            "gene_id": names, "gene": names, "count": tpm * depth, "tpm": tpm, "tpm_variance": tpm * one,
            "tpm_lower": tpm - 1.96 * np.sqrt(tpm * one), "tpm_upper": tpm + 1.96 * np.sqrt(tpm * one),
        }
    )  # fmt: skip


@pytest.fixture
def ladder():
    """2,000 genes, each higher than the one before."""
    return table([f"G{at}" for at in range(2000)], np.arange(2000) + 1.0)


def test_a_programme_at_the_top_has_a_half_and_one_at_the_bottom_minus_a_half(ladder):
    sets = [
        Programme("top", tuple(f"G{at}" for at in range(1990, 2000))),
        Programme("bottom", tuple(f"G{at}" for at in range(10))),
        Programme("middle", ("G0", "G1999")),
        Programme("both", ("G1999",), ("G0",)),
    ]
    found = score_programmes(ladder, sets, seed=7).set_index("feature")
    assert found["value"].to_dict() == pytest.approx({"top": 0.5, "bottom": -0.5, "middle": 0.0, "both": 1.0})
    assert (found["lower"] <= found["value"]).all()
    assert (found["state"] == "measured").all()


def test_equal_tables_give_equal_scores_and_depth_narrows_the_interval(ladder):
    sets = [Programme("some", tuple(f"G{at}" for at in range(5, 2000, 100)))]
    one, other = (score_programmes(ladder, sets, seed=7) for _ in range(2))
    assert one.equals(other)
    shallow = score_programmes(table(ladder["gene"], ladder["tpm"], depth=0.2), sets, seed=7)
    width = [float((x["upper"] - x["lower"]).iloc[0]) for x in (one, shallow)]
    assert 0 < width[0] < 0.5 * width[1]


def test_too_few_genes_are_not_measured_and_say_why(ladder):
    sets = [Programme("part", ("G1", "G2", "X1", "X2"))]
    few = score_programmes(ladder, sets, seed=7).iloc[0]
    assert (few["state"], few["reason"]) == ("not_measured", "2 of 4 genes measured, 70% of each direction needed")
    lopsided = [Programme("down", ("G1", "X1"), tuple(f"G{at}" for at in range(5, 25)))]  # 21 of 22, but 1 of 2 up
    assert score_programmes(ladder, lopsided, seed=7).iloc[0]["state"] == "not_measured"
    panel = score_programmes(ladder.iloc[:45], sets, seed=7).iloc[0]
    assert panel["reason"] == "45 genes measured, 1000 needed for ranks"
    assert np.isnan(panel["value"])


def test_gene_set_files(tmp_path):
    (tmp_path / "sets.gmt").write_text("A_UP\tpaper\tG1\tG2\nA_DN\tpaper\tG3\nB\t\tG4\tG4\tG5\n")
    found = read_gmt(tmp_path / "sets.gmt")
    assert [(one.name, one.up, one.down) for one in found] == [("A", ("G1", "G2"), ("G3",)), ("B", ("G4", "G5"), ())]
    (tmp_path / "bad.gmt").write_text("A\tpaper\tG1\nB\n")
    with pytest.raises(InputError, match=r"bad.gmt line 2 is no gene set"):
        read_gmt(tmp_path / "bad.gmt")


def test_shipped_programmes_have_sources_and_no_gene_twice():
    found = shipped()
    assert {"t_cell_inflamed", "emt", "hypoxia", "proliferation", "neuroendocrine"} <= {one.name for one in found}
    for one in found:
        assert len({*one.up, *one.down}) == len(one.up) + len(one.down), one.name
        assert "doi:10." in one.source


def test_the_docs_say_of_every_shipped_list_where_it_comes_from_and_how_long_it_is():
    page = (Path(__file__).parents[2] / "docs" / "rna-state.md").read_text()
    told = re.findall(r"^\| `(\w+)` \| (\d+) \| .*\d", page, re.M)
    assert sorted(told) == sorted((one.name, str(len(one.up) + len(one.down))) for one in shipped())


@pytest.fixture(scope="module")
def signature():
    rng = np.random.default_rng(5)
    types = ["T cells", "B cells", "Macrophages", "Endothelial", "Neutrophils"]
    matrix = rng.gamma(0.4, 60, size=(120, 5))
    matrix[np.arange(120), np.arange(120) % 5] += rng.gamma(3, 150, size=120)
    return pd.DataFrame(matrix, [f"S{at}" for at in range(120)], types)


def mixtures(signature, sets, noise=0.25, seed=1):
    rng = np.random.default_rng(seed)
    for at in range(sets):
        share = rng.dirichlet([0.5] * 5) * rng.uniform(0.1, 0.6)
        share[rng.integers(5)] = 0
        mean = signature.to_numpy() @ share * rng.lognormal(-(noise**2) / 2, noise, size=len(signature))
        yield at, share, rng.poisson(mean * 20) / 20


def test_shares_of_mixtures_are_found_and_intervals_cover_them(signature):
    off, inside = [], []
    for at, share, tpm in mixtures(signature, 25):
        value, lower, upper = cells.fractions(tpm, np.full(len(tpm), 0.05), signature.to_numpy(), seed=at)
        off.append(np.abs(value - share))
        inside.append((lower <= share) & (share <= upper))
        assert value.sum() <= 1 + 1e-6
    assert np.mean(off) < 0.02
    assert 0.88 <= np.mean(inside) <= 0.99


def test_a_gene_that_the_tumour_makes_itself_moves_little(signature):
    _, _share, tpm = next(mixtures(signature, 1))
    clean, *_ = cells.fractions(tpm, np.full(len(tpm), 0.05), signature.to_numpy(), seed=1)
    tpm = tpm.copy()
    tpm[:3] += 3000
    moved, *_ = cells.fractions(tpm, np.full(len(tpm), 0.05), signature.to_numpy(), seed=1)
    assert np.abs(moved - clean).max() < 0.05


def test_shortest_interval_of_a_share_near_none_begins_at_none():
    draws = np.abs(np.random.default_rng(1).normal(size=(4000, 1)))
    lower, upper = cells.shortest(draws)
    assert lower[0] == 0
    assert upper[0] == pytest.approx(1.96, abs=0.08)


def sample(levels):
    """A gene table in which the markers of each type are at `levels` TPM and 2,000 other genes at 10."""
    names = [f"G{at}" for at in range(2000)]
    tpm = [10.0] * 2000
    for cell, genes in cells.markers().items():
        names += genes
        tpm += [levels.get(cell, 0.0)] * len(genes)
    return table(names, tpm)


def test_two_ways_agree_or_are_flagged():
    signature = pd.DataFrame(
        np.vstack([np.kron(np.eye(3), np.ones((8, 1))) * 400 + 1]), [f"S{at}" for at in range(24)],
        ["T cells", "B cells", "Neutrophils"],
    )  # fmt: skip
    own = sample({"t_cells": 30.0, "neutrophils": 30.0})
    mixed = table(list(signature.index), signature.to_numpy() @ [0.3, 0.2, 0.0])
    found = cells.cell_features(pd.concat([own, mixed]), signature, seed=7)
    verdict = found[found["kind"] == "cell_fraction"].set_index("feature")["verdict"]
    assert verdict["T cells"] == "both"
    assert verdict["B cells"] == "disagree: shares alone"
    assert verdict["Neutrophils"] == "disagree: markers alone"
    markers = found[found["kind"] == "cell_markers"].set_index("feature")
    assert markers.loc["b_cells", "verdict"] == "disagree: shares alone"
    assert markers.loc["t_cells", "value"] == pytest.approx(np.log2(31))
    assert markers.loc["mast_cells", "verdict"] == ""


def test_without_a_matrix_there_are_markers_alone():
    found = cells.cell_features(sample({"t_cells": 30.0}), None, seed=7)
    assert set(found["kind"]) == {"cell_markers"}
    assert set(found["verdict"]) == {""}


def test_a_logged_matrix_is_refused(tmp_path):
    (tmp_path / "logged.tsv").write_text("gene\tA\tB\nG1\t3.2\t1.1\nG2\t0\t4\n")
    with pytest.raises(InputError, match="looks logged"):
        cells.read_signature(tmp_path / "logged.tsv")


def test_activity_is_the_t_value_of_the_slope_and_finds_its_direction():
    from scipy import stats

    rng = np.random.default_rng(2)
    genes = [f"G{at}" for at in range(500)]
    weights = np.where(np.arange(500) < 20, rng.choice([-1.0, 1.0], 500), 0.0)
    values = rng.normal(size=(500, 2)) + np.outer(weights, [1.5, -1.5])
    network = pd.DataFrame({"source": "TF", "target": genes[:20], "weight": weights[:20]})
    found = activities(values, np.full((500, 2), 0.2), genes, network, "sample", ["up", "down"], seed=7)
    by_hand = stats.linregress(weights, values[:, 0])
    assert found["score"][0] == pytest.approx(by_hand.slope / by_hand.stderr, rel=1e-5)
    assert found["p"][0] == pytest.approx(by_hand.pvalue, rel=1e-4)
    assert found["score"][1] < 0
    assert (found["lower"] < found["score"]).all()
    assert list(found["targets"]) == [20, 20]


def test_networks_as_others_write_them(tmp_path):
    (tmp_path / "progeny.tsv").write_text(
        "pathway\tgene\tweight\tp_value\nEGFR\tDUSP6\t4.2\t1e-9\nEGFR\tSPRY4\t-1\t1e-3\n"
    )
    assert read_network(tmp_path / "progeny.tsv").to_dict("records")[1] == {
        "source": "EGFR",
        "target": "SPRY4",
        "weight": -1.0,
    }
    (tmp_path / "wrong.tsv").write_text("sorce\ttarget\nA\tB\n")
    with pytest.raises(InputError, match="did you mean 'sorce'"):
        read_network(tmp_path / "wrong.tsv")


def test_state_has_every_kind_and_checkpoint_genes_by_name():
    found = state_of(sample({"t_cells": 30.0}), shipped(), None, seed=7)
    assert set(found["kind"]) == {"cell_markers", "checkpoint", "programme"}
    assert not found.duplicated(["kind", "feature"]).any()
    missing = found[(found["kind"] == "checkpoint") & (found["feature"] == "CD274")].iloc[0]
    assert (missing["name"], missing["state"], missing["reason"]) == (
        "PD-L1 (CD274)", "not_measured", "not in the annotation",
    )  # fmt: skip
    assert state_of(pd.DataFrame(), shipped(), None, seed=7).empty


def test_names_of_ours_are_spoken_and_those_of_others_stay():
    from seriome.rna.programmes import called

    said = {"nk_cd56dim": "NK CD56dim", "t_cell_inflamed": "T cell inflamed", "emt": "EMT", "b_cells": "B cells"}
    assert {name: called(name) for name in said} == said
    assert called("HALLMARK_HYPOXIA") == "HALLMARK_HYPOXIA"
