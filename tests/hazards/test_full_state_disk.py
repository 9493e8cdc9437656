"""A state disk that is full, read-only, or away: counting goes on from memory, and is saved when it can be again."""

import ctypes
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from daemon import Daemon, eventually
from watched import QUICK, config, health

from bmrepmon.demo.server import SimulatedServer

MakeServer = Callable[..., SimulatedServer]
MS_RDONLY, MS_REMOUNT, MNT_DETACH = 1, 32, 2
libc = ctypes.CDLL(None, use_errno=True)


def mount(folder: Path, flags: int = 0) -> None:
    """Mount a disk of a few megabytes, or change how it is mounted; a machine that does not let us skips the test."""
    if libc.mount(b"small", os.fsencode(folder), b"tmpfs", flags, b"size=8m"):
        pytest.skip(f"mounting is not allowed here: {os.strerror(ctypes.get_errno())}")


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True)
    mount(folder)
    try:
        yield
    finally:
        libc.umount2(os.fsencode(folder), MNT_DETACH)


def applied(daemon: Daemon) -> float:
    return sum(value for (name, _), value in daemon.metrics().items() if name == "bmrepmon_apply_mailbox_total")


def state(daemon: Daemon) -> Any:
    return health(daemon, "state")


def fill(disk: Path) -> Path:
    """Write until there is no room."""
    ballast = disk / "ballast"
    descriptor = os.open(ballast, os.O_WRONLY | os.O_CREAT)
    try:
        while os.write(descriptor, b"x" * 4096):
            pass
    except OSError:
        return ballast
    finally:
        os.close(descriptor)
    raise AssertionError("a disk without end")


def test_on_a_full_disk_counting_goes_on(make_server: MakeServer, tmp_path: Path) -> None:
    """The state is told of as of a source that fails; once there is room, all that was counted is saved."""
    server, disk = make_server(database=False), tmp_path / "state"
    with small_disk(disk):
        options = ["--state-dir", str(disk / "bmrepmon")]
        with Daemon(server.root, config(server), options, **QUICK) as daemon:
            daemon.ready()
            eventually(lambda: state(daemon)["success"], lambda: state(daemon))
            ballast = fill(disk)
            server.step(60)
            truth = server.truth().apply_mailbox
            eventually(lambda: state(daemon)["reason"] == "unwritable", lambda: state(daemon))
            eventually(lambda: applied(daemon) == truth, lambda: (applied(daemon), truth))

            assert str(disk) in state(daemon)["error"]
            assert "goes on from memory" in state(daemon)["error"]
            assert daemon.get("/-/healthy")[0] == 200
            ballast.unlink()
            eventually(lambda: state(daemon)["success"], lambda: state(daemon))
            daemon.kill()
        with Daemon(server.root, config(server), options, **QUICK) as daemon:
            daemon.ready()
            assert applied(daemon) == truth


def test_on_a_read_only_disk_counting_goes_on_from_what_was_saved(make_server: MakeServer, tmp_path: Path) -> None:
    """A machine that came back with its disk mounted read-only: nothing is counted twice, and saving begins later."""
    server, disk = make_server(database=False), tmp_path / "state"
    with small_disk(disk):
        options = ["--state-dir", str(disk / "bmrepmon")]
        with Daemon(server.root, config(server), options, **QUICK) as daemon:
            daemon.ready()
            assert daemon.stop() == 0
        mount(disk, MS_REMOUNT | MS_RDONLY)
        server.step(30)
        truth = server.truth().apply_mailbox
        with Daemon(server.root, config(server), options, **QUICK) as daemon:
            daemon.ready()
            eventually(lambda: state(daemon)["reason"] == "unwritable", lambda: state(daemon))
            eventually(lambda: applied(daemon) == truth, lambda: (applied(daemon), truth))
            mount(disk, MS_REMOUNT)
            eventually(lambda: state(daemon)["success"], lambda: state(daemon))
            assert daemon.stop() == 0
