"""What small commands do without, so that they start at once: each of these takes a tenth of a second to import."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    "apscheduler", "asyncio", "jinja2", "markdown_it", "prometheus_client", "psycopg", "sqlite3", "starlette",
    "structlog", "uvicorn", "watchdog",
}  # fmt: skip
PROGRAM = """
import sys
from contextlib import suppress
from bmrepmon.cli import bmrepmon
with suppress(SystemExit):
    bmrepmon(sys.argv[1:], standalone_mode=False)
sys.stderr.write(" ".join(sys.modules))
"""


@pytest.mark.parametrize(
    "command",
    [
        ["once", "--root", "EMPTY"],
        ["folders", "--root", "EMPTY"],
        ["check-config"],
        ["status", "--url", "http://127.0.0.1:1"],
        ["nagios", "--url", "http://127.0.0.1:1"],
        ["--help"],
    ],
    ids=lambda command: command[0],
)
def test_a_small_command_brings_no_large_library(command: list[str], tmp_path: Path) -> None:
    """Where there is no database and nothing to complain of."""
    arguments = [str(tmp_path) if word == "EMPTY" else word for word in command]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, timeout=60, check=True
    )
    brought = {name.partition(".")[0] for name in done.stderr.splitlines()[-1].split()}

    assert "click" in brought
    assert brought & HEAVY == set()


def test_the_daemon_brings_nothing_that_it_may_never_need(tmp_path: Path) -> None:
    """Nobody has asked for a page, and it has no users; each of these would take up to six mebibytes for good."""
    (tmp_path / "state").write_text("no directory, so that the daemon ends at once")
    command = ["run", "--root", str(tmp_path), "--state-dir", str(tmp_path / "state"), "--listen", "256.0.0.1:1"]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *command], capture_output=True, text=True, timeout=60, check=False
    )
    brought = {name.partition(".")[0] for name in done.stderr.splitlines()[-1].split()}

    assert {"uvicorn", "starlette", "apscheduler", "structlog"} <= brought
    assert brought & {"jinja2", "rich", "pygments", "greenlet", "markdown_it", "difflib", "yaml", "bcrypt"} == set()
