"""Which columns a cohort's model has, and which batches can be told apart from what is asked."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

NEARLY = 10.0  # variance inflation of a coefficient from which a batch is told as nearly confounded
TINY = 1e-8


@dataclass
class Plan:
    """Columns of a model over samples."""

    matrix: np.ndarray  # float (samples, columns), the intercept first
    names: list[str]  # of the columns, `phase[progression]`
    asked: list[str]  # those of what is asked; the others are the intercept and batches
    told: list[str] = field(default_factory=list)  # lines for the report: what was left out or is shaky, and why

    @property
    def batch_left_out(self) -> bool:
        return any("confounded" in line and "nearly" not in line for line in self.told)


def plan_of(samples: pd.DataFrame, fixed, reference=None, batch: bool = True) -> Plan:
    """Columns for `~ fixed + batch`, each factor against its reference level.

    samples    one row per sample: the columns of `fixed`, and `batch` (empty: not known)
    fixed      names of columns; text is a factor, numbers are taken as they are
    reference  {column: level compared with}; else the commonest level, of equally common ones the first by name
    batch      take `batch` in as a covariate where it can be told apart from what is asked

    A batch is taken in only where every asked coefficient stays estimable beside it. Where it does not (all baseline
    samples in one batch, all later ones in another) no model can say which of the two made a difference: the batch is
    left out, which is told, and the differences must be read as "phase or batch". Nothing is ever "corrected".
    Where batches are nested in patients the random intercept of the patient is what remains of them.
    """
    reference = reference or {}
    columns, names = [np.ones(len(samples))], ["intercept"]
    for column in fixed:
        for name, values in _coded(samples[column], column, reference.get(column)):
            names.append(name)
            columns.append(values)
    matrix = np.column_stack(columns)
    asked, told = names[1:], []
    dependent = [name for at, name in enumerate(names) if not _adds(matrix, at)]
    if dependent:
        told.append(f"{', '.join(dependent)}: confounded with the columns before, left out")
        keep = [at for at, name in enumerate(names) if name not in dependent]
        matrix, names = matrix[:, keep], [names[at] for at in keep]
        asked = [name for name in asked if name in names]
    if not batch or "batch" not in samples:
        return Plan(matrix, names, asked, told)
    labels = samples["batch"].fillna("").astype(str)
    if labels.eq("").any() and labels.ne("").any():
        told.append(
            f"{labels.eq('').sum()} samples have no batch in the sheet: they are taken as one batch of their own"
        )
    if labels.nunique() < 2:
        return Plan(matrix, names, asked, told)
    extra = _coded(labels.where(labels.ne(""), "(none)"), "batch", None)
    wider, wide_names = matrix, list(names)
    for name, values in extra:
        candidate = np.column_stack([wider, values])
        if np.linalg.matrix_rank(candidate) > np.linalg.matrix_rank(wider):
            wider, wide_names = candidate, [*wide_names, name]
    lost = [name for name in asked if not _estimable(matrix, [values for _, values in extra], names.index(name))]
    if lost:
        told.append(
            f"batch is confounded with {', '.join(lost)}: it is not taken out, and these differences may be the batch's"
        )
        return Plan(matrix, names, asked, told)
    if len(samples) - np.linalg.matrix_rank(wider) < 1:
        told.append("batch is confounded with the samples: as many batches as samples; it is not taken out")
        return Plan(matrix, names, asked, told)
    inflation = {name: _inflation(wider, matrix, names.index(name)) for name in asked}
    shaky = [f"{name} ({value:.0f} times the variance)" for name, value in inflation.items() if value >= NEARLY]
    if shaky:
        told.append(f"batch is nearly confounded with {', '.join(shaky)}: taken in as a covariate, intervals are wide")
    return Plan(wider, wide_names, asked, told)


def _coded(column: pd.Series, name: str, reference) -> list[tuple[str, np.ndarray]]:
    """Columns of one variable: itself if it holds numbers, else one of 0 and 1 for each level but the reference."""
    if pd.api.types.is_numeric_dtype(column):
        return [(name, column.to_numpy(float))]
    counts = column.astype(str).value_counts()
    levels = sorted(counts.index, key=lambda level: (-counts[level], level))
    base = reference if reference in counts.index else levels[0]
    return [
        (f"{name}[{level}]", column.astype(str).eq(level).to_numpy(float)) for level in sorted(levels) if level != base
    ]


def _adds(matrix, at: int) -> bool:
    """Whether a column is no combination of the columns before it."""
    return np.linalg.matrix_rank(matrix[:, : at + 1]) > np.linalg.matrix_rank(matrix[:, :at]) if at else True


def _left_of(column, others):
    """What of a column the others do not explain: its residual sum of squares over its own, 0 to 1."""
    fitted = others @ np.linalg.lstsq(others, column, rcond=None)[0]
    return ((column - fitted) ** 2).sum() / max((column**2).sum(), TINY)


def _estimable(matrix, extra, at: int) -> bool:
    others = np.column_stack([np.delete(matrix, at, axis=1), *extra])
    return _left_of(matrix[:, at], others) > TINY


def _inflation(wider, matrix, at: int) -> float:
    """By how much a coefficient's variance grows when the wider design's columns are taken in."""
    before = _left_of(matrix[:, at], np.delete(matrix, at, axis=1))
    return before / max(_left_of(matrix[:, at], np.delete(wider, at, axis=1)), TINY)
