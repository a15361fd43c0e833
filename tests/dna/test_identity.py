"""Identity: tables by integration, pairs by hand and against bcftools gtcheck, planted swaps, strangers and orders."""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pysam
import pysam.bcftools
import pytest
from scipy import integrate, special, stats

from seriome.dna import contamination, fingerprint, identity, nested, order, sex, tables, verdicts
from seriome.errors import InputError
from seriome.simulate import identities as planted

from . import made


@pytest.fixture(scope="module")
def cohort():
    """Fingerprints of two patients (normal, tumour that lost much, plasma, RNA), on a panel of 0.5 Mb."""
    rng = np.random.default_rng(4)
    panel = planted.panel(rng, 0.5, 150)
    found = {}
    for patient in ("A", "B"):
        own, cancer = planted.person(rng, panel), planted.tumour(rng, panel, lost=0.5)
        for label, purity, depth in (("normal", 0, 40), ("tumor", 0.9, 80), ("plasma", 0.05, 150), ("rna", 0.6, 6)):
            one = planted.Sample(label, patient, purity, depth, rna=label == "rna")
            found[f"{patient}-{label}"] = planted.fingerprint(rng, panel, own, cancer, one)
    return found


def hand(rows):
    """A fingerprint from rows (chrom, pos, reads of the reference A, reads of G)."""
    counts = [(ref, 0, alt, 0) for _, _, ref, alt in rows]
    return fingerprint.table([row[0] for row in rows], [row[1] for row in rows], ["A"] * len(rows), counts)


# ------------------------------------------------------------------------------------------------------ two samples


def test_tables_of_genotypes_are_the_integrals_they_claim_to_be():
    def hwe(p):
        return np.array([(1 - p) ** 2, 2 * p * (1 - p), p**2])

    def by_descent(p):  # one allele shared, the others drawn: P(g1, g2)
        table = np.zeros((3, 3))
        for alleles in itertools.product((0, 1), repeat=3):
            shared, one, other = alleles
            table[shared + one, shared + other] += np.prod([p if allele else 1 - p for allele in alleles])
        return table

    for a, b in itertools.product(range(3), repeat=2):
        if (a, b) == (0, 0):
            continue
        cells = {
            "UNRELATED": lambda p, a=a, b=b: hwe(p)[a] * hwe(p)[b] / p,
            "PARENT": lambda p, a=a, b=b: by_descent(p)[a, b] / p,
            "ONE_PERSON": lambda p, a=a, b=b: hwe(p)[a] / p if a == b else 0.0,
        }
        for name, density in cells.items():
            area = integrate.quad(density, 0, 1)[0]
            assert getattr(identity, name)[a, b] == pytest.approx(area, abs=1e-9), (name, a, b)


def test_opposite_homozygotes_speak_for_two_people_and_shared_ones_for_one():
    apart = [("c1", 1 + 100_000 * n, 50 * (n % 2), 50 * (1 - n % 2)) for n in range(8)]
    other = [(chrom, pos, alt, ref) for chrom, pos, ref, alt in apart]
    alike = [(chrom, pos, 0, 50) for chrom, pos, _, _ in apart]
    one, two = (
        identity.compare(identity.gather({"a": hand(a), "b": hand(b)}))[0] for a, b in ((apart, other), (alike, alike))
    )
    assert one.sites == two.sites == 8
    assert one.said == "two_people"
    # eight places homozygous in both: 1/2 against at most 1/3 each (parent and child): little, and rightly so
    assert 0 < two.ratio < 8 * np.log10((1 / 2) / (1 / 3)) + 0.01
    assert two.said == "not_estimable"


def test_a_person_is_told_from_another_through_loss_low_purity_and_rna(cohort):
    for one in identity.compare(identity.gather(cohort)):
        assert one.said == ("one_person" if one.first[0] == one.second[0] else "two_people"), one


def test_a_pair_says_the_same_whoever_else_is_there(cohort):
    names = ["A-normal", "A-tumor", "B-normal"]
    few = identity.compare(identity.gather({name: cohort[name] for name in names}))
    many = {(one.first, one.second): one for one in identity.compare(identity.gather(cohort))}
    for one in few:
        other = many[one.first, one.second]
        assert (other.sites, other.ratio) == (one.sites, pytest.approx(one.ratio, rel=0.02))


