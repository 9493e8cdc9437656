"""The plugin for Nagios and Centreon: its exit code, its line, and what it does when nobody answers."""

import json
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bcrypt
import pytest
import snapshots
from click.testing import CliRunner
from served import LOOPBACK, Served

from bmrepmon.cli import bmrepmon
from bmrepmon.offline.nagios import MEASURES, SITE
from bmrepmon.offline.nagios.ranges import Range
from bmrepmon.offline.nagios.report import judge
from bmrepmon.publish.access import Access
from bmrepmon.publish.server import WebServer
from bmrepmon.publish.web import build_web
from bmrepmon.words.language import load_language

PERFDATA = re.compile(r"^[^ ='|]+=(U|-?\d+(\.\d+)?(e[+-]\d+)?(s|B)?);[\d.:~@]*;[\d.:~@]*;0?$")

ALARMING = ("lag_seconds", "heartbeat_lag_seconds", "active_sessions", "missing_sessions", "disputed_folders")
QUIET = tuple(f"-w{name}=~:" for name in (*ALARMING, "failed_sources"))


@pytest.fixture(scope="module")
def running() -> Iterator[Served]:
    """Serve for all tests of this file."""
    running = Served()
    yield running
    assert running.server.stop(5.0)


@pytest.fixture
def served(running: Served) -> Served:
    """Serve a backend with everything known, whatever the test before has set."""
    running.snapshot = snapshots.single
    return running


def check(*options: str, language: str = "C") -> tuple[int, str]:
    """Run the plugin; return its exit code and its line."""
    done = CliRunner().invoke(bmrepmon, ["nagios", *options], env={"LC_ALL": language})
    assert done.stdout.count("\n") == 1, done.output
    assert done.stderr == ""
    return done.exit_code, done.stdout.strip()


def url(served: Served) -> str:
    """Return where it is served."""
    return "http://{}:{}".format(*served.address)


def test_thresholds_decide(served: Served) -> None:
    """A measure is judged by just the ranges that are given for it."""
    document = json.loads(served.ask("/api/v1/status")[1])
    lag = document["backends"][0]["folders"]["lag_messages"]
    assert lag > 1
    asked = ("--url", url(served), *QUIET)

    assert check(*asked, "-w", f"lag_messages={lag}")[0] == 0
    assert check(*asked, "-w", f"lag_messages={lag - 1}")[0] == 1
    assert check(*asked, "-w", f"lag_messages={lag - 1}", "-c", f"lag_messages=@{lag}:{lag}")[0] == 2
    assert f"messages behind: {lag}" in check(*asked, "-w", f"lag_messages={lag - 1}")[1]


def verdict(state: str, reason: str, severity: str, backend: str = "bm-master") -> Any:
    """Return a document whose only backend has this verdict, and lags for 200 s."""
    judged = {"state": state, "reason": reason, "severity": severity}
    folders = {"lag_seconds": 200.0, "lag_messages": 1200}
    one = {"name": backend, "verdict": judged, "folders": folders, "sessions": {"active": 0, "expected": 4}}
    return {"backends": [one], "sources": []}


@pytest.mark.parametrize(
    ("found", "level", "said"),
    [
        (("catching_up", "draining", "info"), 0, "OK - bm-master: catching up, lag"),
        (("starting", "core_restarting", "info"), 0, "OK - bm-master: starting, lag"),
        (("stuck_folders", "session_missing", "warning"), 1, "WARNING - bm-master: folders stuck, One of the"),
        (("stalled", "sync_client_hung", "critical"), 2, "CRITICAL - bm-master: stalled, sync_client is connected"),
        (("unknown", "blind", "warning"), 3, "UNKNOWN - bm-master: unknown, Neither the log"),
    ],
)
def test_the_verdict_decides_where_nothing_else_was_asked(found: tuple[str, str, str], level: int, said: str) -> None:
    """A lag that is being worked off, and a restart, wake nobody."""
    report = judge(verdict(*found), {}, {}, load_language("en", "nagios"))

    assert report.level == level
    assert str(report).lower().startswith(f"replication {said}".lower())


def test_the_worst_backend_is_told_first() -> None:
    """Who reads the beginning of the line reads of the one that is dead; figures keep the order of the document."""
    document = verdict("in_sync", "replicating", "ok")
    document["backends"] += verdict("disconnected", "sync_client_dead", "critical", "bm-mail-2")["backends"]
    text, _, perfdata = str(judge(document, {}, {}, load_language("en", "nagios"))).partition(" | ")

    assert text.startswith("REPLICATION CRITICAL - bm-mail-2: Disconnected, ")
    assert "; bm-master: In sync, " in text
    assert perfdata.startswith("bm-master_lag_seconds=")


