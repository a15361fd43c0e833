"""The gap ledger against the broken files that were planted."""

from pathlib import Path

from seriome.score.tables import result, truth_table


def gaps(results: Path, truth: Path) -> dict:
    """Planted gaps (broken files) against the ledger; what later stages add to it is counted apart."""
    ledger = result(results / "ledger" / "gaps.tsv")
    key = ["sample", "assay", "run", "reason"]
    planted = set(truth_table(truth, "gaps")[key].itertuples(index=False, name=None))
    of_files = set(ledger.loc[ledger["stage"] == "intake", key].itertuples(index=False, name=None))
    later = ledger.loc[ledger["stage"] != "intake", "reason"].value_counts()
    return {
        "planted": len(planted),
        "found": len(planted & of_files),
        "missed": [" ".join(gap) for gap in sorted(planted - of_files)],
        "invented": [" ".join(gap) for gap in sorted(of_files - planted)],
        "later_stages": dict(sorted(later.items())),
    }
