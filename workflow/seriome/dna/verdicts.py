"""Who the samples are, from how they compare: a patient's own samples judge each other, the cohort says who else.

Which sample is held out rests on the patient's own samples alone, so that no sample of another patient, now or later,
changes it (or sets this patient's clones to run again). The cohort only adds whose the sample is.
"""

from dataclasses import asdict, dataclass

import numpy as np

from seriome.dna.contamination import CONTAMINATED, contamination
from seriome.dna.identity import compare
from seriome.dna.order import Order, check_order
from seriome.errors import DataError

RNA_STAYS = "; its expression is not held out, so act on it"
FAILED = ("mismatch", "unclear")
SAMPLE_COLUMNS = [
    *("patient", "sample", "timepoint", "day", "specimen", "verdict", "held_out"),
    *("nearest", "nearest_log10_ratio", "nearest_sites"),
    *("contamination", "contamination_lower", "contamination_upper", "contamination_sites", "sex"),
]
RNA_COLUMNS = ["patient", "sample", "verdict", "held_out", "nearest", "nearest_log10_ratio", "nearest_sites"]
PAIR_COLUMNS = ["patient_1", "sample_1", "patient_2", "sample_2", "sites", "log10_ratio", "said"]


def people(samples, pairs) -> list[list]:
    """Samples grouped to people, largest first: joined from the surest pair on, unless some pair of the two groups is

    decidedly two people.
    """
    group = {sample: {sample} for sample in samples}
    apart = {frozenset((one.first, one.second)) for one in pairs if one.said == "two_people"}
    for one in sorted(pairs, key=lambda one: (-one.ratio, one.first, one.second)):
        left, right = group[one.first], group[one.second]
        if one.said != "one_person" or left is right:
            continue
        if any(frozenset((a, b)) in apart for a in left for b in right):
            continue
        left |= right
        group |= dict.fromkeys(left, left)
    order = {sample: n for n, sample in enumerate(samples)}
    groups = {id(one): sorted(one, key=order.get) for one in group.values()}.values()
    return sorted(groups, key=lambda one: (-len(one), order[one[0]]))


def verdicts(samples, pairs) -> dict:
    """What one patient's samples say of each other: {sample: verdict}.

    match           of one person with most of the patient's samples
    mismatch        of another person than most of them
    unclear         the samples are of two people, and no majority says which of them is the patient
    not_estimable   too few reads to decide, or no other sample to compare with
    """
    groups = people(samples, pairs)
    ratio = {frozenset((one.first, one.second)): one for one in pairs}

    def apart(one, others):
        said = {ratio[frozenset((one, other))].said for other in others if other != one}
        return "two_people" in said and "one_person" not in said

    found = dict.fromkeys(samples, "not_estimable")
    largest = [group for group in groups if len(group) == len(groups[0])]
    rivals = [one for one in largest if any(apart(a, b) for b in largest if b is not one for a in one)]
    if rivals:
        unclear = [one for one in samples if all(one in group or apart(one, group) for group in rivals)]
        found |= dict.fromkeys(unclear, "unclear")
    elif groups and len(groups[0]) > 1:
        found |= {one: "mismatch" for one in samples if apart(one, groups[0])} | dict.fromkeys(groups[0], "match")
    return found


def home(found: dict) -> list:
    """The samples that stand for the patient: those that match, or all that nothing speaks against."""
    matched = [sample for sample, verdict in found.items() if verdict == "match"]
    return matched or [sample for sample, verdict in found.items() if verdict == "not_estimable"]


@dataclass(frozen=True)
class Finding:
    """What the cohort says of a sample (or of a patient, `sample` empty) that is not what the sheet says.

    reason   sample_of_other_patient  it is of one person with the samples that stand for `other`
             sample_of_nobody         decidedly none of its patient, and of nobody else in the cohort
             samples_of_two_people    of the patient's samples, which are two people's, nobody knows which are the
                                      patient's; `partner` is the sample of patient `other` that it matches, if any
             patients_are_one_person  patient and `other` are one person, or one's samples are all the other's
    """

    patient: str
    sample: str
    reason: str
    other: str = ""
    partner: str = ""
    ratio: float = 0.0
    held_out: bool = False
    rna: bool = False


