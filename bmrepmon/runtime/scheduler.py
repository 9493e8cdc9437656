"""When each source is read: APScheduler decides, a thread of its own does it, and no source waits for another."""

import logging
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from apscheduler.executors.base import BaseExecutor
from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from bmrepmon.config.types import Trigger
from bmrepmon.runtime.clock import Clock
from bmrepmon.runtime.poller import Poller
from bmrepmon.runtime.rounds import Rounds

JITTER, JITTER_MAX = 0.1, 3.0  # share of an interval, and seconds: sources of one interval do not all begin at once
JITTER_FROM = 30.0  # seconds of interval: rounds of shorter ones are light, and cheapest one right after the other
BEAT_EVERY = 5  # seconds
# A round that is left out because the one before still runs is a warning there, every time: its source says since when.
LOG_LEVELS = {"apscheduler.executors": logging.WARNING, "apscheduler.scheduler": logging.ERROR}


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
        self._rounds = Rounds(left)
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={
                "default": DaemonThreads(self._rounds),
                "beat": DebugExecutor(),
            },  # which runs in the scheduler's own thread
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
        """Begin no more rounds, close every source, wait up to ``deadline`` seconds; tell whether all rounds ended."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        return self._rounds.close((poller for poller, _ in self._scheduled.values()), self._clock, deadline)

    def unfinished(self) -> tuple[threading.Thread, ...]:
        """Return the threads of the sources that are in a round, with their names."""
        return self._rounds.running()

    def _beat(self) -> None:
        for poller, _ in self._scheduled.values():
            poller.check()
        self.last_beat = self._clock.steady()


class DaemonThreads(BaseExecutor):  # type: ignore[misc] # APScheduler ships no types
    """Runs each round in a daemon thread of its own.

    The threads of APScheduler's own pool are waited for when Python exits, so that one read of a disk that hangs would
    keep the process for ever. max_instances allows one thread for each source.
    """

    def __init__(self, rounds: Rounds) -> None:
        """Run in ``rounds``."""
        super().__init__()
        self._rounds = rounds

    def _do_submit_job(self, job: Any, run_times: object) -> None:  # noqa: ARG002 - one round makes up for all of them
        def work() -> None:
            try:
                job.func()
            finally:
                self._run_job_success(job.id, [])

        self._rounds.begin(work, job.id)


def passed(trigger: Trigger, since: float, now: float) -> bool:
    """Tell whether a time of a trigger lies between two moments (Unix seconds)."""
    if trigger.seconds is not None:
        return now - since >= trigger.seconds
    following = times(trigger).get_next_fire_time(None, datetime.fromtimestamp(since, UTC))
    return bool(following and following.timestamp() <= now)


def times(trigger: Trigger) -> BaseTrigger:
    """Return APScheduler's form of a trigger; crontab lines are meant in the machine's own time zone."""
    if trigger.seconds is not None:
        jitter = min(trigger.seconds * JITTER, JITTER_MAX) if trigger.seconds >= JITTER_FROM else None
        return IntervalTrigger(seconds=trigger.seconds, jitter=jitter, timezone=UTC)
    try:
        return CronTrigger.from_crontab(trigger.crontab)
    except LookupError:  # tzlocal's, about a TZ that names no zone; the C library takes that for UTC, too
        return CronTrigger.from_crontab(trigger.crontab, timezone=UTC)
