"""Cells of the microenvironment, told twice: shares by regression on a signature matrix, and levels of marker genes."""

from pathlib import Path

import numpy as np
import pandas as pd

from seriome.errors import InputError
from seriome.files import read_tsv
from seriome.special import expit

from .programmes import called

TABLE = Path(__file__).parents[3] / "resources" / "cell_markers.tsv"
MIN_RATIO = 2  # signature genes per cell type that must be measured
MIN_MARKERS = 0.5  # share of a type's markers that must be measured
THERE = 1.0  # log2(TPM + 1) that the mean of markers must pass to count as there: 1 TPM
STRAYS, FAR = 1e-4, 1e4  # share of genes that may lie far off, and by how much larger their variance is
CHAINS, SWEEPS, BURN_IN = 16, 150, 60
REFITS = 8
FLOOR = 0.002  # of a gene's highest level in pure cells: what no matrix knows
START, LEAST = 0.3, 0.02  # what genes of one cell type differ by from sample to sample, as a share: first guess, least


def markers(path=TABLE) -> dict[str, tuple]:
    """{cell type: its marker genes} of resources/cell_markers.tsv, in its order."""
    found = {}
    for row in read_tsv(path):
        found.setdefault(row["cell"], []).append(row["gene"])
    return {cell: tuple(genes) for cell, genes in found.items()}


def also_known_as(path=TABLE) -> dict[str, str]:
    """{name of a cell type in other people's matrices, squeezed: ours}."""
    names = {}
    for row in read_tsv(path):
        for name in (row["cell"], *row["also"].split("|")):
            if name:
                names[squeezed(name)] = row["cell"]
    return names


def squeezed(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum() or letter == "+")


def read_signature(path) -> pd.DataFrame:
    """A signature matrix: TSV (plain or .gz), first column gene symbols, one column per cell type, TPM, not logged.

    Raises InputError where it is no such table.
    """
    try:
        table = pd.read_csv(path, sep="\t", index_col=0)
        numbers = table.apply(pd.to_numeric)
    except (OSError, ValueError) as error:
        raise InputError(f"rna.cell_signature: {path} is no matrix of genes and cell types: {error}") from None
    if numbers.shape[1] < 2 or numbers.isna().any(axis=None) or (numbers < 0).any(axis=None):
        raise InputError(f"rna.cell_signature: {path}: two or more columns of numbers >= 0 are needed, none empty")
    if numbers.to_numpy().max(initial=0) < 50:
        raise InputError(f"rna.cell_signature: {path} looks logged (no value above 50); TPM are needed")
    return numbers[~numbers.index.duplicated()]


def fractions(tpm, per_read, signature, seed: int):
    """Shares of a sample's RNA that are of each cell type, the rest being of cells that the matrix does not have.

    tpm, per_read  float (genes,): the sample's TPM of the signature's genes, and what one read of each is worth in TPM
                   (more, where reads are shared with other genes): variance of a measurement over its mean
    signature      float (genes, types), TPM of pure cells
    Returns        (value, lower, upper), each (types,): the constrained fit and its 95 % interval, the shortest
    Method         least squares with shares >= 0 whose sum is <= 1 (as quanTIseq: Finotello et al. 2019,
                   doi:10.1186/s13073-019-0638-6), genes weighted by their variance: measured, and a share of what is
                   expected of them that is learnt from the residuals, found again with every fit; strays (such as
                   genes that the tumour makes itself) count next to nothing. The interval is that of the posterior
                   under a flat prior on the shares, drawn by Gibbs sampling of a truncated normal (Geweke 1991), so
                   that it ends where shares end.
    Limit          shares of RNA, not of cells: cells with more RNA count more. What the tumour itself expresses of a
                   signature's genes is a residual above; few such genes do little, many do much
    """
    tpm, per_read, signature = (np.asarray(one, float) for one in (tpm, per_read, signature))
    scale = np.maximum(signature.max(axis=1), 1e-9)  # genes on one scale
    y, x, read = tpm / scale, signature / scale[:, None], per_read / scale
    share, relative = _start(y, x), START
    for _ in range(REFITS):
        expected = x @ share
        spread = _spread(expected, read, relative)
        core = _core((y - expected) ** 2 / spread)
        weight = core + (1 - core) / FAR
        share = _fit(y, x, weight / spread)
        relative = _relative(y, x @ share, read, relative)
    draws = _posterior(y, x, read, relative, share, seed)
    lower, upper = shortest(draws)
    return share, np.minimum(lower, share), np.maximum(upper, share)


def _start(y, x):
    """Shares to begin with, that no stray moves: the median over the genes that are highest in a type."""
    highest = x.argmax(axis=1)
    share = np.array([np.median(y[highest == at]) if (highest == at).any() else 0.0 for at in range(x.shape[1])])
    return share / max(share.sum(), 1.0)


