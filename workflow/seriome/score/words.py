"""The scores as a short table for people."""


def report(scores: dict) -> str:
    """The scores as a short table for people: stage, what was asked, the figure."""
    rows = [("run", "outcome", scores.get("outcome") or "no outcome.json")]
    for stage in _LINES:
        found = scores[stage]
        if found["reason"] is not None:
            rows.append((stage, "not scored", found["reason"]))
        else:
            rows += [(stage, what, value) for what, value in _LINES[stage](found)]
    width = [max(len(row[column]) for row in rows) for column in (0, 1)]
    lines, before = [], None
    for stage, what, value in rows:
        lines.append(f"{stage if stage != before else '':<{width[0]}}  {what:<{width[1]}}  {value}".rstrip())
        before = stage
    return "\n".join(lines)


def _show(value, unit: str = "") -> str:
    if value is None:
        return "none"
    return f"{value:.3g}{unit}" if isinstance(value, float) else f"{value}{unit}"


def _percent(value) -> str:
    return "none" if value is None else f"{100 * value:.1f} %"


def _some(names, most: int = 4) -> str:
    names = list(names)
    return (", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")) or "none"


def _lines_gaps(s):
    yield "broken files found", f"{s['found']} of {s['planted']}"
    yield "missed; invented", f"{_some(s['missed'])}; {_some(s['invented'])}"


def _lines_dna(s):
    yield "detectable variants found", f"{s['found']} of {s['detectable']}, {_percent(s['recall'])}"
    for name, one in s["recall_by_vaf"].items():
        yield f"  VAF {name}", f"{one['found']} of {one['detectable']} ({one['planted']} planted)"
    yield "precision of variants", f"{_percent(s['precision'])} of {s['reported_variants']}"
    yield "called in a sample without", str(s["called_where_absent"])
    yield "VAF: correlation, mean error", f"{_show(s['vaf_pearson'])}, {_show(s['vaf_mean_absolute_error'])}"


def _lines_resistance(s):
    yield "mutations reported", f"{s['reported']} of {s['planted']}, dated right {s['dated_right']}"
    for one in s["mutations"]:
        day = "never" if one["day_first_reported"] is None else f"day {one['day_first_reported']:g}"
        due = "never" if one["day_first_detectable"] is None else f"day {one['day_first_detectable']:g}"
        yield f"  {one['patient']} {one['name']}", f"{one['verdict']}: {day} (could be seen: {due})"
    yield "invented", _some(s["invented"])


def _lines_copy_number(s):
    yield "changed genes found", f"{s['found']} of {s['genes_changed']}"
    yield "called though unchanged", f"{s['called_though_unchanged']} of {s['unchanged_genes']}"
    yield "log2 ratio, mean error", _show(s["mean_absolute_error"])


def _lines_fusions(s):
    yield "found in samples' DNA", f"{s['dna_found']} of {s['dna_planted']}, share off by {_show(s['dna_share_error'])}"
    yield "found in samples' RNA", f"{s['rna_found']} of {s['rna_planted']}"
    yield "invented", _some(s["invented"])


def _lines_per_sample(s):
    yield "found", f"{s['found']} of {s['planted']} values in {s['samples']} samples"
    yield "rank correlation, median", f"{_show(s['spearman_median'])} (lowest {_show(s['spearman_lowest'])})"


def _lines_translated(s):
    yield "mutations in peptides", f"{s['right']} of {s['reported']} reported were planted ({s['planted']} in all)"
    yield "fusions in peptides", f"{s['fusions_right']} of {s['fusions_planted']} planted"


def _lines_metabolome(s):
    yield "compounds found by name", f"{s['found_by_name']} of {s['compounds']} in {s['samples']} samples"
    yield "rank correlation, median", f"{_show(s['spearman_median'])}; {s['compounds_above_0.8']} at 0.8 or more"


def _lines_clones(s):
    yield "clusters: V-measure, ARI", f"{_show(s['v_measure'])}, {_show(s['adjusted_rand'])} ({s['patients']} patients)"
    yield "CCF: mean error, cover", f"{_show(s['ccf_mean_absolute_error'])}, {_percent(s['ccf_interval_cover'])}"
    yield "edges of trees right", f"{s['tree_edges_right']} of {s['tree_edges']}"


def _lines_purity(s):
    yield "samples estimated", f"{s['estimated']} of {s['planted']}"
    yield (
        "mean error: tissue, plasma",
        (f"{_show(s['tissue_mean_absolute_error'])}, {_show(s['plasma_mean_absolute_error'])}"),
    )


def _lines_differential(s):
    for layer, one in s["layers"].items():
        yield f"{layer}: right direction", f"{one['right_direction']} of {one['planted']} ({_show(one['spearman'])})"


def _lines_targets(s):
    ranks = ", ".join(f"{gene} {_show(rank and int(rank))}" for gene, rank in s["drivers"].items())
    yield "drivers among the first", f"{s['drivers_among_first']} (of {s['ranked']} ranked)"
    yield "ranks of drivers", ranks or "none"
    yield "changed genes, median rank", _show(s["changed_genes_median_rank"])


_LINES = {
    "gaps": _lines_gaps,
    "dna": _lines_dna,
    "resistance": _lines_resistance,
    "copy_number": _lines_copy_number,
    "fusions": _lines_fusions,
    "rna": _lines_per_sample,
    "proteome": _lines_per_sample,
    "translated": _lines_translated,
    "metabolome": _lines_metabolome,
    "clones": _lines_clones,
    "purity": _lines_purity,
    "differential": _lines_differential,
    "targets": _lines_targets,
}
