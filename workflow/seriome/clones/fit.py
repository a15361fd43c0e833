"""Fit: one patient's clusters, founder and purity, taken round until they agree.

The founder is the cluster that is highest in every sample; it is held at CCF 1 wherever there is tumour, and the
purity of a sample is what its reads then say, together with the purity that was stated, if any was. Where the founder
is not detected, purity is not estimable, and nothing is said of any clone there. Where no cluster can be at CCF 1
without a purity that the stated one rules out, there is no founder: it is said, and nothing is forced.

Assumptions: one founder; copy numbers as stated. Limits: a founder with few mutations, or a purity above 1 (no normal
cells in excess of the copies), shift every CCF of the sample.
Sources: the founder as the anchor of purity, Carter et al. 2012, doi:10.1038/nbt.2203, and Tarabichi et al. 2021,
doi:10.1038/s41592-020-01013-2 (what goes wrong when the anchor does).
"""

from dataclasses import replace
from functools import partial

import numpy as np

from seriome.clones import scatter
from seriome.clones.bias import biased
from seriome.clones.cluster import joined, mix
from seriome.clones.copies import FREE, LATE, States, rates, states
from seriome.clones.likelihood import Counts, grid_for, outlier, tensor
from seriome.clones.mixture import Data, Mixture, data
from seriome.clones.model import CopyNumber, Model, Settings, Settled
from seriome.clones.purity import Stated, anchor_of, as_stated, founder_of, purity_of, ruled_out
from seriome.clones.told import nothing, tell

ROUNDS = 6
SETTLED = 0.01  # relative change of every purity at which the rounds end
ANOTHER = 0.5  # nats of a better fit below which it is the same optimum, found once more
FEW = 3  # mutations below which clusters are hardly told apart


class _Warnings(list):
    def say(self, code: str, detail: str) -> None:
        self.append({"warning": code, "detail": detail})


def fit(
    counts: Counts,
    copy_number: CopyNumber | None = None,
    settings: Settings | None = None,
    purity=None,
    error=None,
    purity_sd=None,
) -> Model:
    """Clusters, founder and purity of one patient; see the module. The order of the mutations does not matter.

    purity     (S,) as stated, NaN where it is not; without it the founder alone says it
    purity_sd  (S,) its standard deviation, that of the settings where it is not given
    error      (N, S) probability of a misread base, where it is known
    With no mutation, or none whose founder is detected, the model has no clusters and says why in `warnings`.
    """
    settings = settings or Settings()
    nowhere = np.full(len(counts.samples), np.nan)
    stated = Stated(*(nowhere if one is None else np.asarray(one, float) for one in (purity, purity_sd)))
    stated = replace(stated, sd=np.where(np.isfinite(stated.sd), stated.sd, settings.purity_sd))
    order = np.array(sorted(range(len(counts.mutations)), key=counts.mutations.__getitem__), int)
    if (np.diff(order) == 1).all():
        return _fit(counts, copy_number or CopyNumber(), settings, stated, error)
    names = tuple(counts.mutations[n] for n in order)
    sorted_counts = Counts(names, counts.samples, counts.alt[order], counts.depth[order])
    sorted_copies = CopyNumber(**{key: _taken(one, order) for key, one in vars(copy_number or CopyNumber()).items()})
    model = _fit(sorted_counts, sorted_copies, settings, stated, _taken(error, order))
    back = np.argsort(order)
    of_mutations = ("label", "member", "out", "mutation_ccf", "mutation_lower", "mutation_upper", "copies")
    turned = {name: getattr(model, name)[back] for name in of_mutations}
    tumour_cn = {int(order[n]): copies for n, copies in model.tumour_cn.items()}
    return replace(model, counts=counts, tumour_cn=tumour_cn, **turned)


def _taken(values, order):
    """Rows in this order; of a tuple, of each of its arrays; None stays."""
    if values is None:
        return None
    return tuple(one[order] for one in values) if isinstance(values, tuple) else values[order]


