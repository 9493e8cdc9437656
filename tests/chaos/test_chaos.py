"""A short run of ``make chaos``: whatever happens in whatever order, the counters are the truth."""

from collections.abc import Iterator

import pytest
from chaos.sequences import complaint
from structlog.testing import capture_logs

SEED = 4


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with capture_logs():
        yield


@pytest.mark.parametrize("number", range(40))
def test_nothing_lost_nothing_doubled(number: int) -> None:
    """Every line that was not destroyed unread is counted once, and every place where one may be missing is told."""
    assert complaint(SEED, number) is None
