"""Scrapes over HTTP, of what changes twice a second, against the same series rendered by Prometheus's library.

Both answer through the same HTTP server, in a process of their own, a new connection for each scrape.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection

from prometheus_client import exposition
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from bench.library import registry
from bench.measure import Differs, Result
from bmrepmon.config.types import Address
from bmrepmon.model.checkpoint import Checkpoint
from bmrepmon.model.frozen import frozen
from bmrepmon.model.log_activity import LogActivity
from bmrepmon.model.observations import Observation, PartitionCount, Store, StoreCount
from bmrepmon.model.snapshot import BackendFacts, Snapshot, derive
from bmrepmon.model.state import Durable, Key, State
from bmrepmon.publish.exposition import Exposition
from bmrepmon.publish.server import WebServer
from bmrepmon.publish.web import build_web

PEER = "prometheus_client's own rendering"
SCRAPES = 100
STORES: tuple[Store, ...] = ("spool", "archive")
CHANGES = 20  # after which the first comes again
EVERY = 0.02  # seconds from one to the next, so that a hundred of them meet several changes
BACKEND = BackendFacts("bm-master", (), 4)
OPENMETRICS = "application/openmetrics-text;version=1.0.0"


def scrapes(sizes: Sequence[int], runs: int) -> Sequence[Result]:
    """Scrape both, in turn, with so many series each. Raises Differs when they do not tell the same."""
    return [_compared(series, runs) for series in sizes]


def _compared(series: int, runs: int) -> Result:
    if equal_answers(snapshot(series, 0)) != series:
        raise Differs(f"scrape_{series}: there are not {series} series")
    with _served("ours", series) as ours, _served("peer", series) as peer:
        found = [(slowest(ours), slowest(peer)) for _ in range(runs)]
    return Result(f"scrape_{series}", "ms", tuple(o for o, _ in found), tuple(p for _, p in found), PEER)


def equal_answers(found: Snapshot) -> int:
    """Hold ours against the library's, in both formats, and count the series."""
    text = b""
    for accept in (OPENMETRICS, ""):
        encode, _ = exposition.choose_encoder(accept)
        text, _ = Exposition(lambda: found, process=False).render(accept)
        if text != encode(registry(lambda: found)):
            raise Differs("scrape: ours and the library do not write the same")
    return sum(not line.startswith(b"#") for line in text.splitlines())


def slowest(port: int) -> float:
    """Return the 99th percentile of a hundred scrapes, which is the slowest of them, in milliseconds."""
    _scrape(port)
    return max(_paced(port) for _ in range(SCRAPES)) * 1000


def _paced(port: int) -> float:
    taken = _scrape(port)
    time.sleep(max(0.0, EVERY - taken))
    return taken


def _scrape(port: int) -> float:
    begun = time.perf_counter()
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/metrics")
    connection.getresponse().read()
    connection.close()
    return time.perf_counter() - begun


def snapshot(series: int, change: int) -> Snapshot:
    """Return a snapshot of so many series: partitions with four figures each, and some that the log tells of."""
    bare = len(_told(derive(_state(0, 0, change), (BACKEND,), 0)))
    partitions, rest = divmod(series - bare, 4)
    return derive(_state(partitions, rest, change), (BACKEND,), change)


def _told(found: Snapshot) -> list[bytes]:
    text, _ = Exposition(lambda: found, process=False).render()
    return [line for line in text.splitlines() if not line.startswith(b"#")]


def _state(partitions: int, logged: int, change: int) -> State:
    names = [f"bm-master__domain{number:04d}_example" for number in range(partitions)]
    counts = tuple(PartitionCount(name, n + change, n + change, 1) for n, name in enumerate(names))
    stores: dict[Key, Observation] = {(store, BACKEND.name): StoreCount(store, counts, None, 0, ()) for store in STORES}
    log = LogActivity(apply_mailbox=frozen({f"bm-master__logged{n}": change for n in range(logged)}))
    durable = Durable(log=log, checkpoints=frozen({"log": Checkpoint(1, 1, 0, "", 0)}))
    return State(0.0, durable, frozen(stores))


@contextmanager
def _served(whose: str, series: int) -> Iterator[int]:
    """Serve in another process, and give its port."""
    command = [sys.executable, "-m", "bench.scrape", whose, str(series)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None  # noqa: S101 - for the type checker: there is a pipe
        assert server.stdout is not None  # noqa: S101 - as above
        yield int(server.stdout.readline())
        server.stdin.close()


def serve(whose: str, series: int) -> None:
    """Serve what changes twice a second, until the standard input ends."""
    changes = [snapshot(series, change) for change in range(CHANGES)]

    def present() -> Snapshot:
        return changes[int(2 * time.monotonic()) % CHANGES]

    app = build_web(present, tuple) if whose == "ours" else _library(present)
    server = WebServer(app, [Address("127.0.0.1", 0)])
    server.start()
    print(server.addresses[0].port, flush=True)  # noqa: T201 - who started us reads it
    sys.stdin.read()
    server.stop(5)


def _library(present: Callable[[], Snapshot]) -> ASGIApp:
    families = registry(present)

    async def metrics(_: Request) -> Response:
        return Response(exposition.generate_latest(families), headers={"Content-Type": exposition.CONTENT_TYPE_LATEST})

    return Starlette(routes=[Route("/metrics", metrics)])


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