def _fit(counts: Counts, copy_number: CopyNumber, settings: Settings, stated: Stated, error) -> Model:
    grid, warnings = grid_for(counts), _Warnings()
    mutations, samples = counts.alt.shape
    error = np.full((mutations, samples), settings.error_rate) if error is None else error
    if not mutations or not samples or not (counts.depth > 0).any():
        warnings.say("no_somatic_mutations", "no somatic mutation was covered in any sample that may hold tumour")
        return nothing(counts, grid, warnings)
    if mutations < FEW:
        warnings.say(
            "few_mutations", f"{mutations} mutation(s): clones cannot be told apart, purity rests on them alone"
        )
    if samples == 1:
        warnings.say("one_sample", "one sample: clones of equal CCF are one cluster here, and most trees are possible")

    anchor = founder_of(counts, copy_number, error, grid, settings, stated, warnings)
    found = purity_of(counts, anchor, error, None, stated)
    founder = not stated.all or not ruled_out(found, stated, counts, warnings)
    if not founder:
        found = as_stated(counts, stated, found)
    if not found["detected"].any():
        warnings.say("no_tumour_signal", "the founder's mutations are detected in no sample")
        return nothing(counts, grid, warnings, found)

    rounds = partial(_rounds, counts, copy_number, settings, error, grid, stated, founder, found)
    settled = _settled(rounds, counts, stated)
    if founder and settled.moved >= SETTLED:
        warnings.say("purity_not_settled", f"purity still moved by {settled.moved:.1%} after {ROUNDS} rounds")
    part, mixture = _columns(counts, settled.informative), settled.mixture
    ccf, rho = mixture.posterior @ grid.fine, settled.found["value"][settled.informative]
    off = biased(part, settled.ways, settled.data, mixture, ccf, rho, settled.precision)
    if off:
        settled = replace(settled, mixture=_set_apart(mixture, settled.data, off))
        names = ", ".join(counts.mutations[n] for n in sorted(off)[:5]) + (" …" if len(off) > 5 else "")
        detail = f"{len(off)} mutation(s) are of a clone but for a factor that is the same in all samples: {names}"
        warnings.say("biased_reads", detail)
    model = tell(counts, grid, settled, settings, warnings, error, stated, off)
    return replace(model, copies_from=copy_number.source, stated=stated)


def _settled(rounds, counts: Counts, stated: Stated) -> Settled:
    """The best of what `rounds` ends with: where something joined the founder, also if nothing may; where scatter could

    hide a clone, also if reads are at first thought to scatter less.
    """
    best = rounds()
    if best.joined:
        best = max(best, rounds(join=False), key=lambda one: _score(one, stated))
    if scatter.matters(counts, best.precision):
        sharp = rounds(precision=scatter.SHARPER * best.precision, begin=best)
        best = sharp if _score(sharp, stated) > _score(best, stated) + ANOTHER else best
    return best


def _score(settled: Settled, stated: Stated) -> float:
    """Evidence bound at these purities and this scatter, and the prior of both, nats."""
    prior = np.nansum(stated.log_prior(settled.found["value"])) + scatter.log_prior(settled.precision)
    return settled.mixture.bound + prior


