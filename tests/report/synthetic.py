"""A small results folder by hand: one patient with everything, one with serum only and a hostile diagnosis, one with
tables that have a header only."""

import math

import pandas as pd

from seriome.course.table import course as course_table
from seriome.features import write_features
from seriome.files import write_json, write_tsv
from seriome.known import rows_of, rows_of_kind
from seriome.ledger import Gap, Gaps, account
from seriome.ledger.account import SAMPLE_COLUMNS, look_at
from seriome.report.inputs import CLONE_TABLES, COURSE, VARIANTS

HOSTILE = 'Sarcoma <script>alert("run")</script> & <img src=x onerror=alert(1)>'
PATIENTS = [
    {"patient": "P1", "sex": "female", "age": 61, "diagnosis": "Lung adenocarcinoma, EGFR L858R", "group": "tki",
     "outcome": "alive", "outcome_day": 412},
    {"patient": "P2", "sex": "male", "age": 44, "diagnosis": HOSTILE, "group": "<b>arm</b>"},
    {"patient": "P3", "diagnosis": "Melanoma"},
]  # fmt: skip
SAMPLES = [
    {"sample": f"{patient}-{label}-{specimen[0].upper()}", "patient": patient, "timepoint": label, "day": day,
     "specimen": specimen, "phase": phase}
    for patient, label, day, specimen, phase in [
        ("P1", "T0", -7, "normal", "baseline"), ("P1", "T0", -7, "tumor", "baseline"),
        ("P1", "T0", -7, "plasma", "baseline"), ("P1", "T1", 42, "plasma", "on_treatment"),
        ("P1", "T2", 84, "plasma", "response"), ("P1", "T3", 210, "tumor", "progression"),
        ("P1", "T3", 210, "plasma", "progression"), ("P1", "T4", 330, "plasma", "progression"),
        ("P2", "T0", 0, "serum", "baseline"), ("P2", "T1", 60, "serum", "progression"),
        ("P3", "T0", 0, "tumor", "baseline"), ("P3", "T0", 0, "normal", "baseline"),
    ]
]  # fmt: skip
TREATMENTS = {
    "P1": [
        {"patient": "P1", "drug": "gefitinib", "start": 0, "end": 215, "reason_ended": "progression"},
        {"patient": "P1", "drug": "osimertinib", "start": 220},
    ]
}
DNA = [row["sample"] for row in SAMPLES if row["specimen"] in ("normal", "tumor", "plasma")]
ASSAYS = (
    [{"sample": sample, "assay": "dna", "run": "L1"} for sample in DNA]
    + [{"sample": "P1-T2-P", "assay": "dna", "run": "L2"}]
    + [{"sample": s, "assay": a, "run": "r1"} for s in ("P1-T0-T", "P1-T3-T") for a in ("rna", "proteome")]
    + [{"sample": s, "assay": "metabolome", "run": "r1"} for s in ("P2-T0-S", "P2-T1-S", "P1-T0-P", "P1-T3-P")]
)
GAPS = Gaps(
    [
        Gap("P1", "P1-T3-P", "metabolome", "r1", "intake", "no_spectra", "run1.mzML has no spectra", "export it again"),
        Gap("P1", "P1-T2-P", "dna", "L2", "intake", "truncated_gzip", "reads_2.fastq.gz ends early", "copy it again"),
        Gap("P3", "P3-T0-T", "dna", "", "dna", "too_few_reads", "<i>41</i> reads", "sequence again"),
    ]
)
MUTATIONS = [  # name, gene, consequence, vaf per sample T0-T T0-P T1-P T2-P T3-T T3-P T4-P
    ("EGFR L858R", "EGFR", "missense", [0.38, 0.052, 0.011, 0.004, 0.41, 0.078, 0.06]),
    ("EGFR T790M", "EGFR", "missense", [None, None, None, 0.0031, 0.21, 0.041, 0.019]),
    ("EGFR C797S", "EGFR", "missense", [None, None, None, None, None, None, 0.014]),
    ("TP53 R273H", "TP53", "missense", [0.35, 0.047, 0.009, None, 0.33, 0.07, 0.051]),
    ("RB1 c.1215+1G>A", "RB1", "splice_donor&intron", [0.31, 0.04, 0.008, "gap", 0.30, 0.06, 0.044]),
    ("STK11 p.K108fs", "STK11", "frameshift", [None, None, None, None, 0.08, 0.012, 0.004]),
    ("KEAP1 c.114", "KEAP1", "synonymous", [0.18, 0.02, None, None, 0.09, 0.02, "gap"]),
]
CLONE_OF = [0, 1, 2, 0, 0, 1, 0]