def findings(patients: dict, pairs, rna=()) -> list[Finding]:
    """Who the samples of a cohort are, where the sheet is contradicted; sorted.

    patients   {patient: names of its samples}
    pairs      of all these samples
    rna        names of those that are RNA: they speak as the others do, but are never held out, nor do they decide
               which sample of DNA is
    """
    of = {sample: patient for patient, samples in patients.items() for sample in samples}
    inner = {patient: [] for patient in patients}
    near = {sample: [] for sample in of}
    apart = {frozenset((one.first, one.second)) for one in pairs if one.said == "two_people"}
    for one in pairs:
        left, right = of[one.first], of[one.second]
        if left == right:
            inner[left].append(one)
        elif one.said == "one_person":
            near[one.first].append((one.ratio, one.second))
            near[one.second].append((one.ratio, one.first))
    verdict = {patient: verdicts(samples, inner[patient]) for patient, samples in patients.items()}
    of_dna = {
        patient: verdicts(
            [sample for sample in samples if sample not in rna],
            [one for one in inner[patient] if not {one.first, one.second} & set(rna)],
        )
        for patient, samples in patients.items()
    }
    homes = {patient: home(found) for patient, found in verdict.items()}
    stands = {sample for names in homes.values() for sample in names}

    def contradicted(ours, theirs):  # tumours of siblings that lost much may look alike: their normals tell
        return any(frozenset((one, other)) in apart for one in ours for other in theirs)

    result = []
    for sample, patient in of.items():
        said = verdict[patient][sample]
        stays = said == "match" or (said == "not_estimable" and len(patients[patient]) == 1)
        ours = homes[patient] if stays else [sample]
        candidates = [one for one in near[sample] if one[1] not in stands or not contradicted(ours, homes[of[one[1]]])]
        ratio, partner = max(candidates, key=lambda one: (one[1] in stands, one[0], one[1]), default=(0.0, ""))
        other = of.get(partner, "")
        if stays:
            if partner in stands:
                result += [
                    Finding(one, "", "patients_are_one_person", two)
                    for one, two in ((patient, other), (other, patient))
                ]
            continue
        reason = "samples_of_two_people" if said == "unclear" else "sample_of_nobody" if said == "mismatch" else ""
        reason = "sample_of_other_patient" if partner in stands else reason
        if reason:
            held = of_dna[patient].get(sample) in FAILED
            result.append(Finding(patient, sample, reason, other, partner, ratio, held, sample in rna))
    return sorted(set(result), key=lambda one: (one.patient, one.sample, one.reason, one.other))


def of_patient(samples, sites, sexes: dict, known: bool) -> list[dict]:
    """Rows of SAMPLE_COLUMNS, one per sample of a patient.

    samples   rows {patient sample timepoint day specimen}, in the order of `sites` (identity.Sites)
    sexes     {sample: sex.sex_of}
    known     the places are known SNPs
    """
    names = list(sites.samples)
    pairs = compare(sites, known)
    found = verdicts(names, pairs)
    matched = [name for name in names if found[name] == "match"]
    normals = [row["sample"] for row in samples if row["specimen"] == "normal" and row["sample"] in matched]
    result = []
    for row in samples:
        name = row["sample"]
        others = [one for one in matched if one != name]
        measured = None
        if name in matched and normals:
            measured = contamination(sites, name, normals if name not in normals else others, known)
        told = measured is not None and np.isfinite(measured.value)
        result.append(
            row
            | {"verdict": found[name], "held_out": "yes" if found[name] in FAILED else "no", "sex": sexes[name]}
            | _nearest(name, pairs)
            | {
                "contamination": round(measured.value, 5) if told else None,
                "contamination_lower": round(measured.lower, 5) if told else None,
                "contamination_upper": round(measured.upper, 5) if told else None,
                "contamination_sites": measured.sites if measured else None,
            }
        )
    return result


