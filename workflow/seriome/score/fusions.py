"""Fusions that reads of DNA and RNA show, against the breaks and the fused transcripts that were planted."""

from pathlib import Path

import pandas as pd

from seriome.score.figures import mean, number
from seriome.score.tables import results_like, truth_table

KEY = ["gene5", "exon5", "gene3", "exon3"]  # exons by the transcript's order, from 1: the last and the first one kept


def fusions(results: Path, truth: Path) -> dict:
    """Planted fusions against those reported, per sample: of DNA such that may drive, of RNA all that pass.

    In DNA a fusion is planted in a sample if a share of the gene's copies is broken there, and found if it was seen
    there; one that none of the patient's samples should show is `invented`. In RNA a sample has it or not.
    """
    dna, rna = _dna(results), _rna(results)
    breaks, transcripts = truth_table(truth, "junctions"), truth_table(truth, "fusions")
    breaks, transcripts = breaks[breaks["share"] > 0], transcripts[transcripts["tpm"] > 0]
    in_dna = _joined(breaks, dna[dna["state"] == "measured"], "sample")
    in_rna = _joined(transcripts, rna, "sample")
    invented = [*_others(dna, breaks, "patient"), *_others(rna, transcripts, "sample")]
    return {
        "dna_planted": len(breaks),
        "dna_found": int(in_dna["found"].sum()),
        "dna_share_error": mean((in_dna["share_found"] - in_dna["share"]).abs().dropna().tolist()),
        "rna_planted": len(transcripts),
        "rna_found": int(in_rna["found"].sum()),
        "invented": invented,
    }


def _dna(results: Path) -> pd.DataFrame:
    parts = [table.assign(patient=name) for name, table in results_like(results, "dna/fusions/*.tsv").items()]
    names = {"five": "gene5", "five_exon": "exon5", "three": "gene3", "three_exon": "exon3", "share": "share_found"}
    table = pd.concat(parts, ignore_index=True).rename(columns=names)
    return _typed(table[(table["filter"] == "PASS") & (table["drives"] == "1")])


def _rna(results: Path) -> pd.DataFrame:
    table = pd.concat(results_like(results, "rna/fusions/*.tsv").values(), ignore_index=True)
    return _typed(table[table["filter"] == "PASS"].rename(columns={"share": "share_found"}))


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(**{column: number(table[column]) for column in ("exon5", "exon3", "share_found")})


def _joined(planted, found, by: str) -> pd.DataFrame:
    found = found[[by, *KEY, "share_found"]].drop_duplicates([by, *KEY])
    return planted.merge(found.assign(found=True), on=[by, *KEY], how="left").assign(
        found=lambda table: table["found"].eq(True)
    )


def _others(found, planted, by: str) -> list[str]:
    """Fusions that are nowhere planted in that patient or sample, each once."""
    known = set(planted[[by, *KEY]].itertuples(index=False, name=None))
    rows = found[[by, *KEY]].drop_duplicates().itertuples(index=False, name=None)
    return sorted(f"{row[0]} {row[1]}-{row[3]}" for row in rows if row not in known)
