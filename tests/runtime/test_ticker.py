import threading

from bmrepmon.runtime.clock import SystemClock
from bmrepmon.runtime.ticker import Ticker


def test_the_action_runs_again_and_again_and_once_at_the_end() -> None:
    """A stop comes with a last run, so that nothing since the last period is lost."""
    runs: list[int] = []
    third = threading.Event()

    def action() -> None:
        runs.append(len(runs))
        if len(runs) == 3:
            third.set()

    ticker = Ticker("test", 0.001, action, SystemClock())
    ticker.start()
    assert third.wait(10)
    before = len(runs)

    assert ticker.stop(10)
    assert len(runs) > before
    assert not ticker.alive


def test_the_last_run_comes_even_when_no_period_was_over() -> None:
    """A daemon that stops early still saves."""
    runs: list[int] = []
    ticker = Ticker("test", 3600, lambda: runs.append(1), SystemClock())
    ticker.start()

    assert ticker.stop(10)
    assert runs == [1]


def test_a_ticker_that_never_started_stops_at_once() -> None:
    """Unwinding a half-built daemon needs no order."""
    assert Ticker("test", 1, lambda: None, SystemClock()).stop(0)