def _rounds(
    counts, copy_number, settings, error, grid, stated, founder, found, join=True, precision=scatter.START, begin=None
) -> Settled:
    """Clusters at a purity, the purity that their founder asks for, and again.

    join  see `anchor_of`;  begin: clusters of earlier rounds to go on from; else they are sought anew, twice
    """
    mixture, shape, anew, late, free = None, None, 2, LATE, FREE
    if begin is not None:
        mixture, shape, anew = begin.mixture, _shape(begin.data, begin.informative), 0
    moved, any_joined = 0.0, False
    for rounds in range(1, ROUNDS + 1):
        informative = np.flatnonzero(found["detected"])
        rho, part = found["value"][informative], _columns(counts, informative)
        ways, tumour_cn = _states(copy_number, error, informative, rho, len(counts.mutations), late, free)
        one = data(tensor(part, ways, rho, grid, precision), ways, outlier(part))
        earlier, shape = shape, _shape(one, informative)
        again = mixture if shape == earlier and rounds > anew else None
        ends = {"starts": settings.starts, "threads": settings.threads, "begin": again}
        mixture = mix(one, grid, founder=founder, seed=settings.seed, **ends)
        late, free = rates(ways, mixture.rows, founder)
        before, precision = precision, scatter.precision_of(part, ways, mixture, one, rho, grid)
        same_precision = scatter.alike(before, precision)
        if not founder:
            if same_precision:
                break
            continue
        if join:
            anchors = anchor_of(mixture, one, grid, rho, stated.of(informative))
            if len(anchors) > 1:
                mixture, any_joined = joined(mixture, one, grid, anchors), True
        anchor = ways.mutation, mixture.rows[:, 0], np.abs(ways.copies), ways.total, ways.normal, informative
        now = purity_of(counts, anchor, error, precision, stated)
        if not now["detected"].any():
            break
        same = (now["detected"] == found["detected"]).all()
        moved = np.nanmax(np.abs(now["value"] / found["value"] - 1)[informative])
        found = now
        if same and same_precision and moved < SETTLED:
            break
    return Settled(found, informative, ways, one, mixture, tumour_cn, precision, rounds, moved, any_joined)


def _shape(one: Data, informative) -> tuple:
    """What two rounds must have in common for the clusters of one to be a beginning of the other."""
    return one.like.shape, tuple(informative)


def _columns(counts: Counts, samples) -> Counts:
    return Counts(counts.mutations, counts.samples, counts.alt[:, samples], counts.depth[:, samples])


def _set_apart(mixture: Mixture, one, off: dict) -> Mixture:
    """The fit in which these mutations say nothing of any cluster; clusters that were theirs alone stay empty."""
    rows, out = mixture.rows.copy(), mixture.out.copy()
    rows[np.isin(one.mutation, list(off))] = 0
    out[list(off)] = 1
    return replace(mixture, rows=rows, out=out)


# --- copies


def _states(copy_number: CopyNumber, error, informative, purity, mutations, late, free) -> tuple[States, dict]:
    """Rows for the informative samples, and {mutation: copies per cancer cell} where coverage says they changed."""
    error = error[:, informative]
    shape = (mutations, len(informative))
    if copy_number.major is not None:
        part = None if copy_number.part is None else tuple(x[:, informative] for x in copy_number.part)
        cells = (x[:, informative] for x in (copy_number.major, copy_number.minor, copy_number.normal))
        return states(*cells, error, part, late, free), {}
    tumour_cn = _tumour_copies(copy_number, informative, purity) if copy_number.changed is not None else {}
    total = np.full(mutations, 2.0)
    total[list(tumour_cn)] = list(tumour_cn.values())
    changed = np.isin(np.arange(mutations), list(tumour_cn))
    major = np.where(changed, np.maximum(total, 1), 1)  # how the copies divide is not known: any number may be mutated
    minor = np.where(changed, 0, 1)
    wide = np.ones(shape)
    return states(major[:, None] * wide, minor[:, None] * wide, 2 * wide, error, None, late, free), tumour_cn


def _tumour_copies(copy_number: CopyNumber, informative, purity) -> dict:
    """{mutation: copies per cancer cell}, one number for all samples, by weighted least squares of

    ratio = 1 + purity * (copies - 2) / 2
    """
    copies = {}
    for mutation in np.flatnonzero(copy_number.changed):
        ratio, error = copy_number.ratio[mutation, informative], copy_number.error[mutation, informative]
        known = np.isfinite(ratio) & np.isfinite(error)
        weight = 1 / np.maximum(error[known], 0.01) ** 2
        slope = (weight * purity[known] * (ratio[known] - 1)).sum()
        slope /= max((weight * purity[known] ** 2).sum(), 1e-12)
        total = int(np.clip(np.rint(2 + 2 * slope), 1, 12))
        if total != 2:
            copies[int(mutation)] = total
    return copies
