"""One sample's RNA: its units together through kallisto, and judged."""

import pandas as pd

from seriome.errors import DataError
from seriome.ledger import Gaps
from seriome.rna.expression import judge_mapping, sum_to_genes
from seriome.rna.kallisto import Settings, find_strand, quantify

NOTHING = {"n_processed": 0, "n_pseudoaligned": 0, "state": "not_measured", "units": []}


def quantify_sample(
    units: dict,
    index,
    transcripts,
    settings: dict,
    *,
    threads: int,
    seed: int,
    gaps: Gaps,
    about: dict,
    words,
    stated=None,
):
    """(rows of abundance.tsv, run_info, genes) of one sample over its usable units.

    units     {run: its files}, two of pairs or one of single reads; where both kinds are there, the pairs are taken
              and the single reads become gaps (mixed_layout), for kallisto has one model of fragments per run
    transcripts  the stage's table of transcripts, a DataFrame
    settings  the config's section rna
    seed      of the bootstraps
    stated    the strand that the sheet says, if it does; settings["strand"] unless that is auto. What the reads say
              clearly wins, and a difference is a gap (other_strand)
    words     open text file that takes what kallisto says of this sample
    Returns   rows, empty unless something was measured; genes as `sum_to_genes` gives them, None unless measured;
              run_info with the keys of kallisto and
              state         measured, not_measured (no unit left) or failed_qc (low_mapping)
              strand, strand_share   see find_strand
              units         the runs that went in
    """
    taken = one_layout(units)
    key = {"patient": about["patient"], "sample": about["sample"], "assay": "rna", "stage": "rna"}
    for run in sorted(set(units) - set(taken)):
        with gaps.spoil(run=run, **key):
            raise DataError(
                "mixed_layout",
                f"single reads beside the pairs of {', '.join(sorted(taken))}",
                "quantify single reads as a sample of their own",
            )
    units = taken
    if not units:
        return [], NOTHING, None
    files = [[str(file) for file in one] for one in units.values()]
    how = {"fragment_length": settings["fragment_length"], "fragment_sd": settings["fragment_sd"], "threads": threads}
    stated = stated or (None if settings["strand"] == "auto" else settings["strand"])
    strand, share = find_strand(files, index, Settings(**how), settings["strand_fragments"])
    if stated and share is None:
        strand = stated
    if stated and strand != stated:
        with gaps.spoil(**key):
            raise DataError(
                "other_strand",
                f"the library is said to be {stated}, its first fragments are {strand} ({share:.0%} forward)",
                f"quantified as {strand}; correct `strand` in assays.tsv or rna.strand, and ask how it was made",
            )
    how |= {"strand": strand, "bootstraps": settings["bootstraps"], "seed": seed}
    rows, info, draws = quantify(files, index, Settings(**how), words, about["sample"])
    info |= {"strand": strand, "strand_share": share, "units": list(units), "state": "failed_qc"}
    genes = None
    with gaps.spoil(**key):
        judge_mapping(info, settings["min_mapped"])
        genes = sum_to_genes(as_numbers(rows), transcripts, draws)
        info["state"] = "measured"
    return rows, info, genes


def one_layout(units: dict) -> dict:
    """The units of pairs, or all where there are none."""
    return {run: files for run, files in units.items() if len(files) == 2} or units


def as_numbers(rows) -> pd.DataFrame:
    """Rows of an abundance.tsv with their numbers as such."""
    return pd.DataFrame(rows).astype({"eff_length": float, "est_counts": float, "tpm": float})
