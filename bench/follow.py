"""Follows a log that is written a line at a time: the daemon's way, and watchdog's, which reads at every event."""

import json
import logging
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from bench.log import follower
from bench.measure import Differs, Result
from bench.replication_log import messages
from bmrepmon.model.state import Event, State, reduce
from bmrepmon.runtime.clock import SystemClock
from bmrepmon.runtime.log_loop import LogLoop
from bmrepmon.runtime.log_watch import WatchdogWaker

PEER = "watchdog per event"
RATE = 2000  # lines a second; an event, which nearly always is one, is one write
WARM_UP = 1.0  # seconds' worth of lines that are there before: what only the first ones cost is paid once in a day
PATIENCE = 10.0  # seconds for what was written last to be read


def log_follow_cpu(folder: Path, seconds: float, runs: int) -> Result:
    """Write a log for so many seconds and tell what following it costs, of each way and in turn.

    Raises:
        Differs: not every line was counted.
    """
    found = [(_cost(folder, "ours", seconds), _cost(folder, "watchdog", seconds)) for _ in range(runs)]
    return Result("log_follow_cpu", "%", tuple(o for o, _ in found), tuple(p for _, p in found), PEER)


def _cost(folder: Path, way: str, seconds: float) -> float:
    """Return how much of a core a process took that followed a log while it was written."""
    folder.mkdir(exist_ok=True)
    path = folder / "replication.log"
    path.write_bytes(b"")
    texts = messages(random.Random(7))
    before = _write(path, texts, WARM_UP, paced=False)
    child = [sys.executable, "-m", "bench.follow", way, str(path)]
    with subprocess.Popen(child, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as following:
        next(iter(following.stdout or ()), None)  # it is ready
        written = before + _write(path, texts, seconds, paced=True)
        told = json.loads(following.communicate()[0])
    if told["lines"] != written:
        raise Differs(f"log_follow_cpu: {way} counted {told['lines']} lines, {written} were written")
    return 100.0 * float(told["cpu"]) / seconds


def _write(path: Path, texts: Iterator[str], seconds: float, *, paced: bool) -> int:
    """Write the events of so many seconds, each in one write; return how many lines they were."""
    written, begun = 0, time.perf_counter()
    with path.open("ab", buffering=0) as log:
        for text in texts:
            if paced and (early := begun + written / RATE - time.perf_counter()) > 0:
                time.sleep(early)
            written += text.count("\n")
            log.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S,%f}"[:23].encode() + f" {text}".encode())
            if written >= RATE * seconds:
                break
    return written


class Ours:
    """The daemon's loop over its logs."""

    def __init__(self, path: Path) -> None:
        """Begin to follow, with what is there."""
        self._state = State(0.0)
        self._loop = LogLoop([follower(path)], WatchdogWaker([path]), self._apply, SystemClock())
        self._loop.start()
        self._loop.reach(PATIENCE)

    def _apply(self, event: Event) -> None:
        self._state = reduce(self._state, event)

    def lines(self) -> int:
        """Return how many lines were counted, at the end."""
        self._loop.reach(PATIENCE)
        self._loop.stop(PATIENCE)
        return sum(self._state.durable.log.lines.values())


class Watchdog(FileSystemEventHandler):
    """Reads at every event, and does nothing but count."""

    def __init__(self, path: Path) -> None:
        """Begin to follow, with what is there."""
        self._log = path.open("rb")
        self._lines = self._log.read().count(b"\n")
        logging.getLogger("watchdog.observers.inotify").setLevel(logging.CRITICAL)  # it complains when it is stopped
        self._observer = Observer()
        self._observer.schedule(self, str(path.parent))
        self._observer.start()

    def on_modified(self, event: FileSystemEvent) -> None:  # noqa: ARG002 - there is one file
        """Read on."""
        self._lines += self._log.read().count(b"\n")

    def lines(self) -> int:
        """Return how many lines were counted, at the end."""
        self._observer.stop()
        self._observer.join()
        return self._lines + self._log.read().count(b"\n")


WAYS: Mapping[str, Callable[[Path], Ours | Watchdog]] = {"ours": Ours, "watchdog": Watchdog}


def _follow(way: str, path: Path) -> None:
    following = WAYS[way](path)
    before = _cpu()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()
    sys.stdout.write(json.dumps({"lines": following.lines(), "cpu": _cpu() - before}) + "\n")


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    _follow(sys.argv[1], Path(sys.argv[2]))
