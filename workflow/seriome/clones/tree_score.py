"""The probability of a tree: that of the measured CCFs, all CCFs that obey its sum rule summed over.

A measured CCF is normal around the true one, own shares are symmetric Dirichlet(SHARES). The sum runs from the leaves
to the top, as convolutions on a grid of CCFs, and is exact but for the grid; a rule broken by more than noise costs a
finite amount (BROKEN), so that one wrong cluster does not rule every tree out. To this are added

    a prior on trees    half all trees alike, half all histories alike (the next clone is born of any clone there is)
    a second top clone  TOP nats
    time rules          RETURN nats for a clone whose own share is present, then confidently absent, then present
                        again; YOUNGER for each sample in which a descendant is present and its ancestor is not
    a steady course     within a group of three samples or more, see `steady`; the course takes a clone's errors to be
                        independent of its parent's, which share those of its CCF

Sources: Myers et al. 2019, doi:10.1016/j.cels.2019.05.010 (time rules, made soft here); Lawson and Hanson 1995,
doi:10.1137/1.9781611971217 (projection onto the sum rule).
"""

import numpy as np

from seriome.clones.lineage import children, lineages
from seriome.clones.steady import LEAST, LEVELS, chains_of, forward
from seriome.special import gammaln, log_ndtr

LARGE = 20  # more clusters or samples than this: a quarter of the beam, a coarser grid, fewer trees scored in full
SHARES = 0.5  # Dirichlet of the clones' own shares: below 1, few clones hold most of a sample
FLOOR = 0.005  # the least standard error of a CCF; on the coarser grid twice that
BROKEN, DEPTH = 1e-6, 0.03  # probability that a model error breaks the rule in one (clone, sample), by what CCF
TOP = -4.0  # nats for each further clone without a parent
RETURN = -2.0
YOUNGER = -2.0
SEEN = 0.02  # own shares below count as this one in the quick score: their logs are noise
SURE = 5.0  # log Phi of more is 0
GONE = 0.02  # an own share whose upper limit is below is confidently absent


