"""The simulated cohort: stories that hold together, sheets that load, truth that agrees with itself and with the raw
files, bytes that depend on nothing but seed and options."""

import gzip
import shutil
from itertools import pairwise

import pandas as pd
import pytest
import yaml

from seriome.cohort import load_cohort
from seriome.config import checked, schema
from seriome.errors import InputError
from seriome.files import read_json, sha256
from seriome.intake import check_unit
from seriome.simulate import ENTRIES, MARKER, _do, _Plan, _start, simulate
from seriome.simulate.cells import expected_copies, expected_vaf
from seriome.simulate.cohort_files import TRUTH
from seriome.simulate.genome import build_reference
from seriome.simulate.reference import reverse_complement
from seriome.simulate.stories import STORIES, Clone, Story, Visit, story_of
from seriome.simulate.tumours import detectable, grow

TINY = {"patients": 1, "genes": 16, "depth": 60, "normal_depth": 8, "plasma_depth": 20, "rna_pairs": 2000}


@pytest.fixture(scope="module")
def said():
    return []


@pytest.fixture(scope="module")
def cohort(tmp_path_factory, said):
    """One small patient, two files broken."""
    out = tmp_path_factory.mktemp("simulated") / "demo"
    simulate(out, seed=7, **TINY, progress=said.append)
    return out


@pytest.fixture(scope="module")
def reference():
    return build_reference(7, 45)


@pytest.fixture(scope="module")
def tumours(reference):
    return [grow(f"P{n}", n, story_of(n), reference, 7) for n in range(1, 6)]


def truth(cohort, name):
    return pd.read_csv(cohort / "truth" / f"{name}.tsv", sep="\t")


# ------------------------------------------------------------------------------------------------------------ stories


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.key)
def test_stories_hold_together(story):
    story.check()
    days = {}
    for visit in story.visits:
        assert days.setdefault(visit.timepoint, visit.day) == visit.day
        low, high = (0.0, 0.3) if visit.specimen == "plasma" else (0.3, 0.8)
        assert visit.specimen not in ("tumor", "plasma") or low <= visit.fraction <= high
    assert list(days.values()) == sorted(days.values())
    assert 3 <= len(days) <= 5
    assert 3 <= len(story.clones) <= 5
    specimens = [visit.specimen for visit in story.visits if "dna" in visit.assays]
    assert specimens.count("normal") == 1
    assert "plasma" in specimens
    assert any(visit.specimen == "tumor" and visit.day == 0 for visit in story.visits)
    assert [course.start for course in story.courses] == sorted(course.start for course in story.courses)
    for planned in story.resistance:
        clone = next(one.name for one in story.clones if (planned.gene, planned.change) in one.drivers)
        present = [visit.day for visit in story.visits if visit.ccf.get(clone)]
        assert planned.day_emerged <= min(present), "a clone is born before it is seen"


def test_a_broken_tree_is_refused():
    visit = Visit("T0", 0, "tumor", "baseline", ("dna",), fraction=0.5, ccf={"A": 1, "B": 0.7, "C": 0.4})
    clones = (Clone("A", "", 1), Clone("B", "A", 1), Clone("C", "A", 1))
    blank = dict.fromkeys(("title", "diagnosis", "sex", "group", "outcome"), "")
    empty = {"courses": (), "burden": (), "lesions": {}, "copies": {}, "expression": {}, "metabolites": {}}
    story = Story("x", **blank, age=1, outcome_day=1, clones=clones, visits=(visit,), **empty)
    with pytest.raises(InputError, match=r"children of A make 1\.1, more than its own 1"):
        story.check()


