"""Intake: whole files pass with their counts, each kind of damage is named with its place."""

import gzip
from pathlib import Path

import pytest

from seriome.files import sha256, write_json
from seriome.intake import check_unit, read_status, usable

REAL = Path(__file__).parents[2].parent / "shared" / "real"
real = pytest.mark.skipif(not REAL.is_dir(), reason=f"no real data at {REAL}")


def fastq(names, length=10, newline="\n"):
    return "".join(f"@{name}{newline}{'ACGT' * length}{newline}+{newline}{'I' * 4 * length}{newline}" for name in names)


def check(kind, *files, **row):
    columns = {f"path{number}": f"raw/{file.name}" for number, file in enumerate(files, 1)}
    unit = {"patient": "P1", "sample": "S1", "assay": "dna", "run": "L1", "format": kind} | columns | row
    return check_unit(unit, files)


def write(path, text, cut=None):
    data = text if isinstance(text, bytes) else text.encode()
    path.write_bytes((gzip.compress(data) if path.suffix == ".gz" else data)[:cut])
    return path


def test_a_whole_pair_is_ok_and_its_record_knows_names_counts_and_digests(tmp_path):
    one = write(tmp_path / "a_1.fastq.gz", fastq([f"r{i}/1 first" for i in range(7)]))
    two = write(tmp_path / "a_2.fastq.gz", fastq([f"r{i}/2 second" for i in range(7)], length=5))
    found = check("fastq", one, two)
    assert found == {
        "patient": "P1",
        "sample": "S1",
        "assay": "dna",
        "run": "L1",
        "format": "fastq",
        "status": "ok",
        "reason": "",
        "detail": "",
        "way_out": "",
        "records": 7,
        "counts": {"bases": 7 * 60, "shortest": 20, "longest": 40},
        "files": [
            {"path": "raw/a_1.fastq.gz", "bytes": one.stat().st_size, "sha256": sha256(one)},
            {"path": "raw/a_2.fastq.gz", "bytes": two.stat().st_size, "sha256": sha256(two)},
        ],
    }
    write_json(tmp_path / "status.json", found)
    assert usable(tmp_path / "status.json")
    assert read_status(tmp_path / "status.json") == found


def test_windows_lines_a_lost_last_newline_and_members_of_gzip_are_no_damage(tmp_path):
    windows = write(tmp_path / "w.fastq", fastq(["a", "b"], newline="\r\n"))
    assert check("fastq", windows)["records"] == 2
    assert check("fastq", write(tmp_path / "n.fastq", fastq(["a", "b"])[:-1]))["counts"]["bases"] == 80
    members = tmp_path / "m.fastq.gz"
    members.write_bytes(b"".join(gzip.compress(fastq([f"r{i}"]).encode()) for i in range(50)))
    assert check("fastq", members)["records"] == 50


def test_records_are_counted_across_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr("seriome.intake.fastq.GROUP", 100)
    monkeypatch.setattr("seriome.intake.streams.BLOCK", 37)
    one = write(tmp_path / "a_1.fastq", fastq([f"r{i}" for i in range(200)], length=3))
    two = write(tmp_path / "a_2.fastq", fastq([f"r{i}" for i in range(200)], length=20))
    assert check("fastq", one, two)["records"] == 200
    two.write_text(two.read_text().replace("@r150\n", "@r151\n"))
    assert "part at record 151: 'r150' beside 'r151'" in check("fastq", one, two)["detail"]


FASTQ_DAMAGE = [
    pytest.param(".gz", fastq(["a", "b"]), -12, "truncated_gzip", "is cut off", id="gzip cut"),
    pytest.param("", fastq(["a", "b"]), -60, "truncated_fastq", "inside record 2 (line 6)", id="cut in a sequence"),
    pytest.param("", fastq(["a", "b"]), -5, "truncated_fastq", "inside record 2 (line 8)", id="cut in a quality"),
    pytest.param("", "r" + fastq(["a"]), None, "malformed_fastq", "record 1 (line 1)", id="no @"),
    pytest.param("", fastq(["a", "b"]).replace("b\nA", "b\n"), None, "malformed_fastq", "(line 8): 39", id="length"),
    pytest.param("", fastq(["a"]).replace("+", "-"), None, "malformed_fastq", "third line", id="no +"),
    pytest.param("", fastq(["a"]).replace("III", "I\0I"), None, "malformed_fastq", "quality has a char", id="zeros"),
    pytest.param("", fastq(["a", "b" * 255]), None, "malformed_fastq", "(line 5): its name has more", id="long name"),
    pytest.param("", "", None, "empty_file", "no bytes", id="no bytes"),
    pytest.param(".gz", "", None, "empty_file", "no reads", id="no reads"),
]