def test_what_little_is_known_is_not_told_as_if_all_were_well() -> None:
    """Who reads that nothing can be told reads no small lag beside it; graphs have it."""
    line = str(judge(verdict("unknown", "log_unreadable", "warning"), {}, {}, load_language("en", "nagios")))

    text, _, perfdata = line.partition(" | ")
    assert text == (
        "REPLICATION UNKNOWN - bm-master: Unknown, replication.log cannot be read, so nobody knows what is applied"
    )
    assert "bm-master_lag_seconds=200s;;;0" in perfdata


@pytest.mark.parametrize(("asked", "level"), [({}, 3), ({"failed_sources": Range.read("0")}, 1)])
def test_what_makes_a_verdict_unknown_is_no_warning_beside_it(asked: dict[str, Range], level: int) -> None:
    """The source that fails is named; it is a warning again for whoever asks for that."""
    document = verdict("unknown", "log_unreadable", "warning")
    document["sources"] = [{"source": "log", "backend": "", "success": False}]
    report = judge(document, asked, {}, load_language("en", "nagios"))

    assert report.level == level
    assert "sources failing: log" in report.text


def test_what_was_asked_for_counts_beside_the_verdict() -> None:
    """Somebody who wants to hear of 100 s of lag does."""
    document = verdict("catching_up", "draining", "info")
    report = judge(document, {}, {"lag_seconds": Range.read("100")}, load_language("en", "nagios"))

    assert report.level == 2


@pytest.mark.parametrize(("asked", "level"), [("997", 0), ("996", 1), ("@997:1003", 1), ("@998:1003", 0)])
def test_a_difference_within_the_doubt_alarms_nobody(asked: str, level: int) -> None:
    """Only what leaves its range wherever in the doubt the figure may lie."""
    document = verdict("in_sync", "replicating", "ok")
    document["backends"][0] |= {"delta_messages": 1000, "database": {"doubt": 3}}
    report = judge(document, {"delta_messages": Range.read(asked)}, {}, load_language("en", "nagios"))

    assert report.level == level


def test_the_line_carries_perfdata(served: Served) -> None:
    """One line, one bar, and every figure as the guidelines want it."""
    served.snapshot = snapshots.full
    _, line = check("--url", url(served))
    text, bar, perfdata = line.partition(" | ")

    assert text.startswith("REPLICATION ")
    assert bar
    assert [one for one in perfdata.split(" ") if not PERFDATA.match(one)] == []
    assert any(one.startswith("bm-master_lag_seconds=") for one in perfdata.split(" "))
    assert re.fullmatch(r"failed_sources=[1-9];0;;0", perfdata.split(" ")[-1])


def test_a_failing_source_is_a_warning_that_names_it(served: Served) -> None:
    """What nobody can see, nobody can judge."""
    served.snapshot = snapshots.full
    named = ("--url", url(served), *QUIET[:-1])
    code, line = check(*named)

    assert re.search("sources failing: .*database mail2.example.net", line)
    assert code == 1
    assert check(*named, QUIET[-1])[0] == 0


def test_nothing_known_is_unknown(served: Served) -> None:
    """A daemon that has only just started is not fine."""
    served.snapshot = snapshots.unknown

    code, line = check("--url", url(served))
    assert code == 3
    assert line.startswith("REPLICATION UNKNOWN - bm-master: ")
    assert "bm-master_lag_seconds=U;60;1800;0" in line


def test_the_line_is_in_the_language_of_its_reader(served: Served) -> None:
    """French where the locale is French; labels stay what graphs know them by."""
    served.snapshot = snapshots.unknown

    _, line = check("--url", url(served), language="fr_FR.UTF-8")
    assert "rien n'est encore connu" in line
    assert "bm-master_lag_seconds=U" in line


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--warning", "nonsense=1"), "names none of lag_seconds"),
        (("--warning", "lag_seconds=20:10"), "is no range"),
        (("--bla",), "No such option"),
        (("--url", "ftp://127.0.0.1/"), "--url must be like"),
        (("--url", "http://me:secret@127.0.0.1:1/"), "no password in --url"),
        (("--user", "me"), "belong together"),
        (("--user", "me", "--password-file", "/nonexistent/password"), "/nonexistent/password cannot be read"),
        (("--url", "https://127.0.0.1:1", "--ca-file", "/nonexistent/ca"), "/nonexistent/ca cannot be read"),
    ],
)
def test_wrong_usage_is_unknown(options: tuple[str, ...], says: str) -> None:
    """To Nagios an exit code of 2 would be CRITICAL, and it reads stdout only."""
    code, line = check(*options)

    assert code == 3
    assert says in line
    assert "secret" not in line


