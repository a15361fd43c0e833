"""Numbers and states as a person says them; the glossary; where the sources of the methods stand."""

import math
from pathlib import Path

from seriome.clones.events import PHASES, clone_label

THIN = "\u2009"  # thin space
ASSAY_NAMES = {"dna": "DNA", "rna": "RNA", "proteome": "Proteome", "metabolome": "Metabolome"}
SPECIMEN_ORDER = ("normal", "tumor", "plasma", "serum", "pdx", "organoid")

STATE_WORDS = {
    "measured": "measured",
    "zero": "measured, and exactly zero",
    "below_lod": "looked for and not seen; less than the detection limit shown may be there",
    "not_measured": "not measured: nobody looked here",
    "not_covered": "not measured: no read covers it",
    "failed_qc": "measured, but the number cannot be trusted",
}

RESPONSES = {"CR": "complete response", "PR": "partial response", "SD": "stable disease", "PD": "progression"}

REASONS = {
    "truncated_gzip": "compressed file is cut off",
    "truncated_fastq": "read file ends within a read",
    "pairs_out_of_step": "the two read files do not belong together",
    "malformed_fastq": "not a valid read file",
    "truncated_bam": "alignment file is cut off",
    "malformed_mzml": "not a valid mzML file",
    "no_spectra": "spectrum file without spectra",
    "empty_file": "empty file",
    "malformed_table": "table cannot be read",
    "malformed_vcf": "not a valid VCF file",
    "sample_of_other_patient": "the sample is another patient's",
    "sample_of_nobody": "the sample is nobody's in this cohort",
    "samples_of_two_people": "samples of two people under one name",
    "patients_are_one_person": "two patients with one genotype",
    "contaminated": "reads of another person in the sample",
    "other_sex": "not the sex that the sheet says",
    "timepoints_exchanged": "two timepoints seem exchanged",
    "no_clones_without_normal": "no clones, since the normal may be another person's",
}

GLOSSARY = [
    ("VAF", "Variant allele fraction: the share of the reads at a place in the genome that carry the variant. It "
     "depends on tumour purity and on copy number, so a VAF of 25 % can be a mutation of half or of all cancer cells."),
    ("CCF", "Cancer cell fraction: the share of the cancer cells of a sample that carry a mutation; purity and copy "
     "number are taken out. 100 % is every cancer cell."),
    ("Clone", "Cells that share a set of mutations. A clone includes its descendants: its CCF is never below theirs. "
     "The share of a clone is its CCF without its descendants; the shares of a sample add up to 100 %."),
    ("LOD", "Limit of detection: the smallest fraction that would have been found with 95 % power at the depth that "
     "was reached. A sample without a variant says only that there was less than this."),
    ("Interval", "The bars and bands are 95 % intervals: the method's own uncertainty, given its assumptions."),
    ("Not measured", "Nobody looked: no sample, no assay, or no read at this place. It says nothing about the tumour."),
    ("Below the detection limit", "Looked for and not seen. The limit is given with it, because below 5 % and below "
     "0.1 % are different findings."),
    ("Measured zero", "A quantity whose measured value is zero, such as no read of a gene in a deep library."),
    ("Gap", "Something that was asked for in the sheets and did not come, with its reason and what would mend it."),
    ("Timepoint, day", "A timepoint is a label; its day counts from the patient's own day 0, usually the first "
     "treatment. Days of two patients are not calendar days and cannot be compared as such."),
    ("RECIST", "Response criteria in solid tumours: the sum of the diameters of the target lesions, compared with the "
     "baseline (response: 30 % less) and with the smallest value so far (progression: 20 % and 5 mm more)."),
    ("log2 change", "A difference of 1 is a doubling, of −1 a halving."),
]  # fmt: skip

SOURCES = Path(__file__).with_name("sources.tsv")  # stage, step, source, doi: what each stage names in its own code


