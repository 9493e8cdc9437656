from collections.abc import Iterator

import pytest
import snapshots
from served import Served


@pytest.fixture(scope="module")
def running() -> Iterator[Served]:
    """Serve for a whole file: starting and stopping takes longer than most tests."""
    running = Served()
    yield running
    assert running.server.stop(5.0)


@pytest.fixture
def served(running: Served) -> Served:
    """Serve the full snapshot, whatever the test before has set."""
    running.snapshot, running.silent = snapshots.full, ()
    return running
