"""How long the small commands take, from nothing to their last byte."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from bench.measure import Differs, Result
from bench.scrape import snapshot
from bmrepmon.config.types import Address
from bmrepmon.publish.server import WebServer
from bmrepmon.publish.web import build_web

SERIES = 100


def starts(runs: int) -> list[Result]:
    """Run `once` where there is nothing to see, and `status` and `nagios` against a daemon that answers.

    Raises:
        Differs: a command failed.
    """
    shown = snapshot(SERIES, 0)
    server = WebServer(build_web(lambda: shown, tuple), [Address("127.0.0.1", 0)])
    server.start()
    url = f"http://{server.addresses[0]}"
    try:
        with tempfile.TemporaryDirectory() as nothing:
            commands = {
                "once": ["once", "--root", nothing],
                "nagios": ["nagios", "--url", url],
                "status": ["status", "--url", url],
            }
            return [_timed(name, command, runs) for name, command in commands.items()]
    finally:
        server.stop(10)


def _timed(name: str, command: Sequence[str], runs: int) -> Result:
    took = [_run(command) for _ in range(runs + 1)][1:]
    return Result(f"start_{name}", "s", tuple(took))


def _run(command: Sequence[str]) -> float:
    program = Path(sys.executable).with_name("bmrepmon")
    begun = perf_counter()
    done = subprocess.run([program, *command], capture_output=True, text=True, check=False)
    took = perf_counter() - begun
    if "Traceback" in done.stderr or not done.stdout:
        raise Differs(f"bmrepmon {' '.join(command)}: {done.stderr.strip() or 'says nothing'}")
    return took