class Scorer:
    """Scores of trees, in nats, of one table of CCFs.

    quick  the sum rule as independent normal tails, the Dirichlet density at the own shares' estimates
    full   the sum over all CCFs that obey the rule
    Both add the prior, the time rules and the course.
    """

    def __init__(self, ccf, error, present, absent, day, group):
        clusters, samples = ccf.shape
        large = clusters > LARGE or samples > LARGE
        self.covered = np.isfinite(ccf) & np.isfinite(error)
        self.ccf = np.where(self.covered, np.clip(ccf, 0, 1), np.nan)
        self.filled = np.where(self.covered, self.ccf, 0)
        self.variance = np.where(self.covered, np.maximum(error, FLOOR * (1 + large)), 1) ** 2
        self.present = self.covered if present is None else present & self.covered
        self.absent = np.zeros(ccf.shape, bool) if absent is None else absent & self.covered
        group = np.full(samples, "") if group is None else np.asarray(group, str)
        self.younger = self._younger(day, group) if present is not None else np.zeros((clusters, clusters))
        self.sequences, self.lines = _sequences(day, group)
        self.points = 128 if large else 256
        self._tables()

    def _younger(self, day, group) -> np.ndarray:
        """(K, K) samples in which the second is present and the first absent, there or in plasma of that day."""
        absent = self.absent.copy()
        if day is not None:
            for s in np.flatnonzero(group == "plasma"):
                same = np.asarray(day) == np.asarray(day)[s]
                absent[:, same] |= self.absent[:, [s]] & ~self.present[:, same]
        return absent.astype(float) @ self.present.T

    def quick(self, trees) -> np.ndarray:
        own, spread, parent = self._own(trees)
        z = (own + ~self.covered) / np.sqrt(np.where(self.covered, self.variance, 1e-12) + spread)
        rule = log_tail(np.where(parent[..., None], z, SURE)).sum(axis=(1, 2))
        share = np.where(self.covered, (SHARES - 1) * np.log(np.clip(own, SEEN, 1)), 0).sum(axis=(1, 2))
        tops = (trees < 0).sum(axis=1) > 1
        if tops.any():
            on_top = (trees[tops] < 0).astype(float)
            left = (1 - on_top @ self.filled) / np.sqrt(on_top @ np.where(self.covered, self.variance, 0) + 1e-12)
            rule[tops] += log_ndtr(left).sum(axis=1)
        return rule + share + self._beside(trees, own, spread)

    def full(self, trees) -> np.ndarray:
        if not len(trees):
            return np.zeros(0)
        own, spread, _ = self._own(trees)
        return np.array([self._marginal(one) for one in trees.tolist()]) + self._beside(trees, own, spread)

    def _own(self, trees):
        """Own shares and variance of the children's sum (N, K, S), and who has children (N, K)."""
        child = children(trees)
        spread = child @ np.where(self.covered, self.variance, 0)
        return self.filled - child @ self.filled, spread, child.any(axis=2)

    def _beside(self, trees, own, spread) -> np.ndarray:
        """Prior, time rules and course."""
        clusters = trees.shape[1]
        above = lineages(trees)
        uniform = -(clusters - 2) * np.log(clusters)
        size = 1 + above.sum(axis=2)[:, 1:]
        score = np.logaddexp(uniform, -gammaln(clusters) - np.log(size).sum(axis=1))
        score = score + TOP * ((trees < 0).sum(axis=1) - 1)
        if self.younger.any():
            score = score + YOUNGER * (above * self.younger).sum(axis=(1, 2))
        if self.lines:
            score = score + self._course(trees)
        if self.sequences:
            score = score + RETURN * self._returns(own, np.sqrt(self.variance + spread)).sum(axis=1)
        return score

    def _course(self, trees) -> np.ndarray:
        """(N,) log of how much likelier the own shares are as steady courses than as samples without an order."""
        child = children(trees).reshape(-1, trees.shape[1])
        clone = np.tile(np.arange(trees.shape[1]), len(trees))
        first, each = _distinct(clone, child)
        clone, child = clone[first], child[first]
        own = self.filled[clone] - child @ self.filled
        variance = self.variance[clone] + child @ np.where(self.covered, self.variance, 0)
        known = self.covered[clone] & (child @ (~self.covered).astype(float) == 0)
        level, chance, chains = chains_of(trees.shape[1], SHARES)
        apart = -np.log(LEAST) / (LEVELS - 1)
        gain = np.zeros((len(chains), len(clone)))
        for line in self.lines:
            wide = np.sqrt(variance[:, line, None] + (level * apart / 2) ** 2)  # a level stands for those around it
            fit = np.exp(-0.5 * ((own[:, line, None] - level) / wide) ** 2) / wide + 1e-4
            fit[~known[:, line]] = 1
            gain -= np.log(fit @ chance).sum(axis=1)
            for pace, chain in enumerate(chains):
                gain[pace] += forward(fit, chance, chain)
        whole = gain[:, each].reshape(len(chains), *trees.shape).sum(axis=2)
        return np.logaddexp.reduce(whole, axis=0) - np.log(len(chains))

    def _returns(self, own, sd) -> np.ndarray:
        """(N, K): is an own share present, then confidently absent, then present again, in any sequence?"""
        present = self.present & (own > 3 * sd) & (own > GONE)
        absent = self.covered & (self.absent | (own + 2 * sd < GONE))
        back = np.zeros(own.shape[:2], bool)
        for days in self.sequences:
            been, left = np.zeros_like(back), np.zeros_like(back)
            for here in days:
                now = present[..., here].any(axis=2)
                back |= now & left
                been |= now
                left |= been & absent[..., here].all(axis=2)
        return back

    def _tables(self):
        """Measured CCFs as densities on the grid; the own share's density, as a Fourier transform.

        The circle is three times the grid: two children and an own share of up to 1 each do not go round it.
        """
        self.circle = 3 * self.points
        at = np.linspace(0, 1, self.points)
        wide = at[1]
        with np.errstate(invalid="ignore"):
            density = np.exp(-0.5 * (at - self.filled[..., None]) ** 2 / self.variance[..., None])
        self.density = np.where(self.covered[..., None], density, 1)
        edges = np.concatenate([[0], at[:-1] + wide / 2, [1]])
        self.share = np.diff(edges**SHARES)
        kernel = np.zeros(self.circle)
        kernel[: self.points] = self.share
        back = np.arange(1, int(6 * DEPTH / wide))
        kernel[-back] = BROKEN * np.exp(-back * wide / DEPTH) * wide
        self.kernel = np.fft.rfft(kernel)
        self.known, self.messages, self.evidence = {}, [], []
        self.room = max(int(2e8 / (16 * len(self.kernel) * self.ccf.shape[1])), 200)

    def _marginal(self, tree) -> float:
        """log probability of the measured CCFs given the tree, up to a constant of all trees."""
        if len(self.messages) > self.room:
            self.known, self.messages, self.evidence = {}, [], []
        children = [[] for _ in tree]
        tops = []
        for clone, parent in enumerate(tree):
            (children[parent] if parent >= 0 else tops).append(clone)
        below = [self._subtree(child, children) for child in children[0]]
        message, evidence = self._message(0, below)
        if len(tops) > 1:
            total = np.fft.rfft(message, self.circle)
            for top in tops[1:]:
                one = self._subtree(top, children)
                total, evidence = total * self.messages[one], evidence + self.evidence[one]
            fits = np.fft.irfft(total, self.circle)[:, : self.points].sum(axis=1)
            evidence += np.log(np.clip(fits, 1e-12, 1)).sum()
        return evidence

    def _subtree(self, clone: int, children) -> int:
        """The number of a subtree, whose message is made where it is not known yet."""
        below = tuple(sorted([self._subtree(child, children) for child in children[clone]]))
        number = self.known.get((clone, below))
        if number is None:
            message, evidence = self._message(clone, below)
            number = self.known[clone, below] = len(self.messages)
            self.messages.append(np.fft.rfft(message, self.circle))
            self.evidence.append(evidence)
        return number

    def _message(self, clone: int, below):
        """Density of a clone's CCF (S, points) given all measured in its subtree, and the log evidence of these."""
        if below:
            total = self.kernel
            for child in below:
                total = total * self.messages[child]
            message = np.maximum(np.fft.irfft(total, self.circle)[:, : self.points], 1e-30) * self.density[clone]
        else:
            message = self.share * self.density[clone]
        mass = message.sum(axis=1)
        return message / mass[:, None], float(np.log(mass).sum()) + sum(self.evidence[child] for child in below)

    def worst(self, tree) -> float:
        """Least z of what the rule leaves over, 0 where nothing is missing."""
        own, spread, parent = self._own(tree[None])
        z = own[0] / np.sqrt(self.variance + spread[0])
        least = z[parent[0][:, None] & self.covered].min(initial=0)
        if (tree < 0).sum() > 1:
            left = 1 - self.filled[tree < 0].sum(axis=0)
            least = min(least, (left / np.sqrt(np.where(self.covered, self.variance, 0)[tree < 0].sum(axis=0))).min())
        return float(least)

    def suspect(self, tree) -> np.ndarray:
        """Clusters that the projection onto the sum rule, weighted by precision, moves by more than 2 errors."""
        own = self._own(tree[None])[0][0]
        below = lineages(tree[None])[0] + np.eye(len(tree))
        sd, moved = np.sqrt(self.variance), np.zeros(len(tree))
        for s in np.flatnonzero((own < 0).any(axis=0)):
            known = self.covered[:, s]
            weighted = below[known] / sd[known, s, None]
            fitted = below @ _not_negative(weighted, self.filled[known, s] / sd[known, s])
            moved = np.maximum(moved, np.where(known, np.abs(fitted - self.filled[:, s]) / sd[:, s], 0))
        return np.flatnonzero(moved > 2)


