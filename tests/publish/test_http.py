import gzip
import json
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
import snapshots
from served import Served

from bmrepmon.model.snapshot import Snapshot
from bmrepmon.publish.exposition import render_plain
from bmrepmon.publish.status import render_status

EVERYWHERE = [
    "/",
    "/runbooks",
    "/runbooks/BlueMindReplicationStalled",
    "/metrics",
    "/api/v1/status",
    "/-/healthy",
    "/-/ready",
    "/static/style.css",
    "/static/page.js",
    "/nothing",
    "/api/x",
]


def test_metrics_are_plain_text_unless_asked_otherwise(served: Served) -> None:
    """A reader that says nothing gets text 0.0.4, beside our metrics those of the process."""
    answer, body = served.ask("/metrics")

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert body.startswith(render_plain(snapshots.full()).partition(b"# HELP bmrepmon_series_dropped_total")[0])
    assert b"\nprocess_resident_memory_bytes " in body


def test_prometheus_gets_openmetrics(served: Served) -> None:
    """The Accept header of Prometheus 2.42 is answered with OpenMetrics, which ends with EOF."""
    accept = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,*/*;q=0.1"
    answer, body = served.ask("/metrics", Accept=accept)

    assert answer.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert body.endswith(b"# EOF\n")


def test_names_can_be_picked(served: Served) -> None:
    """name[] leaves out every other metric."""
    _, body = served.ask("/metrics?name[]=bmrepmon_delta_messages&name[]=bmrepmon_build_info")

    names = {line.partition(b"{")[0] for line in body.splitlines() if not line.startswith(b"#")}
    assert names == {b"bmrepmon_delta_messages", b"bmrepmon_build_info"}


@pytest.mark.parametrize("path", ["/metrics", "/", "/api/v1/status"])
def test_gzip_is_for_those_who_accept_it(served: Served, path: str) -> None:
    """The compressed body is smaller and unpacks to a whole text; others get it plain."""
    plain, plain_body = served.ask(path)
    packed, packed_body = served.ask(path, Accept_Encoding="gzip")

    assert plain.headers["Content-Encoding"] is None
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert len(packed_body) < len(plain_body) / 2
    assert gzip.decompress(packed_body)[:100] == plain_body[:100]


@pytest.mark.parametrize("path", ["/", "/metrics", "/api/v1/status", "/-/healthy", "/static/style.css"])
def test_head_is_get_without_a_body(served: Served, path: str) -> None:
    """Status and type are those of GET."""
    get, _ = served.ask(path)
    head, body = served.ask(path, "HEAD")

    assert (head.status, head.headers["Content-Type"]) == (get.status, get.headers["Content-Type"])
    assert int(head.headers["Content-Length"]) > 0
    assert body == b""


@pytest.mark.parametrize("path", EVERYWHERE)
def test_every_answer_has_the_security_headers(served: Served, path: str) -> None:
    """Nothing is loaded from elsewhere, nothing is framed, sniffed or cached; the program is not named."""
    answer, _ = served.ask(path)

    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == ("public, max-age=3600" if "static" in path else "no-store")
    assert answer.headers["Server"] is None


def test_status_is_the_document(served: Served) -> None:
    """The API answers what once prints."""
    answer, body = served.ask("/api/v1/status")

    assert answer.headers["Content-Type"] == "application/json"
    assert json.loads(body) == render_status(snapshots.full())


def test_history_lists_its_series_and_tells_each(served: Served) -> None:
    """Without a series there is the list; with one there are its points, from since on."""
    _, names = served.ask("/api/v1/history")
    _, points = served.ask("/api/v1/history?series=bodies/bm-master&since=2023-11-14T23:12:00%2B01:00")

    assert json.loads(names) == {"series": ["bodies/bm-master", "log_active_sessions"]}
    assert json.loads(points) == {"series": "bodies/bm-master", "points": [["2023-11-14T22:12:20Z", 14000.0]]}


@pytest.mark.parametrize(
    ("path", "code"),
    [("/api/v1/history?series=secret", 404), ("/api/v1/history?series=bodies/bm-master&since=x", 400), ("/api/x", 404)],
)
def test_the_api_tells_errors_in_json(served: Served, path: str, code: int) -> None:
    """One sentence, and nothing of what was asked."""
    answer, body = served.ask(path)

    assert answer.status == code
    assert list(json.loads(body)) == ["error"]
    assert b"secret" not in body


def test_healthy_names_who_does_not_beat(served: Served) -> None:
    """200 while every thread beats; else 503 with the names."""
    fine, fine_body = served.ask("/-/healthy")
    served.silent = ("log", "scheduler")
    bad, bad_body = served.ask("/-/healthy")

    assert (fine.status, fine_body) == (200, b"ok\n")
    assert (bad.status, bad_body) == (503, b"no sign of life from: log, scheduler\n")


def test_ready_once_every_source_had_a_round(served: Served) -> None:
    """503 and what is awaited, until the first complete round."""
    served.snapshot = snapshots.unknown
    waiting, waiting_body = served.ask("/-/ready")
    served.snapshot = snapshots.full
    ready, _ = served.ask("/-/ready")

    assert (waiting.status, waiting_body) == (503, b"not yet read: spool of bm-master\n")
    assert ready.status == 200


@pytest.mark.parametrize("path", ["/etc/passwd", "/metrics/", "/static/../web.py", "/static/none.css", "/%3Cscript%3E"])
def test_an_unknown_path_is_not_repeated(served: Served, path: str) -> None:
    """404 says so in the reader's language, and nothing of the path."""
    answer, body = served.ask(path, Accept_Language="fr")

    assert answer.status == 404
    assert "Cette page n'existe pas." in body.decode().replace("&#39;", "'")
    assert path.encode() not in body
    assert b"script" not in body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_nothing_can_be_changed(served: Served, method: str) -> None:
    """Only GET and HEAD are answered."""
    answer, _ = served.ask("/metrics", method)

    assert answer.status == 405


def test_an_error_of_ours_tells_no_details(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    """500 is a page without a word of the cause; the log has it; the next request is answered."""

    def broken() -> Snapshot:
        raise RuntimeError("planted-detail")

    served.snapshot = broken
    page, page_body = served.ask("/")
    api, api_body = served.ask("/api/v1/status")
    served.snapshot = snapshots.full

    assert (page.status, api.status) == (500, 500)
    assert b"planted" not in page_body + api_body
    assert page.headers["Content-Security-Policy"]
    assert "planted-detail" in caplog.text
    assert served.ask("/metrics")[0].status == 200


def test_fifty_clients_at_once_are_all_answered(served: Served) -> None:
    """Every one of 50 simultaneous scrapes gets the whole text."""
    with ThreadPoolExecutor(50) as clients:
        answers = list(clients.map(lambda _: served.ask("/metrics?name[]=bmrepmon_delta_messages"), range(50)))

    assert {answer.status for answer, _ in answers} == {200}
    assert len({body for _, body in answers}) == 1


def test_slow_clients_hold_up_nobody(served: Served) -> None:
    """Clients that send half a request, or do not read their answer, leave the others their turn."""
    slow = [socket.create_connection(served.address) for _ in range(20)]
    try:
        for number, client in enumerate(slow):
            client.sendall(b"GET /metrics HTTP/1.1\r\n" + (b"Host: x\r\n\r\n" if number % 2 else b""))

        assert served.ask("/metrics")[0].status == 200
    finally:
        for client in slow:
            client.close()


def test_rubbish_is_answered_with_400(served: Served) -> None:
    """Bytes that are no HTTP get an error, and the server lives on."""
    with socket.create_connection(served.address, timeout=10) as client:
        client.sendall(b"\x16\x03\x01\x00\xff\x00\r\n\r\n")
        first = client.recv(100)

    assert first.startswith(b"HTTP/1.1 400")
    assert served.ask("/metrics")[0].status == 200