def _nearest(name: str, pairs) -> dict:
    near = max((one for one in pairs if name in (one.first, one.second)), key=lambda one: one.ratio, default=None)
    return {
        "nearest": (near.second if near.first == name else near.first) if near else None,
        "nearest_log10_ratio": round(near.ratio, 2) if near else None,
        "nearest_sites": near.sites if near else None,
    }


def of_rna(patient: str, dna: list, rna: dict, pairs) -> list[dict]:
    """Rows of RNA_COLUMNS, one per sample of a patient's RNA.

    The samples of DNA that stand for the patient judge it; where there is none, or none that can tell, all samples do.
    dna, rna   names of the samples in `pairs`, of RNA {name: sample};  pairs: of all of them
    """
    said = {frozenset((one.first, one.second)): one.said for one in pairs}
    stand = home(verdicts(dna, [one for one in pairs if {one.first, one.second} <= set(dna)]))
    found, result = verdicts([*dna, *rna], pairs), []
    for name, sample in rna.items():
        against = {said[frozenset((name, one))] for one in stand}
        verdict = found[name]
        if against & {"one_person", "two_people"}:
            verdict = "match" if "one_person" in against else "mismatch"
        row = {"patient": patient, "sample": sample, "verdict": verdict}
        result.append(row | {"held_out": "yes" if verdict in FAILED else "no"} | _nearest(name, pairs))
    return result


def held(rows) -> set:
    """The samples that are held out, of rows of SAMPLE_COLUMNS or RNA_COLUMNS as written."""
    return {row["sample"] for row in rows if row["held_out"] == "yes"}


def order_of(variants, held=(), treatments=()) -> Order:
    """The order check of a patient from the dna stage's table of variants, without the samples `held` out.

    treatments   the patient's rows of the sheet of treatments: start and, unless it goes on, end (days)
    """
    changes = sorted({row[key] for row in treatments for key in ("start", "end") if row.get(key) is not None})
    rows = variants[
        (variants["filter"] == "PASS") & (variants["specimen"] != "normal") & ~variants["sample"].isin(held)
    ]
    rows = rows[rows["depth"].notna()]
    samples = rows[["sample", "day"]].drop_duplicates().sort_values(["day", "sample"])
    names, days = samples["sample"].tolist(), samples["day"].to_numpy(int)

    def wide(column):
        return rows.pivot(index="variant", columns="sample", values=column).reindex(columns=names)

    if rows.empty:
        nothing = np.zeros((0, 0), int)
        return check_order(names, days, nothing, nothing, nothing)
    alt, depth = (wide(column).astype(float).fillna(0).to_numpy().astype(int) for column in ("alt_count", "depth"))
    called = wide("called").fillna(False).to_numpy().astype(bool)
    return check_order(names, days, alt, depth, called, changes)


def as_json(order: Order) -> dict:
    """The order check as it is written: no value where there is no number."""
    return asdict(order) | {"ratio": None if np.isnan(order.ratio) else round(order.ratio, 2)}