def test_nobody_listens() -> None:
    """The line says how to look whether the daemon runs."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        code, line = check("--url", f"http://127.0.0.1:{closed.getsockname()[1]}")

    assert (code, "systemctl status bmrepmon" in line) == (3, True)


def test_a_server_that_never_answers_is_not_waited_for() -> None:
    """Accepting and then saying nothing costs the timeout, and no more."""
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        address = f"http://127.0.0.1:{mute.getsockname()[1]}"
        code, line = check("--url", address, "--timeout", "0.2")

    assert code == 3
    assert line == f"REPLICATION UNKNOWN - bmrepmon at {address} did not answer within 0.2 s"


def test_a_path_that_is_not_there(served: Served) -> None:
    """Some web server answers, but no bmrepmon."""
    code, line = check("--url", url(served) + "/nowhere")

    assert (code, "HTTP status 404" in line) == (3, True)


@pytest.mark.parametrize("body", ["{}", "[]", "null", "<html>", '{"backends": [{}], "sources": []}'])
def test_something_else_answers(body: str) -> None:
    """A document of another kind is no verdict."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        answerer = threading.Thread(target=answer_once, args=(other, body))
        answerer.start()
        code, line = check("--url", f"http://127.0.0.1:{other.getsockname()[1]}")
        answerer.join()

    assert (code, "no status of a bmrepmon" in line) == (3, True)


def answer_once(server: socket.socket, body: str) -> None:
    """Be a web server for one request."""
    connection, _ = server.accept()
    with connection:
        connection.recv(4096)
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())


def test_tls_and_a_password(tmp_path: Path) -> None:
    """With the authority and the password it is told; without either, what to name."""
    certificate(tmp_path)
    hashed = bcrypt.hashpw(b"open sesame", bcrypt.gensalt(4)).decode()
    config = tmp_path / "web.yml"
    tls = "tls_server_config: {cert_file: server.crt, key_file: server.key}"
    config.write_text(f"{tls}\nbasic_auth_users: {{nagios: {hashed}}}\n")
    (tmp_path / "password").write_text("open sesame\n")
    access = Access(config, lambda _: None)
    server = WebServer(build_web(snapshots.single, tuple, access=access), [LOOPBACK], access=access)
    server.start()
    try:
        there = ("--url", "https://{}:{}".format(*server.addresses[0]))
        trusting = (*there, "--ca-file", str(tmp_path / "server.crt"))
        login = ("--user", "nagios", "--password-file", str(tmp_path / "password"))
        assert "--ca-file" in check(*there)[1]
        assert "asks for a password" in check(*trusting)[1]
        assert "bm-master_lag_seconds=" in check(*trusting, *login)[1]
    finally:
        assert server.stop(5.0)


def certificate(folder: Path) -> None:
    """Make a certificate that is its own authority."""
    options = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=server"]
    lasting = ["-days", "30", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "server.key", "-out", "server.crt"]
    subprocess.run(["openssl", "req", "-x509", *options, *lasting], cwd=folder, check=True, capture_output=True)


@pytest.mark.parametrize(
    ("text", "alarming", "fine"),
    [
        ("10", [-1, 11], [0, 10]),
        ("10:", [9.9, -5], [10, 1e9]),
        ("~:10", [10.1], [-1e9, 10]),
        ("10:20", [9, 21], [10, 20]),
        ("@10:20", [10, 20], [9, 21]),
    ],
)
def test_ranges_are_those_of_the_guidelines(text: str, alarming: list[float], fine: list[float]) -> None:
    """The table of examples of the Nagios Plugin Development Guidelines."""
    assert [Range.read(text).raises(value) for value in alarming] == [True] * len(alarming)
    assert [Range.read(text).raises(value) for value in fine] == [False] * len(fine)


def test_no_heavy_library_is_imported() -> None:
    """Nagios starts a plugin every minute, on many hosts: it must not cost more than the interpreter."""
    code = "import sys; from bmrepmon.cli import bmrepmon\ntry: bmrepmon(['nagios', '--url', 'http://127.0.0.1:1'])\n"
    code += "except SystemExit: print(sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    heavy: set[Any] = {
        "rich",
        "msgspec",
        "starlette",
        "uvicorn",
        "prometheus_client",
        "psycopg",
        "asyncio",
        "structlog",
    }

    assert "'click'" in done.stdout
    assert [name for name in heavy if f"'{name}'" in done.stdout] == []


def test_the_reference_lists_every_measure() -> None:
    """With its unit and the ranges that hold when none is given."""
    page = (Path(__file__).parents[2] / "docs/reference/nagios.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (\w*) ?\| (\S*) ?\| (\S*) ?\| ", page, re.MULTILINE)

    assert rows == [
        (m.name, m.unit, *(f"`{limit}`" if limit else "" for limit in (m.warning, m.critical)))
        for m in (*MEASURES, SITE)
    ]
    assert check_help() >= {measure.name for measure in (*MEASURES, SITE)}


def check_help() -> set[str]:
    """Return the words of the plugin's help."""
    return set(re.findall(r"\w+", CliRunner().invoke(bmrepmon, ["nagios", "--help"]).output))