def test_siblings_are_two_people():
    rng = np.random.default_rng(8)
    panel = planted.panel(rng)
    parents = planted.person(rng, panel), planted.person(rng, panel)
    nothing = np.ones((2, len(panel.pos))), np.zeros(len(panel.pos), bool)
    people = {"one": planted.sibling(rng, panel, parents), "two": planted.sibling(rng, panel, parents)}
    people |= {"mother": parents[0]}
    found = {
        name: planted.fingerprint(rng, panel, own, nothing, planted.Sample(name, name, depth=50))
        for name, own in people.items()
    }
    assert {one.said for one in identity.compare(identity.gather(found))} == {"two_people"}


def test_a_tumour_with_200_mutations_per_mb_is_still_its_patients():
    rng = np.random.default_rng(5)
    panel = planted.panel(rng)
    people = [planted.person(rng, panel) for _ in range(2)]
    cancer = planted.tumour(rng, panel, mutated=1.0)
    found = {
        name: planted.fingerprint(rng, panel, people[own], cancer, planted.Sample(name, "", purity, 80))
        for name, own, purity in (("normal", 0, 0.0), ("tumor", 0, 0.7), ("other", 1, 0.0))
    }
    told = {(one.first, one.second): one.said for one in identity.compare(identity.gather(found))}
    assert told["normal", "tumor"] == "one_person"
    assert told["normal", "other"] == told["tumor", "other"] == "two_people"


def test_mutations_of_the_tumour_that_plasma_shows_faintly_are_no_other_person():
    """A dozen somatic mutations at 0.3 in tissue and 0.02 in plasma, beside five inherited differences."""
    inherited, somatic = [30_000 * n for n in range(1, 6)], [30_000 * n for n in range(6, 18)]
    tissue = hand([("c1", at, 80, 70) for at in inherited] + [("c1", at, 105, 45) for at in somatic])
    plasma = hand(
        [("c1", at, 150, 150) for at in inherited]
        + [("c1", at, 294, 6) if n % 3 else ("c1", at, 300, 0) for n, at in enumerate(somatic)]
    )
    other = hand([("c1", at, 300, 0) for at in inherited + somatic])
    pairs = identity.compare(identity.gather({"tissue": tissue, "plasma": plasma, "other": other}))
    ratio = {(one.first, one.second): one.ratio for one in pairs}
    assert ratio["tissue", "plasma"] > -1
    assert ratio["tissue", "other"] < ratio["tissue", "plasma"] - 2


def test_without_reads_or_with_few_nothing_is_said():
    nothing, few = hand([]), hand([("c1", 1, 0, 3), ("c1", 900_000, 1, 1)])
    for a, b in ((nothing, nothing), (nothing, few), (few, few)):
        one = identity.compare(identity.gather({"a": a, "b": b}))[0]
        assert one.said == "not_estimable"
        assert np.isfinite(one.ratio)


def test_linked_places_speak_once():
    chrom, pos = np.array(["c1"] * 4 + ["c2"], object), np.array([10, 500, 19_999, 40_000, 10])
    assert identity.unlinked(chrom, pos, [5, 9, 2, 1, 1]).tolist() == [1, 3, 4]
    same = [("c1", 100 + n, 20, 20) for n in range(50)]
    assert identity.compare(identity.gather({"a": hand(same), "b": hand(same)}))[0].sites == 1


