"""Events: when a clone or a mutation was first seen, what could have been seen before, and what was being given.

A date is a bracket: after the last day on which it was looked for and not seen, no later than the first day on which
it was seen. What the earlier day is worth is its detection limit, so the limit is part of every statement. A clone is
extinct only where tumour was seen, the clone was not, and the limit was low enough; anything less is "below detection".
"""

import math

from seriome.clones.detection import q_values

SELECTED = 0.05  # false discovery rate of what is said to have expanded or regressed
SURE = 0.8  # probability of a relation of two clones from which on it is stated
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


def clone_label(cluster: int) -> str:
    """What a clone is called in words and pictures."""
    return "founder" if cluster == 0 else f"clone {cluster}"


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


def expansion(rates, names=None) -> list[dict]:
    """Clones that grew faster (`expanded`) or slower (`regressed`) than the rest of the tumour in a phase of treatment.

    Stated where the 95 % interval of the relative rate excludes 0 and, over all clones and phases, the false discovery
    rate of the one-sided posterior probabilities is below SELECTED.

    rates  rows of growth.rates;  names  {cluster_id: name}
    """
    tested = [row for row in rates if row["scale"] == "relative" and row["rate_per_day"] is not None]
    p = [row["p_positive"] for row in tested]
    rows = []
    for row, up, down in zip(tested, q_values([1 - one for one in p]), q_values(p), strict=True):
        if row["lower"] > 0 and up < SELECTED:
            event, word, q = "expanded", "faster", up
        elif row["upper"] < 0 and down < SELECTED:
            event, word, q = "regressed", "slower", down
        else:
            continue
        rate, lower, upper = (100 * row[key] for key in ("rate_per_day", "lower", "upper"))
        rows.append(
            {
                "event": event,
                "cluster_id": row["cluster_id"],
                "mutation_id": None,
                "name": (names or {}).get(row["cluster_id"]),
                "start": row["start"],
                "end": row["end"],
                "rate_per_day": row["rate_per_day"],
                "lower": row["lower"],
                "upper": row["upper"],
                "q_value": float(q),
                "treatment": row["phase"],
                "label": f"{event} from day {row['start']:g} to {row['end']:g}: grew {abs(rate):.2g} % a day {word} "
                f"than the rest of the tumour ({lower:.2g} to {upper:.2g}); under {row['phase']}",
            }
        )
    return rows


# What is said of two mutations of which reads tell the phase
PHASES = {"cis": "on one copy of the gene (cis)", "trans": "one on each copy of the gene (trans)"}


def two_hits(mutations, ancestor, phased=None) -> list[dict]:
    """Pairs of mutations of one gene, and whether a cell can have both: a row per pair.

    event `two_hits`: on one branch, so in some cells both; whether on one copy of the gene (`cis`) or one on each
    (`trans`, no intact copy left) only reads that span both can say. `convergent`: on two branches, so in no cell both;
    the gene was hit twice, each time anew. `two_hits_open`: the tree leaves it open.

    mutations  dicts with mutation_id, gene, cluster_id and, if it has one, name
    ancestor   (K, K) probability that the first clone is an ancestor of the second
    phased     {(mutation_id, mutation_id): "cis" or "trans"} where reads say; mutations in cis share a cell
    """
    phase_of = {frozenset(pair): phase for pair, phase in (phased or {}).items()}
    by_gene = {}
    for one in mutations:
        if one["gene"]:
            by_gene.setdefault(one["gene"], []).append(one)
    rows = []
    for gene in sorted(by_gene):
        hits = sorted(by_gene[gene], key=lambda one: (one["cluster_id"], one["mutation_id"]))
        for number, first in enumerate(hits):
            for second in hits[number + 1 :]:
                phase = phase_of.get(frozenset((first["mutation_id"], second["mutation_id"])), "unknown")
                rows.append(_pair(gene, first, second, ancestor, phase))
    return rows


def _pair(gene, first, second, ancestor, phase) -> dict:
    a, b = first["cluster_id"], second["cluster_id"]
    together = 1.0 if a == b or phase == "cis" else min(float(ancestor[a][b] + ancestor[b][a]), 1.0)
    names = " and ".join(str(one.get("name") or one["mutation_id"]) for one in (first, second))
    if together >= SURE:
        event = "two_hits"
        label = f"{names}: two hits of {gene} on one branch, {PHASES.get(phase, 'phase unknown')}"
    elif together <= 1 - SURE:
        event, label = "convergent", f"{names}: {gene} hit on two branches, in different cells"
    else:
        event, label = "two_hits_open", f"{names}: two hits of {gene}, on one branch with probability {together:.2f}"
    return {
        "event": event,
        "gene": gene,
        "mutation_id": first["mutation_id"],
        "other_mutation_id": second["mutation_id"],
        "cluster_id": a,
        "other_cluster_id": b,
        "same_branch": together,
        "phase": phase,
        "label": label,
    }
