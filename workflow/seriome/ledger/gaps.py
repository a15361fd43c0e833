"""Gaps: the record of one thing that was asked for and did not come, and the list of them that a job writes."""

from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields

from seriome.errors import DataError
from seriome.files import read_tsv, write_tsv

OUTCOMES = ("complete", "complete with gaps", "failed")


@dataclass(frozen=True, order=True)
class Gap:
    """One thing that was asked for and did not come. `run` is empty where it concerns the whole sample."""

    patient: str
    sample: str
    assay: str
    run: str
    stage: str
    reason: str
    detail: str
    way_out: str = ""


GAP_COLUMNS = [field.name for field in fields(Gap)]


class Gaps(list):
    """The gaps of one job. `with gaps.spoil(...)` turns a DataError of the block into a record and goes on."""

    @contextmanager
    def spoil(self, *, patient="", sample="", assay="", run="", stage):
        try:
            yield
        except DataError as error:
            self.append(Gap(patient, sample, assay, run, stage, error.reason, error.detail, error.way_out))

    def write(self, path) -> None:
        """A table of the gaps, sorted; header only when nothing is missing."""
        write_tsv(path, [asdict(gap) for gap in sorted(set(self))], GAP_COLUMNS)


def read_gaps(paths) -> Gaps:
    """The gaps of many jobs, sorted, each once."""
    return Gaps(sorted({Gap(**row) for path in paths for row in read_tsv(path)}))


def outcome_of(gaps) -> str:
    """The run's outcome in one phrase; a run that failed never gets here."""
    return "complete with gaps" if gaps else "complete"
