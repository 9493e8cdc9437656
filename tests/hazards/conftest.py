from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bmrepmon.demo.server import Plan, SimulatedServer

MakeServer = Callable[..., SimulatedServer]


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[MakeServer]:
    """Return a function that builds a small server, which lives only when stepped."""
    with ExitStack() as stack:

        def make(**wishes: Any) -> SimulatedServer:
            root = tmp_path / "root"
            root.mkdir()
            plan = {"mailboxes": 6, "messages": 100, **wishes}
            server = stack.enter_context(SimulatedServer(root, Plan(**plan)))
            server.build()
            server.step(10)
            return server

        yield make
