"""Events: when a clone or a mutation was first seen, what could have been seen before, and what was being given.

A date is a bracket: after the last day on which it was looked for and not seen, no later than the first day on which
it was seen. What the earlier day is worth is its detection limit, so the limit is part of every statement. A clone is
extinct only where tumour was seen, the clone was not, and the limit was low enough; anything less is "below detection".
"""

import math

COLUMNS = [
    "event",
    "cluster_id",
    "mutation_id",
    "name",
    "first_seen_day",
    "last_unseen_day",
    "last_seen_day",
    "limit_then",
    "unit",
    "treatment",
    "label",
]


def treatments_between(treatments, after, until) -> list[str]:
    """Drugs given on some day between `after` (None: on `until` alone) and `until`; a drug begun on `until` is not.

    treatments  rows with drug, start and, unless it goes on, end (days)
    """
    running = []
    for row in treatments:
        end = row.get("end", math.inf)
        begun = row["start"] < until
        if begun and end >= (until if after is None else after + 1):
            running.append((row["start"], row["drug"]))
    return list(dict.fromkeys(drug for _, drug in sorted(running)))


def first_seen(observations):
    """(first day seen, last day before at which it was looked for and not seen, the limit then, the sample then).

    observations  (day, sample, state, limit): state `measured` was seen, `below_lod` was looked for and not seen,
                  anything else says nothing. Of one day, one sample that shows it is enough; the lowest limit counts.
    Returns None when it was never seen; the last three are None when it was there from the first day on.
    """
    seen = [day for day, _, state, _ in observations if state == "measured"]
    if not seen:
        return None
    first = min(seen)
    before = [
        (day, limit, sample) for day, sample, state, limit in observations if state == "below_lod" and day < first
    ]
    if not before:
        return first, None, None, None
    last = max(day for day, _, _ in before)
    limit, sample = min((limit, sample) for day, limit, sample in before if day == last)
    return first, last, limit, sample


def gone(observations, limit_below):
    """(last day seen, first day after it with a limit < limit_below, that limit); None unless unseen from then on."""
    seen = [day for day, _, state, _ in observations if state == "measured"]
    if not seen:
        return None
    after = [(day, limit) for day, _, state, limit in observations if state == "below_lod" and day > max(seen)]
    good = [(day, limit) for day, limit in after if limit < limit_below]
    if not good:
        return None
    return max(seen), *min(good)


def percent(fraction) -> str:
    """0.004 as '0.4 %', with two digits that count."""
    if fraction >= 0.1:
        return f"{100 * fraction:.0f} %"
    return f"{float(f'{100 * fraction:.2g}'):g} %"


def emergence(event, observations, treatments, unit, **who):
    """The event's row, or None where it was never seen or there from the start."""
    found = first_seen(observations)
    if found is None or found[1] is None:
        return None
    first, last, limit, _ = found
    drugs = treatments_between(treatments, last, first)
    if limit < 1:
        label = f"first seen day {first}; at day {last} the depth could have shown {percent(limit)} ({unit.upper()})"
    else:
        label = f"first seen day {first}; at day {last} the depth could not have shown it"
    return {
        **who,
        "event": event,
        "first_seen_day": first,
        "last_unseen_day": last,
        "limit_then": limit,
        "unit": unit,
        "treatment": ", ".join(drugs),
        "label": label + (f"; under {', '.join(drugs)}" if drugs else ""),
    }


def extinction(observations, treatments, limit_below, **who):
    """The event's row, or None where the clone was never seen, is still there, or only fell below detection."""
    found = gone(observations, limit_below)
    if found is None:
        return None
    last_seen, unseen, limit = found
    drugs = treatments_between(treatments, last_seen, unseen)
    return {
        **who,
        "event": "extinct",
        "first_seen_day": first_seen(observations)[0],
        "last_unseen_day": unseen,
        "last_seen_day": last_seen,
        "limit_then": limit,
        "unit": "ccf",
        "treatment": ", ".join(drugs),
        "label": f"last seen day {last_seen}; at day {unseen}, with tumour seen, the depth could have shown "
        f"{percent(limit)} (CCF)" + (f"; under {', '.join(drugs)}" if drugs else ""),
    }
