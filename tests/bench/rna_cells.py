"""Cell types of mixtures with known shares: error of the shares and whether the intervals hold them."""

from pathlib import Path

import numpy as np
import pandas as pd

from seriome.rna.cells import fractions, markers

TIL10 = Path(__file__).parents[3] / "shared/reference/fetched/quantiseq_TIL10_signature.txt.gz"  # not shipped
NOISE = 0.4  # standard deviation (log) of a gene from its level in the matrix, for each type of cell and sample
STRAY = 0.03  # share of the matrix's genes that the tumour makes too
READS = 20.0  # reads per TPM


def cells(mixtures: int = 150) -> dict:
    """Mixtures of a made-up matrix of eight types, and of TIL10 where it is at hand."""
    figures = _measured("made up", made_up(), mixtures)
    print(f"cells: {mixtures} mixtures of 8 made-up types; genes off by {NOISE}, {STRAY:.0%} of them the tumour's too")
    _told(figures)
    if TIL10.exists():
        matrix = pd.read_csv(TIL10, sep="\t", index_col=0)
        taken = {gene for genes in markers().values() for gene in genes}
        known = _measured("TIL10", matrix[~matrix.index.isin(taken)], mixtures)
        print(f"cells: {mixtures} mixtures of TIL10 without the marker genes")
        _told(known)
        figures |= {f"{name}_til10": value for name, value in known.items()}
    else:
        print("cells: TIL10 is not at hand: the made-up matrix alone")
    return figures


def made_up() -> pd.DataFrame:
    """160 genes x 8 types: each gene high in one type, at times in a second, low in the others."""
    rng = np.random.default_rng(11)
    matrix = rng.gamma(0.3, 20, size=(160, 8))
    matrix[np.arange(160), np.arange(160) % 8] += rng.gamma(2, 120, size=160)
    second = rng.random(160) < 0.3
    matrix[second, (np.arange(160)[second] + 3) % 8] += rng.gamma(2, 60, size=second.sum())
    return pd.DataFrame(matrix, [f"S{at}" for at in range(160)], [f"type {at + 1}" for at in range(8)])


def _measured(name: str, matrix: pd.DataFrame, mixtures: int) -> dict:
    rng = np.random.default_rng(len(name))
    x, off, inside = matrix.to_numpy(float), [], []
    for at in range(mixtures):
        share = rng.dirichlet(np.full(x.shape[1], 0.6)) * rng.uniform(0.05, 0.6)
        share[rng.random(len(share)) < 0.15] = 0.0
        own = x * rng.lognormal(-(NOISE**2) / 2, NOISE, size=x.shape)  # each type of cell is itself off
        mean = own @ share + (rng.random(len(x)) < STRAY) * rng.lognormal(3, 1.5, size=len(x))
        tpm = rng.poisson(mean * READS) / READS
        value, lower, upper = fractions(tpm, np.full(len(tpm), 1 / READS), x, seed=at)
        off.append(np.abs(value - share))
        inside.append((lower <= share) & (share <= upper))
    off, inside = np.array(off), np.array(inside)
    by_type = {
        str(cell): [round(float(error), 4), round(float(cover), 3)]
        for cell, error, cover in zip(matrix.columns, off.mean(axis=0), inside.mean(axis=0), strict=True)
    }
    return {
        "deconvolution_error": round(float(off.mean()), 5),
        "deconvolution_coverage": round(float(inside.mean()), 4),
        "deconvolution_by_type": by_type,
    }


def _told(figures: dict) -> None:
    print(
        f"  mean error of a share {figures['deconvolution_error']}, intervals hold {figures['deconvolution_coverage']}"
    )
    for cell, (error, cover) in figures["deconvolution_by_type"].items():
        print(f"    {cell:20} error {error:.4f}, held {cover:.3f}")


PARTS = {"cells": cells}
QUICK = {"cells": {"mixtures": 10}}