def of(patient):
    return [row for row in SAMPLES if row["patient"] == patient]


def variants(patient="P1"):
    if patient != "P1":
        return pd.DataFrame(columns=VARIANTS)
    rows = []
    samples = [row for row in of("P1") if row["specimen"] != "normal"]
    for index, (name, gene, consequence, fractions) in enumerate(MUTATIONS):
        for sample, fraction in zip([of("P1")[0], *samples], [None, *fractions], strict=True):
            depth = {"tumor": 178, "plasma": 812, "normal": 96}[sample["specimen"]] + 7 * index
            missing = fraction == "gap"
            vaf = None if missing else (fraction or 0.0)
            rows.append(
                {key: sample[key] for key in ("patient", "sample", "timepoint", "day", "specimen")}
                | {
                    "variant": f"chr{index + 1}:{1000 + index}:A:G", "chrom": f"chr{index + 1}", "pos": 1000 + index,
                    "ref": "A", "alt": "G", "gene": gene, "transcript": "t", "consequence": consequence, "name": name,
                    "hgvs_p": None, "depth": 0 if missing else depth, "ref_count": 0, "alt_count": 0, "vaf": vaf,
                    "vaf_lower": None if missing else max(vaf - 0.01, 0), "vaf_upper": None if missing else vaf + 0.01,
                    "lod": None if missing else 3.0 / depth,
                    "state": "not_measured" if missing else "measured" if fraction else "below_lod",
                    "called": bool(fraction) and not missing, "filter": "PASS",
                }
            )  # fmt: skip
    return pd.DataFrame(rows, columns=VARIANTS)


def clones(patient="P1"):
    empty = {name: pd.DataFrame(columns=columns) for name, columns in CLONE_TABLES.items()}
    if patient != "P1":
        return empty
    samples = [row for row in of("P1") if row["specimen"] != "normal"]
    course = {0: [1, 1, 1, 1, 1, 1, 1], 1: [0, 0, 0, 0.5, 0.55, 0.52, 0.4], 2: [0, 0, 0, 0, 0, 0, 0.3]}
    below = {0: 1, 1: 2}
    tracks, clusters = [], []
    for clone, values in course.items():
        for index, (sample, ccf) in enumerate(zip(samples, values, strict=True)):
            share = ccf - (course[below[clone]][index] if clone in below else 0)
            tracks.append(
                {"cluster_id": clone, "sample_id": sample["sample"], "day": sample["day"],
                 "timepoint": sample["timepoint"], "specimen": sample["specimen"], "ccf": ccf,
                 "ccf_lower": max(ccf - 0.08, 0), "ccf_upper": min(ccf + 0.08, 1), "share": share,
                 "share_lower": max(share - 0.1, 0), "share_upper": min(share + 0.1, 1), "tumour_fraction": 0.6,
                 "state": "measured" if ccf else "below_lod"}
            )  # fmt: skip
    for index, (name, gene, *_) in enumerate(MUTATIONS):
        clusters.append(
            {"mutation_id": f"chr{index + 1}:{1000 + index}:A:G", "sample_id": "P1-T0-T", "cluster_id": CLONE_OF[index],
             "name": name, "gene": gene, "state": "measured"}
        )  # fmt: skip
    events = [
        {"event": "resistance", "cluster_id": 1, "mutation_id": "chr2:1001:A:G", "name": "EGFR T790M",
         "first_seen_day": 84, "last_unseen_day": 42, "limit_then": 0.004, "unit": "vaf", "treatment": "gefitinib",
         "label": "first seen day 84; at day 42 the depth could have shown 0.4 %"},
        {"event": "emerged", "cluster_id": 2, "mutation_id": "chr3:1002:A:G", "name": "EGFR C797S",
         "first_seen_day": 330, "last_unseen_day": 210, "limit_then": 0.0037, "unit": "vaf",
         "treatment": "osimertinib", "label": None},
    ]  # fmt: skip
    phase = {"phase": "osimertinib", "start": 220, "end": None, "scale": "absolute"}
    growth = [
        phase | {"cluster_id": 1, "rate_per_day": 0.02, "lower": 0.01, "upper": 0.03, "doubling_days": 34.7,
                 "p_positive": 0.99},
        phase | {"cluster_id": 2, "reason": "not estimable: one day of this phase"},
    ]  # fmt: skip
    heterogeneity = [
        {"sample_id": sample["sample"], "day": sample["day"], "specimen": sample["specimen"], "clones_above": 2,
         "shannon": 0.6, "shannon_lower": 0.4, "shannon_upper": 0.7, "simpson": 0.45, "math": 31.0}
        for sample in samples
    ]  # fmt: skip
    tables = {
        "clusters": clusters,
        "tree": [
            {"cluster_id": 0, "parent": -1, "support": 1.0},
            {"cluster_id": 1, "parent": 0, "support": 1.0},
            {"cluster_id": 2, "parent": 1, "support": 0.86},
        ],
        "trajectories": tracks,
        "events": events,
        "growth": growth,
        "heterogeneity": heterogeneity,
    }
    return {name: pd.DataFrame(tables[name], columns=CLONE_TABLES[name]) for name in empty}


