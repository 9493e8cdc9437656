"""What is asked of a daemon while one of its sources hangs."""

import time
from pathlib import Path
from typing import Any

from daemon import Daemon, Samples, eventually

from bmrepmon.demo.server import SimulatedServer

QUICK = {f"BMREPMON_SCHEDULE__{source}": "1s" for source in ("SPOOL", "DATABASE", "SESSIONS", "BACKLOG")}
NOT_YET = {"success": None, "reason": None, "running_since": None}
SCRAPES = 50
WITHIN = 1.0  # seconds that a scrape may take on a machine that does other things too; it takes some 10 ms


def config(server: SimulatedServer) -> Path:
    """Return the configuration that the simulated server has written."""
    return server.root / "etc/bmrepmon/bmrepmon.toml"


def health(daemon: Daemon, source: str) -> Any:
    """Return what the status document tells of a source; nothing before its first round."""
    return next((told for told in daemon.status()["sources"] if told["source"] == source), NOT_YET)


def value(samples: Samples, name: str, source: str) -> float | None:
    """Return the sample of a source."""
    return next((v for (of, labels), v in samples.items() if of == name and ("source", source) in labels), None)


def rounds(daemon: Daemon, source: str) -> float:
    """Return when the last good round of a source ended."""
    return value(daemon.metrics(), "bmrepmon_source_last_success_timestamp_seconds", source) or 0.0


def goes_on(daemon: Daemon, source: str) -> None:
    """Wait until a source has had one more good round."""
    before = rounds(daemon, source)
    eventually(lambda: rounds(daemon, source) > before, lambda: health(daemon, source))


def hangs(daemon: Daemon, source: str, since: float) -> float:
    """Wait until a source is shown as running since a moment after ``since``, for longer than rounds do; return it."""
    name = "bmrepmon_source_running_since_timestamp_seconds"
    seen: list[float] = []

    def long() -> bool:
        at = value(daemon.metrics(), name, source)
        if at is None or at < since - 2 or time.time() - at < 3:
            return False
        seen.append(at)
        return True

    eventually(long, lambda: health(daemon, source))
    return seen[0]


def slowest_scrape(daemon: Daemon) -> float:
    """Scrape and look at the status again and again; return the seconds of the slowest of either."""
    slowest = 0.0
    for path in ("/metrics", "/api/v1/status") * SCRAPES:
        begun = time.monotonic()
        assert daemon.get(path)[0] == 200
        slowest = max(slowest, time.monotonic() - begun)
    return slowest
