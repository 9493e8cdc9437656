"""One round at a time, with sources that do everything a source can do."""

import threading
from collections.abc import Callable

import pytest
from polled import NOTHING, WITHIN, Applied, HandClock, Hanging, Scripted
from structlog.testing import capture_logs

from bmrepmon.model.observations import Observation
from bmrepmon.model.readings import NoData, Partial, Reading, RoundStarted, SourceError
from bmrepmon.model.state import State, reduce
from bmrepmon.runtime.poller import Poller

SECRET = "correct-horse"


def fails(error: Exception) -> Callable[[], Observation]:
    def action() -> Observation:
        raise error

    return action


def told(poller: Poller, source: Scripted, *actions: Callable[[], Observation]) -> list[tuple[str, str | None]]:
    """Do a round with each action and return what was logged: the event, and the reason where there is one."""
    with capture_logs() as lines:
        for source.action in actions:
            poller.run()
    return [(line["event"], line.get("reason")) for line in lines]


def test_a_good_round() -> None:
    """It is announced, measured and handed over."""
    clock, applied = HandClock(), Applied()

    def action() -> Observation:
        clock.moment += 2.5
        return NOTHING

    Poller(Scripted(action), applied, clock).run()

    assert applied.events == [
        RoundStarted("spool", "bm-master", 1_700_001_000.0),
        Reading("spool", "bm-master", 1_700_001_000.0, 2.5, NOTHING),
    ]


def test_a_known_failure() -> None:
    """Its reason and its line are the reading's."""
    applied = Applied()
    Poller(Scripted(fails(SourceError("missing", "no such spool"))), applied, HandClock()).run()

    assert applied.readings() == [Reading("spool", "bm-master", 1_700_001_000.0, 0.0, None, "missing", "no such spool")]


def test_an_answer_that_takes_several_rounds() -> None:
    """What is known so far is handed over, with the share that is done; the log says nothing of it."""
    applied, source = Applied(), Scripted(fails(Partial("40 % is done", 0.4, NOTHING)))
    state = State(0.0)

    assert told(Poller(source, applied, HandClock()), source, source.action) == []
    assert applied.readings() == [
        Reading("spool", "bm-master", 1_700_001_000.0, 0.0, NOTHING, "partial", "40 % is done", 0.4)
    ]
    for event in applied.events:
        state = reduce(state, event)
    health, seen = state.health["spool", "bm-master"], state.observations["spool", "bm-master"]
    assert (health.success, health.progress, health.last_success_at, seen) == (True, 0.4, None, NOTHING)


def test_a_bug_is_named_by_type_and_place_alone() -> None:
    """What an unforeseen exception says may be a password, and goes nowhere."""
    applied = Applied()
    with capture_logs() as lines:
        Poller(Scripted(fails(ZeroDivisionError(SECRET))), applied, HandClock()).run()
    [reading] = applied.readings()

    assert reading.reason == "bug"
    assert reading.error
    assert reading.error.startswith("spool of bm-master: this is a bug in bmrepmon: ZeroDivisionError in bmrepmon.")
    assert [line["event"] for line in lines] == ["traceback of a bug", "a source fails"]
    assert "polled:" in lines[0]["frames"]
    assert SECRET not in repr((applied.events, lines))


@pytest.mark.parametrize(
    "error", [MemoryError(), RecursionError(), AssertionError(), OSError(5, "I/O"), StopIteration()]
)
def test_no_exception_gets_out(error: Exception) -> None:
    """One source must not take the others along."""
    applied = Applied()
    Poller(Scripted(fails(error)), applied, HandClock()).run()

    assert [reading.reason for reading in applied.readings()] == ["bug"]


def test_the_log_tells_what_is_new() -> None:
    """A failure once for each reason, its end once, and nothing while nothing changes."""
    missing, denied = fails(SourceError("missing", "gone")), fails(SourceError("permission", "denied"))
    nothing = fails(NoData("nothing to read"))
    source = Scripted()
    poller = Poller(source, Applied(), HandClock())
    good = source.action

    assert told(poller, source, good, good, nothing) == []
    assert told(poller, source, missing, missing, denied, denied) == [
        ("a source fails", "missing"),
        ("a source fails", "permission"),
    ]
    assert told(poller, source, good, good) == [("a source works again", None)]
    assert told(poller, source, missing, nothing) == [("a source fails", "missing"), ("a source works again", None)]


