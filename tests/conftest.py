"""What all tests share: where the project and the public data beside it are."""

from pathlib import Path

import pytest

import seriome  # noqa: F401  before numpy: one thread each, as in the jobs

PROJECT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def shared_real() -> Path:
    """Real public data with known answers, beside the project; the test is skipped where it is absent."""
    folder = PROJECT.parent / "shared" / "real"
    if not folder.is_dir():
        pytest.skip("../shared/real is not there: real public data that the project does not ship")
    return folder