def test_bcftools_gtcheck_finds_the_same_nearest_sample(cohort, tmp_path):
    """Called genotypes of the deep samples: gtcheck's fewest discordances, where we say one person."""
    deep = {name: table for name, table in cohort.items() if not name.endswith("rna")}
    sites = identity.gather(deep)
    lines = ["##fileformat=VCFv4.3", '##FORMAT=<ID=GT,Number=1,Type=String,Description="genotype">']
    lines += [f"##contig=<ID={name}>" for name in dict.fromkeys(sites.chrom)]
    lines.append("\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *deep]))
    share = sites.alt / np.maximum(sites.depth, 1)
    for place in range(len(sites.pos)):
        calls = [
            "./." if not depth else "0/0" if one < 0.1 else "1/1" if one > 0.9 else "0/1"
            for one, depth in zip(share[:, place], sites.depth[:, place], strict=True)
        ]
        lines.append("\t".join([sites.chrom[place], str(sites.pos[place]), ".", "A", "G", ".", ".", ".", "GT", *calls]))
    (tmp_path / "calls.vcf").write_text("\n".join(lines) + "\n")
    said = pysam.bcftools.gtcheck("-u", "GT,GT", "-e", "0", str(tmp_path / "calls.vcf"))
    rows = [line.split("\t") for line in said.splitlines() if line.startswith("DC")]
    discordance = {frozenset(row[1:3]): float(row[3]) / float(row[5]) for row in rows}
    ours = {frozenset((one.first, one.second)): one.ratio for one in identity.compare(sites)}
    assert set(ours) == set(discordance)
    for name in deep:
        theirs, mine = (
            choose((pair for pair in ours if name in pair), key=table.get)
            for choose, table in ((min, discordance), (max, ours))
        )
        assert {one[0] for one in theirs} == {one[0] for one in mine} == {name[0]}


# -------------------------------------------------------------------------------------------------- who the samples are


def pair(first, second, ratio):
    return identity.Pair(first, second, 100, ratio)


def all_pairs(people: dict, unsure=()):
    """Pairs of {sample: person}; those with a sample of `unsure` say nothing."""
    return [
        pair(a, b, 0.5 if {a, b} & set(unsure) else 50.0 if people[a] == people[b] else -50.0)
        for a, b in itertools.combinations(people, 2)
    ]


@pytest.mark.parametrize(
    ("people", "unsure", "expected"),
    [
        pytest.param("ppp", (), ("match", "match", "match"), id="one person"),
        pytest.param("ppq", (), ("match", "match", "mismatch"), id="the third is another person"),
        pytest.param("pq", (), ("unclear", "unclear"), id="two samples, two people: nobody knows which"),
        pytest.param("ppqq", (), ("unclear",) * 4, id="two and two"),
        pytest.param("pqr", (), ("unclear",) * 3, id="three people"),
        pytest.param("pp", (0,), ("not_estimable", "not_estimable"), id="too few reads in one"),
        pytest.param("ppq", (2,), ("match", "match", "not_estimable"), id="the third has too few reads"),
        pytest.param("p", (), ("not_estimable",), id="one sample"),
    ],
)
def test_verdicts_of_a_patient(people, unsure, expected):
    names = [f"s{n}" for n in range(len(people))]
    told = verdicts.verdicts(names, all_pairs(dict(zip(names, people, strict=True)), [names[n] for n in unsure]))
    assert tuple(told.values()) == expected


@pytest.mark.parametrize(
    ("dna", "rna", "unsure", "expected"),
    [
        pytest.param("pp", "pq", (), ["match", "mismatch"], id="one of another person"),
        pytest.param("p", "qq", (), ["mismatch", "mismatch"], id="DNA speaks first, though RNA has the majority"),
        pytest.param("pq", "pq", (), ["unclear", "unclear"], id="DNA cannot say whose the patient is"),
        pytest.param("pp", "q", ("r0",), ["not_estimable"], id="too few reads"),
        pytest.param("", "ppq", (), ["match", "match", "mismatch"], id="no DNA: most of the RNA"),
        pytest.param("", "q", (), ["not_estimable"], id="nothing to compare with"),
    ],
)
def test_rna_is_judged_by_the_patient_s_dna(dna, rna, unsure, expected):
    people = {f"d{n}": one for n, one in enumerate(dna)} | {f"r{n}": one for n, one in enumerate(rna)}
    names = {f"r{n}": f"R{n}" for n in range(len(rna))}
    rows = verdicts.of_rna("P", [name for name in people if name[0] == "d"], names, all_pairs(people, unsure))
    assert [row["verdict"] for row in rows] == expected
    assert [row["sample"] for row in rows] == list(names.values())
    failed = {f"R{n}" for n, one in enumerate(expected) if one in ("mismatch", "unclear")}
    assert verdicts.held(rows) == failed


def said(patients: dict, people: dict):
    return {(one.patient, one.sample, one.reason, one.other) for one in verdicts.findings(patients, all_pairs(people))}


def test_exchanged_samples_are_named_with_their_patients():
    patients = {"P": ["Pn", "Pt", "Px"], "Q": ["Qn", "Qt", "Qx"]}
    people = {"Pn": 1, "Pt": 2, "Px": 1, "Qn": 2, "Qt": 1, "Qx": 2}
    assert said(patients, people) == {
        ("P", "Pt", "sample_of_other_patient", "Q"),
        ("Q", "Qt", "sample_of_other_patient", "P"),
    }


def test_a_stranger_and_one_person_twice():
    patients = {"P": ["Pn", "Pt", "Px"], "Q": ["Qn", "Qt"], "R": ["Rn"]}
    people = {"Pn": 1, "Pt": 9, "Px": 1, "Qn": 2, "Qt": 2, "Rn": 2}
    assert said(patients, people) == {
        ("P", "Pt", "sample_of_nobody", ""),
        ("Q", "", "patients_are_one_person", "R"),
        ("R", "", "patients_are_one_person", "Q"),
    }


def test_a_cohort_without_reads_is_a_valid_one():
    sites = identity.gather(fingerprint.read_all({}))
    assert identity.compare(sites) == []
    assert verdicts.of_patient([], sites, {}, known=False) == []
    assert verdicts.findings({"P": []}, []) == []
    assert verdicts.order_of(tables.typed([])).status == "not_estimable"


def test_problems_become_words():
    found = verdicts.Finding("P", "Pt", "sample_of_other_patient", "Q", "Qn", 41.3, held_out=True)
    error = verdicts.problem(found)
    assert (error.reason, "Pt is of one person with the samples of Q" in error.detail) == (
        "sample_of_other_patient",
        True,
    )
    assert "held out of the clones of P" in error.detail
    assert "not held out" in verdicts.problem(replace(found, held_out=False)).detail
    row = {"sample": "Pt", "verdict": "match", "sex": "male"}
    row |= {"contamination": 0.05, "contamination_lower": 0.03, "contamination_upper": 0.07}
    said = order.Order("exchanged", "", 2.0, 3, "Pt", "Px", ("Pt and Py",))
    told = {error.reason: error.detail for _, error in verdicts.problems_of_patient([row], said, "female")}
    assert told["contaminated"].startswith("5.0 % (3.0 to 7.0 %)")
    assert "male" in told["other_sex"]
    assert "100 times likelier if Pt and Px change places; or Pt and Py" in told["timepoints_exchanged"]
    quiet = row | {"contamination_lower": 0.001}
    assert verdicts.problems_of_patient([quiet], order.Order("as_stated"), "male") == []


def test_of_two_samples_the_cohort_names_the_one_that_it_knows():
    patients = {"P": ["Pn", "Pt"], "Q": ["Qn", "Qt"]}
    people = {"Pn": 1, "Pt": 2, "Qn": 2, "Qt": 2}
    assert said(patients, people) == {
        ("P", "Pn", "samples_of_two_people", ""),
        ("P", "Pt", "sample_of_other_patient", "Q"),
    }
    assert said({"P": ["Pn", "Pt"]}, {"Pn": 1, "Pt": 1}) == set()


def test_a_new_patient_changes_no_verdict(cohort):
    """What is held out rests on the patient's own samples: the cohort's other samples are not even read."""
    swapped = {"A-normal": cohort["A-normal"], "A-tumor": cohort["A-tumor"], "A-plasma": cohort["B-plasma"]}
    rows = [{"patient": "A", "sample": name, "day": 0, "specimen": name[2:]} for name in swapped]
    sexes = dict.fromkeys(swapped, "not_estimable")
    told = verdicts.of_patient(rows, identity.gather(swapped), sexes, known=False)
    assert [row["verdict"] for row in told] == ["match", "match", "mismatch"]
    assert [row["held_out"] for row in told] == ["no", "no", "yes"]
    assert told[0]["nearest"] == "A-tumor"
    assert told[2]["contamination"] is None


def test_what_is_held_out_leaves_the_variants():
    rows = [
        {"variant": variant, "sample": sample, "called": called}
        for variant, calls in {"v1": (True, True), "v2": (False, True)}.items()
        for sample, called in zip(("good", "bad"), calls, strict=True)
    ]
    table = pd.DataFrame(rows)
    held = [{"sample": "bad", "specimen": "tumor", "held_out": "yes"}]
    kept, problem = verdicts.hold_out(table, [{"sample": "good", "specimen": "tumor", "held_out": "no"}, *held])
    assert kept.to_dict("records") == [{"variant": "v1", "sample": "good", "called": True}]
    assert problem is None
    none, problem = verdicts.hold_out(table, [{"sample": "bad", "specimen": "normal", "held_out": "yes"}])
    assert len(none) == 0
    assert problem.reason == "no_clones_without_normal"
    same, problem = verdicts.hold_out(table, [])
    assert (same is table, problem) == (True, None)


# ----------------------------------------------------------------------------------------- contamination, sex, order


@pytest.mark.parametrize("share", [0.0, 0.02, 0.1])
def test_contamination_is_found_and_its_interval_holds_it(share):
    rng = np.random.default_rng(11)
    panel = planted.panel(rng)
    own, other, cancer = planted.person(rng, panel), planted.person(rng, panel), planted.tumour(rng, panel)
    samples = {
        "normal": planted.Sample("normal", "P", depth=50),
        "tumor": planted.Sample("tumor", "P", 0.6, 100, foreign=("X", share)),
    }
    found = {
        name: planted.fingerprint(rng, panel, own, cancer, one, other if one.foreign else None)
        for name, one in samples.items()
    }
    told = contamination.contamination(identity.gather(found), "tumor", ["normal"])
    assert told.lower <= share <= told.upper
    assert told.value == pytest.approx(share, abs=0.006)
    assert told.upper - told.lower < 0.03


def test_contamination_of_few_places_is_not_estimable():
    few = hand([("c1", 1 + 100_000 * n, 0, 100) for n in range(10)])
    told = contamination.contamination(identity.gather({"normal": few, "tumor": few}), "tumor", ["normal"])
    assert np.isnan([told.value, told.lower, told.upper]).all()
    assert (told.sites, told.reads) == (10, 1000)


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        (1.0, 0.0, "female"),
        (0.5, 0.5, "male"),
        (0.5, 0.0, "not_estimable"),  # an X or a Y is lost
        (None, None, "not_estimable"),
        (1.0, None, "not_estimable"),  # no gene of Y among the targets
    ],
)
def test_sex(x, y, expected):
    rows = [{"chrom": f"chr{n}", "mean_depth": "80"} for n in range(1, 13)]
    rows += [{"chrom": "chrX", "mean_depth": str(80 * x)}] * 6 if x is not None else []
    rows += [{"chrom": "chrY", "mean_depth": str(80 * y)}] * 2 if y is not None else []
    assert sex.sex_of(rows) == expected
    assert sex.sex_of([row | {"mean_depth": "0.5"} for row in rows]) == "not_estimable"


