"""Results against the truth of a simulated cohort, stage by stage.

Every stage has the same keys in every report; a stage that cannot be scored has None in all of them and says why in
`reason`. Scores are plain figures, not marks: what is good enough is for the reader to say.
"""

from pathlib import Path

import numpy as np

from seriome.errors import InputError
from seriome.files import read_json
from seriome.score import clones, fusions, ledger, levels, sequencing, targets
from seriome.score.tables import NotThere
from seriome.score.words import report

__all__ = ["STAGES", "outcome_of_run", "report", "score"]

STAGES = {
    "gaps": (ledger.gaps, ("planted", "found", "missed", "invented", "later_stages")),
    "dna": (
        sequencing.dna,
        (
            "detectable", "found", "recall", "recall_by_vaf", "missed_variants", "reported_variants", "precision",
            "invented_variants", "called_where_absent", "vaf_values", "vaf_pearson", "vaf_mean_absolute_error",
        ),
    ),
    "resistance": (
        sequencing.resistance,
        ("planted", "reported", "dated_right", "dated_right_in_events", "passengers", "invented", "mutations"),
    ),
    "copy_number": (
        sequencing.copy_number,
        ("genes_changed", "found", "recall", "unchanged_genes", "called_though_unchanged", "mean_absolute_error"),
    ),
    "fusions": (
        fusions.fusions, ("dna_planted", "dna_found", "dna_share_error", "rna_planted", "rna_found", "invented"),
    ),
    "rna": (
        levels.rna, ("samples", "planted", "found", "share_found", "spearman_median", "spearman_lowest", "by_sample"),
    ),
    "proteome": (
        levels.proteome,
        ("samples", "planted", "found", "share_found", "spearman_median", "spearman_lowest", "by_sample"),
    ),
    "translated": (
        levels.translated, ("planted", "reported", "right", "invented", "fusions_planted", "fusions_right"),
    ),
    "metabolome": (
        levels.metabolome,
        (
            "samples", "compounds", "found_by_name", "share_found", "spearman_median", "compounds_above_0.8",
            "not_found",
        ),
    ),
    "clones": (
        clones.clones,
        (
            "patients", "adjusted_rand", "v_measure", "ccf_mean_absolute_error", "ccf_interval_cover", "ccf_values",
            "tree_edges", "tree_edges_right", "by_patient",
        ),
    ),
    "purity": (
        clones.purity, ("planted", "estimated", "tissue_mean_absolute_error", "plasma_mean_absolute_error", "error"),
    ),
    "differential": (targets.differential, ("layers",)),
    "targets": (
        targets.targets,
        (
            "ranked", "drivers", "drivers_median_rank", "drivers_among_first", "changed_genes",
            "changed_genes_median_rank",
        ),
    ),
}  # fmt: skip


def score(results, truth) -> dict:
    """The scores of every stage, nested, ready for JSON.

    results   the folder of a finished run;  truth   the folder of truth tables that `seriome simulate` wrote
    Raises    InputError when `truth` is not such a folder
    """
    results, truth = Path(results), Path(truth)
    if not (truth / "variants.tsv").is_file():
        raise InputError(f"{truth} holds no truth: name the folder `truth` of a simulated cohort (it has variants.tsv)")
    scores = {"outcome": outcome_of_run(results)}
    for name, (stage, keys) in STAGES.items():
        try:
            found = stage(results, truth)
        except NotThere as missing:
            scores[name] = dict.fromkeys(keys) | {"reason": str(missing)}
        else:
            scores[name] = {key: _plain(found[key]) for key in keys} | {"reason": None}
    return scores


def outcome_of_run(results) -> str | None:
    """`complete`, `complete with gaps` or `failed` as outcome.json says; None when the run did not get that far."""
    path = Path(results) / "outcome.json"
    return read_json(path).get("outcome") if path.is_file() else None


def _plain(value):
    """Floats rounded to six digits, numpy types and NaN to what JSON knows."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return round(float(value), 6) if np.isfinite(value) else None
    return value
