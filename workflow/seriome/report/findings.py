"""What a run found, in a few lines for a terminal."""

from collections import Counter
from pathlib import Path

from seriome.files import read_json, read_tsv


def findings(results) -> str:
    """Variants, clones, resistance with its day, and the first targets; empty before the report is made."""
    results = Path(results)
    parts = sorted((results / "report" / "patients").glob("*.json"))
    if not parts:
        return ""
    numbers = Counter()
    lines = []
    for part in parts:
        summary = read_json(part)
        numbers.update({"variants": summary["variants"], "clones": summary["clones"]})
        for event in summary["events"]:
            if event["event"] == "resistance":
                lines.append(f"  {part.stem}  {event['what']}: {event['rest']}")
    ranking = results / "targets" / "ranking.tsv"
    ranked = read_tsv(ranking) if ranking.is_file() else []
    if ranked:
        lines.append(f"  first of {len(ranked)} ranked genes: " + ", ".join(row["gene"] for row in ranked[:5]))
    variants, clones = numbers["variants"], numbers["clones"]
    return "\n".join([f"found: {variants} somatic variants and {clones} clones in {len(parts)} patients", *lines])
