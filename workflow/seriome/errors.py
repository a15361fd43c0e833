"""The three ways a thing goes wrong: the user's mistake, a problem of the data, and ours (any other exception)."""

from difflib import get_close_matches


class InputError(ValueError):
    """A mistake in what the user wrote or passed: one clear line, never a traceback."""


class DataError(Exception):
    """A problem of the data itself: it becomes a record in the gap ledger and spoils one unit, never the cohort.

    reason   a short code in snake_case, stable, e.g. ``truncated_gzip``
    detail   one line for a person: what was found, and where
    way_out  one line: what would mend it
    """

    def __init__(self, reason: str, detail: str, way_out: str = ""):
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail, self.way_out = reason, detail, way_out


def require(holds, rule: str, *values) -> None:
    """Raise InputError with `rule` and the first offending values unless `holds` is true everywhere.

    A comparison with a missing value (NaN) is false and counts as offending only if no value there is NaN.
    """
    import numpy as np  # here: the command line starts without it

    arrays = np.broadcast_arrays(holds, *values)
    missing = np.zeros(arrays[0].shape, bool)
    for values_of_one in arrays[1:]:
        if values_of_one.dtype.kind == "f":
            missing |= np.isnan(values_of_one)
    bad = ~arrays[0].astype(bool) & ~missing
    if bad.any():
        first = tuple(np.argwhere(bad)[0])
        shown = ", ".join(str(array[first]) for array in arrays[1:])
        raise InputError(f"{rule} does not hold for {shown} (the first of {int(bad.sum())})")


def did_you_mean(word: str, known) -> str:
    """A hint such as ", did you mean 'day'?", or nothing when no known word is near."""
    near = get_close_matches(str(word), [str(one) for one in known], n=1, cutoff=0.6)
    return f", did you mean {near[0]!r}?" if near else ""
