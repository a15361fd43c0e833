"""Tables in, HTML out. Everything that comes from data is escaped by the templates; nothing is fetched by the page."""

from functools import cache
from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from seriome import __version__
from seriome.cohort import CONTROL_PATIENT
from seriome.features import ASSAYS
from seriome.files import read_tsv
from seriome.report import changes, rna, words
from seriome.report.actionable import actionable
from seriome.report.inputs import VARIANTS, plain
from seriome.report.sparks import COLOURS, glyph, spark, told

TEMPLATES = Path(__file__).parent / "templates"
KEY = ("purity", "tmb", "msi")  # what is read first
FIRST = ("purity", "ploidy", "genome_altered", "genome_loh", "genome_doubled", "tmb", "tmb_exome", "msi")
ALTERING = ("missense", "stop", "start_lost", "frameshift", "inframe", "splice_acceptor", "splice_donor")


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    said = (words.percent, words.count, words.number, words.signed, words.plural, words.day, words.humane)
    environment.filters.update({function.__name__: function for function in (*said, words.consequence)})
    environment.globals.update(glyph=glyph, assay_names=words.ASSAY_NAMES, colours=COLOURS, version=__version__)
    return environment


def patient_part(
    patient: dict,
    samples: list[dict],
    treatments: list[dict],
    *,
    variants: pd.DataFrame | None,
    clones: dict,
    course: pd.DataFrame,
    features: pd.DataFrame,
    figures: dict,
    variants_shown: int,
    changes_shown: int,
    translated: pd.DataFrame | None = None,
    meaning=(),
) -> str:
    """The part of one patient, made of this patient's rows and tables only.

    patient     row of patients.tsv; samples, treatments: the patient's rows of those sheets (no empty cells)
    variants    dna's table (inputs.VARIANTS), None where no DNA was asked for
    clones      tables of the clones stage, as in inputs.CLONE_TABLES; growth and heterogeneity may have no rows
    course      table of the course stage
    features    rows of the patient's feature tables
    figures     names as in figures.NAMES: SVG as Markup, or None where there is nothing to draw
    translated  matches to the patient's own proteins (inputs.TRANSLATED), None where none were searched for
    variants_shown, changes_shown  rows of the table of variants and of each list of changes
    meaning     rows of dna/meaning: what is known of the patient's changes
    """
    samples = sorted(samples, key=sample_order)
    looked = variants is not None
    variants = variants if looked else pd.DataFrame(columns=VARIANTS)
    return _templates().get_template("patient.html").render(
        patient=patient,
        ident=patient["patient"],
        samples=samples,
        treatments=sorted(treatments, key=lambda row: (row["start"], row["drug"])),
        events=words.events_in_words(plain(clones["events"])),
        responses=responses_in_words(course),
        clones=clone_rows(clones),
        clone_samples=_columns(clones["trajectories"].rename(columns={"sample_id": "sample"})),
        looked=looked,
        variants=variant_table(variants, samples, treatments, variants_shown),
        translated=None if translated is None else translated_table(samples, translated),
        actionable=actionable(meaning, features, samples, treatments),
        key=biomarker_table(samples, features, key=True),
        biomarkers=biomarker_table(samples, features, key=False),
        changes=change_lists(samples, features, changes_shown),
        rna=rna.state_tables(samples, features),
        figures=figures,
    )  # fmt: skip


