"""The small files of a simulated cohort: sheets, configuration, truth tables, and what is broken on purpose."""

from pathlib import Path

import numpy as np
import yaml

from seriome.config import schema
from seriome.files import write_text, write_tsv
from seriome.simulate.levels import PROTEIN_FOLLOWS, stream
from seriome.simulate.metabolome import compounds
from seriome.simulate.tumours import Tumour

UMI = "3M2S+T 3M2S+T"
LAB_DAYS = 42  # days between laboratory values that are taken whatever happens
# measure: (unit, lower and upper bound of normal, level in health, added per unit of burden, sd of noise)
LABORATORY = {
    "ldh": ("U/L", 135, 250, 175, 160, 14),
    "crp": ("mg/L", 0, 5, 2, 22, 1.5),
    "albumin": ("g/L", 35, 52, 43, -7, 1),
    "weight": ("kg", None, None, 74, -6, 0.6),
    "neutrophils": ("10*9/L", 1.8, 7.5, 3.9, 2.2, 0.4),
    "lymphocytes": ("10*9/L", 1.0, 4.0, 2.1, -0.8, 0.15),
}
TRUTH = {
    "variants": "patient sample day variant gene name clone ccf multiplicity tumor_cn purity vaf role depth detectable",
    "copy_number": "patient sample gene gene_id total_cn",
    "purity": "patient sample purity tumour_fraction",
    "clones": "patient clone parent",
    "clone_fractions": "patient sample day clone ccf",
    "expression": "sample gene_id gene tpm",
    "differential": "patient gene log2_fold_change",
    "fusions": "patient sample gene5 exon5 gene3 exon3 tpm",
    "junctions": "patient sample gene5 exon5 gene3 exon3 share",
    "proteins": "sample accession gene log2_abundance",
    "variant_proteins": "sample accession gene change share",
    "fusion_proteins": "sample gene5 exon5 gene3 exon3 log2_abundance",
    "differential_proteins": "patient gene log2_fold_change",
    "metabolites": "sample compound_id name log2_level",
    "differential_metabolites": "patient compound_id name log2_fold_change",
    "events": "patient name variant kind day_emerged sample_first_detectable day_first_detectable",
    "gaps": "sample assay run reason",
}
NO_SPECTRA = """<?xml version="1.0" encoding="utf-8"?>
<mzML xmlns="http://psi.hupo.org/ms/mzml" version="1.1.0" id="{run}">
<cvList count="1"><cv id="MS" fullName="Proteomics Standards Initiative Mass Spectrometry Ontology" version="4.1.100" \
URI="https://raw.githubusercontent.com/HUPO-PSI/psi-ms-CV/master/psi-ms.obo"/></cvList>
<fileDescription><fileContent><cvParam cvRef="MS" accession="MS:1000579" name="MS1 spectrum" value=""/></fileContent>\
</fileDescription>
<softwareList count="1"><software id="seriome" version="1"><cvParam cvRef="MS" accession="MS:1000799" \
name="custom unreleased software tool" value="seriome simulate"/></software></softwareList>
<instrumentConfigurationList count="1"><instrumentConfiguration id="IC1"><cvParam cvRef="MS" accession="MS:1000031" \
name="instrument model" value=""/></instrumentConfiguration></instrumentConfigurationList>
<dataProcessingList count="1"><dataProcessing id="DP1"><processingMethod order="0" softwareRef="seriome">\
<cvParam cvRef="MS" accession="MS:1000035" name="peak picking" value=""/></processingMethod></dataProcessing>\
</dataProcessingList>
<run id="{run}" defaultInstrumentConfigurationRef="IC1"><spectrumList count="0" defaultDataProcessingRef="DP1">\
</spectrumList></run>
</mzML>
"""


def write_truth(folder: Path, tables: dict[str, list[dict]]) -> None:
    """Every table of TRUTH, sorted as given, empty ones too."""
    for name, columns in TRUTH.items():
        write_tsv(folder / f"{name}.tsv", tables.get(name, []), columns.split())


def write_sheets(folder: Path, tables: dict[str, list[dict]]) -> None:
    """The five sheets with the columns of their schemas."""
    for name in ("patients", "samples", "assays", "treatments", "clinical"):
        write_tsv(folder / f"{name}.tsv", tables[name], list(schema(name)["properties"]))


def write_config(folder: Path, out: str, seed: int) -> None:
    """config.yaml of the cohort; `out` is the folder of the cohort as the user wrote it."""
    config = {
        "sheets": f"{out}/config",
        "data": out,
        "results": "results",
        "seed": seed,
        "reference": {
            "genome": f"{out}/reference/genome.fa",
            "genes": f"{out}/reference/genes.gtf",
            "targets": f"{out}/reference/targets.bed",
            "proteins": f"{out}/reference/proteins.fa",
            "compounds": f"{out}/reference/compounds.tsv",
            "spectra": f"{out}/reference/spectra.msp",
        },
        "report": {"title": f"Simulated cohort, seed {seed}"},
    }
    head = "# Written by `seriome simulate`; paths start from the folder that the command was started in.\n"
    write_text(folder / "config.yaml", head + yaml.safe_dump(config, sort_keys=False))