def course(ccf, depth=500, purity=0.6, mutations=6, seed=2):
    """alt, depth, called of `mutations` mutations per clone (rows of ccf), diploid."""
    rng = np.random.default_rng(seed)
    ccf = np.repeat(np.asarray(ccf, float), mutations, axis=0)
    deep = rng.poisson(depth, ccf.shape)
    alt = rng.binomial(deep, ccf * purity / 2)
    return alt, deep, alt >= 3


CCF = [
    [1, 1, 1, 1, 1, 1],
    [0.9, 0.7, 0.45, 0.2, 0.08, 0.03],
    [0, 0.02, 0.07, 0.2, 0.5, 0.9],
]


def test_exchanged_timepoints_are_named():
    alt, depth, called = course(CCF)
    names, days = [f"T{n}" for n in range(6)], np.arange(6) * 30
    assert order.check_order(names, days, alt, depth, called).status == "as_stated"
    wrong = [0, 4, 2, 3, 1, 5]
    told = order.check_order(names, days, alt[:, wrong], depth[:, wrong], called[:, wrong])
    assert (told.status, told.first, told.second) == ("exchanged", "T1", "T4")
    mirrored = order.check_order(names, days, alt[:, ::-1], depth[:, ::-1], called[:, ::-1])
    assert mirrored.status == "as_stated"  # an order and its mirror image look alike