def course(patient="P1"):
    if patient == "P3":
        return pd.DataFrame(columns=COURSE)
    clinical = [
        {"patient": "P1", "day": day, "measure": "target_lesion", "item": "liver", "value": value, "unit": "mm"}
        for day, value in [(-7, 62.0), (42, 41.0), (84, 33.0), (150, 34.0), (210, 46.0), (330, 58.0)]
    ]
    for day, value in [(-7, 310.0), (42, 220.0), (150, 205.0), (210, 330.0), (330, 410.0)]:
        bounds = {"lower_normal": 135.0, "upper_normal": 250.0}
        clinical.append({"patient": "P1", "day": day, "measure": "ldh", "value": value, "unit": "U/L"} | bounds)
    return course_table(patient, of(patient), TREATMENTS.get(patient, []), clinical if patient == "P1" else [])


def feature_rows(kind, sample, shift):
    names = {
        "expression": ("rna", "log2_tpm", ["AXL", "EGFR", "VIM", "CDH1", "MET", "ERBB2", "MYC", "CD274"]),
        "protein": ("proteome", "log2_intensity", ["AXL", "EGFR", "VIM", "KRT18", "MET", "STAT3"]),
        "metabolite": ("metabolome", "log2_area", ["lactate", "kynurenine", "tryptophan", "glutamine"]),
    }
    assay, unit, listed = names[kind]
    values = [8 + math.sin(3 * i) + shift * math.cos(2 * i) for i in range(len(listed))]
    table = pd.DataFrame({"kind": kind, "feature": [f"{kind}-{n}" for n in listed], "name": listed, "value": values})
    return assay, table.assign(unit=unit, state="measured")


def dna_features(sample):
    """Variants, a fusion and biomarkers of one sample, as the dna stage writes them."""
    own = variants()[variants()["sample"] == sample["sample"]]
    columns = {"variant": "feature", "vaf": "value", "vaf_lower": "lower", "vaf_upper": "upper"}
    table = own.rename(columns=columns)[["feature", "name", "value", "lower", "upper", "state", "lod"]]
    table = table.assign(kind="variant", unit="vaf", value=table["value"].where(table["state"] == "measured"))
    found = table.to_dict("records")
    if sample["specimen"] == "normal":
        return table
    late = sample["day"] >= 210
    rows = [
        ("fusion", "CCDC6::RET:x", "CCDC6-RET C1;R12", "share_of_fragments", 0.04 if late else None, 0.008),
        ("biomarker", "purity", "tumour purity", "fraction", 0.62 if sample["specimen"] == "tumor" else 0.08, 0.03),
        ("biomarker", "ploidy", "tumour ploidy", "copies", 2.1, 0.1),
        ("biomarker", "tmb", "tumour mutational burden", "mutations_per_mb", 4.2, 2.2),
        ("biomarker", "msi", "microsatellite instability", "share_of_loci", None, None),
        ("biomarker", "signature_SBS4", "signature SBS4", "share_of_mutations", 0.4, 0.1),
    ]
    for kind, feature, name, unit, value, wide in rows:
        row = {"kind": kind, "feature": feature, "name": name, "unit": unit, "value": value, "state": "measured"}
        row |= {"lower": value - wide / 2, "upper": value + wide / 2} if value is not None else {}
        row |= {"state": "not_measured" if wide is None else "below_lod", "lod": wide} if value is None else {}
        found.append(row)
    return pd.DataFrame(found)


