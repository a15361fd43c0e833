"""The sheets: what is sound passes, and every mistake is told in one line with its place and a way out."""

import pytest

from seriome.cohort import CONTROL_PATIENT, CohortError, load_cohort

SHEETS = {
    "patients": "patient\tsex\tage\nP1\tfemale\t61\nP2\tmale\t70\n",
    "samples": "sample\tpatient\ttimepoint\tday\tspecimen\n"
    "P1-N\tP1\tT0\t0\tnormal\nP1-T0\tP1\tT0\t0\ttumor\nP1-T1\tP1\tT1\t84\ttumor\nPOOL1\t\t\t\tpool\n",
    "assays": "sample\tassay\trun\tformat\tpath1\tpath2\n"
    "P1-N\tdna\tL1\tfastq\traw/n_1.fastq.gz\traw/n_2.fastq.gz\nP1-T0\tproteome\tr1\tmzml\traw/t0.mzML\t\n",
    "treatments": "patient\tdrug\tstart\tend\nP1\terlotinib\t1\t80\n",
    "clinical": "patient\tday\tmeasure\tvalue\tunit\nP1\t0\tldh\t210\tU/L\n",
}


@pytest.fixture
def write(tmp_path):
    """A cohort's folder with the sound sheets, some of them replaced."""

    def write(**changed):
        for name, text in (SHEETS | changed).items():
            (tmp_path / f"{name}.tsv").write_text(text)
        (tmp_path / "raw").mkdir(exist_ok=True)
        for name in ("n_1.fastq.gz", "n_2.fastq.gz", "t0.mzML", "a b.mzML", "t0.raw"):
            (tmp_path / "raw" / name).touch()
        return tmp_path

    return write


def problems_of(folder, **options):
    with pytest.raises(CohortError) as caught:
        load_cohort(folder, folder, **options)
    return [problem.replace(f"{folder}/", "") for problem in caught.value.problems]


def test_sound_sheets_become_tables(write):
    folder = write()
    cohort = load_cohort(folder, folder)
    assert list(cohort.samples["patient"]) == ["P1", "P1", "P1", CONTROL_PATIENT]
    assert cohort.about("P1-T1", "dna") == {
        "patient": "P1", "sample": "P1-T1", "timepoint": "T1", "assay": "dna", "day": 84,
    }  # fmt: skip
    assert cohort.about("POOL1", "metabolome")["day"] is None
    assert cohort.files("dna", "P1-N", "L1") == [str(folder / "raw/n_1.fastq.gz"), str(folder / "raw/n_2.fastq.gz")]
    assert cohort.patients_with("dna") == ["P1"]


def test_optional_sheets_may_be_absent(write):
    folder = write()
    (folder / "clinical.tsv").unlink()
    (folder / "treatments.tsv").unlink()
    assert len(load_cohort(folder, folder).clinical) == 0


def test_all_problems_come_at_once_each_with_its_line(write):
    folder = write(
        patients="patient\tsex\tage\nP1\tfemal\t61\n",
        samples="sample\tpatient\ttimepoint\tday\tspecimen\nP1-T0\tP1\tT0\tzero\ttumor\nP1-T1\tP9\tT1\t84\ttumor\n",
        assays="sample\tassay\trun\tformat\tpath1\nP1-T0\tproteome\tr1\tmzml\traw/none.mzML\n",
    )
    assert problems_of(folder) == [
        "patients.tsv line 2, sex: 'femal' is not known, did you mean 'female'?",
        "samples.tsv line 2, day: 'zero' is not of type 'integer'",
        "samples.tsv line 3, patient: 'P9' is not in patients.tsv",
        f"assays.tsv line 2, path1: raw/none.mzML is not there; "
        f"relative paths start from the config's `data`, now {str(folder)!r}",
    ]


