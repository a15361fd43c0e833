"""Normalisation, changes within patients, phases and groups: against DESeq2's tables and planted truth."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from seriome.errors import InputError
from seriome.rna.cohort import compare, gene_changes, group_model, phase_model, spread, together_of
from seriome.rna.deseq import wald
from seriome.rna.matrix import SHEET, Reads, read_cohort
from seriome.rna.normalise import factors, learn, read_constants, write_constants

from .planted import planted

GOLDEN = Path(__file__).parent / "golden"


def golden(name):
    return pd.read_csv(GOLDEN / f"{name}.tsv", sep="\t", skipinitialspace=True, index_col=0)


def as_reads(counts):
    genes = pd.DataFrame({"gene_id": counts.index, "gene": counts.index})
    samples = pd.DataFrame({"sample": counts.columns, "specimen": "tumor", "patient": "P", "phase": "baseline"})
    count = counts.to_numpy(float)
    return Reads(genes, samples, count, count + 0.5, np.full(count.shape, 1000.0))


@pytest.fixture(scope="module")
def cohort():
    made = planted()
    return made, learn(made.reads)


@pytest.mark.parametrize(("formula", "prefix"), [("~patient + phase", ""), ("~phase", "plain.")])
def test_wald_tests_agree_with_deseq2_of_r(formula, prefix):
    counts, expected = golden("counts").T, golden("deseq2")
    design = pd.DataFrame([name.split("-") for name in counts.index], counts.index, ["patient", "phase"])
    found = wald(counts, design, formula, ["phase", "late", "early"])
    for ours, theirs, rel in (
        ("log2FoldChange", "change", 0.002),
        ("lfcSE", "error", 0.003),
        ("dispersion", "dispersion", 0.01),
    ):
        assert found[ours].to_numpy() == pytest.approx(expected[prefix + theirs].to_numpy(), rel=rel, abs=5e-4)
    assert found["pvalue"].to_numpy() == pytest.approx(expected[prefix + "p"].to_numpy(), abs=0.002, nan_ok=True)
    assert (found["pvalue"].isna() == expected[prefix + "p"].isna()).all()  # the outlier of g5, by Cook's distance


def test_sizes_are_those_of_deseq2():
    reads = as_reads(golden("counts"))
    assert factors(reads, learn(reads))[0] == pytest.approx(golden("sizes")["size"].to_numpy(), rel=1e-9)


def test_a_new_sample_is_measured_with_the_old_yardstick(cohort, tmp_path):
    made, constants = cohort
    write_constants(tmp_path / "constants.parquet", constants)
    stored = read_constants(tmp_path / "constants.parquet")
    alone = made.reads.columns(np.arange(made.reads.count.shape[1]) == 4)
    assert factors(alone, stored) == pytest.approx(factors(made.reads, constants)[:, [4]], rel=1e-12)
    estimated = factors(made.reads, constants)[0]
    assert np.log(estimated / made.size).std() < 0.02
    write_constants(tmp_path / "again.parquet", constants)
    assert (tmp_path / "again.parquet").read_bytes() == (tmp_path / "constants.parquet").read_bytes()


def test_constants_that_are_none_are_refused_in_one_line(tmp_path):
    (tmp_path / "wrong.parquet").write_text("nothing")
    with pytest.raises(InputError, match=r"rna\.constants: .*is not the table of constants"):
        read_constants(tmp_path / "wrong.parquet")


def test_longer_transcripts_are_no_higher_expression():
    counts = golden("counts")
    reads = as_reads(counts)
    longer = Reads(reads.genes, reads.samples, reads.count.copy(), reads.variance, reads.length.copy())
    longer.count[7, 0] *= 2
    longer.length[7, 0] *= 2
    constants = learn(reads)
    before, after = (one.count / factors(one, constants) for one in (reads, longer))
    assert after[7, 0] == pytest.approx(before[7, 0])


def test_intervals_of_changes_cover_the_planted_ones(cohort):
    made, constants = cohort
    table = gene_changes(made.reads, constants)
    place = {name: at for at, name in enumerate(made.reads.samples["sample"])}
    row = table["feature"].str.removeprefix("ENSG").astype(int).to_numpy()
    true = made.level[row, table["late"].map(place)] - made.level[row, table["early"].map(place)]
    assert len(table) > 40_000
    assert ((table["lower"] <= true) & (true <= table["upper"])).mean() == pytest.approx(0.955, abs=0.015)
    assert ((table["shrunken_lower"] <= true) & (true <= table["shrunken_upper"])).mean() > 0.93
    sure = table["lfsr"] < 0.05
    assert sure.sum() > 100
    assert (np.sign(table["shrunken"][sure]) != np.sign(true[sure])).mean() <= 0.05
    assert np.square(table["shrunken"] - true).mean() < 0.3 * np.square(table["estimate"] - true).mean()


def test_the_phase_model_finds_planted_genes_and_few_others(cohort):
    made, constants = cohort
    table, told = phase_model(made.reads, constants, ["tumor"], "baseline")
    late = table[table["contrast"] == "progression against baseline"]
    effect = made.effect[late["feature"].str.removeprefix("ENSG").astype(int)]
    found = late["q"] < 0.05
    assert (effect[found] == 0).mean() <= 0.08
    assert found[np.abs(effect) >= 2].mean() > 0.95
    assert told == []
    assert set(table["contrast"]) == {"progression against baseline", "response against baseline"}
    assert (table.loc[table["contrast"].str.startswith("response"), "q"] < 0.05).mean() < 0.01
    assert set(table["batch"]) == {"one"}


def test_a_batch_that_is_the_phase_is_told_and_not_taken_out():
    confounded = np.tile(["b1", "b1", "b2"], 10)
    made = planted(genes=300, batches=confounded)
    table, told = phase_model(made.reads, learn(made.reads), ["tumor"], "baseline")
    assert "batch is confounded with phase[progression]" in told[0]
    assert set(table["batch"]) == {"confounded"}
    crossed = planted(genes=300, batches=np.where(np.arange(30) % 2, "b1", "b2"))
    table, told = phase_model(crossed.reads, learn(crossed.reads), ["tumor"], "baseline")
    assert told == []
    assert set(table["batch"]) == {"covariate"}


def test_two_groups_of_patients_at_baseline():
    made = planted(genes=300, patients=8)
    groups = {f"P{at:02d}": "high" if at < 4 else "low" for at in range(8)}
    high = made.reads.samples["patient"].map(groups).eq("high").to_numpy()
    made.reads.count[:40, high] = np.round(made.reads.count[:40, high] * 8)
    table, told = group_model(made.reads, groups, ["tumor"], "baseline")
    table = table.set_index("feature")
    assert told == []
    assert set(table["contrast"]) == {"low against high"}
    changed = table.index.isin(made.reads.genes["gene_id"][:40])
    assert table.loc[changed, "estimate"].median() == pytest.approx(-3, abs=0.4)
    assert (table.loc[changed, "q"] < 0.05).mean() > 0.8
    few, told = group_model(made.reads, {"P00": "high", "P05": "low"}, ["tumor"], "baseline")
    assert few.empty
    assert "two groups of at least 3 patients are needed" in told[0]


def test_sites_of_one_day_are_apart_from_change_over_time():
    made = planted(genes=600, patients=6, changed=0.3, effects=(2.0,), dispersion=0.02)
    samples = made.reads.samples
    # the response sample becomes a second site of baseline: no planted change between them, progression has one
    samples.loc[samples["phase"] == "response", ["day", "site", "phase"]] = [0, "liver", "baseline"]
    constants = learn(made.reads)
    sites = spread(gene_changes(made.reads, constants, together_of), "sites")
    time = spread(gene_changes(made.reads, constants), "time")
    assert len(sites) == len(time) == 6
    assert (sites["early_day"] == sites["late_day"]).all()
    assert sites["same_site"].eq(False).all()
    assert time["same_site"].eq(True).all()
    assert sites["distance"].median() < 0.3 < 0.8 < time["distance"].median()
    assert (sites["different"] < time["different"]).all()


def test_a_patient_alone_has_changes_without_intervals_and_with_stored_constants_it_has_them(cohort):
    made, constants = cohort
    one = made.reads.columns(made.reads.samples["patient"].eq("P03").to_numpy())
    bare = compare(
        one, learn(one), pd.DataFrame(columns=["kind", "value"]), specimens=["tumor"], before="baseline", groups={},
        network=None, seed=7,
    )  # fmt: skip
    assert set(bare["changes"]["state"]) == {"no_interval"} or bare["notes"]["residual_freedom"] == 0
    known = gene_changes(one, constants)
    assert set(known["state"]) == {"estimated"}


def test_a_network_gives_activities_of_samples_and_of_phases():
    made = planted(genes=600, patients=5, changed=0.0)
    made.reads.genes["gene"] = made.reads.genes["gene_id"]
    late = made.reads.samples["phase"].eq("progression").to_numpy()
    high = np.flatnonzero(made.level[:, 0] > 6)[:20]
    made.reads.count[np.ix_(high, late)] = np.round(made.reads.count[np.ix_(high, late)] * 3)
    network = pd.DataFrame({"source": "TF", "target": made.reads.genes["gene"].iloc[high], "weight": 1.0})
    found = compare(
        made.reads, learn(made.reads), pd.DataFrame(columns=["kind", "value"]), specimens=["tumor"],
        before="baseline", groups={}, network=network, seed=7,
    )["activities"].set_index(["scope", "of"])["score"]  # fmt: skip
    assert found["phase", "progression against baseline"] > 5
    assert abs(found["phase", "response against baseline"]) < 4
    samples = found["sample"]
    assert (
        samples[[name for name in samples.index if name.endswith("progression")]].min()
        > samples.drop([name for name in samples.index if name.endswith("progression")]).max()
    )


def test_tables_without_rows_are_left_out(tmp_path):
    from seriome.rna.expression import write_genes

    good = pd.DataFrame(
        {"gene_id": ["E1", "E2"], "gene": ["A", "B"], "count": [5.0, 0.0], "count_variance": [9.0, 0.0]}
    )
    write_genes(tmp_path / "s1", good, {"state": "measured"})
    write_genes(tmp_path / "s2", None, {"state": "failed_qc"})
    sheet = pd.DataFrame({"sample": ["s1", "s2", "s3"], "patient": "P"}).reindex(columns=SHEET)
    reads = read_cohort({"s1": tmp_path / "s1", "s2": tmp_path / "s2"}, sheet)
    assert list(reads.samples["sample"]) == ["s1"]
    assert reads.variance.tolist() == [[9.0], [0.5]]
    nothing = read_cohort({"s2": tmp_path / "s2"}, sheet)
    empty = compare(
        nothing, learn(nothing), pd.DataFrame(columns=["kind", "value"]), specimens=["tumor"], before="baseline",
        groups={}, network=None, seed=7,
    )  # fmt: skip
    assert all(empty[name].empty for name in ("changes", "cohort", "sites", "activities"))
    assert empty["notes"]["told"]