def test_the_likelihood_of_a_course_by_hand():
    # two clones, four samples, a treatment from day 60 on; for each triple of GRID a normal of these covariances
    days, odds = np.array([0, 30, 60, 120]), np.array([[-3.0, -2.0, -1.0, 2.0], [1.0, 0.5, -1.0, -4.0]])
    variance = np.array([[0.1, 0.2, 0.1, 0.3], [0.05, 0.1, 0.2, 0.4]])
    first, second, time = np.array([0, 0.25, 0.5, 0.5]), np.array([0, 0, 0, 0.5]), days / 120
    logs = []
    for slope, walk, scatter in order.GRID:
        common = 25 + slope**2 * (np.outer(first, first) + np.outer(second, second))
        common = common + walk**2 * np.minimum.outer(time, time) + scatter**2 * np.eye(4)
        normals = [stats.multivariate_normal(np.full(4, -1.5), common + np.diag(one)) for one in variance]
        logs.append(sum(normal.logpdf(one) for normal, one in zip(normals, odds, strict=True)))
    expected = special.logsumexp(logs) - np.log(len(order.GRID)) + 4 * np.log(2 * np.pi)  # the constant is left out
    told = order.log_likelihood(odds[:, None], variance[:, None], days, [60, 300])
    assert told == pytest.approx([expected])


