"""Model: what goes into a fit of one patient, what its rounds end with, and what is told of it."""

from dataclasses import dataclass, field

import numpy as np

from seriome.clones.copies import States
from seriome.clones.likelihood import Counts, Grid
from seriome.clones.mixture import Data, Mixture
from seriome.clones.purity import Stated


@dataclass(frozen=True)
class Settings:
    """What the user may set.

    error_rate     probability that a read shows a given other base, where the counts do not say it
    purity_sd      standard deviation of the purities that are stated
    extinct_limit  CCF;  copy_number_change: log2
    starts         of the clustering, the best is kept;  threads: starts side by side, without effect on the result
    draws       : of the posterior, None by the number of mutations
    """

    seed: int = 7
    error_rate: float = 0.0005
    copy_number_change: float = 0.15
    extinct_limit: float = 0.02
    purity_sd: float = 0.03
    starts: int = 1
    threads: int = 1
    draws: int | None = None


@dataclass(frozen=True)
class CopyNumber:
    """Copies of N mutations in S samples, each (N, S) or None.

    major, minor   copies of the two alleles per cancer cell, as a caller states them; normal: per normal cell
    part           (major, minor, fraction) of a second population of cancer cells
    ratio, error   instead of these: coverage of the mutation's gene against the normal (1 is unchanged), its standard
                   error; NaN where not measured;  changed (N,): it changed in some sample
    """

    major: np.ndarray | None = None
    minor: np.ndarray | None = None
    normal: np.ndarray | None = None
    part: tuple | None = None
    ratio: np.ndarray | None = None
    error: np.ndarray | None = None
    changed: np.ndarray | None = None

    @property
    def source(self) -> str:
        """`alleles`: copies of both are known; `coverage`: their sum is fitted where coverage changed; `none`: two."""
        return "alleles" if self.major is not None else "coverage" if self.changed is not None else "none"


@dataclass(frozen=True)
class Settled:
    """Clusters, founder and purity after the rounds.

    found        what `purity.purity_of` says; informative: the samples with tumour
    moved        largest relative change of a purity in the last round
    joined       did several clusters become the founder in some round?
    """

    found: dict
    informative: np.ndarray
    ways: States
    data: Data
    mixture: Mixture
    tumour_cn: dict
    precision: float | None
    rounds: int
    moved: float
    joined: bool


@dataclass
class Model:
    """The fit. S counts all samples; arrays hold NaN where nothing can be said.

    purity, purity_lower, purity_upper, purity_limit   (S,) limit: the tumour that could have been seen
    founder_reads, founder_depth                       (S,)
    ccf, lower, upper, lod      (K, S) of the clusters, founder first, then by falling mean
    state                       (K, S) measured, below_lod, tumour_not_detected, not_covered
    draws                       (D, K, S) CCFs of the clusters, drawn from the posterior; NaN without tumour
    label                       (N,) the cluster of each mutation, -1 of an outlier
    member                      (N, K) probability of each mutation in each cluster;  out (N,) of being an outlier
    mutation_ccf, mutation_lower, mutation_upper   (N, S) of each mutation, over all clusters that it may be of
    copies                      (N, S) mutated copies per cancer cell, posterior mean of the likeliest states
    founder                     is cluster 0 held at CCF 1?
    copies_from                 as CopyNumber.source has it;  stated: the purities that were stated
    """

    counts: Counts
    grid: Grid
    purity: np.ndarray
    purity_lower: np.ndarray
    purity_upper: np.ndarray
    purity_limit: np.ndarray
    founder_reads: np.ndarray
    founder_depth: np.ndarray
    ccf: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    lod: np.ndarray
    state: np.ndarray
    draws: np.ndarray
    label: np.ndarray
    member: np.ndarray
    out: np.ndarray
    mutation_ccf: np.ndarray
    mutation_lower: np.ndarray
    mutation_upper: np.ndarray
    copies: np.ndarray
    tumour_cn: dict
    founder: bool = True
    precision: float | None = None
    bound: float = 0.0
    rounds: int = 0
    warnings: list = field(default_factory=list)
    copies_from: str = "none"
    stated: Stated | None = None

    @property
    def clusters(self) -> int:
        return self.member.shape[1]

    @property
    def cluster_of(self) -> np.ndarray:
        """(N,) the cluster of each mutation, -1 of an outlier."""
        if not self.clusters:
            return np.full(len(self.member), -1)
        return self.label

    @property
    def error(self) -> np.ndarray:
        """(K, S) standard deviation of the CCFs."""
        return self.draws.std(axis=0)
