import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from bmrepmon.demo.server import SimulatedServer

MakeServer = Callable[..., SimulatedServer]
PLACES = ("var/spool", "var/lib/cyrus", "var/log/bm")


def digest(root: Path) -> dict[str, str]:
    """Sum up names and contents of all files."""
    files = [f for place in PLACES for f in sorted((root / place).rglob("*")) if f.is_file()]
    return {str(f.relative_to(root)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


@pytest.mark.parametrize("scenario", ["steady", "migration", "dbdown"])
def test_the_same_seed_tells_the_same_story(simulated_server: MakeServer, scenario: str) -> None:
    """Two servers of one seed are equal to the last byte, in whatever steps their time is advanced."""
    first, second = simulated_server(scenario), simulated_server(scenario)
    first.step(75.0)
    for _ in range(50):
        second.step(1.5)

    assert digest(first.root) == digest(second.root)
    assert first.truth().log == second.truth().log


def test_another_seed_tells_another(simulated_server: MakeServer) -> None:
    """The seed matters."""
    first, second = simulated_server(seed=1), simulated_server(seed=2)

    assert digest(first.root) != digest(second.root)
