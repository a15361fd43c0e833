"""The whole road on a small cohort of two patients: run once, then asked many things."""

import json
import re

import pandas as pd
import pytest
import yaml

from seriome.cli import main
from seriome.files import read_tsv

from .conftest import LATER, snakemake

pytestmark = pytest.mark.slow


def planned(said):
    """({rule: number of jobs}, [what each job says of itself]) of a dry run."""
    table = said.split("Job stats:")[1].split("\n\n")[0]
    counts = {name: int(number) for name, number in re.findall(r"^(\w+) +(\d+)$", table, flags=re.MULTILINE)}
    return counts, re.findall(r"^Job \d+: (.*)$", said, flags=re.MULTILINE)


def test_the_run_ends_with_exactly_the_planted_gaps(finished, capsys):
    planted = {(g["sample"], g["assay"], g["run"], g["reason"]) for g in read_tsv(finished / "demo/truth/gaps.tsv")}
    found = {(g["sample"], g["assay"], g["run"], g["reason"]) for g in read_tsv(finished / "results/ledger/gaps.tsv")}
    assert found == planted
    assert {reason for *_, reason in found} == {"truncated_gzip", "no_spectra"}
    assert json.loads((finished / "results/outcome.json").read_text())["outcome"] == "complete with gaps"
    assert main(["outcome", "--results", str(finished / "results")]) == 0
    said = capsys.readouterr().out
    assert said.startswith("outcome: complete with gaps\n")
    for word in ("is cut off: the gzip stream ends after", "is well-formed and has no spectrum"):
        assert word in said
    assert said.count("what to do: ") == 2


def test_every_planted_resistance_is_seen_and_none_is_invented(finished):
    truth = pd.read_csv(finished / "demo/truth/events.tsv", sep="\t")
    for patient, planted in pd.read_csv(finished / "demo/truth/variants.tsv", sep="\t").groupby("patient"):
        variants = pd.read_parquet(finished / f"results/dna/variants/{patient}.parquet")
        called = variants[variants["called"] & (variants["filter"] == "PASS")]
        first = called.groupby("variant")["day"].min()
        due = truth[(truth["patient"] == patient) & ~truth["sample_first_detectable"].str.startswith(LATER)]
        there = planted[planted["vaf"] > 0].groupby("variant")["day"].agg(set)
        for event in due.itertuples():
            assert first[event.variant] in there[event.variant], event.name
            assert first[event.variant] <= event.day_first_detectable, event.name
        assert set(called["variant"]) <= set(planted["variant"])
        told = pd.read_csv(finished / f"results/clones/{patient}/events.tsv", sep="\t")
        assert set(told.loc[told["event"] == "resistance", "name"]) <= set(truth["name"])


def test_a_second_run_does_nothing(finished):
    assert "Nothing to be done" in snakemake(finished)


def test_the_feature_store_holds_the_contract(finished):
    import pyarrow.dataset as ds

    store = ds.dataset(finished / "results/features", format="parquet", partitioning=None).to_table().to_pandas()
    assert set(store["assay"]) == {"dna", "rna", "proteome", "metabolome"}
    has_value = store["state"].isin(["measured", "zero"])
    assert (store["value"].notna() == has_value).all()
    variants = store[store["kind"] == "variant"]
    absent = variants[variants["state"] == "below_lod"]
    assert len(absent) > 0
    assert absent["lod"].notna().all()


def test_other_programs_open_the_cohort(finished):
    import mudata

    cohort = mudata.read_h5mu(finished / "results/cohort/cohort.h5mu")
    assert {"dna", "rna", "proteome", "metabolome"} <= set(cohort.mod)
    assert cohort["rna"].n_vars == 45


def test_the_report_stands_alone(finished):
    page = (finished / "results/report/seriome.html").read_text()
    assert "EGFR T790M" in page
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=[\"']?https?:", page)
    assert str(finished) not in page