def whole_page(
    *,
    title: str,
    outcome: dict,
    patients: list[dict],
    account: list[dict],
    gaps: list[dict],
    summaries: list[dict],
    ranking: pd.DataFrame,
    evidence: pd.DataFrame,
    differential: pd.DataFrame,
    parts: dict,
    settings: dict,
    methods: list[dict],
    versions: list[tuple],
    ranking_shown: int,
    expression: dict,
    changes_shown: int,
) -> str:
    """The whole report.

    outcome     content of outcome.json; patients: rows of the sheet
    account     rows of ledger/samples.tsv: every sample × assay and what became of it
    gaps        rows of the gap ledger
    summaries   one `patient_summary` per patient
    ranking, evidence, differential  tables of the targets stage
    parts       {patient: HTML of `patient_part`}
    expression  tables changes, cohort and sites of the rna stage, and told: lines of its notes
    changes_shown  rows of each list of changes
    settings    {stage: {key: value}}; methods: dicts assay, method, parameters; versions: (program, version)
    """
    gaps_of = {}
    for gap in gaps:
        gaps_of.setdefault(gap["patient"], []).append(gap)
    cards = [matrix(row, account, gaps) for row in patients]
    named = [row["patient"] for row in patients]
    controls = matrix({"patient": CONTROL_PATIENT}, account, gaps)
    return _templates().get_template("page.html").render(
        title=title,
        css=Markup((TEMPLATES / "seriome.css").read_text(encoding="utf-8")),
        outcome=outcome["outcome"],
        outcome_sentence=words.outcome_sentence(outcome),
        patients=patients,
        cards=cards,
        card_of={card["patient"]["patient"]: card for card in cards},
        controls=controls,
        gaps=gaps,
        gaps_of=gaps_of,
        events=sorted((event for one in summaries for event in one["events"]), key=lambda event: event["rank"]),
        numbers=count_up(patients, account, outcome, summaries, gaps),
        ranking=ranking_rows(ranking, evidence, ranking_shown),
        ranking_total=len(ranking),
        layers=[layer for layer in ranking.columns if layer in LAYER_NAMES and ranking[layer].notna().any()],
        layer_names=LAYER_NAMES,
        differential=differential_lists(differential),
        fragments={name: Markup(part) for name, part in parts.items()},
        settings=settings,
        methods=methods,
        versions=versions,
        rna_changes={name: rna.patient_changes(expression["changes"], name, changes_shown) for name in named},
        rna_sites={name: rna.site_rows(expression["sites"], name) for name in named},
        rna_cohort=rna.cohort_lists(expression["cohort"]),
        rna_told=expression["told"],
        glossary=words.GLOSSARY,
        sources=read_tsv(words.SOURCES),
    )  # fmt: skip


def responses_in_words(course: pd.DataFrame) -> list[str]:
    """Each change of the response (RECIST 1.1), with the day on which it was first judged so."""
    judged = course[(course["track"] == "response") & (course["measure"] == "recist")].sort_values("day")
    said, last = [], None
    for row in plain(judged):
        if row["item"] != last and row["item"] in words.RESPONSES:
            said.append(f"{words.RESPONSES[row['item']]} ({words.day(row['day'])})")
        last = row["item"]
    return said


def patient_summary(patient: str, variants: pd.DataFrame | None, clones: dict) -> dict:
    """What the cohort's page needs of one patient: numbers of variants and clones, and the events in words."""
    variants = pd.DataFrame(columns=VARIANTS) if variants is None else variants
    called = variants[(variants["filter"].fillna("PASS") == "PASS") & variants["called"].fillna(False).astype(bool)]
    events = [event | {"patient": patient} for event in words.events_in_words(plain(clones["events"]))]
    return {
        "patient": patient,
        "variants": called["variant"].nunique(),
        "clones": clones["clusters"]["cluster_id"].nunique(),
        "events": events,
    }


LAYER_NAMES = {
    "mutation": "Mutation", "emergence": "Emergence", "copy_number": "Copy number", "rna": "RNA", "proteome": "Protein",
    "metabolome": "Metabolite",
}  # fmt: skip


def sample_order(row: dict) -> tuple:
    """By day, then normal before tumour before plasma, then name."""
    specimen = row.get("specimen", "")
    rank = words.SPECIMEN_ORDER.index(specimen) if specimen in words.SPECIMEN_ORDER else 99
    return (row.get("day", 0), rank, row["sample"])


