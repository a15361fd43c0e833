"""Clonality: what a patient's somatic mutations say of the purity of its samples.

One in all cancer cells is so in all samples, on the same number of copies; one in a part has any share in each, often
that of others. The sum over both is their likelihood; it knows the copies of the segment that they lie in.
"""

from dataclasses import dataclass

import numpy as np

from seriome.dna.copy_states import MAJOR, MINOR, RHO, TOTAL
from seriome.special import betainc, betaln, logsumexp

CLONAL, PARTIAL, WRONG = 0.55, 0.40, 0.05  # prior of a mutation: in all cancer cells, in a part, neither
ABSENT, MISREAD = 0.2, 0.001
SHIFTS = 5  # steps in which mutations are drawn to the fractions of those like them
ENOUGH = 30  # mutations beyond which all of them count as so many: they share clones, and errors of the model
KEPT = 40  # tables of mutations that are kept for the next time they are asked for


@dataclass(frozen=True)
class Mutations:
    """U somatic mutations in S samples: chrom, pos (1-based) (U,); alt, depth (U, S) reads."""

    chrom: np.ndarray
    pos: np.ndarray
    alt: np.ndarray
    depth: np.ndarray


class Clonality:
    """Tables of the likelihood of mutations that lie in a segment of known copies and are covered in some sample.

    segment_of   (U,) the segment of each mutation
    """

    def __init__(self, segment_of, mutations: Mutations):
        keep = (segment_of >= 0) & (mutations.depth > 0).any(axis=1)
        self.segment_of, self.known = segment_of[keep], {}
        self.alt, self.depth = mutations.alt[keep].astype(float), mutations.depth[keep].astype(float)
        vaf = np.where(self.depth > 0, self.alt / np.maximum(self.depth, 1), np.nan)
        self.spread = np.clip(1.2 * np.nanquantile(np.where(self.depth > 0, vaf, 0), 0.9, axis=0), 0.005, 1)
        shrink = 1 / (1 + self.depth / 300.0)  # beta-binomial reads as fewer binomial ones
        self.alt, self.depth = self.alt * shrink, self.depth * shrink
        self.weights = np.tile(
            np.log([CLONAL / 2, CLONAL / 4, CLONAL / 4, PARTIAL / 2, WRONG, PARTIAL / 2]), (len(self.alt), 1)
        )
        self.weights[:, 5] += self._clusters()
        self.heard = min(1.0, ENOUGH / max(len(self.segment_of), 1))

    def __len__(self) -> int:
        return len(self.segment_of)

    def of_sample(self, s, place, state) -> np.ndarray:
        """(R,) log likelihood of a sample's mutations given what the other samples say of each."""
        log = self.weights.copy()
        for other, (r, _) in place.items():
            if other != s:
                log += self.parts(other, state)[r]
        log -= logsumexp(log, axis=1)[:, None]
        return self.heard * logsumexp(self.parts(s, state) + log, axis=2).sum(axis=1)

    def parts(self, s, state) -> np.ndarray:
        """(R, U, C) log likelihood of mutations in a sample, for each thing that a mutation may be:

        on 1, the minor, the major number of copies of all cancer cells; in a part of them, alone; none of these; in a
        part with other mutations (what their fractions say of it is in the weights). In a part: any VAF that one copy
        can reach, as likely at any purity, for a prior over shares of the cells would reward the purity at which they
        are all small or all large.
        """
        key = s, state.tobytes()
        if key not in self.known:
            if len(self.known) >= KEPT:
                self.known.pop(next(iter(self.known)))
            self.known[key] = self._parts_of(s, state)
        return self.known[key]

    def _parts_of(self, s, state) -> np.ndarray:
        a, d = self.alt[:, s], self.depth[:, s]
        major, total = MAJOR[state], TOTAL[state]
        cells = np.maximum(RHO[:, None] * total + 2 * (1 - RHO[:, None]), 1e-9)
        found = []
        for copies in (np.minimum(total, 1), np.maximum(MINOR[state], np.minimum(total, 1)), major):
            vaf = RHO[:, None] * copies / cells
            vaf = np.clip(vaf * (1 - MISREAD) + (1 - vaf) * MISREAD, 1e-6, 1 - 1e-6)
            found.append(a * np.log(vaf) + (d - a) * np.log1p(-vaf))
        most = np.clip(RHO[:, None] * np.minimum(total, 1) / cells, 1e-4, 1 - 1e-6)
        below = np.log(np.maximum(betainc(a + 1, d - a + 1, most), 1e-300))
        whole = betaln(a + 1, d - a + 1)
        none = np.log(ABSENT) + a * np.log(MISREAD) + (d - a) * np.log1p(-MISREAD)
        found.append(np.logaddexp(np.log(1 - ABSENT) + whole + below - np.log(self.spread[s]), none))
        found.append(np.broadcast_to(np.logaddexp(np.log(1 - ABSENT) + whole, none), below.shape))
        found.append(below)
        return np.stack(found, axis=2)

    def _clusters(self) -> np.ndarray:
        """(U,) log likelihood of each mutation under the fractions of the others, drawn together by mean shift."""
        if len(self.alt) < 2:
            return np.full(len(self.alt), -np.inf)
        ref, centre = self.depth - self.alt, (self.alt + 0.5) / (self.depth + 1)
        for _ in range(SHIFTS):
            like = self.alt @ np.log(centre).T + ref @ np.log1p(-centre).T
            near = np.exp(like - like.max(axis=1, keepdims=True))
            centre = (near.T @ self.alt + 0.5) / (near.T @ self.depth + 1)
        like = self.alt @ np.log(centre).T + ref @ np.log1p(-centre).T
        np.fill_diagonal(like, -np.inf)
        return logsumexp(like, axis=1) - np.log(len(like) - 1)

    def together(self, place, state) -> float:
        """Log likelihood of all mutations with the samples placed."""
        parts = sum(self.parts(s, state)[r] for s, (r, _) in place.items())
        return logsumexp(parts + self.weights, axis=1).sum()

    def clonal(self, purities, state) -> np.ndarray:
        """(S,) covered mutations that are likelier in all cancer cells than not; purities: places of all in RHO."""
        log = sum(self.parts(s, state)[r] for s, r in enumerate(purities)) + self.weights
        sure = np.exp(logsumexp(log[:, :3], axis=1) - logsumexp(log, axis=1)) > 0.5
        return ((self.depth > 0) & sure[:, None]).sum(axis=0)
