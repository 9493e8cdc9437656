"""A thread of the daemon dies of what nobody foresaw, or hangs."""

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from polled import HandClock
from structlog.testing import capture_logs

from bmrepmon.runtime import deaths, supervisor as supervision
from bmrepmon.runtime.clock import SystemClock
from bmrepmon.runtime.log_loop import LogLoop
from bmrepmon.runtime.notify import Notifier
from bmrepmon.runtime.scheduler import SourceScheduler
from bmrepmon.runtime.supervisor import SILENCE, Supervisor
from bmrepmon.runtime.ticker import Ticker
from bmrepmon.runtime.waker import ManualWaker

SECRET = "correct-horse"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "LOOK_EVERY", 0.01)
    monkeypatch.setattr(threading, "excepthook", deaths.tell)


def dying(times: int, then: Callable[[], None]) -> Callable[[], None]:
    """Return an action that ends its thread so many times, and then does something."""
    runs = []

    def action() -> None:
        runs.append(1)
        if len(runs) <= times:
            raise ZeroDivisionError(SECRET)
        then()

    return action


def test_a_thread_that_dies_once_is_started_again() -> None:
    """The daemon goes on as if nothing had been, but for the log, which does not repeat what the error says."""
    clock, supervisors = SystemClock(), list[Supervisor]()
    ticker = Ticker("saver", 0.001, dying(1, lambda: supervisors[0].request_stop()), clock)  # noqa: PLW0108 - later
    supervisors.append(Supervisor([ticker], clock, Notifier({})))
    with capture_logs() as lines:
        code = supervisors[0].run()

    assert code == 0
    assert [line["event"] for line in lines] == [
        "this is a bug in bmrepmon: a thread died",
        "a part of bmrepmon has died; starting it once more",
    ]
    assert (lines[0]["thread"], lines[0]["type"], SECRET in repr(lines)) == ("saver", "ZeroDivisionError", False)


def test_a_thread_that_dies_twice_ends_the_daemon() -> None:
    """With exit code 1, at which systemd starts it anew."""
    clock = SystemClock()
    ticker = Ticker("saver", 0.001, dying(9, lambda: None), clock)
    with capture_logs() as lines:
        code = Supervisor([ticker], clock, Notifier({})).run()

    assert code == 1
    assert [line["event"] for line in lines].count("a part of bmrepmon has died; starting it once more") == 1


def test_the_loop_of_the_logs_can_begin_anew() -> None:
    """Its followers go on where they were."""
    waker = ManualWaker()
    loop = LogLoop((), waker, lambda _: None, SystemClock())
    loop.start()
    loop._stopping.set()
    waker.wake()
    loop._thread.join(10)
    loop._stopping.clear()
    dead = loop.alive
    loop.start()

    assert (dead, loop.alive) == (False, True)
    assert loop.stop(10)


def test_a_scheduler_whose_thread_has_died_is_seen() -> None:
    """And not begun anew: a source that hangs would get a second round beside the first."""
    scheduler = SourceScheduler([], SystemClock())
    scheduler.start()
    before = scheduler.alive
    scheduler._scheduler._event.set()
    state, scheduler._scheduler.state = scheduler._scheduler.state, 0  # what ends its loop
    scheduler._scheduler._thread.join(10)
    scheduler._scheduler.state = state

    assert (before, scheduler.alive) == (True, False)
    with pytest.raises(RuntimeError):
        scheduler.start()
    scheduler.stop(1)


def test_the_watchdog_is_fed_only_while_every_loop_beats(tmp_path: Path) -> None:
    """A loop that hangs for a minute is not hidden by those that go on: systemd hears no more of us."""
    clock = HandClock()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(20)
        hung, let_go = threading.Event(), threading.Event()

        def hang() -> None:
            hung.set()
            let_go.wait(20)

        ticker = Ticker("saver", 0.001, hang, clock)
        supervisor = Supervisor([ticker], clock, Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify")}))
        codes: list[int] = []
        running = threading.Thread(target=lambda: codes.append(supervisor.run()))
        running.start()
        told = [systemd.recv(100), systemd.recv(100)]
        assert hung.wait(20)
        clock.moment += SILENCE + 1
        while (word := systemd.recv(100)) == b"WATCHDOG=1":
            continue
        let_go.set()
        running.join(20)

    assert told == [b"READY=1", b"WATCHDOG=1"]
    assert word == b"STOPPING=1"
    assert codes == [1]
