"""The status page over HTTP, with a day behind it: how long its reader waits for the first byte.

There is no peer: no tool of today shows such a page. It is served by a process of its own, a new connection for each
reader, and read in every language.
"""

import gzip
import math
import subprocess
import sys
import time
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from itertools import cycle, islice

from bench.measure import Differs, Result
from bmrepmon.config.types import Address
from bmrepmon.model.carried import Carried, Counters, ExactCount
from bmrepmon.model.folders import FolderHeader
from bmrepmon.model.frozen import frozen
from bmrepmon.model.health import SourceHealth
from bmrepmon.model.history import Point, Window
from bmrepmon.model.lag import FolderComparison, compare
from bmrepmon.model.observations import (
    Observation,
    PartitionCount,
    PeerSessions,
    RowCounts,
    SessionCounts,
    Store,
    StoreCount,
)
from bmrepmon.model.positions import Position, Positions
from bmrepmon.model.snapshot import BackendFacts, Snapshot, derive
from bmrepmon.model.state import Durable, State
from bmrepmon.model.survey import FolderSurvey, pack_folder, sign
from bmrepmon.model.verdict.states import VERDICT_STATES, Finding, Trail, Verdict
from bmrepmon.publish.server import WebServer
from bmrepmon.publish.web import build_web
from bmrepmon.words.language import LANGUAGES

READERS = 100
EVERY = 0.02  # seconds from one to the next
MINUTES = 1440
CHARTS = 6
FOLDERS, BEHIND = 1000, 30
BACKEND = BackendFacts("bm-master", (), 4)
PARTITION = "bm-master__example_net"
STORES: tuple[Store, ...] = ("spool", "archive")


def first_bytes(runs: int) -> Result:
    """Ask for the page a hundred times a run. Raises Differs when one is not whole."""
    with _served() as port:
        return Result("page_first_byte", "ms", tuple(slowest(port) for _ in range(runs)))


def slowest(port: int) -> float:
    """Return the 99th percentile of a hundred readers, which is the slowest of them, in milliseconds."""
    _ask(port, LANGUAGES[0])
    return max(_paced(port, language) for language in islice(cycle(LANGUAGES), READERS)) * 1000


def _paced(port: int, language: str) -> float:
    taken = _ask(port, language)
    time.sleep(max(0.0, EVERY - taken))
    return taken


def _ask(port: int, language: str) -> float:
    """Return the seconds from the first byte of the request, connection included, to the first of the answer."""
    begun = time.perf_counter()
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/", headers={"Accept-Language": language, "Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    taken = time.perf_counter() - begun
    page = gzip.decompress(answer.read()).decode()
    connection.close()
    drawn, lang = page.count('<svg class="chart"'), f'<html lang="{language}">'
    if drawn != CHARTS or lang not in page or page.count('class="hit"') < CHARTS * 90:
        raise Differs(f"page_first_byte: {drawn} charts, not {CHARTS} of a whole day, or not in {language}")
    return taken


def state(now: float) -> State:
    """Return what a daemon knows of a backlog that drains, with a value of every series for each minute of a day."""
    observations: dict[tuple[str, str], Observation] = {
        ("database", BACKEND.name): _bodies(now),
        ("folders", BACKEND.name): comparison(now),
        ("sessions", ""): SessionCounts((PeerSessions("127.0.0.1", 4),)),
    }
    for store in STORES:
        counted = PartitionCount(PARTITION, 400_000, 399_000, FOLDERS)
        observations[store, BACKEND.name] = StoreCount(store, (counted,), None, 0, ())
    healths = {
        (name, backend): SourceHealth(name, backend, None, now - 3, 0.2, now - 3) for name, backend in observations
    }
    finding = Finding("catching_up", "draining", "info")
    trail = Trail(Verdict(finding, now - 300, now - 3, 9, frozen({"lag_age": 200.0}), "info"))
    durable = Durable(trails=frozen({BACKEND.name: trail}), history=frozen(history(now)))
    return State(now - 86_400, durable, frozen(observations), health=frozen(healths))


def comparison(now: float) -> FolderComparison:
    """Build a thousand folders, thirty of which are behind."""
    header = FolderHeader(13, 128, 104, 30, None, 40, 0, 7, 0, 100, 25, 0)
    names = [f"{PARTITION}/domain/e/example.net/m/user/m{number}" for number in range(FOLDERS)]
    rows = [pack_folder(sign(int(now) * 10**9, 1, 1), header, name) for name in names]
    stored = ((name, Position(100 - (n < BEHIND), 40 - (n < BEHIND), 7)) for n, name in enumerate(names))
    return compare(FolderSurvey.of(names, array("I", range(FOLDERS)), rows), Positions.of(stored), Positions.of(()))


def _bodies(now: float) -> RowCounts:
    exact = ExactCount(700_000, now - 240, 1.4, -1)
    return RowCounts(Carried(exact, Counters(now - 40, 700_100, 0, 700_000, 7, "1"), 700_050, 2, 1), 150_018)


def history(now: float) -> Mapping[str, Window]:
    """Build the day: every series goes up and down, counters only up, and the verdict changes with the hours."""
    times = [now - 60 * ago for ago in range(MINUTES, 0, -1)]
    waves = [500 * (1 + math.sin(minute / 90)) for minute in range(MINUTES)]
    values = {
        **dict.fromkeys(("lag_seconds", "lag_messages", "heartbeat_lag_seconds", "missing_messages"), waves),
        **{name: [10_000 + wave for wave in waves] for name in ("spool_messages", "archive_messages", "bodies")},
        "active_sessions": [4.0] * MINUTES,
        "arrived_messages_total": [20.0 * minute for minute in range(MINUTES)],
        "verdict_rank": [float(minute // 60 % len(VERDICT_STATES)) for minute in range(MINUTES)],
    }
    return {f"{name}/{BACKEND.name}": Window(tuple(map(Point, times, series))) for name, series in values.items()}


@contextmanager
def _served() -> Iterator[int]:
    """Serve in another process, and give its port."""
    command = [sys.executable, "-m", "bench.page_load"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None  # noqa: S101 - for the type checker: there is a pipe
        assert server.stdout is not None  # noqa: S101 - as above
        yield int(server.stdout.readline())
        server.stdin.close()


def serve() -> None:
    """Serve until the standard input ends; the snapshot is derived for each reader, as the daemon does."""
    known = state(time.time())

    def present() -> Snapshot:
        return derive(known, (BACKEND,), time.time())

    server = WebServer(build_web(present, tuple), [Address("127.0.0.1", 0)])
    server.start()
    print(server.addresses[0].port, flush=True)  # noqa: T201 - who started us reads it
    sys.stdin.read()
    server.stop(5)


if __name__ == "__main__":
    serve()
