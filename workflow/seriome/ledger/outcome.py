"""How a run ended, in words for somebody who did not write it."""

from pathlib import Path

from seriome.files import read_json
from seriome.ledger.gaps import Gap, read_gaps

SHOWN = 20  # gaps that are printed; the others stand in the table


def describe_outcome(results) -> str:
    """The outcome of a run that reached its end: one phrase, what came, what is missing and what mends it.

    results  folder with outcome.json, ledger/gaps.tsv and, when it was made, report/seriome.html
    """
    results = Path(results)
    outcome, gaps = read_json(results / "outcome.json"), read_gaps([results / "ledger" / "gaps.tsv"])
    units, samples = outcome["units"], outcome["samples"]
    lines = [
        f"outcome: {outcome['outcome']}",
        f"{units['came']} of {units['asked']} raw file sets could be used; "
        f"{samples['measured']} of {samples['asked']} planned measurements (a sample by one assay) gave results.",
    ]
    if gaps:
        things = "one thing is" if len(gaps) == 1 else f"{len(gaps)} things are"
        lines += ["", f"Not everything that the sheets ask for came: {things} missing."]
        for gap in gaps[:SHOWN]:
            lines += describe_gap(gap)
        if len(gaps) > SHOWN:
            lines.append(f"  and {len(gaps) - SHOWN} more in {results}/ledger/gaps.tsv")
        lines += [
            "",
            "Whatever does not need these was computed. Mend a file, or take its row out of assays.tsv, and run",
            "snakemake again: only what depends on it is done again.",
        ]
    page = results / "report" / "seriome.html"
    lines += ["", f"report: {page}" if page.is_file() else f"tables: {results}/ (no report was made)"]
    return "\n".join(lines)


def describe_gap(gap: Gap) -> list[str]:
    """A gap in two or three lines."""
    where = " ".join(part for part in (gap.sample or gap.patient or "cohort", gap.assay, gap.run) if part)
    of = f" of patient {gap.patient}" if gap.sample and gap.patient not in ("", "control") else ""
    lines = [f"  {where}{of} ({gap.reason}, found by {gap.stage})", f"      {gap.detail}"]
    return [*lines, f"      what to do: {gap.way_out}"] if gap.way_out else lines