def _spread(expected, read, relative):
    """Variance of a gene: of counting, of what cells of a type differ by, and a floor."""
    return read * np.maximum(expected, 0) + read**2 / 4 + (relative * expected) ** 2 + FLOOR**2


def _core(square):
    """Probability that a gene with this squared residual (in variances) is no stray."""
    odds = np.log(STRAYS / (1 - STRAYS)) - np.log(FAR) / 2 + square / 2 * (1 - 1 / FAR)
    return expit(-odds)


def _relative(y, expected, read, before):
    """What genes differ by from their expected level, as a share of it: the median, so that strays do not count."""
    used = expected > 20 * FLOOR
    if used.sum() < 10:
        return before
    excess = (y - expected) ** 2 - read * expected - read**2 / 4 - FLOOR**2
    square = np.median(excess[used] / expected[used] ** 2) / 0.4549  # the median of a chi-square of one degree
    return float(np.clip(np.sqrt(max(square, 0.0)), LEAST, 1.5))


def _fit(y, x, weight):
    """Shares >= 0 with a sum <= 1 of the least weighted squares: non-negative least squares, with one row for the sum

    where the free fit passes 1.
    """
    from scipy.optimize import nnls

    root = np.sqrt(weight)
    design, target = x * root[:, None], y * root
    share = nnls(design, target, maxiter=50 * x.shape[1])[0]
    if share.sum() > 1:
        heavy = 1e4 * np.linalg.norm(design)
        share = nnls(
            np.vstack([design, np.full(x.shape[1], heavy)]), np.append(target, heavy), maxiter=50 * x.shape[1]
        )[0]
    return share


def _posterior(y, x, read, relative, start, seed: int):
    """Draws (CHAINS x SWEEPS, types) of the shares: Gibbs over one share after another, strays and the scale."""
    from scipy.special import ndtr, ndtri

    rng = np.random.default_rng(seed)
    n, k = x.shape
    share = np.tile(np.clip(start, 1e-6, None), (CHAINS, 1))
    share /= np.maximum(share.sum(axis=1, keepdims=True) / 0.999, 1.0)
    kept, scale = np.empty((SWEEPS, CHAINS, k)), np.ones((CHAINS, 1))
    for sweep in range(-BURN_IN, SWEEPS):
        expected = share @ x.T
        spread = _spread(expected, read, relative)
        residual = (y - expected) ** 2 / spread
        weight = np.where(rng.random(residual.shape) < _core(residual / scale), 1.0, 1 / FAR)
        scale = np.maximum((weight * residual).sum(axis=1) / rng.chisquare(n, size=CHAINS), 1e-6)[:, None]
        precise = weight / spread / scale
        gram, pull = x.T @ (precise[:, :, None] * x), (precise * y) @ x
        uniform = rng.random((k, CHAINS))
        for at in range(k):
            room = np.maximum(1 - share.sum(axis=1) + share[:, at], 0.0)
            own = gram[:, at, at]
            mean = (pull[:, at] - (gram[:, at] * share).sum(axis=1)) / own + share[:, at]
            deviation = 1 / np.sqrt(own)
            low, high = -mean / deviation, (room - mean) / deviation
            far = low > 0  # the tail is taken from its lighter side
            one, two = np.where(far, -high, low), np.where(far, -low, high)
            z = ndtri(ndtr(one) + uniform[at] * (ndtr(two) - ndtr(one)))
            z = np.where(far, -z, z)
            share[:, at] = np.clip(np.where(np.isfinite(z), mean + deviation * z, mean), 0.0, room)
        if sweep >= 0:
            kept[sweep] = share
    return kept.reshape(-1, k)


def shortest(draws, level: float = 0.95):
    """Shortest intervals (lower, upper) of draws (n, columns) with `level` of them; one that begins at the least draws

    of a share is told from 0.
    """
    ordered = np.sort(draws, axis=0)
    n = len(ordered)
    span = int(np.ceil(level * n)) - 1
    width = ordered[span:] - ordered[: n - span]
    first = width.argmin(axis=0)
    columns = np.arange(ordered.shape[1])
    lower, upper = ordered[first, columns], ordered[first + span, columns]
    return np.where(first <= 0.005 * n, 0.0, lower), upper