@pytest.mark.parametrize(("suffix", "text", "cut", "reason", "detail"), FASTQ_DAMAGE)
def test_damage_of_fastq_is_named_with_its_place(tmp_path, suffix, text, cut, reason, detail):
    found = check("fastq", write(tmp_path / f"x.fastq{suffix}", text, cut))
    assert (found["status"], found["reason"], found["records"]) == ("gap", reason, None)
    assert detail in found["detail"]
    assert "raw/x.fastq" in found["detail"]
    assert found["way_out"]
    assert len(found["files"][0]["sha256"]) == 64


def test_damaged_and_missing_compression_are_told_apart(tmp_path):
    packed = bytearray(gzip.compress(fastq([f"r{i * i}" for i in range(500)]).encode()))
    packed[len(packed) // 2] ^= 0xFF
    (tmp_path / "d.fastq.gz").write_bytes(packed)
    damaged = check("fastq", tmp_path / "d.fastq.gz")
    (tmp_path / "p.fastq.gz").write_text(fastq(["a"]))
    plain = check("fastq", tmp_path / "p.fastq.gz")
    (tmp_path / "g.fastq").write_bytes(gzip.compress(b"@"))
    misnamed = check("fastq", tmp_path / "g.fastq")
    assert damaged["reason"] == plain["reason"] == misnamed["reason"] == "corrupt_gzip"
    assert misnamed["way_out"] == "add .gz to its name, there and in the sheet"
    assert "is damaged" in damaged["detail"]
    assert "is not gzip-compressed" in plain["detail"]


@pytest.mark.parametrize(
    ("third", "detail"),
    [
        (["a", "b", "c"], None),
        (["a", "c", "b"], "raw/a_1.fastq and raw/a_3.fastq part at record 2: 'b' beside 'c'"),
        (["a"], "raw/a_1.fastq has 2 records more than raw/a_3.fastq, which ends after 1"),
        (["a", "b", "c", "d"], "raw/a_3.fastq has 1 records more than raw/a_1.fastq, which ends after 3"),
    ],
)
def test_a_third_file_of_barcodes_keeps_step(tmp_path, third, detail):
    files = [write(tmp_path / f"a_{mate}.fastq", fastq("abc", length=mate)) for mate in (1, 2)]
    found = check("fastq", *files, write(tmp_path / "a_3.fastq", fastq(third, length=7)))
    if detail is None:
        assert (found["records"], found["counts"]["bases"]) == (3, 3 * 12)  # barcodes are no bases of the mates
        assert len(found["files"]) == 3
    else:
        assert found["reason"] == "pairs_out_of_step"
        assert detail in found["detail"]


@pytest.mark.parametrize(
    ("first", "second", "detail"),
    [
        (["a", "b", "c"], ["a", "c", "b"], "part at record 2: 'b' beside 'c'"),
        (["a", "b", "c"], ["a"], "a_1.fastq has 2 records more than raw/a_2.fastq, which ends after 1"),
        (["a"], ["a", "b"], "a_2.fastq has 1 records more"),
        (["a", "b"], ["a", "b"], "have the same bytes"),
    ],
)
def test_mates_out_of_step(tmp_path, first, second, detail):
    one, two = write(tmp_path / "a_1.fastq", fastq(first)), write(tmp_path / "a_2.fastq", fastq(second))
    found = check("fastq", one, two)
    assert found["reason"] == "pairs_out_of_step"
    assert detail in found["detail"]


def bam(path, reads=20):
    import pysam

    header = {"HD": {"VN": "1.6"}, "SQ": [{"SN": "chr1", "LN": 10_000}]}
    with pysam.AlignmentFile(str(path), "wb", header=header) as file:
        for number in range(reads):
            read = pysam.AlignedSegment(file.header)
            read.query_name, read.query_sequence, read.flag = f"r{number}", "ACGT" * 500, 4 if number % 2 else 0
            read.reference_id, read.reference_start, read.cigartuples = 0, number, [(0, 2000)]
            file.write(read)
    return path


def test_bam(tmp_path):
    whole = check("bam", bam(tmp_path / "a.bam"))
    assert (whole["status"], whole["records"], whole["counts"]) == ("ok", 20, {"mapped": 10})
    data = (tmp_path / "a.bam").read_bytes()
    assert check("bam", write(tmp_path / "c.bam", data[:-28]))["reason"] == "truncated_bam"
    broken = bytearray(data)
    broken[len(data) // 2] ^= 0xFF
    assert check("bam", write(tmp_path / "b.bam", bytes(broken)))["reason"] == "malformed_bam"
    assert check("bam", write(tmp_path / "t.bam", "read\t4\n"))["reason"] == "malformed_bam"
    assert check("bam", bam(tmp_path / "e.bam", reads=0))["reason"] == "empty_file"


VCF = (
    '##fileformat=VCFv4.3\n##contig=<ID=1>\n##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS1\n"
)


def test_vcf(tmp_path):
    row = "1\t100\t.\tA\tT\t.\tPASS\t.\tGT\t0/1\n"
    import pysam

    pysam.tabix_compress(str(write(tmp_path / "a.vcf", VCF + row)), str(tmp_path / "a.vcf.gz"))
    found = check("vcf", tmp_path / "a.vcf.gz")
    assert (found["status"], found["records"], found["counts"]) == ("ok", 1, {"samples": 1})
    none = check("vcf", write(tmp_path / "none.vcf", VCF))
    assert (none["status"], none["records"]) == ("ok", 0)
    headless = check("vcf", write(tmp_path / "h.vcf", row))
    assert headless["reason"] == "malformed_vcf"
    assert str(tmp_path) not in headless["detail"]
    bad = check("vcf", write(tmp_path / "b.vcf", VCF + row + row.replace("100", "x") + row[:5]))
    assert bad["reason"] == "malformed_vcf"
    assert "record 1" in bad["detail"]
    assert check("vcf", write(tmp_path / "t.vcf.gz", VCF + row, -9))["reason"] == "truncated_gzip"
    assert check("vcf", write(tmp_path / "g.vcf.gz", VCF + row))["way_out"] == "compress it with bgzip"


def mzml(levels, peaks=3):
    spectra = "".join(
        f'<spectrum id="s{i}" defaultArrayLength="{peaks}"><cvParam accession="MS:1000511" value="{level}"/></spectrum>'
        for i, level in enumerate(levels)
    )
    return f'<mzML xmlns="http://psi.hupo.org/ms/mzml"><run><spectrumList>{spectra}</spectrumList></run></mzML>'


def test_mzml(tmp_path):
    found = check("mzml", write(tmp_path / "a.mzML.gz", mzml([1, 2, 2])))
    assert (found["status"], found["records"]) == ("ok", 3)
    assert found["counts"] == {"ms1": 1, "ms2": 2, "with_peaks": 3}
    assert check("mzml", write(tmp_path / "e.mzML", mzml([])))["reason"] == "no_spectra"
    assert check("mzml", write(tmp_path / "p.mzML", mzml([1, 1], peaks=0)))["reason"] == "no_spectra"
    cut = check("mzml", write(tmp_path / "c.mzML", mzml([1] * 9), cut=-70))
    assert cut["reason"] == "malformed_mzml"
    assert "line 1" in cut["detail"]
    assert "<html>" in check("mzml", write(tmp_path / "h.mzML", "<html></html>"))["detail"]
    assert check("mzml", write(tmp_path / "t.mzML.gz", mzml([1] * 9), cut=-9))["reason"] == "truncated_gzip"


def test_kallisto_folder(tmp_path):
    table = tmp_path / "abundance.tsv"
    table.write_text("target_id\tlength\teff_length\test_counts\ttpm\nT1\t100\t51\t3\t7.5\n")
    found = check("kallisto", tmp_path)
    assert (found["status"], found["records"]) == ("ok", 1)
    assert found["files"][0]["path"] == f"raw/{tmp_path.name}/abundance.tsv"
    table.write_text(table.read_text() + "T2\t100\t51\tmany\t7.5\n")
    assert "line 3, est_counts: 'many' is not a number" in check("kallisto", tmp_path)["detail"]
    table.write_text("target_id\tlength\teff_length\test_counts\ttpm\nT1\t100\t101\t0\t-nan\n")
    assert check("kallisto", tmp_path)["reason"] == "low_mapping"
    table.write_text("target_id\tlength\nT1\t100\n")
    assert "lacks the column eff_length, est_counts, tpm" in check("kallisto", tmp_path)["detail"]


def test_feature_table(tmp_path):
    good = "kind\tfeature\tvalue\tunit\nprotein\tP04637\t21.5\tlog2_intensity\nprotein\tQ1\tNA\tlog2_intensity\n"
    found = check("features", write(tmp_path / "a.tsv", good))
    assert (found["status"], found["records"], found["counts"]) == ("ok", 2, {"measured": 1})
    bad = check("features", write(tmp_path / "b.tsv", good.replace("21.5", "high")))
    assert bad["reason"] == "malformed_table"
    assert "b.tsv line 2, value: 'high' is not a finite number" in bad["detail"]


@real
def test_real_files_are_whole():
    rna = [REAL / f"rna/HCC1395-miniplus_{mate}.fastq.gz" for mate in (1, 2)]
    assert check("fastq", *rna)["records"] == 37_702
    runs = sorted((REAL / "proteome").glob("*.mzML.gz")) + sorted((REAL / "metabolome").glob("*.mzML*"))
    assert [check("mzml", run)["status"] for run in runs] == ["ok"] * len(runs)