def test_the_plot_of_the_demo(tumours):
    """What each story is for is there, whatever the seed."""
    drivers = [{one.name for one in tumour.mutations if one.role == "driver"} for tumour in tumours]
    resistance = [{one.name for one in tumour.mutations if one.role == "resistance"} for tumour in tumours]
    assert drivers[:4] == [{"EGFR L858R", "TP53 R175H"}, set(), {"KRAS G12C"}, {"BRAF V600E"}]
    assert resistance[:4] == [{"EGFR T790M", "EGFR C797S"}, {"ALK G1202R"}, set(), set()]
    assert [name.split()[0] for name in resistance[4]] == ["B2M"]
    assert tumours[1].story.fusion == ("EML4", "ALK")
    assert [len(tumour.mutations) for tumour in tumours] == [34, 31, 24, 23, 60]
    sides = {one.name: one.side for one in tumours[0].mutations}
    assert sides["EGFR T790M"] == sides["EGFR C797S"] == sides["EGFR L858R"], "in cis"
    last_plasma = [visit for visit in tumours[3].story.visits if visit.specimen == "plasma"][-1]
    assert last_plasma.fraction == 0


def test_mutations_are_apart_and_coding(reference, tumours):
    for tumour in tumours:
        for one in tumour.mutations:
            assert reference.protein_change(one.variant)[0] != "noncoding"
            if one.role == "passenger":
                assert tumour.story.copies.get(one.gene, 2) == 2
        places = sorted((one.variant.chrom, one.variant.start) for one in tumour.mutations if one.role == "passenger")
        gaps = [b[1] - a[1] for a, b in pairwise(places) if a[0] == b[0]]
        assert min(gaps) >= 10


def test_the_same_story_twice_has_other_mutations(reference, tumours):
    again = grow("P6", 6, story_of(6), reference, 7)
    assert again.story is tumours[0].story
    mine, theirs = ({one.variant for one in t.mutations if one.role == "passenger"} for t in (tumours[0], again))
    assert len(mine & theirs) < 5
    assert grow("P1", 1, story_of(1), reference, 7).mutations == tumours[0].mutations


# ----------------------------------------------------------------------------------------------- cells, by hand


def test_populations_by_hand(tumours):
    """P1 at T3: purity 0.55, A = 1 with B = 0.12 and C = 0.75 below it, so 0.13 of the cancer cells are A alone."""
    visit = next(visit for visit in tumours[0].story.visits if visit.label == "T3-tumor")
    populations = tumours[0].populations(visit)
    assert [one.weight for one in populations] == pytest.approx([0.45, 0.55 * 0.13, 0.55 * 0.12, 0.55 * 0.75])
    variant = {one.name: one.variant for one in tumours[0].mutations}
    assert expected_vaf(populations, "EGFR", variant["EGFR L858R"]) == pytest.approx(0.55 / 2)
    assert expected_vaf(populations, "EGFR", variant["EGFR T790M"]) == pytest.approx(0.55 * 0.75 / 2)
    # one copy of TP53 left in cancer cells: 0.55 mutated copies of 0.55 + 2 x 0.45
    assert expected_vaf(populations, "TP53", variant["TP53 R175H"]) == pytest.approx(0.55 / 1.45)
    assert expected_copies(populations, "CDKN2A") == pytest.approx(0.9)
    assert expected_copies(populations, "ERBB2") == pytest.approx(0.45 * 2 + 0.55 * 5)
    rows = {row["name"]: row for row in tumours[0].expectations(visit, 100)}
    assert rows["TP53 R175H"]["vaf"] == pytest.approx(0.55 / 1.45, abs=1e-6)
    assert rows["TP53 R175H"]["depth"] == pytest.approx(72.5)


def test_detectable_by_hand():
    """P(X >= 4) for Binomial(100, 0.1) is 0.992; for Binomial(100, 0.05) it is 0.742."""
    assert detectable(0.1, 100)
    assert not detectable(0.05, 100)
    assert not detectable(0.0, 1e6)


# ------------------------------------------------------------------------------------------------------------- files


