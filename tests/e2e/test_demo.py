"""The real `bmrepmon demo`: it answers within seconds, and whatever ends it, nothing is left."""

import json
import os
import pwd
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from time import monotonic
from uuid import uuid4

import pytest
from daemon import BMREPMON, bmrepmon, eventually
from programs import python_for_all

from bmrepmon.demo.scenarios import SCENARIOS

SMALL = ("--mailboxes", "8", "--messages", "60", "--listen", "127.0.0.1:0")
WITHIN = 60.0  # seconds for everything; it takes about two, on a busy machine some more
DEAD = {"bm-master": "in_sync", "bm-mail-2": "disconnected"}
ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)/")


class RunningDemo:
    """A demo of its own mark, in a temporary folder of its own."""

    def __init__(self, *options: str, python: str = sys.executable, **identity: object) -> None:
        """Start it, and wait until it says where it listens."""
        self.temporary = Path(tempfile.mkdtemp(prefix="bmrepmon-test-"))
        self.temporary.chmod(0o777)
        self.mark = str(uuid4())
        environ = {
            "PATH": os.environ["PATH"], "HOME": "/nonexistent", "TMPDIR": str(self.temporary), "LC_ALL": "C.UTF-8",
            "PYTHONPATH": os.pathsep.join(part for part in sys.path if part), "DEMO_MARK": self.mark,
        }  # fmt: skip
        self.process = subprocess.Popen(  # type: ignore[call-overload]  # the identity is one of several keywords
            [python, *BMREPMON[1:], "demo", *SMALL, *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ, cwd="/", **identity,
        )  # fmt: skip
        self.said: list[str] = []
        self.port = self._port()

    def _port(self) -> int:
        killer = threading.Timer(WITHIN, self.process.kill)
        killer.start()
        try:
            for line in self.process.stderr:
                self.said.append(line)
                if found := ADDRESS.search(line):
                    return int(found[1])
        finally:
            killer.cancel()
            killer.join()
        raise AssertionError(f"the demo did not start: {self.said}")

    def get(self, path: str) -> tuple[int, bytes]:
        """Ask for a path."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=WITHIN)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def ended(self) -> int:
        """Wait for its end; return its exit code."""
        out, errors = self.process.communicate(timeout=WITHIN)
        self.said += [out, errors]
        return int(self.process.returncode)

    def left(self) -> list[str]:
        """Name what it left: folders, processes (its PostgreSQL, with its environment), a port that answers."""
        found = [path.name for path in self.temporary.iterdir()]
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if self.mark.encode() in (process / "environ").read_bytes():
                    found.append((process / "cmdline").read_bytes().decode())
            except OSError:
                continue
        with socket.socket() as probe:
            return found + ([f"port {self.port}"] if probe.connect_ex(("127.0.0.1", self.port)) == 0 else [])


@contextmanager
def demo(*options: str, python: str = sys.executable, **identity: object) -> Iterator[RunningDemo]:
    """Run a demo; it must be ended inside."""
    running = RunningDemo(*options, python=python, **identity)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
            running.process.communicate()
        if not list(running.temporary.iterdir()):
            running.temporary.rmdir()


@pytest.mark.parametrize("word", [signal.SIGINT, signal.SIGTERM])
def test_it_answers_within_seconds_and_leaves_nothing(word: signal.Signals) -> None:
    """The page, the metrics and the readiness are there soon; Ctrl-C and SIGTERM end it, and it was never there."""
    begun = monotonic()
    with demo() as running:
        first = monotonic() - begun
        eventually(lambda: running.get("/-/ready")[0] == 200, lambda: running.get("/-/ready"))
        page, metrics = running.get("/"), running.get("/metrics")
        folders = [path.name.rpartition("-")[0] for path in running.temporary.iterdir()]
        running.process.send_signal(word)

        assert running.ended() == 0
        assert running.left() == []
    assert first < 20
    assert (page[0], metrics[0]) == (200, 200)
    assert b"bmrepmon_spool_messages{" in metrics[1]
    assert "bmrepmon-demo" in folders
    assert running.said[0] == "building a simulated BlueMind server ...\n"
    assert "".join(running.said).count("\n") == 2


def scenarios() -> Sequence[str]:
    """Return the scenarios that the program itself offers."""
    listed = bmrepmon("demo", "--scenario", "list", LC_ALL="C")

    assert (listed.returncode, listed.stderr) == (0, "")
    return [line.split()[0] for line in listed.stdout.splitlines()]


def test_the_scenarios_are_listed_in_both_languages() -> None:
    """One line each, with what it shows; French for who reads French."""
    french = bmrepmon("demo", "--scenario", "list", LC_ALL="fr_FR.UTF-8").stdout.splitlines()

    assert scenarios() == list(SCENARIOS)
    assert [line.split()[0] for line in french] == list(SCENARIOS)
    assert "un jour ordinaire : le courrier arrive" in french[0]
    assert max(map(len, french)) <= 100


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_scenario_starts_and_ends_by_itself(scenario: str) -> None:
    """Two minutes of simulated life in two seconds; at the end of its duration it leaves nothing, exit code 0."""
    with demo("--scenario", scenario, "--speed", "60", "--duration", "2s", "--seed", "3") as running:
        assert running.get("/")[0] == 200
        assert running.ended() == 0
        assert running.left() == []
    assert "Traceback" not in "".join(running.said)


def test_of_two_backends_the_dead_one_is_named() -> None:
    """Each has its own verdict in the status, the metrics and the plugin's line, where the worst comes first."""
    with demo("--scenario", "backends", "--speed", "4") as running:
        eventually(lambda: states(running) == DEAD, lambda: states(running))
        metrics = running.get("/metrics")[1].decode()
        plugin = bmrepmon("nagios", "--url", f"http://127.0.0.1:{running.port}", LC_ALL="C")
        running.process.send_signal(signal.SIGTERM)

        assert running.ended() == 0
        assert running.left() == []
    assert 'bmrepmon_active_sessions{backend="bm-master"} 4.0\n' in metrics
    assert 'bmrepmon_active_sessions{backend="bm-mail-2"} 0.0\n' in metrics
    assert 'bmrepmon_verdict_severity{backend="bm-mail-2"} 3.0\n' in metrics
    assert plugin.returncode == 2
    assert plugin.stdout.startswith("REPLICATION CRITICAL - bm-mail-2: Disconnected, ")


def states(running: RunningDemo) -> dict[str, str | None]:
    """Return the verdict on each backend."""
    backends = json.loads(running.get("/api/v1/status")[1])["backends"]
    return {backend["name"]: (backend["verdict"] or {}).get("state") for backend in backends}


def test_an_unknown_scenario_is_one_line_that_lists_them() -> None:
    """Nothing is built for a typing mistake."""
    done = bmrepmon("demo", "--scenario", "stal")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"bmrepmon: there is no scenario 'stal': choose {', '.join(SCENARIOS)}\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else; elsewhere we are not root anyway")
def test_it_needs_no_root() -> None:
    """The same for a user without any right."""
    nobody, python = pwd.getpwnam("nobody"), python_for_all()
    with demo("--duration", "2s", python=python, user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[]) as running:
        assert running.get("/metrics")[0] == 200
        assert running.ended() == 0
        assert running.left() == []