def test_each_bug_is_told_once() -> None:
    """The same bug in the same place is one; another is told, with its own traceback."""
    source = Scripted()
    poller = Poller(source, Applied(), HandClock())
    one, other = fails(KeyError(SECRET)), fails(TypeError(SECRET))
    twice = [("traceback of a bug", None), ("a source fails", "bug")]

    assert told(poller, source, one, one, one) == twice
    assert told(poller, source, other, other) == twice


def test_ending_is_no_failure() -> None:
    """Sources that were closed because the daemon ends say so, and the log does not."""
    source = Scripted()

    assert told(Poller(source, Applied(), HandClock()), source, fails(SourceError("stopped", "ending"))) == []


def test_a_round_that_was_given_up_is_over() -> None:
    """Its reading says timeout, and what it brings later is dropped; the next round counts again."""
    clock, applied, source = HandClock(), Applied(), Hanging()
    poller = Poller(source, applied, clock)
    thread = threading.Thread(target=poller.run)
    thread.start()
    assert source.began.acquire(timeout=WITHIN)
    clock.moment += 30
    poller.give_up()
    poller.give_up()
    source.let_go.set()
    thread.join(WITHIN)
    [reading] = applied.readings()

    assert (reading.reason, reading.duration, reading.observation) == ("timeout", 30.0, None)
    assert reading.error == "spool of bm-master: no answer after 30 s; see whether its disk or server answers"
    poller.run()
    assert [reading.reason for reading in applied.readings()] == ["timeout", None]


def test_a_round_that_outlives_its_deadline_is_reported_as_hanging_once() -> None:
    """It is shown as running since it began, and what it brings in the end is taken."""
    clock, applied, source = HandClock(), Applied(), Hanging()
    poller = Poller(source, applied, clock)
    thread = threading.Thread(target=poller.run)
    thread.start()
    assert source.began.acquire(timeout=WITHIN)
    with capture_logs() as lines:
        for seconds in (59, 1, 60):
            clock.moment += seconds
            poller.check()
    source.let_go.set()
    thread.join(WITHIN)
    poller.check()
    hanging, good = applied.readings()

    assert (hanging.reason, hanging.duration, good.reason, good.duration) == ("hanging", 60.0, None, 120.0)
    assert hanging.error == "spool of bm-master: hanging, no answer for 60 s; see its disk or server"
    assert applied.events[2] == applied.starts()[0]
    assert [line["reason"] for line in lines] == ["hanging"]


def test_a_source_that_is_slow_by_nature_is_given_time() -> None:
    """Three times its last good round; a large store is no hanging disk."""
    clock, applied, source = HandClock(), Applied(), Hanging()
    poller = Poller(source, applied, clock)

    def slow() -> Observation:
        clock.moment += 100
        return NOTHING

    poller.source = Scripted(slow)
    poller.run()
    thread = threading.Thread(target=poller.run)
    poller.source = source
    thread.start()
    assert source.began.acquire(timeout=WITHIN)
    clock.moment += 299
    poller.check()
    before = len(applied.readings())
    clock.moment += 1
    poller.check()
    source.let_go.set()
    thread.join(WITHIN)

    assert before == 1
    assert [reading.reason for reading in applied.readings()] == [None, "hanging", None]


def test_giving_up_between_rounds_changes_nothing() -> None:
    """A round that ended just in time stays as it is."""
    applied = Applied()
    poller = Poller(Scripted(), applied, HandClock())
    poller.run()
    poller.give_up()

    assert [reading.reason for reading in applied.readings()] == [None]


def test_beats_show_when_a_round_began_and_ended() -> None:
    """A round that hangs is seen by its silence."""
    clock, beats = HandClock(), list[float]()
    source = Scripted()
    poller = Poller(source, Applied(), clock)

    def action() -> Observation:
        beats.append(poller.last_beat)
        clock.moment += 5
        return NOTHING

    source.action = action
    clock.moment = 2000.0
    poller.run()

    assert [*beats, poller.last_beat] == [2000.0, 2005.0]


def test_a_source_of_the_core_server_has_a_short_name() -> None:
    """It belongs to no backend."""
    assert Poller(Scripted(name="sessions", backend=""), Applied(), HandClock()).name == "sessions"
