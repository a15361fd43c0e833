"""Tree: who descends from whom.

Sum rule: in every sample, the CCFs of a clone's children add up to no more than its own; what is left is its own share
of the cancer cells. The probability of a tree is that of the measured CCFs, all CCFs that obey its sum rule summed
over: a measured CCF is normal around the true one, own shares are symmetric Dirichlet(SHARES). The sum runs from the
leaves to the top, as convolutions on a grid of CCFs, and is exact but for the grid; a rule broken by more than noise
costs a finite amount (BROKEN), so that one wrong cluster does not rule every tree out. To this are added

    a prior on trees    half all trees alike, half all histories alike (the next clone is born of any clone there is)
    a second top clone  TOP nats
    time rules          RETURN nats for a clone whose own share is present, then confidently absent, then present
                        again; YOUNGER for each sample in which a descendant is present and its ancestor is not
    a steady course     within a group of three samples or more, a clone's own share follows that of the sample before:
                        a Markov chain of share levels. Each sample alone stays as Dirichlet has it (the chain is scaled
                        to that), all courses are summed over, and samples without an order are the comparison

The search: clones are placed in falling CCF, each under any clone placed before, and the BEAM best are kept by a quick
score (log Phi of what the rule leaves over, in standard errors); the best of them are scored in full, and so are the
neighbours of the best (one subtree moved elsewhere), for noise may break the order of CCFs. Up to seven clones all
trees of that order with one founder pass the beam. Trees of the beam that are not scored in full count with their quick
score, put on the scale of the least of those that are; without them supports are too high where much is open.
Supports are shares of all these trees, weighted by probability to the power TRUST, without which they were too sure.
The tree given has the greatest expected F1 of ancestries, over all these trees (the estimate of least expected loss);
it need not be the most probable, nor one of them. SHARES, PACES, SEEN and TRUST were set on simulated patients
(tests/bench/trees.py says which).

Assumptions: no mutation is lost or arises twice; errors of clusters and samples are independent; from sample to sample
an own share changes by a factor of e or e^2, whatever the days between: samples are taken when something has changed.
The course takes a clone's errors to be independent of its parent's, which share those of its CCF.
Sources: Jiao et al. 2014, doi:10.1186/1471-2105-15-35 (sum rule, trees as hidden variables); Myers et al. 2019,
doi:10.1016/j.cels.2019.05.010 (time rules, made soft here); Wintersinger et al. 2022,
doi:10.1158/2643-3230.BCD-21-0092 (tree posteriors); Kulman et al. 2024, doi:10.1371/journal.pcbi.1012653 (beam of
partial trees, subtrees moved); Lawson and Hanson 1995, doi:10.1137/1.9781611971217 (projection onto the sum rule);
Rabiner 1989, doi:10.1109/5.18626 (all courses of a chain summed over); Sinkhorn and Knopp 1967,
doi:10.2140/pjm.1967.21.343 (a chain scaled to given distributions); Barbieri and Berger 2004,
doi:10.1214/009053604000000238 (the central model predicts better than the most probable).
"""

from dataclasses import dataclass, field
from functools import cache

import numpy as np

from seriome.special import betainc, gammaln, log_ndtr

BEAM = 2000
LARGE = 20  # more clusters or samples than this: a quarter of the beam, a coarser grid, fewer trees scored in full
SCORED = 400  # trees of the beam that are scored in full; of LARGE an eighth
ROUNDS, TOGETHER, AROUND = 3, 8, 100  # of neighbours: rounds, trees whose neighbours are looked at, neighbours scored
NEAR, NEIGHBOURS, FAR = 15, 8, 4  # nats below the best: the beam's and neighbours still scored, still looked around
SHARES = 0.5  # Dirichlet of the clones' own shares: below 1, few clones hold most of a sample
FLOOR = 0.005  # the least standard error of a CCF; on the coarser grid twice that
BROKEN, DEPTH = 1e-6, 0.03  # probability that a model error breaks the rule in one (clone, sample), by what CCF
TOP = -4.0  # nats for each further clone without a parent
RETURN = -2.0
YOUNGER = -2.0
LEVELS, LEAST = 24, 0.002  # of own shares in the course, evenly in their logs; less than LEAST is one level
PACES = (1.0, 2.0)  # standard deviations of a step of the log own share from sample to sample, likely alike
TRUST = 0.8  # power of the probabilities: samples and clusters err less independently than the sum has it
SEEN = 0.02  # own shares below count as this one in the quick score: their logs are noise
SURE = 5.0  # log Phi of more is 0
GONE = 0.02  # an own share whose upper limit is below is confidently absent
DECIDED = 0.8


