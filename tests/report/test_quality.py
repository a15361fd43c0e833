"""The quality page: what MultiQC is given, and that its page has no clock, no chance and no way out."""

import re
from html.parser import HTMLParser

import pytest

from seriome.report.quality import assay_section, pools_section, quality_page, units_section
from seriome.report.quality_dna import MOST, dna_sections

UNITS = [
    {"assay": "dna", "sample": "P1-T0", "run": "L1", "format": "fastq", "status": "ok", "reason": "", "records": 1200,
     "files": [{"path": "a", "bytes": 2_500_000}, {"path": "b", "bytes": 2_000_000}]},
    {"assay": "proteome", "sample": "P1-T0", "run": "r1", "format": "mzml", "status": "gap", "reason": "no_spectra",
     "records": 0, "files": []},
]  # fmt: skip
KALLISTO = """
[quant] fragment length distribution will be estimated from the data
[quant] running in paired-end mode
[quant] will process pair 1: /some/where/reads_1.fastq.gz
                             /some/where/reads_2.fastq.gz
[quant] finding pseudoalignments for the reads ... done
[quant] processed 10,000 reads, 9,413 reads pseudoaligned
[quant] estimated average fragment length: 187.018
[   em] quantifying the abundances ... done
"""


def test_units():
    rows = units_section(UNITS)["data"]
    assert rows["P1-T0 dna L1"]["megabytes"] == 4.5
    assert rows["P1-T0 proteome r1"]["status"] == "gap: spectrum file without spectra"


def test_assay_numbers_are_flat_and_without_paths():
    section = assay_section("proteome", {"S r1": {"sample": "S", "psms": 31, "file": "/a/b", "mass": {"ppm": 1.5}}})
    assert section["data"] == {"S r1": {"psms": 31, "mass_ppm": 1.5}}


def test_sections_of_dna_hold_what_was_measured():
    quality = {
        "B": {"reads": 10, "mapped_share": 0.9, "fold_80": None, "target_mean_depth": 30.5, "adapter_share": 0.02},
        "A": {"reads": 0, "mapped_share": None, "molecules": 4, "adapter_share": None},
    }
    families = {"A": [{"reads": "1", "molecules": "3"}, {"reads": "40", "molecules": "1"}], "C": []}
    errors = [{"sample": "A", "change": change, "rate": "1e-4"} for change in ("C>T", "C>A")]
    identity = [{"sample": "A", "verdict": "not_estimable", "contamination": "", "sex": "female", "nearest": "B"}]
    found = {one["id"]: one for one in dna_sections(quality, families, errors, identity)}
    names = ("", "_trimming", "_molecules", "_families", "_evenness", "_errors", "_identity")
    assert set(found) == {f"seriome_dna{name}" for name in names}
    reads = found["seriome_dna"]
    assert reads["data"] == {"A": {"reads": 0}, "B": {"reads": 10, "mapped_share": 0.9}}
    assert list(reads["headers"]) == ["reads", "mapped_share"]
    assert found["seriome_dna_trimming"]["data"] == {"B": {"adapter_share": 0.02}}
    lines = found["seriome_dna_families"]["data"]["A"]
    assert (lines[0], lines[1], lines[-1]) == ([1, 0.75], [2, 0], [MOST, 0.25])
    assert found["seriome_dna_errors"]["data"]["A"] == {"C>T": 1e-4, "C>A": 1e-4}
    assert found["seriome_dna_identity"]["data"] == {"A": {"verdict": "not estimable", "sex": "female", "nearest": "B"}}
    assert dna_sections({}, {}, [], []) == []


def test_pools_of_a_study():
    batches = {"b1": {"pools": 6, "drift": "loess 1", "features_corrected": 81}, "": {"pools": 1, "why": "few"}}
    note = {"pools": 7, "batches": batches, "median_cv_raw": 0.251, "median_cv": 0.049, "median_cv_predicted": None}
    section = pools_section(note, {"in_blank": 5})
    assert section["data"]["batch b1"]["features_corrected"] == 81
    assert section["data"]["batch (not named)"] == {"pools": 1, "why": "few"}
    assert section["data"]["study"] == {
        "pools": 7, "median_cv_raw_percent": 25.1, "median_cv_percent": 4.9, "removed_in_blank": 5
    }  # fmt: skip
    assert pools_section({}, {})["data"] == {}


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    log = tmp_path_factory.mktemp("logs") / "P1-T0.log"
    log.write_text(KALLISTO)
    sections = [units_section(UNITS), assay_section("metabolome", {})]
    return [quality_page(sections, {log.name: log}) for _ in range(2)]


def test_equal_bytes_without_paths_or_dates(pages):
    assert pages[0] == pages[1]
    assert "/some/where" not in pages[0]
    assert "seriome-multiqc-" not in pages[0]
    assert 'configCreationDate = ""' in pages[0]


def test_nothing_is_loaded(pages):
    assert "connect-src 'none'" in pages[0]
    loading = []

    class Read(HTMLParser):
        def handle_starttag(self, tag, attributes):
            if tag != "a":
                loading.extend(value or "" for name, value in attributes if name in ("src", "href", "srcset", "data"))

    Read().feed(pages[0])  # what stands inside a script is no tag
    assert [one[:80] for one in loading if not one.startswith(("data:", "#"))] == []


def test_samples_bear_our_names(pages):
    assert "P1-T0 dna L1" in pages[0]
    assert "spectrum file without spectra" in pages[0]
    assert re.search(r">\s*P1-T0\s*<", pages[0])
