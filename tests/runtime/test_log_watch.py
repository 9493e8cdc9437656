import errno
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from watchdog.observers.api import BaseObserver

from bmrepmon.runtime.log_watch import WatchdogWaker

LONG = 10.0  # seconds: a wait that ends by its timeout fails the test


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "logs" / "replication.log"
    path.parent.mkdir()
    path.write_bytes(b"before\n")
    return path


@pytest.fixture
def waker(log: Path) -> Iterator[WatchdogWaker]:
    waker = WatchdogWaker([log])
    yield waker
    waker.close()


def append(path: Path) -> None:
    with path.open("ab") as log:
        log.write(b"line\n")


@pytest.mark.parametrize(
    "change",
    [
        append,
        Path.unlink,
        Path.read_bytes,
        lambda log: log.rename(log.with_name("x")),
        lambda log: append(log.parent / "new"),
    ],
    ids=["append", "remove", "read", "rename", "create"],
)
def test_a_change_wakes(log: Path, waker: WatchdogWaker, change: Callable[[Path], object]) -> None:
    """Lines and rotations wake; reading the log, which the follower does itself, does not."""
    waker.wait(LONG)  # listening begins
    change(log)

    assert waker.wait(LONG if change is not Path.read_bytes else 0.3) == (change is not Path.read_bytes)


def test_listening_begins_with_a_look(waker: WatchdogWaker) -> None:
    """What was written just before is told by no event."""
    begin = time.monotonic()
    assert not waker.wait(LONG)
    waker.rest(0)
    assert not waker.wait(LONG)

    assert time.monotonic() - begin < LONG


def test_at_rest_nothing_is_listened_to(log: Path, waker: WatchdogWaker) -> None:
    """While lines keep coming, watchdog has no thread that reads each event."""
    waker.wait(LONG)
    listening = threading.active_count()
    waker.rest(0)

    assert threading.active_count() < listening
    append(log)


def test_a_wake_from_elsewhere_ends_a_rest(waker: WatchdogWaker) -> None:
    """A stop need not wait."""
    waker.wake()
    waker.rest(3600)
    waker.wait(3600)
    waker.wake()

    assert waker.wait(3600)


def test_a_missing_folder_is_waited_for(log: Path, waker: WatchdogWaker) -> None:
    """The timeout wakes until the folder is there."""
    log.unlink()
    log.parent.rmdir()
    assert not waker.wait(0.01)
    log.parent.mkdir()
    waker.wait(LONG)
    log.touch()

    assert waker.wait(LONG)


def test_a_link_is_followed_to_its_folder(tmp_path: Path, log: Path) -> None:
    """The folder of the link and the folder of the file are both listened to."""
    link = tmp_path / "elsewhere" / "current"
    link.parent.mkdir()
    link.symlink_to(log)
    waker = WatchdogWaker([link])
    waker.wait(LONG)
    append(log)
    assert waker.wait(LONG)
    waker.rest(0)
    waker.wait(LONG)
    link.unlink()

    assert waker.wait(LONG)
    waker.close()


def test_used_up_watches_are_said_once(waker: WatchdogWaker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without inotify the timeout alone wakes."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "inotify watch limit reached")

    monkeypatch.setattr(BaseObserver, "schedule", refuse)
    with capture_logs() as said:
        for _ in range(3):
            assert not waker.wait(0.001)

    assert [line["log_level"] for line in said] == ["warning"]
    assert "limit reached" in str(said)
