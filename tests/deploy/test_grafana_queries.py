"""Every query of every dashboard, asked of a real Prometheus that has scraped the demo."""

import json
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from urllib.parse import urlencode

import pytest
from daemon import BMREPMON
from programs import program

from grafana.boards import ANNOTATIONS, BOARDS
from grafana.verdict import COLOURS, STATE

PATIENCE = 240.0  # seconds; it takes about twenty
SCRAPED = """
global: {scrape_interval: 1s}
scrape_configs: [{job_name: bmrepmon, static_configs: [{targets: ["127.0.0.1:%d"]}]}]
"""
FILLED = {"$job": ".+", "$instance": ".+", "$backend": ".*", "$__rate_interval": "15s"}
RARE = {  # what one scenario cannot promise, and why
    "bmrepmon_source_running_since_timestamp_seconds": "a round of the demo is over before it is scraped",
    "bmrepmon_sync_log_batch_timestamp_seconds": "a batch of the demo is worked off before it is looked at",
    "}) == 0": "no session is lost when only the database goes away",
    "bmrepmon_config_last_reload_success_timestamp_seconds": "nobody sends SIGHUP",
    "bmrepmon_eta_": "nothing drains at a steady rate while a test waits",
    "bmrepmon_log_rotations_total{job": "nothing rotates while a test waits",
}
DEMO = ("--scenario", "dbdown", "--speed", "2", "--mailboxes", "10", "--messages", "120", "--listen", "127.0.0.1:0")


@contextmanager
def running(marker: str, *command: str) -> Iterator[int]:
    """Run a program until the end of the block; give the port that it says in the line that ``marker`` finds."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    killer = threading.Timer(PATIENCE, process.kill)
    killer.start()
    reader: SimpleQueue[int | None] = SimpleQueue()
    listener = threading.Thread(target=listen, args=(process.stderr, marker, reader))
    listener.start()
    try:
        port = reader.get(timeout=PATIENCE)
        killer.cancel()
        assert port, f"{command[0]} did not start"
        yield port
    finally:
        killer.cancel()
        process.terminate()
        process.wait(PATIENCE)
        listener.join()
        killer.join()


def listen(stderr: Any, marker: str, port: "SimpleQueue[int | None]") -> None:
    """Tell the port once it is said, and read on to the end, so that nobody waits for a full pipe."""
    with stderr:
        for line in stderr:
            if found := re.search(marker, line):
                port.put(int(found[1]))
    port.put(None)


def get(port: int, path: str) -> tuple[int, bytes]:
    """Ask Prometheus for a path."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def ask(port: int, query: str, since: float, until: float | None = None) -> list[Any]:
    """Return the series of a query from ``since`` until ``until`` or now, all variables at All."""
    for name, value in FILLED.items():
        query = query.replace(name, value)
    asked = urlencode({"query": query, "start": since, "end": until or time.time(), "step": 1})
    answer = json.loads(get(port, f"/api/v1/query_range?{asked}")[1])
    assert answer["status"] == "success", f"{query}: {answer.get('error')}"
    series: list[Any] = answer["data"]["result"]
    return series


def all_queries() -> list[str]:
    """Return every expression that is on a dashboard, each once."""
    shown = [
        query.expr for board in BOARDS.values() for row in board.rows for panel in row.panels for query in panel.queries
    ]
    return sorted({*shown, *(expr for _, _, expr in ANNOTATIONS)})


def may_be_empty(query: str) -> bool:
    """Tell whether a query asks for what is rare."""
    return any(name in query for name in RARE)


@pytest.mark.timeout(3 * PATIENCE)
def test_every_query_finds_what_it_shows(tmp_path: Path) -> None:
    """In a demo whose database goes away and comes back, no panel is empty and no expression is refused."""
    prometheus = program("prometheus", "prometheus")
    config = tmp_path / "prometheus.yml"
    with running(r"http://127\.0\.0\.1:(\d+)/", *BMREPMON, "demo", *DEMO) as daemon:
        config.write_text(SCRAPED % daemon)
        options = (
            f"--config.file={config}",
            f"--storage.tsdb.path={tmp_path / 'data'}",
            "--web.listen-address=127.0.0.1:0",
        )
        with running(r"Listening on.*127\.0\.0\.1:(\d+)", prometheus, *options) as port:
            since, deadline = time.time(), time.monotonic() + PATIENCE
            while get(port, "/-/ready")[0] != 200:
                assert time.monotonic() < deadline, "Prometheus does not become ready"
                threading.Event().wait(0.1)
            for query in all_queries():
                ask(port, query, since)
            empty = [query for query in all_queries() if not may_be_empty(query)]
            assert empty
            while empty := [query for query in empty if not ask(port, query, since)]:
                assert time.monotonic() < deadline, f"no data for {empty}"
                threading.Event().wait(0.5)
            now = time.time()
            while (told := numbers(port, since, now)) != (meant := numbers_of_states(port, since, now)):
                assert time.monotonic() < deadline, f"{told} instead of {meant}"  # a scrape came in between
            assert told


def numbers(port: int, since: float, until: float) -> set[tuple[float, int]]:
    """Return the panel "State" as Prometheus fills it: moment and number of a state."""
    return {(at, int(number)) for series in ask(port, STATE.expr, since, until) for at, number in series["values"]}


def numbers_of_states(port: int, since: float, until: float) -> set[tuple[float, int]]:
    """Return the same by the names of the states."""
    found = ask(port, "bmrepmon_verdict == 1", since, until)
    return {(at, list(COLOURS).index(series["metric"]["state"])) for series in found for at, _ in series["values"]}