def known(value) -> bool:
    """True for a value that is there: neither None nor empty text nor NaN."""
    return value is not None and value != "" and not (isinstance(value, float) and math.isnan(value))


def percent(fraction) -> str:
    """0.1234 as '12 %', 0.0042 as '0.42 %': two significant digits, with a thin space; '–' where there is none."""
    if not known(fraction):
        return "–"
    value = 100 * float(fraction)
    digits = 0 if abs(value) >= 9.95 or value == 0 else 1 if abs(value) >= 0.995 else 2 if abs(value) >= 0.0995 else 3
    return f"{value:.{digits}f}{THIN}%"


def count(number) -> str:
    """12345 as '12 345' with a thin space; '–' where there is none."""
    return f"{round(number):,}".replace(",", THIN) if known(number) else "–"


def number(value, digits=1) -> str:
    """A number with so many digits after the point and a true minus; '–' where there is none."""
    return f"{float(value):.{digits}f}".replace("-", "−") if known(value) else "–"


def signed(value, digits=1) -> str:
    """A change, always with its sign."""
    return f"{float(value):+.{digits}f}".replace("-", "−") if known(value) else "–"


def plural(n: int, word: str, many: str = "") -> str:
    """'1 gap', '3 gaps', '0 gaps'."""
    return f"{count(n)} {word if n == 1 else many or word + 's'}"


def day(value) -> str:
    """'day −7'."""
    return f"day {count(value)}".replace("-", "−") if known(value) else "day unknown"


def listed(words) -> str:
    """'a', 'a and b', 'a, b and c'."""
    words = [str(word) for word in words]
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def humane(code) -> str:
    """A snake_case code as words; the known reasons of gaps as a phrase."""
    return REASONS.get(code, str(code or "").replace("_", " "))


def consequence(text) -> str:
    """'missense_variant&splice_region_variant' as 'missense, splice region'."""
    parts = str(text or "").replace("&", ",").split(",")
    return ", ".join(part.strip().replace("_variant", "").replace("_", " ") for part in parts if part.strip())


def outcome_sentence(outcome: dict) -> str:
    """The run's outcome in words, from outcome.json."""
    units, samples = outcome["units"], outcome["samples"]
    came = (
        f"{count(units['came'])} of {plural(units['asked'], 'raw file set')} could be used, and "
        f"{count(samples['measured'])} of {plural(samples['asked'], 'planned measurement')} (a sample by one assay) "
        "gave results."
    )
    if not outcome["gaps"]:
        return f"{came} Nothing that the sheets ask for is missing."
    missing = "one thing is" if outcome["gaps"] == 1 else f"{count(outcome['gaps'])} things are"
    return f"{came} {missing.capitalize()} missing; whatever does not need them was computed."


# Kinds of events, those that a reader should meet first first: resistance, then clones, then single mutations
IMPORTANCE = ("resistance", "clone", "expanded", "regressed", "extinct", "two_hits", "convergent", "emerged")
IMPORTANCE = {kind: rank for rank, kind in enumerate((*IMPORTANCE, "two_hits_open"))}
PAIRS = ("two_hits", "convergent", "two_hits_open")  # told of two mutations of one gene


def importance(event: str, of_clone: bool = False) -> int:
    """Place of an event among the others, 0 first; a clone's emergence goes before a mutation's."""
    return IMPORTANCE.get("clone" if event == "emerged" and of_clone else event, len(IMPORTANCE))


def event_sentence(event: dict) -> tuple[str, str]:
    """(what, the rest of the sentence) of one row of a patient's events."""
    of_clone = known(event["cluster_id"]) and event["cluster_id"] >= 0  # -1 fits no clone
    cluster = clone_label(int(event["cluster_id"])).capitalize() if of_clone else "A variant"
    what = event["name"] or cluster
    if of_clone and known(event["name"]) and not known(event["mutation_id"]):
        what = f"{cluster} ({what})"
    if known(event["label"]):
        label = str(event["label"]).strip()
        rest = label[len(what) :].lstrip(" :,") if label.startswith(what) else label
    else:
        rest = f"{humane(event['event'])}, first seen {day(event['first_seen_day'])}"
        if known(event["last_unseen_day"]):
            rest += f"; at {day(event['last_unseen_day'])} the depth could have shown {percent(event['limit_then'])}"
    if known(event["treatment"]) and str(event["treatment"]) not in rest:
        rest += f" (under {event['treatment']})"
    return what, rest