def meaning(patient="P1"):
    """Rows of dna/meaning for the mutations above and the fusion."""
    if patient != "P1":
        return []
    changes = [(f"chr{n + 1}:{1000 + n}:A:G", name, rows_of(name)) for n, (name, *_) in enumerate(MUTATIONS)]
    changes.append(("CCDC6::RET:x", "CCDC6-RET C1;R12", rows_of_kind("RET", "fusion")))
    return [
        {"variant": variant, "name": name, "source": "seriome", "direction": "Supports", "known_as": row["alteration"]}
        | {key: row[key] for key in ("match", "drug", "disease", "effect", "level", "pmid")}
        for variant, name, rows in changes
        for row in rows
    ]


def write_results(folder):
    """The folder of results as the stages would leave it, written with the core's own writers."""
    for row in PATIENTS:
        patient = row["patient"]
        if any(sample["sample"] in DNA for sample in of(patient)):
            where = folder / "dna" / "variants" / f"{patient}.parquet"
            where.parent.mkdir(parents=True, exist_ok=True)
            variants(patient).to_parquet(where)
        for name, table in clones(patient).items():
            rows = table.astype(object).where(table.notna(), None).to_dict("records")
            write_tsv(folder / "clones" / patient / f"{name}.tsv", rows, CLONE_TABLES[name])
        (folder / "course").mkdir(exist_ok=True)
        course(patient).to_parquet(folder / "course" / f"{patient}.parquet")
    plan = [("expression", s, x) for s, x in (("P1-T0-T", 0), ("P1-T3-T", 3))]
    plan += [("protein", s, x) for s, x in (("P1-T0-T", 0), ("P1-T3-T", 2))]
    plan += [("metabolite", s, x) for s, x in (("P2-T0-S", 0), ("P2-T1-S", 1.5), ("P1-T0-P", 0))]
    for kind, sample, shift in plan:
        assay, table = feature_rows(kind, sample, shift)
        row = next(row for row in SAMPLES if row["sample"] == sample)
        about = {key: row[key] for key in ("patient", "sample", "timepoint", "day")} | {"assay": assay}
        path = folder / f"features/assay={assay}/patient={row['patient']}/sample={sample}.parquet"
        write_features(path, table, about=about, method=f"made up <{assay}>", parameters={"k": 31}, inputs={})
    for sample in DNA[:-1]:
        row = next(row for row in SAMPLES if row["sample"] == sample)
        if row["patient"] == "P3":
            continue
        table = dna_features(row)
        about = {key: row[key] for key in ("patient", "sample", "timepoint", "day")} | {"assay": "dna"}
        path = folder / f"features/assay=dna/patient={row['patient']}/sample={sample}.parquet"
        write_features(path, table, about=about, method="made up", parameters={}, inputs={})
    write_ledger(folder)


def write_ledger(folder):
    patient_of = {row["sample"]: row["patient"] for row in SAMPLES}
    spoilt = {(gap.sample, gap.assay, gap.run): gap for gap in GAPS if gap.stage == "intake"}
    records = []
    for unit in ASSAYS:
        gap = spoilt.get((unit["sample"], unit["assay"], unit["run"]))
        said = {"reason": gap.reason, "detail": gap.detail, "way_out": gap.way_out} if gap else {}
        status = {"status": "gap" if gap else "ok", "records": 9, "files": [], "format": "fastq"}
        records.append(unit | {"patient": patient_of[unit["sample"]]} | status | said)
    found = {}
    for path in folder.glob("features/*/*/*.parquet"):
        found[path.stem[7:], path.parts[-3][6:]] = look_at(path)
    others = [gap for gap in GAPS if gap.stage != "intake"]
    run = account(records, others, SAMPLES, found, ["dna", "rna", "proteome", "metabolome"])
    run.gaps.write(folder / "ledger" / "gaps.tsv")
    write_tsv(folder / "ledger" / "samples.tsv", run.samples, SAMPLE_COLUMNS)
    write_json(folder / "outcome.json", run.outcome)


