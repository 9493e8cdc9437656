import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

import bmrepmon
from bmrepmon.config.load import load_settings
from bmrepmon.demo.run import Demo, DemoOptions, run_demo
from bmrepmon.failures import Failure

SMALL = DemoOptions(mailboxes=10, messages=100)
DEADLINE = 30.0
PROGRAM = """
import signal, sys, threading
from bmrepmon.demo.run import DemoOptions, run_demo

# Whoever runs these tests under nohup, or behind an & of a script, hands on that these are ignored.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)

def daemon(config, root):
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    print("running", flush=True)
    ended.wait(60)
    return 3

sys.exit(run_demo(DemoOptions(mailboxes=10, messages=100, duration=float(sys.argv[1])), daemon))
"""


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return an empty folder where temporary things go, open to all as /tmp is."""
    folder = Path(tempfile.mkdtemp(prefix="bmrepmon-test-"))
    folder.chmod(0o777)
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield folder
    shutil.rmtree(folder)


def wait_until(true: Callable[[], bool]) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + DEADLINE
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def of_environment(word: str) -> list[str]:
    """Return the processes that have a word in their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if word.encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes().decode())
        except OSError:
            continue
    return found


def test_a_demo_is_a_machine_to_look_at(temporary: Path) -> None:
    """Inside, there are a tree, a configuration that fits it, and a server that lives; afterwards there is nothing."""
    with Demo(SMALL) as demo:
        settings = load_settings(demo.config, {})
        connections = (demo.root / "proc/net/tcp").read_text().splitlines()[1:]
        wait_until(lambda: demo.server.truth().active_sessions == 4)
        before = demo.server.truth()
        wait_until(lambda: demo.server.truth().elapsed > before.elapsed + 0.5)
        stamp = demo.server.truth().at
        port = settings.core.sync_port

        assert settings.backend[0].name == "bm-master"
        assert port == demo.server.core.listener.port
        assert any(f":{port:04X}" in row for row in connections)
        assert abs(stamp - time.time()) < 5
        secret = Path(str(settings.backend[0].database_password_file)).read_text()
        conninfo = tomllib.loads(demo.config.read_text())["backend"][0]["database"]
        psycopg.connect(conninfo, password=secret).close()

    assert list(temporary.iterdir()) == []
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(conninfo, password=secret, connect_timeout=5)


def test_speed_hurries_life_and_not_the_stamps(temporary: Path) -> None:
    """At speed 50, a second holds 50 seconds of life, and still the stamps are those of the clock."""
    with Demo(DemoOptions(mailboxes=10, messages=100, speed=50.0)) as demo:
        wait_until(lambda: demo.server.truth().elapsed > 40)

        assert abs(demo.server.truth().at - time.time()) < 5
    assert list(temporary.iterdir()) == []


def test_what_the_daemon_returns_is_returned(temporary: Path) -> None:
    """The daemon gets configuration and root, and its exit code is the demo's."""
    seen = []

    def daemon(config: Path, root: Path) -> int:
        seen.append((tomllib.loads(config.read_text())["backend"][0]["name"], (root / "etc/bm/bm.ini").exists()))
        return 7

    assert run_demo(SMALL, daemon) == 7
    assert list(temporary.iterdir()) == []
    assert seen == [("bm-master", True)]


def test_an_exception_leaves_nothing_behind(temporary: Path) -> None:
    """Whatever the daemon raises comes out, after the cleaning up."""

    def daemon(config: Path, root: Path) -> int:
        raise RuntimeError(f"no {config} below {root}")

    with pytest.raises(RuntimeError):
        run_demo(SMALL, daemon)

    assert list(temporary.iterdir()) == []


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Take SIGINT as a terminal's program does, whatever started these tests."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_is_the_ordinary_end(temporary: Path) -> None:
    """A Ctrl-C that nobody handles ends the demo, and it is no failure."""

    def daemon(config: Path, root: Path) -> int:
        signal.raise_signal(signal.SIGINT)
        raise AssertionError(f"{config} {root}")

    assert run_demo(SMALL, daemon) == 0
    assert list(temporary.iterdir()) == []
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_tree_can_be_kept(temporary: Path) -> None:
    """With --keep the tree stays, and a folder that holds something is refused."""
    options = DemoOptions(mailboxes=10, messages=100, keep=temporary / "kept")
    run_demo(options, lambda _config, _root: 0)

    assert (temporary / "kept/var/log/bm/replication.log").exists()
    assert list(temporary.iterdir()) == [temporary / "kept"]
    with pytest.raises(Failure, match="not empty"):
        run_demo(options, lambda _config, _root: 0)