def test_own_shares_by_hand():
    # A has half, B most of A, C the rest of the founder: B and C cannot both be within A in the first sample
    shares, error = np.array([[0.5, 0.9], [0.4, 0.6], [0.45, 0.05]]), np.full((3, 2), 0.01)
    logs, variance = nested.own_shares(shares, error)
    assert np.exp(logs[0]) == pytest.approx([0.05, 0.05])  # the founder without A and C
    assert np.exp(logs[1]) == pytest.approx([0.1, 0.3])  # A without B
    assert np.exp(logs[2:]) == pytest.approx(shares[1:])
    # variances add up: of B, 0.01 and the slack of 0.02; of A, that of both
    one = 0.01**2 + nested.SLACK**2
    assert variance[2] == pytest.approx(one / np.array([0.4, 0.6]) ** 2)
    assert variance[1] == pytest.approx(2 * one / np.array([0.1, 0.3]) ** 2)


def test_the_likelihood_of_own_shares_by_hand():
    days, logs = np.array([0, 30, 90]), np.array([[-0.1, -0.5, -1.0], [-3.0, -1.5, -0.4]])
    variance = np.array([[0.01, 0.02, 0.05], [0.3, 0.1, 0.05]])
    slopes, walk = order.covariances(days)
    time = days / 90
    assert slopes == pytest.approx(np.outer(time, time))
    assert walk == pytest.approx(np.minimum.outer(time, time))
    found = []
    for slope, step, scatter in nested.GRID:
        one = 9 + slope**2 * slopes + step**2 * walk
        cells = np.block([[one, np.zeros((3, 3))], [np.zeros((3, 3)), one]]) + np.diag(variance.ravel() + scatter**2)
        cells += 100 * np.tile(np.eye(3), (2, 2))  # the offset of a sample is common to its clones
        found.append(stats.multivariate_normal(np.zeros(6), cells).logpdf(logs.ravel()))
    expected = special.logsumexp(found) - np.log(len(nested.GRID)) + 3 * np.log(2 * np.pi)
    assert nested.log_likelihood(logs[:, None], variance[:, None], slopes, walk) == pytest.approx([expected])


def test_a_treatment_explains_a_turn():
    # a clone that falls under the first treatment and rises under the second; exchanged, it goes up and down
    days = np.arange(7) * 30
    ccf = [[1] * 7, [0.9, 0.5, 0.2, 0.06, 0.18, 0.45, 0.85], [0.05, 0.2, 0.5, 0.8, 0.5, 0.2, 0.06]]
    alt, depth, called = course(ccf)
    wrong = [0, 3, 2, 1, 4, 5, 6]
    names = [f"T{n}" for n in range(7)]
    ratio = {}
    for changes in ((), (90,)):
        assert order.check_order(names, days, alt, depth, called, changes).status == "as_stated"
        told = order.check_order(names, days, alt[:, wrong], depth[:, wrong], called[:, wrong], changes)
        ratio[changes] = told.ratio
    assert (told.status, {told.first, told.second}) == ("exchanged", {"T1", "T3"})
    assert ratio[90,] > ratio[()] + 1


@pytest.mark.parametrize(
    ("ccf", "depth", "why"),
    [
        pytest.param([row[:4] for row in CCF], 500, "fewer than 5 timepoints", id="four timepoints"),
        pytest.param([CCF[0], [0.5] * 6], 500, "no clone of 3 or more mutations changes by half", id="nothing changes"),
        pytest.param([[0.001] * 6], 500, "no mutation is seen in 5 samples", id="no tumour"),
    ],
)
def test_an_order_that_cannot_be_told(ccf, depth, why):
    alt, depth, called = course(ccf, depth)
    days = np.arange(alt.shape[1])
    told = order.check_order([f"T{day}" for day in days], days, alt, depth, called)
    assert (told.status, told.why) == ("not_estimable", why)
    assert np.isnan(told.ratio)
    assert verdicts.as_json(told)["ratio"] is None