def sheet_rows(tumours: list[Tumour], units: list[dict], controls: list[tuple[str, str]], seed: int) -> dict:
    """Rows of the five sheets. `units` are rows of assays.tsv; `controls` are (sample, specimen)."""
    rows = {name: [] for name in ("patients", "samples", "treatments", "clinical")}
    for tumour in tumours:
        story, patient = tumour.story, tumour.patient
        shift = int(stream(seed, patient, "age").integers(-4, 5))
        rows["patients"].append(
            {
                "patient": patient,
                "sex": story.sex,
                "age": story.age + shift,
                "diagnosis": story.diagnosis,
                "group": story.group,
                "outcome": story.outcome,
                "outcome_day": story.outcome_day,
            }
        )
        for visit in story.visits:
            rows["samples"].append(
                {
                    "sample": f"{patient}-{visit.label}",
                    "patient": patient,
                    "timepoint": visit.timepoint,
                    "day": visit.day,
                    "specimen": visit.specimen,
                    "site": visit.site,
                    "phase": visit.phase,
                }
            )
        rows["treatments"] += [{"patient": patient, **_course(course)} for course in story.courses]
        rows["clinical"] += clinical(tumour, seed)
    rows["samples"] += [{"sample": sample, "specimen": specimen} for sample, specimen in controls]
    return rows | {"assays": units}


def _course(course) -> dict:
    return {key: value for key, value in vars(course).items() if value not in (None, "")}


def clinical(tumour: Tumour, seed: int) -> list[dict]:
    """Diameters of the lesions and laboratory values on the days of the samples, and every LAB_DAYS in between."""
    story, patient = tumour.story, tumour.patient
    rng = stream(seed, patient, "clinical")
    days, sizes = zip(*story.burden, strict=True)
    visits = {visit.day for visit in story.visits} | set(days)
    regular = {day for day in range(0, days[-1] + 1, LAB_DAYS) if all(abs(day - other) > 14 for other in visits)}
    rows = []
    for day in sorted(visits | regular):
        burden = float(np.interp(day, days, sizes))

        def row(measure, value, unit, item="", low=None, high=None, day=day):
            rows.append(
                {
                    "patient": patient, "day": day, "measure": measure, "item": item, "value": value, "unit": unit,
                    "lower_normal": low, "upper_normal": high,
                }
            )  # fmt: skip

        if day in days:  # imaging
            for lesion, diameter in story.lesions.items():
                seen = diameter * burden + rng.normal(0, 0.6)
                row("target_lesion", round(max(seen, 0.0), 1) if burden else 0.0, "mm", lesion)
            for name, since in story.new_lesion:
                if since == day:
                    row("new_lesion", 1, "1", name)
        for measure, (unit, low, high, healthy, slope, sd) in LABORATORY.items():
            value = max(healthy + slope * burden + rng.normal(0, sd), 0.1)
            row(measure, round(value, 1), unit, "", low, high)
    return rows


def planned_changes(tumours: list[Tumour], genes: set[str]) -> dict[str, list[dict]]:
    """The differential tables of the truth: log2 fold changes of a story at state 1 against state 0, per patient."""
    names = {compound.compound_id: compound.name for compound in compounds()}
    tables = {"differential": [], "differential_proteins": [], "differential_metabolites": []}
    for tumour in tumours:
        key = {"patient": tumour.patient}
        for gene, change in sorted(tumour.story.expression.items()):
            if gene in genes:
                tables["differential"].append(key | {"gene": gene, "log2_fold_change": change})
                protein = round(change * PROTEIN_FOLLOWS, 4)
                tables["differential_proteins"].append(key | {"gene": gene, "log2_fold_change": protein})
        for compound, change in sorted(tumour.story.metabolites.items()):
            row = {"compound_id": compound, "name": names[compound], "log2_fold_change": change}
            tables["differential_metabolites"].append(key | row)
    return tables


def resistance_events(tumour: Tumour, expectations: list[dict]) -> list[dict]:
    """Rows of truth/events.tsv: when a resistance mutation was born, and the first sample that could show it."""
    rows = []
    resistance = sorted((one for one in tumour.mutations if one.role == "resistance"), key=lambda one: one.name)
    for one in resistance:
        change = next(
            planned
            for planned in tumour.story.resistance
            if planned.gene == one.gene and (planned.change == "*" or one.name.endswith(f" {planned.change}"))
        )
        seen = [row for row in expectations if row["variant"] == str(one.variant) and row["detectable"]]
        first = min(seen, key=lambda row: row["day"]) if seen else {"sample": None, "day": None}
        rows.append(
            {
                "patient": tumour.patient,
                "name": one.name,
                "variant": str(one.variant),
                "kind": "resistance",
                "day_emerged": change.day_emerged,
                "sample_first_detectable": first["sample"],
                "day_first_detectable": first["day"],
            }
        )
    return rows


def truncate(path: Path, share: float = 0.6) -> None:
    """Cut a file off, as an interrupted copy does."""
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])


def without_spectra(path: Path) -> None:
    """Replace a run by a well-formed mzML in which there is no spectrum, as of an instrument that never started."""
    write_text(path, NO_SPECTRA.format(run=path.name.removesuffix(".mzML")))
