"""In what order a study's samples are injected, between blanks and pools."""

from typing import NamedTuple

from seriome.simulate.metabolome import Study

EVERY = 4  # samples between two pools of a study of several batches
HARD = Study(own_drift=1.0, batch_effect=0.3, dilution=0.2, fragmented="all", unknowns=60)


class Injection(NamedTuple):
    """One run: whose it is, what it holds, where in its batch, and how the instrument behaves."""

    owner: str  # patient, or controls
    sample: str
    levels: dict
    run: str
    batch: int
    place: int  # from 1 in its batch and polarity
    polarity: str
    study: Study


def _parts(rows: list, size: int) -> list[list]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def injections(samples: list[tuple], pool: dict, order, batches: int) -> list[Injection]:
    """The runs of a study.

    samples  (patient, sample, levels); order: a permutation of them; pool: levels of the pooled samples
    batches  1: the demo's, in positive mode: a blank, a pool, all samples, a pool. More: both modes, and in each batch
             a blank and a pool, then a pool after every four samples and at the end; compounds drift each in its own
             way, batches differ, samples are diluted
    """
    mixed = [samples[place] for place in order]
    if batches == 1:
        queue = [("controls", "blank-1", {}), ("controls", "pool-1", pool), *mixed, ("controls", "pool-2", pool)]
        return [Injection(*one, f"inj{at}", 1, at, "positive", Study()) for at, one in enumerate(queue, 1)]
    made, size = [], -(-len(mixed) // batches)
    for number, own in enumerate(_parts(mixed, size), 1):
        queue = [("controls", f"blank-{number}", {}), ("controls", f"pool-{number}-0", pool)]
        for at, some in enumerate(_parts(own, EVERY), 1):
            queue += [*some, ("controls", f"pool-{number}-{at}", pool)]
        for polarity in ("positive", "negative"):
            made += [
                Injection(*one, f"{polarity[:3]}{number}-{at}", number, at, polarity, HARD)
                for at, one in enumerate(queue, 1)
            ]
    return made