def test_snakemakes_own_report_is_made(finished):
    snakemake(finished, "--report", "report.html")
    assert (finished / "report.html").stat().st_size > 100_000


def test_no_result_knows_the_machine(finished):
    import socket

    for path in sorted((finished / "results").rglob("*")):
        if path.suffix in (".tsv", ".json", ".html") and not {"logs", "benchmarks"} & set(path.parts):
            text = path.read_text(errors="replace")
            assert str(finished) not in text, path
            assert not re.search(rf"\b{re.escape(socket.gethostname())}\b", text) or len(socket.gethostname()) < 4, path


def test_a_misspelt_column_is_one_clear_error_before_anything_starts(cohort, tmp_path):
    for sheet in (cohort / "demo/config").glob("*.tsv"):
        (tmp_path / sheet.name).write_text(sheet.read_text().replace("specimen", "specimn"))
    config = yaml.safe_load((cohort / "config.yaml").read_text()) | {"sheets": str(tmp_path)}
    (cohort / "misspelt.yaml").write_text(yaml.safe_dump(config))
    said = snakemake(cohort, "--dry-run", "--configfile", "misspelt.yaml", check=False)
    assert "samples.tsv line 1: unknown column 'specimn', did you mean 'specimen'?" in said
    assert "Traceback" not in said
    assert "rule " not in said.replace("rules/common.smk", "")


def test_another_number_of_cores_gives_the_same_bytes(finished):
    from seriome.files import sha256

    config = yaml.safe_load((finished / "config.yaml").read_text()) | {"results": "again"}
    (finished / "again.yaml").write_text(yaml.safe_dump(config))
    wanted = [
        "features/assay=dna/patient=P2/sample=P2-T3-tumor.parquet",
        "features/assay=rna/patient=P2/sample=P2-T0-tumor.parquet",
        "features/assay=proteome/patient=P2/sample=P2-T0-tumor.parquet",
        "features/assay=metabolome/patient=P2/sample=P2-T0-serum.parquet",
        "dna/variants/P2.vcf.gz",
        "clones/P2/trajectories.tsv",
        "course/P2.parquet",
    ]
    snakemake(finished, "--configfile", "again.yaml", "--cores", "1", *(f"again/{name}" for name in wanted))
    for name in wanted:
        assert sha256(finished / "again" / name) == sha256(finished / "results" / name), name


def test_a_new_timepoint_plans_its_samples_its_patient_and_the_cohort_only(finished):
    """Last, since it changes the sheets: the rows of P1's last timepoint come back."""
    for sheet in (finished / "demo/config").glob("*.tsv"):
        (finished / "sheets" / sheet.name).write_text(sheet.read_text())
    jobs, said = planned(snakemake(finished, "--dry-run"))
    assert [one for one in said if re.search(r"P2|pool|blank", one)] == []
    assert len(said) == sum(jobs.values()) - jobs["total"] - jobs["all"]
    # per sample: only the new ones are read, aligned, quantified
    assert jobs["intake"] == 4  # dna, rna, proteome, metabolome
    once = ("dna_align", "dna_measure", "rna_quant", "metabolome_injection")
    assert {rule: jobs[rule] for rule in once} == dict.fromkeys(once, 1)
    assert all(LATER in one for one in said if re.search(r"intake|align|microsatellites|quantif|injection", one))
    # per patient: P1, once
    patient = ("dna_call", "dna_identity", "rna_identity", "proteome_search", "proteome_quantify", "clones", "course")
    patient += ("report_patient",)
    assert {rule: jobs[rule] for rule in patient} == dict.fromkeys(patient, 1)
    # per cohort: once each
    cohort = ("dna_relatedness", "features_mudata", "targets_differential", "targets_ranking", "ledger", "report_page")
    assert {rule: jobs[rule] for rule in cohort} == dict.fromkeys(cohort, 1)
    assert jobs["total"] < 60  # 59: four units, their patient, the tables of the cohort