def ranking():
    said = "EGFR T790M in P1, first seen day 84; highest VAF 0.210 (T3); EGFR T790M emerged in P1 under gefitinib"
    layers = {"mutation": 1.0, "emergence": 1.0, "copy_number": 0.0, "rna": 0.4, "proteome": None}
    top = {"rank": 1, "rank_lower": 1, "rank_upper": 2, "gene": "EGFR", "score": 0.8, "layers": 3, "patients": 1}
    second = {"rank": 2, "rank_lower": 1, "rank_upper": 5, "gene": "AXL", "score": 0.55, "layers": 2, "patients": 1}
    few = {"mutation": 0.0, "emergence": 0.0, "copy_number": None, "rna": 1.0, "proteome": 0.9}
    return pd.DataFrame([top | layers | {"evidence": said}, second | few | {"evidence": "AXL up in progression"}])


def evidence():
    rows = [
        ("EGFR", "mutation", "EGFR T790M in P1, first seen day 84; highest VAF 0.210 (T3)", 0.2),
        ("EGFR", "mutation", "EGFR L858R in P1, first seen day -7; highest VAF 0.410 (T3)", 0.3),
        ("EGFR", "emergence", "EGFR T790M emerged in P1 under gefitinib", 0.1),
        ("AXL", "rna", "rna log2 change +2.40", 2.4),
    ]
    return pd.DataFrame(rows, columns=["gene", "layer", "statement", "weight"])


def differential():
    rows = [
        {"layer": "rna", "contrast": "progression against baseline", "feature": f"ENSG{i}", "name": name,
         "log2_fold_change": change, "lower": change - 0.6, "upper": change + 0.6, "p": q / 4, "q": q, "pairs": 4,
         "method": "PyDESeq2, ~ patient + phase", "state": "tested"}
        for i, (name, change, q) in enumerate([("AXL", 2.4, 0.0004), ("VIM", 1.7, 0.02), ("CDH1", -1.1, 0.31)])
    ]  # fmt: skip
    few = {"layer": "metabolome", "contrast": "progression against baseline", "feature": "M1", "name": "lactate",
           "pairs": 1, "method": "moderated paired t-test (limma)", "state": "too_few_pairs"}  # fmt: skip
    return pd.DataFrame([*rows, few])


def expression(patient="P1"):
    """Tables of the rna stage as `whole_page` takes them: none changed but two genes of one patient."""
    pair = {
        "patient": patient, "specimen": "tumor", "early": "P1-T0-T", "late": "P1-T3-T", "early_day": -7,
        "late_day": 210, "same_site": False, "same_batch": None, "freedom": 9.0, "state": "estimated",
    }  # fmt: skip
    rows = [
        pair
        | {
            "kind": kind, "feature": name, "name": name, "estimate": change, "error": 0.3, "lower": change - 0.7,
            "upper": change + 0.7, "p": 0.001, "q": 0.02, "shrunken": change / 2, "shrunken_lower": 0.0,
            "shrunken_upper": change, "lfsr": lfsr,
        }
        for kind, name, change, lfsr in [
            ("expression", "AXL", 2.4, 0.01), ("expression", "CDH1", -0.6, 0.4), ("programme", "emt", 0.31, 0.2),
        ]
    ]  # fmt: skip
    model = {
        "kind": "expression", "feature": "ENSG1", "name": "VIM", "model": "mixed: ~ phase + (1 | patient)",
        "contrast": "progression against baseline", "estimate": 1.2, "error": 0.2, "freedom": 8.0, "lower": 0.7,
        "upper": 1.7, "statistic": 6.0, "p": 1e-4, "q": 0.004, "samples": 12, "patients": 5, "repeated": 4,
        "batch": "confounded", "state": "tested",
    }  # fmt: skip
    site = {
        "patient": patient, "specimen": "tumor", "compared": "sites", "early": "a", "late": "b", "early_day": 210,
        "late_day": 210, "same_site": False, "distance": 0.4, "expected": 0.3, "genes": 900, "different": 12,
    }  # fmt: skip
    return {
        "changes": pd.DataFrame(rows), "cohort": pd.DataFrame([model]), "sites": pd.DataFrame([site]),
        "told": ["batch is confounded with phase[progression]: it is not taken out"],
    }  # fmt: skip
