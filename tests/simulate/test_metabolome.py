"""Simulated LC-MS runs: masses by hand, files that other programs read, equal seeds to equal bytes."""

import base64
import zlib

import numpy as np
import pytest
from lxml import etree

from seriome.errors import InputError
from seriome.files import read_tsv, sha256
from seriome.metabolome.spectra import read_library
from seriome.simulate.injections import injections
from seriome.simulate.metabolome import (
    CONTAMINANTS,
    GRADIENT_S,
    PROTON,
    SODIUM_ION,
    compounds,
    reference_levels,
    write_compounds,
    write_injection,
    write_library,
)

# IUPAC monoisotopic masses of the elements, Da
H, C, N, OXYGEN, P, S = 1.00782503207, 12.0, 14.0030740048, 15.99491461956, 30.97376163, 31.97207100
BY_HAND = {
    "lactate": 3 * C + 6 * H + 3 * OXYGEN,
    "tryptophan": 11 * C + 12 * H + 2 * N + 2 * OXYGEN,
    "carnitine": 7 * C + 15 * H + N + 3 * OXYGEN,
    "methionine": 5 * C + 11 * H + N + 2 * OXYGEN + S,
    "lysopc-16-0": 24 * C + 50 * H + N + 7 * OXYGEN + P,
}
NAMESPACE = {"m": "http://psi.hupo.org/ms/mzml"}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "run.mzML"
    write_injection(path, reference_levels(), seed=7, injection=3)
    return path


def spectra(path):
    """(MS level, time in s, m/z, intensity) of every spectrum, read with an XML parser only."""
    for spectrum in etree.parse(path).iterfind(".//m:spectrum", NAMESPACE):
        values = {one.get("accession"): one.get("value") for one in spectrum.iterfind(".//m:cvParam", NAMESPACE)}
        arrays = [
            np.frombuffer(zlib.decompress(base64.b64decode(binary.text)), kind)
            for binary, kind in zip(spectrum.iterfind(".//m:binary", NAMESPACE), ("<f8", "<f4"), strict=True)
        ]
        assert len(arrays[0]) == len(arrays[1]) == int(spectrum.get("defaultArrayLength"))
        yield int(values["MS:1000511"]), 60 * float(values["MS:1000016"]), *arrays


def ion_areas(path, mzs):
    """Summed intensity within 5 ppm of each m/z over all MS1 spectra."""
    ms1 = [(masses, intensity) for level, _, masses, intensity in spectra(path) if level == 1]
    masses, intensity = (np.concatenate(part) for part in zip(*ms1, strict=True))
    return np.array([intensity[np.abs(masses / mz - 1) < 5e-6].sum() for mz in mzs])


@pytest.mark.parametrize("compound_id", BY_HAND)
def test_masses_are_those_of_the_formulas(compound_id):
    found = {one.compound_id: one.mass for one in compounds()}
    assert found[compound_id] == pytest.approx(BY_HAND[compound_id], abs=2e-6)


def test_ions_weigh_what_their_atoms_weigh_without_an_electron():
    electron = 0.000548579909
    assert pytest.approx(H - electron, abs=1e-7) == PROTON
    assert pytest.approx(22.9897692809 - electron, abs=1e-7) == SODIUM_ION


def test_isomers_are_apart_in_time():
    by_formula = {}
    for one in compounds():
        by_formula.setdefault(one.formula, []).append(one.rt_s)
    gaps = [abs(a - b) for times in by_formula.values() for a in times for b in times if a != b]
    assert min(gaps) >= 15


def test_the_compounds_table_is_what_the_stage_reads(tmp_path):
    write_compounds(tmp_path / "compounds.tsv")
    rows = read_tsv(tmp_path / "compounds.tsv")
    assert list(rows[0]) == ["compound_id", "name", "formula", "mass", "rt_s"]
    assert len({row["compound_id"] for row in rows}) == len(rows) >= 40


def test_equal_seeds_give_equal_bytes_and_runs_differ(run, tmp_path):
    write_injection(tmp_path / "again.mzML", reference_levels(), seed=7, injection=3)
    write_injection(tmp_path / "next.mzML", reference_levels(), seed=7, injection=4)
    assert sha256(tmp_path / "again.mzML") == sha256(run)
    assert sha256(tmp_path / "next.mzML") != sha256(run)


def test_a_parser_of_xml_alone_reads_the_run(run):
    read = list(spectra(run))
    times = [time for _, time, _, _ in read]
    assert times == sorted(times)
    assert times[-1] < GRADIENT_S
    assert {level for level, *_ in read} == {1, 2}
    assert all((np.diff(masses) > 0).all() for _, _, masses, _ in read)
    assert all((intensity > 0).all() for *_, intensity in read)


