"""What the commands load: a plugin that is started every minute must not bring the daemon along."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from served import Served

HEAVY = {"apscheduler", "bcrypt", "jinja2", "prometheus_client", "psycopg", "sqlite3", "starlette", "structlog"}
HEAVY |= {"uvicorn", "watchdog", "yaml", "asyncio", "markdown_it"}
LIGHT = HEAVY | {"msgspec", "rich"}
OURS = {"bmrepmon.app", "bmrepmon.runtime", "bmrepmon.sources", "bmrepmon.discovery", "bmrepmon.demo"}
CODE = (
    "import sys\nfrom bmrepmon.cli import main\nsys.argv[0] = 'bmrepmon'\n"
    "try: main()\nfinally: sys.stderr.write('\\n'.join(['loaded:', *sys.modules]))"
)


def loaded(*arguments: str) -> set[str]:
    """Run a command in a new interpreter and return the modules that it has loaded."""
    done = subprocess.run([sys.executable, "-c", CODE, *arguments], capture_output=True, text=True, check=False)
    return set(done.stderr.partition("loaded:\n")[2].splitlines())


@pytest.fixture
def served() -> Iterator[Served]:
    """Serve the full snapshot."""
    running = Served()
    yield running
    running.server.stop(10)


@pytest.mark.parametrize(
    ("command", "without"),
    [
        (("nagios", "--url"), LIGHT | OURS | {"bmrepmon.cli.once", "bmrepmon.model", "bmrepmon.publish"}),
        (("status", "--url"), HEAVY | OURS | {"bmrepmon.cli.once", "bmrepmon.model.state", "bmrepmon.publish.status"}),
    ],
    ids=["nagios", "status"],
)
def test_who_asks_the_daemon_loads_none_of_it(command: tuple[str, str], without: set[str], served: Served) -> None:
    """Neither the plugin nor the screen needs what observes and publishes."""
    modules = loaded(*command, served.url)

    assert {f"bmrepmon.cli.{command[0]}", "http.client"} <= modules
    assert modules & without == set()
