"""A daemon that watches a simulated server for long, in short: days of logs, mail and scrapes in minutes."""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from daemon import Daemon, eventually

from bmrepmon.demo.life import Rates
from bmrepmon.demo.server import Plan, SimulatedServer

STEP = 600.0  # simulated seconds between two looks at the daemon
WARM = 0.25  # share of the run after which everything must be flat
CALM = Rates(mail=0.01, read=0.01, file=0.002, expunge=0.01, archive=0.001, create=0.0002, rename=0.0003)
QUICK = {f"BMREPMON_SCHEDULE__{name}": "1s" for name in ("SPOOL", "FOLDERS", "SESSIONS", "BACKLOG")}


@dataclass(frozen=True, slots=True)
class Look:
    """What the daemon costs at one moment."""

    simulated: float  # seconds since the beginning
    memory: int  # kB, resident
    threads: int
    descriptors: int
    series: int


def soak(seed: int, hours: float, seconds: float) -> Iterator[Look]:
    """Let a server live for so many simulated hours, or ``seconds`` of ours if those end first; look now and then."""
    with tempfile.TemporaryDirectory() as folder:
        plan = Plan(seed=seed, mailboxes=2, messages=100, database=False)
        with SimulatedServer(Path(folder), plan) as server:
            server.life.rates = CALM
            server.build()
            config = server.root / "etc/bmrepmon/bmrepmon.toml"
            with Daemon(server.root, config, **QUICK) as daemon:
                daemon.ready()
                end = time.monotonic() + seconds
                for number in range(1, int(hours * 3600 / STEP) + 1):
                    server.step(STEP)
                    eventually(lambda: lines_read(daemon) == server.log.lines)
                    yield look(daemon, number * STEP)
                    if time.monotonic() > end:
                        break
                assert daemon.stop() == 0


def lines_read(daemon: Daemon) -> float:
    """Return how many lines of replication.log the daemon has read."""
    name = "bmrepmon_log_lines_total"
    return sum(value for (of, labels), value in daemon.metrics().items() if of == name and ("source", "log") in labels)


def look(daemon: Daemon, simulated: float) -> Look:
    """Scrape the daemon, and see what the kernel says of it."""
    series = len(daemon.metrics())
    assert daemon.get("/")[0] == 200
    process = Path(f"/proc/{daemon.process.pid}")
    told = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
    descriptors = len(list((process / "fd").iterdir()))
    return Look(simulated, int(told["VmRSS"].split()[0]), int(told["Threads"]), descriptors, series)


def growth(looks: list[Look]) -> dict[str, tuple[int, int]]:
    """Return the most that each figure was in the first half after warming up, and in the second."""
    warm = looks[int(len(looks) * WARM) :]
    early, late = warm[: len(warm) // 2], warm[len(warm) // 2 :]
    names = ("memory", "threads", "descriptors", "series")
    return {name: (most(early, name), most(late, name)) for name in names}


def most(looks: list[Look], name: str) -> int:
    """Return the largest value of a figure."""
    return max(int(getattr(look, name)) for look in looks)