def test_openms_reads_the_same_numbers(run):
    oms = pytest.importorskip("pyopenms")
    experiment = oms.MSExperiment()
    oms.MzMLFile().load(str(run), experiment)
    read = list(spectra(run))
    assert experiment.getNrSpectra() == len(read)
    for spectrum, (level, time, masses, _) in zip(experiment, read, strict=True):
        assert spectrum.getMSLevel() == level
        assert spectrum.getRT() == pytest.approx(time)
        np.testing.assert_array_equal(spectrum.get_peaks()[0], masses)


def test_pyteomics_reads_it(run):
    pytest.importorskip("psims", reason="pyteomics reads mzML only where psims is installed")
    from pyteomics import mzml

    with mzml.MzML(str(run)) as reader:
        assert len(list(reader)) == len(list(spectra(run)))


def test_a_level_doubled_is_an_ion_doubled(tmp_path):
    levels = reference_levels()
    twice = {**levels, "tryptophan": 2 * levels["tryptophan"], "kynurenine": 0.0}
    mass = {one.compound_id: one.mass + PROTON for one in compounds()}
    write_injection(tmp_path / "one.mzML", levels, seed=7, injection=5)
    write_injection(tmp_path / "two.mzML", twice, seed=7, injection=5)
    ratio = ion_areas(tmp_path / "two.mzML", mass.values()) / ion_areas(tmp_path / "one.mzML", mass.values())
    ratio = dict(zip(mass, ratio, strict=True))
    assert ratio["tryptophan"] == pytest.approx(2, rel=0.05)
    assert ratio["kynurenine"] < 0.01
    assert ratio["glutamine"] == pytest.approx(1, rel=0.05)


def test_a_blank_has_contaminants_and_no_compounds(tmp_path, run):
    write_injection(tmp_path / "blank.mzML", reference_levels(), seed=7, injection=6, blank=True)
    mzs = [one.mass + PROTON for one in compounds()]
    assert (ion_areas(tmp_path / "blank.mzML", mzs) < 0.05 * ion_areas(run, mzs)).all()
    assert (ion_areas(tmp_path / "blank.mzML", [mz for _, mz, _, _ in CONTAMINANTS]) > 10 * 2000).all()


@pytest.mark.parametrize(
    ("levels", "message"),
    [
        ({"tryptophane": 1.0}, "unknown compound 'tryptophane', did you mean 'tryptophan'?"),
        ({"lactate": -1.0}, "the level of 'lactate' is -1.0: it must be 0 or more"),
        ({"lactate": float("nan")}, "the level of 'lactate' is nan: it must be 0 or more"),
    ],
)
def test_wrong_levels_are_refused(tmp_path, levels, message):
    with pytest.raises(InputError, match=message.replace("?", r"\?")):
        write_injection(tmp_path / "run.mzML", levels, seed=7, injection=1)
    assert not list(tmp_path.iterdir())


def test_the_order_of_injection_of_one_batch_and_of_a_study():
    samples = [("P1", f"S{n}", {"lactate": 1.0}) for n in range(10)]
    one = injections(samples, {"lactate": 2.0}, list(range(10)), 1)
    assert [run.sample for run in one][:3] == ["blank-1", "pool-1", "S0"]
    assert (one[-1].sample, one[-1].place, len(one)) == ("pool-2", 13, 13)
    many = injections(samples, {"lactate": 2.0}, list(range(10))[::-1], 2)
    first = [run.sample for run in many if (run.batch, run.polarity) == (1, "negative")]
    assert first == ["blank-1", "pool-1-0", "S9", "S8", "S7", "S6", "pool-1-1", "S5", "pool-1-2"]
    assert sorted({run.polarity for run in many}) == ["negative", "positive"]
    assert len({(run.sample, run.run) for run in many}) == len(many)
    assert all(run.study.own_drift for run in many)


def test_the_library_holds_what_the_runs_show(tmp_path):
    write_library(tmp_path / "spectra.msp")
    write_injection(tmp_path / "run.mzML", reference_levels(), seed=7, injection=1)
    library = read_library(tmp_path / "spectra.msp", 0.01)
    assert {entry.polarity for entry in library} == {"positive", "negative"}
    shown = [masses for level, _, masses, _ in spectra(tmp_path / "run.mzML") if level == 2]
    tryptophan = next(e for e in library if e.name == "L-Tryptophan" and e.polarity == "positive")
    found = [sum(np.abs(masses - mz).min() < 0.001 for mz in tryptophan.peaks[:, 0]) for masses in shown]
    assert max(found) == len(tryptophan.peaks)
