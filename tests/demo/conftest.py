from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bmrepmon.demo.scenarios import SCENARIOS
from bmrepmon.demo.server import Plan, SimulatedServer

MakeServer = Callable[..., SimulatedServer]
SMALL: dict[str, Any] = {"mailboxes": 12, "messages": 300, "database": False}


@pytest.fixture
def simulated_server(tmp_path: Path) -> Iterator[MakeServer]:
    """Return a function that builds a small server; its arguments are a scenario and whatever a Plan has."""
    with ExitStack() as stack:
        made = 0

        def make(scenario: str = "steady", **wishes: Any) -> SimulatedServer:
            nonlocal made
            made += 1
            root = tmp_path / f"server{made}"
            root.mkdir()
            story = SCENARIOS[scenario]
            plan = Plan(**{**SMALL, **story.wishes, **wishes})
            server = stack.enter_context(SimulatedServer(root, plan))
            server.build()
            story.play(server)
            return server

        yield make