def count_up(patients, account, outcome, summaries, gaps) -> dict:
    """The numbers at the head of the page."""
    of_patients = [row for row in account if row["patient"] != CONTROL_PATIENT]
    return {
        "patients": len(patients),
        "timepoints": len({(row["patient"], row["timepoint"]) for row in of_patients}),
        "samples": len({row["sample"] for row in of_patients}),
        "raw file sets": outcome["units"]["asked"],
        "variants": sum(one["variants"] for one in summaries),
        "clones": sum(one["clones"] for one in summaries),
        "gaps": len(gaps),
    }


def matrix(patient: dict, account: list[dict], gaps: list[dict]) -> dict:
    """One patient's assays × samples: each cell measured, part, gap or none (not asked for), with its words."""
    of_patient = [_filled(row) for row in account if row["patient"] == patient["patient"]]
    samples = sorted({row["sample"]: row for row in of_patient}.values(), key=sample_order)
    status = {(row["sample"], row["assay"]): row for row in of_patient}
    missing = {}
    for gap in gaps:
        missing.setdefault((gap["sample"], gap["assay"]), set()).add(words.humane(gap["reason"]))
    rows = []
    for assay in ASSAYS:
        cells = []
        for sample in samples:
            key = (sample["sample"], assay)
            reasons = words.listed(sorted(missing.get(key, ())))
            one = status.get(key, {"status": "not asked"})
            if one["status"] == "not asked":
                state, said = "none", "not measured: not in the sheets"
            elif one["status"] == "gap":
                state, said = "gap", f"gap: {reasons}"
            elif reasons:
                state, said = "part", f"measured, with a gap: {reasons}"
            else:
                state, said = "measured", "measured"
            cells.append({"state": state, "said": f"{sample['sample']}, {words.ASSAY_NAMES[assay]}: {said}"})
        rows.append({"assay": assay, "cells": cells})
    visits = []
    for sample in samples:
        visit = (sample.get("timepoint", ""), sample.get("day"))
        if not visits or visits[-1]["visit"] != visit or not visit[0]:
            visits.append({"visit": visit, "samples": []})
        visits[-1]["samples"].append(sample)
    return {"patient": patient, "samples": samples, "visits": visits, "rows": rows}


def _columns(table: pd.DataFrame) -> list[dict]:
    """The samples of a table in the order of their days, as dicts sample, timepoint, day, specimen."""
    keys = ["sample", "timepoint", "day", "specimen"]
    return sorted(plain(table.reindex(columns=keys).drop_duplicates("sample")), key=lambda r: sample_order(_filled(r)))


def _filled(row: dict) -> dict:
    return {key: value for key, value in row.items() if value is not None}


def clone_rows(clones: dict) -> list[dict]:
    """One row per clone: id, parent, support, number of mutations, named ones, and its cells by sample."""
    from seriome.clones.pictures import clone_label

    clusters, tree, course = clones["clusters"], plain(clones["tree"]), clones["trajectories"]
    parents = {row["cluster_id"]: row for row in tree}
    rows = []
    ids = sorted({*clusters["cluster_id"].dropna(), *course["cluster_id"].dropna()})
    for ident in ids:
        members = clusters[clusters["cluster_id"] == ident].drop_duplicates("mutation_id")
        named = sorted(str(name) for name in members["name"].dropna() if ":" not in str(name))
        above = parents.get(ident, {})
        rows.append(
            {
                "clone": clone_label(int(ident)),
                "parent": clone_label(above["parent"]) if above.get("parent", -1) != -1 else None,
                "support": above.get("support"),
                "mutations": len(members),
                "names": named[:6],
                "more": max(len(named) - 6, 0),
                "cells": {row["sample_id"]: row for row in plain(course[course["cluster_id"] == ident])},
            }
        )
    return rows


