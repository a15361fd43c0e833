"""The console command: what a stranger reads."""

import json

import pytest

from seriome.cli import main


def run(capsys, *arguments):
    code = main(list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize("command", ["check", "simulate", "score", "outcome"])
def test_help_teaches_by_example(capsys, command):
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    said = capsys.readouterr().out
    assert "example" in said
    assert f"seriome {command}" in said


@pytest.fixture
def cohort(tmp_path):
    (tmp_path / "patients.tsv").write_text("patient\nP1\n")
    (tmp_path / "samples.tsv").write_text("sample\tpatient\ttimepoint\tday\tspecimen\nP1-T0\tP1\tT0\t0\ttumor\n")
    (tmp_path / "assays.tsv").write_text("sample\tassay\trun\tformat\tpath1\nP1-T0\tproteome\tr1\tmzml\ta.mzML\n")
    (tmp_path / "a.mzML").touch()
    (tmp_path / "proteins.fa").touch()
    config = {"sheets": str(tmp_path), "data": str(tmp_path), "reference": {"proteins": str(tmp_path / "proteins.fa")}}
    (tmp_path / "config.yaml").write_text(json.dumps(config))
    return tmp_path


def test_check_of_a_sound_cohort_counts_it(capsys, cohort):
    code, out, _ = run(capsys, "check", "--configfile", str(cohort / "config.yaml"))
    assert (code, out) == (0, "sound: 1 patients, 1 samples, 1 proteome units\n")


def test_check_tells_problems_of_config_and_sheets_together(capsys, cohort):
    config = cohort / "config.yaml"
    config.write_text(f"sheets: {cohort}\ndata: {cohort}\nreslts: x\nseed: -1\n")
    (cohort / "samples.tsv").write_text("sampel\tpatient\ttimepoint\tday\tspecimen\nP1-T0\tP1\tT0\t0\ttumor\n")
    code, _, said = run(capsys, "check", "--configfile", str(config))
    assert code == 1
    assert said.replace(f"{cohort}/", "").splitlines() == [
        "3 problem(s):",
        "  config.yaml, unknown key 'reslts', did you mean 'results'?",
        "  config.yaml, seed: -1 is less than the minimum of 0",
        "  samples.tsv line 1: unknown column 'sampel', did you mean 'sample'?",
    ]


def test_check_wants_the_reference_that_the_assays_need(capsys, cohort):
    config = cohort / "config.yaml"
    config.write_text(f"sheets: {cohort}\ndata: {cohort}\nreference: {{compounds: none.tsv}}\n")
    code, _, said = run(capsys, "check", "--configfile", str(config))
    assert code == 1
    assert "reference.compounds: none.tsv is not there" in said
    assert "reference.proteins: missing, proteome as mzml needs it" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("sheets: [a\n", "is not YAML: expected ',' or ']'", id="yaml"),
        pytest.param("", "holds no keys: start from config/config.yaml", id="empty"),
    ],
)
def test_a_broken_config_is_one_line(capsys, tmp_path, text, said):
    (tmp_path / "c.yaml").write_text(text)
    code, _, err = run(capsys, "check", "--configfile", str(tmp_path / "c.yaml"))
    assert code == 1
    assert said in err
    assert err.count("\n") == 1


def test_an_absent_config_says_how_to_name_one(capsys):
    code, _, err = run(capsys, "check", "--configfile", "nowhere.yaml")
    assert (code, err) == (1, "error: nowhere.yaml is not there: name your file with --configfile\n")


def test_outcome_of_a_run_that_did_not_finish_is_failed(capsys, tmp_path):
    code, out, _ = run(capsys, "outcome", "--results", str(tmp_path))
    assert code == 1
    assert out.startswith("outcome: failed\n")


def test_score_without_results_says_what_to_do(capsys, tmp_path):
    code, _, err = run(capsys, "score", "--results", str(tmp_path / "none"), "--truth", str(tmp_path))
    assert code == 1
    assert "is no folder: run the workflow on a simulated cohort first" in err


def test_the_help_of_simulate_tells_the_simulators_own_defaults():
    from inspect import signature

    from seriome.cli import SIMULATION
    from seriome.simulate import simulate

    defaults = signature(simulate).parameters
    for option, meaning in SIMULATION.items():
        assert meaning.endswith(f"(default: {defaults[option.replace('-', '_')].default})")
