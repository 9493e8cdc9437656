"""The scheduler with real threads; tests wait for readings, never for time."""

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from polled import NOTHING, WITHIN, Applied, HandClock, Hanging, Scripted
from structlog.testing import capture_logs

from bmrepmon.config.types import Trigger
from bmrepmon.runtime import scheduler as scheduling
from bmrepmon.runtime.clock import SystemClock
from bmrepmon.runtime.poller import Poller
from bmrepmon.runtime.rounds import read_once
from bmrepmon.runtime.scheduler import SourceScheduler, passed, times
from bmrepmon.runtime.supervisor import Member

OFTEN, RARELY = Trigger(0.1, None), Trigger.every("1d")
Build = Callable[..., SourceScheduler]


@pytest.fixture
def applied() -> Applied:
    return Applied()


@pytest.fixture
def build(applied: Applied) -> Iterator[Build]:
    """Build schedulers that are stopped at the end."""
    built: list[SourceScheduler] = []
    sources: list[Scripted] = []

    def new(*scheduled: tuple[Scripted, Trigger]) -> SourceScheduler:
        clock = SystemClock()
        sources.extend(source for source, _ in scheduled)
        built.append(SourceScheduler([(Poller(source, applied, clock), when) for source, when in scheduled], clock))
        return built[-1]

    yield new
    for source in sources:
        if isinstance(source, Hanging):
            source.let_go.set()
    for scheduler in built:
        scheduler.stop(WITHIN)


def test_every_source_is_read_at_once(build: Build, applied: Applied) -> None:
    """Whatever its schedule, a source need not wait for its first turn."""
    nightly = Trigger.cron("15 3 * * *")
    build((Scripted(name="spool"), RARELY), (Scripted(name="database"), nightly)).start()
    applied.await_readings(1, "spool")
    applied.await_readings(1, "database")

    assert len(applied.readings()) == 2


def test_a_source_is_read_again_and_again(build: Build, applied: Applied) -> None:
    """Its interval makes rounds, one after the other."""
    build((Scripted(), OFTEN)).start()
    readings = applied.await_readings(3)

    assert all(a.started_at + a.duration <= b.started_at for a, b in pairwise(readings))


def test_a_source_that_hangs_delays_no_other(build: Build, applied: Applied) -> None:
    """Others go on, and no second round is begun beside the one that hangs; the log does not fill with that."""
    hanging = Hanging(name="spool")
    with capture_logs() as lines:
        build((hanging, OFTEN), (Scripted(name="sessions"), OFTEN)).start()
        applied.await_readings(4, "sessions")

        assert hanging.began.acquire(timeout=WITHIN)
        assert not hanging.began.acquire(blocking=False)
    assert applied.readings("spool") == []
    assert lines == []