def problems_of_patient(rows, order: Order, sex: str | None) -> list[tuple]:
    """(sample or "", DataError) of what the patient's own samples show besides who they are of."""
    found = []
    for row in rows:
        if row["contamination"] is not None and row["contamination_lower"] >= CONTAMINATED:
            low, value, high = (
                f"{100 * row[key]:.1f}" for key in ("contamination_lower", "contamination", "contamination_upper")
            )
            detail = f"{value} % ({low} to {high} %) of the reads of {row['sample']} are another person's"
            way_out = "see what was prepared beside it; until then distrust its variants below half that fraction"
            found.append((row["sample"], DataError("contaminated", detail, way_out)))
    seen = {row["sex"] for row in rows if row["verdict"] == "match"} - {"not_estimable"}
    if sex in ("female", "male") and seen and sex not in seen:
        detail = f"the sheet says {sex}, the depth of X and Y says {' and '.join(sorted(seen))}"
        found.append(
            ("", DataError("other_sex", detail, "check the sheet of patients, and where the samples came from"))
        )
    if order.status == "exchanged":
        also = f"; or {', or '.join(order.others)}" if order.others else ""
        detail = (
            f"the clones' courses are {10**order.ratio:.0f} times likelier if {order.first} and {order.second} change "
            f"places{also}"
        )
        way_out = "check the days of these samples; the course of clones rests on the days as the sheet has them"
        found.append(("", DataError("timepoints_exchanged", detail, way_out)))
    return found


def problem(finding: Finding) -> DataError:
    """A finding of the cohort as a problem of the data."""
    sample, other, partner = finding.sample, finding.other, finding.partner
    certain = f" (log10 likelihood ratio {finding.ratio:.0f})"
    way_out = "check its label and where it was prepared; correct the sheet of samples, or take it out of assays.tsv"
    if finding.reason == "patients_are_one_person":
        detail = f"{finding.patient} and {other} have the same genotype: one person twice, twins, or all samples of one"
        return DataError(
            finding.reason, detail, "check both patients; their samples are kept apart as the sheet has them"
        )
    if finding.reason == "sample_of_other_patient":
        detail = f"{sample} is of one person with the samples of {other}, nearest {partner}{certain}"
        unsure = f"; not held out, since the samples of {finding.patient} alone do not tell, so act on it"
        unsure = RNA_STAYS if finding.rna else unsure
        detail += f"; it is held out of the clones of {finding.patient}" if finding.held_out else unsure
        return DataError(finding.reason, detail, way_out)
    near = f"; it matches {partner} of {other}{certain}" if partner else "; nobody in the cohort matches it"
    if finding.reason == "sample_of_nobody":
        detail = f"{sample} is of another person than the other samples of {finding.patient}{near}"
        detail += RNA_STAYS if finding.rna else "; it is held out" if finding.held_out else ""
        return DataError(finding.reason, detail, way_out)
    detail = (
        f"{sample} and other samples of {finding.patient} are of two people, none has a majority{near}; all held out"
    )
    return DataError(finding.reason, detail, way_out)


def hold_out(variants, rows):
    """The table of variants without the samples that failed: (table, DataError or None).

    A variant that is seen in none of the samples that stay goes too. Without its normal a patient's somatic variants
    cannot be told from inherited ones: where the normal failed nothing stays, and the error says so.
    rows   of SAMPLE_COLUMNS, as written
    """
    held = {row["sample"]: row for row in rows if row["held_out"] == "yes"}
    if not held:
        return variants, None
    if any(row["specimen"] == "normal" for row in held.values()):
        normal = next(sample for sample, row in held.items() if row["specimen"] == "normal")
        detail = f"{normal} is held out, as it may be of another person: what is somatic against it cannot be told"
        return variants.iloc[:0], DataError("no_clones_without_normal", detail, "mend the normal first")
    kept = variants[~variants["sample"].isin(held)]
    seen = kept.loc[kept["called"].fillna(False).astype(bool), "variant"].unique()
    return kept[kept["variant"].isin(seen)], None


def pair_rows(pairs, patients: dict) -> list[dict]:
    """Rows of PAIR_COLUMNS."""
    of = {sample: patient for patient, samples in patients.items() for sample in samples}
    return [
        {
            **{"patient_1": of[one.first], "sample_1": one.first, "patient_2": of[one.second], "sample_2": one.second},
            **{"sites": one.sites, "log10_ratio": round(one.ratio, 2), "said": one.said},
        }
        for one in pairs
    ]
