"""What several tests of sources share."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres_server import Server, programs, run_server


@pytest.fixture(scope="session", params=programs(), ids=lambda path: path.parent.name)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A running server of each PostgreSQL there is, for the whole session."""
    with tempfile.TemporaryDirectory(prefix="pg-") as home:  # short, for the socket's path
        yield from run_server(request.param, Path(home))