def variant_table(variants: pd.DataFrame, samples: list[dict], treatments: list[dict], shown: int) -> dict:
    """The somatic variants to show, protein-altering and named ones first, then by the largest fraction.

    Returns  columns (the samples), rows (name, consequence, spark, cells by sample), total, hidden, filtered
    """
    passing = variants[(variants["filter"].fillna("PASS") == "PASS")]
    called = passing[passing["called"].fillna(False).astype(bool)]
    found = passing[passing["variant"].isin(called["variant"])]
    filtered = variants["variant"].nunique() - found["variant"].nunique()
    columns = _columns(variants)
    treated = [{"drug": t["drug"], "start": t["start"], "end": t.get("end")} for t in treatments]
    days = [row["day"] for row in columns if row["day"] is not None and row["specimen"] != "normal"]
    first, last = (min(days), max(days)) if days else (0, 1)
    somatic = found[found["specimen"] != "normal"]
    top = max(float(somatic["vaf"].max()), 0.05) if somatic["vaf"].notna().any() else 0.05
    rows = []
    for ident, one in found.groupby("variant", sort=True):
        head = plain(one.iloc[[0]])[0]
        points = sorted((_filled_keys(row) for row in plain(one)), key=lambda r: sample_order(_filled(r)))
        cells = {point["sample"]: point | {"told": told(point)} for point in points}
        tumour = [point for point in points if point["specimen"] != "normal"]
        altering = any(term in str(head["consequence"] or "") for term in ALTERING)
        largest = max((point["vaf"] or 0 for point in tumour), default=0)
        rows.append(
            {
                "variant": ident,
                "name": head["name"] or head["gene"] or ident,
                "consequence": head["consequence"],
                "altering": altering,
                "order": (not altering, -largest, ident),
                "spark": spark(tumour, treated, first, last, top),
                "cells": cells,
            }
        )
    rows.sort(key=lambda row: row["order"])
    return {
        "columns": columns,
        "rows": rows[:shown],
        "total": len(rows),
        "hidden": max(len(rows) - shown, 0),
        "filtered": filtered,
        "top": top,
        "altering": sum(row["altering"] for row in rows),
    }


def _filled_keys(row: dict) -> dict:
    return {key: row.get(key) for key in ("sample", "timepoint", "day", "specimen", "state", "vaf", "lod", "depth")}


def biomarker_table(samples: list[dict], features: pd.DataFrame, key: bool | None = None) -> dict:
    """What DNA says of each tumour as a whole: columns (its samples), rows (name, cells by sample), never (names).

    key    only fusions and the biomarkers of KEY (True), only the others (False), or all (None)

    A cell has value, lower, upper, lod in words of the biomarker's unit, and state.
    """
    own = features[features["kind"].isin(["biomarker", "fusion"]) & (features["assay"] == "dna")]
    if key is not None:
        own = own[(own["feature"].isin(KEY) | (own["kind"] == "fusion")) == key]
    seen = set(own["sample"])
    rows, never = [], []
    groups = dict(list(own.groupby("feature")))
    for feature in sorted(groups, key=lambda name: (FIRST.index(name) if name in FIRST else len(FIRST), name)):
        one = groups[feature]
        head = one.iloc[0]
        if (one["state"] == "not_measured").all():
            never.append(head["name"])
            continue
        said = words.number if head["unit"] in ("mutations_per_mb", "copies") else words.percent
        cells = {
            row["sample"]: {"state": row["state"]}
            | {key: said(row[key]) if words.known(row[key]) else None for key in ("value", "lower", "upper", "lod")}
            for row in plain(one)
        }
        rows.append({"name": head["name"], "per_mb": head["unit"] == "mutations_per_mb", "cells": cells})
        rows[-1]["fusion"] = head["kind"] == "fusion"
    return {"columns": [row for row in samples if row["sample"] in seen], "rows": rows, "never": never}