@dataclass(frozen=True)
class Tree:
    """Trees of K clusters and what they agree on.

    parent (K,)      the tree of the greatest expected F1 of ancestries: the parent of each cluster, -1 on top
    support (K,)     probability of that edge; NaN where no sample says anything
    worst            least z of the sum rule in that tree, 0 where none is negative
    trees            (parents, probability) of the most probable, falling; at most 100
    ancestor (K, K)  probability that the first is an ancestor of the second
    consensus (K,)   the parent that has a probability of 0.5 or more, whatever the tree; -2 where none has
    decided (K,)     is the support 0.8 or more?
    best (K,)        the most probable tree
    suspect          clusters whose CCF must move by more than 2 standard errors somewhere to obey the tree's sum rule
    """

    parent: np.ndarray
    support: np.ndarray
    worst: float
    trees: list
    ancestor: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    consensus: np.ndarray = field(default_factory=lambda: np.zeros(0, int))
    decided: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    best: np.ndarray = field(default_factory=lambda: np.zeros(0, int))
    suspect: np.ndarray = field(default_factory=lambda: np.zeros(0, int))


def grow(
    ccf, error, *, draws=None, present=None, absent=None, day=None, group=None, beam: int = BEAM, seed: int = 0
) -> Tree:
    """The trees of K clusters over S samples.

    ccf, error (K, S)       means and standard errors; cluster 0 is the founder, held at 1; NaN is not covered
    present, absent (K, S)  confidently seen, confidently not seen; without them YOUNGER does not apply
    day (S,)                without it the samples have no order, and no rule of time applies but YOUNGER
    group (S,)              where a sample was taken: time rules hold within one group, 'plasma' shows all of them
    draws, seed             not used. Errors are summed over in full: an average over draws from the posteriors took ten
                            times as long on simulated patients and was no better. Nothing is random.
    """
    ccf, error = np.asarray(ccf, float), np.asarray(error, float)
    clusters = len(ccf)
    says = (np.isfinite(ccf) & np.isfinite(error))[min(clusters - 1, 1) :].any(axis=0)  # of the founder alone: nothing
    if clusters == 0 or not says.any():
        return _silent(clusters)
    present, absent = (None if one is None else np.asarray(one, bool)[:, says] for one in (present, absent))
    day, group = (None if one is None else np.asarray(one)[says] for one in (day, group))
    scorer = _Scorer(ccf[:, says], error[:, says], present, absent, day, group)
    trees, score = _search(scorer, beam)
    weight = np.exp(TRUST * (score - score.max()))
    weight /= weight.sum()
    ranked = np.argsort(-weight, kind="stable")
    trees, weight = trees[ranked], weight[ranked]
    above = lineages(trees)
    ancestor = np.tensordot(weight, above, 1)
    parent = _central(trees, weight, above)
    edges = np.zeros((clusters, clusters + 1))  # parent -1 is the last column
    for child in range(clusters):
        np.add.at(edges[child], trees[:, child], weight)
    support = np.minimum(edges[np.arange(clusters), parent], 1)
    likely = edges.argmax(axis=1)
    consensus = np.where(edges.max(axis=1) >= 0.5, np.where(likely == clusters, -1, likely), -2)
    kept = [(tuple(one), float(p)) for one, p in zip(trees[:100].tolist(), weight, strict=False)]
    return Tree(
        parent=parent,
        support=support,
        worst=scorer.worst(parent),
        trees=kept,
        ancestor=np.minimum(ancestor, 1),
        consensus=consensus,
        decided=support >= DECIDED,
        best=trees[0],
        suspect=scorer.suspect(parent),
    )


