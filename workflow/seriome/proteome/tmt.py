"""Isobaric labels: the reporter ions of each spectrum, corrected for impurities, against a bridge channel.

Masses of reporters (Da) as the reagents' maker gives them; two neighbours differ by 6.3 mDa, so the instrument must
resolve 50,000 at m/z 130 for all but tmt6.
Source   Werner et al. 2014, Anal Chem 86:3594, doi:10.1021/ac500140s (10 and 11 channels); Li et al. 2020, Nat Methods
         17:399, doi:10.1038/s41592-020-0781-4 (TMTpro); correction: Shadforth et al. 2005, BMC Genomics 6:145,
         doi:10.1186/1471-2164-6-145
Limits   ratios are compressed where other peptides were isolated together; MS3 spectra (SPS) have less of it
"""

import numpy as np
import pandas as pd

from seriome.errors import InputError
from seriome.files import read_tsv

MASSES = {
    "126": 126.127726, "127N": 127.124761, "127C": 127.131081, "128N": 128.128116, "128C": 128.134436,
    "129N": 129.131471, "129C": 129.137790, "130N": 130.134825, "130C": 130.141145, "131N": 131.138180,
    "131C": 131.144500, "132N": 132.141535, "132C": 132.147855, "133N": 133.144890, "133C": 133.151210,
    "134N": 134.148245, "134C": 134.154565, "135N": 135.151600,
}  # fmt: skip
NAMES = list(MASSES)
CHANNELS = {
    "tmt6": ["126", "127N", "128C", "129N", "130C", "131N"],
    "tmt10": NAMES[:10],
    "tmt11": NAMES[:11],
    "tmt16": NAMES[:16],
    "tmt18": NAMES,
}
TOLERANCE = 0.003  # Da, half of the distance between neighbours
STEPS = {"-2": -2, "-1": -1, "+1": 1, "+2": 2}  # columns of the table of impurities, in neutrons


def reporters(fragments, label: str) -> pd.DataFrame:
    """Intensity of each channel in each spectrum: rows as `fragments`, columns the channels; 0.0 is not seen.

    The highest peak within TOLERANCE of a reporter counts. Where the file has MS3 spectra, theirs are read.
    """
    channels = CHANNELS[label]
    table = np.zeros((len(fragments), len(channels)))
    for row, one in enumerate(fragments):
        mz, heights = map(np.asarray, one.low)
        for column, channel in enumerate(channels):
            near = np.abs(mz - MASSES[channel]) <= TOLERANCE
            if near.any():
                table[row, column] = heights[near].max()
    return pd.DataFrame(table, columns=channels, index=pd.Index([one.spectrum for one in fragments], name="spectrum"))


def read_impurities(path, label: str) -> np.ndarray:
    """The mixing matrix (channels seen x channels labelled) of a lot: a TSV with the columns channel -2 -1 +1 +2, in %.

    What a channel loses by -1 is seen one dalton lower: of carbons in the C series, of nitrogens in the N series, as
    the certificate of the lot counts it. Raises InputError where a channel is missing or shares pass 100 %
    """
    channels = CHANNELS[label]
    rows = {row["channel"]: row for row in read_tsv(path)}
    missing = [channel for channel in channels if channel not in rows]
    if missing:
        raise InputError(f"{path}: no row of channel {missing[0]}; {label} has {', '.join(channels)}")
    matrix = np.zeros((len(channels), len(channels)))
    for column, channel in enumerate(channels):
        shares = {step: float(rows[channel].get(name) or 0) / 100 for name, step in STEPS.items()}
        if not 0 <= sum(shares.values()) < 1:
            raise InputError(f"{path}: impurities of channel {channel} sum to {100 * sum(shares.values()):g} %")
        matrix[column, column] = 1 - sum(shares.values())
        for step, share in shares.items():
            seen = moved(channel, step)
            if seen in channels:
                matrix[channels.index(seen), column] += share
    return matrix


def moved(channel: str, neutrons: int) -> str:
    """The channel that lies so many neutrons away in the same series; 126 stands at the head of the C series."""
    number, series = int(channel[:3]), channel[3:] or "C"
    name = f"{number + neutrons}{series}"
    return "126" if name == "126C" else name


def corrected(table: pd.DataFrame, matrix: np.ndarray | None) -> pd.DataFrame:
    """Intensities as they would be with pure reagents, by non-negative least squares; unchanged without a matrix."""
    if matrix is None or not len(table):
        return table
    from scipy.optimize import nnls

    return pd.DataFrame(
        [nnls(matrix, row)[0] for row in table.to_numpy(float)], columns=table.columns, index=table.index
    )


def against_bridge(table: pd.DataFrame, bridge: str | None) -> pd.DataFrame:
    """Intensities x median bridge / bridge of the same spectrum, so that spectra and plexes are on one scale; a
    spectrum without the bridge has NaN. Unchanged without a bridge channel."""
    if bridge is None:
        return table
    of_bridge = table[bridge].where(table[bridge] > 0)
    return table.mul(of_bridge.median() / of_bridge, axis=0)