@pytest.mark.parametrize(
    ("sheet", "old", "new", "said"),
    [
        pytest.param("samples", "specimen\n", "specimn\n", "samples.tsv line 1: unknown column 'specimn', did you mean 'specimen'?", id="misspelt column"),
        pytest.param("patients", "\tage", "\tsex", "patients.tsv line 1: column 'sex' stands twice", id="column twice"),
        pytest.param("patients", "patient\tsex", "sex", "patients.tsv line 1: column 'patient' is missing", id="column missing"),
        pytest.param("samples", "P1-T1\tP1\tT1\t84\ttumor", "P1-T1\tP1\tT1\t84\ttumour", "samples.tsv line 4, specimen: 'tumour' is not known, did you mean 'tumor'?", id="misspelt value"),
        pytest.param("assays", "P1-T0\tproteome", "P1-T00\tproteome", "assays.tsv line 3, sample: 'P1-T00' is not in samples.tsv, did you mean 'P1-T0'?", id="unknown sample"),
        pytest.param("samples", "POOL1\t\t\t\tpool", "P1-N2\tP1\tT0\t0\tnormal", None, id="a normal without dna is no second normal"),
        pytest.param("samples", "P1-T1\tP1\tT1\t84", "P1-T1\tP1\tT1\t-3", "samples.tsv line 4, day: 'T1' is day -3, but 'T0' on line 2 is day 0: order reversed", id="day order against timepoint order"),
        pytest.param("samples", "P1-T0\tP1\tT0\t0", "P1-T0\tP1\tT0\t1", "samples.tsv line 3, day: timepoint 'T0' of 'P1' is day 1 here and day 0 on line 2", id="one timepoint, two days"),
        pytest.param("samples", "P1-T1\tP1", "p1-t0\tP1", "samples.tsv line 4, sample: 'p1-t0' is also on line 3 (upper and lower case count as equal)", id="sample twice, but for case"),
        pytest.param("samples", "POOL1\t\t", "POOL1\tP1\t", "samples.tsv line 5, patient: 'P1' should be empty here", id="a control has no patient"),
        pytest.param("samples", "P1-T1\tP1\tT1\t84", "P1-T1\tP1\tT1\t", "samples.tsv line 4, row: day missing", id="a sample without its day"),
        pytest.param("samples", "P1-T1\tP1", "P1 T1;rm\tP1", "samples.tsv line 4, sample: 'P1 T1;rm' does not look like ^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$ (unique name)", id="id with odd characters"),
        pytest.param("samples", "P1-T1\tP1", "../P1-T1\tP1", "samples.tsv line 4, sample: '../P1-T1' does not look like ^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$ (unique name)", id="id that is a path"),
        pytest.param("assays", "raw/t0.mzML", "../t0.mzML", "assays.tsv line 3, path1: '../t0.mzML' climbs out of the data folder: write it without '..'", id="path that escapes"),
        pytest.param("assays", "raw/t0.mzML", "/etc/t0.mzML", "assays.tsv line 3, path1: '/etc/t0.mzML' lies outside the data folder DATA: add its folder to `data_roots`", id="absolute path outside"),
        pytest.param("assays", "raw/t0.mzML", "raw/$(t0).mzML", "assays.tsv line 3, path1: 'raw/$(t0).mzML' has a character that does not belong in a path here", id="path with shell characters"),
        pytest.param("assays", "mzml\traw/t0.mzML", "mzml\traw/t0.raw", "assays.tsv line 3, path1: 'raw/t0.raw' does not end as mzml does (.mzml, .mzml.gz)", id="wrong ending"),
        pytest.param("assays", "raw/n_2.fastq.gz", "", "assays.tsv line 2, path2: dna reads come in pairs: the second file is missing", id="dna mate missing"),
        pytest.param("assays", "raw/n_2.fastq.gz", "raw/n_1.fastq.gz", "assays.tsv line 2, path2: 'raw/n_1.fastq.gz' is also on line 2, path1", id="one file twice"),
        pytest.param("assays", "proteome\tr1\tmzml", "proteome\tr1\tcram", "assays.tsv line 3, format: 'cram' cannot be read yet; proteome comes as mzml, diann, maxquant, fragpipe, spectronaut, features today", id="format not yet"),
        pytest.param("assays", "proteome\tr1\tmzml", "proteome\tr1\tbam", "assays.tsv line 3, format: 'bam' is not a format of proteome, which comes as mzml, diann, maxquant, fragpipe, spectronaut, features", id="format of another assay"),
        pytest.param("assays", "raw/t0.mzML\t\n", "raw/t0.mzML\t\nP1-T0\tproteome\tr1\tmzml\traw/a b.mzML\t\n", "assays.tsv line 4, run: 'P1-T0 proteome r1' is also on line 3 (upper and lower case count as equal)", id="unit twice"),
        pytest.param("assays", "raw/t0.mzML\t\n", "raw/t0.mzML\t\nP1-T0\tproteome\tr2\tmzml\traw/a b.mzML\t\n", None, id="a space in a path is allowed"),
        pytest.param("treatments", "\t80", "\t0", "treatments.tsv line 2, end: day 0 is before the start, day 1", id="treatment ends before it starts"),
        pytest.param("clinical", "210", "nan", "clinical.tsv line 2, value: 'nan' is not of type 'number'", id="nan is no number"),
        pytest.param("patients", "P2\t", "control\t", "patients.tsv line 3, patient: 'control' is reserved for blanks and pools", id="reserved name"),
        pytest.param("patients", "P2\tmale\t70", "P2\tmale\t70\tx", "patients.tsv line 3, row: 4 cells under 3 headers", id="too many cells"),
    ],
)  # fmt: skip
def test_one_mistake_is_one_line(write, sheet, old, new, said):
    assert old in SHEETS[sheet]
    folder = write(**{sheet: SHEETS[sheet].replace(old, new)})
    if said is None:
        assert load_cohort(folder, folder)
    else:
        assert problems_of(folder) == [said.replace("DATA", str(folder))]