def _central(trees, weight, above) -> np.ndarray:
    """The tree (K,) of the greatest expected F1 of ancestries: the best of `trees`, one subtree moved while that helps.

    F1 of two trees is 2 * pairs in both / (pairs of one + pairs of the other). Trees of equally many pairs are added
    up beforehand, so that the sum over all trees costs one product.
    """
    flat = above.reshape(len(trees), -1).astype(float)
    pairs, which = np.unique(flat.sum(axis=1), return_inverse=True)
    summed = np.zeros((len(pairs), flat.shape[1]))
    for number in range(len(pairs)):
        these = which == number
        summed[number] = weight[these] @ flat[these]

    def expected(flat):
        both = flat.sum(axis=1)[:, None] + pairs
        return np.round((2 * (flat @ summed.T) / np.maximum(both, 1)).sum(axis=1), 9)

    found = expected(flat)
    parent, best = trees[found.argmax()], found.max()
    while len(near := _moved(parent)):
        found = expected(lineages(near).reshape(len(near), -1).astype(float))
        if found.max() <= best:
            break
        parent, best = near[found.argmax()], found.max()
    return parent


def ancestors(parent, one: int) -> list[int]:
    """From the parent of `one` up to the top."""
    line = []
    while parent[one] >= 0:
        one = int(parent[one])
        line.append(one)
    return line


def lineages(trees) -> np.ndarray:
    """(N, K, K) bool of N trees' parents (N, K): is the first clone an ancestor of the second?"""
    count, clusters = trees.shape
    above = np.zeros((count, clusters + 1, clusters), bool)  # the last is the top's place, and is dropped
    padded = np.hstack([trees, np.full((count, 1), -1)])
    tree, clone, line = np.arange(count)[:, None], np.arange(clusters), trees
    while (line >= 0).any():
        above[tree, line, clone] = True
        line = padded[tree, line]
    return above[:, :-1]


def _silent(clusters: int) -> Tree:
    """No sample: all under the founder, and nothing known of it."""
    founder = np.arange(clusters) == 0
    parent = np.where(founder, -1, 0)
    ancestor = np.full((clusters, clusters), np.nan)
    return Tree(
        parent=parent,
        support=np.where(founder, 1.0, np.nan),
        worst=0.0,
        trees=[],
        ancestor=ancestor,
        consensus=np.where(founder, -1, -2),
        decided=founder,
        best=parent,
    )


# ----------------------------------------------------------------------------------------------------------- search


