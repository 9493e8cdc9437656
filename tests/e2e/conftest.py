from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bmrepmon.demo.scenarios import SCENARIOS
from bmrepmon.demo.server import Plan, SimulatedServer

MakeServer = Callable[..., SimulatedServer]


def build(stack: ExitStack, folder: Path, scenario: str = "steady", **wishes: Any) -> SimulatedServer:
    """Build a server with its database, playing a scenario; it lives only when stepped."""
    story = SCENARIOS[scenario]
    plan = {"mailboxes": 12, "messages": 300, **story.wishes, **wishes}
    root = folder / "root"
    root.mkdir()
    server = stack.enter_context(SimulatedServer(root, Plan(**plan)))
    server.build()
    story.play(server)
    return server


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[MakeServer]:
    """Return a function that builds a server for one test."""
    with ExitStack() as stack:
        yield lambda *scenario, **wishes: build(stack, tmp_path, *scenario, **wishes)


@pytest.fixture(scope="module")
def resting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedServer]:
    """A server that has lived for half a minute and now stands still, for tests that only look at it."""
    with ExitStack() as stack:
        server = build(stack, tmp_path_factory.mktemp("resting"))
        server.step(30)
        yield server
