from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bmrepmon.demo.scenarios import SCENARIOS
from bmrepmon.demo.server import Plan, SimulatedServer

MakeServer = Callable[..., SimulatedServer]


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[MakeServer]:
    """Return a function that builds a server with its database, playing a scenario; it lives only when stepped."""
    with ExitStack() as stack:

        def make(scenario: str = "steady", **wishes: Any) -> SimulatedServer:
            story = SCENARIOS[scenario]
            plan = {"mailboxes": 12, "messages": 300, "passive": story.passive, "waiting": story.waiting, **wishes}
            root = tmp_path / "root"
            root.mkdir()
            server = stack.enter_context(SimulatedServer(root, Plan(**plan)))
            server.build()
            story.play(server)
            return server

        yield make
