"""Indices of the host from laboratory values, each from values of one and the same day.

nlr        neutrophils / lymphocytes, of one unit. Templeton et al. 2014, doi:10.1093/jnci/dju124
mgps       modified Glasgow prognostic score: 0 with CRP up to 10 mg/L, else 1, or 2 with albumin below 35 g/L.
           McMillan 2013, doi:10.1016/j.ctrv.2012.08.003
ldh_ratio  lactate dehydrogenase / upper bound of its reference interval, as in Mezquita et al. 2018 (LIPI),
           doi:10.1001/jamaoncol.2017.4771
"""

# factor to the unit an index is defined in; a unit that is not listed gives no index
CRP_MG_PER_L = {"mg/L": 1.0, "mg/l": 1.0, "mg/dL": 10.0, "mg/dl": 10.0}
ALBUMIN_G_PER_L = {"g/L": 1.0, "g/l": 1.0, "g/dL": 10.0, "g/dl": 10.0}
CRP_LIMIT, ALBUMIN_LIMIT = 10.0, 35.0


def indices(values) -> list[dict]:
    """Rows (measure, day, value, label) of what can be had from laboratory rows (measure, day, value, unit, ...).

    A measure that stands several times on a day is left out there: which one to take is not known.
    """
    days = {}
    for row in values:
        days.setdefault(int(row["day"]), {}).setdefault(row["measure"], []).append(row)
    found = []
    for day in sorted(days):
        here = {measure: rows[0] for measure, rows in days[day].items() if len(rows) == 1}
        for make in (_nlr, _mgps, _ldh_ratio):
            made = make(here)
            if made is not None:
                measure, value, label = made
                found.append({"measure": measure, "day": day, "value": value, "label": label})
    return found


def _nlr(here):
    if not {"neutrophils", "lymphocytes"} <= set(here):
        return None
    above, below = here["neutrophils"], here["lymphocytes"]
    if above["unit"] != below["unit"] or below["value"] <= 0:
        return None
    return "nlr", above["value"] / below["value"], "neutrophils / lymphocytes"


def _mgps(here):
    if not {"crp", "albumin"} <= set(here):
        return None
    crp, albumin = here["crp"], here["albumin"]
    if crp["unit"] not in CRP_MG_PER_L or albumin["unit"] not in ALBUMIN_G_PER_L:
        return None
    inflamed = crp["value"] * CRP_MG_PER_L[crp["unit"]] > CRP_LIMIT
    wasting = albumin["value"] * ALBUMIN_G_PER_L[albumin["unit"]] < ALBUMIN_LIMIT
    score = (2 if wasting else 1) if inflamed else 0
    return "mgps", float(score), ("low", "raised", "high")[score]


def _ldh_ratio(here):
    ldh = here.get("ldh")
    if ldh is None or not ldh.get("upper_normal"):
        return None
    return "ldh_ratio", ldh["value"] / ldh["upper_normal"], "LDH / upper bound of its reference interval"
