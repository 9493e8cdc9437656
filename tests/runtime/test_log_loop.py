import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, tzinfo
from pathlib import Path

import pytest
from followed_log import LogWriter, count_lines
from structlog.testing import capture_logs

from bmrepmon.model.checkpoint import FollowerCounts
from bmrepmon.model.log_activity import LogActivity
from bmrepmon.model.state import Event, State
from bmrepmon.parse.lines import Batches
from bmrepmon.runtime.clock import SystemClock
from bmrepmon.runtime.follower import Follower
from bmrepmon.runtime.keeper import Keeper
from bmrepmon.runtime.log_loop import LogLoop
from bmrepmon.runtime.waker import ManualWaker

Fold = Callable[[LogActivity, Batches], LogActivity]


class Counted:
    """Keeps the state, and lets a test wait until a log was counted that far."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._keeper = Keeper(State(started_at=0.0))
        self._changed = threading.Condition()

    def apply(self, event: Event) -> None:
        """Reduce, and tell."""
        with self._changed:
            self._keeper.apply(event)
            self._changed.notify_all()

    @property
    def state(self) -> State:
        """The present state."""
        return self._keeper.state

    @property
    def lines(self) -> int:
        """Lines counted so far."""
        return self._keeper.state.durable.log.lines.get("event", 0)

    def reached(self, lines: int) -> bool:
        """Wait until so many lines were counted."""
        with self._changed:
            return self._changed.wait_for(lambda: self.lines >= lines, 10)


def follower(path: Path, source: str = "log", fold: Fold = count_lines) -> Follower[LogActivity]:
    def fold_for(_: tzinfo) -> Fold:
        return fold

    return Follower(
        source,
        path,
        activity=LogActivity(),
        checkpoint=None,
        counts=FollowerCounts(),
        fold_for=fold_for,
        zone=UTC,
        local_zone=UTC,
    )


@pytest.fixture
def counted() -> Counted:
    return Counted()


@pytest.fixture
def waker() -> ManualWaker:
    return ManualWaker()


@pytest.fixture
def loop(writer: LogWriter, waker: ManualWaker, counted: Counted) -> Iterator[LogLoop]:
    loop = LogLoop([follower(writer.path)], waker, counted.apply, SystemClock())
    yield loop
    assert loop.stop(10)


def test_it_reads_what_is_there_and_what_comes_when_woken(
    writer: LogWriter, loop: LogLoop, waker: ManualWaker, counted: Counted
) -> None:
    """A log of many steps is caught up with at once; after that, waking makes it look."""
    writer.write(200_000)
    loop.start()
    assert counted.reached(200_000)
    writer.write(1)
    waker.wake()

    assert counted.reached(200_001)
    assert loop.alive


def test_it_beats_with_every_look(loop: LogLoop, waker: ManualWaker) -> None:
    """A supervisor sees that the loop comes round."""
    loop.start()
    before = loop.last_beat
    end = time.monotonic() + 10
    while loop.last_beat <= before and time.monotonic() < end:
        waker.wake()

    assert loop.last_beat > before


def test_it_ends_when_asked(writer: LogWriter, waker: ManualWaker, counted: Counted) -> None:
    """Whatever it waits for, and even if it never began."""
    loop = LogLoop([follower(writer.path)], waker, counted.apply, SystemClock())
    loop.start()

    assert loop.stop(10)
    assert not loop.alive
    assert LogLoop([follower(writer.path)], ManualWaker(), counted.apply, SystemClock()).stop(0)


def test_a_bug_in_one_log_stops_neither_the_thread_nor_the_other(writer: LogWriter, counted: Counted) -> None:
    """It is logged once, by kind and place and without the line that caused it, counted, and tried again."""
    bugs = ["secret line"] * 3

    def broken(activity: LogActivity, batches: Batches) -> LogActivity:
        if bugs:
            next(iter(batches))
            raise ValueError(bugs.pop())
        return count_lines(activity, batches)

    writer.write(5)
    other = LogWriter(writer.path.with_name("other.log"))
    other.write(7)
    other.close()
    followers = [follower(writer.path, fold=broken), follower(other.path, "core_log")]
    loop = LogLoop(followers, ManualWaker(), counted.apply, SystemClock())
    with capture_logs() as said:
        loop.look()
        assert counted.lines == 7
        loop.look()
        loop.look()
        assert loop.failures == 3
        loop.look()

    assert counted.lines == 5  # of the first log: both write to the same counters here
    assert [line["log_level"] for line in said] == ["error"]
    assert "ValueError at test_log_loop.py:" in str(said)
    assert "secret" not in str(said)
    loop.stop(0)


def test_reading_once_needs_no_thread(writer: LogWriter, loop: LogLoop, counted: Counted) -> None:
    """Everything that is there is read when asked."""
    writer.write(100_000)
    loop.read_to_end()

    assert counted.lines == 100_000
    assert not loop.alive


def test_how_each_log_is_doing_is_told(writer: LogWriter, counted: Counted, tmp_path: Path) -> None:
    """A log that was read to its end is well; one that is not there says so."""
    writer.write(3)
    followers = [follower(writer.path), follower(tmp_path / "absent.log", "core_log")]
    loop = LogLoop(followers, ManualWaker(), counted.apply, SystemClock())
    loop.read_to_end()
    health = counted.state.health

    assert health["log", ""].success is True
    assert (health["core_log", ""].success, health["core_log", ""].reason) == (False, "missing")
    loop.stop(0)