def log_tail(z) -> np.ndarray:
    """log Phi(z), 0 from SURE on."""
    out, open_ = np.zeros(z.shape), z < SURE
    out[open_] = log_ndtr(z[open_])
    return out


def _distinct(clone, child):
    """Of clones (N,) with children (N, K): where each distinct one is first, and which of these each is."""
    clusters = child.shape[1]
    if clusters > 56:  # more than a word has bits
        return np.arange(len(clone)), np.arange(len(clone))
    word = child.astype(np.int64) @ (1 << np.arange(clusters)) * 64 + clone
    return np.unique(word, return_index=True, return_inverse=True)[1:]


def _sequences(day, group):
    """Time: for each group its days in order, each as a list of samples, plasma in all; and the samples of the course.

    The course runs within one group, of three samples or more.
    """
    if day is None:
        return [], []
    day = np.asarray(day, float)
    sites = sorted(set(group.tolist()) - {"plasma"}) or ["plasma"]
    sequences, lines = [], []
    for site in sites:
        within = (group == site) | (group == "plasma")
        days = [np.flatnonzero(within & (day == one)) for one in np.unique(day[within])]
        if len(days) > 2:
            sequences.append(days)
    for one in sorted(set(group.tolist())):
        line = np.flatnonzero(group == one)
        if len(line) > 2:
            lines.append(line[np.argsort(day[line], kind="stable")])
    return sequences, lines


def _not_negative(matrix, target) -> np.ndarray:
    """The x >= 0 with the least squares of matrix @ x - target (Lawson and Hanson, chapter 23)."""
    free = np.zeros(matrix.shape[1], bool)
    x = np.zeros(matrix.shape[1])
    for _ in range(3 * len(x)):
        slope = matrix.T @ (target - matrix @ x)
        if free.all() or slope[~free].max() <= 1e-9:
            break
        free[np.flatnonzero(~free)[slope[~free].argmax()]] = True
        while True:
            trial = np.zeros(len(x))
            trial[free] = np.linalg.lstsq(matrix[:, free], target, rcond=None)[0]
            low = free & (trial <= 0)
            if not low.any():
                break
            x = x + (x[low] / np.maximum(x[low] - trial[low], 1e-300)).min() * (trial - x)
            free &= x > 1e-12
            x[~free] = 0
        x = trial
    return x