def test_sheets_and_config_are_sound(cohort):
    config = checked(yaml.safe_load((cohort / "config" / "config.yaml").read_text()))
    assert (config["data"], config["sheets"]) == (str(cohort), f"{cohort}/config")
    for path in config["reference"].values():
        assert path is None or pd.io.common.file_exists(path)
    loaded = load_cohort(config["sheets"], config["data"])
    assert set(loaded.assays["assay"]) == {"dna", "rna", "proteome", "metabolome"}
    assert len(loaded.runs("dna", "P1-T0-normal")) == 2
    assert set(loaded.assays.loc[loaded.assays["umi"] != "", "sample"]) == {"P1-T1-plasma", "P1-T2-plasma"}
    for name in ("patients", "samples", "assays", "treatments", "clinical"):
        header = (cohort / "config" / f"{name}.tsv").read_text().split("\n")[0]
        assert header.split("\t") == list(schema(name)["properties"])
    controls = loaded.samples[loaded.samples["patient"] == "control"]
    assert sorted(controls["specimen"]) == ["blank", "pool", "pool"]


def test_broken_files_break_as_the_truth_says(cohort):
    loaded = load_cohort(cohort / "config", cohort)
    planted = {tuple(row) for row in truth(cohort, "gaps").itertuples(index=False)}
    assert {row[3] for row in planted} == {"truncated_gzip", "no_spectra"}
    found = set()
    for row in loaded.assays[["assay", "sample", "run"]].itertuples(index=False):
        key = (row.assay, row.sample, row.run)
        record = check_unit(loaded.unit(*key), loaded.files(*key))
        if record["status"] == "gap":
            found.add((row.sample, row.assay, row.run, record["reason"]))
    assert found == planted


def test_truth_tables_agree(cohort):
    for name, columns in TRUTH.items():
        assert list(truth(cohort, name).columns) == columns.split()
    variants, purity = truth(cohort, "variants"), truth(cohort, "purity").set_index("sample")
    assert (variants["purity"] == variants["sample"].map(purity["tumour_fraction"])).all()
    ccf = truth(cohort, "clone_fractions").set_index(["sample", "clone"])["ccf"]
    assert (variants["ccf"].to_numpy() == ccf[list(zip(variants["sample"], variants["clone"], strict=True))]).all()
    assert (variants[variants["ccf"] == 0]["vaf"] == 0).all()
    tpm = truth(cohort, "expression").groupby("sample")["tpm"].sum()
    assert tpm.to_numpy() == pytest.approx(1e6, rel=1e-4)
    events = truth(cohort, "events").set_index("name")
    assert events.loc["EGFR T790M", "day_emerged"] == 90
    assert events.loc["EGFR C797S", "sample_first_detectable"] == "P1-T4-tumor"


def test_raw_reads_show_the_truth(cohort):
    """L858R counted in the FASTQ by its 21 bases on either strand: 0.31 of the reads, within 5 sd."""
    reference = build_reference(7, 16)
    variant = reference.variant("EGFR", "L858R")
    left = reference.contigs[variant.chrom][variant.start - 10 : variant.start]
    right = reference.contigs[variant.chrom][variant.end : variant.end + 10]
    counts = {}
    reads = ""
    for mate in (1, 2):
        with gzip.open(cohort / f"raw/dna/P1-T0-tumor_L1_R{mate}.fastq.gz", "rt") as file:
            reads += "".join(line for number, line in enumerate(file) if number % 4 == 1)
    for name, base in (("ref", variant.ref), ("alt", variant.alt)):
        word = left + base + right
        counts[name] = reads.count(word) + reads.count(reverse_complement(word))
    depth = sum(counts.values())
    assert depth > 30
    assert counts["alt"] / depth == pytest.approx(0.31, abs=5 * (0.31 * 0.69 / (depth / 2)) ** 0.5)


def test_names_of_raw_files_tell_sample_and_run_only(cohort):
    loaded = load_cohort(cohort / "config", cohort)
    for row in loaded.assays.itertuples():
        for place, path in enumerate(loaded.files(row.assay, row.sample, row.run), 1):
            mate = f"_R{place}" if row.format == "fastq" else ""
            ending = ".fastq.gz" if row.format == "fastq" else ".mzML"
            assert path == f"{cohort}/raw/{row.assay}/{row.sample}_{row.run}{mate}{ending}"


