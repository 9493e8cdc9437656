"""Scrapes over HTTP, a connection each, against the client library's own rendering and server."""

import http.client
import threading
from collections.abc import Callable
from time import perf_counter
from typing import Any

from prometheus_client import CollectorRegistry, start_http_server

from bench.measure import Differs, Result
from bmrepmon.config.types import Address
from bmrepmon.model.frozen import frozen
from bmrepmon.model.inodes import NO_INODES
from bmrepmon.model.observations import PartitionCount, Store, StoreCount
from bmrepmon.model.snapshot import BackendFacts, Snapshot, derive
from bmrepmon.model.state import State
from bmrepmon.publish.collector import SnapshotCollector
from bmrepmon.publish.server import WebServer
from bmrepmon.publish.web import build_web

NOW = 1_700_000_000.0
SCRAPES = 100  # of which the slowest but one is the 99th percentile
OURS_ALONE = ("process_", "# HELP process_", "# TYPE process_")
PEER = "prometheus_client, its own rendering and server"
STORES: tuple[Store, ...] = ("spool", "archive")


def scrapes(runs: int) -> list[Result]:
    """Scrape about 1,000 and about 5,000 series.

    Raises:
        Differs: the two pages do not tell the same.
    """
    return [_scrape(series, runs) for series in (1000, 5000)]


def snapshots(series: int) -> Callable[[], Snapshot]:
    """Return what makes a snapshot that is new each time, as if something had happened between two scrapes."""
    fact = BackendFacts("bm-master", (), 4)
    partitions = tuple(PartitionCount(f"bm-master__d{n:05}_example", n + 7, n, 3) for n in range(series // 4))
    seen = {(store, "bm-master"): StoreCount(store, partitions, NO_INODES, 0, ()) for store in STORES}
    observations: Any = frozen(seen)
    return lambda: derive(State(started_at=NOW, observations=observations), (fact,), NOW)


def _scrape(series: int, runs: int) -> Result:
    make = snapshots(series)
    server = WebServer(build_web(make, tuple, tuple), [Address("127.0.0.1", 0)])
    server.start()
    registry = CollectorRegistry(auto_describe=False)
    registry.register(SnapshotCollector(make, 20_000))
    peer, thread = start_http_server(0, "127.0.0.1", registry)
    try:
        ours, theirs = server.addresses[0].port, peer.server_port
        _check(_body(ours), _body(theirs), series)
        found = [(_p99(ours), _p99(theirs)) for _ in range(runs + 1)][1:]
    finally:
        server.stop(10)
        _end(peer, thread)
    return Result(f"scrape_{series}", "ms", tuple(o for o, _ in found), tuple(p for _, p in found), PEER)


def _end(peer: Any, thread: threading.Thread) -> None:
    peer.shutdown()
    peer.server_close()
    thread.join()


def _body(port: int) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def _p99(port: int) -> float:
    took = []
    for _ in range(SCRAPES):
        begun = perf_counter()
        _body(port)
        took.append((perf_counter() - begun) * 1000)
    return sorted(took)[SCRAPES * 99 // 100 - 1]


def _check(ours: str, theirs: str, series: int) -> None:
    lines = [line for line in ours.splitlines() if not line.startswith(OURS_ALONE)]
    if lines != theirs.splitlines():
        raise Differs(f"scrape_{series}: the two pages do not tell the same")
    told = sum(not line.startswith("#") for line in lines)
    if not series <= told <= series * 1.1 + 100:
        raise Differs(f"scrape_{series}: there are {told} series")
