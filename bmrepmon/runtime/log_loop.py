"""The thread that reads the logs."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from bmrepmon.model.log_activity import CoreActivity, LogActivity
from bmrepmon.model.readings import Reading, RoundStarted
from bmrepmon.model.state import Event
from bmrepmon.runtime.clock import Clock
from bmrepmon.runtime.follower import Follower
from bmrepmon.runtime.logger import log
from bmrepmon.runtime.waker import Waker

BUDGET = 16 * 1024 * 1024  # bytes of one log before the other one, and a stop, get their turn
COALESCE = 3.0  # seconds between two looks while lines keep coming: each costs as much as some hundred lines
# Looks without an event or a line before listening begins again: it is dearer than a look, and bm-core's probe, which
# logs something every ten seconds, would end it at once.
QUIET_LOOKS = 4
TIMEOUT = 1.0  # seconds after which to look though nothing woke
TELL_EVERY = 5.0  # seconds between two readings that say the same of a log
HANGS_AFTER = 10.0  # seconds of one step, which reads some megabytes, after which its disk is reported as hanging


AnyFollower = Follower[LogActivity] | Follower[CoreActivity]


class LogLoop:
    """Looks at every log when woken, and applies what has advanced. A log that cannot be read delays no other."""

    name = "logs"

    def __init__(
        self, followers: Sequence[AnyFollower], waker: Waker, apply: Callable[[Event], object], clock: Clock
    ) -> None:
        """Prepare; nothing is opened before ``start``. The followers and the waker are closed at the end."""
        self._last_beat = clock.steady()
        self._step: tuple[str, float, float] | None = None  # the one that runs: source, Unix and steady time
        self.failures = 0  # steps that raised what nobody foresaw
        self._followers = followers
        self._waker = waker
        self._apply = apply
        self._clock = clock
        self._said: dict[str, str] = {}  # by source, of the failure that was logged last
        self._told: dict[str, tuple[float, str | None]] = {}  # by source: steady time and reason of the last reading
        self._reached = threading.Condition()
        self._reached_at = float("-inf")  # steady seconds: what was written before was read
        self._stopping = threading.Event()
        self._thread = self._new_thread()

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    @property
    def last_beat(self) -> float:
        """When the loop last came round; while a step waits for a disk, now: a restart would mend nothing then."""
        return self._clock.steady() if self._step else self._last_beat

    def check(self) -> None:
        """Report the step that runs when it hangs; for another thread to call, now and then."""
        step = self._step
        if step is None or (lasted := self._clock.steady() - step[2]) < HANGS_AFTER:
            return
        source, at, _ = step
        self._told[source] = (self._clock.steady(), "hanging")
        error = f"{source}: hanging, the log cannot be read for {lasted:.0f} s; see its disk"
        self._apply(Reading(source, "", at, lasted, None, "hanging", error))
        self._apply(RoundStarted(source, "", at))

    def start(self) -> None:
        """Begin with everything that was written meanwhile. Again, when the thread has died."""
        if self._thread.ident is not None and not self._thread.is_alive():
            self._thread = self._new_thread()
            self._step, self._last_beat = None, self._clock.steady()
        self._thread.start()

    def stop(self, deadline: float) -> bool:
        """End within ``deadline`` seconds; tell whether it did. A step that runs is finished first."""
        self._stopping.set()
        self._waker.wake()
        if self._thread.ident is not None:
            self._thread.join(deadline)
        if ended := not self._thread.is_alive():
            self._waker.close()
            for follower in self._followers:
                follower.close()
        return ended

    def _new_thread(self) -> threading.Thread:
        return threading.Thread(target=self._run, name=self.name, daemon=True)

    def _run(self) -> None:
        looks = QUIET_LOOKS  # left before listening begins
        while not self._stopping.is_set():
            self._last_beat = self._clock.steady()
            if self.look():
                looks = QUIET_LOOKS
            if self._behind():
                continue
            if looks:
                looks -= 1
                self._waker.rest(COALESCE)
            elif self._waker.wait(TIMEOUT):
                looks = QUIET_LOOKS

    def read_to_end(self) -> None:
        """Read all that there is now, without a thread; for those who look once."""
        self.look()
        while self._behind():
            self.look()

    def reach(self, patience: float) -> bool:
        """Read all that there is now, or let the thread do so within ``patience`` seconds; tell whether that is done.

        Other threads may call this, and several at a time.
        """
        now = self._clock.steady()
        self._waker.wake()
        with self._reached:
            if self._thread.ident is None:
                self.read_to_end()
            return self._reached.wait_for(lambda: self._reached_at >= now, patience)

    def look(self) -> bool:
        """Let every follower advance one step; tell whether one did."""
        begun = self._clock.steady()
        advanced = [self._advance(follower) for follower in self._followers]
        if not self._behind():
            with self._reached:
                self._reached_at = begun
                self._reached.notify_all()
        return any(advanced)

    def _behind(self) -> bool:
        return any(follower.behind for follower in self._followers)

    def _advance(self, follower: AnyFollower) -> bool:
        at, begun = self._clock.now(), self._clock.steady()
        advanced = False
        self._step = (follower.source, at, begun)
        try:
            event = follower.advance(BUDGET)
            if event is not None:
                self._apply(event)
                advanced = True
            self._said.pop(follower.source, None)
            reason, error = follower.counts.reason, follower.counts.error
        except Exception as bug:  # noqa: BLE001 - a bug in reading one log must end neither the thread nor the other
            reason, error = "bug", self._failed(follower.source, bug)
        self._step = None
        now = self._clock.steady()
        # a round is over at the end of the log: before, nothing is known to be complete
        if (reason or not follower.behind) and self._is_news(follower.source, reason, now):
            self._apply(Reading(follower.source, "", at, now - begun, None, reason, error))
        return advanced

    def _is_news(self, source: str, reason: str | None, now: float) -> bool:
        """Tell whether to say how a log is doing: when that has changed, and now and then."""
        told = self._told.get(source)
        if told and told[1] == reason and now - told[0] < TELL_EVERY:
            return False
        self._told[source] = (now, reason)
        return True

    def _failed(self, source: str, error: Exception) -> str:
        """Count a bug and say where it is, once; the text of the error stays unsaid, for it may quote the log."""
        self.failures += 1
        said = f"{type(error).__name__} at {_location(error)}"
        if self._said.get(source) != said:
            log.error("reading a log failed; it is tried again from the last good step", source=source, error=said)
        self._said[source] = said
        return f"this is a bug in bmrepmon: {said}"


def _location(error: Exception) -> str:
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame else "an unknown place"
