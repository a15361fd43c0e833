"""Programmes: sets of genes that rise and fall together, scored by their ranks within one sample."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from seriome.errors import InputError
from seriome.files import open_text, read_tsv

TABLE = Path(__file__).parents[3] / "resources" / "programmes.tsv"
MIN_BACKGROUND = 1000  # genes that must be measured for a rank among them to mean anything
MIN_SHARE = 0.7  # of a programme's genes of either direction that must be measured
DRAWS = 100
SHORT = {"emt": "EMT", "nk": "NK", "t": "T", "b": "B", "cd8": "CD8", "cd56dim": "CD56dim", "th1": "Th1"}


@dataclass(frozen=True)
class Programme:
    """Gene symbols of a set; `down` are expected to fall where the programme is on."""

    name: str
    up: tuple
    down: tuple = field(default=())
    source: str = ""


def called(name: str) -> str:
    """What a person calls one of our sets: `nk_cells` is "NK cells"; names of other people's sets stay as they are."""
    if name != name.lower():
        return name
    words = [SHORT.get(word, word) for word in name.split("_")]
    return " ".join([words[0] if words[0] != words[0].lower() else words[0].capitalize(), *words[1:]])


def shipped(path=TABLE) -> list[Programme]:
    """The programmes of resources/programmes.tsv, in its order."""
    rows, order = {}, {}
    for row in read_tsv(path):
        rows.setdefault(row["programme"], {"up": [], "down": []})[row["direction"]].append(row["gene"])
        order.setdefault(row["programme"], row["source"])
    return [
        Programme(name, tuple(rows[name]["up"]), tuple(rows[name]["down"]), source) for name, source in order.items()
    ]


def read_gmt(path) -> list[Programme]:
    """Sets of a GMT file (name, source or note, genes; tabs between). `X_UP` and `X_DN` (or `_DOWN`) are one programme.

    Raises InputError with the line that is wrong.
    """
    sets = {}
    try:
        with open_text(path) as file:
            lines = file.read().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"rna.programmes: {path} cannot be read: {error}") from None
    for number, line in enumerate(lines, 1):
        cells = line.rstrip().split("\t")
        genes = tuple(dict.fromkeys(cell for cell in cells[2:] if cell))
        if not line.strip():
            continue
        if not genes:
            raise InputError(
                f"rna.programmes: {path} line {number} is no gene set: name, note, genes with tabs between"
            )
        if cells[0] in sets:
            raise InputError(f"rna.programmes: {path} line {number}: {cells[0]!r} stands twice")
        sets[cells[0]] = (genes, cells[1])
    found = []
    for name, (genes, note) in sets.items():
        upper = name.upper()
        if upper.endswith(("_DN", "_DOWN")) and f"{name.rpartition('_')[0]}_UP" in sets:
            continue
        down = ()
        if upper.endswith("_UP"):
            stem = name[:-3]
            down = next((sets[other][0] for other in (f"{stem}_DN", f"{stem}_DOWN") if other in sets), ())
            name = stem if down else name
        found.append(Programme(name, genes, down, note))
    return found


def score_programmes(genes: pd.DataFrame, programmes, seed: int) -> pd.DataFrame:
    """Scores of one sample: feature rows of kind `programme` with what they rest on.

    genes     gene, tpm, tpm_variance, count: the sample's gene table
    Returns   kind, feature, name, value, unit (`rank_score`), lower, upper, state, genes (of the programme), measured
              (of them), reason. value is singscore's: mean rank of the genes among all, from -0.5 (all at the bottom)
              to 0.5 (all at the top); with genes expected down, the sum of both directions (-1 to 1). The interval is
              what measuring is uncertain by (ranks drawn anew); what samples differ by otherwise is not in it.
    Source    singscore: Foroutan et al. 2018, BMC Bioinformatics 19:404, doi:10.1186/s12859-018-2435-4
    """
    table = genes.dropna(subset="tpm").sort_values(["tpm", "gene"], kind="stable")
    table = table[~table["gene"].duplicated(keep="last")].reset_index(drop=True)
    place = {name: at for at, name in enumerate(table["gene"])}
    rows = []
    wanted = [
        (one, [place[g] for g in one.up if g in place], [place[g] for g in one.down if g in place])
        for one in programmes
    ]
    background = len(table)
    level = np.log2(table["tpm"].to_numpy(float) + 1)
    ranks = np.vstack([_ranks(level), *(_ranks(draw) for draw in _drawn(table, seed))]) if background else None
    for one, up, down in wanted:
        total, seen = len(one.up) + len(one.down), len(up) + len(down)
        row = {"kind": "programme", "feature": one.name, "name": called(one.name), "unit": "rank_score"}
        row |= {"genes": total, "measured": seen, "value": np.nan, "lower": np.nan, "upper": np.nan, "reason": ""}
        if background < MIN_BACKGROUND:
            row["reason"] = f"{background} genes measured, {MIN_BACKGROUND} needed for ranks"
        elif not up or len(up) < MIN_SHARE * len(one.up) or len(down) < MIN_SHARE * len(one.down):
            row["reason"] = f"{seen} of {total} genes measured, {MIN_SHARE:.0%} of each direction needed"
        else:
            scores = _score(ranks, up, background)
            if down:
                scores = scores - _score(ranks, down, background)
            reach = 1.96 * scores[1:].std(ddof=1)
            row |= {"value": scores[0], "lower": scores[0] - reach, "upper": scores[0] + reach}
        row["state"] = "measured" if np.isfinite(row["value"]) else "not_measured"
        rows.append(row)
    return pd.DataFrame(rows)


def _ranks(level):
    """Average ranks, 1 to n: genes that are equal (most of them silent) share one."""
    from scipy.stats import rankdata

    return rankdata(level)


def _drawn(table: pd.DataFrame, seed: int):
    """log2(TPM + 1) drawn anew DRAWS times from the variance of each gene's TPM (a Poisson count's, if none is known).

    Gamma around the estimate, so that nothing falls below zero; a gene without a read stays where it is.
    """
    tpm = table["tpm"].to_numpy(float)
    count = table["count"].to_numpy(float)
    poisson = np.divide(tpm**2, count, out=np.zeros(len(tpm)), where=count > 0)
    variance = np.fmax(table["tpm_variance"].to_numpy(float), poisson)
    on = (tpm > 0) & (variance > 0)
    rng = np.random.default_rng(seed)
    for _ in range(DRAWS):
        drawn = tpm.copy()
        drawn[on] = rng.gamma(tpm[on] ** 2 / variance[on], variance[on] / tpm[on])
        yield np.log2(drawn + 1)


def _score(ranks, rows, background):
    """(draws,) mean rank over its possible range, less a half."""
    n = len(rows)
    least, most = (n + 1) / 2, (2 * background - n + 1) / 2
    return (ranks[:, rows].mean(axis=1) - least) / (most - least) - 0.5