def translated_table(samples: list[dict], matches: pd.DataFrame) -> dict:
    """Mutations that peptides show to be translated: columns (samples that show any) and a row per peptide.

    A row has name, kind, start, the peptide in three parts (before, new, after the change), and by sample the spectra,
    the best of them with its score and the class's false discovery rate.
    """
    kept = matches[matches["reported"].astype(str) == "True"]
    rows = []
    for (name, peptide, start), own in kept.groupby(["name", "peptide", "start"], sort=True):
        best = own.sort_values("score", ascending=False, kind="stable")
        first, last = int(best["first"].iloc[0] - start), int(best["last"].iloc[0] - start)
        parts = peptide[: max(first, 0)], peptide[max(first, 0) : last + 1], peptide[last + 1 :]
        cells = {
            sample: {"spectra": len(part), "q": float(part["class_q"].min())}
            | {key: part[key].iloc[0] for key in ("score", "spectrum")}
            for sample, part in best.groupby("sample", sort=True)
        }
        rows.append({"name": name, "kind": best["kind"].iloc[0], "start": int(start), "parts": parts, "cells": cells})
    seen = {sample for row in rows for sample in row["cells"]}
    return {"columns": [row for row in samples if row["sample"] in seen], "rows": rows, "looked_at": len(matches)}


def change_lists(samples: list[dict], features: pd.DataFrame, shown: int) -> list[dict]:
    """For expression, proteins and metabolites: the two samples compared and the largest differences between them."""
    table = pd.DataFrame(samples, columns=["sample", "timepoint", "day", "specimen", "phase"])
    lists = []
    for kind, (assay, heading, unit, _) in changes.KINDS.items():
        of_kind = features[(features["kind"] == kind) & features["state"].isin(["measured", "zero"])]
        pair = changes.pair_of(table[table["sample"].isin(set(of_kind["sample"]))])
        entry = {"kind": kind, "assay": assay, "heading": heading, "unit": unit, "pair": pair, "rows": [], "top": 1.0}
        if pair:
            early, late = pair
            entry["rows"] = changes.largest_changes(features, early["sample"], late["sample"], kind, shown)
            entry["top"] = max((abs(row["change"]) for row in entry["rows"]), default=1.0)
            entry["appeared"], entry["vanished"] = changes.newly_seen(features, early["sample"], late["sample"], kind)
        entry["seen"] = of_kind["sample"].nunique()
        lists.append(entry)
    return lists


def ranking_rows(ranking: pd.DataFrame, evidence: pd.DataFrame, shown: int, statements: int = 3) -> list[dict]:
    """The first rows of the ranking, each with its weightiest `statements`, of every layer one before a second."""
    rows = plain(ranking.head(shown))
    for row in rows:
        of_gene = evidence[evidence["gene"] == row["gene"]].sort_values("weight", ascending=False, kind="stable")
        turn = of_gene.groupby("layer").cumcount()
        chosen = of_gene.assign(turn=turn).sort_values("turn", kind="stable").head(statements)
        row["statements"] = chosen["statement"].tolist()
        row["more"] = len(of_gene) - len(chosen)
    return rows


def differential_lists(differential: pd.DataFrame, shown: int = 12) -> list[dict]:
    """Per layer: the contrast, how many were tested, how many pass q < 0.05, and the best rows by q then size."""
    lists = []
    for layer, rows in differential.groupby("layer", sort=True) if len(differential) else []:
        tested = rows[rows["state"] == "tested"].copy()
        tested["size"] = -tested["log2_fold_change"].abs()
        best = tested.sort_values(["q", "p", "size", "feature"]).head(shown)
        lists.append(
            {
                "layer": words.ASSAY_NAMES.get(layer, str(layer).capitalize()),
                "contrast": rows["contrast"].iloc[0],
                "method": rows["method"].iloc[0],
                "pairs": int(rows["pairs"].max()) if rows["pairs"].notna().any() else 0,
                "known": len(rows),
                "tested": len(tested),
                "found": int((tested["q"] < 0.05).sum()),
                "rows": plain(best),
                "top": max((abs(x) for x in best["log2_fold_change"]), default=1.0) or 1.0,
            }
        )
    return lists