# -------------------------------------------------------------------------------------------------------- fingerprints


def test_fingerprint_counts_what_the_reads_show(tmp_path):
    text = made.genome()["c1"]
    (tmp_path / "genome.fa").write_text(f">c1\n{text}\n")
    pysam.faidx(str(tmp_path / "genome.fa"))
    base = next(one for one in "ACGT" if one != text[1049])
    header = pysam.AlignmentHeader.from_dict(
        {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": "c1", "LN": len(text)}]}
    )
    with pysam.AlignmentFile(str(tmp_path / "s.bam"), "wb", header=header) as bam:
        for number in range(10):
            read = pysam.AlignedSegment(header)
            sequence = list(text[1000:1100])
            if number < 4:
                sequence[49] = base
            read.query_name, read.query_sequence = f"r{number}", "".join(sequence)
            read.reference_id, read.reference_start, read.mapping_quality = 0, 1000, 60
            read.cigar, read.query_qualities = ((0, 100),), pysam.qualitystring_to_array("I" * 100)
            bam.write(read)
    pysam.index(str(tmp_path / "s.bam"))
    settings = {"min_mapping_quality": 20, "min_base_quality": 20, "max_depth": 100}
    where = fingerprint.places([("c1", 900, 1100)])
    found = fingerprint.count(tmp_path / "s.bam", tmp_path / "genome.fa", where, settings)
    assert (found["pos"].min(), found["pos"].max()) == (1001, 1100)  # not covered: no row
    row = found[fingerprint.alternative(found)]
    assert row[["pos", base, text[1049]]].to_numpy().tolist() == [[1050, 4, 6]]
    fingerprint.write(tmp_path / "s.parquet", found)
    pd.testing.assert_frame_equal(fingerprint.read(tmp_path / "s.parquet"), found)
    cut = fingerprint.read_all({"s": tmp_path / "s.parquet"})["s"]
    assert cut["pos"].tolist() == [1050]


def test_places_are_thinned_evenly_and_known_ones_lie_within_the_regions():
    regions = [("c1", 0, 10_000), ("c2", 0, 10_000), ("c3", 100, 200)]
    assert fingerprint.places(regions) == [("c1", 0, 10_000), ("c2", 0, 10_000), ("c3", 100, 200)]
    thinned = fingerprint.places(regions, most=4_000)
    size = {chrom: sum(end - start for c, start, end in thinned if c == chrom) for chrom in ("c1", "c2")}
    assert 3_000 < sum(size.values()) <= 4_000
    assert abs(size["c1"] - size["c2"]) <= fingerprint.PIECE
    assert fingerprint.places(regions, [("c3", 99, 101), ("c9", 1, 2)]) == [("c3", 100, 101)]
    with pytest.raises(InputError, match="none of the 1 known SNPs"):
        fingerprint.places(regions, [("chr3", 99, 101)])


def test_known_sites_from_bed_and_vcf(tmp_path):
    (tmp_path / "a.bed").write_text("c1\t9\t10\trs1\n")
    head = "##fileformat=VCFv4.3\n##contig=<ID=c1>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    (tmp_path / "a.vcf").write_text(f"{head}c1\t10\trs1\tA\tG\t.\t.\t.\nc1\t20\trs2\tAT\tA\t.\t.\t.\n")
    assert fingerprint.read_sites(tmp_path / "a.bed") == fingerprint.read_sites(tmp_path / "a.vcf") == [("c1", 9, 10)]
    (tmp_path / "b.vcf").write_text("nothing of the kind\n")
    with pytest.raises(InputError, match=r"b\.vcf is no VCF"):
        fingerprint.read_sites(tmp_path / "b.vcf")


def test_counts_of_any_alignment_can_be_compared(cohort):
    """RNA: counts at sites, from whatever read them, make a fingerprint."""
    dna = cohort["A-normal"]
    rows = dna[fingerprint.alternative(dna)].iloc[::2]
    rna = fingerprint.table(rows["chrom"], rows["pos"], rows["ref"], rows[list(fingerprint.BASES)].to_numpy() // 8)
    one = identity.compare(identity.gather({"dna": dna, "rna": rna}))[0]
    assert one.said == "one_person"