def cell_features(genes: pd.DataFrame, signature: pd.DataFrame | None, seed: int) -> pd.DataFrame:
    """Cells of one sample, told twice.

    genes      the sample's gene table (gene, count, tpm, tpm_variance, tpm_lower, tpm_upper)
    signature  of `read_signature`, None where there is none
    Returns    kind `cell_markers` (log2_tpm: mean of log2(TPM + 1) of the markers) for every type of cell_markers.tsv,
               and kind `cell_fraction` (share_of_rna) for every type of the matrix; feature, name, value, unit, lower,
               upper, state, genes, measured, reason, verdict. Marker genes are taken out of the matrix, so that the two
               rest on different genes. verdict, of types told by both: `both`, `neither`, `unclear`, `disagree: ...`
    """
    table = genes.dropna(subset="tpm").sort_values("tpm").drop_duplicates("gene", keep="last").set_index("gene")
    per_read = _per_read(table)
    rows, known = [], markers()
    for cell, wanted in known.items():
        rows.append(_marker_row(cell, wanted, table, per_read))
    if signature is not None:
        rows += _fraction_rows(signature, known, table, per_read, seed)
    found = pd.DataFrame(rows)
    return found.assign(verdict=verdicts(found))


def _per_read(table: pd.DataFrame):
    """What one read of each gene is worth in TPM: the variance of its TPM over its mean, at least a Poisson count's."""
    count, tpm = table["count"].to_numpy(float), table["tpm"].to_numpy(float)
    one = np.divide(tpm, count, out=np.zeros(len(tpm)), where=count > 0)
    typical = np.median(one[one > 0]) if (one > 0).any() else 0.0
    drawn = np.divide(table["tpm_variance"].to_numpy(float), tpm, out=np.zeros(len(tpm)), where=tpm > 0)
    return pd.Series(np.fmax(drawn, np.where(one > 0, one, typical)), table.index)


def _row(kind, feature, name, unit, genes, measured):
    return {
        "kind": kind, "feature": feature, "name": name, "unit": unit, "genes": genes, "measured": measured,
        "value": np.nan, "lower": np.nan, "upper": np.nan, "state": "not_measured", "reason": "",
    }  # fmt: skip


def _marker_row(cell, wanted, table, per_read):
    there = [gene for gene in wanted if gene in table.index]
    row = _row("cell_markers", cell, called(cell), "log2_tpm", len(wanted), len(there))
    if len(there) < max(MIN_MARKERS * len(wanted), 1):
        return row | {"reason": f"{len(there)} of {len(wanted)} markers measured"}
    tpm = table.loc[there, "tpm"].to_numpy(float)
    value = np.log2(tpm + 1).mean()
    one = per_read[there].to_numpy()
    error = np.sqrt((one * (tpm + one / 2) / ((tpm + 1) * np.log(2)) ** 2).sum()) / len(there)
    return row | {
        "value": value, "lower": max(value - 1.96 * error, 0.0), "upper": value + 1.96 * error,
        "state": "measured" if value > 0 else "zero",
    }  # fmt: skip


def _fraction_rows(signature, known, table, per_read, seed):
    taken = {gene for genes in known.values() for gene in genes}
    rows = signature.index[signature.index.isin(table.index) & ~signature.index.isin(taken)]
    blank = [
        _row("cell_fraction", str(cell), str(cell), "share_of_rna", len(signature), len(rows))
        for cell in signature.columns
    ]
    if len(rows) < MIN_RATIO * signature.shape[1]:
        reason = (
            f"{len(rows)} genes of the matrix measured that are no markers, {MIN_RATIO * signature.shape[1]} needed"
        )
        return [row | {"reason": reason} for row in blank]
    found = fractions(table.loc[rows, "tpm"], per_read[rows], signature.loc[rows], seed)
    return [
        row | {"value": value, "lower": lower, "upper": upper, "state": "measured" if value > 0 else "zero"}
        for row, value, lower, upper in zip(blank, *found, strict=True)
    ]


def verdicts(cells: pd.DataFrame) -> list[str]:
    """Whether the two ways agree that a type of cell is there, row by row; empty where one of them says nothing.

    By shares a type is there where its interval lies above 0, by markers where theirs lies above THERE; it is not there
    where the interval touches 0, or lies below THERE. In between nothing is claimed, and the verdict is `unclear`.
    """
    ours = also_known_as()
    by = {"cell_fraction": {}, "cell_markers": {}}
    for row in cells[cells["value"].notna()].to_dict("records"):
        cell = ours.get(squeezed(row["feature"]))
        if row["kind"] == "cell_markers":
            there = True if row["lower"] > THERE else False if row["upper"] < THERE else None
            by["cell_markers"][row["feature"]] = there
        elif cell:
            before = by["cell_fraction"].get(cell)
            by["cell_fraction"][cell] = True if row["lower"] > 0 else bool(before)
    said = {}
    for cell in by["cell_fraction"].keys() & by["cell_markers"].keys():
        shares, levels = by["cell_fraction"][cell], by["cell_markers"][cell]
        if levels is None:
            said[cell] = "unclear"
        elif shares == levels:
            said[cell] = "both" if shares else "neither"
        else:
            said[cell] = "disagree: shares alone" if shares else "disagree: markers alone"
    return [said.get(ours.get(squeezed(name), ""), "") for name in cells["feature"]]