def _search(scorer, beam: int):
    """Trees (N, K) and their scores (N,): the best of a beam, then the neighbours of the best, then the beam's others.

    The last are not scored in full: they get the quick score plus what the full one is higher by, on average over the
    lower half of those that are, and no more than the best.
    """
    clusters, samples = scorer.ccf.shape
    large = clusters > LARGE or samples > LARGE
    trees = _beam(scorer, max(beam // 4, 1) if large else beam)
    quick = scorer.quick(trees)
    best = np.argsort(-quick, kind="stable")
    best = best[quick[best] > quick.max() - NEAR]
    scored = SCORED // 8 if large else SCORED
    rest, rough = trees[best[scored:]], quick[best[scored:]]
    trees, quick = trees[best[:scored]], quick[best[:scored]]
    score = scorer.full(trees)
    lower = (score - quick)[len(score) // 2 :]
    rough = rough + np.logaddexp.reduce(lower) - np.log(len(lower))
    known = {tuple(one): value for one, value in zip(trees.tolist(), score.tolist(), strict=True)}
    done = set()
    for _ in range(ROUNDS):
        open_ = sorted((one for one in known if one not in done), key=known.get, reverse=True)[:TOGETHER]
        best = max(known.values())
        open_ = [one for one in open_ if known[one] > best - FAR]
        if not open_:
            break
        done.update(open_)
        near = np.unique(np.vstack([_moved(np.array(one)) for one in open_]), axis=0)
        near = near[[tuple(one) not in known for one in near.tolist()]]
        if not len(near):
            continue
        quick = scorer.quick(near)
        shift = best - scorer.quick(np.array(open_)).max()
        take = np.argsort(-quick, kind="stable")[:AROUND]
        near = near[take[quick[take] + shift > best - NEIGHBOURS]]
        known.update(zip(map(tuple, near.tolist()), scorer.full(near).tolist(), strict=True))
    best = max(known.values())
    for one, value in zip(map(tuple, rest.tolist()), rough.tolist(), strict=True):
        known.setdefault(one, min(value, best))
    return np.array(list(known)), np.array(list(known.values()))


def _beam(scorer, beam: int) -> np.ndarray:
    """The `beam` trees (N, K) whose sum rule is broken least, built clone by clone in falling CCF."""
    ccf, variance, covered = scorer.filled, scorer.variance, scorer.covered
    clusters, samples = ccf.shape
    size = np.where(covered, ccf, 0).sum(axis=1) / np.maximum(covered.sum(axis=1), 1)
    order = [0, *(1 + np.argsort(-size[1:], kind="stable"))]
    # the last host is the top: CCF 1, the founder on it
    have = np.vstack([ccf + ~covered, np.ones(samples)])  # of what is not covered all that is known is that it is <= 1
    noise = np.vstack([np.where(covered, variance, 0), np.zeros(samples)]) + 1e-12
    parents = np.full((1, clusters), -1)
    load, spread = np.zeros((1, clusters + 1, samples)), np.zeros((1, clusters + 1, samples))
    load[0, -1], spread[0, -1] = np.where(covered[0], ccf[0], 0), np.where(covered[0], variance[0], 0)
    term, score = np.zeros((1, clusters + 1)), np.zeros(1)
    line = np.zeros((1, clusters + 1, clusters))  # itself and its ancestors, of each clone placed
    line[0, 0, 0] = 1
    for placed in range(1, clusters):
        child = order[placed]
        hosts = np.array([*order[:placed], clusters])
        add, more = np.where(covered[child], ccf[child], 0), np.where(covered[child], variance[child], 0)
        z = (have[hosts] - load[:, hosts] - add) / np.sqrt(noise[hosts] + spread[:, hosts] + more)
        new = _log_tail(z).sum(axis=2)
        total = score[:, None] + new - term[:, hosts] + YOUNGER * (line[:, hosts] @ scorer.younger[:, child])
        total[:, -1] += TOP
        best = np.argsort(-total, axis=None, kind="stable")[:beam]
        tree, host = np.unravel_index(best, total.shape)
        chosen, each = hosts[host], np.arange(len(best))
        score, gained = total[tree, host], new[tree, host]
        parents, load, spread, term, line = parents[tree], load[tree], spread[tree], term[tree], line[tree]
        parents[each, child] = np.where(chosen == clusters, -1, chosen)
        load[each, chosen] += add
        spread[each, chosen] += more
        term[each, chosen] = gained
        line[each, child] = line[each, chosen]
        line[each, child, child] = 1
    return parents


def _moved(tree) -> np.ndarray:
    """All trees (N, K) that differ from `tree` (K,) by where one subtree hangs."""
    clusters = len(tree)
    below = lineages(tree[None])[0] | np.eye(clusters, dtype=bool)
    clone, to = np.meshgrid(np.arange(1, clusters), np.arange(-1, clusters), indexing="ij")
    able = (to != tree[clone]) & ~((to >= 0) & below[clone, np.maximum(to, 0)])
    clone, to = clone[able], to[able]
    near = np.repeat(tree[None], len(clone), axis=0)
    near[np.arange(len(clone)), clone] = to
    return near


# ----------------------------------------------------------------------------------------------------------- scores


class _Scorer:
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
        rule = _log_tail(np.where(parent[..., None], z, SURE)).sum(axis=(1, 2))
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
        child = _children(trees)
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
        child = _children(trees).reshape(-1, trees.shape[1])
        clone = np.tile(np.arange(trees.shape[1]), len(trees))
        first, each = _distinct(clone, child)
        clone, child = clone[first], child[first]
        own = self.filled[clone] - child @ self.filled
        variance = self.variance[clone] + child @ np.where(self.covered, self.variance, 0)
        known = self.covered[clone] & (child @ (~self.covered).astype(float) == 0)
        level, chance, chains = _chains(trees.shape[1], SHARES)
        apart = -np.log(LEAST) / (LEVELS - 1)
        gain = np.zeros((len(chains), len(clone)))
        for line in self.lines:
            wide = np.sqrt(variance[:, line, None] + (level * apart / 2) ** 2)  # a level stands for those around it
            fit = np.exp(-0.5 * ((own[:, line, None] - level) / wide) ** 2) / wide + 1e-4
            fit[~known[:, line]] = 1
            gain -= np.log(fit @ chance).sum(axis=1)
            for pace, chain in enumerate(chains):
                gain[pace] += _forward(fit, chance, chain)
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


def _log_tail(z) -> np.ndarray:
    """log Phi(z), 0 from SURE on."""
    out, open_ = np.zeros(z.shape), z < SURE
    out[open_] = log_ndtr(z[open_])
    return out


def _children(trees) -> np.ndarray:
    """(N, K, K) of N trees: 1 where the second clone is a child of the first."""
    count, clusters = trees.shape
    child = np.zeros((count, clusters, clusters))
    tree, clone = np.nonzero(trees >= 0)
    child[tree, trees[tree, clone], clone] = 1
    return child


def _distinct(clone, child):
    """Of clones (N,) with children (N, K): where each distinct one is first, and which of these each is."""
    clusters = child.shape[1]
    if clusters > 56:  # more than a word has bits
        return np.arange(len(clone)), np.arange(len(clone))
    word = child.astype(np.int64) @ (1 << np.arange(clusters)) * 64 + clone
    return np.unique(word, return_index=True, return_inverse=True)[1:]


@cache
def _chains(clusters: int, shares: float):
    """Levels of an own share (LEVELS,), their probabilities in one sample, and those of a step for each of PACES.

    In one sample an own share is Beta(shares, shares * (clusters - 1)), Dirichlet's. The probability of two levels in
    successive samples is normal in the difference of their logs, scaled so that each sample alone stays so distributed.
    """
    log_level = np.linspace(np.log(LEAST), 0, LEVELS)
    level = np.exp(log_level)
    edges = np.concatenate([[0], np.sqrt(level[1:] * level[:-1]), [1]])
    chance = np.maximum(np.diff(betainc(shares, shares * max(clusters - 1, 1), edges)), 1e-9)
    chance /= chance.sum()
    level[0] = LEAST / 2
    chains = []
    for pace in PACES:
        both = np.exp(-0.5 * ((log_level[:, None] - log_level) / pace) ** 2) + 1e-4
        scale = np.sqrt(chance / both.sum(axis=1))
        for _ in range(100):
            scale = np.sqrt(scale * chance / (both @ scale))
        chains.append(scale[:, None] * both * scale / chance[:, None])
    return level, chance, chains


def _forward(fit, chance, chain) -> np.ndarray:
    """(N,) log probability of N courses, given how each level fits each sample (N, S, LEVELS), over all courses."""
    here, total = fit[:, 0] * chance, np.zeros(len(fit))
    for s in range(1, fit.shape[1]):
        here = (here @ chain) * fit[:, s]
        mass = here.sum(axis=1)
        here /= mass[:, None]
        total += np.log(mass)
    return total


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