def test_an_unknown_scenario_is_told(temporary: Path) -> None:
    """The error names what there is."""
    with pytest.raises(Failure, match="steady, migration"):
        run_demo(DemoOptions(scenario="calm"), lambda _config, _root: 0)
    assert list(temporary.iterdir()) == []


def test_a_server_that_cannot_go_on_is_told(temporary: Path) -> None:
    """When the tree is taken away under the simulation, the demo ends with a clear line."""

    def daemon(_config: Path, root: Path) -> int:
        ended = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: ended.set())
        shutil.rmtree(root / "var/spool")
        shutil.rmtree(root / "var/lib/cyrus")
        assert ended.wait(DEADLINE)
        return 0

    with pytest.raises(Failure, match="cannot go on"):
        run_demo(SMALL, daemon)
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("moment", ["building", "running"])
@pytest.mark.parametrize("word", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_leaves_nothing_behind(temporary: Path, moment: str, word: signal.Signals) -> None:
    """A demo that is told to end, while it is built or while it runs, takes its processes and folders with it."""
    mark = f"DEMO_MARK={uuid4()}"
    environment = {**os.environ, "TMPDIR": str(temporary), mark.split("=", maxsplit=1)[0]: mark.split("=")[1]}
    with subprocess.Popen([sys.executable, "-c", PROGRAM, "60"], env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        if moment == "building":
            wait_until(lambda: any(temporary.glob("bmrepmon-pg-*/data")))
        else:
            assert process.stdout.readline() == b"running\n"
        process.send_signal(word)
        process.communicate(timeout=DEADLINE)

    assert process.returncode == (3 if moment == "running" and word == signal.SIGTERM else 0)
    assert list(temporary.iterdir()) == []
    assert of_environment(mark) == []


def test_a_demo_of_limited_duration_ends_by_itself(temporary: Path) -> None:
    """The duration counts from when the daemon runs, and ends it as SIGTERM does."""
    command = [sys.executable, "-c", PROGRAM, "0.2"]
    done = subprocess.run(
        command, env={**os.environ, "TMPDIR": str(temporary)}, capture_output=True, check=False, timeout=DEADLINE
    )

    assert (done.returncode, done.stdout, done.stderr) == (3, b"running\n", b"")
    assert list(temporary.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else; elsewhere we are not root anyway")
def test_it_needs_no_root(temporary: Path) -> None:
    """The same program runs for a user without any right."""
    nobody = pwd.getpwnam("nobody")
    python = interpreter_for_all()
    if python is None:
        pytest.skip("no interpreter of this version lies where nobody may go")
    done = subprocess.run(
        [python, "-c", PROGRAM, "0.2"],
        env={"TMPDIR": str(temporary), "PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "HOME": str(temporary)},
        user=nobody.pw_uid,
        group=nobody.pw_gid,
        extra_groups=[],
        cwd="/",
        capture_output=True,
        check=False,
        timeout=DEADLINE,
    )

    assert (done.returncode, done.stderr) == (3, b"")
    assert list(temporary.iterdir()) == []


def interpreter_for_all() -> str | None:
    """Return an interpreter of our version that every user may run, with our packages."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = [Path(package.__path__[0]) for package in (bmrepmon, psycopg)]
    for candidate in (Path(sys.executable).resolve(), Path("/usr/bin") / version):
        if candidate.exists() and all(map(open_to_all, (candidate, *packages))):
            return str(candidate)
    return None


def open_to_all(path: Path) -> bool:
    """Tell whether every user may go there."""
    return all(place.stat().st_mode & stat.S_IXOTH for place in (path, *path.parents))
