"""Semi-supervised rescoring: a score that weighs what is known of a match, learned from the data at hand.

Targets within 1 % FDR are taken for right, decoys for wrong; a linear classifier learns what tells them apart, its
score finds new targets within 1 %, and so on. Each match is scored by a classifier that has not seen it: three parts,
by composition, so that a target and its own decoy lie in one part.
Source   Percolator: Käll et al. 2007, Nat Methods 4:923, doi:10.1038/nmeth1113, with the cross-validation of Granholm
         et al. 2012, BMC Bioinformatics 13(S16):S3, doi:10.1186/1471-2105-13-S16-S3
Limits   with few matches it learns noise: below LEAST it does nothing. Retention times are predicted from composition
         by a ridge regression on the same training matches, which is coarse.
"""

from zlib import crc32

import numpy as np
import pandas as pd

from seriome.proteome.fdr import q_values

FOLDS, ROUNDS, TRAINED_AT = 3, 4, 0.01
LEAST, LEAST_DECOYS = 300, 120  # targets within TRAINED_AT, and decoys, without which nothing is learned
RESIDUES = "ACDEFGHIKLMNPQRSTVWY"


def rescored(psms: pd.DataFrame) -> tuple[pd.DataFrame, bool]:
    """(matches with `score` learned and the search's kept as `hyperscore`, whether it was learned).

    psms  of one or many runs: columns of the search, and `run`
    score is 0 at the part's threshold of 1 % and -1 at its median decoy, so that parts can be compared
    """
    kept = psms.assign(hyperscore=psms["score"])
    decoy = psms["decoy"].to_numpy(bool)
    right = (q_values(psms["score"], decoy) <= TRAINED_AT) & ~decoy
    if right.sum() < LEAST or decoy.sum() < LEAST_DECOYS:
        return kept, False
    fold = _folds(psms["peptide"])
    composition, plain = _composition(psms["peptide"]), _plain(psms)
    score = np.full(len(psms), np.nan)
    for part in range(FOLDS):
        train, test = fold != part, fold == part
        learned = _learn(plain, composition, psms["rt"].to_numpy(float), psms["score"].to_numpy(), decoy, train)
        if learned is None:
            return kept, False
        threshold, median = learned[1]
        score[test] = (learned[0][test] - threshold) / max(threshold - median, 1e-9)
    return kept.assign(score=score), True


def _folds(peptides) -> np.ndarray:
    return np.array([crc32("".join(sorted(one)).encode()) % FOLDS for one in peptides])


def _composition(peptides) -> np.ndarray:
    counts = np.array([[one.count(aa) for aa in RESIDUES] for one in peptides], float)
    ends = np.array([[one[0] == aa for aa in RESIDUES] + [one[-2] == aa for aa in RESIDUES] for one in peptides], float)
    length = counts.sum(axis=1, keepdims=True)
    return np.hstack([counts, ends, counts / np.sqrt(length), np.log(length)])


def _plain(psms) -> np.ndarray:
    """What is known of each match without learning; float (matches, features)."""
    length = psms["peptide"].str.len().to_numpy(float)
    run = psms["run"] if "run" in psms else pd.Series("", index=psms.index)
    centre = {key: psms.groupby(run)[key].transform("median") for key in ("ppm", "fragment_ppm")}
    charge = psms["charge"].to_numpy()
    return np.column_stack(
        [
            psms["score"],
            np.log1p(psms["delta"].clip(lower=0)),
            psms["matched_peaks"],
            psms["matched_peaks"] / length,
            psms["longest_b"] / length,
            psms["longest_y"] / length,
            np.log1p(psms["intensity_share"].clip(lower=0)),
            psms["poisson"].clip(lower=-50),
            (psms["ppm"] - centre["ppm"]).abs(),
            (psms["fragment_ppm"] - centre["fragment_ppm"]).abs(),
            psms["isotope_error"] != 0,
            charge == 2,
            charge == 3,
            length,
            psms["missed_cleavages"],
        ]
    ).astype(float)


def _learn(plain, composition, rt, start, decoy, train):
    """(scores of all matches, (threshold at TRAINED_AT, median decoy) of the training ones), None without enough."""
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.preprocessing import StandardScaler

    score = start
    for _ in range(ROUNDS):
        q = q_values(score[train], decoy[train])
        right = np.zeros(len(decoy), bool)
        right[np.flatnonzero(train)[(q <= TRAINED_AT) & ~decoy[train]]] = True
        if right.sum() < LEAST / 2:
            return None
        times = Ridge(alpha=10.0).fit(composition[right], rt[right])
        late = np.abs(rt - times.predict(composition))
        table = np.column_stack([plain, late, np.log1p(late)])
        learning = train & (right | decoy)
        scaler = StandardScaler().fit(table[learning])
        model = LogisticRegression(C=0.1, class_weight="balanced", max_iter=200)
        model.fit(scaler.transform(table[learning]), right[learning])
        score = model.decision_function(scaler.transform(table))
    q = q_values(score[train], decoy[train])
    passed = score[train][(q <= TRAINED_AT) & ~decoy[train]]
    if not len(passed):
        return None
    return score, (passed.min(), np.median(score[train][decoy[train]]))
