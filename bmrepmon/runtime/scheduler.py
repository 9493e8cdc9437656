"""When each source is read: APScheduler decides, a thread of its own does it, and no source waits for another."""

import logging
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import structlog
from apscheduler.executors.base import BaseExecutor
from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from bmrepmon.config.types import Trigger
from bmrepmon.runtime.clock import Clock
from bmrepmon.runtime.poller import Poller

JITTER, JITTER_MAX = 0.1, 3.0  # share of an interval, and seconds: sources of one interval do not all begin at once
BEAT_EVERY = 5  # seconds
CLOSE_WITHIN = 5.0  # seconds, for all sources together, once every round has ended or was given up
# A round that is left out because the one before still runs is a warning there, every time: its source says since when.
LOG_LEVELS = {"apscheduler.executors": logging.WARNING, "apscheduler.scheduler": logging.ERROR}

log = structlog.get_logger()


class SourceScheduler:
    """Reads every source on its schedule, the first time at once; a member of the daemon."""

    name = "scheduler"

    def __init__(
        self, scheduled: Iterable[tuple[Poller, Trigger]], clock: Clock, left: Iterable[threading.Thread] = ()
    ) -> None:
        """Take the sources with their triggers; nothing runs yet.

        ``left`` are rounds that a scheduler before this one left behind: their sources are not read beside them.
        """
        self._scheduled = {(poller.source.name, poller.source.backend): (poller, when) for poller, when in scheduled}
        self._clock = clock
        self._rounds = DaemonThreads(left)
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": self._rounds, "beat": DebugExecutor()},  # which runs in the scheduler's own thread
            # However late a round is, it is better than none; however many were missed, one makes up for them.
            job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None},
        )
        self.last_beat = clock.steady()

    @property
    def alive(self) -> bool:
        """Whether rounds are being begun; whether the thread behind it goes round is what ``last_beat`` tells."""
        thread = getattr(self._scheduler, "_thread", None)  # APScheduler says "running" of one that has died, too
        return bool(self._scheduler.running and thread and thread.is_alive())

    def start(self) -> None:
        """Begin the first round of every source. RuntimeError the second time: a round that hangs has no second."""
        if self._scheduler.running:
            raise RuntimeError("the scheduler cannot begin anew")
        for logger, level in LOG_LEVELS.items():
            logging.getLogger(logger).setLevel(level)
        for poller, trigger in self._scheduled.values():
            self._scheduler.add_job(poller.run, times(trigger), id=poller.name, next_run_time=datetime.now(UTC))
        self._scheduler.add_job(self._beat, "interval", seconds=BEAT_EVERY, executor="beat")
        self._beat()
        self._scheduler.start()

    def stop(self, deadline: float) -> bool:
        """Begin no more rounds, close every source, wait up to ``deadline`` seconds; tell whether all rounds ended.

        What hangs is named in the log and left behind in its daemon thread.
        """
        end = self._clock.steady() + min(deadline, CLOSE_WITHIN)  # what hangs leaves time to those who save
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        closing = [begin(poller.source.close, f"close {poller.name}") for poller, _ in self._scheduled.values()]
        self._join(closing, end)
        self._join(self._rounds.running(), end)
        if left := self.unfinished():
            names = ", ".join(thread.name for thread in left)
            log.warning("sources that did not end in time are left behind", sources=names)
        return not left

    def unfinished(self) -> tuple[threading.Thread, ...]:
        """Return the threads of the sources that are in a round, with their names."""
        return self._rounds.running()

    def run_once(self, deadline: float) -> tuple[str, ...]:
        """Read every source once, all at the same time, and close it; name those that took too long.

        They get a reading with the reason ``timeout``. Instead of ``start``, not beside it.
        """
        end = self._clock.steady() + deadline
        rounds = [(poller, self._rounds.begin(poller.run, poller.name)) for poller, _ in self._scheduled.values()]
        self._join([thread for _, thread in rounds], end)
        late = [poller for poller, thread in rounds if thread.is_alive()]
        for poller in late:
            poller.give_up()
        self.stop(CLOSE_WITHIN)
        return tuple(poller.name for poller in late)

    def _beat(self) -> None:
        for poller, _ in self._scheduled.values():
            poller.check()
        self.last_beat = self._clock.steady()

    def _join(self, threads: Iterable[threading.Thread], end: float) -> None:
        for thread in threads:
            thread.join(max(0.0, end - self._clock.steady()))


class DaemonThreads(BaseExecutor):  # type: ignore[misc] # APScheduler ships no types
    """Runs each round in a daemon thread of its own.

    The threads of APScheduler's own pool are waited for when Python exits, so that one read of a disk that hangs would
    keep the process for ever. A new thread costs some 50 microseconds, and max_instances allows one for each source.
    """

    def __init__(self, left: Iterable[threading.Thread] = ()) -> None:
        """Remember rounds that were ``left`` behind; nothing runs yet."""
        super().__init__()
        self._threads = {thread.name: thread for thread in left}

    def begin(self, action: Callable[[], object], name: str) -> threading.Thread:
        """Run ``action``, remembered under ``name``, once the round of that name that was left behind has ended."""
        before = self._threads.get(name)

        def in_turn() -> None:
            if before:
                before.join()
            action()

        self._threads[name] = begin(in_turn, name)
        return self._threads[name]

    def running(self) -> tuple[threading.Thread, ...]:
        """Return the threads that have not ended."""
        return tuple(thread for thread in tuple(self._threads.values()) if thread.is_alive())

    def _do_submit_job(self, job: Any, run_times: object) -> None:  # noqa: ARG002 - one round makes up for all of them
        def work() -> None:
            try:
                job.func()
            finally:
                self._run_job_success(job.id, [])

        self.begin(work, job.id)


def begin(action: Callable[[], object], name: str) -> threading.Thread:
    """Run ``action`` in a thread that nobody has to wait for."""
    thread = threading.Thread(target=action, name=name, daemon=True)
    thread.start()
    return thread


def passed(trigger: Trigger) -> Callable[[float, float], bool]:
    """Return what tells whether a time of a trigger lies between two moments (Unix seconds)."""
    if (seconds := trigger.seconds) is not None:
        return lambda since, now: now - since >= seconds
    lines = times(trigger)

    def between(since: float, now: float) -> bool:
        following = lines.get_next_fire_time(None, datetime.fromtimestamp(since, UTC))
        return bool(following and following.timestamp() <= now)

    return between


def times(trigger: Trigger) -> BaseTrigger:
    """Return APScheduler's form of a trigger; crontab lines are meant in the machine's own time zone."""
    if trigger.seconds is not None:
        jitter = min(trigger.seconds * JITTER, JITTER_MAX)
        return IntervalTrigger(seconds=trigger.seconds, jitter=jitter, timezone=UTC)
    try:
        return CronTrigger.from_crontab(trigger.crontab)
    except LookupError:  # tzlocal's, about a TZ that names no zone; the C library takes that for UTC, too
        return CronTrigger.from_crontab(trigger.crontab, timezone=UTC)