BARCODED = "sample\tassay\trun\tformat\tpath1\tpath2\tpath3\tumi\n"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("dna\tL1\tfastq\traw/n_1.fastq.gz\traw/n_2.fastq.gz\t\t3M2S+T 3M2S+T", None),
        ("dna\tL1\tfastq\traw/n_1.fastq.gz\traw/n_2.fastq.gz\t\tname:", None),
        ("dna\tL1\tfastq\traw/n_1.fastq.gz\traw/n_2.fastq.gz\traw/u.fastq.gz\t+T +T +M", None),
        ("dna\tL1\tfastq\traw/n_1.fastq.gz\traw/n_2.fastq.gz\t\t3M2X+T", "umi: '3M2X+T' does not say where barcodes are: like '3M2S+T 3M2S+T' (M barcode, S skipped, +T the rest), '+T +T 8M' (barcodes in path3), 'name:' or 'name_'"),
        ("dna\tL1\tfastq\traw/n_1.fastq.gz\traw/n_2.fastq.gz\t\t+T +T 8M", "umi: '+T +T 8M' names the structure of a third file, but path3 is empty"),
        ("dna\tL1\tfastq\traw/n_1.fastq.gz\traw/n_2.fastq.gz\traw/u.fastq.gz\t", "umi: path3 holds barcodes, so that umi needs a third read structure, like '+T +T 8M'"),
        ("dna\tL1\tfastq\traw/n_1.fastq.gz\traw/n_2.fastq.gz\traw/none.fastq.gz\t+T +T 8M", "path3: raw/none.fastq.gz is not there; relative paths start from the config's `data`, now 'DATA'"),
        ("proteome\tr1\tmzml\traw/t0.mzML\t\t\t8M+T", "umi: barcodes are taken from dna reads as fastq only"),
    ],
)  # fmt: skip
def test_where_barcodes_are(write, row, said):
    folder = write(assays=f"{BARCODED}P1-N\t{row}\n")
    (folder / "raw/u.fastq.gz").touch()
    if said is None:
        cohort = load_cohort(folder, folder)
        assert cohort.barcoded("P1-N") == [True]
        assert len(cohort.files("dna", "P1-N", "L1")) == 2 + ("raw/u" in row)
    else:
        assert problems_of(folder) == [f"assays.tsv line 2, {said}".replace("DATA", str(folder))]


def test_a_sample_may_have_barcodes_in_some_units(write):
    folder = write()
    assert load_cohort(folder, folder).barcoded("P1-N") == [False]


def test_two_normals_with_dna_are_one_too_many(write):
    samples = SHEETS["samples"].replace("POOL1\t\t\t\tpool", "P1-N2\tP1\tT0\t0\tnormal")
    assays = SHEETS["assays"] + "P1-N2\tdna\tL1\tbam\traw/n2.bam\t\n"
    folder = write(samples=samples, assays=assays)
    (folder / "raw/n2.bam").touch()
    assert problems_of(folder) == ["samples.tsv line 5, specimen: 'P1' has two normals with dna, 'P1-N' and 'P1-N2'"]


def test_raw_files_and_finished_results_of_one_sample_do_not_mix(write):
    folder = write(assays=SHEETS["assays"] + "P1-T0\tproteome\tr2\tfeatures\traw/p.tsv\t\n")
    (folder / "raw/p.tsv").touch()
    assert problems_of(folder) == [
        "assays.tsv line 4, format: 'features' beside mzml on line 3: one sample's proteome comes in one way"
    ]


def test_an_absolute_path_may_lie_in_a_further_root(write, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    (other / "t0.mzML").touch()
    folder = write(assays=SHEETS["assays"].replace("raw/t0.mzML", str(other / "t0.mzML")))
    assert load_cohort(folder, folder, [other]).files("proteome", "P1-T0", "r1") == [str(other / "t0.mzML")]


def test_a_missing_sheet_says_where_it_was_looked_for(write):
    folder = write()
    (folder / "samples.tsv").unlink()
    assert "samples.tsv is missing: write it, or set `sheets` to the folder where it is" in problems_of(folder)


def test_text_in_another_encoding_is_told(write):
    folder = write()
    (folder / "patients.tsv").write_bytes("patient\tdiagnosis\nP1\tTumör\n".encode("latin-1"))
    assert "patients.tsv is not UTF-8 text (byte 24): save it as tab-separated UTF-8" in problems_of(folder)