def test_what_is_said_can_be_followed(said, cohort):
    assert said[0].startswith("P1  EGFR-mutant lung cancer: T790M under erlotinib, then C797S under osimertinib: 7 dna")
    assert said[1] == "controls: 3 metabolome"
    assert "MB of raw files" in said[2]


# ------------------------------------------------------------------------------------------------------- determinism


def test_bytes_depend_on_seed_and_options_only(cohort, tmp_path):
    """One job of each assay, done again here and not in a process of its own, in another folder and order."""
    reference = build_reference(7, 16)
    options = read_json(cohort / MARKER)["options"]
    plan = _Plan(reference, [grow("P1", 1, story_of(1), reference, 7)], options)
    _start(reference)
    broken = {unit["path"] for unit in plan.broken}
    for assay in ("metabolome", "rna", "dna"):
        _, _, paths, job = next(one for one in plan.jobs if one[1] == assay and not broken & set(one[2]))
        again = [str(tmp_path / path.rsplit("/", 1)[1]) for path in paths]
        _do(assay, again, job)
        assert [sha256(path) for path in again] == [sha256(cohort / path) for path in paths]
    other = _Plan(reference, [grow("P1", 1, story_of(1), reference, 8)], options | {"seed": 8})
    assert other.truth["variants"] != plan.truth["variants"]
    assert other.jobs[0][3]["seed"] != plan.jobs[0][3]["seed"]


def test_a_further_patient_changes_no_other_patients_dna(reference, tumours):
    options = {"seed": 7, "depth": 160, "normal_depth": 90, "plasma_depth": 450, "rna_pairs": 1000, "spoil": False}
    options |= {"lcms_batches": 1}
    jobs = [
        {
            tuple(paths): job["seed"]
            for _, assay, paths, job in _Plan(reference, some, options).jobs
            if assay != "metabolome"
        }
        for some in (tumours[:1], tumours[:2])
    ]
    assert jobs[0].items() <= jobs[1].items()


# ------------------------------------------------------------------------------------------------- the folder, options


def test_the_same_again_is_nothing_to_do(cohort):
    said, before = [], (cohort / MARKER).stat().st_mtime_ns
    simulate(cohort, seed=7, **TINY, progress=said.append)
    assert said == [f"{cohort}: this simulation is already there, nothing to do"]
    assert (cohort / MARKER).stat().st_mtime_ns == before


def test_a_folder_that_moved_gets_its_paths_again(cohort, tmp_path):
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    shutil.copy(cohort / MARKER, moved)
    shutil.copytree(cohort / "config", moved / "config")
    simulate(moved, seed=7, **TINY, progress=lambda line: None)
    assert yaml.safe_load((moved / "config" / "config.yaml").read_text())["data"] == str(moved)


def test_other_options_are_refused(cohort):
    with pytest.raises(InputError, match=r"other options \(seed was 7, is 8\): name another folder"):
        simulate(cohort, seed=8, **TINY)
    assert all((cohort / name).is_dir() for name in ENTRIES)


def test_a_folder_with_anything_else_is_refused(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="is not empty and holds no simulation"):
        simulate(tmp_path, **TINY)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    with pytest.raises(InputError, match="is a file"):
        simulate(tmp_path / "thesis.txt", **TINY)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"patients": 0}, "patients must be 1 or more, not 0"),
        ({"genes": 5}, "genes must be 16 or more, not 5"),
        ({"genes": 500}, "genes must be 1 to 45, not 500"),
        ({"depth": 0}, "depth must be more than 0, not 0"),
        ({"seed": -1}, "seed must be 0 or more, not -1"),
    ],
)
def test_options_that_make_no_cohort_are_refused(tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        simulate(tmp_path / "out", **(TINY | options))
    assert not list(tmp_path.iterdir())