def events_in_words(events: list[dict]) -> list[dict]:
    """Dicts event, what, rest, rank: one per sentence, by importance, then day; what belongs together shares one.

    Mutations of one kind of event, with equal days and treatment, share a sentence, in which the limit is a range;
    those that came with their clone are told by the clone's sentence; pairs of hits of one gene that are of one kind
    share one, but for those of which reads say whether they are in cis or in trans: these come first.
    """
    together = {}
    clones = {(row["cluster_id"], row["first_seen_day"]) for row in events if not known(row["mutation_id"])}
    for row in events:
        if (
            row["event"] == "emerged"
            and known(row["mutation_id"])
            and (row["cluster_id"], row["first_seen_day"]) in clones
        ):
            continue
        if row["event"] in PAIRS and known(row.get("gene")):
            together.setdefault((row["event"], row["gene"], _phase(row)), []).append(row)
            continue
        keys = ("event", "first_seen_day", "last_unseen_day", "last_seen_day", "unit", "treatment")
        key = tuple(row.get(name) for name in keys)
        alone = not all(known(row[name]) for name in ("mutation_id", "last_unseen_day", "limit_then"))
        together.setdefault((*key, len(together) if alone else -1), []).append(row)
    told = []
    for rows in together.values():
        first = rows[0]
        what, rest = event_sentence(first)
        if len(rows) > 1:
            what, rest = _pairs_of(rows) if first["event"] in PAIRS else _seen_together(rows)
        rank = importance(first["event"], not known(first["mutation_id"])) - 0.5 * bool(_phase(first))
        told.append({"event": first["event"] or "", "what": what, "rest": rest, "rank": rank})
        told[-1]["order"] = first["first_seen_day"]
    return sorted(told, key=lambda one: (one["rank"], one["order"] if known(one["order"]) else 0))


def _seen_together(rows) -> tuple[str, str]:
    first = rows[0]
    low, high = (percent(pick(row["limit_then"] for row in rows)) for pick in (min, max))
    limit = low if low == high else f"between {low} and {high}"
    unit = f" ({str(first['unit']).upper()})" if known(first["unit"]) else ""
    rest = f"first seen {day(first['first_seen_day'])}; at {day(first['last_unseen_day'])} the depth could have "
    rest += f"shown {limit}{unit}"
    rest += f"; under {first['treatment']}" if known(first["treatment"]) else ""
    return _some([event_sentence(row)[0] for row in rows]), rest


def _phase(row: dict) -> str:
    """Of a pair of hits: cis or trans, where reads say so and it is on one branch; else nothing."""
    said = row.get("phase")
    return said if row["event"] == "two_hits" and said in PHASES else ""


def _pairs_of(rows) -> tuple[str, str]:
    """Several pairs of hits of one gene, their mutations named once."""
    names, phase = [name for row in rows for name in str(row["name"]).split(" and ")], _phase(rows[0])
    said = {
        "two_hits": "on one branch, so in some cells both" + (f", {PHASES[phase]}" if phase else ""),
        "convergent": "on two branches, in different cells",
        "two_hits_open": "whether on one branch the data leave open",
    }[rows[0]["event"]]
    return _some(list(dict.fromkeys(names))), f"{plural(len(rows), 'pair')} of hits of {rows[0]['gene']}, {said}"


def _some(names) -> str:
    return listed(names) if len(names) < 5 else f"{', '.join(names[:4])} and {len(names) - 4} more"