def test_the_libraries_say_nothing_of_each_round(
    build: Build, applied: Applied, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither of those that run nor of those that are left out; the root logger is not touched."""
    before = logging.getLogger().level
    hanging = Hanging(name="spool")
    build((hanging, OFTEN), (Scripted(name="sessions"), OFTEN)).start()
    caplog.clear()  # what is said before the levels are set
    applied.await_readings(4, "sessions")

    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert logging.getLogger().level == before


def test_a_bug_ends_neither_its_source_nor_another(build: Build, applied: Applied) -> None:
    """A source with a bug gets its next round like every other."""

    def broken() -> None:
        raise ZeroDivisionError

    build((Scripted(broken, name="spool"), OFTEN), (Scripted(name="sessions"), OFTEN)).start()  # type: ignore[arg-type]

    assert [reading.reason for reading in applied.await_readings(2, "spool")] == ["bug", "bug"]
    applied.await_readings(2, "sessions")


def test_it_is_a_member_of_the_daemon(build: Build) -> None:
    """Its beat is that of the thread that begins rounds, so that a source which hangs is no dead daemon."""
    scheduler = build((Hanging(), RARELY))
    member: Member = scheduler
    asleep = scheduler.last_beat
    before = member.alive
    member.start()

    assert (before, member.alive, member.name) == (False, True, "scheduler")
    assert member.last_beat > asleep
    assert member.stop(WITHIN)
    assert not member.alive


def test_the_beat_comes_from_the_thread_that_begins_rounds(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were that thread dead or stuck, the beat would stop, although threads of rounds may live on."""
    beats, seen = set[str](), threading.Event()

    def beat(_: SourceScheduler) -> None:
        beats.add(threading.current_thread().name)
        if len(beats) > 1:  # the first is that of the start
            seen.set()

    monkeypatch.setattr(scheduling, "BEAT_EVERY", 0.1)
    monkeypatch.setattr(SourceScheduler, "_beat", beat)
    build((Scripted(), RARELY)).start()

    assert seen.wait(WITHIN)
    assert beats == {threading.current_thread().name, "APScheduler"}


def test_stopping_closes_every_source_and_ends_its_round(build: Build, applied: Applied) -> None:
    """A round that a close can end has ended when stop returns, and no other is begun."""
    hanging, idle = Hanging(name="spool"), Scripted(name="sessions")
    scheduler = build((hanging, OFTEN), (idle, OFTEN))
    scheduler.start()
    assert hanging.began.acquire(timeout=WITHIN)

    assert scheduler.stop(WITHIN)
    assert (hanging.closed, idle.closed, scheduler.unfinished()) == (1, 1, ())
    assert len(applied.readings("spool")) == 1


def test_what_does_not_end_is_named_and_left_behind(build: Build) -> None:
    """The end is never waited for longer than asked."""
    hanging = Hanging(polite=False)
    scheduler = build((hanging, RARELY))
    scheduler.start()
    assert hanging.began.acquire(timeout=WITHIN)
    with capture_logs() as lines:
        ended = scheduler.stop(0.05)

    assert (ended, [thread.name for thread in scheduler.unfinished()]) == (False, ["spool of bm-master"])
    assert [line["sources"] for line in lines] == ["spool of bm-master"]


def test_a_close_that_hangs_is_not_waited_for(build: Build) -> None:
    """Even giving back a connection may take for ever."""
    let_go = threading.Event()

    class Stubborn(Scripted):
        def close(self) -> None:
            let_go.wait(WITHIN)

    begun = SystemClock().steady()
    ended = build((Stubborn(), RARELY)).stop(0.05)
    lasted = SystemClock().steady() - begun
    let_go.set()

    assert (ended, lasted < WITHIN / 2) == (True, True)


def test_stopping_what_never_started(build: Build) -> None:
    """An earlier member failed to start; the sources are closed all the same, once more if need be."""
    source = Scripted()
    scheduler = build((source, RARELY))

    assert (scheduler.stop(1.0), scheduler.stop(1.0), source.closed) == (True, True, 2)


def pollers(applied: Applied, *sources: Scripted) -> list[Poller]:
    """Return what reads sources once."""
    return [Poller(source, applied, SystemClock()) for source in sources]


def test_one_round_of_everything(applied: Applied) -> None:
    """All begin together, so that the slowest decides; afterwards they are closed."""
    meeting = threading.Barrier(3, timeout=WITHIN)

    def meet() -> None:
        meeting.wait()

    sources = [Scripted(meet, name=name) for name in ("spool", "archive", "database")]  # type: ignore[arg-type]
    late = read_once(pollers(applied, *sources), SystemClock(), WITHIN)

    assert (late, [source.closed for source in sources]) == ((), [1, 1, 1])
    assert sorted(reading.source for reading in applied.readings() if reading.reason is None) == [
        "archive",
        "database",
        "spool",
    ]


def test_one_round_gives_up_what_takes_too_long(applied: Applied) -> None:
    """It gets a reading with the reason, the others keep theirs, and nothing comes after."""
    hanging, quick = Hanging(name="spool"), Scripted(name="sessions", backend="")
    late = read_once(pollers(applied, hanging, quick), SystemClock(), 0.2)

    assert late == ("spool of bm-master",)
    assert {reading.source: reading.reason for reading in applied.readings()} == {"spool": "timeout", "sessions": None}


def test_a_round_that_hangs_for_ever_does_not_keep_the_process() -> None:
    """Python exits although a thread never will."""
    program = """
import threading
from polled import Applied, Hanging, NOTHING
from bmrepmon.config.types import Trigger
from bmrepmon.runtime.clock import SystemClock
from bmrepmon.runtime.poller import Poller
from bmrepmon.runtime.scheduler import SourceScheduler
class Dead(Hanging):
    def read(self):
        self.began.release()
        threading.Event().wait()
dead = Dead()
scheduler = SourceScheduler([(Poller(dead, Applied(), SystemClock()), Trigger.every("1s"))], SystemClock())
scheduler.start()
dead.began.acquire()
print(scheduler.stop(0.1))
"""
    paths = f"import sys; sys.path[:0] = {sys.path!r}\n"
    done = subprocess.run(
        [sys.executable, "-c", paths + program], capture_output=True, text=True, timeout=60, check=True
    )

    assert done.stdout.splitlines()[-1] == "False"


def test_intervals_spread_a_little() -> None:
    """A tenth of the interval at most, and never more than three seconds."""
    now = datetime(2024, 1, 1, tzinfo=UTC)
    for text, longest in (("30s", 33), ("5m", 303)):
        trigger = times(Trigger.every(text))
        waits = {trigger.get_next_fire_time(now, now) - now for _ in range(200)}

        assert timedelta(seconds=float(Trigger.every(text).seconds or 0)) <= min(waits)
        assert max(waits) <= timedelta(seconds=longest)
        assert len(waits) > 1


def test_what_is_light_begins_together() -> None:
    """Rounds of short intervals cost least right after each other."""
    now, trigger = datetime(2024, 1, 1, tzinfo=UTC), times(Trigger.every("5s"))

    assert {trigger.get_next_fire_time(now, now) - now for _ in range(20)} == {timedelta(seconds=5)}


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Give this process another zone, which libraries remember, and forget it at the end."""

    def change(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        monkeypatch.setattr("tzlocal.unix._cache_tz", None)
        time.tzset()

    yield change
    monkeypatch.undo()
    time.tzset()


def test_crontab_lines_are_in_the_machines_zone(zone: Callable[[str], None]) -> None:
    """A quarter past three is meant at night, in summer and in winter; Sunday is Sunday."""
    zone("Europe/Paris")
    trigger, paris = times(Trigger.cron("15 3 * * 0")), ZoneInfo("Europe/Paris")
    for month in (1, 7):
        now = datetime(2024, month, 1, 12, tzinfo=UTC)
        at = trigger.get_next_fire_time(None, now).astimezone(paris)

        assert (at.hour, at.minute, at.strftime("%A")) == (3, 15, "Sunday")


def test_whether_a_time_of_a_trigger_has_passed(zone: Callable[[str], None]) -> None:
    """An interval since the moment itself, or a line of a crontab by the machine's own clock."""
    zone("Europe/Paris")
    hourly, nightly = (partial(passed, trigger) for trigger in (Trigger.every("1h"), Trigger.cron("15 3 * * *")))
    evening = datetime(2024, 7, 1, 20, tzinfo=UTC).timestamp()
    quarter_past_three = datetime(2024, 7, 2, 1, 15, tzinfo=UTC).timestamp()

    assert [hourly(evening, evening + seconds) for seconds in (0, 3599, 3600)] == [False, False, True]
    assert [nightly(evening, quarter_past_three + seconds) for seconds in (-1, 0, 86_400 * 9)] == [False, True, True]
    assert not nightly(quarter_past_three + 2, quarter_past_three + 86_399)


def test_a_zone_that_does_not_exist_is_utc(zone: Callable[[str], None]) -> None:
    """As for every other program on that machine."""
    zone("Nowhere/Land")
    now = datetime(2024, 1, 1, tzinfo=UTC)

    assert times(Trigger.cron("15 3 * * *")).get_next_fire_time(None, now) == datetime(2024, 1, 1, 3, 15, tzinfo=UTC)


def test_a_clock_set_by_hand_serves_too(applied: Applied) -> None:
    """The scheduler asks no clock but the one that it was given."""
    clock = HandClock()
    scheduler = SourceScheduler([(Poller(Scripted(), applied, clock), RARELY)], clock)
    clock.moment += 7
    scheduler.start()
    applied.await_readings(1)
    scheduler.stop(WITHIN)

    assert applied.readings()[0].started_at == clock.now()


def test_a_round_that_was_left_behind_is_not_joined_by_another(applied: Applied) -> None:
    """A new schedule for the same source begins when the old one's last round has ended."""
    clock, hanging, seen = SystemClock(), Hanging(polite=False), list[bool]()
    after = Scripted(lambda: seen.append(hanging.let_go.is_set()) or NOTHING)  # type: ignore[func-returns-value, redundant-expr]
    old = SourceScheduler([(Poller(hanging, applied, clock), RARELY)], clock)
    old.start()
    assert hanging.began.acquire(timeout=WITHIN)
    old.stop(0.05)
    new = SourceScheduler([(Poller(after, applied, clock), OFTEN)], clock, old.unfinished())
    new.start()
    end = time.monotonic() + WITHIN
    while sum(thread.name == "spool of bm-master" for thread in threading.enumerate()) < 2:
        assert time.monotonic() < end
        time.sleep(0.01)  # between two looks
    hanging.let_go.set()
    applied.await_readings(2)

    assert new.stop(WITHIN)
    assert seen[0]
