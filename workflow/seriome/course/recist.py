"""RECIST 1.1: response of target lesions, day by day.

Sum of diameters of the baseline's target lesions; partial response at 30 % or more below the baseline; progression at
20 % or more and at least 5 mm above the smallest sum so far (the nadir, baseline included), or with a new lesion;
complete response when all have disappeared; stable disease otherwise.
Source: Eisenhauer et al. 2009, Eur J Cancer 45:228-247, doi:10.1016/j.ejca.2008.10.026, sections 4.3.1 and 4.3.5.
Limits: a lymph node below 10 mm short axis counts as gone in RECIST, here only 0 mm does; non-target lesions and the
confirmation of a response are not looked at; a new lesion counts from its day on.
"""

from dataclasses import dataclass

PARTIAL, PROGRESSION, LEAST_MM = 0.30, 0.20, 5.0
NOT_EVALUABLE = "not evaluable"
SLACK = 1e-9  # 70 of 100 mm is 30 % below, whatever the last bit says


@dataclass(frozen=True)
class Assessment:
    """One day. sum_mm is None unless every baseline lesion was measured; changes are fractions, None where undefined.

    category  baseline, CR, PR, SD, PD or not evaluable
    why       the category in words
    """

    day: int
    sum_mm: float | None
    from_baseline: float | None
    from_nadir: float | None
    category: str
    why: str


def response(lesions, new_lesions=(), first_treatment=None) -> list[Assessment]:
    """Assessments of one patient, in the order of days.

    lesions          (day, lesion's name, diameter in mm) of target lesions
    new_lesions      (day, name) of lesions that were not there at baseline
    first_treatment  day of the first treatment: baseline is the last assessment at or before it, or the first of all
    """
    by_day = {}
    for day, name, diameter in lesions:
        by_day.setdefault(int(day), {})[name] = float(diameter)
    if not by_day:  # no target lesion: only new lesions can be judged
        seen = sorted({int(day) for day, _ in new_lesions if first_treatment is None or day > first_treatment})
        named = {one: sorted(str(name) for day, name in new_lesions if day <= one) for one in seen}
        return [Assessment(one, None, None, None, "PD", f"new lesion: {', '.join(named[one])}") for one in seen]
    before = [day for day in by_day if first_treatment is not None and day <= first_treatment]
    baseline_day = max(before) if before else min(by_day)
    baseline = by_day[baseline_day]
    new = sorted((int(day), str(name)) for day, name in new_lesions if day > baseline_day)
    start = sum(baseline.values())
    nadir, found = start, [Assessment(baseline_day, start, None, None, "baseline", _lesions(len(baseline)))]
    for day in sorted({*by_day, *(day for day, _ in new)}):
        if day <= baseline_day:
            continue
        measured = by_day.get(day, {})
        missing = sorted(set(baseline) - set(measured))
        total = None if missing else sum(measured[name] for name in baseline)
        so_far = [name for seen, name in new if seen <= day]
        category, why = _category(total, start, nadir, missing, so_far)
        found.append(
            Assessment(
                day,
                total,
                None if total is None or start <= 0 else total / start - 1,
                None if total is None or nadir <= 0 else total / nadir - 1,
                category,
                why,
            )
        )
        nadir = nadir if total is None else min(nadir, total)
    return found


def _category(total, start, nadir, missing, new):
    if new:
        return "PD", f"new lesion: {', '.join(new)}"
    if total is None:
        return NOT_EVALUABLE, f"not measured: {', '.join(missing)}"
    above = total - nadir
    if above >= LEAST_MM - SLACK and above >= PROGRESSION * nadir - SLACK:
        share = f"{above / nadir:.0%} and " if nadir > 0 else ""
        return "PD", f"{share}{above:g} mm above the nadir of {nadir:g} mm"
    if start > 0 and total <= 0:
        return "CR", "all target lesions gone"
    if start > 0 and total <= (1 - PARTIAL) * start + SLACK:
        return "PR", f"{1 - total / start:.0%} below the baseline of {start:g} mm"
    if nadir > 0 and above >= PROGRESSION * nadir - SLACK:
        return "SD", f"{above / nadir:.0%} above the nadir of {nadir:g} mm, but by less than {LEAST_MM:g} mm"
    return "SD", f"neither 30 % below the baseline of {start:g} mm nor 20 % above the nadir of {nadir:g} mm"


def _lesions(count) -> str:
    return f"{count} target lesion{'' if count == 1 else 's'}"
