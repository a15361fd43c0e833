"""Copy number, purity and ploidy: the equations by hand, planted truth, and what must not be stated."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from seriome.dna import bins, copies, copy_number, copy_states, features, purity, segments, snps
from seriome.simulate import copies as simulated

from ..bench.copynumber import fitted, tracks_of
from ..conftest import PROJECT

# ------------------------------------------------------------------------------------------------- numbers by hand


@pytest.mark.parametrize(
    ("rho", "ploidy", "major", "minor", "ratio", "share"),
    [
        pytest.param(0.5, 2.0, 1, 1, 0.0, 0.5, id="nothing changed"),
        pytest.param(0.5, 2.0, 1, 0, np.log2(0.75), 2 / 3, id="one copy lost in half of the cells: 1.5 of 2, 1 of 1.5"),
        pytest.param(1.0, 2.0, 2, 0, 0.0, 1.0, id="copy-neutral loss in a pure tumour: one allele only"),
        pytest.param(0.5, 4.0, 2, 2, 0.0, 0.5, id="doubled, at its ploidy"),
        pytest.param(0.5, 4.0, 2, 1, np.log2(2.5 / 3), 0.6, id="doubled, one lost: 0.5*3+1 of 0.5*4+1; 1.5 of 2.5"),
        pytest.param(1.0, 2.0, 0, 0, np.log2(0.03 / 2), 0.5, id="nothing left: stray reads only, no imbalance"),
    ],
)
def test_equations_by_hand(rho, ploidy, major, minor, ratio, share):
    assert copy_states.expected_ratio(rho, ploidy, major + minor) == pytest.approx(ratio)
    assert copy_states.expected_imbalance(rho, major, minor) == pytest.approx(share - 0.5)
    if major + minor:
        assert copy_states.total_copies(ratio, rho, ploidy) == pytest.approx(major + minor)


def test_priors_are_whole_and_prefer_what_was_not_doubled():
    at = {(int(a), int(b)): k for k, (a, b) in enumerate(zip(copy_states.MAJOR, copy_states.MINOR, strict=True))}
    for _, prior in copy_states.prior_of_copies(False):
        assert prior.sum() == pytest.approx(1)
        assert np.argmax(prior) == at[1, 1] or prior[at[1, 1]] == pytest.approx(0.5)
        assert prior[at[1, 0]] == pytest.approx(prior[at[2, 1]])
    plain, doubled = copy_states.prior_of_copies(False), copy_states.prior_of_copies(True)
    assert sum(np.exp(chance) for chance, _ in doubled) == pytest.approx(1)
    for (_, one), (_, two) in zip(plain, doubled[::3], strict=True):  # nothing changed by one copy after the doubling
        for before, after in (((1, 1), (2, 2)), ((1, 0), (2, 0)), ((2, 1), (4, 2))):
            assert 0.975 * one[at[before]] <= two[at[after]] <= 1.25 * one[at[before]]


def test_bins_by_hand():
    text = {"1": "G" * 100 + "A" * 300 + "N" * 400 + "GC" * 100_000, "2": "N" * 1000}
    found = bins.bins_of(
        {name: len(value) for name, value in text.items()},
        [("1", 0, 401), ("2", 10, 20)],
        lambda chrom, start, end: text[chrom][start:end],
    )
    # a target of 401 bases is cut in two; one wide bin from AWAY behind it to the end; a bin of N is none
    assert found[:2] == [("1", 0, 200, 1, "0.5000"), ("1", 200, 401, 1, "0.0000")]
    assert found[2] == ("1", 901, 200_800, 0, "1.0000")
    assert len(found) == 3


def test_off_target_bins_are_joined_until_they_hold_enough():
    chrom, start = np.repeat(["1", "2"], 6), np.tile(np.arange(6) * 10, 2)
    target = np.zeros(12, bool)
    reads = np.full((12, 1), 50)
    found = bins.joined(chrom, start, start + 10, target, np.full(12, 0.5), reads, reads)
    assert found[5][:, 0].tolist() == [100] * 6
    assert found[1].tolist() == [0, 20, 40] * 2
    assert found[2].tolist() == [20, 40, 60] * 2


def test_gc_is_taken_off_and_copies_stay():
    rng = np.random.default_rng(1)
    number = 4000
    chrom, start = np.repeat(["1", "2"], number // 2), np.tile(np.arange(number // 2) * 20_000, 2)
    gc = np.where(chrom == "1", 0.40, 0.55) + rng.normal(0, 0.05, number)  # the gained chromosome is richer in GC
    copies_there = np.where(chrom == "1", 1.0, 1.5)
    normal = rng.poisson(2000, (number, 1))
    reads = rng.poisson(2000 * copies_there * np.exp(2.0 * (gc - 0.45)))[:, None]
    ratio, variance = bins.log_ratios(chrom, start, np.ones(number, bool), gc, reads, normal)
    gain = ratio[chrom == "2", 0].mean() - ratio[chrom == "1", 0].mean()
    assert gain == pytest.approx(np.log2(1.5), abs=0.06)
    for name in ("1", "2"):
        here = chrom == name
        assert abs(np.corrcoef(gc[here], ratio[here, 0])[0, 1]) < 0.1
    assert np.sqrt(variance.mean()) == pytest.approx(ratio[chrom == "1", 0].std(), rel=0.2)


def test_reference_with_too_few_reads_is_not_measured():
    chrom, start, gc = np.repeat("1", 100), np.arange(100) * 1000, np.full(100, 0.5)
    normal = np.full((100, 1), 100)
    normal[7] = 5
    reads = np.full((100, 2), 100)
    reads[:, 1] = 0
    ratio, _ = bins.log_ratios(chrom, start, np.ones(100, bool), gc, reads, normal)
    assert np.isnan(ratio[7, 0])
    assert np.isfinite(np.delete(ratio[:, 0], 7)).all()
    assert np.isnan(ratio[:, 1]).all(), "a sample without reads is not measured"
    assert np.isnan(bins.log_ratios(chrom, start, np.ones(100, bool), gc, reads, normal * 0)[0]).all()


def test_noise_of_allele_counts_is_found_again():
    rng = np.random.default_rng(2)
    depth = rng.poisson(200, 5000)
    alt = rng.binomial(depth, rng.beta(0.48 * 150, 0.52 * 150, 5000))
    bias, precision = snps.noise_of(alt, depth)
    assert bias == pytest.approx(0.48, abs=0.005)
    assert precision == pytest.approx(150, rel=0.15)
    assert snps.noise_of(alt[:5], depth[:5]) == (0.5, snps.EXPECTED)


# -------------------------------------------------------------------------------------------------------- segments


def planted(level, noise=0.2, bins_each=400, seed=3, share=None, snp_each=40, depth=200):
    """Tracks of two chromosomes, bins in order; level (C, S) log2 ratios of C stretches, share (C, S) of an allele."""
    rng = np.random.default_rng(seed)
    level = np.asarray(level, float)
    count, samples = level.shape
    chrom = np.repeat(["1", "2"], bins_each * count // 2)
    start = np.tile(np.arange(bins_each * count // 2) * 1000, 2)
    stretch = np.arange(len(chrom)) // bins_each
    shared = rng.normal(0, noise / 2, (len(chrom), 1))  # the normal's
    ratio = level[stretch] + shared + rng.normal(0, noise * np.sqrt(0.75), (len(chrom), samples))
    at = np.arange(len(chrom))[:: bins_each // snp_each]
    side = rng.integers(0, 2, (len(at), 1))
    share = np.full(level.shape, 0.5) if share is None else np.asarray(share)
    part = np.abs(side - share[stretch[at]])
    alt = rng.binomial(depth, part)
    return segments.Tracks(
        tuple(f"S{s}" for s in range(samples)),
        *(chrom, start, start + 500, ratio, np.full(ratio.shape, noise**2)),
        *(chrom[at], start[at] + 1, alt, np.full(alt.shape, depth), 0.5, 1000.0),
    )


def test_breakpoints_are_shared_and_at_their_bins():
    level = [[0, 0, 0], [0.4, 0, 0], [0, 0, 0], [0, -0.3, -0.3]]
    found = segments.segment(planted(level))
    assert found.chrom.tolist() == ["1", "1", "2", "2"]
    assert np.abs(found.start - np.array([0, 400_000, 0, 400_000])).max() <= 20_000
    assert found.ratio == pytest.approx(np.array(level), abs=0.06)
    assert (found.error < 0.03).all()


def test_noise_alone_is_one_segment_per_chromosome():
    for seed in range(5):
        assert len(segments.segment(planted(np.zeros((4, 5)), seed=seed))) == 2


def test_imbalance_without_a_change_of_coverage_is_a_segment():
    found = segments.segment(planted(np.zeros((4, 1)), share=[[0.5], [0.7], [0.5], [0.5]]))
    assert len(found) == 3
    tilted = abs(segments.DELTA[np.argmax(found.curve[1, 0])])
    assert tilted == pytest.approx(0.2, abs=0.02)
    assert abs(segments.DELTA[np.argmax(found.curve[0, 0])]) < 0.04


def test_a_rich_sample_tells_the_phases_to_a_poor_one():
    share = np.full((4, 2), 0.5)
    share[1] = 0.9, 0.53
    tracks = planted(np.zeros((4, 2)), share=share, snp_each=100)
    both = segments.imbalance(tracks, np.repeat(np.arange(4), 100), 4)
    alone = replace(tracks, samples=("S1",), alt=tracks.alt[:, 1:], depth=tracks.depth[:, 1:])
    blind = segments.imbalance(alone, np.repeat(np.arange(4), 100), 4)
    middle = len(segments.DELTA) // 2

    def said(curve):
        return curve.max() - curve[middle]

    assert said(blind[1, 0]) < 1.5
    assert said(both[1, 1]) > said(blind[1, 0]) + 1.2
    assert segments.DELTA[np.argmax(both[1, 1])] == pytest.approx(0.03, abs=0.015)


# ---------------------------------------------------------------------------------------------------- planted truth


@pytest.mark.parametrize("kind", ["diploid", "loh", "homozygous", "doubled"])
def test_planted_purity_ploidy_and_copies_are_found(kind):
    made = simulated.draw(kind, "panel", 11)
    _, [(_, fit)] = fitted(made)
    for s, true in enumerate(made.purity):
        said = purity.stated(fit, s, len(made.snp_pos))
        assert said["state"] == "measured"
        assert said["purity"] == pytest.approx(true, abs=0.05)
        assert said["lower"] - 0.03 <= true <= said["upper"] + 0.03
    assert fit.ploidy == pytest.approx(made.ploidy.mean(), abs=0.1)
    assert (fit.doubled > 0.9) == (kind == "doubled")
    assert fit.solutions[0].copies.sum(axis=1) == pytest.approx(1)


def test_a_tumour_without_changes_or_mutations_has_no_purity():
    made = simulated.draw("none", "panel", 4, mutations=False)
    _, [(_, fit)] = fitted(made)
    for s in range(5):
        said = purity.stated(fit, s, len(made.snp_pos))
        assert said["purity"] is None
        assert said["state"] == "not_estimable"
        assert said["reason"] == "no_copy_change"


def test_mutations_alone_tell_purity_where_no_copy_changed_and_never_a_doubling():
    made = simulated.draw("none", "exome", 1)
    _, [(_, fit)] = fitted(made)
    for s, true in enumerate(made.purity):
        said = purity.stated(fit, s, len(made.snp_pos))
        assert said["purity"] is None or said["purity"] == pytest.approx(true, abs=0.07)
    assert fit.doubled == 0


def test_plasma_is_told_by_its_tumour():
    made = simulated.draw("loh", "panel", 2, plasma=True)
    _, [(_, fit)] = fitted(made)
    for s, true in enumerate(made.purity):
        said = purity.stated(fit, s, len(made.snp_pos))
        assert said["state"] in ("measured", "below_lod")
        assert said["lower"] - 0.03 <= true <= said["upper"] + 0.03


def test_samples_of_a_genome_that_doubled_later_are_set_apart():
    made = simulated.draw("late", "panel", 0, purity=(0.5, 0.9))
    found, parts = fitted(made)
    assert [index.tolist() for index, _ in parts] == [[0, 1, 2], [3, 4]]
    for index, fit in parts:
        for s, one in enumerate(index):
            said = purity.stated(fit, s, len(made.snp_pos))
            assert said["purity"] == pytest.approx(made.purity[one], abs=0.05)
        assert fit.ploidy == pytest.approx(made.ploidy[index].mean(), abs=0.3)  # eight copies are beyond the table
    assert [fit.doubled > 0.9 for _, fit in parts] == [False, True]
    assert found.part([1]).ratio.shape == (len(found), 1)


def test_the_order_of_samples_does_not_matter():
    made = simulated.draw("gains", "panel", 5)
    turned = [3, 0, 4, 2, 1]
    other = replace(
        made,
        samples=tuple(made.samples[s] for s in turned),
        specimens=tuple(made.specimens[s] for s in turned),
        **{key: getattr(made, key)[:, turned] for key in ("reads", "snp_alt", "snp_depth", "mutation_alt")},
        mutation_depth=made.mutation_depth[:, turned],
        purity=made.purity[turned],
    )
    (one, [(_, fit)]), (two, [(_, again)]) = fitted(made), fitted(other)
    assert (one.start == two.start).all()
    for s, was in enumerate(turned):
        first, second = (purity.stated(f, at, 300) for f, at in ((fit, was), (again, s)))
        assert first["purity"] == pytest.approx(second["purity"], abs=1e-3)
        assert first["state"] == second["state"]
    assert fit.ploidy == pytest.approx(again.ploidy, abs=1e-3)


def test_two_solutions_are_not_one():
    fit = purity.Fit(
        **{key: np.tile(purity.CELL / purity.CELL.sum(), (1, 1)) for key in ("of_copies", "of_mutations")},
        posterior=np.eye(len(copy_states.RHO))[[50]],
        **{"ploidy": 2.0, "ploidy_lower": 1.9, "ploidy_upper": 2.1, "doubled": 0.3},
        solutions=[
            purity.Solution(np.array([0.7]), np.array([2.0]), False, 0.7, np.zeros((1, len(copy_states.TOTAL)))),
            purity.Solution(np.array([0.5]), np.array([4.0]), True, 0.3, np.zeros((1, len(copy_states.TOTAL)))),
        ],
        deviates=np.zeros((1, 1)),
        alone=np.zeros(1),
        changed=np.array([50.0]),
        mutations=np.array([0]),
        covered=np.array([0]),
    )
    said = purity.stated(fit, 0, 300)
    assert (said["purity"], said["state"], said["reason"]) == (None, "not_estimable", "solutions_tie")
    sure = replace(
        fit, solutions=[replace(fit.solutions[0], probability=0.95), replace(fit.solutions[1], probability=0.05)]
    )
    assert purity.stated(sure, 0, 300)["state"] == "measured"
    shaken = replace(sure, solutions=[sure.solutions[0], replace(sure.solutions[1], shaken=0.2)])
    assert purity.stated(shaken, 0, 300)["reason"] == "solutions_tie"
    for clonal, state in ((0, "not_estimable"), (1, "measured")):
        beside = replace(sure, mutations=np.array([clonal]), covered=np.array([10]))
        assert purity.stated(beside, 0, 300)["state"] == state
    assert purity.stated(replace(sure, covered=np.array([10])), 0, 300)["reason"] == "no_clonal_mutations"


def test_what_one_segment_alone_rules_out_by_hand():
    """The best is 5 nats ahead, 4 of these by one segment: without it 1 nat, so 1 / (1 + e) for the other."""
    best = {"evidence": 5.0, "by_segment": np.array([4.0, 0.5, 0.5]), "doubled": 1}
    other = {"evidence": 0.0, "by_segment": np.zeros(3), "doubled": 0}
    assert purity._shaken(best, other) == pytest.approx(1 / (1 + np.e))
    assert purity._shaken(best, best) == purity._shaken(other, best) == 0


def test_a_subclonal_change_does_not_pass_for_a_doubled_genome():
    """Five tumours of ploidy 2 whose copies alone are known: doubled, but for one segment, is not stated."""
    made = simulated.draw("subclonal", "exome", 102, mutations=False)
    _, [(_, fit)] = fitted(made)
    assert fit.solutions[0].doubled
    for s, true in enumerate(made.purity):
        said = purity.stated(fit, s, len(made.snp_pos))
        assert said["purity"] is None or abs(said["purity"] - true) < 0.05


# ----------------------------------------------------------------------------------------------------------- tables


def tables_of(made, normal=True):
    """A drawn patient as the tables that the rules hand over: samples, counted, hets, alleles, variants."""
    about = {"patient": "P1", "timepoint": "T0", "day": 0}
    samples = [about | {"sample": "N", "specimen": "normal"}] if normal else []
    samples += [about | {"sample": s, "specimen": kind} for s, kind in zip(made.samples, made.specimens, strict=True)]
    chrom = [f"chr{name}" for name in made.chrom]
    base = pd.DataFrame(dict(zip(bins.COLUMNS, (chrom, made.start, made.end, made.target, made.gc), strict=True)))
    counted = {s: base.assign(reads=made.reads[:, i]) for i, s in enumerate(made.samples)}
    counted["N"] = base.assign(reads=made.normal_reads)
    place = {"chrom": [f"chr{name}" for name in made.snp_chrom], "pos": made.snp_pos}
    hets = pd.DataFrame(place | {"ref": "A", "alt": "C"}).assign(
        ref_count=made.normal_depth - made.normal_alt, alt_count=made.normal_alt
    )
    alleles = {
        s: pd.DataFrame(place).assign(ref_count=made.snp_depth[:, i] - made.snp_alt[:, i], alt_count=made.snp_alt[:, i])
        for i, s in enumerate(made.samples)
    }
    variants = pd.concat(
        pd.DataFrame({"chrom": [f"chr{name}" for name in made.mutation_chrom], "pos": made.mutation_pos}).assign(
            **{"sample": s, "ref": "G", "alt": "T", "filter": "PASS"},
            variant=[f"chr{c}:{p}:G:T" for c, p in zip(made.mutation_chrom, made.mutation_pos, strict=True)],
            **{"alt_count": made.mutation_alt[:, i], "depth": made.mutation_depth[:, i]},
        )
        for i, s in enumerate(made.samples)
    )
    return samples, counted, hets, alleles, variants


def test_tables_of_a_patient():
    made = simulated.draw("loh", "panel", 8, samples=2, purity=(0.4, 0.8))
    given = tables_of(made)
    found = copies.of_patient(*given)
    assert [row["sample"] for row in found.purity] == ["S0", "S1"]
    for row, true in zip(found.purity, made.purity, strict=True):
        assert set(row) == set(copies.PURITY_COLUMNS)
        assert row["state"] == "measured"
        assert row["purity"] == pytest.approx(true, abs=0.05)
        length = made.piece_end - made.piece_start
        lost = (made.copies[:, 0].min(axis=1) == 0) & (made.copies[:, 0].max(axis=1) > 0)
        assert row["loh"] == pytest.approx(length @ lost / length.sum(), abs=0.05)
        assert row["loh_lower"] <= row["loh"] <= row["loh_upper"]
    assert {key for row in found.segments for key in row} == set(copies.SEGMENT_COLUMNS)
    whole = next(i for i, p in enumerate(made.copies[:, 0]) if lost[i] and length[i] > 60e6)
    gene = pd.DataFrame(
        [
            {"sample": s, "chrom": name, "start": int(made.piece_start[whole]) + 3 * 10**7, "log2_ratio": 0.0}
            for s in ("S0", "S1")
            for name in (f"chr{made.piece_chrom[whole]}", "chrX")
        ]
    ).assign(end=lambda t: t["start"] + 1000)
    said = copies.copies_of_genes(gene, found)
    assert said["minor"].tolist() == pytest.approx([0, np.nan] * 2, nan_ok=True)
    assert said["major"].iloc[0] == made.copies[whole, 0].max()
    assert said["copies_probability"].iloc[0] > 0.9
    assert said["total_copies"].iloc[0] == pytest.approx(made.copies[whole, 0].sum(), abs=0.35)


def test_without_a_normal_nothing_is_stated_and_a_pool_gives_segments_only():
    made = simulated.draw("diploid", "panel", 3, samples=1, mutations=False)
    samples, counted, hets, alleles, _ = tables_of(made, normal=False)
    found = copies.of_patient(samples, counted, hets[:0], {"S0": alleles["S0"][:0]}, None)
    assert [(row["state"], row["reason"]) for row in found.purity] == [("not_estimable", "no_normal")]
    assert not found.segments
    pooled = copies.of_patient(samples, counted, hets[:0], {"S0": alleles["S0"][:0]}, None, [counted["N"]])
    assert len(pooled.segments) >= 22
    assert pooled.purity[0]["state"] == "not_estimable" or abs(pooled.purity[0]["purity"] - made.purity[0]) < 0.05


def test_a_sample_without_reads_is_a_row_with_its_reason():
    made = simulated.draw("loh", "panel", 8, samples=2, purity=(0.4, 0.8))
    samples, counted, hets, alleles, variants = tables_of(made)
    counted["S1"] = counted["S1"].assign(reads=0)
    found = copies.of_patient(samples, counted, hets, alleles, variants)
    assert found.purity[1]["reason"] == "no_reads"
    assert found.purity[0]["purity"] == pytest.approx(made.purity[0], abs=0.05)
    assert {row["sample"] for row in found.segments} == {"S0"}
    assert copies.of_patient([], {}, hets[:0], {}, None).purity == []


def test_the_table_of_genes_is_typed_without_copies(tmp_path):
    copy_number.write_table(tmp_path / "none.parquet", copy_number.of_patient([], {}))
    table = pd.read_parquet(tmp_path / "none.parquet")
    assert list(table.columns) == copy_number.COLUMNS
    assert str(table["major"].dtype) == "int32"


@pytest.mark.parametrize(
    ("by_copies", "by_mutations", "changed", "which"),
    [
        pytest.param((0.3, 0.28, 0.32), (0.31, 0.29, 0.34), 50, "both", id="they agree, alike sure"),
        pytest.param((0.05, 0.0, 0.12), (0.031, 0.029, 0.033), 9, "mutations", id="agree, one far surer"),
        pytest.param((0.05, 0.0, 0.12), (0.031, 0.029, 0.033), 0, "mutations", id="copies do not speak"),
        pytest.param((0.5, 0.48, 0.52), (0.3, 0.28, 0.32), 50, "disagree", id="apart"),
        pytest.param((0.5, 0.48, 0.52), (None, None, None), 50, "copies", id="no mutations"),
        pytest.param((0.5, 0.1, 0.9), (0.5, 0.1, 0.9), 0, "neither", id="nothing said"),
    ],
)
def test_which_estimate_to_trust(by_copies, by_mutations, changed, which):
    one = {}
    for name, values in (("copies", by_copies), ("mutations", by_mutations)):
        one |= dict(zip((f"by_{name}", f"by_{name}_lower", f"by_{name}_upper"), values, strict=True))
    assert copies.trusted(one, changed) == which


def test_features_of_the_tumour():
    row = {"state": "measured", "purity": "0.6", "lower": "0.55", "upper": "0.65", "ploidy": "2.1", "loh": "0"}
    row |= {"ploidy_lower": "2.0", "ploidy_upper": "2.2", "loh_lower": "0", "loh_upper": "0.01", "altered": ""}
    rows = {one["feature"]: one for one in features._of_tumour(row)}
    assert (rows["purity"]["value"], rows["purity"]["lower"], rows["purity"]["state"]) == (0.6, 0.55, "measured")
    assert rows["genome_loh"]["state"] == "zero"
    assert rows["genome_altered"]["state"] == "not_measured"
    below = {"state": "below_lod", "purity": "", "lower": "0.002", "upper": "0.03"}
    rows = {one["feature"]: one for one in features._of_tumour(below)}
    assert (rows["purity"]["state"], rows["purity"]["lod"]) == ("below_lod", 0.03)
    assert np.isnan(rows["purity"]["value"])
    assert {one["state"] for one in features._of_tumour({})} == {"not_measured"}


# ------------------------------------------------------------------------------------------------ reads and the house


def test_snps_and_bins_from_reads(tmp_path):
    import pysam

    sequence = "".join(np.random.default_rng(5).choice(list("ACGT"), 2000))
    other = {"A": "C", "C": "A", "G": "T", "T": "G"}
    fasta = tmp_path / "genome.fa"
    fasta.write_text(f">c1\n{sequence}\n")
    pysam.faidx(str(fasta))
    places = {500: (20, 20), 900: (40, 0), 1200: (36, 4)}  # reads with the reference, with another base; 0-based

    def written(name, counts):
        path = tmp_path / f"{name}.bam"
        header = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": "c1", "LN": 2000}]}
        with pysam.AlignmentFile(path, "wb", header=header) as bam:
            for at, (ref, alt) in sorted(counts.items()):
                for number in range(ref + alt):
                    one = pysam.AlignedSegment()
                    one.query_name, one.reference_id, one.reference_start = f"{at}-{number}", 0, at - 50
                    one.mapping_quality, one.cigartuples, one.flag = 60, [(0, 100)], 16 * (number % 2)
                    text = list(sequence[at - 50 : at + 50])
                    if number >= ref:
                        text[50] = other[text[50]]
                    one.query_sequence = "".join(text)
                    one.query_qualities = [40] * 100
                    bam.write(one)
        pysam.index(str(path))
        return path

    settings = {"min_mapping_quality": 20, "min_base_quality": 20, "max_depth": 1000}
    regions = tmp_path / "regions.bed"
    regions.write_text("c1\t0\t2000\n")
    normal = written("normal", places)
    hets = snps.heterozygous(normal, fasta, regions, settings)
    expected = {"chrom": "c1", "pos": 501, "ref": sequence[500], "alt": other[sequence[500]]}
    assert hets == [expected | {"ref_count": 20, "alt_count": 20}]
    tumour = written("tumour", {500: (30, 12)})
    assert snps.alleles(tumour, fasta, hets, settings) == [
        {"chrom": "c1", "pos": 501, "ref_count": 30, "alt_count": 12}
    ]
    nowhere = written("nowhere", {900: (3, 0)})
    assert snps.alleles(nowhere, fasta, hets, settings)[0]["alt_count"] == 0
    assert snps.alleles(tumour, fasta, [], settings) == []
    bed = tmp_path / "bins.bed"
    bed.write_text("c1\t0\t400\t1\t0.5\nc1\t440\t460\t1\t0.5\nc1\t800\t1000\t0\t0.5\n")
    assert bins.count(normal, bed, 20) == [0, 40, 40]
    assert bins.read_bins(bed)["target"].tolist() == [True, True, False]


def test_a_new_sample_changes_no_file_of_another():
    for file, rule in (("reads", "dna_measure"), ("copies", "dna_alleles")):
        text = (PROJECT / f"workflow/rules/dna/{file}.smk").read_text()
        inputs = re.search(rf"rule {rule}:\n    input:\n(.*?)    output:", text, re.DOTALL)[1]
        assert not re.search(r"samples_of|of_samples|collect|COHORT\.samples", inputs), rule
        known = ("{sample}", "reference", "snps", "identity_sites")
        assert all(any(one in line for one in known) for line in inputs.splitlines()), rule
    functions = (PROJECT / "workflow/rules/dna/inputs.smk").read_text()
    normal = re.search(r"def normal_of_patient.*?\n\n\n", functions, re.DOTALL)[0]
    assert '"specimen"] == "normal"' in normal.replace("'", '"'), "SNPs come from the normal alone"


def test_simulated_counts_are_equal_for_equal_seeds_and_lie_where_the_truth_says():
    one, two = (simulated.draw("loh", "panel", 9) for _ in range(2))
    assert (one.reads == two.reads).all()
    assert (one.snp_alt == two.snp_alt).all()
    tracks = tracks_of(one)
    piece = np.searchsorted(
        one.piece_chrom * 10**10 + one.piece_start, tracks.chrom.astype(int) * 10**10 + tracks.start, side="right"
    )
    total = one.copies[piece - 1, 0].sum(axis=1)
    best = int(np.argmax(one.purity))
    gap = np.nanmean(tracks.ratio[total == 2, best]) - np.nanmean(tracks.ratio[total == 1, best])
    rho = one.purity[best]
    assert gap == pytest.approx(-np.log2((2 - rho) / 2), abs=0.06)
